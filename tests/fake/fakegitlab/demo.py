# SPDX-License-Identifier: GPL-3.0-or-later
"""--demo: some believable projects with a pipeline in each state, for a person who wants to try berth on a GitLab."""
import os
import secrets
import socket
import subprocess

from . import clock
from .building import Builder
from .scripts import FAILURE, LOG

HERE = os.path.dirname(os.path.realpath(__file__))
MAKE_EXAMPLE = os.path.join(HERE, "..", "..", "lab", "make-example")
CI_FILE = """# Builds the image of each commit. berth looks for the job image_build.
stages:
  - build
  - test

image_build:
  stage: build
  image: docker:27
  script:
    - docker login -u gitlab-ci-token -p "$CI_JOB_TOKEN" "$CI_REGISTRY"
    - docker build --tag "$CI_REGISTRY_IMAGE:${CI_COMMIT_SHA:0:7}" .
    - docker push "$CI_REGISTRY_IMAGE:${CI_COMMIT_SHA:0:7}"
"""
OK = LOG + "Successfully built 5f1c2a3b4d5e\n\x1b[32;1mJob succeeded\x1b[0;m\n"
FAILED = FAILURE + "\x1b[31;1mERROR: Job failed: exit code 100\n\x1b[0;m\n"
PEOPLE = [{"username": "zoe", "name": "Zoë Müller"}, {"username": "wang", "name": "王小明"}, {"username": "ase", "name": "Åse Lindqvist"}]
# ref, age in hours, job
STATES = [
    ("main", 900, {"status": "success", "took_s": 412, "trace": OK}),
    ("plots", 700, {"status": "failed", "took_s": 64, "exit_code": 100, "trace": FAILED}),
    ("timeout", 500, {"status": "failed", "failure_reason": "job_execution_timeout", "took_s": 3600,
                      "trace": LOG + "\x1b[31;1mERROR: Job failed: execution took longer than 1h0m0s seconds\n\x1b[0;m\n"}),
    ("no-runner", 120, {"status": "pending", "tags": ["gpu"]}),
    ("canceled", 60, {"status": "canceled", "took_s": 20, "trace": LOG}),
    ("skipped", 50, {"status": "skipped"}),
    ("by-hand", 40, {"script": "manual"}),
    ("later", 30, {"script": "delayed"}),
    ("allowed", 20, {"status": "failed", "allow_failure": True, "took_s": 30, "trace": FAILED}),
    ("system", 10, {"status": "failed", "failure_reason": "runner_system_failure", "took_s": 5,
                    "trace": "\x1b[31;1mERROR: Job failed (system failure): Cannot connect to the Docker daemon\n\x1b[0;m\n"}),
    ("building", 0, {"script": "slow"}),
]


def engine_here():
    """The address of an engine that listens on this machine, or None."""
    address = os.environ.get("DOCKER_HOST") or "unix:///var/run/docker.sock"
    if not address.startswith("unix://"):
        return None
    try:
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(3)
            s.connect(address[len("unix://"):])
        return address
    except OSError:
        return None


def fill(site, state, with_engine):
    """The projects; gives the token."""
    token = "glpat-" + secrets.token_urlsafe(15)
    builder = Builder(site)
    builder.build({"users": [{"username": "root", "name": "Administrator", "admin": True}] + PEOPLE,
                   "groups": [{"path": "coast-lab", "name": "Coast Lab", "members": {"zoe": "maintainer", "wang": "developer"}},
                              {"path": "coast-lab/sensors", "name": "Sensors"}],
                   "tokens": [{"value": token, "user": "zoe", "name": "berth", "scopes": ["api", "read_registry", "write_repository"]}]})
    folder = os.path.join(state, "examples")
    subprocess.run([MAKE_EXAMPLE, folder], check=True, stdout=subprocess.DEVNULL)
    for name, place, text in (("flights", "coast-lab", "When do departures leave late?"), ("tides", "coast-lab/sensors", "Two weeks of sea levels"),
                              ("sandbox", "zoe", "A shell to try things in")):
        path = "%s/%s" % (place, name)
        builder.project({"path": path, "name": name.title(), "description": text, "repository": os.path.join(folder, name), "visibility": "internal"})
        commit(builder, path, "main", "Build the image of each commit", {".gitlab-ci.yml": CI_FILE})
    site.world.project("coast-lab/flights").stars.add(site.world.user("zoe").id)
    builder.project({"path": "wang/locked", "name": "Only to read", "visibility": "public", "commits": [
        {"message": "Look, don't touch", "files": {"README.md": "# Only to read\n", ".gitlab-ci.yml": CI_FILE}}]})
    builder.project({"path": "zoe/empty", "name": "Nothing yet"})
    pipelines(builder, with_engine)
    return token


def commit(builder, project, branch, message, files, author="Zoë Müller <zoe@example.org>"):
    return builder.commit({"project": project, "branch": branch, "message": message, "files": files, "author": author})


def pipelines(builder, with_engine):
    site, flights = builder.site, "coast-lab/flights"
    for ref, age, job in STATES:
        if builder.world.project(flights).repo.branch(ref) is None:
            commit(builder, flights, ref, "Try: %s" % ref, {"notes/%s.md" % ref: "%s\n" % ref})
        builder.pipeline({"project": flights, "ref": ref, "age_s": age * 3600, "user": "zoe", "jobs": [dict(job, name="image_build")]})
    retried = {"status": "failed", "retried": True, "trace": FAILED}
    builder.pipeline({"project": "coast-lab/sensors/tides", "ref": "main", "age_s": 86400, "user": "ase", "jobs": [
        dict(retried, name="image_build"), {"name": "image_build", "status": "success", "trace": OK, "took_s": 95},
        {"name": "check", "stage": "test", "status": "success", "child": [{"name": "image_build", "status": "success", "trace": OK}]}]})
    tip = builder.world.project(flights).repo.commit_of("main")
    builder.image({"project": flights, "tag": tip[:7], "age_s": 900 * 3600})
    if with_engine:
        sandbox = builder.world.project("zoe/sandbox")
        site.runner.default_script = "real"
        site.pipelines.from_commit(sandbox, sandbox.repo.commit_of("main"), "main", "push", user=builder.world.user("zoe"))
    else:
        site.runner.default_script = {"preset": "slow", "upload_ms": 3000}
    for project in builder.world.projects.values():
        project.last_activity_at = clock.now() - 3600 * len(project.path)


def words(process, token, engine):
    """What a person is told."""
    url = process.gitlab.root_url()
    real = ("Pushes are built on the engine at %s and pushed to the registry at %s." % (engine, process.gitlab.registry_host()) if engine else
            "No container engine answers here: builds are acted, and their images can't be started.")
    return """
A GitLab to try berth on runs at %(url)s until you press ctrl-C. You are zoe, with the token

    %(token)s

In another terminal:

    berth login %(url)s       (asks for the token, says what it may do, and keeps it)
    berth                                    the dashboard: Flights has a build in each state, one of them runs

    git clone %(clone)s/zoe/sandbox.git      then commit and push: that starts a build

%(real)s
How to make bad days: tests/fake/README.md; the control address is %(control)s.
""" % {"url": url, "token": token, "real": real, "control": process.control_url, "clone": url.replace("://", "://zoe:%s@" % token, 1)}
