#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""registry.py LAYOUT PORT: serves the one image of an OCI layout (buildah push … oci:LAYOUT) under every name, as a registry that is only read."""
import http.server
import json
import sys
from pathlib import Path

LAYOUT = Path(sys.argv[1])


class Registry(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_HEAD(self):
        self.answer(False)

    def do_GET(self):
        self.answer(True)

    def answer(self, with_body):
        index = json.loads((LAYOUT / "index.json").read_text(encoding="utf-8"))
        parts = self.path.split("?")[0].split("/")
        kind, wanted = (parts[-2], parts[-1]) if len(parts) > 3 else ("", "")
        manifest = index["manifests"][0]
        digest = wanted if wanted.startswith("sha256:") else manifest["digest"]
        path = LAYOUT / "blobs" / digest.replace(":", "/")
        if self.path == "/v2/":
            body, mime = b"{}", "application/json"
        elif kind in ("manifests", "blobs") and path.is_file() and ".." not in digest:
            body = path.read_bytes()
            mime = manifest["mediaType"] if kind == "manifests" else "application/octet-stream"
        else:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Type", mime)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Docker-Content-Digest", digest)
        self.end_headers()
        if with_body:
            self.wfile.write(body)

    def log_message(self, *args):
        pass


http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[2])), Registry).serve_forever()
