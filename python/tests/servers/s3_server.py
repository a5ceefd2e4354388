# SPDX-License-Identifier: Apache-2.0
"""An S3 service on 127.0.0.1: moto's, behind checks that moto leaves out: botocore computes each request's signature again.
Prints its port, and ends by itself after five minutes, or when its standard input is closed.

Keys are those of KEYS below. Buckets: any that is created; one named `far-…` lies in eu-central-1, one named `payer-…` is
paid for by who asks. GET /-/log gives all requests, POST /-/set?name=value sets: `fail=N:STATUS:CODE` refuses the next N
requests with an error document (`only=TEXT`: of those that contain the text), `lose=TEXT` loses the answer to one such request,
`fill=BUCKET:PREFIX:COUNT` makes objects, `clock=SECONDS` puts the server's clock ahead, `expired=ID` lets the token of a
key run out, `lifetime=SECONDS` is what machines say of their keys.
Below /-/machine are the endpoints of an instance and of a container, which give the keys `machine` for a while."""
import calendar
import collections
import datetime
import email.utils
import io
import json
import re
import sys
import threading
import time
import urllib.parse
import warnings

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import moto.core
import moto.s3.models
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

KEYS = {"test": ("secret/+=", None), "session": ("other", "a/token+of=the session"), "machine": ("rotating", "machine token"),
        "machine2": ("rotated", "another token"),
        "goog": ("hmac", None)}
REGION = "us-east-1"


def error(status, code, message, extra="", headers=()):
    body = (f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{message}</Message>{extra}'
            "<RequestId>1</RequestId></Error>").encode()
    return status, [("Content-Type", "application/xml"), ("x-amz-request-id", "1"), *headers], body


class Checked:
    """A WSGI application in front of another one."""

    def __init__(self, inner):
        self.inner = inner
        self.log = collections.deque(maxlen=20_000)
        self.failures = collections.deque()
        self.only = ""
        self.lost = None
        self.clock = 0
        self.lifetime = 21_600
        self.expired = set()
        self.lock = threading.Lock()

    def __call__(self, environ, start):
        raw = environ.get("REQUEST_URI") or environ["RAW_URI"]
        path, _, query = raw.partition("?")
        headers = {name[5:].replace("_", "-").lower(): value for name, value in environ.items() if name.startswith("HTTP_")}
        if environ.get("CONTENT_TYPE"):
            headers["content-type"] = environ["CONTENT_TYPE"]
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        method = environ["REQUEST_METHOD"]
        if path.startswith("/-/"):
            answer = self.control(method, path, dict(urllib.parse.parse_qsl(query)), headers)
        else:
            self.log.append({"method": method, "path": raw, "headers": headers, "size": len(body)})
            answer = self.refusal(method, path, query, headers, body)
        if answer is None:
            with self.lock:
                lost = self.lost and self.lost in f"{method} {raw}"
                if lost:
                    self.lost = None
            if lost:
                b"".join(self.inner(environ, lambda *_: None))
                answer = error(503, "SlowDown", "the answer got lost")
        if answer is None:
            return self.inner(environ, start)
        status, answer_headers, content = answer
        start(f"{status} X", [*answer_headers, ("Content-Length", str(len(content)))])
        return [b"" if method == "HEAD" else content]

    def control(self, method, path, query, headers):
        if path == "/-/log":
            return 200, [], json.dumps(list(self.log)).encode()
        if path == "/-/set":
            self.log.clear()
            self.failures.clear()
            self.expired.clear()
            if "fail" in query:
                count, status, code = query["fail"].split(":")
                self.failures.extend([(int(status), code)] * int(count))
            self.only, self.lost = query.get("only", ""), query.get("lose")
            if "fill" in query:
                bucket, prefix, count = query["fill"].split(":")
                backend = moto.s3.models.s3_backends[moto.core.DEFAULT_ACCOUNT_ID]["aws"]
                for number in range(int(count)):
                    backend.put_object(bucket, f"{prefix}{number:04}.nc", b"12345")
            self.clock = int(query.get("clock", "0"))
            self.lifetime = int(query.get("lifetime", "21600"))
            if "expired" in query:
                self.expired.update(query["expired"].split(","))
            return 200, [], b""
        # The endpoints of machines.
        self.log.append({"method": method, "path": path, "headers": headers, "size": 0})
        if path == "/-/machine/latest/api/token":
            return 200, [], b"a token"
        if path.startswith("/-/machine/latest") and headers.get("x-aws-ec2-metadata-token") != "a token":
            return 401, [], b""
        if path == "/-/container" and headers.get("authorization") != "who I am":
            return 401, [], b""
        if path.endswith("/security-credentials/"):
            return 200, [], b"a role"
        if path.endswith("/a%20role") or path == "/-/container":
            end = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=self.lifetime)
            name = "machine2" if "machine" in self.expired else "machine"
            return 200, [], json.dumps({
                "Code": "Success", "AccessKeyId": name, "SecretAccessKey": KEYS[name][0], "Token": KEYS[name][1],
                "Expiration": end.strftime("%Y-%m-%dT%H:%M:%SZ")}).encode()
        return 404, [], b""

    def refusal(self, method, path, query, headers, body):
        """An error where the request must not pass; else None."""
        with self.lock:
            failure = self.failures.popleft() if self.failures and self.only in f"{method} {path}?{query}" else None
        if failure:
            return error(*failure, "as was asked for")
        bucket = path.split("/")[1]
        region = "eu-central-1" if bucket.startswith("far-") else REGION
        authorization = headers.get("authorization")
        if bucket.startswith("payer-") and path.count("/") > 1 and headers.get("x-amz-request-payer") != "requester":
            return error(403, "AccessDenied", "Access Denied")
        if authorization is None:
            return None
        if authorization.startswith("Bearer "):
            return None if authorization == "Bearer a-token" else error(401, "AuthenticationRequired", "no such token")
        match = re.fullmatch(r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d+)/([^/]+)/s3/aws4_request, SignedHeaders=([^,]+), "
                             r"Signature=([0-9a-f]{64})", authorization)
        if not match:
            return error(400, "AuthorizationHeaderMalformed", "what a header")
        name, _, scope, signed, _ = match.groups()
        if name not in KEYS:
            return error(403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.")
        if name in self.expired:
            return error(400, "ExpiredToken", "The provided token has expired.")
        if scope != region and name != "goog":
            if headers.get("x-test-silent"):
                return error(301, "PermanentRedirect", "elsewhere")
            return error(400, "AuthorizationHeaderMalformed", f"the region '{scope}' is wrong; expecting '{region}'",
                         f"<Region>{region}</Region>")
        date = headers["x-amz-date"]
        sent = calendar.timegm(time.strptime(date, "%Y%m%dT%H%M%SZ"))
        if abs(sent - time.time() - self.clock) > 900:
            return error(403, "RequestTimeTooSkewed", "The difference between the request time and the current time is too large.")
        secret, token = KEYS[name]
        if headers.get("x-amz-security-token") != token:
            return error(403, "InvalidToken", "The provided token is malformed or otherwise invalid.")
        wanted = expected(method, f"http://{headers['host']}{path}" + (f"?{query}" if query else ""),
                          {key: headers[key] for key in signed.split(";") if key in headers and key != "x-amz-security-token"},
                          body, name, secret, token, scope, date)
        if wanted != authorization:
            return error(403, "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided.")
        return None


def expected(method, url, headers, body, name, secret, token, region, date):
    """The header that botocore would send."""
    request = botocore.awsrequest.AWSRequest(method=method, url=url, headers=headers, data=body)
    credentials = botocore.credentials.Credentials(name, secret, token)
    moment = datetime.datetime.strptime(date, "%Y%m%dT%H%M%SZ")
    with PATCHING:
        real = botocore.auth.get_current_datetime
        botocore.auth.get_current_datetime = lambda *_, **__: moment
        try:
            botocore.auth.S3SigV4Auth(credentials, "s3", region).add_auth(request)
        finally:
            botocore.auth.get_current_datetime = real
    return request.headers["Authorization"]


PATCHING = threading.Lock()


class Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_request(self, *arguments):
        pass

    def date_time_string(self, timestamp=None):
        return email.utils.formatdate(time.time() + self.server.app.clock, usegmt=True)


def main():
    warnings.simplefilter("ignore")
    server = make_server("127.0.0.1", 0, Checked(DomainDispatcherApplication(create_backend_app)), threaded=True,
                         request_handler=Quiet)
    server.daemon_threads = True
    print("port", server.server_port, flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    ended = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    ended.wait(300)


if __name__ == "__main__":
    main()
