# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad days: what goes wrong with the answers to requests that a test names.

A fault is an object {"match": REGEX, "kind": KIND, ...}. REGEX is searched in "METHOD /path?query". "skip" lets so many
requests pass first, "times" ends it after so many (else it goes on until it is removed). The kinds, and what more each
takes, are the functions below that are named after them: `kind_cut` is "cut".
"""
import itertools
import json
import re
import socket
import struct
import threading

from . import answers, clock

DEFAULT_HUGE = 100 * 1024 * 1024


class Fault:
    """A fault in use, for one request. `before` may answer in place of GitLab, `after` may change what GitLab answered."""

    def __init__(self, spec, site):
        self.spec, self.site = spec, site
        self.early = getattr(self, "early_" + spec["kind"], None)
        self.late = getattr(self, "kind_" + spec["kind"], None)

    def before(self, connection, request):
        self.site.wait(self.spec.get("delay_ms", 0) / 1000)
        return self.early(connection, request) if self.early else None

    def after(self, connection, request, answer):
        """The answer to send, or None when this fault has sent what there is to send; the connection is closed then."""
        return self.late(connection, request, answer) if self.late else answer

    # instead of an answer -------------------------------------------------------------------------------------------

    def early_drop(self, connection, _request):
        """The connection closes without a byte."""
        connection.request.shutdown(socket.SHUT_RDWR)
        raise ConnectionResetError()

    def early_reset(self, connection, _request):
        connection.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.request.close()
        raise ConnectionResetError()

    def early_hang(self, connection, _request):
        """No answer until the fault is removed, the server ends, or `seconds` (60) have passed; then the connection closes."""
        self.site.faults.hold(self.spec, self.spec.get("seconds", 60))
        raise ConnectionResetError()

    def early_hold(self, _connection, _request):
        """As hang, but then the request is answered."""
        self.site.faults.hold(self.spec, self.spec.get("seconds", 60))

    # other answers ------------------------------------------------------------------------------------------------------

    def early_status(self, _connection, _request):
        """status, and body (a string, or JSON), headers, type."""
        body, status = self.spec.get("body", ""), self.spec["status"]
        if isinstance(body, str):
            return answers.as_text(body, status, self.spec.get("headers", {}).items(), self.spec.get("type", "text/plain"))
        return answers.as_json(body, status, self.spec.get("headers", {}).items())

    def early_unauthorized(self, _connection, _request):
        return answers.unauthorized().answer

    def early_revoked(self, _connection, _request):
        return answers.revoked().answer

    def early_expired(self, _connection, _request):
        return answers.expired().answer

    def early_forbidden(self, _connection, _request):
        return answers.forbidden(self.spec.get("reason")).answer

    def early_insufficient_scope(self, _connection, _request):
        return answers.insufficient_scope(self.spec.get("scope", "api").split()).answer

    def early_not_found(self, _connection, _request):
        return answers.not_found(self.spec.get("what")).answer

    def early_limited(self, _connection, _request):
        """429 of the limiter in front: plain text. retry_after: seconds; without it there is no such header."""
        wait = self.spec.get("retry_after")
        return answers.rack_limited(self.spec.get("limit", 60), self.spec.get("observed", 61), clock.now() + (wait or 60), wait)

    def early_limited_app(self, _connection, _request):
        """429 of the limiter inside: JSON. retry_after as above."""
        return answers.app_limited(self.spec.get("retry_after"))

    def early_internal_error(self, _connection, _request):
        return answers.refused(500, "500 Internal Server Error").answer

    def early_bad_gateway(self, _connection, _request):
        return answers.bad_gateway()

    def early_maintenance(self, _connection, _request):
        answer = answers.maintenance()
        if "retry_after" in self.spec:
            answer.header("Retry-After", self.spec["retry_after"])
        return answer

    def early_sign_in(self, _connection, _request):
        """200 and a page to sign in: a proxy that wants a login, or no GitLab at all."""
        return answers.page(200, "Sign in", "Please sign in to continue.")

    def early_redirect(self, _connection, request):
        """status (302) to `to`; a `to` that ends in / gets the request's target."""
        to = self.spec["to"]
        to = to.rstrip("/") + request.target if to.endswith("/") else to
        return answers.as_text("<html><body>You are being <a href=\"%s\">redirected</a>.</body></html>" % to, self.spec.get("status", 302),
                               [("Location", to)], "text/html; charset=utf-8")

    def early_json(self, _connection, _request):
        """200 with `value` as JSON, or with `text` as it stands."""
        if "text" in self.spec:
            return answers.as_text(self.spec["text"], self.spec.get("status", 200), kind="application/json")
        return answers.as_json(self.spec.get("value"), self.spec.get("status", 200))

    def early_deep(self, _connection, _request):
        """Arrays in arrays, `depth` (100,000) of them."""
        depth = self.spec.get("depth", 100000)
        return answers.as_text(b"[" * depth + b"]" * depth, kind="application/json")

    def early_huge(self, _connection, _request):
        """An array of `bytes` (100 MB), sent as it is made."""
        row = b'{"id":1,"name":"' + b"x" * 1000 + b'"},'
        count = max(1, self.spec.get("bytes", DEFAULT_HUGE) // len(row))
        pieces = itertools.chain([b"["], itertools.repeat(row * 16, count // 16), [b"null]"])
        return answers.Answer(200, pieces)

    # an answer gone wrong -----------------------------------------------------------------------------------------------

    def kind_cut(self, connection, request, answer):
        """The length is said, but only `bytes` of the body come (or half of it)."""
        body = whole(answer)
        keep = self.spec.get("bytes", len(body) // 2)
        send_raw(connection, answer, body[:keep], len(body))

    def kind_length(self, connection, request, answer):
        """The said length is wrong by `by`: more than comes, or less."""
        body = whole(answer)
        send_raw(connection, answer, body, max(0, len(body) + self.spec.get("by", 10)))

    def kind_slow(self, connection, request, answer):
        """`bytes` (64) at a time, `every_ms` (20) apart."""
        answer.body = self.trickle(whole(answer))
        return answer

    def trickle(self, body):
        step = self.spec.get("bytes", 64)
        for at in range(0, len(body), step):
            yield body[at:at + step]
            self.site.wait(self.spec.get("every_ms", 20) / 1000)

    def kind_slow_head(self, connection, request, answer):
        """As slow, but the head of the answer trickles, too."""
        body = whole(answer)
        for piece in self.trickle(raw_head(answer, len(body)) + body):
            connection.send(piece)

    def kind_stale(self, _connection, request, answer):
        """Each target is answered as it was the first time, status and ETag included."""
        kept = self.spec.setdefault("_kept", {})
        if request.target not in kept and answer.status == 200:
            kept[request.target] = (whole(answer), answer.kind, list(answer.headers))
        if request.target in kept:
            body, kind, headers = kept[request.target]
            return answers.Answer(200, body, kind, headers)
        return answer

    def kind_wrong_types(self, _connection, _request, answer):
        """The same JSON, but strings are numbers, numbers strings, lists objects and objects lists (`deep`: at every level)."""
        try:
            value = json.loads(unzipped(answer))
        except ValueError:
            return answer
        changed = answers.as_json(wrong(value, self.spec.get("deep", True)), answer.status)
        changed.headers = [pair for pair in answer.headers if pair[0].lower() not in ("content-encoding", "etag")]
        return changed

    def kind_nulls(self, _connection, _request, answer):
        """The same JSON, but every value in an object is null."""
        try:
            value = json.loads(unzipped(answer))
        except ValueError:
            return answer
        changed = answers.as_json(nulls(value), answer.status)
        changed.headers = [pair for pair in answer.headers if pair[0].lower() not in ("content-encoding", "etag")]
        return changed

    def kind_headers(self, _connection, _request, answer):
        """`set`: headers that are added or replaced; `remove`: names."""
        gone = {name.lower() for name in self.spec.get("remove", [])} | {name.lower() for name in self.spec.get("set", {})}
        answer.headers = [pair for pair in answer.headers if pair[0].lower() not in gone] + list(self.spec.get("set", {}).items())
        return answer

    def kind_body(self, _connection, _request, answer):
        """The body begins or ends with other bytes: `prepend`, `append` (Latin-1 strings), or is cut at `keep`, its length right."""
        body = unzipped(answer)[:self.spec.get("keep")]
        answer.body = self.spec.get("prepend", "").encode("latin-1") + body + self.spec.get("append", "").encode("latin-1")
        answer.headers = [pair for pair in answer.headers if pair[0].lower() not in ("content-encoding", "etag")]
        return answer

    def kind_delay(self, _connection, _request, answer):
        """Just `delay_ms` (see above)."""
        return answer


KINDS = sorted({name.split("_", 1)[1] for name in vars(Fault) if name.startswith(("early_", "kind_"))})


def whole(answer):
    return bytes(answer.body) if isinstance(answer.body, (bytes, bytearray)) else b"".join(answer.body)


def unzipped(answer):
    import gzip
    zipped = any(name.lower() == "content-encoding" for name, _ in answer.headers)
    return gzip.decompress(whole(answer)) if zipped else whole(answer)


def raw_head(answer, length):
    lines = ["HTTP/1.1 %d %s" % (answer.status, answers.REASONS.get(answer.status, "Something"))]
    lines += ["%s: %s" % pair for pair in answer.headers] + ["Content-Length: %d" % length, "Connection: close"]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")


def send_raw(connection, answer, body, length):
    connection.send(raw_head(answer, length) + body)


def wrong(value, deep):
    if isinstance(value, dict):
        return [wrong(v, deep) if deep else v for v in value.values()]
    if isinstance(value, list):
        return {str(i): wrong_inside(v) if deep else v for i, v in enumerate(value)}
    return wrong_scalar(value)


def wrong_inside(value):
    """Objects in lists stay objects, so that a reader gets as far as their members."""
    if isinstance(value, dict):
        return {k: wrong(v, True) for k, v in value.items()}
    return wrong(value, True)


def wrong_scalar(value):
    if isinstance(value, bool) or value is None:
        return "yes"
    return 7 if isinstance(value, str) else str(value)


def nulls(value):
    if isinstance(value, dict):
        return {k: nulls(v) if isinstance(v, (dict, list)) else None for k, v in value.items()}
    return [nulls(v) for v in value] if isinstance(value, list) else None


class Faults:
    """Those that are set. The first that matches a request is taken."""

    def __init__(self):
        self.lock = threading.Condition()
        self.specs = []
        self.numbers = itertools.count(1)
        self.site = None

    def add(self, spec):
        if spec.get("kind") not in KINDS:
            raise ValueError("there is no fault %r; there are: %s" % (spec.get("kind"), ", ".join(KINDS)))
        spec = dict(spec, id=next(self.numbers), _pattern=re.compile(spec.get("match", ".")), taken=0, held=0)
        with self.lock:
            self.specs.append(spec)
        return self.shown(spec)

    def remove(self, number=None):
        with self.lock:
            self.specs = [] if number is None else [spec for spec in self.specs if spec["id"] != number]
            self.lock.notify_all()

    def take(self, request):
        line = request.method + " " + request.target
        with self.lock:
            for spec in self.specs:
                if not spec["_pattern"].search(line):
                    continue
                if spec.get("skip", 0) > 0:
                    spec["skip"] -= 1
                    continue
                if spec.get("times") is not None and spec["taken"] >= spec["times"]:
                    continue
                spec["taken"] += 1
                return Fault(spec, self.site)
        return None

    def hold(self, spec, seconds):
        with self.lock:
            spec["held"] += 1
            self.lock.notify_all()
            self.lock.wait_for(lambda: spec not in self.specs or self.site.ending.is_set(), seconds)
            spec["held"] -= 1

    def wake(self):
        with self.lock:
            self.lock.notify_all()

    def shown(self, spec):
        return {key: value for key, value in spec.items() if not key.startswith("_")}

    def list(self):
        with self.lock:
            return [self.shown(spec) for spec in self.specs]
