# SPDX-License-Identifier: MIT
"""The two names that conda-index takes from conda itself, which PyPI does not carry."""
