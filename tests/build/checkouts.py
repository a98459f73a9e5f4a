# SPDX-License-Identifier: MIT
"""Two checkouts of one commit, and how they are built so that nothing but the commit is the same."""
import os
import re
import shutil
import subprocess

from harness import TOP, Case, run, write

OTHER_USER = 65534
ARTEFACT = re.compile(r"(\.o|\.a|\.so|/p|/prog|/one|/cuda-app)$")


def artefacts(top):
    """{relative path: bytes} of what was built below `top`: objects, libraries, programs."""
    found = {}
    for base, dirs, names in os.walk(top):
        # What CMake looks at compilers with is no part of the build.
        dirs[:] = [d for d in dirs if d not in ("_ccenv", "CompilerIdC", "CompilerIdCXX", "CompilerIdCUDA", ".git") and
                   not re.match(r"meson-(private|info|logs)$", d) and not re.search(r"CMakeFiles/[0-9.]+$", os.path.join(base, d))]
        for name in names:
            path = os.path.join(base, name)
            if ARTEFACT.search(path) and not os.path.islink(path) and not name.startswith("CMakeDetermine"):
                with open(path, "rb") as f:
                    found[os.path.relpath(path, top)] = f.read()
    return found


class Checkouts(Case):
    """Two checkouts of one commit: in another directory, built by another user on another day with other settings."""

    FILES = {}

    def checkout(self, where, version="13.0", mode="true", **files):
        src = self.scratch / where / "src"
        self.manifest(src, version)
        text = (src / "ccenv.json").read_text().rstrip().rstrip("}").rstrip()
        write(src / "ccenv.json", text + (f',\n  "reproducible": {mode}\n}}\n' if mode else "\n}\n"))
        for name, body in {**self.FILES, **files}.items():
            write(src / name.replace("__", "."), body)
        date = "2026-01-02T03:04:05Z"
        env = dict(self.env, GIT_AUTHOR_DATE=date, GIT_COMMITTER_DATE=date)
        run(["git", "init", "-q", src], env=env)
        run(["git", "-C", src, "add", "-A"], env=env)
        run(["git", "-C", src, "-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "-qm", "x"], env=env)
        return src

    def install(self, src):
        run([self.env["CCENV_EXECUTABLE"], "install", "--root", src / "build/_ccenv", "--manifest", src / "ccenv.json"], env=self.env)

    def another_day(self):
        """What makes it 403 days later for all that is started; nothing where there is no compiler of the system's."""
        library = self.scratch / "another-day.so"
        if not library.exists():
            if not shutil.which("cc"):
                return {}
            run(["cc", "-O2", "-shared", "-fPIC", TOP / "tests/build/another-day.c", "-o", library])
        return {"LD_PRELOAD": str(library), "CCENV_TEST_DAYS": "403"}

    def other(self, src, args, **more):
        """Runs a build as another user, on another day, in another time zone, locale and home, with another umask."""
        env = dict(self.env, HOME=str(self.scratch / "another home"), TZ="Asia/Tokyo", LC_ALL="C", USER="nobody",
                   **self.another_day(), **more)
        args = [str(a) for a in args]
        user = ["setpriv", f"--reuid={OTHER_USER}", f"--regid={OTHER_USER}", "--clear-groups"]
        # A checkout in root's home is out of reach for others.
        if os.getuid() == 0 and shutil.which("setpriv") and \
                subprocess.run([*user, "test", "-r", __file__], check=False).returncode == 0:
            # Not below _ccenv: its files are the cache's as well.
            for base, dirs, names in os.walk(src):
                dirs[:] = [d for d in dirs if d != "_ccenv"]
                for path in [base] + [os.path.join(base, n) for n in names]:
                    os.chown(path, OTHER_USER, OTHER_USER, follow_symlinks=False)
            os.chmod(self.scratch, 0o755)
            args = [*user, *args]
        return run(["sh", "-c", 'umask 077; exec "$@"', "sh", *args], env=env, cwd=src)

    def compare(self, one, two, at_least):
        a, b = artefacts(one), artefacts(two)
        self.assertEqual(sorted(a), sorted(b))
        self.assertGreaterEqual(len(a), at_least, sorted(a))
        self.assertEqual([n for n in sorted(a) if a[n] != b[n]], [], f"differ between {one} and {two}")
        return a

    def differing(self, one, two):
        a, b = artefacts(one), artefacts(two)
        self.assertEqual(sorted(a), sorted(b))
        return [n for n in sorted(a) if a[n] != b[n]]

    def assert_no_paths(self, files, *paths):
        for name, data in files.items():
            for path in paths:
                self.assertNotIn(str(path).encode(), data, name)
