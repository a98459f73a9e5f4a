# SPDX-License-Identifier: MIT
"""What the build tests share: scratch projects, a hostile environment, runs of cmake, and looking into ELF files."""
import os
import re
import shutil
import stat
import subprocess
import tempfile
import unittest
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
CCENV = os.environ.get("CCENV_TEST_CCENV", str(TOP / "build/src/ccenv"))
MODULE = os.environ.get("CCENV_TEST_MODULE", str(TOP / "cmake"))
CHANNEL = os.environ.get("CCENV_TEST_CHANNEL", "")
if not CHANNEL and (TOP / "build/channel/noarch/repodata.json").exists():
    CHANNEL = str(TOP / "build/channel")
LIBRARIES = os.environ.get("CCENV_TEST_LIBRARIES", "")
if not LIBRARIES and (TOP / "build/libraries/noarch/repodata.json").exists():
    LIBRARIES = str(TOP / "build/libraries")
CACHE = os.environ.get("CCENV_TEST_CACHE", "")
KEEP = os.environ.get("CCENV_TEST_KEEP", "")
RESULTS = os.environ.get("CCENV_TEST_RESULTS", "")


def cmakes():
    """The cmake programs to test with: CCENV_TEST_CMAKES, a list with ':'; the first is the usual one."""
    return [c for c in os.environ.get("CCENV_TEST_CMAKES", "cmake").split(":") if shutil.which(c)]


def write(path, text, mode=0o644):
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)
    return path


def note(test, cmake, way, good):
    """One cell of the table that `matrix --layouts` prints."""
    if RESULTS:
        with open(RESULTS, "a") as f:
            f.write(f"{test}\t{cmake}\t{way}\t{'ok' if good else 'FAILED'}\n")


class Result:
    def __init__(self, args, code, out):
        self.args, self.code, self.out = args, code, out


def run(args, env=None, cwd=None, ok=True, timeout=600):
    p = subprocess.run([str(a) for a in args], env=env, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                       text=True, timeout=timeout, errors="replace")
    if ok and p.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, args))}\nexit {p.returncode}\n{p.stdout[-6000:]}")
    return Result(args, p.returncode, p.stdout)


def clean_env(scratch):
    """An environment without anything about CUDA or compilers, and with a ccenv that counts its starts."""
    env = {k: os.environ[k] for k in ("PATH", "LANG", "TMPDIR", "SSL_CERT_FILE") if k in os.environ}
    env["HOME"] = str(scratch)
    env["PATH"] = ":".join(d for d in env["PATH"].split(":") if not os.path.exists(os.path.join(d, "nvcc")))
    count = scratch / "ccenv.count"
    wrapper = write(scratch / "bin/ccenv", f'#!/bin/sh\necho "$@" >>{count}\nexec "{CCENV}" "$@"\n', 0o755)
    env["CCENV_EXECUTABLE"] = str(wrapper)
    if CACHE:
        env["CCENV_CACHE_DIR"] = CACHE
    return env


def hostile(env, scratch):
    """As above, plus a system toolkit that breaks whatever touches it."""
    top = scratch / "hostile cuda".replace(" ", "-")
    trap = '#!/bin/sh\necho "HOSTILE $0 was started" >&2\nexit 99\n'
    for name in ("bin/nvcc", "bin/g++", "bin/ptxas"):
        write(top / name, trap, 0o755)
    for name in ("cuda.h", "cuda_runtime.h", "cuda_runtime_api.h", "nvrtc.h", "cublas_v2.h"):
        write(top / "include" / name, '#error "hostile header"\n')
    for name in ("libcudart.so", "libcuda.so", "libnvrtc.so", "libcublas.so", "libcudart_static.a", "stubs/libcuda.so"):
        write(top / "lib64" / name, "hostile library\n")
    write(top / "version.txt", "CUDA Version 9.9.9\n")
    write(top / "version.json", '{"cuda": {"version": "9.9.9"}}\n')
    for name in ("cudart", "cudart-13.0", "cuda", "nvrtc"):
        write(top / f"pkgconfig/{name}.pc", f"Name: {name}\nDescription: hostile\nVersion: 99\nLibs: -lhostile\n")
    env = dict(env)
    env.update(CUDA_PATH=str(top), CUDA_HOME=str(top), CUDA_ROOT=str(top), CUDAToolkit_ROOT=str(top),
               CUDAHOSTCXX=str(top / "bin/g++"), CUDACXX=str(top / "bin/nvcc"), CUDAFLAGS="--hostile-flag",
               NVCC_APPEND_FLAGS=f"-ccbin={top}/bin/g++", NVCC_PREPEND_FLAGS="--hostile-flag", NVCC_CCBIN=str(top / "bin/g++"),
               LIBRARY_PATH=f"{top}/lib64/stubs:{top}/lib64", CPATH=str(top / "include"),
               PKG_CONFIG_PATH=str(top / "pkgconfig"), CC="/bin/false", CXX="/bin/false")
    env["PATH"] = f"{top}/bin:{env['PATH']}"
    return env


def dynamic(path):
    """(RUNPATH and RPATH directories, NEEDED names) of an ELF file."""
    out = run(["readelf", "-dW", path]).out
    paths = [d for m in re.findall(r"\(R(?:UN)?PATH\).*\[(.*)\]", out) for d in m.split(":")]
    return paths, re.findall(r"\(NEEDED\).*\[(.*)\]", out)


def elf_files(top):
    for p in sorted(Path(top).rglob("*")):
        if "_ccenv" in p.parts or "CMakeFiles" in p.parts or p.is_symlink() or not p.is_file():
            continue
        with open(p, "rb") as f:
            if f.read(4) == b"\x7fELF" and (stat.S_IMODE(p.stat().st_mode) & 0o111 or ".so" in p.name):
                yield p


class Case(unittest.TestCase):
    """A test with a scratch directory; CCENV_TEST_KEEP=1 leaves it."""

    maxDiff = None

    def setUp(self):
        self.scratch = Path(tempfile.mkdtemp(prefix="ccenv-build-"))
        if not KEEP:
            self.addCleanup(shutil.rmtree, self.scratch, ignore_errors=True)
        self.env = clean_env(self.scratch)

    def starts(self):
        count = self.scratch / "ccenv.count"
        return count.read_text().splitlines() if count.exists() else []

    def manifest(self, where, version="13.0", components=("nvcc", "cudart", "nvrtc"), archs=(), channels=(CHANNEL,)):
        names = ", ".join(f'"{c}"' for c in components)
        if archs:
            names += '], "archs": [' + ", ".join(f'"{a}"' for a in archs)
        channels = ", ".join(f'"{c}"' for c in channels)
        return write(Path(where) / "ccenv.json",
                     f'{{\n  "channels": [{channels}],\n  "platforms": ["linux-64"],\n  "system-requirements": '
                     f'{{ "cuda": "{version}" }},\n  "cuda": {{ "version": "{version}", "components": [{names}] }}\n}}\n')

    def app(self, name="app"):
        """A copy of examples/cuda-app whose manifest names the test channel."""
        src = self.scratch / name
        shutil.copytree(TOP / "examples/cuda-app", src, ignore=shutil.ignore_patterns("build", "ccenv.lock", "*.o"))
        self.manifest(src)
        return src

    def configure(self, src, build=None, *args, cmake=None, generator="Ninja", env=None, ok=True):
        build = build or src / "build"
        return run([cmake or cmakes()[0], "-S", src, "-B", build, "-G", generator, f"-DCondaCuda_DIR={MODULE}", *args],
                   env=env or self.env, ok=ok)

    def build(self, build, *args, cmake=None, env=None, ok=True):
        return run([cmake or cmakes()[0], "--build", build, "-j2", *args], env=env or self.env, ok=ok)

    def check_clean(self, top, foreign=()):
        """No program below `top` names a stub, a toolkit of the system, or a given directory."""
        found = 0
        for p in elf_files(top):
            found += 1
            paths, _ = dynamic(p)
            for d in paths:
                self.assertNotRegex(d, r"/stubs(/|$)", f"{p}: {paths}")
                self.assertNotRegex(d, r"^(/usr|/opt|/lib)", f"{p}: {paths}")
                self.assertNotIn("hostile", d, f"{p}: {paths}")
                for f in foreign:
                    self.assertNotIn(str(f), d, f"{p}: {paths}")
        self.assertGreater(found, 0, f"no program below {top}")

    def check_app(self, program, env=None, version="13.0"):
        out = run([program], env=env or self.env).out
        self.assertIn(f"CUDA runtime: {version}\n", out)
        self.assertIn(f"NVRTC:        {version}\n", out)
        self.assertRegex(out, r"the kernels were compiled, not run|All numbers are right")
        self.assertNotIn("libcuda.so.1", dynamic(program)[1])
        return out
