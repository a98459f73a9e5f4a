# SPDX-License-Identifier: MIT
"""The distribution's cross compiler, laid out as conda-forge's for linux-64 that compiles for linux-aarch64.

Headers, start files and static libraries come from the noarch packages of the target's own compiler;
the shared libraries that it links with are the target's, in its own directory.
"""

import os
import shutil

from .packager import Distributed
from .platform import X86_64

# The target's packages whose libraries a cross compiler has itself.
RUNTIMES = ("libgcc", "libgomp", "libstdcxx", "libsanitizer")


class Cross(Distributed):
    """`own` is the Toolchain of the target, made but not yet written."""

    def __init__(self, tree, debs, work, specs, own):
        super().__init__(tree, debs, work, specs, own.target, X86_64)
        self.own = own

    def make(self):
        self.binutils()
        self.gcc()
        self.gxx()
        self.activation()
        return self.packages

    def gcc(self):
        v, own = self.v, self.own
        gcc = self.package(self.on("gcc_impl"), v, self.build, [
            f"{self.on('binutils_impl')} >={self.binutils_v}", f"libgcc >={v}",
            f"{self.on('libgcc-devel')} {own.v} {own.devel_build}", f"libgomp >={v}",
            f"libstdcxx >={v}", self.on("sysroot")])
        self.compiler_files(gcc)
        by_name = {p.name: p for p in own.packages}
        native = os.path.join(by_name[self.on("gcc_impl")].root, self.libdir)
        shutil.copytree(f"{native}/include", gcc.path(f"{self.libdir}/include"), symlinks=True)
        for name in RUNTIMES:
            self._libraries(gcc, os.path.join(by_name[name].root, "lib"))
        gcc.link(f"{self.libdir}/libgomp.so.1", "libgomp.so.1.0.0")
        # The names for the linker: scripts as they are, links to the libraries in the same place.
        for source in (native, os.path.join(by_name["libsanitizer"].root, self.libdir)):
            self._linker_names(gcc, source)
        # Where this compiler looks for its parts.
        gcc.link(f"lib/gcc-cross/{self.native}/{self.major}", f"../../gcc/{self.triplet}/{v}")
        gcc.link(self.native, self.triplet)
        self.specs_files(gcc)

    def _libraries(self, package, lib):
        for name in sorted(os.listdir(lib)):
            source = os.path.join(lib, name)
            if ".so." in name:
                shutil.copy2(source, package.path(f"{self.libdir}/{name}"), follow_symlinks=False)

    def _linker_names(self, package, source):
        for name in sorted(os.listdir(source)):
            full, to = os.path.join(source, name), package.path(f"{self.libdir}/{name}")
            if os.path.lexists(to) or name == "liblto_plugin.so" or not \
                    name.endswith((".so", ".a", ".o")):
                continue
            if os.path.islink(full):
                os.symlink(os.path.basename(os.readlink(full)), to)
            else:
                shutil.copy2(full, to)

    def gxx(self):
        v, own = self.v, self.own
        gxx = self.package(self.on("gxx_impl"), v, self.build, [
            f"{self.on('gcc_impl')} {v} {self.build}",
            f"{self.on('libstdcxx-devel')} {own.v} {own.devel_build}", self.on("sysroot"), "tzdata"])
        self.cxx_files(gxx)
        gxx.link(f"{self.libdir}/libstdc++.so", "libstdc++.so.6")
        headers = f"{self.libdir}/include/c++"
        gxx.link(f"{headers}/{self.native}", self.triplet)
        gxx.link(f"{self.triplet}/include/c++/{self.major}", f"../../../{headers}")
