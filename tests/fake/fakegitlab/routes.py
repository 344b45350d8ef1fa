# SPDX-License-Identifier: GPL-3.0-or-later
"""From a request to the function that answers it: the table of routes, and the guard in front of the API."""
import re
import urllib.parse

from . import access, answers

TABLE = []


class Route:
    def __init__(self, method, pattern, function, scopes, open_to_all):
        self.method, self.pattern, self.function, self.scopes, self.open_to_all = method, pattern, function, scopes, open_to_all
        self.words = pattern.split("/")
        self.name = "%s /api/v4/%s" % (method, pattern)

    def match(self, words):
        """The parameters of the path, or None."""
        if len(words) != len(self.words):
            return None
        found = {}
        for mine, given in zip(self.words, words):
            if mine.startswith(":"):
                found[mine[1:]] = urllib.parse.unquote(given, errors="surrogateescape")
            elif mine != given:
                return None
        return found


def route(method, pattern, scopes=("read_api",), open_to_all=True):
    """Marks a function as what answers. scopes: enough for it beside `api`; for what changes things only `api` is."""
    def mark(function):
        TABLE.append(Route(method, pattern, function, scopes if method == "GET" or scopes != ("read_api",) else (), open_to_all))
        return function
    return mark


def words_of(path):
    """The parts of a path below /api/v4, still encoded. A trailing format (.json) is not one of ours."""
    return path.strip("/").split("/")


def find(method, path):
    """(route, parameters), or raises what GitLab says of an address that is none."""
    words = words_of(path)
    others = []
    for candidate in TABLE:
        parameters = candidate.match(words)
        if parameters is None:
            continue
        if candidate.method == method or (method == "HEAD" and candidate.method == "GET"):
            return candidate, parameters
        others.append(candidate)
    if others:
        raise answers.grape(405, "405 Not Allowed")
    raise answers.grape(404, "404 Not Found")


def dispatch(site, request):
    """The answer of the API to a request."""
    below = request.path[len(site.prefix) + len("/api/v4"):]
    found, request.params = find(request.method, below)
    request.endpoint = found.name
    access.identify(site.world, request)
    limited = site.limits.check(request)
    if limited is not None:
        return limited
    access.require_scope(request, found.scopes)
    if not found.open_to_all:
        access.require_user(request)
    return found.function(site, request)


def project_of(site, request):
    """The project of :id. One that moved answers with where it is."""
    project, moved = site.world.find(request.user, request.params["id"])
    if not moved:
        return project
    if request.method not in ("GET", "HEAD"):
        raise answers.refused(405, "405 Method Not Allowed: Non GET methods are not allowed for moved projects")
    encoded = re.sub(r"(/api/v4/projects/)[^/]+", r"\g<1>%d" % project.id, request.path, count=1)
    target = "%s%s%s" % (site.url_root(), encoded, "?" + request.raw_query if request.raw_query else "")
    raise answers.Refusal(answers.as_text("This resource has been moved permanently to %s" % target, 301, [("Location", target)]))


def body_of(request):
    """The parameters of a body, JSON or form; those of the query are among them."""
    import json
    values = dict(form_fields(request.pairs))
    kind = request.header("Content-Type").split(";")[0].strip().lower()
    if kind == "application/json" and request.body.strip():
        try:
            given = json.loads(request.body)
        except ValueError as exc:
            raise answers.grape(400, "The request body is not valid JSON") from exc
        if not isinstance(given, dict):
            raise answers.grape(400, "The request body must be an object")
        values.update(given)
    elif request.body:
        values.update(form_fields(urllib.parse.parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True)))
    return values


def form_fields(pairs):
    """variables[][key]=a and variables[0][key]=a as lists of objects, inputs[k]=v as an object."""
    values = {}
    for key, value in pairs:
        found = re.fullmatch(r"([^\[]+)\[(\d*)\](?:\[([^\]]+)\])?", key)
        named = re.fullmatch(r"([^\[]+)\[([^\]]+)\]", key)
        if found and found.group(3):
            rows = values.setdefault(found.group(1), [])
            number = int(found.group(2)) if found.group(2) else (len(rows) - (1 if rows and found.group(3) not in rows[-1] else 0))
            while len(rows) <= number:
                rows.append({})
            rows[number][found.group(3)] = value
        elif found:
            values.setdefault(found.group(1), []).append(value)
        elif named:
            values.setdefault(named.group(1), {})[named.group(2)] = value
        else:
            values[key] = value
    return values


def needed(values, *names):
    missing = ["%s is missing" % name for name in names if values.get(name) in (None, "")]
    if missing:
        raise answers.grape(400, ", ".join(missing))
