# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes back to a client, and GitLab's shapes of errors.

GitLab says errors in several ways, depending on the layer that refuses. Each way has one function here, so that a route
says which layer it plays: `refused` for the API's own sentences, `grape` for parameters, `guard` for tokens.
"""
import json

REASONS = {
    200: "OK", 201: "Created", 202: "Accepted", 204: "No Content", 206: "Partial Content", 301: "Moved Permanently", 302: "Found",
    304: "Not Modified", 307: "Temporary Redirect", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden",
    404: "Not Found", 405: "Method Not Allowed", 409: "Conflict", 411: "Length Required", 413: "Content Too Large",
    415: "Unsupported Media Type", 416: "Range Not Satisfiable", 422: "Unprocessable Content", 429: "Too Many Requests",
    500: "Internal Server Error", 502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Timeout",
}


class Answer:
    """A response. `body` is bytes, or an iterator of bytes: it goes out in chunks, unless its `length` is known."""

    def __init__(self, status=200, body=b"", kind="application/json", headers=None, length=None):
        self.status = status
        self.length = length
        self.body = body
        self.kind = kind
        self.headers = list(headers or [])

    def header(self, name, value):
        self.headers.append((name, str(value)))
        return self


def as_json(value, status=200, headers=None):
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return Answer(status, text.encode("utf-8", "surrogateescape"), "application/json", headers)


def as_text(text, status=200, headers=None, kind="text/plain; charset=utf-8"):
    body = text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")
    return Answer(status, body, kind, headers)


class Refusal(Exception):
    """Ends a request with an error; `answer` is what the client gets."""

    def __init__(self, answer):
        super().__init__(answer.status)
        self.answer = answer


def refused(status, message, headers=None):
    """{"message": ...}: what the API itself says. `message` may be a string, a list or an object."""
    return Refusal(as_json({"message": message}, status, headers))


def grape(status, error):
    """{"error": ...}: parameters that are missing or wrong, unknown routes, paging that isn't there."""
    return Refusal(as_json({"error": error}, status))


def not_found(what=None):
    return refused(404, "404 %s Not Found" % what if what else "404 Not Found")


def unauthorized():
    return refused(401, "401 Unauthorized")


def forbidden(reason=None):
    return refused(403, "403 Forbidden - %s" % reason if reason else "403 Forbidden")


def bad_request(reason):
    return refused(400, "400 Bad request - %s" % reason)


def guard(status, error, description, scope=None):
    """What the guard in front of the API says about a token."""
    body = {"error": error, "error_description": description}
    if scope:
        body["scope"] = scope
    headers = []
    if status == 401:
        headers.append(("WWW-Authenticate", 'Bearer realm="Protected by OAuth 2.0", error="%s", error_description="%s"' % (error, description)))
    return Refusal(as_json(body, status, headers))


def revoked():
    return guard(401, "invalid_token", "Token was revoked. You have to re-authorize from the user.")


def expired():
    return guard(401, "invalid_token", "Token is expired. You can either do re-authorization or token refresh.")


def insufficient_scope(scopes):
    return guard(403, "insufficient_scope", "The request requires higher privileges than provided by the access token.", " ".join(scopes))


ERROR_PAGE = """<!DOCTYPE html>
<html>
<head>
  <meta content="width=device-width, initial-scale=1" name="viewport" />
  <title>%(title)s (%(status)d)</title>
  <style>body { color: #666; text-align: center; font-family: sans-serif; } h1 { font-size: 56px; }</style>
</head>
<body>
  <h1>%(status)d</h1>
  <div class="container">
    <h3>%(title)s</h3>
    <hr />
    <p>%(text)s</p>
  </div>
</body>
</html>
"""


def page(status, title, text):
    """A page of the web server in front of GitLab."""
    return as_text(ERROR_PAGE % {"status": status, "title": title, "text": text}, status, kind="text/html; charset=utf-8")


def bad_gateway():
    return page(502, "Whoops, GitLab is taking too much time to respond.", "Try refreshing the page, or going back and attempting the action again.")


def maintenance():
    return page(503, "GitLab is not responding", "Please contact your GitLab administrator if this problem persists.")


def rack_limited(limit, observed, reset, wait):
    """429 of the limiter in front of everything: plain text. Without `wait` there is no Retry-After."""
    answer = as_text("Retry later\n", 429, kind="text/plain")
    per_minute = max(1, limit)
    answer.header("RateLimit-Name", "throttle_authenticated_api").header("RateLimit-Limit", per_minute)
    answer.header("RateLimit-Observed", observed).header("RateLimit-Remaining", 0).header("RateLimit-Reset", int(reset))
    if wait is not None:
        answer.header("Retry-After", wait)
    return answer


def app_limited(wait=None):
    """429 of the limiter inside the application: JSON; older versions send no Retry-After."""
    answer = as_json({"message": {"error": "This endpoint has been requested too many times. Try again later."}}, 429)
    if wait is not None:
        answer.header("Retry-After", wait)
    return answer
