# SPDX-License-Identifier: MIT
"""compilers.py CACHE CHANNEL OUTDIR [PLATFORM...]: a test channel with a compiler built from source.

binutils and gcc are built from the distribution's source packages by compile-gcc, which takes its time once; what was
built is kept in CACHE, and so are the packages.
"""

import fcntl
import glob
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
import zipfile

import built
from chan import fetch, main, package, packager
from chan.platform import AARCH64, BY_SUBDIR, X86_64

HERE = os.path.dirname(os.path.abspath(__file__))

SOURCES = fetch.Debs("-source", None, ["gcc-12-source", "binutils-source", "libgmp-dev", "libmpfr-dev", "libmpc-dev",
                                       "libisl-dev"])
RUNTIME = r"libgcc|libgcc-ng|libstdcxx|libstdcxx-ng|libgomp"
TOOLS = "(gcc|gxx|gcc_impl|gxx_impl|binutils|binutils_impl|ld_impl)_"
# Packages of the test channel that those of a target replace, by where they lie.
REPLACED = {
    X86_64: {X86_64.subdir: re.compile(rf"(gcc|gxx|libsanitizer|{RUNTIME}|{TOOLS}linux-64)-\d"),
             "noarch": re.compile(r"(libgcc-devel|libstdcxx-devel)_linux-64-\d")},
    AARCH64: {X86_64.subdir: re.compile(rf"{TOOLS}linux-aarch64-\d"),
              AARCH64.subdir: re.compile(rf"({RUNTIME})-\d")},
}


def _hash(*parts):
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part if isinstance(part, bytes) else str(part).encode())
        digest.update(b"\0")
    return digest.hexdigest()[:12]


def _read(path):
    with open(path, "rb") as f:
        return f.read()


def _unpack(debs, where, to):
    """The sources in to/src, and the static libraries that gcc needs in to/libs."""
    for deb in debs:
        subprocess.run(["dpkg-deb", "-x", os.path.join(where, deb["file"]), os.path.join(to, "debs")], check=True)
    os.makedirs(os.path.join(to, "src"))
    archives = [a for a in glob.glob(os.path.join(to, "debs/usr/src/*/*.tar.xz"))
                if os.path.basename(a).startswith(("gcc-", "binutils-"))]
    for archive in archives:
        subprocess.run(["tar", "-xf", archive, "-C", os.path.join(to, "src")], check=True)
    # Libraries lie in lib, as on conda-forge.
    for name in glob.glob(os.path.join(to, "src/gcc-*/gcc/config/*/t-*")):
        text = _read(name)
        changed = b"\n".join(line.replace(b"lib64", b"lib") if b"MULTILIB_OSDIRNAMES" in line else line
                             for line in text.split(b"\n"))
        if changed != text:
            with open(name, "wb") as f:
                f.write(changed)
    shutil.copytree(os.path.join(to, "debs/usr/include"), os.path.join(to, "libs/include"))
    for header in glob.glob(os.path.join(to, "debs/usr/include/*-linux-gnu/*.h")):
        shutil.copy(header, os.path.join(to, "libs/include"))
    os.makedirs(os.path.join(to, "libs/lib"))
    for library in glob.glob(os.path.join(to, "debs/usr/lib/*-linux-gnu/*.a")):
        shutil.copy(library, os.path.join(to, "libs/lib"))


def _sysroot(channel, target, to):
    """glibc's and the kernel's files of the test channel."""
    for name in ("sysroot", "kernel-headers"):
        path = sorted(glob.glob(os.path.join(channel, f"noarch/{name}_{target.subdir}-*.conda")))[-1]
        with zipfile.ZipFile(path) as z:
            inner = next(n for n in z.namelist() if n.startswith("pkg-"))
            z.extract(inner, to)
        subprocess.run(["tar", "--zstd", "-xf", os.path.join(to, inner), "-C", to], check=True)
        os.unlink(os.path.join(to, inner))
    return os.path.join(to, target.sysroot)


def _compile(channel, work, target, to):
    """Builds for the target, into the directory `to`."""
    part = to + ".part"
    print(f"channel: building binutils and gcc for {target.triplet}, which takes minutes; "
          f"{part}.log says how far it is", file=sys.stderr)
    sysroot = _sysroot(channel, target, os.path.join(work, "sysroot", target.cpu))
    with open(part + ".log", "wb") as log:
        done = subprocess.run([os.path.join(HERE, "compile-gcc"), os.path.join(work, "src"),
                               os.path.join(work, "libs"), sysroot, target.triplet, package.PLACEHOLDER, part],
                              stdout=log, stderr=log, check=False)
    if done.returncode != 0:
        raise LookupError(f"cannot build gcc for {target.triplet}; see {part}.log")
    os.rename(part, to)


def _packages(cache, channel, targets):
    """The directory with the packages, made when it is not there."""
    where, debs = fetch.debs(cache, SOURCES)
    compiled = _hash(*(d["sha256"] for d in debs), _read(os.path.join(HERE, "compile-gcc")))
    code = [_read(f) for f in (os.path.join(HERE, "built.py"), __file__, package.__file__, packager.__file__)]
    name = "compilers-" + "-".join(t.cpu for t in targets)
    done = os.path.join(cache, f"{name}-{_hash(compiled, *code)}")
    if os.path.isdir(done):
        return done
    work = os.path.join(cache, "compilers.work")
    part = done + ".part"
    for d in (work, part):
        shutil.rmtree(d, ignore_errors=True)
        os.mkdir(d)
    upstream = {d["name"]: packager.upstream(d["file"].split("_")[1]) for d in debs}
    version = upstream["gcc-12-source"], upstream["binutils-source"]
    for target in targets:
        tree = os.path.join(cache, f"compiled-{target.cpu}-{compiled}")
        if not os.path.isdir(tree):
            if not os.path.isdir(os.path.join(work, "src")):
                _unpack(debs, where, work)
            _compile(channel, work, target, tree)
        tree += package.PLACEHOLDER
        for p in built.Built(tree, version, f"h{compiled[:7]}", os.path.join(work, "stage", target.cpu), target).make():
            package.write(p.job(part))
    shutil.rmtree(work)
    for old in glob.glob(os.path.join(cache, f"{name}-{'?' * 12}")):
        shutil.rmtree(old)
    os.rename(part, done)
    return done


def _files(where):
    return {os.path.join(s, f) for s in main.SUBDIRS if os.path.isdir(os.path.join(where, s))
            for f in os.listdir(os.path.join(where, s)) if f.endswith((".conda", ".tar.bz2"))}


def _is_replaced(name, targets):
    subdir, base = os.path.split(name)
    patterns = [REPLACED[t][subdir] for t in targets if subdir in REPLACED[t]]
    return any(p.match(base) for p in patterns)


def run(cache, base, out, targets):
    started = time.monotonic()
    if not _files(base):
        raise LookupError(f"{base} is no channel; tests/channel/build makes one")
    with open(os.path.join(cache, "compilers.lock"), "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        made = _packages(cache, base, targets)
    new = _files(made)
    wanted = {f: base for f in _files(base) if f not in new and not _is_replaced(f, targets)}
    wanted.update({f: made for f in new})
    # The names of packages do not tell everything: the stamp says which made them.
    stamp = os.path.join(out, "made-of")
    if _files(out) != set(wanted) or not os.path.exists(stamp) or _read(stamp).decode() != os.path.basename(made):
        for subdir in main.SUBDIRS:
            shutil.rmtree(os.path.join(out, subdir), ignore_errors=True)
            os.makedirs(os.path.join(out, subdir))
        for name, source in wanted.items():
            shutil.copy2(os.path.join(source, name), os.path.join(out, name))
        main.index(out)
        with open(stamp, "w", encoding="ascii") as f:
            f.write(os.path.basename(made))
        print(f"channel: {out} is ready ({time.monotonic() - started:.1f} s)", file=sys.stderr)
    return 0


def _arguments(cache, base, out, *subdirs):
    unknown = set(subdirs) - set(BY_SUBDIR)
    if unknown:
        raise LookupError(f"no compiler is built for {', '.join(sorted(unknown))}, only for {', '.join(BY_SUBDIR)}")
    targets = [target for subdir, target in BY_SUBDIR.items() if subdir in subdirs or not subdirs]
    return cache, os.path.abspath(base), os.path.abspath(out), targets


if __name__ == "__main__":
    try:
        sys.exit(run(*_arguments(*sys.argv[1:])))
    except (fetch.FetchError, LookupError) as error:
        sys.exit(f"tests/channel/compilers: {error}")
