# SPDX-License-Identifier: MIT
"""refuse.py INSTALLER DESIGN: what becomes of an installation when file systems refuse what it could do without.

rows:   each call in the table of docs/design/system-calls.md, with each errno: the installation succeeds by the other way, or it
        stops, as the table says; the old prefix is whole then. The prefix is verified byte by byte, so a copy that pretends to be
        complete is found.
places: the prefix and the cache on file systems as they are mounted here: tmpfs, the two layers of an overlay, vfat, and across
        them. What cannot be mounted is named and skipped.
twins:  containers that share a prefix and have equal process numbers and a cache each.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import torture

ERRNOS = ["EACCES", "EAGAIN", "EBADF", "EDQUOT", "EEXIST", "EFBIG", "EINVAL", "EIO", "EMLINK", "ENODATA", "ENOENT", "ENOLCK",
          "ENOMEM", "ENOSPC", "ENOSYS", "ENOTTY", "EOPNOTSUPP", "EPERM", "EROFS", "ESTALE", "ETXTBSY", "EXDEV"]

# The call in the table; its name in fault.c; what must be refused besides, so that it is made at all.
CALLS = [("ioctl(FICLONE)", "clone", ""),
         ("copy_file_range()", "copy_range", "clone=EOPNOTSUPP link=EXDEV"),
         ("linkat()", "link", "clone=EOPNOTSUPP"),
         ("renameat2(EXCHANGE)", "exchange", ""),
         ("futimens()", "utimens", "clone=EOPNOTSUPP link=EXDEV"),
         ("flock()", "flock", "")]


def read_table(design):
    """call -> the errnos that stop it, as people read it."""
    stops = {}
    for line in design.read_text().splitlines():
        cells = [c.strip() for c in line.split("|")]
        if len(cells) > 4 and cells[1].startswith("`") and "(" in cells[1]:
            stops[cells[1].strip("`")] = set(re.findall(r"`(E[A-Z]+)`", cells[3]))
    return stops


def rows(b, stops):
    shim = str(pathlib.Path(b.installer).parent / "libfault.so")
    count = b.work / "count"
    b.write_records("file://" + str(b.channel))
    b.must_run("old", "first run")
    b.must_run("new", "both in the cache")
    outcomes = {"done": 0, "stopped": 0}
    for call, name, besides in CALLS:
        for errno_name in ERRNOS + (["0"] if name == "copy_range" else []):
            if name == "flock" and errno_name == "EAGAIN":
                continue  # somebody has the lock
            what = f"{call}: {errno_name}"
            b.must_run("old", f"{what}: reset")
            env = {**os.environ, "LD_PRELOAD": shim, "FAULT_REFUSE": f"{besides} {name}={errno_name}".strip(),
                   "FAULT_COUNT": str(count)}
            done = b.run("new", env=env)
            torture.check(int(count.read_text()) > 0, f"{what}: was never asked for")
            stopped = errno_name in stops[call]
            outcomes["stopped" if stopped else "done"] += 1
            torture.check(done.returncode == int(stopped), f"{what}: exit {done.returncode}", done.stderr)
            torture.check(b.state() == ("old" if stopped else "new"), f"{what}: the prefix is {b.state()}")
            if stopped:
                torture.check(re.search(r"(/|\.conda)", done.stderr), f"{what}: no path", done.stderr)
            b.verify(what)
            b.must_run("new", f"{what}: the next run")
            b.check_leftovers(what, "new")
    print(f"{sum(outcomes.values())} rows: {outcomes['done']} done otherwise, {outcomes['stopped']} stopped")


def mount(*args):
    return subprocess.run(["mount", *args], capture_output=True).returncode == 0


class Places:
    """File systems that can be mounted here, by name; unmounted at the end."""

    def __init__(self, work):
        self.work, self.mounted, self.skipped = work, [], []

    def add(self, name, options, source="none"):
        place = self.work / name
        place.mkdir()
        if mount(*options, source, str(place)):
            self.mounted.append(place)
            return place
        self.skipped.append(name)
        return None

    def image(self, name, mkfs, size):
        file = self.work / f"{name}.img"
        with open(file, "wb") as f:
            f.truncate(size)
        if not shutil.which(mkfs[0]) or subprocess.run([*mkfs, str(file)], capture_output=True).returncode:
            self.skipped.append(name)
            return None
        return self.add(name, ["-o", "loop"], str(file))

    def close(self):
        for place in reversed(self.mounted):
            subprocess.run(["umount", "-l", str(place)], check=True)


def install_twice(b, what, cache, prefix, fails=None):
    b.cache, b.prefix = cache, prefix
    for name in ("old", "new"):
        done = b.run(name)
        if fails:
            torture.check(done.returncode == 1 and fails in done.stderr, f"{what}: does not say \"{fails}\"", done.stderr)
            continue
        torture.check(done.returncode == 0, f"{what}: fails", done.stderr)
        torture.check(b.state() == name, f"{what}: the prefix is {b.state()}")
        b.verify(what)
        b.check_leftovers(what, name)


def overlay(b, places):
    """The old prefix is in the lower layer, as in an image of a container: its directories cannot be renamed."""
    lower, upper, inner = (b.work / f"overlay-{n}" for n in ("lower", "upper", "work"))
    for d in (lower, upper, inner):
        d.mkdir()
    b.cache, b.prefix = b.work / "overlay-cache", lower / "build" / "env"
    merged = b.work / "overlay"
    # The prefix must have been made for the path that it is used under.
    merged.mkdir()
    if not mount("--bind", str(lower), str(merged)):
        places.skipped.append("overlay")
        return
    b.prefix = merged / "build" / "env"
    b.must_run("old", "overlay: lower layer")
    subprocess.run(["umount", str(merged)], check=True)
    if not mount("-t", "overlay", "-o", f"lowerdir={lower},upperdir={upper},workdir={inner},redirect_dir=off", "none", str(merged)):
        places.skipped.append("overlay")
        return
    places.mounted.append(merged)
    b.verify("overlay: as it came")
    b.must_run("new", "overlay")
    torture.check(b.state() == "new", "overlay: not the new one", b.state())
    b.verify("overlay")
    b.check_leftovers("overlay", "new")
    install_twice(b, "overlay, both on it", merged / "cache", merged / "more" / "env")


def on_places(b):
    b.write_records("file://" + str(b.channel))
    disk = b.work / "disk"
    places = Places(b.work)
    try:
        ram = places.add("ram", ["-t", "tmpfs"])
        fat = places.image("fat", ["mkfs.vfat"], 64 << 20)
        cow = places.image("btrfs", ["mkfs.btrfs", "-q"], 256 << 20)
        small = places.add("small", ["-t", "tmpfs", "-o", "size=3m"])
        if ram:
            install_twice(b, "cache and prefix in memory", ram / "cache", ram / "both" / "env")
            install_twice(b, "cache in memory", ram / "cache2", disk / "p" / "env")
            install_twice(b, "prefix in memory", disk / "cache2", ram / "alone" / "env")
        if cow:
            install_twice(b, "btrfs", cow / "cache", cow / "p" / "env")
        if fat:
            install_twice(b, "prefix on vfat", disk / "cache3", fat / "env", "no symbolic links")
        if small:
            install_twice(b, "full", disk / "cache4", small / "env", "No space left")
            left = [p.name for p in small.iterdir()]
            torture.check(not left, "full: left over", left)
        overlay(b, places)
    finally:
        places.close()
    print(f"file systems: {len(places.mounted)} mounted" +
          (f"; cannot be mounted here: {', '.join(places.skipped)}" if places.skipped else ""))


def twins(b, n):
    """Equal process numbers: each in a namespace of its own."""
    inside = ["unshare", "--pid", "--fork", "--kill-child"]
    if subprocess.run([*inside, "true"], capture_output=True).returncode:
        print("twins: no process namespaces here, skipped")
        return
    b.write_records("file://" + str(b.channel))
    b.prefix = b.work / "twins" / "env"
    for _ in range(3):
        shutil.rmtree(b.prefix.parent, ignore_errors=True)
        ps = []
        for i in range(n):
            b.cache = b.work / f"twin-cache-{i}"
            ps.append(subprocess.Popen([*inside, *b.command("old" if i % 2 else "new")], stderr=subprocess.PIPE, text=True,
                                       stdout=subprocess.DEVNULL))
        for p in ps:
            err = p.communicate()[1]
            torture.check(p.returncode == 0, "twins: a process failed", err)
        b.verify("twins")
        left = [p.name for p in b.prefix.parent.iterdir() if p != b.prefix]
        torture.check(not left, "twins: left over", left)
    print(f"{n} processes of equal numbers, three times")


def main(installer, design):
    with tempfile.TemporaryDirectory(prefix="ccenv-refuse-") as work:
        b = torture.Bench(os.path.abspath(installer), pathlib.Path(work))
        rows(b, read_table(pathlib.Path(design)))
        on_places(b)
        twins(b, 8)
    print(f"refuse: {'failed' if torture.failures else 'passed'} ({torture.failures} failures)")
    return 1 if torture.failures else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
