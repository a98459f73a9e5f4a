# SPDX-License-Identifier: MIT
"""Subdirectories of a channel."""

PLATFORM_DIRECTORIES = ("noarch", "linux-64", "linux-aarch64")
