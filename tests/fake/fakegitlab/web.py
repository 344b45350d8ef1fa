# SPDX-License-Identifier: GPL-3.0-or-later
"""The web server: HTTP/1.1 with keep-alive, a thread a connection, gzip, ETags, counting, and bad days on request."""
import gzip
import hashlib
import http.client
import itertools
import re
import socket
import socketserver
import ssl
import threading
import time
import urllib.parse
import uuid

from . import answers, clock

MAX_HEAD = 65536
ZIPPED = ("application/json", "text/plain", "text/html")
SMALLEST_ZIPPED = 250


class Closed(Exception):
    """The connection is over."""


class Request:
    def __init__(self, method, target, headers, stream, peer):
        self.method, self.target, self.headers, self.stream, self.peer = method, target, headers, stream, peer
        self.path, _, self.raw_query = target.partition("?")
        self.pairs = urllib.parse.parse_qsl(self.raw_query, keep_blank_values=True)
        self.endpoint = None  # its name, once a route is found
        self.user = self.token = None
        self._body = None
        self.feeder = None  # the thread that reads the body, where one does: nobody else may then

    def header(self, name, otherwise=""):
        return self.headers.get(name, otherwise)

    def one(self, name, otherwise=None):
        """The last value of a parameter of the query."""
        found = [value for key, value in self.pairs if key == name]
        return found[-1] if found else otherwise

    def many(self, name):
        """The values of `name[]` or `name`."""
        return [value for key, value in self.pairs if key in (name, name + "[]")]

    def flag(self, name, otherwise=False):
        value = self.one(name)
        return otherwise if value is None else value.lower() in ("true", "1", "yes", "on", "t")

    @property
    def body(self):
        if self._body is None:
            self._body = b"".join(self.stream.pieces())
        return self._body


class BodyStream:
    """The body of a request, read once, whether it says its length or comes in chunks."""

    def __init__(self, reader, headers):
        self.reader = reader
        self.chunked = "chunked" in headers.get("Transfer-Encoding", "").lower()
        length = headers.get("Content-Length", "0").strip()
        self.left = int(length) if length.isdigit() else 0
        self.done = not self.chunked and self.left == 0
        self.count = 0

    def pieces(self):
        while not self.done:
            piece = self._chunk() if self.chunked else self._part()
            if piece:
                self.count += len(piece)
                yield piece

    def _part(self):
        piece = self.reader.read(min(self.left, 65536))
        if not piece:
            raise Closed()
        self.left -= len(piece)
        self.done = self.left == 0
        return piece

    def _chunk(self):
        size = int(self.reader.readline(1024).split(b";")[0].strip() or b"0", 16)
        if size == 0:
            while self.reader.readline(MAX_HEAD).strip():
                pass
            self.done = True
            return b""
        piece = self.reader.read(size)
        self.reader.readline(16)
        return piece

    def drain(self):
        for _ in self.pieces():
            pass


class Connection(socketserver.BaseRequestHandler):
    """One client's connection: requests one after the other."""
    numbers = itertools.count(1)

    def setup(self):
        self.number = next(self.numbers)
        self.sent = 0
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)

    def handle(self):
        site = self.server.site
        site.opened(self.request)
        try:
            if self.server.tls and not self._handshake():
                return
            self.reader = self.request.makefile("rb", 65536)
            site.counts.connected()
            while self._one():
                pass
        except (Closed, OSError, ssl.SSLError, ValueError):
            pass
        finally:
            site.closed(self.request)

    def _handshake(self):
        """TLS; a client that speaks plain HTTP is told so, as nginx does."""
        if self.request.recv(1, socket.MSG_PEEK) not in (b"\x16", b""):
            self.request.recv(65536)
            text = answers.page(400, "400 The plain HTTP request was sent to HTTPS port", "").body
            self.send(b"HTTP/1.1 400 Bad Request\r\nServer: nginx\r\nContent-Type: text/html\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(text) + text)
            return False
        self.server.site.closed(self.request)
        self.request = self.server.tls.wrap_socket(self.request, server_side=True)
        self.server.site.opened(self.request)
        return True

    def send(self, data):
        self.request.sendall(data)
        self.sent += len(data)

    def _head(self):
        line = self.reader.readline(MAX_HEAD)
        while line in (b"\r\n", b"\n"):
            line = self.reader.readline(MAX_HEAD)
        if not line:
            return None
        words = line.split()
        if len(words) != 3 or not words[2].startswith(b"HTTP/1."):
            self.send(b"HTTP/1.1 400 Bad Request\r\nServer: nginx\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
            return None
        headers = http.client.parse_headers(self.reader)
        self.received = len(line) + sum(len(k) + len(v) + 4 for k, v in headers.items()) + 2
        return words[0].decode("ascii", "replace"), words[1].decode("latin-1"), headers

    def _one(self):
        """One request; false when the connection is to end."""
        head = self._head()
        if head is None:
            return False
        start, before = time.monotonic(), self.sent
        method, target, headers = head
        if headers.get("Expect", "").lower() == "100-continue":
            self.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        stream = BodyStream(self.reader, headers)
        request = Request(method, target, headers, stream, self.client_address)
        site, status, keep = self.server.site, 0, headers.get("Connection", "").lower() != "close"
        begun = False
        try:
            fault = site.faults.take(request)
            answer = fault.before(self, request) if fault else None
            if answer is None:
                answer = site.answer(request)
            if request.feeder is None:
                stream.drain()
            finish(site, request, answer)
            site.wait(site.latency_ms / 1000)
            begun = site.counts.begin()
            if fault:
                answer = fault.after(self, request, answer)
            status = answer.status if answer else 0
            keep = answer is not None and self.write(request, answer, keep) and keep
            keep = keep and (request.feeder is None or stream.done)
        except (Closed, BrokenPipeError, ConnectionResetError, TimeoutError):
            keep = False
        if not begun:
            site.counts.begin()
        site.counts.note({
            "endpoint": request.endpoint or method + " " + request.path, "method": method, "target": target, "status": status,
            "received": self.received + stream.count, "sent": self.sent - before, "start": start, "end": time.monotonic(),
            "connection": self.number,
        })
        return keep

    def write(self, request, answer, keep):
        """The whole answer; true when the connection can go on."""
        bodyless = request.method == "HEAD" or answer.status in (204, 304)
        lines = ["HTTP/1.1 %d %s" % (answer.status, answers.REASONS.get(answer.status, "Something"))]
        lines += ["%s: %s" % pair for pair in answer.headers]
        whole = isinstance(answer.body, (bytes, bytearray))
        chunked = not whole and answer.length is None
        if chunked:
            lines.append("Transfer-Encoding: chunked")
        elif answer.status not in (204, 304):
            lines.append("Content-Length: %d" % (len(answer.body) if whole else answer.length))
        lines.append("Connection: %s" % ("keep-alive" if keep else "close"))
        head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")
        if bodyless or whole:
            self.send(head if bodyless else head + bytes(answer.body))
            return True
        self.send(head)
        for piece in answer.body:
            if piece:
                self.send(b"%x\r\n" % len(piece) + piece + b"\r\n" if chunked else piece)
        if chunked:
            self.send(b"0\r\n\r\n")
        return True


def finish(site, request, answer):
    """Headers that every answer has, the ETag, and gzip."""
    common = [("Server", "nginx"), ("Date", clock.http_date(clock.now()))]
    if answer.kind and answer.status not in (204, 304):
        common.append(("Content-Type", answer.kind))
    present = {name.lower() for name, _ in answer.headers}
    in_api = request.path.startswith(site.prefix + "/api/")
    if in_api:
        common += [("X-Request-Id", uuid.uuid4().hex), ("X-Gitlab-Meta", '{"correlation_id":"%s","version":"1"}' % uuid.uuid4().hex),
                   ("X-Content-Type-Options", "nosniff"), ("X-Frame-Options", "SAMEORIGIN"), ("Vary", "Origin"),
                   ("Cache-Control", "max-age=0, private, must-revalidate"), ("X-Runtime", "0.012345")]
    answer.headers = [pair for pair in common if pair[0].lower() not in present] + answer.headers
    if not isinstance(answer.body, (bytes, bytearray)):
        return
    if in_api and answer.status in (200, 201) and "etag" not in present:
        tag = 'W/"%s"' % hashlib.md5(answer.body, usedforsecurity=False).hexdigest()
        answer.header("ETag", tag)
        if request.method in ("GET", "HEAD") and tag in re.findall(r'(?:W/)?"[^"]*"', request.header("If-None-Match")):
            answer.status, answer.body = 304, b""
            answer.headers = [pair for pair in answer.headers if pair[0].lower() != "content-type"]
            return
    if wants_gzip(request, answer):
        answer.body = gzip.compress(answer.body, 5, mtime=0)
        answer.header("Content-Encoding", "gzip")
        answer.headers = [("Vary", "Origin, Accept-Encoding") if name == "Vary" else (name, value) for name, value in answer.headers]


def wants_gzip(request, answer):
    return (request.method != "HEAD" and "gzip" in request.header("Accept-Encoding").lower() and len(answer.body) >= SMALLEST_ZIPPED
            and answer.kind and answer.kind.split(";")[0] in ZIPPED
            and not any(name.lower() == "content-encoding" for name, _ in answer.headers))


class Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    """site: what answers. It has answer(request), counts, faults, latency_ms, prefix, wait(), opened(), closed()."""
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address, site, tls=None):
        self.site, self.tls = site, tls
        super().__init__(address, Connection)

    @property
    def port(self):
        return self.server_address[1]

    def handle_error(self, request, client_address):
        self.site.complain(client_address)


class Site:
    """What the servers have in common: an end that wakes those who wait, and the connections that are open."""
    prefix = ""
    latency_ms = 0

    def __init__(self, counts, faults):
        self.counts, self.faults = counts, faults
        self.ending = threading.Event()
        self.sockets = set()
        self.guard = threading.Lock()

    def wait(self, seconds):
        if seconds > 0:
            self.ending.wait(seconds)

    def opened(self, connection):
        with self.guard:
            self.sockets.add(connection)

    def closed(self, connection):
        with self.guard:
            self.sockets.discard(connection)

    def complain(self, _client):
        import traceback
        traceback.print_exc()

    def end(self):
        self.ending.set()
        with self.guard:
            for connection in list(self.sockets):
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
