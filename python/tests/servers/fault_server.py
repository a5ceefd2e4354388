# SPDX-License-Identifier: Apache-2.0
"""A web server that misbehaves as it is told, for tests of readers. 127.0.0.1 only, bounded in time and requests.

    python fault_server.py [--root FOLDER] [--seconds N] [--requests N] [--delay MS] [--tls FILE]

Prints "READY port", and ends by itself. Files lie under /files/NAME (of ROOT), /made/SIZE (bytes that follow from their
offset), /sparse/SIZE/NAME (the file NAME of ROOT, then zeros up to SIZE). A query says what goes wrong:

    status=503&times=2      that status, for the first requests; after=1: only after so many good ones
    retry_after=1           with the header Retry-After
    reset | short | hang    the connection is cut at once, in the middle of the body, or goes silent
    rate=0.05&seed=1        faults of several kinds in that share of requests
    no_range                the whole file, with status 200
    lie=length|range|size   a wrong Content-Length, another part, a wrong size in Content-Range
    html                    a login page with status 200
    change=ETAG_AFTER       another ETag after so many requests; weak: weak ones
    redirect=URL            status 302 (code=…) to that URL
    login=NAME:PASSWORD     401 without them; cookie=1: sets one, and wants it
    no_size                 Content-Range with "*"
    drip=BYTES              the body comes with so many bytes a second
    gzip                    Content-Encoding: gzip

/log gives the requests so far as JSON: path, headers, and what was answered."""
import argparse, array, base64, json, os, random, re, socket, ssl, struct, sys, threading, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

parser = argparse.ArgumentParser()
parser.add_argument("--root", default=".")
parser.add_argument("--seconds", type=float, default=120)
parser.add_argument("--requests", type=int, default=100_000)
parser.add_argument("--tls", help="a file with certificate and key")
parser.add_argument("--delay", type=float, default=0, help="milliseconds before each answer")
options = parser.parse_args()

lock = threading.Lock()
log, counts, active = [], {}, {"now": 0, "most": 0}
PAGE = b"<!DOCTYPE html><html><head><title>Please log in</title></head><body>...</body></html>"


def made(start, count):
    """Bytes of a file that nobody has written: each eight tell their own offset."""
    first = start // 8
    last = (start + count + 7) // 8
    block = array.array("Q", range(8 * first, 8 * last, 8)).tobytes()
    return block[start - 8 * first:][:count]


class File:
    def __init__(self, path):
        parts = unquote(path).strip("/").split("/")
        if len(parts) == 2 and parts[0] == "made":
            self.size, self.name = int(parts[1]), None
        elif len(parts) >= 3 and parts[0] == "sparse":
            self.size, self.name = int(parts[1]), os.path.join(options.root, *parts[2:])
        elif len(parts) >= 2 and parts[0] == "files":
            self.name = os.path.join(options.root, *parts[1:])
            if os.path.isdir(self.name):
                raise FileNotFoundError(path)
            self.size = os.path.getsize(self.name)
        else:
            raise FileNotFoundError(path)

    def read(self, start, count):
        if self.name is None:
            return made(start, count)
        with open(self.name, "rb") as file:
            file.seek(start)
            return file.read(count).ljust(count, b"\0")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    rate = 0
    disable_nagle_algorithm = True
    wbufsize = 1 << 16

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"", headers=(), length=None):
        self.entry["status"] = status
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        if self.command != "HEAD":
            self.drip(body) if self.rate else self.wfile.write(body)
        self.wfile.flush()

    def drip(self, body):
        step = max(1, self.rate // 10)
        for start in range(0, len(body), step):
            self.wfile.write(body[start:start + step])
            self.wfile.flush()
            time.sleep(step / self.rate)

    def cut(self, rst=True):
        self.close_connection = True
        try:
            if rst:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.shutdown(socket.SHUT_RDWR) if not rst else None
            self.connection.close()
        except OSError:
            pass

    def do_HEAD(self):
        self.handle_request()

    def do_GET(self):
        self.handle_request()

    def do_PUT(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        with lock:
            log.append({"method": "PUT", "path": self.path, "headers": dict(self.headers), "size": len(body)})
        self.entry = {}
        self.answer(200)

    def handle_request(self):
        address = urlsplit(self.path)
        if address.path == "/log":
            self.entry = {}
            with lock:
                text = json.dumps({"requests": log, "most": active["most"]})
            return self.answer(200, text.encode())
        self.entry = {"method": self.command, "path": self.path, "headers": dict(self.headers)}
        self.rate = int(parse_qs(address.query).get("drip", ["0"])[-1])
        with lock:
            log.append(self.entry)
            number = counts[self.path] = counts.get(self.path, 0) + 1
            if len(log) > options.requests:
                threading.Thread(target=server.shutdown).start()
            active["now"] += 1
            active["most"] = max(active["most"], active["now"])
        try:
            time.sleep(options.delay / 1000)
            self.respond(address, {k: v[-1] for k, v in parse_qs(address.query, True).items()}, number)
        except (ConnectionError, ValueError, OSError):
            self.close_connection = True
        finally:
            with lock:
                active["now"] -= 1

    def respond(self, address, query, number):
        after = int(query.get("after", 0))
        turn = after < number <= after + int(query.get("times", 1 << 30))
        if "rate" in query:
            with lock:
                dice = random.Random(f"{query.get('seed', 0)} {self.headers.get('Range')} {number}")
            turn = dice.random() < float(query["rate"])
            if turn:
                query[dice.choice(["reset", "short", "busy", "broken"])] = ""
                query.setdefault("status", "503" if "busy" in query else "500") if "busy" in query or "broken" in query else None
        if "login" in query:
            wanted = "Basic " + base64.b64encode(query["login"].encode()).decode()
            has_cookie = "cookie" in query and "session=yes" in (self.headers.get("Cookie") or "")
            if not has_cookie and self.headers.get("Authorization") != wanted:
                return self.answer(401, b"who are you?\n", [("WWW-Authenticate", "Basic realm=\"test\"")])
        if turn:
            if "reset" in query:
                self.entry["status"] = "reset"
                return self.cut()
            if "hang" in query:
                self.entry["status"] = "hang"
                time.sleep(float(query["hang"] or 5))
                return self.cut()
            if "status" in query:
                extra = [("Retry-After", query["retry_after"])] if "retry_after" in query else []
                words = query.get("words", "it does not work today")
                return self.answer(int(query["status"]), words.encode(), extra)
            if "redirect" in query:
                extra = [("Location", query["redirect"])]
                if "cookie" in query:
                    extra.append(("Set-Cookie", "session=yes; Path=/"))
                return self.answer(int(query.get("code", 302)), b"", extra)
            if "html" in query:
                return self.answer(200, PAGE, [("Content-Type", "text/html; charset=utf-8")])
        try:
            file = File(address.path)
        except (FileNotFoundError, ValueError, IsADirectoryError):
            return self.answer(404, b"<html><head><title>no such file here</title></head></html>",
                               [("Content-Type", "text/html")])
        self.send_part(file, query, number, turn)

    def send_part(self, file, query, number, turn):
        tag = '"v2"' if "change" in query and number > int(query["change"]) else '"v1"'
        headers = [("ETag", "W/" + tag if "weak" in query else tag), ("Content-Type", "application/octet-stream")]
        if "no_date" not in query:
            headers.append(("Last-Modified", "Sun, 06 Nov 1994 08:49:37 GMT"))
        wanted = re.match(r"bytes=(\d+)-(\d+)$", self.headers.get("Range") or "")
        if self.command == "HEAD" or not wanted or "no_range" in query:
            if "gzip" in query:
                headers.append(("Content-Encoding", "gzip"))
            body = b"" if self.command == "HEAD" else file.read(0, min(file.size, 200 << 20))
            return self.answer(200, body, headers, length=file.size)
        start, end = int(wanted[1]), min(int(wanted[2]), file.size - 1)
        if start >= file.size:
            return self.answer(416, b"no such bytes", headers + [("Content-Range", f"bytes */{file.size}")])
        lie = query.get("lie") if turn else None
        if lie == "range":
            start += 1
            end = min(end + 1, file.size - 1)
        size = "*" if "no_size" in query else file.size + (1 << 20) * (lie == "size")
        headers.append(("Content-Range", f"bytes {start}-{end}/{size}"))
        body = file.read(start, end - start + 1)
        if "short" in query and turn:
            self.answer(206, body[:len(body) // 2], headers, length=len(body))
            return self.cut(rst=False)
        if lie == "length":
            self.close_connection = True
            return self.answer(206, body[:-1] if len(body) > 1 else b"", headers)
        self.answer(206, body, headers)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512

    def handle_error(self, *_):
        pass


server = Server(("127.0.0.1", 0), Handler)
if options.tls:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(options.tls)
    server.socket = context.wrap_socket(server.socket, server_side=True)
threading.Timer(options.seconds, server.shutdown).start()
print("READY", server.server_address[1], flush=True)
server.serve_forever()
os._exit(0)
