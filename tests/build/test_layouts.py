# SPDX-License-Identifier: MIT
"""Layouts of projects as they are found in the wild, none of which knows ccenv: each on every cmake, by toolchain file, provider
and one line, and by make under `ccenv run`."""
import hashlib
import json
import os
import re
import shutil
import tarfile
import unittest
from pathlib import Path

from harness import CCENV, CHANNEL, MODULE, Case, cmakes, dynamic, hostile, note, run, write

RT_C = """#include <cuda_runtime_api.h>
int version(void) { int v = 0; cudaRuntimeGetVersion(&v); return v; }
"""
RT_CPP = """#include <cuda_runtime_api.h>
#include <string>
extern "C" int version() { int v = 0; cudaRuntimeGetVersion(&v); return std::to_string(v).size(); }
"""
MAIN = "int version(void);\nint main(void) { return version() == 0; }\n"
DRIVER = "#include <cuda.h>\nint version(void) { int v = 0; cuDriverGetVersion(&v); return v + 1; }\n"
KERNEL = "#include <cstdio>\n__global__ void k(int *p) { *p = 42; }\nint main() { k<<<1, 1>>>(nullptr); std::puts(\"ran\"); return 0; }\n"
PLACES = ("toolchain", "line", "provider")


def number(cmake):
    return tuple(int(x) for x in run([cmake, "--version"]).out.split()[2].split("-")[0].split(".")[:2])


class Layouts(Case):
    def setUp(self):
        super().setUp()
        self.src = self.scratch / "p"
        self.root = self.scratch / "root"
        self.manifest(self.src)
        self.noted = False

    def tearDown(self):
        if not self.noted:
            note(self._testMethodName, "-", "make", self._outcome.success)

    def project(self, text, files, languages="C CXX"):
        self.text, self.languages = text, languages
        for name, body in files.items():
            write(self.src / name, body)

    def each(self, *args, root="root", env=None, ways=PLACES):
        """Configures and builds with each cmake and place; yields the build directory and the configure's output."""
        for cmake in cmakes():
            for place in ways:
                if place == "provider" and number(cmake) < (3, 24):
                    continue
                build = self.scratch / f"b-{place}-{number(cmake)[0]}.{number(cmake)[1]}"
                self.noted, good = True, False
                try:
                    with self.subTest(cmake=number(cmake), place=place):
                        out = self.one(build, place, cmake, [*([f"-DCCENV_ROOT_DIR={self.scratch / root}"] if root else []), *args], env)
                        yield build, out
                        good = True
                finally:
                    note(self._testMethodName, "%d.%d" % number(cmake), place, good)

    def one(self, build, place, cmake, args, env):
        """Configures and builds in one way; returns the configure's output."""
        line = "find_package(CondaCuda 13.0 REQUIRED)\n" if place == "line" else ""
        write(self.src / "CMakeLists.txt", f"cmake_minimum_required(VERSION 3.22)\n{line}project(p LANGUAGES {self.languages})\n{self.text}")
        if place == "toolchain":
            args = [*args, "--toolchain", write(self.src / "ccenv.cmake", run([CCENV, "toolchain"]).out)]
        if place == "provider":
            args = [*args, f"-DCMAKE_PROJECT_TOP_LEVEL_INCLUDES={MODULE}/CondaCudaProvider.cmake"]
        out = self.configure(self.src, build, *args, cmake=cmake, env=env).out
        self.cmake, self.log = cmake, self.build(build, "-v", cmake=cmake, env=env).out
        self.check_clean(build)
        return out

    def no_root(self, top):
        """No file below `top` names the root or the build tree."""
        for path in top.rglob("*"):
            if path.is_file() and not path.is_symlink():
                data = path.read_bytes()
                for word in (self.root, self.scratch / "b-"):
                    self.assertNotIn(str(word).encode(), data, path)

    # --- a source that is not written to ---

    def test_manifest_and_lock_elsewhere(self):
        """CCENV_MANIFEST and CCENV_LOCK count in each place, and nothing is written next to the manifest."""
        self.project("add_executable(p p.c)\n", {"p.c": "int main(void) { return 0; }\n"}, "C")
        manifest = (self.src / "ccenv.json").rename(self.scratch / "ours.json")
        lock = self.scratch / "locks/ours.lock"
        lock.parent.mkdir()
        for build, _ in self.each(f"-DCCENV_MANIFEST={manifest}", f"-DCCENV_LOCK={lock}"):
            self.assertTrue(lock.exists())
            self.assertFalse((self.src / "ccenv.lock").exists() or (self.scratch / "ccenv.lock").exists())
            count = len(self.starts())
            run([self.cmake, build], env=self.env)
            self.assertEqual(len(self.starts()), count)
            lock.write_text(lock.read_text() + "\n")
            self.build(build, cmake=self.cmake)
            self.assertEqual(len(self.starts()), count + 1, "a change of that lock is seen")

    # --- a program over a shared library over CUDA ---

    def test_program_over_shared_library(self):
        """The program names neither cudart nor, as C, libstdc++."""
        self.project("find_package(CUDAToolkit REQUIRED)\nadd_library(rt SHARED rt.cpp)\ntarget_link_libraries(rt PRIVATE "
                     "CUDA::cudart)\nadd_library(cc SHARED cc.cpp)\nadd_executable(p main.c)\ntarget_link_libraries(p PRIVATE rt)\n"
                     "add_executable(q main.c)\ntarget_link_libraries(q PRIVATE cc)\nadd_library(over SHARED over.c)\n"
                     "target_link_libraries(over PRIVATE rt)\nadd_executable(r main2.c)\ntarget_link_libraries(r PRIVATE over)\n",
                     {"rt.cpp": RT_CPP, "cc.cpp": "#include <string>\nextern \"C\" int version() { return std::string(\"x\").size(); }\n",
                      "main.c": MAIN, "over.c": "int version(void);\nint over(void) { return version(); }\n",
                      "main2.c": "int over(void);\nint main(void) { return !over(); }\n"})
        for build, _ in self.each():
            for name in "pqr":
                run([build / name], env=self.env)
            self.assertNotIn("libcudart.so.13", dynamic(build / "p")[1])
            for name in "pqr":
                self.assertFalse([d for d in dynamic(build / name)[0] if d.endswith("/stubs")])

    def test_program_over_shared_library_by_commands(self):
        """ccenv run, make, ccenv.mk, `ccenv print`: the same, each with the names that it is known by."""
        self.install()
        for name, body in {"rt.cpp": RT_CPP, "main.c": MAIN, "d.c": DRIVER}.items():
            write(self.src / name, body)
        make = write(self.src / "Makefile", "CUDA_PATH ?= /usr/local/cuda\nall: p d\np: main.c librt1.so\n\t$(CC) $< -L. -lrt1 -o $@\n"
                     "librt1.so: rt.cpp\n\t$(CXX) -shared -fPIC -I$(CUDA_PATH)/include $< -L$(CUDA_PATH)/lib64 -lcudart -o $@\n"
                     "d: main.c libd.so\n\t$(CC) $< -L. -ld -o $@\nlibd.so: d.c\n\t$(CC) -shared -fPIC -I$(CUDA_PATH)/include $< -lcuda -o $@\n"
                     "clean:\n\trm -f p d *.so\n")
        env = hostile(self.env, self.scratch)
        tools = run([CCENV, "print", "cc", "cxx", "view", "--root", self.root], env=self.env, cwd=self.src).out.split()
        ways = {"run": [CCENV, "run", "--root", self.root, "make"],
                "print": ["make", f"CC={tools[0]}", f"CXX={tools[1]}", f"CUDA_PATH={tools[2]}"]}
        for way, command in ways.items():
            with self.subTest(way=way):
                run(command, env=env, cwd=self.src)
                run([self.src / "p"], env=dict(self.env, LD_LIBRARY_PATH=f"{self.src}:{tools[2]}/lib"))
                self.check_clean(self.src)
                self.assertIn("libcuda.so.1", dynamic(self.src / "libd.so")[1])
                run(["make", "clean"], cwd=self.src)
        write(make, f"include {self.root}/make/ccenv.mk\n" + make.read_text())
        run(["make"], env=env, cwd=self.src)
        self.check_clean(self.src)
        # By the names of compilers, and by nvcc, which has a g++ of its own.
        ccenv = [CCENV, "run", "--root", self.root]
        run([*ccenv, "gcc", "main.c", "-L.", "-lrt1", "-o", "p3"], env=env, cwd=self.src)
        run([*ccenv, "nvcc", "main.c", "-L.", "-lrt1", "-o", "p4"], env=env, cwd=self.src)
        run([tools[2] + "/bin/nvcc", "main.c", "-L.", "-ld", "-o", "p5"], env=self.env, cwd=self.src)
        self.check_clean(self.src)

    def install(self, *args):
        run([CCENV, "install", "--root", self.root, "--manifest", self.src / "ccenv.json", *args], env=self.env)

    # --- the driver's library by its name ---

    def test_driver_by_name(self):
        self.project("find_package(CUDAToolkit REQUIRED)\nset(CMAKE_LINK_DEPENDS_NO_SHARED ON)\n"
                     "add_executable(a main.c d.c)\ntarget_include_directories(a PRIVATE ${CUDAToolkit_INCLUDE_DIRS})\n"
                     "target_link_libraries(a PRIVATE cuda)\n"
                     "add_executable(b main.c d.c)\ntarget_include_directories(b PRIVATE ${CUDAToolkit_INCLUDE_DIRS})\n"
                     "target_link_directories(b PRIVATE ${CUDAToolkit_LIBRARY_ROOT}/lib64/stubs)\ntarget_link_libraries(b PRIVATE cuda cudart)\n"
                     "add_executable(c main.c d.c)\ntarget_include_directories(c PRIVATE ${CUDAToolkit_INCLUDE_DIRS})\n"
                     "target_link_libraries(c PRIVATE -L${CUDAToolkit_LIBRARY_ROOT}/lib64/stubs -lcuda)\n"
                     "add_library(f SHARED d.c)\ntarget_link_libraries(f PRIVATE CUDA::cuda_driver)\nadd_executable(d main.c)\n"
                     "target_link_libraries(d PRIVATE f)\n"
                     "if(TARGET CondaCuda::driver_stub)\nadd_library(g SHARED d.c)\ntarget_link_libraries(g PRIVATE CondaCuda::driver_stub)\n"
                     "add_executable(e main.c)\ntarget_link_libraries(e PRIVATE g)\nendif()\n"
                     "find_package(PkgConfig REQUIRED)\npkg_check_modules(DRV REQUIRED IMPORTED_TARGET cuda)\nadd_library(h SHARED d.c)\n"
                     "target_link_libraries(h PRIVATE PkgConfig::DRV)\nadd_executable(i main.c)\ntarget_link_libraries(i PRIVATE h)\n",
                     {"main.c": MAIN, "d.c": DRIVER})
        for build, _ in self.each():
            for name in ("a", "b", "c", "libf.so", "libh.so"):
                self.assertIn("libcuda.so.1", dynamic(build / name)[1], name)
            for name in "dei":
                if (build / name).exists():
                    self.assertNotIn("libcuda.so.1", dynamic(build / name)[1])

    def test_driver_by_name_and_commands(self):
        self.install()
        write(self.src / "x.c", DRIVER + "int main(void) { return !version(); }\n")
        view = self.root / "view/x86_64-linux"
        ccenv = [CCENV, "run", "--root", self.root]
        run([*ccenv, "gcc", "x.c", f"-I{view}/include", "-lcuda", "-lcudart", "-o", "x"], env=self.env, cwd=self.src)
        run([*ccenv, "gcc", "x.c", f"-I{view}/include", f"-L{view}/lib64/stubs", "-lcuda", "-o", "y"], env=self.env, cwd=self.src)
        run([*ccenv, "nvcc", "x.c", "-lcuda", "-o", "z"], env=self.env, cwd=self.src)
        flags = run([self.root / "bin/pkg-config", "--cflags", "--libs", "cuda"], env=self.env).out.split()
        run([*ccenv, "gcc", "x.c", *flags, "-o", "w"], env=self.env, cwd=self.src)
        for name in "xyzw":
            self.assertIn("libcuda.so.1", dynamic(self.src / name)[1])
        self.check_clean(self.src)

    # --- languages ---

    def test_cuda_alone(self):
        """FindCUDAToolkit asks for threads, which CMake before 4 finds for C and C++ only."""
        self.project("find_package(CUDAToolkit REQUIRED)\nadd_executable(p p.cu)\ntarget_link_libraries(p PRIVATE CUDA::cudart)\n",
                     {"p.cu": KERNEL}, languages="CUDA")
        for build, _ in self.each():
            self.assertEqual(run([build / "p"], env=self.env).out, "ran\n")
            run([self.cmake, build], env=self.env)

    def test_languages_one_after_the_other(self):
        self.project("find_package(CUDAToolkit REQUIRED)\nenable_language(CXX)\nenable_language(C)\nadd_executable(p p.cu rt.cpp m.c)\n"
                     "target_link_libraries(p PRIVATE CUDA::cudart)\n",
                     {"p.cu": KERNEL, "rt.cpp": RT_CPP, "m.c": "int m(void) { return 0; }\n"}, languages="CUDA")
        for build, _ in self.each(env=hostile(self.env, self.scratch)):
            for _ in range(2):
                for tool in ("C", "CXX"):
                    found = re.search(rf'set\(CMAKE_{tool}_COMPILER "(.*)"\)', next(build.glob(
                        f"CMakeFiles/*/CMake{tool}Compiler.cmake")).read_text()).group(1)
                    self.assertIn(f"{self.root}/view/", found)
                run([self.cmake, build], env=hostile(self.env, self.scratch))

    def test_single_languages(self):
        for languages, name, body in (("C", "rt.c", RT_C), ("CXX", "rt.cpp", RT_CPP)):
            self.project("find_package(CUDAToolkit REQUIRED)\nadd_executable(p m.%s %s)\ntarget_link_libraries(p PRIVATE "
                         "CUDA::cudart)\n" % (name[3:], name),
                         {name: body, "m." + name[3:]: ('extern "C" ' if languages == "CXX" else "") + MAIN.replace("version(void)", "version()")},
                         languages=languages)
            for build, _ in self.each(ways=("toolchain", "line")):
                run([build / "p"], env=self.env)
                shutil.rmtree(build)

    # --- the environment ---

    def test_active_conda_environment(self):
        """Its flags, its prefix path, its packages: none of them is used, which is said once; unless the build is not hermetic."""
        conda = self.scratch / "conda"
        write(conda / "conda-meta/history", "")
        write(conda / "include/zed.h", "#define ZED 1\n")
        write(conda / "lib/libzed.so", "")
        for where in ("lib", "share"):
            write(conda / where / "cmake/zed/zed-config.cmake", "set(zed_FOUND TRUE)\n")
        env = dict(self.env, CONDA_PREFIX=str(conda), CMAKE_PREFIX_PATH=f"{conda}:{conda}/x86_64-conda-linux-gnu/sysroot/usr",
                   CFLAGS=f"-march=nocona -isystem {conda}/include", CXXFLAGS=f"-isystem {conda}/include", CUDAFLAGS=f"-I{conda}/include",
                   LDFLAGS=f"-Wl,-rpath,{conda}/lib -L{conda}/lib", PATH=f"{conda}/bin:{self.env['PATH']}")
        self.project("find_package(zed CONFIG QUIET)\nfind_path(ZED_INC zed.h)\nfind_library(ZED_LIB zed)\n"
                     "add_executable(p main.c rt.cpp k.cu)\n"
                     'message(STATUS "zed: ${zed_FOUND} ${ZED_INC} ${ZED_LIB}, flags: ${CMAKE_C_FLAGS} ${CMAKE_EXE_LINKER_FLAGS}.")\n',
                     {"main.c": MAIN, "rt.cpp": 'extern "C" int version() { return 1; }\n', "k.cu": "#if __has_include(<zed.h>)\n#error zed\n#endif\n__global__ void k() {}\n"},
                     languages="C CXX CUDA")
        for build, out in self.each(env=env):
            self.assertRegex(out, r"zed: (0 )? ?ZED_INC-NOTFOUND ZED_LIB-NOTFOUND, flags:  +\.|zed: 0? ?ZED_INC-NOTFOUND ZED_LIB-NOTFOUND, flags: *\.")
            for name in ("CFLAGS", "CXXFLAGS", "CUDAFLAGS", "LDFLAGS"):
                self.assertEqual(out.count(f"ccenv: {name}="), 1)
            self.assertEqual(out.count(f"the active conda environment {conda} is not looked at"), 1)
            self.assertNotIn(str(conda), self.log)
            self.check_clean(build, foreign=[conda])
            self.assertNotIn(str(conda), run([self.cmake, build], env=env).out)

    def test_flags_of_the_environment_where_it_has_a_say(self):
        write(self.src / "inc/zed.h", "#define ZED 1\n")
        env = dict(self.env, CFLAGS=f"-I{self.src}/inc", CXXFLAGS=f"-I{self.src}/inc", CUDAFLAGS=f"-I{self.src}/inc")
        body = "#include <zed.h>\n"
        self.project("add_executable(p a.c b.cpp k.cu)\n", {"a.c": body, "b.cpp": body + "int main() {}\n", "k.cu": body},
                     languages="C CXX CUDA")
        for _ in self.each("-DCCENV_HERMETIC=OFF", env=env, ways=("toolchain",)):
            pass

    def test_library_of_the_system(self):
        """Not hermetic: the directories of Debian's triplet are seen, headers too, and what its libraries need is found."""
        lib = next(iter(sorted(Path("/usr/lib/x86_64-linux-gnu").glob("libz.so"))), None)
        if not lib:
            self.skipTest("no zlib of the system")
        self.project("find_library(Z z)\nfind_path(I zlib.h)\nmessage(STATUS \"z is ${Z}\")\nif(Z)\nadd_executable(p z.c)\n"
                     "target_include_directories(p PRIVATE ${I})\ntarget_link_libraries(p PRIVATE ${Z})\n"
                     "else()\nadd_executable(p main.c rt.c)\nendif()\n",
                     {"z.c": "#include <stdio.h>\n#include <zlib.h>\nint main(void) { return puts(zlibVersion()) < 0; }\n", "main.c": MAIN,
                      "rt.c": "int version(void) { return 1; }\n"}, languages="C")
        for _, out in self.each(ways=("toolchain",)):
            self.assertIn("z is Z-NOTFOUND", out)
        for cmake in cmakes():
            out = self.configure(self.src, self.scratch / "off", "--toolchain", self.src / "ccenv.cmake", "-DCCENV_HERMETIC=OFF",
                                 cmake=cmake).out
            self.assertIn(f"z is {lib}", out)
            self.build(self.scratch / "off", cmake=cmake)
            run([self.scratch / "off/p"], env=self.env)
            # The C library's headers are still those of the sysroot.
            read = run(["ninja", "-C", self.scratch / "off", "-t", "deps"], env=self.env).out.split()
            self.assertIn("/usr/include/zlib.h", read)
            self.assertFalse([h for h in read if h.endswith("/stdio.h") and h.startswith("/usr/include")])
            shutil.rmtree(self.scratch / "off")

    # --- launchers ---

    def test_project_that_minds_launchers(self):
        """As Kokkos: no launcher of others, one of its own that runs nvcc_wrapper, which takes nvcc out of PATH at build time."""
        wrapper = write(self.src / "nvcc_wrapper", '#!/bin/sh\nexec nvcc -x cu -ccbin "${NVCC_WRAPPER_DEFAULT_COMPILER:-g++}" "$@"\n', 0o755)
        launch = write(self.src / "launch", '#!/bin/sh\nwrapper=$1\nshift 3\nexec "$wrapper" "$@"\n', 0o755)
        self.project("if(CMAKE_CXX_COMPILER_LAUNCHER)\n\tmessage(FATAL_ERROR \"Cannot use CMAKE_CXX_COMPILER_LAUNCHER\")\nendif()\n"
                     f'set_property(GLOBAL PROPERTY RULE_LAUNCH_COMPILE "{launch} {wrapper} ${{CMAKE_CXX_COMPILER}}")\n'
                     "find_package(CUDAToolkit REQUIRED)\nadd_executable(p p.cpp)\ntarget_link_libraries(p PRIVATE CUDA::cudart)\n",
                     {"p.cpp": KERNEL}, languages="CXX")
        for build, _ in self.each(env=hostile(self.env, self.scratch)):
            self.assertEqual(run([build / "p"], env=self.env).out, "ran\n")

    def test_nvcc_wrapper_as_compiler(self):
        wrapper = write(self.src / "nvcc_wrapper", '#!/bin/sh\n# What CMake asks for itself goes to g++.\ncase "$*" in\n*"-c "*/k.cpp) ;;\n*) exec '
                        '"$NVCC_WRAPPER_DEFAULT_COMPILER" "$@" ;;\nesac\nexec nvcc -x cu -ccbin "$NVCC_WRAPPER_DEFAULT_COMPILER" "$@"\n', 0o755)
        self.project('message(STATUS "C++ is ${CMAKE_CXX_COMPILER}")\nfind_package(CUDAToolkit REQUIRED)\nadd_executable(p k.cpp)\n'
                     "target_link_libraries(p PRIVATE CUDA::cudart)\n", {"k.cpp": KERNEL}, languages="CXX")
        env = hostile(self.env, self.scratch)
        for build, out in self.each(f"-DCMAKE_CXX_COMPILER={wrapper}", env=env):
            self.assertEqual(run([build / "p"], env=self.env).out, "ran\n")
            self.assertIn(f"C++ is {build}/CMakeFiles/ccenv/nvcc_wrapper", out)
            self.assertIn(f"{wrapper} compiles C++, with this toolchain's nvcc and g++", out)
            self.assertIn(f"C++ is {build}/CMakeFiles/ccenv/nvcc_wrapper", run([self.cmake, build], env=env).out)

    # --- other packages of the lock ---

    def fmt_channel(self):
        """A channel with one small library: header, shared library, .pc file and CMake package, as conda-forge's fmt has them."""
        top = self.scratch / "fmt"
        write(top / "include/fmt/zed.h", "int zed(void);\n")
        write(top / "zed.c", "int zed(void) { return 7; }\n")
        (top / "lib").mkdir()
        run(["gcc", "-shared", "-fPIC", "-Wl,-soname,libzed.so.1", top / "zed.c", "-o", top / "lib/libzed.so"], env=self.env)
        shutil.copy(top / "lib/libzed.so", top / "lib/libzed.so.1")
        write(top / "lib/cmake/zed/zed-config.cmake", "add_library(zed::zed SHARED IMPORTED)\nset_target_properties(zed::zed PROPERTIES "
              'IMPORTED_LOCATION "${CMAKE_CURRENT_LIST_DIR}/../../libzed.so.1" INTERFACE_INCLUDE_DIRECTORIES '
              '"${CMAKE_CURRENT_LIST_DIR}/../../../include")\n')
        write(top / "info/index.json", json.dumps({"name": "zed", "version": "1.0", "build": "h0", "build_number": 0, "depends": [],
                                                   "subdir": "linux-64", "arch": "x86_64", "platform": "linux"}))
        names = [str(p.relative_to(top)) for p in sorted(top.rglob("*")) if p.is_file() and p.name not in ("zed.c", "index.json")]
        write(top / "info/files", "".join(n + "\n" for n in names))
        write(top / "info/paths.json", json.dumps({"paths_version": 1, "paths": [
            {"_path": n, "path_type": "hardlink", "sha256": hashlib.sha256((top / n).read_bytes()).hexdigest(),
             "size_in_bytes": (top / n).stat().st_size} for n in names]}))
        channel = self.scratch / "chan"
        (channel / "linux-64").mkdir(parents=True)
        archive = channel / "linux-64/zed-1.0-h0.tar.bz2"
        with tarfile.open(archive, "w:bz2") as tar:
            for n in ["info/index.json", "info/files", "info/paths.json", *names]:
                tar.add(top / n, n)
        data = archive.read_bytes()
        record = {"name": "zed", "version": "1.0", "build": "h0", "build_number": 0, "depends": [], "subdir": "linux-64",
                  "size": len(data), "sha256": hashlib.sha256(data).hexdigest(), "md5": hashlib.md5(data).hexdigest()}
        write(channel / "linux-64/repodata.json", json.dumps({"info": {"subdir": "linux-64"}, "packages": {archive.name: record}}))
        write(channel / "noarch/repodata.json", json.dumps({"info": {"subdir": "noarch"}, "packages": {}}))
        return channel

    def test_other_packages_of_the_lock(self):
        """As docs/build-systems.md says: by find_package in CMake, by name with make, gcc and nvcc."""
        self.manifest(self.src, channels=(CHANNEL, str(self.fmt_channel())))
        text = json.loads((self.src / "ccenv.json").read_text())
        write(self.src / "ccenv.json", json.dumps(dict(text, dependencies={"zed": "*"})))
        body = "#include <fmt/zed.h>\nint main(void) { return zed() != 7; }\n"
        self.project("find_package(zed REQUIRED)\nadd_executable(p p.c)\ntarget_link_libraries(p PRIVATE zed::zed)\n",
                     {"p.c": body, "k.cu": 'extern "C" {\n#include <fmt/zed.h>\n}\n__global__ void k() {}\nint main() { return zed() != 7; }\n'})
        for build, _ in self.each(ways=("toolchain", "line")):
            run([build / "p"], env=self.env)
        env = hostile(self.env, self.scratch)
        write(self.src / "Makefile", f"include {self.root}/make/ccenv.mk\nq: p.c\n\t$(CC) $< -o $@ -lzed $(CUDA_RPATH)\n")
        run(["make"], env=env, cwd=self.src)
        ccenv = [CCENV, "run", "--root", self.root]
        run([*ccenv, "gcc", "p.c", "-lzed", "-o", "r"], env=env, cwd=self.src)
        run([*ccenv, "nvcc", "k.cu", "-lzed", "-o", "s"], env=env, cwd=self.src)
        for name in "qrs":
            run([self.src / name], env=self.env)

    # --- what is said ---

    def test_first_configure_says_what_there_is(self):
        self.project("find_package(CUDAToolkit REQUIRED)\nadd_executable(p main.c rt.c)\ntarget_link_libraries(p PRIVATE CUDA::cudart)\n",
                     {"main.c": MAIN, "rt.c": RT_C}, languages="C")
        for build, out in self.each():
            self.assertRegex(out, r"ccenv: CUDA 13\.0 with .*\bcudart\b.*\bnvrtc\b")
            self.assertRegex(out, r"not in the lock, to be added under \"components\" where needed: .*\bcublas\b.*\bcufft\b")
            self.assertNotIn("Unable to find cublas", out)
            again = run([self.cmake, build], env=self.env).out
            self.assertNotIn("ccenv: ", again)
            self.assertNotIn("Unable to find cublas", again)

    def test_other_cuda_compiler(self):
        self.project("", {})
        out = self.configure_only("-DCMAKE_CUDA_COMPILER=/usr/local/cuda/bin/nvcc", languages="CUDA")
        self.assertIn("CMAKE_CUDA_COMPILER=/usr/local/cuda/bin/nvcc is not used: nvcc is this toolchain's", out)
        clang = os.environ.get("CCENV_TEST_CLANG") or shutil.which("clang++")
        if not clang:
            self.skipTest("no clang++")
        out = self.configure_only(f"-DCMAKE_CUDA_COMPILER={clang}", "-DCMAKE_CUDA_ARCHITECTURES=75", languages="CUDA")
        self.assertIn(f"{clang} compiles CUDA, with this toolkit (--cuda-path)", out)
        # Whether a clang can read a toolkit depends on both: CCENV_TEST_CLANG names one that can.
        if "CCENV_TEST_CLANG" in os.environ:
            self.assertIn("identification is Clang", out)
            self.project("add_executable(p p.cu)\n", {"p.cu": KERNEL}, languages="C CXX CUDA")
            for build, _ in self.each(f"-DCMAKE_CUDA_COMPILER={clang}", "-DCMAKE_CUDA_ARCHITECTURES=75"):
                self.assertEqual(run([build / "p"], env=self.env).out, "ran\n")

    def configure_only(self, *args, languages):
        write(self.src / "CMakeLists.txt", f"cmake_minimum_required(VERSION 3.22)\nproject(p LANGUAGES {languages})\n")
        write(self.src / "ccenv.cmake", run([CCENV, "toolchain"]).out)
        shutil.rmtree(self.scratch / "only", ignore_errors=True)
        return self.configure(self.src, self.scratch / "only", "--toolchain", self.src / "ccenv.cmake", f"-DCCENV_ROOT_DIR={self.root}",
                              *args, ok=False).out

    def test_makefiles_with_variables_of_their_own(self):
        """CUDA ?= and its like: the toolkit of the environment that `ccenv run` sets, not the one that is hostile."""
        self.install()
        write(self.src / "k.cu", KERNEL)
        for name in ("CUDA", "CUDAPATH", "CUDA_DIR", "CUDA_ROOT", "CUDA_TOOLKIT_ROOT_DIR", "CUDA_HOME", "CUDA_PATH", "CUDA_INSTALL_PATH"):
            write(self.src / "Makefile", f"{name} ?= /usr/local/cuda\nk: k.cu\n\t$({name})/bin/nvcc $< -o $@\n")
            out = run([CCENV, "run", "--root", self.root, "make", "-B"], env=hostile(self.env, self.scratch), cwd=self.src).out
            self.assertIn(f"{self.root}/view/", out)
            self.assertEqual(run([self.src / "k"], env=self.env).out, "ran\n")

    def test_provider_says_what_it_needs(self):
        src = self.scratch / "bare"
        write(src / "CMakeLists.txt", "cmake_minimum_required(VERSION 3.24)\nproject(p LANGUAGES C)\n")
        for cmake in cmakes():
            if number(cmake) >= (3, 24):
                bad = self.configure(src, None, f"-DCMAKE_PROJECT_TOP_LEVEL_INCLUDES={MODULE}/CondaCudaProvider.cmake", cmake=cmake, ok=False)
                out = re.sub(r"\s+", " ", bad.out)
                for word in ("CCENV_MANIFEST=", "CCENV_CUDA=13.0", "CCENV_COMPONENTS=nvcc;cudart;cublas"):
                    self.assertIn(word, out)

    # --- what is installed ---

    def test_exports(self):
        """CUDA's directories and libraries in a package that is installed, with the root in the build tree, as it is by default."""
        self.project("find_package(CUDAToolkit REQUIRED)\nadd_library(foo STATIC rt.cpp)\ntarget_include_directories(foo PUBLIC "
                     "${CUDAToolkit_INCLUDE_DIRS})\ntarget_link_libraries(foo PRIVATE ${CUDA_cudart_LIBRARY})\n"
                     "add_library(bar SHARED rt.cpp)\ntarget_include_directories(bar SYSTEM PUBLIC ${CUDAToolkit_INCLUDE_DIRS})\n"
                     "target_link_libraries(bar PUBLIC ${CUDA_cudart_LIBRARY})\ntarget_compile_options(bar PUBLIC "
                     "$<$<COMPILE_LANGUAGE:CXX>:-I${CUDAToolkit_INCLUDE_DIRS};-DA>)\nadd_subdirectory(sub)\n"
                     "add_library(head INTERFACE)\ntarget_include_directories(head INTERFACE ${CUDAToolkit_INCLUDE_DIRS})\n"
                     "target_link_directories(head INTERFACE ${CUDAToolkit_LIBRARY_DIR})\n"
                     "add_executable(p main.c)\ntarget_link_libraries(p PRIVATE foo head)\nset_target_properties(p PROPERTIES LINKER_LANGUAGE CXX)\n"
                     "install(TARGETS foo bar baz head EXPORT foo DESTINATION lib)\ninstall(EXPORT foo NAMESPACE foo:: FILE foo-config.cmake "
                     "DESTINATION lib/cmake/foo)\nexport(EXPORT foo NAMESPACE foo:: FILE ${CMAKE_BINARY_DIR}/here/foo-config.cmake)\n",
                     {"rt.cpp": RT_CPP, "main.c": MAIN, "sub/CMakeLists.txt": "add_library(baz STATIC ../rt.cpp)\n"
                      "target_include_directories(baz PUBLIC ${CUDAToolkit_INCLUDE_DIRS})\n"})
        for root, where in (("", None), ("p/inside", None)):
            for build, _ in self.each(root=root):
                prefix = self.scratch / "inst"
                run([self.cmake, "--install", build, "--prefix", prefix], env=self.env)
                self.no_root(prefix)
                self.check_clean(prefix / "lib", foreign=[self.scratch / "b-"])
                text = (prefix / "lib/cmake/foo/foo-config.cmake").read_text()
                self.assertNotIn("_ccenv", text)
                self.assertIn("cudart", text)
                self.user(prefix, build)
                shutil.rmtree(prefix)
                shutil.rmtree(build)

    def user(self, prefix, build):
        """A project that uses what was installed, with its own find_package(CUDAToolkit)."""
        user = self.scratch / "user"
        shutil.rmtree(user, ignore_errors=True)
        write(user / "CMakeLists.txt", "cmake_minimum_required(VERSION 3.22)\nfind_package(CondaCuda 13.0 REQUIRED)\nproject(u C CXX)\n"
              "find_package(CUDAToolkit REQUIRED)\nfind_package(foo REQUIRED)\nforeach(t foo bar baz)\n\tadd_executable(u-${t} ${t}.cpp)\n\t"
              "target_link_libraries(u-${t} PRIVATE foo::${t})\nendforeach()\ntarget_link_libraries(u-baz PRIVATE CUDA::cudart)\n")
        for name in ("foo", "bar", "baz"):
            write(user / f"{name}.cpp", 'extern "C" int version();\nint main() { return version() == 0; }\n')
        self.manifest(user)
        self.configure(user, None, f"-DCMAKE_PREFIX_PATH={prefix}", f"-DCCENV_ROOT_DIR={self.scratch}/user-root", cmake=self.cmake)
        self.build(user / "build", cmake=self.cmake)


if __name__ == "__main__":
    unittest.main()
