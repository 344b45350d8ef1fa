#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the stand-in takes and gives fits GitLab's own description of its API, as the prism proxy reads it.

PRISM names the program; without it, it is looked for in the path, and as npm installs it in a folder of $BERTH_TOOLS.
"""
import json
import os
import re
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
import standin  # noqa: E402

DESCRIPTION = os.path.join(os.path.dirname(standin.HERE), "fixtures", "gitlab", "gitlab-subset-relaxed-oas3.yaml")
FLIGHTS = "/projects/lab%2Fair%2Fflights"
# Where the description is wrong about GitLab itself, whose answers are numbers, a date, a list there.
WRONG_THERE = (r"(statistics\.\w+|permissions\.\w+\.(access_level|notification_level)) must be string,null$", r"property expires_at must match format",
               r"^GET \S+/repository/tree\S* Response body must be object$")


def prism():
    tools = os.environ.get("BERTH_TOOLS", "")
    for candidate in (os.environ.get("PRISM"), shutil.which("prism"), os.path.join(tools, "node_modules", ".bin", "prism")):
        if candidate and os.path.exists(candidate):
            return candidate
    print("Bail out! prism is not there: './bootstrap check' gets it, or: npm install @stoplight/prism-cli, and set PRISM")
    sys.exit(1)


def setUpModule():
    global gitlab, proxy, address
    with open(os.path.join(standin.HERE, "world.json"), encoding="utf-8") as f:
        gitlab = standin.StandIn(world=json.load(f))
    proxy = subprocess.Popen([prism(), "proxy", DESCRIPTION, gitlab.url, "--port", "0", "--host", "127.0.0.1", "--cors", "false"], stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8")
    for line in proxy.stdout:
        if "Prism is listening on" in line:
            address = "http://" + line.split("http://")[1].split()[0].split("\x1b")[0]
            break
    else:
        raise RuntimeError("prism ended: %s" % proxy.wait())
    import threading
    threading.Thread(target=proxy.stdout.read, daemon=True).start()


def tearDownModule():
    proxy.terminate()
    proxy.wait(20)
    gitlab.close()


def ask(method, path, status, body=None, token="glpat-zoe", kind=None, conditional=False):
    """The answer through the proxy; fails where request or answer don't fit the description."""
    headers = {"Authorization": "Bearer " + token} if token else {}
    if kind:
        headers["Accept"] = kind
    if conditional:
        headers["If-None-Match"] = gitlab.send(address, method, path, None, headers).headers["ETag"]
    reply = gitlab.send(address, method, path, body, headers)
    violations = [v for v in json.loads(reply.headers.get("sl-violations") or "[]") if v.get("severity") == "Error"]
    violations = [v for v in violations if not any(re.search(known, "%s %s %s" % (method, path, v["message"])) for known in WRONG_THERE)]
    if violations or reply.status != status:
        raise AssertionError("%s %s: %d\n%s\n%s" % (method, path, reply.status, json.dumps(violations, indent=1)[:3000], reply.text[:600]))
    return reply


def api(method, path, status=200, *args, **how):
    return ask(method, "/api/v4" + path, status, *args, **how)


class Reading(unittest.TestCase):
    def test_about(self):
        """version, metadata, user, token"""
        for path in ("/version", "/metadata", "/user", "/personal_access_tokens/self"):
            api("GET", path)
        api("GET", "/user", 401, token=None)
        api("GET", "/user", 401, token="glpat-revoked")

    def test_projects(self):
        """projects"""
        api("GET", "/projects?membership=true&simple=true&order_by=last_activity_at&sort=desc&per_page=100")
        api("GET", "/projects?starred=true&search=a&search_namespaces=true")
        api("GET", "/projects?pagination=keyset&order_by=id&per_page=1")
        api("GET", FLIGHTS + "?statistics=true")
        api("GET", FLIGHTS, 304, conditional=True)
        api("GET", FLIGHTS, token="glpat-guest")
        api("GET", "/projects/jose%2Fhidden", 404)
        api("GET", "/projects/zoe%2Ftides/forks")

    def test_repository(self):
        """branches, commits, trees, files"""
        api("GET", FLIGHTS + "/repository/branches?search=feature")
        api("GET", FLIGHTS + "/repository/branches?sort=updated_desc")
        api("GET", FLIGHTS + "/repository/branches/feature%2Fplots")
        api("GET", FLIGHTS + "/repository/branches/none", 404)
        api("GET", FLIGHTS + "/repository/commits?ref_name=main&with_stats=true&first_parent=true")
        sha = api("GET", FLIGHTS + "/repository/commits/main").json["id"]
        api("GET", FLIGHTS + "/repository/commits/%s/refs?type=branch" % sha)
        api("GET", FLIGHTS + "/repository/commits/%s/statuses?name=image_build" % sha)
        api("GET", FLIGHTS + "/repository/tree?recursive=true&ref=main")
        api("GET", FLIGHTS + "/repository/tags")
        api("GET", FLIGHTS + "/repository/files/README.md/raw?ref=main")
        api("GET", FLIGHTS + "/repository/files/README.md?ref=main")
        api("GET", FLIGHTS + "/repository/branches", 403, token="glpat-guest")

    def test_graphql(self):
        """GraphQL"""
        ask("POST", "/api/graphql", 200, {"query": "{ currentUser { username } }", "variables": {}})
        ask("POST", "/api/graphql", 200, {"query": "{ nonsense }", "variables": {}})

    def test_registry(self):
        """the registry"""
        gitlab.control("POST", "/images", {"project": "lab/air/flights", "tag": "abc1234", "age_s": 60})
        row = api("GET", FLIGHTS + "/registry/repositories?tags=true&tags_count=true").json[0]
        api("GET", FLIGHTS + "/registry/repositories/%d/tags" % row["id"])
        api("GET", FLIGHTS + "/registry/repositories/%d/tags/abc1234" % row["id"])
        api("GET", FLIGHTS + "/registry/repositories/%d/tags/none" % row["id"], 404)
        api("GET", "/registry/repositories/%d?tags_count=true&size=true" % row["id"])


class Acting(unittest.TestCase):
    def made(self, script):
        gitlab.control("POST", "/scripts", {"match": {"name": "image_build"}, "script": script, "once": True})
        found = api("POST", FLIGHTS + "/pipeline", 201, {"ref": "main", "variables": [{"key": "A", "value": "b"}]}).json
        return found, api("GET", FLIGHTS + "/pipelines/%d/jobs?include_retried=true" % found["id"]).json[0]

    def test_pipelines(self):
        """pipelines and jobs"""
        made, job = self.made("failure")
        gitlab.control("GET", "/jobs/%d/wait?status=failed" % job["id"])
        api("GET", FLIGHTS + "/pipelines?ref=main&order_by=updated_at")
        api("GET", FLIGHTS + "/pipelines/%d" % made["id"])
        api("GET", FLIGHTS + "/pipelines/latest?ref=main")
        api("GET", FLIGHTS + "/pipelines/%d/bridges" % made["id"])
        api("GET", FLIGHTS + "/jobs?per_page=5")
        api("GET", FLIGHTS + "/jobs/%d" % job["id"])
        api("GET", FLIGHTS + "/jobs/%d/trace" % job["id"])
        api("POST", FLIGHTS + "/jobs/%d/retry" % job["id"], 201)
        api("POST", FLIGHTS + "/jobs/%d/retry" % job["id"], 403)
        api("POST", FLIGHTS + "/pipelines/%d/retry" % made["id"], 201)
        api("POST", FLIGHTS + "/pipelines/%d/cancel" % made["id"], 201)
        api("POST", FLIGHTS + "/pipeline", 400, {"ref": "nonsense"})
        api("POST", FLIGHTS + "/pipeline", 403, {"ref": "main"}, token="glpat-read")

    def test_jobs(self):
        """cancel, play, erase"""
        _, job = self.made({"preset": "running", "cancel_ms": 0})
        api("POST", FLIGHTS + "/jobs/%d/cancel" % job["id"], 201, {})
        gitlab.control("GET", "/jobs/%d/wait?status=canceled" % job["id"])
        api("POST", FLIGHTS + "/jobs/%d/erase" % job["id"], 201)
        _, job = self.made("manual")
        api("POST", FLIGHTS + "/jobs/%d/play" % job["id"], 200, {"job_variables_attributes": [{"key": "A", "value": "b"}]})
        gitlab.control("GET", "/jobs/%d/wait?status=success" % job["id"])
        api("POST", FLIGHTS + "/jobs/%d/play" % job["id"], 400, {})

    def test_commit(self):
        """a commit, a fork"""
        api("POST", FLIGHTS + "/repository/commits", 201, {"branch": "prism", "start_branch": "main", "commit_message": "Touch", "actions": [
            {"action": "create", "file_path": "touched", "content": "x",
             "previous_path": "", "execute_filemode": False}]})
        api("POST", FLIGHTS + "/repository/commits", 400, {"branch": "stable", "commit_message": "Touch", "actions": [
            {"action": "create", "file_path": "touched", "content": "x",
             "previous_path": "", "execute_filemode": False}]})
        api("POST", "/projects/zoe%2Ftides/fork", 201, {"namespace_path": "jose"}, token="glpat-jose")
        api("POST", "/projects/zoe%2Ftides/fork", 409, {"namespace_path": "jose"}, token="glpat-jose")

    def test_bad_days(self):
        """refusals and limits"""
        for kind, status in (("limited_app", 429), ("limited", 429), ("internal_error", 500)):
            gitlab.control("POST", "/faults", {"match": "/version", "kind": kind, "times": 1})
            api("GET", "/version", status)
        gitlab.control("DELETE", "/faults")


if __name__ == "__main__":
    standin.run()
