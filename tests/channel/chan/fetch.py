# SPDX-License-Identifier: MIT
"""Downloads: NVIDIA's wheels with pip, the distribution's packages with apt-get."""

import hashlib
import json
import os
import re
import subprocess
import sys

# Names of Debian 11 and 12 and Ubuntu. Those marked "?" exist on some releases only.
_NATIVE = """
cpp-12 gcc-12 g++-12 libgcc-12-dev libstdc++-12-dev
libbinutils libctf0 libctf-nobfd0 ?libsframe1 ?libsframe2 ?libjansson4
libgmp10 libmpfr6 libmpc3 ?libisl22 ?libisl23 zlib1g libzstd1
libgcc-s1 libstdc++6 libgomp1 libitm1 libatomic1
?libasan5 ?libasan6 ?libasan8 liblsan0 ?libtsan0 ?libtsan2 libubsan1 ?libhwasan0
libc6 libc6-dev libcrypt1 libcrypt-dev linux-libc-dev
""".split()
MAJOR = 12


class Debs:
    """A set of the distribution's packages: what of it is in the cache, and for which architecture it is.

    `root`: the system whose distribution it is, not necessarily the one that runs.
    """

    def __init__(self, tail, arch, names, root="/"):
        self.tail = tail
        self.arch = arch
        self.names = names
        self.root = root


X86_64 = Debs("", None, [*_NATIVE, "binutils-x86-64-linux-gnu", "libquadmath0", "tzdata"])
AARCH64 = Debs("-arm64", "arm64", [*_NATIVE, "binutils-aarch64-linux-gnu"])
# The cross compiler's programs; what they compile against is in the set before.
CROSS = Debs("-cross", None, """
cpp-12-aarch64-linux-gnu gcc-12-aarch64-linux-gnu g++-12-aarch64-linux-gnu binutils-aarch64-linux-gnu
?libjansson4 ?libsframe1 ?libsframe2 libgmp10 libmpfr6 libmpc3 libisl23 zlib1g libzstd1
""".split())


def of_system(root):
    """X86_64 as the distribution has it of which a system is in the directory `root`."""
    return Debs("", None, X86_64.names, root)


PLATFORMS = ["manylinux2014", "manylinux_2_27", "manylinux_2_28"]


class FetchError(Exception):
    pass


def _sha256(path):
    with open(path, "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()


def wheels(cache, releases):
    """Brings the wheels of {release: [{project, version, file, sha256}]} to cache/wheels.

    Those of one entry are for one kind of machine.

    A file that is there is trusted: it was checked when it came.
    """
    where = os.path.join(cache, "wheels")
    os.makedirs(where, exist_ok=True)
    for release, files in releases.items():
        missing = [w for w in files if not os.path.exists(os.path.join(where, w["file"]))]
        if not missing:
            continue
        print(f"channel: fetching {len(missing)} wheels of CUDA {release}", file=sys.stderr)
        tmp = os.path.join(cache, "wheels.part")
        os.makedirs(tmp, exist_ok=True)
        wanted = os.path.join(tmp, "requirements.txt")
        with open(wanted, "w", encoding="ascii") as f:
            for w in missing:
                f.write("{project}=={version} --hash=sha256:{sha256}\n".format(**w))
        cpu = "aarch64" if missing[0]["file"].endswith("_aarch64.whl") else "x86_64"
        platforms = [a for p in PLATFORMS for a in ("--platform", f"{p}_{cpu}")]
        command = [sys.executable, "-m", "pip", "download", "-q", "--disable-pip-version-check",
                   "--retries", "10", "--timeout", "60", "--no-deps", "--require-hashes",
                   "--only-binary", ":all:", *platforms, "-d", tmp, "-r", wanted]
        # pip asks again when it gets no answer, but not when a body breaks off.
        if all(subprocess.run(command, check=False).returncode != 0 for _ in range(3)):
            raise FetchError(f"cannot download the wheels of CUDA {release} with pip; "
                             "is PyPI reachable?")
        for w in missing:
            got = os.path.join(tmp, w["file"])
            if _sha256(got) != w["sha256"]:
                raise FetchError(f"{w['file']} has another sha256 than data/wheels.json says")
            os.rename(got, os.path.join(where, w["file"]))
    return where


class Apt:
    """apt-get with the system's package lists, or, where those do not do, lists of our own."""

    def __init__(self, cache, arch=None, root="/"):
        self.cache = cache
        self.arch = arch
        self.tail = f"-{arch}" if arch else ""
        self.options = []
        if root != "/":
            # Its sources and keys; nothing is written there.
            self.tail += "-" + _os_id(root)
            self.options += ["-o", f"Dir={root}"]
        self.options += ["-o", "Acquire::Retries=3", "-o", "Acquire::ForceHash=SHA256", "-o", "APT::Sandbox::User=root",
                        "-o", "APT::Get::AllowUnauthenticated=false"]

    def output(self, program, *args, plain=False):
        run = subprocess.run([program, *([] if plain else self.options), *args], capture_output=True, text=True,
                             check=False, env={**os.environ, "LC_ALL": "C"})
        return run.returncode, run.stdout, run.stderr

    def use_own_lists(self):
        state = os.path.join(self.cache, "apt" + self.tail)
        for d in ("lists/partial", "archives/partial"):
            os.makedirs(os.path.join(state, d), exist_ok=True)
        self.options += ["-o", f"Dir::State::lists={state}/lists",
                         "-o", f"Dir::Cache::archives={state}/archives",
                         "-o", f"Dir::Cache::pkgcache={state}/pkgcache.bin",
                         "-o", f"Dir::Cache::srcpkgcache={state}/srcpkgcache.bin"]
        if self.arch:
            # The lists have this architecture's packages, too; the system's settings stay as they are.
            native = self.output("dpkg", "--print-architecture", plain=True)[1].strip()
            self.options += ["-o", f"APT::Architectures::={native}",
                             "-o", f"APT::Architectures::={self.arch}"]
        code, _, err = self.output("apt-get", "update", "-q")
        if code != 0:
            raise FetchError(f"apt-get update failed: {err.strip()}")

    def known(self, names):
        """Those of `names` that have a candidate."""
        found, name = [], ""
        for line in self.output("apt-cache", "policy", *names)[1].splitlines():
            if not line.startswith(" "):
                name = line.rstrip(":")
            elif line.startswith("  Candidate:") and not line.endswith("(none)"):
                found.append(name)
        return found

    def uris(self, names):
        """[{name, file, sha256}] for `names`, as apt would download them."""
        code, out, err = self.output("apt-get", "download", "--print-uris", *names)
        if code != 0:
            raise FetchError(f"apt-get cannot find the packages: {err.strip()}")
        found = []
        for line in out.splitlines():
            parts = line.split()
            if len(parts) == 4 and parts[3].startswith("SHA256:"):
                found.append({"name": parts[1].split("_")[0], "file": parts[1],
                              "sha256": parts[3][len("SHA256:"):]})
        if len(found) != len(names):
            raise FetchError(f"apt-get names {len(found)} files for {len(names)} packages: {out.strip()}")
        return sorted(found, key=lambda d: d["name"])


def _os_id(root="/"):
    with open(os.path.join(root, "etc/os-release"), encoding="utf-8") as f:
        fields = dict(line.rstrip().split("=", 1) for line in f if "=" in line)
    return "{}-{}".format(fields.get("ID", "x").strip('"'),
                          fields.get("VERSION_ID", "x").strip('"'))


def _with_gcc(apt, names):
    """`names`, with the gcc that is the distribution's own, of which the package gcc is made."""
    found = re.search(r"Depends: gcc-(\d+)$", apt.output("apt-cache", "depends", "gcc")[1], re.M)
    if not found:
        raise FetchError("the distribution has no package gcc")
    return [re.sub(r"-12\b", f"-{found.group(1)}", n) for n in names]


def debs(cache, which=X86_64):
    """The distribution's packages in cache/debs/<os>...: (directory, [{name, file, sha256}]).

    Which versions is decided once, at the first run, and kept in list.json; remove that file to
    take up the distribution's updates.
    """
    where = os.path.join(cache, "debs", _os_id(which.root) + which.tail)
    listing = os.path.join(where, "list.json")
    os.makedirs(where, exist_ok=True)
    if os.path.exists(listing):
        with open(listing, encoding="utf-8") as f:
            chosen = json.load(f)
        if all(os.path.exists(os.path.join(where, d["file"])) for d in chosen):
            return where, chosen
    suffix = f":{which.arch}" if which.arch else ""
    apt = Apt(cache, which.arch, which.root)
    names = which.names
    if which.root != "/":
        apt.use_own_lists()
        names = _with_gcc(apt, names)
    must = [d + suffix for d in names if not d.startswith("?")]
    maybe = [d[1:] + suffix for d in names if d.startswith("?")]
    if which.root == "/" and (which.arch or len(apt.known(must)) < len(must)):
        apt.use_own_lists()
    known = apt.known(must + maybe)
    lost = sorted(set(must) - set(known))
    if lost:
        raise FetchError("the distribution has no package " + ", ".join(lost))
    chosen = apt.uris(known)
    print(f"channel: fetching {len(chosen)} packages of the distribution", file=sys.stderr)
    for d in os.listdir(where):
        os.unlink(os.path.join(where, d))
    run = subprocess.run(["apt-get", *apt.options, "download", "-q", *known], cwd=where,
                         check=False, stdout=subprocess.DEVNULL)
    if run.returncode != 0:
        raise FetchError("apt-get download failed; see the messages above")
    for d in chosen:
        path = os.path.join(where, d["file"])
        if not os.path.exists(path) or _sha256(path) != d["sha256"]:
            raise FetchError(f"{d['file']} did not arrive whole; run again")
    with open(listing + ".part", "w", encoding="utf-8") as f:
        json.dump(chosen, f, indent=1)
    os.rename(listing + ".part", listing)
    return where, chosen
