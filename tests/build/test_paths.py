# SPDX-License-Identifier: MIT
"""Every byte that the name of a directory may have: with it everything works, or nothing is installed and the byte is named."""
import os
import re
import shutil
import string
import subprocess
import unittest

from harness import CCENV, Case, cmakes, dynamic, run, write

WORKS = "+-.@^_~"
APP = {"k.cu": "#include <cstdio>\n__global__ void k(int *p) { *p = 42; }\nint version();\n"
       "int main() { k<<<1, 1>>>(nullptr); return version() == 0; }\n",
       "v.cpp": "#include <cuda_runtime_api.h>\nint version() { int v = 0; cudaRuntimeGetVersion(&v); return v; }\n"}


class Paths(Case):
    def test_each_byte_works_or_is_named(self):
        src = self.scratch / "p"
        self.manifest(src)
        run([CCENV, "lock", "--manifest", src / "ccenv.json"], env=self.env)
        works = []
        for byte in range(1, 256):
            if byte == ord("/"):
                continue
            top = os.fsencode(self.scratch) + b"/x" + bytes([byte]) + b"y"
            p = subprocess.run([CCENV, "install", "-q", "--root", top + b"/r", "--manifest", src / "ccenv.json"], env=self.env,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            out = p.stdout.decode(errors="replace")
            if p.returncode == 0:
                works.append(chr(byte))
                shutil.rmtree(top)
                continue
            name = {0x20: "a space"}.get(byte, f'"{chr(byte)}"' if 0x20 < byte < 0x7f else f"a byte 0x{byte:02x}")
            self.assertIn(f"in a path with {name}; choose another directory", out)
            self.assertFalse(os.path.exists(top), "something was made")
        self.assertEqual("".join(works), "".join(sorted(WORKS + string.ascii_letters + string.digits)))

    def app(self, top):
        for name, body in APP.items():
            write(top / name, body)
        self.manifest(top)
        return top

    def check_all(self, top):
        """nvcc, gcc, make, pkg-config, env, CMake with Ninja and Makefiles, and Meson, with the root below `top`."""
        src, root = self.app(top), top / "build/_ccenv"
        run([CCENV, "install", "-q"], env=self.env, cwd=src)
        view = root / "view/x86_64-linux"
        run([view / "bin/nvcc", "k.cu", "v.cpp", "-o", "a"], env=self.env, cwd=src)
        pc = root / "bin/pkg-config"
        flags = run([pc, "--cflags", "--libs", "cudart"], env=self.env).out.split()
        self.assertTrue(all(os.path.isdir(f[2:]) for f in flags if f[:2] in ("-I", "-L")), flags)
        write(src / "Makefile", "include build/_ccenv/make/ccenv.mk\nb: k.o v.cpp\n\t$(CXX) $(CUDA_CPPFLAGS) $^ -o $@ $(CUDA_LDLIBS) "
              "$(CUDA_RPATH)\n")
        run(["make"], env=self.env, cwd=src)
        run(["sh", "-ec", f'eval "$("{CCENV}" env)"; nvcc k.cu v.cpp -o c; $CXX -c v.cpp $(pkg-config --cflags cudart) -o v.o'],
            env=self.env, cwd=src)
        for name in "abc":
            run([src / name], env=self.env)
        self.check_clean(src)
        write(src / "CMakeLists.txt", "cmake_minimum_required(VERSION 3.22)\nfind_package(CondaCuda 13.0 REQUIRED)\nproject(p LANGUAGES "
              "CXX CUDA)\nfind_package(CUDAToolkit REQUIRED)\nadd_executable(p k.cu v.cpp)\ntarget_link_libraries(p PRIVATE CUDA::cudart)\n"
              "install(TARGETS p)\n")
        for cmake in cmakes():
            for generator in ("Ninja", "Unix Makefiles"):
                build = top / ("b" + generator[0])
                self.configure(src, build, f"-DCCENV_ROOT_DIR={root}", cmake=cmake, generator=generator)
                self.build(build, cmake=cmake)
                run([build / "p"], env=self.env)
                self.check_clean(build)
                run([cmake, "--install", build, "--prefix", top / "inst"], env=self.env)
                self.assertEqual(dynamic(top / "inst/bin/p")[0], [])
                shutil.rmtree(build)
        if shutil.which("meson"):
            write(src / "meson.build", "project('p', 'cpp', 'cuda')\nexecutable('p', 'k.cu', 'v.cpp', dependencies: dependency('cudart'))\n")
            run([CCENV, "run", "meson", "setup", "--native-file", root / "meson/x86_64-linux.ini", "m"], env=self.env, cwd=src)
            run([CCENV, "run", "ninja", "-C", "m"], env=self.env, cwd=src)
            run([src / "m/p"], env=self.env)

    def test_what_works_works_everywhere(self):
        self.check_all(self.scratch / f"a{WORKS}b")

    def test_characters_beyond_ascii(self):
        self.check_all(self.scratch / "naïve-项目")

    def test_cmake_names_the_character(self):
        for char in " #$%&'()*,:;<=>?[]`{|}!\"":
            with self.subTest(char=char):
                top = self.scratch / f"x{char}y"
                src = self.app(self.scratch / "p")
                write(src / "CMakeLists.txt", "cmake_minimum_required(VERSION 3.22)\nfind_package(CondaCuda 13.0 REQUIRED)\n"
                      "project(p LANGUAGES CXX)\n")
                bad = self.configure(src, None, f"-DCCENV_ROOT_DIR={top}", ok=False)
                self.assertNotEqual(bad.code, 0)
                name = "a space" if char == " " else f'"{char}"'
                self.assertIn(f"in a path with {name}", re.sub(r"\s+", " ", bad.out))
                self.assertFalse(top.exists())

    def test_build_tree_may_be_where_the_root_may_not(self):
        for name in ("a[1]", "x%y", "a b", "a=b", "a,b"):
            with self.subTest(name=name):
                src = self.app(self.scratch / name)
                write(src / "CMakeLists.txt", "cmake_minimum_required(VERSION 3.22)\nfind_package(CondaCuda 13.0 REQUIRED)\nproject(p "
                      "LANGUAGES CXX CUDA)\nfind_package(CUDAToolkit REQUIRED)\nadd_executable(p k.cu v.cpp)\ntarget_link_libraries(p "
                      "PRIVATE CUDA::cudart)\ninstall(TARGETS p)\n")
                self.configure(src, None, f"-DCCENV_ROOT_DIR={self.scratch}/root")
                self.build(src / "build")
                run([src / "build/p"], env=self.env)
                run([cmakes()[0], "--install", src / "build", "--prefix", self.scratch / "inst"], env=self.env)
                self.assertEqual(dynamic(self.scratch / "inst/bin/p")[0], [])


if __name__ == "__main__":
    unittest.main()
