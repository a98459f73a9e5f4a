# SPDX-License-Identifier: MIT
"""One conda package: a record, a staging directory, and the archive made of both.

The archive is written by conda-package-handling. Everything that could differ between two runs is
fixed: file times (the record's timestamp), modes, order, owners.
"""

import hashlib
import json
import os
import stat
import zipfile

from .platform import BY_SUBDIR

# What stands in packaged files for the prefix. 255 bytes, as long as conda-forge's, so that any
# shorter prefix can be written over it in a binary.
PLACEHOLDER = ("/opt/ccenv_test_channel/_h_env_" + "placehold_" * 30)[:255]

EMPTY_SHA256 = hashlib.sha256(b"").hexdigest()
ZSTD_LEVEL = 3


class Package:
    """A package in the making. `record` is the channel record without hashes and size."""

    def __init__(self, work, record, *, suffix=".conda", summary="", entry_points=None):
        self.record = dict(record)
        self.run_exports = self.record.pop("run_exports", None)
        self.name = record["name"]
        self.stem = "{name}-{version}-{build}".format(**record)
        self.suffix = suffix
        self.summary = summary
        self.entry_points = entry_points
        self.root = os.path.join(work, record["subdir"], self.stem)
        os.makedirs(self.root)

    def path(self, rel):
        """Absolute path of `rel` in the staging directory; its parent exists afterwards."""
        full = os.path.join(self.root, rel)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        return full

    def take(self, source, rel, mode=None):
        """Moves the file or link `source` in as `rel`."""
        full = self.path(rel)
        os.rename(source, full)
        if mode is not None:
            os.chmod(full, mode)
        return full

    def link(self, rel, target):
        os.symlink(target, self.path(rel))

    def text(self, rel, content, mode=0o644):
        full = self.path(rel)
        with open(full, "w", encoding="utf-8") as f:
            f.write(content)
        os.chmod(full, mode)

    def job(self, outdir):
        """What write() needs, as plain data for another process."""
        return {
            "root": self.root,
            "record": self.record,
            "run_exports": self.run_exports,
            "summary": self.summary,
            "entry_points": self.entry_points,
            "out": os.path.join(outdir, self.record["subdir"], self.stem + self.suffix),
        }


def _files(root):
    found = []
    for base, dirs, names in os.walk(root):
        links = [d for d in dirs if os.path.islink(os.path.join(base, d))]
        found += [os.path.relpath(os.path.join(base, n), root) for n in names + links]
        dirs[:] = [d for d in dirs if d not in links]
    return sorted(found)


def _inside(root, full):
    """The link's target if it is a file of this package, else None."""
    target = os.path.realpath(full)
    ok = target.startswith(os.path.realpath(root) + os.sep) and os.path.isfile(target)
    return target if ok else None


def _sha256(path):
    with open(path, "rb") as f:
        return hashlib.file_digest(f, "sha256").hexdigest() if hasattr(hashlib, "file_digest") \
            else hashlib.sha256(f.read()).hexdigest()


def _entry(root, rel):
    """The path's entry in info/paths.json."""
    full = os.path.join(root, rel)
    if os.path.islink(full):
        target = _inside(root, full)
        return {
            "_path": rel,
            "path_type": "softlink",
            "sha256": _sha256(target) if target else EMPTY_SHA256,
            "size_in_bytes": os.path.getsize(target) if target else 0,
        }
    entry = {"_path": rel, "path_type": "hardlink"}
    with open(full, "rb") as f:
        data = f.read()
    if PLACEHOLDER.encode() in data:
        entry["file_mode"] = "binary" if b"\0" in data else "text"
        entry["prefix_placeholder"] = PLACEHOLDER
    entry["sha256"] = hashlib.sha256(data).hexdigest()
    entry["size_in_bytes"] = len(data)
    return entry


def _dump(root, name, value):
    with open(os.path.join(root, "info", name), "w", encoding="utf-8") as f:
        if isinstance(value, str):
            f.write(value)
        else:
            json.dump(value, f, indent=2, sort_keys=True)
            f.write("\n")


def _write_info(job, paths):
    root, record = job["root"], job["record"]
    index = {k: v for k, v in record.items() if v is not None}
    index.setdefault("constrains", [])
    if record["subdir"] == "noarch":
        index.update(arch=None, platform=None)
    else:
        index.update(arch=BY_SUBDIR[record["subdir"]].cpu, platform="linux")
    os.mkdir(os.path.join(root, "info"))
    _dump(root, "index.json", index)
    _dump(root, "paths.json", {"paths": paths, "paths_version": 1})
    _dump(root, "files", "".join(p["_path"] + "\n" for p in paths))
    prefixed = [p for p in paths if "prefix_placeholder" in p]
    if prefixed:
        _dump(root, "has_prefix", "".join(
            '{prefix_placeholder} {file_mode} {_path}\n'.format(**p) for p in prefixed))
    _dump(root, "about.json", {
        "license": record.get("license"),
        "summary": job["summary"],
        "description": "A package of ccenv's test channel; see tests/channel/README.md.",
    })
    if record.get("noarch"):
        noarch = {"type": record["noarch"]}
        if job["entry_points"]:
            noarch["entry_points"] = job["entry_points"]
        _dump(root, "link.json", {"noarch": noarch, "package_metadata_version": 1})
    if job["run_exports"]:
        _dump(root, "run_exports.json", job["run_exports"])


def _settle(root, names, when):
    """Fixed modes and times."""
    for rel in names:
        full = os.path.join(root, rel)
        if not os.path.islink(full):
            executable = os.stat(full).st_mode & stat.S_IXUSR
            os.chmod(full, 0o755 if executable else 0o644)
        os.utime(full, (when, when), follow_symlinks=False)


def write(job):
    """Makes the archive job["out"]. Runs in a worker process."""
    from conda_package_handling import api

    root = job["root"]
    paths = [_entry(root, rel) for rel in _files(root)]
    _write_info(job, paths)
    names = sorted(_files(root), key=lambda n: (not n.startswith("info" + os.sep), n))
    when = job["record"]["timestamp"] // 1000
    _settle(root, names, when)
    _fix_zip()
    kw = {"compression_level": ZSTD_LEVEL} if job["out"].endswith(".conda") else {}
    os.makedirs(os.path.dirname(job["out"]), exist_ok=True)
    api.create(root, names, os.path.basename(job["out"]), os.path.dirname(job["out"]), **kw)
    os.utime(job["out"], (when, when))
    return job["out"]


def _fix_zip():
    """Makes zipfile's output depend on neither the clock nor the version of Python."""
    if getattr(zipfile.ZipFile, "_fixed", False):
        return
    plain_writestr, plain_header = zipfile.ZipFile.writestr, zipfile.ZipInfo.FileHeader

    def writestr(self, member, data, *args, **kw):
        # Members written from memory are stamped with the clock; give them zip's first day.
        if not isinstance(member, zipfile.ZipInfo):
            member = zipfile.ZipInfo(member)
            member.external_attr = 0o644 << 16
        return plain_writestr(self, member, data, *args, **kw)

    def header(self, zip64=None):
        # From Python 3.11.4 on a zip64 member says so: version 4.5 and no sizes outside the extra
        # field. Most of conda-forge's packages look like that.
        data = bytearray(plain_header(self, zip64))
        if zip64:
            self.extract_version = self.create_version = data[4] = zipfile.ZIP64_VERSION
            data[18:26] = b"\xff" * 8
        return bytes(data)

    zipfile.ZipFile.writestr = writestr
    zipfile.ZipInfo.FileHeader = header
    zipfile.ZipFile._fixed = True
