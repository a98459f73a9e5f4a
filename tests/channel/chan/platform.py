# SPDX-License-Identifier: MIT
"""What a platform is called: by conda, by the compilers, by NVIDIA, by the distribution."""


class Platform:
    """`subdir` is conda's name; `cpu` is that of programs; `targets` is NVIDIA's directory."""

    def __init__(self, subdir, cpu, targets):
        self.subdir = subdir
        self.cpu = cpu
        self.targets = f"targets/{targets}"
        self.triplet = f"{cpu}-conda-linux-gnu"
        self.native = f"{cpu}-linux-gnu"
        self.sysroot = f"{self.triplet}/sysroot"


X86_64 = Platform("linux-64", "x86_64", "x86_64-linux")
AARCH64 = Platform("linux-aarch64", "aarch64", "sbsa-linux")
BY_SUBDIR = {p.subdir: p for p in (X86_64, AARCH64)}
