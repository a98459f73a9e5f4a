# SPDX-License-Identifier: MIT
"""Projects that nobody here wrote, built for aarch64 with their build files as they are.

On request: CCENV_TEST_PROJECTS is a directory with clones of them, mixbench, hwloc and nccl; what isn't there is skipped.
"""
import os
import shutil
import unittest
from pathlib import Path

from harness import dynamic, elf_files, run
from test_cross import HAVE, CrossCase

PROJECTS = os.environ.get("CCENV_TEST_PROJECTS", "")


@unittest.skipUnless(HAVE and PROJECTS, "CCENV_TEST_PROJECTS is not set")
class Projects(CrossCase):
    def clone(self, name):
        """A copy of the project, and a root with the target's toolchain outside it."""
        if not (Path(PROJECTS) / name).is_dir():
            self.skipTest(f"no {name} in {PROJECTS}")
        src = self.scratch / name
        shutil.copytree(Path(PROJECTS) / name, src, symlinks=True)
        self.manifest(self.scratch, components=("nvcc", "cudart", "nvrtc"))
        root = self.scratch / "build/_ccenv"
        self.ccenv(self.scratch, root, "install")
        return src, root

    def within(self, root, *command, cwd):
        """Runs a command as `ccenv run` does."""
        return run([self.env["CCENV_EXECUTABLE"], "run", "--root", root, "--manifest", self.scratch / "ccenv.json", "--target",
                    "linux-aarch64", "--", *command], env=self.env, cwd=cwd, timeout=3600).out

    def test_mixbench(self):
        """CMake; the toolchain file alone."""
        src, root = self.clone("mixbench")
        build = self.scratch / "out"
        run(["cmake", "-S", src / "mixbench-cuda", "-B", build, "-G", "Ninja", "--toolchain",
             root / "toolchain/sbsa-linux.cmake", "-DCMAKE_CUDA_ARCHITECTURES=80"], env=self.env)
        out = run(["cmake", "--build", build, "--verbose"], env=self.env).out
        self.check_commands(build, out)
        self.check_target(build, root)
        self.check_cache(build)

    def test_hwloc(self):
        """Autotools. Its configure takes /usr/local/cuda where there is one, unless it's told."""
        src, root = self.clone("hwloc")
        if not (src / "configure").exists():
            run(["./autogen.sh"], cwd=src)
        view = root / "view/sbsa-linux"
        out = self.within(root, "./configure", "--host=aarch64-conda-linux-gnu", f"--with-cuda={view}", "--enable-cuda",
                          "--disable-opencl", "--disable-nvml", "--disable-libxml2", "--disable-cairo", "--disable-levelzero",
                          "--disable-rsmi", "--disable-gl", "--enable-plugins=cuda", f"--prefix={self.scratch}/out", cwd=src)
        self.assertRegex(out, r"Probe / display I/O devices:.* CUDA")
        self.within(root, "make", "-j2", "install", cwd=src)
        self.check_target(self.scratch / "out", root)
        users = [p for p in elf_files(self.scratch / "out") if "libcudart.so.13" in dynamic(p)[1]]
        self.assertTrue(users, "nothing of it uses CUDA")

    def test_nccl(self):
        """Make written for NVIDIA's installer; Python programs of its own write most of the sources."""
        src, root = self.clone("nccl")
        self.within(root, "make", "-j2", "src.build", f"BUILDDIR={self.scratch}/out", "ONLY_FUNCS=AllReduce Sum f32",
                    "NVCC_GENCODE=-gencode=arch=compute_80,code=sm_80", cwd=src)
        self.check_target(self.scratch / "out/lib", root)
