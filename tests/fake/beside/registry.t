#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs for real: a push builds the image on an engine and pushes it to a registry, of the stand-in's own and Debian's docker-registry."""
import base64
import json
import os
import shutil
import sys
import unittest
import urllib.parse

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
import standin  # noqa: E402
from fakegitlab.real import Line  # noqa: E402

FILE = "image_build:\n  stage: build\n  script:\n    - docker login -u gitlab-ci-token -p $CI_JOB_TOKEN $CI_REGISTRY\n    - docker build --tag $CI_REGISTRY_IMAGE:$SHA7 .\n    - docker push $CI_REGISTRY_IMAGE:$SHA7\n"
ENGINE = os.environ.get("DOCKER_HOST") or "unix:///var/run/docker.sock"


def program():
    tools = os.environ.get("BERTH_TOOLS", "")
    for candidate in (os.environ.get("DOCKER_REGISTRY"), shutil.which("docker-registry"), os.path.join(tools, "usr", "bin", "docker-registry")):
        if candidate and os.path.exists(candidate):
            return candidate
    print("Bail out! docker-registry is not there: './bootstrap check' gets it; or install Debian's package, or set DOCKER_REGISTRY")
    sys.exit(1)


def engine(method, path, headers=None):
    line = Line(ENGINE)
    line.request(method, path, None, dict(headers or {}, **{"Content-Length": "0"}))
    reply = line.getresponse()
    body = reply.read()
    line.close()
    return reply.status, body


class Build(unittest.TestCase):
    words = ()

    @classmethod
    def setUpClass(cls):
        with open(os.path.join(standin.HERE, "world.json"), encoding="utf-8") as f:
            cls.gitlab = standin.StandIn("--engine", ENGINE, *cls.words, world=json.load(f))
        cls.gitlab.control("POST", "/settings", {"default_script": "real"})

    @classmethod
    def tearDownClass(cls):
        cls.gitlab.close()

    def push(self, branch, dockerfile):
        """(sha, job as it ended, log)"""
        sha = self.gitlab.control("POST", "/commits", {"project": "lab/air/flights", "branch": branch, "push": True, "user": "zoe", "message": branch,
                                                       "files": {"Dockerfile": dockerfile, ".gitlab-ci.yml": FILE, "hello": "hello\n"}})["id"]
        job = self.gitlab.api("/projects/lab%2Fair%2Fflights/jobs").json[0]
        self.gitlab.control("GET", "/jobs/%d/wait?status=success,failed&seconds=120" % job["id"])
        job = self.gitlab.api("/projects/lab%%2Fair%%2Fflights/jobs/%d" % job["id"]).json
        return sha, job, self.gitlab.api("/projects/lab%%2Fair%%2Fflights/jobs/%d/trace" % job["id"]).text

    def test_build(self):
        """a push is built and pushed, then pulled with a token of one's own"""
        sha, job, log = self.push("works", "FROM scratch\nCOPY hello /hello\n")
        self.assertEqual(job["status"], "success", log)
        self.assertIn("Job succeeded", log)
        self.assertIn("digest: sha256:", log)
        rows = self.gitlab.api("/projects/lab%2Fair%2Fflights/registry/repositories").json
        path = "/projects/lab%%2Fair%%2Fflights/registry/repositories/%d/tags/%s" % (rows[0]["id"], sha[:7])
        tag = self.gitlab.api(path).json
        self.assertEqual(tag["digest"], log.split("digest: ")[1].split()[0])
        name = "%s/lab/air/flights" % self.gitlab.registry
        self.assertEqual(engine("GET", "/images/%s:%s/json" % (name, sha[:7]))[0], 404)
        for secret, right in (("glpat-wrong", False), ("glpat-registry", True)):
            login = base64.urlsafe_b64encode(json.dumps({"username": "zoe", "password": secret, "serveraddress": self.gitlab.registry}).encode()).decode()
            status, body = engine("POST", "/images/create?" + urllib.parse.urlencode({"fromImage": name, "tag": sha[:7]}), {"X-Registry-Auth": login})
            self.assertEqual(status == 200 and b'"error"' not in body, right, body)
        self.addCleanup(engine, "DELETE", "/images/%s:%s?force=1" % (name, sha[:7]))
        self.assertEqual(engine("GET", "/images/%s:%s/json" % (name, sha[:7]))[0], 200)

    def test_failure(self):
        """one that doesn't build fails, with docker's words and exit code"""
        _, job, log = self.push("broken", "FROM scratch\nCOPY nothing /nothing\n")
        self.assertEqual((job["status"], job["failure_reason"]), ("failed", "script_failure"))
        self.assertIn("COPY failed", log)
        self.assertIn("ERROR: Job failed: exit code 1", log)


class BuildForDockerRegistry(Build):
    @classmethod
    def setUpClass(cls):
        cls.words = ("--docker-registry", program())
        super().setUpClass()

    def test_image(self):
        """an image of a description is in docker-registry, too, and can be removed"""
        self.gitlab.control("POST", "/images", {"project": "zoe/tides", "tag": "abc1234"})
        row = self.gitlab.api("/projects/zoe%2Ftides/registry/repositories?tags=true").json[0]
        self.assertEqual([t["name"] for t in row["tags"]], ["abc1234"])
        path = "/projects/zoe%%2Ftides/registry/repositories/%d/tags/abc1234" % row["id"]
        self.assertEqual(self.gitlab.api(path, "DELETE").status, 200)
        self.assertEqual(self.gitlab.api(path).status, 404)


if __name__ == "__main__":
    standin.run()
