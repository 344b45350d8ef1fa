# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of GitLab's GraphQL schema that there is here: for each type its fields, what they take, weigh and give."""
import base64
import re

from . import clock, entities
from .world import DEVELOPER, GUEST, Group

TYPES = {}


class NotThere(Exception):
    """An error beside the data; the field is null."""


class Context:
    def __init__(self, site, user):
        self.site, self.user = site, user
        self.complexity = {"score": 0, "limit": 0}


class Spec:
    def __init__(self, type_, resolve, arguments, complexity, connection, many):
        self.type, self.resolve, self.arguments = type_, resolve, arguments
        self.complexity, self.connection, self.many = complexity, connection, many


def field(on, name, type_, resolve, /, complexity=1, many=False, **arguments):
    TYPES.setdefault(on, {})[name] = Spec(type_, resolve, arguments, complexity, False, many)


def connection(on, name, node, rows, /, complexity=1, **arguments):
    """A list in pages. rows(context, thing, arguments) gives all of it."""
    kind = node + "Connection"
    if kind not in TYPES:
        field(kind, "nodes", node, lambda c, page, a: page["rows"], many=True)
        field(kind, "edges", node + "Edge", lambda c, page, a: [{"node": row, "cursor": page["cursor"](i)} for i, row in enumerate(page["rows"])], many=True)
        field(kind, "pageInfo", "PageInfo", lambda c, page, a: page)
        field(kind, "count", "Int", lambda c, page, a: page["count"])
        field(node + "Edge", "node", node, lambda c, edge, a: edge["node"])
        field(node + "Edge", "cursor", "String", lambda c, edge, a: edge["cursor"])
    arguments = dict(arguments, first="Int", last="Int", after="String", before="String")
    TYPES.setdefault(on, {})[name] = Spec(kind, lambda c, thing, a: page_of(rows(c, thing, a), a), arguments, complexity, True, False)


def cursor(number):
    return base64.b64encode(b'{"n":"%d"}' % number).decode()


def number_of(text):
    found = re.search(rb"\d+", base64.b64decode(text + "===")) if text else None
    return int(found.group()) if found else 0


def page_of(rows, arguments):
    if rows is None:
        return None
    start = number_of(arguments.get("after"))
    end = number_of(arguments["before"]) - 1 if arguments.get("before") else len(rows)
    first = min(int(arguments.get("first") or 100), 100)
    if arguments.get("last"):
        start = max(start, end - min(int(arguments["last"]), 100))
    shown = rows[start:min(end, start + first)]
    return {"rows": shown, "count": len(rows), "cursor": lambda i: cursor(start + i + 1), "startCursor": cursor(start + 1) if shown else None,
            "endCursor": cursor(start + len(shown)) if shown else None, "hasNextPage": start + len(shown) < end, "hasPreviousPage": start > 0}


for _name in ("startCursor", "endCursor", "hasNextPage", "hasPreviousPage"):
    field("PageInfo", _name, "String", lambda c, page, a, name=_name: page[name])


def gid(kind, number):
    return "gid://gitlab/%s/%d" % (kind, number)


# the top ---------------------------------------------------------------------------------------------------------------------

def projects(context, _thing, arguments):
    user = context.user
    rows = [p for p in context.site.world.projects.values() if p.visible(user)]
    if arguments.get("membership"):
        rows = [p for p in rows if p.level(user) >= GUEST]
    if arguments.get("search"):
        wanted = arguments["search"].lower()
        rows = [p for p in rows if wanted in (p.path if arguments.get("searchNamespaces") else p.name + "\n" + p.leaf).lower()]
    if arguments.get("ids"):
        rows = [p for p in rows if gid("Project", p.id) in arguments["ids"]]
    if arguments.get("fullPaths"):
        wanted = {path.lower() for path in arguments["fullPaths"]}
        rows = [p for p in rows if p.path.lower() in wanted]
    if arguments.get("archived") in ("EXCLUDE", "ONLY"):
        rows = [p for p in rows if p.archived == (arguments["archived"] == "ONLY")]
    name, _, direction = (arguments.get("sort") or "id_desc").lower().rpartition("_")
    keys = {"latest_activity": lambda p: (p.last_activity_at, p.id), "name": lambda p: p.name.lower(), "path": lambda p: p.path.lower(),
            "created": lambda p: (p.created_at, p.id), "stars": lambda p: (len(p.stars), p.id)}
    return sorted(rows, key=keys.get(name, lambda p: p.id), reverse=direction != "asc")


def project(context, _thing, arguments):
    found = context.site.world.by_path.get(str(arguments["fullPath"]).lower()) or context.site.world.moved.get(str(arguments["fullPath"]).lower())
    return found if found is not None and found.visible(context.user) else None


def group(context, _thing, arguments):
    found = context.site.world.find_namespace(arguments["fullPath"])
    return found if isinstance(found, Group) else None


field("Query", "currentUser", "CurrentUser", lambda c, t, a: c.user)
field("Query", "metadata", "Metadata", lambda c, t, a: c.site if c.user else None)
field("Query", "queryComplexity", "QueryComplexity", lambda c, t, a: c.complexity)
field("Query", "project", "Project", project, fullPath="ID!")
field("Query", "group", "Group", group, fullPath="ID!")
connection("Query", "projects", "Project", projects, membership="Boolean", search="String", searchNamespaces="Boolean", sort="String", ids="[ID!]",
           fullPaths="[String!]", archived="ProjectArchived", personal="Boolean", topics="[String!]", withIssuesEnabled="Boolean")
field("QueryComplexity", "score", "Int", lambda c, t, a: t["score"])
field("QueryComplexity", "limit", "Int", lambda c, t, a: t["limit"])
field("Metadata", "version", "String", lambda c, site, a: site.version)
field("Metadata", "revision", "String", lambda c, site, a: "d79f3e7b89a")
field("Metadata", "enterprise", "Boolean", lambda c, site, a: False)

for _on in ("CurrentUser", "UserCore"):
    field(_on, "id", "ID", lambda c, u, a: gid("User", u.id))
    field(_on, "username", "String", lambda c, u, a: u.username)
    field(_on, "name", "String", lambda c, u, a: u.name)
    field(_on, "state", "UserState", lambda c, u, a: u.state)
    field(_on, "webUrl", "String", lambda c, u, a: c.site.entities.web(u.username))
    field(_on, "avatarUrl", "String", lambda c, u, a: None)
field("CurrentUser", "publicEmail", "String", lambda c, u, a: "")
connection("CurrentUser", "starredProjects", "Project", lambda c, u, a: [p for p in projects(c, None, {"sort": "latest_activity_desc"}) if u.id in p.stars],
           search="String", sort="String")
field("Group", "id", "ID", lambda c, g, a: gid("Group", g.id))
field("Group", "name", "String", lambda c, g, a: g.name)
field("Group", "fullPath", "ID", lambda c, g, a: g.path)
field("Group", "fullName", "String", lambda c, g, a: g.full_name())
connection("Group", "projects", "Project", lambda c, g, a: [p for p in projects(c, None, a) if p.namespace is g or (
    a.get("includeSubgroups") and p.path.startswith(g.path + "/"))], search="String", sort="String", includeSubgroups="Boolean")

# projects --------------------------------------------------------------------------------------------------------------------

field("Project", "id", "ID", lambda c, p, a: gid("Project", p.id))
field("Project", "fullPath", "ID", lambda c, p, a: p.path)
field("Project", "path", "String", lambda c, p, a: p.leaf)
field("Project", "name", "String", lambda c, p, a: p.name)
field("Project", "nameWithNamespace", "String", lambda c, p, a: p.full_name())
field("Project", "description", "String", lambda c, p, a: p.description)
field("Project", "createdAt", "Time", lambda c, p, a: clock.iso(p.created_at))
field("Project", "lastActivityAt", "Time", lambda c, p, a: clock.iso(p.last_activity_at))
field("Project", "archived", "Boolean", lambda c, p, a: p.archived)
field("Project", "starCount", "Int", lambda c, p, a: len(p.stars))
field("Project", "forksCount", "Int", lambda c, p, a: 0)
field("Project", "visibility", "String", lambda c, p, a: p.visibility)
field("Project", "webUrl", "String", lambda c, p, a: c.site.entities.web(p.path))
field("Project", "httpUrlToRepo", "String", lambda c, p, a: c.site.entities.web(p.path) + ".git")
field("Project", "sshUrlToRepo", "String", lambda c, p, a: c.site.entities.project_simple(p, c.user)["ssh_url_to_repo"])
field("Project", "topics", "String", lambda c, p, a: p.topics)
field("Project", "importStatus", "String", lambda c, p, a: p.import_status)
field("Project", "jobsEnabled", "Boolean", lambda c, p, a: p.builds_access != "disabled")
field("Project", "containerRegistryEnabled", "Boolean", lambda c, p, a: p.registry_access != "disabled")
field("Project", "maxAccessLevel", "AccessLevel", lambda c, p, a: p.level(c.user))
field("Project", "repository", "Repository", lambda c, p, a: p if p.reads_code(c.user) else None)
field("Project", "group", "Group", lambda c, p, a: p.namespace if isinstance(p.namespace, Group) else None)
field("Project", "userPermissions", "ProjectPermissions", lambda c, p, a: p)
field("ProjectPermissions", "pushCode", "Boolean", lambda c, p, a: p.level(c.user) >= DEVELOPER)
field("ProjectPermissions", "createPipeline", "Boolean", lambda c, p, a: p.level(c.user) >= DEVELOPER)
field("ProjectPermissions", "readProject", "Boolean", lambda c, p, a: True)
field("AccessLevel", "integerValue", "Int", lambda c, level, a: level)
field("AccessLevel", "stringValue", "String", lambda c, level, a: {10: "GUEST", 20: "REPORTER", 30: "DEVELOPER", 40: "MAINTAINER", 50: "OWNER"}.get(level, "NO_ACCESS"))
field("Repository", "rootRef", "String", lambda c, p, a: p.repo.default_branch() if p.repo else None, complexity=2)
field("Repository", "empty", "Boolean", lambda c, p, a: not (p.repo and p.repo.default_branch()), complexity=2)
field("Repository", "exists", "Boolean", lambda c, p, a: p.repo is not None, complexity=2)
field("Repository", "branchNames", "String", lambda c, p, a: [n for n, _ in p.repo.search(p.repo.branches(), a["searchPattern"])][a["offset"]:a["offset"] + a["limit"]]
      if p.repo else [], complexity=170, searchPattern="String!", offset="Int!", limit="Int!")


def commit_at(found, ref):
    """Of the top of the tree the last commit is that of the ref itself."""
    return found.repo.commit_of(ref or found.repo.default_branch()) if found.repo else None


def blobs(_context, found, arguments):
    sha = commit_at(found, arguments.get("ref"))
    rows = [(path, found.repo.blob(sha, path)) for path in arguments["paths"]] if sha else []
    return [(path, blob) for path, blob in rows if blob]


def text_of(_context, row, _arguments):
    try:
        return row[1][1].decode()
    except UnicodeDecodeError:
        return None


field("Repository", "tree", "Tree", lambda c, p, a: commit_at(p, a.get("ref")), complexity=2, ref="String")
field("Tree", "lastCommit", "Commit", lambda c, sha, a: sha, complexity=2)
field("Commit", "sha", "String", lambda c, sha, a: sha)
connection("Repository", "blobs", "RepositoryBlob", blobs, complexity=2, paths="[String!]!", ref="String")
field("RepositoryBlob", "path", "String", lambda c, row, a: row[0])
field("RepositoryBlob", "oid", "String", lambda c, row, a: row[1][0])
field("RepositoryBlob", "size", "BigInt", lambda c, row, a: str(len(row[1][1])))
field("RepositoryBlob", "rawTextBlob", "String", text_of)

# pipelines -------------------------------------------------------------------------------------------------------------------

def pipelines(context, found, arguments):
    if not found.reads_jobs(context.user):
        return None
    rows = [p for p in context.site.pipelines.of(found) if p.source != "parent_pipeline" or arguments.get("source") == "parent_pipeline"]
    for name in ("ref", "sha", "source"):
        rows = [p for p in rows if arguments.get(name) in (None, getattr(p, name))]
    return [p for p in rows if arguments.get("status") in (None, p.status.upper())]


def job_named(_context, pipeline, arguments):
    if bool(arguments.get("name")) == bool(arguments.get("id")):
        raise NotThere("One of id or name is required" if not arguments.get("name") else "Only one of [id, name] arguments is allowed at the same time.")
    rows = [j for j in pipeline.latest() if arguments.get("name") == j.name or arguments.get("id") == gid(job_kind(j), j.id)]
    return rows[-1] if rows else None


def job_kind(job):
    return "Ci::Bridge" if job.bridge else "Ci::Build"


def of_pipeline(_context, found, arguments):
    if arguments.get("iid") is None and arguments.get("sha") is None and arguments.get("id") is None:
        raise NotThere("Provide one of id, iid or sha")
    return next((p for p in _context.site.pipelines.of(found) if str(p.iid) == str(arguments.get("iid")) or p.sha == arguments.get("sha")
                 or gid("Ci::Pipeline", p.id) == arguments.get("id")), None)


def weight(arguments):
    return 1 + 2 * sum(1 for name in ("sha", "ref") if arguments.get(name) is not None)


connection("Project", "pipelines", "Pipeline", pipelines, complexity=weight, ref="String", sha="String", status="PipelineStatusEnum", source="String",
           scope="PipelineScopeEnum", username="String", updatedAfter="Time")
field("Project", "pipeline", "Pipeline", of_pipeline, id="CiPipelineID", iid="ID", sha="String")
field("Pipeline", "id", "ID", lambda c, p, a: gid("Ci::Pipeline", p.id))
field("Pipeline", "iid", "String", lambda c, p, a: str(p.iid))
field("Pipeline", "sha", "String", lambda c, p, a: p.sha)
field("Pipeline", "ref", "String", lambda c, p, a: p.ref)
field("Pipeline", "status", "PipelineStatusEnum", lambda c, p, a: p.status.upper())
field("Pipeline", "source", "String", lambda c, p, a: p.source)
field("Pipeline", "name", "String", lambda c, p, a: p.name)
field("Pipeline", "path", "String", lambda c, p, a: "%s/%s/-/pipelines/%d" % (c.site.prefix, p.project.path, p.id))
field("Pipeline", "createdAt", "Time", lambda c, p, a: clock.iso(p.created_at))
field("Pipeline", "updatedAt", "Time", lambda c, p, a: clock.iso(p.updated_at))
field("Pipeline", "startedAt", "Time", lambda c, p, a: clock.iso(p.started_at()))
field("Pipeline", "finishedAt", "Time", lambda c, p, a: clock.iso(p.finished_at()))
field("Pipeline", "duration", "Int", lambda c, p, a: int(p.finished_at() - p.started_at()) if p.finished_at() and p.started_at() else None)
field("Pipeline", "active", "Boolean", lambda c, p, a: p.status in ("waiting_for_resource", "preparing", "pending", "running"))
field("Pipeline", "complete", "Boolean", lambda c, p, a: p.status in ("success", "failed", "canceled", "skipped"))
field("Pipeline", "cancelable", "Boolean", lambda c, p, a: any(j.cancelable() for j in p.latest()))
field("Pipeline", "retryable", "Boolean", lambda c, p, a: any(j.retryable() and j.status in ("failed", "canceled") for j in p.latest()))
field("Pipeline", "yamlErrors", "Boolean", lambda c, p, a: bool(p.yaml_errors))
field("Pipeline", "user", "UserCore", lambda c, p, a: p.user)
field("Pipeline", "job", "CiJob", job_named, id="JobID", name="String")
field("Pipeline", "detailedStatus", "DetailedStatus", lambda c, p, a: c.site.entities.detailed(p.status, c.site.entities.warned(p), p.project.path, "pipelines/%d" % p.id))
connection("Pipeline", "jobs", "CiJob", lambda c, p, a: [j for j in sorted(p.jobs, key=lambda j: j.id) if a.get("retried") in (None, j.retried) and (
    a.get("statuses") is None or j.status.upper() in a["statuses"])], statuses="[CiJobStatus!]", retried="Boolean", securityReportTypes="[String!]")
connection("Pipeline", "downstream", "Pipeline", lambda c, p, a: [j.downstream for j in p.latest() if j.downstream])


def user_may(context, job):
    return entities.may_write_jobs(job.project, context.user)


field("CiJob", "id", "JobID", lambda c, j, a: gid(job_kind(j), j.id))
field("CiJob", "name", "String", lambda c, j, a: j.name)
field("CiJob", "status", "CiJobStatus", lambda c, j, a: j.status.upper())
field("CiJob", "kind", "CiJobKind", lambda c, j, a: "BRIDGE" if j.bridge else "BUILD")
field("CiJob", "allowFailure", "Boolean", lambda c, j, a: j.allow_failure)
field("CiJob", "stage", "CiStage", lambda c, j, a: j.stage)
field("CiJob", "createdAt", "Time", lambda c, j, a: clock.iso(j.created_at))
field("CiJob", "queuedAt", "Time", lambda c, j, a: clock.iso(j.queued_at))
field("CiJob", "startedAt", "Time", lambda c, j, a: clock.iso(j.started_at))
field("CiJob", "finishedAt", "Time", lambda c, j, a: clock.iso(j.finished_at))
field("CiJob", "erasedAt", "Time", lambda c, j, a: clock.iso(j.erased_at))
field("CiJob", "scheduledAt", "Time", lambda c, j, a: clock.iso(j.created_at + 3600) if j.status == "scheduled" else None)
field("CiJob", "duration", "Int", lambda c, j, a: int(j.duration()) if j.duration() is not None else None)
field("CiJob", "queuedDuration", "Duration", lambda c, j, a: j.queued_duration())
field("CiJob", "exitCode", "Int", lambda c, j, a: j.exit_code)
field("CiJob", "retried", "Boolean", lambda c, j, a: j.retried)
field("CiJob", "retryable", "Boolean", lambda c, j, a: j.retryable())
field("CiJob", "cancelable", "Boolean", lambda c, j, a: j.cancelable())
field("CiJob", "playable", "Boolean", lambda c, j, a: j.playable())
field("CiJob", "canPlayJob", "Boolean", lambda c, j, a: j.playable() and user_may(c, j))
field("CiJob", "manualJob", "Boolean", lambda c, j, a: j.when == "manual")
field("CiJob", "stuck", "Boolean", lambda c, j, a: j.status == "pending" and j.script.get("stuck", False))
field("CiJob", "tags", "String", lambda c, j, a: j.tags)
field("CiJob", "refName", "String", lambda c, j, a: j.pipeline.ref)
field("CiJob", "shortSha", "String", lambda c, j, a: j.pipeline.sha[:8])
field("CiJob", "webPath", "String", lambda c, j, a: "%s/%s/-/jobs/%d" % (c.site.prefix, j.project.path, j.id))
field("CiJob", "failureMessage", "String", lambda c, j, a: c.site.failure_message(j.failure_reason))
field("CiJob", "detailedStatus", "DetailedStatus", lambda c, j, a: c.site.entities.detailed(
    j.status, j.status == "failed" and j.allow_failure, j.project.path, "jobs/%d" % j.id))
field("CiJob", "pipeline", "Pipeline", lambda c, j, a: j.pipeline)
field("CiJob", "downstreamPipeline", "Pipeline", lambda c, j, a: j.downstream)
field("CiStage", "name", "String", lambda c, stage, a: stage)
for _name in ("icon", "text", "label", "group", "tooltip"):
    field("DetailedStatus", _name, "String", lambda c, d, a, name=_name: d[name])
field("DetailedStatus", "detailsPath", "String", lambda c, d, a: d["details_path"])
field("DetailedStatus", "hasDetails", "Boolean", lambda c, d, a: True)


# the registry ----------------------------------------------------------------------------------------------------------------

def repositories(context, found, arguments):
    if not found.reads_registry(context.user):
        return None
    rows = [(found, below, number) for below, number in context.site.registry_rows(found)]
    return [row for row in rows if (arguments.get("name") or "") in row[1]]


def path_of(row):
    return "/".join(filter(None, [row[0].path.lower(), row[1]]))


def tags(context, row, arguments):
    names = context.site.registry.tags(path_of(row))
    return [(row, name, context.site.registry.tag(path_of(row), name)) for name in sorted(names) if (arguments.get("name") or "") in name]


connection("Project", "containerRepositories", "ContainerRepository", repositories, name="String", sort="String")
field("Project", "containerRepositoriesCount", "Int", lambda c, p, a: len(c.site.registry_rows(p)))
field("ContainerRepository", "id", "ID", lambda c, r, a: gid("ContainerRepository", r[2]))
field("ContainerRepository", "name", "String", lambda c, r, a: r[1])
field("ContainerRepository", "path", "String", lambda c, r, a: path_of(r))
field("ContainerRepository", "location", "String", lambda c, r, a: c.site.registry_host() + "/" + path_of(r))
field("ContainerRepository", "tagsCount", "Int", lambda c, r, a: len(c.site.registry.tags(path_of(r))))
field("ContainerRepository", "status", "String", lambda c, r, a: None)
connection("ContainerRepository", "tags", "ContainerRepositoryTag", tags, name="String", sort="String")
field("ContainerRepositoryTag", "name", "String", lambda c, t, a: t[1])
field("ContainerRepositoryTag", "path", "String", lambda c, t, a: path_of(t[0]) + ":" + t[1])
field("ContainerRepositoryTag", "location", "String", lambda c, t, a: c.site.registry_host() + "/" + path_of(t[0]) + ":" + t[1])
field("ContainerRepositoryTag", "digest", "String", lambda c, t, a: t[2] and t[2]["digest"])
field("ContainerRepositoryTag", "createdAt", "Time", lambda c, t, a: t[2] and t[2]["created"])
field("ContainerRepositoryTag", "publishedAt", "Time", lambda c, t, a: None)
field("ContainerRepositoryTag", "revision", "String", lambda c, t, a: t[2] and t[2]["config"].split(":")[-1])
field("ContainerRepositoryTag", "totalSize", "BigInt", lambda c, t, a: t[2] and str(t[2]["size"]))
