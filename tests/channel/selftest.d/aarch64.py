# SPDX-License-Identifier: MIT
"""The part of the channel that is for linux-aarch64: its own compiler, and linux-64's that compiles for it."""

import asyncio
import os
import shutil
import subprocess

import rattler

HERE = os.path.dirname(os.path.abspath(__file__))
TRIPLET = "aarch64-conda-linux-gnu"
T = "targets/sbsa-linux"
TOOLS = ["cuda-version=13.0", "cuda-nvcc_linux-aarch64", "gcc_impl_linux-aarch64", "gxx_impl_linux-aarch64"]
TARGET = ["cuda-version=13.0", "cuda-nvcc-impl", "cuda-nvrtc-dev", "cuda-cudart-dev", "gxx_impl_linux-aarch64",
          "cuda-driver-dev_linux-aarch64"]
AARCH64, X86_64 = b"\xb7\x00", b"\x3e\x00"


def virtual_packages():
    return [rattler.GenericVirtualPackage(rattler.PackageName(n), rattler.Version(v), rattler.BuildString("0"))
            for n, v in (("__linux", "6.1"), ("__unix", "0"), ("__glibc", "2.36"))]


async def _install(channel, platform, specs, prefix, work):
    records = await rattler.solve(
        sources=[rattler.Channel("file://" + channel)], specs=specs, platforms=[platform, "noarch"],
        virtual_packages=virtual_packages(), gateway=rattler.Gateway(cache_dir=os.path.join(work, "repodata")))
    await rattler.install(records, target_prefix=prefix, show_progress=False,
                          cache_dir=os.path.join(work, "packages"), platform=rattler.Platform(platform))


def machine(path):
    """The ELF file's machine, or None for another file."""
    with open(path, "rb") as f:
        head = f.read(20)
    return head[18:20] if head[:4] == b"\x7fELF" else None


def _wrong(root, allowed):
    """ELF files below `root` that are for another machine than `allowed` says of their path."""
    found = []
    for base, _, names in os.walk(root):
        for name in names:
            full = os.path.join(base, name)
            if not os.path.islink(full):
                got = machine(full)
                if got is not None and got != allowed(os.path.relpath(full, root)):
                    found.append(full)
    return found


def _of_tools(path):
    """In the prefix of the tools, programs are the build machine's; what they link with is the target's."""
    target = path.startswith((f"{TRIPLET}/sysroot/", "targets/sbsa-linux/lib")) or (
        path.startswith(f"lib/gcc/{TRIPLET}/") and not path.endswith(("lto1", "cc1")))
    return AARCH64 if target else X86_64


class Machine:
    """Runs the target's programs: by qemu's user emulation, with the target's own loader."""

    def __init__(self, sysroot, lib):
        self.command = [shutil.which("qemu-aarch64-static") or "", "-L", sysroot, "-E", f"LD_LIBRARY_PATH={lib}"]

    def __bool__(self):
        return bool(self.command[0])

    def run(self, *args):
        return subprocess.run([*self.command, *args], text=True, check=False, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT)


def check_native(check, target, emulated, cwd):
    """The target's own gcc; its parts one by one, as emulation does not reach to what a program starts."""
    def runs(what, *args, prints=""):
        done = emulated.run(*args)
        check(done.returncode == 0 and prints in done.stdout, f"aarch64: {what}", done.stdout)

    source, assembly, obj = f"{cwd}/native.c", f"{cwd}/native.s", f"{cwd}/native.o"
    with open(source, "w", encoding="ascii") as f:
        f.write("int twice(int x) { return x + x; }\n")
    runs("gcc", f"{target}/bin/{TRIPLET}-gcc", "-print-prog-name=cc1", prints=f"{target}/")
    version = os.listdir(f"{target}/libexec/gcc/{TRIPLET}")[0]
    runs("cc1", f"{target}/libexec/gcc/{TRIPLET}/{version}/cc1", "-quiet", source, "-o", assembly)
    runs("as", f"{target}/bin/{TRIPLET}-as", assembly, "-o", obj)
    runs("ld, with the prefix written in", f"{target}/bin/{TRIPLET}-ld", "-r", obj, "-o", f"{cwd}/all.o")
    runs("nvcc", f"{target}/bin/nvcc", "--version", prints="release 13.0")
    runs("ptxas", f"{target}/bin/ptxas", "--version", prints="release 13.0")


def check_aarch64(check, check_runs, box, channel, work, sanitizers):
    tools, target, cwd = (os.path.join(work, n) for n in ("tools", "target", "cross"))
    os.mkdir(cwd)
    asyncio.run(_install(channel, "linux-64", TOOLS, tools, work))
    asyncio.run(_install(channel, "linux-aarch64", TARGET, target, work))
    for root, allowed in ((tools, _of_tools), (target, lambda path: AARCH64)):
        wrong = _wrong(root, allowed)
        check(not wrong, f"each file of {os.path.basename(root)} is for the right machine", "\n".join(wrong))
    emulated = Machine(f"{tools}/{TRIPLET}/sysroot", f"{target}/lib")
    if not emulated:
        print("note: no qemu-aarch64-static here; nothing of linux-aarch64 is run")
    tool = f"{tools}/bin/{TRIPLET}-"
    twice, host = (os.path.join(HERE, n) for n in ("twice.c", "host.cc"))
    products = []
    ways = {"plain": [], "lto": ["-flto", "-O2"], "static": ["-static"]}
    if sanitizers:
        ways["asan"] = ["-fsanitize=address,undefined"]
    for way, flags in ways.items():
        obj, lib, out = (f"{cwd}/{way}{s}" for s in (".o", ".a", ""))
        check_runs(box, f"cross C, {way}", cwd, tool + "gcc", *flags, "-c", twice, "-o", obj)
        check_runs(box, f"cross gcc-ar, {way}", cwd, tool + "gcc-ar", "rcs", lib, obj)
        check_runs(box, f"cross C++, {way}", cwd, tool + "g++", "-std=c++17", "-fopenmp", *flags, host, lib,
                   "-o", out)
        # The address sanitizer's memory map does not fit into an emulated process.
        products += [(out, 'caught 1 sum 100 twice 42 exp 3 "b"')] * (way != "asan")
    nvcc = [f"{tools}/bin/nvcc", "-ccbin", tool + "g++", f"-I{target}/{T}/include", f"-L{target}/{T}/lib",
            f'-DCUDA_INCLUDE="{target}/{T}/include"']
    for kind in ("static", "shared"):
        out = f"{cwd}/runtime-{kind}"
        check_runs(box, f"cross nvcc, cudart {kind}", cwd, *nvcc, "-cudart", kind,
                   os.path.join(HERE, "runtime.cu"), "-o", out, "-lnvrtc")
        products.append((out, "runtime 13000 nvrtc 13.0 ptx ok"))
    check_runs(box, "cross nvcc, driver stub, -rdc", cwd, *nvcc, "-rdc=true", "-arch=sm_80",
               os.path.join(HERE, "driver.cu"), "-o", f"{cwd}/driver", "-lcuda")
    for out, says in products:
        check(os.path.exists(out) and machine(out) == AARCH64, f"{os.path.basename(out)} is for aarch64")
        if emulated:
            done = emulated.run(out)
            check(done.returncode == 0 and says in done.stdout, f"aarch64: run {os.path.basename(out)}", done.stdout)
    if emulated:
        check_native(check, target, emulated, cwd)
