#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What commands print with --json is as docs/schemas/ says: every command of the table in docs/reference/exit-codes.md is run, and every
schema. And every command, with each option, has a case in tests/cli.

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

# What is run, in this order, and the schema of what it prints; "error": it fails.
RUNS = [
    ("written", "init -c ./channel"),
    ("config", "config list"),
    ("config", "config get network.retries"),
    ("written", "config set --project network.retries 3"),
    ("written", "config unset --project network.retries"),
    ("written", "config edit --project 'echo >/dev/null'"),
    ("error", "config get network.retrise"),
    ("add", "add versioned=1 cuda-version cuda-cudart"),
    ("add", "add -p linux-64 versioned"),
    ("error", "add nothing-of-it"),
    ("error", "add 'versioned >=7'"),
    ("error", "lock --no-such-option extra"),
    ("error", "lock extra"),
    ("error", "lokc"),
    ("error", "--jsno"),
    ("error", "print cxxx"),
    ("change", "system-requirements add cuda 13.0"),
    ("system-requirements", "system-requirements list"),
    ("change", "platform add linux-aarch64"),
    ("platforms", "platform list"),
    ("change", "channel add ./channel"),
    ("channels", "channel list"),
    ("packages", "list"),
    ("packages", "search versioned"),
    ("packages", "solve -c ./channel dependent"),
    ("error", "solve -c ./channel nothing-of-it"),
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
    ("env", "env"),
    ("shell-hook", "shell-hook"),
    ("verify", "verify"),
    ("remove", "remove dependent"),
    ("lock", "lock"),
    ("written", "export --format pixi --output pixi.lock"),
    ("bundle", "bundle"),
    ("mirror", "mirror m"),
    ("import", "import pixi.lock"),
    ("install", "install --prefix p"),
    ("install", "adopt p"),
    ("written", "vendor"),
    ("provenance", "provenance ccenv.json"),
    ("rebuild-check", "rebuild-check -- sh -c 'echo 1 >made'"),
    ("clean", "clean"),
    ("touch", "touch --from-git"),
]
# The same over tests/cli/cross-packages, which has something like a toolchain.
TOOLS = [
    ("install", "install --target sbsa"),
    ("archs", "archs"),
    ("archs", "archs --target sbsa"),
    ("print", "print --target sbsa cxx nvcc-version"),
    ("toolchain", "toolchain --format json --target sbsa"),
    ("env", "env --target sbsa"),
    ("written", "ide --target sbsa"),
    ("written", "presets"),
    ("check", "check --target sbsa channel/noarch/repodata.json"),
]
# They print what others read, or hand over to another program: --json is for their failures.
OTHERS = {"run", "shell", "exec", "container", "ci", "meson-setup", "completion", "man"}
# Not what a command prints.
FILES = {"config-file"}


def channel(path, *more):
    """Packages with the names that the commands look for, and more: (name, version, depends)."""
    packages = [("versioned", "1.0", []), ("versioned", "2.0", []), ("cuda-version", "13.0", []),
                ("cuda-cudart", "13.0.96", ["cuda-version >=13.0,<13.1.0a0"]), ("dependent", "1.0", ["versioned"]), *more]
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


class Checker:
    """Runs commands with --json in a scratch folder."""

    def __init__(self, ccenv, table):
        self.ccenv, self.table, self.bad, self.used = ccenv, table, [], set()

    def command(self, words):
        """"channel list" of "channel list --x y": as the table has it."""
        first = re.split(r" (?=[-'./])", words)[0].split()
        return " ".join(first[:2]) if " ".join(first[:2]) in self.table else first[0]

    def run(self, scratch, schema, words):
        env = {"PATH": "/usr/bin:/bin", "HOME": str(scratch), "CCENV_CACHE_DIR": str(scratch / "cache"),
               "CONDA_OVERRIDE_CUDA": "13.0", "CONDA_OVERRIDE_GLIBC": "2.36", "CCENV_NET_RETRIES": "2"}
        result = subprocess.run(["bash", "-c", f"{self.ccenv} {words} --json" if " -- " not in words else f"{self.ccenv} --json {words}"],
                                cwd=scratch, env=env, capture_output=True, text=True)
        self.used.add(schema)
        try:
            jsonschema.validate(json.loads(result.stdout), load(schema))
        except (ValueError, jsonschema.ValidationError) as e:
            self.bad.append(f"{words}: {str(e).splitlines()[0]}\n{result.stdout[:400]}{result.stderr[:400]}")
        if (schema == "error") != (result.returncode != 0) and schema not in ("check", "doctor"):
            self.bad.append(f"{words}: exit status {result.returncode}: {result.stderr}")
        if schema == "error":
            return
        command = self.command(words)
        if self.table.pop(command, schema) != schema:
            self.bad.append(f"docs/reference/exit-codes.md has another schema than {schema} for {command}")
        self.table[command] = schema
        self.used.add(command)


def check_config_file(checker, scratch):
    """A file with every key that the help lists is as its schema says, and the schema knows no other."""
    values = {"channels": "conda-forge ./own", "mirrors": "https://a.example/c=https://b.example,file:///d", "cache-dir": "/tmp/c",
              "shared-cache": "true", "package-caches": "/a ~/b", "trusted-caches": "~/c", "network.offline": "false",
              "network.retries": "7", "network.timeout": "30"}
    env = {"PATH": "/usr/bin:/bin", "HOME": str(scratch)}
    text = subprocess.run([checker.ccenv, "config", "--help"], env=env, capture_output=True, text=True, check=True).stdout
    keys = re.findall(r"^  ([a-z][\w.-]*) ", text.split("\nKeys")[1].split("\n\n")[0], re.M)
    for key in keys:
        subprocess.run([checker.ccenv, "config", "set", "-q", key, *values[key].split()], cwd=scratch, env=env, check=True)
    file = json.loads((scratch / ".config/ccenv/config.json").read_text())
    schema = load("config-file")
    try:
        jsonschema.validate(file, schema)
    except jsonschema.ValidationError as e:
        checker.bad.append(f"a config file: {e}")
    known = {f"{k}.{inner}" if "properties" in v else k for k, v in schema["properties"].items() if k != "$schema"
             for inner in v.get("properties", [""])}
    if known != set(keys):
        checker.bad.append(f"docs/schemas/config-file.schema.json and `ccenv config --help`: {sorted(known ^ set(keys))}")


def load(schema):
    return json.loads((SCHEMAS / f"{schema}.schema.json").read_text())


def documented():
    """What docs/reference/exit-codes.md says: {command: schema}."""
    text = (TOP / "docs/reference/exit-codes.md").read_text()
    table = {}
    for schema, commands in re.findall(r"^\| \[`([\w-]+)`\]\(\.\./schemas/[\w.-]+\) \| (.+) \|$", text, re.M):
        for command in re.findall(r"`([^`]+)`", commands):
            table[command] = schema
    return table


def check_outputs(ccenv):
    table = documented()
    checker = Checker(ccenv, table)
    with tempfile.TemporaryDirectory() as scratch:
        scratch = Path(scratch)
        channel(scratch / "channel")
        git = ["git", "-c", "user.name=n", "-c", "user.email=e", "-C", str(scratch)]
        for name, words in RUNS:
            if words == "add dependent":
                (scratch / "old.lock").write_bytes((scratch / "ccenv.lock").read_bytes())
            if words.startswith("touch"):
                for command in (["init", "-q"], ["add", "ccenv.json"], ["commit", "-qm", "x"]):
                    subprocess.run(git + command, check=True, capture_output=True)
            checker.run(scratch, name, words)
        check_config_file(checker, scratch)
    with tempfile.TemporaryDirectory() as scratch:
        scratch = Path(scratch)
        subprocess.run([TOP / "tests/cli/cross-packages", "channel"], cwd=scratch, check=True)
        (scratch / "ccenv.json").write_text(
            '{"channels": ["./channel"], "platforms": ["linux-64"], "targets": ["linux-aarch64"],'
            ' "cuda": {"version": "13.0", "components": ["nvcc", "cudart"]}}')
        for name, words in TOOLS:
            checker.run(scratch, name, words)
    for schema in SCHEMAS.glob("*.schema.json"):
        jsonschema.Draft202012Validator.check_schema(json.loads(schema.read_text()))
        name = schema.name.split(".")[0]
        if name not in checker.used | FILES:
            checker.bad.append(f"docs/schemas/{schema.name}: nothing here prints it")
        if name != "error" and name not in set(table.values()) | FILES:
            checker.bad.append(f"docs/reference/exit-codes.md does not have {name}")
    for command in table:
        if command not in checker.used:
            checker.bad.append(f"{command} --json: not run here")
    for command in commands(ccenv):
        if command not in {c.split()[0] for c in table} | OTHERS:
            checker.bad.append(f"{command}: docs/reference/exit-codes.md has no schema for it")
    return checker.bad


def commands(ccenv):
    words = subprocess.run([ccenv, "completion", "--words"], capture_output=True, text=True, check=True).stdout
    return [line.split("\t")[0] for line in words.splitlines() if not line.startswith("-")]


def options(ccenv, command):
    """The command's own options: [(name, letter)]."""
    text = subprocess.run([ccenv, command, "--help"], capture_output=True, text=True, check=True).stdout
    own = text.split("\nOptions:\n")[1].split("\n\n")[0] if "\nOptions:\n" in text else ""
    return [(m[2], m[1]) for m in re.finditer(r"^  (?:-(\w), |    )--([\w-]+)", own, re.M)]


def check_commands(ccenv):
    """Every command and each of its options has a case in tests/cli, and a line in the manual."""
    lines = []
    for case in (TOP / "tests/cli/cases").glob("*/cmd"):
        lines += case.read_text().replace("\\\n", " ").splitlines()
    manual = (TOP / "docs/reference/commands.md").read_text()
    bad = []
    for c in commands(ccenv):
        mine = [m[1] for m in (re.search(rf"(?<![\w-]){c}(?![\w-])(.*)", line) for line in lines) if m]
        if not mine:
            bad.append(f"{c}: no case in tests/cli runs it")
        if f"`ccenv {c}" not in manual:
            bad.append(f"{c}: docs/reference/commands.md does not have it")
        for name, letter in options(ccenv, c):
            pattern = rf"(?<![\w-])--{name}(?![\w-])" + (rf"|(?<!\S)-\w*{letter}" if letter else "")
            if not any(re.search(pattern, line) for line in mine):
                bad.append(f"{c} --{name}: no case in tests/cli gives it")
    return bad


if __name__ == "__main__":
    ccenv = os.path.abspath(sys.argv[1])
    problems = check_outputs(ccenv) + check_commands(ccenv)
    print("\n".join(problems) or "outputs are as their schemas say, and every command has a case")
    sys.exit(bool(problems))
