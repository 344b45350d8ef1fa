# SPDX-License-Identifier: GPL-3.0-or-later
"""Branches, commits, trees, files, archives."""
import base64
import hashlib
import mimetypes
import re

from . import answers, clock, paging
from .repository import GitError
from .routes import body_of, needed, project_of, route

CODE = ("read_api", "read_repository")


def repository_of(site, request):
    """(project, repository or None while it is empty), for one who may read the code."""
    project = project_of(site, request)
    if not project.reads_code(request.user):
        raise answers.forbidden() if request.user else answers.not_found("Project")
    if project.import_status in ("scheduled", "started") or project.repo is None:
        return project, None
    return project, project.repo


def commit_named(site, request):
    project, repo = repository_of(site, request)
    sha = repo.commit_of(request.params["sha"]) if repo else None
    if sha is None:
        raise answers.not_found("Commit")
    return project, repo, sha


def may_push(project, user, branch):
    if user is None or not project.pushes_to(user, branch):
        raise answers.refused(400 if user and project.level(user) >= 30 else 403,
                              "You are not allowed to push into this branch" if user and project.level(user) >= 30 else "403 Forbidden")
    if project.archived:
        raise answers.forbidden()


# branches -------------------------------------------------------------------------------------------------------------------

@route("GET", "projects/:id/repository/branches")
def branches(site, request):
    """Page 1 comes from git's own service, with its own idea of paging; later pages are cut from the whole list."""
    project, repo = repository_of(site, request)
    if repo is None:
        raise answers.not_found("Repository")
    rows = repo.search(repo.branches(), request.one("search"))
    if request.one("regex"):
        try:
            rows = [row for row in rows if re.search(request.one("regex"), row[0])]
        except re.error as exc:
            raise answers.grape(400, "regex is an invalid regular expression") from exc
    order = request.one("sort")
    if order not in (None, "", "name_asc", "updated_asc", "updated_desc"):
        raise answers.grape(400, "sort does not have a valid value")
    if order in ("updated_asc", "updated_desc"):
        rows.sort(key=lambda row: row[1].committed_at, reverse=order == "updated_desc")
    if paging.wants_keyset(request) or request.one("page_token") is not None:
        token = request.one("page_token")
        rows = [row for row in rows if token in (None, "") or row[0] > token]
        shown, headers = paging.keyset(site, request, rows, lambda row: row[0], lambda name: {"page_token": name})
    else:
        shown, headers = paging.offset(site, request, rows, "Branch")
        page, per_page = paging.sizes(request)
        if page == 1 and not request.one("search"):
            headers = [pair for pair in paging.headers(site, request, 1, per_page, len(rows), True)]
    default = repo.default_branch()
    return answers.as_json([site.entities.branch(project, name, commit, request.user, default) for name, commit in shown], headers=headers)


@route("GET", "projects/:id/repository/branches/:branch")
def branch(site, request):
    project, repo = repository_of(site, request)
    found = repo.branch(request.params["branch"]) if repo else None
    if request.method == "HEAD":
        return answers.Answer(204 if found else 404, kind=None)
    if found is None:
        raise answers.not_found("Branch")
    return answers.as_json(site.entities.branch(project, request.params["branch"], found, request.user, repo.default_branch()))


@route("POST", "projects/:id/repository/branches", open_to_all=False)
def new_branch(site, request):
    project, repo = repository_of(site, request)
    values = body_of(request)
    needed(values, "branch", "ref")
    may_push(project, request.user, values["branch"])
    sha = repo.commit_of(values["ref"]) if repo else None
    if sha is None:
        raise answers.refused(400, "Invalid reference name: %s" % values["ref"])
    if repo.branch(values["branch"]):
        raise answers.refused(400, "Branch already exists")
    try:
        repo.update_ref("refs/heads/" + values["branch"], sha)
    except GitError as exc:
        raise answers.refused(400, "Branch name is invalid") from exc
    site.pushed(project, request.user, [("0" * 40, sha, "refs/heads/" + values["branch"])])
    return answers.as_json(site.entities.branch(project, values["branch"], repo.branch(values["branch"]), request.user, repo.default_branch()), 201)


@route("DELETE", "projects/:id/repository/branches/:branch", open_to_all=False)
def remove_branch(site, request):
    project, repo = repository_of(site, request)
    name = request.params["branch"]
    found = repo.branch(name) if repo else None
    if found is None:
        raise answers.not_found("Branch")
    if name in project.protected or name == repo.default_branch():
        raise answers.refused(405, "405 Method Not Allowed")
    may_push(project, request.user, name)
    repo.delete_ref("refs/heads/" + name)
    return answers.Answer(204, kind=None)


@route("GET", "projects/:id/repository/tags")
def tags(site, request):
    project, repo = repository_of(site, request)
    rows = repo.branches("refs/tags/") if repo else []
    shown, headers = paging.offset(site, request, [row for row in rows if row[1].id], "Tag")
    return answers.as_json([{"name": name, "message": "", "target": c.id, "commit": site.entities.commit(project, repo.commit(name) or c),
                             "release": None, "protected": False, "created_at": None} for name, c in shown], headers=headers)


# commits --------------------------------------------------------------------------------------------------------------------

@route("GET", "projects/:id/repository/commits")
def commits(site, request):
    project, repo = repository_of(site, request)
    if repo is None:
        raise answers.not_found("Repository")
    options, paths = [], [request.one("path")] if request.one("path") else []
    wanted, revision = request.one("ref_name"), None
    if request.flag("all"):
        options.append("--all")
    elif wanted and ".." in wanted:
        ends = [repo.commit_of(end) if end else repo.commit_of(repo.default_branch() or "") for end in wanted.split("..", 1)]
        if None in ends:
            raise answers.refused(400, "ref_name is invalid")
        revision = "%s..%s" % tuple(ends)
    else:
        revision = repo.commit_of(wanted or repo.default_branch() or "")
        if revision is None and wanted is None:
            raise answers.not_found("Repository")
        if revision is None:
            repo.check_ref_name(wanted)
            return answers.as_json([], headers=paging.uncounted(site, request, lambda skip, limit: [])[1])
    for name, option in (("since", "--since="), ("until", "--until="), ("author", "--author=")):
        if request.one(name):
            if name != "author" and clock.parse(request.one(name)) is None:
                raise answers.grape(400, "%s is invalid" % name)
            options.append(option + request.one(name))
    if request.flag("first_parent"):
        options.append("--first-parent")
    if request.one("order") == "topo":
        options.append("--topo-order")
    try:
        shown, headers = paging.uncounted(site, request, lambda skip, limit: repo.commits(revision, limit, skip, options, paths))
    except GitError as exc:
        raise answers.refused(400, "ref_name is invalid") from exc
    stats = request.flag("with_stats")
    return answers.as_json([site.entities.commit(project, c, repo.stats(c.id) if stats else None) for c in shown], headers=headers)


@route("GET", "projects/:id/repository/commits/:sha")
def commit(site, request):
    project, repo, sha = commit_named(site, request)
    return answers.as_json(site.entities.commit_detail(project, repo.commit(sha), request.user, request.flag("stats", True)))


@route("GET", "projects/:id/repository/commits/:sha/refs")
def refs(site, request):
    _, repo, sha = commit_named(site, request)
    kind = request.one("type") or "all"
    rows = [{"type": k, "name": name} for k, name in repo.refs_with(sha) if kind in ("all", k)]
    shown, headers = paging.offset(site, request, rows)
    return answers.as_json(shown, headers=headers)


@route("GET", "projects/:id/repository/commits/:sha/statuses")
def statuses(site, request):
    """Jobs are statuses: their id is the job's."""
    project, _, sha = commit_named(site, request)
    if not project.reads_jobs(request.user):
        raise answers.forbidden()
    rows = [job for p in site.pipelines.of(project) if p.sha == sha for job in p.jobs]
    for name, of in (("ref", lambda j: j.pipeline.ref), ("stage", lambda j: j.stage), ("name", lambda j: j.name), ("pipeline_id", lambda j: str(j.pipeline.id))):
        if request.one(name):
            rows = [job for job in rows if of(job) == request.one(name)]
    if not request.flag("all"):
        newest = {}
        for job in sorted(rows, key=lambda j: j.id):
            newest[job.name, job.pipeline.ref] = job
        rows = list(newest.values())
    key = (lambda j: (j.pipeline.id, j.id)) if request.one("order_by") == "pipeline_id" else (lambda j: j.id)
    rows.sort(key=key, reverse=request.one("sort") == "desc")
    shown, headers = paging.offset(site, request, rows)
    return answers.as_json([site.entities.commit_status(job) for job in shown], headers=headers)


@route("POST", "projects/:id/repository/commits", open_to_all=False)
def new_commit(site, request):
    project, repo = repository_of(site, request)
    values = body_of(request)
    needed(values, "branch", "commit_message")
    if "actions" not in values:
        raise answers.grape(400, "actions is missing")
    if not values["actions"]:
        raise answers.grape(400, "actions is empty")
    may_push(project, request.user, values["branch"])
    if repo is None:
        raise answers.not_found("Repository")
    current = repo.branch(values["branch"])
    start = values.get("start_sha") or values.get("start_branch")
    if current and start and not values.get("force"):
        raise answers.refused(400, "A branch called '%s' already exists. Switch to that branch in order to make changes" % values["branch"])
    parent = repo.commit_of(start) if start else current.id if current else None
    if parent is None and repo.default_branch():
        raise answers.refused(400, "You can only create or edit files when you are on a branch")
    sha = repo.apply(values["branch"], parent, values["actions"], values["commit_message"], values.get("author_name") or request.user.name,
                     values.get("author_email") or request.user.email)
    site.pushed(project, request.user, [(current.id if current else "0" * 40, sha, "refs/heads/" + values["branch"])])
    return answers.as_json(site.entities.commit_detail(project, repo.commit(sha), request.user), 201)


# trees and files ------------------------------------------------------------------------------------------------------------

@route("GET", "projects/:id/repository/tree")
def tree(site, request):
    _, repo = repository_of(site, request)
    sha = repo.commit_of(request.one("ref") or repo.default_branch() or "") if repo else None
    if sha is None:
        raise answers.not_found("Tree")
    rows = repo.tree(sha, request.one("path") or "", request.flag("recursive"))
    if rows is None:
        raise answers.refused(404, "404 invalid revision or path Not Found")
    rows.sort(key=lambda row: (row[1] != "tree", row[1] == "commit", row[3]) if not request.flag("recursive") else (row[1] != "tree", row[3]))
    if paging.wants_keyset(request):
        token = request.one("page_token")
        at = next((i + 1 for i, row in enumerate(rows) if token and row[2] + row[3] == base64.b64decode(token + "===").decode("utf-8", "replace")), 0)
        shown, headers = paging.keyset(site, request, rows[at:], lambda row: base64.b64encode((row[2] + row[3]).encode()).decode().rstrip("="),
                                       lambda name: {"page_token": name})
    else:
        shown, headers = paging.offset(site, request, rows)
    return answers.as_json([{"id": sha_, "name": path.rsplit("/", 1)[-1], "type": kind, "path": path, "mode": mode}
                            for mode, kind, sha_, path in shown], headers=headers)


def file_of(site, request):
    """(project, repo, commit id, ref, blob id, bytes)"""
    project, repo = repository_of(site, request)
    ref = request.one("ref") or (repo.default_branch() if repo else None) or ""
    ref = (repo.default_branch() or "") if ref == "HEAD" and repo else ref
    sha = repo.commit_of(ref) if repo else None
    if sha is None:
        raise answers.not_found("Commit")
    found = repo.blob(sha, request.params["path"])
    if found is None:
        raise answers.not_found("File")
    return project, repo, sha, ref, *found


def file_headers(request, repo, sha, ref, blob, data):
    last = repo.commits(sha, 1, 0, (), [request.params["path"]])
    name = request.params["path"].rsplit("/", 1)[-1]
    return [("X-Gitlab-Blob-Id", blob), ("X-Gitlab-Commit-Id", sha), ("X-Gitlab-Content-Sha256", hashlib.sha256(data).hexdigest()),
            ("X-Gitlab-Encoding", "base64"), ("X-Gitlab-Execute-Filemode", "false"), ("X-Gitlab-File-Name", name.encode("ascii", "replace").decode()),
            ("X-Gitlab-File-Path", request.params["path"].encode("ascii", "replace").decode()),
            ("X-Gitlab-Last-Commit-Id", last[0].id if last else sha), ("X-Gitlab-Ref", ref.encode("ascii", "replace").decode()),
            ("X-Gitlab-Size", len(data))]


@route("GET", "projects/:id/repository/files/:path/raw", CODE)
def raw_file(site, request):
    _, repo, sha, ref, blob, data = file_of(site, request)
    headers = file_headers(request, repo, sha, ref, blob, data)
    headers.append(("Content-Disposition", "inline"))
    return answers.as_text(data, headers=headers, kind=mimetypes.guess_type(request.params["path"])[0] or "text/plain")


@route("GET", "projects/:id/repository/files/:path", CODE)
def whole_file(site, request):
    _, repo, sha, ref, blob, data = file_of(site, request)
    headers = file_headers(request, repo, sha, ref, blob, data)
    last = dict(headers)["X-Gitlab-Last-Commit-Id"]
    return answers.as_json({
        "file_name": request.params["path"].rsplit("/", 1)[-1], "file_path": request.params["path"], "size": len(data), "encoding": "base64",
        "content": base64.b64encode(data).decode(), "content_sha256": hashlib.sha256(data).hexdigest(), "ref": ref, "blob_id": blob,
        "commit_id": sha, "last_commit_id": last, "execute_filemode": False}, headers=headers)


@route("GET", "projects/:id/repository/blobs/:sha/raw", CODE)
def raw_blob(site, request):
    _, repo = repository_of(site, request)
    sha = request.params["sha"]
    if repo is None or not sha.isalnum() or not repo.git("cat-file", "-t", sha, wrong_is_fine=True).startswith(b"blob"):
        raise answers.not_found("Blob")
    return answers.as_text(repo.git("cat-file", "blob", sha), headers=[("Content-Disposition", "inline")], kind="text/plain")


def archived(site, request, form):
    project, repo = repository_of(site, request)
    sha = repo.commit_of(request.one("sha") or repo.default_branch() or "") if repo else None
    if sha is None:
        raise answers.not_found("File")
    name = "%s-%s-%s" % (project.leaf, (request.one("sha") or "main").replace("/", "-"), sha)
    kind = {"zip": "application/zip", "tar": "application/x-tar"}.get(form, "application/octet-stream")
    return answers.Answer(200, repo.archive(sha, form, name, request.one("path")), kind,
                          [("Content-Disposition", 'attachment; filename="%s.%s"' % (name.encode("ascii", "replace").decode(), form))])


for _form in ("tar.gz", "tar", "zip"):
    route("GET", "projects/:id/repository/archive." + _form, CODE)(lambda site, request, form=_form: archived(site, request, form))
route("GET", "projects/:id/repository/archive", CODE)(lambda site, request: archived(site, request, "tar.gz"))

