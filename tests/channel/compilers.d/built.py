# SPDX-License-Identifier: MIT
"""binutils and gcc as compile-gcc installed them, split into packages as conda-forge's are."""

import glob
import os
import shutil
import subprocess

from chan import elf
from chan.package import PLACEHOLDER
from chan.packager import Packager
from chan.platform import X86_64

LD = ("ld", "ld.bfd")
DRIVERS = {"gcc": ("gcc", "cpp", "gcc-ar", "gcc-nm", "gcc-ranlib", "gcov", "gcov-dump", "gcov-tool", "lto-dump"),
           "gxx": ("g++", "c++")}
PROGRAMS = {"gcc": ("cc1", "lto1", "collect2", "lto-wrapper", "liblto_plugin.so"),
            "gxx": ("cc1plus", "g++-mapper-server")}
# The libraries of each runtime package, by the beginning of their names.
RUNTIMES = {"libgcc": ("libgcc_s.", "libatomic.", "libitm.", "libquadmath."), "libgomp": ("libgomp.",),
            "libstdcxx": ("libstdc++.",)}
STATIC_CXX = ("libstdc++.a", "libstdc++fs.a", "libsupc++.a")


class Built(Packager):
    """`tree` is the prefix of one target, with all that was installed; `version` is (gcc's, binutils')."""

    def __init__(self, tree, version, build, work, target):
        # The number is above what the distribution's revision gives.
        super().__init__(tree, work, target, X86_64, version, (build, 900))
        self.is_native = target is X86_64

    def make(self):
        self.binutils()
        self.devel()
        self.gcc()
        self.gxx()
        self.runtime()
        self.activation()
        if self.is_native:
            self.names()
        return self.packages

    def _full(self, rel):
        return os.path.join(self.tree, rel)

    def _copy(self, package, rel, to=None):
        """A file or link as it is; a program without its symbols."""
        full = package.path(to or rel)
        shutil.copy2(self._full(rel), full, follow_symlinks=False)
        if not os.path.islink(full) and os.access(full, os.X_OK) and (rel.startswith(("bin/", "libexec/"))):
            subprocess.run(["strip", "--strip-unneeded", full], check=False, stderr=subprocess.DEVNULL)
        return full

    def _copy_tree(self, package, rel, ignore=None):
        shutil.copytree(self._full(rel), package.path(rel), symlinks=True, dirs_exist_ok=True, ignore=ignore)

    def _tool_and_link(self, package, name):
        self._copy(package, f"bin/{self.triplet}-{name}")
        package.link(f"{self.triplet}/bin/{name}", f"../../bin/{self.triplet}-{name}")

    def binutils(self):
        v = self.binutils_v
        ld = self.package(self.on("ld_impl"), v, self.build, [], license="GPL-3.0-only",
                          constrains=[f"binutils_impl_{self.target.subdir} {v}"])
        self._tool_and_link(ld, "ld.bfd")
        ld.link(f"bin/{self.triplet}-ld", f"{self.triplet}-ld.bfd")
        ld.link(f"{self.triplet}/bin/ld", "ld.bfd")
        # Where ld looks for them, also one for another machine: their names begin with that of the machine.
        self._copy_tree(ld, "lib/ldscripts")
        rest = self.package(self.on("binutils_impl"), v, self.build,
                            [f"ld_impl_{self.target.subdir} {v} {self.build}", self.on("sysroot")],
                            license="GPL-3.0-only")
        for full in sorted(glob.glob(self._full(f"{self.triplet}/bin/*"))):
            name = os.path.basename(full)
            if name not in LD:
                self._tool_and_link(rest, name)
        for name in ("addr2line", "c++filt", "elfedit", "size", "strings"):
            if not os.path.lexists(rest.path(f"bin/{self.triplet}-{name}")):
                self._copy(rest, f"bin/{self.triplet}-{name}")

    def _compiler(self, kind, depends):
        package = self.package(self.on(f"{kind}_impl"), self.v, self.build, depends)
        for name in DRIVERS[kind]:
            long = f"bin/{self.triplet}-{name}"
            # Some programs of a native compiler are installed by their short name only.
            self._copy(package, long if os.path.exists(self._full(long)) else f"bin/{name}", long)
        for name in PROGRAMS[kind]:
            self._copy(package, f"{self.libexec}/{name}")
        return package

    def gcc(self):
        v, subdir = self.v, self.target.subdir
        gcc = self._compiler("gcc", [
            f"binutils_impl_{subdir} >={self.binutils_v}", f"libgcc >={v}",
            f"libgcc-devel_{subdir} {v} {self.build}", f"libgomp >={v}", f"libstdcxx >={v}", self.on("sysroot"),
            "tzdata"])
        gcc.link(f"bin/{self.triplet}-cc", f"{self.triplet}-gcc")
        gcc.link(f"bin/{self.triplet}-gcc-{v}", f"{self.triplet}-gcc")
        self._copy_tree(gcc, f"{self.libdir}/include", ignore=shutil.ignore_patterns("c++"))
        if os.path.isdir(self._full(f"{self.libdir}/include-fixed")):
            self._copy_tree(gcc, f"{self.libdir}/include-fixed")
        for full in sorted(glob.glob(os.path.join(self._libraries(), "*.spec"))):
            shutil.copy2(full, gcc.path(f"{self.libdir}/{os.path.basename(full)}"))
        if self.is_native:
            gcc.link("lib/bfd-plugins/liblto_plugin.so", f"../../{self.libexec}/liblto_plugin.so")
        self._shared(gcc, [n for n in os.listdir(self._libraries()) if ".so" in n and not n.startswith("libstdc++")])
        self._specs(gcc)

    def gxx(self):
        v, subdir = self.v, self.target.subdir
        gxx = self._compiler("gxx", [f"gcc_impl_{subdir} {v} {self.build}",
                                     f"libstdcxx-devel_{subdir} {v} {self.build}", self.on("sysroot"), "tzdata"])
        self._shared(gxx, [n for n in os.listdir(self._libraries()) if n.startswith("libstdc++.so")])

    def _libraries(self):
        """Where the target's libraries were installed."""
        return self._full("lib" if self.is_native else f"{self.triplet}/lib")

    def _shared(self, package, names):
        """For the linker, next to the compiler's own: a native compiler has links to those of the prefix, a cross
        compiler the libraries themselves."""
        for name in sorted(names):
            source = os.path.join(self._libraries(), name)
            if name.endswith(".py") or name.startswith("libcc1"):
                continue
            script = name == "libgcc_s.so"
            if self.is_native and not script:
                if name.endswith(".so") or name == "libgcc_s.so.1":
                    package.link(f"{self.libdir}/{name}", f"../../../{name}")
            else:
                shutil.copy2(source, package.path(f"{self.libdir}/{name}"), follow_symlinks=False)

    def _specs(self, package):
        """builtin.specs is the compiler's own dump; specs adds the prefix to the link command.

        conda-forge's also includes conda.specs, where there is one; its gcc is patched to take commands in that file.
        """
        builtin = subprocess.run([self._full(f"bin/{self.triplet}-gcc"), "-dumpspecs"], check=True, text=True,
                                 stdout=subprocess.PIPE).stdout
        head, mark, tail = builtin.partition("*link_command:\n")
        command, newline, rest = tail.partition("\n")
        if not mark or not newline:
            raise LookupError("gcc -dumpspecs has no link_command")
        package.text(f"{self.libdir}/builtin.specs", builtin)
        package.text(f"{self.libdir}/specs", f"{head}{mark}{command} %{{!static:-rpath {PLACEHOLDER}/lib}}\n{rest}")

    def devel(self):
        """What is the same for a native and a cross compiler."""
        libgcc = self.package(self.on("libgcc-devel"), self.v, self.build, ["__unix"], noarch=True)
        cxx = self.package(self.on("libstdcxx-devel"), self.v, self.build, ["__unix"], noarch=True)
        for pattern in (self._full(f"{self.libdir}/*.[ao]"), os.path.join(self._libraries(), "*.a")):
            for full in sorted(glob.glob(pattern)):
                name = os.path.basename(full)
                package = cxx if name in STATIC_CXX else libgcc
                if name.startswith(("libgcc", "libgcov", "crt", "libgomp", "libatomic", "libitm", "libquadmath",
                                    *STATIC_CXX)):
                    shutil.copy2(full, package.path(f"{self.libdir}/{name}"))
        self._copy_tree(cxx, f"{self.libdir}/include/c++")

    def runtime(self):
        """The target's shared libraries, for the target."""
        v, target = self.v, self.target
        glibc = ["__glibc >=2.17,<3.0.a0"] if self.is_native else []
        records = {
            "libgomp": (glibc, []),
            "libgcc": ([*glibc, "_openmp_mutex >=4.5"],
                       [f"libgomp {v} {self.build}", f"libgcc-ng =={v}=*_{self.number}"]),
            "libstdcxx": ([*glibc, f"libgcc {v} {self.build}"], [f"libstdcxx-ng =={v}=*_{self.number}"]),
        }
        host, self.host = self.host, target
        for name, (depends, constrains) in records.items():
            package = self.package(name, v, self.build, depends, constrains=constrains)
            for library in sorted(os.listdir(self._libraries())):
                # The mutex has the other name of libgomp.
                if ".so." not in library or library.endswith(".py") or library == "libgomp.so.1" or \
                        not library.startswith(RUNTIMES[name]):
                    continue
                full = package.path(f"lib/{library}")
                shutil.copy2(os.path.join(self._libraries(), library), full, follow_symlinks=False)
                if not os.path.islink(full):
                    elf.set_rpath(full, "$ORIGIN")
            if name == "libstdcxx":
                package.link("lib/libstdc++.so", "libstdc++.so.6")
        for name in ("libgcc", "libstdcxx"):
            self.package(f"{name}-ng", v, self.build, [f"{name} {v} {self.build}"])
        if self.is_native:
            for name in ("libgomp", "libgcc"):
                self._development_links(name)
        self.host = host

    def _development_links(self, name):
        """lib/libX.so, to which the compiler's links lead."""
        package = next(p for p in self.packages if p.name == name)
        for prefix in RUNTIMES[name]:
            versions = [n for n in os.listdir(self._libraries()) if n.startswith(prefix + "so.") and n.count(".") == 2]
            if prefix != "libgcc_s." and versions:
                package.link(f"lib/{prefix}so", versions[0])

    def names(self):
        """gcc and gxx: the plain names, as links into the _impl packages."""
        gcc = self.package("gcc", self.v, self.build, [f"gcc_impl_{self.target.subdir} {self.v}.*"],
                           license="BSD-3-Clause")
        for name in ("gcc", "cc", "cpp", "gcc-ar", "gcc-nm", "gcc-ranlib", "gcov"):
            gcc.link(f"bin/{name}", f"{self.triplet}-{name}")
        gxx = self.package("gxx", self.v, self.build, [f"gcc {self.v}.*", f"gxx_impl_{self.target.subdir} {self.v}.*"],
                           license="BSD-3-Clause")
        for name in ("g++", "c++"):
            gxx.link(f"bin/{name}", f"{self.triplet}-{name}")
