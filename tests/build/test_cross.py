# SPDX-License-Identifier: MIT
"""Built on x86-64 for aarch64: configured, built, and run by qemu's user emulation with the target's own loader."""
import json
import os
import re
import shutil
import unittest
from pathlib import Path

from harness import CHANNEL, LIBRARIES, TOP, Case, cmakes, dynamic, elf_files, hostile, run, write

QEMU = shutil.which("qemu-aarch64-static")
# A ccenv whose manifests have targets, and a channel to install them from.
HAVE = "targets" in json.loads((TOP / "docs/ccenv.schema.json").read_text())["properties"] and CHANNEL and \
    (Path(CHANNEL) / "linux-aarch64/repodata.json").exists()
CUBLAS = LIBRARIES and list(Path(LIBRARIES).glob("linux-aarch64/libcublas-dev-*"))
FULL = os.environ.get("CCENV_TEST_FULL")
T = "sbsa-linux"
# What has no place in anything that is for the target: libraries and headers of the build machine, of the system (at the
# start of a path) or of the tools.
SYSTEM = re.compile(r"(?<![\w.-])/(usr/(local/)?)?(lib|lib32|lib64|include)(/|$)|(?<![\w.-])/(usr/local|opt)/cuda|x86_64|hostile")
RDC = {
    "a.cu": "extern __device__ int twice(int);\n__global__ void k(int *p) { *p = twice(*p); }\n#include <cstdio>\n"
            "int main() { int n = 0; k<<<1, 1>>>(nullptr); std::printf(\"devices %d\\n\", "
            "cudaGetDeviceCount(&n) == cudaSuccess ? n : 0); return 0; }\n",
    "b.cu": "__device__ int twice(int x) { return 2 * x; }\n",
}


class CrossCase(Case):
    """Projects with a target, and what there is to see of the result."""

    def manifest(self, where, version="13.0", components=("nvcc", "cudart", "nvrtc"), archs=(), channels=(CHANNEL,), **more):
        names = {"version": version, "components": list(components)}
        if archs:
            names["archs"] = list(archs)
        return write(Path(where) / "ccenv.json", json.dumps({
            "channels": list(channels), "platforms": ["linux-64"], "targets": ["linux-aarch64"],
            "system-requirements": {"cuda": version, "libc": "2.36"}, "cuda": names, **more}, indent=2) + "\n")

    def project(self, text, files, **kw):
        src = self.scratch / "p"
        self.manifest(src, **kw)
        write(src / "CMakeLists.txt",
              f"cmake_minimum_required(VERSION 3.22)\nfind_package(CondaCuda 13.0 REQUIRED)\n{text}")
        for name, body in files.items():
            write(src / name, body)
        return src

    def cross(self, src, build=None, *args, **kw):
        return self.configure(src, build or src / "build-arm", "-DCCENV_TARGET=linux-aarch64", *args, **kw)

    def ccenv(self, src, root, command, *args, env=None, ok=True):
        return run([self.env["CCENV_EXECUTABLE"], command, "--root", root, "--manifest", src / "ccenv.json", "--target",
                    "linux-aarch64", *args], env=env or self.env, ok=ok)

    # What there is to see

    def libraries(self, root):
        """Directories that a run of the target's programs needs, as they would be installed on the target."""
        return [d for d in (root / f"view/{T}/lib", *root.glob("host/*/lib"), root / f"view/{T}/lib64") if d.is_dir()]

    def sysroot(self, root):
        return next(d for d in root.glob("env/*/aarch64-conda-linux-gnu/sysroot"))

    def emulated(self, root, program, *args):
        """The program's output, under qemu, with the loader and the C library of the target."""
        if not QEMU:
            self.skipTest("qemu-aarch64-static is needed")
        path = ":".join(str(d) for d in self.libraries(root))
        return run([QEMU, "-L", self.sysroot(root), "-E", f"LD_LIBRARY_PATH={path}", program, *args], env=self.env).out

    def check_text(self, text, what):
        """Nothing in it is a library or a header of the build machine."""
        for word in re.split(r"[\s;\"',:=]+", text):
            self.assertNotRegex(re.sub(r"^-(I|L|isystem|B)", "", word), SYSTEM, what)
            # The prefix of the tools has the target's headers and stubs below targets, and its compiler's files.
            self.assertNotRegex(word, r"/env/[^/]+/(lib|include)(?!/gcc/aarch64-conda-linux-gnu/)", what)

    def check_target(self, top, root):
        """Each program and library below `top` is for the target, and finds nothing of the build machine."""
        found = 0
        for p in elf_files(top):
            if "meson-private" in p.parts:
                continue  # Meson also tries a compiler of the build machine
            found += 1
            self.assertIn("ARM aarch64", run(["file", "-b", p]).out, p)
            self.assertRegex(run(["readelf", "-hW", p]).out, r"Machine:\s+AArch64", p)
            for d in dynamic(p)[0]:
                self.check_text(d, p)
                self.assertNotRegex(d, r"/stubs(/|$)|/env/", f"{p}: a run path to the build machine's tools or to stubs")
        self.assertGreater(found, 0, f"no program below {top}")

    def check_cache(self, build):
        """Programs may be the build machine's (make, pkg-config, git, python and where it has its modules); nothing else may."""
        for line in (build / "CMakeCache.txt").read_text().splitlines():
            name, _, value = line.partition("=")
            if re.match(r"[#/]|CMAKE_(MAKE|EDIT|ROOT|INSTALL|HOST)|_Python3?_INTERPRETER", name) or \
                    re.search(r"(_COMMAND|_EXECUTABLE|_PROGRAM|_TEST)(-ADVANCED)?:|:STRING$", name) and "-l" not in value:
                continue
            self.check_text(value, line)

    def check_commands(self, build, log):
        """The commands that compile and link, from the log of a verbose build."""
        seen = 0
        for line in log.splitlines():
            if re.search(r"\s-o\s", line) and re.search(r"aarch64-conda-linux-gnu-|/nvcc", line):
                seen += 1
                self.check_text(re.sub(r"^\S*\[\S+\]|\S*/cmake\b", "", line), line)
        self.assertGreater(seen, 0, log[-2000:])

    def check_app(self, root, program):
        out = self.emulated(root, program)
        self.assertIn("CUDA runtime: 13.0\n", out)
        self.assertRegex(out, r"NVRTC: +\d+ bytes of PTX for compute_75")
        self.assertIn("the kernels were compiled, not run", out)


@unittest.skipUnless(HAVE, "no targets, or no linux-aarch64 in the channel")
class Cross(CrossCase):
    # CMake

    def verbose(self, build, env=None, cmake=None):
        """Builds; returns the commands."""
        return run([cmake or cmakes()[0], "--build", build, "-j2", "--verbose"], env=env or self.env).out

    def app_by_cmake(self, cmake=None, generator="Ninja", name="app"):
        """In the hostile environment: a native toolkit, and variables that lead to it, in the way."""
        env = hostile(self.env, self.scratch)
        src = self.app(name)
        build = src / "build-arm"
        self.cross(src, build, env=env, cmake=cmake, generator=generator)
        out = self.verbose(build, env, cmake)
        self.assertNotIn("HOSTILE", out)
        self.check_target(build, build / "_ccenv")
        self.check_cache(build)
        self.check_commands(build, out)
        return env, src, build

    def test_cmake(self):
        env, src, build = self.app_by_cmake()
        for line in run(["ninja", "-C", build, "-t", "deps"], env=env).out.splitlines():
            if line.startswith("    "):
                header = os.path.normpath(build / line.strip())
                self.assertTrue(header.startswith(str(self.scratch)), header)
                self.check_text(header, header)
        run([cmakes()[0], "--install", build, "--prefix", self.scratch / "out"], env=self.env)
        self.check_target(self.scratch / "out", build / "_ccenv")
        # Again, with nothing changed: ccenv isn't started.
        n = len(self.starts())
        self.cross(src, build, env=env)
        self.assertEqual(len(self.starts()), n)
        self.check_app(build / "_ccenv", build / "cuda-app")

    @unittest.skipUnless(FULL, "CCENV_TEST_FULL")
    def test_each_cmake_and_generator(self):
        for n, cmake in enumerate(cmakes()):
            for generator in ("Ninja", "Unix Makefiles"):
                with self.subTest(cmake=cmake, generator=generator):
                    _, _, build = self.app_by_cmake(cmake, generator, f"app-{n}-{generator[0]}")
                    self.check_app(build / "_ccenv", build / "cuda-app")

    def test_device_code_and_what_runs_while_building(self):
        """By Makefiles: separable compilation with both runtimes; programs of the target that the build itself starts."""
        src = self.project("""project(p LANGUAGES C CXX CUDA)
include(CheckCSourceRuns)
check_c_source_runs("int main(void) { return sizeof(void *) != 8; }" RAN)
if(NOT RAN)
	message(FATAL_ERROR "nothing was run")
endif()
add_library(b STATIC b.cu)
foreach(kind static shared)
	add_executable(${kind} a.cu)
	target_link_libraries(${kind} PRIVATE b)
	set_target_properties(${kind} b PROPERTIES CUDA_SEPARABLE_COMPILATION ON)
endforeach()
set_target_properties(shared PROPERTIES CUDA_RUNTIME_LIBRARY Shared)
add_executable(generate generate.c)
add_custom_command(OUTPUT made.h COMMAND generate > made.h)
add_executable(generated generated.c ${CMAKE_CURRENT_BINARY_DIR}/made.h)
target_include_directories(generated PRIVATE ${CMAKE_CURRENT_BINARY_DIR})
enable_testing()
add_test(NAME static COMMAND static)
""", {**RDC, "generate.c": "#include <stdio.h>\n#include <sys/utsname.h>\nint main(void) { struct utsname u; uname(&u); "
              "printf(\"#define MACHINE \\\"%s\\\"\\n\", u.machine); return 0; }\n",
              "generated.c": "#include <stdio.h>\n#include \"made.h\"\nint main(void) { puts(MACHINE); return 0; }\n"})
        env = hostile(self.env, self.scratch)
        build = src / "build"
        if not QEMU:
            self.skipTest("qemu-aarch64-static is needed")
        self.cross(src, build, generator="Unix Makefiles", env=env)
        out = self.verbose(build, env)
        self.check_commands(build, out)
        self.check_cache(build)
        root = build / "_ccenv"
        self.check_target(build, root)
        for kind in ("static", "shared"):
            self.assertEqual("libcudart.so.13" in dynamic(build / kind)[1], kind == "shared")
            self.assertEqual(self.emulated(root, build / kind), "devices 0\n")
        self.assertEqual(self.emulated(root, build / "generated"), "aarch64\n")
        self.assertEqual(self.ccenv(src, root, "run", "--", build / "shared").out, "devices 0\n")
        self.assertIn("100% tests passed", run(["ctest", "--test-dir", build], env=self.env).out)

    def test_searches_and_children(self):
        """What a project looks for is the target's, but for programs; children are built for the same machine."""
        child = "cmake_minimum_required(VERSION 3.22)\nproject(c LANGUAGES CXX CUDA)\nadd_library(c STATIC c.cu)\n" \
                "add_executable(child child.cpp)\ntarget_link_libraries(child PRIVATE c)\n"
        src = self.project("""project(p LANGUAGES C CXX CUDA)
find_package(Python3 COMPONENTS Interpreter REQUIRED)
find_program(BASH bash REQUIRED)
find_package(Threads REQUIRED)
find_library(LIBM m REQUIRED)
find_path(STDIO stdio.h REQUIRED)
find_package(ZLIB)
find_package(PkgConfig REQUIRED)
pkg_check_modules(RT REQUIRED IMPORTED_TARGET cudart)
pkg_check_modules(CRYPTO libcrypto)
foreach(v ZLIB_FOUND CRYPTO_FOUND)
	if(${v})
		message(FATAL_ERROR "${v}: the build machine's library was found")
	endif()
endforeach()
foreach(v LIBM STDIO)
	if(NOT ${v} MATCHES "aarch64-conda-linux-gnu/sysroot")
		message(FATAL_ERROR "${v} is ${${v}}")
	endif()
endforeach()
execute_process(COMMAND ${Python3_EXECUTABLE} -c "print(1)" COMMAND_ERROR_IS_FATAL ANY)
include(FetchContent)
FetchContent_Declare(c SOURCE_DIR ${CMAKE_SOURCE_DIR}/child)
FetchContent_MakeAvailable(c)
include(ExternalProject)
ExternalProject_Add(e SOURCE_DIR ${CMAKE_SOURCE_DIR}/child BINARY_DIR ${CMAKE_BINARY_DIR}/external
	CMAKE_ARGS ${CCENV_CMAKE_ARGS} INSTALL_COMMAND "")
add_executable(p p.c)
target_link_libraries(p PRIVATE PkgConfig::RT c)
set_target_properties(p PROPERTIES LINKER_LANGUAGE CXX)
""", {"p.c": "#include <cuda_runtime_api.h>\n#include <stdio.h>\nint c(void);\nint main(void) { int v = 0; "
              "cudaRuntimeGetVersion(&v); printf(\"%d\\n\", v + c()); return 0; }\n",
              "child/CMakeLists.txt": child, "child/c.cu": "extern \"C\" int c(void) { return 1; }\n__global__ void k() {}\n",
              "child/child.cpp": "extern \"C\" int c(void);\nint main() { return c() - 1; }\n"})
        env = hostile(self.env, self.scratch)
        build = src / "build"
        self.cross(src, build, env=env)
        self.verbose(build, env)
        self.check_target(build, build / "_ccenv")
        self.check_cache(build)
        self.check_cache(build / "external")
        self.assertEqual(self.emulated(build / "_ccenv", build / "p"), "13001\n")
        self.emulated(build / "_ccenv", build / "external/child")

    def test_two_machines_of_one_source(self):
        """Two build trees, one root each, one lock."""
        src = self.app()
        self.cross(src, src / "arm")
        self.configure(src, src / "native")
        lock = (src / "ccenv.lock").read_bytes()
        for build in (src / "arm", src / "native"):
            self.build(build)
        self.assertEqual((src / "ccenv.lock").read_bytes(), lock)
        self.check_target(src / "arm", src / "arm/_ccenv")
        self.assertIn("CUDA runtime: 13.0\n", run([src / "native/cuda-app"], env=self.env).out)
        # A tree is for one machine.
        said = self.configure(src, src / "native", "-DCCENV_TARGET=linux-aarch64", ok=False)
        self.assertNotEqual(said.code, 0)
        self.assertIn("another build directory", re.sub(r"\s+", " ", said.out))
        said = self.configure(src, src / "arm", env=dict(self.env, CCENV_TARGET="linux-64"))
        self.assertIn("of the environment is not used: this build tree is for linux-aarch64", said.out)

    @unittest.skipUnless(FULL and CUBLAS, "CCENV_TEST_FULL and cublas-aarch64 in CCENV_TEST_LIBRARIES")
    def test_cublas(self):
        src = self.scratch / "gemm"
        shutil.copytree(TOP / "tests/build/gemm", src)
        self.manifest(src, components=("nvcc", "cudart", "cublas"), channels=(CHANNEL, LIBRARIES))
        env = hostile(self.env, self.scratch)
        self.cross(src, src / "build", env=env)
        self.check_commands(src / "build", self.verbose(src / "build", env))
        self.check_target(src / "build", src / "build/_ccenv")
        self.check_cache(src / "build")
        for name in ("gemm-c", "gemm-cuda"):
            self.assertIn("libcublas.so.13", dynamic(src / "build" / name)[1])
            self.assertIn("no GPU: nothing was computed", self.emulated(src / "build/_ccenv", src / "build" / name))

    # Make, Meson, pkg-config

    def test_make_meson_and_pkg_config(self):
        src = self.app()
        root = src / "build/_ccenv"
        self.ccenv(src, root, "install")
        env = dict(hostile(self.env, self.scratch), CCENV_TARGET="linux-aarch64")
        write(src / "Makefile", "include build/_ccenv/make/ccenv.mk\nCXXFLAGS += -std=c++17 $(CUDA_CPPFLAGS)\n"
              "all: cuda-app rdc rdc-shared\n"
              "cuda-app: src/main.o src/nvrtc_kernel.o src/saxpy.o\n\t$(CXX) $^ -o $@ $(CUDA_LDLIBS) -lnvrtc $(CUDA_RPATH)\n"
              "rdc: a.rdc.o b.rdc.o dlink.o\n\t$(CXX) $^ -o $@ $(CUDA_LDLIBS_STATIC) -lcudadevrt\n"
              "rdc-shared: a.rdc.o b.rdc.o dlink.o\n\t$(CXX) $^ -o $@ $(CUDA_LDLIBS) -lcudadevrt\n"
              "dlink.o: a.rdc.o b.rdc.o\n\t$(call ccenv_dlink,$@,$^)\n")
        for name, text in RDC.items():
            write(src / name, text)
        out = run(["make", "-C", src, "all"], env=env).out
        self.check_commands(src, out)
        self.check_target(src, root)
        self.check_app(root, src / "cuda-app")
        for name in ("rdc", "rdc-shared"):
            self.assertEqual(self.emulated(root, src / name), "devices 0\n")

        pc = root / "bin/aarch64-conda-linux-gnu-pkg-config"
        for module in ("cudart", "cudart_static", "nvrtc-13.0", "cuda"):
            flags = run([pc, "--cflags", "--libs", module], env=env).out
            self.check_text(flags, flags)
            for word in flags.split():
                if word[:2] in ("-I", "-L"):
                    self.assertTrue(os.path.isdir(word[2:]), word)
        self.assertNotEqual(run([pc, "--exists", "zlib"], env=env, ok=False).code, 0)

        if shutil.which("meson"):
            write(src / "meson.build", "project('app', 'cpp', 'cuda', default_options: ['cpp_std=c++17', 'buildtype=debugoptimized'])\n"
                  "r = meson.get_compiler('cpp').run('int main() { return sizeof(void *) != 8; }')\n"
                  "assert(r.compiled() and r.returncode() == 0)\n"
                  "assert(not dependency('zlib', required: false, method: 'pkg-config').found())\n"
                  "executable('cuda-app', 'src/main.cpp', 'src/nvrtc_kernel.cpp', 'src/saxpy.cu', dependencies: "
                  "[dependency('cudart'), dependency('nvrtc')])\n")
            env = hostile(self.env, self.scratch)
            run([self.env["CCENV_EXECUTABLE"], "meson-setup", "--root", root, "--manifest", src / "ccenv.json", "--target",
                 "linux-aarch64", src / "b", src], env=env)
            run(["ninja", "-C", src / "b"], env=self.env)
            self.check_target(src / "b", root)
            self.check_app(root, src / "b/cuda-app")
        self.assertIn("0 findings", self.ccenv(src, root, "check", src / "cuda-app", src / "rdc").out)

