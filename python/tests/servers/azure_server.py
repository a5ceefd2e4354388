# SPDX-License-Identifier: Apache-2.0
"""A blob service on 127.0.0.1, as far as stores need one; signatures are computed again by Microsoft's library. It is itself
checked with that library as its client. Prints its port, and ends after five minutes, or when its standard input is closed.

The account is `account`; containers come into being with their first blob; `open…` may be read by all. Pages of listings have
100 blobs. GET /-/log gives all requests, POST /-/set?fail=N:STATUS:CODE refuses the next N requests,
and with only=TEXT the next N whose method and path contain that text; slow=MS: each answer takes so long."""
import base64
import collections
import hashlib
import http.server
import json
import re
import sys
import threading
import time
import urllib.parse
import xml.etree.ElementTree
import xml.sax.saxutils

import azure.core.pipeline
import azure.core.rest
from azure.storage.blob._shared.authentication import SharedKeyCredentialPolicy

KEY = base64.b64encode(b"a key of the account, 32 bytes..").decode()
SAS = "sv=2021-08-06&sr=c&sp=racwdl&sig=a%2Bb%2Fc%3D"
TOKEN = "eyJ.eyJ.sig-nature"
PAGE = 100


class Service(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    containers = collections.defaultdict(dict)
    blocks = collections.defaultdict(dict)
    log = collections.deque(maxlen=10_000)
    failures = collections.deque()
    only = ""
    slow = 0.0
    lock = threading.Lock()

    def log_message(self, *arguments):
        pass

    def answer(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("x-ms-request-id", "1")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def refuse(self, status, code, message="as it says"):
        text = f'\ufeff<?xml version="1.0" encoding="utf-8"?><Error><Code>{code}</Code><Message>{message}\nRequestId:1</Message></Error>'
        self.answer(status, text.encode(), x_ms_error_code=code, Content_Type="application/xml")

    def handle_all(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path, _, query = self.path.partition("?")
        query = {name.lower(): value for name, value in urllib.parse.parse_qsl(query.replace("+", "%2B"), keep_blank_values=True)}
        if path == "/-/log":
            return self.answer(200, json.dumps(list(self.log)).encode())
        if path == "/-/set":
            self.log.clear()
            self.failures.clear()
            if "fail" in query:
                count, status, code = query["fail"].split(":")
                self.failures.extend([(int(status), code)] * int(count))
            Service.only, Service.slow = query.get("only", ""), int(query.get("slow", "0")) / 1000
            return self.answer(200)
        self.log.append({"method": self.command, "path": self.path, "headers": {k.lower(): v for k, v in self.headers.items()}})
        with self.lock:
            failure = self.failures.popleft() if self.failures and self.only in f"{self.command} {self.path}" else None
        time.sleep(self.slow)
        if failure:
            return self.refuse(*failure)
        _, account, container, *rest = path.split("/", 3)
        name = urllib.parse.unquote(rest[0]) if rest else None
        if problem := self.problem(container, query):
            return self.refuse(*problem)
        with self.lock:
            return self.act(container, name, query, body)

    do_GET = do_HEAD = do_PUT = do_DELETE = handle_all

    def problem(self, container, query):
        if not self.headers.get("x-ms-version"):
            return 400, "MissingRequiredHeader"
        authorization = self.headers.get("Authorization")
        if "sig" in query:
            wanted = dict(urllib.parse.parse_qsl(SAS))
            return None if all(query.get(key) == value for key, value in wanted.items()) else (403, "AuthenticationFailed")
        if authorization is None:
            return None if container.startswith("open") and self.command in ("GET", "HEAD") else (409, "PublicAccessNotPermitted")
        if authorization.startswith("Bearer "):
            return None if authorization == "Bearer " + TOKEN else (401, "InvalidAuthenticationInfo")
        headers = {k: v for k, v in self.headers.items() if k.lower() != "authorization"}
        request = azure.core.rest.HttpRequest(self.command, f"http://{self.headers['Host']}{self.path}", headers=headers)
        SharedKeyCredentialPolicy("account", KEY).on_request(
            azure.core.pipeline.PipelineRequest(request, azure.core.pipeline.PipelineContext(None)))
        return None if request.headers["Authorization"] == authorization else (403, "AuthenticationFailed")

    def act(self, container, name, query, body):
        blobs = self.containers[container]
        if name is None or query.get("restype") == "container":
            if self.command == "PUT":
                return self.answer(201)
            return self.listing(blobs, query)
        if self.command == "PUT":
            if query.get("comp") == "block":
                self.blocks[container, name][query["blockid"]] = body
                return self.answer(201)
            if query.get("comp") == "blocklist":
                wanted = [entry.text for entry in xml.etree.ElementTree.fromstring(body)]
                blocks = self.blocks.pop((container, name), {})
                if any(block not in blocks for block in wanted):
                    return self.refuse(400, "InvalidBlockList")
                body = b"".join(blocks[block] for block in wanted)
            elif self.headers.get("x-ms-blob-type") != "BlockBlob":
                return self.refuse(400, "MissingRequiredHeader")
            blobs[name] = body
            return self.answer(201, ETag='"1"', Last_Modified="Sun, 06 Nov 1994 08:49:37 GMT")
        if name not in blobs:
            return self.refuse(404, "BlobNotFound", "The specified blob does not exist.")
        if self.command == "DELETE":
            del blobs[name]
            return self.answer(202)
        content = blobs[name]
        stamp = {"ETag": '"' + hashlib.md5(content).hexdigest() + '"', "Last_Modified": "Sun, 06 Nov 1994 08:49:37 GMT"}
        match = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("x-ms-range") or self.headers.get("Range") or "")
        if not match:
            return self.answer(200, content, **stamp)
        first = int(match[1])
        last = min(int(match[2] or len(content)), len(content) - 1)
        if first > last:
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(content)}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return None
        return self.answer(206, content[first:last + 1], Content_Range=f"bytes {first}-{last}/{len(content)}", **stamp)

    def listing(self, blobs, query):
        prefix, delimiter = query.get("prefix", ""), query.get("delimiter")
        entries = {}
        for name in sorted(blobs):
            if name.startswith(prefix):
                end = name.find(delimiter, len(prefix)) if delimiter else -1
                entries[name if end < 0 else name[:end + 1]] = end < 0
        names = [name for name in entries if name > query.get("marker", "")]
        text = '\ufeff<?xml version="1.0" encoding="utf-8"?><EnumerationResults ServiceEndpoint="x" ContainerName="y"><Blobs>'
        for name in names[:PAGE]:
            plain = xml.sax.saxutils.escape(name)
            shown = f"<Name>{plain}</Name>"
            if any(ord(c) < 32 for c in name):
                shown = f'<Name Encoded="true">{urllib.parse.quote(name)}</Name>'
            text += (f"<Blob>{shown}<Properties><Content-Length>{len(blobs[name])}</Content-Length>"
                     "<BlobType>BlockBlob</BlobType></Properties></Blob>" if entries[name] else f"<BlobPrefix>{shown}</BlobPrefix>")
        marker = xml.sax.saxutils.escape(names[PAGE - 1]) if len(names) > PAGE else ""
        self.answer(200, f"{text}</Blobs><NextMarker>{marker}</NextMarker></EnumerationResults>".encode(),
                    Content_Type="application/xml")


def main():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Service)
    print("port", server.server_port, flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    ended = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    ended.wait(300)


if __name__ == "__main__":
    main()
