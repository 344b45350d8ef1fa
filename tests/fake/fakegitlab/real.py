# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs that are done for real: the commit's image is built on an engine and pushed to the registry, and the log is written as
a runner and its docker would.

The runner is a machine of its own as far as a test can tell: the image is taken off the engine again when it has been
pushed, so that whoever wants it has to pull it.
"""
import base64
import http.client
import json
import re
import socket
import threading
import urllib.parse
import uuid

from . import runner

EXIT_CODE = re.compile(r"returned a non-zero code: (\d+)")


class Stopped(Exception):
    """The job was canceled or took too long."""


class Failed(Exception):
    def __init__(self, code):
        super().__init__("exit code %d" % code)
        self.code = code


class Line(http.client.HTTPConnection):
    """To an engine at unix:///path or tcp://host:port."""

    def __init__(self, engine):
        self.engine = engine
        super().__init__(engine.split("://", 1)[1] if engine.startswith("tcp://") else "engine", timeout=3600)

    def connect(self):
        if self.engine.startswith("tcp://"):
            super().connect()
            return
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(3600)
        self.sock.connect(self.engine.split("://", 1)[1])


class RealJobs:
    def __init__(self, site, engine):
        self.site, self.engine = site, engine
        self.lines = {}  # job id -> the connection it waits on
        self.images = set()

    def start(self, job, run):
        threading.Thread(target=self.do, args=(job, run), daemon=True).start()

    def alive(self, job, run):
        if job.run != run or job.status != "running":
            raise Stopped()

    def do(self, job, run):
        pipelines = self.site.pipelines
        image, token = self.image_of(job), self.token_of(job)
        pipelines.set_status(job, "running")
        timeout = job.project.build_timeout
        self.site.runner.timer.after(timeout, self.overtime, job, run)
        finish = {"finish": "success"}
        try:
            runner.prepare(job, self.site.runner.name)
            self.say(job)
            self.commands(job, run, image, token)
        except Stopped:
            return
        except Failed as exc:
            finish = {"finish": "failed", "exit_code": exc.code}
        except (OSError, http.client.HTTPException) as exc:
            finish = {"finish": "failed", "failure_reason": "runner_system_failure", "why": "(system failure): Cannot connect to the Docker daemon: %s" % exc}
        finally:
            self.lines.pop(job.id, None)
            token.revoked = True
            self.forget(image)
        with pipelines.lock:
            if job.run == run and job.status == "running":
                self.site.runner.step_finish(job, run, [], finish)

    def overtime(self, job, run):
        with self.site.pipelines.lock:
            if job.run != run or job.status != "running":
                return
            seconds = job.project.build_timeout
            finish = {"finish": "failed", "failure_reason": "job_execution_timeout", "why": "execution took longer than %s seconds" % went(seconds)}
            self.site.runner.step_finish(job, run, [], finish)
        self.stop(job)

    def stop(self, job):
        """Whatever it waits for ends."""
        line = self.lines.get(job.id)
        if line is not None and line.sock is not None:
            try:
                line.sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def image_of(self, job):
        return "%s/%s:%s" % (self.site.registry_host(), job.project.path.lower(), job.pipeline.sha[:7])

    def token_of(self, job):
        user = job.user or next(iter(self.site.world.users.values()))
        job.token = self.site.world.add_token("glcbt-64_" + uuid.uuid4().hex, user, kind="job", scopes=(), name="a job", project=job.project)
        return job.token

    def say(self, job):
        self.site.runner.upload_soon(job)
        self.site.pipelines.wait_for(lambda: True, 0)

    # what its script says -----------------------------------------------------------------------------------------------------

    def commands(self, job, run, image, token):
        """docker build and docker push are done, whatever else the script says is only shown."""
        commands = job.commands or ["docker build --tag $CI_REGISTRY_IMAGE:$CI_COMMIT_SHORT_SHA .", "docker push $CI_REGISTRY_IMAGE:$CI_COMMIT_SHORT_SHA"]
        if not any("docker push" in c or "--push" in c for c in commands):
            commands = commands + ["docker push %s" % image]
        for command in commands:
            self.alive(job, run)
            job.trace.command(command)
            self.say(job)
            if re.search(r"docker (buildx )?build\b", command):
                self.build(job, run, image)
            if re.search(r"docker push\b|--push\b", command):
                self.push(job, run, image, token)
            if re.search(r"docker login\b", command):
                job.trace.line("Login Succeeded")

    def call(self, job, method, path, body=None, headers=None):
        line = self.lines[job.id] = Line(self.engine)
        line.request(method, path, body, headers or {})
        return line.getresponse()

    def build(self, job, run, image):
        context = job.project.repo.git("archive", "--format=tar", job.pipeline.sha)
        self.images.add(image)
        query = urllib.parse.urlencode({"t": image, "forcerm": "1", "rm": "1", "labels": json.dumps({"io.berth.test": "fake-gitlab"})})
        reply = self.call(job, "POST", "/build?" + query, context, {"Content-Type": "application/x-tar"})
        job.trace.write("DEPRECATED: The legacy builder is deprecated and will be removed in a future release.\n\n", kind="E")
        self.follow(job, run, reply)

    def push(self, job, run, image, token):
        name, _, tag = image.rpartition(":")
        login = base64.urlsafe_b64encode(json.dumps({"username": "gitlab-ci-token", "password": token.value, "serveraddress": self.site.registry_host()}).encode())
        reply = self.call(job, "POST", "/images/%s/push?tag=%s" % (urllib.parse.quote(name, safe="/"), tag), None, {"X-Registry-Auth": login.decode(), "Content-Length": "0"})
        self.follow(job, run, reply)

    def follow(self, job, run, reply):
        """The engine's stream of JSON as docker prints it where there is no terminal."""
        if reply.status != 200:
            job.trace.line("Error response from daemon: %s" % json.loads(reply.read() or b"{}").get("message", "status %d" % reply.status))
            raise Failed(1)
        try:
            for text in reply:
                self.alive(job, run)
                self.one(job, json.loads(text))
        except (OSError, http.client.HTTPException, ValueError):
            self.alive(job, run)
            raise

    def one(self, job, message):
        if "stream" in message:
            job.trace.write(message["stream"])
        elif "error" in message:
            self.say(job)
            job.trace.write(message["error"] + "\n", kind="E")
            found = EXIT_CODE.search(message["error"])
            raise Failed(int(found.group(1)) if found else 1)
        elif "status" in message and "progressDetail" not in message or not message.get("progressDetail"):
            if "status" in message:
                job.trace.line("%s%s" % (message["id"] + ": " if message.get("id") else "", message["status"]))
        self.say(job)

    def forget(self, image):
        """Off the engine, if it was put there."""
        if image not in self.images:
            return
        self.images.discard(image)
        line = Line(self.engine)
        try:
            line.request("DELETE", "/images/%s" % urllib.parse.quote(image, safe="/:"))
            line.getresponse().read()
        except (OSError, http.client.HTTPException):
            pass
        finally:
            line.close()

    def end(self):
        for job_id in list(self.lines):
            self.stop(self.site.pipelines.jobs[job_id])
        for image in list(self.images):
            self.forget(image)


def went(seconds):
    return "%dh%dm%ds" % (seconds // 3600, seconds // 60 % 60, seconds % 60)
