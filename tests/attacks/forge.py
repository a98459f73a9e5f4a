# SPDX-License-Identifier: MIT
"""Forges packages, archives and channels, good ones and hostile ones, with the standard library alone.

zstd data is written as raw or run-length blocks: valid frames, without a compressor, and ideal for bombs.
"""
import bz2
import hashlib
import io
import json
import os
import struct
import tarfile
import zlib

BLOCK = 128 << 10


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def md5(data):
    return hashlib.md5(data).hexdigest()


def _blocks(pieces):
    """(last, type, regenerated size, bytes) -> block headers and bodies."""
    return b"".join(struct.pack("<I", last | kind << 1 | size << 3)[:3] + body for last, kind, size, body in pieces)


def zstd(data):
    """A frame of raw blocks, with its size in the header."""
    pieces = [data[i:i + BLOCK] for i in range(0, len(data), BLOCK)] or [b""]
    body = _blocks((i == len(pieces) - 1, 0, len(p), p) for i, p in enumerate(pieces))
    return b"\x28\xb5\x2f\xfd\x80\x38" + struct.pack("<I", len(data)) + body


def zstd_bomb(size, head=b"", byte=b"\0"):
    """A frame that begins with `head` and inflates to `size` more bytes; the size is not in its header."""
    runs = [(0, 1, min(BLOCK, size - at), byte) for at in range(0, size, BLOCK)]
    raw = [(0, 0, len(head[i:i + BLOCK]), head[i:i + BLOCK]) for i in range(0, len(head), BLOCK)]
    return b"\x28\xb5\x2f\xfd\x00\x38" + _blocks(raw + runs + [(1, 0, 0, b"")])


class Entry:
    """A member of a tar."""
    KINDS = {"file": tarfile.REGTYPE, "dir": tarfile.DIRTYPE, "link": tarfile.SYMTYPE, "hard": tarfile.LNKTYPE,
             "fifo": tarfile.FIFOTYPE, "chr": tarfile.CHRTYPE, "blk": tarfile.BLKTYPE}

    def __init__(self, name, data=b"", kind="file", target="", mode=0o644):
        self.name, self.kind, self.target, self.mode = name, kind, target, mode
        self.data = data.encode() if isinstance(data, str) else data

    def info(self):
        info = tarfile.TarInfo(self.name)
        info.type, info.mode, info.linkname, info.mtime = self.KINDS[self.kind], self.mode, self.target, 1_600_000_000
        info.size = len(self.data) if self.kind == "file" else 0
        info.devmajor, info.devminor = 1, 3
        return info


def tar(entries):
    out = io.BytesIO()
    for e in entries:
        info = e.info()
        out.write(info.tobuf(tarfile.GNU_FORMAT, "utf-8", "surrogateescape"))
        if info.size:
            out.write(e.data + bytes(-info.size % 512))
    return out.getvalue() + bytes(1024)


def zip_of(members, central=None, method=0, flags=0):
    """A zip of stored members; `central` lists the indexes that its directory has (default: all)."""
    out, directory = b"", b""
    for i, (name, data) in enumerate(members):
        name = name.encode() if isinstance(name, str) else name
        packed = data
        if method == 8:
            z = zlib.compressobj(9, zlib.DEFLATED, -15)
            packed = z.compress(data) + z.flush()
        fields = struct.pack("<HHHHHIII", 20, flags, method, 0, 0x21, zlib.crc32(data), len(packed), len(data))
        if central is None or i in central:
            directory += (b"PK\x01\x02" + struct.pack("<H", 20) + fields +
                          struct.pack("<HHHHHII", len(name), 0, 0, 0, 0, 0, len(out)) + name)
        out += b"PK\x03\x04" + fields + struct.pack("<HH", len(name), 0) + name + packed
    n = len(members) if central is None else len(central)
    return out + directory + b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, n, n, len(directory), len(out), 0)


class Package:
    """A package; change its parts before pack()."""

    def __init__(self, name="p", version="1.0", build="0", depends=(), subdir="noarch", files=None, **record):
        self.name, self.version, self.build, self.subdir = name, version, build, subdir
        self.entries = [Entry(path, data) for path, data in (files or {"share/x": "genuine\n"}).items()]
        self.record = {"name": name, "version": version, "build": build, "build_number": 0, "depends": list(depends),
                       "subdir": subdir, "license": "MIT", "timestamp": 1_600_000_000_000, **record}
        if subdir == "noarch":
            self.record.setdefault("noarch", "generic")
        self.paths = None        # the list of paths.json; None: made from the entries
        self.info = {}           # info/NAME -> bytes, text, an Entry, or None to leave it out
        self.info_tail = []      # further entries of the info tar
        self.members = None      # of the zip, from the usual ones: function(list) -> list
        self.packed = None       # the bytes, when they are not to be made

    @property
    def stem(self):
        return f"{self.name}-{self.version}-{self.build}"

    def add(self, name, data=b"", kind="file", target="", mode=0o644):
        self.entries.append(Entry(name, data, kind, target, mode))
        return self

    def path_list(self):
        out = []
        for e in self.entries:
            if e.kind == "file":
                out.append({"_path": e.name, "path_type": "hardlink", "sha256": sha256(e.data),
                            "size_in_bytes": len(e.data)})
            elif e.kind == "link":
                out.append({"_path": e.name, "path_type": "softlink"})
        return out

    def info_entries(self):
        paths = self.path_list() if self.paths is None else self.paths
        usual = {"index.json": json.dumps({k: v for k, v in self.record.items() if k not in ("md5", "sha256", "size")}),
                 "paths.json": json.dumps({"paths_version": 1, "paths": paths})}
        entries = []
        for name, what in {**usual, **self.info}.items():
            if isinstance(what, Entry):
                entries.append(what)
            elif what is not None:
                entries.append(Entry("info/" + name, what))
        return entries + self.info_tail

    def conda(self):
        members = [("metadata.json", b'{"conda_pkg_format_version": 2}'),
                   (f"pkg-{self.stem}.tar.zst", zstd(tar(self.entries))),
                   (f"info-{self.stem}.tar.zst", zstd(tar(self.info_entries())))]
        return zip_of(self.members(members) if self.members else members)

    def tar_bz2(self):
        return bz2.compress(tar(self.entries + self.info_entries()), 1)


PROFILE = """TOP              = $(_HERE_)/../$(_TARGET_DIR_)
LD_LIBRARY_PATH += $(TOP)/lib:
INCLUDES        += "-I$(TOP)/include" $(_SPACE_)
LIBRARIES       =+ $(_SPACE_) "-L$(TOP)/lib"
"""


def toolkit(name="p", **more):
    """A package with an nvcc, so that a root gets a view and all build files."""
    p = Package(name, subdir="linux-64", **more)
    return p.add("bin/nvcc", "#!/bin/sh\n", mode=0o755).add("bin/nvcc.profile", PROFILE)


class Channel:
    """A channel in a directory."""

    def __init__(self, path):
        self.path, self.url = path, "file://" + path
        self.records = {"noarch": {}, "linux-64": {}}
        self.info = {}

    def add(self, package, form=".conda", **record):
        """Packs it into the channel and its index; returns the bytes."""
        if package.packed is not None:
            data = package.packed
        else:
            data = package.conda() if form == ".conda" else package.tar_bz2()
        fn = package.stem + form
        os.makedirs(os.path.join(self.path, package.subdir), exist_ok=True)
        with open(os.path.join(self.path, package.subdir, fn), "wb") as f:
            f.write(data)
        self.records[package.subdir][fn] = {**package.record, "sha256": sha256(data), "md5": md5(data),
                                            "size": len(data), **record}
        self.write()
        return data

    def repodata(self, subdir):
        records = self.records[subdir]
        return {"info": {"subdir": subdir, **self.info}, "repodata_version": 2,
                "packages": {k: v for k, v in records.items() if k.endswith(".tar.bz2")},
                "packages.conda": {k: v for k, v in records.items() if k.endswith(".conda")}}

    def write(self):
        for subdir in self.records:
            self.put(subdir + "/repodata.json", json.dumps(self.repodata(subdir)))

    def put(self, name, data):
        path = os.path.join(self.path, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as f:
            f.write(data.encode() if isinstance(data, str) else data)


def msgpack(x):
    """What a shard needs of msgpack."""
    if x is None:
        return b"\xc0"
    if isinstance(x, bool):
        return b"\xc3" if x else b"\xc2"
    if isinstance(x, int):
        return b"\xcf" + struct.pack(">Q", x)
    if isinstance(x, str):
        x = x.encode("utf-8", "surrogateescape")
        return b"\xdb" + struct.pack(">I", len(x)) + x
    if isinstance(x, bytes) and len(x) < 256:
        return b"\xc4" + bytes([len(x)]) + x
    if isinstance(x, bytes):
        return b"\xc6" + struct.pack(">I", len(x)) + x
    if isinstance(x, dict):
        return b"\xdf" + struct.pack(">I", len(x)) + b"".join(msgpack(k) + msgpack(v) for k, v in x.items())
    return b"\xdd" + struct.pack(">I", len(x)) + b"".join(map(msgpack, x))
