# SPDX-License-Identifier: GPL-3.0-or-later
"""The GitLab: its parts put together, and the one place that knows its addresses."""
import os
import re
import threading

from . import answers, failures, git_http, graphql_run, registry, routes, web
from . import api_misc, api_pipelines, api_projects, api_registry, api_repository  # noqa: F401 they fill the table of routes
from .counts import Counts
from .entities import Entities
from .faults import Faults
from .limits import Limits
from .pipelines import Pipelines
from .repository import Repository
from .runner import Runner
from .world import World

MANY = 500  # projects, from which on what would cost a walk over all of them for each isn't shown


class Gitlab(web.Site):
    version = "18.6.0"

    def __init__(self, state, prefix="", scheme="http"):
        super().__init__(Counts(), Faults())
        self.faults.site = self
        self.state, self.prefix, self.scheme = state, prefix, scheme
        self.host = self.registry_at = None  # host:port, once there are ports
        self.public_url = None
        self.limits = Limits()
        self.world = World()
        self.runner = Runner()
        self.pipelines = Pipelines(self.world, self.runner)
        self.runner.pipelines = self.pipelines
        self.entities = Entities(self)
        self.registry = None
        self.registry_metadata = False
        self.graphql = True
        self.brief = False
        self.jwt_seconds = 300
        self.fork_ms = 0
        self.fork_fails = None
        self.push_pipelines = True
        os.makedirs(os.path.join(state, "repositories"), exist_ok=True)

    # addresses --------------------------------------------------------------------------------------------------------------

    def url_root(self):
        """Where the server is, without the relative part."""
        return self.public_url or "%s://%s" % (self.scheme, self.host)

    def root_url(self):
        return self.url_root() + self.prefix

    def registry_host(self):
        return self.registry_at

    def image_prefix(self, project):
        return None if project.registry_access == "disabled" else self.registry_host() + "/" + project.path.lower()

    # requests ---------------------------------------------------------------------------------------------------------------

    def answer(self, request):
        try:
            answer = self._answer(request)
        except answers.Refusal as refusal:
            answer = refusal.answer
        except (web.Closed, OSError):
            raise
        except Exception:
            self.complain(request.peer)
            answer = answers.refused(500, "500 Internal Server Error").answer
        self.limits.mark(request, answer)
        return answer

    def _answer(self, request):
        if self.prefix and not (request.path + "/").startswith(self.prefix + "/"):
            return answers.page(404, "404", "Page not found")
        below = request.path[len(self.prefix):]
        if below == "/api/graphql" and self.graphql:
            return graphql_run.endpoint(self, request) if request.method in ("POST", "GET") else answers.page(404, "404", "Page not found")
        if below == "/api/v4" or below.startswith("/api/v4/"):
            return routes.dispatch(self, request)
        if below == "/jwt/auth":
            return registry.auth(self, request)
        if below == "/oauth/token/info":
            return oauth_info(self, request)
        found = git_http.match(self, request)
        if found:
            return git_http.answer(self, request, found)
        request.endpoint = request.method + " page"
        if request.method == "GET" and below in ("", "/"):
            return answers.as_text("", 302, [("Location", self.root_url() + "/users/sign_in")], "text/html; charset=utf-8")
        if below == "/users/sign_in":
            return answers.page(200, "Sign in", "GitLab Community Edition")
        return answers.page(404, "404: Page not found", "The page could not be found or you don't have permission to view it.")

    # projects ---------------------------------------------------------------------------------------------------------------

    def small(self):
        return len(self.world.projects) < MANY

    def new_repository(self, path, storage=None):
        return Repository(os.path.join(self.state, "repositories"), re.sub(r"[^A-Za-z0-9._/-]", "_", path), storage)

    def make_project(self, path, branch="main", empty=False, **how):
        project = self.world.add_project(path, **how)
        if not empty:
            project.repo = self.new_repository("%d" % project.id).create(branch)
        return project

    def pushed(self, project, user, changes):
        """After refs of a project have changed: [(old, new, ref)]."""
        from . import clock
        project.last_activity_at = clock.now()
        if project.repo.default_branch() is None:
            return
        head = project.repo.head()
        if head is None or not project.repo.has_branch(head):
            project.repo.git("symbolic-ref", "HEAD", "refs/heads/" + project.repo.default_branch())
        for old, new, ref in changes:
            found = re.fullmatch(r"refs/(heads|tags)/(.+)", ref)
            if found and new.strip("0") and self.push_pipelines and project.builds_access != "disabled":
                sha = project.repo.resolve(new)
                if sha:
                    self.pipelines.from_commit(project, sha, found.group(2), "push", tag=found.group(1) == "tags", user=user, before_sha=old)

    # the registry -----------------------------------------------------------------------------------------------------------

    def registry_rows(self, project):
        return sorted(project.registry_rows.items(), key=lambda row: row[1]) if project.registry_access != "disabled" else []

    def ensure_registry_row(self, project, below):
        with self.world.lock:
            if below not in project.registry_rows:
                project.registry_rows[below] = next(self.world.ids["registry"])

    def project_of_image(self, name):
        """(project, what is below its path) of an image's name: the longest path that is a project."""
        words = name.split("/")
        for count in range(len(words), 1, -1):
            project = self.world.by_path.get("/".join(words[:count]).lower())
            if project:
                return project, "/".join(words[count:])
        return None, ""

    def failure_message(self, reason):
        return failures.message(reason) if reason else None

    def end(self):
        self.runner.end()
        super().end()
        self.faults.wake()
        if self.registry:
            self.registry.end()


def oauth_info(site, request):
    from . import access, clock
    request.endpoint = "GET /oauth/token/info"
    try:
        access.identify(site.world, request)
    except answers.Refusal:
        request.token = None
    token = request.token
    if token is None or token.kind != "oauth":
        return answers.as_json({"error": "invalid_token", "error_description": "The access token is invalid", "state": "unauthorized"}, 401)
    left = int(token.expires_at - clock.now()) if token.expires_at else None
    return answers.as_json({"resource_owner_id": token.user.id, "scope": list(token.scopes), "expires_in": left, "application": {"uid": "berth-test"},
                            "created_at": int(token.created_at), "scopes": list(token.scopes), "expires_in_seconds": left})


class RegistrySite(web.Site):
    """The registry's own address; what it counts and what goes wrong is GitLab's."""

    def __init__(self, gitlab):
        super().__init__(gitlab.counts, gitlab.faults)
        self.gitlab = gitlab
        self.guard = threading.Lock()

    @property
    def latency_ms(self):
        return self.gitlab.latency_ms

    def answer(self, request):
        try:
            return self.gitlab.registry.answer(self.gitlab, request)
        except answers.Refusal as refusal:
            return refusal.answer
