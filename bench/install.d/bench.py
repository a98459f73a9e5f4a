# SPDX-License-Identifier: MIT
"""bench.py INSTALLER CHANNEL [--rounds N] [--only NAME,…] [--place DIR,…] [--http]: ccenv and py-rattler side by side.

Each case is run by both in turn, N times; the figures are medians of wall seconds (and of processor seconds, which other
work on the machine disturbs less).

  cold  nothing in the package cache, no prefix
  warm  all packages in the cache, no prefix
  noop  the prefix is as it should be

ccenv is timed as a process, from start to end. py-rattler is timed inside its process, around install(): the start of
Python is not its fault. Both read the same files (file://, or http from a server here), and write to the same file
system: tmpfs, a new ext4 on a loop device in memory (needs root), or any directory given. The limit is what the bytes cost by themselves: hash the archives, inflate them, write what comes out, each measured
alone and added up, divided by the processors.
"""

import argparse
import contextlib
import hashlib
import json
import os
import pathlib
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
TESTS = HERE.parent.parent / "tests/install"
sys.path.insert(0, str(TESTS))

import backports.zstd as zstd  # noqa: E402

import records  # noqa: E402
import server  # noqa: E402
import sets  # noqa: E402
import toolchain  # noqa: E402

PEER = """
import json, resource, sys, time
sys.path.insert(0, sys.argv[1])
import peer
def cpu():
    u = resource.getrusage(resource.RUSAGE_SELF)
    return u.ru_utime + u.ru_stime
start, used = time.monotonic(), cpu()
peer.install(*sys.argv[2:5])
print(json.dumps([time.monotonic() - start, cpu() - used]))
"""


def make_many(channel):
    """3,000 files of the size of headers, in 150 directories."""
    rng = random.Random(3)
    words = [bytes(rng.choices(b"abcdefghijklmnopqrstuvwxyz_", k=rng.randint(2, 12))) for _ in range(2000)]
    files = {f"include/d{i % 150}/h{i}.h": sets.File(b" ".join(rng.choices(words, k=rng.randint(50, 1500))))
             for i in range(3000)}
    return [sets.Package("many", files).pack(channel, ".conda")]


def make_big(channel):
    """One file of 700 MB that shrinks to about half, as device libraries do."""
    rng = random.Random(4)
    block = rng.randbytes(1 << 20)
    data = bytearray()
    while len(data) < 700 * 10**6:
        at = rng.randrange(len(block) - 70000)
        data += block[at:at + 65536] if rng.random() < 0.2 else rng.randbytes(32768) + bytes(32768)
    return [sets.Package("big", {"lib/libbig.so": sets.File(bytes(data[:700 * 10**6]), 0o755)}).pack(channel, ".conda")]


def prepare(work, channel, only):
    """name -> records file."""
    made = work / "channel"
    made.mkdir()
    cases = {"many": lambda: [records.record(f) for f in make_many(made)],
             "big": lambda: [records.record(f) for f in make_big(made)],
             "cuda": lambda: toolchain.records_of(channel)}
    out = {}
    for name in only or cases:
        out[name] = work / f"{name}.json"
        out[name].write_text(json.dumps(cases[name]()))
    return out


CHUNK = 64 << 10  # small enough that no fresh memory is touched: that would not be the limit


def inflate(packed):
    """Inflates and forgets; how many bytes it were."""
    z = zstd.ZstdDecompressor()
    size = len(z.decompress(packed, CHUNK))
    while not z.eof:
        size += len(z.decompress(b"", CHUNK))
    return size


def write(path, size):
    chunk = bytes(range(256)) * (CHUNK // 256)
    with open(path, "wb", buffering=0) as f:
        for at in range(0, size, CHUNK):
            f.write(chunk[: size - at])


def limit(path, place):
    """Seconds to hash, to inflate, and to write."""
    spent = {"hash": 0.0, "inflate": 0.0, "write": 0.0}

    def timed(what, fn, *args):
        start = time.monotonic()
        result = fn(*args)
        spent[what] += time.monotonic() - start
        return result

    with tempfile.TemporaryDirectory(dir=place) as out:
        for i, r in enumerate(json.loads(path.read_text())):
            archive = pathlib.Path(r["url"].removeprefix("file://"))
            data = archive.read_bytes()
            timed("hash", lambda: hashlib.sha256(data).digest())
            if archive.suffix != ".conda":
                continue
            with zipfile.ZipFile(archive) as z:
                for member in z.namelist():
                    if member.endswith(".zst"):
                        size = timed("inflate", inflate, z.read(member))
                        timed("write", write, pathlib.Path(out, f"{i}{member}"), size)
    return spent


def run_ccenv(installer, path, cache, prefix):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.monotonic()
    subprocess.run([installer, path, cache, prefix], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wall = time.monotonic() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def run_peer(path, cache, prefix):
    done = subprocess.run([sys.executable, "-c", PEER, TESTS, path, cache, prefix], stdout=subprocess.PIPE, text=True)
    # It may crash while Python ends; the figures are out before that.
    return tuple(json.loads(done.stdout.splitlines()[-1]))


@contextlib.contextmanager
def opened(place):
    """The directory of a place. A new ext4 each time: an old one is slow to make files for minutes after others were removed (it
    looks at every inode that was just freed), and the disk below is everybody's."""
    if place == "tmpfs":
        yield "/dev/shm"
    elif place != "ext4":
        yield place
    else:
        with tempfile.TemporaryDirectory(dir="/dev/shm", prefix="ccenv-bench-") as work:
            image, mount = os.path.join(work, "image"), os.path.join(work, "mount")
            os.mkdir(mount)
            with open(image, "wb") as f:
                f.truncate(24 << 30)
            subprocess.run(["mkfs.ext4", "-q", "-E", "lazy_itable_init=0,lazy_journal_init=0", image], check=True)
            subprocess.run(["mount", "-o", "loop", image, mount], check=True)
            try:
                yield mount
            finally:
                subprocess.run(["umount", mount], check=True)


def measure(case, programs, rounds, place):
    """program -> mode -> (wall, cpu) medians."""
    got = {name: {"cold": [], "warm": [], "noop": []} for name in programs}
    with tempfile.TemporaryDirectory(dir=place, prefix="ccenv-bench-") as work:
        for i in range(rounds):
            for name, run in programs.items():
                cache = os.path.join(work, f"cache-{name}-{i}")
                for mode, prefix in (("cold", "env"), ("warm", "env2"), ("noop", "env2")):
                    os.sync()
                    got[name][mode].append(run(case, cache, os.path.join(work, f"{prefix}-{name}-{i}")))
    return {name: {mode: tuple(statistics.median(column) for column in zip(*runs)) for mode, runs in modes.items()}
            for name, modes in got.items()}


def show(name, place, results, spent):
    for mode in ("cold", "warm", "noop"):
        ours, theirs = results["ccenv"][mode], results["rattler"][mode]
        bound = f"{sum(spent.values()) / os.cpu_count():8.3f}" if mode == "cold" else " " * 8
        print(f"{name:10} {place:10} {mode:5} {ours[0]:8.3f} {theirs[0]:8.3f} {ours[0] / theirs[0]:6.2f} "
              f"{bound}   {ours[1]:7.2f} {theirs[1]:7.2f}", flush=True)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("installer")
    p.add_argument("channel")
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--only", type=lambda s: s.split(","))
    p.add_argument("--place", type=lambda s: s.split(","), default=["ext4", "tmpfs"] if os.geteuid() == 0 else ["tmpfs"])
    p.add_argument("--http", action="store_true")
    args = p.parse_args()
    installer = os.path.abspath(args.installer)
    programs = {"ccenv": lambda *a: run_ccenv(installer, *a), "rattler": run_peer}
    print(f"{'':10} {'':10} {'':5} {'ccenv':>8} {'rattler':>8} {'ratio':>6} {'limit':>8}   {'cpu':>7} {'cpu':>7}")
    with tempfile.TemporaryDirectory(dir="/var/tmp", prefix="ccenv-bench-") as work:
        work = pathlib.Path(work)
        for name, path in prepare(work, args.channel, args.only).items():
            for place in args.place:
                with opened(place) as directory:
                    spent = limit(path, directory)
                    show(name, place, measure(path, programs, args.rounds, directory), spent)
            print("    limit: " + ", ".join(f"{k} {v:.2f} s" for k, v in spent.items()) + f" on one of {os.cpu_count()}")
            if args.http:
                folder = pathlib.Path(json.loads(path.read_text())[0]["channel"].removeprefix("file://"))
                with server.Server(folder) as s:
                    web = work / f"{name}-http.json"
                    web.write_text(path.read_text().replace(f"file://{folder}", s.url))
                    with opened(args.place[0]) as directory:
                        show(name + "-http", args.place[0], measure(web, programs, args.rounds, directory), spent)


if __name__ == "__main__":
    main()
