# SPDX-License-Identifier: MIT
"""What happens when something changes, is missing, or does not fit."""
import json
import re
import shutil
import subprocess
import time

from harness import CCENV, CHANNEL, MODULE, Case, cmakes, run, write

HEAD = "cmake_minimum_required(VERSION 3.22)\n"


def compilers(build):
    """What CMake has settled on, from its own files."""
    found = {}
    for f in [*build.glob("CMakeFiles/*/CMake*Compiler.cmake"), build / "CMakeCache.txt"]:
        text = f.read_text()
        found.update(re.findall(r'^set\((CMAKE_C(?:XX|UDA)_COMPILER) "(.*)"\)$', text, re.M))
        found.update(re.findall(r"^(CUDA_cudart_LIBRARY|CMAKE_CUDA_ARCHITECTURES):\w+=(.*)$", text, re.M))
    return found


class Changes(Case):
    def test_new_lock_detects_compilers_again_and_rebuilds(self):
        src = self.app()
        text = (src / "CMakeLists.txt").read_text().replace("CondaCuda 13.0", "CondaCuda 13")
        write(src / "CMakeLists.txt", text)
        self.configure(src)
        self.build(src / "build")
        self.check_app(src / "build/cuda-app", version="13.0")
        old = compilers(src / "build")

        self.manifest(src, "13.3")
        # No configure by hand: the build notices.
        out = self.build(src / "build").out
        self.assertIn("compilers and libraries are looked for again", out)
        self.assertRegex(out, r"CUDA compiler identification is NVIDIA 13\.3")
        new = compilers(src / "build")
        for name in ("CMAKE_CXX_COMPILER", "CMAKE_CUDA_COMPILER", "CUDA_cudart_LIBRARY"):
            self.assertIn("/_ccenv/", new[name])
            self.assertNotEqual(old[name], new[name])
        self.check_app(src / "build/cuda-app", version="13.3")
        self.assertEqual(len(self.starts()), 2)

        # And back, within the same tree: the old prefix is still there.
        self.manifest(src, "13.0")
        self.build(src / "build")
        self.check_app(src / "build/cuda-app", version="13.0")

    def test_two_releases_in_two_trees_of_one_source(self):
        src = self.scratch / "src"
        shutil.copytree(self.app() / "src", src / "src")
        write(src / "CMakeLists.txt", HEAD + """
find_package(CondaCuda ${WANT} REQUIRED COMPONENTS nvcc cudart nvrtc)
project(app LANGUAGES CXX CUDA)
find_package(CUDAToolkit REQUIRED)
add_executable(cuda-app src/main.cpp src/nvrtc_kernel.cpp src/saxpy.cu)
target_compile_features(cuda-app PRIVATE cxx_std_17)
target_link_libraries(cuda-app PRIVATE CUDA::cudart CUDA::nvrtc)
target_link_options(cuda-app PRIVATE LINKER:--as-needed)
""")
        for version in ("13.0", "13.3"):
            build = self.scratch / f"build-{version}"
            self.configure(src, build, f"-DWANT={version}", f"-DCCENV_CHANNELS={CHANNEL}")
            self.build(build)
            self.check_app(build / "cuda-app", version=version)
            self.assertTrue((build / "_ccenv/ccenv.lock").exists())
        self.assertFalse((src / "ccenv.lock").exists())

    def test_environments_of_one_manifest(self):
        src = self.app()
        write(src / "ccenv.json", json.dumps({
            "channels": [CHANNEL], "platforms": ["linux-64"], "system-requirements": {"cuda": "13.3"},
            "features": {v: {"cuda": {"version": v, "components": ["nvcc", "cudart", "nvrtc"]}} for v in ("13.0", "13.3")},
            "environments": {"old": ["13.0"], "new": ["13.3"]}}))
        text = (src / "CMakeLists.txt").read_text()
        write(src / "CMakeLists.txt", text.replace("CondaCuda 13.0", "CondaCuda 13"))
        for name, version in (("old", "13.0"), ("new", "13.3")):
            self.configure(src, src / name, f"-DCCENV_ENVIRONMENT={name}")
            self.build(src / name)
            self.check_app(src / name / "cuda-app", version=version)
        count = len(self.starts())
        self.configure(src, src / "old", "-DCCENV_ENVIRONMENT=old")
        self.assertEqual(len(self.starts()), count)

    def test_two_trees_configure_at_once_over_one_root(self):
        src = self.app()
        root = self.scratch / "shared"
        trees = [src / "a", src / "b"]
        running = [subprocess.Popen([cmakes()[0], "-S", src, "-B", t, "-G", "Ninja", f"-DCondaCuda_DIR={MODULE}",
                                     f"-DCCENV_ROOT_DIR={root}"], env=self.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                    text=True) for t in trees]
        for p in running:
            out = p.communicate()[0]
            self.assertEqual(p.returncode, 0, out)
        for t in trees:
            self.build(t)
            self.check_app(t / "cuda-app")

    def test_removed_prefix_is_installed_again(self):
        src = self.app()
        self.configure(src)
        shutil.rmtree(src / "build/_ccenv/env")
        out = self.configure(src).out
        self.assertEqual(len(self.starts()), 2, out)
        self.build(src / "build")

    def test_root_that_lost_a_part(self):
        """What is gone of a root is made again, by configuring and by building, or it is said what to do; never by other compilers."""
        src = self.app()
        write(src / "CMakeLists.txt", HEAD + "find_package(CondaCuda 13.0 REQUIRED)\nproject(app LANGUAGES CXX)\n")
        root = src / "build/_ccenv"
        self.configure(src)
        view = next(p for p in (root / "view").iterdir() if p.is_dir() and not p.is_symlink())
        env = next((root / "env").iterdir())
        for part, way in ((root / "view", "build"), (view / "host", "configure"), (root / "toolchain", "build"), (root / "env", "build")):
            with self.subTest(part=part.name, way=way):
                shutil.rmtree(part) if part.is_dir() else part.unlink()
                if way == "configure":
                    self.configure(src)
                self.build(src / "build")
                self.assertTrue(part.exists())
                self.assertTrue((view / "bin/nvcc").exists() and (env / "bin/nvcc").exists())
        env_of = dict(self.env, PATH=f"{CCENV.rpartition('/')[0]}:{self.env['PATH']}")
        write(src / "Makefile", "include build/_ccenv/make/ccenv.mk\nall: ; $(NVCC) --version\n")
        for part, said in ((view / "bin", f"{view} is incomplete: nvcc is missing; run"), (root / "view", "missing or incomplete")):
            with self.subTest(part=part.name):
                shutil.rmtree(part)
                bad = run([CCENV, "run", "--", "nvcc", "--version"], env=env_of, ok=False, cwd=src)
                self.assertIn(said, bad.out)
                bad = run(["make", "-C", src], env=env_of, ok=False)
                self.assertIn("is gone or not complete; run `ccenv install", bad.out)
                run([CCENV, "install"], env=env_of, cwd=src)
                run(["make", "-C", src], env=env_of)
        shutil.rmtree(env / "bin")
        shutil.rmtree(root / "view")
        bad = run([CCENV, "install"], env=env_of, ok=False, cwd=src)
        self.assertIn(f"{env} is not complete: bin/nvcc is gone", bad.out)
        self.assertIn("run `ccenv install --repair`", bad.out)
        run([CCENV, "install", "--repair"], env=env_of, cwd=src)
        run(["make", "-C", src], env=env_of)

    def test_stale_toolchain_is_never_silent(self):
        """The file in the root used directly, without find_package: it cannot install, so it must not go on."""
        src = self.app()
        self.configure(src)
        write(src / "CMakeLists.txt", HEAD + "project(app LANGUAGES CXX CUDA)\n")
        toolchain = src / "build/_ccenv/toolchain/x86_64-linux.cmake"
        self.configure(src, src / "b2", "--toolchain", toolchain)
        with open(src / "ccenv.lock", "a") as f:
            f.write("\n")
        bad = self.configure(src, src / "b2", ok=False)
        self.assertNotEqual(bad.code, 0)
        self.assertRegex(bad.out, r"has\s+changed\s+since\s+this\s+toolchain\s+was\s+installed")
        self.configure(src, src / "b2", "-DCCENV_ALLOW_STALE=ON")

    def test_toolchain_file_of_another_root(self):
        """find_package has a root of its own; the other one may have any name."""
        src = self.app()
        run([self.env["CCENV_EXECUTABLE"], "install", "-q", "--root", src / "tools", "--manifest", src / "ccenv.json"], env=self.env)
        self.configure(src, None, "--toolchain", src / "tools/toolchain/x86_64-linux.cmake")
        self.assertIn("/build/_ccenv/", compilers(src / "build")["CMAKE_CXX_COMPILER"])

    def test_toolchain_file_of_the_user_is_read_too(self):
        src = self.app()
        write(src / "mine.cmake", "set(MINE yes)\nset(CMAKE_CXX_FLAGS_INIT -DMINE=1)\n")
        with open(src / "CMakeLists.txt", "a") as f:
            f.write('if(NOT MINE)\n\tmessage(FATAL_ERROR "mine.cmake was not read")\nendif()\n')
        self.configure(src, None, "--toolchain", src / "mine.cmake")
        self.assertIn("-DMINE=1", (src / "build/build.ninja").read_text())
        self.assertIn("/_ccenv/", compilers(src / "build")["CMAKE_CXX_COMPILER"])
        self.configure(src)

    def test_toolchain_file_that_another_tool_reads(self):
        """As vcpkg's and Conan's toolchain files do, which are CMAKE_TOOLCHAIN_FILE themselves: what they add is found as well."""
        src = self.app()
        write(src / "ccenv.cmake", run([CCENV, "toolchain"]).out)
        write(self.scratch / "packages/lib/cmake/theirs/theirsConfig.cmake", "set(THEIRS ON)\n")
        tool = write(self.scratch / "tool.cmake", 'include("${CHAINLOAD_FILE}")\nlist(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES '
                     f"CHAINLOAD_FILE)\nlist(APPEND CMAKE_PREFIX_PATH {self.scratch}/packages)\n")
        write(src / "CMakeLists.txt", HEAD + "project(a LANGUAGES C)\nfind_package(theirs REQUIRED)\nfind_package(CUDAToolkit REQUIRED)\n"
              "add_executable(a a.c)\ntarget_link_libraries(a CUDA::cudart)\n")
        write(src / "a.c", "#include <cuda_runtime_api.h>\nint main(void) { int v; return cudaRuntimeGetVersion(&v); }\n")
        self.configure(src, None, f"-DCMAKE_TOOLCHAIN_FILE={tool}", f"-DCHAINLOAD_FILE={src}/ccenv.cmake")
        self.build(src / "build")
        run([src / "build/a"], env=self.env)
        self.check_clean(src / "build")

    def test_compilers_of_the_user(self):
        src = self.app()
        out = self.configure(src, None, "-DCMAKE_CXX_COMPILER=/usr/bin/c++").out
        self.assertIn("CMAKE_CXX_COMPILER=/usr/bin/c++ is not used; -DCCENV_USE_GCC=OFF would let it", out)
        self.assertIn("/_ccenv/", compilers(src / "build")["CMAKE_CXX_COMPILER"])
        self.configure(src, src / "b2", "-DCMAKE_CXX_COMPILER=/usr/bin/c++", "-DCCENV_USE_GCC=OFF")
        self.assertEqual(compilers(src / "b2")["CMAKE_CXX_COMPILER"], "/usr/bin/c++")
        self.assertIn("-ccbin=/usr/bin/c++", (src / "b2/compile_commands.json").read_text())
        self.build(src / "b2")
        self.check_app(src / "b2/cuda-app")
        # One that CMake finds by itself compiles nvcc's host code as well.
        self.configure(src, src / "b3", "-DCCENV_USE_GCC=OFF", env=dict(self.env, CXX="x86_64-linux-gnu-g++ -m64"))
        found = compilers(src / "b3")["CMAKE_CXX_COMPILER"]
        self.assertEqual(found, "/usr/bin/x86_64-linux-gnu-g++")
        self.assertIn(f"-ccbin={found} ", (src / "b3/compile_commands.json").read_text())
        self.configure(src, src / "b4", "-DCCENV_USE_GCC=OFF")
        found = compilers(src / "b4")["CMAKE_CXX_COMPILER"]
        self.assertIn(f"-ccbin={found} ", (src / "b4/compile_commands.json").read_text())
        self.build(src / "b4")
        self.check_app(src / "b4/cuda-app")

    def test_host_compiler_of_the_user(self):
        src = self.app()
        mine = "/usr/bin/x86_64-linux-gnu-g++"
        out = self.configure(src, None, f"-DCMAKE_CUDA_HOST_COMPILER={mine}", "-DCUDAToolkit_ROOT=/opt/cuda-9.9").out
        self.assertIn(f"CMAKE_CUDA_HOST_COMPILER={mine} is not used; -DCCENV_USE_GCC=OFF would let it", out)
        self.assertIn("ccenv: CUDAToolkit_ROOT=/opt/cuda-9.9 is not used: CUDA is this toolchain's", out)
        self.assertEqual(out.count("/opt/cuda-9.9"), 1)
        self.assertNotIn(f"-ccbin={mine}", (src / "build/compile_commands.json").read_text())
        for _ in range(2):
            self.configure(src, src / "b2", f"-DCMAKE_CUDA_HOST_COMPILER={mine}", "-DCCENV_USE_GCC=OFF")
            self.assertIn(f"-ccbin={mine}", (src / "b2/compile_commands.json").read_text())

    def test_host_compiler_that_nvcc_does_not_take(self):
        """Called after project(): the gcc is there already, and nvcc's own header says which it takes."""
        src, root = self.app(), self.scratch / "root"
        run([CCENV, "install", "-q", "--manifest", src / "ccenv.json", "--root", root], env=self.env)
        header = next(root.glob("env/*/targets/*/include/crt/host_config.h"))
        text = re.sub(r"#if __GNUC__ > \d+", "#if __GNUC__ > 5", header.read_text())
        header.unlink()  # not written over: it is a link into the cache
        write(header, text)
        write(src / "CMakeLists.txt", HEAD + "project(a LANGUAGES CXX)\nfind_package(CondaCuda 13.0 REQUIRED)\nenable_language(CUDA)\n")
        bad = self.configure(src, None, f"-DCCENV_ROOT_DIR={root}", ok=False)
        self.assertRegex(re.sub(r"\s+", " ", bad.out), "CUDA 13.0 takes gcc up to 5, and .* Move find_package.CondaCuda. above")

    def test_tree_that_was_configured_without_ccenv(self):
        src = self.app()
        text = (src / "CMakeLists.txt").read_text()
        write(src / "CMakeLists.txt", HEAD + "project(app LANGUAGES CXX)\n")
        self.configure(src)
        self.assertNotIn("/_ccenv/", compilers(src / "build")["CMAKE_CXX_COMPILER"])
        write(src / "CMakeLists.txt", text)
        self.configure(src)
        self.assertIn("/_ccenv/", compilers(src / "build")["CMAKE_CXX_COMPILER"])
        self.build(src / "build")

    def message(self, text, *args):
        src = self.app()
        write(src / "CMakeLists.txt", HEAD + text)
        bad = self.configure(src, None, *args, ok=False)
        self.assertNotEqual(bad.code, 0, bad.out)
        return re.sub(r"\s+", " ", bad.out)

    def test_missing_component_says_what_to_add(self):
        out = self.message("find_package(CondaCuda 13.0 REQUIRED COMPONENTS nvcc cublas)\nproject(a)\n")
        self.assertIn('not installed: "cublas". Add it to "components" of "cuda" in', out)

    def test_other_version_than_locked(self):
        """Said from the lock, before anything is fetched; in a tree that is installed already, without a ccenv."""
        out = self.message("find_package(CondaCuda 12.9 REQUIRED)\nproject(a)\n")
        src = self.scratch / "app"
        self.assertIn(f"CUDA 12.9 is asked for, and {src}/ccenv.lock has 13.0. Ask for 13.0, or change the version under "
                      f'"cuda" in {src}/ccenv.json', out)
        self.assertFalse((src / "build/_ccenv/env").exists())
        write(src / "CMakeLists.txt", HEAD + "find_package(CondaCuda 13 REQUIRED)\nproject(a LANGUAGES CXX)\n")
        self.configure(src)
        count = len(self.starts())
        write(src / "CMakeLists.txt", HEAD + "find_package(CondaCuda 12.9 REQUIRED)\nproject(a LANGUAGES CXX)\n")
        bad = re.sub(r"\s+", " ", self.configure(src, ok=False).out)
        self.assertIn(f"find_package asks for CUDA 12.9, and {src}/ccenv.lock has 13.0.", bad)
        self.assertEqual(len(self.starts()), count)

    def test_version_ranges(self):
        out = self.message("find_package(CondaCuda 12.8...<13 REQUIRED)\nproject(a)\n")
        self.assertIn("CUDA >=12.8,<13 is asked for, and", out)
        src = self.app("ranges")
        root = f"-DCCENV_ROOT_DIR={self.scratch}/root"
        for want in ("12.8...13", "13", "13.0...<13.1", "12...13.0", "12.9...13.1", "13.0 EXACT", "13.0.0", "13.0.0.0", ""):
            write(src / "CMakeLists.txt", HEAD + f"find_package(CondaCuda {want} REQUIRED)\nproject(a LANGUAGES CXX)\n")
            (self.scratch / "root/cmake.stamp").unlink(missing_ok=True)  # so that ccenv is asked, too
            self.configure(src, None, root)

    def test_patch_level_is_not_chosen(self):
        out = self.message("find_package(CondaCuda 13.0.2 REQUIRED)\nproject(a)\n")
        self.assertIn("a release is chosen by two numbers: ask for 13.0, and let ccenv.lock hold the third", out)

    def test_release_of_the_provider(self):
        """CCENV_CUDA takes what the manifest takes; what does not fit is said, also in a tree that is configured."""
        src = self.app("provider")
        write(src / "CMakeLists.txt", "cmake_minimum_required(VERSION 3.22)\nproject(a LANGUAGES CXX)\n")
        args = [f"-DCMAKE_PROJECT_TOP_LEVEL_INCLUDES={MODULE}/CondaCudaProvider.cmake", f"-DCCENV_MANIFEST={src}/ccenv.json",
                f"-DCCENV_ROOT_DIR={self.scratch}/root"]
        for want in ("13.0.0", " 13.0 ", ">=13,<14", "13.0...<13.1"):
            self.configure(src, None, *args, f"-DCCENV_CUDA={want}")
        for want, said in ((">=12,<13", "CUDA >=12,<13 is asked for"), ("cu129", 'did you mean "12.9"?')):
            self.assertIn(said, re.sub(r"\s+", " ", self.configure(src, None, *args, f"-DCCENV_CUDA={want}", ok=False).out))

    def test_manifest_without_cuda(self):
        src = self.app()
        write(src / "ccenv.json", f'{{"channels": ["{CHANNEL}"], "platforms": ["linux-64"]}}\n')
        for want in ("13.0", ""):
            write(src / "CMakeLists.txt", HEAD + f"find_package(CondaCuda {want} REQUIRED)\nproject(a)\n")
            out = re.sub(r"\s+", " ", self.configure(src, ok=False).out)
            self.assertRegex(out, r'ccenv.lock has no CUDA. Add it to \S*/ccenv.json: "cuda": {"version"')

    def test_component_that_does_not_exist(self):
        """Without a manifest find_package itself asks for it; ccenv knows the names."""
        src = self.app()
        (src / "ccenv.json").unlink()
        write(src / "CMakeLists.txt", HEAD + "find_package(CondaCuda 13.0 REQUIRED COMPONENTS nvcc cublass)\nproject(a)\n")
        out = re.sub(r"\s+", " ", self.configure(src, None, f"-DCCENV_CHANNELS={CHANNEL}", ok=False).out)
        self.assertIn('unknown CUDA component "cublass"; did you mean "cublas"?', out)

    def test_credentials_of_channels_are_not_shown(self):
        """Passwords, tokens and queries in CCENV_CHANNELS: neither in what is printed nor in any file of the root."""
        src = self.app()
        (src / "ccenv.json").unlink()
        write(src / "CMakeLists.txt", HEAD + "find_package(CondaCuda 13.0 REQUIRED)\nproject(a LANGUAGES CXX)\n")
        channels = f"{CHANNEL};http://user:s3cret@127.0.0.1:9/t/t0ken/chan?key=qu3ry;http://127.0.0.1:9/t/t0ken/b;http://a:p/s3cret@127.0.0.1:9/c"
        root = self.scratch / "root"
        shown = self.configure(src, None, f"-DCCENV_CHANNELS={channels}", f"-DCCENV_ROOT_DIR={root}",
                               env=dict(self.env, CCENV_NET_RETRIES="0"), ok=False).out
        self.assertIn("***", shown)
        for path in [*root.rglob("*")]:
            if path.is_file() and path.parent.name in ("root", "toolchain", "make"):
                shown += path.read_text(errors="replace")
        for word in ("s3cret", "t0ken", "qu3ry"):
            self.assertNotIn(word, shown)

    def test_target_that_is_not_this_machine(self):
        """One that the manifest does not have: each place says so, and does so before it installs."""
        want = "the target sbsa-linux is asked for, this machine is linux-64, and ccenv.json has no target for linux-aarch64 that is built here"
        self.assertIn(want, self.message("find_package(CondaCuda 13.0 REQUIRED)\nproject(a)\n", "-DCCENV_TARGET=sbsa-linux"))
        src = self.scratch / "app"
        write(src / "ccenv.cmake", run([CCENV, "toolchain"]).out)
        write(src / "CMakeLists.txt", HEAD + "project(a LANGUAGES CXX)\n")
        run([CCENV, "presets"], cwd=src)
        write(src / "CMakePresets.json", '{"version": 4, "include": ["ccenv-presets.json"]}\n')
        env = dict(self.env, CCENV_TARGET="sbsa-linux")
        for args in (["-S", src, "-B", src / "b2", "--toolchain", src / "ccenv.cmake"], ["--preset", "ccenv-release"]):
            bad = run([cmakes()[0], *args], env=env, cwd=src, ok=False)
            self.assertNotEqual(bad.code, 0)
            self.assertIn(want, re.sub(r"\s+", " ", bad.out))
        self.assertFalse((src / "b2/_ccenv/env").exists())
        # This machine's own is taken, also where it comes later; and asking for another then is no no-op.
        here = ["-S", src, "-B", src / "b3", "--toolchain", src / "ccenv.cmake"]
        run([cmakes()[0], *here], env=self.env)
        run([cmakes()[0], *here, "-DCCENV_TARGET=x86_64-linux"], env=self.env)
        self.assertIn(want, re.sub(r"\s+", " ", run([cmakes()[0], *here, "-DCCENV_TARGET=sbsa-linux"], env=self.env, ok=False).out))
        # A root for another machine, made by hand.
        toolchain = src / "b3/_ccenv/toolchain/x86_64-linux.cmake"
        write(toolchain, toolchain.read_text().replace('_ccenv_build_processor "x86_64"', '_ccenv_build_processor "aarch64"'))
        bad = self.configure(src, src / "b4", "--toolchain", toolchain, ok=False)
        self.assertRegex(bad.out, r"run\s+on\s+aarch64,\s+and\s+this\s+machine\s+is\s+x86_64")

    def test_after_cuda_is_enabled(self):
        other = self.app("other")
        self.configure(other)
        tools = compilers(other / "build")
        out = self.message("project(a LANGUAGES CXX CUDA)\nfind_package(CondaCuda 13.0 REQUIRED)\n",
                           f"-DCMAKE_CUDA_COMPILER={tools['CMAKE_CUDA_COMPILER']}")
        self.assertIn("CUDA is enabled already, with", out)
        self.assertIn("Move find_package(CondaCuda) above project()", out)

    def test_without_ccenv(self):
        self.env["CCENV_EXECUTABLE"] = str(self.scratch / "nothing")
        out = self.message("find_package(CondaCuda 13.0 REQUIRED)\nproject(a)\n")
        self.assertIn("which does not exist", out)
        del self.env["CCENV_EXECUTABLE"]
        shutil.rmtree(self.scratch / "app")
        out = self.message("find_package(CondaCuda 13.0 REQUIRED)\nproject(a)\n")
        self.assertIn("ccenv was not found.", out)

    def test_quiet_optional_package_does_not_stop_the_configure(self):
        src = self.app()
        text = "if(CondaCuda_FOUND)\n\tmessage(FATAL_ERROR found)\nendif()\nproject(a LANGUAGES CXX)\n"
        write(src / "CMakeLists.txt", HEAD + "find_package(CondaCuda 12.9)\n" + text)
        self.configure(src)
        # Nor does a ccenv that fails.
        write(src / "CMakeLists.txt", HEAD + "find_package(CondaCuda 13.0)\n" + text)
        write(src / "ccenv.json", "{ broken\n")
        self.assertIn("ccenv could not install the toolchain", self.configure(src, src / "b2").out)

    def test_architectures_of_the_manifest(self):
        src = self.app()
        self.manifest(src, archs=["80-real", "90"])
        self.configure(src)
        commands = (src / "build/compile_commands.json").read_text()
        self.assertIn("--generate-code=arch=compute_80,code=[sm_80]", commands)
        self.assertIn("--generate-code=arch=compute_90,code=[compute_90,sm_90]", commands)
        # The user's word goes before it.
        self.configure(src, src / "b2", "-DCMAKE_CUDA_ARCHITECTURES=86")
        self.assertNotIn("compute_90", (src / "b2/compile_commands.json").read_text())
        self.configure(src, src / "b3", env=dict(self.env, CUDAARCHS="87"))
        self.assertNotIn("compute_90", (src / "b3/compile_commands.json").read_text())
        # Asked for later, in a tree where CMake has chosen already.
        self.manifest(src)
        self.configure(src, src / "b4")
        self.manifest(src, archs=["90"])
        self.configure(src, src / "b4")
        self.assertIn("compute_90", (src / "b4/compile_commands.json").read_text())

    def test_architectures_are_those_of_nvcc(self):
        src = self.app()
        for version in ("13.0", "13.3"):
            self.manifest(src, version)
            run([CCENV, "install", "-q", "--manifest", src / "ccenv.json", "--root", src / "root"], env=self.env)
            nvcc = src / "root/view/x86_64-linux/bin/nvcc"
            said = {a.split("_")[1] for a in run([nvcc, "--list-gpu-arch"], env=self.env).out.split()}
            ours = run([CCENV, "archs", "--manifest", src / "ccenv.json"], env=self.env).out.split()
            self.assertEqual({a for a in ours if a.isdigit()}, said)
            write(src / "e.cu", "")
            for a in ours:
                run([nvcc, "-cubin", f"-arch=sm_{a}", src / "e.cu", "-o", src / "e.cubin"], env=self.env)

    def test_architecture_that_nvcc_does_not_take(self):
        """Said before the compiler check, wherever it comes from; what is no number is left to CMake."""
        src, root = self.app(), f"-DCCENV_ROOT_DIR={self.scratch}/root"
        last = 'nvcc of CUDA 13.0 does not take "{}"; CUDA 12.9 was the last one. It takes 75 80 86'

        def configure(name, *args, **env):
            out = self.configure(src, src / name, root, *args, env=dict(self.env, **env), ok=False)
            return out.code, re.sub(r"\s+", " ", out.out)

        for name, args, env, want in (
                ("b1", ["-DCMAKE_CUDA_ARCHITECTURES=50;90"], {}, 'CMAKE_CUDA_ARCHITECTURES is "50;90", and ' + last.format("50")),
                ("b2", ["-DCMAKE_CUDA_ARCHITECTURES=90;70-real"], {}, last.format("70-real")),
                ("b3", [], {"CUDAARCHS": "61-virtual"}, 'CUDAARCHS is "61-virtual", and ' + last.format("61-virtual")),
                ("b4", ["-DCMAKE_CUDA_ARCHITECTURES=80a"], {}, 'CUDA 13.0 does not take "80a". It takes 75')):
            code, out = configure(name, *args, **env)
            self.assertNotEqual(code, 0)
            self.assertIn(want, out)
            self.assertNotIn("CUDA compiler identification", out)
        # In the same tree, and each form that is none of these.
        for archs in ("80-real;90-virtual", "OFF"):
            code, out = configure("b1", f"-DCMAKE_CUDA_ARCHITECTURES={archs}")
            self.assertEqual(code, 0, out)
        self.assertIn('"95" is not known here', configure("b5", "-DCMAKE_CUDA_ARCHITECTURES=95")[1])

    def test_words_for_architectures_with_an_old_cmake(self):
        """CMake 3.22 knows neither all, all-major nor native."""
        src, root = self.app(), f"-DCCENV_ROOT_DIR={self.scratch}/root"
        old = "-DCCENV_CHAINLOAD_TOOLCHAIN_FILE=" + str(write(src / "old.cmake", "set(CMAKE_VERSION 3.22.6)\n"))
        self.configure(src, src / "b1", root, old, "-DCMAKE_CUDA_ARCHITECTURES=all-major")
        commands = (src / "b1/compile_commands.json").read_text()
        for arch in ("code=[sm_75]", "code=[sm_90]", "code=[compute_120]"):
            self.assertIn(arch, commands)
        self.assertNotIn("sm_86", commands)
        native = self.configure(src, src / "b2", root, old, "-DCMAKE_CUDA_ARCHITECTURES=native", ok=False)
        self.assertNotEqual(native.code, 0)
        self.assertIn('"native", which CMake knows from 3.24 on', re.sub(r"\s+", " ", native.out))

    def test_no_manifest_and_no_version(self):
        src = self.app()
        (src / "ccenv.json").unlink()
        write(src / "CMakeLists.txt", HEAD + "find_package(CondaCuda REQUIRED)\nproject(a)\n")
        self.assertIn(f"there is no ccenv.json in {src}, so find_package(CondaCuda) must say which CUDA is wanted",
                      re.sub(r"\s+", " ", self.configure(src, ok=False).out))

    def test_ci_never_makes_a_lock(self):
        src = self.app()
        self.env["CI"] = "true"
        self.configure(src, ok=False)
        self.assertIn("--locked", self.starts()[0])
        self.assertFalse((src / "ccenv.lock").exists())


class Cost(Case):
    """Alone: times are compared."""

    def test_no_op_configure_starts_no_process_and_costs_nothing(self):
        src = self.app()
        self.configure(src)
        plain = src / "plain"
        text = (src / "CMakeLists.txt").read_text()
        write(src / "CMakeLists.txt", re.sub(r"(?m)^find_package\(CondaCuda.*$", "", text))
        toolchain = write(src / "plain.cmake", "set(CMAKE_CXX_COMPILER {cxx})\nset(CMAKE_CUDA_COMPILER {cuda})\n"
                          "set(CMAKE_CUDA_HOST_COMPILER {cxx})\n".format(
                              cxx=compilers(src / "build")["CMAKE_CXX_COMPILER"],
                              cuda=compilers(src / "build")["CMAKE_CUDA_COMPILER"]))
        self.configure(src, plain, "--toolchain", toolchain)
        best = {}
        for _ in range(9):
            for name, tree in (("plain", plain), ("ccenv", src / "build")):
                write(src / "CMakeLists.txt", text if name == "ccenv" else re.sub(r"(?m)^find_package\(CondaCuda.*$", "", text))
                start = time.monotonic()
                run([cmakes()[0], tree], env=self.env)
                best[name] = min(best.get(name, 9), time.monotonic() - start)
        print("no-op configure: plain toolchain file {plain:.3f} s, CondaCuda {ccenv:.3f} s".format(**best))
        self.assertEqual(len(self.starts()), 1)
        # The aim is 10 ms. A slow or busy machine takes longer for both.
        self.assertLess(best["ccenv"] - best["plain"], 0.05 + best["plain"])
