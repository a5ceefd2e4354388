# SPDX-License-Identifier: Apache-2.0
"""Serves files by ranges on 127.0.0.1, each answer after a fixed delay, and counts requests and bytes.

  python range_server.py FOLDER DELAY_MS

Prints "READY port". /count gives {"requests": n, "bytes": n} and starts counting anew, without delay. It ends when its
standard input does, so never later than who started it."""
import json
import os
import re
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ROOT, DELAY = os.path.abspath(sys.argv[1]), float(sys.argv[2]) / 1000
LOCK = threading.Lock()
COUNTS = {"requests": 0, "bytes": 0}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 1 << 16

    def log_message(self, *_):
        pass

    def answer(self, status, body, size=None, headers=()):
        self.send_response(status)
        for header in headers:
            self.send_header(*header)
        self.send_header("Content-Length", str(len(body) if size is None else size))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        if self.path == "/count":
            with LOCK:
                text = json.dumps(COUNTS)
                COUNTS.update(requests=0, bytes=0)
            return self.answer(200, text.encode())
        time.sleep(DELAY)
        path = os.path.join(ROOT, self.path.lstrip("/"))
        with LOCK:
            COUNTS["requests"] += 1
        if not os.path.isfile(path):
            return self.answer(404, b"no such file")
        size = os.path.getsize(path)
        headers = [("Accept-Ranges", "bytes"), ("Content-Type", "application/octet-stream"), ("ETag", f'"{size}"')]
        if self.command == "HEAD":
            return self.answer(200, b"", size, headers)
        wanted = re.match(r"bytes=(\d+)-(\d*)$", self.headers.get("Range") or "")
        start, end = (int(wanted[1]), min(int(wanted[2] or size - 1), size - 1)) if wanted else (0, size - 1)
        if start >= size:
            return self.answer(416, b"", None, headers + [("Content-Range", f"bytes */{size}")])
        if wanted:
            headers.append(("Content-Range", f"bytes {start}-{end}/{size}"))
        with open(path, "rb") as file:
            file.seek(start)
            body = file.read(end - start + 1)
        with LOCK:
            COUNTS["bytes"] += len(body)
        self.answer(206 if wanted else 200, body, None, headers)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512


server = Server(("127.0.0.1", 0), Handler)
print("READY", server.server_address[1], flush=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.stdin.read()
