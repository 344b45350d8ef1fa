# SPDX-License-Identifier: GPL-3.0-or-later
"""The runner: walks through the steps of a job's script.

A step is an object; what it does is the function below that is named after its key: `step_finish` does {"finish": ...}.
A step's function gives the seconds until the next step, None for "at once", or HELD when something else continues.
"""
import threading

from . import scripts
from .timer import Timer

HELD = object()
KEYS = ("wait_ms", "hold", "status", "prepare", "section", "end", "lines", "raw", "line", "text", "command", "rewrite", "shrink", "upload", "finish",
        "child", "real", "limit")


class Runner:
    name = "stand-in runner"

    def __init__(self, default_script="success"):
        self.timer = Timer()
        self.default_script = default_script
        self.upload_ms = 0
        self.cancel_ms = 0
        self.timestamps = True
        self.pipelines = None
        self.real = None  # what builds images for real, if anything does
        self.held = {}
        self.lock = threading.RLock()
        self.signals = set()

    def start(self, job):
        script = job.script = job.script or scripts.named(self.default_script)
        job.run += 1
        job.runner = script.get("runner", self.name)
        job.trace.timestamps = script.get("timestamps", self.timestamps)
        job.debug = script.get("debug", False)
        steps = list(script.get("steps", []))
        if not steps or "status" not in steps[0]:
            steps.insert(0, {"status": "pending"})
        self.go(job, job.run, steps)

    def go(self, job, run, steps):
        """Does steps until one needs time."""
        while steps:
            with self.pipelines.lock:
                if job.run != run:
                    return
                step = steps.pop(0)
                key = next((key for key in KEYS if key in step), None)
                if key is None:
                    raise ValueError("there is no step like %r; a step has one of: %s" % (step, ", ".join(KEYS)))
                wait = getattr(self, "step_" + key)(job, run, steps, step)
            if wait is HELD:
                return
            if wait:
                self.timer.after(wait, self.go, job, run, steps)
                return

    def upload_soon(self, job):
        """The runner uploads every so often, not at each byte."""
        wait = job.script.get("upload_ms", self.upload_ms)
        if not wait:
            job.trace.upload()
        elif not job.script.get("_uploading"):
            job.script["_uploading"] = True
            self.timer.after(wait / 1000, self._upload, job, job.run)

    def _upload(self, job, run):
        with self.pipelines.lock:
            job.script["_uploading"] = False
            if job.run == run and job.trace.upload():
                self.pipelines.touch(job.pipeline)

    # steps ----------------------------------------------------------------------------------------------------------------

    def step_wait_ms(self, _job, _run, _steps, step):
        return step["wait_ms"] / 1000

    def step_hold(self, job, run, steps, step):
        """Goes on when a test signals this name (once; a signal that came before counts)."""
        name = step["hold"]
        with self.lock:
            if name in self.signals:
                self.signals.discard(name)
                return None
            self.held.setdefault(name, []).append((job, run, steps))
        return HELD

    def signal(self, name):
        """The number of jobs that went on."""
        with self.lock:
            waiting = self.held.pop(name, [])
            if not waiting:
                self.signals.add(name)
        for job, run, steps in waiting:
            self.go(job, run, steps)
        return len(waiting)

    def step_status(self, job, _run, _steps, step):
        self.pipelines.set_status(job, step["status"], step.get("failure_reason"), step.get("exit_code"))

    def step_prepare(self, job, _run, _steps, _step):
        prepare(job, self.name)
        self.upload_soon(job)

    def step_section(self, job, _run, _steps, step):
        job.trace.section(step["section"], step.get("options", ""))
        if step.get("title"):
            job.trace.info(step["title"])
        self.upload_soon(job)

    def step_end(self, job, _run, _steps, step):
        job.trace.end_section(step["end"])
        self.upload_soon(job)

    def step_line(self, job, _run, _steps, step):
        job.trace.line(step["line"])
        self.upload_soon(job)

    def step_text(self, job, _run, _steps, step):
        job.trace.write(step["text"])
        self.upload_soon(job)

    def step_command(self, job, _run, _steps, step):
        job.trace.command(step["command"])
        self.upload_soon(job)

    def step_raw(self, job, _run, _steps, step):
        """Bytes (a Latin-1 string) that go into the log as they are, timestamps or not."""
        job.trace.waiting += step["raw"].encode("latin-1")
        self.upload_soon(job)

    def step_lines(self, job, _run, steps, step):
        """`lines` times `text`, in which {n} is the number; `every_ms` apart."""
        count, every, first = step["lines"], step.get("every_ms", 0), step.get("_first", 1)
        text = step.get("text", "line {n}")
        if not every:
            job.trace.write("".join(text.replace("{n}", str(n)) + "\n" for n in range(first, first + count)))
        elif count > 0:
            job.trace.line(text.replace("{n}", str(first)))
            steps.insert(0, dict(step, lines=count - 1, _first=first + 1))
        self.upload_soon(job)
        return every / 1000 if every and count > 0 else None

    def step_limit(self, job, _run, _steps, step):
        job.trace.limit = step["limit"]

    def step_rewrite(self, job, _run, _steps, step):
        job.trace.replace(step["rewrite"].encode("utf-8", "surrogateescape"))

    def step_shrink(self, job, _run, _steps, step):
        job.trace.shrink(step["shrink"])

    def step_upload(self, job, _run, _steps, _step):
        job.trace.upload()

    def step_child(self, job, _run, _steps, step):
        """The job is a bridge: a pipeline of the jobs listed begins below it."""
        parent = job.pipeline
        child = self.pipelines.add(parent.project, parent.sha, parent.ref, source="parent_pipeline", user=parent.user, parent=parent)
        job.bridge, job.downstream = True, child
        for spec in step["child"]:
            spec = dict(spec)
            script = scripts.named(spec.pop("script", self.default_script))
            self.pipelines.add_job(child, spec.pop("name"), script=script, created_at=child.created_at, **spec)
        self.pipelines.proceed(child)

    def step_finish(self, job, run, _steps, step):
        """status, and failure_reason, exit_code, why (the last line), quiet (no last lines)."""
        status = step["finish"]
        if not step.get("quiet"):
            last_lines(job, status, step.get("why") or "exit code %d" % step.get("exit_code", 1))
        job.trace.upload()
        job.run += 1
        self.pipelines.set_status(job, status, step.get("failure_reason"), step.get("exit_code", 1 if status == "failed" else None))

    def step_real(self, job, run, _steps, _step):
        if self.real is None:
            job.trace.write("This stand-in has no engine: it was started without --engine.\n")
            return self.step_finish(job, run, [], {"finish": "failed", "failure_reason": "runner_system_failure", "why": "(system failure): no engine"})
        self.real.start(job, run)
        return HELD

    # the end of a job that is canceled --------------------------------------------------------------------------------------

    def cancel(self, job):
        if self.real is not None:
            self.real.stop(job)
        wait = job.script.get("cancel_ms", self.cancel_ms)
        self.timer.after(wait / 1000, self._canceled, job, job.run)

    def _canceled(self, job, run):
        with self.pipelines.lock:
            if job.run == run and job.status == "canceling":
                job.trace.failed("canceled")
                job.trace.upload()
                self.pipelines.set_status(job, "canceled")

    def end(self):
        self.timer.end()
        if self.real is not None:
            self.real.end()


def prepare(job, runner):
    """The first lines of every log."""
    trace = job.trace
    trace.write("\x1b[0KRunning with gitlab-runner 19.4.0 (d79f3e7b)\x1b[0;m\n", "00")
    trace.write("\x1b[0K  on %s, system ID: s_0123456789ab\x1b[0;m\n" % runner, "00")
    trace.section("prepare_executor")
    trace.info('Preparing the "docker" executor')
    trace.plain("Using Docker executor with image docker:27 ...")
    trace.end_section("prepare_executor")
    trace.section("get_sources")
    trace.info("Getting source from Git repository")
    trace.write("Checking out %s as detached HEAD (ref is %s)...\n" % (job.pipeline.sha[:8], job.pipeline.ref))
    trace.end_section("get_sources")
    trace.section("step_script")
    trace.info('Executing "step_script" stage of the job script')


def last_lines(job, status, why):
    trace = job.trace
    trace.end_section("step_script")
    if status == "success":
        trace.succeeded()
    elif status == "failed":
        trace.section("cleanup_file_variables")
        trace.info("Cleaning up project directory and file based variables")
        trace.end_section("cleanup_file_variables")
        trace.failed(why)
