#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stand-in GitLab: pushes and pipelines, jobs and their logs, GraphQL."""
import json
import os
import re
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
import standin  # noqa: E402

FLIGHTS = "/projects/lab%2Fair%2Fflights"
JOIN = """query($p:ID!,$ref:String,$n:Int){ project(fullPath:$p){ id
  pipelines(ref:$ref, first:$n){ pageInfo{endCursor hasNextPage}
    nodes{ id iid sha status source updatedAt
      job(name:"image_build"){ id status allowFailure startedAt finishedAt failureMessage retryable cancelable playable } } } } }"""


def setUpModule():
    global gitlab
    with open(os.path.join(standin.HERE, "world.json"), encoding="utf-8") as f:
        gitlab = standin.StandIn(world=json.load(f))


def tearDownModule():
    gitlab.close()


def pipeline(script, ref="main", **variables):
    """A pipeline by the API whose image_build does that; the job."""
    gitlab.control("POST", "/scripts", {"match": {"name": "image_build", "project": "lab/air/flights"}, "script": script, "once": True})
    body = {"ref": ref}
    if variables:
        body["variables"] = [{"key": k, "value": v} for k, v in variables.items()]
    made = gitlab.api(FLIGHTS + "/pipeline", "POST", body=body)
    assert made.status == 201, made.text
    return gitlab.api(FLIGHTS + "/pipelines/%d/jobs" % made.json["id"]).json[0]


INPUTS = """spec:
  inputs:
    where:  # required
      options:
        - lab
        - 'field'
    times:
      type: number
      default: 1
      description: How often, at most
    clean:
      type: boolean
      default: false
    tag:
      default: "v1"
      regex: ^v[0-9]+$
    only:
      type: array
      default: [a, b]
---
stages: ["$[[ inputs.where ]]-$[[ inputs.times ]]"]
image_build:
  stage: $[[ inputs.where ]]-$[[ inputs.times ]]
  script:
    - docker build .
"""


def commit_file(branch, text):
    made = gitlab.api(FLIGHTS + "/repository/commits", "POST", body={"branch": branch, "start_branch": "main", "commit_message": "Change the builds", "actions": [
        {"action": "update", "file_path": ".gitlab-ci.yml", "content": text}]})
    assert made.status == 201, made.text


def wait(job, **what):
    reached = gitlab.control("GET", "/jobs/%d/wait?%s&seconds=20" % (job["id"], "&".join("%s=%s" % pair for pair in what.items())))
    assert reached["reached"], reached
    return gitlab.api(FLIGHTS + "/jobs/%d" % job["id"]).json


def trace(job):
    return gitlab.api(FLIGHTS + "/jobs/%d/trace" % job["id"]).text


class Pushes(unittest.TestCase):
    def test_push(self):
        """a push makes a pipeline of its commit, whose job is built"""
        folder = os.path.join(gitlab.folder, "clone")
        gitlab.git("clone", "-q", gitlab.clone_url("lab/air/flights"), folder)
        gitlab.git("switch", "-q", "-c", "topic/ä", cwd=folder)
        gitlab.git("commit", "-q", "--allow-empty", "-m", "Try", cwd=folder)
        gitlab.git("push", "-q", "origin", "topic/ä", cwd=folder)
        sha = gitlab.git("rev-parse", "HEAD", cwd=folder).stdout.strip()
        rows = gitlab.api(FLIGHTS + "/pipelines?sha=" + sha).json
        self.assertEqual([(p["source"], p["ref"]) for p in rows], [("push", "topic/ä")])
        states = gitlab.api(FLIGHTS + "/repository/commits/%s/statuses?name=image_build" % sha).json
        self.assertEqual([(s["name"], s["pipeline_id"]) for s in states], [("image_build", rows[0]["id"])])

    def test_refused(self):
        """a push without a token, to a protected branch, by one who may only read"""
        folder = os.path.join(gitlab.folder, "refused")
        gitlab.git("clone", "-q", "-b", "stable", gitlab.clone_url("lab/air/flights"), folder)
        gitlab.git("commit", "-q", "--allow-empty", "-m", "Try", cwd=folder)
        protected = gitlab.git("push", "-q", "origin", "HEAD:stable", cwd=folder, check=False)
        self.assertIn("not allowed to push code to protected branches", protected.stdout)
        for token, words in (("glpat-read", "403"), ("glpat-wrong", "Authentication failed"), ("glpat-guest", "403")):
            reply = gitlab.git("push", "-q", gitlab.clone_url("lab/air/flights", token), "HEAD:x", cwd=folder, check=False)
            self.assertNotEqual(reply.returncode, 0)
            self.assertIn(words, reply.stdout)
        self.assertIn("Authentication failed", gitlab.git("ls-remote", gitlab.clone_url("lab/air/flights", None), check=False).stdout)
        self.assertIn("not found", gitlab.git("ls-remote", gitlab.clone_url("jose/hidden"), check=False).stdout)
        self.assertEqual(gitlab.git("ls-remote", gitlab.clone_url("zoe/tides", None)).returncode, 0)

    def test_skip(self):
        """[skip ci] skips"""
        gitlab.control("POST", "/commits", {"project": "lab/air/flights", "branch": "skipped", "message": "Not now [skip ci]", "files": {"x": "y"}, "push": True})
        found = gitlab.api(FLIGHTS + "/pipelines?ref=skipped").json
        self.assertEqual([p["status"] for p in found], ["skipped"])

    def test_lfs(self):
        """files in LFS go up and come down"""
        folder = os.path.join(gitlab.folder, "lfs")
        gitlab.git("clone", "-q", gitlab.clone_url("lab/air/flights"), folder)
        gitlab.git("lfs", "install", "--local", cwd=folder)
        gitlab.git("lfs", "track", "*.bin", cwd=folder)
        with open(os.path.join(folder, "big.bin"), "wb") as f:
            f.write(os.urandom(300000))
        gitlab.git("add", ".", cwd=folder)
        gitlab.git("commit", "-q", "-m", "Data", cwd=folder)
        gitlab.git("push", "-q", "origin", "HEAD:with-lfs", cwd=folder)
        again = os.path.join(gitlab.folder, "lfs2")
        gitlab.git("clone", "-q", "-b", "with-lfs", gitlab.clone_url("lab/air/flights"), again)
        gitlab.git("lfs", "install", "--local", cwd=again)
        gitlab.git("lfs", "pull", cwd=again)
        with open(os.path.join(folder, "big.bin"), "rb") as one, open(os.path.join(again, "big.bin"), "rb") as two:
            self.assertEqual(one.read(), two.read())


class Jobs(unittest.TestCase):
    def test_failure(self):
        """a job that fails says why, and its log ends as a runner ends it"""
        job = wait(pipeline("failure"), status="failed")
        self.assertEqual((job["failure_reason"], job["artifacts"][0]["filename"]), ("script_failure", "job.log"))
        self.assertIn("ERROR: Job failed: exit code 100", trace(job))
        self.assertEqual(gitlab.api(FLIGHTS + "/pipelines/%d" % job["pipeline"]["id"]).json["detailed_status"]["group"], "failed")

    def test_growing(self):
        """a log grows between two looks, and only as the runner uploads"""
        script = {"upload_ms": 0, "steps": [{"status": "running"}, {"prepare": True}, {"hold": "grow"}, {"line": "more"}, {"hold": "end"}, {"finish": "success"}]}
        job = wait(pipeline(script), status="running")
        first = trace(job)
        gitlab.control("POST", "/signals/grow")
        wait(job, size=len(first) + 5)
        second = trace(job)
        self.assertTrue(second.startswith(first) and len(second) > len(first))
        gitlab.control("POST", "/signals/end")
        wait(job, status="success")

    def test_upload(self):
        """what the runner has not uploaded is not there yet"""
        script = {"upload_ms": 60000, "steps": [{"status": "running"}, {"line": "waiting"}, {"hold": "up"}, {"finish": "success"}]}
        job = wait(pipeline(script), status="running")
        self.assertEqual(trace(job), "")
        gitlab.control("POST", "/signals/up")
        wait(job, status="success")
        self.assertIn("waiting", trace(job))

    def test_timestamps(self):
        """every line begins with 32 bytes, or has none"""
        job = wait(pipeline({"timestamps": True, "steps": [{"status": "running"}, {"text": "a\nb"}, {"text": "c\n"}, {"finish": "success", "quiet": True}]}), status="success")
        lines = trace(job).split("\n")
        self.assertTrue(all(re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z 01O[ +]", line) for line in lines[:-1]))
        self.assertEqual([line[31:] for line in lines], [" a", " b", "+c", ""])
        job = wait(pipeline({"timestamps": False, "steps": [{"status": "running"}, {"text": "a\n"}, {"finish": "success", "quiet": True}]}), status="success")
        self.assertEqual(trace(job), "a\n")

    def test_retry(self):
        """a retried job is a new one; the old one is hidden, and can't be retried again"""
        job = wait(pipeline("failure"), status="failed")
        fresh = gitlab.api(FLIGHTS + "/jobs/%d/retry" % job["id"], "POST")
        self.assertEqual(fresh.status, 201)
        self.assertNotEqual(fresh.json["id"], job["id"])
        wait(fresh.json, status="success")
        path = FLIGHTS + "/pipelines/%d/jobs" % job["pipeline"]["id"]
        self.assertEqual([j["id"] for j in gitlab.api(path).json], [fresh.json["id"]])
        self.assertEqual(len(gitlab.api(path + "?include_retried=true").json), 2)
        refused = gitlab.api(FLIGHTS + "/jobs/%d/retry" % job["id"], "POST")
        self.assertEqual((refused.status, refused.json), (403, {"message": "403 Forbidden - Job is not retryable"}))

    def test_cancel(self):
        """a running job is canceling, then canceled; force needs more rights"""
        job = wait(pipeline({"preset": "running", "cancel_ms": 20}), status="running")
        self.assertEqual(gitlab.api(FLIGHTS + "/jobs/%d/cancel" % job["id"], "POST").status, 201)
        wait(job, status="canceled")
        job = wait(pipeline({"preset": "running", "cancel_ms": 600000}), status="running")
        self.assertEqual(gitlab.api(FLIGHTS + "/jobs/%d/cancel" % job["id"], "POST").json["status"], "canceling")
        self.assertEqual(gitlab.api(FLIGHTS + "/jobs/%d/cancel" % job["id"], "POST", body={"force": True}).status, 403)
        forced = gitlab.api(FLIGHTS + "/jobs/%d/cancel" % job["id"], "POST", token="glpat-jose", body={"force": True})
        self.assertEqual(forced.json["status"], "canceled")

    def test_play(self):
        """a manual job waits to be played, with variables; others can't be"""
        job = pipeline("manual")
        self.assertEqual(job["status"], "manual")
        body = {"job_variables_attributes": [{"key": "A", "value": "b"}]}
        self.assertEqual(gitlab.api(FLIGHTS + "/jobs/%d/play" % job["id"], "POST", body=body).status, 200)
        wait(job, status="success")
        self.assertEqual(gitlab.control("GET", "/jobs/%d" % job["id"])["variables"], {"A": "b"})
        refused = gitlab.api(FLIGHTS + "/jobs/%d/play" % job["id"], "POST")
        self.assertEqual((refused.status, refused.json), (400, {"message": "400 Bad request - Unplayable Job"}))

    def test_waiting(self):
        """jobs that are delayed, skipped, stuck"""
        self.assertEqual(pipeline("delayed")["status"], "scheduled")
        self.assertEqual(pipeline("skipped")["status"], "skipped")
        self.assertEqual(pipeline("pending")["status"], "pending")

    def test_erase(self):
        """an erased log is empty"""
        job = wait(pipeline("success"), status="success")
        self.assertEqual(gitlab.api(FLIGHTS + "/jobs/%d/erase" % job["id"], "POST").status, 201)
        self.assertEqual(trace(job), "")

    def test_rewritten(self):
        """a log that shrinks, and one that is another"""
        job = wait(pipeline({"timestamps": False, "steps": [{"status": "running"}, {"text": "one two three\n"}]}), size=10)
        gitlab.control("POST", "/jobs/%d" % job["id"], {"shrink": 3})
        self.assertEqual(trace(job), "one")
        gitlab.control("POST", "/jobs/%d" % job["id"], {"trace": "another\n"})
        self.assertEqual(trace(job), "another\n")
        gitlab.control("POST", "/jobs/%d" % job["id"], {"status": "failed", "failure_reason": "runner_system_failure"})
        self.assertEqual(gitlab.api(FLIGHTS + "/jobs/%d" % job["id"]).json["failure_reason"], "runner_system_failure")

    def test_limit(self):
        """a log that is too long ends with the runner's notice"""
        job = wait(pipeline({"steps": [{"status": "running"}, {"limit": 50}, {"lines": 100}, {"finish": "success"}]}), status="success")
        self.assertIn("Job's log exceeded limit of 50 bytes.", trace(job))

    def test_refused(self):
        """a pipeline of a branch that is not there, by a guest, of a project without a file for it"""
        reply = gitlab.api(FLIGHTS + "/pipeline", "POST", body={"ref": "nonsense"})
        self.assertEqual((reply.status, reply.json), (400, {"message": {"base": ["Reference not found"]}}))
        self.assertEqual(gitlab.api(FLIGHTS + "/pipeline", "POST", body={}).json, {"error": "ref is missing"})
        self.assertEqual(gitlab.api(FLIGHTS + "/pipeline", "POST", token="glpat-guest", body={"ref": "main"}).status, 403)
        self.assertEqual(gitlab.api("/projects/zoe%2Ftides/pipeline", "POST", body={"ref": "main"}).json, {"message": {"base": ["Missing CI config file"]}})
        self.assertEqual(gitlab.api("/projects/zoe%2Ftides/pipelines/latest?ref=main").status, 403)

    def test_variables(self):
        """variables reach the pipeline, unless the project keeps them to some"""
        job = pipeline("success", BERTH_TEST="1")
        given = gitlab.api(FLIGHTS + "/pipelines/%d/variables" % job["pipeline"]["id"]).json
        self.assertEqual([(v["key"], v["value"]) for v in given], [("BERTH_TEST", "1")])
        gitlab.control("POST", "/projects/lab/air/flights", {"variables_role": "maintainer"})
        refused = gitlab.api(FLIGHTS + "/pipeline", "POST", body={"ref": "main", "variables": [{"key": "A", "value": "b"}]})
        gitlab.control("POST", "/projects/lab/air/flights", {"variables_role": "developer"})
        self.assertEqual((refused.status, refused.json["message"]["base"]), (400, ["Insufficient permissions to set pipeline variables"]))

    def test_inputs(self):
        """inputs are checked against the file's header, and reach its jobs"""
        commit_file("takes-inputs", INPUTS)
        run = lambda **inputs: gitlab.api(FLIGHTS + "/pipeline", "POST", body={"ref": "takes-inputs", "inputs": inputs})  # noqa: E731
        for given, words in (
                ({}, "`where` input: required value has not been provided"),
                ({"where": "lab", "wher": "lab"}, "unknown input arguments: wher"),
                ({"where": "lab", "times": "7"}, "`times` input: provided value is not a number"),
                ({"where": "lab", "times": True}, "`times` input: provided value is not a number"),
                ({"where": "lab", "clean": "yes"}, "`clean` input: provided value is not a boolean"),
                ({"where": 7}, "`where` input: provided value is not a string"),
                ({"where": "moon"}, "`where` input: `moon` cannot be used because it is not in the list of allowed options"),
                ({"where": "lab", "tag": "V1"}, "`tag` input: provided value does not match required RegEx pattern"),
                ({"where": "lab", "only": "a"}, "`only` input: provided value is not an array"),
                ({"x": 1, "times": []}, "unknown input arguments: x, `where` input: required value has not been provided, `times` input: provided value is not a number")):
            made = run(**given)
            self.assertEqual((made.status, made.json), (400, {"message": {"base": [words]}}), given)
        made = run(where="lab", times=7)
        self.assertEqual(made.status, 201, made.text)
        jobs = gitlab.api(FLIGHTS + "/pipelines/%d/jobs" % made.json["id"]).json
        self.assertEqual([(job["name"], job["stage"]) for job in jobs], [("image_build", "lab-7")])
        without = gitlab.api(FLIGHTS + "/pipeline", "POST", body={"ref": "main", "inputs": {"a": "b"}})
        self.assertEqual((without.status, without.json["message"]["base"]),
                         (400, ["Given inputs not defined in the `spec` section of the included configuration file"]))
        self.assertEqual(gitlab.api(FLIGHTS + "/pipeline", "POST", body={"ref": "main", "inputs": 7}).status, 400)
        pushed = gitlab.api(FLIGHTS + "/pipelines?ref=takes-inputs&source=push").json
        self.assertEqual([p["status"] for p in pushed], ["failed"])

    def test_child(self):
        """a child pipeline is below a bridge, and not among the others"""
        made = gitlab.control("POST", "/pipelines", {"project": "lab/air/flights", "ref": "main", "jobs": [
            {"name": "trigger", "status": "success", "child": [{"name": "image_build", "status": "failed"}]}]})
        bridges = gitlab.api(FLIGHTS + "/pipelines/%d/bridges" % made["id"]).json
        below = bridges[0]["downstream_pipeline"]
        self.assertEqual((below["source"], below["status"]), ("parent_pipeline", "failed"))
        self.assertNotIn(below["id"], [p["id"] for p in gitlab.api(FLIGHTS + "/pipelines?per_page=100").json])
        self.assertIn(below["id"], [p["id"] for p in gitlab.api(FLIGHTS + "/pipelines?source=parent_pipeline").json])
        self.assertEqual([j["name"] for j in gitlab.api(FLIGHTS + "/pipelines/%d/jobs" % below["id"]).json], ["image_build"])

    def test_merge_request(self):
        """pipelines of one commit: of its branch and of a merge request, told apart by source, found by sha"""
        sha = gitlab.api(FLIGHTS + "/repository/commits/feature%2Fplots").json["id"]
        for source, ref in (("push", "feature/plots"), ("merge_request_event", "refs/merge-requests/1/head")):
            gitlab.control("POST", "/pipelines", {"project": "lab/air/flights", "source": source, "ref": ref, "sha": sha, "jobs": [
                {"name": "image_build", "status": "success" if source == "push" else "failed"}]})
        rows = gitlab.api(FLIGHTS + "/pipelines?sha=" + sha).json
        self.assertEqual([(p["source"], p["status"]) for p in rows[:2]], [("merge_request_event", "failed"), ("push", "success")])
        states = gitlab.api(FLIGHTS + "/repository/commits/%s/statuses?name=image_build" % sha).json
        self.assertEqual({s["ref"]: s["status"] for s in states}["refs/merge-requests/1/head"], "failed")

    def test_keyset(self):
        """a project's jobs: no totals, keyset by id"""
        self.assertNotIn("X-Total", gitlab.api(FLIGHTS + "/jobs").headers)
        for _ in range(3):
            pipeline("pending")
        seen, path = [], FLIGHTS + "/jobs?pagination=keyset&order_by=id&sort=desc&per_page=2&scope[]=pending"
        while path:
            reply = gitlab.api(path)
            seen += [j["id"] for j in reply.json]
            path = reply.headers["Link"].split(">")[0].split("/api/v4")[1] if "Link" in reply.headers else None
        self.assertEqual(seen, sorted(set(seen), reverse=True))
        self.assertGreaterEqual(len(seen), 3)


class Files(unittest.TestCase):
    def test_ci_file(self):
        """.gitlab-ci.yml as people write it"""
        from fakegitlab import ci_file
        stages, jobs = ci_file.read("""
variables:
  A: b   # a comment
stages: [build, "test"]
.hidden: &base
  tags:
    - docker
  before_script:
    - echo no
"image_build":
  extends: .hidden
  stage: build
  image:
    name: docker:27
    entrypoint: [""]
  rules:
    - if: $CI_COMMIT_BRANCH
      when: manual
  script:
    - docker login -u "$A: b" # here
    - |
      docker build \\
        --tag x .
  artifacts:
    script: no
check:
  script: make check
  when: manual
child:
  stage: deploy
  trigger:
    include: other.yml
""")
        self.assertEqual(stages, ["build", "test", "deploy"])
        build, check, child = jobs
        self.assertEqual((build["name"], build["stage"], build["when"], build["tags"]), ("image_build", "build", "on_success", ["docker"]))
        self.assertEqual(build["script"], ['docker login -u "$A: b"', "docker build \\\n--tag x ."])
        self.assertEqual((check["script"], check["when"], check["allow_failure"]), (["make check"], "manual", True))
        self.assertTrue(child["trigger"])


class GraphQL(unittest.TestCase):
    def test_join(self):
        """pipelines with their image_build, in one request"""
        job = wait(pipeline("failure"), status="failed")
        data = gitlab.graphql(JOIN, p="lab/air/flights", n=50).json["data"]
        row = next(n for n in data["project"]["pipelines"]["nodes"] if n["id"].endswith("/%d" % job["pipeline"]["id"]))
        self.assertEqual((row["job"]["id"], row["job"]["status"], row["job"]["retryable"]), ("gid://gitlab/Ci::Build/%d" % job["id"], "FAILED", True))

    def test_pages(self):
        """pages by cursor"""
        query = "query($a:String){ currentUser{username} projects(membership:true, sort:\"latest_activity_desc\", first:1, after:$a){ nodes{ fullPath } pageInfo{endCursor hasNextPage} } }"
        first = gitlab.graphql(query).json["data"]
        second = gitlab.graphql(query, a=first["projects"]["pageInfo"]["endCursor"]).json["data"]
        self.assertEqual(first["currentUser"]["username"], "zoe")
        self.assertNotEqual(first["projects"]["nodes"], second["projects"]["nodes"])

    def test_wrong(self):
        """a field that is none, a variable that is missing, a query that is no query"""
        wrong = gitlab.graphql("{ project(fullPath:\"a\"){ nonsense } }").json
        self.assertEqual(wrong["errors"][0]["message"], "Field 'nonsense' doesn't exist on type 'Project'")
        self.assertEqual(wrong["errors"][0]["extensions"]["code"], "undefinedField")
        self.assertIn("provided invalid value", gitlab.graphql(JOIN).json["errors"][0]["message"])
        self.assertIn("Expected", gitlab.graphql("{ project(:").json["errors"][0]["message"])
        self.assertIn("doesn't accept argument", gitlab.graphql("{ projects(wrong:1){ nodes{id} } }").json["errors"][0]["message"])

    def test_complexity(self):
        """what is too much is refused, and a query can ask how much it is"""
        aliases = " ".join("a%d: pipelines(first:100, sha:\"x\"){ nodes{ id job(name:\"image_build\"){ id status } } }" % i for i in range(30))
        refused = gitlab.graphql("{ project(fullPath:\"lab/air/flights\"){ %s } }" % aliases).json
        self.assertRegex(refused["errors"][0]["message"], r"^Query has complexity of \d+, which exceeds max complexity of 250$")
        fine = gitlab.graphql("query($p:ID!){ queryComplexity{score limit} project(fullPath:$p){ id } }", p="lab/air/flights").json["data"]
        self.assertEqual(fine["queryComplexity"]["limit"], 250)

    def test_tokens(self):
        """a token that doesn't hold; a project that is hidden is null"""
        reply = gitlab.graphql("{ currentUser{username} }", token="glpat-revoked")
        self.assertEqual((reply.status, reply.json), (401, {"errors": [{"message": "Invalid token"}]}))
        self.assertIsNone(gitlab.graphql("{ project(fullPath:\"jose/hidden\"){ id } }").json["data"]["project"])

    def test_language(self):
        """aliases, fragments, directives, several queries at once"""
        query = """query Two($yes: Boolean = false) { one: project(fullPath: "zoe/tides") { ...names } # a comment
          two: project(fullPath: "lab/air/flights") { ...names starCount @include(if: $yes) ... on Project { __typename } } }
          fragment names on Project { name fullPath }"""
        data = gitlab.graphql(query).json["data"]
        self.assertEqual(data["two"], {"name": "Flights", "fullPath": "lab/air/flights", "__typename": "Project"})
        both = gitlab.send(gitlab.url, "POST", "/api/graphql", [{"query": "{ currentUser{ name } }"}, {"query": "{ metadata{ version } }"}])
        self.assertEqual(both.json[0]["data"], {"currentUser": None})


if __name__ == "__main__":
    standin.run()
