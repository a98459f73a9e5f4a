#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""check-macho.py FILE…: fails unless each is a program or library for macOS that needs libSystem alone; one for arm64 must be signed."""
import struct
import sys

LOAD_DYLIB, ID_DYLIB, RPATH, CODE_SIGNATURE, BUILD_VERSION = 0xC, 0xD, 0x8000001C, 0x1D, 0x32
OTHER_DYLIBS = (0x80000018, 0x8000001F, 0x80000023)  # weak, re-exported, upward
ARM64 = 0x100000C


def commands(data):
    magic, cpu, _, _, n = struct.unpack_from("<5I", data)
    if magic != 0xFEEDFACF:
        raise ValueError("not a 64-bit Mach-O file")
    at = 32
    for _ in range(n):
        kind, size = struct.unpack_from("<2I", data, at)
        yield cpu, kind, data[at:at + size]
        at += size


def text(command):
    return command[struct.unpack_from("<I", command, 8)[0]:].split(b"\0")[0].decode()


def check(path):
    with open(path, "rb") as f:
        data = f.read()
    signed, needed, rpaths, oldest = False, [], [], "?"
    for cpu, kind, command in commands(data):
        if kind == LOAD_DYLIB or kind in OTHER_DYLIBS:
            needed.append(text(command))
        elif kind == RPATH:
            rpaths.append(text(command))
        elif kind == CODE_SIGNATURE:
            signed = True
        elif kind == BUILD_VERSION:
            version = struct.unpack_from("<I", command, 12)[0]
            oldest = f"{version >> 16}.{version >> 8 & 255}"
    others = [n for n in needed if n != "/usr/lib/libSystem.B.dylib"]
    if others or rpaths:
        raise ValueError(f"needs {', '.join(others + rpaths)}")
    if cpu == ARM64 and not signed:
        raise ValueError("not signed")
    print(f"{path}: macOS {oldest}, {'signed ad hoc' if signed else 'not signed'}, needs {', '.join(needed)}")


for name in sys.argv[1:]:
    try:
        check(name)
    except ValueError as e:
        sys.exit(f"{name}: {e}")
