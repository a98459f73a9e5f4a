# SPDX-License-Identifier: MIT
"""Kinds of project, each as people write them for NVIDIA's installer: only the find_package line above project() is ours."""
import json
import os
import re
import shutil
import unittest
from pathlib import Path

from harness import TOP, Case, cmakes, dynamic, hostile, run, write

VERSION_C = """#include <cuda_runtime_api.h>
#include <stdio.h>
int main(void) { int v = 0; cudaRuntimeGetVersion(&v); printf("%d\\n", v); return 0; }
"""
KERNEL = """#include <cstdio>
__global__ void k(int *p) { *p = 42; }
int main() { k<<<1, 1>>>(nullptr); std::puts("ran"); return 0; }
"""
# CCENV_TEST_SCCACHE, the one of get-sccache, or the one in PATH.
SCCACHE = shutil.which(os.environ.get("CCENV_TEST_SCCACHE", str(TOP / "build/sccache/bin/sccache"))) or shutil.which("sccache")


class Kinds(Case):
    def project(self, text, files, components=("nvcc", "cudart", "nvrtc"), ours=True):
        src = self.scratch / "p"
        self.manifest(src, components=components)
        line = "find_package(CondaCuda 13.0 REQUIRED)\n" if ours else ""
        write(src / "CMakeLists.txt", f"cmake_minimum_required(VERSION 3.22)\n{line}{text}")
        for name, body in files.items():
            write(src / name, body)
        self.src, self.out = src, src / "build"
        return src

    def both(self, *args, target=None):
        """Configures and builds in the hostile environment; returns what the compiler commands were."""
        env = hostile(self.env, self.scratch)
        self.configure(self.src, None, *args, env=env)
        out = self.build(self.out, "-v", env=env).out
        self.check_clean(self.out)
        self.assertNotIn("incompatible redefinition", out)
        self.assertNotIn("HOSTILE", out)
        for word in re.findall(r"-ccbin[= ](\S+)", out):
            self.assertTrue(os.path.isabs(word), word)
        self.check_headers(env)
        return out

    def check_headers(self, env):
        """No header but those of the project and of the toolchain was read."""
        for line in run(["ninja", "-C", self.out, "-t", "deps"], env=env).out.splitlines():
            header = os.path.normpath(os.path.join(self.out, line.strip()))
            if line.startswith("    "):
                self.assertTrue(header.startswith(str(self.scratch)), header)
                self.assertNotIn("hostile", header)

    def output(self, program, **more):
        return run([self.out / program], env=dict(self.env, **more)).out

    def test_cuda_only(self):
        self.project("project(p LANGUAGES CUDA)\nadd_executable(p p.cu)\n", {"p.cu": KERNEL})
        self.both()
        self.assertEqual(self.output("p"), "ran\n")
        self.assertNotIn("libcudart.so.13", dynamic(self.out / "p")[1], "CMake's default is the static runtime")

    def test_cxx20(self):
        """By property and by feature; old CMakes do not know that nvcc has it."""
        self.project("project(p LANGUAGES CXX CUDA)\nadd_executable(p p.cu)\nset_target_properties(p PROPERTIES CUDA_STANDARD 20 "
                     "CUDA_STANDARD_REQUIRED ON)\nadd_library(f OBJECT p.cu)\ntarget_compile_features(f PRIVATE cuda_std_20)\n"
                     "include(CheckSourceCompiles)\nset(CMAKE_CUDA_STANDARD 20)\ncheck_source_compiles(CUDA "
                     "\"#include <concepts>\nint main() { return !std::integral<int>; }\" HAVE_CONCEPTS)\nif(NOT HAVE_CONCEPTS)\n"
                     "\tmessage(FATAL_ERROR concepts)\nendif()\n",
                     {"p.cu": "#include <concepts>\ntemplate <std::integral T> __global__ void k(T *p) { *p = 42; }\n"
                      "int main() { k<int><<<1, 1>>>(nullptr); }\n"})
        self.configure(self.src)
        self.assertEqual(self.build(self.out, "-v").out.count("-std=c++20"), 2)
        self.output("p")

    def test_cuda_only_with_shared_runtime(self):
        self.project("set(CMAKE_CUDA_RUNTIME_LIBRARY Shared)\nproject(p LANGUAGES CUDA)\nadd_executable(p p.cu)\n", {"p.cu": KERNEL})
        self.both()
        self.assertEqual(self.output("p"), "ran\n")
        self.assertIn("libcudart.so.13", dynamic(self.out / "p")[1])

    def test_c_only_with_runtime(self):
        for kind in ("cudart", "cudart_static"):
            with self.subTest(kind=kind):
                shutil.rmtree(self.scratch / "p", ignore_errors=True)
                self.project("project(p LANGUAGES C)\nfind_package(CUDAToolkit 13.0 REQUIRED)\nadd_executable(p p.c)\n"
                             f"target_link_libraries(p PRIVATE CUDA::{kind})\n", {"p.c": VERSION_C})
                out = self.both()
                self.assertEqual(self.output("p"), "13000\n")
                self.assertNotIn("/usr/lib", "".join(w for w in out.split() if w.startswith(("-L", "/usr/lib"))))

    def test_c_only_needs_no_nvcc(self):
        self.project("project(p LANGUAGES C)\nfind_package(CUDAToolkit REQUIRED)\nadd_executable(p p.c)\n"
                     "target_link_libraries(p PRIVATE CUDA::cudart)\n", {"p.c": VERSION_C}, components=("cudart",))
        env = dict(self.env)
        self.configure(self.src, env=env)
        self.build(self.out, env=env)
        self.assertEqual(self.output("p"), "13000\n")

    def test_cxx_with_nvrtc_and_driver_api(self):
        self.project("project(p LANGUAGES CXX)\nfind_package(CUDAToolkit REQUIRED)\nadd_executable(p p.cpp)\n"
                     "target_link_libraries(p PRIVATE CUDA::nvrtc CUDA::cuda_driver)\n"
                     "add_library(s SHARED s.cpp)\ntarget_link_libraries(s PRIVATE CUDA::cuda_driver)\n",
                     {"p.cpp": "#include <cuda.h>\n#include <nvrtc.h>\n#include <cstdio>\nint main(int n, char **) {\n"
                      "int a, b; nvrtcVersion(&a, &b); std::printf(\"%d.%d\\n\", a, b); return n > 1 ? cuInit(0) : 0; }\n",
                      "s.cpp": "#include <cuda.h>\nint f() { return cuInit(0); }\n"})
        self.both()
        self.assertIn("libcuda.so.1", dynamic(self.out / "p")[1])
        # The stub is for linking; here it only stands in for a driver so that the program starts.
        stubs = self.scratch / "stub"
        stubs.mkdir()
        (stubs / "libcuda.so.1").symlink_to(next((self.out / "_ccenv/view").glob("*-*/lib/stubs/libcuda.so")))
        self.assertEqual(self.output("p", LD_LIBRARY_PATH=str(stubs)), "13.0\n")

    def test_multi_config(self):
        self.project("project(p LANGUAGES CXX CUDA)\nadd_executable(p p.cu)\ninstall(TARGETS p)\n", {"p.cu": KERNEL})
        env = hostile(self.env, self.scratch)
        self.configure(self.src, None, "-DCMAKE_CUDA_RUNTIME_LIBRARY=Shared", env=env, generator="Ninja Multi-Config")
        for config in ("Debug", "Release"):
            self.build(self.out, "--config", config, env=env)
            self.assertEqual(self.output(f"{config}/p"), "ran\n")
        self.check_clean(self.out)
        run([cmakes()[0], "--install", self.out, "--config", "Release", "--prefix", self.scratch / "inst"], env=env)
        self.check_clean(self.scratch / "inst", foreign=[self.out])

    def test_separable_compilation(self):
        self.project("project(p LANGUAGES CXX CUDA)\nadd_library(a STATIC a.cu)\nadd_executable(p b.cu main.cpp)\n"
                     "set_target_properties(a p PROPERTIES CUDA_SEPARABLE_COMPILATION ON)\ntarget_link_libraries(p PRIVATE a)\n",
                     {"a.cu": "__device__ int twice(int x) { return 2 * x; }\n",
                      "b.cu": "extern __device__ int twice(int);\n__global__ void k(int *p) { *p = twice(*p); }\n"
                      "void launch() { k<<<1, 1>>>(nullptr); }\n",
                      "main.cpp": "#include <cstdio>\nvoid launch();\nint main() { launch(); std::puts(\"ran\"); }\n"})
        self.both()
        self.assertEqual(self.output("p"), "ran\n")

    def test_installed_files_know_nothing_of_the_build_tree(self):
        """Programs, shared libraries and modules, with LTO and a device link; nvcc is not given what is for gcc's links."""
        self.project("project(p LANGUAGES C CXX CUDA)\nset(CMAKE_INTERPROCEDURAL_OPTIMIZATION ON)\nadd_library(a STATIC a.cu)\n"
                     "add_library(s SHARED c.cpp)\nadd_library(m MODULE c.c)\nadd_executable(p b.cu main.cpp)\n"
                     "set_target_properties(a p PROPERTIES CUDA_SEPARABLE_COMPILATION ON)\ntarget_link_libraries(p PRIVATE a s)\n"
                     "install(TARGETS p s m LIBRARY DESTINATION lib RUNTIME DESTINATION bin)\n",
                     {"a.cu": "__device__ int twice(int x) { return 2 * x; }\n", "c.c": "int f(void) { return 0; }\n",
                      "c.cpp": "int c() { return 0; }\n", "main.cpp": "int c();\nvoid launch();\nint main() { launch(); return c(); }\n",
                      "b.cu": "extern __device__ int twice(int);\n__global__ void k(int *p) { *p = twice(*p); }\n"
                      "void launch() { k<<<1, 1>>>(nullptr); }\n"})
        out = self.both()
        self.assertFalse([line for line in out.splitlines() if "-dlink" in line and "-specs" in line])
        inst = self.scratch / "inst"
        run([cmakes()[0], "--install", self.out, "--prefix", inst], env=self.env)
        self.check_clean(inst, foreign=[self.out])
        self.assertEqual([dynamic(inst / f)[0] for f in ("bin/p", "lib/libs.so", "lib/libm.so")], [[], [], []])

    def test_cccl_from_cu_and_cpp(self):
        body = ("#include <thrust/host_vector.h>\n#include <thrust/reduce.h>\n#include <cuda/std/array>\n#include <cub/version.cuh>\n"
                "#include <cstdio>\nint main() { thrust::host_vector<int> v(4, 3); "
                "std::printf(\"%d\\n\", thrust::reduce(v.begin(), v.end())); }\n")
        self.project("project(p LANGUAGES CXX CUDA)\nfind_package(CUDAToolkit REQUIRED)\nfind_package(CCCL REQUIRED CONFIG)\n"
                     'message(STATUS "CCCL is ${CCCL_DIR}")\n'
                     "add_executable(a a.cu)\nadd_executable(b b.cpp)\ntarget_link_libraries(b PRIVATE CCCL::CCCL CUDA::cudart)\n"
                     "target_compile_definitions(b PRIVATE THRUST_DEVICE_SYSTEM=THRUST_DEVICE_SYSTEM_CPP)\n"
                     "add_executable(c b.cpp)\ntarget_include_directories(c SYSTEM PRIVATE ${CUDAToolkit_INCLUDE_DIRS} "
                     "${CUDAToolkit_INCLUDE_DIRS}/cccl)\ntarget_link_libraries(c PRIVATE CUDA::cudart)\n"
                     "target_compile_definitions(c PRIVATE THRUST_DEVICE_SYSTEM=THRUST_DEVICE_SYSTEM_CPP)\n",
                     {"a.cu": body, "b.cpp": body})
        self.both("-DCMAKE_CXX_STANDARD=17", "-DCMAKE_CUDA_STANDARD=17")
        for p in "abc":
            self.assertEqual(self.output(p), "12\n")

    def test_fetchcontent_child(self):
        child = self.scratch / "child"
        write(child / "CMakeLists.txt", "cmake_minimum_required(VERSION 3.22)\nfind_package(CondaCuda 13.0 REQUIRED)\n"
              "project(child LANGUAGES CUDA)\nadd_library(child STATIC child.cu)\n")
        write(child / "child.cu", "__global__ void c() {}\nvoid child() { c<<<1, 1>>>(); }\n")
        self.project("project(p LANGUAGES CXX CUDA)\ninclude(FetchContent)\nFetchContent_Declare(child SOURCE_DIR "
                     f"{child})\nFetchContent_MakeAvailable(child)\nadd_executable(p p.cpp)\ntarget_link_libraries(p child)\n",
                     {"p.cpp": "void child();\nint main() { child(); }\n"})
        self.both()
        self.assertEqual(len(self.starts()), 1)

    def test_externalproject_child(self):
        child = self.scratch / "child"
        write(child / "CMakeLists.txt", "cmake_minimum_required(VERSION 3.22)\nproject(child LANGUAGES CXX CUDA)\n"
              "find_package(CUDAToolkit REQUIRED)\nadd_executable(child child.cu)\ninstall(TARGETS child DESTINATION bin)\n")
        write(child / "child.cu", KERNEL)
        self.project("project(p LANGUAGES CXX CUDA)\ninclude(ExternalProject)\nExternalProject_Add(child SOURCE_DIR "
                     f"{child} CMAKE_ARGS ${{CCENV_CMAKE_ARGS}} -DCMAKE_INSTALL_PREFIX=${{CMAKE_BINARY_DIR}}/inst)\n", {})
        self.both()
        self.assertEqual(run([self.out / "inst/bin/child"], env=self.env).out, "ran\n")
        self.assertEqual(len(self.starts()), 1)

    def test_cmake_that_a_test_starts(self):
        """Many projects test so what they install; with NVIDIA's toolkit it finds the same nvcc. The environment is not the configure's."""
        child = self.scratch / "child"
        write(child / "CMakeLists.txt", "cmake_minimum_required(VERSION 3.22)\nproject(child LANGUAGES C)\n"
              "find_package(CUDAToolkit REQUIRED)\nadd_executable(child child.c)\ntarget_link_libraries(child CUDA::cudart)\n")
        write(child / "child.c", VERSION_C)
        self.project("project(p LANGUAGES C)\nenable_testing()\nadd_test(NAME child COMMAND ${CMAKE_CTEST_COMMAND} --build-and-test "
                     f"{child} ${{CMAKE_BINARY_DIR}}/child --build-generator Ninja --test-command child)\n", {})
        self.configure(self.src)
        out = run([Path(cmakes()[0]).parent / "ctest" if "/" in cmakes()[0] else "ctest", "-V"], cwd=self.out,
                  env=hostile(self.env, self.scratch)).out
        self.assertIn("13000\n", out)
        self.assertIn(f"{self.out}/_ccenv/view", " ".join(dynamic(self.out / "child/child")[0]))

    def test_pkg_check_modules(self):
        self.project("project(p LANGUAGES C)\nfind_package(PkgConfig REQUIRED)\n"
                     "pkg_check_modules(RT REQUIRED IMPORTED_TARGET cudart-13.0 nvrtc)\npkg_check_modules(DRV REQUIRED "
                     "IMPORTED_TARGET cuda)\nadd_executable(p p.c)\ntarget_link_libraries(p PkgConfig::RT)\n"
                     "add_executable(q p.c)\ntarget_link_libraries(q PkgConfig::RT PkgConfig::DRV)\n", {"p.c": VERSION_C})
        self.both()
        self.assertEqual(self.output("p"), "13000\n")

    def test_old_findcuda(self):
        if not any("/FindCUDA.cmake" in str(p) for p in self.modules()):
            self.skipTest("this CMake has no FindCUDA")
        self.project("cmake_policy(VERSION 3.22)\nproject(p LANGUAGES CXX)\nfind_package(CUDA REQUIRED)\n"
                     'set(CUDA_NVCC_FLAGS "-gencode=arch=compute_75,code=sm_75")\n'
                     "cuda_add_executable(p p.cu)\nmessage(STATUS \"toolkit ${CUDA_TOOLKIT_ROOT_DIR}\")\n", {"p.cu": KERNEL})
        self.both()
        self.assertEqual(self.output("p"), "ran\n")

    def test_old_findcuda_libraries_and_device_code(self):
        """What projects of that age do: a shared library, device code over two files, CUDA_LIBRARIES, a version."""
        if not any("/FindCUDA.cmake" in str(p) for p in self.modules()):
            self.skipTest("this CMake has no FindCUDA")
        self.project("cmake_policy(VERSION 3.22)\nproject(p LANGUAGES C CXX)\nfind_package(CUDA 13.0 REQUIRED)\n"
                     'set(CUDA_NVCC_FLAGS "-gencode=arch=compute_75,code=sm_75")\nset(CUDA_SEPARABLE_COMPILATION ON)\n'
                     "cuda_add_library(k STATIC k.cu)\nset(CUDA_SEPARABLE_COMPILATION OFF)\ncuda_add_library(s SHARED s.cu)\n"
                     "cuda_include_directories(${CMAKE_CURRENT_SOURCE_DIR}/inc)\ncuda_add_executable(p p.cu)\n"
                     "target_link_libraries(p k s ${CUDA_LIBRARIES})\nadd_executable(v v.c)\n"
                     "target_include_directories(v PRIVATE ${CUDA_INCLUDE_DIRS})\ntarget_link_libraries(v ${CUDA_CUDART_LIBRARY})\n"
                     'message(STATUS "found ${CUDA_VERSION} in ${CUDA_TOOLKIT_ROOT_DIR}, ${CUDA_NVCC_EXECUTABLE}")\n'
                     "cuda_compile_ptx(PTX p.cu)\nadd_custom_target(ptx ALL DEPENDS ${PTX})\n",
                     {"k.cu": "__device__ int twice(int x) { return 2 * x; }\n__global__ void c(int *p) { *p = twice(*p); }\n"
                      "void k() { c<<<1, 1>>>(nullptr); }\n", "p.cu": '#include "k.h"\n' + KERNEL.replace("int main() {", "int main() { ::k(); ::s();")
                      .replace("void k(int", "void own(int").replace(" k<<<", " own<<<"), "inc/k.h": "void k();\nvoid s();\n", "s.cu": "__global__ void d() {}\nvoid s() { d<<<1, 1>>>(); }\n", "v.c": VERSION_C})
        env = hostile(self.env, self.scratch)
        out = self.configure(self.src, env=env).out
        view = next((self.out / "_ccenv/view").glob("x86_64-linux-*"))
        self.assertIn(f"found 13.0 in {view}, {view}/bin/nvcc\n", out)
        self.both()
        self.assertEqual(self.output("p"), "ran\n")
        self.assertEqual(self.output("v"), "13000\n")

    def modules(self):
        root = run([cmakes()[0], "--system-information"], env=self.env, cwd=self.scratch).out
        for line in root.splitlines():
            if line.startswith("CMAKE_ROOT "):
                yield from Path(line.split('"')[1]).glob("Modules/FindCUDA*")

    def test_project_that_asks_cuda_home(self):
        """As PyTorch's extension builder does: CUDA_HOME, then bin/nvcc, include, lib64 below it."""
        self.project("project(p LANGUAGES CXX)\nset(home $ENV{CUDA_HOME})\nexecute_process(COMMAND ${home}/bin/nvcc --version "
                     "OUTPUT_VARIABLE v COMMAND_ERROR_IS_FATAL ANY)\nfind_library(rt cudart PATHS ${home}/lib64 NO_DEFAULT_PATH "
                     "REQUIRED)\nfind_path(inc cuda_runtime_api.h PATHS ${home}/include NO_DEFAULT_PATH REQUIRED)\n"
                     "execute_process(COMMAND nvcc --version OUTPUT_VARIABLE w COMMAND_ERROR_IS_FATAL ANY)\n"
                     'if(NOT v STREQUAL w)\n\tmessage(FATAL_ERROR "another nvcc in PATH")\nendif()\n'
                     "add_executable(p p.cpp)\ntarget_include_directories(p PRIVATE ${inc})\ntarget_link_libraries(p ${rt})\n",
                     {"p.cpp": VERSION_C})
        self.both()
        self.assertEqual(self.output("p"), "13000\n")

    def test_installed_library_and_its_user(self):
        """An installed package that links CUDA, found again from a second project."""
        self.project("project(p LANGUAGES CXX CUDA)\nfind_package(CUDAToolkit REQUIRED)\nadd_library(k SHARED k.cu)\n"
                     "target_link_libraries(k PUBLIC CUDA::cudart)\ninstall(TARGETS k EXPORT k)\n"
                     "install(EXPORT k NAMESPACE k:: FILE k-config.cmake DESTINATION lib/cmake/k)\n",
                     {"k.cu": "__global__ void c() {}\nvoid k() { c<<<1, 1>>>(); }\n"})
        self.both("-DCMAKE_CUDA_RUNTIME_LIBRARY=Shared")
        inst = self.scratch / "inst"
        run([cmakes()[0], "--install", self.out, "--prefix", inst], env=self.env)
        self.check_clean(inst, foreign=[self.out])
        user = self.scratch / "user"
        self.manifest(user)
        write(user / "CMakeLists.txt", "cmake_minimum_required(VERSION 3.22)\nfind_package(CondaCuda 13.0 REQUIRED)\n"
              "project(user LANGUAGES CXX)\nfind_package(CUDAToolkit REQUIRED)\nfind_package(k REQUIRED)\nadd_executable(u u.cpp)\n"
              "target_link_libraries(u k::k)\n")
        write(user / "u.cpp", "void k();\nint main() { k(); }\n")
        self.configure(user, None, f"-DCMAKE_PREFIX_PATH={inst}")
        self.build(user / "build")
        # Nobody gave the library a CMAKE_INSTALL_RPATH, and the linker may leave out of the program what only the library needs.
        # So the library's user says where: a toolkit of the system must not be what makes this work.
        libs = user / "build/_ccenv/view/x86_64-linux/lib"
        env = dict(self.env, LD_LIBRARY_PATH=str(libs))
        self.assertRegex(run(["ldd", user / "build/u"], env=env).out, rf"libcudart\.so\.13 => {user}/")
        run([user / "build/u"], env=env)

    def test_nvcc_alone(self):
        """As setup.py of a PyTorch extension runs it: by CUDA_HOME, by PATH, through a link; no -ccbin, whatever g++ is first."""
        self.project("project(p LANGUAGES CUDA)\n", {"p.cu": KERNEL})
        self.configure(self.src)
        view = self.out / "_ccenv/view/x86_64-linux"
        (self.scratch / "nvcc").symlink_to(view / "bin/nvcc")
        env = hostile(self.env, self.scratch)
        for nvcc in (view / "bin/nvcc", self.scratch / "nvcc", "nvcc"):
            by_path = dict(env, PATH=f"{view}/bin:{env['PATH']}")
            out = run([nvcc, self.src / "p.cu", "-o", self.scratch / "alone"], env=by_path).out
            self.assertNotIn("HOSTILE", out)
            self.assertEqual(run([self.scratch / "alone"], env=self.env).out, "ran\n")
        # Who wants the environment to have a say can have it.
        out = run([view / "bin/nvcc", "-c", self.src / "p.cu", "-o", self.scratch / "o"], ok=False,
                  env=dict(env, CCENV_HERMETIC="0")).out
        self.assertIn("--hostile-flag", out)

    @unittest.skipUnless(shutil.which("ccache"), "no ccache")
    def test_ccache_hits_in_another_directory(self):
        env = dict(self.env, CCACHE_DIR=str(self.scratch / "ccache"))
        for cmake in cmakes():
            for build in ("app/build", "b"):
                for name in ("one", "two"):
                    src = self.app(f"{name}-{build[-1]}/app")
                    top = src.parent / build
                    run(["ccache", "-C" if name == "one" else "-z"], env=env)
                    self.configure(src, top, "-DCCENV_COMPILER_LAUNCHER=ccache", env=env, cmake=cmake)
                    run(["ccache", "-z"], env=env)
                    self.build(top, env=env, cmake=cmake)
                    stats = run(["ccache", "-s"], env=env).out
                hits = re.search(r"Hits:\s+(\d+) /\s+(\d+)", stats).groups()
                print(f"ccache in another {build} ({run([cmake, '--version']).out.split()[2]}): {hits[0]} of {hits[1]} hit")
                self.assertEqual(hits, ("3", "3"), build)
                # What the compiler has said about its directories was not another tree's.
                for found in (top / "CMakeFiles").glob("*/CMake*Compiler.cmake"):
                    self.assertNotIn(str(self.scratch / "one"), found.read_text())
                shutil.rmtree(self.scratch / f"one-{build[-1]}")
                shutil.rmtree(self.scratch / f"two-{build[-1]}")

    @unittest.skipUnless(SCCACHE, "no sccache; tests/build/get-sccache brings it")
    def test_sccache(self):
        """Keyed on what is installed; hits in the same directory, and in another one with the user's SCCACHE_BASEDIRS."""
        one, two = self.scratch / "one/app", self.scratch / "two/app"
        env = dict(self.env, SCCACHE_DIR=str(self.scratch / "sccache"), SCCACHE_SERVER_UDS=str(self.scratch / "sock"),
                   SCCACHE_BASEDIRS=f"{one}:{two}")
        self.addCleanup(run, [SCCACHE, "--stop-server"], env=env, ok=False)

        def build(src):
            run([SCCACHE, "--zero-stats"], env=env)
            self.build(src / "build", "--clean-first", env=env)
            stats = json.loads(run([SCCACHE, "--show-stats", "--stats-format=json"], env=env).out)["stats"]
            return [sum(stats[s]["counts"].values()) for s in ("cache_hits", "cache_misses")]

        for name in ("one", "two"):
            src = self.app(f"{name}/app")
            write(src / "CMakeLists.txt", (src / "CMakeLists.txt").read_text().replace("CondaCuda 13.0", "CondaCuda 13"))
            self.configure(src, None, f"-DCCENV_COMPILER_LAUNCHER={SCCACHE}", env=env)
        first, again, other = build(one), build(one), build(two)
        print(f"sccache: first {first}, again {again}, in another directory {other} [hits, misses]")
        self.assertEqual(first[0], 0)
        self.assertEqual(again[1], 0)
        self.assertEqual(again[0], first[1])
        self.assertGreater(other[0], other[1])
        self.check_app(two / "build/cuda-app")
        # So do reproducible builds, whose flags are other ones.
        self.configure(one, None, "-DCCENV_REPRODUCIBLE=ON", env=env)
        self.assertEqual(build(one)[0], 0)
        self.assertEqual(build(one)[1], 0)
        self.check_app(one / "build/cuda-app")
        # Another lock hits nothing, though the compilers are the same. (Not 13.3: sccache 0.16 cannot compile with its nvcc.)
        self.manifest(one, components=("nvcc", "cudart", "nvrtc", "nvfatbin"))
        self.assertEqual(build(one)[0], 0)
        self.check_app(one / "build/cuda-app")
