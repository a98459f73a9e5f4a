# SPDX-License-Identifier: MIT
"""Builds the test channel: real CUDA and a real gcc as conda packages."""
