# SPDX-License-Identifier: MIT
"""records.py ARCHIVE… > records.json: repodata records of package files, for the installer test program.

What an index would say is read from the archives themselves (info/index.json), with the file's hashes and size.
"""

import hashlib
import io
import json
import pathlib
import sys
import tarfile
import zipfile


def read_index(path):
    """info/index.json of a .conda or .tar.bz2."""
    if path.suffix == ".conda":
        # Only the conda format needs zstd; it comes with conda-package-handling.
        from conda_package_streaming.package_streaming import stream_conda_info

        for tar, member in stream_conda_info(str(path)):
            if member.name == "info/index.json":
                return json.load(tar.extractfile(member))
    else:
        with tarfile.open(path) as tar:
            return json.load(tar.extractfile("info/index.json"))
    raise SystemExit(f"{path}: no info/index.json")


def record(path, base_url=None):
    path = pathlib.Path(path).resolve()
    data = path.read_bytes()
    channel = base_url or "file://" + str(path.parent.parent)
    out = dict(read_index(path))
    out["subdir"] = path.parent.name
    out["fn"] = path.name
    out["channel"] = channel
    out["url"] = f"{channel}/{path.parent.name}/{path.name}"
    out["sha256"] = hashlib.sha256(data).hexdigest()
    out["md5"] = hashlib.md5(data).hexdigest()
    out["size"] = len(data)
    return out


if __name__ == "__main__":
    json.dump([record(p) for p in sys.argv[1:]], sys.stdout, indent=1)
