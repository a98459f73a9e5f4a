# SPDX-License-Identifier: MIT
"""compare.py INSTALLER REAL_ARCHIVES [RECORDS…]: does ccenv install what py-rattler installs?

Each set is installed by both, one after the other, into the same path, and the trees are compared: names, types, link
targets, bytes, modes. Then py-rattler must read ccenv's conda-meta, and it must be as CEP 32 says (schema.py). RECORDS
are further sets (JSON, as for `installer`).

Allowed differences:
  - conda-meta/ is each program's own; the records' files and hashes are compared as data; so is CACHEDIR.TAG;
  - __clobbers__/: rattler keeps the files that lost; ccenv's prefix is never changed, so nothing brings them back;
  - of a file's mode ccenv keeps whether it can be executed (0755 or 0644), and a hard link is read-only (0555 or 0444), since
    the cache has it, too.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import rattler
from rattler.exceptions import InstallerError

import peer
import schema
import sets

PREFIXES = {
    "plain": "p",
    "long": "p" * 60 + "/" + "q" * 60,
    "space": "with space/p",
}
# Sets of packages without paths.json: nothing to check what a peer has unpacked by, so it is not taken.
NO_PATHS_JSON = {"old-lists"}
# Which sets depend on the prefix, and so are installed with each.
BY_PREFIX = {"bz2", "noarch-entry-points", "text", "binary", "old-lists"}


def scan(prefix):
    tree = {}
    for folder, dirs, files in os.walk(prefix):
        for name in dirs + files:
            path = os.path.join(folder, name)
            rel = os.path.relpath(path, prefix)
            st = os.lstat(path)
            if rel.split("/")[0] in ("conda-meta", "__clobbers__", "CACHEDIR.TAG"):
                continue
            if os.path.islink(path):
                tree[rel] = ("link", os.readlink(path), None)
            elif os.path.isdir(path):
                tree[rel] = ("dir", "", st.st_mode & 0o7777)
            else:
                with open(path, "rb") as f:
                    tree[rel] = ("file", f.read(), st.st_mode & 0o7777)
    return tree


def records_of(prefix):
    """name -> {path: (type, sha256 in the prefix)}. py-rattler must be able to read each record."""
    out = {}
    for path in sorted(pathlib.Path(prefix, "conda-meta").glob("*.json")):
        record = rattler.PrefixRecord.from_path(path)
        types = {p["_path"]: p["path_type"] for p in json.loads(path.read_text())["paths_data"]["paths"]}
        paths = {}
        for p in record.paths_data.paths:
            rel = os.fspath(p.relative_path)
            if rel.startswith("__clobbers__/") or types[rel] == "directory":
                continue
            in_prefix = p.sha256_in_prefix or p.sha256
            paths[rel] = (types[rel], in_prefix.hex() if in_prefix else None)
        out[record.name.normalized] = paths
    return out


def compare(theirs, ours):
    for rel in sorted(theirs.keys() | ours.keys()):
        a, b = theirs.get(rel), ours.get(rel)
        if not a or not b:
            yield f"{rel}: only {'rattler' if a else 'ccenv'} has it ({(a or b)[0]})"
        elif a[0] != b[0]:
            yield f"{rel}: {a[0]}, ccenv has {b[0]}"
        elif a[1] != b[1]:
            yield f"{rel}: {a[1][:300]!r}, ccenv has {b[1][:300]!r}"
        elif a[0] == "file" and b[2] not in ((0o555, 0o755) if a[2] & 0o111 else (0o444, 0o644)):
            yield f"{rel}: mode {a[2]:o}, ccenv has {b[2]:o}"
        elif a[0] == "dir" and a[2] != b[2]:
            yield f"{rel}: mode {a[2]:o}, ccenv has {b[2]:o}"


def compare_records(theirs, ours):
    for name in sorted(theirs.keys() | ours.keys()):
        if name not in theirs or name not in ours:
            yield f"conda-meta: {name} is only in one"
            continue
        a, b = theirs[name], ours[name]
        for rel in sorted(a.keys() | b.keys()):
            x, y = a.get(rel), b.get(rel)
            if x != y:
                yield f"conda-meta: {name}: {rel}: {x}, ccenv has {y}"


class Comparison:
    def __init__(self, installer, work):
        self.installer, self.work = installer, work
        self.sets = self.paths = self.failures = 0

    def install_theirs(self, records, prefix):
        """rattler links in parallel and now and then stumbles over a directory of its own."""
        for rest in (2, 1, 0):
            try:
                return peer.install(records, self.work / "peer-cache", prefix)
            except InstallerError:
                if not rest:
                    raise
                shutil.rmtree(prefix, ignore_errors=True)

    def run(self, name, records, prefix_name):
        prefix = self.work / PREFIXES[prefix_name]
        theirs_at = self.work / "theirs"
        for path in (prefix, theirs_at):
            shutil.rmtree(path, ignore_errors=True)
        prefix.parent.mkdir(parents=True, exist_ok=True)
        self.install_theirs(records, prefix)
        theirs = scan(prefix)
        their_records = records_of(prefix)
        prefix.rename(theirs_at)
        done = subprocess.run([self.installer, records, self.work / "cache", prefix],
                              stderr=subprocess.PIPE, text=True)
        found = [f"ccenv failed: {done.stderr}"] if done.returncode else []
        if not found:
            ours = scan(prefix)
            found += compare(theirs, ours)
            found += compare_records(their_records, records_of(prefix))
            found += schema.check(prefix)
            self.paths += len(ours)
            found += self.adopt(records, prefix, ours) if name not in NO_PATHS_JSON else []
        self.sets += 1
        self.failures += bool(found)
        print(f"{'FAIL' if found else 'ok'} {name} ({prefix_name}): {len(theirs)} paths")
        for line in found[:20]:
            print("    " + line)


    def adopt(self, records, prefix, ours):
        """The same once more from what py-rattler has unpacked into its cache, and without any archive."""
        elsewhere = self.work / "elsewhere.json"
        text = records.read_text() if isinstance(records, pathlib.Path) else pathlib.Path(records).read_text()
        elsewhere.write_text(text.replace("file://", "http://channel.invalid"))
        cache = self.work / "adopted-cache"
        for path in (cache, prefix):
            shutil.rmtree(path, ignore_errors=True)
        done = subprocess.run([self.installer, elsewhere, cache, prefix], stderr=subprocess.PIPE, text=True,
                              env={**os.environ, "INSTALLER_TRUST": str(self.work / "peer-cache")})
        if done.returncode:
            yield f"from rattler's cache: {done.stderr}"
        elif scan(prefix) != ours:
            yield "from rattler's cache: another tree"


def main(installer, real, *more):
    with tempfile.TemporaryDirectory(prefix="ccenv-compare-") as work:
        work = pathlib.Path(work)
        c = Comparison(installer, work)
        for name, files in sets.all_sets(work / "channel", pathlib.Path(real)).items():
            records = work / f"{name}.json"
            sets.write_records(files, records)
            for prefix in PREFIXES if name in BY_PREFIX else ["plain"]:
                c.run(name, records, prefix)
        for records in more:
            c.run(pathlib.Path(records).stem, records, "plain")
        print(f"{c.sets - c.failures} passed, {c.failures} failed ({c.paths} paths compared)")
        return 1 if c.failures else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
