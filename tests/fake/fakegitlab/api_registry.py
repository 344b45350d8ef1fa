# SPDX-License-Identifier: GPL-3.0-or-later
"""The container registry as GitLab's API shows it. It asks the registry each time."""
from . import answers, paging
from .routes import project_of, route


def readable(site, request):
    project = project_of(site, request)
    if not project.reads_registry(request.user):
        raise answers.not_found("Project") if request.user is None else answers.forbidden()
    return project


def row_of(site, request, project):
    wanted = request.params["repository_id"]
    for below, number in site.registry_rows(project):
        if wanted == str(number):
            return below, number
    raise answers.refused(404, "404 Not found" if wanted.isdigit() else "404 Container Repository Not Found")


def shown(site, request, project, below, number):
    entity = site.entities.registry_repository(project, below, number)
    names = site.registry.tags(entity["path"]) if request.flag("tags") or request.flag("tags_count") else []
    if request.flag("tags"):
        entity["tags"] = [site.entities.tag(entity["path"], name) for name in sorted(names)]
    if request.flag("tags_count"):
        entity["tags_count"] = len(names)
    if request.flag("size"):
        entity["size"] = sum((site.registry.tag(entity["path"], name) or {"size": 0})["size"] for name in site.registry.tags(entity["path"]))
    return entity


@route("GET", "projects/:id/registry/repositories")
def repositories(site, request):
    project = readable(site, request)
    rows, headers = paging.offset(site, request, site.registry_rows(project))
    return answers.as_json([shown(site, request, project, *row) for row in rows], headers=headers)


@route("GET", "registry/repositories/:repository_id")
def repository(site, request):
    for project in list(site.world.projects.values()):
        for below, number in site.registry_rows(project):
            if str(number) == request.params["repository_id"] and project.reads_registry(request.user):
                return answers.as_json(shown(site, request, project, below, number))
    raise answers.refused(404, "404 Not found")


@route("GET", "projects/:id/registry/repositories/:repository_id/tags")
def tags(site, request):
    project = readable(site, request)
    below, number = row_of(site, request, project)
    path = site.entities.registry_repository(project, below, number)["path"]
    names = sorted(site.registry.tags(path), reverse=request.one("sort") == "desc")
    if paging.wants_keyset(request):
        if not site.registry_metadata:
            raise paging.keyset_refused()
        last = request.one("last")
        names = names[names.index(last) + 1:] if last in names else names
        page, headers = paging.keyset(site, request, names, lambda name: name, lambda name: {"last": name})
    else:
        page, headers = paging.offset(site, request, names)
    return answers.as_json([site.entities.tag(path, name) for name in page], headers=headers)


@route("GET", "projects/:id/registry/repositories/:repository_id/tags/:tag_name")
def tag(site, request):
    project = readable(site, request)
    below, number = row_of(site, request, project)
    path = site.entities.registry_repository(project, below, number)["path"]
    found = site.registry.tag(path, request.params["tag_name"])
    if found is None:
        raise answers.not_found("Tag")
    return answers.as_json(site.entities.tag_details(path, request.params["tag_name"], found))


@route("DELETE", "projects/:id/registry/repositories/:repository_id/tags/:tag_name", open_to_all=False)
def remove_tag(site, request):
    project = readable(site, request)
    below, number = row_of(site, request, project)
    if project.level(request.user) < 30:
        raise answers.forbidden()
    path = site.entities.registry_repository(project, below, number)["path"]
    if site.registry.tag(path, request.params["tag_name"]) is None:
        raise answers.not_found("Tag")
    site.registry.set_tag(path, request.params["tag_name"], None)
    return answers.as_json("200", 200)
