# SPDX-License-Identifier: MIT
"""python -m chan.sysroot OUTDIR CACHE NAME…: Debian's arm64 packages NAME and all they need, unpacked below OUTDIR.

Nothing is installed: a program can be cross-compiled against what is there, and run under qemu with it.
"""

import os
import subprocess
import sys

from . import fetch

_SKIP = ("./usr/share/doc", "./usr/share/man", "./usr/share/locale", "./usr/share/lintian")


def _download(cache, names):
    """Brings the packages and what they need to cache/debs-sysroot; returns the files."""
    archives = os.path.join(cache, "debs-sysroot")
    os.makedirs(os.path.join(archives, "partial"), exist_ok=True)
    apt = fetch.Apt(cache, "arm64")
    apt.use_own_lists()
    # A machine with nothing installed, so that apt names everything that is needed.
    status = os.path.join(archives, "partial", "status")
    with open(status, "w", encoding="ascii"):
        pass
    apt.options += ["-o", "APT::Architecture=arm64", "-o", f"Dir::State::status={status}",
                    "-o", f"Dir::Cache::archives={archives}", "-o", "Debug::NoLocking=1", "-o", "Dir::Cache::pkgcache=",
                    "-o", "Dir::Cache::srcpkgcache="]
    install = ["install", "-y", "-q", "--no-install-recommends"]
    code, _, err = apt.output("apt-get", *install, "--download-only", *names)
    if code != 0:
        raise fetch.FetchError(f"apt-get cannot download arm64 packages: {err.strip()}")
    code, out, err = apt.output("apt-get", *install, "--simulate", *names)
    if code != 0:
        raise fetch.FetchError(f"apt-get cannot list arm64 packages: {err.strip()}")
    wanted = {line.split()[1] for line in out.splitlines() if line.startswith("Inst ")}
    return [os.path.join(archives, f) for f in sorted(os.listdir(archives))
            if f.split("_")[0] in wanted]


def make(out, cache, names):
    os.makedirs(os.path.join(out, "usr/lib"), exist_ok=True)
    if not os.path.lexists(os.path.join(out, "lib")):
        os.symlink("usr/lib", os.path.join(out, "lib"))
    for deb in _download(cache, names):
        with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", deb], stdout=subprocess.PIPE) as tar:
            subprocess.run(["tar", "-x", "--keep-directory-symlink", "-C", out,
                            *[f"--exclude={d}" for d in _SKIP]], stdin=tar.stdout, check=True)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(make(os.path.abspath(sys.argv[1]), sys.argv[2], sys.argv[3:]))
    except fetch.FetchError as error:
        sys.exit(f"tests/channel: {error}")
