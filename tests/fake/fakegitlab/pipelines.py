# SPDX-License-Identifier: GPL-3.0-or-later
"""Pipelines and jobs: what they are, how states roll up, and what may be done to them."""
import dataclasses
import itertools
import threading

from . import answers, ci_file, ci_inputs, clock, scripts
from .trace import Trace

STATUSES = ("created", "waiting_for_resource", "preparing", "waiting_for_callback", "pending", "running", "success", "failed", "canceling",
            "canceled", "skipped", "manual", "scheduled")
COMPLETED = ("success", "failed", "canceled", "skipped")
CANCELABLE = ("created", "waiting_for_resource", "preparing", "waiting_for_callback", "pending", "running", "manual", "scheduled")
SCOPES = {"running": ("running",), "pending": ("pending", "created", "waiting_for_resource", "preparing", "waiting_for_callback"), "finished": COMPLETED}


@dataclasses.dataclass(eq=False)
class Job:
    id: int
    pipeline: object
    name: str
    stage: str = "build"
    status: str = "created"
    bridge: bool = False
    downstream: object = None
    allow_failure: bool = False
    when: str = "on_success"
    tags: list = dataclasses.field(default_factory=list)
    commands: list = dataclasses.field(default_factory=list)
    script: dict = dataclasses.field(default_factory=dict)
    user: object = None
    created_at: float = 0
    queued_at: float = None
    started_at: float = None
    finished_at: float = None
    erased_at: float = None
    failure_reason: str = None
    exit_code: int = None
    retried: bool = False
    archived: bool = False
    runner: str = None
    variables: dict = dataclasses.field(default_factory=dict)
    trace: Trace = dataclasses.field(default_factory=Trace)
    run: int = 0  # grows when what a script still has to do is void
    debug: bool = False
    token: object = None

    @property
    def project(self):
        return self.pipeline.project

    def duration(self):
        if self.started_at is None:
            return None
        return max(0.0, (self.finished_at or clock.now()) - self.started_at)

    def queued_duration(self):
        if self.queued_at is None:
            return None
        return max(0.0, (self.started_at or self.finished_at or clock.now()) - self.queued_at)

    def retryable(self):
        return not self.retried and not self.archived and self.status in ("success", "failed", "canceled") and not self.bridge

    def playable(self):
        return not self.archived and self.status in ("manual", "scheduled")

    def cancelable(self):
        return self.status in CANCELABLE and self.status != "manual"


@dataclasses.dataclass(eq=False)
class Pipeline:
    id: int
    iid: int
    project: object
    sha: str
    ref: str
    source: str = "push"
    tag: bool = False
    user: object = None
    created_at: float = 0
    updated_at: float = 0
    stages: list = dataclasses.field(default_factory=list)
    jobs: list = dataclasses.field(default_factory=list)
    variables: list = dataclasses.field(default_factory=list)
    yaml_errors: str = None
    fixed_status: str = None
    before_sha: str = "0" * 40
    parent: object = None
    name: str = None

    def latest(self):
        return [job for job in self.jobs if not job.retried]

    @property
    def status(self):
        return self.fixed_status or roll_up(self.latest())

    def started_at(self):
        return min((job.started_at for job in self.jobs if job.started_at), default=None)

    def finished_at(self):
        if self.status not in COMPLETED:
            return None
        return max((job.finished_at for job in self.jobs if job.finished_at), default=self.updated_at)

    def stage_number(self, name):
        return self.stages.index(name) if name in self.stages else len(self.stages)


def roll_up(jobs):
    """The status of a pipeline whose jobs have these."""
    kinds = set()
    for job in jobs:
        tolerated = job.allow_failure and job.status in ("failed", "canceled", "manual")
        kinds.add("skipped" if tolerated and job.status == "manual" else "success" if tolerated else job.status)
    if not kinds:
        return "created"
    for only, result in ((("skipped",), "skipped"), (("success", "skipped"), "success"), (("created", "skipped"), "created"),
                         (("preparing", "skipped"), "preparing"), (("canceled", "success", "skipped"), "canceled"),
                         (("pending", "created", "skipped"), "pending")):
        if kinds <= set(only):
            return result
    for any_of, result in ((("canceling",), "canceling"), (("running", "pending"), "running"), (("waiting_for_resource",), "waiting_for_resource"),
                           (("waiting_for_callback",), "waiting_for_callback"), (("manual",), "manual"), (("scheduled",), "scheduled"),
                           (("preparing",), "preparing"), (("created",), "running")):
        if kinds & set(any_of):
            return result
    return "failed"


class Pipelines:
    """All of them, and the runner that works on their jobs."""

    def __init__(self, world, runner):
        self.world, self.runner = world, runner
        self.lock = world.lock
        self.changed = threading.Condition(self.lock)
        self.ids = {"pipeline": itertools.count(5001), "job": itertools.count(90001)}
        self.iids = {}
        self.by_id, self.jobs = {}, {}
        self.by_project = {}
        self.next_scripts = []  # [(match, script)]: for jobs that are still to come

    # making them ----------------------------------------------------------------------------------------------------------

    def add(self, project, sha, ref, **how):
        with self.lock:
            iid = self.iids[project.id] = self.iids.get(project.id, 0) + 1
            how.setdefault("created_at", clock.now())
            pipeline = Pipeline(how.pop("id", None) or next(self.ids["pipeline"]), iid, project, sha, ref, **how)
            pipeline.updated_at = pipeline.created_at
            self.by_id[pipeline.id] = pipeline
            self.by_project.setdefault(project.id, []).append(pipeline)
            return pipeline

    def add_job(self, pipeline, name, **how):
        with self.lock:
            how.setdefault("created_at", pipeline.created_at)
            how.setdefault("user", pipeline.user)
            job = Job(how.pop("id", None) or next(self.ids["job"]), pipeline, name, **how)
            if job.stage not in pipeline.stages:
                pipeline.stages.append(job.stage)
            self.jobs[job.id] = job
            pipeline.jobs.append(job)
            return job

    def from_commit(self, project, sha, ref, source, inputs=None, **how):
        """A pipeline made of the commit's .gitlab-ci.yml; None when it has none with jobs. A push whose file is wrong has one that failed;
        who asks for one is refused."""
        found = project.repo.blob(sha, project.ci_config_path or ".gitlab-ci.yml")
        if found is None:
            return None
        text, wrong = ci_inputs.apply(found[1].decode("utf-8", "replace"), inputs or {})
        if wrong and source != "push":
            raise answers.refused(400, {"base": [wrong]})
        if wrong:
            return self.add(project, sha, ref, source=source, yaml_errors=wrong, fixed_status="failed", **how)
        stages, jobs = ci_file.read(text)
        if not jobs:
            return None
        message = project.repo.commit(sha).message.lower()
        skip = source == "push" and ("[ci skip]" in message or "[skip ci]" in message)
        with self.lock:
            pipeline = self.add(project, sha, ref, source=source, stages=list(stages), **how)
            for spec in jobs:
                self._job_of(pipeline, spec, skip)
            self.proceed(pipeline)
            return pipeline

    def _job_of(self, pipeline, spec, skip):
        job = self.add_job(pipeline, spec["name"], stage=spec["stage"], allow_failure=spec["allow_failure"], when=spec["when"],
                           tags=list(spec["tags"]), commands=spec["script"], bridge=spec["trigger"])
        job.script = self.script_for(job)
        job.when = job.script.get("when", job.when)
        if job.script.get("start_in_ms") is not None:
            job.when = "delayed"
        if skip or job.when == "never":
            job.status = "skipped"
        return job

    def script_for(self, job):
        with self.lock:
            for entry in self.next_scripts:
                match, script = entry
                if all(str(value) == str(of_job(job, key)) for key, value in match.items()):
                    if script.get("once"):
                        self.next_scripts.remove(entry)
                    return scripts.named(script)
        script = job.project.job_scripts.get(job.name) or job.project.job_scripts.get("*") or self.runner.default_script
        return scripts.named(script)

    # states ---------------------------------------------------------------------------------------------------------------

    def set_status(self, job, status, failure_reason=None, exit_code=None):
        with self.lock:
            now = clock.now()
            job.status = status
            if status == "pending" and job.queued_at is None:
                job.queued_at = now
            if status == "running" and job.started_at is None:
                job.queued_at = job.queued_at or now
                job.started_at = now
            if status in COMPLETED:
                job.finished_at = now
                job.failure_reason = failure_reason or ("script_failure" if status == "failed" else None)
                job.exit_code = exit_code
            self.touch(job.pipeline)
            if status in COMPLETED:
                self.proceed(job.pipeline)

    def touch(self, pipeline):
        pipeline.updated_at = clock.now()
        self.changed.notify_all()

    def proceed(self, pipeline):
        """Starts the jobs whose turn it is; skips those that can't come any more."""
        with self.lock:
            for job in sorted(pipeline.latest(), key=lambda j: pipeline.stage_number(j.stage)):
                if job.status != "created":
                    continue
                before = [j for j in pipeline.latest() if pipeline.stage_number(j.stage) < pipeline.stage_number(job.stage)]
                if not all(j.status in COMPLETED or (j.status == "manual" and j.allow_failure) for j in before):
                    continue
                broken = any(j.status in ("failed", "canceled") and not j.allow_failure for j in before)
                self._begin(job, broken)
            self.touch(pipeline)

    def _begin(self, job, broken):
        if (job.when == "on_failure") != broken and job.when != "always":
            job.status = "skipped"
        elif job.when == "manual":
            job.status = "manual"
        elif job.when == "delayed":
            job.status = "scheduled"
            if job.script.get("start_in_ms") is not None:
                self.runner.timer.after(job.script["start_in_ms"] / 1000, self._delayed, job, job.run)
        else:
            self.runner.start(job)

    def _delayed(self, job, run):
        with self.lock:
            if job.status == "scheduled" and job.run == run:
                self.runner.start(job)

    # actions --------------------------------------------------------------------------------------------------------------

    def retry(self, job, user):
        with self.lock:
            if not job.retryable():
                raise answers.forbidden("Job is not retryable")
            job.retried = True
            fresh = self.add_job(job.pipeline, job.name, stage=job.stage, allow_failure=job.allow_failure, tags=list(job.tags),
                                 commands=list(job.commands), user=user, created_at=clock.now())
            fresh.script = self.script_for(fresh)
            self.runner.start(fresh)
            self._reopen(job.pipeline, job)
            return fresh

    def _reopen(self, pipeline, job):
        """Jobs of later stages that were skipped get another chance."""
        for later in pipeline.latest():
            if later.status == "skipped" and pipeline.stage_number(later.stage) > pipeline.stage_number(job.stage):
                later.status = "created"
        self.touch(pipeline)

    def play(self, job, user, variables=()):
        with self.lock:
            if not job.playable():
                raise answers.bad_request("Unplayable Job")
            job.user = user
            job.variables.update({v.get("key"): v.get("value") for v in variables})
            job.when = "on_success"
            self.runner.start(job)
            return job

    def cancel(self, job, force=False):
        """A running job is canceling until its runner has heard of it."""
        with self.lock:
            if job.status == "canceling" and not force:
                return job
            if job.status not in CANCELABLE and job.status != "canceling":
                raise answers.forbidden("Job is not cancelable")
            job.run += 1
            if job.status == "running" and not force:
                self.set_status(job, "canceling")
                self.runner.cancel(job)
            else:
                job.trace.upload()
                self.set_status(job, "canceled")
            return job

    def erase(self, job):
        with self.lock:
            if job.erased_at is not None:
                raise answers.refused(403, "403 Forbidden - Job is not erasable!")
            if job.status not in COMPLETED:
                raise answers.refused(403, "403 Forbidden - Job is not erasable!")
            job.erased_at = clock.now()
            job.trace.replace(b"")
            return job

    def retry_all(self, pipeline, user):
        with self.lock:
            for job in pipeline.latest():
                if job.status in ("failed", "canceled") and job.retryable():
                    self.retry(job, user)
            return pipeline

    def cancel_all(self, pipeline):
        with self.lock:
            for job in pipeline.latest():
                if job.cancelable():
                    self.cancel(job)
            return pipeline

    # finding --------------------------------------------------------------------------------------------------------------

    def of(self, project):
        """Those of a project, newest first."""
        return sorted(self.by_project.get(project.id, []), key=lambda p: -p.id)

    def jobs_of(self, project):
        return sorted((job for p in self.by_project.get(project.id, []) for job in p.jobs), key=lambda j: -j.id)

    def wait_for(self, condition, seconds):
        with self.changed:
            return self.changed.wait_for(condition, seconds)


def of_job(job, key):
    return {"name": job.name, "project": job.project.path, "ref": job.pipeline.ref, "sha": job.pipeline.sha, "source": job.pipeline.source,
            "pipeline": job.pipeline.id}.get(key)
