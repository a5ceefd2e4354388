# SPDX-License-Identifier: Apache-2.0
"""Files behind HTTP/2 over TLS on 127.0.0.1, framed by the library h2. Prints "READY port", and ends after two minutes, or when
its standard input is closed.

    python http2_server.py CERTIFICATE ROOT LOG [name=N…]

CERTIFICATE holds certificate and key. Into the file LOG goes a line of JSON for each request: the number of the connection, the
range, and the streams that were open in it. Each answer waits 20 ms, so that those that are open together can be counted. What may be
asked for:

    streams=N   that many may be open at once in a connection (100)
    goaway=N    a connection takes N requests, answers them, and ends: GOAWAY leaves the others unanswered
    drop=N      a connection is cut after N requests, in the middle of its answers
    reset=N     every N-th stream is reset in the middle of its body; refuse=N: before its head
    busy=N      every N-th request is answered with 503"""
import asyncio
import json
import os
import re
import ssl
import sys
import urllib.parse

import h2.config
import h2.connection
import h2.errors
import h2.events
import h2.settings

LIMIT = 20_000
OPTIONS = {name: int(value) for name, value in (word.split("=") for word in sys.argv[4:])}
log = []


class Connection(asyncio.Protocol):
    count = 0

    def connection_made(self, transport):
        Connection.count += 1
        self.number, self.requests, self.last = Connection.count, 0, None
        self.transport, self.bodies = transport, {}
        self.h2 = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
        self.h2.local_settings = h2.settings.Settings(client=False, initial_values={
            h2.settings.SettingCodes.MAX_CONCURRENT_STREAMS: OPTIONS.get("streams", 100)})
        self.h2.initiate_connection()
        self.flush()

    def connection_lost(self, error):
        self.bodies = {}

    def flush(self):
        self.transport.write(self.h2.data_to_send())

    def data_received(self, data):
        for event in self.h2.receive_data(data):
            if isinstance(event, h2.events.RequestReceived):
                # What comes behind a GOAWAY is not answered.
                if self.last is None:
                    self.take(event.stream_id, {name.decode(): value.decode() for name, value in event.headers})
            elif isinstance(event, h2.events.StreamReset):
                self.bodies.pop(event.stream_id, None)
            elif isinstance(event, h2.events.WindowUpdated):
                self.send_bodies()
            elif isinstance(event, h2.events.ConnectionTerminated):
                self.transport.close()
        self.flush()

    def take(self, stream, headers):
        self.requests += 1
        self.bodies[stream] = None
        log.append({"connection": self.number, "range": headers.get("range"), "open": len(self.bodies)})
        with open(sys.argv[3], "a") as file:
            file.write(json.dumps(log[-1]) + "\n")
        if self.requests == OPTIONS.get("goaway"):
            self.last = stream
        turn = {name: len(log) % OPTIONS[name] == 0 for name in ("reset", "refuse", "busy") if name in OPTIONS}
        asyncio.get_running_loop().call_later(0.02, self.respond, stream, headers[":path"], headers.get("range"), turn)

    def respond(self, stream, path, wanted, turn):
        if stream not in self.bodies:
            return
        path = os.path.join(sys.argv[2], urllib.parse.unquote(path).lstrip("/"))
        if len(log) > LIMIT or not os.path.isfile(path):
            self.answer(stream, 404, b"", {})
        elif turn.get("busy"):
            self.answer(stream, 503, b"too busy", {})
        elif turn.get("refuse"):
            self.reset(stream, h2.errors.ErrorCodes.REFUSED_STREAM)
        else:
            size = os.path.getsize(path)
            first, last = (int(part) for part in re.fullmatch(r"bytes=(\d+)-(\d+)", wanted).groups())
            last = min(last, size - 1)
            with open(path, "rb") as file:
                file.seek(first)
                body = file.read(last - first + 1)
            length = len(body)
            if turn.get("reset"):
                body = body[:length // 2] + b"!"
            self.answer(stream, 206, body, {"content-range": f"bytes {first}-{last}/{size}", "etag": '"1"'}, length,
                        turn.get("reset", False))

    def answer(self, stream, status, body, headers, length=None, is_cut=False):
        self.h2.send_headers(stream, [(":status", str(status)), *headers.items(),
                                      ("content-length", str(len(body) if length is None else length))])
        self.bodies[stream] = (body, is_cut)
        self.send_bodies()
        self.flush()
        if "drop" in OPTIONS and self.requests >= OPTIONS["drop"]:
            self.transport.abort()

    def send_bodies(self):
        for stream, pending in list(self.bodies.items()):
            while pending is not None:
                body, is_cut = pending
                count = min(self.h2.local_flow_control_window(stream), self.h2.max_outbound_frame_size, len(body))
                is_last = count == len(body)
                if count == 0 and not is_last:
                    break
                self.h2.send_data(stream, body[:count], end_stream=is_last and not is_cut)
                pending = self.bodies[stream] = (body[count:], is_cut)
                if is_last and is_cut:
                    self.reset(stream, h2.errors.ErrorCodes.INTERNAL_ERROR)
                    break
                if is_last:
                    self.ended(stream)
                    break

    def reset(self, stream, code):
        self.h2.reset_stream(stream, code)
        self.ended(stream)

    def ended(self, stream):
        del self.bodies[stream]
        if self.last is not None and not self.bodies:
            self.h2.close_connection(last_stream_id=self.last)
        self.flush()
        if self.last is not None and not self.bodies:
            self.transport.close()


async def main():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[1])
    context.set_alpn_protocols(["h2"])
    server = await asyncio.get_running_loop().create_server(Connection, "127.0.0.1", 0, ssl=context, backlog=256)
    print("READY", server.sockets[0].getsockname()[1], flush=True)
    await asyncio.wait([asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)], timeout=120)
    os._exit(0)


if __name__ == "__main__":
    asyncio.run(main())
