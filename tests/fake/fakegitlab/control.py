# SPDX-License-Identifier: GPL-3.0-or-later
"""What a test does to the stand-in while it runs: a second server on loopback, which takes and gives JSON."""
import json
import os
import re

from . import answers, scripts, web
from .building import Builder
from .counts import Counts
from .faults import Faults
from .pipelines import STATUSES
from .world import role

ROUTES = []


def on(method, pattern):
    def mark(function):
        ROUTES.append((method, re.compile(pattern + "$"), function))
        return function
    return mark


class Control(web.Site):
    def __init__(self, gitlab, end):
        super().__init__(Counts(), Faults())
        self.faults.site = self
        self.gitlab, self.stop = gitlab, end

    def answer(self, request):
        for method, pattern, function in ROUTES:
            found = pattern.match(request.path)
            if found and method == request.method:
                try:
                    given = json.loads(request.body) if request.body.strip() else {}
                    return answers.as_json(function(self, given, request, *found.groups()))
                except answers.Refusal as refusal:
                    return refusal.answer
                except (KeyError, ValueError, TypeError, IndexError) as exc:
                    return answers.as_json({"error": str(exc.args[0]) if exc.args else repr(exc)}, 400)
                except Exception as exc:
                    self.complain(request.peer)
                    return answers.as_json({"error": repr(exc)}, 500)
        return answers.as_json({"error": "there is no %s %s; see tests/fake/README.md" % (request.method, request.path)}, 404)


def seconds(request, otherwise=30.0):
    return float(request.one("seconds") or otherwise)


# counting -------------------------------------------------------------------------------------------------------------------

@on("GET", "/counts")
def counts(control, _given, request):
    return control.gitlab.counts.report(request.flag("log"))


@on("POST", "/counts/reset")
def reset_counts(control, _given, _request):
    control.gitlab.counts.reset()
    return {}


@on("GET", "/counts/wait")
def wait_counts(control, _given, request):
    """?endpoint=NAME&count=N&seconds=S: whether it has had so many requests by then."""
    return {"reached": control.gitlab.counts.wait_for(request.one("endpoint") or "*", int(request.one("count") or 1), seconds(request))}


# bad days -------------------------------------------------------------------------------------------------------------------

@on("POST", "/faults")
def add_fault(control, given, _request):
    return control.gitlab.faults.add(given)


@on("GET", "/faults")
def list_faults(control, _given, _request):
    return control.gitlab.faults.list()


@on("DELETE", r"/faults(?:/(\d+))?")
def remove_faults(control, _given, _request, number):
    control.gitlab.faults.remove(int(number) if number else None)
    return {}


@on("POST", "/limits")
def limits(control, given, _request):
    control.gitlab.limits.set(given.get("general"), given.get("endpoints", ()))
    return {}


SETTINGS = {
    "latency_ms": ("site", float), "version": ("site", str), "graphql": ("site", bool), "registry_metadata": ("site", bool), "jwt_seconds": ("site", int),
    "fork_ms": ("site", float), "fork_fails": ("site", lambda v: v), "push_pipelines": ("site", bool), "brief": ("site", bool),
    "public_url": ("site", lambda v: v), "upload_ms": ("runner", float), "cancel_ms": ("runner", float), "timestamps": ("runner", bool),
    "default_script": ("runner", lambda v: scripts.named(v) and v),
}


@on("POST", "/settings")
def settings(control, given, _request):
    """Any of SETTINGS; gives all as they are then."""
    owners = {"site": control.gitlab, "runner": control.gitlab.runner}
    for name, value in given.items():
        if name not in SETTINGS:
            raise KeyError("there is no setting %r; there are: %s" % (name, ", ".join(sorted(SETTINGS))))
        setattr(owners[SETTINGS[name][0]], name, SETTINGS[name][1](value))
    return {name: getattr(owners[where], name) for name, (where, _) in SETTINGS.items()}


# the world ------------------------------------------------------------------------------------------------------------------

@on("POST", "/world")
def world(control, given, _request):
    return Builder(control.gitlab).build(given)


@on("POST", "/commits")
def commit(control, given, _request):
    return {"id": Builder(control.gitlab).commit(given)}


@on("POST", "/pipelines")
def pipeline(control, given, _request):
    return Builder(control.gitlab).pipeline(given)


@on("POST", "/images")
def image(control, given, _request):
    return {"digest": Builder(control.gitlab).image(given)}


@on("POST", "/tokens")
def token(control, given, _request):
    """{"value": ...} of one that there is changes it (revoked, scopes, expires_in_s); else makes it."""
    there = control.gitlab.world.tokens.get(given["value"])
    if there is None:
        return {"id": Builder(control.gitlab).token(given)}
    from . import clock
    if "revoked" in given:
        there.revoked = bool(given["revoked"])
    if "scopes" in given:
        there.scopes = tuple(given["scopes"])
    if "expires_in_s" in given:
        there.expires_at = clock.now() + given["expires_in_s"]
    return {"id": there.id}


@on("POST", "/projects/(.+)/move")
def move(control, given, _request, path):
    control.gitlab.world.move_project(control.gitlab.world.project(path), given["to"])
    return {}


@on("DELETE", "/projects/(.+)")
def remove(control, _given, _request, path):
    control.gitlab.world.remove_project(control.gitlab.world.project(path))
    return {}


@on("POST", "/projects/(.+)")
def change(control, given, _request, path):
    """visibility, archived, members, protected, variables_role, registry_access, builds_access, import_status, job_scripts, default_branch ..."""
    project = control.gitlab.world.project(path)
    for name, value in given.items():
        if name == "members":
            for username, level in value.items():
                project.members[control.gitlab.world.user(username).id] = role(level) if level is not None else 0
        elif name == "protected":
            project.protected = {b: False for b in value} if isinstance(value, list) else dict(value)
        elif name == "default_branch":
            project.repo.own()
            project.repo.git("symbolic-ref", "HEAD", "refs/heads/" + value)
        elif name == "delete_branch":
            project.repo.delete_ref("refs/heads/" + value)
        elif hasattr(project, name):
            setattr(project, name, value)
        else:
            raise KeyError("projects have no %r" % name)
    return {"id": project.id}


# jobs -----------------------------------------------------------------------------------------------------------------------

@on("POST", "/scripts")
def script(control, given, _request):
    """{"match": {"name": ..., "project": ..., "ref": ..., "sha": ...}, "script": ...}: what jobs that are still to come do. once: just the next."""
    pipelines = control.gitlab.pipelines
    entry = scripts.named(given["script"])
    if given.get("once"):
        entry["once"] = True
    with pipelines.lock:
        pipelines.next_scripts.insert(0, (given.get("match", {}), entry))
    return {}


@on("DELETE", "/scripts")
def no_scripts(control, _given, _request):
    control.gitlab.pipelines.next_scripts.clear()
    return {}


@on("POST", "/signals/(.+)")
def signal(control, _given, _request, name):
    return {"went_on": control.gitlab.runner.signal(name)}


def job_of(control, number):
    found = control.gitlab.pipelines.jobs.get(int(number))
    if found is None:
        raise KeyError("there is no job %s" % number)
    return found


@on("GET", r"/jobs/(\d+)")
def show_job(control, _given, _request, number):
    job = job_of(control, number)
    return {"id": job.id, "name": job.name, "status": job.status, "pipeline": job.pipeline.id, "sha": job.pipeline.sha, "retried": job.retried,
            "failure_reason": job.failure_reason, "size": len(job.trace.bytes()), "variables": job.variables}


@on("GET", "/jobs")
def list_jobs(control, _given, request):
    jobs = [j for j in control.gitlab.pipelines.jobs.values() if request.one("project") in (None, j.project.path)]
    return [show_job(control, None, None, j.id) for j in jobs]


@on("POST", r"/jobs/(\d+)")
def change_job(control, given, _request, number):
    """status (with failure_reason, exit_code), append, raw (Latin-1), trace (all of it), shrink (to so many bytes); steps: do these now."""
    job, pipelines = job_of(control, number), control.gitlab.pipelines
    with pipelines.lock:
        if "trace" in given:
            job.trace.replace(given["trace"].encode("utf-8", "surrogateescape"))
        if "shrink" in given:
            job.trace.shrink(given["shrink"])
        if "append" in given:
            job.trace.write(given["append"])
            job.trace.upload()
        if "raw" in given:
            job.trace.waiting += given["raw"].encode("latin-1")
            job.trace.upload()
        if "steps" in given:
            job.run += 1
            pipelines.runner.go(job, job.run, list(given["steps"]))
        if "status" in given:
            if given["status"] not in STATUSES and not given.get("unknown"):
                raise ValueError("there is no status %r" % given["status"])
            job.run += 1
            pipelines.set_status(job, given["status"], given.get("failure_reason"), given.get("exit_code"))
    return show_job(control, None, None, number)


@on("GET", r"/jobs/(\d+)/wait")
def wait_job(control, _given, request, number):
    """?status=A,B&size=N&seconds=S: waits until the job is in one of these states, or its log so long."""
    job = job_of(control, number)
    wanted, size = (request.one("status") or "").split(","), int(request.one("size") or 0)
    reached = control.gitlab.pipelines.wait_for(lambda: (wanted == [""] or job.status in wanted) and len(job.trace.bytes()) >= size, seconds(request))
    return dict(show_job(control, None, None, number), reached=reached)


@on("GET", "/pipelines/wait")
def wait_pipeline(control, _given, request):
    """?project=P&count=N&status=S&seconds=S: waits until there are so many pipelines, the newest of that status."""
    project, count = control.gitlab.world.project(request.one("project")), int(request.one("count") or 1)
    status = request.one("status")

    def there():
        rows = control.gitlab.pipelines.of(project)
        return len(rows) >= count and (status is None or rows[0].status in status.split(","))
    reached = control.gitlab.pipelines.wait_for(there, seconds(request))
    rows = control.gitlab.pipelines.of(project)
    return {"reached": reached, "pipelines": [{"id": p.id, "sha": p.sha, "ref": p.ref, "status": p.status, "source": p.source,
                                               "jobs": [j.id for j in p.jobs]} for p in rows]}


@on("GET", "/")
def about(control, _given, _request):
    gitlab = control.gitlab
    return {"url": gitlab.root_url(), "registry": gitlab.registry_host(), "pid": os.getpid(), "projects": len(gitlab.world.projects)}


@on("POST", "/stop")
def stop(control, _given, _request):
    control.gitlab.runner.timer.after(0.05, control.stop)
    return {}
