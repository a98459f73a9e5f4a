# SPDX-License-Identifier: MIT
"""schema.py PREFIX…: does conda-meta hold what CEP 32 asks for?

Written from the document (https://conda.org/learn/ceps/cep-0032, as of October 2026), not from ccenv: each key with its
type, what must agree with what, and what conda itself does with the files (the name of a record must be the record's own; a
history is read by regular expressions and its specs as a Python list).

One key is left out on purpose: package_tarball_full_path. ccenv keeps no archives, so there is no path to tell; conda and
rattler take it as optional. And packages without info/paths.json do not say what sha256 a file had before its prefix was
replaced.
"""

import ast
import datetime
import hashlib
import json
import os
import pathlib
import re
import sys

HEX64, HEX32 = re.compile(r"[0-9a-f]{64}"), re.compile(r"[0-9a-f]{32}")
KNOWN_PATH_TYPES = {"softlink", "hardlink", "directory", "pyc_file", "unix_python_entry_point",
                    "windows_python_entry_point_script", "windows_python_entry_point_exe"}
GENERATED = {"pyc_file", "unix_python_entry_point"}


def strings(v):
    return isinstance(v, list) and all(isinstance(s, str) for s in v)


def absolute(v):
    return isinstance(v, str) and os.path.isabs(v)


def number(v):
    return isinstance(v, int) and not isinstance(v, bool) and v >= 0


def text(v):
    return isinstance(v, str) and v != ""


REQUIRED = {
    "build": text, "build_number": number, "channel": text, "constrains": strings, "depends": strings,
    "extracted_package_dir": absolute, "files": strings, "fn": text, "link": lambda v: isinstance(v, dict), "name": text,
    "paths_data": lambda v: isinstance(v, dict), "requested_specs": strings, "subdir": text, "url": text, "version": text,
}
# Required by the CEP, but an index need not know them.
IF_KNOWN = {
    "license": text, "md5": lambda v: bool(HEX32.fullmatch(v)), "sha256": lambda v: bool(HEX64.fullmatch(v)), "size": number,
    "timestamp": number,
}
OPTIONAL = {
    "arch": text, "platform": text, "requested_spec": text, "noarch": lambda v: v in ("generic", "python"),
}
PATH_KEYS = {
    "_path": text, "file_mode": lambda v: v in ("text", "binary"), "no_link": lambda v: isinstance(v, bool),
    "path_type": lambda v: v in KNOWN_PATH_TYPES, "prefix_placeholder": text,
    "sha256": lambda v: bool(HEX64.fullmatch(v)), "sha256_in_prefix": lambda v: bool(HEX64.fullmatch(v)), "size_in_bytes": number,
}


def check_path(prefix, p):
    for key, value in p.items():
        if key not in PATH_KEYS or not PATH_KEYS[key](value):
            yield f"{p.get('_path')}: {key}: {value!r}"
    rel, kind = p["_path"], p.get("path_type", "hardlink")
    file = prefix / rel
    if rel.startswith("/") or ".." in rel.split("/") or rel.startswith("conda-meta/"):
        yield f"{rel}: not a path within the prefix"
    if ("file_mode" in p) != ("prefix_placeholder" in p):
        yield f"{rel}: file_mode and prefix_placeholder belong together"
    if kind == "directory":
        if not file.is_dir() or file.is_symlink():
            yield f"{rel}: no directory"
        return
    if kind == "softlink":
        if not file.is_symlink():
            yield f"{rel}: no link"
        return
    if not file.is_file() or file.is_symlink():
        yield f"{rel}: no file"
        return
    wanted = {"sha256_in_prefix", "size_in_bytes"} | ({"sha256"} if "prefix_placeholder" not in p else set())
    if kind not in GENERATED and not wanted <= p.keys():
        yield f"{rel}: hashes or size are missing"
        return
    data = file.read_bytes()
    if len(data) != p["size_in_bytes"] or hashlib.sha256(data).hexdigest() != p["sha256_in_prefix"]:
        yield f"{rel}: other bytes than recorded"
    if "prefix_placeholder" not in p and kind not in GENERATED and p["sha256"] != p["sha256_in_prefix"]:
        yield f"{rel}: changed, but nothing was to be replaced"


def check_record(prefix, name, r):
    for keys, needed in ((REQUIRED, True), (IF_KNOWN, False), (OPTIONAL, False)):
        for key, good in keys.items():
            if key in r and not good(r[key]):
                yield f"{key}: {r[key]!r}"
            elif key not in r and needed:
                yield f"{key} is missing"
    if REQUIRED.keys() - r.keys():
        return
    if name != f"{r['name']}-{r['version']}-{r['build']}.json" or name[:-5].rsplit("-", 2) != [r["name"], r["version"], r["build"]]:
        yield "the file's name is not the record's"
    if r["channel"].endswith(("/", "/" + r["subdir"])) or r["url"] != f"{r['channel']}/{r['subdir']}/{r['fn']}":
        yield f"url {r['url']} is not of channel {r['channel']}"
    if r.get("requested_spec", None) != (r["requested_specs"] or [None])[0]:
        yield "requested_spec is not the first of requested_specs"
    if r["link"].keys() != {"source", "type"} or r["link"]["type"] not in (1, 2, 3, 4) or not absolute(r["link"]["source"]):
        yield f"link: {r['link']}"
    data = r["paths_data"]
    if data.keys() != {"paths_version", "paths"} or data["paths_version"] != 1:
        yield "paths_data has other keys than paths_version 1 and paths"
    listed = [p["_path"] for p in data["paths"] if p.get("path_type") != "directory"]
    if len(set(listed)) != len(listed) or sorted(listed) != sorted(r["files"]):
        yield "files and paths_data differ"
    for p in data["paths"]:
        yield from check_path(prefix, p)


def check_history(history, records):
    """By the syntax of the CEP, and as conda reads it."""
    lines = history.splitlines()
    head = re.fullmatch(r"==> (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) <==", lines[0] if lines else "")
    if not head:
        yield f"history does not begin with a date: {lines[:1]}"
        return
    datetime.datetime.strptime(head[1], "%Y-%m-%d %H:%M:%S")
    if not re.fullmatch(r"# cmd: \S.*", lines[1]) or not re.fullmatch(r"# \S+ version: \d+\.\d+\.\d+", lines[2]):
        yield f"history: {lines[1:3]} are not the command and the version"
    linked = [line[1:] for line in lines if line.startswith("+")]
    wanted = {f"{r['subdir']}::{r['name']}-{r['version']}-{r['build']}" for r in records}
    if {d.split("/")[-1] for d in linked} != wanted or any("/" not in d for d in linked):
        yield f"history: linked {linked}, the records are {sorted(wanted)}"
    rest = lines[3 + len(linked):]
    if rest:
        specs = re.fullmatch(r"# (update|remove|neutered) specs: (\[.*\])", rest[0])
        if len(rest) > 1 or not specs or not strings(ast.literal_eval(specs[2])):
            yield f"history: {rest}"
        elif not {s for r in records for s in r["requested_specs"]} <= set(ast.literal_eval(specs[2])):
            yield "history: specs of the records are missing"


def check(prefix):
    """Texts of what is wrong with conda-meta; none when all is well."""
    prefix = pathlib.Path(prefix)
    meta = prefix / "conda-meta"
    records = {p.name: json.loads(p.read_text(encoding="utf-8")) for p in sorted(meta.glob("*.json"))}
    if not records:
        yield "no records"
    for name, r in records.items():
        for wrong in check_record(prefix, name, r):
            yield f"conda-meta/{name}: {wrong}"
    owners = {}
    for name, r in records.items():
        for f in r["files"]:
            if owners.setdefault(f, name) != name:
                yield f"{f} is both {owners[f]}'s and {name}'s"
    yield from check_history((meta / "history").read_text(encoding="utf-8"), list(records.values()))


if __name__ == "__main__":
    wrong = [f"{p}: {w}" for p in sys.argv[1:] for w in check(p)]
    print("\n".join(wrong[:40]) or f"{len(sys.argv) - 1} good")
    sys.exit(bool(wrong))
