# SPDX-License-Identifier: MIT
"""Hostile servers and mirrors, and somebody between them and the user."""
import base64
import gzip
import json
import os
import re
import time

from forge import Package
from place import attack, serve, tunnel, variants

HOST = "channel.test"  # reached through a proxy of the test only
ONCE = {"CCENV_NET_RETRIES": "0", "CCENV_NET_TIMEOUT": "3"}


def _plain_proxy(t):
    """A proxy that serves the channel below http://channel.test/chan; (server, environment)."""
    files = serve(t.dir)

    def handler(request):
        if request.path.startswith("http://"):
            request.path = "/" + request.path.split("/", 3)[3]
            request.path = re.sub("^/t/[^/]*/", "/", request.path)
        files(request)
    s = t.server(handler)
    return s, {**ONCE, "http_proxy": s.url, "no_proxy": ""}


def _tls(t, handler, name=HOST):
    """An https server called `name`, reached through a proxy; (server, environment)."""
    certificate = t.certificate(name)
    far = t.server(handler, certificate)
    near = t.server(lambda request: tunnel(request, far.port) if request.command == "CONNECT" else request.reply(502))
    return far, {**ONCE, "https_proxy": near.url, "http_proxy": near.url, "no_proxy": "", "SSL_CERT_FILE": certificate[0]}


STORED = {
    "netrc": (".netrc", f"machine {HOST} login user password S3CRET\n"),
    "basic": (".rattler/credentials.json", json.dumps({HOST: {"BasicHTTP": {"username": "user", "password": "S3CRET"}}})),
    "bearer": (".rattler/credentials.json", json.dumps({HOST: {"BearerToken": "S3CRET"}})),
    "conda-token": (".rattler/credentials.json", json.dumps({HOST: {"CondaToken": "S3CRET"}})),
    "wildcard": (".rattler/credentials.json", json.dumps({"*.test": {"BearerToken": "S3CRET"}})),
    "anaconda": (".config/binstar/https%3A%2F%2Fchannel.test.token", "S3CRET"),
}


def _told(server):
    text = json.dumps(server.seen)
    for m in re.findall(r"Basic ([A-Za-z0-9+/=]+)", text):
        text += base64.b64decode(m).decode()
    return "S3CRET" in text


@variants("network", [(f"http.{name}", f"stored credentials ({name}) and a channel of plain http", "not sent", name) for name in STORED])
def _(t, name):
    t.put("home/" + STORED[name][0], STORED[name][1], 0o600)
    t.channel().add(Package())
    s, env = _plain_proxy(t)
    t.manifest(channels=[f"http://{HOST}/chan"])
    t.either("lock", env=env)
    t.either("install", "--prefix", t.path("prefix"), env=env)
    t.has(s.seen, "the channel was not asked at all")
    t.has(not _told(s), f"sent in clear text: {s.seen}")


@variants("network", [(f"https.{name}", f"stored credentials ({name}) and a channel of https", "sent, to that host only", name)
                      for name in ("netrc", "basic", "bearer", "conda-token", "wildcard")], needs=("openssl",))
def _(t, name):
    t.put("home/" + STORED[name][0], STORED[name][1], 0o600)
    files = serve(t.dir)

    def handler(request):
        request.path = re.sub("^/t/[^/]*/", "/", request.path)
        files(request)
    t.channel().add(Package())
    s, env = _tls(t, handler)
    t.manifest(channels=[f"https://{HOST}/chan"])
    t.done("lock", env=env)
    t.has(_told(s), f"not sent: {s.seen[:3]}")
    t.has(b"S3CRET" not in t.read("work/ccenv.lock"), "in the lock")


@variants("network", [
    ("https.other-host", "credentials for another host", "not sent", {"other.test": {"BearerToken": "S3CRET"}}),
    ("https.suffix", "credentials for a host that this one ends like", "not sent", {"hannel.test": {"BearerToken": "S3CRET"}}),
    ("https.wildcard-other", "a wildcard of another domain", "not sent", {"*.example": {"BearerToken": "S3CRET"}}),
    ("https.other-port", "credentials for another port of the host", "not sent", {HOST + ":8443": {"BearerToken": "S3CRET"}}),
], needs=("openssl",))
def _(t, stored):
    t.put("home/.rattler/credentials.json", json.dumps(stored))
    t.channel().add(Package())
    s, env = _tls(t, serve(t.dir))
    t.manifest(channels=[f"https://{HOST}/chan"])
    t.done("lock", env=env)
    t.has(not _told(s), f"sent: {s.seen[:3]}")


@attack("network", "https.port-of-loopback", "credentials for one port of loopback, and a channel on another", "not sent")
def _(t):
    t.channel().add(Package())
    s = t.server(serve(t.dir))
    t.put("home/.rattler/credentials.json", json.dumps({f"127.0.0.1:{s.port + 1}": {"BearerToken": "S3CRET"}}))
    t.manifest(channels=[s.url + "/chan"])
    t.done("lock", env=ONCE)
    t.has(not _told(s), f"sent: {s.seen[:3]}")


@variants("network", [
    ("header.crlf", "a token with a line break", "not sent as a header", "x\r\nX-Evil: 1"),
    ("header.lf", "a token with a newline", "not sent as a header", "x\nX-Evil: 1"),
    ("header.escape", "a token with an escape", "refused, or sent as it is; not printed", "x\x1b[2J"),
])
def _(t, token):
    t.channel().add(Package())
    s = t.server(serve(t.dir))
    for kind in ({"BearerToken": token}, {"CondaToken": token}, {"BasicHTTP": {"username": token, "password": token}}):
        t.put("home/.rattler/credentials.json", json.dumps({"127.0.0.1": kind}))
        t.manifest(channels=[s.url + "/chan"])
        t.either("lock", "-vv", env=ONCE)
        t.has(not any("X-Evil" in h for _, h in s.seen), "a header was injected")


@attack("network", "base-url.http", "the index of an https channel says that packages are at http://", "refused", needs=("openssl",))
def _(t):
    chan = t.channel()
    chan.info = {"base_url": f"http://{HOST}/chan/noarch/"}
    chan.add(Package())
    _, env = _tls(t, serve(t.dir))
    t.manifest(channels=[f"https://{HOST}/chan"])
    t.refused("lock", env=env)


@variants("network", [
    ("redirect.http", "https redirects to http", "refused", lambda t: f"http://{HOST}/x"),
    ("redirect.file", "https redirects to file:///etc/passwd", "refused", lambda t: "file:///etc/passwd"),
    ("redirect.ftp", "https redirects to ftp", "refused", lambda t: "ftp://127.0.0.1/x"),
    ("redirect.loop", "https redirects to itself for ever", "refused", lambda t: f"https://{HOST}/loop"),
    ("redirect.escape", "a redirect with an escape sequence", "refused; not printed raw", lambda t: f"https://{HOST}/\x1b[2J"),
], needs=("openssl",))
def _(t, target):
    def handler(request):
        request.reply(302, Location=target(t))
    _, env = _tls(t, handler)
    t.manifest(channels=[f"https://{HOST}/chan"])
    t.refused("lock", "-vv", env=env)


@variants("network", [
    ("redirect.other-port", "a redirect to another port of the host, with stored credentials", "the credentials are not sent there",
     {"127.0.0.1": {"BearerToken": "S3CRET"}}),
    ("redirect.other-port-basic", "the same with user and password in the URL", "they are not sent there", None),
])
def _(t, stored):
    t.channel().add(Package())
    far = t.server(serve(t.dir))
    near = t.server(lambda request: request.reply(302, Location=f"http://localhost:{far.port}{request.path}"))
    t.put("home/.rattler/credentials.json", json.dumps(stored or {}))
    t.manifest(channels=[(near.url if stored else near.url.replace("//", "//user:S3CRET@")) + "/chan"])
    t.either("lock", env=ONCE)
    t.has(far.seen, "the redirect was not followed")
    t.has(not _told(far), f"sent on: {far.seen[:2]}")


@variants("network", [
    ("tls.unknown", "a certificate that nobody vouches for", "refused", dict(trust=False)),
    ("tls.other-name", "a certificate for another host", "refused", dict(name="other.test")),
    ("tls.plain", "plain http on the port of https", "refused", dict(plain=True)),
], needs=("openssl",))
def _(t, how):
    t.channel().add(Package())
    certificate = t.certificate(how.get("name", HOST), how.get("days", 2))
    far = t.server(serve(t.dir), None if how.get("plain") else certificate)
    near = t.server(lambda request: tunnel(request, far.port))
    env = {**ONCE, "https_proxy": near.url, "no_proxy": ""}
    if how.get("trust", True):
        env["SSL_CERT_FILE"] = certificate[0]
    t.manifest(channels=[f"https://{HOST}/chan"])
    t.refused("lock", env=env)
    t.has(not far.seen or how.get("plain"), "it was asked all the same")


# --- answers

def _answers(t, handler, **env):
    s = t.server(handler)
    t.manifest(channels=[s.url + "/chan"])
    return t.cheap(t.refused("lock", "-vv", env={**ONCE, **env}, timeout=40), 35, 500)


def _raw(data):
    def handler(request):
        request.close_connection = True
        request.wfile.write(data)
    return handler


@variants("network", [(n, text, "refused; not printed raw, in little memory", data) for n, text, data in [
    ("answer.reason", "a status line with an escape sequence", b"HTTP/1.1 418 \x1b]0;x\x07\x1b[2J\r\nContent-Length: 0\r\n\r\n"),
    ("answer.garbage", "no HTTP at all", b"\x1b[2Jhello\n" * 100),
    ("answer.empty", "an empty answer", b""),
    ("answer.long-header", "a header of 2 MB", b"HTTP/1.1 200 OK\r\nX: " + b"x" * (2 << 20) + b"\r\n\r\n"),
    ("answer.many-headers", "200,000 headers", b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200000 + b"\r\n"),
    ("answer.length-more", "a Content-Length above what comes", b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n{}"),
    ("answer.length-negative", "a negative Content-Length", b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n{}"),
    ("answer.length-huge", "a Content-Length of 2^63", b"HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775807\r\n\r\n{}"),
    ("answer.chunks-bad", "chunks that are none", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzzz\r\n"),
    ("answer.partial", "206 for a whole file", b"HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 5-9/10\r\nContent-Length: 5\r\n\r\nabcde"),
    ("answer.etag", "an ETag with an escape sequence", b"HTTP/1.1 200 OK\r\nETag: \"\x1b[2J\"\r\nContent-Length: 2\r\n\r\n[]"),
]])
def _(t, data):
    _answers(t, _raw(data))


@attack("network", "answer.gzip-bomb", "a Content-Encoding that inflates to a gigabyte", "refused, or not inflated; in little memory", slow=True)
def _(t):
    body = gzip.compress(bytes(1 << 30), 1)
    _answers(t, lambda request: request.reply(200, body, Content_Encoding="gzip"))


@attack("network", "answer.endless", "an index that never ends", "refused", slow=True)
def _(t):
    def handler(request):
        request.send_response(200)
        request.end_headers()
        request.close_connection = True
        while True:
            request.wfile.write(b'{"packages":{' + b" " * 65536)
    _answers(t, handler)


@attack("network", "answer.drip", "an index that comes at 20 bytes a second", "refused within a minute", slow=True)
def _(t):
    def handler(request):
        request.send_response(200)
        request.send_header("Content-Length", "1000000")
        request.end_headers()
        for _ in range(1000):
            request.wfile.write(b'{"packages":{  ' if _ == 0 else b" " * 10)
            time.sleep(0.5)
    s = t.server(handler)
    t.manifest(channels=[s.url + "/chan"])
    t.refused("lock", env=ONCE, timeout=60)


@attack("network", "answer.retry-after", "Retry-After of a year", "refused within half a minute", slow=True)
def _(t):
    s = t.server(lambda request: request.reply(429, Retry_After="31536000"))
    t.manifest(channels=[s.url + "/chan"])
    t.refused("lock", env={"CCENV_NET_RETRIES": "1", "CCENV_NET_TIMEOUT": "3"}, timeout=120)


def _package_answers(t, handler):
    """A good channel whose package is answered by `handler`."""
    t.channel().add(Package())
    files = serve(t.dir)
    s = t.server(lambda request: handler(request) if request.path.endswith(".conda") else files(request))
    t.manifest(channels=[s.url + "/chan"])
    t.done("lock", "-q", env=ONCE)
    r = t.refused("install", "--prefix", t.path("prefix"), env=ONCE, timeout=60)
    t.nothing_left()
    return r


def _endless(request):
    request.send_response(200)
    request.end_headers()
    request.close_connection = True
    while True:
        request.wfile.write(bytes(65536))


@variants("network", [(n, "the server sends " + text if n != "package.redirect-file" else text, "refused; nothing left behind", h) for n, text, h in [
    ("package.other-bytes", "other bytes than those of the lock", lambda request: request.reply(200, Package(files={"share/x": "evil\n"}).conda())),
    ("package.page", "a page instead of the package", lambda request: request.reply(200, b"<html>please log in</html>")),
    ("package.empty", "nothing", lambda request: request.reply(200, b"")),
    ("package.short", "half of the package", lambda request: request.reply(200, Package().conda()[:2000])),
    ("package.longer", "the package, and more behind it", lambda request: request.reply(200, Package().conda() + bytes(100000))),
    ("package.endless", "zeros without an end", _endless),
    ("package.not-there", "404", lambda request: request.reply(404)),
    ("package.forbidden", "403", lambda request: request.reply(403)),
    ("package.redirect-file", "a redirect of the package to a file of this machine", lambda request: request.reply(302, Location="file:///etc/passwd")),
]])
def _(t, handler):
    _package_answers(t, handler)


@attack("network", "mirror.other-bytes", "a mirror gives other bytes than those of the lock", "the next place is asked; the installed bytes are the locked ones")
def _(t):
    t.channel().add(Package())
    good = t.server(serve(t.dir))
    files = serve(t.dir)
    evil = t.server(lambda request: request.reply(200, Package(files={"share/x": "evil\n"}).conda()) if request.path.endswith(".conda") else files(request))
    t.manifest(channels=[good.url + "/chan"])
    env = {**ONCE, "CCENV_MIRRORS": f"{good.url}/chan={evil.url}/chan"}
    t.done("lock", "-q", env=env)
    t.has(evil.url.encode() not in t.read("work/ccenv.lock"), "the mirror is in the lock")
    t.done("install", "--prefix", t.path("prefix"), env=env)
    t.has(t.read("prefix/share/x") == b"genuine\n", "not the locked bytes")


@attack("network", "attestation.required", "packages without a verified attestation, and --require-attestation", "refused before anything is fetched")
def _(t):
    t.channel().add(Package())
    s = t.server(serve(t.dir))
    t.manifest(channels=[s.url + "/chan"])
    t.done("lock", env=ONCE)
    s.seen.clear()
    t.refused("install", "--require-attestation", says="cannot verify attestations")
    t.has(not s.seen and not os.path.exists(t.path("work/build")), f"something was done: {s.seen[:3]}")
