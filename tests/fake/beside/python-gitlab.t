#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""python-gitlab, somebody else's client, works against the stand-in (Debian's package python3-gitlab, so Debian's own python3)."""
import json
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
import standin  # noqa: E402

try:
    import gitlab as client
except ImportError:
    print("Bail out! python-gitlab is not there: './bootstrap check' gets it, or install python3-gitlab")
    sys.exit(1)


def setUpModule():
    global server, connection, flights
    with open(os.path.join(standin.HERE, "world.json"), encoding="utf-8") as f:
        server = standin.StandIn(world=json.load(f))
    connection = client.Gitlab(server.url, private_token="glpat-zoe")
    flights = connection.projects.get("lab/air/flights")


def tearDownModule():
    server.close()


class Client(unittest.TestCase):
    def job(self, script):
        server.control("POST", "/scripts", {"match": {"name": "image_build"}, "script": script, "once": True})
        made = flights.pipelines.create({"ref": "main", "variables": [{"key": "A", "value": "b"}]})
        return flights.jobs.get(made.jobs.list(get_all=True)[0].id)

    def wait(self, job, status):
        server.control("GET", "/jobs/%d/wait?status=%s" % (job.id, status))
        return flights.jobs.get(job.id)

    def test_user(self):
        """logs in, and learns its version"""
        connection.auth()
        self.assertEqual(connection.user.username, "zoe")
        self.assertEqual(connection.version()[0], "18.6.0")

    def test_projects(self):
        """lists projects, page by page and by keyset"""
        paged = {p.path_with_namespace for p in connection.projects.list(membership=True, per_page=1, iterator=True)}
        keyset = {p.path_with_namespace for p in connection.projects.list(membership=True, pagination="keyset", order_by="id", per_page=1, iterator=True)}
        self.assertEqual(paged, keyset)
        self.assertIn("lab/air/flights", paged)

    def test_branches(self):
        """lists branches, a branch, commits, a tree, a file"""
        self.assertEqual({b.name for b in flights.branches.list(get_all=True)} & {"main", "stable", "feature/plots"}, {"main", "stable", "feature/plots"})
        self.assertEqual(flights.branches.get("feature/plots").commit["title"], "Draw")
        titles = [c.title for c in flights.commits.list(ref_name="main", per_page=1, iterator=True)]
        self.assertEqual(titles, ["Give the project an environment", "Ask the question"])
        self.assertIn("Dockerfile", [e["name"] for e in flights.repository_tree(ref="main", get_all=True)])
        self.assertEqual(flights.files.get("README.md", ref="main").decode(), b"# Flights\n")
        self.assertEqual(flights.files.raw("README.md", ref="main"), b"# Flights\n")

    def test_commit(self):
        """commits through the API"""
        made = flights.commits.create({"branch": "by-client", "start_branch": "main", "commit_message": "Touch", "actions": [
            {"action": "create", "file_path": "touched", "content": "x"}]})
        self.assertEqual(flights.commits.get(made.id).title, "Touch")
        self.assertIn("by-client", [r["name"] for r in flights.commits.get(made.id).refs(type="branch", get_all=True)])

    def test_jobs(self):
        """reads a failed job's log, retries it, follows statuses"""
        job = self.wait(self.job("failure"), "failed")
        self.assertIn(b"ERROR: Job failed: exit code 100", job.trace())
        fresh = job.retry()
        self.assertNotEqual(fresh["id"], job.id)
        self.assertIn("image_build", [s.name for s in flights.commits.get(job.commit["id"]).statuses.list(get_all=True)])
        with self.assertRaises(client.GitlabJobRetryError):
            job.retry()

    def test_cancel(self):
        """cancels and plays"""
        job = self.wait(self.job({"preset": "running", "cancel_ms": 0}), "running")
        job.cancel()
        self.assertEqual(self.wait(job, "canceled").status, "canceled")
        job = self.job("manual")
        job.play()
        self.assertEqual(self.wait(job, "success").status, "success")

    def test_registry(self):
        """lists images"""
        server.control("POST", "/images", {"project": "lab/air/flights", "tag": "abc1234", "age_s": 60})
        row = flights.repositories.list(get_all=True)[0]
        self.assertEqual([t.name for t in row.tags.list(get_all=True)], ["abc1234"])
        self.assertTrue(row.tags.get("abc1234").digest.startswith("sha256:"))

    def test_errors(self):
        """understands refusals, and waits when it is told to"""
        with self.assertRaises(client.GitlabGetError) as caught:
            connection.projects.get("jose/hidden")
        self.assertEqual((caught.exception.response_code, caught.exception.error_message), (404, "404 Project Not Found"))
        with self.assertRaises(client.GitlabAuthenticationError):
            client.Gitlab(server.url, private_token="glpat-wrong").auth()
        server.control("POST", "/faults", {"match": "/version", "kind": "limited", "retry_after": 0, "times": 1})
        self.assertEqual(connection.version()[0], "18.6.0")
        self.assertEqual(server.control("GET", "/counts")["endpoints"]["GET /api/v4/version"]["statuses"].get("200", 0) > 0, True)

    def test_graphql(self):
        """asks by GraphQL as well"""
        answer = connection.http_post("/../graphql", post_data={"query": "{ currentUser { username } }"})
        self.assertEqual(answer["data"]["currentUser"]["username"], "zoe")


if __name__ == "__main__":
    standin.run()
