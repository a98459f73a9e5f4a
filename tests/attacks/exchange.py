# SPDX-License-Identifier: MIT
"""Files of other programs that are imported or adopted, bundles, mirrors, targets, git, and what is printed for other programs."""
import gzip
import io
import json
import os
import subprocess
import tarfile

from forge import Entry, Package, toolkit
from place import MIB, STRANGER, attack, serve, variants

SECRET = "S3CRET"
FORGED = "x\nforged line\r\x1b]0;title\x07\x1b[2J"
ONCE = {"CCENV_NET_RETRIES": "0"}


def _secret(t):
    """A file of the user that nothing may show or copy."""
    return t.put("home/secret", f"password: {SECRET}\nmachine x password {SECRET}\n", 0o600)


def _not_shown(t, r, *trees):
    t.has(SECRET not in r.out + r.err, f"the secret is shown\n{r}")
    for tree in trees:
        found = subprocess.run(["grep", "-rl", SECRET, t.path(tree)], capture_output=True, text=True).stdout
        t.has(not found, f"the secret is in {found}")


def _nothing_written(t):
    for name in ("ccenv.json", "ccenv.lock"):
        t.has(not os.path.lexists(t.path("work", name)), f"{name} was written")


# --- imports

PIXI_LOCK = """version: 6
environments:
  default:
    channels:
    - url: CHAN/
    packages:
      linux-64:
      - conda: URL
packages:
- conda: URL
  sha256: SHA
  md5: d41d8cd98f00b204e9800998ecf8427e
"""


@variants("project", [(n, f"a pixi.lock with {text}", "refused, left out, or its channel is named in ccenv.json", url) for n, text, url in [
    ("import.url-other", "a package of another host", "https://evil.example/noarch/p-1.0-0.conda"),
    ("import.url-up", "a URL that leaves the channel by ..", "CHAN/../evil/noarch/p-1.0-0.conda"),
    ("import.url-encoded", "the same as %2e%2e", "CHAN/%2e%2e/evil/noarch/p-1.0-0.conda"),
    ("import.url-file", "a file of this machine", "file:///etc/noarch/p-1.0-0.conda"),
    ("import.url-ftp", "ftp", "ftp://127.0.0.1/noarch/p-1.0-0.conda"),
    ("import.url-http", "http", "http://127.0.0.1:1/noarch/p-1.0-0.conda"),
    ("import.url-relative", "a path", "../evil/p-1.0-0.conda"),
    ("import.url-name", "a file name with a path in it", "CHAN/noarch/..%2f..%2fp-1.0-0.conda"),
    ("import.url-option", "a URL that begins with a dash", "-oProxyCommand=x"),
    ("import.url-empty", "an empty URL", '""'),
]])
def _(t, url):
    t.channel().add(Package())
    t.channel("evil").add(Package(files={"share/x": "evil\n"}))
    sha = t.channel("evil").records["noarch"]["p-1.0-0.conda"]["sha256"]
    t.put("work/pixi.lock", PIXI_LOCK.replace("URL", url).replace("SHA", sha).replace("CHAN", t.channel().url))
    r = t.either("import", "pixi.lock", env=ONCE)
    if r.rc:
        return _nothing_written(t)
    with open(t.path("work/ccenv.json"), encoding="utf-8") as f:
        channels = json.load(f)["channels"]
    for p in t.lock()["packages"]:
        t.has(any(p["url"] == f"{c}/noarch/p-1.0-0.conda" for c in channels), f"{p['url']} is of no channel of {channels}")
    return None


@variants("project", [(n, text, "refused or left out; no control character, nothing of it runs", (name, data)) for n, text, name, data in [
    ("import.text-environment", "an environment.yml whose texts have control characters", "environment.yml",
     json.dumps({"name": FORGED, "channels": [FORGED], "dependencies": [FORGED, {"pip": [FORGED]}], FORGED: {FORGED: 1}})),
    ("import.text-pixi", "a pixi.toml whose texts have control characters", "pixi.toml",
     "[workspace]\nname = FORGED\nchannels = [FORGED]\nplatforms = [FORGED]\n[tasks]\nFORGED = 'x'\n[FORGED]\nx = 1\n".replace("FORGED", json.dumps(FORGED))),
    ("import.text-pixi-lock", "a pixi.lock whose texts have control characters", "pixi.lock",
     json.dumps({"version": 6, "environments": {FORGED: {"channels": [{"url": FORGED}], "packages": {FORGED: [{"conda": FORGED}, {"pypi": FORGED}]}}},
                 "packages": [{"conda": FORGED, "sha256": FORGED}]})),
    ("import.text-conda-lock", "a conda-lock.yml whose texts have control characters", "conda-lock.yml",
     json.dumps({"version": 1, "metadata": {"channels": [{"url": FORGED}], "platforms": [FORGED]},
                 "package": [{"name": FORGED, "version": FORGED, "manager": "conda", "platform": FORGED, "url": FORGED, "hash": {"sha256": FORGED}, "category": FORGED}]})),
    ("import.text-explicit", "a list of packages whose lines have control characters", "list.txt", "@EXPLICIT\n" + FORGED + "\nhttps://h/" + FORGED),
    ("import.name-path", "an environment.yml called ../../x", "environment.yml", '{"name": "../../x", "channels": ["CHAN"], "dependencies": ["p"]}'),
    ("import.dependency-option", "a dependency that is an option", "environment.yml", '{"name": "x", "channels": ["CHAN"], "dependencies": ["--root=/", "-p"]}'),
    ("import.prefix", "an environment.yml whose prefix is a directory of the system", "environment.yml",
     '{"name": "x", "prefix": "/etc", "channels": ["CHAN"], "dependencies": ["p"]}'),
    ("import.activation", "a pixi.toml with scripts of activation and tasks", "pixi.toml",
     "[workspace]\nname = 'x'\nchannels = ['CHAN']\nplatforms = ['linux-64']\n[activation]\nscripts = ['evil.sh']\n[tasks]\nb = 'touch pwned'\n[dependencies]\np = '*'\n"),
]])
def _(t, what):
    name, data = what
    t.channel().add(Package())
    t.put("work/evil.sh", "touch pwned\n", 0o755)
    before = t.snapshot("home")
    t.put("work/" + name, data.replace("CHAN", t.channel().url))
    t.either("import", name, env=ONCE)
    if os.path.exists(t.path("work/ccenv.json")):
        t.either("install", env=ONCE)
        t.either("run", "true")
    t.has(not os.path.lexists(t.path("work/pwned")) and not os.path.lexists(t.path("x")), "it ran, or was written outside")
    t.untouched(before, "home")


@variants("project", [(n, text, "refused within 5 seconds and 600 MiB", (name, data)) for n, text, name, data in [
    ("import.cost-alias", "YAML of nine aliases of nine aliases …", "environment.yml",
     "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(f"{b}: &{b} [{', '.join(['*' + a] * 9)}]\n" for a, b in zip("abcdefghi", "bcdefghij")) + "dependencies: *j\n"),
    ("import.cost-deep", "100,000 lists in each other", "environment.yml", "dependencies: " + "[" * 100000 + "]" * 100000),
    ("import.cost-deep-block", "5,000 levels of indentation", "environment.yml", "".join(" " * i + "a:\n" for i in range(5000))),
    ("import.cost-anchor", "an alias of itself", "environment.yml", "dependencies: &a [*a]\n"),
    ("import.cost-keys", "400,000 keys", "environment.yml", "".join(f"k{i}: 1\n" for i in range(400000))),
    ("import.cost-dots", "a TOML key of 400,000 dots", "pixi.toml", "[workspace]\n" + "a." * 400000 + "b = 1\n"),
    ("import.cost-toml-deep", "100,000 lists in each other in TOML", "pixi.toml", "[workspace]\nx = " + "[" * 100000 + "]" * 100000),
    ("import.cost-tables", "100,000 tables of TOML", "pixi.toml", "[workspace]\n" + "".join(f"[t{i}]\n" for i in range(100000))),
    ("import.cost-lines", "a list of a million packages", "list.txt", "@EXPLICIT\n" + "https://h/c/noarch/p-1.0-0.conda#" * 10 + "\nhttps://h/c/noarch/p-1.0-0.conda" * 1000000),
    ("import.cost-platforms", "a pixi.lock of 10,000 environments", "pixi.lock",
     "version: 6\nenvironments:\n" + "".join(f"  e{i}:\n    channels: []\n    packages: {{}}\n" for i in range(10000)) + "packages: []\n"),
]])
def _(t, what):
    t.put("work/" + what[0], what[1])
    r = t.refused("import", what[0], "--offline", timeout=100)
    t.cheap(r, 5, 600)
    _nothing_written(t)


@variants("project", [(n, text, "refused at once; nothing of it is shown", make) for n, text, make in [
    ("import.link-secret", "pixi.toml is a link to a file of the user", lambda t, p: os.symlink(_secret(t), p)),
    ("import.link-device", "pixi.toml is a link to /dev/zero", lambda t, p: os.symlink("/dev/zero", p)),
    ("import.link-stdin", "pixi.toml is a link to standard input", lambda t, p: os.symlink("/dev/stdin", p)),
    ("import.fifo", "pixi.toml is a fifo", lambda t, p: os.mkfifo(p)),
    ("import.directory", "pixi.toml is a directory", lambda t, p: os.mkdir(p)),
    ("import.sparse", "pixi.toml is 64 GiB of nothing", lambda t, p: (open(p, "w").close(), os.truncate(p, 64 << 30))),
]])
def _(t, make):
    make(t, t.path("work/pixi.toml"))
    for args in (["import"], ["import", "pixi.toml"]):
        r = t.refused(*args, "--offline", timeout=10)
        _not_shown(t, r)
        t.cheap(r, 3, 300)
    _nothing_written(t)


@attack("project", "import.partner-link", "pixi.lock is fine, and pixi.toml next to it a link to a file of the user", "refused, and nothing of it is shown")
def _(t):
    t.channel().add(Package())
    record = t.channel().records["noarch"]["p-1.0-0.conda"]
    t.put("work/pixi.lock", PIXI_LOCK.replace("URL", "CHAN/noarch/p-1.0-0.conda").replace("SHA", record["sha256"]).replace("CHAN", t.channel().url))
    os.symlink(_secret(t), t.path("work/pixi.toml"))
    _not_shown(t, t.refused("import", "pixi.lock"), "work/ccenv.json")


@variants("project", [
    ("import.writes-link", "ccenv.json is a link to a name of the home that is free", "no file is made there", "ccenv.json"),
    ("import.writes-lock-link", "ccenv.lock is a link to a file of the user", "the file is as it was", "ccenv.lock"),
])
def _(t, name):
    t.channel().add(Package())
    before = t.snapshot("home")
    os.symlink(t.path("home/new"), t.path("work", name))
    t.put("work/environment.yml", json.dumps({"name": "x", "channels": [t.channel().url], "dependencies": ["p"]}))
    t.either("import", "environment.yml", env=ONCE)
    t.untouched(before, "home")


# --- bundles

def _bundle(t):
    """A project, its bundle, and the members of that."""
    t.channel().add(Package())
    t.manifest()
    t.done("lock", "-q")
    t.done("bundle", "-q", "-o", t.path("good.tar"))
    with tarfile.open(t.path("good.tar")) as good:
        return [(m.name, good.extractfile(m).read()) for m in good.getmembers()]


def _pack(t, members, tail=b""):
    """Members are (name, bytes), or (name, kind, target)."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as bad:
        for m in members:
            info = tarfile.TarInfo(m[0])
            if len(m) == 2:
                info.size = len(m[1])
                bad.addfile(info, io.BytesIO(m[1]))
            else:
                info.type, info.linkname = m[1], m[2]
                bad.addfile(info)
    return t.put("bad.tar", out.getvalue() + tail)


def _bundle_refused(t):
    os.makedirs(t.path("there"), exist_ok=True)
    before = t.snapshot("home")
    r = t.refused("install", "--from-bundle", t.path("bad.tar"), "--prefix", t.path("prefix"), cwd=t.path("there"), timeout=20)
    t.nothing_left()
    t.untouched(before, "home")
    t.has(not os.path.lexists(t.path("there/ccenv.lock")), "a lock was written")
    return r


def _other_package(members):
    return [(n, Package(files={"share/x": "evil\n"}).conda() if n.startswith("packages/") else d) for n, d in members]


@variants("project", [(n, f"a bundle {text}", "refused, nothing is installed", change) for n, text, change in [
    ("bundle.other-bytes", "with other bytes of a package", _other_package),
    ("bundle.other-size", "with a package that is longer", lambda m: [(n, d + b"\0" if n.startswith("packages/") else d) for n, d in m]),
    ("bundle.half-package", "with half of a package", lambda m: [(n, d[:len(d) // 2] if n.startswith("packages/") else d) for n, d in m]),
    ("bundle.no-package", "without the package", lambda m: m[:-1]),
    ("bundle.package-twice", "with a package twice", lambda m: m + m[-1:]),
    ("bundle.package-up", "whose package has ../ in its name", lambda m: m[:-1] + [(m[-1][0].replace("packages/", "packages/../packages/"), m[-1][1])]),
    ("bundle.package-absolute", "whose package has an absolute name", lambda m: m[:-1] + [("/" + m[-1][0], m[-1][1])]),
    ("bundle.no-format", "that does not say that it is one", lambda m: m[1:]),
    ("bundle.other-format", "of a newer format", lambda m: [(m[0][0], b"2\n")] + m[1:]),
    ("bundle.no-lock", "without a lock", lambda m: [x for x in m if x[0] != "ccenv.lock"]),
    ("bundle.lock-last", "whose lock comes last", lambda m: [x for x in m if x[0] != "ccenv.lock"] + [x for x in m if x[0] == "ccenv.lock"]),
    ("bundle.lock-twice", "with two locks", lambda m: m[:2] + m[1:]),
    ("bundle.lock-text", "whose lock is no JSON", lambda m: [(n, b"\x1b[2J\nforged" if n == "ccenv.lock" else d) for n, d in m]),
    ("bundle.lock-url", "whose lock names another host", lambda m: [(n, d.replace(b"file:///", b"https://evil.example/", 1) if n == "ccenv.lock" else d) for n, d in m]),
    ("bundle.manifest-text", "whose manifest is no manifest", lambda m: [(n, b'{"x\x1b": 1}' if n == "ccenv.json" else d) for n, d in m]),
    ("bundle.name-text", "with a file whose name has control characters", lambda m: m[:1] + [(FORGED, b"x")] + m[1:-1]),
    ("bundle.link", "with a link", lambda m: m[:-1] + [(m[-1][0], tarfile.SYMTYPE, "/etc/passwd")]),
    ("bundle.hard-link", "with a hard link", lambda m: m[:-1] + [(m[-1][0], tarfile.LNKTYPE, "ccenv.lock")]),
    ("bundle.fifo", "with a fifo", lambda m: m[:-1] + [(m[-1][0], tarfile.FIFOTYPE, "")]),
    ("bundle.device", "with a device", lambda m: m[:-1] + [(m[-1][0], tarfile.CHRTYPE, "")]),
    ("bundle.directory", "with a directory", lambda m: m + [("packages/x", tarfile.DIRTYPE, "")]),
    ("bundle.empty", "of nothing", lambda m: []),
]])
def _(t, change):
    _pack(t, change(_bundle(t)))
    _bundle_refused(t)


def _holes(bundle):
    """Its first member, and a file with a map of ten million holes (GNU.sparse 1.0), which libarchive keeps in memory."""
    n = 10_000_000
    info = tarfile.TarInfo("packages/x")
    info.size = 4 * n + 512
    info.pax_headers = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": "x", "GNU.sparse.realsize": "1"}
    return bundle[:1024] + info.tobuf(tarfile.PAX_FORMAT) + f"{n}\n".encode() + b"0\n0\n" * n


@variants("project", [(n, f"a bundle {text}", "refused, nothing is installed", change) for n, text, change in [
    ("bundle.cut", "that is cut off", lambda b: b[:len(b) // 2]),
    ("bundle.gzip", "that is compressed", gzip.compress),
    ("bundle.size", "with a file of 8 EiB", lambda b: b[:124] + b"\x80\0\0\0\x7f" + b"\xff" * 7 + b[136:148] + b"        " + b[156:]),
    ("bundle.zeros", "of zeros", lambda b: bytes(len(b))),
    ("bundle.text", "of text", lambda b: b"forged\n" * 1000),
    ("bundle.holes", "with a file of ten million holes", _holes),
]])
def _(t, change):
    _bundle(t)
    t.put("bad.tar", change(t.read("good.tar")))
    t.cheap(_bundle_refused(t), 5, 300)


@variants("project", [(n, f"the bundle is {text}", "refused at once", make) for n, text, make in [
    ("bundle.is-fifo", "a fifo", lambda t: os.mkfifo(t.path("bad.tar"))),
    ("bundle.is-device", "a link to /dev/zero", lambda t: os.symlink("/dev/zero", t.path("bad.tar"))),
    ("bundle.is-directory", "a directory", lambda t: os.mkdir(t.path("bad.tar"))),
    ("bundle.is-secret", "a link to a file of the user", lambda t: os.symlink(_secret(t), t.path("bad.tar"))),
]])
def _(t, make):
    make(t)
    _not_shown(t, _bundle_refused(t))


@variants("project", [(n, text, "refused or replaced; files of the user are as they were", make) for n, text, make in [
    ("bundle.over-manifest", "a bundle where another ccenv.json is", lambda t: t.put("there/ccenv.json", '{"channels": [], "platforms": ["linux-64"]}')),
    ("bundle.over-lock-link", "a bundle where ccenv.lock is a link to a file of the user", lambda t: os.symlink(t.path("home/letter"), t.path("there/ccenv.lock"))),
    ("bundle.over-dangling", "a bundle where ccenv.lock is a link to a name that is free", lambda t: os.symlink(t.path("home/new"), t.path("there/ccenv.lock"))),
]])
def _(t, make):
    _pack(t, _bundle(t))
    os.mkdir(t.path("there"))
    t.put("home/letter", "the user's\n")
    make(t)
    before, there = t.snapshot("home"), t.snapshot("there")
    r = t.either("install", "--from-bundle", t.path("bad.tar"), "--prefix", t.path("prefix"), cwd=t.path("there"))
    t.untouched(before, "home")
    if r.rc:
        t.untouched(there, "there")


# --- prefixes of other programs

def _prefix(t):
    """An honest prefix, as if another program had made it."""
    t.channel().add(toolkit(license="MIT"))
    t.installs()
    os.unlink(t.path("prefix/conda-meta/ccenv"))
    for name in ("ccenv.json", "ccenv.lock"):
        os.unlink(t.path("work", name))
    subprocess.run(["chmod", "-R", "u+w", t.path("prefix")], check=True)
    (record,) = [n for n in os.listdir(t.path("prefix/conda-meta")) if n.endswith(".json")]
    return t.path("prefix/conda-meta", record)


def _change(path, **keys):
    with open(path, encoding="utf-8") as f:
        record = json.load(f)
    record.update(keys)
    os.unlink(path)
    with open(path, "w", encoding="utf-8") as f:
        json.dump(record, f)


def _replace(path, make):
    os.unlink(path)
    make(path)


@variants("project", [(n, f"adopting a prefix with {text}", "refused at once; nothing of the user is shown or copied", change) for n, text, change in [
    ("adopt.record-link", "a record that is a link to a file of the user", lambda t, p: _replace(p, lambda p: os.symlink(_secret(t), p))),
    ("adopt.record-fifo", "a record that is a fifo", lambda t, p: _replace(p, os.mkfifo)),
    ("adopt.record-device", "a record that is a link to /dev/zero", lambda t, p: _replace(p, lambda p: os.symlink("/dev/zero", p))),
    ("adopt.record-directory", "a record that is a directory", lambda t, p: _replace(p, os.mkdir)),
    ("adopt.record-sparse", "a record of 64 GiB", lambda t, p: os.truncate(p, 64 << 30)),
    ("adopt.record-deep", "a record of 100,000 lists in each other", lambda t, p: t.put(p, '{"name": "p", "x": ' + "[" * 100000 + "]" * 100000 + "}")),
    ("adopt.name-path", "a record of ../../p", lambda t, p: _change(p, name="../../p")),
    ("adopt.name-text", "a record whose name has control characters", lambda t, p: _change(p, name=FORGED)),
    ("adopt.version-path", "a version that is a path", lambda t, p: _change(p, version="../1.0")),
    ("adopt.file-text", "a record whose file name has control characters", lambda t, p: t.put(os.path.dirname(p) + "/" + FORGED.replace("/", "") + ".json", "{")),
    ("adopt.meta-link", "conda-meta that is a link to a directory of the user",
     lambda t, p: (os.rename(os.path.dirname(p), t.path("home/meta")), os.symlink(t.path("home/meta"), os.path.dirname(p)))),
]])
def _(t, change):
    record = _prefix(t)
    change(t, record)
    r = t.refused("adopt", t.path("prefix"), timeout=20)
    t.cheap(r, 5, 600)
    _not_shown(t, r, "work")


@variants("project", [(n, f"adopting a prefix with {text}", "refused, or build files without it", change) for n, text, change in [
    ("adopt.license-text", "a license that holds compiler options", lambda t, p: _change(p, license="MIT\nCflags: -fplugin=./evil.so")),
    ("adopt.url-text", "a URL that holds control characters", lambda t, p: _change(p, url="https://h/" + FORGED)),
    ("adopt.profile-link", "an nvcc.profile that is a link to a file of the user", lambda t, p: _replace(t.path("prefix/bin/nvcc.profile"), lambda q: os.symlink(_secret(t), q))),
    ("adopt.profile-fifo", "an nvcc.profile that is a fifo", lambda t, p: _replace(t.path("prefix/bin/nvcc.profile"), os.mkfifo)),
    ("adopt.profile-big", "an nvcc.profile of 64 GiB", lambda t, p: os.truncate(t.path("prefix/bin/nvcc.profile"), 64 << 30)),
    ("adopt.pc-fifo", "a .pc file that is a fifo", lambda t, p: (os.makedirs(t.path("prefix/lib/pkgconfig")), os.mkfifo(t.path("prefix/lib/pkgconfig/p.pc")))),
    ("adopt.pc-link", "a .pc file that is a link to a file of the user", lambda t, p: (os.makedirs(t.path("prefix/lib/pkgconfig")), os.symlink(_secret(t), t.path("prefix/lib/pkgconfig/p.pc")))),
    ("adopt.lib-link", "a library directory that is a link to the home", lambda t, p: os.symlink(t.home, t.path("prefix/lib"))),
    ("adopt.targets-link", "a targets directory that is a link to itself", lambda t, p: os.symlink("targets", t.path("prefix/targets"))),
]])
def _(t, change):
    record = _prefix(t)
    change(t, record)
    before = t.snapshot("home")
    r = t.either("adopt", t.path("prefix"), timeout=20)
    t.cheap(r, 5, 300)
    _not_shown(t, r, "work")
    found = subprocess.run(["grep", "-rlE", "fplugin|forged", t.path("work")], capture_output=True, text=True).stdout
    t.has(not found, f"it is in {found}")
    t.untouched(before, "home")


# --- mirrors

@variants("project", [(n, f"a mirror in the repository {text}", "refused; files of the user are as they were", link) for n, text, link in [
    ("mirror.subdir-link", "whose directory is a link to another mirror", "linux-64"),
    ("mirror.shards-link", "whose shards are a link to those of another mirror", "noarch/shards"),
]])
def _(t, link):
    t.channel().add(Package())
    t.channel().add(Package("q", subdir="linux-64"))
    t.manifest(dependencies={"p": "*", "q": "*"})
    t.done("lock", "-q")
    t.done("mirror", "-q", t.path("home/mirror"))
    before = t.snapshot("home")
    t.manifest()
    t.done("lock", "-q")
    t.done("mirror", "-q", "served")
    subprocess.run(["rm", "-rf", t.path("work/served", link)], check=True)
    os.symlink(t.path("home/mirror", link), t.path("work/served", link))
    t.refused("mirror", "served")
    t.refused("mirror", "--add", "served")
    t.untouched(before, "home")


@variants("project", [(n, f"the index of a mirror in the repository has {text}", "refused; no file is removed outside of it", fn) for n, text, fn in [
    ("mirror.name-up", "a package ../../home/letter", "../../home/letter"),
    ("mirror.name-absolute", "a package with an absolute name", "/DIR/home/letter"),
    ("mirror.name-dot", "a package ..", ".."),
]])
def _(t, fn):
    t.channel().add(Package())
    t.manifest()
    t.done("lock", "-q")
    t.done("mirror", "-q", "served")
    t.put("home/letter", "the user's\n")
    before = t.snapshot("home")
    t.put("work/served/linux-64/repodata.json", json.dumps({"info": {"subdir": "linux-64"}, "packages": {fn.replace("/DIR", t.dir): {"name": "letter"}}, "packages.conda": {}}))
    t.refused("mirror", "served")
    t.untouched(before, "home")


# --- the config of a directory

@attack("project", "config.stranger", "a .ccenv/config.json of another user next to one's own ccenv.json", "it is ignored, with a warning", root=True)
def _(t):
    t.channel().add(Package())
    t.channel("evil").add(Package(version="6.6.6"))
    t.manifest()
    t.put("work/.ccenv/config.json", json.dumps({"channels": [t.channel("evil").url]}))
    for path in ("work/.ccenv", "work/.ccenv/config.json"):
        os.chown(t.path(path), STRANGER, STRANGER)
    r = t.either("search", "p")
    t.has("6.6.6" not in r.out and "ignored" in r.err, f"it is used\n{r}")


# --- git

def _repository(t, config=""):
    """A repository as somebody may have packed it: with a .git/config of theirs."""
    git = lambda *a: subprocess.run(["git", "-C", t.work, "-c", "user.name=x", "-c", "user.email=x@y", *a], check=True, capture_output=True,
                                    env={"PATH": os.environ["PATH"], "HOME": t.home})
    t.channel().add(Package())
    t.manifest()
    t.done("lock", "-q")
    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "x")
    with open(t.path("work/.git/config"), "a", encoding="utf-8") as f:
        f.write(config.replace("PWNED", t.path("pwned")))
    os.utime(t.path("work/ccenv.json"))
    return git


GIT_CONFIG = {
    "fsmonitor": "[core]\n\tfsmonitor = touch PWNED\n",
    "hooks": "[core]\n\thooksPath = .git/evil\n",
    "pager": "[core]\n\tpager = touch PWNED\n[pager]\n\tshow = touch PWNED\n\tlog = touch PWNED\n\tstatus = true\n",
    "diff": "[diff]\n\texternal = touch PWNED\n",
    "signature": "[log]\n\tshowSignature = true\n[gpg]\n\tprogram = touch PWNED\n",
    "editor": "[core]\n\teditor = touch PWNED\n\taskPass = touch PWNED\n[credential]\n\thelper = !touch PWNED\n",
}


@variants("project", [(f"git.{n}", f"a repository whose configuration names a program as {n}", "it is not run", c) for n, c in GIT_CONFIG.items()], needs=("git",))
def _(t, config):
    _repository(t, config)
    t.put("work/.git/evil/post-index-change", f"#!/bin/sh\ntouch {t.path('pwned')}\n", 0o755)
    t.done("diff", "HEAD")
    t.done("touch", "--from-git")
    t.either("provenance", "ccenv.json")
    t.has(not os.path.lexists(t.path("pwned")), "the program of the repository was run")


@attack("project", "git.lazy-fetch", "a partial clone that lacks the commit's files, with a remote that is a program", "the program is not run", needs=("git",))
def _(t):
    _repository(t, "[core]\n\trepositoryformatversion = 1\n[extensions]\n\tpartialClone = origin\n[remote \"origin\"]\n\tpromisor = true\n\turl = ext::sh -c touch% PWNED\n"
                   "[protocol \"ext\"]\n\tallow = always\n[protocol]\n\tallow = always\n")
    subprocess.run(["find", t.path("work/.git/objects"), "-type", "f", "-size", "-2k", "-newer", t.path("work/ccenv.json"), "-delete"], check=True)
    blobs = subprocess.run(["git", "-C", t.work, "ls-tree", "-r", "HEAD"], capture_output=True, text=True, env={"PATH": os.environ["PATH"], "HOME": t.home}).stdout
    for line in blobs.splitlines():
        name = line.split()[2]
        path = t.path("work/.git/objects", name[:2], name[2:])
        if os.path.exists(path):
            os.chmod(path, 0o600)
            os.unlink(path)
    t.refused("diff", "HEAD", timeout=20)
    t.either("touch", "--from-git", timeout=20)
    t.either("provenance", "ccenv.json", timeout=20)
    t.has(not os.path.lexists(t.path("pwned")), "the remote's program was run")


@variants("project", [(n, f"a revision to compare with that is {text}", "refused; nothing is written or run", rev) for n, text, rev in [
    ("git.revision-option", "an option", "--output=pwned"),
    ("git.revision-dash", "a short option", "-p"),
    ("git.revision-text", "text with control characters", FORGED),
    ("git.revision-path", "a file outside of the repository", "HEAD:../../home/secret"),
    ("git.revision-other", "a file that is no lock", "HEAD:ccenv.json"),
]], needs=("git",))
def _(t, rev):
    _repository(t)
    _secret(t)
    before = t.snapshot("work")
    for args in ([rev], ["--", rev]):
        _not_shown(t, t.refused("diff", *args, lines=True))
    t.untouched(before, "work")


@attack("project", "git.submodule-link", "a link in the place of a submodule, to another repository of the user", "the files there keep their times", needs=("git",))
def _(t):
    git = _repository(t)
    head = subprocess.run(["git", "-C", t.work, "rev-parse", "HEAD"], capture_output=True, text=True, env={"PATH": os.environ["PATH"], "HOME": t.home}).stdout.strip()
    git("update-index", "--add", "--cacheinfo", f"160000,{head},sub")
    git("commit", "-qm", "y")
    other = t.path("home/other")
    subprocess.run(["cp", "-a", t.work, other], check=True)
    os.utime(other + "/ccenv.json", (1, 1))
    os.symlink(other, t.path("work/sub"))
    t.either("touch", "--from-git")
    t.has(os.stat(other + "/ccenv.json").st_mtime == 1, "a file of another repository has a new time")


@attack("project", "provenance.text", "files, a remote and a commit with control characters and a password", "JSON without them", needs=("git",))
def _(t):
    git = _repository(t)
    git("config", "remote.origin.url", f"https://u:{SECRET}@h.example/x\x1b.git")
    name = "a\x1b[2J\nforged\xff".encode("utf-8", "surrogateescape")
    with open(os.path.join(t.work.encode(), name), "wb") as f:
        f.write(b"x")
    r = t.either("provenance", os.fsdecode(name))
    _not_shown(t, r)
    if r.rc == 0:
        json.loads(r.out)


@attack("neighbor", "provenance.cache", "a CMakeCache.txt of another user above the file", "its flags are not in the provenance", root=True, needs=("git",))
def _(t):
    _repository(t)
    t.put("CMakeCache.txt", "CMAKE_BUILD_TYPE:STRING=Forged\n")
    os.chown(t.path("CMakeCache.txt"), STRANGER, STRANGER)
    r = t.done("provenance", "ccenv.json")
    t.has("Forged" not in r.out, f"the flags of another user\n{r}")


@variants("neighbor", [(f"link.{name.replace('ccenv.', '')}", f"`{name}` is a link that another user made, to a file of the same kind of the user who runs `ccenv {command[0]}`", "refused", (name, command)) for name, command in [
    ("ccenv.lock", ["lock", "--update"]), ("ccenv.json", ["add", "p>=1"])]], root=True)
def _(t, what):
    name, command = what
    t.channel().add(Package())
    t.manifest()
    t.done("lock", "-q")
    os.makedirs(t.path("home/other"))
    os.rename(t.path("work", name), t.path("home/other", name))
    os.symlink(t.path("home/other", name), t.path("work", name))
    os.chown(t.path("work"), STRANGER, STRANGER)
    os.chown(t.path("work", name), STRANGER, STRANGER, follow_symlinks=False)
    t.channel().add(Package(version="2.0"))
    before = t.snapshot("home")
    t.refused(*command, says="another user")
    t.untouched(before, "home")


@attack("neighbor", "rebuild.cache", "`ccenv rebuild-check` where another user has put a CMakeCache.txt that names a program", "refused; it is not run", root=True)
def _(t):
    os.chmod(t.work, 0o1777)
    program = t.put("work/cmake", f"#!/bin/sh\ntouch {t.path('pwned')}\n", 0o755)
    cache = t.put("work/CMakeCache.txt", f"CMAKE_HOME_DIRECTORY:INTERNAL={t.home}\nCMAKE_GENERATOR:INTERNAL=Ninja\nCMAKE_COMMAND:INTERNAL={program}\n")
    os.chown(cache, STRANGER, STRANGER)
    t.refused("rebuild-check", says="belongs to")
    t.has(not os.path.exists(t.path("pwned")), "it was run")


@attack("project", "rebuild.nested", "a build whose library of 700 kB has 10,000 libraries in each other", "compared in 5 seconds and 300 MiB", slow=True, needs=("make",))
def _(t):
    def nested(data):
        heads, tail, size = [], 0, len(data)
        for _i in range(10000):
            heads.append(b"!<arch>\n" + b"%-16s%-12s%-6s%-6s%-8s%-10d`\n" % (b"a/", b"0", b"0", b"0", b"100644", size))
            tail, size = tail + size % 2, size + 68 + size % 2
        return b"".join(reversed(heads)) + data + b"\n" * tail
    t.put("work/a.a", nested(b"x"))
    t.put("work/b.a", nested(b"y"))
    t.put("work/Makefile", 'all:\n\tif [ "$$USER" = rebuilder ]; then cp a.a out.a; else cp b.a out.a; fi\n')
    t.put("bin/diffoscope", "#!/bin/sh\nexit 2\n", 0o755)  # its own report of them takes minutes
    r = t.run([t.program, "rebuild-check", "--", "make"], env={"PATH": t.path("bin") + ":/usr/bin:/bin"}, timeout=60)
    t.has(r.rc == 3 and "out.a" in r.out, f"not found different\n{r}")
    t.cheap(r, 5, 300)


# --- what is printed for other programs

@variants("project", [(n, f"a project called {text}", "refused, or a file without it", name) for n, text, name in [
    ("container.name-newline", "app, newline, RUN touch pwned", "app\nRUN touch pwned"),
    ("container.name-shell", "$(touch pwned)", "$(touch pwned)"),
    ("container.name-quote", 'app"]; RUN touch pwned', 'app"]; RUN touch pwned'),
    ("container.name-expression", "${{ github.token }}", "${{ github.token }}"),
    ("container.name-path", "../../bin/sh", "../../bin/sh"),
]])
def _(t, name):
    t.channel().add(Package())
    t.manifest(name=name)
    t.either("lock", "-q")
    for args in (["container"], ["container", "--format", "apptainer"], ["ci"], ["ci", "--format", "gitlab"], ["export", "--format", "spdx"]):
        r = t.either(*args)
        if args[0] != "export":
            t.has("pwned" not in r.out and "github.token" not in r.out and "../.." not in r.out, f"it is in the file\n{r}")
        elif r.rc == 0:
            json.loads(r.out)


@variants("package", [(n, f"a license file of a package is {text}", "left out or refused; nothing of the user is copied", entry) for n, text, entry in [
    ("licenses.link", "a link to a file of the user", ("link", "SECRET")),
    ("licenses.link-up", "a link out of the package", ("link", "../../../../../../home/secret")),
    ("licenses.fifo", "a fifo", ("fifo", "")),
]])
def _(t, entry):
    kind, target = entry
    p = Package()
    p.info_tail = [Entry("info/licenses/LICENSE.txt", kind=kind, target=target.replace("SECRET", _secret(t)))]
    t.channel().add(p)
    t.manifest()
    t.done("lock", "-q")
    t.either("install")
    r = t.either("licenses", "--output", t.path("out"))
    _not_shown(t, r, "out", "work")
    _not_shown(t, t.either("licenses", "--json"))


# --- targets

CROSS = {"build": "linux-64", "host": "linux-aarch64"}


@variants("project", [(n, f"a manifest with a target {text}", "refused", targets) for n, text, targets in [
    ("target.name-path", "called ../../x", {"../../x": CROSS}),
    ("target.name-absolute", "called /x", {"/x": CROSS}),
    ("target.name-text", "whose name has control characters", {FORGED: CROSS}),
    ("target.name-shell", "called $(touch pwned)", {"$(touch pwned)": CROSS}),
    ("target.host-path", "for the platform ../x", {"x": {"host": "../x"}}),
    ("target.emulator-list", "whose emulator would end an argument of CMake", {"x": {**CROSS, "emulator": "a;touch pwned"}}),
    ("target.number", "that is a number", [3]),
    ("target.many", "and 10,000 more", {f"t{i}": CROSS for i in range(10001)}),
]])
def _(t, targets):
    t.channel().add(Package())
    t.manifest(targets=targets)
    t.cheap(t.refused("lock", "--offline"), 3, 300)
    t.refused("list", "--target", "x")


def _target_lock(t):
    t.channel().add(Package())
    t.manifest()
    t.done("lock", "-q")
    lock = t.lock()
    side = lambda p: {**lock["environments"]["default"]["platforms"]["linux-64"], "platform": p}
    lock["environments"]["default"]["targets"] = {"grace": {"build": side("linux-64"), "host": side("linux-aarch64")}}
    return lock


@variants("project", [(n, f"a lock with a target {text}", "refused", change) for n, text, change in [
    ("target.lock-name", "called ../../x", lambda e: e.update({"../../x": e.pop("grace")})),
    ("target.lock-name-text", "whose name has control characters", lambda e: e.update({FORGED: e.pop("grace")})),
    ("target.lock-half", "of one side", lambda e: e["grace"].pop("host")),
    ("target.lock-platform", "whose host is no platform", lambda e: e["grace"]["host"].update(platform="../x")),
    ("target.lock-url", "with a package that the lock does not have", lambda e: e["grace"]["host"].update(packages=["https://evil.example/noarch/p-1.0-0.conda"])),
    ("target.lock-list", "that is a list", lambda e: e.update(grace=[1])),
    ("target.lock-many", "and 100,000 more", lambda e: e.update({f"t{i}": 1 for i in range(100000)})),
]])
def _(t, change):
    lock = _target_lock(t)
    change(lock["environments"]["default"]["targets"])
    t.write_lock(lock)
    for args in (["lock", "--check"], ["install", "--frozen", "--prefix", t.path("prefix")], ["list"], ["export", "--format", "pixi"]):
        t.cheap(t.refused(*args, env=ONCE), 5, 300)
    t.has(not os.path.lexists(t.path("prefix")), "there is a prefix")


@attack("project", "target.lock-undeclared", "a lock with a target that the manifest does not have", "not installed under its name")
def _(t):
    t.write_lock(_target_lock(t))
    t.refused("lock", "--check")
    t.refused("install", "--locked", "--target", "grace", env=ONCE)


# --- packages whose size nobody says

@attack("index", "package.unknown-size", "an index that does not say a package's size, and a server that announces 9 GiB", "refused before the first MiB")
def _(t):
    t.channel().add(Package())
    del t.channel().records["noarch"]["p-1.0-0.conda"]["size"]
    t.channel().write()
    files, sent = serve(t.dir), []

    def handler(request):
        if not request.path.endswith(".conda"):
            return files(request)
        request.send_response(200)
        request.send_header("Content-Length", str(9 << 30))
        request.end_headers()
        request.close_connection = True
        for _ in range(1024):
            request.wfile.write(bytes(MIB))
            sent.append(1)
        return None
    s = t.server(handler)
    t.manifest(channels=[s.url + "/chan"])
    t.done("lock", "-q", env=ONCE)
    t.refused("install", "--prefix", t.path("prefix"), env=ONCE, timeout=30, says="larger than 8589934592 bytes")
    t.has(len(sent) < 64, f"{len(sent)} MiB were read")
    t.nothing_left()


# --- a lock of another program, installed as it is

@variants("project", [(n, f"`install --from-lock` of {text}", "refused, nothing is installed", (name, data)) for n, text, name, data in [
    ("from-lock.other-bytes", "a pixi.lock with the sha256 of other bytes", "x.lock", PIXI_LOCK.replace("SHA", "0" * 64)),
    ("from-lock.no-hash", "a list of packages without hashes, and no index", "x.txt", "@EXPLICIT\nhttp://127.0.0.1:1/c/noarch/p-1.0-0.conda\n"),
    ("from-lock.name-other", "a list that calls the package by another name", "x.txt", "@EXPLICIT\nURL/../q-1.0-0.conda#sha256:SHA\n"),
    ("from-lock.name-path", "a list whose file name is a path", "x.txt", "@EXPLICIT\nCHAN/noarch/..%2fp-1.0-0.conda#sha256:SHA\n"),
    ("from-lock.text", "a pixi.lock with control characters", "x.lock", json.dumps({"version": 6, "environments": {FORGED: {}, "default": {"channels": FORGED, "packages": {FORGED: FORGED}}}, "packages": FORGED})),
    ("from-lock.text-list", "a list of packages with control characters", "x.txt", "@EXPLICIT\nhttps://h/" + FORGED + "#sha256:" + "0" * 64 + "\n"),
    ("from-lock.http", "a ccenv.lock of an https channel with a package over http", "ccenv.lock", json.dumps(
        {"version": 1, "environments": {"default": {"channels": ["https://h.example/c"], "platforms": {"linux-64": {"specs": [], "virtual-packages": [], "packages": ["http://h.example/c/noarch/p-1.0-0.conda"]}}}},
         "packages": [{"name": "p", "version": "1.0", "build": "0", "build_number": 0, "subdir": "noarch", "url": "http://h.example/c/noarch/p-1.0-0.conda", "sha256": "0" * 64}]})),
]])
def _(t, what):
    t.channel().add(Package())
    sha = t.channel().records["noarch"]["p-1.0-0.conda"]["sha256"]
    url = t.channel().url + "/noarch/p-1.0-0.conda"
    t.put("work/" + what[0], what[1].replace("URL", url).replace("SHA", sha).replace("CHAN", t.channel().url))
    t.refused("install", "--from-lock", what[0], "--prefix", t.path("prefix"), env=ONCE)
    t.nothing_left()


@variants("project", [(n, f"`install --from-lock` of {text}", "refused at once; nothing of it is shown", make) for n, text, make in [
    ("from-lock.link-secret", "a link to a file of the user", lambda t, p: os.symlink(_secret(t), p)),
    ("from-lock.device", "a link to /dev/zero", lambda t, p: os.symlink("/dev/zero", p)),
    ("from-lock.fifo", "a fifo", lambda t, p: os.mkfifo(p)),
    ("from-lock.sparse", "64 GiB of nothing", lambda t, p: (open(p, "w").close(), os.truncate(p, 64 << 30))),
]])
def _(t, make):
    make(t, t.path("work/x.lock"))
    r = t.refused("install", "--from-lock", "x.lock", "--prefix", t.path("prefix"), timeout=10)
    t.cheap(r, 3, 300)
    _not_shown(t, r, "work/build")
    t.has(not os.path.lexists(t.path("prefix")), "there is a prefix")
