# SPDX-License-Identifier: GPL-3.0-or-later
"""A project's bare repository, read and written through git."""
import base64
import fnmatch
import os
import re
import shutil
import subprocess
import tempfile
import threading

from . import answers, clock

ENVIRONMENT = {
    "PATH": os.environ.get("PATH", "/usr/bin:/bin"), "HOME": "/nonexistent", "LC_ALL": "C.UTF-8", "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory",
    "GIT_CONFIG_VALUE_0": "*",
}
COMMIT_FIELDS = ["%H", "%P", "%an", "%ae", "%aI", "%cn", "%ce", "%cI", "%(trailers:only=true,unfold=true)", "%B"]
COMMIT_FORMAT = "%x00".join(COMMIT_FIELDS)
BRANCH_FORMAT = "%00".join(["%(refname)", "%(objectname)", "%(parent)", "%(authorname)", "%(authoremail:trim)", "%(authordate:iso-strict)",
                            "%(committername)", "%(committeremail:trim)", "%(committerdate:iso-strict)", "", "%(contents)"]) + "%00%01"
HOOK = """#!/bin/sh
while read -r old new ref; do
  case " $FAKE_PROTECTED " in
  *" $ref "*) echo "GitLab: You are not allowed to push code to protected branches on this project." >&2; exit 1 ;;
  esac
done
"""


class GitError(Exception):
    pass


class Commit:
    """What git knows of a commit."""

    def __init__(self, fields):
        self.id = fields[0]
        self.parents = fields[1].split()
        self.author, self.author_email, self.authored = fields[2], fields[3], fields[4]
        self.committer, self.committer_email, self.committed = fields[5], fields[6], fields[7]
        self.trailers = [line.split(": ", 1) for line in fields[8].split("\n") if ": " in line]
        self.message = fields[9]
        self.title = self.message.split("\n", 1)[0]
        self.committed_at = clock.parse(self.committed) or 0


class Repository:
    def __init__(self, root, path, storage=None):
        """root: the folder of all repositories; storage: a folder that several projects may share."""
        self.root, self.lock = root, threading.RLock()
        self.folder = storage or os.path.join(root, path + ".git")
        self.shared = storage is not None
        self.known = {}  # commits by id

    def __getstate__(self):
        return {name: value for name, value in vars(self).items() if name not in ("lock", "known")}

    def __setstate__(self, values):
        self.__dict__.update(values, lock=threading.RLock(), known={})

    # making it ----------------------------------------------------------------------------------------------------------

    def create(self, branch="main"):
        os.makedirs(self.folder)
        self.git("init", "--quiet", "--bare", "--initial-branch", branch, self.folder, inside=False)
        self._settings()
        return self

    def clone_of(self, source):
        os.makedirs(os.path.dirname(self.folder), exist_ok=True)
        self.git("clone", "--quiet", "--mirror", "--no-hardlinks", source, self.folder, inside=False)
        self.git("config", "--unset-all", "remote.origin.fetch", wrong_is_fine=True)
        self.git("config", "--unset-all", "remote.origin.mirror", wrong_is_fine=True)
        self._settings()
        return self

    def _settings(self):
        hooks = os.path.join(self.root, ".hooks")
        if not os.path.exists(hooks):
            os.makedirs(hooks)
            path = os.path.join(hooks, "pre-receive")
            with open(path, "w", encoding="ascii") as f:
                f.write(HOOK)
            os.chmod(path, 0o755)
            with open(os.path.join(hooks, "post-receive"), "w", encoding="ascii") as f:
                f.write('#!/bin/sh\ncat >>"$FAKE_PUSHED"\n')
            os.chmod(os.path.join(hooks, "post-receive"), 0o755)
        for key, value in (("core.hooksPath", hooks), ("http.receivepack", "true"), ("gc.auto", "0"), ("receive.autogc", "false"),
                           ("uploadpack.allowFilter", "true"), ("uploadpack.allowAnySHA1InWant", "true")):
            self.git("config", key, value)

    def own(self):
        """A repository that was shared becomes this project's own, before something is written to it."""
        with self.lock:
            if self.shared:
                folder = tempfile.mkdtemp(prefix="own-", dir=self.root) + "/r.git"
                shutil.copytree(self.folder, folder)
                self.folder, self.shared = folder, False

    def moved_to(self, _path):
        """The folder keeps its name: only GitLab's addresses change."""

    def git(self, *words, feed=None, inside=True, wrong_is_fine=False, env=None):
        """Output of a git command, as bytes."""
        command = ["git"] + (["-C", self.folder] if inside else []) + list(words)
        done = subprocess.run(command, input=feed, stdin=None if feed is not None else subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, env=dict(ENVIRONMENT, **(env or {})), check=False)
        if done.returncode and not wrong_is_fine:
            raise GitError(done.stderr.decode("utf-8", "replace").strip())
        return done.stdout

    def text(self, *words, **how):
        return self.git(*words, **how).decode("utf-8", "replace")

    # reading ------------------------------------------------------------------------------------------------------------

    def default_branch(self):
        """The branch that HEAD names, or None while there is no commit on any."""
        head = self.head()
        if head and self.has_branch(head):
            return head
        first = self.text("for-each-ref", "--count=1", "--format=%(refname:strip=2)", "refs/heads/").strip()
        return first or None

    def head(self):
        """The branch that HEAD names, whether it is there or not; read without a process, for lists of projects ask for many."""
        with open(os.path.join(self.folder, "HEAD"), encoding="utf-8", errors="surrogateescape") as f:
            text = f.read().strip()
        return text[len("ref: refs/heads/"):] if text.startswith("ref: refs/heads/") else None

    def has_branch(self, name):
        """Of a name that git itself wrote."""
        if os.path.isfile(os.path.join(self.folder, "refs", "heads", name)):
            return True
        try:
            with open(os.path.join(self.folder, "packed-refs"), encoding="utf-8", errors="surrogateescape") as f:
                return " refs/heads/%s\n" % name in f.read()
        except OSError:
            return False

    def resolve(self, revision):
        """The full id of a commit, or None. `revision` comes from outside."""
        if not revision or revision.startswith("-") or "\0" in revision or re.search(r"@\{|\^\{|:", revision):
            return None
        found = self.text("rev-parse", "--verify", "--quiet", "--end-of-options", revision + "^{commit}", wrong_is_fine=True).strip()
        return found.split("\n")[-1] if found else None

    def commit_of(self, name):
        """A branch before a tag before an id, as GitLab reads a ref."""
        if not name or name.startswith("-") or re.search(r"[\0\n]|@\{|\^\{|:", name):
            return None
        asked = "".join("%s%s^{commit}\n" % (prefix, name) for prefix in ("refs/heads/", "refs/tags/", ""))
        for line in self.text("cat-file", "--batch-check=%(objectname)", feed=asked.encode("utf-8", "surrogateescape")).split("\n"):
            if re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", line):
                return line
        return None

    def branches(self, pattern="refs/heads/"):
        """[(name, Commit)], by name."""
        rows = []
        for record in self.text("for-each-ref", "--format=" + BRANCH_FORMAT, pattern).split("\0\1\n"):
            fields = record.split("\0")
            if len(fields) >= 11:
                name = fields[0].split("/", 2)[2]
                rows.append((name, Commit(fields[1:])))
        return rows

    def branch(self, name):
        for found, commit in self.branches("refs/heads/" + name) if self.resolve("refs/heads/" + name) else []:
            if found == name:
                return commit
        return None

    def commits(self, revision, limit, skip=0, options=(), paths=()):
        words = ["log", "--format=" + COMMIT_FORMAT + "%x00%x01", "--max-count=%d" % limit, "--skip=%d" % skip, *options]
        words += ["--end-of-options", *([revision] if revision else []), "--", *paths]
        return [Commit(record.split("\0")) for record in self.text(*words).split("\0\1\n") if record]

    def commit(self, revision):
        if revision in self.known:
            return self.known[revision]
        found = self.resolve(revision)
        if found is None:
            return None
        self.remember([found])
        return self.known[found]

    def remember(self, ids):
        """Commits never change: those that lists are about to show are read at once."""
        wanted = [sha for sha in dict.fromkeys(ids) if sha not in self.known]
        if len(self.known) > 20000:
            self.known.clear()
        if wanted:
            out = self.text("log", "--no-walk=unsorted", "--stdin", "--ignore-missing", "--format=" + COMMIT_FORMAT + "%x00%x01", feed="\n".join(wanted).encode())
            for record in out.split("\0\1\n"):
                if record:
                    self.known[record[:record.index("\0")]] = Commit(record.split("\0"))

    def stats(self, sha):
        added = removed = 0
        for line in self.text("diff-tree", "--numstat", "--root", "-r", "-m", "--first-parent", sha).split("\n"):
            words = line.split("\t")
            if len(words) == 3 and words[0].isdigit():
                added, removed = added + int(words[0]), removed + int(words[1])
        return {"additions": added, "deletions": removed, "total": added + removed}

    def refs_with(self, sha):
        out = self.text("for-each-ref", "--contains", sha, "--format=%(refname)", "refs/heads/", "refs/tags/").split("\n")
        return [("branch" if r.startswith("refs/heads/") else "tag", r.split("/", 2)[2]) for r in out if r]

    def blob(self, sha, path):
        """(blob id, bytes) of a file at a commit, or None."""
        line = self.text("ls-tree", "-z", sha, "--", ":(literal)" + path, wrong_is_fine=True)
        found = re.match(r"\d+ blob ([0-9a-f]+)\t", line)
        return (found.group(1), self.git("cat-file", "blob", found.group(1))) if found else None

    def tree(self, sha, path="", recursive=False):
        """[(mode, kind, id, path)], or None where there is no such folder."""
        target = sha + ":" + path.strip("/") if path.strip("/") else sha
        words = ["ls-tree", "-z"] + (["-r", "-t"] if recursive else []) + ["--end-of-options", target]
        try:
            out = self.text(*words)
        except GitError:
            return None
        rows, above = [], path.strip("/") + "/" if path.strip("/") else ""
        for line in out.split("\0"):
            if line:
                head, name = line.split("\t", 1)
                rows.append((*head.split(" "), above + name))
        return rows

    def archive(self, sha, form, prefix, path=None):
        kind = {"zip": "zip", "tar": "tar"}.get(form, "tar.gz")
        return self.git("archive", "--format=" + kind, "--prefix=" + prefix + "/", sha, *(["--", path] if path else []))

    def search(self, rows, wanted):
        """GitLab's search of branch names: a part, ^start, end$, with * for anything."""
        if not wanted:
            return rows
        start, end = wanted.startswith("^"), wanted.endswith("$")
        glob = ("" if start else "*") + wanted.strip("^$").lower() + ("" if end else "*")
        return [row for row in rows if fnmatch.fnmatchcase(row[0].lower(), glob)]

    def check_ref_name(self, name):
        """Raises what GitLab says of a name that no ref can have."""
        try:
            self.git("check-ref-format", "refs/heads/" + name.replace("\0", " "))
        except GitError as exc:
            raise answers.refused(400, "ref_name is invalid") from exc

    # writing ------------------------------------------------------------------------------------------------------------

    def update_ref(self, ref, sha, old=None):
        self.own()
        self.git("update-ref", ref, sha, *([old] if old else []))

    def delete_ref(self, ref):
        self.own()
        self.git("update-ref", "-d", ref)

    def apply(self, branch, parent, actions, message, author, email, when=None):
        """A commit on `branch` made of GitLab's actions; its id. Raises what GitLab says when one can't be done."""
        self.own()
        with self.lock, tempfile.TemporaryDirectory() as temporary:
            env = {"GIT_INDEX_FILE": os.path.join(temporary, "index")}
            if parent:
                self.git("read-tree", parent, env=env)
            for action in actions:
                self._act(action, env)
            tree = self.text("write-tree", env=env).strip()
            stamp = {"GIT_AUTHOR_DATE": when, "GIT_COMMITTER_DATE": when} if when else {}
            env = dict(env, GIT_AUTHOR_NAME=author, GIT_AUTHOR_EMAIL=email, GIT_COMMITTER_NAME=author, GIT_COMMITTER_EMAIL=email, **stamp)
            sha = self.text("commit-tree", tree, *(["-p", parent] if parent else []), feed=message.encode(), env=env).strip()
            self.update_ref("refs/heads/" + branch, sha)
            return sha

    def _act(self, action, env):
        kind, path = action.get("action"), action.get("file_path", "")
        if not path or path.startswith("/") or ".." in path.split("/") or ".git" in path.split("/"):
            raise answers.refused(400, "path is invalid")
        there = self.text("ls-files", "--stage", "-z", "--", ":(literal)" + path, env=env)
        if kind == "create" and there:
            raise answers.refused(400, "A file with this name already exists")
        if kind in ("update", "delete", "chmod") and not there:
            raise answers.refused(400, "A file with this name doesn't exist")
        if kind == "move":
            self._move(action, path, env)
        elif kind == "delete":
            self._index("0 %s\t%s\0" % ("0" * 40, path), env)
        elif kind == "chmod":
            mode = "100755" if action.get("execute_filemode") else "100644"
            self._index("%s %s\t%s\0" % (mode, there.split(" ")[1], path), env)
        elif kind in ("create", "update"):
            mode = "100755" if action.get("execute_filemode") else there.split(" ")[0] if there else "100644"
            self._index("%s %s\t%s\0" % (mode, self._blob(action), path), env)
        else:
            raise answers.grape(400, "actions[0][action] does not have a valid value")

    def _move(self, action, path, env):
        former = action.get("previous_path", "")
        was = self.text("ls-files", "--stage", "-z", "--", ":(literal)" + former, env=env)
        if not was:
            raise answers.refused(400, "A file with this name doesn't exist")
        sha = self._blob(action) if action.get("content") is not None else was.split(" ")[1]
        self._index("0 %s\t%s\0%s %s\t%s\0" % ("0" * 40, former, was.split(" ")[0], sha, path), env)

    def _blob(self, action):
        content = action.get("content") or ""
        data = base64.b64decode(content) if action.get("encoding") == "base64" else content.encode("utf-8", "surrogateescape")
        return self.text("hash-object", "-w", "--stdin", feed=data).strip()

    def _index(self, lines, env):
        self.git("update-index", "-z", "--index-info", feed=lines.encode("utf-8", "surrogateescape"), env=env)
