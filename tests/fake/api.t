#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stand-in GitLab: who may see and do what, lists and their pages, branches, commits, files."""
import json
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
import standin  # noqa: E402

FLIGHTS = "/projects/lab%2Fair%2Fflights"


def setUpModule():
    global gitlab
    with open(os.path.join(standin.HERE, "world.json"), encoding="utf-8") as f:
        gitlab = standin.StandIn(world=json.load(f))


def tearDownModule():
    gitlab.close()


class Tokens(unittest.TestCase):
    def test_user(self):
        """a token's user is known"""
        self.assertEqual(gitlab.api("/user").json["username"], "zoe")

    def test_none(self):
        """without a token there is no user, but public projects"""
        self.assertEqual(gitlab.api("/user", token=None).json, {"message": "401 Unauthorized"})
        self.assertEqual({p["path"] for p in gitlab.api("/projects", token=None).json}, {"tides"})

    def test_unknown(self):
        """a token that nobody has"""
        reply = gitlab.api("/projects", token="glpat-wrong")
        self.assertEqual((reply.status, reply.json), (401, {"message": "401 Unauthorized"}))

    def test_expired_and_revoked(self):
        """expired and revoked tokens say so, and name the scheme"""
        for token, words in (("glpat-expired", "Token is expired"), ("glpat-revoked", "Token was revoked")):
            reply = gitlab.api("/projects", token=token)
            self.assertEqual((reply.status, reply.json["error"]), (401, "invalid_token"))
            self.assertIn(words, reply.json["error_description"])
            self.assertTrue(reply.headers["WWW-Authenticate"].startswith("Bearer"))

    def test_scopes(self):
        """a scope that is not enough is named"""
        reply = gitlab.api(FLIGHTS + "/pipeline", "POST", token="glpat-read", body={"ref": "main"})
        self.assertEqual((reply.status, reply.json["error"]), (403, "insufficient_scope"))
        self.assertEqual(gitlab.api("/projects", token="glpat-user").json["scope"], "api read_api")
        self.assertEqual(gitlab.api("/user", token="glpat-user").status, 200)
        self.assertEqual(gitlab.api(FLIGHTS + "/repository/files/README.md/raw?ref=main", token="glpat-repository").text, "# Flights\n")

    def test_self(self):
        """a token tells its scopes and its end"""
        own = gitlab.api("/personal_access_tokens/self", token="glpat-read").json
        self.assertEqual(own["scopes"], ["read_api"])
        self.assertRegex(own["expires_at"], r"^\d{4}-\d\d-\d\d$")
        self.assertEqual(gitlab.api("/personal_access_tokens/self", token="gloas-zoe").status, 400)
        info = gitlab.send(gitlab.url, "GET", "/oauth/token/info", headers={"Authorization": "Bearer gloas-zoe"})
        self.assertEqual(info.json["scope"], ["api"])

    def test_private_token_header(self):
        """PRIVATE-TOKEN works as well"""
        self.assertEqual(gitlab.api("/user", token=None, PRIVATE_TOKEN="glpat-zoe").status, 200)


class Projects(unittest.TestCase):
    def test_membership(self):
        """projects of a member, recent first"""
        rows = gitlab.api("/projects?membership=true&simple=true&order_by=last_activity_at&sort=desc").json
        self.assertEqual([p["path"] for p in rows if p["path"] in ("flights", "tides")], ["flights", "tides"])
        self.assertNotIn("permissions", rows[0])

    def test_hidden(self):
        """a private project of others is not there"""
        reply = gitlab.api("/projects/jose%2Fhidden")
        self.assertEqual((reply.status, reply.json), (404, {"message": "404 Project Not Found"}))

    def test_one(self):
        """a project by its path: permissions, registry, default branch"""
        found = gitlab.api(FLIGHTS).json
        self.assertEqual(found["permissions"]["group_access"]["access_level"], 30)
        self.assertEqual(found["container_registry_image_prefix"], gitlab.registry + "/lab/air/flights")
        self.assertEqual(found["default_branch"], "main")
        self.assertIsNone(gitlab.api("/projects/lab%2Fair%2Fempty").json["default_branch"])

    def test_search(self):
        """search, in names or in whole paths; starred"""
        self.assertEqual([p["path"] for p in gitlab.api("/projects?search=flig").json], ["flights"])
        self.assertEqual(gitlab.api("/projects?search=lab%2Fair").json, [])
        self.assertEqual(len(gitlab.api("/projects?search=lab%2Fair&search_namespaces=true").json), 2)
        self.assertEqual([p["path"] for p in gitlab.api("/projects?starred=true").json], ["flights"])

    def test_keyset(self):
        """keyset pages by id, and nothing else"""
        first = gitlab.api("/projects?pagination=keyset&order_by=id&sort=asc&per_page=2")
        self.assertNotIn("X-Total", first.headers)
        link = first.headers["Link"].split(">")[0][1:]
        second = gitlab.api(link.split("/api/v4")[1])
        self.assertEqual([p["path"] for p in first.json + second.json][:3], ["flights", "empty", "tides"])
        self.assertNotIn("Link", gitlab.api("/projects?pagination=keyset&order_by=id&sort=asc&per_page=100").headers)
        refused = gitlab.api("/projects?pagination=keyset&order_by=name")
        self.assertEqual((refused.status, refused.json["error"]), (405, "Keyset pagination is not yet available for this type of request"))

    def test_moved(self):
        """a project that moved says where it is"""
        gitlab.control("POST", "/world", {"projects": [{"path": "zoe/here", "commits": [{"files": {"a": "b"}}]}]})
        gitlab.control("POST", "/projects/zoe/here/move", {"to": "zoe/there"})
        reply = gitlab.api("/projects/zoe%2Fhere/repository/branches?per_page=5")
        self.assertEqual(reply.status, 301)
        self.assertRegex(reply.headers["Location"], r"/api/v4/projects/\d+/repository/branches\?per_page=5$")
        self.assertIn("This resource has been moved permanently to http", reply.text)
        self.assertEqual(gitlab.api("/projects/zoe%2Fthere").status, 200)

    def test_fork(self):
        """a fork is copied in a moment, and once only"""
        made = gitlab.api("/projects/zoe%2Ftides/fork", "POST", token="glpat-jose", body={}).json
        self.assertEqual((made["import_status"], made["forked_from_project"]["path"]), ("scheduled", "tides"))
        self.assertTrue(standin_wait(lambda: gitlab.api("/projects/%d" % made["id"], token="glpat-jose").json["import_status"] == "finished"))
        self.assertEqual(gitlab.api("/projects/zoe%2Ftides/fork", "POST", token="glpat-jose", body={}).status, 409)
        self.assertEqual(len(gitlab.api("/projects/zoe%2Ftides/forks?owned=true", token="glpat-jose").json), 1)

    def test_new(self):
        """a new project, in a group too"""
        made = gitlab.api("/projects", "POST", body={"name": "New One", "initialize_with_readme": True}).json
        self.assertEqual((made["path_with_namespace"], made["default_branch"]), ("zoe/new-one", "main"))
        taken = gitlab.api("/projects", "POST", body={"name": "New One"})
        self.assertEqual((taken.status, taken.json["message"]["name"]), (400, ["has already been taken"]))


def standin_wait(condition):
    """At most 20 s; the control endpoint's waits are better where there is one."""
    import time
    end = time.monotonic() + 20
    while time.monotonic() < end:
        if condition():
            return True
        gitlab.control("GET", "/counts/wait?endpoint=never&seconds=0.02")
    return False


class Pages(unittest.TestCase):
    def test_offset(self):
        """offset pages: totals, links, and an empty next at the end"""
        reply = gitlab.api(FLIGHTS + "/repository/branches?per_page=2&page=2")
        self.assertEqual((reply.headers["X-Total"], reply.headers["X-Total-Pages"], reply.headers["X-Next-Page"]), ("3", "2", ""))
        self.assertIn('rel="prev"', reply.headers["Link"])
        self.assertNotIn('rel="next"', reply.headers["Link"])

    def test_first_branches(self):
        """page 1 of branches always says that there is a page 2"""
        self.assertEqual(gitlab.api(FLIGHTS + "/repository/branches").headers["X-Next-Page"], "2")
        self.assertEqual(gitlab.api(FLIGHTS + "/repository/branches?page=2").json, [])

    def test_commits(self):
        """commits are never counted; a full page says that there is a next"""
        reply = gitlab.api(FLIGHTS + "/repository/commits?per_page=2")
        self.assertEqual([c["title"] for c in reply.json], ["Give the project an environment", "Ask the question"])
        self.assertNotIn("X-Total", reply.headers)
        self.assertNotIn('rel="last"', reply.headers["Link"])
        self.assertEqual(reply.headers["X-Next-Page"], "2")
        self.assertEqual(gitlab.api(FLIGHTS + "/repository/commits?per_page=2&page=2").json, [])

    def test_wrong(self):
        """a page that is no number"""
        reply = gitlab.api("/projects?per_page=many")
        self.assertEqual((reply.status, reply.json), (400, {"error": "per_page is invalid"}))
        self.assertEqual(gitlab.api("/projects?per_page=1000").headers["X-Per-Page"], "100")

    def test_unknown_routes(self):
        """an address that is none, a method that is none"""
        self.assertEqual(gitlab.api("/nonsense").json, {"error": "404 Not Found"})
        self.assertEqual(gitlab.api("/user", "POST").json, {"error": "405 Not Allowed"})


class Repository(unittest.TestCase):
    def test_branch(self):
        """a branch with a slash in its name, and HEAD of it"""
        found = gitlab.api(FLIGHTS + "/repository/branches/feature%2Fplots").json
        self.assertEqual((found["name"], found["commit"]["title"], found["default"]), ("feature/plots", "Draw", False))
        self.assertEqual(gitlab.api(FLIGHTS + "/repository/branches/feature%2Fplots", "HEAD").status, 204)
        self.assertEqual(gitlab.api(FLIGHTS + "/repository/branches/none", "HEAD").status, 404)
        self.assertEqual(gitlab.api(FLIGHTS + "/repository/branches/none").json, {"message": "404 Branch Not Found"})

    def test_branch_keyset(self):
        """branches by keyset"""
        names, path = [], FLIGHTS + "/repository/branches?pagination=keyset&per_page=1"
        while path:
            reply = gitlab.api(path)
            names += [b["name"] for b in reply.json]
            path = reply.headers["Link"].split(">")[0].split("/api/v4")[1] if "Link" in reply.headers else None
        self.assertEqual(names, ["feature/plots", "main", "stable"])

    def test_dates(self):
        """dates keep the author's offset"""
        commit = gitlab.api(FLIGHTS + "/repository/commits/main").json
        self.assertEqual(commit["authored_date"], "2025-04-01T18:40:00.000+01:00")
        self.assertEqual(commit["stats"]["additions"], 9)
        self.assertEqual(gitlab.api(FLIGHTS + "/repository/commits/nonsense").json, {"message": "404 Commit Not Found"})

    def test_files(self):
        """files as they are, with what GitLab says of them in headers"""
        reply = gitlab.api(FLIGHTS + "/repository/files/.renku%2Frenku.ini/raw?ref=main")
        self.assertIn("mem_request", reply.text)
        self.assertEqual(reply.headers["X-Gitlab-Size"], str(len(reply.body)))
        self.assertEqual(gitlab.api(FLIGHTS + "/repository/files/plot%20me.py/raw?ref=feature%2Fplots").text, "print()\n")
        self.assertEqual(gitlab.api(FLIGHTS + "/repository/files/none/raw?ref=main").json, {"message": "404 File Not Found"})
        self.assertEqual(gitlab.api(FLIGHTS + "/repository/files/README.md/raw?ref=main", "HEAD").headers["X-Gitlab-Ref"], "main")

    def test_tree(self):
        """a tree, whole and by keyset"""
        rows = gitlab.api(FLIGHTS + "/repository/tree?recursive=true").json
        self.assertEqual({r["path"] for r in rows}, {"README.md", "Dockerfile", ".renku", ".renku/renku.ini", ".gitlab-ci.yml"})
        names, path = [], FLIGHTS + "/repository/tree?pagination=keyset&per_page=2"
        while path:
            reply = gitlab.api(path)
            names += [b["name"] for b in reply.json]
            path = reply.headers["Link"].split(">")[0].split("/api/v4")[1] if "Link" in reply.headers else None
        self.assertEqual(len(names), 4)

    def test_archive(self):
        """an archive of a commit"""
        reply = gitlab.api(FLIGHTS + "/repository/archive.tar.gz?sha=main")
        self.assertEqual(reply.body[:2], b"\x1f\x8b")

    def test_commit(self):
        """a commit through the API; one without actions is refused, and one on a protected branch"""
        body = {"branch": "by-api", "start_branch": "main", "commit_message": "Touch", "actions": [{"action": "update", "file_path": "README.md", "content": "x\n"}]}
        made = gitlab.api(FLIGHTS + "/repository/commits", "POST", body=body)
        self.assertEqual((made.status, made.json["title"]), (201, "Touch"))
        self.assertEqual(gitlab.api(FLIGHTS + "/repository/commits", "POST", body=dict(body, actions=[])).json, {"error": "actions is empty"})
        protected = gitlab.api(FLIGHTS + "/repository/commits", "POST", body={k: v for k, v in dict(body, branch="stable").items() if k != "start_branch"})
        self.assertEqual((protected.status, protected.json), (400, {"message": "You are not allowed to push into this branch"}))
        self.assertEqual(gitlab.api(FLIGHTS + "/repository/branches/by-api", "DELETE").status, 204)

    def test_guest(self):
        """a guest of a private project may not read its code"""
        self.assertEqual(gitlab.api(FLIGHTS + "/repository/branches", token="glpat-guest").json, {"message": "403 Forbidden"})
        self.assertIsNone(gitlab.api(FLIGHTS, token="glpat-guest").json["default_branch"])

    def test_unknown_ref(self):
        """commits of a branch that is not there are none; of one that can't be, refused; branches by a regular expression"""
        self.assertEqual(gitlab.api(FLIGHTS + "/repository/commits?ref_name=none").json, [])
        refused = gitlab.api(FLIGHTS + "/repository/commits?ref_name=a~b")
        self.assertEqual((refused.status, refused.json), (400, {"message": "ref_name is invalid"}))
        self.assertEqual([b["name"] for b in gitlab.api(FLIGHTS + "/repository/branches?regex=%5Efeature%2F").json], ["feature/plots"])

    def test_range(self):
        """a range of commits, refs of a commit"""
        rows = gitlab.api(FLIGHTS + "/repository/commits?ref_name=main..feature%2Fplots").json
        self.assertEqual([c["title"] for c in rows], ["Draw"])
        refs = gitlab.api(FLIGHTS + "/repository/commits/%s/refs?type=branch" % rows[0]["id"]).json
        self.assertEqual([r["name"] for r in refs], ["feature/plots"])


class Transfer(unittest.TestCase):
    def test_etag(self):
        """an ETag is weak, and gives 304"""
        first = gitlab.api("/projects")
        tag = first.headers["ETag"]
        self.assertTrue(tag.startswith('W/"'))
        again = gitlab.api("/projects", If_None_Match=tag)
        self.assertEqual((again.status, again.body), (304, b""))

    def test_gzip(self):
        """gzip, and the same ETag"""
        plain, small = gitlab.api(FLIGHTS), gitlab.api(FLIGHTS, Accept_Encoding="gzip")
        self.assertEqual(small.headers["Content-Encoding"], "gzip")
        self.assertLess(small.raw_size, plain.raw_size)
        self.assertEqual((small.json["id"], small.headers["ETag"]), (plain.json["id"], plain.headers["ETag"]))

    def test_kept(self):
        """a connection is kept, and counted once"""
        gitlab.control("POST", "/counts/reset")
        for _ in range(5):
            gitlab.api("/version")
        report = gitlab.control("GET", "/counts?log=true")
        self.assertEqual((report["requests"], len({e["connection"] for e in report["log"]})), (5, 1))
        self.assertEqual(report["endpoints"]["GET /api/v4/version"]["statuses"], {"200": 5})


if __name__ == "__main__":
    standin.run()
