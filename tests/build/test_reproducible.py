# SPDX-License-Identifier: MIT
"""The same bytes from two directories, users and days; and without "reproducible" they differ. CCENV_TEST_FULL=1: the whole matrix."""
import os
import re
import shutil
import unittest

from checkouts import Checkouts
from harness import cmakes, dynamic, run, write

FULL = os.environ.get("CCENV_TEST_FULL", "") == "1"
VERSIONS = ("13.0", "13.3") if FULL else ("13.0",)
FILES = {
    "main.cu": """#include <cassert>
#include <cstdio>
extern __device__ int twice(int);
int host();
const char *when();
namespace { __device__ int hidden = 3; __global__ void k(int *p) { assert(p); *p = twice(hidden); } }
int main() { k<<<1, 1>>>(nullptr); std::printf("%s %s %d\\n", __FILE__, when(), host()); return 0; }
""",
    "util.cpp": """#include <cassert>
#include <string>
const char *when() { static std::string s = std::string(__FILE__) + " " __DATE__ " " __TIME__; assert(!s.empty()); return s.c_str(); }
""",
    "lib/s.cu": "#include <cassert>\nnamespace { __device__ int factor = 2; }\n"
                "__device__ int twice(int x) { assert(x); return factor * x; }\n",
    # No external symbol at all: nvcc makes an id of the process.
    "lib/t.cu": "static __global__ void k(int *p) { *p = 1; }\nnamespace { struct S { S() { k<<<1, 1>>>(nullptr); } } s; }\n",
    "lib/c.c": "const char *c_file(void) { return __FILE__ __DATE__ __TIME__; }\n",
    "lib/sh.cpp": "#include <nvrtc.h>\nint host() { int a = 0, b = 0; nvrtcVersion(&a, &b); return a + (__FILE__[0] == '/'); }\n",
}
CMAKE = """cmake_minimum_required(VERSION 3.22)
find_package(CondaCuda REQUIRED)
project(p LANGUAGES C CXX CUDA)
find_package(CUDAToolkit REQUIRED)
add_library(s STATIC lib/s.cu lib/t.cu lib/c.c)
set_target_properties(s PROPERTIES CUDA_SEPARABLE_COMPILATION ON POSITION_INDEPENDENT_CODE ON)
add_library(sh SHARED lib/sh.cpp)
target_link_libraries(sh PRIVATE CUDA::nvrtc)
# CUDA::nvrtc names the driver's library too, which is not used. Not every gcc leaves that out by itself.
target_link_options(sh PRIVATE LINKER:--as-needed)
add_executable(p main.cu util.cpp)
set_target_properties(p PROPERTIES CUDA_SEPARABLE_COMPILATION ON INSTALL_RPATH "$ORIGIN/../lib")
target_link_libraries(p PRIVATE s sh)
install(TARGETS p s sh)
"""
MAKE = """CUDA_ARCHS = 80-real
include build/_ccenv/make/ccenv.mk
prog: main.rdc.o lib/s.rdc.o lib/t.rdc.o dlink.o util.o libc.a
	$(CXX) $^ -o $@ $(CUDA_LDLIBS) -lcudadevrt -lnvrtc $(CUDA_RPATH)
dlink.o: main.rdc.o lib/s.rdc.o lib/t.rdc.o
	$(call ccenv_dlink,$@,$^)
libc.a: lib/c.o lib/sh.o
	$(AR) $(ARFLAGS) $@ $^
lib/sh.o: lib/sh.cpp
	$(CXX) $(CUDA_CPPFLAGS) -DHOST -c $< -o $@
main.rdc.o: NVCCFLAGS += -g
"""
MAKE_BY_HAND = """prog: main.o lib/s.o lib/t.o util.o lib/sh.o
	nvcc -arch=sm_80 -rdc=true $^ -o $@ -lnvrtc
%.o: %.cu
	nvcc -arch=sm_80 -rdc=true -O2 -c $< -o $@
%.o: %.cpp
	$(CXX) -I$(CUDA_HOME)/include -c $< -o $@
one: only.cu
	nvcc -g -arch=sm_80 $< -o $@
"""
MESON = """project('p', 'c', 'cpp', 'cuda', default_options: ['buildtype=release', 'cpp_std=c++17'])
add_project_arguments('-arch=sm_80', language: 'cuda')
s = static_library('s', 'lib/c.c', 'util.cpp')
executable('p', 'm.cu', link_with: s, dependencies: [dependency('cudart')])
"""
MESON_MAIN = """#include <cassert>
#include <cstdio>
const char *when();
namespace { __global__ void k(int *p) { assert(p); *p = 1; } }
int main() { k<<<1, 1>>>(nullptr); std::printf("%s %s\\n", __FILE__, when()); return 0; }
"""
ONLY = MESON_MAIN.replace("const char *when();", "static const char *when() { return __DATE__; }")


class Reproducible(Checkouts):
    FILES = FILES

    def cmake_twice(self, version, *args, generator="Ninja", cmake=None, mode="true"):
        one = self.checkout("one", version, mode, CMakeLists__txt=CMAKE)
        two = self.checkout("another-directory/two", version, mode, CMakeLists__txt=CMAKE)
        for src in (one, two):
            self.configure(src, None, f"-DCMAKE_CUDA_ARCHITECTURES={'75;80-real;90' if FULL else '80-real'}", *args, generator=generator, cmake=cmake)
        self.build_twice(one, two, cmake)
        return one / "build", two / "build"

    def build_twice(self, one, two, cmake=None):
        cmake = cmake or cmakes()[0]
        run([cmake, "--build", one / "build", "-j1"], env=self.env)
        self.other(two, [cmake, "--build", two / "build", "-j8"])

    def test_cmake(self):
        """RDC with a device link, static and shared libraries, NVRTC; what is installed too. And OFF, where they differ."""
        for version in VERSIONS:
            for generator in ("Ninja", "Unix Makefiles") if FULL else ("Ninja",):
                for config in ("Release", "RelWithDebInfo") if FULL else ("RelWithDebInfo",):
                    for cmake in cmakes():
                        with self.subTest(version=version, generator=generator, config=config, cmake=cmake):
                            self.check_cmake(version, generator, config, cmake)
                            for name in ("one", "another-directory", "a", "b"):
                                shutil.rmtree(self.scratch / name, ignore_errors=True)

    def check_cmake(self, version, generator, config, cmake):
        one, two = self.cmake_twice(version, f"-DCMAKE_BUILD_TYPE={config}", generator=generator, cmake=cmake)
        files = self.compare(one, two, 10)
        self.assert_no_paths(files, self.scratch, "tmpxft")
        for name, build in (("a", one), ("b", two)):
            run([cmake, "--install", build, "--prefix", self.scratch / name], env=self.env)
        self.assertEqual(len(self.compare(self.scratch / "a", self.scratch / "b", 3)), 3)
        out = run([self.scratch / "a/bin/p"], env=dict(self.env, LD_LIBRARY_PATH=str(one / "_ccenv/view/x86_64-linux/lib"))).out
        self.assertEqual(out, f"./main.cu ./util.cpp Jan  2 2026 03:04:05 {version.split('.')[0]}\n")
        self.assertEqual(run([one / "p"], env=self.env).out, out)

        # The negative: the same two trees without any of it.
        for build in (one, two):
            run([cmake, "-DCCENV_REPRODUCIBLE=OFF", build], env=self.env)
        self.build_twice(one.parent, two.parent, cmake)
        differ = self.differing(one, two)
        for name in ("p", "libs.a", "libsh.so", "CMakeFiles/p.dir/util.cpp.o", "CMakeFiles/s.dir/lib/c.c.o"):
            self.assertIn(name, differ)
        self.assertEqual(sum(n.endswith(".cu.o") for n in differ), 3, differ)

    def test_find_package(self):
        """Asked for in CMakeLists.txt; per object in each language, whatever the project does to its flags."""
        src = self.checkout("one", mode="", CMakeLists__txt=CMAKE.replace(
            "CondaCuda REQUIRED", "CondaCuda REQUIRED COMPONENTS nvcc cudart nvrtc reproducible") +
            'set(CMAKE_CXX_FLAGS "-O1")\nset(CMAKE_CUDA_FLAGS "-O1")\n')
        self.configure(src)
        commands = (src / "build/compile_commands.json").read_text()
        for name in FILES:
            line = next(li for li in commands.splitlines() if '"command"' in li and li.rstrip('",').endswith((name, name + '.o')))
            seed = re.findall(r"-frandom-seed=(\S+)", line)
            self.assertEqual(len(seed), 1, line)
            self.assertTrue(seed[0].endswith(f"/{name}.o"), line)
            self.assertIn(f"-ffile-prefix-map={src}=.", line)

    def test_make(self):
        """ccenv.mk's rules, a makefile of somebody who knows nothing of ccenv, and a program in one step."""
        trees = [self.checkout(d, Makefile=MAKE, by_hand=MAKE_BY_HAND, only__cu=ONLY) for d in ("one", "another/two")]
        ccenv = self.env["CCENV_EXECUTABLE"]
        for i, src in enumerate(trees):
            self.install(src)
            run(["make", "-C", src, "-j2", "prog"], env=dict(self.env, TZ="Asia/Tokyo" if i else "UTC"))
        files = self.compare(*trees, 8)
        self.assert_no_paths(files, self.scratch, "tmpxft")
        self.assertIn("main.cu util.cpp Jan  2 2026", run([trees[0] / "prog"], env=self.env).out)
        for p in dynamic(trees[0] / "prog")[0]:
            self.assertTrue(p.startswith("$ORIGIN/"), p)
        for i, src in enumerate(trees):
            run(["sh", "-c", "rm -f prog *.o lib/*.o *.a"], cwd=src)
            run([ccenv, "run", "--root", src / "build/_ccenv", "--manifest", src / "ccenv.json", "make", "-f", "by_hand", "prog", "one"],
                env=dict(self.env, TZ="Asia/Tokyo" if i else "UTC"), cwd=src)
        self.assertEqual(run([ccenv, "run", "--root", trees[0] / "build/_ccenv", "--manifest", trees[0] / "ccenv.json", "printenv",
                              "PYTHONHASHSEED", "LC_ALL", "TZ"], env=self.env).out, "0\nC.UTF-8\nUTC\n")
        files = self.compare(*trees, 7)
        self.assertEqual([p for p in trees[0].iterdir() if p.name.endswith(".ccenv")], [])
        self.assert_no_paths({n: f for n, f in files.items() if n != "one"}, self.scratch, "tmpxft")
        # And without: each object of nvcc's differs, even in one directory.
        off = dict(self.env, CCENV_REPRODUCIBLE="0")
        for src in trees:
            run(["sh", "-c", "rm -f prog one *.o lib/*.o"], cwd=src)
            run([ccenv, "run", "--root", src / "build/_ccenv", "--manifest", src / "ccenv.json", "make", "-f", "by_hand", "prog", "one"],
                env=off, cwd=src)
        self.assertEqual(set(self.differing(*trees)) & {"main.o", "lib/s.o", "lib/t.o", "prog", "one"},
                         {"main.o", "lib/s.o", "lib/t.o", "prog", "one"})

    @unittest.skipUnless(shutil.which("ccache") and FULL, "in the full matrix")
    def test_ccache(self):
        """Two checkouts with a toolchain each, and with -g: each object of the second comes from the cache, and is the same."""
        hits = {}
        for mode in ("false", "true"):
            trees = [self.checkout(f"{d}-{mode}", mode=mode, CMakeLists__txt=CMAKE) for d in ("one", "another/two")]
            env = dict(self.env, CCACHE_DIR=str(self.scratch / f"ccache-{mode}"))
            for src in trees:
                self.configure(src, None, "-DCCENV_COMPILER_LAUNCHER=ccache", "-DCMAKE_BUILD_TYPE=RelWithDebInfo", env=env)
                run(["ccache", "-z"], env=env)
                self.build(src / "build", env=env)
            hits[mode] = re.search(r"Hits:\s+(\d+) /\s+(\d+)", run(["ccache", "-s"], env=env).out).groups()
            if mode == "true":
                self.assert_no_paths(self.compare(*[t / "build" for t in trees], 10), trees[0], trees[1])
        print(f"ccache in another checkout with another toolchain: {hits['false']} hit without, {hits['true']} with \"reproducible\"")
        self.assertEqual(hits["true"], (str(len(FILES)), str(len(FILES))))

    @unittest.skipUnless(shutil.which("meson") and FULL, "in the full matrix")
    def test_meson(self):
        trees = [self.checkout(d, meson__build=MESON, m__cu=MESON_MAIN) for d in ("one", "another/two")]
        for mode in ("", "0"):
            for src in trees:
                self.install(src)
                env = dict(self.env, **({"CCENV_REPRODUCIBLE": mode} if mode else {}))
                shutil.rmtree(src / "b", ignore_errors=True)
                run([self.env["CCENV_EXECUTABLE"], "meson-setup", "--root", src / "build/_ccenv", "--manifest", src / "ccenv.json",
                     src / "b", src], env=env, cwd=src)
                run(["ninja", "-C", src / "b"], env=env)
            if mode:
                self.assertTrue([n for n in self.differing(trees[0] / "b", trees[1] / "b") if n.endswith(".o")])
                continue
            # The root is in the project, so Meson's RUNPATHs are relative too.
            self.assertEqual(self.differing(trees[0] / "b", trees[1] / "b"), [])

    def test_default(self):
        """Without a word: two builds in one directory are the same, and paths that people see are as ever."""
        src = self.checkout("one", mode="", only__cu=ONLY)
        self.install(src)
        nvcc = src / "build/_ccenv/view/x86_64-linux/bin/nvcc"
        for flags in (["-c"], ["-dc", "-g"]):
            made = []
            for _ in range(2):
                for name in ("only.cu", "lib/t.cu"):
                    run([nvcc, *flags, "-arch=sm_80", src / name, "-o", "x.o"], env=self.env, cwd=src)
                    made.append((src / "x.o").read_bytes())
            self.assertEqual(made[:2], made[2:])
            self.assertIn(f"{src}/only.cu".encode(), made[0])

    def test_strict(self):
        """What depends on paths whatever one does is an error outside of `ccenv exec`."""
        src = self.checkout("one", mode='"strict"')
        self.install(src)
        nvcc = src / "build/_ccenv/view/x86_64-linux/bin/nvcc"
        run([nvcc, "-c", "-arch=sm_80", "lib/t.cu", "-o", "t.o"], env=self.env, cwd=src)
        for flag in ("-lineinfo", "-G"):
            r = run([nvcc, flag, "-c", "-arch=sm_80", "lib/t.cu", "-o", "t.o"], env=self.env, cwd=src, ok=False)
            self.assertEqual(r.code, 1)
            self.assertIn(f"nvcc: {flag}: ", r.out)
            self.assertIn("ccenv exec", r.out)

    @unittest.skipUnless(FULL, "in the full matrix")
    def test_exec(self):
        """Line information, device debug information and link-time optimization: equal within `ccenv exec`, and only there."""
        build = """for n in {nvcc} /ccenv/src/{nvcc}; do [ ! -x $n ] || nvcc=$n; done
$nvcc -arch=sm_80 -lineinfo -c $PWD/only.cu -o {out}.lineinfo.o
$nvcc -arch=sm_80 -G -g -c $PWD/only.cu -o {out}.debug.o
$nvcc -arch=sm_80 -dlto -dc $PWD/only.cu -o {out}.lto.o
$nvcc -arch=sm_80 -dlto -dlink {out}.lto.o -o {out}.dlink.o
"""
        nvcc = "build/_ccenv/view/x86_64-linux/bin/nvcc"
        names = ("lineinfo", "debug", "lto")
        for version in VERSIONS:
            trees = [self.checkout(f"{d}-{version}", version, mode='"strict"', only__cu=ONLY) for d in ("one", "another/two")]
            for src in trees:
                self.install(src)
                ccenv = [self.env["CCENV_EXECUTABLE"], "-C", src]
                run([*ccenv, "touch", "--from-git"], env=self.env)
                write(src / "in.sh", "set -e\n" + build.format(nvcc=nvcc, out="in"))
                write(src / "out.sh", "set -e\n" + build.format(nvcc=src / nvcc, out="out"))
                run([*ccenv, "exec", "--", "sh", "in.sh"], env=self.env)
                run(["sh", "out.sh"], env=dict(self.env, CCENV_REPRODUCIBLE="1"), cwd=src)
            differ = self.differing(*trees)
            self.assertEqual([n for n in differ if n.startswith("in.")], [])
            self.assertEqual(set(differ) & {f"out.{n}.o" for n in names}, {f"out.{n}.o" for n in names})
