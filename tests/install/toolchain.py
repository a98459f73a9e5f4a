# SPDX-License-Identifier: MIT
"""toolchain.py CHANNEL [URL] > records.json: the whole CUDA toolchain of the test channel, as records for `installer`.

CHANNEL is its folder; with URL the records say that the files are there (a server over the folder).
"""

import asyncio
import json
import os
import sys
import tempfile

import rattler

SPECS = ["cuda-nvcc", "cuda-nvcc-impl", "cuda-driver-dev_linux-64", "gcc_impl_linux-64", "gxx_impl_linux-64",
         "cuda-nvrtc-dev", "cuda-cudart-dev", "cuda-cudart-static", "cuda-cuobjdump", "cuda-nvdisasm"]


async def solve(channel):
    virtual = [v.into_generic() for v in rattler.VirtualPackage.detect()]
    with tempfile.TemporaryDirectory() as cache:
        return await rattler.solve(
            sources=[rattler.Channel("file://" + channel)], specs=SPECS, platforms=["linux-64", "noarch"],
            virtual_packages=virtual, gateway=rattler.Gateway(cache_dir=cache))


def records_of(channel, url=None):
    channel = os.path.realpath(channel)
    out = []
    for r in asyncio.run(solve(channel)):
        o = json.loads(r.to_json())
        o["channel"] = url or "file://" + channel
        o["url"] = f"{o['channel']}/{o['subdir']}/{r.file_name}"
        o["fn"] = r.file_name
        out.append(o)
    return out


if __name__ == "__main__":
    json.dump(records_of(*sys.argv[1:]), sys.stdout, indent=1)
