# SPDX-License-Identifier: MIT
"""The requests of the parity test: what is asked, for which platform, on which virtual packages."""

import datetime
import json
import pathlib

RELEASES = ["12.0", "12.1", "12.2", "12.4", "12.5", "12.6", "12.8", "12.9", "13.0", "13.1", "13.2", "13.3"]
PLATFORMS = ["linux-64", "linux-aarch64", "win-64"]
SUBDIRS = PLATFORMS + ["osx-arm64", "noarch"]

# What pixi assumes where a manifest declares nothing; an environment says which CUDA it is for.
DEFAULTS = {
    "linux-64": ["__archspec=1=x86_64", "__glibc=2.28=0", "__linux=4.18=0", "__unix=0=0"],
    "linux-aarch64": ["__archspec=1=aarch64", "__glibc=2.28=0", "__linux=4.18=0", "__unix=0=0"],
    "osx-arm64": ["__archspec=1=m1", "__osx=13.0=0", "__unix=0=0"],
    "win-64": ["__archspec=1=x86_64", "__win=10.0=0"],
}

SYSTEM_REQUIREMENTS = {"cuda": "__cuda", "libc": "__glibc", "glibc": "__glibc", "linux": "__linux", "macos": "__osx"}


def virtuals(platform, requirements=None, stated=None):
    """As sorted [name, version, build]: what is stated, else the defaults, with the requirements on top."""
    found = {}
    for text in stated or DEFAULTS[platform]:
        name, version, build = (text.split("=") + ["0", "0"])[:3]
        found[name] = [name, version, build]
    for key, version in (requirements or {}).items():
        found[SYSTEM_REQUIREMENTS[key]] = [SYSTEM_REQUIREMENTS[key], version, "0"]
    return sorted(found.values())


def day(text):
    """Midnight of a date as ms since 1970, UTC."""
    t = datetime.datetime.fromisoformat(text).replace(tzinfo=datetime.timezone.utc)
    return int(t.timestamp() * 1000)


def environments(solutions):
    """Real environments: on all records, and on those of the day when they were locked."""
    for path in sorted(pathlib.Path(solutions).glob("*.json")):
        s = json.loads(path.read_text())
        request = {
            "platform": s["platform"],
            "specs": s["specs"],
            "virtuals": virtuals(s["platform"], s["system-requirements"], s.get("virtual-packages")),
        }
        yield {"id": f"environment/{path.stem}"} | request
        yield {"id": f"environment/{path.stem}/dated"} | request | {"exclude_newer": day(s["locked on"])}
        yield {"id": f"environment/{path.stem}/lowest-direct"} | request | {"strategy": "lowest-direct"}


def roots(platform):
    """Root packages: name of the case and specs."""
    compiler = "vs2022_win-64" if platform == "win-64" else f"gxx_{platform}"
    yield "cuda-nvcc-impl", ["cuda-nvcc-impl"]
    yield "cuda-nvcc", ["cuda-nvcc"]
    yield "cuda-compiler", ["cuda-compiler"]
    yield "cuda-toolkit", ["cuda-toolkit"]
    yield "cuda-libraries-dev", ["cuda-libraries-dev"]
    yield "gxx", [compiler, "cuda-nvcc"]
    if platform != "win-64":
        yield "gxx-12", [f"{compiler} 12.*", "cuda-nvcc"]
        yield "gxx-13", [f"{compiler} 13.*", "cuda-nvcc", f"sysroot_{platform} 2.17.*"]
        yield "gxx-15", [f"{compiler} 15.*", "cuda-nvcc"]
    yield "pytorch-gpu", ["pytorch-gpu"]
    yield "cupy", ["cupy"]
    yield "jax", ["jax", "jaxlib * *cuda*"]
    yield "nccl-cudnn", ["nccl", "cudnn"]


def matrix():
    for platform in PLATFORMS:
        for name, specs in roots(platform):
            for release in RELEASES:
                yield {
                    "id": f"matrix/{name}/{release}/{platform}",
                    "platform": platform,
                    "specs": sorted(specs + [f"cuda-version {release}.*"]),
                    "virtuals": virtuals(platform, {"cuda": release}),
                }
        for name, specs in roots(platform):
            request = {"platform": platform, "specs": sorted(specs), "virtuals": virtuals(platform, {"cuda": "13.0"})}
            yield {"id": f"root/{name}/{platform}"} | request
            yield {"id": f"root/{name}/{platform}/no-driver"} | request | {"virtuals": virtuals(platform)}
            yield {"id": f"root/{name}/{platform}/lowest"} | request | {"strategy": "lowest"}


def tutorial():
    request = {"specs": ["cuda-version 12.9.*", "pytorch-gpu"], "exclude_newer": day("2025-10-25")}
    for platform in PLATFORMS:
        found = virtuals(platform, {"cuda": "12"})
        yield {"id": f"tutorial/{platform}", "platform": platform} | request | {"virtuals": found}
    yield {"id": "tutorial/linux-64/on-osx-arm64", "platform": "linux-64"} | request | {
        "virtuals": virtuals("osx-arm64", {"cuda": "12"})
    }


def all_cases(solutions):
    return [*environments(solutions), *matrix(), *tutorial()]
