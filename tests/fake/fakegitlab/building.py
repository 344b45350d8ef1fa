# SPDX-License-Identifier: GPL-3.0-or-later
"""From a description (JSON) to people, projects, commits, pipelines: what tests say, and what --world reads."""
import os
import random

from . import clock, scripts
from .world import role

NAMES = ["flüge", "données-climat", "数据分析", "анализ-данных", "ανάλυση", "データ", "تحليل-البيانات", "ניתוח", "ข้อมูล", "विश्लेषण", "분석", "emoji-🧬-👩‍🔬",
         "e\u0301-combining",
         "rtl-\u202eexe.txt", "zero\u200bwidth", "tab\there", "bell\a\x1b[31mred", "c1-\x9b2J", "line\nbreak", "nul-\u2400", "quote-'\"`$(x)",
         "lrm\u200emark", "isolate\u2066x\u2069", "del\x7f", "wide-ＷＩＤＥ"]
SAFE = str.maketrans({c: "_" for c in map(chr, list(range(32)) + [127])} | {c: "_" for c in " ~^:?*[\\'\"`$()"})


class Builder:
    def __init__(self, site):
        self.site, self.world = site, site.world

    def build(self, description):
        """All of a description, in an order in which each thing finds what it names. Gives what has been made."""
        made = {"users": [], "tokens": [], "projects": [], "pipelines": []}
        for spec in description.get("users", []):
            made["users"].append(self.user(spec))
        for spec in description.get("groups", []):
            self.group(spec)
        for spec in description.get("tokens", []):
            made["tokens"].append(self.token(spec))
        for spec in description.get("projects", []):
            made["projects"].append(self.project(spec))
        for spec in description.get("pipelines", []):
            made["pipelines"].append(self.pipeline(spec))
        for spec in description.get("images", []):
            self.image(spec)
        if "scale" in description:
            self.scale(**description["scale"])
        return made

    def user(self, spec):
        spec = {"username": spec} if isinstance(spec, str) else spec
        user = self.world.add_user(spec["username"], spec.get("name"), spec.get("email"), spec.get("admin", False))
        user.state = spec.get("state", user.state)
        return user.id

    def group(self, spec):
        group = self.world.add_group(spec["path"], spec.get("name"), spec.get("visibility", "private"))
        group.name = spec.get("name", group.name)
        for username, level in spec.get("members", {}).items():
            group.members[self.world.user(username).id] = role(level)

    def token(self, spec):
        """expires_in_s may be negative; project: of deploy tokens."""
        how = {key: spec[key] for key in ("name", "kind", "scopes", "revoked") if key in spec}
        if "expires_in_s" in spec:
            how["expires_at"] = clock.now() + spec["expires_in_s"]
        elif how.get("kind", "pat") == "pat":
            how["expires_at"] = clock.now() + 300 * 86400
        if spec.get("project"):
            how["project"] = self.world.project(spec["project"])
        return self.world.add_token(spec["value"], self.world.user(spec["user"]), **how).id

    # projects -----------------------------------------------------------------------------------------------------------------

    def project(self, spec):
        known = ("name", "description", "visibility", "archived", "topics", "registry_access", "builds_access", "public_jobs", "ci_config_path",
                 "build_timeout", "variables_role", "import_status", "import_error", "id", "job_scripts")
        how = {key: spec[key] for key in known if key in spec}
        if "age_s" in spec:
            how["last_activity_at"] = clock.now() - spec["age_s"]
        if "forked_from" in spec:
            how["forked_from"] = self.world.project(spec["forked_from"])
        from_folder = spec.get("repository")
        made = self.site.make_project(spec["path"], branch=spec.get("default_branch", "main"), empty=bool(spec.get("empty") or from_folder), **how)
        if from_folder:
            made.repo = self.site.new_repository("%d" % made.id).clone_of(os.path.abspath(from_folder))
        protected = spec.get("protected", {})
        made.protected = {name: False for name in protected} if isinstance(protected, list) else dict(protected)
        for username, level in spec.get("members", {}).items():
            made.members[self.world.user(username).id] = role(level)
        for username in spec.get("stars", []):
            made.stars.add(self.world.user(username).id)
        shas = [self.commit(dict(entry, project=made.id)) for entry in spec.get("commits", [])]
        if "age_s" in spec:
            made.last_activity_at = clock.now() - spec["age_s"]
        for entry in spec.get("pipelines", []):
            self.pipeline(dict(entry, project=made.id))
        return {"id": made.id, "path": made.path, "commits": shas}

    def commit(self, spec):
        """branch (main), start (a ref, when the branch is new), files {path: text or null}, message, author "Name <mail>", date. No pipeline
        is made of it unless `push` is true. Gives its id."""
        project = self.world.project(spec["project"])
        repo, branch = project.repo, spec.get("branch", project.repo.default_branch() or "main")
        current = repo.branch(branch)
        parent = current.id if current else repo.commit_of(spec.get("start", "")) or (None if "start" in spec else repo.commit_of(repo.default_branch() or ""))
        author, _, email = spec.get("author", "Zoë Müller <zoe@example.org>").partition(" <")
        actions = []
        for path, text in spec.get("files", {}).items():
            there = parent and repo.blob(parent, path)
            actions.append({"action": "delete" if text is None else "update" if there else "create", "file_path": path, "content": text})
        sha = repo.apply(branch, parent, actions, spec.get("message", "A commit"), author, email.rstrip(">") or "zoe@example.org", spec.get("date"))
        project.last_activity_at = clock.now()
        if spec.get("push"):
            user = self.world.user(spec["user"]) if spec.get("user") else next(iter(self.world.users.values()), None)
            self.site.pushed(project, user, [(parent or "0" * 40, sha, "refs/heads/" + branch)])
        return sha

    # pipelines ----------------------------------------------------------------------------------------------------------------

    def pipeline(self, spec):
        """A pipeline as it would be by now: project, ref or sha, source, age_s, user, and jobs (see job). Jobs with a script run."""
        project = self.world.project(spec["project"])
        ref = spec.get("ref", project.repo.default_branch())
        sha = project.repo.commit_of(spec.get("sha") or ref) or spec.get("sha")
        if sha is None:
            raise KeyError("there is no commit %r in %s" % (spec.get("sha") or ref, project.path))
        user = self.world.user(spec["user"]) if spec.get("user") else next(iter(self.world.users.values()), None)
        created = clock.now() - spec.get("age_s", 0)
        how = {key: spec[key] for key in ("source", "id", "tag", "name", "yaml_errors", "stages") if key in spec}
        made = self.site.pipelines.add(project, sha, ref, created_at=created, user=user, fixed_status=spec.get("status"), **how)
        made.updated_at = created + spec.get("took_s", 0)
        jobs = [self.job(made, entry) for entry in spec.get("jobs", [])]
        if any("script" in entry for entry in spec.get("jobs", [])):
            self.site.pipelines.proceed(made)
        return {"id": made.id, "jobs": jobs, "sha": sha}

    def job(self, pipeline, spec):
        """name, status, failure_reason, exit_code, trace, took_s, waited_s, allow_failure, stage, retried, tags, archived; or script. child: the
        jobs of a pipeline below (the job is then a bridge)."""
        how = {key: spec[key] for key in ("stage", "allow_failure", "failure_reason", "exit_code", "retried", "tags", "archived", "id", "when", "debug")
               if key in spec}
        job = self.site.pipelines.add_job(pipeline, spec["name"], **how)
        if "script" in spec:
            job.script = scripts.named(spec["script"])
            job.when = job.script.get("when", job.when)
            return job.id
        job.status = spec.get("status", "success")
        job.trace.timestamps = False
        begun = pipeline.created_at + spec.get("waited_s", 1)
        if job.status not in ("created", "manual", "skipped", "scheduled", "waiting_for_resource", "preparing", "waiting_for_callback"):
            job.queued_at = pipeline.created_at
        if job.status in ("running", "success", "failed", "canceling", "canceled"):
            job.started_at, job.runner = begun, self.site.runner.name
        if job.status in ("success", "failed", "canceled", "skipped"):
            job.finished_at = begun + spec.get("took_s", 60)
            pipeline.updated_at = max(pipeline.updated_at, job.finished_at)
        job.trace.replace(spec.get("trace", "").encode("utf-8", "surrogateescape"))
        if job.status == "failed":
            job.failure_reason = spec.get("failure_reason", "script_failure")
        if "child" in spec:
            self._child(job, spec["child"])
        return job.id

    def _child(self, job, entries):
        parent = job.pipeline
        job.bridge = True
        job.downstream = self.site.pipelines.add(parent.project, parent.sha, parent.ref, source="parent_pipeline", created_at=parent.created_at,
                                                 user=parent.user, parent=parent)
        for entry in entries:
            self.job(job.downstream, entry)

    def image(self, spec):
        """project, tag, below (''), age_s: an image in the registry (of its own only), which is no use to run."""
        project = self.world.project(spec["project"])
        below = spec.get("below", "")
        self.site.ensure_registry_row(project, below)
        name = "/".join(filter(None, [project.path.lower(), below]))
        return self.site.registry.add_image(name, spec["tag"], clock.iso(clock.now() - spec.get("age_s", 60)), spec.get("content", "a layer").encode())

    # large ones -----------------------------------------------------------------------------------------------------------------

    def scale(self, projects=0, branches=0, commits=0, pipelines=0, seed=1, group="scale", user=None, names=True):
        """Many projects, which share one repository that has so many branches, commits on the default one, and pipelines."""
        dice = random.Random(seed)
        model = self.site.make_project(group + "/model", visibility="private")
        who = self.world.user(user) if user else next(iter(self.world.users.values()))
        model.namespace.members[who.id] = role("owner")
        import_history(model.repo, max(1, commits), branches, dice)
        tip = model.repo.commit_of("main")
        for number in range(pipelines):
            failed = dice.random() < 0.2
            made = self.site.pipelines.add(model, tip, "main", created_at=clock.now() - 3600 - (pipelines - number) * 60, user=who)
            self.job(made, {"name": "image_build", "status": "failed" if failed else "success", "took_s": dice.randint(20, 900)})
        began = clock.now()
        for number in range(projects):
            odd = NAMES[number % len(NAMES)] if names else "project"
            name = "%s %d" % (odd, number)
            made = self.world.add_project("%s/p%d" % (group, number), name=name, description=None if number % 3 else "About " + odd,
                                          last_activity_at=began - dice.randint(0, 10 ** 8), visibility="private")
            made.repo = self.site.new_repository(made.path, storage=model.repo.folder)
        return {"model": model.id, "projects": projects}


def import_history(repo, commits, branches, dice):
    """A linear history and branches at places of it, through git fast-import: thousands in a moment."""
    out = bytearray()
    for number in range(1, commits + 1):
        message = ("Commit %d: %s" % (number, dice.choice(NAMES))).encode("utf-8")
        stamp = b"%d +0100" % (1700000000 + number * 600)
        who = "Author %d <a%d@example.org>" % (number % 7, number % 7)
        text = b"%d\n" % number
        out += b"commit refs/heads/main\nmark :%d\nauthor %s %s\ncommitter %s %s\ndata %d\n%s\nM 100644 inline count.txt\ndata %d\n%s\n" % (
            number, who.encode(), stamp, who.encode(), stamp, len(message), message, len(text), text)
    for number in range(branches):
        name = "feature/%04d-%s" % (number, dice.choice(NAMES).translate(SAFE).strip("."))
        out += b"reset refs/heads/%s\nfrom :%d\n\n" % (name.encode("utf-8", "surrogateescape"), dice.randint(1, commits))
    repo.git("fast-import", "--quiet", feed=bytes(out))
