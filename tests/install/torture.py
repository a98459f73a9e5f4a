# SPDX-License-Identifier: MIT
"""torture.py INSTALLER kill N | fault N | crowd N: the installer under SIGKILL, failing system calls, and company.

kill:  N runs are killed at random moments of install and update, over http and with random states of the cache. After each
       the prefix is the old one, the new one or absent; the next run succeeds; nothing is left over; each entry of the
       cache has the bytes of its package.
fault: one system call of a run fails (ENOSPC, EACCES, EIO, by fault.so), at N places spread over all calls of each kind. The run
       fails with a message that names a path and the cause, or succeeds; the old prefix is whole; the next run succeeds.
crowd: N processes at once, for one prefix and for many: all succeed, and each package is downloaded once.
"""

import hashlib
import json
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import records
import server
import sets

failures = 0


def check(ok, what, detail=""):
    global failures
    if not ok:
        failures += 1
        print(f"FAIL {what}\n    {detail}")


def make_channel(folder):
    """Two environments that share a package: small files, a large one, placeholders, both formats."""
    big = random.Random(1).randbytes(6 << 20)
    shared = sets.Package("shared", {"lib/big": sets.File(big), **sets.text_files()})
    many = {f"m/{i % 17}/{i}": sets.File(f"{i}") for i in range(400)}
    old = sets.Package("tool", {**many, "bin/tool": sets.File("old", 0o755)}, version="1.0", depends=["shared"])
    new = sets.Package("tool", {**many, "bin/tool": sets.File("new", 0o755), "bin/more": sets.Link("tool")},
                       version="2.0", depends=["shared"])
    extra = sets.Package("extra", {"share/extra": sets.File(big[:1 << 20])})
    return {
        "old": [shared.pack(folder, ".conda"), old.pack(folder, ".tar.bz2")],
        "new": [folder / "noarch" / "shared-1.0-0.conda", new.pack(folder, ".conda"), extra.pack(folder, ".conda")],
    }


class Bench:
    def __init__(self, installer, work):
        self.installer, self.work = installer, work
        self.channel = work / "channel"
        self.channel.mkdir()
        self.files = make_channel(self.channel)
        self.cache, self.prefix = work / "cache", work / "build" / "env"

    def write_records(self, url=None):
        self.records = {}
        for name, files in self.files.items():
            self.records[name] = self.work / f"{name}.json"
            self.records[name].write_text(json.dumps([records.record(f, url) for f in files]))

    def command(self, name, prefix=None):
        return [self.installer, self.records[name], self.cache, prefix or self.prefix]

    def run(self, name, **kw):
        return subprocess.run(self.command(name), capture_output=True, text=True, **kw)

    def must_run(self, name, what):
        done = self.run(name)
        check(done.returncode == 0, f"{what}: the next run fails", done.stderr)

    def verify(self, what, prefix=None):
        done = subprocess.run([self.installer, "--verify", prefix or self.prefix], capture_output=True, text=True)
        check(done.returncode == 0, f"{what}: the prefix is not whole", done.stderr)

    def state(self):
        tool = self.prefix / "bin" / "tool"
        return tool.read_text() if tool.exists() else None

    def check_cache(self, what):
        """Each entry against its own list of hashes."""
        for entry in (self.cache / "pkgs").glob("*"):
            if not re.fullmatch("[0-9a-f]{64}", entry.name):
                continue  # a list, or what is being made
            for p in json.loads((entry / "info/paths.json").read_text())["paths"]:
                f = entry / p["_path"]
                if p["path_type"] == "softlink":
                    check(f.is_symlink(), f"{what}: {f} is not a link")
                else:
                    good = f.exists() and hashlib.sha256(f.read_bytes()).hexdigest() == p["sha256"]
                    check(good, f"{what}: {f} is damaged in the cache")

    def check_leftovers(self, what, name):
        """Nothing beside the prefix, nothing half made; downloads of packages that this run did not need may stay."""
        wanted = {r["sha256"] for r in json.loads(self.records[name].read_text())}
        left = [p.name for p in self.prefix.parent.iterdir() if p != self.prefix]
        left += [p.name for p in (self.cache / "pkgs").glob(".ccenv-tmp.*")]
        left += [p.name for p in (self.cache / "archives").glob("*") if p.stem in wanted]
        check(not left, f"{what}: left over", left)


def kill(b, n):
    rng = random.Random(7)
    landed = 0
    no_exchange = {**os.environ, "LD_PRELOAD": str(pathlib.Path(b.installer).parent / "libfault.so"), "FAULT_EXCHANGE": "1"}
    with server.Server(b.channel, bytes_per_s=40 << 20) as s:
        b.write_records(s.url)
        start = time.monotonic()
        b.must_run("old", "first run")
        whole = time.monotonic() - start
        for i in range(n):
            shutil.rmtree(b.cache if rng.random() < 0.4 else b.work / "none", ignore_errors=True)
            shutil.rmtree(b.prefix if rng.random() < 0.2 else b.work / "none", ignore_errors=True)
            before = b.state()
            target = "new" if before == "old" else "old"
            # Every third run on a "file system" where the old prefix is moved away before the new one is there.
            moved = i % 3 == 2
            p = subprocess.Popen(b.command(target), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                 env=no_exchange if moved else None)
            time.sleep(rng.random() * whole * 0.9)
            p.send_signal(signal.SIGKILL)
            landed += p.wait() == -signal.SIGKILL
            what = f"kill {i}"
            check(b.state() in (before, target, None if moved else target), f"{what}: neither old nor new", b.state())
            if b.state() is not None:
                b.verify(what)
            b.check_cache(what)
            if rng.random() < 0.5 and b.state() != target:  # else the next kill finds what this one left
                b.must_run(target, what)
                check(b.state() == target, f"{what}: not the new one", b.state())
                b.check_leftovers(what, target)
        # A run that has nothing to do looks at one file and sweeps nothing: the last one must have something to do.
        shutil.rmtree(b.prefix, ignore_errors=True)
        shutil.rmtree(b.cache / "pkgs")
        b.must_run("new", "last run")
        b.verify("last run")
        b.check_leftovers("last run", "new")
    print(f"{n} runs, {landed} killed in the middle (a whole run takes {whole:.2f} s), "
          f"{sum(s.resumed.values())} downloads resumed")


CALLS = ["open", "write", "pwrite", "link", "symlink", "mkdir", "rename", "read", "utimens", "mmap"]


def fault(b, n):
    shim = pathlib.Path(b.installer).parent / "libfault.so"
    b.write_records("file://" + str(b.channel))
    runs = told = 0
    for call in CALLS:
        log = b.work / "count"
        for cold in (True, False):
            def reset():
                if cold:
                    shutil.rmtree(b.cache, ignore_errors=True)
                b.must_run("old", f"{call}: reset")
                if cold:
                    shutil.rmtree(b.cache, ignore_errors=True)

            reset()
            env = {**os.environ, "LD_PRELOAD": str(shim), "FAULT_CALL": call, "FAULT_COUNT": str(log)}
            b.run("new", env=env)
            calls = int(log.read_text())
            places = sorted({1 + i * max(calls - 1, 0) // max(n - 1, 1) for i in range(n)})
            for place in places if calls else []:
                for errno_name in ("ENOSPC", "EACCES", "EIO"):
                    reset()
                    done = b.run("new", env={**env, "FAULT_AT": str(place), "FAULT_ERRNO": errno_name})
                    what = f"{errno_name} in {call} {place} of {calls} ({'cold' if cold else 'warm'})"
                    runs += 1
                    check(done.returncode in (0, 1), f"{what}: exit {done.returncode}", done.stderr)
                    if done.returncode == 1:
                        told += 1
                        check(b.state() == "old", f"{what}: the old prefix is gone", b.state())
                        check(re.search(r"(/|\.conda|\.bz2|json)", done.stderr), f"{what}: no path", done.stderr)
                    b.verify(what)
                    b.check_cache(what)
                    b.must_run("new", what)
                    check(b.state() == "new", f"{what}: not the new one", b.state())
                    b.check_leftovers(what, "new")
    print(f"{runs} runs with a fault, {told} said so and failed")


def crowd(b, n):
    with server.Server(b.channel, bytes_per_s=20 << 20) as s:
        b.write_records(s.url)
        for what, prefix_of in (("one prefix", lambda i: b.prefix),
                                ("different prefixes", lambda i: b.work / "build" / f"env{i % 7}")):
            shutil.rmtree(b.cache, ignore_errors=True)
            s.gets.clear()
            names = ["old" if what != "one prefix" and i % 2 else "new" for i in range(n)]
            # A prefix has one set: whoever comes to env0 wants the same.
            names = [names[i % 7] if what != "one prefix" else names[i] for i in range(n)]
            start = time.monotonic()
            ps = [subprocess.Popen(b.command(names[i], prefix_of(i)), stderr=subprocess.PIPE, text=True,
                                   stdout=subprocess.DEVNULL) for i in range(n)]
            for p in ps:
                err = p.communicate()[1]
                check(p.returncode == 0, f"{what}: a process failed", err)
            took = time.monotonic() - start
            for i in range(n):
                b.verify(what, prefix_of(i))
            b.check_cache(what)
            check(all(c == 1 for c in s.gets.values()), f"{what}: downloaded more than once", s.gets)
            left = [p.name for p in (b.work / "build").iterdir() if p.name.startswith(".ccenv-")]
            check(not left, f"{what}: left over", left)
            print(f"{n} processes, {what}: {took:.2f} s, {len(s.gets)} packages, {sum(s.gets.values())} downloads")


def main(installer, mode, n):
    with tempfile.TemporaryDirectory(prefix="ccenv-torture-") as work:
        b = Bench(os.path.abspath(installer), pathlib.Path(work))
        {"kill": kill, "fault": fault, "crowd": crowd}[mode](b, int(n))
    print(f"{mode}: {'failed' if failures else 'passed'} ({failures} failures)")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
