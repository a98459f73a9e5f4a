# SPDX-License-Identifier: MIT
"""Make, pkg-config and Meson."""
import os
import re
import shutil
import unittest

from harness import Case, TOP, dynamic, hostile, run, write

ROOT = "build/_ccenv"
CLANGD = os.environ.get("CCENV_TEST_CLANGD") or shutil.which("clangd")


class Tools(Case):
    def installed(self, name="app"):
        src = self.app(name)
        run([self.env["CCENV_EXECUTABLE"], "install", "--root", src / ROOT, "--manifest", src / "ccenv.json"], env=self.env)
        return src

    def make(self, src, *args, env=None, ok=True):
        return run(["make", "-C", src, f"CCENV={self.env['CCENV_EXECUTABLE']}", *args], env=env or self.env, ok=ok)

    def test_make_from_nothing(self):
        src = self.app()
        write(src / "ccenv.mk", (TOP / "examples/cuda-app/ccenv.mk").read_text())
        env = hostile(self.env, self.scratch)
        out = self.make(src, env=env).out
        self.check_app(src / "cuda-app")
        self.check_clean(src)
        self.assertNotIn("hostile", out)

        self.assertIn("up to date", self.make(src, env=env).out)
        self.assertEqual(len(self.starts()), 1)
        # A header of the source, then the lock: each builds what stands on it.
        os.utime(src / "src/app.h")
        self.assertIn("saxpy.cu", self.make(src, env=env).out)
        self.manifest(src, "13.3")
        out = self.make(src, env=env).out
        self.assertIn("saxpy.cu", out)
        self.check_app(src / "cuda-app", version="13.3")
        self.assertEqual(len(self.starts()), 2)

    def test_make_relocatable_device_code(self):
        src = self.installed()
        write(src / "a.cu", "extern __device__ int twice(int);\n__global__ void k(int *p) { *p = twice(*p); }\n"
              "int main() { k<<<1, 1>>>(nullptr); return 0; }\n")
        write(src / "b.cu", "__device__ int twice(int x) { return 2 * x; }\n")
        write(src / "Makefile", f"""CUDA_ARCHS = 75 80-real 90-virtual
include {ROOT}/make/ccenv.mk
prog: a.rdc.o b.rdc.o dlink.o
	$(CXX) $^ -o $@ $(CUDA_LDLIBS_STATIC) -lcudadevrt
dlink.o: a.rdc.o b.rdc.o
	$(call ccenv_dlink,$@,$^)
all-forms: a.ptx b.cubin b.fatbin
a.ptx b.cubin: CUDA_ARCHS = 75-real
b.cubin: NVCCFLAGS += -dc
""")
        out = self.make(src, "prog").out
        self.assertIn("-gencode=arch=compute_80,code=sm_80 ", out)
        self.assertNotIn("code=compute_80", out)
        self.assertIn("-gencode=arch=compute_90,code=compute_90", out)
        run([src / "prog"], env=self.env)
        self.check_clean(src, foreign=["/usr"])

    def test_make_written_for_nvidias_installer(self):
        """The classic: CUDA_HOME ?= /usr/local/cuda, and everything below it."""
        src = self.installed()
        write(src / "Makefile", """CUDA_HOME ?= /usr/local/cuda
NVCC = $(CUDA_HOME)/bin/nvcc
app: src/main.o src/nvrtc_kernel.o saxpy.o
	$(CXX) $^ -o $@ -L$(CUDA_HOME)/lib64 -L$(CUDA_HOME)/lib64/stubs -lcudart -lnvrtc -Wl,--as-needed -lcuda
src/%.o: src/%.cpp
	$(CXX) -std=c++17 -I$(CUDA_HOME)/include -c $< -o $@
saxpy.o: src/saxpy.cu
	$(NVCC) -ccbin $(CXX) -c $< -o $@
""")
        view = src / ROOT / "view/x86_64-linux"
        env = dict(self.env, CUDA_HOME=str(view), CXX=str(next((src / ROOT / "env").glob("*/bin/*-g++"))))
        self.make(src, env=env)
        run([src / "app"], env=dict(self.env, LD_LIBRARY_PATH=str(view / "lib64")))
        self.check_clean(src)

    def test_pkg_config(self):
        src = self.installed()
        env = hostile(self.env, self.scratch)
        pc = src / ROOT / "bin/x86_64-conda-linux-gnu-pkg-config"
        for name in ("cudart", "cudart-13", "cudart-13.0"):
            words = run([pc, "--cflags", "--libs", name], env=env).out.split()
            self.assertEqual([w for w in words if w.startswith("-l")], ["-lcudart"])
            for w in words:
                self.assertNotIn("hostile", w)
                if w[:2] in ("-I", "-L"):
                    self.assertTrue(os.path.isdir(w[2:]), w)
        self.assertIn("-ldl", run([pc, "--libs", "cudart_static"], env=env).out)
        self.assertIn("lib/stubs -lcuda", run([pc, "--libs", "cuda"], env=env).out)
        self.assertRegex(run([pc, "--modversion", "cudart"], env=env).out, r"^13\.0\.\d+$")
        run([pc, "--exists", "cudart >= 13", "nvrtc-13.0"], env=env)
        self.assertNotEqual(run([pc, "--exists", "hostile"], env=env, ok=False).code, 0)

        write(src / "v.c", "#include <cuda_runtime_api.h>\n#include <stdio.h>\n"
              "int main(void) { int v = 0; cudaRuntimeGetVersion(&v); printf(\"%d\\n\", v); return 0; }\n")
        gcc = next((src / ROOT / "env").glob("*/bin/*-gcc"))
        flags = run([pc, "--cflags", "--libs", "cudart_static"], env=self.env).out.split()
        run([gcc, src / "v.c", "-o", src / "v", *flags], env=self.env)
        self.assertEqual(run([src / "v"], env=self.env).out, "13000\n")

    def test_moved_root(self):
        """.pc files, view, toolchain file and make files move with a root. What gcc has compiled in does not: whoever uses such a
        root is told, and make, CMake and `ccenv install` put it right."""
        src = self.installed()
        root = src / ROOT
        write(src / "k.cu", "#include <stddef.h>\n__global__ void k() {}\nint main() { k<<<1, 1>>>(); return 0; }\n")
        write(src / "h.c", "#include <stddef.h>\n")
        write(src / "direct.mk", f"include {ROOT}/make/ccenv.mk\nall: ; @true\n")
        write(src / "Makefile", "include ccenv.mk\nk: k.o\n\t$(CXX) $^ -o $@ $(CUDA_LDLIBS) $(CUDA_RPATH)\n")
        write(src / "p/CMakeLists.txt", "cmake_minimum_required(VERSION 3.22)\nproject(p CXX)\n")
        self.make(src, "-f", "direct.mk")

        os.rename(src, self.scratch / "moved")
        src, root = self.scratch / "moved", self.scratch / "moved" / ROOT
        words = run([root / "bin/pkg-config", "--cflags", "cudart"], env=self.env).out.split()
        self.assertTrue(all(os.path.isdir(w[2:]) and str(src) in w for w in words), words)
        said = "has moved, but its files hold the old path"
        way_out = f"`ccenv install --root {root}`"
        compiled = run([root / "bin/gcc", "-c", src / "h.c", "-o", src / "h.o"], env=self.env, ok=False)
        if compiled.code:
            self.assertIn(said, compiled.out)
            self.assertIn(way_out, compiled.out)
        for out in (self.make(src, "-f", "direct.mk").out,
                    run([self.env["CCENV_EXECUTABLE"], "run", "--root", root, "--", "true"], env=self.env, cwd=src).out,
                    self.configure(src / "p", src / "b", "--toolchain", root / "toolchain/x86_64-linux.cmake", ok=False).out):
            self.assertIn(said, " ".join(out.split()))
            self.assertIn(way_out, " ".join(out.split()))
        starts = len(self.starts())
        self.assertIn("Installed: ", self.make(src, "k").out)
        self.assertIn("up to date", self.make(src, "k").out)
        self.assertEqual(len(self.starts()), starts + 1)
        gxx = next((root / "env").glob("*/bin/*-g++"))
        run([root / "view/x86_64-linux/bin/nvcc", "-ccbin", gxx, src / "k.cu", "-o", src / "k2"], env=self.env)

        # The project stays, and its root goes: only the root can tell.
        shutil.copytree(root, self.scratch / "copy", symlinks=True)
        shutil.rmtree(root)
        write(src / "p/ccenv.cmake", run([self.env["CCENV_EXECUTABLE"], "toolchain"], env=self.env, cwd=src).out)
        shutil.move(src / "ccenv.json", src / "p")
        shutil.move(src / "ccenv.lock", src / "p")
        for where in ("copy", "again"):
            if where == "again":
                os.rename(self.scratch / "copy", self.scratch / "again")
            args = ("--toolchain", src / "p/ccenv.cmake", f"-DCCENV_ROOT_DIR={self.scratch / where}")
            self.assertIn("Installed: ", self.configure(src / "p", src / where, *args).out)
            self.assertNotIn(said, self.configure(src / "p", src / where).out)
            gcc = self.scratch / where / "bin/gcc"
            run([gcc, "-c", src / "h.c", "-o", src / "h.o"], env=self.env)

    def test_clangd(self):
        """clangd with the .clangd of `ccenv ide` finds nothing wrong in what nvcc and gcc compile."""
        src = self.app()
        # A standard that is not g++'s default, so that CMake names it: older clangs default to another. And flags of nvcc.
        self.configure(src, None, "-DCMAKE_CXX_STANDARD=20", "-DCMAKE_CUDA_STANDARD=20", "-DCMAKE_CUDA_SEPARABLE_COMPILATION=ON",
                       "-DCMAKE_CUDA_FLAGS=--expt-relaxed-constexpr --extended-lambda -lineinfo --use_fast_math")
        ide = [self.env["CCENV_EXECUTABLE"], "ide", "--root", src / ROOT, "--manifest", src / "ccenv.json"]
        run(ide, env=self.env, cwd=src)
        text = (src / ".clangd").read_text()
        for path in re.findall(r"'--?[a-z-]+[=r](/[^']*)'", text):
            self.assertTrue(os.path.exists(path), path)
        if CLANGD:
            for name in ("main.cpp", "nvrtc_kernel.cpp", "saxpy.cu"):
                out = run([CLANGD, f"--check=src/{name}", f"--compile-commands-dir={src}/build"], env=self.env, cwd=src, ok=False).out
                self.assertEqual(re.findall(r"^E\[\S+ \[[a-z_]+\] .*", out, re.M), [], name)
                self.assertNotIn("file not found", out)
        write(src / ".clangd", "# mine\n")
        self.assertNotEqual(run(ide, env=self.env, cwd=src, ok=False).code, 0)
        self.assertEqual((src / ".clangd").read_text(), "# mine\n")

    @unittest.skipUnless(shutil.which("meson"), "no meson")
    def test_meson(self):
        src = self.installed()
        write(src / "meson.build", """project('app', 'cpp', 'cuda', default_options: ['cpp_std=c++17', 'buildtype=debugoptimized'])
deps = [dependency('cudart'), dependency('nvrtc')]
executable('cuda-app', 'src/main.cpp', 'src/nvrtc_kernel.cpp', 'src/saxpy.cu', dependencies: deps)
""")
        env = hostile(self.env, self.scratch)
        for name in ("CC", "CXX", "NVCC_APPEND_FLAGS", "NVCC_PREPEND_FLAGS", "NVCC_CCBIN", "CUDAFLAGS", "CPATH", "LIBRARY_PATH"):
            del env[name]  # Meson hands these to compilers; `ccenv meson-setup` takes them away.
        run(["meson", "setup", src / "b", src, "--native-file", src / ROOT / "meson/x86_64-linux.ini"], env=env)
        run(["ninja", "-C", src / "b"], env=env)
        self.check_app(src / "b/cuda-app")
        self.check_clean(src / "b")

    @unittest.skipUnless(shutil.which("meson"), "no meson")
    def test_meson_dependency_cuda(self):
        src = self.installed()
        write(src / "meson.build", "project('app', 'cpp', default_options: ['cpp_std=c++17'])\n"
              "d = dependency('cuda', version: '>=13', modules: ['cudart'])\n"
              "executable('v', 'v.cpp', dependencies: d)\n")
        write(src / "v.cpp", "#include <cuda_runtime_api.h>\nint main() { int v; return cudaRuntimeGetVersion(&v); }\n")
        env = dict(self.env, CUDA_PATH=str(src / ROOT / "view/x86_64-linux"))
        out = run(["meson", "setup", src / "b", src, "--native-file", src / ROOT / "meson/x86_64-linux.ini"], env=env).out
        self.assertIn("13.0", out)
        run(["ninja", "-C", src / "b"], env=env)
        for d in dynamic(src / "b/v")[0]:
            self.assertNotIn("/usr/local", d)
