# SPDX-License-Identifier: GPL-3.0-or-later
"""Projects: lists, one of them, forks, new ones."""
from . import answers, clock, paging
from .entities import slug
from .repository import GitError
from .routes import body_of, project_of, route
from .world import DEVELOPER, GUEST, MAINTAINER, OWNER, Group

ORDERS = {"id": lambda p: p.id, "name": lambda p: p.name.lower(), "path": lambda p: p.leaf.lower(), "created_at": lambda p: (p.created_at, p.id),
          "updated_at": lambda p: (p.last_activity_at, p.id), "last_activity_at": lambda p: (p.last_activity_at, p.id),
          "star_count": lambda p: (len(p.stars), p.id), "similarity": lambda p: p.id}


def listed(site, request, rows):
    """Filters, order and page of a list of projects."""
    user = request.user
    order, descending = request.one("order_by") or "created_at", (request.one("sort") or "desc") == "desc"
    if order not in ORDERS or request.one("sort") not in (None, "asc", "desc"):
        raise answers.grape(400, "order_by does not have a valid value" if order not in ORDERS else "sort does not have a valid value")
    entity = site.entities.project_simple if request.flag("simple") or user is None else site.entities.project
    rows = chosen(request, rows, user, order, descending)
    if paging.wants_keyset(request):
        if order != "id":
            raise paging.keyset_refused()
        name = "id_before" if descending else "id_after"
        shown, headers = paging.keyset(site, request, rows, lambda p: p.id, lambda token: {name: token})
    else:
        shown, headers = paging.offset(site, request, rows, "Project")
    return answers.as_json([entity(p, user) for p in shown], headers=headers)


MANY = 5000
RECENT = {}  # what was chosen of many projects, a moment ago: a person reads page after page


def chosen(request, rows, user, order, descending):
    key = (user.id if user else None, len(rows), tuple(sorted(pair for pair in request.pairs if pair[0] not in ("page", "per_page"))))
    made, found = RECENT.get(key, (0, None))
    if found is None or clock.now() - made > 10:
        found = sorted((p for p in rows if p.visible(user) and keeps(request, p, user)), key=ORDERS[order], reverse=descending)
        if len(rows) > MANY:
            RECENT.clear()
            RECENT[key] = (clock.now(), found)
    return list(found)


def keeps(request, project, user):
    level = project.level(user)
    search = (request.one("search") or "").lower()
    named = [project.name.lower(), project.leaf.lower(), (project.description or "").lower()]
    if request.flag("search_namespaces"):
        named.append(project.path.lower())
    member = level >= GUEST and (not (user and user.admin) or user.id in project.members or project.namespace is user)
    checks = [
        not request.flag("membership") or member,
        not request.flag("owned") or (user is not None and (project.namespace is user or level == OWNER)),
        not request.flag("starred") or (user is not None and user.id in project.stars),
        request.one("archived") is None or request.flag("archived") == project.archived,
        not request.flag("active") or not project.archived,
        request.one("visibility") in (None, "", project.visibility),
        level >= paging.number(request, "min_access_level", 0),
        not search or has_words(search, named),
        project.id > paging.number(request, "id_after", 0),
        project.id < paging.number(request, "id_before", 1 << 62),
        project.last_activity_at > (clock.parse(request.one("last_activity_after")) or 0),
        project.last_activity_at < (clock.parse(request.one("last_activity_before")) or 1e18),
    ]
    return all(checks)


def has_words(search, texts):
    """GitLab's search: each word of three letters or more somewhere in the texts; without such a word the whole of one text."""
    words = [w for w in search.split() if len(w) >= 3]
    if not words:
        return search.strip() in texts
    return all(any(word in text for text in texts) for word in words)


@route("GET", "projects")
def projects(site, request):
    return listed(site, request, list(site.world.projects.values()))


@route("GET", "users/:user/projects")
def projects_of_user(site, request):
    wanted = request.params["user"]
    return listed(site, request, [p for p in site.world.projects.values() if str(getattr(p.namespace, "username", "")) == wanted
                                  or (hasattr(p.namespace, "username") and str(p.namespace.id) == wanted)])


@route("GET", "groups/:id/projects")
def projects_of_group(site, request):
    place = site.world.find_namespace(request.params["id"]) or site.world.groups.get(int(request.params["id"]) if request.params["id"].isdigit() else -1)
    if not isinstance(place, Group):
        raise answers.not_found("Group")
    below = request.flag("include_subgroups")
    rows = [p for p in site.world.projects.values() if p.namespace is place or (below and p.path.startswith(place.path + "/"))]
    return listed(site, request, rows)


@route("GET", "projects/:id")
def project(site, request):
    found = project_of(site, request)
    return answers.as_json(site.entities.project(found, request.user, request.flag("statistics")))


@route("POST", "projects", open_to_all=False)
def new_project(site, request):
    values = body_of(request)
    if not values.get("name") and not values.get("path"):
        raise answers.grape(400, "name, path are missing, at least one parameter must be provided")
    place = request.user
    if values.get("namespace_id"):
        place = site.world.find_namespace(int(values["namespace_id"]))
        if place is None or (isinstance(place, Group) and place.level(request.user) < DEVELOPER):
            raise answers.refused(400, {"namespace": ["is not valid"]})
    leaf = values.get("path") or slug(values["name"])
    path = (place.path if isinstance(place, Group) else place.username) + "/" + leaf
    found = site.make_project(path, name=values.get("name") or leaf, description=values.get("description"),
                              visibility=values.get("visibility") or "private", branch=values.get("default_branch") or "main")
    found.members[request.user.id] = OWNER
    found.created_at = found.last_activity_at = clock.now()
    if values.get("initialize_with_readme") in (True, "true"):
        sha = found.repo.apply(values.get("default_branch") or "main", None, [{"action": "create", "file_path": "README.md", "content": "# %s\n" % found.name}],
                               "Initial commit", request.user.name, request.user.email)
        site.pushed(found, request.user, [("0" * 40, sha, "refs/heads/" + (values.get("default_branch") or "main"))])
    return answers.as_json(site.entities.project(found, request.user), 201)


@route("DELETE", "projects/:id", open_to_all=False)
def remove_project(site, request):
    found = project_of(site, request)
    if found.level(request.user) < OWNER:
        raise answers.forbidden()
    site.world.remove_project(found)
    return answers.as_json({"message": "202 Accepted"}, 202)


@route("POST", "projects/:id/star", open_to_all=False)
def star(site, request):
    found = project_of(site, request)
    if request.user.id in found.stars:
        return answers.Answer(304)
    found.stars.add(request.user.id)
    return answers.as_json(site.entities.project(found, request.user), 201)


@route("POST", "projects/:id/unstar", open_to_all=False)
def unstar(site, request):
    found = project_of(site, request)
    if request.user.id not in found.stars:
        return answers.Answer(304)
    found.stars.discard(request.user.id)
    return answers.as_json(site.entities.project(found, request.user), 201)


@route("GET", "projects/:id/forks")
def forks(site, request):
    source = project_of(site, request)
    return listed(site, request, [p for p in site.world.projects.values() if p.forked_from is source])


@route("POST", "projects/:id/fork", open_to_all=False)
def fork(site, request):
    """Copying begins now; import_status says when it is done. A fork has no pipelines, until something is pushed."""
    source = project_of(site, request)
    if not source.reads_code(request.user):
        raise answers.forbidden()
    values = body_of(request)
    place = target_of(site, request, values)
    leaf = values.get("path") or source.leaf
    path = (place.path if isinstance(place, Group) else place.username) + "/" + leaf
    if path.lower() in site.world.by_path:
        raise answers.refused(409, {"namespace": [], "name": ["has already been taken"], "path": ["has already been taken"], "base": [],
                                    "project_namespace.path": ["has already been taken"]})
    made = site.world.add_project(path, name=values.get("name") or source.name, description=values.get("description") or source.description,
                                  visibility=values.get("visibility") or source.visibility, forked_from=source, import_status="scheduled",
                                  created_at=clock.now(), last_activity_at=clock.now(), job_scripts=dict(source.job_scripts))
    made.members[request.user.id] = OWNER
    site.runner.timer.after(site.fork_ms / 1000, copy, site, source, made, values.get("branches"))
    return answers.as_json(site.entities.project(made, request.user), 201)


def target_of(site, request, values):
    wanted = values.get("namespace_path") or values.get("namespace_id") or values.get("namespace")
    if wanted is None:
        return request.user
    place = site.world.find_namespace(int(wanted) if str(wanted).isdigit() else wanted)
    if place is None:
        raise answers.not_found("Target Namespace")
    allowed = place is request.user or request.user.admin or (isinstance(place, Group) and place.level(request.user) >= MAINTAINER)
    if not allowed:
        raise answers.not_found("Target Namespace")
    return place


def copy(site, source, made, branches):
    made.import_status = "started"
    if site.fork_fails:
        made.import_status, made.import_error = "failed", site.fork_fails
        return
    if source.repo:
        try:
            made.repo = site.new_repository(made.path).clone_of(source.repo.folder)
            if branches:
                for name, _ in made.repo.branches():
                    if name != branches:
                        made.repo.delete_ref("refs/heads/" + name)
        except GitError as exc:
            made.import_status, made.import_error = "failed", str(exc)
            return
    made.import_status = "finished"
