# SPDX-License-Identifier: MIT
"""Order of conda versions, by rattler."""

from rattler import Version as VersionOrder  # noqa: F401
