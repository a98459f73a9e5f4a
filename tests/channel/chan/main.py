# SPDX-License-Identifier: MIT
"""python -m chan.main OUTDIR CACHE: brings OUTDIR up to date."""

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

from . import cuda, debtree, fetch, gcc, misc, package

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
WORKERS = 2


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


def _unpack(pool, cache, work, wheels, deb_dir, debs):
    """Unpacks all downloads, side by side: ({release: {project: dir}}, Tree)."""
    root = os.path.join(work, "debs")
    jobs, dirs = [], {}
    for release, files in wheels.items():
        for w in files:
            to = os.path.join(work, "wheels", release, w["project"])
            dirs.setdefault(release, {})[w["project"]] = to
            jobs.append(pool.submit(_unzip, os.path.join(cache, "wheels", w["file"]), to))
    owned = {d["name"]: pool.submit(debtree.unpack, os.path.join(deb_dir, d["file"]), root)
             for d in debs}
    for job in jobs:
        job.result()
    return dirs, debtree.Tree(root, {n: f.result() for n, f in owned.items()})


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
    for subdir in ("linux-64", "noarch"):
        shutil.rmtree(os.path.join(channel, subdir, ".cache"), ignore_errors=True)
        for name in ("index.html", "patch_instructions.json"):
            if os.path.exists(os.path.join(channel, subdir, name)):
                os.unlink(os.path.join(channel, subdir, name))


def _make(cache, channel, wheels, deb_dir, debs):
    """Builds the channel from scratch in `channel`."""
    work = channel + ".work"
    shutil.rmtree(work, ignore_errors=True)
    data = _load("records.json")
    stage = os.path.join(work, "stage")
    with concurrent.futures.ProcessPoolExecutor(WORKERS) as pool:
        dirs, tree = _unpack(pool, cache, work, wheels, deb_dir, debs)
        compiler = debtree.Compiler(tree)
        packages = []
        for release in sorted(dirs):
            made = cuda.Release(release, data[release], data["differs"], dirs[release], stage)
            packages += made.make(compiler)
        jobs = [pool.submit(package.write, p.job(channel)) for p in packages]
        packages = gcc.Toolchain(tree, debs, stage, compiler.specs()).make() + misc.make(stage)
        jobs += [pool.submit(package.write, p.job(channel)) for p in packages]
        for job in jobs:
            job.result()
    shutil.rmtree(work)
    index(channel)


def _listing(root):
    """{path: (size, time)} of the channel's files."""
    found = {}
    for subdir in ("linux-64", "noarch"):
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
    for subdir in ("linux-64", "noarch"):
        shutil.rmtree(os.path.join(out, subdir), ignore_errors=True)
    shutil.copytree(source, out, dirs_exist_ok=True)
    return True


def main(out, cache):
    started = time.monotonic()
    wheels = _load("wheels.json")
    with open(os.path.join(cache, "build.lock"), "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        deb_dir, debs = fetch.debs(cache)
        fetch.wheels(cache, wheels)
        channel = os.path.join(cache, "channel-" + _key(debs))
        if not os.path.isdir(channel):
            part = channel + ".part"
            shutil.rmtree(part, ignore_errors=True)
            os.mkdir(part)
            _make(cache, part, wheels, deb_dir, debs)
            for old in os.listdir(cache):
                if old.startswith("channel-") and old != os.path.basename(part):
                    shutil.rmtree(os.path.join(cache, old))
            os.rename(part, channel)
        if not _place(channel, out):
            return 0
    print(f"channel: {out} is ready ({time.monotonic() - started:.1f} s)", file=sys.stderr)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(os.path.abspath(sys.argv[1]), sys.argv[2]))
    except (fetch.FetchError, LookupError) as error:
        sys.exit(f"tests/channel/build: {error}")
