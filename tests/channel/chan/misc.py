# SPDX-License-Identifier: MIT
"""Small packages that exercise what CUDA and gcc do not: python, links, prefixes."""

from .package import PLACEHOLDER, Package

TIMESTAMP = 1740240000000
SITE = "lib/python3.13/site-packages"

PYTHON = """\
#!/bin/sh
# A stand-in for Python, for tests: runs the system's python3 with this prefix's packages.
here=$(dirname "$(readlink -f "$0")")
PYTHONPATH=$here/../@SITE@${PYTHONPATH:+:$PYTHONPATH}
export PYTHONPATH
IFS=:
for dir in $PATH /usr/local/bin /usr/bin /bin; do
	[ "$(readlink -f "$dir")" = "$here" ] && continue
	[ -x "$dir/python3" ] && exec "$dir/python3" "$@"
done
echo "python stand-in: no python3 on PATH" >&2
exit 127
""".replace("@SITE@", SITE)

MODULE = '''\
"""Says where it is installed."""

import os

__version__ = "1.0.0"


def main():
    print("ccenv-selftest", __version__, os.path.dirname(os.path.abspath(__file__)))
    return 0
'''


def _record(name, version, build, depends, subdir="linux-64", noarch=None, **more):
    record = {"name": name, "version": version, "build": build,
              "build_number": int(build.rsplit("_", 1)[-1]) if build[-1].isdigit() and
              build.rsplit("_", 1)[-1].isdigit() else 0,
              "depends": depends, "constrains": [], "subdir": subdir, "license": "MIT",
              "timestamp": TIMESTAMP, **more}
    if noarch:
        record["noarch"] = noarch
    return record


def make(work):
    packages = []

    def add(record, **kw):
        packages.append(Package(work, record, **kw))
        return packages[-1]

    python = add(_record("python", "3.13.14", "h57a7d10_100_cp313", ["python_abi 3.13.* *_cp313"],
                         build_number=100, python_site_packages_path=SITE),
                 summary="Stand-in for Python in tests: runs the system's python3")
    python.text("bin/python3.13", PYTHON, 0o755)
    python.link("bin/python", "python3.13")
    python.link("bin/python3", "python3.13")
    python.text(f"{SITE}/README.txt", "Site packages of the stand-in for Python.\n")
    abi = _record("python_abi", "3.13", "8_cp313", [], "noarch", "generic", build_number=8)
    abi["constrains"] = ["python 3.13.* *_cp313"]
    add(abi)

    noarch = add(_record("ccenv-selftest", "1.0.0", "pyh57a7d10_0", ["python >=3.10"], "noarch",
                         "python"), summary="noarch: python, with an entry point",
                 entry_points=["ccenv-selftest = ccenv_selftest:main"])
    noarch.text("site-packages/ccenv_selftest/__init__.py", MODULE)
    info = "site-packages/ccenv_selftest-1.0.0.dist-info"
    noarch.text(f"{info}/METADATA", "Metadata-Version: 2.1\nName: ccenv-selftest\n"
                                    "Version: 1.0.0\n")
    noarch.text(f"{info}/INSTALLER", "conda\n")
    noarch.text("python-scripts/ccenv-selftest-script",
                f"#!{PLACEHOLDER}/bin/python\nimport ccenv_selftest\nccenv_selftest.main()\n",
                0o755)

    data = add(_record("ccenv-selftest-data", "1.0.0", "h57a7d10_0", [], "noarch", "generic"),
               suffix=".tar.bz2", summary="noarch: generic, with a prefix in text")
    data.text("share/ccenv-selftest/data.txt", "data\n")
    data.text("share/ccenv-selftest/prefix.txt", f"prefix={PLACEHOLDER}\nagain={PLACEHOLDER}/x\n")

    links = add(_record("ccenv-selftest-links", "1.0.0", "h57a7d10_0",
                        ["ccenv-selftest-data 1.0.0 h57a7d10_0"]), suffix=".tar.bz2",
                summary="Links into another package, and a prefix in a binary")
    links.link("share/ccenv-selftest/link.txt", "data.txt")
    links.link("lib/ccenv-selftest/far.txt", "../../share/ccenv-selftest/data.txt")
    links.link("lib/ccenv-selftest/dir", "../../share/ccenv-selftest")
    with open(links.path("lib/ccenv-selftest/prefix.bin"), "wb") as f:
        # Two strings that hold the prefix, one of them twice; the rest must not move.
        f.write(b"\x7fBIN\0" + f"{PLACEHOLDER}/lib".encode() + b"\0mark1\0"
                + f"{PLACEHOLDER}/a:{PLACEHOLDER}/b".encode() + b"\0mark2\0")
    return packages
