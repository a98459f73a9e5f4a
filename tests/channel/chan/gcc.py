# SPDX-License-Identifier: MIT
"""gcc, binutils, libc: the distribution's files laid out as conda-forge's packages have them.

The compiler is a native one whose own name is x86_64-linux-gnu and whose paths are below /usr. It
finds its parts relative to its own place, so it works from any prefix; what it cannot do by itself
(a sysroot relative to its place) the specs file adds. See README.md.
"""

import hashlib
import os
import re
import shutil

from . import elf
from .package import PLACEHOLDER, Package

TRIPLET = "x86_64-conda-linux-gnu"
NATIVE = "x86_64-linux-gnu"
MAJOR = "12"
SYSROOT = f"{TRIPLET}/sysroot"
GCC_LICENSE = "GPL-3.0-only WITH GCC-exception-3.1"
TIMESTAMP = 1740240000000

# Private libraries of the programs, out of the way of PREFIX/lib.
BINUTILS_LIBS = f"libexec/{TRIPLET}-binutils"

# Goes behind the compiler's built-in specs (a file of one's own must have them all). The sysroot
# and its library directories are reckoned from GCC_EXEC_PREFIX, which the driver sets to its own
# place; the -rpath holds the prefix as text, as conda-forge's does.
SPECS = """\
*startfile_prefix_spec:
%{{!-sysroot=*:%:getenv(GCC_EXEC_PREFIX ../../{sysroot}/lib64/) \
%:getenv(GCC_EXEC_PREFIX ../../{sysroot}/usr/lib64/)}} %{{-sysroot=*:/lib64/ /usr/lib64/}}

*self_spec:
+ %{{!-sysroot=*:--sysroot=%:getenv(GCC_EXEC_PREFIX ../../{sysroot})}}

*link:
+ %{{-sysroot=*:--sysroot=%*}}{rpath}

"""
RPATH = f" %{{!static:%{{!static-pie:-rpath {PLACEHOLDER}/lib}}}}"


def _upstream(version):
    """Upstream's version of a distribution package: no epoch, no revision."""
    version = re.sub(r"^\d+(:|%3a)", "", version)
    return re.split(r"[-+]", version)[0]


def _revision(version):
    digits = re.match(r"\d+", version.rsplit("-", 1)[-1])
    return int(digits.group()) if digits else 0


class Toolchain:
    """All packages of the host compiler, from `tree`."""

    def __init__(self, tree, debs, work, specs):
        self.tree = tree
        self.specs = specs
        self.work = work
        self.packages = []
        versions = {d["name"]: d["file"].split("_")[1] for d in debs}
        self.v = _upstream(versions["gcc-12"])
        self.binutils_v = _upstream(versions["binutils-x86-64-linux-gnu"])
        self.libgcc_v = _upstream(versions["libgcc-s1"])
        self.glibc_v = _upstream(versions["libc6"])
        self.kernel_v = _upstream(versions["linux-libc-dev"])
        self.tz_v = _upstream(versions["tzdata"])
        self.number = _revision(versions["gcc-12"])
        # As conda's build strings: a hash of what went in, then the number.
        inputs = "".join(d["file"] + d["sha256"] for d in debs)
        self.hash = "h" + hashlib.sha256(inputs.encode()).hexdigest()[:7]
        self.build = f"{self.hash}_{self.number}"
        self.devel_build = f"{self.hash}_{self.number + 100}"
        self.libexec = f"libexec/gcc/{TRIPLET}/{self.v}"
        self.libdir = f"lib/gcc/{TRIPLET}/{self.v}"

    def package(self, name, version, build, depends, *, noarch=False, constrains=(), **kw):
        record = {
            "name": name,
            "version": version,
            "build": build,
            "build_number": int(digits.group()) if (digits := re.search(r"\d+$", build)) else 0,
            "depends": list(depends),
            "constrains": list(constrains),
            "subdir": "noarch" if noarch else "linux-64",
            "license": kw.pop("license", GCC_LICENSE),
            "timestamp": TIMESTAMP,
        }
        if noarch:
            record["noarch"] = "generic"
        if "run_exports" in kw:
            record["run_exports"] = kw.pop("run_exports")
        kw.setdefault("summary", "The distribution's files in conda-forge's layout")
        made = Package(self.work, record, **kw)
        self.packages.append(made)
        return made

    def make(self):
        self.headers_and_libc()
        self.runtime()
        self.binutils()
        self.gcc()
        self.gxx()
        self.activation()
        self.names()
        return self.packages

    # libc

    def headers_and_libc(self):
        tree = self.tree
        kernel = self.package("kernel-headers_linux-64", self.kernel_v, self.devel_build, [],
                              noarch=True, constrains=[f"sysroot_linux-64 =={self.glibc_v}"],
                              license="GPL-2.0-only WITH Linux-syscall-note")
        for p in tree.of("linux-libc-dev", "usr/include/*"):
            kernel.take(tree.full(p), f"{SYSROOT}/{self._flat(p)}")

        glibc = self.sysroot(self.devel_build, [f"__glibc >={self.glibc_v}"])
        runtime = set()
        for deb in ("libc6", "libcrypt1"):
            for p in tree.of(deb, f"usr/lib/{NATIVE}/*.so*") + tree.of(deb, "usr/lib64/*"):
                if os.path.dirname(p) not in (f"usr/lib/{NATIVE}", "usr/lib64"):
                    continue
                if os.path.basename(p) in runtime or self._loader_link(p):
                    continue
                runtime.add(os.path.basename(p))
                glibc.take(tree.full(p), f"{SYSROOT}/lib64/{os.path.basename(p)}")
        for deb in ("libc6-dev", "libcrypt-dev"):
            for p in tree.of(deb, "usr/include/*"):
                glibc.take(tree.full(p), f"{SYSROOT}/{self._flat(p)}")
            for p in tree.of(deb, f"usr/lib/{NATIVE}/*"):
                self._dev_library(glibc, p, runtime)
        glibc.link(f"{SYSROOT}/lib", "lib64")
        glibc.link(f"{SYSROOT}/usr/lib", "lib64")
        glibc.link(f"{SYSROOT}/usr/share/zoneinfo", "../../../../share/zoneinfo")
        glibc.text(f"bin/{TRIPLET}.cfg", f"--sysroot={PLACEHOLDER}/{SYSROOT}\n")
        self.low_priority_sysroot(glibc)

        zones = self.package("tzdata", self.tz_v, f"{self.hash}_0", [], noarch=True,
                             license="LicenseRef-Public-Domain")
        for p in tree.of("tzdata", "usr/share/zoneinfo/*"):
            if not os.path.islink(tree.full(p)) or not os.readlink(tree.full(p)).startswith("/"):
                zones.take(tree.full(p), p[len("usr/"):])

    def sysroot(self, build, depends):
        v = self.glibc_v
        return self.package("sysroot_linux-64", v, build, [
            *depends, f"kernel-headers_linux-64 {self.kernel_v} {self.devel_build}", "tzdata"],
            noarch=True, license="LGPL-2.1-or-later",
            run_exports={"strong": [f"__glibc >={v},<3.0.a0"]})

    def low_priority_sysroot(self, glibc):
        """conda-forge's second build: no demand on the host's glibc, but a track_feature."""
        tail = f"sysroot_linux-64_{self.glibc_v}"
        twin = self.sysroot(f"{self.hash}_{self.number + 98}", [])
        twin.record["track_features"] = f"{tail} {tail}_feature_2"
        shutil.copytree(glibc.root, twin.root, symlinks=True, dirs_exist_ok=True)

    @staticmethod
    def _flat(path):
        """Headers of usr/include/x86_64-linux-gnu belong in usr/include here."""
        return path.replace(f"usr/include/{NATIVE}/", "usr/include/")

    def _loader_link(self, path):
        """The distribution has the loader in one place and a link to it in another."""
        full = self.tree.full(path)
        return "ld-linux" in path and os.path.islink(full)

    def _dev_library(self, package, path, runtime):
        full, name = self.tree.full(path), os.path.basename(path)
        where = f"{SYSROOT}/usr/lib64/{name}"
        if os.path.dirname(path) != f"usr/lib/{NATIVE}" or name.endswith(".pc"):
            return
        if os.path.islink(full):
            target = os.path.basename(os.readlink(full))
            package.link(where, f"../../lib64/{target}" if target in runtime else target)
            return
        package.take(full, where)
        full = package.path(where)
        with open(full, "rb") as f:
            script = f.read(4096)
        if script.startswith(b"/* GNU ld script"):
            script = script.replace(f"/usr/lib/{NATIVE}/".encode(), b"/usr/lib64/")
            script = script.replace(f"/lib/{NATIVE}/".encode(), b"/lib64/")
            with open(full, "wb") as f:
                f.write(script)

    # Runtime libraries

    def _take_libs(self, package, debs):
        """Shared libraries of `debs` into lib/; each also finds its neighbours."""
        for deb in debs:
            for p in self.tree.of(deb, "usr/lib/*.so*"):
                if os.path.dirname(p) in (f"usr/lib/{NATIVE}", "usr/lib"):
                    full = package.take(self.tree.full(p), f"lib/{os.path.basename(p)}")
                    if not os.path.islink(full):
                        elf.set_rpath(full, "$ORIGIN")

    def runtime(self):
        v, glibc = self.libgcc_v, "__glibc >=2.17,<3.0.a0"
        mutex = {"license": "LicenseRef-None", "suffix": ".tar.bz2"}
        self.package("_libgcc_mutex", "0.1", "conda_forge", [], **mutex)
        openmp = self.package("_openmp_mutex", "4.5", "2_gnu",
                              ["_libgcc_mutex 0.1 conda_forge", "libgomp >=7.5.0"],
                              constrains=["openmp_impl 9999"], **mutex)
        openmp.record["build_number"] = 16
        openmp.link("lib/libgomp.so.1", "libgomp.so.1.0.0")
        gomp = self.package("libgomp", v, self.build, [glibc])
        self._take_libs(gomp, ["libgomp1"])
        os.unlink(gomp.path("lib/libgomp.so.1"))
        libgcc = self.package("libgcc", v, self.build, [glibc, "_openmp_mutex >=4.5"],
                              constrains=[f"libgomp {v} {self.build}",
                                          f"libgcc-ng =={v}=*_{self.number}"])
        self._take_libs(libgcc, ["libgcc-s1", "libatomic1", "libitm1", "libquadmath0"])
        cxx = self.package("libstdcxx", v, self.build, [glibc, f"libgcc {v} {self.build}"],
                           constrains=[f"libstdcxx-ng =={v}=*_{self.number}"])
        self._take_libs(cxx, ["libstdc++6"])
        cxx.link("lib/libstdc++.so", "libstdc++.so.6")
        self.package("libgcc-ng", v, self.build, [f"libgcc {v} {self.build}"])
        self.package("libstdcxx-ng", v, self.build, [f"libstdcxx {v} {self.build}"])
        san = self.package("libsanitizer", self.v, self.build,
                           [glibc, f"libgcc >={v}", f"libstdcxx >={v}"])
        self._take_libs(san, ["libasan8", "liblsan0", "libtsan2", "libubsan1", "libhwasan0"])
        for p in self.tree.of("libgcc-12-dev", "usr/lib/gcc/*san*"):
            self._gcc_library(san, p)

    def _gcc_library(self, package, path):
        """A file of lib/gcc/<triplet>/<version>. Links there lead to PREFIX/lib."""
        name, full = os.path.basename(path), self.tree.full(path)
        if os.path.islink(full):
            target = os.path.basename(os.readlink(full))
            package.link(f"{self.libdir}/{name}", f"../../../{target}")
            os.unlink(full)
        else:
            package.take(full, f"{self.libdir}/{name}")

    # binutils

    def _tool(self, package, source, name, rpath):
        """A program as bin/TRIPLET-name, and TRIPLET/bin/name where the compiler looks for it."""
        full = package.take(self.tree.full(source), f"bin/{TRIPLET}-{name}")
        elf.set_rpath(full, rpath)
        package.link(f"{TRIPLET}/bin/{name}", f"../../bin/{TRIPLET}-{name}")

    def binutils(self):
        v, deb, tree = self.binutils_v, "binutils-x86-64-linux-gnu", self.tree
        ld = self.package("ld_impl_linux-64", v, self.build, [], license="GPL-3.0-only",
                          constrains=[f"binutils_impl_linux-64 {v}"])
        libs = ["libbinutils", "libctf0", "libctf-nobfd0", "libsframe1", "libsframe2",
                "libjansson4"]
        for name in libs + ["zlib1g", "libzstd1"]:
            for p in tree.of(name, f"usr/lib/{NATIVE}/*.so*"):
                full = self._private(ld, p, f"{BINUTILS_LIBS}/{os.path.basename(p)}",
                                     keep=name in ("zlib1g", "libzstd1"))
                if not os.path.islink(full):
                    elf.set_rpath(full, "$ORIGIN")
        # The linker finds its libraries only if the prefix was written over the placeholder.
        self._tool(ld, tree.one(f"usr/bin/{NATIVE}-ld.bfd"), "ld.bfd",
                   f"{PLACEHOLDER}/{BINUTILS_LIBS}")
        for name in ("bin/" + TRIPLET + "-ld", TRIPLET + "/bin/ld"):
            ld.link(name, os.path.basename(name) + ".bfd")

        rest = self.package("binutils_impl_linux-64", v, self.build,
                            [f"ld_impl_linux-64 {v} {self.build}", "sysroot_linux-64"],
                            license="GPL-3.0-only")
        for p in tree.of(deb, f"usr/bin/{NATIVE}-*"):
            name = os.path.basename(p)[len(NATIVE) + 1:]
            if not os.path.islink(tree.full(p)) and not name.startswith("gp"):
                self._tool(rest, p, name, f"$ORIGIN/../{BINUTILS_LIBS}:$ORIGIN/../lib")

    def _private(self, package, source, rel, keep):
        """Takes a library, or copies it where another package takes it too."""
        full = self.tree.full(source)
        if not keep:
            return package.take(full, rel)
        target = package.path(rel)
        if os.path.islink(full):
            os.symlink(os.readlink(full), target)
        else:
            with open(full, "rb") as f, open(target, "wb") as to:
                to.write(f.read())
        return target

    # The compilers

    def gcc(self):
        v, tree = self.v, self.tree
        devel = self.package("libgcc-devel_linux-64", v, self.devel_build, ["__unix"], noarch=True)
        for p in tree.of("libgcc-12-dev", "usr/lib/gcc/*"):
            if "/include" not in p:
                self._gcc_library(devel, p)
        # The distribution's libgcc_s.so is a script that names this file.
        devel.link(f"{self.libdir}/libgcc_s.so.1", "../../../libgcc_s.so.1")
        san = f"libsanitizer {v} {self.build}"
        gcc = self.package("gcc_impl_linux-64", v, self.build, [
            f"binutils_impl_linux-64 >={self.binutils_v}", f"libgcc >={v}",
            f"libgcc-devel_linux-64 {v} {self.devel_build}", f"libgomp >={v}", san,
            f"libstdcxx >={v}", "sysroot_linux-64"])
        for p in tree.of("libgcc-12-dev", "usr/lib/gcc/*/include/*"):
            gcc.take(tree.full(p), f"{self.libdir}/include/{p.split('/include/', 1)[1]}")
        for name in ("libgmp10", "libmpfr6", "libmpc3", "libisl23", "zlib1g", "libzstd1"):
            for p in tree.of(name, f"usr/lib/{NATIVE}/*.so*"):
                full = gcc.take(tree.full(p), f"{self.libexec}/lib/{os.path.basename(p)}")
                if not os.path.islink(full):
                    elf.set_rpath(full, "$ORIGIN")
        for name in ("cc1", "lto1", "collect2", "lto-wrapper", "liblto_plugin.so"):
            self._internal(gcc, name)
        for p in tree.of("gcc-12", "usr/lib/gcc/*.spec"):
            gcc.take(tree.full(p), f"{self.libdir}/{os.path.basename(p)}")
        for name in ("gcc", "cpp", "gcc-ar", "gcc-nm", "gcc-ranlib", "gcov", "gcov-dump",
                     "gcov-tool", "lto-dump"):
            self._driver(gcc, name)
        gcc.link(f"bin/{TRIPLET}-cc", f"{TRIPLET}-gcc")
        gcc.link(f"bin/{TRIPLET}-gcc-{v}", f"{TRIPLET}-gcc")
        # The names under which a native compiler looks for its parts.
        for base in ("lib", "libexec"):
            gcc.link(f"{base}/gcc/{NATIVE}/{MAJOR}", f"../{TRIPLET}/{v}")
        gcc.link(NATIVE, TRIPLET)
        gcc.link("lib/bfd-plugins/liblto_plugin.so", f"../../{self.libexec}/liblto_plugin.so")
        # As conda-forge has them: with the prefix in the run path, and, on request, without.
        for name, rpath in (("specs", RPATH), ("builtin.specs", "")):
            gcc.text(f"{self.libdir}/{name}", self.specs + SPECS.format(sysroot=SYSROOT, rpath=rpath))

    def _internal(self, package, name):
        """A program that the driver runs: in libexec, with a link where this driver looks."""
        source = self.tree.one(f"usr/lib*/gcc/{NATIVE}/{MAJOR}/{name}")
        full = package.take(self.tree.full(source), f"{self.libexec}/{name}")
        elf.set_rpath(full, "$ORIGIN/lib")
        package.link(f"{self.libdir}/{name}", f"../../../../{self.libexec}/{name}")

    def _driver(self, package, name):
        source = self.tree.one(f"usr/bin/{NATIVE}-{name}-{MAJOR}")
        full = package.take(self.tree.full(source), f"bin/{TRIPLET}-{name}")
        elf.set_rpath(full, f"$ORIGIN/../{self.libexec}/lib")

    def gxx(self):
        v, tree = self.v, self.tree
        devel = self.package("libstdcxx-devel_linux-64", v, self.devel_build, ["__unix"],
                             noarch=True)
        headers = f"{self.libdir}/include/c++"
        for p in tree.of("libstdc++-12-dev"):
            if p.startswith("usr/lib/gcc/"):
                self._gcc_library(devel, p)
            elif p.startswith(f"usr/include/c++/{MAJOR}/"):
                devel.take(tree.full(p), f"{headers}/{p.split('/', 4)[4]}")
            elif p.startswith(f"usr/include/{NATIVE}/c++/{MAJOR}/"):
                devel.take(tree.full(p), f"{headers}/{TRIPLET}/{p.split('/', 5)[5]}")
        gxx = self.package("gxx_impl_linux-64", v, self.build, [
            f"gcc_impl_linux-64 {v} {self.build}",
            f"libstdcxx-devel_linux-64 {v} {self.devel_build}", "sysroot_linux-64", "tzdata"])
        for name in ("cc1plus", "g++-mapper-server"):
            self._internal(gxx, name)
        self._driver(gxx, "g++")
        gxx.link(f"bin/{TRIPLET}-c++", f"{TRIPLET}-g++")
        gxx.link(f"include/c++/{MAJOR}", f"../../{headers}")
        gxx.link(f"include/{NATIVE}/c++/{MAJOR}", f"../../../{headers}/{TRIPLET}")

    # Activation and short names

    def activation(self):
        v, sysroot = self.v, "sysroot_linux-64"
        tools = {"AR": "ar", "AS": "as", "LD": "ld", "NM": "nm", "OBJCOPY": "objcopy",
                 "OBJDUMP": "objdump", "RANLIB": "ranlib", "READELF": "readelf",
                 "STRIP": "strip"}
        self._activate("binutils_linux-64", self.binutils_v,
                       [f"binutils_impl_linux-64 {self.binutils_v}.*", sysroot],
                       {k: f"{TRIPLET}-{n}" for k, n in tools.items()})
        self._activate("gcc_linux-64", v,
                       ["binutils_linux-64", f"gcc_impl_linux-64 {v}.*", sysroot],
                       {"CC": f"{TRIPLET}-cc", "GCC": f"{TRIPLET}-gcc", "CPP": f"{TRIPLET}-cpp",
                        "HOST": TRIPLET, "BUILD": TRIPLET,
                        "CONDA_BUILD_SYSROOT": "${CONDA_PREFIX}/" + SYSROOT,
                        "LDFLAGS": "-Wl,-rpath,${CONDA_PREFIX}/lib -L${CONDA_PREFIX}/lib"})
        self._activate("gxx_linux-64", v,
                       ["binutils_linux-64", f"gcc_linux-64 {v} {self.build}",
                        f"gxx_impl_linux-64 {v}.*", sysroot],
                       {"CXX": f"{TRIPLET}-c++", "GXX": f"{TRIPLET}-g++"},
                       run_exports={"strong": [f"libgcc >={MAJOR}", f"libstdcxx >={MAJOR}"]})

    def _activate(self, name, version, depends, variables, **kw):
        package = self.package(name, version, self.build, depends, license="BSD-3-Clause", **kw)
        stem = name.split("_")[0]
        on = [f'export {k}="{value}"' for k, value in variables.items()]
        off = [f"unset {k}" for k in variables]
        package.text(f"etc/conda/activate.d/activate-{stem}_linux-64.sh", "\n".join(on) + "\n")
        package.text(f"etc/conda/deactivate.d/deactivate-{stem}_linux-64.sh",
                     "\n".join(off) + "\n")

    def names(self):
        """gcc and gxx: the plain names, as links into the _impl packages."""
        v = self.v
        gcc = self.package("gcc", v, self.build, [f"gcc_impl_linux-64 {v}.*"],
                           license="BSD-3-Clause")
        for name in ("gcc", "cc", "cpp", "gcc-ar", "gcc-nm", "gcc-ranlib", "gcov"):
            gcc.link(f"bin/{name}", f"{TRIPLET}-{name}")
        gxx = self.package("gxx", v, self.build, [f"gcc {v}.*", f"gxx_impl_linux-64 {v}.*"],
                           license="BSD-3-Clause")
        for name in ("g++", "c++"):
            gxx.link(f"bin/{name}", f"{TRIPLET}-{name}")
