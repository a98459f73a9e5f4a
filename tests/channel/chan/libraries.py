# SPDX-License-Identifier: MIT
"""python -m chan.libraries OUTDIR CACHE NAME…: a channel of the named libraries, beside that of chan.main."""

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
import zipfile

from . import cuda, elf, fetch, main, package
from .platform import BY_SUBDIR, X86_64

RELEASE = "13.0"


def _unzip(wheel, to):
    """The wheel's files without its metadata."""
    with zipfile.ZipFile(wheel) as z:
        z.extractall(to, [n for n in z.namelist() if ".dist-info/" not in n])


def _top(unpacked):
    """The directory of a wheel that holds include and lib."""
    for base, dirs, _ in os.walk(unpacked):
        if "include" in dirs and "lib" in dirs:
            return base
    raise LookupError(f"{unpacked}: no include and lib")


def _flat(unpacked, run, dev):
    """What is no part of the toolkit lies in include and lib of the prefix itself."""
    top = _top(unpacked)
    for base, _, names in os.walk(os.path.join(top, "include")):
        for name in sorted(names):
            source = os.path.join(base, name)
            dev.take(source, os.path.relpath(source, top), 0o644)
    for name in sorted(os.listdir(os.path.join(top, "lib"))):
        if ".so." not in name:
            continue
        plain = name.split(".so")[0] + ".so"
        full_name = f"{plain}.{run.record['version']}"
        full = run.take(os.path.join(top, "lib", name), f"lib/{full_name}", 0o755)
        elf.set_rpath(full, "$ORIGIN")
        run.link(f"lib/{name}", full_name)
        dev.link(f"lib/{plain}", name)


def _nvml(made, project):
    """The header, and a stub of the driver's library with the functions of it: the wheel has none."""
    dev = made.get("cuda-nvml-dev")
    made.headers(project, dev)
    with open(dev.path(f"{made.t}/include/nvml.h"), encoding="utf-8") as f:
        names = sorted(set(re.findall(r"\bDECLDIR\s+(?:char\s*\*\s*)?(nvml\w+)\s*\(", f.read())))
    if len(names) < 200:
        raise LookupError(f"nvml.h: only {len(names)} functions found")
    stub = dev.path(f"{made.t}/lib/stubs/libnvidia-ml.so")
    os.makedirs(os.path.dirname(stub), exist_ok=True)
    source = "".join(f"int {n}(void) {{ return 12; }}\n" for n in names)  # NVML_ERROR_LIBRARY_NOT_FOUND
    subprocess.run(["gcc", "-shared", "-nostdlib", "-Wl,-soname,libnvidia-ml.so.1,--build-id=none", "-x", "c",
                    "-", "-o", stub], input=source, text=True, check=True)
    dev.link("lib/stubs/libnvidia-ml.so", f"../../{made.t}/lib/stubs/libnvidia-ml.so")


def _make(name, entry, differs, wheel, part):
    """The packages of one library, in part/<platform>."""
    work = part + ".work"
    shutil.rmtree(work, ignore_errors=True)
    unpacked = os.path.join(work, "wheel")
    _unzip(wheel, unpacked)
    project = entry["wheel"]["project"]
    made = cuda.Release(RELEASE, entry["records"], differs,
                        {project: unpacked}, os.path.join(work, "stage"), _platform(entry))
    base = name.split("-")[0]
    if base in ("cublas", "curand"):
        made.library(project, f"lib{base}", base)
    elif name == "nvml":
        _nvml(made, project)
    elif name == "cudnn":
        _flat(unpacked, made.get("libcudnn"), made.get("libcudnn-dev"))
    else:
        _flat(unpacked, made.get(name), made.get(name))
    for p in made.packages.values():
        package.write(p.job(part))
    shutil.rmtree(work)


def _platform(entry):
    return BY_SUBDIR[entry.get("platform", X86_64.subdir)]


def _sources():
    digest = hashlib.sha256()
    for where in ("chan/cuda.py", "chan/elf.py", "chan/libraries.py", "chan/package.py",
                  "chan/platform.py", "requirements.txt"):
        with open(os.path.join(main.HERE, where), "rb") as f:
            digest.update(f.read())
    return digest.hexdigest()


def _library(cache, name, entry, differs):
    """The directory with the library's packages, made when it is not there."""
    key = hashlib.sha256(json.dumps([_sources(), entry, differs]).encode()).hexdigest()[:16]
    where = os.path.join(cache, f"library-{name}-{key}")
    if not os.path.isdir(where):
        wheel = entry["wheel"]
        fetch.wheels(cache, {name: [wheel]})
        part = where + ".part"
        shutil.rmtree(part, ignore_errors=True)
        os.mkdir(part)
        _make(name, entry, differs, os.path.join(cache, "wheels", wheel["file"]), part)
        for old in os.listdir(cache):
            if old.startswith(f"library-{name}-") and old != os.path.basename(part):
                shutil.rmtree(os.path.join(cache, old))
        os.rename(part, where)
    return where


def _packages(out):
    """The packages of the channel `out`, each with its platform in front."""
    return sorted(os.path.join(subdir, f) for subdir in main.SUBDIRS
                  if os.path.isdir(os.path.join(out, subdir))
                  for f in os.listdir(os.path.join(out, subdir)) if f.endswith(".conda"))


def run(out, cache, names):
    started = time.monotonic()
    with open(os.path.join(main.HERE, "data", "libraries.json"), encoding="utf-8") as f:
        known = json.load(f)
    with open(os.path.join(main.HERE, "data", "records.json"), encoding="utf-8") as f:
        differs = json.load(f)["differs"]
    known.pop("comment")
    for name in names:
        if name not in known:
            raise LookupError(f"no library {name}; known are {', '.join(known)}")
    with open(os.path.join(cache, "libraries.lock"), "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted, lost = {}, []
        for name in names:
            # A wheel that its index has no more costs this library only.
            try:
                library = _library(cache, name, known[name], differs)
            except fetch.FetchError as error:
                print(f"tests/channel/libraries: no {name}: {error}", file=sys.stderr)
                lost.append(name)
                continue
            subdir = _platform(known[name]).subdir
            where = os.path.join(library, subdir)
            wanted.update({os.path.join(subdir, f): os.path.join(where, f) for f in os.listdir(where)})
        if len(lost) == len(names):
            raise LookupError("none of these libraries can be had")
        names = [name for name in names if name not in lost]
        if sorted(wanted) != _packages(out) or \
                not os.path.exists(os.path.join(out, "noarch", "repodata.json")):
            for subdir in main.SUBDIRS:
                shutil.rmtree(os.path.join(out, subdir), ignore_errors=True)
                os.makedirs(os.path.join(out, subdir))
            for name, source in wanted.items():
                shutil.copy2(source, os.path.join(out, name))
            main.index(out)
    print(f"channel: {out} has {', '.join(names)} ({time.monotonic() - started:.1f} s)",
          file=sys.stderr)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(run(os.path.abspath(sys.argv[1]), sys.argv[2], sys.argv[3:]))
    except (fetch.FetchError, LookupError) as error:
        sys.exit(f"tests/channel/libraries: {error}")
