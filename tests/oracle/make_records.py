#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Asks rattler what it makes of each field of a package record written in each type.

    make_records.py >tests/conformance/records.json

Its reader of indexes (repodata.json) and its reader of conda-meta give the same answers, but for `subdir`, which ccenv takes
from where a record was found. Rows are [field, value as JSON text, file name, rattler's answer]; the answer is "refused", or
{"as": the value as rattler then has it}, with null for what is absent or empty.
"""

import json
import pathlib
import tempfile

from rattler import Channel, PackageName, SparseRepoData

BASE = {
    "name": "liba",
    "version": "1.0",
    "build": "0",
    "build_number": 0,
    "depends": ["b >=1"],
    "constrains": ["c <2"],
    "sha256": "a1" * 32,
    "md5": "b2" * 16,
    "size": 12,
    "timestamp": 1700000000000,
    "license": "MIT",
    "license_family": "MIT",
    "noarch": "python",
    "track_features": "x y",
    "features": "f",
    "extra_depends": {"g": ["h >=1"]},
    "flags": ["cuda"],
    "python_site_packages_path": "lib/python3.12/site-packages",
}

VALUES = [
    '"foo"', '""', '"7"', "7", "0", "-0", "7.0", "7.5", "7e2", "70e-1", "-1", "-1.5", "1e300", "1719972900.0", "1719972900.25",
    "1719972900123.0", "9223372036854775807", "9223372036854775808", "18446744073709551616", "null", "[]", '["foo", "bar"]',
    "[1]", "[null]", '[["foo"]]', '{"a": 1}', "{}", "true", "false", '"FOO"', '"Foo Bar"', '" foo "', r'"a\nb"', r'"a\u001bb"',
    r'"a\u009bb"', r'"a\u0000b"', '"é"', r'["a\nb"]', '"../x"', '"x/../../y"', '"/x"', '"generic"', '"python"', '"Python"',
    '"1!2.0+3"', '"1.0-1"', '"1.0_"', '"1..0"',
    '"' + "A1" * 32 + '"', '"' + "a1" * 31 + '"', '"' + "g1" * 32 + '"', '"' + "B2" * 16 + '"', '"' + "x" * 200 + '"',
]  # fmt: skip

MORE = {
    "extra_depends": [
        '{"g": ["h"], "i": []}', '{"g": "h"}', '{"g": null}', '{"g": [1]}', '{"g": [null]}', '{"g": {"h": []}}', '{"G": ["h"]}', '{"": ["h"]}', '{"a b": ["h"]}',
        '{"g": ["h"], "g": ["i"]}', '{"g": ["("]}', '{"g": [""]}', '{"' + "g" * 65 + '": ["h"]}', r'{"a\u001bb": ["h"]}', '{"g": [["h"]]}', '{"g": 1}', '[{"g": ["h"]}]',
        '[["g", ["h"]]]', '{"é": ["h"]}',
    ],
    "flags": ['["F"]', '["a b"]', '["a:b:c"]', '[""]', '["*"]', '["f", "f"]', '["f", 1]', '["f", null]', '["f,g"]', '"f, g"', '{"f": true}', r'["a\u001bb"]', '["é"]',
              '["' + "f" * 300 + '"]'],
}  # fmt: skip


def record(field, value):
    """The text of a record in which `field` is written as `value`; None leaves it out, "twice" gives it twice."""
    items = [(k, json.dumps(v)) for k, v in BASE.items() if k != field]
    if value == "twice":
        items += [(field, json.dumps(BASE[field]))] * 2
    elif value is not None:
        items.append((field, value))
    return "{" + ", ".join(f'"{k}": {v}' for k, v in items) + "}"


def file_name(field, value):
    """As ccenv wants it: made of name, version and build."""
    parts = {k: BASE[k] for k in ("name", "version", "build")}
    if field in parts and value not in (None, "twice") and isinstance(json.loads(value), str):
        parts[field] = "".join(c for c in json.loads(value) if c.isprintable())
    return "-".join(parts.values()) + ".conda"


def get(found, field):
    value = getattr(found, field)
    if field == "name":
        value = value.normalized
    if field in ("version", "build", "noarch"):
        value = str(value) if field != "noarch" else {"python": "python", "generic": "generic"}.get(_noarch(value))
    if isinstance(value, bytes):
        value = value.hex()
    if field == "timestamp" and value is not None:
        value = round(value.timestamp() * 1000) if value else 0
    if field in ("track_features", "features") and isinstance(value, list):
        value = " ".join(value)
    if isinstance(value, str):
        value = value.replace("\0", "<NUL>")
    if isinstance(value, int) and value >= 1 << 63:
        value = str(value)  # beyond what the test's JSON can hold
    return None if value in ("", [], {}) else value


def _noarch(value):
    return "python" if value.python else "generic" if value.generic else None


def ask(directory, field, value):
    path = directory / "repodata.json"
    fn = json.dumps(file_name(field, value))
    path.write_text(f'{{"info": {{}}, "packages": {{}}, "packages.conda": {{{fn}: {record(field, value)}}}}}')
    name = file_name(field, value).rsplit("-", 2)[0]
    try:
        found = SparseRepoData(Channel("c"), "noarch", path).load_records(PackageName(name))
        return {"as": get(found[0], field)}
    except Exception:  # of a dozen kinds, none of which is told apart here
        return "refused"


def main():
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        for field in BASE:
            for value in [None, "twice", *VALUES, *MORE.get(field, [])]:
                answer = ask(pathlib.Path(scratch), field, value)
                rows.append([field, value, file_name(field, value), answer])
    lines = ",\n".join("  " + json.dumps(r) for r in rows)
    print('{"base": ' + json.dumps(BASE) + ',\n"rows": [\n' + lines + "\n]}")


if __name__ == "__main__":
    main()
