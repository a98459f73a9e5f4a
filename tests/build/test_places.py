# SPDX-License-Identifier: MIT
"""find_package(CondaCuda) in all its places, and the toolchain file, on each cmake, generator and environment."""
import hashlib
import itertools
import os
import tarfile
import time
import unittest
from pathlib import Path

from harness import CCENV, Case, MODULE, TOP, cmakes, hostile, run, write

FULL = bool(os.environ.get("CCENV_TEST_FULL"))

ABOVE = """cmake_minimum_required(VERSION 3.22)
find_package(CondaCuda 13.0 REQUIRED COMPONENTS nvcc cudart nvrtc)
project(app LANGUAGES C CXX CUDA)
"""
BETWEEN = """cmake_minimum_required(VERSION 3.22)
project(app LANGUAGES C CXX)
find_package(CondaCuda 13.0 REQUIRED COMPONENTS nvcc cudart nvrtc)
enable_language(CUDA)
"""
PLAIN = """cmake_minimum_required(VERSION 3.22)
project(app LANGUAGES C CXX CUDA)
"""
REST = """
find_package(CUDAToolkit REQUIRED)
if(TARGET CUDA::cublas)
	message(FATAL_ERROR "cublas is not in the toolchain, but was found: ${CUDA_cublas_LIBRARY}")
endif()
add_executable(cuda-app src/main.cpp src/nvrtc_kernel.cpp src/saxpy.cu)
target_compile_features(cuda-app PRIVATE cxx_std_17)
target_link_libraries(cuda-app PRIVATE CUDA::cudart CUDA::nvrtc)
target_link_options(cuda-app PRIVATE LINKER:--as-needed)
install(TARGETS cuda-app RUNTIME DESTINATION bin)
"""
PLACES = ("above", "between", "toolchain", "preset", "provider")


def number(cmake):
    return tuple(int(x) for x in run([cmake, "--version"]).out.split()[2].split("-")[0].split(".")[:2])


def matrix():
    every = list(itertools.product(cmakes(), ("Ninja", "Unix Makefiles"), PLACES, (False, True)))
    if FULL:
        return every
    # Each cmake, generator, place and environment at least once.
    first, last = cmakes()[0], cmakes()[-1]
    return [(first, "Ninja", "above", True), (last, "Unix Makefiles", "above", False), (last, "Ninja", "between", True),
            (first, "Unix Makefiles", "toolchain", True), (last, "Ninja", "provider", True), (first, "Ninja", "preset", False)]


class Places(Case):
    def one(self, cmake, generator, place, is_hostile):
        src = self.app()
        head = {"above": ABOVE, "between": BETWEEN}.get(place, PLAIN)
        write(src / "CMakeLists.txt", head + REST)
        env = hostile(self.env, self.scratch) if is_hostile else self.env
        args = []
        if place in ("toolchain", "preset"):
            write(src / "ccenv.cmake", run([CCENV, "toolchain"]).out)
        if place == "toolchain":
            args = ["--toolchain", src / "ccenv.cmake"]
        if place == "preset":
            write(src / "CMakePresets.json", '{"version": 3, "configurePresets": [{"name": "cuda", "binaryDir": '
                  '"${sourceDir}/build", "toolchainFile": "${sourceDir}/ccenv.cmake"}]}\n')
            args = ["--preset", "cuda"]
        if place == "provider":
            args = [f"-DCMAKE_PROJECT_TOP_LEVEL_INCLUDES={MODULE}/CondaCudaProvider.cmake"]
        if place == "between" and is_hostile:
            env = {k: v for k, v in env.items() if k not in ("CC", "CXX", "CPATH")}
        if place == "preset":
            run([cmake, "-G", generator, f"-DCondaCuda_DIR={MODULE}", *args], env=env, cwd=src)
        else:
            self.configure(src, None, *args, cmake=cmake, generator=generator, env=env)
        self.build(src / "build", cmake=cmake, env=env)
        self.check_app(src / "build/cuda-app")
        self.check_clean(src / "build")

        run([cmake, "--install", src / "build", "--prefix", self.scratch / "inst"], env=env)
        self.check_clean(self.scratch / "inst", foreign=[src / "build"])
        libs = next((src / "build/_ccenv/view").glob("*-*/lib"))
        self.check_app(self.scratch / "inst/bin/cuda-app", env=dict(self.env, LD_LIBRARY_PATH=str(libs)))

        before = self.starts()
        self.assertEqual(len(before), 1 if place not in ("toolchain", "preset") else len(before))
        out = run([cmake, src / "build"], env=env).out
        self.assertEqual(self.starts(), before, f"ccenv was started again:\n{out}")
        out = self.build(src / "build", cmake=cmake, env=env).out
        self.assertNotIn("saxpy.cu.o", out.replace("Built target", ""), "built again though nothing changed")

    def test_matrix(self):
        started, done = time.monotonic(), []
        for cmake, generator, place, is_hostile in matrix():
            if place == "provider" and number(cmake) < (3, 24):
                continue
            with self.subTest(cmake=cmake, generator=generator, place=place, hostile=is_hostile):
                self.setUp()
                try:
                    self.one(cmake, generator, place, is_hostile)
                    done.append(number(cmake))
                finally:
                    self.doCleanups()
        each = ", ".join(f"{a}.{b}: {done.count((a, b))}" for a, b in sorted(set(done)))
        print(f"matrix: {len(done)} passed in {time.monotonic() - started:.0f} s (CMake {each})")


class Installed(Case):
    """ccenv installed to a prefix that is in PATH, and nothing else set."""

    def test_found_through_path(self):
        tree = Path(CCENV).resolve().parents[1]
        if not (tree / "cmake_install.cmake").exists():
            self.skipTest(f"{CCENV} is not in its build tree")
        prefix = self.scratch / "prefix"
        run([cmakes()[0], "--install", tree, "--prefix", prefix], env=self.env)
        del self.env["CCENV_EXECUTABLE"]
        self.env["PATH"] = f"{prefix}/bin:{self.env['PATH']}"
        for cmake in cmakes():
            src = self.app(f"app-{number(cmake)[0]}-{number(cmake)[1]}")
            out = run([cmake, "-S", src, "-B", src / "build", "-G", "Ninja"], env=self.env).out
            self.assertIn(f"{prefix}/bin/ccenv", os.path.realpath(out.split("-- ccenv: ")[1].split(" install ")[0]))
            self.build(src / "build", cmake=cmake)
            self.check_app(src / "build/cuda-app")

    def test_vendored_file_takes_a_release(self):
        """Nobody has installed ccenv, and there is an archive with the program for this machine: nothing is built."""
        tree = Path(CCENV).resolve().parents[1]
        if not (tree / "cmake_install.cmake").exists():
            self.skipTest(f"{CCENV} is not in its build tree")
        run([cmakes()[0], "--install", tree, "--prefix", self.scratch / "ccenv-release"], env=self.env)
        archive = self.scratch / "release.tar.gz"
        with tarfile.open(archive, "w:gz") as tar:
            tar.add(self.scratch / "ccenv-release", "ccenv-release")
        digest = hashlib.sha256(archive.read_bytes()).hexdigest()
        src = self.app()
        text = (src / "CMakeLists.txt").read_text()
        write(src / "CMakeLists.txt", text.replace("find_package(CondaCuda", "include(cmake/CondaCuda.cmake)\nfind_package(CondaCuda"))
        del self.env["CCENV_EXECUTABLE"]

        def configure(name, *vendor, cache="cache", ok=True):
            run([CCENV, "vendor", "-q", *vendor], cwd=src, env=self.env)
            env = {**hostile(self.env, self.scratch), "CCENV_CACHE_DIR": str(self.scratch / cache)}
            return run([cmakes()[0], "-S", src, "-B", src / name, "-G", "Ninja"], env=env, ok=ok)

        archives = [f"--archive={p}=file://{archive}#sha256={digest}" for p in ("linux-64", "linux-aarch64")]
        self.assertIn("taking it from", configure("b1", *archives).out)
        self.build(src / "b1")
        self.check_app(src / "b1/cuda-app")
        self.assertNotIn("taking it from", configure("b2", *archives).out)

        # A program that does not run here, and no source to build it from.
        write(self.scratch / "broken/bin/ccenv", "#!/bin/sh\nexit 1\n")
        (self.scratch / "broken/bin/ccenv").chmod(0o755)
        with tarfile.open(archive, "w:gz") as tar:
            tar.add(self.scratch / "broken", "broken")
        bad = configure("b3", *archives, cache="other", ok=False)
        self.assertIn("hash", bad.out)
        digest = hashlib.sha256(archive.read_bytes()).hexdigest()
        bad = configure("b4", f"--archive=linux-64=file://{archive}#sha256={digest}", cache="other", ok=False)
        self.assertIn("not run here (1", bad.out)
        self.assertNotIn("bootstrap/tmp", str(list((self.scratch / "other/bootstrap").iterdir())))

    def vendored(self, *vendor, machine="x86_64", cache="cache", cmake=None):
        """Configures a project without languages that includes the vendored file, on a machine that says it is `machine`."""
        src = self.scratch / "vendored"
        write(src / "CMakeLists.txt", "cmake_minimum_required(VERSION 3.22)\ninclude(cmake/CondaCuda.cmake)\n"
              "project(vendored NONE)\nmessage(STATUS \"found ${CondaCuda_DIR}\")\n")
        run([CCENV, "vendor", "-q", *vendor], cwd=src, env=self.env)
        lies = self.scratch / "uname.so"
        if not lies.exists():
            write(self.scratch / "uname.c", "#include <stdlib.h>\n#include <string.h>\n#include <sys/syscall.h>\n#include <sys/utsname.h>\n"
                  "#include <unistd.h>\nint uname(struct utsname *u)\n{\n\tif (syscall(SYS_uname, u) < 0)\n\t\treturn -1;\n"
                  "\tstrcpy(u->machine, getenv(\"MACHINE\"));\n\treturn 0;\n}\n")
            run(["cc", "-shared", "-fPIC", "-o", lies, self.scratch / "uname.c"])
        env = {**self.env, "CCENV_CACHE_DIR": str(self.scratch / cache), "LD_PRELOAD": str(lies), "MACHINE": machine}
        del env["CCENV_EXECUTABLE"]
        return run([cmake or cmakes()[0], "-S", src, "-B", src / f"build-{cache}"], env=env, ok=False)

    def release(self, name):
        """FILE#sha256=HASH of a release archive whose program runs anywhere."""
        top = self.scratch / f"ccenv-{name}"
        write(top / "bin/ccenv", "#!/bin/sh\necho ccenv 0\n", 0o755)
        write(top / "lib/cmake/CondaCuda/CondaCudaConfig.cmake", "")
        archive = self.scratch / f"{name}.tar.gz"
        with tarfile.open(archive, "w:gz") as tar:
            tar.add(top, top.name)
        return f"file://{archive}#sha256={hashlib.sha256(archive.read_bytes()).hexdigest()}"

    def test_vendored_archives(self):
        """The vendored file takes its machine's archive only, only as it was hashed, and says which one is missing."""
        x86, arm, osx = self.release("x86"), self.release("arm"), self.release("osx")
        both = [f"--archive=linux-64={x86}", f"--archive=linux-aarch64={arm}"]
        for cmake in cmakes():
            at = Path(cmake).parent.parent.name
            for machine, name in (("x86_64", "x86"), ("aarch64", "arm"), ("arm64", "arm")):
                got = self.vendored(*both, machine=machine, cache=f"{machine}-{at}", cmake=cmake)
                self.assertEqual(got.code, 0, got.out)
                self.assertIn(f"taking it from file://{self.scratch}/{name}.tar.gz", got.out)
                self.assertIn(f"found {self.scratch}/{machine}-{at}/bootstrap/", got.out)
                self.assertNotIn("taking it", self.vendored(*both, machine=machine, cache=f"{machine}-{at}", cmake=cmake).out)

            bad = self.vendored(f"--archive=osx-arm64={osx}", f"--archive=linux-aarch64={arm}", cache="none", cmake=cmake)
            self.assertNotEqual(bad.code, 0)
            said = " ".join(bad.out.split())
            self.assertIn("a release archive for linux-aarch64, osx-arm64, but none for this machine (linux-64)", said)
            self.assertIn("--archive linux-64=URL#sha256=HASH", said)

            junk = write(self.scratch / "junk", "no archive")
            for archive, text in ((f"{x86.split('#')[0]}#sha256={'0' * 64}", f"expected {'0' * 64}. It is not used"),
                                  (f"file://{self.scratch}/missing.tar.gz#{x86.split('#')[1]}", f"cannot download file://{self.scratch}/missing.tar.gz"),
                                  (f"file://{junk}#sha256={hashlib.sha256(junk.read_bytes()).hexdigest()}", f"file://{junk} is not an archive")):
                bad = self.vendored(f"--archive=linux-64={archive}", cache="other", cmake=cmake)
                self.assertNotEqual(bad.code, 0)
                self.assertIn(text, " ".join(bad.out.split()))
                self.assertNotIn("does not run here", " ".join(bad.out.split()))
                self.assertEqual([p.name for p in (self.scratch / "other/bootstrap").glob("*") if p.is_dir()], [])

    def test_vendored_file_builds_ccenv(self):
        """Nobody has installed ccenv: the committed file builds it from an archive, once."""
        names = run(["git", "-C", TOP, "ls-files", "-zco", "--exclude-standard", "CMakeLists.txt", "cmake", "include", "src", "LICENSE"], ok=False)
        if names.code != 0:
            self.skipTest("the source is no git checkout")
        archive = self.scratch / "ccenv-src.tar.gz"
        with tarfile.open(archive, "w:gz") as tar:
            for name in filter(None, names.out.split("\0")):
                tar.add(TOP / name, f"ccenv-src/{name}")
        digest = hashlib.sha256(archive.read_bytes()).hexdigest()
        src = self.app()
        # A release for another machine does not help here.
        run([CCENV, "vendor", "--url", f"file://{archive}", "--sha256", digest, f"--archive=osx-64=file:///none#sha256={digest[::-1]}"],
            cwd=src, env=self.env)
        text = (src / "CMakeLists.txt").read_text()
        write(src / "CMakeLists.txt", text.replace("find_package(CondaCuda", "include(cmake/CondaCuda.cmake)\nfind_package(CondaCuda"))
        del self.env["CCENV_EXECUTABLE"]
        env = hostile(self.env, self.scratch)
        env["CCENV_CACHE_DIR"] = str(self.scratch / "cache")
        command = [cmakes()[0], "-S", src, "-B", src / "build", "-G", "Ninja"]
        self.assertIn("building it from", run(command, env=env).out)
        self.build(src / "build", env=env)
        self.check_app(src / "build/cuda-app")
        self.assertNotIn("building it from", run([*command[:-3], src / "b2", "-G", "Ninja"], env=env).out)

        # Other bytes than the committed hash says are never built.
        archive.write_bytes(archive.read_bytes() + b"x")
        env["CCENV_CACHE_DIR"] = str(self.scratch / "other")
        bad = run([*command[:-3], src / "b3", "-G", "Ninja"], env=env, ok=False)
        self.assertNotEqual(bad.code, 0)
        self.assertIn("hash", bad.out)
        bad = run([*command[:-3], src / "b4", "-G", "Ninja", "-DCCENV_BOOTSTRAP=OFF"], env=env, ok=False)
        self.assertIn("ccenv was not found", bad.out)


if __name__ == "__main__":
    unittest.main()
