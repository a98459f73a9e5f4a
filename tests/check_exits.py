#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The exit statuses and the words of errors in docs/reference/exit-codes.md are those of the source, and commands give each of them.

    check_exits.py CCENV
"""
import fcntl
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from check_schemas import channel

TOP = Path(__file__).resolve().parent.parent
MANIFEST = '{"channels": ["./channel"], "platforms": ["linux-64"], "dependencies": {"versioned": "1.*"}}'
# Names in C that are not quite the words.
ALIASES = {"NET": "NETWORK"}

# Status, word of the error or "", command, and what is done before it, by sh, in a project that is locked and installed.
NEWER = "sed -i 's/1[.][*]/2.*/' ccenv.json"
WEB = "sed -i 's|./channel|http://127.0.0.1:9/c|' ccenv.json"
APP = "echo 'int main(void) { return 0; }' | cc -x c - -Wl,-rpath,libs -Wl,--enable-new-dtags -o app"
SPOILED = "ccenv clean -q; rm -r build; for f in channel/noarch/versioned-1*; do printf X | dd of=$f conv=notrunc bs=1 seek=40 2>/dev/null; done"
OLD = """sed -i 's/"versioned.*/"needs-glibc": "*"}, "system-requirements": {"glibc": "2.36"}}/' ccenv.json; ccenv lock -q; export CONDA_OVERRIDE_GLIBC=2.17"""
RUNS = [
    (0, "", "list", ""),
    (0, "", "outdated", ""),
    (0, "", "diff old.lock", f"cp ccenv.lock old.lock; {NEWER}; ccenv lock -q"),
    (0, "", "doctor", "export LIBRARY_PATH=/x"),
    (1, "stale", "lock --check", NEWER),
    (1, "hash", "verify", "chmod -R u+w build; for f in build/_ccenv/env/*/share/versioned; do echo x >$f; done"),
    (1, "", "doctor", "chmod 777 cache"),
    (1, "", "doctor --strict", "export LIBRARY_PATH=/x"),
    (1, "", "diff --exit-code old.lock", f"cp ccenv.lock old.lock; {NEWER}; ccenv lock -q"),
    (1, "", "outdated --exit-code", "sed -i 's/1[.][*]/*/' ccenv.json"),
    (1, "", "check app", APP),
    (3, "", "rebuild-check -- sh -c 'date +%N >made'", ""),
    (7, "", "run sh -c 'exit 7'", ""),
    (-signal.SIGTERM, "", "run sh -c 'kill $$'", ""),
    (7, "", "exec sh -c 'exit 7'", ""),
    (127, "not-found", "run no-such-program", ""),
    (2, "usage", "lokc", ""),
    (2, "usage", "list --no-such-option", ""),
    (2, "usage", "add 'versioned >=='", ""),
    (2, "usage", "config set network.retries many", ""),
    (1, "data", "lock", "echo '{' >ccenv.json"),
    (1, "io", "lock -C nowhere", ""),
    (1, "network", "lock", WEB),
    (1, "no-solution", "add 'versioned >=7'", ""),
    (1, "hash", "install", SPOILED),
    (1, "offline", "lock --offline", WEB),
    (1, "stale", "install --locked", NEWER),
    (1, "host", "install", OLD),
    (1, "busy", "install", f"{NEWER}; touch hold"),
    (1, "not-found", "why nothing", ""),
    (1, "untrusted", "install", "rm -r build; chmod 777 cache"),
]


def enum(path, prefix):
    """{NAME: number} of an enum in C."""
    text = (TOP / path).read_text()
    return {m[1]: int(m[2]) for m in re.finditer(rf"^\s*{prefix}(\w+) = (-?\d+)", text, re.M)}


def documented():
    """The statuses of the first table, and the errors of the second one."""
    text = (TOP / "docs/reference/exit-codes.md").read_text()
    statuses = {int(n) for n in re.findall(r"^\| (\d+) \|", text, re.M)} | {int(n) for n in re.findall(r"\b(127)\b", text)}
    return statuses, {m[1]: int(m[2]) for m in re.finditer(r"^\| `([\w-]+)` \| (-\d+) \|", text, re.M)}


class Project:
    """A scratch folder, made once, and for each run as it was then: its paths are in what is locked and installed."""

    def __init__(self, ccenv, scratch):
        self.scratch = Path(scratch)
        (self.scratch / "bin").mkdir()
        (self.scratch / "bin/ccenv").symlink_to(ccenv)
        self.env = {"PATH": f"{self.scratch}/bin:/usr/bin:/bin", "HOME": str(self.scratch), "CONDA_OVERRIDE_GLIBC": "2.36",
                    "CONDA_OVERRIDE_CUDA": "", "CCENV_NET_RETRIES": "0", "LSAN_OPTIONS": "detect_leaks=0"}
        self.dir = self.scratch / "p"
        self.dir.mkdir()
        channel(self.dir / "channel", ("needs-glibc", "1.0", ["__glibc >=2.30"]))
        (self.dir / "ccenv.json").write_text(MANIFEST)
        self.sh("ccenv install -q")
        subprocess.run(["cp", "-a", self.dir, self.scratch / "base"], check=True)

    def sh(self, command, **more):
        env = {**self.env, "CCENV_CACHE_DIR": f"{self.dir}/cache", **more}
        return subprocess.run(["bash", "-c", f"umask 022; {command}"], cwd=self.dir, env=env, capture_output=True, text=True)

    def run(self, command, before):
        subprocess.run(f"chmod -R u+w p && rm -r p && cp -a base p", shell=True, cwd=self.scratch, check=True)
        passes_on = re.match(r"(run|exec|rebuild-check) ", command)
        line = f"ccenv --json {command}" if passes_on else f"ccenv {command} --json"
        script = f"set -e\n{before}\nexec {line}"
        if "touch hold" not in before:
            return self.sh(script)
        # Another process has the root for half an hour, which passes at once.
        shim = self.scratch / "shim.so"
        subprocess.run(["cc", "-shared", "-fPIC", "-x", "c", "-", "-o", shim], check=True, text=True,
                       input="struct timespec;\nint nanosleep(const struct timespec *a, struct timespec *b);\n"
                             "int nanosleep(const struct timespec *a, struct timespec *b) { (void)a; (void)b; return 0; }\n")
        with open(self.dir / "build/_ccenv/lock", "r+") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            return self.sh(script, LD_PRELOAD=str(shim), ASAN_OPTIONS="verify_asan_link_order=0")


def word(result):
    """The "error" that a failure prints as JSON, or ""."""
    try:
        printed = json.loads(result.stdout)
    except ValueError:
        return ""
    return printed.get("error", "") if isinstance(printed, dict) else ""


def main(ccenv):
    statuses, errors = documented()
    numbers = enum("src/cli/cli.h", "CE_EXIT_")
    codes = enum("include/ccenv/core.h", "CCENV_E")
    bad = []
    if statuses != set(numbers.values()):
        bad.append(f"docs/reference/exit-codes.md has the statuses {sorted(statuses)}, cli.h {sorted(numbers.values())}")
    if sorted(errors.values()) != sorted(codes.values()):
        bad.append(f"docs/reference/exit-codes.md has the errors {errors}, core.h {codes}")
    for name, number in codes.items():
        words = [w for w, n in errors.items() if n == number]
        if words and words[0].replace("-", "").upper() != ALIASES.get(name, name):
            bad.append(f"CCENV_E{name} is {words[0]} in docs/reference/exit-codes.md")
    with tempfile.TemporaryDirectory() as scratch:
        project = Project(ccenv, scratch)
        for status, error, command, before in RUNS:
            result = project.run(command, before)
            if (result.returncode, word(result)) != (status, error):
                bad.append(f"{command}: status {result.returncode}, error \"{word(result)}\", expected {status}, \"{error}\"\n"
                           f"{result.stdout[-600:]}{result.stderr[-600:]}")
    for what, missing in (("status", statuses - {r[0] for r in RUNS}), ("error", set(errors) - {r[1] for r in RUNS})):
        bad += [f"no command here gives the {what} {m}" for m in missing]
    return bad


if __name__ == "__main__":
    problems = main(os.path.abspath(sys.argv[1]))
    print("\n".join(problems) or f"{len(RUNS)} commands ended with the status and the error that the manual has")
    sys.exit(bool(problems))
