# SPDX-License-Identifier: MIT
"""Another user of the machine: what is found without being named must belong to somebody whom the user trusts."""
import fcntl
import os
import re
import time

from forge import Package, toolkit
from place import STRANGER, Failed, attack, variants

USER = 23456
COMMANDS = (("lock",), ("install",), ("run", "true"), ("env",), ("print", "root"), ("list",), ("verify",), ("archs",),
            ("toolchain", "--resolved"), ("meson-setup", "b"), ("check",), ("presets",))


def _own(path, uid, top=True):
    for folder, dirs, names in os.walk(path):
        for name in dirs + names:
            os.lchown(os.path.join(folder, name), uid, uid)
    if top:
        os.lchown(path, uid, uid)


def _shared(t, uid, run):
    """A directory that all may write to, with a project of `uid` in it; returns a directory of our own below."""
    t.channel().add(toolkit())
    os.mkdir(t.path("shared"))
    t.manifest(where="shared")
    t.done("install", "-q", cwd=t.path("shared"))
    below = t.path("shared/mine")
    os.mkdir(below)
    _own(t.path("shared"), uid, top=False)
    os.chmod(t.path("shared"), 0o1777)
    os.lchown(below, run, run)
    _own(t.home, run)
    if os.path.isdir(t.cache):
        _own(t.cache, run)
    return below


def _names_it(t, r):
    t.has(r.rc != 0, f"should have been refused\n{r}")
    t.has("ccenv.json" in r.err or "_ccenv" in r.err, f"the message does not name what is wrong\n{r}")


@variants("neighbor", [(f"manifest.{c[0]}", f"ccenv.json of another user in a parent directory that all may write to, `ccenv {' '.join(c)}`",
                        "refused, naming the file", c) for c in COMMANDS], root=True)
def _(t, command):
    below = _shared(t, STRANGER, 0)
    _names_it(t, t.either(*command, cwd=below))


@variants("neighbor", [(f"manifest.user-{c[0]}", f"the same for a user who is not root, `ccenv {' '.join(c)}`", "refused, naming the file", c)
                       for c in COMMANDS[1:4]], root=True)
def _(t, command):
    below = _shared(t, STRANGER, USER)
    _names_it(t, t.either(*command, cwd=below, user=USER))


@variants("neighbor", [
    ("manifest.own", "none: the user's own manifest in the parent directory", "used", dict(uid=USER, user=USER)),
    ("manifest.of-root", "none: root's manifest, and a user", "used", dict(uid=0, user=USER)),
    ("manifest.checkout", "none: root in a checkout of uid 1000, as in a container", "used", dict(uid=1000, user=0, below=1000)),
    ("manifest.sudo", "none: sudo in the user's own project", "used", dict(uid=1000, user=0, below=1000, env={"SUDO_UID": "1000"})),
], root=True)
def _(t, how):
    below = _shared(t, how["uid"], how.get("below", how["user"]))
    os.lchown(t.path("shared"), how["uid"], how["uid"])
    os.chmod(t.path("shared"), 0o755)
    if how["user"] == 0:
        _own(t.home, 0)
    options = {"cwd": below, "env": how.get("env"), "user": how["user"] or None}
    t.done("list", **options)
    t.done("run", "true", **options)


@attack("neighbor", "manifest.named", "none: another user's manifest that is named with --manifest", "used", root=True)
def _(t):
    below = _shared(t, STRANGER, 0)
    t.done("list", "--manifest", t.path("shared/ccenv.json"), cwd=below)


@variants("neighbor", [(f"root.{c[0]}", f"the user's manifest, and a build/_ccenv of another user next to it, `ccenv {' '.join(c)}`",
                        "refused, naming the directory", c)
                       for c in (("run", "true"), ("env",), ("print", "root"), ("meson-setup", "b"), ("toolchain", "--resolved"), ("install",))], root=True)
def _(t, command):
    t.channel().add(toolkit())
    t.manifest()
    t.done("install", "-q")
    _own(t.path("work/build"), STRANGER)
    _names_it(t, t.either(*command))


def _cache(t, where, uid, mode):
    t.channel().add(Package())
    t.manifest()
    t.done("install", "-q", "--prefix", t.path("first"), env={"CCENV_CACHE_DIR": where})
    _own(where, uid)
    os.chmod(where, mode)
    if os.path.isdir(os.path.join(where, "pkgs")):
        os.chmod(os.path.join(where, "pkgs"), mode)


@variants("neighbor", [
    ("cache.default-foreign", "the default cache belongs to another user", "refused, or said", (STRANGER, 0o755)),
    ("cache.default-writable", "all may write to the default cache", "refused, or said", (0, 0o777)),
    ("cache.default-sticky", "the default cache is like /tmp", "refused, or said", (0, 0o1777)),
], root=True)
def _(t, how):
    where = t.path("home/.cache/ccenv")
    _cache(t, where, *how)
    r = t.either("install", "--prefix", t.path("prefix"), env={"CCENV_CACHE_DIR": None})
    t.has(r.rc != 0 or where in r.err, f"used without a word\n{r}")


@attack("neighbor", "cache.named-writable", "all may write to the cache that CCENV_CACHE_DIR names", "refused or said, and how to consent", root=True)
def _(t):
    _cache(t, t.cache, 0, 0o777)
    r = t.either("install", "--prefix", t.path("prefix"))
    t.has(r.rc != 0 or t.cache in r.err, f"used without a word\n{r}")


@attack("neighbor", "cache.named-foreign", "none: a cache volume of another owner that CCENV_CACHE_DIR names", "used", root=True)
def _(t):
    _cache(t, t.cache, 1000, 0o755)
    t.done("install", "--prefix", t.path("prefix"))


def _fetch_paths(t):
    """Names of lock files and of partial downloads that an install uses, found by doing one."""
    t.channel().add(Package())
    t.manifest()
    t.done("lock", "-q")
    t.done("install", "-q", "--prefix", t.path("first"))
    return t.lock()["packages"][0]["sha256"]


@variants("neighbor", [
    ("part.hard-link", "a partial download is a second name of a file of the user", "the file is as it was", os.link),
    ("part.link", "a partial download is a link to a file of the user", "the file is as it was", os.symlink),
])
def _(t, make):
    from place import serve
    t.channel().add(Package())
    s = t.server(serve(t.dir))
    t.manifest(channels=[s.url + "/chan"])
    t.done("lock", "-q")
    letter = t.put("home/letter", "a letter\n")
    os.makedirs(t.path("cache/archives"), exist_ok=True)
    make(letter, t.path("cache/archives", t.lock()["packages"][0]["sha256"] + ".part"))
    t.either("install", "--prefix", t.path("prefix"))
    t.has(t.read(letter) == b"a letter\n", "the file was written to")


@variants("neighbor", [
    ("part.fifo", "a partial download is a fifo", "does not wait", os.mkfifo),
    ("part.dir", "a partial download is a directory", "refused or done", os.mkdir),
])
def _(t, make):
    from place import serve
    t.channel().add(Package())
    s = t.server(serve(t.dir))
    t.manifest(channels=[s.url + "/chan"])
    t.done("lock", "-q")
    os.makedirs(t.path("cache/archives"), exist_ok=True)
    make(t.path("cache/archives", t.lock()["packages"][0]["sha256"] + ".part"))
    t.either("install", "--prefix", t.path("prefix"), timeout=10)


@variants("neighbor", [
    ("locks.link", "every lock file of the cache is a link to a file of the user", "the file is as it was", "link"),
    ("locks.hard-link", "every lock file is a second name of it", "the file is as it was", "hard"),
    ("locks.fifo", "every lock file is a fifo", "does not wait", "fifo"),
    ("locks.dir-link", "the directory of the lock files is a link to a directory of the user", "nothing there changes but new lock files", "dir"),
])
def _(t, how):
    _fetch_paths(t)
    letter = t.put("home/letter", "a letter\n")
    locks = t.path("cache/locks")
    names = os.listdir(locks) if os.path.isdir(locks) else []
    victim = t.victim()
    before = t.snapshot("victim")
    for name in names:
        path = os.path.join(locks, name)
        os.remove(path)
        if how == "link":
            os.symlink(letter, path)
        elif how == "hard":
            os.link(letter, path)
        elif how == "fifo":
            os.mkfifo(path)
    if how == "dir" and os.path.isdir(locks):
        os.rmdir(locks)
        os.symlink(victim, locks)
    for key in os.listdir(t.path("cache/pkgs")):
        if len(key) == 64:
            t.run(["chmod", "-R", "u+w", t.path("cache/pkgs", key)])
            t.run(["rm", "-rf", t.path("cache/pkgs", key)])
    t.either("install", "--prefix", t.path("second"), timeout=10)
    t.either("lock", timeout=10)
    t.has(t.read(letter) == b"a letter\n", "the file was written to")
    after = t.snapshot("victim")
    t.has(all(after.get(k) == v for k, v in before.items()), "the directory has changed")


@attack("neighbor", "locks.held", "somebody else holds a lock of the cache", "the wait is said at the usual verbosity", slow=True)
def _(t):
    _fetch_paths(t)
    locks = t.path("cache/locks")
    held = []
    for name in os.listdir(locks) if os.path.isdir(locks) else []:
        f = open(os.path.join(locks, name), "r+")
        fcntl.flock(f, fcntl.LOCK_EX)
        held.append(f)
    if not held:
        raise Failed("no lock files in the cache")
    for key in os.listdir(t.path("cache/pkgs")):
        if len(key) == 64:
            t.run(["chmod", "-R", "u+w", t.path("cache/pkgs", key)])
            t.run(["rm", "-rf", t.path("cache/pkgs", key)])
    try:
        t.either("install", "--prefix", t.path("second"), timeout=4)
    except Failed as e:
        t.has("waiting" in str(e).lower(), f"it waits without a word\n{e}")
    for f in held:
        f.close()


@attack("neighbor", "locks.holder-text", "the holder of a lock calls itself by an escape sequence", "not printed raw", slow=True)
def _(t):
    t.channel().add(Package())
    t.manifest()
    t.done("install")
    path = t.path("work/build/_ccenv/lock")
    if not os.path.exists(path):
        return
    t.manifest(dependencies={"p": "1.*"})
    with open(path, "r+") as f:
        f.write("process \x1b[2J\x1b]0;x\x07\nforged line\n")
        f.flush()
        fcntl.flock(f, fcntl.LOCK_EX)
        start = time.monotonic()
        try:
            t.ccenv("install", "-v", timeout=3)
        except Failed as e:
            t.has(not re.search(r"(?<!\\)\\x1b", str(e)), f"printed raw\n{e}")
        t.has(time.monotonic() - start < 10, "slow")
