#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""make-wheel.py STAGE VERSION ARCH OUTDIR: a wheel of an installed ccenv; prints its path. Same input, same bytes.

There is no Python in it. Scripts and data go below the prefix of the environment, bin/ccenv and lib/cmake next to each other,
as CMake expects of what it finds by PATH.
"""
import base64
import hashlib
import os
import stat
import sys
import zipfile

# What a build needs; the C library is in the archive and the .deb.
DATA = ("lib/cmake/CondaCuda", "share")
METADATA = """Metadata-Version: 2.1
Name: ccenv
Version: {version}
Summary: A CUDA toolchain from conda-forge, locked, in your build tree
License: MIT
Classifier: Environment :: GPU :: NVIDIA CUDA
Classifier: Intended Audience :: Developers
Classifier: License :: OSI Approved :: MIT License
Classifier: Operating System :: POSIX :: Linux
Classifier: Programming Language :: C
Classifier: Topic :: Software Development :: Build Tools
Requires-Python: >=3.7
Description-Content-Type: text/markdown

ccenv resolves nvcc, the CUDA libraries, the host gcc and its sysroot from conda-forge, writes a lock file, installs
them into the build tree and emits what CMake, Make, Meson and pkg-config need.

    ccenv init --cuda 13.0
    ccenv install

`find_package(CondaCuda)` finds its CMake package through PATH, in an activated environment and in the isolated builds of
pip and scikit-build-core.
"""
WHEEL = """Wheel-Version: 1.0
Generator: ccenv
Root-Is-Purelib: false
Tag: py3-none-manylinux_2_17_{arch}
Tag: py3-none-manylinux2014_{arch}
"""


def files(stage):
    yield "bin/ccenv", os.path.join(stage, "bin/ccenv")
    for top in DATA:
        for folder, dirs, names in os.walk(os.path.join(stage, top)):
            dirs.sort()
            for name in sorted(names):
                path = os.path.join(folder, name)
                yield os.path.relpath(path, stage), path


def main(stage, version, arch, out):
    name = f"ccenv-{version}"
    entries = []
    for relative, path in files(stage):
        with open(path, "rb") as f:
            data = f.read()
        if relative == "bin/ccenv":
            entries.append((f"{name}.data/scripts/ccenv", data, 0o755))
        else:
            entries.append((f"{name}.data/data/{relative}", data, 0o644))
    entries.append((f"{name}.dist-info/METADATA", METADATA.format(version=version).encode(), 0o644))
    entries.append((f"{name}.dist-info/WHEEL", WHEEL.format(arch=arch).encode(), 0o644))
    entries.sort()
    record = ""
    for path, data, _ in entries:
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        record += f"{path},sha256={digest},{len(data)}\n"
    record += f"{name}.dist-info/RECORD,,\n"
    entries.append((f"{name}.dist-info/RECORD", record.encode(), 0o644))
    result = os.path.join(out, f"{name}-py3-none-manylinux_2_17_{arch}.manylinux2014_{arch}.whl")
    with zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as z:
        for path, data, mode in entries:
            info = zipfile.ZipInfo(path, (1980, 1, 1, 0, 0, 0))
            info.external_attr = (stat.S_IFREG | mode) << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            z.writestr(info, data)
    print(result)


if __name__ == "__main__":
    main(*sys.argv[1:])
