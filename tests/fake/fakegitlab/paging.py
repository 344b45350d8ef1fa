# SPDX-License-Identifier: GPL-3.0-or-later
"""Pages, with GitLab's headers and their traps."""
import urllib.parse

from . import answers

MAX_PER_PAGE = 100
MAX_COUNTED = 10000
MAX_OFFSET = 50000


def number(request, name, otherwise):
    text = request.one(name)
    if text in (None, ""):
        return otherwise
    if not text.lstrip("-").isdigit():
        raise answers.grape(400, "%s is invalid" % name)
    return int(text)


def sizes(request):
    page = number(request, "page", 1)
    per_page = number(request, "per_page", 20)
    if per_page < 1:
        raise answers.grape(400, "per_page has a value not allowed")
    return max(1, page), min(per_page, MAX_PER_PAGE)


def link(site, request, changes, extra=None):
    """The address of this request with other parameters. GitLab puts those of the path into the query, too."""
    query = {key: value for key, value in request.pairs if key not in changes and not key.endswith("[]")}
    pairs = [(key, value) for key, value in request.pairs if key.endswith("[]")]
    query.update({"id": request.params["id"]} if "id" in getattr(request, "params", {}) else {})
    query.update(extra or {})
    query.update({key: value for key, value in changes.items() if value is not None})
    return "%s%s?%s" % (site.url_root(), request.path, urllib.parse.urlencode(pairs + sorted(query.items())))


def offset(site, request, rows, kind="object"):
    """A page of `rows` (a list) with the usual headers."""
    page, per_page = sizes(request)
    total = len(rows)
    if (page - 1) * per_page > MAX_OFFSET:
        raise answers.grape(405, "Offset pagination has a maximum allowed offset of %d for requests that return objects of type %s. "
                            "Remaining records can be retrieved using keyset pagination." % (MAX_OFFSET, kind))
    shown = rows[(page - 1) * per_page:page * per_page]
    return shown, headers(site, request, page, per_page, total, page * per_page < total)


def headers(site, request, page, per_page, total, more):
    """total: None where GitLab doesn't count."""
    counted = total is not None and total <= MAX_COUNTED
    last = max(1, -(-total // per_page)) if counted else None
    sized = {"page": page, "per_page": per_page}
    links = []
    if page > 1:
        links.append('<%s>; rel="prev"' % link(site, request, dict(sized, page=page - 1)))
    if more:
        links.append('<%s>; rel="next"' % link(site, request, dict(sized, page=page + 1)))
    links.append('<%s>; rel="first"' % link(site, request, dict(sized, page=1)))
    if counted:
        links.append('<%s>; rel="last"' % link(site, request, dict(sized, page=last)))
    result = [("Link", ", ".join(links)), ("X-Next-Page", page + 1 if more else ""), ("X-Page", page), ("X-Per-Page", per_page),
              ("X-Prev-Page", page - 1 if page > 1 else "")]
    if counted:
        result += [("X-Total", total), ("X-Total-Pages", last)]
    return result


def uncounted(site, request, fetch):
    """A list that GitLab doesn't count: fetch(skip, limit) gives rows. A page that is exactly full says that there is a next."""
    page, per_page = sizes(request)
    shown = fetch((page - 1) * per_page, per_page)
    return shown, headers(site, request, page, per_page, None, len(shown) == per_page)


def uncounted_rows(site, request, rows):
    """As offset(), without totals, but knowing whether there is more."""
    page, per_page = sizes(request)
    shown = rows[(page - 1) * per_page:page * per_page]
    return shown, headers(site, request, page, per_page, None, page * per_page < len(rows))


def wants_keyset(request):
    return request.one("pagination") == "keyset"


def keyset_refused():
    return answers.grape(405, "Keyset pagination is not yet available for this type of request")


def keyset(site, request, rows, key, changes):
    """rows are in order and begin after the last one seen; key(row) is the token, changes(token) what the next address says."""
    _, per_page = sizes(request)
    shown = rows[:per_page]
    if len(rows) <= per_page:
        return shown, []
    address = link(site, request, dict(changes(key(shown[-1])), pagination="keyset", per_page=per_page))
    return shown, [("Link", '<%s>; rel="next"' % address)]
