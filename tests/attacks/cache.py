# SPDX-License-Identifier: MIT
"""A cache that is damaged, or forged by somebody who could write to it."""
import os
import shutil

from forge import Package, toolkit
from place import attack, variants


def _cached(t):
    """Installs p once; returns the path of its cache entry."""
    t.channel().add(Package().add("share/y", "second\n"))
    t.installs()
    return t.path("cache/pkgs", t.lock()["packages"][0]["sha256"])


def _writable(t, entry):
    t.run(["chmod", "-R", "u+w", entry])


def _right(t, prefix="second"):
    t.has(t.read(prefix + "/share/x") == b"genuine\n" and t.read(prefix + "/share/y") == b"second\n", "not the package's files")


def _file(change):
    def run(t, entry):
        change(os.path.join(entry, "share/x"), t)
    return run


def _replace(make):
    def run(path, t):
        os.remove(path)
        make(path, t)
    return _file(run)


def _write(text, keep_time=False):
    def run(path, t):
        st = os.stat(path)
        os.remove(path)
        with open(path, "w") as f:
            f.write(text)
        os.chmod(path, st.st_mode)
        if keep_time:
            os.utime(path, ns=(st.st_atime_ns, st.st_mtime_ns))
    return _file(run)


@variants("cache", [(name, text, "noticed; the next prefix has the package's files, or a refusal says what to do", change) for name, text, change in [
    ("file.cut", "a file of an entry is cut short", _write("gen")),
    ("file.empty", "a file is empty", _write("")),
    ("file.longer", "a file is longer", _write("genuine\nand evil\n")),
    ("file.edited", "a file has other bytes and another time", _write("GENUINE\n")),
    ("file.gone", "a file is gone", _file(lambda path, t: os.remove(path))),
    ("file.is-link", "a file is a link to a file of the user", _replace(lambda path, t: os.symlink(t.put("home/letter", "a letter\n"), path))),
    ("file.is-fifo", "a file is a fifo", _replace(lambda path, t: os.mkfifo(path))),
    ("file.is-dir", "a file is a directory", _replace(lambda path, t: os.mkdir(path))),
    ("dir.gone", "a directory of an entry is gone", lambda t, entry: shutil.rmtree(entry + "/share")),
    ("dir.is-link", "a directory is a link elsewhere", lambda t, entry: (shutil.rmtree(entry + "/share"), os.symlink(t.home, entry + "/share"))),
    ("entry.empty", "an entry is an empty directory", lambda t, entry: (shutil.rmtree(entry), os.mkdir(entry))),
    ("entry.is-file", "an entry is a file", lambda t, entry: (shutil.rmtree(entry), open(entry, "w").close())),
    ("entry.is-link", "an entry is a link to a directory of the user", lambda t, entry: (shutil.rmtree(entry), os.symlink(t.home, entry))),
    ("entry.is-fifo", "an entry is a fifo", lambda t, entry: (shutil.rmtree(entry), os.mkfifo(entry))),
]])
def _(t, change):
    entry = _cached(t)
    _writable(t, entry)
    change(t, entry)
    before = t.snapshot("home")
    r = t.either("install", "--prefix", t.path("second"), timeout=15)
    t.untouched(before, "home")
    if r.rc == 0:
        _right(t)
    t.done("install", "--repair", "--prefix", t.path("third"), timeout=15)
    _right(t, "third")


def _notes(t, entry):
    """Files of the cache's own that say what an entry holds."""
    found = []
    for top in (t.path("cache/pkgs"),):
        for folder, _dirs, names in os.walk(top):
            found += [os.path.join(folder, n) for n in names if n.endswith(".list") and "genuine" not in n]
    return found


@variants("cache", [(name, text, "noticed; the next prefix has the package's files, or a refusal says what to do", what) for name, text, what in [
    ("notes.empty", "the list of an entry is empty", ""),
    ("notes.garbage", "the list of an entry is garbage", "\x00\x01\x02" * 1000),
    ("notes.up", "the list of an entry names a file above it", None),
    ("notes.large", "the list of an entry is 600 MB of zeros", "SPARSE"),
    ("notes.is-fifo", "the list of an entry is a fifo", "FIFO"),
    ("notes.is-link", "the list of an entry is a link to a file of the user", "LINK"),
    ("notes.is-dir", "the list of an entry is a directory", "DIR"),
]])
def _(t, what):
    entry = _cached(t)
    _writable(t, t.path("cache/pkgs"))
    notes = _notes(t, entry)
    t.has(notes, "no list found in the cache")
    for path in notes:
        with open(path, "rb") as f:
            text = f.read()
        os.remove(path)
        if what == "FIFO":
            os.mkfifo(path)
        elif what == "LINK":
            os.symlink(t.put("home/letter", "a letter\n"), path)
        elif what == "DIR":
            os.mkdir(path)
        else:
            with open(path, "wb") as f:
                if what == "SPARSE":
                    f.truncate(600 << 20)
                else:
                    f.write(text.replace(b"share/x", b"../../x") if what is None else what.encode())
    r = t.cheap(t.either("install", "--prefix", t.path("second"), timeout=15), 10, 700)
    if r.rc == 0:
        _right(t)
    t.has(not os.path.exists(t.path("home/letter")) or t.read("home/letter") == b"a letter\n", "the file was written to")


@attack("cache", "forged.file", "a file is forged, with its size and time", "`verify` says so and `--repair` mends it; it does not go unnoticed there")
def _(t):
    entry = _cached(t)
    _writable(t, entry)
    _write("GENUINE\n", keep_time=True)(t, entry)
    t.either("install", "--prefix", t.path("second"))
    t.refused("verify", "--prefix", t.path("second"))
    t.done("install", "--repair", "--prefix", t.path("second"))
    _right(t)


@attack("cache", "forged.consistent", "a file is forged, and so are the package's and the cache's own lists",
        "`install --repair` gives the file of the locked archive")
def _(t):
    from forge import sha256
    entry = _cached(t)
    _writable(t, t.path("cache/pkgs"))
    old, new = sha256(b"genuine\n").encode(), sha256(b"GENUINE\n").encode()
    _write("GENUINE\n", keep_time=True)(t, entry)
    for path in [entry + "/info/paths.json", *_notes(t, entry)]:
        st = os.stat(path)
        with open(path, "rb") as f:
            text = f.read()
        with open(path, "wb") as f:
            f.write(text.replace(old, new))
        os.utime(path, ns=(st.st_atime_ns, st.st_mtime_ns))
    t.either("install", "--prefix", t.path("second"))
    t.done("install", "--repair", "--prefix", t.path("second"))
    _right(t)


@attack("cache", "prefix.edited", "a file of a prefix was edited", "`verify` says so and `--repair` mends it; the cache is as it was")
def _(t):
    entry = _cached(t)
    path = t.path("prefix/share/x")
    os.remove(path)
    t.put("prefix/share/x", "edited\n")
    t.refused("verify", "--prefix", t.path("prefix"), says="share/x")
    t.done("install", "--repair", "--prefix", t.path("prefix"))
    _right(t, "prefix")
    with open(entry + "/share/x", "rb") as f:
        t.has(f.read() == b"genuine\n", "the cache has changed")


def _forge_record(t):
    """Edits a file of the prefix, and its record so that it fits."""
    from forge import sha256
    os.remove(t.path("prefix/share/x"))
    t.put("prefix/share/x", "GENUINE\n")
    old, new = sha256(b"genuine\n"), sha256(b"GENUINE\n")
    meta = t.path("prefix/conda-meta")
    for name in os.listdir(meta):
        path = os.path.join(meta, name)
        with open(path, encoding="utf-8") as f:
            text = f.read()
        os.chmod(path, 0o644)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text.replace(old, new))


@attack("cache", "prefix.record-forged", "the record of a package in a prefix was changed to fit an edited file",
        "`verify` says so; `--repair` gives the file of the locked archive")
def _(t):
    _cached(t)
    _forge_record(t)
    t.refused("verify", "--prefix", t.path("prefix"), says="share/x is not what its package has")
    t.done("install", "--repair", "--prefix", t.path("prefix"))
    _right(t, "prefix")
    t.done("verify", "--prefix", t.path("prefix"))


@attack("cache", "prefix.record-forged-no-cache", "the same, and the cache does not have the package",
        "`verify` says that it has only the record to compare with; `--repair` gives the file of the locked archive")
def _(t):
    _cached(t)
    _forge_record(t)
    _writable(t, t.path("cache"))
    shutil.rmtree(t.path("cache"))
    r = t.done("verify", "--prefix", t.path("prefix"))
    t.has("the cache does not have 1 of 1 packages" in r.err, f"not said\n{r}")
    t.done("install", "--repair", "--prefix", t.path("prefix"))
    _right(t, "prefix")


@attack("cache", "prefix.digest-forged", "the record was changed to fit, and names the digest of another archive",
        "`verify` says so where a lock is at hand; `--repair` gives the file of the locked archive")
def _(t):
    entry = _cached(t)
    t.done("install")
    digest = os.path.basename(entry)
    meta = os.path.join(t.path("work/build/_ccenv/env"), os.listdir(t.path("work/build/_ccenv/env"))[0], "conda-meta")
    for name in os.listdir(meta):
        path = os.path.join(meta, name)
        with open(path, encoding="utf-8") as f:
            text = f.read()
        os.chmod(path, 0o644)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text.replace(digest, "0" * 64))
    t.refused("verify", says="another package than the one that is locked")


INDEX_CHANGES = {
    "empty": lambda path, t: open(path, "w").close(),
    "garbage": lambda path, t: t.put(path, "\x01garbage{" * 1000),
    "cut": lambda path, t: os.truncate(path, os.path.getsize(path) // 2),
    "fifo": lambda path, t: (os.remove(path), os.mkfifo(path)),
    "link": lambda path, t: (os.remove(path), os.symlink(t.put("home/letter", "a letter\n"), path)),
    "dir": lambda path, t: (os.remove(path), os.mkdir(path)),
    "flipped": lambda path, t: _flip(path),
}


def _flip(path):
    with open(path, "r+b") as f:
        data = f.read()
        f.seek(len(data) // 2)
        f.write(bytes([data[len(data) // 2] ^ 0x20]) if data else b"")


@variants("cache", [(f"indexes.{name}", f"every file of the cached indexes is {'a ' if name in ('fifo', 'link') else ''}{name}",
                     "the lock is as before, or a refusal says what to do", name) for name in INDEX_CHANGES])
def _(t, name):
    from place import serve
    t.channel().add(Package())
    s = t.server(serve(t.dir))
    t.manifest(channels=[s.url + "/chan"])
    t.done("lock", "-q")
    lock = t.read("work/ccenv.lock")
    for folder, _dirs, names in os.walk(t.path("cache/repodata")):
        for n in names:
            INDEX_CHANGES[name](os.path.join(folder, n), t)
    os.remove(t.path("work/ccenv.lock"))
    r = t.either("lock", timeout=10)
    if r.rc == 0:
        t.has(t.read("work/ccenv.lock") == lock, "another lock")
    t.has(not os.path.exists(t.path("home/letter")) or t.read("home/letter") == b"a letter\n", "the file was written to")


@variants("cache", [(f"root.{name}-{how}", f"`{name}` of a root is {text}", "installed again or refused; never waited for", (name, how))
                    for name in ("stamp.json", "installed") for how, text in
                    (("empty", "empty"), ("garbage", "garbage"), ("cut", "cut short"), ("dir", "a directory"), ("nested", "nested 100,000 deep"))])
def _(t, what):
    name, how = what
    t.channel().add(toolkit())
    t.manifest()
    t.done("install", "-q")
    path = t.path("work/build/_ccenv", name)
    if how == "nested":
        t.put(path, "[" * 100000)
    else:
        INDEX_CHANGES[how](path, t)
    for command in (("env",), ("run", "true"), ("print", "root"), ("install",), ("verify",)):
        t.either(*command, timeout=10)
