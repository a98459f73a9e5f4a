# SPDX-License-Identifier: MIT
"""Hostile packages."""
import json
import os
import re
import tarfile
import threading
import time

from forge import Entry, Package, sha256, tar, zip_of, zstd, zstd_bomb
from place import Failed, attack, variants

REFUSED = "refused; no prefix, no cache entry, nothing left behind"
MIB = 1 << 20


# --- what may be in info/

@attack("package", "info.link-to-entry", "`info` is a link into the cache entry of another package, with lists that fit it",
        "refused; the other entry gives every project its genuine files")
def _(t):
    genuine = Package("g", files={"share/tool": "genuine\n"})
    key = sha256(t.channel().add(genuine))
    t.manifest(dependencies={"g": "*"})
    t.done("install", "--prefix", t.path("first"))
    entry = t.path("cache/pkgs", key)
    before = t.snapshot(entry)
    evil = Package("g", files={"share/tool": "evil\n"})
    other = t.channel("evil")
    evil.info = {"index.json": None, "paths.json": None}
    evil.info_tail = [Entry("info", kind="link", target=entry + "/info")]
    other.add(evil)
    t.manifest(where="other", channels=[other.url], dependencies={"g": "*"})
    t.done("lock", "-q", cwd=t.path("other"))
    t.refused("install", "--prefix", t.path("prefix"), cwd=t.path("other"))
    t.untouched(before, entry)
    t.done("install", "--locked", "--prefix", t.path("second"))
    t.has(t.read("second/share/tool") == b"genuine\n", "the other project got the attacker's file")


def _info_is(entry):
    p = Package()
    p.info = {"index.json": None, "paths.json": None}
    p.info_tail = [entry]
    return p


@variants("package", [
    ("info.link-outside", "`info` is a link to a directory of the user", REFUSED, Entry("info", kind="link", target="../../../home")),
    ("info.link-absolute", "`info` is an absolute link", REFUSED, Entry("info", kind="link", target="/var/tmp")),
    ("info.link-inside", "`info` is a link to a directory of the package", REFUSED, Entry("info", kind="link", target="share")),
    ("info.link-to-itself", "`info` is a link to `.`", REFUSED, Entry("info", kind="link", target=".")),
    ("info.link-dangling", "`info` is a link to nothing", REFUSED, Entry("info", kind="link", target="nowhere")),
    ("info.is-file", "`info` is a file", REFUSED, Entry("info", "x")),
    ("info.is-fifo", "`info` is a fifo", REFUSED, Entry("info", kind="fifo")),
    ("info.is-device", "`info` is a device", REFUSED, Entry("info", kind="chr")),
    ("info.is-absent", "there is no `info`", REFUSED, Entry("README", "x")),
])
def _(t, entry):
    t.put("home/index.json", json.dumps(Package().record))
    before = t.snapshot("home")
    t.channel().add(_info_is(entry))
    t.install_refused()
    t.untouched(before, "home")


LISTS = ("index.json", "paths.json", "link.json", "files", "has_prefix", "no_link")


def _list_variants(how, text, entry):
    return [(f"info.{name.replace('.', '-').replace('_', '-')}-{how}", f"`info/{name}` is {text}",
             "refused; nothing of the other file is shown or waited for", (name, entry)) for name in LISTS]


def _refuse_list(t, what):
    name, entry = what
    secret = t.put("home/secret", "S3CRET of the user\n")
    p = Package()
    if name not in ("index.json", "paths.json", "link.json"):
        p.info["paths.json"] = None
        if name != "files":
            p.info["files"] = "share/x\n"
    p.info[name] = entry("info/" + name, secret)
    t.channel().add(p)
    read, write = os.pipe()  # nobody writes: reading would wait for ever
    try:
        r = t.install_refused(timeout=10, stdin=read)
    finally:
        os.close(read)
        os.close(write)
    t.has("S3CRET" not in r.err + r.out, f"the secret is shown\n{r}")


variants("package", _list_variants("link", "a link to a file of the user",
         lambda name, secret: Entry(name, kind="link", target=secret)))(_refuse_list)
variants("package", _list_variants("link-stdin", "a link to /dev/stdin",
         lambda name, secret: Entry(name, kind="link", target="/dev/stdin")))(_refuse_list)
variants("package", _list_variants("fifo", "a fifo",
         lambda name, secret: Entry(name, kind="fifo")))(_refuse_list)
variants("package", _list_variants("dir", "a directory",
         lambda name, secret: Entry(name, kind="dir", mode=0o755)))(_refuse_list)


@variants("package", [
    ("info.hard-link-outside", "`info/index.json` is a hard link to a file outside", REFUSED, "/etc/passwd"),
    ("info.hard-link-up", "the same by `..`", REFUSED, "../../../home/secret"),
])
def _(t, target):
    t.put("home/secret", "S3CRET\n")
    p = Package()
    p.info["index.json"] = Entry("info/index.json", kind="hard", target=target)
    t.channel().add(p)
    t.install_refused()


@variants("package", [
    ("notes.file", "the package has a file named like the cache's own list", "the package's own paths.json counts; `verify` agrees",
     Entry("info/ccenv.list", "ccenv-list 1\nforged\n")),
    ("notes.link", "the same as a link to a file of the user", "the user's file is as it was", Entry("info/ccenv.list", kind="link", target="HOME/letter")),
    ("notes.dir", "the same as a directory", "refused or installed; never half", Entry("info/ccenv.list", kind="dir", mode=0o755)),
    ("notes.fifo", "the same as a fifo", "refused", Entry("info/ccenv.list", kind="fifo")),
])
def _(t, entry):
    letter = t.put("home/letter", "a letter\n")
    entry = Entry(entry.name, entry.data, entry.kind, entry.target.replace("HOME", t.home), entry.mode)
    p = Package()
    p.info_tail = [entry]
    t.channel().add(p)
    t.manifest()
    t.done("lock", "-q")
    r = t.either("install", "--prefix", t.path("prefix"), timeout=10)
    t.has(t.read(letter) == b"a letter\n", "the user's file was written to")
    if r.rc == 0:
        t.has(t.read("prefix/share/x") == b"genuine\n", "not the package's file")
        t.has(sorted(n for n in os.listdir(t.path("prefix")) if n != "conda-meta") == ["share"], "more than was listed")
        t.done("verify", "--prefix", t.path("prefix"))
    else:
        t.nothing_left()


# --- what paths.json may say

def _path(name, **more):
    return {"_path": name, "path_type": "hardlink", "sha256": sha256(b"genuine\n"), "size_in_bytes": 8, **more}


@variants("package", [
    ("paths.hash-wrong", "paths.json has another sha256 than the file", REFUSED, [_path("share/x", sha256="0" * 64)]),
    ("paths.size-wrong", "paths.json has another size than the file", REFUSED, [_path("share/x", size_in_bytes=9)]),
    ("paths.absent-file", "paths.json lists a file that is not in the package", REFUSED, [_path("share/x"), _path("share/y")]),
    ("paths.absolute", "paths.json lists an absolute path", REFUSED, [_path("/etc/passwd")]),
    ("paths.up", "paths.json lists `../x`", REFUSED, [_path("../x")]),
    ("paths.up-inside", "paths.json lists `share/../../x`", REFUSED, [_path("share/../../x")]),
    ("paths.empty", "paths.json lists an empty path", REFUSED, [_path("")]),
    ("paths.dot", "paths.json lists `.`", REFUSED, [_path(".")]),
    ("paths.twice", "paths.json lists a path twice with two hashes", REFUSED, [_path("share/x"), _path("share/x", sha256="1" * 64)]),
    ("paths.newline", "paths.json lists a path with a newline", REFUSED, [_path("share/x"), _path("a\nforged line")]),
    ("paths.escape", "paths.json lists a path with an escape sequence", REFUSED, [_path("share/x"), _path("a\x1b]0;title\x07")]),
    ("paths.hash-not-hex", "a sha256 in paths.json is not hexadecimal", REFUSED, [_path("share/x", sha256="../../../../etc/passwd")]),
    ("paths.size-negative", "a size in paths.json is negative", REFUSED, [_path("share/x", size_in_bytes=-1)]),
    ("paths.size-huge", "a size in paths.json is 10^30", REFUSED, [_path("share/x", size_in_bytes=10**30)]),
    ("paths.type-unknown", "a path_type that nobody knows", REFUSED, [_path("share/x", path_type="device")]),
    ("paths.not-objects", "paths.json holds numbers", REFUSED, [1, 2]),
    ("paths.file-below-file", "a listed path lies below a file", REFUSED, [_path("share/x"), _path("share/x/y")]),
])
def _(t, paths):
    p = Package()
    p.paths = paths
    t.channel().add(p)
    t.install_refused()


@variants("package", [
    ("paths.not-json", "paths.json is not JSON", REFUSED, "{"),
    ("paths.is-list", "paths.json is a list", REFUSED, "[]"),
    ("paths.nested", "paths.json is nested 100,000 deep", REFUSED, "[" * 100000 + "]" * 100000),
    ("paths.nul", "paths.json has a NUL", REFUSED, '{"paths_version":1,"paths":[{"_path":"share/x\\u0000y","path_type":"hardlink"}]}'),
    ("paths.version", "paths.json is of version 2", REFUSED, '{"paths_version":2,"paths":[]}'),
])
def _(t, text):
    p = Package()
    p.info["paths.json"] = text
    t.channel().add(p)
    t.install_refused()


@variants("package", [
    ("paths.meta", "a file in conda-meta", "refused, or not installed", "conda-meta/history"),
    ("paths.meta-stamp", "a file that is ccenv's own stamp", "refused, or not installed", "conda-meta/ccenv"),
    ("paths.meta-record", "a record of another package", "refused, or not installed", "conda-meta/q-1.0-0.json"),
])
def _(t, name):
    t.channel().add(Package().add(name, "forged\n"))
    t.manifest()
    t.done("lock", "-q")
    r = t.either("install", "--prefix", t.path("prefix"))
    t.has(r.rc != 0 or b"forged" not in (t.read("prefix/" + name) if os.path.exists(t.path("prefix/" + name)) else b""), "installed")


@attack("package", "paths.unlisted-file", "the archive has files that paths.json does not list", "they are not installed")
def _(t):
    p = Package().add("bin/hidden", "#!/bin/sh\n", mode=0o755)
    p.paths = [_path("share/x")]
    t.channel().add(p)
    t.installs()
    t.has(not os.path.lexists(t.path("prefix/bin/hidden")), "an unlisted file was installed")


@variants("package", [
    ("index.name", "info/index.json has another name than the index", REFUSED, {"name": "q"}),
    ("index.version", "info/index.json has another version", REFUSED, {"version": "2.0"}),
    ("index.build", "info/index.json has another build", REFUSED, {"build": "1"}),
    ("index.name-path", "info/index.json has a path as a name", REFUSED, {"name": "../../x"}),
    ("index.name-type", "info/index.json has a number as a name", REFUSED, {"name": 1}),
    ("index.name-escape", "info/index.json has an escape sequence as a name", REFUSED, {"name": "p\x1b[2J"}),
])
def _(t, change):
    p = Package()
    record = {k: v for k, v in p.record.items()}
    p.info["index.json"] = json.dumps({**record, **change})
    t.channel().add(p)
    t.install_refused()


# --- the container

def _second(kind, stem=None, where=None):
    """Adds a second member of a kind, before or after the first."""
    def change(members):
        p = Package(files={"share/x": "evil\n"})
        data = zstd(tar(p.entries)) if kind == "pkg" else zstd(tar(p.info_entries()))
        new = (f"{kind}-{stem or p.stem}.tar.zst", data)
        return [new] + members if where == "front" else members + [new]
    return change


@variants("package", [
    ("zip.two-pkg", "a second pkg- member", REFUSED, _second("pkg")),
    ("zip.two-pkg-front", "a second pkg- member in front", REFUSED, _second("pkg", where="front")),
    ("zip.two-pkg-other-name", "a second pkg- member of another name", REFUSED, _second("pkg", "q-1.0-0")),
    ("zip.two-info", "a second info- member", REFUSED, _second("info")),
    ("zip.two-info-front", "a second info- member in front", REFUSED, _second("info", where="front")),
    ("zip.two-info-other-name", "a second info- member of another name", REFUSED, _second("info", "q-1.0-0")),
    ("zip.pkg-other-name", "the pkg- member is named after another package", REFUSED,
     lambda m: [(n.replace("pkg-p-1.0-0", "pkg-q-1.0-0"), d) for n, d in m]),
    ("zip.info-other-name", "the info- member is named after another package", REFUSED,
     lambda m: [(n.replace("info-p-1.0-0", "info-q-1.0-0"), d) for n, d in m]),
    ("zip.no-pkg", "no pkg- member", REFUSED, lambda m: [x for x in m if not x[0].startswith("pkg")]),
    ("zip.no-info", "no info- member", REFUSED, lambda m: [x for x in m if not x[0].startswith("info")]),
    ("zip.empty", "no member at all", REFUSED, lambda m: []),
    ("zip.member-up", "a member named ../../x", "refused or ignored; nothing outside", lambda m: m + [("../../x", b"x")]),
    ("zip.member-escape", "a member named with an escape sequence", "refused or ignored; not printed", lambda m: m + [("x\x1b[2J", b"x")]),
])
def _(t, change):
    p = Package()
    p.members = change
    t.channel().add(p)
    last = (change([("metadata.json", b"")]) or [("", b"")])[-1][0]
    if "x" in last and not last.startswith(("pkg", "info")):
        t.manifest()
        t.done("lock", "-q")
        t.either("install", "--prefix", t.path("prefix"))
        t.has(not os.path.exists(t.path("x")) and not os.path.exists(t.path("cache/x")), "a member was written outside")
    else:
        t.install_refused()


@attack("package", "zip.hidden-pkg", "a pkg- member that the zip's directory does not list, so that zip tools do not see it", REFUSED)
def _(t):
    p = Package()
    p.members = _second("pkg")
    usual = Package()
    members = [("metadata.json", b"{}"), (f"pkg-{p.stem}.tar.zst", zstd(tar(usual.entries))),
               (f"info-{p.stem}.tar.zst", zstd(tar(usual.info_entries()))),
               (f"pkg-{p.stem}.tar.zst", zstd(tar(Package(files={"share/x": "evil\n"}).entries)))]
    p.packed = zip_of(members, central=[0, 1, 2])
    t.channel().add(p)
    t.install_refused()


@variants("package", [
    ("zip.deflated", "members that are deflated", "refused, or installed as they are", dict(method=8)),
    ("zip.encrypted", "members that claim to be encrypted", REFUSED, dict(flags=1)),
])
def _(t, how):
    p = Package()
    p.packed = zip_of([("metadata.json", b"{}"), (f"pkg-{p.stem}.tar.zst", zstd(tar(p.entries))),
                       (f"info-{p.stem}.tar.zst", zstd(tar(p.info_entries())))], **how)
    t.channel().add(p)
    t.manifest()
    t.done("lock", "-q")
    r = t.either("install", "--prefix", t.path("prefix"))
    if r.rc == 0:
        t.has("flags" not in how and t.read("prefix/share/x") == b"genuine\n", "not the package's file")
    else:
        t.nothing_left()


def _cut(fraction):
    return lambda data: data[:int(len(data) * fraction)]


@variants("package", [
    ("zip.truncated-0", "an empty file", REFUSED, lambda d: b""),
    ("zip.truncated-1", "one byte", REFUSED, _cut(0.001)),
    ("zip.truncated-half", "half of a package", REFUSED, _cut(0.5)),
    ("zip.truncated-end", "a package without its last bytes of content", REFUSED, _cut(0.6)),
    ("zip.is-text", "text instead of an archive", REFUSED, lambda d: b"<html>not found</html>" * 100),
    ("zip.is-bz2", "a bzip2 file under the name .conda", REFUSED, lambda d: b"BZh91AY&SY" + d),
    ("zip.bytes-flipped", "a byte of the content is another", REFUSED, lambda d: d.replace(b"genuine", b"genuinE")),
])
def _(t, change):
    p = Package()
    p.packed = change(p.conda())
    t.channel().add(p)
    t.install_refused()


# --- members of the tar

def _in_both(name, entry, paths=None):
    return [(f"conda.{name[0]}", name[1] + " (.conda)", name[2], (".conda", entry)),
            (f"bz2.{name[0]}", name[1] + " (.tar.bz2)", name[2], (".tar.bz2", entry))]


ENTRIES = [
    (("absolute", "a member with an absolute path", REFUSED), [Entry("/tmp/ccenv-attack-x", "x")]),
    (("up", "a member ../x", REFUSED), [Entry("../x", "x")]),
    (("up-far", "a member with many ..", REFUSED), [Entry("../" * 40 + "tmp/ccenv-attack-x", "x")]),
    (("up-inside", "a member share/../../x", REFUSED), [Entry("share/../../x", "x")]),
    (("up-end", "a member that ends in ..", REFUSED), [Entry("share/..", "x")]),
    (("through-link", "a file through a link made before", REFUSED), [Entry("d", kind="link", target="/tmp"), Entry("d/ccenv-attack-x", "x")]),
    (("through-link-up", "a file through a relative link out of the package", REFUSED),
     [Entry("d", kind="link", target="../.."), Entry("d/x", "x")]),
    (("through-two-links", "a file through two links", REFUSED),
     [Entry("a", kind="link", target="b"), Entry("b", kind="link", target="../.."), Entry("a/x", "x")]),
    (("over-link", "a directory over a link, then a file in it", "refused, or nothing outside"),
     [Entry("d", kind="link", target="/tmp"), Entry("d", kind="dir", mode=0o755), Entry("d/ccenv-attack-x", "x")]),
    (("hard-outside", "a hard link to /etc/passwd", REFUSED), [Entry("h", kind="hard", target="/etc/passwd")]),
    (("hard-up", "a hard link by ..", REFUSED), [Entry("h", kind="hard", target="../../../home/letter")]),
    (("hard-through-link", "a hard link through a link", REFUSED),
     [Entry("d", kind="link", target="/etc"), Entry("h", kind="hard", target="d/passwd")]),
    (("char-device", "a character device", REFUSED), [Entry("dev", kind="chr")]),
    (("block-device", "a block device", REFUSED), [Entry("dev", kind="blk")]),
    (("fifo", "a fifo", REFUSED), [Entry("fifo", kind="fifo")]),
    (("escape", "a name with an escape sequence", REFUSED), [Entry("a\x1b]0;x\x07b", "x")]),
    (("newline", "a name with a newline", REFUSED), [Entry("a\nforged", "x")]),
    (("delete", "a name with DEL", REFUSED), [Entry("a\x7fb", "x")]),
    (("c1", "a name with a control character beyond ASCII", REFUSED), [Entry("a\x9b2Jb", "x")]),
    (("not-utf8", "a name that is not UTF-8", "refused, or nothing of it is printed raw"), [Entry("a\udcff\udcfe", "x")]),
    (("empty-part", "a name with an empty component", "refused, or read as one slash"), [Entry("a//b", "x")]),
    (("deep", "a path of 200 directories", REFUSED), [Entry("d/" * 200 + "x", "x")]),
    (("deeper", "a path of 2,000 directories", REFUSED), [Entry("d/" * 2000 + "x", "x")]),
    (("long-name", "a name of 300 bytes", REFUSED), [Entry("n" * 300, "x")]),
    (("link-escape", "a link whose target has an escape sequence", "refused, or not printed"), [Entry("l", kind="link", target="a\x1b[2J")]),
    (("setuid", "a file with the setuid bit", "installed without it"), [Entry("s", "x", mode=0o4755)]),
    (("world-writable", "a file that all may write", "installed read-only"), [Entry("w", "x", mode=0o777)]),
    (("meta-link", "conda-meta as a link", "refused; no prefix"), [Entry("conda-meta", kind="link", target="../home")]),
    (("file-is-dir", "a path that is a file and a directory", "refused, or the later one counts; never outside"),
     [Entry("f", "x"), Entry("f/g", "x")]),
]


@variants("package", [row for name, entries in ENTRIES for row in _in_both(name, entries)])
def _(t, what):
    form, entries = what
    t.put("home/letter", "a letter\n")
    before = t.snapshot("home")
    p = Package()
    p.entries += entries
    listed = [e for e in entries if e.kind in ("file", "link")]
    p.paths = [_path("share/x")] + [
        {"_path": e.name.encode("utf-8", "replace").decode(), "path_type": "softlink" if e.kind == "link" else "hardlink"} for e in listed]
    t.channel().add(p, form)
    t.manifest()
    t.done("lock", "-q")
    r = t.either("install", "--prefix", t.path("prefix"))
    t.untouched(before, "home")
    for stray in ("x", "cache/x", "cache/pkgs/x", "work/x"):
        t.has(not os.path.lexists(t.path(stray)), f"{stray} was written")
    t.has(not os.path.lexists("/tmp/ccenv-attack-x"), "/tmp/ccenv-attack-x was written")
    if r.rc and "no prefix" == _outcome(entries)[-9:]:
        t.has(not os.path.lexists(t.path("prefix")), "there is a prefix")
    elif r.rc:
        t.nothing_left()
    if "refused" not in _outcome(entries).split(",")[0]:
        t.has(r.rc == 0, f"should have been installed\n{r}")
    elif _outcome(entries) in (REFUSED, "refused; no prefix"):
        t.has(r.rc != 0, f"should have been refused\n{r}")
    for name in ("s", "w"):
        path = t.path("prefix", name)
        if os.path.exists(path):
            t.has(not os.stat(path).st_mode & 0o6022, f"{path} has mode {os.stat(path).st_mode:o}")


def _outcome(entries):
    return next(name[2] for name, e in ENTRIES if e is entries)


# --- links between packages

@attack("package", "two.through-link", "one package has a link out of the prefix, another a file through it", "nothing is written outside the prefix")
def _(t):
    victim = t.victim()
    before = t.snapshot("victim")
    t.channel().add(Package("a", files={}).add("d", kind="link", target="../victim"))
    b = Package("p", depends=["a"], files={"d/letter": "evil\n", "d/new": "evil\n"})
    t.channel().add(b)
    t.manifest()
    t.done("lock", "-q")
    t.either("install", "--prefix", t.path("prefix"))
    t.untouched(before, victim)


@attack("package", "two.absolute-link", "a package has an absolute link to a directory, another a file through it", "nothing is written outside the prefix")
def _(t):
    victim = t.victim()
    before = t.snapshot("victim")
    t.channel().add(Package("a", files={}).add("d", kind="link", target=victim))
    t.channel().add(Package("p", depends=["a"], files={"d/letter": "evil\n"}))
    t.manifest()
    t.done("lock", "-q")
    t.either("install", "--prefix", t.path("prefix"))
    t.untouched(before, victim)


# --- scripts and entry points

@variants("package", [
    ("script.post-link", "a post-link script", "not run, and named", "bin/.p-post-link.sh"),
    ("script.pre-link", "a pre-link script", "not run, and named", "bin/.p-pre-link.sh"),
    ("script.pre-unlink", "a pre-unlink script", "not run", "bin/.p-pre-unlink.sh"),
    ("script.activate", "an activation script", "not run by install, run and env", "etc/conda/activate.d/x.sh"),
])
def _(t, name):
    mark = t.path("mark")
    t.channel().add(Package().add(name, f"#!/bin/sh\ntouch {mark}\n", mode=0o755))
    r = t.installs()
    t.done("install")
    t.either("run", "true")
    t.either("env")
    t.has(not os.path.exists(mark), "the script was run")
    if "-link" in name and "unlink" not in name:
        t.has("p" in r.err and "script" in r.err, f"the script is not named\n{r}")


def _python(t):
    t.channel().add(Package("python", "3.12.0", "0", subdir="linux-64", files={}).add("bin/python3.12", "#!/bin/sh\necho ran\n", mode=0o755))


@variants("package", [
    ("entry.path", "an entry point named ../../x", "refused, or left out with a warning", "../../x = m:f"),
    ("entry.absolute", "an entry point with an absolute name", "refused, or left out with a warning", "/tmp/ccenv-attack-x = m:f"),
    ("entry.code", "an entry point whose module holds code", "refused, or left out with a warning", "x = m; import os:f"),
    ("entry.quote", "an entry point whose function holds code", "refused, or left out with a warning", "x = m:f'); print('x"),
    ("entry.newline", "an entry point with a newline", "refused, or left out with a warning", "x = m:f\nimport os"),
    ("entry.shell", "an entry point named with a shell command", "refused, left out, or a file of just that name", "$(touch y) = m:f"),
])
def _(t, text):
    _python(t)
    p = Package(depends=["python"], noarch="python")
    p.info["link.json"] = json.dumps({"package_metadata_version": 1, "noarch": {"type": "python", "entry_points": [text]}})
    t.channel().add(p)
    t.manifest()
    t.done("lock", "-q")
    t.either("install", "--prefix", t.path("prefix"))
    t.has(not os.path.lexists("/tmp/ccenv-attack-x") and not os.path.lexists(t.path("x")), "written outside")
    scripts = os.listdir(t.path("prefix/bin")) if os.path.isdir(t.path("prefix/bin")) else []
    t.has(set(scripts) <= {"python3.12", "$(touch y)"} and not os.path.exists(t.path("work/y")), f"scripts {scripts}")


# --- prefix replacement

def _placeholder(t, data, placeholder, mode, prefix=None, **limits):
    p = Package(files={})
    p.add("bin/x", data, mode=0o755)
    p.paths = [{"_path": "bin/x", "path_type": "hardlink", "sha256": sha256(data), "size_in_bytes": len(data),
                "prefix_placeholder": placeholder, "file_mode": mode}]
    t.channel().add(p)
    t.manifest()
    t.done("lock", "-q")
    return t.either("install", "--prefix", prefix or t.path("prefix"), memory=6 << 30, timeout=60)


@variants("package", [
    ("prefix.short-text", "a placeholder of one character in 2 MB of text", "refused, within a second and 400 MiB", ("text", "a", 2 * MIB)),
    ("prefix.short-text-32M", "a placeholder of one character in 32 MB of text", "refused, within 2 seconds and 400 MiB", ("text", "a", 32 * MIB)),
    ("prefix.short-binary", "a placeholder of one character in a binary", "refused, within a second and 400 MiB", ("binary", "a", 2 * MIB)),
    ("prefix.empty", "an empty placeholder", "refused, or no placeholder; within a second", ("text", "", 2 * MIB)),
    ("prefix.slash", "the placeholder /", "refused, within a second", ("text", "/", b"/" * (2 * MIB))),
    ("prefix.mode", "a file mode that nobody knows", "refused", ("macho", "/opt/" + "x" * 100, b"x")),
    ("prefix.newline", "a placeholder with a newline", "refused", ("text", "/opt/" + "x" * 100 + "\n", b"x")),
    ("prefix.nul", "a placeholder with a NUL", "refused", ("text", "/opt/" + "x" * 100 + "\0", b"x")),
])
def _(t, what):
    mode, placeholder, data = what
    data = b"a" * data if isinstance(data, int) else data
    r = _placeholder(t, data, placeholder, mode)
    t.cheap(r, 5, 500)
    if placeholder:
        t.has(r.rc != 0, f"should have been refused\n{r}")
        t.has(not os.path.lexists(t.path("prefix")), "there is a prefix")


@attack("package", "prefix.no-fit", "a binary of 40 MB full of placeholders, and a prefix that does not fit", "refused, within 3 seconds and 500 MiB")
def _(t):
    holder = "/opt/" + "p" * 75
    r = _placeholder(t, (holder.encode() + b"\0") * (40 * MIB // 81), holder, "binary", prefix=t.path("x" * 120))
    t.cheap(r, 10, 700)
    t.has(r.rc != 0, f"should have been refused\n{r}")


def _alternating(holder, n):
    wide = holder.encode("utf-16-le")
    return b"".join((holder.encode() if i % 2 else wide) + b"\0\0" for i in range(n))


@variants("package", [
    ("prefix.alternating", "8,000 placeholders in two encodings in turn", "within 3 seconds", 8000),
    ("prefix.alternating-many", "400,000 placeholders in two encodings in turn", "within 20 seconds, or refused", 400000),
], slow=True)
def _(t, n):
    holder = "/opt/" + "p" * 250
    r = _placeholder(t, _alternating(holder, n), holder, "binary")
    t.has(r.cpu < (3 if n < 10000 else 20), f"quadratic\n{r}")


@attack("package", "prefix.alternating-some", "80,000 placeholders of 100 bytes in two encodings in turn", "within 3 seconds, or refused", slow=True)
def _(t):
    holder = "/opt/" + "p" * 95
    r = _placeholder(t, _alternating(holder, 80000), holder, "binary", prefix=t.path("p"))
    t.has(r.cpu < 3, f"quadratic\n{r}")


# --- costs that a small archive must not cause

def _bomb_package(pkg):
    p = Package()
    p.members = lambda m: [(n, pkg if n.startswith("pkg") else d) for n, d in m]
    return p


@attack("package", "bomb.implied-dirs", "200 members that imply 200,000 directories", "refused; few were made")
def _(t):
    t.channel().add(Package(files={f"{i}/" + "d/" * 1000 + "x": b"" for i in range(200)}))
    r = t.install_refused(timeout=20)
    t.cheap(r, 5, 300)


@attack("package", "bomb.implied-shallow", "50,000 members each in 50 directories of its own", "refused, within 30 seconds", slow=True)
def _(t):
    p = Package(files={f"{i}/" + "d/" * 49 + "x": b"" for i in range(50000)})
    p.paths = []
    t.channel().add(p)
    t.install_refused(timeout=60)


@attack("package", "bomb.entries", "a tar of 1.1 million entries", "refused, within 60 seconds", slow=True)
def _(t):
    one = tar([Entry("e", kind="dir", mode=0o755)])[:512]
    t.channel().add(_bomb_package(zstd(one * 1_100_000 + bytes(1024))))
    t.install_refused(timeout=60)


@attack("package", "bomb.zstd", "a .conda of 200 kB that inflates to 300 GB of one file", "refused from the file's size; nothing left", slow=True)
def _(t):
    head = Entry("big").info()
    head.size = 300 << 30
    head = head.tobuf()
    t.channel().add(_bomb_package(zstd_bomb(8 << 30, head)))
    r = t.install_refused(timeout=60)
    t.cheap(r, 30, 500)


@attack("package", "bomb.zstd-behind", "a .conda whose tar is followed by 100 GB of zeros", "refused, or ended at once; within 60 seconds", slow=True)
def _(t):
    t.channel().add(_bomb_package(zstd_bomb(100 << 30, tar(Package().entries))))
    t.manifest()
    t.done("lock", "-q")
    t.either("install", "--prefix", t.path("prefix"), timeout=60)


@attack("package", "bomb.holes", "a .conda of 40 kB with a file whose map of holes inflates to a billion lines", "refused, within 300 MiB", slow=True)
def _(t):
    info = tarfile.TarInfo("share/x")
    info.size = (1 << 30) + 512
    info.pax_headers = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": "share/x", "GNU.sparse.realsize": "1"}
    t.channel().add(_bomb_package(zstd_bomb(1 << 30, info.tobuf(tarfile.PAX_FORMAT) + b"500000000\n", b"\n")))
    t.cheap(t.install_refused(timeout=60), 10, 300)


@attack("package", "bomb.skipped-member", "a zip member that is skipped and inflates 1:1000", "refused or skipped, within 10 seconds", slow=True)
def _(t):
    p = Package()
    p.packed = zip_of([("junk", bytes(1 << 30))] + [
        (f"pkg-{p.stem}.tar.zst", zstd(tar(p.entries))), (f"info-{p.stem}.tar.zst", zstd(tar(p.info_entries())))], method=8)
    t.channel().add(p)
    t.manifest()
    t.done("lock", "-q")
    r = t.either("install", "--prefix", t.path("prefix"), timeout=60)
    t.has(r.cpu < 10, f"slow\n{r}")


@attack("package", "bomb.conflicts", "5,000 directories of one package where another has files", "within 10 seconds", slow=True)
def _(t):
    t.channel().add(Package("a", files={f"d{i}/x": b"" for i in range(5000)}))
    t.channel().add(Package("p", depends=["a"], files={f"d{i}": b"" for i in range(5000)}))
    t.manifest()
    t.done("lock", "-q")
    r = t.either("install", "--prefix", t.path("prefix"), timeout=60)
    t.has(r.cpu < 10, f"quadratic\n{r}")


@attack("package", "bomb.info-json", "an info/index.json of 300 MB", "refused, within 600 MiB", slow=True)
def _(t):
    p = Package()
    p.info["index.json"] = "{" + " " * (300 * MIB) + "}"
    t.channel().add(p)
    t.cheap(t.install_refused(), 20, 700)


# --- the bytes that are hashed are the bytes that are used

@attack("package", "race.file-channel", "bytes of a package of 12 MB in a file:// channel change while it is read",
        "what is installed has the locked bytes, in every try", slow=True)
def _(t):
    good, evil = b"G" * (12 * MIB), b"E" * (12 * MIB)
    p = Package(files={"share/x": good})
    p.paths = [{"_path": "share/x", "path_type": "hardlink", "size_in_bytes": len(good)}]
    data = t.channel().add(p)
    path = t.path("chan/noarch", p.stem + ".conda")
    bad = data.replace(good[:MIB], evil[:MIB])
    t.manifest()
    t.done("lock", "-q")
    stop = threading.Event()

    def flip():
        with open(path, "r+b") as f:
            while not stop.is_set():
                for text in (bad, data):
                    f.seek(0)
                    f.write(text)
                    f.flush()
                    time.sleep(0.004)

    thread = threading.Thread(target=flip, daemon=True)
    thread.start()
    try:
        for i in range(12):
            r = t.either("install", "--prefix", t.path(f"prefix{i}"), "--cache-dir", t.path(f"cache{i}"))
            if r.rc == 0 and t.read(f"prefix{i}/share/x") != good:
                raise Failed(f"try {i}: other bytes than those that were hashed")
    finally:
        stop.set()
        thread.join()


# --- trees that cannot be removed

def _deep(path, n):
    os.makedirs(path)
    here = os.open(path, os.O_RDONLY)
    for _ in range(n):
        os.mkdir("dddd", dir_fd=here)
        there = os.open("dddd", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = there
    os.close(here)


@attack("package", "tree.clean", "a killed process has left a tree of 2,000 directories in the cache", "`clean` and the next install remove it, and what is left next to it")
def _(t):
    t.channel().add(Package())
    t.installs()
    left = [t.path("cache/pkgs", ".ccenv-tmp." + digit * 20) for digit in "123"]
    _deep(left[0] + "/tree", 1)
    _deep(left[1] + "/tree", 2040)
    _deep(left[2] + "/tree", 1)
    for path in left:
        t.put(path + ".lock", "process 999999999\n")
    t.done("clean")
    t.has(not [x for x in left if os.path.exists(x)], "something is left")


# --- verify and repair say what they mean

@attack("package", "repair.package-wrong", "a package whose own list is wrong", "refused at installation; `--repair` does not call it repaired")
def _(t):
    p = Package()
    p.paths = [_path("share/x", sha256="0" * 64)]
    t.channel().add(p)
    t.manifest()
    t.done("lock", "-q")
    for _ in range(2):
        r = t.refused("install", "--repair", "--prefix", t.path("prefix"))
        t.has(not re.search("repaired", r.out + r.err, re.I), f"it says that it is repaired\n{r}")


# --- files of the prefix that ccenv itself reads

@attack("package", "emit.profile-link", "bin/nvcc.profile is a link to the user's .netrc", "nothing of it is in the build files")
def _(t):
    secret = t.put("home/.netrc", "machine x login y password S3CRET\n")
    p = Package("p", subdir="linux-64").add("bin/nvcc", "#!/bin/sh\n", mode=0o755)
    p.add("bin/nvcc.profile", kind="link", target=secret)
    t.channel().add(p)
    t.manifest()
    t.done("lock", "-q")
    t.either("install")
    for folder, _dirs, names in os.walk(t.path("work")):
        for name in names:
            path = os.path.join(folder, name)
            if os.path.islink(path) or os.path.realpath(folder).startswith(t.home):
                continue
            t.has(b"S3CRET" not in t.read(path), f"{path} has the secret")


@variants("package", [
    ("emit.profile-fifo-link", "bin/nvcc.profile is a link to /dev/stdin", "does not wait", "/dev/stdin"),
    ("emit.profile-zero", "bin/nvcc.profile is a link to /dev/zero", "ends, in little memory", "/dev/zero"),
])
def _(t, target):
    p = Package("p", subdir="linux-64").add("bin/nvcc", "#!/bin/sh\n", mode=0o755)
    p.add("bin/nvcc.profile", kind="link", target=target)
    t.channel().add(p)
    t.manifest()
    t.done("lock", "-q")
    read, write = os.pipe()
    try:
        t.cheap(t.either("install", timeout=10, stdin=read), 5, 300)
    finally:
        os.close(read)
        os.close(write)


@attack("package", "control.conda", "none: a good .conda", "installed as it is")
def _(t):
    t.channel().add(Package())
    t.installs()
    t.has(t.read("prefix/share/x") == b"genuine\n", "not the package's file")
    t.done("verify", "--prefix", t.path("prefix"))


@attack("package", "control.bz2", "none: a good .tar.bz2", "installed as it is")
def _(t):
    t.channel().add(Package(), ".tar.bz2")
    t.installs()
    t.has(t.read("prefix/share/x") == b"genuine\n", "not the package's file")
