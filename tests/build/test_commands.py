# SPDX-License-Identifier: MIT
"""The commands for build systems, with real compilers: print, env, run, check, archs, presets, ide, vendor, meson-setup."""
import json
import os
import re
import shutil
import unittest
from pathlib import Path

from harness import Case, cmakes, hostile, run, write

SAXPY = "__global__ void k(float *x) { *x *= 2; }\nint main() { k<<<1, 1>>>(nullptr); return 0; }\n"


class Commands(Case):
    def setUp(self):
        super().setUp()
        self.src = self.app()
        self.ccenv("install")

    def ccenv(self, *args, env=None, ok=True, cwd=None):
        return run([self.env["CCENV_EXECUTABLE"], *args], env=env or self.env, cwd=cwd or self.src, ok=ok)

    def facts(self, *args):
        return json.loads(self.ccenv("toolchain", "--format", "json", *args).out)

    def test_print_for_make(self):
        write(self.src / "k.cu", SAXPY)
        write(self.src / "Makefile", "k: k.cu\n\t$(NVCC) -ccbin $(CXX) $< -o $@\n")
        cxx, nvcc = self.ccenv("print", "cxx", "nvcc").out.split("\n")[:2]
        out = run(["make", "-C", self.src, "k", f"CXX={cxx}", f"NVCC={nvcc}"], env=hostile(self.env, self.scratch)).out
        self.assertNotIn("HOSTILE", out)
        self.assertIn("k", os.listdir(self.src))

    def test_facts_are_there(self):
        facts = self.facts()
        for name, value in facts.items():
            if isinstance(value, str) and value.startswith("/") and ":" not in value:
                self.assertTrue(os.path.exists(value), f"{name}: {value}")
        self.assertEqual(facts["cuda-version"], "13.0")
        self.assertEqual(run([facts["cc"], "-dumpfullversion"]).out.strip(), facts["gcc-version"])
        self.assertIn(f"V{facts['nvcc-version']}", run([facts["nvcc"], "--version"]).out)
        self.assertIn("nvrtc", facts["components"])

    def test_resolved_toolchain(self):
        write(self.src / "here.cmake", self.ccenv("toolchain", "--resolved").out)
        write(self.src / "here.mk", self.ccenv("toolchain", "--resolved", "--format", "make").out)
        write(self.src / "CMakeLists.txt", "cmake_minimum_required(VERSION 3.22)\nproject(p LANGUAGES CXX CUDA)\n"
              "message(STATUS \"is ${CMAKE_CUDA_COMPILER}\")\n")
        out = run([cmakes()[0], "-S", self.src, "-B", self.src / "b", f"-DCMAKE_TOOLCHAIN_FILE={self.src}/here.cmake"],
                  env=self.env).out
        self.assertIn(f"is {self.facts()['nvcc']}\n", out)
        write(self.src / "Makefile", "include here.mk\nall: ; @echo is $(NVCC)\n")
        self.assertIn(f"is {self.facts()['nvcc']}\n", run(["make", "-C", self.src], env=self.env).out)

    def test_environment(self):
        """Both ways into it, from a hostile one: nvcc, CMake without a word about CUDA, pkg-config."""
        env = hostile(self.env, self.scratch)
        write(self.src / "k.cu", SAXPY)
        write(self.src / "p/CMakeLists.txt", "cmake_minimum_required(VERSION 3.22)\nproject(p LANGUAGES CXX CUDA)\n"
              "add_executable(k ../k.cu)\n")
        steps = f"""nvcc k.cu -o k && {cmakes()[0]} -S p -B b && {cmakes()[0]} --build b && pkg-config --libs cudart &&
            [ "$CUDA_HOME" = "$CUDA_PATH" ] && $CC --version >/dev/null"""
        out = self.ccenv("run", "sh", "-ec", steps, env=env).out
        self.check_clean(self.src / "b")
        for name in ("LD_LIBRARY_PATH", "LIBRARY_PATH"):
            self.assertNotRegex(self.ccenv("env", "--sh", env=env).out, rf"export {name}\b|\b{name}=")
        self.assertIn("-lcudart", out)
        self.assertNotIn("HOSTILE", out)
        shutil.rmtree(self.src / "b")
        run(["sh", "-ec", f'eval "$("{self.env["CCENV_EXECUTABLE"]}" env --sh)"; {steps}'], env=env, cwd=self.src)
        self.check_clean(self.src / "b")

    def test_flags_of_a_conda_environment(self):
        """Those that name it are left out, and that is said; flags of the user's own reach the build."""
        conda = str(self.scratch / "conda")
        env = dict(self.env, CONDA_PREFIX=conda, CFLAGS=f"-O2 -isystem {conda}/include", CXXFLAGS="-O3",
                   CPPFLAGS=f"-isystem {conda}-other/include", LDFLAGS=f"-Wl,-rpath,{conda}/lib")
        show = ["run", "sh", "-c", 'echo "${CFLAGS-unset} $CXXFLAGS $CPPFLAGS ${LDFLAGS-unset}"']
        out = self.ccenv(*show, env=env).out
        self.assertIn(f"unset -O3 -isystem {conda}-other/include unset\n", out)
        self.assertIn(f"Left out, as they name the conda environment {conda}: CFLAGS, LDFLAGS", out)
        self.assertIn("unset LDFLAGS\n", self.ccenv("env", env=env).out)
        out = self.ccenv(*show, env=dict(env, CCENV_HERMETIC="0")).out
        self.assertEqual(out, f"{env['CFLAGS']} -O3 {env['CPPFLAGS']} {env['LDFLAGS']}\n")
        self.assertNotIn("Left out", self.ccenv(*show, env=dict(env, CONDA_PREFIX="")).out)

    def test_directories_of_the_environment(self):
        """What gcc and nvcc would read besides their command line: nothing, or with CCENV_HERMETIC=0 all of it."""
        write(self.scratch / "more/mine.h", "#define MINE 42\n")
        write(self.src / "m.cu", "#include <mine.h>\nint x = MINE + MORE;\n")
        env = dict(self.env, CPATH=str(self.scratch / "more"), NVCC_APPEND_FLAGS="-DMORE=7")
        compiles = ["run", "sh", "-ec", "$CC -E -x c m.cu && nvcc -E m.cu"]
        self.assertIn("mine.h: No such file", self.ccenv(*compiles, env=env, ok=False).out)
        out = self.ccenv(*compiles, env=dict(env, CCENV_HERMETIC="0")).out
        self.assertIn("int x = 42 + MORE;", out)
        self.assertIn("int x = 42 + 7;", out)

    def test_exec_makes_device_code_equal(self):
        """-lineinfo records the path and the time of a source: equal at fixed places with equal times, and not without."""
        write(self.src / "k.cu", SAXPY)
        other = self.scratch / "another/checkout"
        shutil.copytree(self.src, other, symlinks=True, ignore=shutil.ignore_patterns("build"))
        self.ccenv("install", cwd=other)
        plain, fixed = [], []
        for top in (self.src, other):
            os.utime(top / "k.cu", (1500000000, 1500000000))
            nvcc = ["nvcc", "--objdir-as-tempdir", "-lineinfo", "-c", "k.cu", "-o", "k.o"]
            self.ccenv("run", *nvcc, cwd=top)
            plain.append((top / "k.o").read_bytes())
            refused = self.ccenv("exec", "--", *nvcc, cwd=top, ok=False)
            if "have namespaces" in refused.out:
                self.skipTest("no namespaces")
            self.assertEqual(refused.code, 0, refused.out)
            fixed.append((top / "k.o").read_bytes())
        self.assertNotEqual(plain[0], plain[1])
        self.assertEqual(fixed[0], fixed[1])

    def test_makefile_that_names_its_compilers(self):
        """As NVIDIA's samples: CUDA_PATH ?=, HOST_COMPILER ?= g++ and -ccbin of that; and gcc and cc by name."""
        write(self.src / "k.cu", SAXPY)
        write(self.src / "c.c", "#include <features.h>\nint main(void) { return 0; }\n")
        write(self.src / "Makefile", "CUDA_PATH ?= /usr/local/cuda\nHOST_COMPILER ?= g++\nNVCC := $(CUDA_PATH)/bin/nvcc -ccbin "
              "$(HOST_COMPILER)\nall: k c d\nk: k.cu\n\t$(NVCC) -m64 -Xcompiler -H $< -o $@\nc: c.c\n\tgcc -H $< -o $@\n"
              "d: c.c\n\tcc -H $< -o $@\n")
        out = self.ccenv("run", "make", "-j2", env=hostile(self.env, self.scratch)).out
        self.assertNotIn("HOSTILE", out)
        # What the compilers have read is the toolchain's: its headers and its C library's.
        read = [os.path.normpath(line.split()[-1]) for line in out.splitlines() if re.match(r"^\.+ /", line)]
        self.assertIn("features.h", {os.path.basename(p) for p in read})
        self.assertEqual([p for p in read if not p.startswith(str(self.src)) and "/tmpxft" not in p], [])
        self.check_clean(self.src)

    @unittest.skipUnless(shutil.which("fish"), "no fish")
    def test_environment_of_fish(self):
        out = run(["fish", "-c", f'{self.env["CCENV_EXECUTABLE"]} env --fish | source; nvcc --version; echo $CUDA_HOME'],
                  env=self.env, cwd=self.src).out
        self.assertIn("release 13.0", out)
        self.assertIn(self.facts()["view"], out)

    # --- check ---

    def test_check_finds_nothing(self):
        self.configure(self.src)
        self.build(self.src / "build")
        out = self.ccenv("check", "build/cuda-app", env=hostile(self.env, self.scratch)).out
        self.assertIn("1 file; 0 findings", out)
        self.assertRegex(out, r"Checked: 1\d steps")

    def test_check_looks_into_each_step(self):
        env = dict(self.env, CCENV_HERMETIC="0", NVCC_CCBIN="/usr/bin/g++", NVCC_APPEND_FLAGS="-I/usr/include")
        bad = self.ccenv("check", env=env, ok=False)
        self.assertEqual(bad.code, 1)
        self.assertRegex(bad.out, r"nvcc runs /usr/bin/(\S*/)?g\+\+, which is not part of ")
        self.assertRegex(bad.out, r"g\+\+ gets /usr/include, which is not part of ")
        cicc = self.facts()["prefix"] + "/nvvm/bin/cicc"
        os.unlink(cicc)
        self.assertRegex(self.ccenv("check", ok=False).out, r"nvcc runs \S*/cicc, which does not exist")
        os.symlink("/bin/true", cicc)
        found = json.loads(self.ccenv("check", "--json", ok=False).out)["findings"]
        self.assertEqual([f["subject"] for f in found], ["nvcc"])
        self.assertIn("cicc, which is not part of", found[0]["text"])

    def test_check_reads_programs(self):
        facts = self.facts()
        other = self.scratch / "cuda-12/lib64"
        write(self.src / "m.c", "extern int cudaRuntimeGetVersion(int *);\n"
              "int main(void) { int v; return cudaRuntimeGetVersion(&v); }\n")
        write(other / "c.c", "int cudaRuntimeGetVersion(int *v) { return *v = 0; }\n")
        gcc = ["gcc", self.src / "m.c", "-o"]
        run(["gcc", "-shared", other / "c.c", "-Wl,-soname,libcudart.so.12", "-o", other / "libcudart.so"], env=self.env)
        shutil.copy(other / "libcudart.so", other / "libcudart.so.12")
        here = ["-L" + facts["lib-dir"], "-lcudart"]
        programs = {
            "stub": [*here, f"-Wl,-rpath,{facts['lib-dir']}:{facts['lib-dir']}/stubs"],
            "other": ["-L" + str(other), "-lcudart", f"-Wl,-rpath,{other}"],
            "none": here,
            "cwd": [*here, f"-Wl,-rpath,{facts['lib-dir']}:lib"],
            "good": [*here, f"-Wl,-rpath,{facts['lib-dir']}"],
            "moved": [*here, "-Wl,-rpath,$ORIGIN/../lib"],
        }
        (self.src / "lib").mkdir()
        shutil.copy(facts["lib-dir"] + "/libcudart.so.13", self.src / "lib")
        for name, flags in programs.items():
            (self.src / "bin").mkdir(exist_ok=True)
            run([*gcc, self.src / "bin" / name, *flags, "-Wl,--enable-new-dtags"], env=self.env)

        def findings(*args):
            result = self.ccenv("check", "--json", *args, ok=False)
            found = json.loads(result.out)["findings"]
            self.assertEqual(result.code, 1 if found else 0)
            return [f["text"] for f in found]

        def one(pattern, *args):
            texts = findings(*args)
            self.assertEqual(len(texts), 1, texts)
            self.assertRegex(texts[0], pattern)

        one("^has the stubs .*/lib/stubs in RUNPATH", "bin/stub")
        one("^needs libcudart.so.13, which is in no directory of its RUNPATH", "bin/none")
        one('^has "lib" in RUNPATH', "bin/cwd")
        self.assertEqual(findings("bin/good", "bin/moved"), [])
        one("^has .* in RUNPATH, which is in this build tree", "--installed", "bin/good", "bin/moved")
        texts = findings("bin/other")
        self.assertRegex(texts[0], "^has another CUDA in RUNPATH: .*/cuda-12/lib64$")
        self.assertRegex(texts[1], "^needs libcudart.so.12; this root .CUDA 13.0. has another release")
        # The runtime within: as linked, from this toolkit, and from the other release of the channel.
        self.manifest(self.scratch / "other", "13.3")
        self.ccenv("install", "-q", "--manifest", self.scratch / "other/ccenv.json", "--root", self.scratch / "other/root")
        for name, top in (("static", Path(facts["lib-dir"])), ("foreign", self.scratch / "other/root/view/x86_64-linux/lib")):
            run([*gcc, self.src / "bin" / name, top / "libcudart_static.a", "-lpthread", "-ldl", "-lrt"], env=self.env)
        self.assertEqual(findings("bin/static"), [])
        one(r"^has a static CUDA runtime that is not this root's .CUDA 13\.0.", "bin/foreign")
        one("is not an ELF file", "m.c")
        one("^cannot be read: No such file", "nothing")

    # --- GPU architectures ---

    def archs(self, *archs):
        text = json.loads((self.src / "ccenv.json").read_text())
        text["cuda"]["archs"] = archs
        write(self.src / "ccenv.json", json.dumps(text))

    def test_archs_reach_make(self):
        self.archs("75-real", "90-virtual")
        self.ccenv("install")
        self.assertEqual(self.facts()["architectures"], ["75-real", "90-virtual"])
        write(self.src / "k.cu", SAXPY)
        write(self.src / "Makefile", "include build/_ccenv/make/ccenv.mk\n")
        out = run(["make", "-C", self.src, "-n", "k.o"], env=self.env).out
        self.assertIn("-gencode=arch=compute_75,code=sm_75", out)
        self.assertIn("-gencode=arch=compute_90,code=compute_90", out)
        self.assertNotIn("code=compute_75", out)

    def test_arch_that_nvcc_does_not_take(self):
        """Said by every command that looks at the lock, new or not."""
        lock = (self.src / "ccenv.lock").read_text()
        self.archs("80", "70")
        for command in (["lock"], ["lock", "--check"], ["lock", "--update"], ["install"], ["install", "--locked"]):
            bad = self.ccenv(*command, ok=False)
            self.assertEqual(bad.code, 1, command)
            self.assertRegex(bad.out, r"ccenv.json: cuda: .*\b70\b")
        self.assertEqual((self.src / "ccenv.lock").read_text(), lock)

    def test_native(self):
        self.archs("native")
        bad = self.ccenv("install", env=dict(self.env, CI="1"), ok=False)
        self.assertIn('"native" in CI', bad.out)
        self.ccenv("lock", "--check", env=dict(self.env, CI="1"))
        if os.path.exists("/dev/nvidiactl"):
            self.ccenv("install")
            self.assertEqual(len(self.facts()["architectures"]), 1)
        else:
            self.assertIn("GPU", self.ccenv("install", ok=False).out)

    # --- CMake's presets and Meson ---

    def test_presets(self):
        """From a clean checkout: what is committed is enough."""
        self.ccenv("presets")
        for name in ("build", "ccenv.lock"):
            path = self.src / name
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        write(self.src / "CMakePresets.json", '{"version": 4, "include": ["ccenv-presets.json"]}\n')
        write(self.src / "CMakeLists.txt", "cmake_minimum_required(VERSION 3.22)\nproject(p LANGUAGES CXX CUDA)\n"
              "add_executable(k k.cu)\nenable_testing()\nadd_test(NAME k COMMAND k)\n")
        write(self.src / "k.cu", SAXPY)
        env = hostile(self.env, self.scratch)
        run([cmakes()[0], "--preset", "ccenv-release"], env=env, cwd=self.src)
        run([cmakes()[0], "--build", "--preset", "ccenv-release"], env=env, cwd=self.src)
        ctest = str(Path(shutil.which(cmakes()[0])).with_name("ctest"))
        self.assertIn("100% tests passed", run([ctest, "--preset", "ccenv-release"], env=env, cwd=self.src).out)
        self.check_clean(self.src / "build/ccenv-release")

    @unittest.skipUnless(shutil.which("meson"), "no meson")
    def test_meson_setup(self):
        write(self.src / "meson.build", "project('app', 'cpp', 'cuda', default_options: ['cpp_std=c++17', 'buildtype=debugoptimized'])\n"
              "deps = [dependency('cuda', modules: ['nvrtc'])]\n"
              "executable('cuda-app', 'src/main.cpp', 'src/nvrtc_kernel.cpp', 'src/saxpy.cu', dependencies: deps)\n")
        env = hostile(self.env, self.scratch)
        self.ccenv("meson-setup", "b", "-Db_lto=false", env=env)
        out = self.ccenv("run", "ninja", "-C", "b", env=env).out
        self.assertNotIn("HOSTILE", out)
        self.assertIn("0 findings", self.ccenv("check", "b/cuda-app", env=env).out)
        self.check_clean(self.src / "b")
