# SPDX-License-Identifier: GPL-3.0-or-later
"""For tests in Python: starts the stand-in, talks to it, and reports in TAP."""
import gzip
import http.client
import json
import os
import subprocess
import sys
import tempfile
import unittest
import urllib.parse

HERE = os.path.dirname(os.path.realpath(__file__))
sys.dont_write_bytecode = True
sys.path.insert(0, HERE)


class Reply:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body
        self.raw_size = len(body)
        if headers.get("Content-Encoding") == "gzip":
            self.body = gzip.decompress(body)

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def text(self):
        return self.body.decode("utf-8", "replace")


class StandIn:
    """A stand-in that runs, until close()."""

    def __init__(self, *words, world=None):
        self.folder = tempfile.mkdtemp(prefix="fake-test-")
        words = list(words)
        if world is not None:
            path = os.path.join(self.folder, "world.json")
            with open(path, "w", encoding="utf-8") as f:
                json.dump(world, f)
            words += ["--world", path]
        if "--state" not in words:
            words += ["--state", os.path.join(self.folder, "state")]
        self.process = subprocess.Popen([sys.executable, os.path.join(HERE, "gitlab"), *words],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, encoding="utf-8")
        self.info = {}
        while "state" not in self.info:
            line = self.process.stdout.readline()
            if not line:
                raise RuntimeError("the stand-in did not start: exit status %s" % self.process.wait())
            name, _, value = line.strip().partition("=")
            self.info[name] = value
        self.url, self.control_url, self.registry = self.info["url"], self.info["control"], self.info["registry"]
        self.lines = {}

    def close(self):
        for line in self.lines.values():
            line.close()
        self.process.terminate()
        status = self.process.wait(20)
        self.process.stdout.close()
        subprocess.run(["rm", "-rf", self.folder], check=True)
        return status

    def send(self, base, method, path, body=None, headers=None):
        """One request on a connection that is kept."""
        host = urllib.parse.urlsplit(base).netloc
        line = self.lines.get(host) or self.lines.setdefault(host, http.client.HTTPConnection(host, timeout=60))
        if isinstance(body, (dict, list)):
            body, headers = json.dumps(body), dict(headers or {}, **{"Content-Type": "application/json"})
        try:
            line.request(method, path, body, headers or {})
            reply = line.getresponse()
            return Reply(reply.status, reply.headers, reply.read())
        except (http.client.HTTPException, OSError):
            line.close()
            raise

    def control(self, method, path, body=None):
        reply = self.send(self.control_url, method, path, body)
        if reply.status != 200:
            raise AssertionError("%s %s: %d %s" % (method, path, reply.status, reply.text))
        return reply.json

    def api(self, path, method="GET", token="glpat-zoe", body=None, **headers):
        """path is below /api/v4."""
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if token:
            headers["Authorization"] = "Bearer " + token
        prefix = urllib.parse.urlsplit(self.url).path
        return self.send(self.url, method, prefix + "/api/v4" + path, body, headers)

    def graphql(self, query, token="glpat-zoe", **variables):
        headers = {"Authorization": "Bearer " + token} if token else {}
        return self.send(self.url, "POST", urllib.parse.urlsplit(self.url).path + "/api/graphql", {"query": query, "variables": variables}, headers)

    def git(self, *words, cwd=None, check=True):
        environment = dict(os.environ, GIT_TERMINAL_PROMPT="0", GIT_CONFIG_GLOBAL="/dev/null", GIT_CONFIG_NOSYSTEM="1", GIT_ASKPASS="true", GIT_AUTHOR_NAME="Zoë",
                           GIT_AUTHOR_EMAIL="zoe@example.org", GIT_COMMITTER_NAME="Zoë", GIT_COMMITTER_EMAIL="zoe@example.org", HOME=self.folder)
        return subprocess.run(["git", *words], cwd=cwd or self.folder, env=environment, check=check, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              encoding="utf-8")

    def clone_url(self, path, token="glpat-zoe"):
        parts = urllib.parse.urlsplit(self.url)
        return "%s://%s%s%s/%s.git" % (parts.scheme, "zoe:%s@" % token if token else "", parts.netloc, parts.path, path)


class Tap(unittest.TestResult):
    """One line a test."""

    def __init__(self):
        super().__init__()
        self.count = 0

    def say(self, right, test, detail=""):
        self.count += 1
        print("%s %d - %s" % ("ok" if right else "not ok", self.count, (test.shortDescription() or str(test)).rstrip(".")), flush=True)
        for line in detail.rstrip().split("\n") if detail else []:
            print("# " + line, flush=True)

    def addSuccess(self, test):
        self.say(True, test)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.say(False, test, self.failures[-1][1])

    def addError(self, test, err):
        super().addError(test, err)
        self.say(False, test, self.errors[-1][1])

    def addSkip(self, test, reason):
        self.say(False, test, "skipped: " + reason)


def run(module="__main__"):
    """Every test of the calling program, as TAP."""
    suite = unittest.defaultTestLoader.loadTestsFromName(module)
    result = Tap()
    suite.run(result)
    print("1..%d" % result.count)
    sys.exit(0 if result.wasSuccessful() and result.count else 1)
