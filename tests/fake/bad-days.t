#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stand-in GitLab: bad days, limits, TLS, other installs, its own start and end, and the registry."""
import base64
import http.client
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import unittest
import urllib.parse
import urllib.request

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
import standin  # noqa: E402


def world():
    with open(os.path.join(standin.HERE, "world.json"), encoding="utf-8") as f:
        return json.load(f)


def setUpModule():
    global gitlab
    gitlab = standin.StandIn(world=world())


def tearDownModule():
    gitlab.close()


class Faults(unittest.TestCase):
    def tearDown(self):
        gitlab.control("DELETE", "/faults")
        gitlab.control("POST", "/limits", {})
        gitlab.control("POST", "/settings", {"latency_ms": 0})

    def fault(self, kind, match="/api/v4/version", **more):
        return gitlab.control("POST", "/faults", dict(more, kind=kind, match=match))

    def test_refusals(self):
        """refusals have the status and the shape that GitLab gives them"""
        for kind, status, shape in (("unauthorized", 401, "message"), ("revoked", 401, "error"), ("expired", 401, "error"), ("forbidden", 403, "message"),
                                    ("insufficient_scope", 403, "scope"), ("not_found", 404, "message"), ("internal_error", 500, "message"), ("limited_app", 429, "message")):
            self.fault(kind, times=1)
            reply = gitlab.api("/version")
            self.assertEqual(reply.status, status, kind)
            self.assertIn(shape, reply.json)
            self.assertEqual(gitlab.api("/version").status, 200)

    def test_limited(self):
        """429 of the limiter in front is plain text, with and without Retry-After"""
        self.fault("limited", times=1, retry_after=7)
        reply = gitlab.api("/version")
        self.assertEqual((reply.status, reply.text.strip(), reply.headers["Retry-After"], reply.headers["RateLimit-Remaining"]), (429, "Retry later", "7", "0"))
        self.fault("limited", times=1)
        self.assertNotIn("Retry-After", gitlab.api("/version").headers)

    def test_pages(self):
        """pages of the web server in front"""
        for kind, status in (("bad_gateway", 502), ("maintenance", 503), ("sign_in", 200)):
            self.fault(kind, times=1)
            reply = gitlab.api("/version")
            self.assertEqual(reply.status, status)
            self.assertTrue(reply.headers["Content-Type"].startswith("text/html"))

    def test_cut(self):
        """a body that ends early, and lengths that are wrong"""
        self.fault("cut", times=1)
        with self.assertRaises(http.client.IncompleteRead):
            gitlab.api("/version")
        self.fault("length", times=1, by=5)
        with self.assertRaises(http.client.IncompleteRead):
            gitlab.api("/version")
        self.fault("length", times=1, by=-5)
        with self.assertRaises(ValueError):
            gitlab.api("/version").json

    def test_gone(self):
        """no answer at all"""
        for kind in ("drop", "reset"):
            self.fault(kind, times=1)
            with self.assertRaises((http.client.HTTPException, OSError)):
                gitlab.api("/version")
        self.assertEqual(gitlab.api("/version").status, 200)

    def test_slow(self):
        """bytes that trickle are all there"""
        self.fault("slow", times=1, bytes=3, every_ms=1)
        self.assertEqual(gitlab.api("/version").json["version"], "18.6.0")
        self.fault("slow_head", times=1, bytes=7, every_ms=1)
        self.assertEqual(gitlab.api("/version").json["version"], "18.6.0")

    def test_stale(self):
        """a stale page stays as it was"""
        self.fault("stale", match="branches")
        before = gitlab.api("/projects/lab%2Fair%2Fflights/repository/branches").json
        gitlab.control("POST", "/commits", {"project": "lab/air/flights", "branch": "new", "files": {"n": "n"}})
        self.assertEqual(gitlab.api("/projects/lab%2Fair%2Fflights/repository/branches").json, before)
        gitlab.control("DELETE", "/faults")
        self.assertEqual(len(gitlab.api("/projects/lab%2Fair%2Fflights/repository/branches").json), len(before) + 1)

    def test_json(self):
        """JSON of the wrong types, of nothing, deep, large, cut"""
        self.fault("wrong_types", match="/projects", times=1)
        self.assertIsInstance(gitlab.api("/projects/lab%2Fair%2Fflights").json, list)
        self.fault("nulls", match="/version", times=1)
        self.assertEqual(gitlab.api("/version").json, {"version": None, "revision": None})
        self.fault("deep", times=1, depth=1000)
        self.assertEqual(len(gitlab.api("/version").body), 2000)
        self.fault("huge", times=1, bytes=3000000)
        self.assertGreater(len(gitlab.api("/version").body), 2900000)
        self.fault("body", times=1, keep=10)
        with self.assertRaises(ValueError):
            gitlab.api("/version").json
        self.fault("json", times=1, value=[1])
        self.assertEqual(gitlab.api("/version").json, [1])

    def test_redirect(self):
        """a redirect to another host keeps the path"""
        self.fault("redirect", times=1, to="http://localhost:1/")
        reply = gitlab.api("/version?a=b")
        self.assertEqual((reply.status, reply.headers["Location"]), (302, "http://localhost:1/api/v4/version?a=b"))

    def test_skip(self):
        """a fault can wait for its turn, and be seen"""
        self.fault("not_found", skip=2, times=1)
        self.assertEqual([gitlab.api("/version").status for _ in range(4)], [200, 200, 404, 200])
        self.assertEqual(gitlab.control("GET", "/faults")[0]["taken"], 1)
        reply = gitlab.send(gitlab.control_url, "POST", "/faults", {"kind": "nonsense"})
        self.assertEqual(reply.status, 400)
        self.assertIn("there are: ", reply.json["error"])

    def test_limits(self):
        """limits that count, of both kinds"""
        gitlab.control("POST", "/limits", {"general": {"limit": 2, "window_s": 60}})
        replies = [gitlab.api("/version") for _ in range(3)]
        self.assertEqual([r.status for r in replies], [200, 200, 429])
        self.assertEqual(replies[0].headers["RateLimit-Remaining"], "1")
        self.assertGreater(int(replies[2].headers["Retry-After"]), 0)
        gitlab.control("POST", "/limits", {"endpoints": [{"match": "/projects$", "limit": 1, "window_s": 60}]})
        self.assertEqual([gitlab.api("/projects").status for _ in range(2)], [200, 429])
        self.assertEqual(gitlab.api("/version").status, 200)

    def test_revoked(self):
        """a token that is revoked in the middle"""
        gitlab.control("POST", "/tokens", {"value": "glpat-short", "user": "zoe", "scopes": ["api"]})
        self.assertEqual(gitlab.api("/user", token="glpat-short").status, 200)
        gitlab.control("POST", "/tokens", {"value": "glpat-short", "revoked": True})
        self.assertIn("revoked", gitlab.api("/user", token="glpat-short").text)

    def test_round_trips(self):
        """requests that are sent together are one round trip"""
        import threading
        gitlab.control("POST", "/settings", {"latency_ms": 80})
        gitlab.control("POST", "/counts/reset")
        address = urllib.parse.urlsplit(gitlab.url).netloc
        start = threading.Barrier(3)

        def ask():
            line = http.client.HTTPConnection(address)
            line.connect()
            start.wait()
            line.request("GET", "/api/v4/version", headers={"Authorization": "Bearer glpat-zoe"})
            line.getresponse().read()
            line.close()
        threads = [threading.Thread(target=ask) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        gitlab.api("/user")
        report = gitlab.control("GET", "/counts")
        self.assertEqual((report["requests"], report["round_trips"]), (4, 2))
        self.assertEqual(report["endpoints"]["GET /api/v4/version"]["requests"], 3)


class Registry(unittest.TestCase):
    def token(self, scope, login="zoe:glpat-registry"):
        headers = {"Authorization": "Basic " + base64.b64encode(login.encode()).decode()} if login else {}
        return gitlab.send(gitlab.url, "GET", "/jwt/auth?service=container_registry&" + urllib.parse.urlencode([("scope", s) for s in scope.split()]), headers=headers)

    def ask(self, path, token=None, method="GET"):
        return gitlab.send("http://" + gitlab.registry, method, path, headers={"Authorization": "Bearer " + token} if token else {})

    def setUp(self):
        gitlab.control("POST", "/images", {"project": "lab/air/flights", "tag": "abc1234", "age_s": 60})

    def test_flow(self):
        """401 names where to get a token, which then opens what it was asked for"""
        refused = self.ask("/v2/lab/air/flights/manifests/abc1234", method="HEAD")
        self.assertEqual(refused.status, 401)
        self.assertEqual(refused.headers["WWW-Authenticate"], 'Bearer realm="%s/jwt/auth",service="container_registry",scope="repository:lab/air/flights:pull"' % gitlab.url)
        token = self.token("repository:lab/air/flights:pull").json["token"]
        found = self.ask("/v2/lab/air/flights/manifests/abc1234", token, "HEAD")
        self.assertEqual(found.status, 200)
        self.assertTrue(found.headers["Docker-Content-Digest"].startswith("sha256:"))
        missing = self.ask("/v2/lab/air/flights/manifests/none", token)
        self.assertEqual((missing.status, missing.json["errors"][0]["code"]), (404, "MANIFEST_UNKNOWN"))

    def test_denied(self):
        """a token is given although nothing was granted; wrong logins and OAuth are refused"""
        empty = self.token("repository:jose/hidden:pull").json["token"]
        claims = json.loads(base64.urlsafe_b64decode(empty.split(".")[1] + "=="))
        self.assertEqual(claims["access"], [])
        self.assertEqual(self.ask("/v2/jose/hidden/manifests/x", empty).status, 401)
        for login in ("zoe:wrong", "zoe:gloas-zoe"):
            reply = self.token("repository:lab/air/flights:pull", login)
            self.assertEqual((reply.status, reply.json["errors"][0]["code"]), (403, "DENIED"))

    def test_api(self):
        """the API knows the tag, its digest and its size, and says what is missing"""
        rows = gitlab.api("/projects/lab%2Fair%2Fflights/registry/repositories?tags_count=true").json
        self.assertEqual((rows[0]["path"], rows[0]["tags_count"]), ("lab/air/flights", 1))
        path = "/projects/lab%%2Fair%%2Fflights/registry/repositories/%d/tags" % rows[0]["id"]
        tag = gitlab.api(path + "/abc1234").json
        self.assertTrue(tag["digest"].startswith("sha256:") and tag["total_size"] > 0)
        self.assertEqual(gitlab.api(path + "/none").json, {"message": "404 Tag Not Found"})
        self.assertEqual(gitlab.api(path + "?pagination=keyset").status, 405)
        data = gitlab.graphql('query($p:ID!){ project(fullPath:$p){ containerRepositories(first:5){ nodes{ path tagsCount tags(name:"abc1234", first:1){ nodes{ name digest } } } } } }',
                              p="lab/air/flights").json["data"]
        self.assertEqual(data["project"]["containerRepositories"]["nodes"][0]["tags"]["nodes"][0]["digest"], tag["digest"])


class Installs(unittest.TestCase):
    def test_relative(self):
        """an install below a path: API, clone, and nothing above"""
        below = standin.StandIn("--relative-url", "/gitlab", world=world())
        self.addCleanup(below.close)
        found = below.api("/projects/lab%2Fair%2Fflights").json
        self.assertEqual(found["web_url"], below.url + "/lab/air/flights")
        self.assertTrue(below.url.endswith("/gitlab"))
        self.assertEqual(below.send(below.url, "GET", "/api/v4/version").status, 404)
        below.git("clone", "-q", below.clone_url("lab/air/flights"), "below")

    def test_tls(self):
        """TLS by an authority that nobody knows; plain HTTP there is told so"""
        secure = standin.StandIn("--tls", world=world())
        self.addCleanup(secure.close)
        request = urllib.request.Request(secure.url + "/api/v4/user", headers={"Authorization": "Bearer glpat-zoe"})
        with self.assertRaises(urllib.error.URLError) as caught:
            urllib.request.urlopen(request)
        self.assertIn("CERTIFICATE_VERIFY_FAILED", str(caught.exception))
        with urllib.request.urlopen(request, context=ssl.create_default_context(cafile=secure.info["ca"])) as reply:
            self.assertEqual(json.load(reply)["username"], "zoe")
        plain = secure.send("http://" + urllib.parse.urlsplit(secure.url).netloc, "GET", "/api/v4/user")
        self.assertEqual(plain.status, 400)
        self.assertIn("plain HTTP request was sent to HTTPS port", plain.text)

    def test_scale(self):
        """many projects with names of any script, and many branches, from one seed"""
        large = standin.StandIn("--projects", "3000", "--branches", "300", "--commits", "50", "--pipelines", "20", "--seed", "7", world=world())
        self.addCleanup(large.close)
        page = large.api("/projects?membership=true&simple=true&order_by=last_activity_at&per_page=100", token="glpat-zoe")
        self.assertEqual((page.headers["X-Total"], len(page.json)), ("3004", 100))
        names = "".join(p["name"] for p in page.json)
        self.assertTrue(any(ord(c) < 32 for c in names) and "\u202e" in names)
        self.assertEqual(large.api("/projects/scale%2Fmodel/repository/branches?per_page=100&page=3").headers["X-Total"], "301")
        self.assertEqual(len(large.api("/projects/scale%2Fmodel/pipelines").json), 20)

    def test_again(self):
        """what was there is there again after a restart on the same folder, a job that ran begins again"""
        folder = os.path.join(gitlab.folder, "kept")
        first = standin.StandIn("--state", folder, world=world())
        first.control("POST", "/scripts", {"match": {}, "script": "running"})
        made = first.api("/projects/lab%2Fair%2Fflights/pipeline", "POST", body={"ref": "main"}).json
        first.control("POST", "/images", {"project": "lab/air/flights", "tag": "abc1234"})
        before = first.api("/projects/lab%2Fair%2Fflights/repository/commits/main").json["id"]
        first.close()
        second = standin.StandIn("--state", folder)
        self.addCleanup(second.close)
        self.assertEqual(second.api("/projects/lab%2Fair%2Fflights/repository/commits/main").json["id"], before)
        self.assertEqual(second.api("/projects/lab%%2Fair%%2Fflights/pipelines/%d" % made["id"]).json["status"], "running")
        self.assertEqual(second.api("/projects/lab%2Fair%2Fflights/registry/repositories?tags_count=true").json[0]["tags_count"], 1)

    def test_demo(self):
        """--demo has a build in each state, and says the token"""
        process = subprocess.Popen([sys.executable, os.path.join(standin.HERE, "gitlab"), "--demo"], stdout=subprocess.PIPE, text=True,
                                   env=dict(os.environ, DOCKER_HOST="unix:///nonexistent"))
        self.addCleanup(process.wait, 20)
        self.addCleanup(process.terminate)
        text = ""
        while "control address" not in text:
            line = process.stdout.readline()
            self.assertTrue(line, text)
            text += line
        process.stdout.close()
        token, url = text.split("with the token\n\n")[1].split()[0], text.split("runs at ")[1].split()[0]
        request = urllib.request.Request(url + "/api/v4/projects/coast-lab%2Fflights/pipelines?per_page=100", headers={"Authorization": "Bearer " + token})
        with urllib.request.urlopen(request) as reply:
            states = {p["status"] for p in json.load(reply)}
        self.assertEqual(states, {"success", "failed", "pending", "running", "canceled", "skipped", "manual", "scheduled"})

    def test_wrong_options(self):
        """what it can't begin with is said in a sentence, and leaves nothing behind"""
        wrong = os.path.join(gitlab.folder, "wrong.json")
        with open(wrong, "w", encoding="utf-8") as f:
            f.write('{"tokens": [{"value": "x", "user": "nobody-here"}]}')
        empty = os.path.join(gitlab.folder, "empty")
        os.mkdir(empty)
        for words, said in ((("--world", wrong), "there is no user 'nobody-here'"), (("--world", "/nonexistent"), "No such file"),
                            (("--docker-registry", "/nonexistent"), "can't start"), (("--until", "999999999"), "is not there")):
            done = subprocess.run([sys.executable, os.path.join(standin.HERE, "gitlab"), *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                  env=dict(os.environ, TMPDIR=empty), timeout=60, check=False)
            self.assertEqual(done.returncode, 1, words)
            self.assertIn(said, done.stderr)
            self.assertNotIn("Traceback", done.stderr)
            self.assertEqual(os.listdir(empty), [])

    def test_parent(self):
        """it ends with the process that started it"""
        script = '"$0" "$1/gitlab" --state "$2" & read -r line; echo "$!"'
        read, write = os.pipe()
        folder = os.path.join(gitlab.folder, "parent")
        shell = subprocess.Popen(["sh", "-c", script, sys.executable, standin.HERE, folder], stdin=subprocess.PIPE, stdout=write, text=True)
        os.close(write)
        output = os.fdopen(read)
        url = output.readline().strip().partition("=")[2]
        self.assertTrue(url.startswith("http://127.0.0.1:"))
        while not output.readline().startswith("state="):
            pass
        shell.stdin.write("\n")
        shell.stdin.close()
        server = int(output.readline())
        shell.wait(20)
        self.assertEqual(output.read(), "")  # ends when the server's output does
        output.close()
        self.assertTrue(gone(server))
        with self.assertRaises(OSError):
            socket.create_connection(("127.0.0.1", urllib.parse.urlsplit(url).port)).close()

    def test_term(self):
        """SIGTERM ends it, and what it kept goes with it"""
        process = subprocess.Popen([sys.executable, os.path.join(standin.HERE, "gitlab")], stdout=subprocess.PIPE, text=True)
        lines = [process.stdout.readline() for _ in range(4)]
        state = lines[3].strip().partition("=")[2]
        self.assertTrue(os.path.isdir(state))
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(20), 0)
        process.stdout.close()
        self.assertFalse(os.path.exists(state))


def gone(pid):
    try:
        with open("/proc/%d/stat" % pid, encoding="ascii") as f:
            return f.read().rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True


if __name__ == "__main__":
    standin.run()
