# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line: what to serve, where, and until when."""
import argparse
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading

from . import demo, saved, tls, web
from .building import Builder
from .control import Control
from .docker_registry import DockerRegistry
from .real import RealJobs
from .registry import TinyRegistry
from .repository import GitError
from .site import Gitlab, RegistrySite


def options(words):
    parser = argparse.ArgumentParser(prog="tests/fake/gitlab", description="A stand-in for GitLab. tests/fake/README.md says what it can do.")
    parser.add_argument("--port", type=int, default=0, help="of GitLab itself; 0 takes a free one")
    parser.add_argument("--control-port", type=int, default=0, help="where tests tell it what to do")
    parser.add_argument("--registry-port", type=int, default=0, help="of the container registry")
    parser.add_argument("--address", default="127.0.0.1", help="loopback address to listen on")
    parser.add_argument("--state", metavar="DIR", help="where everything is kept, and found again; default: a folder that goes with it")
    parser.add_argument("--info", metavar="FILE", help="write the addresses there, as they are printed")
    parser.add_argument("--relative-url", default="", metavar="/PATH", help="as of a GitLab that is installed below a path")
    parser.add_argument("--tls", action="store_true", help="https, with a certificate that nobody knows (ca.pem in the state folder)")
    parser.add_argument("--world", action="append", default=[], metavar="FILE", help="JSON: people, projects, pipelines to begin with")
    parser.add_argument("--projects", type=int, default=0, help="so many more")
    parser.add_argument("--branches", type=int, default=0, help="of them")
    parser.add_argument("--commits", type=int, default=0, help="on their default branch")
    parser.add_argument("--pipelines", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1, help="of what is made up")
    parser.add_argument("--demo", action="store_true", help="some projects to try berth on, and what to type")
    parser.add_argument("--engine", metavar="HOST", help="unix:///... or tcp://...: jobs whose script is `real` build there and push to the registry")
    parser.add_argument("--docker-registry", metavar="PROGRAM", help="Debian's docker-registry in place of the registry of its own")
    parser.add_argument("--until", type=int, metavar="PID", help="end with that process; default: the one that started this")
    return parser.parse_args(words)


def process_handle(pid):
    """Readable when that process has ended. None: there is nothing to wait for (a container's first process, say)."""
    try:
        return os.pidfd_open(pid) if pid > 1 else None
    except ProcessLookupError:
        raise RuntimeError("the process %d, with which it should end, is not there" % pid) from None


class Process:
    """The servers of one run, and its end."""

    def __init__(self, given):
        self.given, self.loaded = given, False
        self.parent = process_handle(given.until or os.getppid())  # first of all: it may end at any moment
        self.own_state = given.state is None
        self.state = given.state_of_its_own if self.own_state else os.path.abspath(given.state)
        os.makedirs(self.state, exist_ok=True)
        self.ended = False
        # A signal may reach any thread, and only a descriptor wakes the main one for certain: it waits for this pipe.
        self.woken, self.wake = os.pipe()
        os.set_blocking(self.wake, False)
        signal.set_wakeup_fd(self.wake, warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self.finish)
        prefix = "/" + given.relative_url.strip("/") if given.relative_url.strip("/") else ""
        self.gitlab = Gitlab(self.state, prefix, "https" if given.tls else "http")
        context = tls.context(tls.certificate(os.path.join(self.state, "tls"))) if given.tls else None
        self.servers = [
            web.Server((given.address, given.port), self.gitlab, context),
            web.Server((given.address, given.control_port), Control(self.gitlab, self.finish)),
            web.Server((given.address, given.registry_port), RegistrySite(self.gitlab)),
        ]
        ports = [server.port for server in self.servers]
        self.gitlab.host = "%s:%d" % (given.address, ports[0])
        self.gitlab.registry_at = "%s:%d" % (given.address, ports[2])
        self.control_url = "http://%s:%d" % (given.address, ports[1])
        folder = os.path.join(self.state, "registry")
        realm = self.gitlab.root_url() + "/jwt/auth"
        self.gitlab.registry = DockerRegistry(folder, given.docker_registry, realm) if given.docker_registry else TinyRegistry(folder)
        if given.engine:
            self.gitlab.runner.real = RealJobs(self.gitlab, given.engine)

    def demo(self):
        """Fills it, and gives what to tell."""
        engine = self.given.engine or demo.engine_here()
        if engine and self.gitlab.runner.real is None:
            self.gitlab.runner.real = RealJobs(self.gitlab, engine)
        if self.loaded:
            token = next(t.value for t in self.gitlab.world.tokens.values() if t.kind == "pat")
        else:
            token = demo.fill(self.gitlab, self.state, engine is not None)
        return demo.words(self, token, engine)

    def fill(self):
        builder, given = Builder(self.gitlab), self.given
        for path in given.world:
            with open(path, encoding="utf-8") as f:
                builder.build(json.load(f))
        if not self.gitlab.world.users:
            builder.build({"users": [{"username": "root", "name": "Administrator", "admin": True}, "zoe"],
                           "tokens": [{"value": "glpat-zoe", "user": "zoe", "scopes": ["api", "read_registry", "write_repository"]}]})
        if given.projects or given.branches or given.commits or given.pipelines:
            user = next((u for u in self.gitlab.world.users.values() if not u.admin), None)
            builder.scale(given.projects, given.branches, given.commits, given.pipelines, given.seed, user=user.username if user else None)

    def info(self):
        lines = ["url=%s" % self.gitlab.root_url(), "control=%s" % self.control_url, "registry=%s" % self.gitlab.registry_at]
        if self.given.tls:
            lines.append("ca=%s" % os.path.join(self.state, "tls", "ca.pem"))
        return lines + ["state=%s" % self.state]

    def start(self):
        for server in self.servers:
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 3600}, daemon=True).start()
        text = "\n".join(self.info()) + "\n"
        if self.given.info:
            with open(self.given.info + ".new", "w", encoding="utf-8") as f:
                f.write(text)
            os.replace(self.given.info + ".new", self.given.info)
        return text

    def finish(self, *_signal):
        """From a signal, or from any thread: no lock is taken here."""
        self.ended = True
        try:
            os.write(self.wake, b"\0")
        except BlockingIOError:
            pass  # it is full: the main thread wakes anyway

    def wait(self):
        """Until it is told to end, or the process ends that it was made for."""
        while not self.ended:
            ready, _, _ = select.select([self.woken] + ([self.parent] if self.parent is not None else []), [], [])
            if self.parent in ready:
                self.ended = True
            if self.woken in ready:
                os.read(self.woken, 512)

    def end(self):
        for server in self.servers:
            server.socket.close()
            server.site.end()
        if self.own_state:
            shutil.rmtree(self.state, ignore_errors=True)


def begun(given):
    """The process of these options, or an end that says what is wrong with them."""
    state = None
    try:
        if given.state is None:
            state = given.state_of_its_own = tempfile.mkdtemp(prefix="fake-gitlab-")
        return Process(given)
    except (OSError, RuntimeError) as exc:
        if state:
            shutil.rmtree(state, ignore_errors=True)
        raise SystemExit("gitlab: it can't start: %s" % exc) from None


def main(words=None):
    given = options(words)
    process = begun(given)
    try:
        process.loaded = not process.own_state and saved.load(process.gitlab)
        if given.demo:
            sys.stdout.write("Looking for the projects ...\n" if process.loaded else "Making the projects ...\n")
            sys.stdout.flush()
            text = process.demo()
            process.start()
            sys.stdout.write(text)
        else:
            if not process.loaded:
                process.fill()
            sys.stdout.write(process.start())
        sys.stdout.flush()
        process.wait()
        if not process.own_state:
            saved.save(process.gitlab)
    except (KeyError, ValueError, OSError, GitError, subprocess.CalledProcessError) as exc:
        if process.ended:
            raise SystemExit("gitlab: ended before it had begun") from None
        raise SystemExit("gitlab: what it should begin with is wrong: %s" % (exc.args[0] if isinstance(exc, KeyError) else exc)) from None
    finally:
        process.end()
    sys.stdout.flush()
    os._exit(0)  # threads that still wait for clients are no reason to stay
