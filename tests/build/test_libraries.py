# SPDX-License-Identifier: MIT
"""Libraries that are too large for the test channel: cuBLAS, and on request NCCL, cuTENSOR and cuDNN, from a second channel
that tests/channel/libraries makes. Without a GPU the programs say which version the library is; with one they compute."""
import re
import shutil
import unittest
from pathlib import Path

from harness import CHANNEL, LIBRARIES, TOP, Case, cmakes, dynamic, hostile, run, write

HERE = Path(__file__).resolve().parent
HEAD = "cmake_minimum_required(VERSION 3.22)\nfind_package(CondaCuda 13.0 REQUIRED COMPONENTS {})\n"

# What CUDA:: has no target for: component, package, function that tells the version, and what it must print.
OTHERS = {
    "nccl": ("nccl.h", "int v = 0; ncclGetVersion(&v); printf(\"%d\\n\", v);", "22907"),
    "cutensor": ("cutensor.h", "printf(\"%zu\\n\", cutensorGetVersion());", "20600"),
    "cudnn": ("cudnn.h", "printf(\"%zu\\n\", cudnnGetVersion());", "92000"),
}


def has(name):
    return bool(LIBRARIES) and bool(list(Path(LIBRARIES).glob(f"linux-64/{name}-[0-9]*.conda")))


class Libraries(Case):
    def project(self, *components):
        src = self.scratch / "p"
        shutil.copytree(HERE / "gemm", src)
        self.manifest(src, components=("nvcc", "cudart", *components), channels=(CHANNEL, LIBRARIES))
        return src

    def check_gemm(self, program, env=None):
        out = run([program], env=env or self.env).out
        self.assertRegex(out, r"^cuBLAS 13\.1\.0\n(no GPU: nothing was computed|GEMM: 8385 of 8385 numbers are right)\n$")
        self.assertIn("libcublas.so.13", dynamic(program)[1])

    @unittest.skipUnless(has("libcublas"), "no cuBLAS: tests/channel/libraries build/libraries cublas")
    def test_cublas(self):
        """From C and CUDA by CMake, then over the same root by ccenv.mk and pkg-config; all hostile."""
        src = self.project("cublas")
        env = hostile(self.env, self.scratch)
        self.configure(src, env=env)
        out = self.build(src / "build", "-v", env=env).out
        self.assertNotIn("HOSTILE", out)
        for name in ("gemm-c", "gemm-cuda"):
            self.check_gemm(src / "build" / name)
        self.check_clean(src / "build")
        self.assertNotIn("libcudart.so.13", dynamic(src / "build/gemm-cuda")[1])

        run([cmakes()[0], "--install", src / "build", "--prefix", self.scratch / "inst"], env=env)
        self.check_clean(self.scratch / "inst", foreign=[src / "build"])
        libs = src / "build/_ccenv/view/x86_64-linux/lib"
        for name in ("gemm-c", "gemm-cuda"):
            self.check_gemm(self.scratch / "inst/bin" / name, env=dict(self.env, LD_LIBRARY_PATH=str(libs)))

        write(src / "ccenv.mk", (TOP / "examples/cuda-app/ccenv.mk").read_text())
        run(["make", "-C", src, f"CCENV={self.env['CCENV_EXECUTABLE']}"], env=env)
        for name in ("gemm-c", "gemm-cuda"):
            self.check_gemm(src / name)
            (src / name).unlink()

        pc = [src / "build/_ccenv/bin/pkg-config", "cublas", "cudart-13.0"]
        self.assertRegex(run([*pc[:1], "--modversion", "cublas-13.0"], env=env).out, r"^13\.1\.0\.3$")
        flags = run([*pc, "--cflags", "--libs"], env=env).out.split()
        rpath = run([pc[0], "--variable=rpathflags", "cublas"], env=env).out.split()
        gcc = next((src / "build/_ccenv/env").glob("*/bin/*-linux-gnu-gcc"))
        run([gcc, src / "gemm.c", "-o", src / "gemm-pc", *flags, *rpath], env=self.env)
        self.check_gemm(src / "gemm-pc")
        self.check_clean(src)

    @unittest.skipUnless(has("libcublas"), "no cuBLAS: tests/channel/libraries build/libraries cublas")
    def test_no_target_where_cuda_has_one(self):
        src = self.project("cublas")
        write(src / "CMakeLists.txt", HEAD.format("cublas") + "project(p LANGUAGES C)\nfind_package(CUDAToolkit REQUIRED)\n"
              "foreach(t cublas cublasLt nvblas cudart cuda_driver driver_stub nccl cudnn cutensor cudss cusparseLt)\n\t"
              "foreach(n CUDA CondaCuda)\n\t\tif(TARGET ${n}::${t})\n\t\t\tmessage(STATUS \"is ${n}::${t}\")\n\t\tendif()\n"
              "\tendforeach()\nendforeach()\n")
        out = self.configure(src).out
        self.assertEqual(set(re.findall(r"-- is (.*)", out)),
                         {"CUDA::cublas", "CUDA::cublasLt", "CUDA::cudart", "CUDA::cuda_driver", "CondaCuda::driver_stub"}
                         | set(re.findall(r"-- is (CUDA::nvblas)", out)))

    def test_others(self):
        """What is no part of the toolkit: a target of ours, and a .pc file; the driver's stub is none that is linked by chance."""
        for name, (header, call, version) in OTHERS.items():
            with self.subTest(library=name):
                if not has(name):
                    self.skipTest(f"no {name}: tests/channel/libraries build/libraries cublas {name}")
                shutil.rmtree(self.scratch / "p", ignore_errors=True)
                src = self.project("cublas", name)
                write(src / "p.c", f"#include <{header}>\n#include <stdio.h>\nint main(void) {{ {call} return 0; }}\n")
                write(src / "CMakeLists.txt", HEAD.format(name) + "project(p LANGUAGES C CXX)\nfind_package(CUDAToolkit REQUIRED)\n"
                      f"add_executable(p p.c)\ntarget_link_libraries(p PRIVATE CondaCuda::{name} CUDA::cudart)\n"
                      "find_package(PkgConfig REQUIRED)\n"
                      f"pkg_check_modules(L REQUIRED IMPORTED_TARGET {name} cudart)\nadd_executable(q p.c)\n"
                      f"target_link_libraries(q PRIVATE PkgConfig::L)\nif(TARGET CUDA::{name})\n\tmessage(FATAL_ERROR both)\nendif()\n")
                env = hostile(self.env, self.scratch)
                self.configure(src, env=env)
                self.build(src / "build", env=env)
                self.check_clean(src / "build")
                for program in "pq":
                    self.assertEqual(run([src / "build" / program], env=self.env).out, version + "\n")
