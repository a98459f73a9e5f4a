# SPDX-License-Identifier: MIT
"""NVIDIA's wheels laid out as conda-forge's CUDA packages have them.

Real files go below targets/x86_64-linux or targets/sbsa-linux (mostly in noarch packages); lib/ gets
relative links into it (in arch packages). Names, versions and dependencies are the real channel's
records.
"""

import os
import re

from . import elf
from .package import PLACEHOLDER, Package
from .platform import X86_64

PROFILE = """\
TOP              = $(_HERE_)/../$(_TARGET_DIR_)

CICC_PATH        = $(TOP)/nvvm/bin
NVVMIR_LIBRARY_DIR = $(TOP)/nvvm/libdevice

LD_LIBRARY_PATH += $(TOP)/lib:
PATH            += $(CICC_PATH):$(_HERE_):$(TOP)/../../bin:$(TOP)/../../nvvm/bin:

INCLUDES        +=  "-I$(TOP)/include" $(_SPACE_)
SYSTEM_INCLUDES +=  "-isystem" "$(TOP)/include/cccl" $(_SPACE_)

LIBRARIES        =+ $(_SPACE_) "-L$(TOP)/lib/stubs" "-L$(TOP)/lib"

CUDAFE_FLAGS    +=
PTXAS_FLAGS     +=
"""

ACTIVATE = """\
# Flags for the CUDA headers and libraries, and the host compiler for nvcc.
export CFLAGS="${CFLAGS-} -I${CONDA_PREFIX}/@T@/include -I${CONDA_PREFIX}/@T@/include/cccl"
export CPPFLAGS="${CPPFLAGS-} -I${CONDA_PREFIX}/@T@/include -I${CONDA_PREFIX}/@T@/include/cccl"
export CXXFLAGS="${CXXFLAGS-} -I${CONDA_PREFIX}/@T@/include -I${CONDA_PREFIX}/@T@/include/cccl"
export LDFLAGS="${LDFLAGS-} -L${CONDA_PREFIX}/@T@/lib -L${CONDA_PREFIX}/@T@/lib/stubs"
if [ -n "${CXX-}" ]; then
	export NVCC_PREPEND_FLAGS="${NVCC_PREPEND_FLAGS-} -ccbin=${CXX}"
else
	echo "cuda-nvcc: CXX is not set; activate the compilers first" >&2
fi
"""


class Release:
    """The packages of one CUDA release for one platform, from `wheels`: {project: unpacked directory}."""

    def __init__(self, release, records, differs, wheels, work, platform=X86_64):
        self.release = release
        self.platform = platform
        self.t = platform.targets
        self.wheels = wheels
        self.work = work
        swap = {d["from"]: d["to"] for d in differs}
        self.packages = {}
        for record in records:
            record = {**record, "depends": [swap.get(d, d) for d in record["depends"]]}
            package = Package(work, record, summary=f"From NVIDIA's wheels, CUDA {release}")
            self.packages[record["name"]] = package

    def make(self, compiler):
        """All packages. `compiler` makes the stub of the driver's library."""
        self.nvcc()
        self.nvvm()
        self.ptxcompiler()
        self.cudart()
        self.driver(compiler)
        self.cccl()
        self.library("nvidia-cuda-nvrtc", "cuda-nvrtc", "nvrtc")
        self.library("nvidia-nvjitlink", "libnvjitlink", "nvJitLink")
        self.library("nvidia-nvfatbin", "libnvfatbin", "nvfatbin")
        self.programs()
        return [self.packages[n] for n in sorted(self.packages)]

    def get(self, name):
        return self.packages[name]

    def suffixed(self, name):
        """A package that has the platform in its name."""
        return self.packages[f"{name}_{self.platform.subdir}"]

    def files(self, project, prefix):
        """[(file, path below the prefix)] of a wheel's nvidia/cu13/<prefix>, without metadata."""
        base = os.path.join(self.wheels[project], "nvidia", "cu13", prefix)
        found = []
        for where, _, names in os.walk(base):
            for n in names:
                rel = os.path.relpath(os.path.join(where, n), base)
                if not rel.startswith("."):
                    found.append((os.path.join(where, n), rel))
        return sorted(found)

    def headers(self, project, package, to=None):
        to = to or f"{self.t}/include"
        for source, rel in self.files(project, "include"):
            package.take(source, f"{to}/{rel}", 0o644)

    # Compiler

    def nvcc(self):
        tools, project = self.get("cuda-nvcc-tools"), "nvidia-cuda-nvcc"
        for source, rel in self.files(project, "bin"):
            if rel.startswith("crt/"):
                self.get("cuda-crt-tools").take(source, f"bin/{rel}", 0o644)
            elif rel == "nvcc.profile":
                tools.text("bin/nvcc.profile", PROFILE)
            else:
                full = tools.take(source, f"bin/{rel}", 0o755)
                elf.set_rpath(full, f"$ORIGIN/../lib:$ORIGIN/../{self.t}/lib")
        dev = self.suffixed("cuda-nvcc-dev")
        self.headers(project, dev)
        dev.link(f"{self.t}/bin/nvcc", "../../../bin/nvcc")
        self.headers("nvidia-cuda-crt", self.suffixed("cuda-crt-dev"))
        self.activation(self.suffixed("cuda-nvcc"))

    def activation(self, package):
        package.text("etc/conda/activate.d/~cuda-nvcc_activate.sh", ACTIVATE.replace("@T@", self.t))
        package.text("etc/conda/deactivate.d/~cuda-nvcc_deactivate.sh",
                     "unset NVCC_PREPEND_FLAGS\n")

    def cross(self, record):
        """linux-64's package of the same name as this platform's own: activation and dependencies only."""
        package = Package(self.work, record, summary=f"From NVIDIA's wheels, CUDA {self.release}")
        self.activation(package)
        return package

    def nvvm(self):
        tools, impl = self.get("cuda-nvvm-tools"), self.get("cuda-nvvm-impl")
        project = "nvidia-nvvm"
        for source, rel in self.files(project, "nvvm"):
            program = rel.startswith("bin/")
            full = tools.take(source, f"nvvm/{rel}", 0o755 if program else 0o644)
            if program:
                elf.set_rpath(full, f"$ORIGIN/../lib64:$ORIGIN/../../lib:$ORIGIN/../../{self.t}/lib")
        self.headers(project, impl, "nvvm/include")
        for source, rel in self.files(project, "lib"):
            # Never patched: changing this library breaks it.
            impl.take(source, f"nvvm/lib64/{rel}.0.0", 0o755)
            impl.link(f"nvvm/lib64/{rel}", f"{rel}.0.0")
            impl.link("nvvm/lib64/libnvvm.so", rel)
        self.suffixed("cuda-nvvm-dev").link(f"{self.t}/nvvm", "../../nvvm")

    def ptxcompiler(self):
        project, real = "nvidia-nvptxcompiler", self.suffixed("libnvptxcompiler-dev")
        self.headers(project, real)
        for source, rel in self.files(project, "lib"):
            real.take(source, f"{self.t}/lib/{rel}", 0o644)
            self.get("libnvptxcompiler-dev").link(f"lib/{rel}", f"../{self.t}/lib/{rel}")

    # Libraries

    def shared(self, source, soname, owner, linker, dev, dev_linker):
        """One shared library.

        The real file and its soname go to `owner`, lib/ links to `linker`; the names for the
        linker go to `dev` and `dev_linker`.
        """
        base = soname.split(".so")[0] + ".so"
        full_name = f"{base}.{owner.record['version']}"
        full = owner.take(source, f"{self.t}/lib/{full_name}", 0o755)
        elf.set_rpath(full, "$ORIGIN")
        owner.link(f"{self.t}/lib/{soname}", full_name)
        dev.link(f"{self.t}/lib/{base}", soname)
        for name in (soname, full_name):
            linker.link(f"lib/{name}", f"../{self.t}/lib/{name}")
        dev_linker.link(f"lib/{base}", f"../{self.t}/lib/{base}")

    def library(self, project, name, lib):
        """nvrtc and its like: one arch package with the files, one with what -dev needs.

        A second build of the same library (".alt.", some wheels have one) is left out.
        """
        run, dev = self.get(name), self.get(f"{name}-dev")
        self.headers(project, dev)
        for source, rel in self.files(project, "lib"):
            if ".alt." not in rel:
                self.shared(source, rel, run, run, dev, dev)
        self.pkg_config(dev, lib.lower(), lib)

    def cudart(self):
        project = "nvidia-cuda-runtime"
        dev = self.suffixed("cuda-cudart-dev")
        self.headers(project, dev)
        for source, rel in self.files(project, "lib"):
            if rel.endswith(".a"):
                self.suffixed("cuda-cudart-static").take(source, f"{self.t}/lib/{rel}", 0o644)
                self.get("cuda-cudart-static").link(f"lib/{rel}", f"../{self.t}/lib/{rel}")
            else:
                self.shared(source, rel, self.suffixed("cuda-cudart"),
                            self.get("cuda-cudart"), dev, self.get("cuda-cudart-dev"))
        self.pkg_config(self.get("cuda-cudart-dev"), "cudart", "cudart")
        self.pkg_config(self.get("cuda-cudart-dev"), "cuda", "cuda")

    def pkg_config(self, package, name, lib):
        package.text(f"lib/pkgconfig/{name}-{self.release}.pc", f"""\
cudaroot={PLACEHOLDER}
libdir=${{cudaroot}}/{self.t}/lib
includedir=${{cudaroot}}/{self.t}/include

Name: {name}
Description: NVIDIA's {lib} library
Version: {self.release}
Libs: -L${{libdir}} -l{lib}
Cflags: -I${{includedir}}
""")

    def driver(self, compiler):
        """The wheels have no libcuda stub; one with the functions of cuda.h serves as well."""
        header = self.suffixed("cuda-cudart-dev").path(f"{self.t}/include/cuda.h")
        stub = self.suffixed("cuda-driver-dev").path(f"{self.t}/lib/stubs/libcuda.so")
        with open(header, encoding="utf-8") as f:
            text = f.read()
        names = set(re.findall(r"\bCUDAAPI\s+(cu[A-Z]\w*)\s*\(", text))
        names |= {b for a, b in re.findall(r"#\s*define\s+(cu[A-Z]\w*)\s+(cu[A-Z]\w*)\s*$", text,
                                           re.MULTILINE)}
        # Macros that stand for per-thread variants paste a suffix; both forms are in the driver.
        names |= {b + suffix for _, b in re.findall(
            r"#\s*define\s+(cu\w+)\s+__CUDA_API_PT[SD][ZS]\((cu\w+)\)", text)
            for suffix in ("", "_ptds", "_ptsz")}
        if len(names) < 300:
            raise LookupError(f"cuda.h of CUDA {self.release}: only {len(names)} functions found")
        source = "".join(f"int {n}(void) {{ return 34; }}\n" for n in sorted(names))
        compiler.shared(source, stub, "libcuda.so.1")
        self.get("cuda-driver-dev").link("lib/stubs/libcuda.so",
                                         f"../../{self.t}/lib/stubs/libcuda.so")

    def cccl(self):
        project, package = "nvidia-cuda-cccl", self.suffixed("cuda-cccl")
        self.headers(project, package)
        for where in ("lib", "cccl/lib"):
            for source, rel in self.files(project, where):
                package.take(source, f"{self.t}/lib/{rel}", 0o644)

    def programs(self):
        self.headers("nvidia-cuda-profiler-api", self.get("cuda-profiler-api"))
        for project, name in (("nvidia-cuda-cuobjdump", "cuda-cuobjdump"),
                              ("nvidia-cuda-nvdisasm", "cuda-nvdisasm")):
            if project not in self.wheels:
                continue
            for source, rel in self.files(project, "bin"):
                full = self.get(name).take(source, f"bin/{rel}", 0o755)
                elf.set_rpath(full, "$ORIGIN/../lib")
