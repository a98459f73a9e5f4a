# SPDX-License-Identifier: MIT
"""What is the same for a native and a cross compiler: binutils, the driver's layout, activation."""

import hashlib
import os
import re

from . import elf
from .package import PLACEHOLDER, Package

GCC_LICENSE = "GPL-3.0-only WITH GCC-exception-3.1"
TIMESTAMP = 1740240000000


def upstream(version):
    """Upstream's version of a distribution package: no epoch, no revision."""
    version = re.sub(r"^\d+(:|%3a)", "", version)
    return re.split(r"[-+]", version)[0]


def _revision(version):
    digits = re.match(r"\d+", version.rsplit("-", 1)[-1])
    return int(digits.group()) if digits else 0


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
+ {link}{rpath}

"""
# Before gcc 12 the driver forgets that it was given --sysroot, so that no spec can ask for it.
LINK = "%{-sysroot=*:--sysroot=%*}"
LINK_BEFORE_12 = "--sysroot=%:getenv(GCC_EXEC_PREFIX ../../{sysroot})"
RPATH = f" %{{!static:%{{!static-pie:-rpath {PLACEHOLDER}/lib}}}}"


class Packager:
    """What the packages of all compilers have in common.

    `target` is the platform that the compiler compiles for, `host` the one that it runs on; `versions` are gcc's and binutils',
    `build` the hash and the number of the build string.
    """

    def __init__(self, tree, work, target, host, versions, build):
        self.tree = tree
        self.work = work
        self.target = target
        self.host = host
        self.triplet = target.triplet
        self.sysroot_dir = target.sysroot
        self.packages = []
        self.v, self.binutils_v = versions
        self.major = self.v.split(".", maxsplit=1)[0]
        self.libexec = f"libexec/gcc/{self.triplet}/{self.v}"
        self.libdir = f"lib/gcc/{self.triplet}/{self.v}"
        # As conda's build strings: a hash of what went in, then the number.
        self.hash, self.number = build
        self.build = f"{self.hash}_{self.number}"

    def on(self, name):
        """The package of that name for the target."""
        return f"{name}_{self.target.subdir}"

    def package(self, name, version, build, depends, *, noarch=False, constrains=(), **kw):
        record = {
            "name": name,
            "version": version,
            "build": build,
            "build_number": int(digits.group()) if (digits := re.search(r"\d+$", build)) else 0,
            "depends": list(depends),
            "constrains": list(constrains),
            "subdir": "noarch" if noarch else self.host.subdir,
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

    # Activation and short names

    def activation(self):
        v, sysroot = self.v, self.on("sysroot")
        tools = {"AR": "ar", "AS": "as", "LD": "ld", "NM": "nm", "OBJCOPY": "objcopy",
                 "OBJDUMP": "objdump", "RANLIB": "ranlib", "READELF": "readelf",
                 "STRIP": "strip"}
        self._activate(self.on("binutils"), self.binutils_v,
                       [f"binutils_impl_{self.target.subdir} {self.binutils_v}.*", sysroot],
                       {k: f"{self.triplet}-{n}" for k, n in tools.items()})
        self._activate(self.on("gcc"), v,
                       [self.on("binutils"), f"gcc_impl_{self.target.subdir} {v}.*", sysroot],
                       {"CC": f"{self.triplet}-cc", "GCC": f"{self.triplet}-gcc", "CPP": f"{self.triplet}-cpp",
                        "HOST": self.triplet, "BUILD": self.host.triplet,
                        "CONDA_BUILD_SYSROOT": "${CONDA_PREFIX}/" + self.sysroot_dir,
                        "LDFLAGS": "-Wl,-rpath,${CONDA_PREFIX}/lib -L${CONDA_PREFIX}/lib"})
        self._activate(self.on("gxx"), v,
                       [self.on("binutils"), f"gcc_{self.target.subdir} {v} {self.build}",
                        f"gxx_impl_{self.target.subdir} {v}.*", sysroot],
                       {"CXX": f"{self.triplet}-c++", "GXX": f"{self.triplet}-g++"},
                       run_exports={"strong": [f"libgcc >={self.major}", f"libstdcxx >={self.major}"]})

    def _activate(self, name, version, depends, variables, **kw):
        package = self.package(name, version, self.build, depends, license="BSD-3-Clause", **kw)
        stem = name.split("_")[0]
        on = [f'export {k}="{value}"' for k, value in variables.items()]
        off = [f"unset {k}" for k in variables]
        package.text(f"etc/conda/activate.d/activate-{self.on(stem)}.sh", "\n".join(on) + "\n")
        package.text(f"etc/conda/deactivate.d/deactivate-{self.on(stem)}.sh",
                     "\n".join(off) + "\n")


class Distributed(Packager):
    """The distribution's own: what a native compiler (gcc.Toolchain) and a cross compiler (cross.Cross) have in common."""

    def __init__(self, tree, debs, work, specs, target, host):
        self.versions = {d["name"]: d["file"].split("_")[1] for d in debs}
        self.gcc_deb = next(d["name"] for d in debs if re.match(r"gcc-\d+", d["name"]))
        self.binutils_deb = "binutils-" + target.native.replace("_", "-")
        inputs = "".join(d["file"] + d["sha256"] for d in debs)
        super().__init__(tree, work, target, host,
                         (upstream(self.versions[self.gcc_deb]), upstream(self.versions[self.binutils_deb])),
                         ("h" + hashlib.sha256(inputs.encode()).hexdigest()[:7], _revision(self.versions[self.gcc_deb])))
        self.specs = specs
        self.native = target.native
        # Private libraries of the programs, out of the way of PREFIX/lib.
        self.binutils_libs = f"libexec/{target.triplet}-binutils"

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
        """A program as bin/<triplet>-name, and <triplet>/bin/name where the compiler looks for it."""
        full = package.take(self.tree.full(source), f"bin/{self.triplet}-{name}")
        elf.set_rpath(full, rpath)
        package.link(f"{self.triplet}/bin/{name}", f"../../bin/{self.triplet}-{name}")

    def binutils(self):
        v, deb, tree = self.binutils_v, self.binutils_deb, self.tree
        ld = self.package(self.on("ld_impl"), v, self.build, [], license="GPL-3.0-only",
                          constrains=[f"binutils_impl_{self.target.subdir} {v}"])
        libs = [deb, "libbinutils", "libctf0", "libctf-nobfd0", "libsframe1", "libsframe2",
                "libjansson4"]
        for name in libs + ["zlib1g", "libzstd1"]:
            for p in tree.of(name, f"usr/lib/{self.host.native}/*.so*"):
                if os.path.dirname(p) != f"usr/lib/{self.host.native}":
                    continue
                full = self._private(ld, p, f"{self.binutils_libs}/{os.path.basename(p)}",
                                     keep=name in ("zlib1g", "libzstd1"))
                if not os.path.islink(full):
                    elf.set_rpath(full, "$ORIGIN")
        # The linker finds its libraries only if the prefix was written over the placeholder.
        self._tool(ld, tree.one(f"usr/bin/{self.native}-ld.bfd"), "ld.bfd",
                   f"{PLACEHOLDER}/{self.binutils_libs}")
        for name in ("bin/" + self.triplet + "-ld", self.triplet + "/bin/ld"):
            ld.link(name, os.path.basename(name) + ".bfd")

        rest = self.package(self.on("binutils_impl"), v, self.build,
                            [f"ld_impl_{self.target.subdir} {v} {self.build}", self.on("sysroot")],
                            license="GPL-3.0-only")
        for p in tree.of(deb, f"usr/bin/{self.native}-*"):
            name = os.path.basename(p)[len(self.native) + 1:]
            if not os.path.islink(tree.full(p)) and not name.startswith("gp"):
                self._tool(rest, p, name, f"$ORIGIN/../{self.binutils_libs}:$ORIGIN/../lib")

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

    def compiler_files(self, package):
        """gcc's programs, and the libraries that they need."""
        tree, v = self.tree, self.v
        for name in ("libgmp10", "libmpfr6", "libmpc3", "libisl22", "libisl23", "zlib1g", "libzstd1"):
            for p in tree.of(name, f"usr/lib/{self.host.native}/*.so*"):
                full = package.take(tree.full(p), f"{self.libexec}/lib/{os.path.basename(p)}")
                if not os.path.islink(full):
                    elf.set_rpath(full, "$ORIGIN")
        for name in ("cc1", "lto1", "collect2", "lto-wrapper", "liblto_plugin.so"):
            self._internal(package, name)
        for p in tree.of(self.gcc_deb, "usr/lib/gcc*.spec"):
            package.take(tree.full(p), f"{self.libdir}/{os.path.basename(p)}")
        for name in ("gcc", "cpp", "gcc-ar", "gcc-nm", "gcc-ranlib", "gcov", "gcov-dump",
                     "gcov-tool", "lto-dump"):
            if name != "lto-dump" or int(self.major) >= 10:
                self._driver(package, name)
        package.link(f"bin/{self.triplet}-cc", f"{self.triplet}-gcc")
        package.link(f"bin/{self.triplet}-gcc-{v}", f"{self.triplet}-gcc")

    def specs_files(self, package):
        """As conda-forge has them: with the prefix in the run path, and, on request, without."""
        link = LINK if int(self.major) >= 12 else LINK_BEFORE_12.format(sysroot=self.sysroot_dir)
        for name, rpath in (("specs", RPATH), ("builtin.specs", "")):
            package.text(f"{self.libdir}/{name}",
                         self.specs + SPECS.format(sysroot=self.sysroot_dir, link=link, rpath=rpath))

    def cxx_files(self, package):
        self._internal(package, "cc1plus")
        if int(self.major) >= 11:
            self._internal(package, "g++-mapper-server")
        self._driver(package, "g++")
        package.link(f"bin/{self.triplet}-c++", f"{self.triplet}-g++")

    def _internal(self, package, name):
        """A program that the driver runs: in libexec, with a link where this driver looks."""
        source = self.tree.full(self.tree.one(f"usr/lib*/gcc*/{self.native}/{self.major}/{name}"))
        # Up to gcc 11 the plugin is a link to a name with a version.
        full = package.take(os.path.realpath(source), f"{self.libexec}/{name}")
        elf.set_rpath(full, "$ORIGIN/lib")
        package.link(f"{self.libdir}/{name}", f"../../../../{self.libexec}/{name}")

    def _driver(self, package, name):
        source = self.tree.one(f"usr/bin/{self.native}-{name}-{self.major}")
        full = package.take(self.tree.full(source), f"bin/{self.triplet}-{name}")
        elf.set_rpath(full, f"$ORIGIN/../{self.libexec}/lib")
