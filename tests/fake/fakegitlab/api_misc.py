# SPDX-License-Identifier: GPL-3.0-or-later
"""/version, /metadata, /user, tokens, groups and namespaces."""
from . import access, answers, paging
from .routes import route
from .world import GUEST

SMALL = ("read_api", "read_user")


@route("GET", "version", SMALL, open_to_all=False)
def version(site, _request):
    return answers.as_json({"version": site.version, "revision": "d79f3e7b89a"})


@route("GET", "metadata", SMALL, open_to_all=False)
def metadata(site, _request):
    return answers.as_json({"version": site.version, "revision": "d79f3e7b89a", "kas": {"enabled": False, "externalUrl": None, "version": None},
                            "enterprise": False})


@route("GET", "user", SMALL, open_to_all=False)
def user(site, request):
    return answers.as_json(site.entities.user(request.user))


@route("GET", "users", SMALL)
def users(site, request):
    access.require_user(request)
    rows = [u for u in site.world.users.values() if request.one("username") in (None, u.username)]
    shown, headers = paging.offset(site, request, rows, "User")
    return answers.as_json([site.entities.user_basic(u) for u in shown], headers=headers)


@route("GET", "personal_access_tokens/self", ("read_api", "read_user", "read_repository", "write_repository", "read_registry", "write_registry"),
       open_to_all=False)
def own_token(site, request):
    if request.token.kind != "pat":
        raise answers.bad_request("This endpoint requires token type to be a personal access token")
    return answers.as_json(site.entities.token(request.token))


@route("GET", "job", open_to_all=False)
def job_of_token(site, request):
    if request.token.kind != "job":
        raise answers.unauthorized()
    return answers.as_json(site.entities.job(next(j for j in site.pipelines.jobs.values() if j.token is request.token)))


@route("GET", "groups")
def groups(site, request):
    rows = [g for g in site.world.groups.values() if sees_group(g, request.user)]
    search = (request.one("search") or "").lower()
    rows = sorted((g for g in rows if search in g.name.lower() or search in g.path.lower()), key=lambda g: g.path)
    shown, headers = paging.offset(site, request, rows, "Group")
    return answers.as_json([site.entities.group(g) for g in shown], headers=headers)


@route("GET", "groups/:id")
def group(site, request):
    found = site.world.find_namespace(request.params["id"]) or site.world.groups.get(int(request.params["id"]) if request.params["id"].isdigit() else -1)
    if found is None or not hasattr(found, "members") or not sees_group(found, request.user):
        raise answers.not_found("Group")
    return answers.as_json(site.entities.group(found))


def sees_group(place, person):
    return place.visibility == "public" or (person is not None and (person.admin or place.visibility == "internal" or place.level(person) >= GUEST))


@route("GET", "namespaces/:id", open_to_all=False)
def namespace(site, request):
    """By number or by path, of a person or a group; one that the caller may not see is not there."""
    named = request.params["id"]
    found = site.world.find_namespace(int(named) if named.isdigit() else named)
    if found is None or (hasattr(found, "members") and not sees_group(found, request.user)):
        raise answers.not_found("Namespace")
    return answers.as_json(site.entities.namespace(found))


@route("GET", "namespaces", open_to_all=False)
def namespaces(site, request):
    search = (request.one("search") or "").lower()
    rows = [request.user] + [g for g in site.world.groups.values() if g.level(request.user) >= GUEST or request.user.admin]
    entities = [site.entities.namespace(place) for place in rows]
    entities = [e for e in entities if search in e["full_path"].lower()]
    shown, headers = paging.offset(site, request, entities, "Namespace")
    return answers.as_json(shown, headers=headers)
