# SPDX-License-Identifier: GPL-3.0-or-later
"""People, groups, projects and tokens, and who may do what."""
import dataclasses
import itertools
import re
import threading

from . import answers, clock

NOBODY, GUEST, REPORTER, DEVELOPER, MAINTAINER, OWNER = 0, 10, 20, 30, 40, 50
ROLES = {"guest": GUEST, "planner": 15, "reporter": REPORTER, "developer": DEVELOPER, "maintainer": MAINTAINER, "owner": OWNER}


def role(value):
    return ROLES[value] if isinstance(value, str) else int(value)


@dataclasses.dataclass(eq=False)
class User:
    id: int
    username: str
    name: str
    email: str
    admin: bool = False
    state: str = "active"
    created_at: float = 1577836800.0


@dataclasses.dataclass(eq=False)
class Token:
    """Anything that lets somebody in. kind: pat, oauth, deploy, job."""
    id: int
    value: str
    user: User
    name: str = "a token"
    kind: str = "pat"
    scopes: tuple = ("api",)
    revoked: bool = False
    created_at: float = 0
    expires_at: float = None
    last_used_at: float = None
    project: object = None  # of a deploy or job token

    def is_expired(self):
        return self.expires_at is not None and self.expires_at <= clock.now()


@dataclasses.dataclass(eq=False)
class Group:
    id: int
    path: str  # full
    name: str
    parent: object = None
    visibility: str = "private"
    members: dict = dataclasses.field(default_factory=dict)

    @property
    def leaf(self):
        return self.path.rsplit("/", 1)[-1]

    def level(self, user):
        mine = self.members.get(user.id, NOBODY)
        return max(mine, self.parent.level(user)) if self.parent else mine

    def full_name(self):
        return self.parent.full_name() + " / " + self.name if self.parent else self.name


@dataclasses.dataclass(eq=False)
class Project:
    id: int
    path: str  # full
    name: str
    namespace: object  # Group or User
    visibility: str = "private"
    description: str = None
    members: dict = dataclasses.field(default_factory=dict)
    stars: set = dataclasses.field(default_factory=set)
    topics: list = dataclasses.field(default_factory=list)
    archived: bool = False
    created_at: float = 1700000000.0
    last_activity_at: float = 1700000000.0
    repo: object = None
    forked_from: object = None
    import_status: str = "none"
    import_error: str = None
    registry_access: str = "enabled"  # enabled, private, disabled
    builds_access: str = "enabled"
    public_jobs: bool = True
    ci_config_path: str = ""
    build_timeout: int = 3600
    protected: dict = dataclasses.field(default_factory=dict)  # branch -> developers can push
    variables_role: str = "developer"
    job_scripts: dict = dataclasses.field(default_factory=dict)  # job name -> script
    registry_rows: dict = dataclasses.field(default_factory=dict)  # path below the project -> id

    @property
    def leaf(self):
        return self.path.rsplit("/", 1)[-1]

    def full_name(self):
        owner = self.namespace
        return (owner.full_name() if isinstance(owner, Group) else owner.name) + " / " + self.name

    def level(self, user):
        """The role of `user` here, by membership alone."""
        if user is None:
            return NOBODY
        level = self.members.get(user.id, NOBODY)
        if isinstance(self.namespace, Group):
            level = max(level, self.namespace.level(user))
        elif self.namespace is user:
            level = OWNER
        return OWNER if user.admin else level

    def visible(self, user):
        return self.visibility == "public" or (self.visibility == "internal" and user is not None) or self.level(user) >= GUEST

    def reads_code(self, user):
        return self.visible(user) and (self.visibility != "private" or self.level(user) >= REPORTER)

    def reads_jobs(self, user):
        if self.builds_access == "disabled" or not self.visible(user):
            return False
        return self.level(user) >= REPORTER or self.public_jobs

    def reads_registry(self, user):
        if self.registry_access == "disabled" or not self.visible(user):
            return False
        if self.registry_access == "private" or self.visibility == "private":
            return self.level(user) >= REPORTER
        return True

    def pushes_to(self, user, branch):
        level = self.level(user)
        if branch in self.protected and not self.protected[branch]:
            return level >= MAINTAINER
        return level >= DEVELOPER


class World:
    """All that there is, except for pipelines (pipelines.py) and git's objects (repository.py)."""

    def __init__(self):
        self.lock = threading.RLock()
        self.users, self.groups, self.projects = {}, {}, {}
        self.tokens = {}
        self.moved = {}  # former path, lower case -> project
        self.by_path = {}  # lower case
        self.ids = {kind: itertools.count(first) for kind, first in (
            ("user", 1), ("group", 2001), ("project", 101), ("token", 301), ("registry", 7001))}

    # people ---------------------------------------------------------------------------------------------------------

    def add_user(self, username, name=None, email=None, admin=False):
        with self.lock:
            for user in self.users.values():
                if user.username == username:
                    return user
            user = User(next(self.ids["user"]), username, name or username.title(), email or "%s@example.org" % username, admin)
            self.users[user.id] = user
            return user

    def user(self, username):
        for user in self.users.values():
            if user.username == username:
                return user
        raise KeyError("there is no user %r" % username)

    def add_token(self, value, user, **how):
        with self.lock:
            how.setdefault("created_at", clock.now() - 86400)
            token = Token(next(self.ids["token"]), value, user, **how)
            token.scopes = tuple(token.scopes)
            self.tokens[value] = token
            return token

    # places ---------------------------------------------------------------------------------------------------------

    def add_group(self, path, name=None, visibility="private"):
        """A group and those above it."""
        with self.lock:
            for group in self.groups.values():
                if group.path.lower() == path.lower():
                    return group
            parent = self.add_group(path.rsplit("/", 1)[0], visibility=visibility) if "/" in path else None
            group = Group(next(self.ids["group"]), path, name or path.rsplit("/", 1)[-1], parent, visibility)
            self.groups[group.id] = group
            return group

    def namespace(self, path):
        for user in self.users.values():
            if user.username.lower() == path.lower():
                return user
        return self.add_group(path)

    def find_namespace(self, wanted):
        """By path or by id; None."""
        for place in itertools.chain(self.groups.values(), self.users.values()):
            path = place.path if isinstance(place, Group) else place.username
            if path.lower() == str(wanted).lower() or namespace_id(place) == wanted:
                return place
        return None

    def add_project(self, path, **how):
        with self.lock:
            if path.lower() in self.by_path:
                raise answers.refused(400, {"name": ["has already been taken"], "path": ["has already been taken"]})
            namespace = self.namespace(path.rsplit("/", 1)[0])
            name = how.pop("name", None) or path.rsplit("/", 1)[-1]
            project = Project(how.pop("id", None) or next(self.ids["project"]), path, name, namespace, **how)
            self.projects[project.id] = project
            self.by_path[path.lower()] = project
            self.moved.pop(path.lower(), None)
            return project

    def project(self, wanted):
        """By id or full path, as a test names it."""
        found = self.projects.get(int(wanted)) if str(wanted).isdigit() else self.by_path.get(str(wanted).lower())
        if found is None:
            raise KeyError("there is no project %r" % wanted)
        return found

    def move_project(self, project, path):
        with self.lock:
            del self.by_path[project.path.lower()]
            self.moved[project.path.lower()] = project
            project.path, project.namespace = path, self.namespace(path.rsplit("/", 1)[0])
            self.by_path[path.lower()] = project
            if project.repo:
                project.repo.moved_to(path)

    def remove_project(self, project):
        with self.lock:
            self.projects.pop(project.id, None)
            self.by_path.pop(project.path.lower(), None)

    def find(self, user, wanted):
        """(project, moved): what `user` may see under an id or a path; a project that is hidden is not there."""
        moved = False
        if re.fullmatch(r"\d+", wanted):
            project = self.projects.get(int(wanted))
        else:
            project = self.by_path.get(wanted.lower())
            if project is None and wanted.lower() in self.moved:
                project, moved = self.moved[wanted.lower()], True
        if project is None or not project.visible(user):
            raise answers.not_found("Project")
        return project, moved


def namespace_id(place):
    """Users' namespaces have ids of their own."""
    return place.id if isinstance(place, Group) else 10000 + place.id
