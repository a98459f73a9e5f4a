# SPDX-License-Identifier: MIT
"""The distribution's packages, unpacked into one tree that remembers which file is whose."""

import fnmatch
import io
import os
import subprocess
import tarfile

_SKIP = ("usr/share/doc/", "usr/share/man/", "usr/share/locale/", "usr/share/lintian/",
         "usr/share/gdb/", "usr/share/gcc/")


def unpack(deb, root):
    """Unpacks one .deb; returns its paths. /lib, /lib64 and /bin go below usr/."""
    data = subprocess.run(["dpkg-deb", "--fsys-tarfile", deb], capture_output=True,
                          check=True).stdout
    paths = []
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        for member in tar:
            name = os.path.normpath(member.name)
            if name.split("/")[0] in ("lib", "lib64", "bin", "sbin"):
                name = "usr/" + name
            if member.isdir() or name.startswith(_SKIP):
                continue
            full = os.path.join(root, name)
            os.makedirs(os.path.dirname(full), exist_ok=True)
            if member.issym():
                os.symlink(member.linkname, full)
            elif member.isreg() or member.islnk():
                with open(full, "wb") as f:
                    f.write(tar.extractfile(member).read())
                os.chmod(full, member.mode & 0o755)
            paths.append(name)
    return paths


class Tree:
    """`owned` maps a package's name to the paths it brought."""

    def __init__(self, root, owned):
        self.root = root
        self.owned = owned

    def full(self, rel):
        return os.path.join(self.root, rel)

    def of(self, package, pattern="*"):
        """The package's paths that match, sorted, less those already taken."""
        return [p for p in sorted(self.owned.get(package, [])) if fnmatch.fnmatch(p, pattern)
                and os.path.lexists(self.full(p))]

    def find(self, pattern):
        """All paths that match, of whichever package."""
        return [p for name in sorted(self.owned) for p in self.of(name, pattern)]

    def one(self, pattern):
        """The one path that matches."""
        found = self.find(pattern)
        if len(found) != 1:
            raise LookupError(f"{pattern}: {len(found)} files of the distribution match")
        return found[0]


class Compiler:
    """The distribution's gcc for `target`, run from the tree; nothing of it need be installed.

    Its glibc may be older than this machine's.
    """

    def __init__(self, tree, target="x86_64-linux-gnu"):
        self.root = tree.root
        self.tools = os.path.join(self.root, "tools")
        self.libs = os.path.join(self.root, "libs")
        self.gcc = tree.full(tree.one(f"usr/bin/{target}-gcc-[0-9]*"))
        os.mkdir(self.tools)
        os.mkdir(self.libs)
        # All but its glibc: that of a program and the loader that starts it must be the same.
        for name in sorted(tree.owned):
            for p in tree.of(name, "usr/lib/x86_64-linux-gnu/*.so*") if name != "libc6" else []:
                if os.path.dirname(p) == "usr/lib/x86_64-linux-gnu" and not name.endswith("-dev"):
                    os.symlink(os.path.join(self.root, p), os.path.join(self.libs, os.path.basename(p)))
        for name in ("as", "ld"):
            os.symlink(f"../usr/bin/{target}-{name}", os.path.join(self.tools, name))

    def run(self, *args, text=None):
        env = {"LD_LIBRARY_PATH": self.libs, "PATH": self.tools, "LC_ALL": "C"}
        return subprocess.run([self.gcc, "-B", self.tools, *args], input=text, text=True,
                              check=True, env=env, stdout=subprocess.PIPE).stdout

    def specs(self):
        return self.run("-dumpspecs")

    def shared(self, source, out, soname):
        """A shared library from C text, without any other library."""
        self.run("-shared", "-nostdlib", "-fPIC", "-O1", "-x", "c", "-", f"-Wl,-soname,{soname}",
                 "-Wl,--build-id=none", "-o", out, text=source)
