# SPDX-License-Identifier: MIT
"""The place of one attack: a scratch directory, ccenv run in it, what must hold afterwards; and the list of attacks."""
import functools
import hashlib
import http.server
import json
import os
import re
import resource
import socket
import ssl
import stat
import subprocess
import tempfile
import threading
import time

from forge import Channel

ATTACKS = []
MIB = 1 << 20
STRANGER = 12345  # a user id that nobody has


class Failed(Exception):
    """The product did something else."""


class Skipped(Exception):
    """This machine lacks something."""


class Attack:
    def __init__(self, who, name, attack, outcome, run, fast, root, needs):
        self.who, self.name, self.attack, self.outcome, self.run = who, name, attack, outcome, run
        self.fast, self.root, self.needs = fast, root, needs


def attack(who, name, text, outcome, slow=False, root=False, needs=()):
    """Registers a function of a Place as one row of the table."""
    def register(run):
        ATTACKS.append(Attack(who, name, text, outcome, run, not slow, root, needs))
        return run
    return register


def variants(who, items, slow=False, root=False, needs=()):
    """One row for each (name, attack, outcome, value): the function also gets the value. The first is in the fast suite."""
    def register(run):
        for i, (name, text, outcome, value) in enumerate(items):
            fast = i == 0 and not slow
            ATTACKS.append(Attack(who, name, text, outcome, lambda t, v=value: run(t, v), fast, root, needs))
        return run
    return register


CONTROL = re.compile(rb"[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]")


class Result:
    def __init__(self, command, rc, out, err, seconds, cpu, mib):
        self.command, self.rc, self.seconds, self.cpu, self.mib = command, rc, seconds, cpu, mib
        self.raw_out, self.raw_err = out, err
        self.out, self.err = out.decode("utf-8", "replace"), err.decode("utf-8", "replace")

    def __str__(self):
        return (f"$ {' '.join(self.command)}\n  status {self.rc}, {self.seconds:.1f} s, {self.cpu:.1f} s of a processor, {self.mib:.0f} MiB\n"
                f"  stdout: {self.raw_out[:1500]!r}\n  stderr: {self.raw_err[:1500]!r}")


@functools.cache
def sanitized(program):
    """Is it built with the address sanitizer? It then takes a multiple of time and memory."""
    with open(program, "rb") as f:
        return b"__asan_init" in f.read()


class Place:
    """Everything of one attack is below `dir`; the working directory is `work`."""

    def __init__(self, ccenv, keep=False):
        self.program = ccenv
        self.dir = tempfile.mkdtemp(prefix="ccenv-attack-")
        os.chmod(self.dir, 0o755)
        self.home, self.work, self.cache = self.path("home"), self.path("work"), self.path("cache")
        for d in (self.home, self.work):
            os.mkdir(d)
        self.servers, self.keep = [], keep
        self.channels = {}

    def close(self):
        for s in self.servers:
            s.close()
        if not self.keep:
            if os.geteuid() != 0:
                subprocess.run(["chmod", "-R", "u+rwX", self.dir], stderr=subprocess.DEVNULL)
            subprocess.run(["rm", "-rf", self.dir])  # Python's own fails in deep trees

    # --- files

    def path(self, *parts):
        return os.path.join(self.dir, *parts)

    def put(self, path, data, mode=None):
        path = self.path(path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as f:
            f.write(data.encode("utf-8", "surrogateescape") if isinstance(data, str) else data)
        if mode is not None:
            os.chmod(path, mode)
        return path

    def read(self, path):
        with open(self.path(path), "rb") as f:
            return f.read()

    def victim(self, name="victim"):
        """A directory of the user that nothing may touch; check with untouched()."""
        for rel in ("letter", "bin/gcc", "bin/g++", "bin/cc", "bin/c++", "results.2023.backup", "photos.2021.edited/1.jpg",
                    "x.tmp.1", "y.old.2", "a.pc", "pkgconfig/mine.pc", "env/linux-64-0123456789ab/mine"):
            self.put(f"{name}/{rel}", f"the user's {rel}\n")
        return self.path(name)

    def snapshot(self, path):
        """Names, kinds, modes and bytes of a tree."""
        found = {}
        for folder, dirs, names in os.walk(self.path(path)):
            for name in dirs + names:
                full = os.path.join(folder, name)
                st = os.lstat(full)
                rel = os.path.relpath(full, self.path(path))
                if stat.S_ISLNK(st.st_mode):
                    found[rel] = os.readlink(full)
                elif stat.S_ISREG(st.st_mode):
                    with open(full, "rb") as f:
                        found[rel] = (st.st_mode, st.st_uid, hashlib.sha256(f.read()).hexdigest())
                else:
                    found[rel] = st.st_mode
        return found

    def untouched(self, before, path):
        after = self.snapshot(path)
        for rel in sorted(set(before) | set(after)):
            if before.get(rel) != after.get(rel):
                what = "is gone" if rel not in after else "is new" if rel not in before else "has changed"
                raise Failed(f"{path}/{rel} {what}")

    # --- a project

    def channel(self, name="chan"):
        if name not in self.channels:
            self.channels[name] = Channel(self.path(name))
            self.channels[name].write()
        return self.channels[name]

    def manifest(self, where="work", **keys):
        """ccenv.json that asks for the package p of the channel."""
        m = {"channels": [self.channel().url], "platforms": ["linux-64"], "dependencies": {"p": "*"}, **keys}
        return self.put(where + "/ccenv.json", json.dumps({k: v for k, v in m.items() if v is not None}))

    def lock(self):
        with open(self.path("work/ccenv.lock"), encoding="utf-8") as f:
            return json.load(f)

    def write_lock(self, lock):
        self.put("work/ccenv.lock", json.dumps(lock))

    # --- running

    def run(self, command, env=None, cwd=None, timeout=30, user=None, memory=None, stdin=None):
        out, err = tempfile.TemporaryFile(), tempfile.TemporaryFile()
        full = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": self.home, "LANG": "C.UTF-8", "CCENV_CACHE_DIR": self.cache,
                "CONDA_OVERRIDE_CUDA": "", "CONDA_OVERRIDE_GLIBC": "2.36", "CONDA_OVERRIDE_LINUX": "6.1",
                "CONDA_OVERRIDE_ARCHSPEC": "x86_64", "ASAN_OPTIONS": "abort_on_error=1", **(env or {})}
        full = {k: v for k, v in full.items() if v is not None}

        def limits():
            if memory and not sanitized(self.program):  # the sanitizer maps terabytes
                resource.setrlimit(resource.RLIMIT_AS, (memory, memory))

        with open("/proc/self/statm", encoding="ascii") as f:
            own = int(f.read().split()[1]) * resource.getpagesize() / MIB
        start = time.monotonic()
        p = subprocess.Popen(command, env=full, cwd=cwd or self.work, stdin=stdin or subprocess.DEVNULL, stdout=out,
                             stderr=err, user=user, group=user, extra_groups=[] if user is not None else None,
                             preexec_fn=limits, start_new_session=True)
        timed_out = threading.Event()

        def end():
            timed_out.set()
            os.killpg(p.pid, 9)

        timer = threading.Timer(timeout, end)
        timer.start()
        _, status, usage = os.wait4(p.pid, 0)
        timer.cancel()
        p.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        r = Result([os.path.basename(command[0]), *command[1:]], p.returncode, out.read(), err.read(),
                   time.monotonic() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)
        if r.mib < own + 16:
            r.mib = 0  # the memory of this process at the fork: the program itself took less
        if timed_out.is_set():
            raise Failed(f"not done after {timeout} s\n{r}")
        return r

    def ccenv(self, *args, lines=False, **options):
        """
        Runs it. Whatever the attack: no crash, no hang, no control byte in what it prints, and no line forged by text from
        outside; with `lines` there may be newlines, in the user's own words.
        """
        r = self.run([self.program, *args], **options)
        if r.rc < 0 or r.rc > 2:
            raise Failed(f"crashed\n{r}")
        if b"Sanitizer" in r.raw_err or b"runtime error:" in r.raw_err:
            raise Failed(f"a sanitizer speaks\n{r}")
        for stream in (r.raw_out, r.raw_err):
            m = CONTROL.search(stream)
            if m:
                raise Failed(f"a control byte {m[0]!r} reaches the terminal\n{r}")
            if not lines and re.search(rb"^forged", stream, re.M):
                raise Failed(f"a forged line\n{r}")
        return r

    def done(self, *args, **options):
        r = self.ccenv(*args, **options)
        if r.rc != 0:
            raise Failed(f"should have worked\n{r}")
        return r

    def refused(self, *args, says=None, **options):
        """It fails with a message."""
        r = self.ccenv(*args, **options)
        if r.rc == 0:
            raise Failed(f"should have been refused\n{r}")
        if not r.err.strip():
            raise Failed(f"refused without a word\n{r}")
        if says and not re.search(says, r.err, re.I):
            raise Failed(f"the message does not say \"{says}\"\n{r}")
        return r

    def either(self, *args, **options):
        """Refused or done: what counts is checked by the caller."""
        return self.ccenv(*args, **options)

    def has(self, condition, text):
        if not condition:
            raise Failed(text)

    def cheap(self, r, seconds, mib):
        """Seconds of a processor: what else the machine does must not count. What waits is ended by the timeout."""
        factor = 5 if sanitized(self.program) else 1
        if r.cpu > seconds * factor or r.mib > mib * factor:
            raise Failed(f"took more than {seconds} s or {mib} MiB\n{r}")
        return r

    def install_refused(self, **options):
        """Locks, then `install --prefix` is refused, and leaves neither prefix nor cache entry nor temporary files."""
        self.manifest()
        self.done("lock", "-q")
        r = self.refused("install", "--prefix", self.path("prefix"), **options)
        self.nothing_left()
        return r

    def nothing_left(self):
        self.has(not os.path.lexists(self.path("prefix")), "there is a prefix")
        pkgs = self.path("cache/pkgs")
        for name in os.listdir(pkgs) if os.path.isdir(pkgs) else []:
            full = os.path.join(pkgs, name)
            if not os.path.isdir(full):
                continue
            if len(name) == 64:
                raise Failed(f"there is a cache entry {name}")
            left = os.listdir(full)
            self.has(not left, f"{full} is left with {left}")

    def installs(self, **options):
        """Locks and installs the package p into `prefix`."""
        self.manifest()
        self.done("lock", "-q")
        return self.done("install", "--prefix", self.path("prefix"), **options)

    # --- servers

    def server(self, handler, tls=None):
        s = Server(handler, tls)
        self.servers.append(s)
        return s

    def certificate(self, name="localhost", days=2, extra=()):
        """(certificate, key) of a fresh self-signed certificate."""
        stem = self.path(f"cert-{name}-{days}")
        r = subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                            "-days", str(days), "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}",
                            "-keyout", stem + ".key", "-out", stem + ".pem", *extra], capture_output=True)
        if r.returncode:
            raise Skipped("openssl cannot make a certificate")
        return stem + ".pem", stem + ".key"


class Server:
    """An http server on loopback; handler(request) answers with request.reply(); `seen` has (path, headers)."""

    def __init__(self, handler, tls):
        self.seen = seen = []

        class Request(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                seen.append((self.path, dict(self.headers)))
                handler(self)

            do_HEAD = do_CONNECT = do_GET

            def reply(self, status=200, body=b"", **headers):
                self.send_response(status)
                for k, v in headers.items():
                    self.send_header(k.replace("_", "-"), v)
                if "Content_Length" not in headers:
                    self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

            def log_message(self, *args):
                pass

        class Quiet(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request, client_address):
                pass

        self.http = Quiet(("127.0.0.1", 0), Request)
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*tls)
            self.http.socket = context.wrap_socket(self.http.socket, server_side=True, do_handshake_on_connect=False)
        self.port = self.http.server_address[1]
        self.url = f"{'https' if tls else 'http'}://{'localhost' if tls else '127.0.0.1'}:{self.port}"
        threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def close(self):
        self.http.shutdown()
        self.http.server_close()


def serve(folder):
    """A handler that serves the files of a directory."""
    def handler(request):
        path = os.path.join(folder, request.path.split("?")[0].lstrip("/"))
        if os.path.isfile(path):
            with open(path, "rb") as f:
                request.reply(200, f.read())
        else:
            request.reply(404)
    return handler


def tunnel(request, port):
    """Answers a CONNECT by passing bytes to and from a port of loopback."""
    request.send_response(200)
    request.end_headers()
    with socket.create_connection(("127.0.0.1", port)) as far:
        near = request.connection

        def pump(a, b):
            try:
                while data := a.recv(65536):
                    b.sendall(data)
            except OSError:
                pass
            for s in (a, b):
                try:
                    s.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
        t = threading.Thread(target=pump, args=(far, near), daemon=True)
        t.start()
        pump(near, far)
        t.join(1)
    request.close_connection = True
