# SPDX-License-Identifier: MIT
"""On request, `matrix --reproducible`: each kind of CUDA code with each build system and release, from two directories, users and days,
in each mode, and which of them are the same. CCENV_TEST_RESULTS gets a line for each, of which table.py makes the table in
docs/reproducible.md. CCENV_TEST_VERSIONS and CCENV_TEST_SYSTEMS choose some."""
import os
import re
import shutil
import unittest

from checkouts import Checkouts, artefacts
from harness import MODULE, RESULTS, cmakes, run

VERSIONS = os.environ.get("CCENV_TEST_VERSIONS", "13.0 13.3").split()
SYSTEMS = os.environ.get("CCENV_TEST_SYSTEMS", "Ninja,Unix Makefiles,ccenv.mk,a makefile,Meson").split(",")
KINDS = ("plain", "rdc", "static", "shared", "fat", "graph", "cccl", "nvrtc", "nvrtcline", "hostdebug", "lineinfo", "debug", "lto")
# What depends on the directory whatever the flags are.
ONLY_EXEC = {"nvrtcline", "lineinfo", "debug", "lto"}

KERNEL = """#include <cassert>
#include <cstdio>
namespace {{ __device__ int hidden = {n}; __global__ void k(int *p) {{ assert(p); *p = hidden; }} }}
void {name}() {{ k<<<1, 1>>>(nullptr); std::printf("%s %s %s\\n", __FILE__, __DATE__, __TIME__); }}
"""
MAIN = "\nint main() {{ {name}(); return 0; }}\n"
GRAPH = """#include <cassert>
#include <cstdio>
namespace { __global__ void k(int *p) { assert(p); *p = 1; } }
int main()
{
	cudaStream_t stream;
	cudaGraph_t graph;
	cudaGraphExec_t exec;
	assert(cudaStreamCreate(&stream) == cudaSuccess);
	cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal);
	k<<<1, 1, 0, stream>>>(nullptr);
	cudaStreamEndCapture(stream, &graph);
	cudaGraphInstantiate(&exec, graph, 0);
	std::printf("%s %d\\n", __TIME__, (int)cudaGraphLaunch(exec, stream));
}
"""
CCCL = """#include <cstdio>
#include <cub/device/device_scan.cuh>
int main()
{
	size_t bytes = 0;
	cub::DeviceScan::InclusiveSum(nullptr, bytes, (int *)nullptr, (int *)nullptr, 1000);
	std::printf("%s %s %d\\n", __FILE__, __DATE__, (int)bytes);
}
"""
NVRTC = """#include <cstdio>
#include <nvrtc.h>
#include <vector>
static const char source[] = "// of " __DATE__ " " __TIME__ "\\n"
	"namespace { __device__ int hidden; }\\nextern \\"C\\" __global__ void k(int *p) { *p = hidden++; }\\n"
	"__device__ const char when[] = \\"" __DATE__ " " __TIME__ "\\";\\n";
int main(int argc, char **argv)
{
	const char *options[] = {"--gpu-architecture=sm_80", "-lineinfo", "--device-debug"};
	nvrtcProgram program;
	for (int n = 1; n <= 3; n++) {
		size_t ptx = 0, cubin = 0;
		if (nvrtcCreateProgram(&program, source, __FILE__, 0, nullptr, nullptr) || nvrtcCompileProgram(program, n, options))
			return 1;
		nvrtcGetPTXSize(program, &ptx);
		nvrtcGetCUBINSize(program, &cubin);
		std::vector<char> a(ptx), b(cubin);
		nvrtcGetPTX(program, a.data());
		nvrtcGetCUBIN(program, b.data());
		char name[4096];
		snprintf(name, sizeof(name), "%s/%s", argv[argc - 1], n == 1 ? "nvrtc.out" : n == 2 ? "nvrtcline.out" : "nvrtcline.G.out");
		FILE *f = fopen(name, "wb");
		fwrite(a.data(), 1, ptx, f);
		fwrite(b.data(), 1, cubin, f);
		fclose(f);
	}
}
"""


def kernel(name, n, main=True):
    return KERNEL.format(name=name, n=n) + (MAIN.format(name=name) if main else "")


FILES = {
    "plain.cu": kernel("plain", 1),
    "rdc_a.cu": "#include <cassert>\nextern __device__ int twice(int);\nnamespace { __device__ int hidden = 3;\n"
                "__global__ void k(int *p) { assert(p); *p = twice(hidden); } }\n"
                "int main() { k<<<1, 1>>>(nullptr); return __TIME__[0] == 0; }\n",
    "rdc_b.cu": "#include <cassert>\nnamespace { __device__ int factor = 2; }\n"
                "__device__ int twice(int x) { assert(x); return factor * x; }\n",
    # No external symbol at all: nvcc makes an id of the process.
    "static_a.cu": "static __global__ void k(int *p) { *p = 1; }\nnamespace { struct S { S() { k<<<1, 1>>>(nullptr); } } s; }\n",
    "static_b.cpp": 'extern "C" const char *when() { return __FILE__ " " __DATE__ " " __TIME__; }\n',
    "shared.cu": kernel("shared", 5, main=False),
    "fat.cu": kernel("fat", 6),
    "graph.cu": GRAPH,
    "cccl.cu": CCCL,
    "nvrtc.cpp": NVRTC,
    "hostdebug.cu": kernel("hostdebug", 7),
    "lineinfo.cu": kernel("lineinfo", 8),
    "debug.cu": kernel("debug", 9),
    "lto_a.cu": "extern __device__ int thrice(int);\n__global__ void k(int *p) { *p = thrice(*p); }\n"
                "int main() { k<<<1, 1>>>(nullptr); return __TIME__[0] == 0; }\n",
    "lto_b.cu": "#include <cassert>\n__device__ int thrice(int x) { assert(x); return 3 * x; }\n",
}
CMAKE = """cmake_minimum_required(VERSION 3.22)
find_package(CondaCuda REQUIRED)
project(p LANGUAGES C CXX CUDA)
find_package(CUDAToolkit REQUIRED)
set(CMAKE_BUILD_TYPE Release)
foreach(name plain graph cccl hostdebug lineinfo debug fat)
	add_executable(${name} ${name}.cu)
endforeach()
target_compile_options(hostdebug PRIVATE -g)
target_compile_options(lineinfo PRIVATE -lineinfo)
target_compile_options(debug PRIVATE -G -g)
set_target_properties(fat PROPERTIES CUDA_ARCHITECTURES "75;80-real;90")
add_executable(rdc rdc_a.cu rdc_b.cu)
set_target_properties(rdc PROPERTIES CUDA_SEPARABLE_COMPILATION ON)
add_library(static STATIC static_a.cu static_b.cpp)
add_library(shared SHARED shared.cu)
add_executable(nvrtc nvrtc.cpp)
target_link_libraries(nvrtc PRIVATE CUDA::nvrtc)
add_executable(lto lto_a.cu lto_b.cu)
set_target_properties(lto PROPERTIES CUDA_SEPARABLE_COMPILATION ON CUDA_ARCHITECTURES OFF)
target_compile_options(lto PRIVATE -arch=sm_80 -dlto)
target_link_options(lto PRIVATE $<DEVICE_LINK:-arch=sm_80> $<DEVICE_LINK:-dlto>)
"""
PROGRAMS = "plain graph cccl hostdebug lineinfo debug fat rdc nvrtc lto libstatic.a libshared.so"
MAKE = f"""CUDA_ARCHS = 80-real
all: {PROGRAMS}
include build/_ccenv/make/ccenv.mk
fat.o: CUDA_ARCHS = 75 80-real 90
hostdebug.o: NVCCFLAGS += -g
lineinfo.o: NVCCFLAGS += -lineinfo
debug.o: NVCCFLAGS += -G -g
""" + """
plain graph cccl hostdebug lineinfo debug fat: %: %.o
	$(CXX) $^ -o $@ $(CUDA_LDLIBS) $(CUDA_RPATH)
rdc: rdc_a.rdc.o rdc_b.rdc.o rdc_dlink.o
	$(CXX) $^ -o $@ $(CUDA_LDLIBS) -lcudadevrt $(CUDA_RPATH)
rdc_dlink.o: rdc_a.rdc.o rdc_b.rdc.o
	$(call ccenv_dlink,$@,$^)
lto_a.rdc.o lto_b.rdc.o lto_dlink.o: NVCC_GENCODE = -arch=sm_80 -dlto
lto: lto_a.rdc.o lto_b.rdc.o lto_dlink.o
	$(CXX) $^ -o $@ $(CUDA_LDLIBS) -lcudadevrt $(CUDA_RPATH)
lto_dlink.o: lto_a.rdc.o lto_b.rdc.o
	$(call ccenv_dlink,$@,$^)
nvrtc: nvrtc.cpp
	$(CXX) $(CUDA_CPPFLAGS) $^ -o $@ $(CUDA_LDLIBS) -lnvrtc $(CUDA_RPATH)
libstatic.a: static_a.o static_b.o
	$(AR) $(ARFLAGS) $@ $^
shared.o: NVCCFLAGS += -Xcompiler=-fPIC
libshared.so: shared.o
	$(CXX) -shared $^ -o $@ $(CUDA_LDLIBS)
"""
# Of somebody who knows nothing of ccenv, and links with nvcc.
BY_HAND = f"NVCC = nvcc\nARCH = -gencode=arch=compute_80,code=sm_80\nall: {PROGRAMS}\n" + """
fat.o: ARCH = -gencode=arch=compute_75,code=sm_75 -gencode=arch=compute_80,code=sm_80 -gencode=arch=compute_90,code=[sm_90,compute_90]
hostdebug.o: FLAGS = -g
lineinfo.o: FLAGS = -lineinfo
debug.o: FLAGS = -G -g
shared.o: FLAGS = -Xcompiler=-fPIC
rdc_a.o rdc_b.o: FLAGS = -dc
lto_a.o lto_b.o lto_dlink.o: ARCH = -arch=sm_80 -dlto
lto_a.o lto_b.o: FLAGS = -dc
%.o: %.cu
	$(NVCC) $(ARCH) $(FLAGS) -O2 -c $(CURDIR)/$< -o $@
%.o: %.cpp
	$(CXX) -O2 -I$(CUDA_HOME)/include -c $(CURDIR)/$< -o $@
plain graph cccl hostdebug lineinfo debug fat: %: %.o
	$(NVCC) $^ -o $@
rdc: rdc_a.o rdc_b.o
	$(NVCC) -arch=sm_80 $^ -o $@
lto: lto_a.o lto_b.o
	$(NVCC) -arch=sm_80 -dlto $^ -o $@
nvrtc: nvrtc.o
	$(NVCC) $^ -o $@ -lnvrtc
libstatic.a: static_a.o static_b.o
	$(AR) rcs $@ $^
libshared.so: shared.o
	$(NVCC) -shared $^ -o $@
"""
MESON = """project('p', 'c', 'cpp', 'cuda', default_options: ['buildtype=release', 'cpp_std=c++17'])
cudart = dependency('cudart')
one = ['-gencode=arch=compute_80,code=sm_80']
foreach name : ['plain', 'graph', 'cccl']
  executable(name, name + '.cu', cuda_args: one, dependencies: cudart)
endforeach
executable('hostdebug', 'hostdebug.cu', cuda_args: one + ['-g'], dependencies: cudart)
executable('lineinfo', 'lineinfo.cu', cuda_args: one + ['-lineinfo'], dependencies: cudart)
executable('debug', 'debug.cu', cuda_args: one + ['-G', '-g'], dependencies: cudart)
executable('fat', 'fat.cu', dependencies: cudart,
  cuda_args: ['-gencode=arch=compute_75,code=sm_75', '-gencode=arch=compute_80,code=sm_80', '-gencode=arch=compute_90,code=[sm_90,compute_90]'])
executable('rdc', 'rdc_a.cu', 'rdc_b.cu', cuda_args: one + ['-rdc=true'], link_args: one + ['-rdc=true'], dependencies: cudart)
executable('lto', 'lto_a.cu', 'lto_b.cu', cuda_args: ['-arch=sm_80', '-dlto', '-rdc=true'],
  link_args: ['-arch=sm_80', '-dlto', '-rdc=true'], dependencies: cudart)
executable('nvrtc', 'nvrtc.cpp', dependencies: [dependency('nvrtc'), cudart])
static_library('static', 'static_a.cu', 'static_b.cpp', cuda_args: one)
shared_library('shared', 'shared.cu', cuda_args: one, dependencies: cudart)
"""
KIND = re.compile(r"(?:.*/)?(?:lib)?([a-z]+)(?:[._].*)?$")


def kind_of(path):
    """CMakeFiles/rdc.dir/rdc_a.cu.o, lib/librdc.a, rdc.p/…: rdc."""
    path = re.sub(r"^(.*/)?CMakeFiles/", "", path)
    return KIND.match(path.split("/")[0]).group(1)


def note(version, system, found):
    lines = ""
    for mode, differ in found.items():
        for kind in KINDS:
            mine = [n for n in differ if kind_of(n) == kind]
            lines += f"{kind}\t{version}\t{system}\t{mode}\t{' '.join(mine) or 'equal'}\n"
    with open(RESULTS, "a") as f:
        f.write(lines)


@unittest.skipUnless(RESULTS, "tests/build/matrix --reproducible")
class Matrix(Checkouts):
    FILES = {**FILES, "CMakeLists.txt": CMAKE, "Makefile": MAKE, "by_hand": BY_HAND, "meson.build": MESON}

    def commands(self, system, src, seen):
        """(to configure, to build, where) with the sources at `seen`, which is `src` or what `ccenv exec` makes of it."""
        ccenv = self.env["CCENV_EXECUTABLE"]
        here = ["--root", f"{seen}/build/_ccenv", "--manifest", f"{seen}/ccenv.json"]
        if system in ("Ninja", "Unix Makefiles"):
            configure = [cmakes()[0], "-S", seen, "-B", f"{seen}/build", "-G", system, f"-DCondaCuda_DIR={MODULE}",
                         "-DCMAKE_CUDA_ARCHITECTURES=80-real"]
            return configure, [cmakes()[0], "--build", f"{seen}/build"], "build"
        if system == "Meson":
            return [ccenv, "meson-setup", *here, f"{seen}/b", seen], ["ninja", "-C", f"{seen}/b"], "b"
        if system == "ccenv.mk":
            return None, ["make", "-C", seen], "."
        return None, [ccenv, "run", *here, "make", "-C", seen, "-f", "by_hand"], "."

    def built(self, src, where, seen, start):
        """{path: bytes} of what there is, and of what NVRTC makes of its source when the program runs."""
        start(["env", f"LD_LIBRARY_PATH={seen}/build/_ccenv/view/x86_64-linux/lib", f"{seen}/{where}/nvrtc", seen])
        files = artefacts(src / where)
        for name in KINDS:
            path = src / where / name
            if path.is_file():
                files[name] = path.read_bytes()
        for name in ("nvrtc.out", "nvrtcline.out", "nvrtcline.G.out"):
            files[name] = (src / name).read_bytes()
        self.assertEqual({kind_of(n) for n in files}, set(KINDS), sorted(files))
        return files

    def may_unshare(self):
        """May the other user have namespaces, or else only root?"""
        try:
            self.other(self.scratch / "bin", ["unshare", "-Urm", "true"])
        except AssertionError:
            return False
        return True

    def mode(self, system, version, mode):
        """{what is compared: the paths that differ} for one mode: false, not there, true, exec."""
        manifest = {"false": "false", "default": "", "true": "true", "exec": '"strict"'}[mode]
        trees, results = [], {}
        for i, where in enumerate(("one", "another-directory/two")):
            src = self.checkout(where, version, manifest)
            self.install(src)
            before, seen = [], src
            if mode == "exec":
                before, seen = [self.env["CCENV_EXECUTABLE"], "-C", src, "exec", "--"], "/ccenv/src"
                # Meson's native file has absolute paths, which have to be those of the place.
                run([*before, self.env["CCENV_EXECUTABLE"], "install", "--root", f"{seen}/build/_ccenv", "--manifest", f"{seen}/ccenv.json"],
                    env=self.env)
                run([self.env["CCENV_EXECUTABLE"], "-C", src, "touch", "--from-git"], env=self.env)
            configure, build, out = self.commands(system, src, seen)
            jobs = "-j8" if i else "-j1"

            def start(args):
                args = [*before, *args]
                # Without anything, the date is that of the clock: what a second build in one directory shows is all the rest.
                date = {"SOURCE_DATE_EPOCH": "1767323045"} if mode == "default" else {}
                if i and before and not self.may_unshare():
                    return run(args, env=dict(self.env, TZ="Asia/Tokyo", LC_ALL="C", **self.another_day()), cwd=src, timeout=1800)
                return self.other(src, args, **date) if i else run(args, env=dict(self.env, **date), cwd=src, timeout=1800)

            # It installs what is missing, which the other user may not.
            if configure:
                run([*before, *configure], env=self.env, cwd=src, timeout=1800)
            start([*build, jobs])
            trees.append(self.built(src, out, seen, start))
            if mode == "default" and i == 0:
                for name in trees[0]:
                    (src / ("." if name.endswith(".out") else out) / name).unlink()
                start([*build, jobs])
                results["again"] = self.unlike(trees[0], self.built(src, out, seen, start))
        results[mode] = self.unlike(*trees)
        return results

    def unlike(self, a, b):
        self.assertEqual(sorted(a), sorted(b))
        return [n for n in sorted(a) if a[n] != b[n]]

    def check(self, system, version):
        results = {}
        for mode in ("false", "default", "true", "exec"):
            for name in ("one", "another-directory"):
                shutil.rmtree(self.scratch / name, ignore_errors=True)
            found = self.mode(system, version, mode)
            results.update(found)
            note(version, system, found)
        self.assertEqual({kind_of(n) for n in results["false"]}, set(KINDS), "some are the same without any of it")
        self.assertEqual(results["again"], [])
        self.assertEqual({kind_of(n) for n in results["true"]} - ONLY_EXEC, set())
        self.assertEqual(results["exec"], [])

    def test_all(self):
        for version in VERSIONS:
            for system in SYSTEMS:
                with self.subTest(version=version, system=system):
                    self.check(system, version)


if __name__ == "__main__":
    unittest.main()
