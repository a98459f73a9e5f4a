#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What commands print with --json is as docs/schemas/ says, for each schema; and every command has a case in tests/cli.

    check_schemas.py CCENV

Exits with 77 where Python's jsonschema is not installed (Debian: python3-jsonschema)."""
import hashlib
import io
import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

try:
    import jsonschema
except ImportError:
    sys.exit(77)

TOP = Path(__file__).resolve().parent.parent
SCHEMAS = TOP / "docs/schemas"

# What is run, in this order, and the schema of what it prints.
RUNS = [
    ("config", "config list"),
    ("add", "add versioned=1 cuda-version cuda-cudart"),
    ("error", "add nothing-of-it"),
    ("error", "add 'versioned >=7'"),
    ("error", "lock --no-such-option extra"),
    ("change", "system-requirements add cuda 13.0"),
    ("system-requirements", "system-requirements list"),
    ("change", "platform add linux-aarch64"),
    ("platforms", "platform list"),
    ("channels", "channel list"),
    ("packages", "list"),
    ("packages", "search versioned"),
    ("packages", "solve -c ./channel dependent"),
    ("tree", "tree"),
    ("tree", "tree --invert"),
    ("tree", "why cuda-version"),
    ("licenses", "licenses"),
    ("install", "install"),
    ("licenses", "licenses"),
    ("add", "add dependent"),
    ("diff", "diff old.lock"),
    ("outdated", "outdated"),
    ("install", "install"),
    ("doctor", "doctor"),
    ("info", "info"),
    ("info", "info --extended"),
    ("archs", "archs"),
    ("env", "env"),
    ("shell-hook", "shell-hook"),
    ("config", "config list"),
    ("verify", "verify"),
    ("remove", "remove dependent"),
    ("lock", "lock"),
    ("bundle", "bundle"),
    ("mirror", "mirror m"),
    ("import", "import pixi.lock"),
    ("install", "install --prefix p"),
    ("install", "adopt p"),
    ("provenance", "provenance ccenv.json"),
    ("rebuild-check", "rebuild-check -- sh -c 'echo 1 >made'"),
    ("clean", "clean"),
]
# Printed only for a real toolchain or a repository: tests/build and tests/cli look at them.
ELSEWHERE = {"check", "config-file", "touch"}
# Commands that need one, too, and are run in tests/build.
BUILD = {"archs", "ide"}


def channel(path):
    """Packages with the names that the commands look for."""
    packages = [("versioned", "1.0", []), ("versioned", "2.0", []), ("cuda-version", "13.0", []),
                ("cuda-cudart", "13.0.96", ["cuda-version >=13.0,<13.1.0a0"]), ("dependent", "1.0", ["versioned"])]
    records = {}
    (path / "noarch").mkdir(parents=True)
    for name, version, depends in packages:
        index = {"name": name, "version": version, "build": "0", "build_number": 0, "depends": depends, "subdir": "noarch",
                 "noarch": "generic", "timestamp": 1700000000000, "license": "MIT"}
        fn = f"{name}-{version}-0.tar.bz2"
        with tarfile.open(path / "noarch" / fn, "w:bz2") as t:
            for member, text in (("info/index.json", json.dumps(index)), ("info/files", f"share/{name}\n"),
                                 (f"share/{name}", version), ("info/licenses/LICENSE", "text")):
                info = tarfile.TarInfo(member)
                info.size = len(text)
                t.addfile(info, io.BytesIO(text.encode()))
        data = (path / "noarch" / fn).read_bytes()
        records[fn] = dict(index, size=len(data), sha256=hashlib.sha256(data).hexdigest())
    (path / "noarch/repodata.json").write_text(json.dumps({"packages": records}))
    for subdir in ("linux-64", "linux-aarch64"):
        (path / subdir).mkdir()
        (path / subdir / "repodata.json").write_text('{"packages": {}}')


def check_outputs(ccenv):
    bad, used = [], set()
    with tempfile.TemporaryDirectory() as scratch:
        scratch = Path(scratch)
        channel(scratch / "channel")
        env = {"PATH": "/usr/bin:/bin", "HOME": str(scratch), "CCENV_CACHE_DIR": str(scratch / "cache"),
               "CONDA_OVERRIDE_CUDA": "13.0", "CONDA_OVERRIDE_GLIBC": "2.36"}
        run = lambda words: subprocess.run(["bash", "-c", f"{ccenv} --json {words}"], cwd=scratch, env=env, capture_output=True, text=True)
        run("init -q -c ./channel")
        for name, words in RUNS:
            if words == "add dependent":
                (scratch / "old.lock").write_bytes((scratch / "ccenv.lock").read_bytes())
            if words == "import pixi.lock":
                run("export --format pixi --output pixi.lock")
            result = run(words)
            used.add(name)
            if words.startswith("lock --no"):
                continue  # wrong usage is said before --json is known
            try:
                schema = json.loads((SCHEMAS / f"{name}.schema.json").read_text())
                jsonschema.validate(json.loads(result.stdout), schema)
            except (ValueError, jsonschema.ValidationError) as e:
                bad.append(f"{words}: {str(e).splitlines()[0]}\n{result.stdout[:400]}{result.stderr[:400]}")
            if (name == "error") != (result.returncode != 0):
                bad.append(f"{words}: exit status {result.returncode}: {result.stderr}")
    for schema in SCHEMAS.glob("*.schema.json"):
        jsonschema.Draft202012Validator.check_schema(json.loads(schema.read_text()))
        if schema.name.split(".")[0] not in used | ELSEWHERE:
            bad.append(f"docs/schemas/{schema.name}: nothing here prints it")
    return bad


def check_commands(ccenv):
    words = subprocess.run([ccenv, "completion", "--words"], capture_output=True, text=True, check=True).stdout
    commands = [line.split("\t")[0] for line in words.splitlines() if not line.startswith("-")]
    cases = "\n".join(p.read_text() for p in (TOP / "tests/cli/cases").glob("*/cmd"))
    manual = (TOP / "docs/reference/commands.md").read_text()
    bad = []
    for c in commands:
        if c not in BUILD and not re.search(rf"\b(ccenv|try|doctor)( -[^ \n]+)*( [a-z.]+)?( -[^ \n]+)* {c}\b|\btry {c}\b|\b{c}\(\)", cases):
            bad.append(f"{c}: no case in tests/cli runs it")
        if f"`ccenv {c}" not in manual:
            bad.append(f"{c}: docs/reference/commands.md does not have it")
    return bad


if __name__ == "__main__":
    ccenv = os.path.abspath(sys.argv[1])
    problems = check_outputs(ccenv) + check_commands(ccenv)
    print("\n".join(problems) or "outputs are as their schemas say, and every command has a case")
    sys.exit(bool(problems))
