# SPDX-License-Identifier: MIT
"""calls.py CCENV SHIM [--sample N] [--seed S] [--part I/N] [--only TEXT] [--kind TEXT]: every libc and libcurl call of ccenv made to fail, one at a time.

Eight runs of ccenv over a small channel with a made-up CUDA toolkit are walked through: a first lock; an install into an empty
cache from files; the same over http; an install from a warm cache; an update of an installed prefix; the build files alone;
a bundle; a mirror. In each, call number 1, 2, 3, … fails (calls.c), each with the error that such a call has in practice. Afterwards:

  - the run came to an end by itself, with status 0 or 1, and 1 says why;
  - after 0 all files are those of a run without a fault; after 1 the lock and the prefix are the old ones or the new ones, whole;
  - the next run succeeds, and leaves all files as they are without a fault;
  - no temporary file is left, neither by the failed run (unless removing was what failed) nor by the next one.

Without --sample all calls are tried: some thousand runs, half an hour. With it, N of them, spread over kinds of calls. With --part
1/2 and 2/2 two processes share the work. A ccenv with the address sanitizer also says what it leaks.
"""

import argparse
import bz2
import collections
import functools
import hashlib
import http.server
import io
import json
import os
import pathlib
import random
import re
import shutil
import struct
import subprocess
import sys
import tarfile
import tempfile
import threading

CUDA = "targets/x86_64-linux/"


def elf(machine=62):
    return b"\x7fELF" + bytes([2, 1, 1]) + bytes(9) + struct.pack("<HHI", 3, machine, 1) + bytes(40)


def archive():
    body = elf()
    return b"!<arch>\n" + b"%-16s%-12d%-6d%-6d%-8s%-10d`\n" % (b"a.o/", 0, 0, 0, b"644", len(body)) + body


def packages():
    """name, version, depends, files: bytes, or a text as the target of a link."""
    stub = b"#!/bin/sh\nexit 0\n"
    gcc = {f"bin/x86_64-conda-linux-gnu-{t}": stub for t in ("gcc", "g++", "ar", "ld")}
    nvcc = {"bin/nvcc": stub, "bin/ptxas": stub, "bin/crt/link.stub": b"stub", "nvvm/libdevice/libdevice.10.bc": b"bc",
            "bin/nvcc.profile": b"TOP = $(_HERE_)/..\nINCLUDES += \"-I$(TOP)/include\" $(_SPACE_)\n"}
    cudart = {CUDA + "lib/libcudart.so": "libcudart.so.13", CUDA + "lib/libcudart.so.13": elf(),
              CUDA + "lib/libcudart_static.a": archive(), CUDA + "include/cuda_runtime.h": b"#define CUDART_VERSION 13000\n",
              CUDA + "include/cuda.h": b"#define CUDA_VERSION 13000\n", CUDA + "lib/stubs/libcuda.so": elf()}
    tool = {f"share/tool/{i % 5}/{i}": b"%d" % i for i in range(24)}
    return [
        ("cuda-version", "13.0", [], {"share/cuda-version": b"13.0"}),
        ("cuda-nvcc-impl", "13.0.88", ["cuda-version 13.0.*"], nvcc),
        ("cuda-crt-dev_linux-64", "13.0.88", [], {CUDA + "include/crt/host_config.h": b"\n"}),
        ("cuda-cudart-dev", "13.0.96", ["cuda-version 13.0.*"], cudart),
        ("cuda-cudart-static", "13.0.96", [], {"share/static": b""}),
        ("cuda-driver-dev_linux-64", "13.0.96", [], {"share/driver": b""}),
        ("gcc_impl_linux-64", "14.3.0", [], gcc),
        ("gxx_impl_linux-64", "14.3.0", [], {"lib/libstdc++.so.6": elf()}),
        ("sysroot_linux-64", "2.28", [], {"x86_64-conda-linux-gnu/sysroot/lib/libc.so.6": elf()}),
        ("tool", "1.0", [], {**tool, "bin/tool": b"#!/opt/placeholder_placeholder/bin/sh\nold\n"}),
        ("tool", "2.0", [], {**tool, "bin/tool": b"#!/opt/placeholder_placeholder/bin/sh\nnew\n", "bin/more": "tool"}),
    ]


def pack(channel, name, version, depends, files):
    index = {"name": name, "version": version, "build": "0", "build_number": 0, "depends": depends, "subdir": "linux-64",
             "timestamp": 1700000000000}
    paths = []
    for path, body in sorted(files.items()):
        if isinstance(body, str):
            paths.append({"_path": path, "path_type": "softlink"})
            continue
        entry = {"_path": path, "path_type": "hardlink", "sha256": hashlib.sha256(body).hexdigest(), "size_in_bytes": len(body)}
        if b"placeholder_" in body:
            entry.update(prefix_placeholder="/opt/placeholder_placeholder", file_mode="text")
        paths.append(entry)
    all_files = {**files, "info/index.json": json.dumps(index).encode(),
                 "info/paths.json": json.dumps({"paths_version": 1, "paths": paths}).encode()}
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for path, body in all_files.items():
            info = tarfile.TarInfo(path)
            info.mtime = 1600000000
            if isinstance(body, str):
                info.type, info.linkname = tarfile.SYMTYPE, body
                tar.addfile(info)
            else:
                info.size, info.mode = len(body), 0o755 if path.startswith("bin/") else 0o644
                tar.addfile(info, io.BytesIO(body))
    data = bz2.compress(out.getvalue())
    fn = f"{name}-{version}-0.tar.bz2"
    (channel / "linux-64" / fn).write_bytes(data)
    return fn, {**index, "sha256": hashlib.sha256(data).hexdigest(), "md5": hashlib.md5(data).hexdigest(), "size": len(data)}


def make_channel(channel):
    for subdir in ("linux-64", "noarch"):
        (channel / subdir).mkdir(parents=True)
    records = dict(pack(channel, *p) for p in packages())
    for subdir, content in (("linux-64", records), ("noarch", {})):
        text = json.dumps({"info": {"subdir": subdir}, "packages": content, "packages.conda": {}})
        (channel / subdir / "repodata.json").write_text(text)


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, request, client_address):
        pass  # ccenv went away, as it should


class Quiet(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass


class Scenario:
    """A command, and the state that it begins with: a project, its build tree and a cache."""

    def __init__(self, name, start, args):
        self.name, self.start, self.args = name, start, args


class Walker:
    def __init__(self, ccenv, shim, work, part=1):
        self.ccenv, self.shim, self.work = ccenv, shim, work
        self.at = work / "at"  # where all runs happen: paths are part of what is written
        self.log = work / "log"
        self.failures, self.outcomes = 0, collections.Counter()
        self.unclear = collections.Counter()
        processors = sorted(os.sched_getaffinity(0))
        self.cpu = processors[(part - 1) % len(processors)]

    def env(self, **more):
        return {"PATH": "/usr/bin:/bin", "HOME": str(self.at / "home"), "LANG": "C.UTF-8", "CCENV_NET_RETRIES": "0",
                "CCENV_CACHE_DIR": str(self.at / "cache"), "CONDA_OVERRIDE_CUDA": "13.0", "CONDA_OVERRIDE_GLIBC": "2.36",
                "CONDA_OVERRIDE_LINUX": "6.1", "CONDA_OVERRIDE_ARCHSPEC": "x86_64", "CI": "",
                "ASAN_OPTIONS": "exitcode=99", **more}  # a sanitizer's own status is that of a failure

    def run(self, args, **env):
        # On one processor: so the order of calls is nearly the same each time.
        return subprocess.run([self.ccenv, *args], preexec_fn=lambda: os.sched_setaffinity(0, {self.cpu}), cwd=self.at / "project", env=self.env(**env),
                              capture_output=True, text=True, errors="replace", timeout=60, stdin=subprocess.DEVNULL)

    def manifest(self, channel, tool):
        text = {"channels": [channel], "platforms": ["linux-64"], "system-requirements": {"cuda": "13.0"},
                "cuda": {"version": "13.0", "components": ["nvcc", "cudart"]}, "dependencies": {"tool": tool}}
        (self.at / "project" / "ccenv.json").write_text(json.dumps(text))

    def reset(self, start):
        if self.at.exists():
            subprocess.run(["chmod", "-R", "u+w", self.at], check=True)
            shutil.rmtree(self.at)
        subprocess.run(["cp", "-a", start, self.at], check=True)

    def state(self):
        """Every file of project and build tree: what it is and what it holds; and the digests of the cache's packages."""
        found = {}
        for top in ("project",):
            for path in sorted((self.at / top).rglob("*")):
                name = str(path.relative_to(self.at))
                if path.is_symlink():
                    found[name] = "-> " + os.readlink(path)
                elif path.is_file():
                    data = path.read_bytes()
                    if "/conda-meta/" in name:  # how files came there may differ: links, or copies
                        data = re.sub(rb'"link": ?\{[^}]*\}', b"", data)
                    found[name] = hashlib.sha256(data).hexdigest() + oct(path.stat().st_mode & 0o111)
        # Which lock files exist, and when something was done, is no difference.
        notes = r"(^|/)(\.?lock|\.ccenv-lock\.[^/]*|[^/]*\.lock|stamp\.json|installed|conda-meta/ccenv)$"
        return {n: s for n, s in found.items() if n == "project/ccenv.lock" or not re.search(notes, n)}

    def without_stale(self, s, state):
        """Without prefixes and views that an update leaves behind or removes: those of the old lock."""
        return {n: x for n, x in state.items() if not any(h in n for h in s.stale)}

    def part(self, state, prefix):
        return {n: s for n, s in state.items() if n.startswith(prefix)}

    def leftovers(self):
        names = [str(p.relative_to(self.at)) for p in self.at.rglob("*") if ".ccenv-tmp" in p.name or p.name.endswith(".part")]
        return [n for n in names if not n.startswith("cache/archives/")]

    def fail(self, what, detail):
        self.failures += 1
        print(f"FAIL {what}\n    " + "\n    ".join(str(detail).splitlines()[:12]), flush=True)

    def count(self, s):
        self.reset(s.start)
        done = self.run(s.args, LD_PRELOAD=str(self.shim), FAULT_CALL="any", FAULT_LOG=str(self.log))
        if done.returncode != 0:
            self.fail(f"{s.name}: without a fault", done.stderr)
        s.golden = self.state()
        calls = self.log.read_text(errors="replace").split("\n")[:-1]
        self.reset(s.start)
        s.before = self.state()
        s.stale = self.prefixes(s.before) - self.prefixes(s.golden)
        s.stale = {name.rpartition("-")[2] for name in s.stale}
        s.golden = self.without_stale(s, s.golden)
        return calls

    @staticmethod
    def prefixes(state):
        """The names of the prefixes below the root."""
        root = "project/build/_ccenv/env/"
        return {n[len(root):].split("/")[0] for n in state if n.startswith(root) and "/" in n[len(root):]}

    def try_call(self, s, kind, number):
        """Call number `number` of this kind fails. Threads make the order differ a little each time."""
        self.reset(s.start)
        what = f"{s.name}: {kind} {number}"
        try:
            done = self.run(s.args, LD_PRELOAD=str(self.shim), FAULT_CALL=kind, FAULT_AT=str(number), FAULT_LOG=str(self.log))
        except subprocess.TimeoutExpired:
            self.outcomes["hung"] += 1
            return self.fail(f"{what}: it hangs", "")
        failed = [line for line in self.log.read_text(errors="replace").split("\n") if " FAILED " in line]
        if failed and not failed[0].endswith("FAILED "):
            what += failed[0].partition(" FAILED")[2].replace(str(self.at), "")
        after = self.state()
        if done.returncode not in (0, 1):
            self.outcomes["crashed"] += 1
            return self.fail(f"{what}: status {done.returncode}", done.stderr)
        if done.returncode == 0:
            self.outcomes["carried on"] += 1
            if self.without_stale(s, after) != s.golden:
                self.fail(f"{what}: status 0, and other files", self.difference(s.golden, after))
        else:
            self.outcomes["failed, and said why"] += 1
            if not re.search(r"^ccenv: .{10,}", done.stderr, re.M):
                self.fail(f"{what}: no message", done.stderr)
            elif "there is no ccenv.json" in done.stderr:
                self.fail(f"{what}: a file that is there is not seen", done.stderr)
            elif not re.search(r"/|curl|memory|thread", done.stderr):
                self.unclear[done.stderr.strip().splitlines()[-1]] += 1
            self.check_old_or_new(s, what, after)
        left = self.leftovers()
        if left and kind not in ("unlink", "opendir", "readdir", "flock", "open", "stat"):
            self.fail(f"{what}: left over", left)
        again = self.run(s.args)
        if again.returncode != 0:
            return self.fail(f"{what}: the next run fails", again.stderr)
        after = self.without_stale(s, self.state())
        if after != s.golden:
            self.fail(f"{what}: other files after the next run", self.difference(s.golden, after))
        left = self.leftovers()
        if left:
            self.outcomes["left a temporary file for a later sweep"] += 1
            self.unclear[f"left over after the next run: {kind}: {re.sub('[0-9a-f]{6,}', 'X', left[0])}"] += 1
        return None

    def check_old_or_new(self, s, what, after):
        lock = "project/ccenv.lock"
        if after.get(lock) not in (s.before.get(lock), s.golden.get(lock)):
            self.fail(f"{what}: the lock is neither old nor new", after.get(lock))
        for name in self.prefixes(after):
            if any(h in name for h in s.stale) and self.prefixes(s.golden) <= self.prefixes(after):
                continue  # it was being removed
            root = f"project/build/_ccenv/env/{name}/"
            part = self.part(after, root)
            if part not in (self.part(s.before, root), self.part(s.golden, root)):
                self.fail(f"{what}: {name} is neither old nor new", self.difference(self.part(s.golden, root), part))
        if not self.prefixes(s.before) <= self.prefixes(after) and not self.prefixes(s.golden) <= self.prefixes(after):
            self.fail(f"{what}: the old prefix is gone and the new one is not there", self.prefixes(after))

    @staticmethod
    def difference(want, got):
        names = sorted(n for n in want.keys() | got.keys() if want.get(n) != got.get(n))
        return "\n".join(f"{n}: {'not there' if n not in got else 'not expected' if n not in want else 'another'}" for n in names[:8])


def build_starts(w, channel, url):
    """The states that runs begin with, each made by a run before it."""
    def start(name, base=None):
        w.reset(base) if base else (w.at / "project").mkdir(parents=True)
        return w.work / f"start-{name}"

    def keep(path):
        subprocess.run(["cp", "-a", w.at, path], check=True)
        return path

    def must(args):
        done = w.run(args)
        if done.returncode != 0:
            sys.exit(f"{args}: {done.stderr}")

    files = f"file://{channel}"
    path = start("fresh")
    (w.at / "home").mkdir()
    w.manifest(files, "1.*")
    fresh = keep(path)
    must(["lock"])
    shutil.rmtree(w.at / "cache")
    locked = keep(w.work / "start-locked")
    must(["install"])
    installed = keep(w.work / "start-installed")
    must(["install"])
    subprocess.run(["chmod", "-R", "u+w", w.at / "project" / "build"], check=True)
    shutil.rmtree(w.at / "project" / "build")
    warm = keep(w.work / "start-warm")
    w.reset(installed)
    w.manifest(files, "2.*")
    update = keep(w.work / "start-update")
    w.reset(installed)
    for name in os.listdir(w.at / "project/build/_ccenv"):
        path = w.at / "project/build/_ccenv" / name
        if name not in ("env", "lock", ".ccenv-root", "stamp.json"):
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    emit = keep(w.work / "start-emit")
    w.reset(fresh)
    w.manifest(url, "1.*")
    must(["lock"])
    shutil.rmtree(w.at / "cache")
    remote = keep(w.work / "start-remote")
    return [Scenario("lock", fresh, ["lock"]), Scenario("install, cold", locked, ["install", "--locked"]),
            Scenario("install over http", remote, ["install", "--locked"]), Scenario("install, warm", warm, ["install", "--locked"]),
            Scenario("update", update, ["install"]), Scenario("emit", emit, ["install", "--locked"]),
            Scenario("bundle", warm, ["bundle", "-o", "app.tar"]), Scenario("mirror", warm, ["mirror", "served"])]


def choose(tries, n, rng):
    """All of the (kind, number), or about n of them, so that each kind has some."""
    if n is None or n >= len(tries):
        return tries
    kinds = collections.defaultdict(list)
    for t in tries:
        kinds[t[0]].append(t)
    chosen = {rng.choice(where) for where in kinds.values()}
    rest = [t for t in tries if t not in chosen]
    chosen.update(rng.sample(rest, max(0, min(len(rest), n - len(chosen)))))
    return sorted(chosen)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("ccenv")
    p.add_argument("shim")
    p.add_argument("--sample", type=int)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--part", default="1/1", help="I/N: every N-th of the calls, beginning with the I-th")
    p.add_argument("--only", default="", help="runs whose name has this text")
    p.add_argument("--kind", default="", help="calls whose kind has this text")
    args = p.parse_args()
    rng = random.Random(args.seed)
    part, parts = (int(x) for x in args.part.split("/"))
    with tempfile.TemporaryDirectory(prefix="ccenv-calls-", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None) as work:
        work = pathlib.Path(work)
        channel = work / "channel"
        make_channel(channel)
        server = Server(("127.0.0.1", 0), functools.partial(Quiet, directory=channel))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        w = Walker(os.path.abspath(args.ccenv), pathlib.Path(args.shim).resolve(), work, part)
        scenarios = build_starts(w, channel, f"http://127.0.0.1:{server.server_port}")
        runs = 0
        for s in scenarios:
            if args.only not in s.name:
                continue
            calls = w.count(s)
            kinds = collections.Counter(calls)
            tries = [(k, i + 1) for k in sorted(kinds) for i in range(kinds[k]) if args.kind in k]
            tries = tries[part - 1::parts]
            tries = choose(tries, args.sample and max(1, args.sample // len(scenarios)), rng)
            for kind, number in tries:
                w.try_call(s, kind, number)
            runs += len(tries)
            print(f"{s.name}: {len(tries)} of {len(calls)} calls of {len(kinds)} kinds failed", flush=True)
        subprocess.run(["chmod", "-R", "u+w", work], check=True)
    for outcome, n in sorted(w.outcomes.items()):
        print(f"{n:6} {outcome}")
    for text, n in w.unclear.most_common(30):
        print(f"{n:6} names no path: {text}" if not text.startswith("left") else f"{n:6} {text}")
    print(f"{runs} runs, {w.failures} failures")
    return 1 if w.failures else 0


if __name__ == "__main__":
    sys.exit(main())
