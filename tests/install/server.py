# SPDX-License-Identifier: MIT
"""A channel over HTTP for tests: ranges, a speed limit, and a count of what was asked for."""

import collections
import http.server
import os
import threading
import time


class Server:
    """Serves `folder` while the context lasts. `bytes_per_s` limits each connection."""

    def __init__(self, folder, bytes_per_s=None):
        self.folder, self.bytes_per_s = folder, bytes_per_s
        self.gets = collections.Counter()   # path -> requests that began at its first byte
        self.resumed = collections.Counter()
        self.lock = threading.Lock()

    def __enter__(self):
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                outer.get(self)

            def log_message(self, *args):
                pass

        class Quiet(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, *args):  # clients are killed here on purpose
                pass

        self.httpd = Quiet(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.httpd.server_port}"
        threading.Thread(target=self.httpd.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *args):
        self.httpd.shutdown()
        self.httpd.server_close()

    def get(self, h):
        path = os.path.join(self.folder, h.path.lstrip("/"))
        if not os.path.isfile(path):
            h.send_error(404)
            return
        size, start = os.path.getsize(path), 0
        wanted = h.headers.get("Range", "")
        if wanted.startswith("bytes=") and wanted.endswith("-"):
            start = min(int(wanted[6:-1]), size)
        with self.lock:
            (self.resumed if start else self.gets)[h.path] += 1
        h.send_response(206 if start else 200)
        if start:
            h.send_header("Content-Range", f"bytes {start}-{size - 1}/{size}")
        h.send_header("Accept-Ranges", "bytes")
        h.send_header("Content-Length", str(size - start))
        h.end_headers()
        with open(path, "rb") as f:
            f.seek(start)
            while data := f.read(1 << 16):
                h.wfile.write(data)
                if self.bytes_per_s:
                    time.sleep(len(data) / self.bytes_per_s)
