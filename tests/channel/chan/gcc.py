# SPDX-License-Identifier: MIT
"""gcc, binutils, libc: the distribution's files laid out as conda-forge's packages have them.

The compiler's own name is x86_64-linux-gnu (or aarch64-linux-gnu) and its paths are below /usr. It
finds its parts relative to its own place, so it works from any prefix; what it cannot do by itself
(a sysroot relative to its place) the specs file adds. See README.md.
"""

import os
import shutil

from . import elf
from .package import PLACEHOLDER
from .packager import Distributed, upstream
from .platform import X86_64


class Toolchain(Distributed):
    """All packages of a platform's own compiler, from `tree`."""

    def __init__(self, tree, debs, work, specs, platform=X86_64):
        super().__init__(tree, debs, work, specs, platform, platform)
        self.libgcc_v = upstream(self.versions["libgcc-s1"])
        self.glibc_v = upstream(self.versions["libc6"])
        self.kernel_v = upstream(self.versions["linux-libc-dev"])
        self.devel_build = f"{self.hash}_{self.number + 100}"

    def make(self):
        self.headers_and_libc()
        if self.target is X86_64:
            self.tzdata()
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
        kernel = self.package(self.on("kernel-headers"), self.kernel_v, self.devel_build, [],
                              noarch=True, constrains=[f"sysroot_{self.target.subdir} =={self.glibc_v}"],
                              license="GPL-2.0-only WITH Linux-syscall-note")
        for p in tree.of("linux-libc-dev", "usr/include/*"):
            kernel.take(tree.full(p), f"{self.sysroot_dir}/{self._flat(p)}")

        glibc = self.sysroot(self.devel_build, [f"__glibc >={self.glibc_v}"])
        runtime = set()
        for deb in ("libc6", "libcrypt1"):
            for p in tree.of(deb, f"usr/lib/{self.native}/*.so*") + tree.of(deb, "usr/lib64/*"):
                if os.path.dirname(p) not in (f"usr/lib/{self.native}", "usr/lib64"):
                    continue
                if os.path.basename(p) in runtime or self._loader_link(p):
                    continue
                runtime.add(os.path.basename(p))
                glibc.take(tree.full(p), f"{self.sysroot_dir}/lib64/{os.path.basename(p)}")
        for deb in ("libc6-dev", "libcrypt-dev"):
            for p in tree.of(deb, "usr/include/*"):
                glibc.take(tree.full(p), f"{self.sysroot_dir}/{self._flat(p)}")
            for p in tree.of(deb, f"usr/lib/{self.native}/*"):
                self._dev_library(glibc, p, runtime)
        glibc.link(f"{self.sysroot_dir}/lib", "lib64")
        glibc.link(f"{self.sysroot_dir}/usr/lib", "lib64")
        glibc.link(f"{self.sysroot_dir}/usr/share/zoneinfo", "../../../../share/zoneinfo")
        glibc.text(f"bin/{self.triplet}.cfg", f"--sysroot={PLACEHOLDER}/{self.sysroot_dir}\n")
        self.low_priority_sysroot(glibc)

    def tzdata(self):
        """Time zones, the same for every platform."""
        tree = self.tree
        zones = self.package("tzdata", upstream(self.versions["tzdata"]), f"{self.hash}_0", [], noarch=True,
                             license="LicenseRef-Public-Domain")
        for p in tree.of("tzdata", "usr/share/zoneinfo/*"):
            if not os.path.islink(tree.full(p)) or not os.readlink(tree.full(p)).startswith("/"):
                zones.take(tree.full(p), p[len("usr/"):])

    def sysroot(self, build, depends):
        v = self.glibc_v
        return self.package(self.on("sysroot"), v, build, [
            *depends, f"kernel-headers_{self.target.subdir} {self.kernel_v} {self.devel_build}", "tzdata"],
            noarch=True, license="LGPL-2.1-or-later",
            run_exports={"strong": [f"__glibc >={v},<3.0.a0"]})

    def low_priority_sysroot(self, glibc):
        """conda-forge's second build: no demand on the host's glibc, but a track_feature."""
        tail = f"sysroot_{self.target.subdir}_{self.glibc_v}"
        twin = self.sysroot(f"{self.hash}_{self.number + 98}", [])
        twin.record["track_features"] = f"{tail} {tail}_feature_2"
        shutil.copytree(glibc.root, twin.root, symlinks=True, dirs_exist_ok=True)

    def _flat(self, path):
        """Headers of usr/include/<cpu>-linux-gnu belong in usr/include here."""
        return path.replace(f"usr/include/{self.native}/", "usr/include/")

    def _loader_link(self, path):
        """The distribution has the loader in one place and a link to it in another.

        Before glibc 2.34 the loader has a version in its name, and the link next to it is needed.
        """
        full = self.tree.full(path)
        return "ld-linux" in path and os.path.islink(full) and "/" in os.readlink(full)

    def _dev_library(self, package, path, runtime):
        full, name = self.tree.full(path), os.path.basename(path)
        where = f"{self.sysroot_dir}/usr/lib64/{name}"
        if os.path.dirname(path) != f"usr/lib/{self.native}" or name.endswith(".pc"):
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
            script = script.replace(f"/usr/lib/{self.native}/".encode(), b"/usr/lib64/")
            script = script.replace(f"/lib/{self.native}/".encode(), b"/lib64/")
            with open(full, "wb") as f:
                f.write(script)

    # Runtime libraries

    def _take_libs(self, package, debs):
        """Shared libraries of `debs` into lib/; each also finds its neighbours."""
        for deb in debs:
            for p in self.tree.of(deb, "usr/lib/*.so*"):
                if os.path.dirname(p) in (f"usr/lib/{self.native}", "usr/lib"):
                    full = package.take(self.tree.full(p), f"lib/{os.path.basename(p)}")
                    if not os.path.islink(full):
                        elf.set_rpath(full, "$ORIGIN")

    def runtime(self):
        # conda-forge's aarch64 has neither the mutex of libgcc nor a demand on glibc here.
        v, x86 = self.libgcc_v, self.target is X86_64
        glibc = ["__glibc >=2.17,<3.0.a0"] if x86 else []
        mutex = {"license": "LicenseRef-None", "suffix": ".tar.bz2"}
        if x86:
            self.package("_libgcc_mutex", "0.1", "conda_forge", [], **mutex)
        openmp = self.package("_openmp_mutex", "4.5", "2_gnu",
                              ["_libgcc_mutex 0.1 conda_forge"] * x86 + ["libgomp >=7.5.0"],
                              constrains=["openmp_impl 9999"], **mutex)
        openmp.record["build_number"] = 16
        openmp.link("lib/libgomp.so.1", "libgomp.so.1.0.0")
        gomp = self.package("libgomp", v, self.build, glibc)
        self._take_libs(gomp, ["libgomp1"])
        os.unlink(gomp.path("lib/libgomp.so.1"))
        libgcc = self.package("libgcc", v, self.build, [*glibc, "_openmp_mutex >=4.5"],
                              constrains=[f"libgomp {v} {self.build}",
                                          f"libgcc-ng =={v}=*_{self.number}"])
        self._take_libs(libgcc, ["libgcc-s1", "libatomic1", "libitm1", "libquadmath0"])
        cxx = self.package("libstdcxx", v, self.build, [*glibc, f"libgcc {v} {self.build}"],
                           constrains=[f"libstdcxx-ng =={v}=*_{self.number}"])
        self._take_libs(cxx, ["libstdc++6"])
        cxx.link("lib/libstdc++.so", "libstdc++.so.6")
        self.package("libgcc-ng", v, self.build, [f"libgcc {v} {self.build}"])
        self.package("libstdcxx-ng", v, self.build, [f"libstdcxx {v} {self.build}"])
        san = self.package("libsanitizer", self.v, self.build,
                           [*glibc, f"libgcc >={v}", f"libstdcxx >={v}"])
        self._take_libs(san, ["libasan5", "libasan6", "libasan8", "liblsan0", "libtsan0", "libtsan2", "libubsan1", "libhwasan0"])
        for p in self.tree.of(f"libgcc-{self.major}-dev", "usr/lib/gcc/*san*"):
            self._gcc_library(san, p)

    # The compilers

    def gcc(self):
        v, tree = self.v, self.tree
        devel = self.package(self.on("libgcc-devel"), v, self.devel_build, ["__unix"], noarch=True)
        san = f"libsanitizer {v} {self.build}"
        gcc = self.package(self.on("gcc_impl"), v, self.build, [
            f"binutils_impl_{self.target.subdir} >={self.binutils_v}", f"libgcc >={v}",
            f"libgcc-devel_{self.target.subdir} {v} {self.devel_build}", f"libgomp >={v}", san,
            f"libstdcxx >={v}", self.on("sysroot")])
        # What leads to this platform's shared libraries is no part of the noarch package: a cross compiler,
        # which takes that package too, has libraries of its own.
        for p in tree.of(f"libgcc-{self.major}-dev", "usr/lib/gcc/*"):
            if "/include" not in p:
                self._gcc_library(gcc if p.endswith(".so") else devel, p)
        # The distribution's libgcc_s.so is a script that names this file.
        gcc.link(f"{self.libdir}/libgcc_s.so.1", "../../../libgcc_s.so.1")
        for p in tree.of(f"libgcc-{self.major}-dev", "usr/lib/gcc/*/include/*"):
            gcc.take(tree.full(p), f"{self.libdir}/include/{p.split('/include/', 1)[1]}")
        self.compiler_files(gcc)
        # The names under which a native compiler looks for its parts.
        for base in ("lib", "libexec"):
            gcc.link(f"{base}/gcc/{self.native}/{self.major}", f"../{self.triplet}/{v}")
        gcc.link(self.native, self.triplet)
        gcc.link("lib/bfd-plugins/liblto_plugin.so", f"../../{self.libexec}/liblto_plugin.so")
        self.specs_files(gcc)

    def gxx(self):
        v, tree = self.v, self.tree
        devel = self.package(self.on("libstdcxx-devel"), v, self.devel_build, ["__unix"],
                             noarch=True)
        headers = f"{self.libdir}/include/c++"
        gxx = self.package(self.on("gxx_impl"), v, self.build, [
            f"gcc_impl_{self.target.subdir} {v} {self.build}",
            f"libstdcxx-devel_{self.target.subdir} {v} {self.devel_build}", self.on("sysroot"), "tzdata"])
        for p in tree.of(f"libstdc++-{self.major}-dev"):
            if p.startswith("usr/lib/gcc/"):
                self._gcc_library(gxx if p.endswith(".so") else devel, p)
            elif p.startswith(f"usr/include/c++/{self.major}/"):
                devel.take(tree.full(p), f"{headers}/{p.split('/', 4)[4]}")
            elif p.startswith(f"usr/include/{self.native}/c++/{self.major}/"):
                devel.take(tree.full(p), f"{headers}/{self.triplet}/{p.split('/', 5)[5]}")
        self.cxx_files(gxx)
        gxx.link(f"include/c++/{self.major}", f"../../{headers}")
        gxx.link(f"include/{self.native}/c++/{self.major}", f"../../../{headers}/{self.triplet}")

    def names(self):
        """gcc and gxx: the plain names, as links into the _impl packages."""
        v = self.v
        gcc = self.package("gcc", v, self.build, [f"gcc_impl_{self.target.subdir} {v}.*"],
                           license="BSD-3-Clause")
        for name in ("gcc", "cc", "cpp", "gcc-ar", "gcc-nm", "gcc-ranlib", "gcov"):
            gcc.link(f"bin/{name}", f"{self.triplet}-{name}")
        gxx = self.package("gxx", v, self.build, [f"gcc {v}.*", f"gxx_impl_{self.target.subdir} {v}.*"],
                           license="BSD-3-Clause")
        for name in ("g++", "c++"):
            gxx.link(f"bin/{name}", f"{self.triplet}-{name}")
