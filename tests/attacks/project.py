# SPDX-License-Identifier: MIT
"""Locks and manifests that somebody proposes in a pull request, and what else a repository can hold."""
import json
import os
import re
import shlex

from forge import PROFILE, Package, sha256, toolkit
from place import Failed, attack, serve, variants

CONTROLS = "".join(map(chr, [*range(1, 32), *range(127, 160)]))
FORGED = "x\nforged line\r\nforged too\x1b]0;title\x07\x1b[2J" + CONTROLS
MIB = 1 << 20


def _locked(t):
    """A project with a good lock; returns the lock as an object."""
    t.channel().add(Package())
    t.manifest()
    t.done("lock", "-q")
    return t.lock()


def _move(lock, url):
    """Replaces the URL of the one package, wherever it stands."""
    text = json.dumps(lock).replace(json.dumps(lock["packages"][0]["url"]), json.dumps(url))
    return json.loads(text)


def _no_install(t, *flags):
    r = t.refused("install", *flags, "--prefix", t.path("prefix"), env={"CCENV_NET_RETRIES": "0"})
    t.has(not os.path.lexists(t.path("prefix")), "there is a prefix")
    return r


# --- where packages come from

@variants("project", [
    ("url.other-dir", "the lock's URL is below another directory", "refused", "file://DIR/evil/noarch/p-1.0-0.conda"),
    ("url.other-host", "the lock's URL is on another host", "refused", "https://evil.example/chan/noarch/p-1.0-0.conda"),
    ("url.like-prefix", "the lock's URL only begins like the channel", "refused", "CHAN-evil/noarch/p-1.0-0.conda"),
    ("url.up", "the lock's URL leaves the channel by ..", "refused", "CHAN/../evil/noarch/p-1.0-0.conda"),
    ("url.up-encoded", "the same as %2e%2e", "refused", "CHAN/%2e%2e/evil/noarch/p-1.0-0.conda"),
    ("url.up-slash-encoded", "the same with %2F", "refused", "CHAN/..%2Fevil/noarch/p-1.0-0.conda"),
    ("url.http", "http instead of a file", "refused", "http://127.0.0.1:1/chan/noarch/p-1.0-0.conda"),
    ("url.ftp", "ftp", "refused", "ftp://127.0.0.1/chan/noarch/p-1.0-0.conda"),
    ("url.relative", "a relative URL", "refused", "noarch/p-1.0-0.conda"),
    ("url.empty", "an empty URL", "refused", ""),
    ("url.option", "a URL that begins with a dash", "refused", "-oProxyCommand=x"),
    ("url.file-host", "file:// with a host", "refused", "file://evil.example/chan/noarch/p-1.0-0.conda"),
    ("url.user", "a user in the URL", "refused", "https://conda.anaconda.org@evil.example/noarch/p-1.0-0.conda"),
    ("url.fragment", "the channel in the fragment", "refused", "file://DIR/evil/noarch/p-1.0-0.conda#CHAN/noarch/p-1.0-0.conda"),
    ("url.query", "the channel in the query", "refused", "file://DIR/evil/noarch/p-1.0-0.conda?CHAN/noarch/p-1.0-0.conda"),
])
def _(t, url):
    lock = _locked(t)
    t.channel("evil").add(Package(files={"share/x": "evil\n"}))
    t.channel("chan-evil").add(Package(files={"share/x": "evil\n"}))
    url = url.replace("DIR", t.dir).replace("CHAN", t.channel().url)
    lock = _move(lock, url)
    evil = t.channel("evil").records["noarch"]["p-1.0-0.conda"]
    lock["packages"][0].update(sha256=evil["sha256"], md5=evil["md5"], size=evil["size"])
    t.write_lock(lock)
    t.refused("lock", "--check", env={"CCENV_NET_RETRIES": "0"})
    _no_install(t, "--locked")
    _no_install(t, "--frozen")


@attack("project", "url.channel-key", "the lock's entry names the channel itself, and the URL another host", "refused")
def _(t):
    lock = _locked(t)
    lock = _move(lock, "file://" + t.dir + "/evil/noarch/p-1.0-0.conda")
    t.channel("evil").add(Package(files={"share/x": "evil\n"}))
    lock["packages"][0].update(channel=t.channel().url, sha256=t.channel("evil").records["noarch"]["p-1.0-0.conda"]["sha256"])
    t.write_lock(lock)
    t.refused("lock", "--check")
    _no_install(t, "--locked")


@variants("project", [
    ("url.https-to-http", "an https channel, and http in the lock", "refused", ("https://h.example/c", "http://h.example/c")),
    ("url.port", "another port", "refused", ("https://h.example/c", "https://h.example:8443/c")),
    ("url.host-case", "another host that looks alike", "refused", ("https://h.example/c", "https://h.examp1e/c")),
])
def _(t, what):
    lock = _locked(t)
    text = json.dumps(lock).replace(t.channel().url, what[0])
    lock = json.loads(text)
    t.manifest(channels=[what[0]])
    t.write_lock(lock)
    t.done("lock", "--check")
    t.write_lock(_move(lock, what[1] + "/noarch/p-1.0-0.conda"))
    t.refused("lock", "--check")
    r = _no_install(t, "--locked", "--offline")
    t.has("offline" not in r.err.lower() or what[1] not in r.err, f"it would have been fetched\n{r}")


# --- what the entries of a lock may say

@variants("project", [
    ("lock.name-path", "a name that is a path", "refused", dict(name="../../p")),
    ("lock.name-other", "a name that is not that of the file", "refused", dict(name="q")),
    ("lock.version-other", "another version", "refused", dict(version="2.0")),
    ("lock.version-path", "a version that is a path", "refused", dict(version="../1.0")),
    ("lock.build-path", "a build that is a path", "refused", dict(build="../0")),
    ("lock.subdir-path", "a subdir that is a path", "refused", dict(subdir="../noarch")),
    ("lock.sha256-path", "a sha256 that is a path", "refused", dict(sha256="../../../../home/letter")),
    ("lock.sha256-short", "a sha256 of 63 digits", "refused", dict(sha256="0" * 63)),
    ("lock.sha256-null", "no sha256", "refused", dict(sha256=None)),
    ("lock.sha256-other", "the sha256 of other bytes", "refused", dict(sha256="0" * 64)),
    ("lock.size-other", "a size of 2^60", "refused, or the sha256 decides", dict(size=1 << 60)),
    ("lock.depends-text", "depends is a text", "refused", dict(depends="q")),
    ("lock.depends-missing", "a dependency that is not locked", "refused", dict(depends=["q"])),
    ("lock.depends-regex", "a dependency of exponential cost", "refused, within 3 seconds", dict(depends=["p " + "^" + "(a*)*" * 20 + "b$"])),
    ("lock.depends-glob", "a dependency of 60 stars", "refused, within 3 seconds", dict(depends=["p * " + "*a" * 60 + "*b"])),
])
def _(t, change):
    lock = _locked(t)
    lock["packages"][0].update(change)
    t.write_lock(lock)
    if "sha256" not in change and "size" not in change:
        t.cheap(t.refused("lock", "--check"), 3, 300)
    r = t.either("install", "--locked", "--prefix", t.path("prefix"))
    if "size" not in change:
        t.has(r.rc != 0, f"should have been refused\n{r}")
        t.nothing_left()


@variants("project", [
    ("lock.version-new", "a format version of the future", "refused, naming the version", lambda l: l.update(version=99)),
    ("lock.version-text", "a format version that is a text", "refused", lambda l: l.update(version="1")),
    ("lock.no-packages", "a URL that the list does not have", "refused", lambda l: l.update(packages=[])),
    ("lock.twice", "one URL twice", "refused", lambda l: l["packages"].append(l["packages"][0])),
    ("lock.env-path", "an environment named ../x", "refused", lambda l: l["environments"].update({"../x": l["environments"]["default"]})),
    ("lock.platform-path", "a platform named ../x", "refused", lambda l: l["environments"]["default"]["platforms"].update({"../x": {}})),
    ("lock.channel-other", "another channel", "refused: it is stale", lambda l: l["environments"]["default"].update(channels=["https://evil.example/c"])),
    ("lock.channel-added", "a further channel", "refused: it is stale", lambda l: l["environments"]["default"]["channels"].append("https://evil.example/c")),
    ("lock.spec-other", "another request", "refused: it is stale", lambda l: l["environments"]["default"]["platforms"]["linux-64"].update(specs=["q"])),
    ("lock.virtual-other", "another virtual package", "refused: it is stale", lambda l: l["environments"]["default"]["platforms"]["linux-64"].update({"virtual-packages": ["__glibc=99=0"]})),
    ("lock.options-other", "other options", "refused: it is stale", lambda l: l["environments"]["default"].update(options="strategy=lowest")),
])
def _(t, change):
    lock = _locked(t)
    change(lock)
    t.write_lock(lock)
    t.refused("lock", "--check")
    _no_install(t, "--locked")


@variants("project", [
    ("lock.not-json", "the lock is not JSON", "refused", "<<<<<<< HEAD\n{}\n"),
    ("lock.empty", "the lock is empty", "refused", ""),
    ("lock.nested", "the lock is nested 100,000 deep", "refused", "[" * 100000),
    ("lock.large", "a lock of 100 MB", "refused, in little memory", lambda: " " * (100 * MIB) + "{}"),
    ("lock.many", "a lock of 200,000 packages", "refused", '{"version":1,"packages":[' + "{}," * 200000 + '{}],"environments":{}}'),
    ("lock.doubled-key", "one key twice", "refused", '{"version":1,"version":1,"packages":[],"environments":{}}'),
    ("lock.nul", "a NUL in a text", "refused", '{"version":1,"packages":[{"url":"file:///a\\u0000b"}],"environments":{}}'),
    ("lock.bad-utf8", "text that is not UTF-8", "refused", b'{"version":1,"packages":[{"url":"\xff"}],"environments":{}}'),
])
def _(t, text):
    _locked(t)
    t.put("work/ccenv.lock", text() if callable(text) else text)
    t.cheap(t.refused("install", "--locked", "--prefix", t.path("prefix"), timeout=20), 8, 500)
    t.cheap(t.refused("list", timeout=20), 8, 500)


@variants("project", [(n, text, "each command is done in 5 seconds and 300 MiB", shape) for n, text, shape in [
    ("lock.chain", "a lock of 20,000 packages, each of which needs the next", lambda names, i: names[i + 1:i + 2]),
    ("lock.chain-of-rings", "20,000 packages, each of which needs the next two and the one before", lambda names, i: names[i + 1:i + 3] + names[max(0, i - 1):i]),
    ("lock.star", "20,000 packages that all need one, which needs 4,000 of them", lambda names, i: names[:1] if i else names[1:4000]),
]], slow=True)
def _(t, needs):
    _locked(t)
    lock = t.lock()
    first, names = lock["packages"][0], [f"p{i:05}" for i in range(20000)]
    for i, name in enumerate(names):
        lock["packages"].append({**first, "name": name, "url": first["url"].replace("/p-", f"/{name}-"), "sha256": sha256(name.encode()), "depends": needs(names, i)})
    lock["environments"]["default"]["platforms"]["linux-64"]["packages"] = [p["url"] for p in lock["packages"]]
    t.write_lock(lock)
    for args in (["tree", "p00000"], ["why", "p19999"], ["why", "--json", "p19999"], ["why", "p00000"], ["export", "-f", "cyclonedx", "-o", "x"]):
        t.cheap(t.done(*args, "-q", timeout=60), 5, 300)


@attack("project", "lock.one-hash-two-names", "one sha256 for two packages", "refused")
def _(t):
    p = Package()
    data = t.channel().add(p)
    t.channel().add(Package("q"))
    t.manifest(dependencies={"p": "*", "q": "*"})
    t.done("lock", "-q")
    lock = t.lock()
    for entry in lock["packages"]:
        entry.update(sha256=sha256(data), size=len(data))
    t.write_lock(lock)
    _no_install(t, "--locked")


@attack("project", "lock.cached-other-name", "a lock calls a package that is in the cache by another name", "refused")
def _(t):
    data = t.channel().add(Package())
    t.channel().add(Package("q"))
    t.installs()
    t.put("p-was-installed", "")
    t.manifest(dependencies={"q": "*"})
    t.done("lock", "-q")
    lock = t.lock()
    lock["packages"][0].update(sha256=sha256(data), size=len(data))
    t.write_lock(lock)
    r = t.refused("install", "--locked", "--prefix", t.path("prefix2"))
    t.has(not os.path.lexists(t.path("prefix2")), f"there is a prefix\n{r}")


# --- text of a lock

@variants("project", [
    ("lock-text.url", "control bytes in a URL", "not printed raw", lambda l: _move(l, l["packages"][0]["url"] + FORGED)),
    ("lock-text.name", "in a name", "not printed raw", lambda l: l["packages"][0].update(name=FORGED)),
    ("lock-text.version", "in a version", "not printed raw", lambda l: l["packages"][0].update(version=FORGED)),
    ("lock-text.build", "in a build", "not printed raw", lambda l: l["packages"][0].update(build=FORGED)),
    ("lock-text.license", "in a license", "not printed raw", lambda l: l["packages"][0].update(license=FORGED)),
    ("lock-text.channel", "in the channel of a package", "not printed raw", lambda l: l["packages"][0].update(channel=FORGED)),
    ("lock-text.channels", "in the channels", "not printed raw", lambda l: l["environments"]["default"].update(channels=[FORGED])),
    ("lock-text.specs", "in the requests", "not printed raw", lambda l: l["environments"]["default"]["platforms"]["linux-64"].update(specs=[FORGED])),
    ("lock-text.virtual", "in a virtual package", "not printed raw",
     lambda l: l["environments"]["default"]["platforms"]["linux-64"].update({"virtual-packages": ["__glibc=" + FORGED + "=0"]})),
    ("lock-text.options", "in the options", "not printed raw", lambda l: l["environments"]["default"].update(options=FORGED)),
    ("lock-text.environment", "in the name of an environment", "not printed raw", lambda l: l["environments"].update({FORGED: l["environments"]["default"]})),
    ("lock-text.depends", "in a dependency", "not printed raw", lambda l: l["packages"][0].update(depends=[FORGED])),
    ("lock-text.key", "in a key", "not printed raw", lambda l: l.update({FORGED: 1})),
])
def _(t, change):
    lock = _locked(t)
    lock = change(lock) or lock
    t.write_lock(lock)
    for args in (("lock", "--check"), ("list",), ("list", "--json"), ("install", "--frozen", "-vv", "--prefix", t.path("prefix")),
                 ("install", "--frozen", "--offline", "-v"), ("archs",), ("info",)):
        t.either(*args, env={"CCENV_NET_RETRIES": "0"})
    history = t.path("prefix/conda-meta/history")
    if os.path.exists(history):
        t.has(b"\nforged" not in t.read(history), "a forged line in the history")


@attack("project", "pc.license", "a license in the lock that holds a newline and compiler options", "none of it is in a .pc file")
def _(t):
    p = Package("cuda-cudart-dev", "13.0.1", "0", subdir="linux-64", files={"targets/x86_64-linux/include/cuda_runtime_api.h": "",
                "targets/x86_64-linux/lib/libcudart.so": b"\x7fELF\x02\x01\x01" + bytes(11) + b"\x3e" + bytes(60), "share/x": ""})
    p.add("bin/nvcc", "#!/bin/sh\n", mode=0o755).add("bin/nvcc.profile", PROFILE)
    t.channel().add(p)
    t.manifest(dependencies={"cuda-cudart-dev": "*"})
    t.done("lock", "-q")
    lock = t.lock()
    lock["packages"][0]["license"] = "MIT\nCflags: -fplugin=./evil.so\rLibs: -levil"
    t.write_lock(lock)
    t.either("install", "--frozen")
    for folder, _dirs, names in os.walk(t.path("work")):
        for name in names:
            if name.endswith(".pc"):
                lines = t.read(os.path.join(folder, name)).replace(b"\r", b"\n").split(b"\n")
                t.has(not [x for x in lines if x.startswith((b"Cflags: -fplugin", b"Libs: -levil"))], f"{name} has the options")


# --- manifests

@variants("project", [
    ("manifest.not-json", "ccenv.json is not JSON", "refused, with the line", "{"),
    ("manifest.nested", "ccenv.json is nested 100,000 deep", "refused", "[" * 100000),
    ("manifest.large", "a manifest of 100 MB", "refused, in little memory", lambda: " " * (100 * MIB) + "{}"),
    ("manifest.doubled-key", "one key twice", "refused", '{"channels":[],"channels":["x"]}'),
    ("manifest.bad-utf8", "text that is not UTF-8", "refused", b'{"name":"\xff\xfe"}'),
    ("manifest.channel-ftp", "a channel of ftp", "refused", '{"channels":["ftp://h/c"],"platforms":["linux-64"],"dependencies":{"p":"*"}}'),
    ("manifest.platform-path", "a platform that is a path", "refused", '{"channels":["c"],"platforms":["../../x"]}'),
    ("manifest.environment-path", "an environment that is a path", "refused",
     '{"channels":["c"],"platforms":["linux-64"],"features":{"f":{}},"environments":{"../../x":["f"]}}'),
    ("manifest.name-path", "a dependency that is a path", "refused", '{"channels":["c"],"platforms":["linux-64"],"dependencies":{"../x":"*"}}'),
    ("manifest.spec-regex", "a dependency of exponential cost", "refused, within 3 seconds",
     json.dumps({"channels": ["c"], "platforms": ["linux-64"], "dependencies": {"p": "^" + "(a*)*" * 20 + "b$"}})),
    ("manifest.many", "100,000 dependencies", "refused, within 8 seconds",
     json.dumps({"channels": ["file:///nowhere"], "platforms": ["linux-64"], "dependencies": {f"p{i}": "*" for i in range(100000)}})),
])
def _(t, text):
    t.put("work/ccenv.json", text() if callable(text) else text)
    t.cheap(t.refused("lock", timeout=20), 8, 500)
    t.refused("install", "--prefix", t.path("prefix"))


@variants("project", [(n, text, "locked from one of them, at once", channels) for n, text, channels in [
    ("manifest.channel-twice", "a channel that is there with and without a password", lambda url: [url.replace("http://", "http://user:S3CRET@"), url]),
    ("manifest.channel-again", "a channel that is there as it is and with a slash", lambda url: [url, url + "/"]),
    ("manifest.channel-token", "a channel that is there with two tokens", lambda url: [url.replace("/chan", "/t/a1/chan"), url.replace("/chan", "/t/b2/chan")]),
]])
def _(t, channels):
    t.channel().add(Package())
    files = serve(t.dir)

    def without_token(request):
        request.path = re.sub("^/t/[^/]*", "", request.path)
        files(request)
    s = t.server(without_token)
    t.manifest(channels=channels(s.url + "/chan"))
    t.done("lock", timeout=20)
    t.has(t.lock()["environments"]["default"]["channels"] == [s.url + "/chan"], "the lock has both")
    # The lock of somebody who wrote it by hand.
    lock = t.lock()
    lock["environments"]["default"]["channels"] *= 2
    t.write_lock(lock)
    t.either("outdated", timeout=20)
    t.either("install", "--frozen", timeout=20)


def _m(**keys):
    return {"channels": ["file:///nowhere"], "platforms": ["linux-64"], **keys}


@variants("project", [
    ("manifest-text.key", "control bytes in a key", "not printed raw", _m(**{FORGED: 1})),
    ("manifest-text.name", "in the name", "not printed raw", _m(name=FORGED)),
    ("manifest-text.channel", "in a channel", "not printed raw", _m(channels=[FORGED], dependencies={"p": "*"})),
    ("manifest-text.channel-path", "in the path of a channel", "not printed raw", _m(channels=["./" + FORGED], dependencies={"p": "*"})),
    ("manifest-text.channel-url", "in the URL of a channel", "not printed raw", _m(channels=["http://127.0.0.1:1/" + FORGED], dependencies={"p": "*"})),
    ("manifest-text.platform", "in a platform", "not printed raw", _m(platforms=[FORGED])),
    ("manifest-text.dependency", "in the name of a dependency", "not printed raw", _m(dependencies={FORGED: "*"})),
    ("manifest-text.spec", "in a version", "not printed raw", _m(dependencies={"p": FORGED})),
    ("manifest-text.spec-key", "in a key of a dependency", "not printed raw", _m(dependencies={"p": {FORGED: "*"}})),
    ("manifest-text.cuda", "in the CUDA release", "not printed raw", _m(cuda={"version": FORGED, "components": ["nvcc"]})),
    ("manifest-text.component", "in a component", "not printed raw", _m(cuda={"version": "13.0", "components": [FORGED]})),
    ("manifest-text.arch", "in an architecture", "not printed raw", _m(cuda={"version": "13.0", "components": ["nvcc"], "archs": [FORGED]})),
    ("manifest-text.sysreq", "in a system requirement", "not printed raw", _m(**{"system-requirements": {"cuda": FORGED}})),
    ("manifest-text.sysreq-name", "in the name of one", "not printed raw", _m(**{"system-requirements": {FORGED: "1"}})),
    ("manifest-text.newer", "in exclude-newer", "not printed raw", _m(**{"exclude-newer": FORGED})),
    ("manifest-text.strategy", "in the strategy", "not printed raw", _m(strategy=FORGED)),
    ("manifest-text.feature", "in a feature", "not printed raw", _m(features={FORGED: {}}, environments={"e": [FORGED]})),
    ("manifest-text.environment", "in an environment", "not printed raw", _m(features={"f": {}}, environments={FORGED: ["f"]})),
    ("manifest-text.target", "in a target", "not printed raw", _m(target={FORGED: {}})),
    ("manifest-text.pin", "in a pin", "not printed raw", _m(pins={"p": FORGED})),
])
def _(t, manifest):
    t.put("work/ccenv.json", json.dumps(manifest))
    for args in (("lock", "-vv"), ("install", "-v"), ("archs",), ("info",), ("list",), ("presets",), ("env",)):
        t.either(*args, env={"CCENV_NET_RETRIES": "0"})


@variants("project", [
    ("cli-text.spec", "control bytes in a spec on the command line", "not printed raw", ("solve", "-c", "file:///nowhere", FORGED)),
    ("cli-text.channel", "in a channel on the command line", "not printed raw", ("solve", "-c", "./" + FORGED, "p")),
    ("cli-text.command", "in a command", "not printed raw", (FORGED,)),
    ("cli-text.option", "in an option", "not printed raw", ("lock", "--" + FORGED)),
    ("cli-text.print", "in a name to print", "not printed raw", ("print", FORGED)),
    ("cli-text.manifest", "in the path of the manifest", "not printed raw", ("lock", "--manifest", FORGED)),
    ("cli-text.environment", "in an environment", "not printed raw", ("install", "-e", FORGED)),
    ("cli-text.directory", "in a directory", "not printed raw", ("-C", FORGED, "lock")),
])
def _(t, args):
    t.channel().add(Package())
    t.manifest()
    t.either(*args, lines=True)


# --- links and fifos that a repository holds

@variants("project", [
    ("repo.lock-link", "build/_ccenv/lock is a link to a file of the user", "the file is as it was", "lock"),
    ("repo.stamp-link", "build/_ccenv/stamp.json is one", "the file is as it was", "stamp.json"),
    ("repo.installed-link", "build/_ccenv/installed is one", "the file is as it was", "installed"),
    ("repo.log-link", "build/_ccenv/log.txt is one", "the file is as it was", "log.txt"),
    ("repo.gitignore-link", "build/_ccenv/.gitignore is one", "the file is as it was", ".gitignore"),
    ("repo.tag-link", "build/_ccenv/CACHEDIR.TAG is one", "the file is as it was", "CACHEDIR.TAG"),
])
def _(t, name):
    t.channel().add(Package())
    t.manifest()
    letter = t.put("home/letter", "a letter\n")
    os.makedirs(t.path("work/build/_ccenv"))
    os.symlink(letter, t.path("work/build/_ccenv", name))
    t.either("install", "-v")
    t.has(t.read(letter) == b"a letter\n", "the file was written to")


@attack("project", "repo.lock-link-dangling", "build/_ccenv/lock is a link to a name that is free", "no file is made there")
def _(t):
    t.channel().add(Package())
    t.manifest()
    os.makedirs(t.path("work/build/_ccenv"))
    os.symlink(t.path("home/new"), t.path("work/build/_ccenv/lock"))
    t.either("install")
    t.has(not os.path.lexists(t.path("home/new")), "a file was made")


@attack("project", "repo.lock-hard-link", "build/_ccenv/lock is a second name of a file of the user", "the file is as it was")
def _(t):
    t.channel().add(Package())
    t.manifest()
    letter = t.put("home/letter", "a letter\n")
    os.makedirs(t.path("work/build/_ccenv"))
    os.link(letter, t.path("work/build/_ccenv/lock"))
    t.either("install")
    t.has(t.read(letter) == b"a letter\n", "the file was written to")


@attack("project", "repo.lock-is-text", "build/_ccenv/lock is a file with text", "the text is as it was")
def _(t):
    t.channel().add(Package())
    t.manifest()
    path = t.put("work/build/_ccenv/lock", "notes of the user\n")
    t.either("install")
    t.has(t.read(path) == b"notes of the user\n", "the text is gone")


PARTS = ("env", "view", "toolchain", "make", "meson", "ide", "bin", "pkgconfig", "pkgconfig/x86_64-linux")


@variants("project", [(f"repo.{part.replace('/', '-')}-link", f"build/_ccenv/{part} is a link to a directory of the user",
                       "the directory is as it was", part) for part in PARTS])
def _(t, part):
    t.channel().add(toolkit())
    t.manifest()
    victim = t.victim()
    before = t.snapshot("victim")
    path = t.path("work/build/_ccenv", part)
    os.makedirs(os.path.dirname(path))
    os.symlink(victim, path)
    t.either("install")
    t.either("install", "--repair")
    t.untouched(before, "victim")


@variants("project", [
    ("repo.root-link", "build/_ccenv is a link to a directory of the user", "the directory is as it was", "build/_ccenv"),
    ("repo.build-link", "build is a link to a directory of the user", "what is there is as it was", "build"),
])
def _(t, part):
    t.channel().add(Package())
    t.manifest()
    victim = t.victim()
    before = t.snapshot("victim")
    path = t.path("work", part)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    os.symlink(victim, path)
    t.either("install")
    after = t.snapshot("victim")
    t.untouched(before, "victim") if part != "build" else t.has(all(after.get(k) == v for k, v in before.items()), "changed")


@variants("project", [
    ("repo.manifest-fifo", "ccenv.json is a fifo", "refused at once", "work/ccenv.json"),
    ("repo.lock-fifo", "ccenv.lock is a fifo", "refused at once", "work/ccenv.lock"),
    ("repo.root-lock-fifo", "build/_ccenv/lock is a fifo", "refused at once, or done", "work/build/_ccenv/lock"),
    ("repo.installed-fifo", "build/_ccenv/installed is a fifo", "refused at once, or done", "work/build/_ccenv/installed"),
    ("repo.stamp-fifo", "build/_ccenv/stamp.json is a fifo", "refused at once, or done", "work/build/_ccenv/stamp.json"),
    ("repo.manifest-zero", "ccenv.json is a link to /dev/zero", "refused at once", "/dev/zero work/ccenv.json"),
    ("repo.lock-zero", "ccenv.lock is a link to /dev/zero", "refused at once", "/dev/zero work/ccenv.lock"),
    ("repo.installed-zero", "build/_ccenv/installed is a link to /dev/zero", "refused at once, or done", "/dev/zero work/build/_ccenv/installed"),
    ("repo.stamp-zero", "build/_ccenv/stamp.json is a link to /dev/zero", "refused at once, or done", "/dev/zero work/build/_ccenv/stamp.json"),
])
def _(t, what):
    target, _, path = what.rpartition(" ")
    t.channel().add(Package())
    t.manifest()
    t.done("lock", "-q")
    os.makedirs(t.path("work/build/_ccenv"), exist_ok=True)
    if os.path.exists(t.path(path)):
        os.remove(t.path(path))
    if target:
        os.symlink(target, t.path(path))
    else:
        os.mkfifo(t.path(path))
    for args in (("install",), ("env",), ("list",), ("run", "true")):
        t.cheap(t.either(*args, timeout=8), 5, 400)


@attack("project", "repo.lock-to-write-link", "ccenv.lock is a link to a file of the user, and a lock is to be written", "the file is as it was, or the link is replaced")
def _(t):
    t.channel().add(Package())
    t.manifest()
    letter = t.put("home/letter", "a letter\n")
    os.symlink(letter, t.path("work/ccenv.lock"))
    t.either("lock")
    t.has(t.read(letter) == b"a letter\n", "the file was written to")


@attack("project", "repo.export-link", "pixi.lock is a link to a file of the user, and `ccenv export -o pixi.lock`", "refused")
def _(t):
    t.channel().add(Package())
    t.manifest()
    t.done("lock", "-q")
    letter = t.put("home/letter", "a letter\n")
    os.symlink(letter, t.path("work/pixi.lock"))
    t.refused("export", "--format", "pixi", "-o", "pixi.lock", says="is a link")
    t.has(t.read(letter) == b"a letter\n", "the file was written to")


# --- roots and prefixes that are in use

@variants("project", [
    ("root.dot", "`--root .` in a directory with files", "refused; the files are as they were", "."),
    ("root.home", "`--root` is a directory in use, like ~/.local", "refused; the files are as they were", "VICTIM"),
    ("root.empty", "`--root \"\"`", "refused", ""),
    ("root.parent", "`--root ..`", "refused; the files are as they were", ".."),
])
def _(t, root):
    t.channel().add(Package())
    victim = t.victim("work")
    t.manifest()
    t.done("lock", "-q")
    before = t.snapshot("work")
    t.refused("install", "--root", root.replace("VICTIM", victim))
    t.untouched(before, "work")


@variants("project", [
    ("sweep.root", "names like those of temporary files in the root", "they are as they were", ""),
    *[(f"sweep.{part}", f"names like those of temporary files in the root's {part}", "they are as they were", part)
      for part in ("view", "toolchain", "make", "meson", "ide", "bin", "pkgconfig", "env")],
])
def _(t, part):
    t.channel().add(toolkit())
    t.manifest()
    t.either("install")
    t.has(os.path.isdir(t.path("work/build/_ccenv")), "no root")
    mine = {}
    for name in ("results.2023.backup", "a.tmp.1", "b.old.1", "photos.2021.edited/1.jpg", "c.99999.AbCdEf", "mine.txt"):
        path = f"work/build/_ccenv/{part}/{name}" if part else f"work/build/_ccenv/{name}"
        mine[t.put(path, "mine\n")] = b"mine\n"
    t.manifest(dependencies={"p": "1.*"})
    t.either("install")
    t.either("install", "--repair")
    for path in mine:
        t.has(os.path.exists(path) and t.read(path) == b"mine\n", f"{path} is gone")


@variants("project", [(f"prefix.sibling-{i}", f"a directory of the user named like the prefix and {suffix}", "it is as it was", suffix)
                      for i, suffix in enumerate((".old.1", ".tmp.1", ".old.2024", ".tmp.99999", ".old.1.AbCdEf", ".tmp.1.AbCdEf", ".old", ".tmp"))])
def _(t, suffix):
    t.channel().add(Package())
    t.victim("prefix" + suffix)
    before = t.snapshot("prefix" + suffix)
    t.installs()
    t.manifest(dependencies={"p": "1.*"})
    t.done("install", "--prefix", t.path("prefix"))
    t.done("install", "--repair", "--prefix", t.path("prefix"))
    t.untouched(before, "prefix" + suffix)


@variants("project", [
    ("prefix.in-use", "`--prefix` is a directory with files", "refused; the files are as they were", "victim"),
    ("prefix.is-file", "`--prefix` is a file", "refused; the file is as it was", "letter"),
    ("prefix.link", "`--prefix` is a link to a directory with files", "refused; the files are as they were", "link"),
    ("prefix.dot", "`--prefix .`", "refused; the files are as they were", "work/."),
])
def _(t, name):
    t.channel().add(Package())
    t.victim()
    t.victim("work")
    t.put("letter", "a letter\n")
    os.symlink(t.path("victim"), t.path("link"))
    t.manifest()
    t.done("lock", "-q")
    before = t.snapshot("victim"), t.snapshot("work")
    t.refused("install", "--prefix", t.path(name))
    t.untouched(before[0], "victim")
    t.untouched(before[1], "work")
    t.has(t.read("letter") == b"a letter\n", "the file was written to")


# --- shell text in paths

CHARS = {"dollar": "a$(touch pwned)b", "backtick": "a`touch pwned`b", "quote": 'a"; touch pwned; "b', "apostrophe": "a'; touch pwned; 'b",
         "backslash": "a\\b", "ampersand": "a&touch pwned&b", "pipe": "a|touch pwned|b", "semicolon": "a;touch pwned;b",
         "less": "a<pwned", "greater": "a>pwned", "parenthesis": "a(touch pwned)b", "newline": "a\ntouch pwned\nb", "tab": "a\tb", "hash": "a#b",
         "percent": "a%p", "star": "a*b", "bracket": "a[1]", "brace": "a{b,c}", "exclamation": "a!b", "tilde": "~a", "equals": "a=b", "colon": "a:b",
         "space": "a b", "dash": "-a", "escape": "a\x1b[2Jb", "not-utf8": "a\udcffb"}


@variants("project", [(f"path.prefix-{name}", f"an entry point in a prefix named {'a control character' if name in ('newline', 'tab', 'escape') else '`' + text.encode('ascii', 'replace').decode().replace('|', '&#124;').replace('`', 'BACKTICK') + '`'}",
                       "refused, or nothing of the path is run", text) for name, text in CHARS.items()])
def _(t, text):
    t.channel().add(Package("python", "3.12.0", "0", subdir="linux-64", files={}).add("bin/python3.12", "#!/bin/sh\necho ran\n", mode=0o755))
    p = Package(depends=["python"], noarch="python")
    p.info["link.json"] = json.dumps({"package_metadata_version": 1, "noarch": {"type": "python", "entry_points": ["tool = m:f"]}})
    t.channel().add(p)
    t.manifest()
    t.done("lock", "-q")
    prefix = os.path.join(t.work, text)
    r = t.either("install", "--prefix", prefix)
    if r.rc == 0:
        tool = os.path.join(prefix, "bin/tool")
        ran = t.run(["/bin/sh", "-c", 'exec "$0"', tool])
        t.has(not os.path.exists(t.path("work/pwned")), f"a part of the path was run\n{r}")
        t.has(b"ran" in ran.raw_out, f"the entry point does not work\n{ran}")
    t.has(not os.path.exists(t.path("work/pwned")), "a part of the path was run")


@variants("project", [(f"path.root-{name}", f"make and `eval \"$(ccenv env)\"` with a root of such a name: {name}",
                       "refused, or nothing of the path is run", text) for name, text in CHARS.items()], needs=("make",))
def _(t, text):
    t.channel().add(toolkit())
    t.manifest()
    t.done("lock", "-q")
    root = os.path.join(t.work, text)
    r = t.either("install", "--root", root)
    t.has(not os.path.exists(t.path("work/pwned")), "a part of the path was run")
    if r.rc != 0:
        return
    t.put("work/Makefile", "include $(M)\nall:\n\t@echo $(CUDA_HOME) >/dev/null\n\t@true $(NVCC)\n")
    t.run(["make", "-s", "all", "M=" + os.path.join(root, "make/ccenv.mk").replace(" ", "\\ ")])
    t.run(["/bin/sh", "-c", f'eval "$({shlex.quote(t.program)} env --root {shlex.quote(root)})"; nvcc'])
    t.run([t.program, "run", "--root", root, "nvcc"])
    t.has(not os.path.exists(t.path("work/pwned")), "a part of the path was run")


# --- credentials are shown nowhere and kept nowhere

@variants("project", [
    ("secret.manifest-escaped", "a password in a channel's URL, written with \\/", "not in the root, the lock or a message", "http:\\/\\/user:S3CRET@127.0.0.1:1\\/chan"),
    ("secret.manifest-unicode", "the same, written with \\u0040", "not in the root, the lock or a message", "http://user:S3CRET\\u0040127.0.0.1:1/chan"),
    ("secret.slash", "a password with a slash", "not in a message", "http://user:S3/S3CRET@127.0.0.1:1/chan"),
    ("secret.hash", "a password with a #", "not in a message", "http://user:S3#S3CRET@127.0.0.1:1/chan"),
    ("secret.question", "a password with a ?", "not in a message", "http://user:S3?S3CRET@127.0.0.1:1/chan"),
    ("secret.at", "a password with an @", "not in a message", "http://user:S3@S3CRET@127.0.0.1:1/chan"),
    ("secret.token", "a token in the path", "not in a message", "http://127.0.0.1:1/t/S3CRET/chan"),
    ("secret.query", "a token in the query", "not in a message or the lock", "http://127.0.0.1:1/chan?token=S3CRET"),
    ("secret.scheme-case", "a scheme in capitals", "not in a message", "HTTP://user:S3CRET@127.0.0.1:1/chan"),
    ("secret.no-host", "no host behind the password", "not in a message", "http://user:S3CRET@/chan"),
    ("secret.scheme-no-colon", "a scheme without its colon", "refused; not in a message", "https//user:S3CRET@h/chan"),
    ("secret.scheme-one-slash", "a scheme with one slash", "refused; not in a message", "http:/user:S3CRET@h/t/S3CRET/chan"),
    ("secret.scheme-no-slash", "a scheme without slashes", "refused; not in a message", "https:user:S3CRET@h/chan"),
    ("secret.scheme-three-slashes", "a scheme with three slashes", "refused; not in a message", "https:///user:S3CRET@h/chan"),
    ("secret.scheme-letter", "a scheme that lacks a letter", "refused; not in a message", "htps://user:S3CRET@h/t/S3CRET/chan?token=S3CRET"),
    ("secret.scheme-none", "no scheme", "refused; not in a message", "user:S3CRET@h/chan"),
    ("secret.scheme-slashes", "nothing but the slashes of a scheme", "refused; not in a message", "//user:S3CRET@h/chan"),
    ("secret.scheme-twice", "two schemes", "refused; not in a message", "http://https://user:S3CRET@h/chan"),
])
def _(t, url):
    t.put("work/ccenv.json", '{"channels": ["' + url + '"], "platforms": ["linux-64"], "dependencies": {"p": "*"}}')
    for args in (("lock", "-vv"), ("install", "-vv"), ("install", "--offline"), ("info",), ("solve", "-c", url.encode().decode("unicode_escape").replace("\\/", "/"), "p")):
        r = t.either(*args, env={"CCENV_NET_RETRIES": "0"})
        t.has("S3CRET" not in r.out + r.err, f"the secret is shown\n{r}")
    for folder, _dirs, names in os.walk(t.path("work/build")):
        for name in names:
            t.has(b"S3CRET" not in t.read(os.path.join(folder, name)), f"{name} has the secret")


@attack("project", "secret.served", "a password in a channel's URL, and a whole installation", "not in the lock, the root, the prefix or the cache")
def _(t):
    t.channel().add(Package())
    s = t.server(serve(t.path("chan")))
    t.manifest(channels=[s.url.replace("http://", "http://user:S3CRET@")])
    t.done("lock", "-vv")
    t.done("install", "-vv")
    t.done("install", "--prefix", t.path("prefix"))
    for top in ("work", "prefix", "cache"):
        for folder, _dirs, names in os.walk(t.path(top)):
            for name in names:
                path = os.path.join(folder, name)
                if os.path.isfile(path) and name != "ccenv.json":
                    t.has(b"S3CRET" not in t.read(path), f"{path} has the secret")


@attack("project", "secret.private-file", "ccenv.json with a password, which only its owner may read, is edited", "nobody else may read it afterwards")
def _(t):
    t.channel().add(Package())
    os.chmod(t.manifest(), 0o600)
    t.done("add", "p>=1")
    t.has(os.stat(t.path("work/ccenv.json")).st_mode & 0o077 == 0, "others may read it")


@variants("project", [
    ("secret.credentials-typo", "credentials.json with a typing error", "not in the warning", '{"h.example": {"BearerToken" "S3CRET"}}'),
    ("secret.credentials-cut", "credentials.json that is cut off", "not in the warning", '{"h.example": {"BearerToken": "S3CRET'),
    ("secret.credentials-type", "a token that is a list", "not in the warning", '{"127.0.0.1": {"BearerToken": ["S3CRET"]}}'),
    ("secret.credentials-kind", "a kind that nobody knows", "not in the warning", '{"127.0.0.1": {"S3CRET": "S3CRET"}}'),
])
def _(t, text):
    t.put("home/.rattler/credentials.json", text)
    t.manifest(channels=["http://127.0.0.1:1/chan"])
    for args in (("lock", "-vv"), ("install",)):
        r = t.either(*args, env={"CCENV_NET_RETRIES": "0"})
        t.has("S3CRET" not in r.out + r.err, f"the secret is shown\n{r}")


@variants("project", [
    ("secret.mirrors-bad", "a malformed CCENV_MIRRORS with a password", "not in the message", "http://user:S3CRET@h"),
    ("secret.mirrors-scheme", "a mirror with a typing error in its scheme", "not in the message", "https://h=https//user:S3CRET@h"),
    ("secret.mirrors-scheme-left", "the same to the left of =", "not in the message", "htps://user:S3CRET@h=https://h"),
    ("secret.mirrors-empty", "CCENV_MIRRORS with nothing behind =", "not in the message", "http://user:S3CRET@h="),
    ("secret.mirrors-ftp", "a mirror of ftp with a password", "not in the message", "http://h/=ftp://user:S3CRET@m/"),
    ("secret.mirrors-used", "a mirror with a password that does not answer", "not in the message", "http://127.0.0.1:1/=http://user:S3CRET@127.0.0.1:2/"),
])
def _(t, mirrors):
    t.manifest(channels=["http://127.0.0.1:1/chan"])
    r = t.refused("lock", "-vv", env={"CCENV_MIRRORS": mirrors, "CCENV_NET_RETRIES": "0"})
    t.has("S3CRET" not in r.out + r.err, f"the secret is shown\n{r}")


@variants("project", [(n, f"`ccenv {command}` with a password in the URL of an archive of ccenv", "refused; not in the file, not in the message", command) for n, command in [
    ("secret.vendor", "vendor --url"),
    ("secret.vendor-archive", "vendor --archive"),
    ("secret.ci", "ci --url"),
    ("secret.ci-gitlab", "ci --format gitlab --url"),
]])
def _(t, command):
    t.channel().add(Package())
    t.manifest()
    t.done("lock", "-q")
    command, digest = command.split(), "0" * 64
    for url in ("https://user:S3CRET@h.example/x.tar.gz", "https://user:S3CRET/2@h.example/x.tar.gz", "https://h.example/x.tar.gz?token=S3CRET",
                "http://user:S3CRET@h.example/x", "user:S3CRET@h.example"):
        for args in ([f"linux-64={url}#sha256={digest}"], [f"linux-64={url}"]) if command[-1] == "--archive" else ([url, "--sha256", digest], [url]):
            r = t.refused(*command, *args)
            t.has("S3CRET" not in r.out + r.err, f"the secret is shown\n{r}")
    t.has(not os.path.exists(t.path("work/cmake")), "a file was written")


@attack("project", "secret.proxy", "a proxy with a password that does not answer", "not in the message")
def _(t):
    t.manifest(channels=["http://h.example/chan"])
    r = t.refused("lock", "-vv", env={"http_proxy": "http://user:S3CRET@127.0.0.1:1", "CCENV_NET_RETRIES": "0"})
    t.has("S3CRET" not in r.out + r.err, f"the secret is shown\n{r}")


@attack("project", "secret.cmake", "CCENV_CHANNELS with a password, in CMake", "not in the output, the log or a stamp", slow=True, needs=("cmake", "ninja"))
def _(t):
    package = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../cmake")
    t.put("work/CMakeLists.txt", "cmake_minimum_required(VERSION 3.22)\nfind_package(CondaCuda 13.0 REQUIRED COMPONENTS nvcc)\nproject(x LANGUAGES NONE)\n")
    r = t.run(["cmake", "-S", ".", "-B", "build", "-G", "Ninja", f"-DCondaCuda_DIR={package}", f"-DCCENV_EXECUTABLE={t.program}",
               "-DCCENV_CHANNELS=http://user:S3CRET@127.0.0.1:1/chan"], env={"CCENV_NET_RETRIES": "0"})
    t.has("S3CRET" not in r.out + r.err, f"the secret is shown\n{r}")
    for folder, _dirs, names in os.walk(t.path("work/build")):
        for name in names:
            if name != "CMakeCache.txt" and os.path.isfile(os.path.join(folder, name)):
                t.has(b"S3CRET" not in t.read(os.path.join(folder, name)), f"{folder}/{name} has the secret")


@attack("project", "config.places", "the project's .ccenv/config.json names a cache, a trusted cache and a mirror",
        "each is ignored with a warning")
def _(t):
    t.channel().add(Package())
    t.manifest()
    t.put("work/.ccenv/config.json", json.dumps({"cache-dir": t.path("evil"), "shared-cache": True, "trusted-caches": [t.path("evil")],
                                                 "package-caches": [t.path("evil")],
                                                 "mirrors": {t.channel().url: ["http://127.0.0.1:9/evil"]}}))
    r = t.done("install")
    for key in ("cache-dir", "shared-cache", "trusted-caches", "package-caches", "mirrors"):
        t.has(f"{key} is ignored" in r.err, f"no word of {key}")
    t.has("127.0.0.1:9" not in r.err, "the mirror was asked")
    t.has(not os.path.exists(t.path("evil")), "the cache was made there")


@attack("project", "config.link", "the project's .ccenv/config.json is a link to a file of the user", "nothing of it is shown, and it is as it was")
def _(t):
    t.channel().add(Package())
    t.manifest()
    letter = t.put("home/letter", "dear diary\n")
    os.makedirs(t.path("work/.ccenv"))
    os.symlink(letter, t.path("work/.ccenv/config.json"))
    t.refused("list")
    t.has("diary" not in t.either("list").err and "dear" not in t.either("list").err, "it was shown")
    t.refused("config", "set", "--project", "network.retries", "1")
    t.has(t.read(letter) == b"dear diary\n", "it was written to")


@attack("project", "config.directory-link", "the project's .ccenv is a link to the user's own config", "the user's config is as it was")
def _(t):
    t.channel().add(Package())
    t.manifest()
    mine = t.put("home/mine/config.json", '{"network": {"retries": 7}}')
    os.symlink(t.path("home/mine"), t.path("work/.ccenv"))
    t.refused("config", "set", "--project", "network.retries", "1")
    t.has(b"7" in t.read(mine), "it was written to")
