# SPDX-License-Identifier: GPL-3.0-or-later
"""Pipelines, jobs and their logs."""
from . import answers, clock, paging
from .pipelines import SCOPES, STATUSES
from .routes import body_of, needed, project_of, route
from .world import DEVELOPER, MAINTAINER, ROLES

ORDERS = {"id": lambda p: p.id, "status": lambda p: (p.status, p.id), "ref": lambda p: (p.ref, p.id), "updated_at": lambda p: (p.updated_at, p.id),
          "user_id": lambda p: (p.user.id if p.user else 0, p.id)}


def readable(site, request):
    project = project_of(site, request)
    if not project.reads_jobs(request.user):
        raise answers.forbidden() if request.user else answers.not_found("Project")
    return project


def writable(site, request):
    project = readable(site, request)
    if project.level(request.user) < DEVELOPER or project.archived:
        raise answers.forbidden()
    return project


def pipeline_of(site, request, project):
    wanted = request.params["pipeline_id"]
    if not wanted.isdigit():
        raise answers.grape(400, "pipeline_id is invalid")
    found = site.pipelines.by_id.get(int(wanted))
    if found is None or found.project is not project:
        raise answers.refused(404, "404 Not found")
    return found


def job_of(site, request, project):
    wanted = request.params["job_id"]
    if not wanted.isdigit():
        raise answers.grape(400, "job_id is invalid")
    found = site.pipelines.jobs.get(int(wanted))
    if found is None or found.project is not project:
        raise answers.refused(404, "404 Not found")
    return found


def scoped(request, rows):
    wanted = request.many("scope")
    for status in wanted:
        if status not in STATUSES:
            raise answers.grape(400, "scope does not have a valid value")
    return [job for job in rows if not wanted or job.status in wanted]


# pipelines ------------------------------------------------------------------------------------------------------------------

@route("GET", "projects/:id/pipelines")
def pipelines(site, request):
    project = readable(site, request)
    rows = [p for p in site.pipelines.of(project) if p.source != "parent_pipeline" or request.one("source") == "parent_pipeline"]
    rows = [p for p in rows if keeps(request, p)]
    if request.one("scope") in ("branches", "tags"):
        rows = newest_of_refs(p for p in rows if p.tag == (request.one("scope") == "tags"))
    order = request.one("order_by") or "id"
    if order not in ORDERS:
        raise answers.grape(400, "order_by does not have a valid value")
    rows.sort(key=ORDERS[order], reverse=(request.one("sort") or "desc") == "desc")
    shown, headers = paging.offset(site, request, rows, "Ci::Pipeline")
    return answers.as_json([site.entities.pipeline_basic(p) for p in shown], headers=headers)


def newest_of_refs(rows):
    newest = {}
    for p in rows:
        newest.setdefault(p.ref, p)
    return list(newest.values())


def keeps(request, p):
    scope = request.one("scope")
    if scope not in (None, "", "running", "pending", "finished", "branches", "tags"):
        raise answers.grape(400, "scope does not have a valid value")
    status = request.one("status")
    if status and status not in STATUSES:
        raise answers.grape(400, "status does not have a valid value")
    return all([
        scope not in SCOPES or p.status in SCOPES[scope], not status or p.status == status,
        all(request.one(name) in (None, "", getattr(p, name)) for name in ("ref", "sha", "source", "name")),
        request.one("username") in (None, "", p.user.username if p.user else None),
        p.updated_at > (clock.parse(request.one("updated_after")) or 0), p.updated_at < (clock.parse(request.one("updated_before")) or 1e18),
        p.created_at > (clock.parse(request.one("created_after")) or 0), p.created_at < (clock.parse(request.one("created_before")) or 1e18),
    ])


@route("GET", "projects/:id/pipelines/latest")
def latest(site, request):
    """Of the newest commit of a ref; 403 when that has none."""
    project = readable(site, request)
    ref = request.one("ref") or (project.repo.default_branch() if project.repo else None)
    tip = project.repo.commit_of(ref) if project.repo and ref else None
    found = next((p for p in site.pipelines.of(project) if p.sha == tip and p.ref == ref and p.source != "parent_pipeline"), None)
    if found is None:
        raise answers.forbidden() if tip else answers.not_found("Pipeline")
    return answers.as_json(site.entities.pipeline(found))


@route("GET", "projects/:id/pipelines/:pipeline_id")
def pipeline(site, request):
    return answers.as_json(site.entities.pipeline(pipeline_of(site, request, readable(site, request))))


@route("GET", "projects/:id/pipelines/:pipeline_id/variables")
def variables(site, request):
    project = writable(site, request)
    return answers.as_json([dict(v, raw=False) for v in pipeline_of(site, request, project).variables])


@route("POST", "projects/:id/pipeline", open_to_all=False)
def new_pipeline(site, request):
    project = writable(site, request)
    values = body_of(request)
    needed(values, "ref")
    given = values.get("variables") or []
    if not isinstance(given, list) or not all(isinstance(v, dict) and v.get("key") for v in given):
        raise answers.grape(400, "variables[0][key] is missing" if isinstance(given, list) else "variables is invalid")
    inputs = values.get("inputs") or {}
    if not isinstance(inputs, dict):
        raise answers.grape(400, "inputs is invalid")
    needed_level = ROLES.get(project.variables_role, 60 if project.variables_role == "no_one_allowed" else DEVELOPER)
    if given and project.level(request.user) < needed_level:
        raise answers.refused(400, {"base": ["Insufficient permissions to set pipeline variables"]})
    branch, tag = (project.repo.resolve("refs/%s/%s" % (kind, values["ref"])) if project.repo else None for kind in ("heads", "tags"))
    if not branch and not tag:
        raise answers.refused(400, {"base": ["Reference not found"]})
    if values["ref"] in project.protected and not project.pushes_to(request.user, values["ref"]):
        raise answers.refused(400, {"base": ["You do not have sufficient permission to run a pipeline on '%s'. Please select a different branch or contact "
                                             "your administrator for assistance." % values["ref"]]})
    given = [{"key": str(v["key"]), "value": str(v.get("value", "")), "variable_type": v.get("variable_type", "env_var")} for v in given]
    made = site.pipelines.from_commit(project, branch or tag, values["ref"], "api", tag=not branch, user=request.user, variables=given, inputs=inputs)
    if made is None:
        missing = project.repo.blob(branch or tag, project.ci_config_path or ".gitlab-ci.yml") is None
        raise answers.refused(400, {"base": ["Missing CI config file" if missing else "The resulting pipeline would have been empty. Review the rules "
                                             "configuration for the relevant jobs."]})
    return answers.as_json(site.entities.pipeline(made), 201)


@route("POST", "projects/:id/pipelines/:pipeline_id/retry", open_to_all=False)
def retry_pipeline(site, request):
    found = pipeline_of(site, request, writable(site, request))
    return answers.as_json(site.entities.pipeline(site.pipelines.retry_all(found, request.user)), 201)


@route("POST", "projects/:id/pipelines/:pipeline_id/cancel", open_to_all=False)
def cancel_pipeline(site, request):
    found = pipeline_of(site, request, writable(site, request))
    return answers.as_json(site.entities.pipeline(site.pipelines.cancel_all(found)), 201)


@route("GET", "projects/:id/pipelines/:pipeline_id/jobs")
def jobs_of_pipeline(site, request):
    found = pipeline_of(site, request, readable(site, request))
    rows = found.jobs if request.flag("include_retried") else found.latest()
    return listed_jobs(site, request, [job for job in rows if not job.bridge])


@route("GET", "projects/:id/pipelines/:pipeline_id/bridges")
def bridges(site, request):
    found = pipeline_of(site, request, readable(site, request))
    return listed_jobs(site, request, [job for job in found.latest() if job.bridge])


def listed_jobs(site, request, rows):
    rows = sorted(scoped(request, rows), key=lambda job: -job.id)
    shown, headers = paging.offset(site, request, rows)
    return jobs_shown(site, shown, headers)


def jobs_shown(site, rows, headers):
    for repo in {job.project.repo for job in rows if job.project.repo}:
        repo.remember(job.pipeline.sha for job in rows if job.project.repo is repo)
    return answers.as_json([site.entities.job(job) for job in rows], headers=headers)


# jobs -----------------------------------------------------------------------------------------------------------------------

@route("GET", "projects/:id/jobs")
def jobs(site, request):
    """Never counted."""
    project = readable(site, request)
    rows = scoped(request, [job for job in site.pipelines.jobs_of(project) if not job.bridge])
    if paging.wants_keyset(request):
        if request.one("order_by") not in (None, "id") or request.one("sort") not in (None, "desc"):
            raise paging.keyset_refused()
        cursor = paging.number(request, "cursor", 1 << 62)
        rows = [job for job in rows if job.id < cursor]
        shown, headers = paging.keyset(site, request, rows, lambda job: job.id, lambda number: {"cursor": number})
    else:
        shown, headers = paging.uncounted_rows(site, request, rows)
    return jobs_shown(site, shown, headers)


@route("GET", "projects/:id/jobs/:job_id")
def job(site, request):
    return answers.as_json(site.entities.job(job_of(site, request, readable(site, request))))


@route("GET", "projects/:id/jobs/:job_id/trace")
def trace(site, request):
    project = readable(site, request)
    found = job_of(site, request, project)
    if found.debug and project.level(request.user) < DEVELOPER:
        raise answers.forbidden("You must have developer or higher permissions on the associated project to view job logs when debug trace is "
                                "enabled. To disable debug trace, set the 'CI_DEBUG_TRACE' and 'CI_DEBUG_SERVICES' variables to 'false' in your "
                                "pipeline configuration or CI/CD settings. If you must view this job log, a project maintainer or owner must add you to "
                                "the project with developer permissions or higher.")
    return answers.as_text(found.trace.bytes(), headers=[("Content-Disposition", 'infile; filename="%d.log"' % found.id)], kind="text/plain")


def acted(site, request, act, status=201):
    found = job_of(site, request, writable(site, request))
    return answers.as_json(site.entities.job(act(found)), status)


@route("POST", "projects/:id/jobs/:job_id/retry", open_to_all=False)
def retry(site, request):
    return acted(site, request, lambda found: site.pipelines.retry(found, request.user))


@route("POST", "projects/:id/jobs/:job_id/play", open_to_all=False)
def play(site, request):
    given = body_of(request).get("job_variables_attributes") or []
    return acted(site, request, lambda found: site.pipelines.play(found, request.user, given), 200)


@route("POST", "projects/:id/jobs/:job_id/cancel", open_to_all=False)
def cancel(site, request):
    force = str(body_of(request).get("force", "")).lower() == "true"
    if force and writable(site, request).level(request.user) < MAINTAINER:
        raise answers.forbidden()
    return acted(site, request, lambda found: site.pipelines.cancel(found, force))


@route("POST", "projects/:id/jobs/:job_id/erase", open_to_all=False)
def erase(site, request):
    project = writable(site, request)
    found = job_of(site, request, project)
    if project.level(request.user) < MAINTAINER and found.user is not request.user:
        raise answers.forbidden()
    return answers.as_json(site.entities.job(site.pipelines.erase(found)), 201)
