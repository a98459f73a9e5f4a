# SPDX-License-Identifier: MIT
"""Hostile indexes and records."""
import json
import os

from forge import Package, md5, msgpack, sha256, zstd, zstd_bomb
from place import attack, variants

MIB = 1 << 20
CONTROLS = "".join(map(chr, [*range(1, 32), *range(127, 160)]))
FORGED = "x\nforged line\r\nforged too\x1b]0;title\x07\x1b[2J" + CONTROLS


def _one(t, **record):
    """A channel whose only record of p has these fields."""
    p = Package()
    t.channel().add(p, **record)
    t.manifest()


# --- the form of the file

@variants("index", [
    ("index.not-json", "repodata.json is not JSON", "refused", "{"),
    ("index.html", "repodata.json is a page", "refused", "<html>welcome to our portal</html>"),
    ("index.empty", "repodata.json is empty", "refused, or no package", ""),
    ("index.list", "repodata.json is a list", "refused", "[]"),
    ("index.nested", "repodata.json is nested a million deep", "refused, in little memory", "[" * 1000000),
    ("index.nested-record", "a record is nested 100,000 deep", "refused, or no package",
     '{"packages.conda":{"p-1.0-0.conda":{"name":"p","version":"1.0","depends":' + "[" * 100000 + "]" * 100000 + "}}}"),
    ("index.long-key", "a key of 2 MB", "refused", '{"' + "k" * 2 * MIB + '":1}'),
    ("index.long-record", "a record of 8 MB", "refused, or no package", '{"packages.conda":{"p-1.0-0.conda":{"name":"' + "p" * 8 * MIB + '"}}}'),
    ("index.truncated", "repodata.json is cut off in a record", "refused", '{"packages.conda":{"p-1.0-0.conda":{"name":"p","ver'),
    ("index.bad-utf8", "text that is not UTF-8", "refused, or no package; not printed raw", b'{"packages.conda":{"p-1.0-0.conda":{"name":"p\xff\xfe","version":"1.0"}}}'),
    ("index.numbers", "numbers beyond all bounds", "refused, or no package",
     '{"packages.conda":{"p-1.0-0.conda":{"name":"p","version":"1.0","build":"0","build_number":1e999,"size":-5,"timestamp":1e400,"depends":[]}}}'),
])
def _(t, text):
    t.manifest()
    t.channel().put("noarch/repodata.json", text)
    t.cheap(t.refused("lock", timeout=20), 5, 300)


@variants("index", [
    ("index.zst-bomb", "repodata.json.zst of 100 kB that inflates to 10 GB", "refused, in little memory", zstd_bomb(10 << 30, b'{"packages":{', b" ")),
    ("index.zst-bomb-key", "the same within a key", "refused, in little memory", zstd_bomb(1 << 30, b'{"', b"k")),
    ("index.zst-bomb-record", "the same within a record", "refused, in little memory", zstd_bomb(1 << 30, b'{"packages":{"p-1.0-0.conda":{"name":"', b"k")),
    ("index.zst-truncated", "repodata.json.zst that is cut off", "refused", zstd(b'{"packages":{}}')[:-4]),
    ("index.zst-garbage", "repodata.json.zst that is no zstd", "refused", b"\x1f\x8b\x08 not zstd at all"),
])
def _(t, data):
    t.manifest()
    t.channel().put("noarch/repodata.json.zst", data)
    os.remove(t.path("chan/noarch/repodata.json"))
    t.cheap(t.refused("lock", timeout=60), 60, 900)


# --- shards

def _shards(t, shard, index=None, name="p"):
    """A sharded channel; `shard` are the bytes of the shard of `name`."""
    t.manifest()
    chan = t.channel()
    digest = bytes.fromhex(sha256(shard))
    body = index or {"info": {"subdir": "noarch", "base_url": "", "shards_base_url": ""}, "version": 1, "shards": {name: digest}}
    empty = {"info": {"subdir": "linux-64", "base_url": "", "shards_base_url": ""}, "version": 1, "shards": {}}
    chan.put("noarch/repodata_shards.msgpack.zst", body if isinstance(body, bytes) else zstd(msgpack(body)))
    chan.put("linux-64/repodata_shards.msgpack.zst", zstd(msgpack(empty)))
    chan.put(f"noarch/{digest.hex()}.msgpack.zst", shard)
    for subdir in ("noarch", "linux-64"):
        path = t.path("chan", subdir, "repodata.json")
        if os.path.exists(path):
            os.remove(path)


def _shard(**record):
    p = Package()
    r = {**p.record, "sha256": bytes(32), "md5": bytes(16), "size": 1, **record}
    return zstd(msgpack({"packages": {}, "packages.conda": {"p-1.0-0.conda": r}, "removed": []}))


@attack("index", "shard.control", "none: a good sharded index", "locks")
def _(t):
    _shards(t, _shard())
    t.done("lock")


@variants("index", [
    ("shard.other-bytes", "a shard whose bytes are not those of its name", "refused", lambda t: t.channel().put(
        f"noarch/{sha256(_shard())}.msgpack.zst", _shard(version="6.6.6"))),
    ("shard.absent", "a shard that is not there", "refused, or the next form of the index", lambda t: os.remove(t.path(f"chan/noarch/{sha256(_shard())}.msgpack.zst"))),
])
def _(t, change):
    _shards(t, _shard())
    change(t)
    t.refused("lock")
    t.has(not os.path.exists(t.path("work/ccenv.lock")), "a lock was written")


@variants("index", [
    ("shard.bomb", "a shard of 100 kB that inflates to 10 GB", "refused, in little memory", zstd_bomb(10 << 30)),
    ("shard.garbage", "a shard that is no msgpack", "refused", zstd(b"\xc1\xc1\xc1")),
    ("shard.nested", "a shard nested a million deep", "refused", zstd(b"\x91" * 1000000)),
    ("shard.huge-map", "a shard that claims 4 billion keys", "refused, in little memory", zstd(b"\xdf\xff\xff\xff\xff")),
    ("shard.huge-text", "a shard that claims a text of 4 GB", "refused, in little memory", zstd(b"\x81\xdb\xff\xff\xff\xff")),
    ("shard.truncated", "a shard that is cut off", "refused", _shard()[:-9]),
])
def _(t, shard):
    _shards(t, shard)
    t.cheap(t.refused("lock", timeout=30), 10, 400)


@variants("index", [
    ("shards.bomb", "an index of shards of 100 kB that inflates to 10 GB", "refused, in little memory", zstd_bomb(10 << 30)),
    ("shards.huge-map", "an index of shards that claims 4 billion names", "refused, in little memory", zstd(b"\x81\xa6shards\xdf\xff\xff\xff\xff")),
    ("shards.short-hash", "a hash of 3 bytes", "refused", zstd(msgpack({"info": {"subdir": "noarch", "base_url": "", "shards_base_url": ""}, "shards": {"p": b"abc"}}))),
    ("shards.file-base", "shards_base_url is file:///etc", "refused, or nothing is read there", zstd(msgpack(
        {"info": {"subdir": "noarch", "base_url": "", "shards_base_url": "file:///etc/"}, "shards": {"p": bytes(32)}}))),
    ("shards.escape-base", "shards_base_url with an escape sequence", "refused; not printed raw", zstd(msgpack(
        {"info": {"subdir": "noarch", "base_url": "", "shards_base_url": "http://127.0.0.1:1/\x1b[2J\n" + "forged"}, "shards": {"p": bytes(32)}}))),
])
def _(t, index):
    _shards(t, _shard(), index)
    t.cheap(t.refused("lock", timeout=60, env={"CCENV_NET_RETRIES": "0"}), 30, 900)


# --- what a record may say

@variants("index", [
    ("record.name-path", "a name that is a path", "left out", dict(name="../../p")),
    ("record.name-empty", "an empty name", "left out", dict(name="")),
    ("record.name-other", "a name that is not that of the file", "left out", dict(name="q")),
    ("record.version-other", "a version that is not that of the file", "left out", dict(version="2.0")),
    ("record.version-path", "a version that is a path", "left out", dict(version="../1")),
    ("record.version-long", "a version of 100 kB", "left out", dict(version="1." * 50000 + "1")),
    ("record.build-path", "a build that is a path", "left out", dict(build="../0")),
    ("record.sha256-path", "a sha256 that is a path", "left out", dict(sha256="../../../../../etc/passwd")),
    ("record.sha256-short", "a sha256 of 10 digits", "left out", dict(sha256="0123456789")),
    ("record.depends-garbage", "a dependency that nobody can read", "left out, with the reason", dict(depends=["p >="])),
    ("record.depends-long", "a dependency of 100 kB", "left out", dict(depends=["q " + "1," * 50000 + "1"])),
    ("record.depends-parens", "a dependency with 10,000 parentheses", "left out", dict(depends=["q " + "(" * 10000 + "1" + ")" * 10000])),
])
def _(t, record):
    _one(t, **record)
    t.cheap(t.refused("lock"), 5, 300)
    t.has(not os.path.exists(t.path("work/ccenv.lock")), "a lock was written")


@variants("index", [
    ("text.name", "control bytes and newlines in a name", "not printed raw", dict(name=FORGED)),
    ("text.version", "in a version", "not printed raw", dict(version=FORGED)),
    ("text.build", "in a build", "not printed raw", dict(build=FORGED)),
    ("text.depends", "in a dependency", "not printed raw", dict(depends=[FORGED])),
    ("text.depends-version", "in the version of a dependency", "not printed raw", dict(depends=["q >=" + FORGED])),
    ("text.depends-channel", "in the channel of a dependency", "not printed raw", dict(depends=[FORGED + "::q"])),
    ("text.constrains", "in constrains", "not printed raw", dict(constrains=["p " + FORGED])),
    ("text.license", "in the license", "not printed raw", dict(license=FORGED)),
    ("text.features", "in track_features", "not printed raw", dict(track_features=FORGED)),
    ("text.noarch", "in noarch", "not printed raw", dict(noarch=FORGED)),
    ("text.subdir", "in subdir", "not printed raw", dict(subdir=FORGED)),
    ("text.site-packages", "in python_site_packages_path", "not printed raw", dict(python_site_packages_path="lib/" + FORGED)),
])
def _(t, record):
    _one(t, **record)
    for args in (("lock", "-vv"), ("list",), ("list", "--json"), ("install", "-vv", "--prefix", t.path("prefix"))):
        t.either(*args)
    history = t.path("prefix/conda-meta/history")
    if os.path.exists(history):
        t.has(b"\nforged" not in t.read(history), "a forged line in the history")


@variants("index", [
    ("text.base-url", "control bytes in base_url", "not printed raw", "http://127.0.0.1:1/" + FORGED),
    ("text.base-url-relative", "control bytes in a relative base_url", "not printed raw", "x/" + FORGED),
])
def _(t, base):
    t.channel().info = {"base_url": base}
    _one(t)
    for args in (("lock", "-vv"), ("list",), ("install", "-vv", "--prefix", t.path("prefix"))):
        t.either(*args, env={"CCENV_NET_RETRIES": "0"})


@attack("index", "text.file-name", "control bytes in a file name", "not printed raw")
def _(t):
    p = Package()
    t.channel().add(p)
    record = t.channel().records["noarch"].pop(p.stem + ".conda")
    t.channel().records["noarch"][FORGED + ".conda"] = record
    t.channel().write()
    t.manifest()
    t.either("lock", "-vv")


@variants("index", [
    ("base-url.file", "the index of an http channel says base_url file:///etc", "refused", "file:///etc/"),
    ("base-url.ftp", "base_url is ftp", "refused", "ftp://127.0.0.1/"),
    ("base-url.up", "base_url with ..", "refused, or no file above the channel is read", "../../../../etc"),
    ("base-url.user", "base_url with a user and a password", "refused, or neither is in the lock", "http://user:S3CRET@127.0.0.1:1/"),
])
def _(t, base):
    from place import serve
    chan = t.channel()
    chan.info = {"base_url": base}
    chan.add(Package())
    s = t.server(serve(t.path("chan")))
    t.manifest(channels=[s.url])
    r = t.either("lock", env={"CCENV_NET_RETRIES": "0"})
    if r.rc == 0:
        t.has(b"S3CRET" not in t.read("work/ccenv.lock"), "the password is in the lock")
        t.refused("install", "--prefix", t.path("prefix"), env={"CCENV_NET_RETRIES": "0"})


# --- expressions

HARD = "^" + "(a*)*" * 20 + "b$"


@variants("index", [
    ("regex.version", "a version that is a regular expression of exponential cost", "refused, or matched within 3 seconds", "q " + HARD),
    ("regex.build", "a build that is one", "refused, or matched within 3 seconds", "q * " + HARD),
    ("regex.bracket", "one in brackets", "refused, or matched within 3 seconds", f"q[build='{HARD}']"),
    ("regex.alternation", "nested alternations", "refused, or matched within 3 seconds", "q * ^((a|aa)+)+b$"),
    ("regex.count", "a counted repetition", "refused, or matched within 3 seconds", "q * ^((a{1,50}){1,50}){1,50}b$"),
    ("regex.back-reference", "a back reference", "refused, or matched within 3 seconds", r"q * ^(a*)\1\1\1\1b$"),
    ("regex.glob", "a glob of 60 stars", "matched within 3 seconds", "q * " + "*a" * 60 + "*b"),
    ("regex.glob-version", "a version of 30 stars", "refused, or matched within 3 seconds", "q " + "*.1" * 30),
])
def _(t, depends):
    t.channel().add(Package(depends=[depends]))
    for i in range(30):
        t.channel().records["noarch"][f"q-{i}-{'a' * 60}{i}.conda"] = {**Package("q", str(i), "a" * 60 + str(i)).record, "sha256": "0" * 64}
    t.channel().write()
    t.manifest()
    t.cheap(t.either("lock", timeout=20), 3, 300)


@attack("index", "solver.pigeons", "records that ask to seat eleven in ten places", "an answer or a refusal within 30 seconds", slow=True)
def _(t):
    n = 10
    chan = t.channel()
    depends = [f"pigeon{i}" for i in range(n + 1)]
    records = {Package("p").stem + ".conda": Package("p", depends=depends).record}
    for i in range(n + 1):
        for hole in range(n):
            q = Package(f"pigeon{i}", str(hole + 1), "0", [f"hole{hole} {i}.*"])
            records[q.stem + ".conda"] = q.record
    for hole in range(n):
        for i in range(n + 1):
            q = Package(f"hole{hole}", str(i), "0")
            records[q.stem + ".conda"] = q.record
    chan.records["noarch"] = {k: {**v, "sha256": sha256(k.encode()), "size": 1} for k, v in records.items()}
    chan.write()
    t.manifest()
    t.refused("lock", timeout=40)


@attack("index", "md5-only", "an index with md5 only", "`lock` says so; no lock that cannot be read")
def _(t):
    data = t.channel().add(Package())
    record = t.channel().records["noarch"]["p-1.0-0.conda"]
    del record["sha256"]
    record["md5"] = md5(data)
    t.channel().write()
    t.manifest()
    r = t.either("lock")
    if r.rc == 0:
        t.done("install", "--locked", "--prefix", t.path("prefix"))
    else:
        t.has(not os.path.exists(t.path("work/ccenv.lock")), "a lock was written")
        t.has("sha256" in r.err, f"the message does not say what is missing\n{r}")


@variants("index", [
    ("hash.sha256", "the index has another sha256 than the file", "refused", dict(sha256="0" * 64)),
    ("hash.size-less", "the index has a smaller size than the file", "refused, or the sha256 decides", dict(size=10)),
    ("hash.size-more", "the index has a larger size than the file", "refused, or the sha256 decides", dict(size=10**6)),
    ("hash.size-huge", "the index has a size of 2^62", "refused, or the sha256 decides; no room is made for it", dict(size=1 << 62)),
])
def _(t, record):
    _one(t, **record)
    t.done("lock", "-q")
    r = t.either("install", "--prefix", t.path("prefix"))
    if "sha256" in record:
        t.has(r.rc != 0, f"should have been refused\n{r}")
        t.nothing_left()


@variants("index", [
    ("fifo.repodata", "repodata.json of a file:// channel is a fifo", "refused at once", "noarch/repodata.json"),
    ("fifo.repodata-zst", "repodata.json.zst is a fifo", "refused at once", "noarch/repodata.json.zst"),
    ("fifo.shards", "the index of shards is a fifo", "refused at once", "noarch/repodata_shards.msgpack.zst"),
    ("fifo.package", "the package is a fifo", "refused at once", "noarch/p-1.0-0.conda"),
    ("device.repodata", "repodata.json is a link to /dev/zero", "refused at once", "/dev/zero"),
    ("device.package", "the package is a link to /dev/zero", "refused at once", "/dev/zero "),
])
def _(t, name):
    t.channel().add(Package())
    t.manifest()
    if "p-1.0" in name or name.endswith(" "):
        t.done("lock", "-q")
    path = t.path("chan", name) if not name.startswith("/dev") else t.path("chan/noarch", "p-1.0-0.conda" if name.endswith(" ") else "repodata.json")
    if os.path.exists(path):
        os.remove(path)
    if name.startswith("/dev"):
        os.symlink("/dev/zero", path)
    else:
        os.mkfifo(path)
        if name.endswith((".zst",)):
            os.remove(t.path("chan/noarch/repodata.json"))
    r = t.either("install", "--prefix", t.path("prefix"), timeout=8)
    t.cheap(r, 5, 300)
    t.has(r.rc != 0, f"should have been refused\n{r}")
