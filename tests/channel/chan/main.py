# SPDX-License-Identifier: MIT
"""python -m chan.main OUTDIR CACHE [SYSTEM]: brings OUTDIR up to date."""

import concurrent.futures
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
import zipfile

from . import cross, cuda, debtree, fetch, gcc, misc, package
from .platform import AARCH64, BY_SUBDIR, X86_64

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
WORKERS = 2
SUBDIRS = (*BY_SUBDIR, "noarch")
SETS = (fetch.X86_64, fetch.AARCH64, fetch.CROSS)


def _sources():
    """What decides, with the downloads, what comes out."""
    found = [os.path.join(HERE, "requirements.txt")]
    for top in ("chan", "data", "shim"):
        for base, dirs, names in os.walk(os.path.join(HERE, top)):
            dirs[:] = sorted(d for d in dirs if d != "__pycache__")
            found += [os.path.join(base, n) for n in sorted(names)
                      if not n.startswith("libraries.")]
    return found


def _key(debs):
    digest = hashlib.sha256(json.dumps(debs).encode())
    for path in _sources():
        digest.update(os.path.relpath(path, HERE).encode() + b"\0")
        with open(path, "rb") as f:
            digest.update(hashlib.sha256(f.read()).digest())
    return digest.hexdigest()[:16]


def _load(name):
    with open(os.path.join(HERE, "data", name), encoding="utf-8") as f:
        return json.load(f)


def _unzip(wheel, to):
    with zipfile.ZipFile(wheel) as z:
        z.extractall(to, [n for n in z.namelist() if n.startswith("nvidia/")])


def _unpack_wheels(pool, cache, work, wheels):
    """Jobs that unpack all wheels, and where: {release: {project: dir}}."""
    jobs, dirs = [], {}
    for release, files in wheels.items():
        for w in files:
            to = os.path.join(work, "wheels", release, w["project"])
            dirs.setdefault(release, {})[w["project"]] = to
            jobs.append(pool.submit(_unzip, os.path.join(cache, "wheels", w["file"]), to))
    return jobs, dirs


def _unpack_debs(pool, root, deb_dir, debs):
    """Jobs that unpack the distribution's packages below `root`: {name: job}."""
    return {d["name"]: pool.submit(debtree.unpack, os.path.join(deb_dir, d["file"]), root)
            for d in debs}


def index(channel):
    code = ("import sys; from conda_index.index import ChannelIndex as C\n"
            "made = C.__init__\n"
            "def init(self, *a, **k):\n"
            "    made(self, *a, **k)\n"
            "    self.created_at = '2025-01-01T00:00:00Z'\n"
            "C.__init__ = init\n"
            "from conda_index.cli import cli; cli()")
    env = {**os.environ, "PYTHONPATH": os.path.join(HERE, "shim")}
    done = subprocess.run([sys.executable, "-c", code, "--no-current-repodata", "--zst",
                    "--write-shards", "--run-exports", "--no-channeldata", "--threads", "2",
                    channel], check=False, env=env, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise LookupError("conda-index failed:\n" + done.stderr)
    for subdir in SUBDIRS:
        shutil.rmtree(os.path.join(channel, subdir, ".cache"), ignore_errors=True)
        for name in ("index.html", "patch_instructions.json"):
            if os.path.exists(os.path.join(channel, subdir, name)):
                os.unlink(os.path.join(channel, subdir, name))


def _differs(data, major):
    """What CUDA's packages ask of libgcc and libstdcxx, in words that gcc `major` satisfies."""
    if major >= fetch.MAJOR:
        return data["differs"]
    return [{"from": f"{name} >={v}", "to": f"{name} >={major}"} for name in ("libgcc", "libstdcxx") for v in (fetch.MAJOR, 14)]


def _make(cache, channel, wheels, sets):
    """Builds the channel from scratch in `channel`. `sets`: the three lists of .debs, in the order of SETS."""
    work = channel + ".work"
    shutil.rmtree(work, ignore_errors=True)
    data = _load("records.json")
    stage = os.path.join(work, "stage")
    with concurrent.futures.ProcessPoolExecutor(WORKERS) as pool:
        jobs, dirs = _unpack_wheels(pool, cache, work, wheels)
        roots = [os.path.join(work, "debs" + s.tail) for s in SETS]
        owned = [_unpack_debs(pool, root, *s) for root, s in zip(roots, sets)]
        for job in jobs:
            job.result()
        x86, arm, cross_tree = [debtree.Tree(root, {n: f.result() for n, f in jobs.items()})
                                for root, jobs in zip(roots, owned)]
        compilers = {X86_64: debtree.Compiler(x86),
                     AARCH64: debtree.Compiler(cross_tree, AARCH64.native)}
        native = gcc.Toolchain(x86, sets[0][1], stage, compilers[X86_64].specs())
        jobs = []

        def write(packages):
            jobs.extend([pool.submit(package.write, p.job(channel)) for p in packages])

        for key in sorted(dirs):
            release, _, subdir = key.partition(" ")
            platform = BY_SUBDIR[subdir or X86_64.subdir]
            differs = _differs(data, int(native.major)) if platform is X86_64 else data["differs"]
            made = cuda.Release(release, data[key], differs, dirs[key], stage, platform)
            write(made.make(compilers[platform]) + [made.cross(r) for r in data["cross"] if subdir])
        write(native.make() + misc.make(stage))
        specs = compilers[AARCH64].specs()
        # The specs of the platform's own compiler differ in this line only.
        own = gcc.Toolchain(arm, sets[1][1], stage, specs.replace("*cross_compile:\n1", "*cross_compile:\n0"),
                            AARCH64)
        own.make()
        made = cross.Cross(cross_tree, sets[2][1], stage, specs, own)
        write(made.make() + own.packages)
        for job in jobs:
            job.result()
    shutil.rmtree(work)
    index(channel)


def _listing(root):
    """{path: (size, time)} of the channel's files."""
    found = {}
    for subdir in SUBDIRS:
        for base, _, names in os.walk(os.path.join(root, subdir)):
            for name in names:
                full = os.path.join(base, name)
                status = os.stat(full)
                found[os.path.relpath(full, root)] = (status.st_size, status.st_mtime_ns)
    return found


def _place(source, out):
    """Makes `out` the same as `source`: real copies, so that a test may damage what it was given.

    Returns whether anything had to be done.
    """
    if _listing(source) == _listing(out):
        return False
    for subdir in SUBDIRS:
        shutil.rmtree(os.path.join(out, subdir), ignore_errors=True)
    shutil.copytree(source, out, dirs_exist_ok=True)
    return True


def _for_system(out, cache, wheels, sets):
    """The channel with another system's compiler and CUDA 13.0: made on request only, so no copy is kept. Returns whether anything had to be done."""
    stamp, key = os.path.join(out, ".key"), _key([debs for _, debs in sets])
    if os.path.exists(stamp):
        with open(stamp, encoding="ascii") as f:
            if f.read() == key:
                return False
    for subdir in SUBDIRS:
        shutil.rmtree(os.path.join(out, subdir), ignore_errors=True)
    os.makedirs(out, exist_ok=True)
    _make(cache, out, {key: files for key, files in wheels.items() if key.startswith("13.0")}, sets)
    with open(stamp, "w", encoding="ascii") as f:
        f.write(key)
    return True


def _kept(out, cache, wheels, sets):
    """The channel, made in the cache and copied from there. Returns whether anything had to be done."""
    channel = os.path.join(cache, "channel-" + _key([debs for _, debs in sets]))
    if not os.path.isdir(channel):
        part = channel + ".part"
        shutil.rmtree(part, ignore_errors=True)
        os.mkdir(part)
        _make(cache, part, wheels, sets)
        for old in os.listdir(cache):
            if old.startswith("channel-") and old != os.path.basename(part):
                shutil.rmtree(os.path.join(cache, old))
        os.rename(part, channel)
    return _place(channel, out)


def main(out, cache, system=None):
    started = time.monotonic()
    wheels = _load("wheels.json")
    with open(os.path.join(cache, "build.lock"), "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        sets = [fetch.debs(cache, s) for s in SETS]
        fetch.wheels(cache, wheels)
        if system:
            sets[0] = fetch.debs(cache, fetch.of_system(system))
            made = _for_system(out, cache, wheels, sets)
        else:
            made = _kept(out, cache, wheels, sets)
        if not made:
            return 0
    print(f"channel: {out} is ready ({time.monotonic() - started:.1f} s)", file=sys.stderr)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(os.path.abspath(sys.argv[1]), *sys.argv[2:]))
    except (fetch.FetchError, LookupError) as error:
        sys.exit(f"tests/channel/build: {error}")
