# SPDX-License-Identifier: MIT
"""Package sets that stress the formats, for comparing what installers make of them.

Good packages are written by conda's own tool (conda-package-handling), from trees made here; what that tool cannot write
(hard links in the tar, members in another order) is put together by hand.
"""

import hashlib
import io
import json
import os
import pathlib
import shutil
import tarfile
import zipfile

import backports.zstd as zstd
from conda_package_handling import api as cph

import records

PLACEHOLDER = "/" + "ccenv_placehold_" * 15 + "_placehold_plac"  # 255 characters and a slash before
PLACEHOLDER = PLACEHOLDER[:255]
MTIME = 1700000000


class File:
    def __init__(self, data=b"", mode=0o644, placeholder=None, no_link=False):
        self.data = data.encode() if isinstance(data, str) else data
        self.mode, self.placeholder, self.no_link = mode, placeholder, no_link


class Link:
    def __init__(self, target):
        self.target = target


class Dir:
    pass


def paths_json(files):
    paths = []
    for path, f in files.items():
        o = {"_path": path, "path_type": "hardlink"}
        if isinstance(f, Link):
            o["path_type"] = "softlink"
            data = b""
        elif isinstance(f, Dir):
            paths.append({"_path": path, "path_type": "directory"})
            continue
        else:
            data = f.data
            if f.placeholder:
                o["prefix_placeholder"] = PLACEHOLDER
                o["file_mode"] = f.placeholder
            if f.no_link:
                o["no_link"] = True
        o["sha256"] = hashlib.sha256(data).hexdigest()
        o["size_in_bytes"] = len(data)
        paths.append(o)
    return {"paths_version": 1, "paths": paths}


class Package:
    """A tree with its info/, and how it is to be packed."""

    def __init__(self, name, files, version="1.0", build="0", depends=(), noarch=None,
                 entry_points=(), old_lists=False, subdir="noarch", extra=None):
        self.name, self.version, self.build, self.files = name, version, build, files
        self.subdir, self.old_lists = subdir, old_lists
        index = {"name": name, "version": version, "build": build, "build_number": 0,
                 "depends": list(depends), "subdir": subdir, "timestamp": MTIME * 1000}
        if noarch:
            index["noarch"] = noarch
        index.update(extra or {})
        self.info = {"info/index.json": File(json.dumps(index)),
                     "info/about.json": File("{}")}
        if old_lists:
            self.info.update(self._old_lists())
        else:
            self.info["info/paths.json"] = File(json.dumps(paths_json(files)))
            self.info["info/files"] = File("".join(p + "\n" for p in files))
        if noarch == "python":
            self.info["info/link.json"] = File(json.dumps({
                "package_metadata_version": 1,
                "noarch": {"type": "python", "entry_points": list(entry_points)}}))

    def _old_lists(self):
        prefix, no_link = "", ""
        for path, f in self.files.items():
            if getattr(f, "placeholder", None):
                quoted = f'"{path}"' if " " in path else path
                prefix += f"{PLACEHOLDER} {f.placeholder} {quoted}\n"
            if getattr(f, "no_link", False):
                no_link += path + "\n"
        return {"info/files": File("".join(p + "\n" for p in self.files)),
                "info/has_prefix": File(prefix), "info/no_link": File(no_link)}

    def all(self):
        return {**self.info, **self.files}

    def write_tree(self, root):
        for path, f in self.all().items():
            full = root / path
            full.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(f, Link):
                full.symlink_to(f.target)
                os.utime(full, (MTIME, MTIME), follow_symlinks=False)
            elif isinstance(f, Dir):
                full.mkdir()
            else:
                full.write_bytes(f.data)
                full.chmod(f.mode)
                os.utime(full, (MTIME, MTIME))

    def pack(self, channel, ext):
        out = channel / self.subdir
        out.mkdir(parents=True, exist_ok=True)
        fn = f"{self.name}-{self.version}-{self.build}{ext}"
        tree = channel / "tree"
        shutil.rmtree(tree, ignore_errors=True)
        tree.mkdir()
        self.write_tree(tree)
        cph.create(str(tree), sorted(self.all()), fn, out_folder=str(out))
        shutil.rmtree(tree)
        return out / fn

    def tar(self, names, links=()):
        """A tar by hand; `links` are (path, target) hard links."""
        data = io.BytesIO()
        with tarfile.open(fileobj=data, mode="w", format=tarfile.PAX_FORMAT) as t:
            for path in names:
                f = self.all()[path]
                m = tarfile.TarInfo(path)
                m.mtime = MTIME + 0.25
                m.mode = getattr(f, "mode", 0o644)
                if isinstance(f, Link):
                    m.type, m.linkname = tarfile.SYMTYPE, f.target
                    t.addfile(m)
                elif isinstance(f, Dir):
                    m.type, m.mode = tarfile.DIRTYPE, 0o755
                    t.addfile(m)
                else:
                    m.size = len(f.data)
                    t.addfile(m, io.BytesIO(f.data))
            for path, target in links:
                m = tarfile.TarInfo(path)
                m.type, m.linkname, m.mode = tarfile.LNKTYPE, target, 0o755
                t.addfile(m)
        return data.getvalue()


def pack_by_hand(package, channel, order=("pkg", "info", "metadata"), links=()):
    out = channel / package.subdir
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"{package.name}-{package.version}-{package.build}.conda"
    stem = path.name[:-6]
    files = [p for p in package.files if p not in [link for link, _ in links]]
    members = {
        "pkg": (f"pkg-{stem}.tar.zst", zstd.compress(package.tar(files, links))),
        "info": (f"info-{stem}.tar.zst", zstd.compress(package.tar(package.info))),
        "metadata": ("metadata.json", b'{"conda_pkg_format_version": 2}'),
    }
    with open(path, "wb") as raw:
        with zipfile.ZipFile(raw, "w", zipfile.ZIP_STORED) as z:
            for key in order:
                z.writestr(*members[key])
    return path


def python_stub(version="3.12.4"):
    return Package("python", {"bin/python3.12": File("#!/bin/sh\nexec true\n", 0o755),
                              "bin/python": Link("python3.12")}, version=version)


def text_files():
    p = PLACEHOLDER
    return {
        "bin/sh-script": File(f"#!{p}/bin/sh -e\necho {p}/share\n", 0o755, "text"),
        "bin/perl-script": File(f"#! {p}/bin/perl -w\n# {p}{p}:{p}\n", 0o755, "text"),
        "bin/py-script": File(f"#!{p}/bin/python3.12\nimport sys\n", 0o755, "text"),
        "bin/py-flags": File(f"#!{p}/bin/python -Es\nprint('{p}')\n", 0o755, "text"),
        "bin/python-config": File(f"#!{p}/bin/python3-config x\n", 0o755, "text"),
        "bin/env-script": File(f"#!/usr/bin/env bash\n{p}\n", 0o755, "text"),
        "bin/no-newline": File(f"#!{p}/bin/sh", 0o755, "text"),
        "bin/crlf": File(f"#!{p}/bin/sh\r\n{p}\r\n", 0o755, "text"),
        "bin/escaped": File(f"#!{p}/bin/my\\ tool x\n", 0o755, "text"),
        "lib/x.pc": File(f"prefix={p}\nlibdir=${{prefix}}/lib\n" * 50, 0o644, "text"),
        "lib/latin1.txt": File(f"caf\xe9 {p}\n".encode("latin-1"), 0o644, "text"),
        "lib/none.txt": File("listed, but without a placeholder\n", 0o644, "text"),
        "lib/empty.txt": File("", 0o644, "text"),
    }


def binary_files():
    p = PLACEHOLDER.encode()
    return {
        "lib/one.so": File(b"\x7fELF" + p + b"/lib\0after\0", 0o755, "binary"),
        "lib/many.so": File(b"\0".join([p + b"/a", b"x" + p + b":" + p + b"/b", p, b""] * 9), 0o755,
                            "binary"),
        "lib/unended.so": File(b"\0\1\2" + p + b"/lib", 0o755, "binary"),
        "lib/split.so": File(p[:100] + b"\0" + p[100:] + b"\0", 0o755, "binary"),
        "lib/none.so": File(b"\0" * 5000, 0o755, "binary"),
        "bin/shebang": File(b"#!" + p + b"/bin/sh\0x\n", 0o755, "binary"),
    }


def wide_files():
    p = PLACEHOLDER
    codes = ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")
    out = {}
    for e in codes:
        text = (p + "/x").encode(e)
        for shift in range(4):
            out[f"lib/{e}.{shift}.bin"] = File(
                b"\0" * shift + text + b"\0\0\0\0tail" + text + b"\0\0\0\0" + p.encode() + b"\0", 0o644,
                "binary")
        out[f"lib/{e}.txt"] = File(("x " + p + "/x\n" + p).encode(e) + p.encode(), 0o644, "text")
    out["lib/mixed.bin"] = File(b"\0\0\0\0".join((p + "/" + e).encode(e) for e in codes), 0o644, "binary")
    return out


def all_sets(channel, real):
    """name -> list of package files. `real` is the folder of real archives."""
    channel.mkdir(parents=True, exist_ok=True)
    noarch, linux = real / "noarch", real / "linux-64"
    out = {}

    def pick(folder, *names):
        return [sorted(folder.glob(n + "*"))[0] for n in names]

    out["bz2"] = pick(noarch, "test-package-0.1", "_r-mutex") + [
        Package("bz2made", {**text_files(), "lib/l": Link("x.pc")}).pack(channel, ".tar.bz2")]
    out["conda"] = pick(noarch, "small-executable", "activate_deactivate", "post_link-b",
                        "post_link-c", "pre_link_messages") + pick(linux, "ripgrep")
    out["noarch-python"] = pick(noarch, "sample_noarch_python", "python-3.99.99")
    out["noarch-entry-points"] = pick(noarch, "my-webserver") + [
        python_stub().pack(channel, ".conda"),
        Package("pylib", {"site-packages/lib/__init__.py": File("x = 1\n"),
                          "site-packages/lib/data file.txt": File("d"),
                          "python-scripts/tool": File(f"#!{PLACEHOLDER}/bin/python\n", 0o755, "text"),
                          "share/pylib/x": File("x")},
                noarch="python", depends=["python"],
                entry_points=["lib-run = lib:main", "lib.sub=lib.sub.mod:Class.method"],
                ).pack(channel, ".tar.bz2")]
    # A file where another package has a directory is left out: what py-rattler makes of it changes from run to run.
    out["clobber"] = pick(noarch, "clobber-a", "clobber-b") + [
        Package("zbase", {"both": File("zbase"), "same": File("s"), "d": File("a file"),
                          "l": Link("e")}).pack(channel, ".conda"),
        Package("atop", {"both": File("atop"), "same": File("s"), "d/y": File("y"),
                         "l/z": File("z")}, depends=["zbase"],
                ).pack(channel, ".conda"),
        Package("mid", {"both": File("mid"), "only": File("mid")}, depends=["zbase >=1"],
                ).pack(channel, ".conda"),
        Package("loop-a", {"loop": File("a")}, depends=["loop-b"]).pack(channel, ".conda"),
        Package("loop-b", {"loop": File("b")}, depends=["loop-a", "zbase"]).pack(channel, ".conda"),
        Package("user", {"both": File("user")}, depends=["loop-b"]).pack(channel, ".conda")]
    out["text"] = [Package("text", text_files(), subdir="linux-64").pack(channel, ".conda")]
    out["binary"] = [Package("binary", binary_files(), subdir="linux-64").pack(channel, ".conda")]
    out["wide"] = [Package("wide", wide_files(), subdir="linux-64").pack(channel, ".conda")]
    out["links"] = [Package("links", {
        "targets/x/include/a.h": File("a"), "targets/x/lib/liba.so.1": File("a"),
        "targets/x/lib/liba.so": Link("liba.so.1"), "include": Link("targets/x/include"),
        "lib/liba.so": Link("../targets/x/lib/liba.so"), "lib64": Link("lib"),
        "dangling": Link("no/such/thing"), "other": Link("../../other-package/lib"),
        "chain": Link("lib64"), "self": Link("."), "long": Link("x/" * 1000 + "y"),
    }).pack(channel, ".conda"), Package("links-bz2", {
        "share/l": Link("../lib/liba.so"), "share/with space": Link("a b"),
        "share/\u00e9": Link("e\u0301\u00e8")}).pack(channel, ".tar.bz2")]
    out["modes"] = [Package("modes", {f"m/{m:04o}": File(oct(m), m)
                                      for m in (0o600, 0o700, 0o644, 0o755, 0o444, 0o555, 0o711,
                                                0o4755, 0o2755, 0o777, 0o610, 0o601)}
                            ).pack(channel, ext) for ext in (".conda",)]
    names = ["with space", " lead", "trail ", "\u00e9t\u00e9", "e\u0301", "\u65e5\u672c", "#hash",
             "quo\"te", "apo'strophe", "back\\slash", "star*", "-dash", ".hidden", "~tilde", "a" * 200,
             "semi;colon", "%41", "\U0001f40d"]
    files = {f"n/{n}/{n}": File(n) for n in names}
    files["/".join(["deep"] * 50) + "/f"] = File("deep")
    out["names"] = [Package("names", files).pack(channel, ".conda"),
                    Package("names-bz2", {k.replace("n/", "b/", 1): v for k, v in files.items()
                                          if not k.startswith("deep")}).pack(channel, ".tar.bz2")]
    out["old-lists"] = [Package("old", {
        **{k: v for k, v in text_files().items()}, "lib/with space.txt": File(PLACEHOLDER, 0o644, "text"),
        "lib/copy": File("copied", no_link=True), "lib/l": Link("copy"),
        "lib/b.so": File(b"\0" + PLACEHOLDER.encode() + b"\0", 0o755, "binary"),
    }, old_lists=True).pack(channel, ".tar.bz2")]
    odd = {"bin/a": File("a", 0o755), "bin/hard": File("a", 0o755), "lib/empty": File(""),
           "lib/big": File(os.urandom(1000) * 3000),
           "share/no-link": File("n", no_link=True)}  # no directories: py-rattler fails on them
    out["containers"] = [
        pack_by_hand(Package("linked", odd), channel, links=[("bin/hard", "bin/a")]),
        pack_by_hand(Package("reordered", {"r/" + k: v for k, v in odd.items()}), channel,
                     order=("metadata", "info", "pkg")),
        Package("empty", {}).pack(channel, ".conda")]
    out["many"] = [Package("many", {f"many/{i % 37}/{i}": File(f"{i}\n" * (i % 50)) for i in range(3000)}
                           ).pack(channel, ".conda")]
    return out


def write_records(files, path):
    path.write_text(json.dumps([records.record(f) for f in files], indent=1))
