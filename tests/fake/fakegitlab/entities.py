# SPDX-License-Identifier: GPL-3.0-or-later
"""How the API shows things, as JSON objects."""
import hashlib
import re

from . import clock
from .world import DEVELOPER, MAINTAINER, NOBODY, REPORTER, Group, namespace_id

ICONS = {"created": "status_created", "waiting_for_resource": "status_pending", "preparing": "status_preparing",
         "waiting_for_callback": "status_pending", "pending": "status_pending", "running": "status_running", "success": "status_success",
         "failed": "status_failed", "canceling": "status_canceled", "canceled": "status_canceled", "skipped": "status_skipped",
         "manual": "status_manual", "scheduled": "status_scheduled"}
TEXTS = {"success": "Passed", "scheduled": "Delayed", "waiting_for_resource": "Waiting", "waiting_for_callback": "Waiting"}
LABELS = {"success": "passed", "scheduled": "delayed", "manual": "manual action", "waiting_for_resource": "waiting for resource",
          "waiting_for_callback": "waiting for callback"}


class Entities:
    """site: knows the addresses."""

    def __init__(self, site):
        self.site = site

    def web(self, *parts):
        return "/".join([self.site.root_url(), *parts])

    # people and places ----------------------------------------------------------------------------------------------------

    def user_basic(self, user):
        if user is None:
            return None
        return {"id": user.id, "username": user.username, "public_email": None, "name": user.name, "state": user.state, "locked": False,
                "avatar_url": None, "web_url": self.web(user.username)}

    def user(self, user):
        own = self.user_basic(user)
        own.update({"created_at": clock.iso(user.created_at), "bio": "", "location": None, "public_email": None, "organization": None,
                    "job_title": "", "last_sign_in_at": clock.iso(user.created_at), "confirmed_at": clock.iso(user.created_at),
                    "last_activity_on": clock.day(clock.now()), "email": user.email, "theme_id": 3, "color_scheme_id": 1,
                    "projects_limit": 100000, "current_sign_in_at": clock.iso(clock.now()), "identities": [], "can_create_group": True,
                    "can_create_project": True, "two_factor_enabled": False, "external": False, "private_profile": False,
                    "commit_email": user.email, "namespace_id": namespace_id(user), "bot": False})
        if user.admin:
            own["is_admin"] = True
        return own

    def token(self, token):
        return {"id": token.id, "name": token.name, "revoked": token.revoked, "created_at": clock.iso(token.created_at), "description": None,
                "scopes": list(token.scopes), "user_id": token.user.id, "last_used_at": clock.iso(token.last_used_at),
                "active": not token.revoked and not token.is_expired(), "expires_at": clock.day(token.expires_at)}

    def namespace(self, place):
        group = isinstance(place, Group)
        path = place.path if group else place.username
        return {"id": namespace_id(place), "name": place.name, "path": path.rsplit("/", 1)[-1], "kind": "group" if group else "user",
                "full_path": path, "parent_id": place.parent.id if group and place.parent else None, "avatar_url": None,
                "web_url": self.web("groups", path) if group else self.web(path)}

    def group(self, group):
        return {"id": group.id, "web_url": self.web("groups", group.path), "name": group.name, "path": group.leaf, "description": "",
                "visibility": group.visibility, "full_name": group.full_name(), "full_path": group.path,
                "parent_id": group.parent.id if group.parent else None, "avatar_url": None}

    def project_simple(self, project, user):
        site = self.site
        code = project.reads_code(user)
        host = site.root_url().split("://", 1)[1].split("/", 1)[0].rsplit(":", 1)[0]
        return {
            "id": project.id, "description": project.description, "name": project.name, "name_with_namespace": project.full_name(),
            "path": project.leaf, "path_with_namespace": project.path, "created_at": clock.iso(project.created_at),
            "default_branch": project.repo.default_branch() if project.repo and code else None, "tag_list": project.topics,
            "topics": project.topics, "ssh_url_to_repo": "git@%s:%s.git" % (host, project.path),
            "http_url_to_repo": self.web(project.path) + ".git", "web_url": self.web(project.path), "readme_url": None,
            "forks_count": sum(1 for p in site.world.projects.values() if p.forked_from is project) if site.small() else 0,
            "avatar_url": None, "star_count": len(project.stars), "last_activity_at": clock.iso(project.last_activity_at),
            "visibility": project.visibility, "namespace": self.namespace(project.namespace),
        }

    def project(self, project, user, statistics=False, alone=True):
        shown = self.project_simple(project, user)
        base = self.web("api", "v4", "projects", str(project.id))
        level = project.level(user)
        shown.update({
            "container_registry_image_prefix": self.site.image_prefix(project), "repository_object_format": "sha1",
            "_links": {"self": base, "issues": base + "/issues", "merge_requests": base + "/merge_requests",
                       "repo_branches": base + "/repository/branches", "labels": base + "/labels", "events": base + "/events",
                       "members": base + "/members", "cluster_agents": base + "/cluster_agents"},
            "packages_enabled": True, "empty_repo": shown["default_branch"] is None, "archived": project.archived, "resolve_outdated_diff_discussions": False,
            "issues_enabled": True, "merge_requests_enabled": True, "wiki_enabled": True, "snippets_enabled": True, "lfs_enabled": True,
            "container_registry_enabled": project.registry_access != "disabled", "service_desk_enabled": False,
            "container_registry_access_level": project.registry_access, "can_create_merge_request_in": level >= REPORTER,
            "issues_access_level": "enabled", "repository_access_level": "enabled", "merge_requests_access_level": "enabled",
            "forking_access_level": "enabled", "builds_access_level": project.builds_access, "shared_runners_enabled": True,
            "creator_id": 1, "import_url": None, "import_type": None, "import_status": project.import_status,
            "open_issues_count": 0, "ci_default_git_depth": 20, "ci_job_token_scope_enabled": False, "public_jobs": project.public_jobs,
            "build_timeout": project.build_timeout, "ci_config_path": project.ci_config_path, "shared_with_groups": [],
            "jobs_enabled": project.builds_access != "disabled", "only_allow_merge_if_pipeline_succeeds": False,
            "request_access_enabled": True, "merge_method": "merge", "auto_devops_enabled": False, "marked_for_deletion_on": None,
            "ci_pipeline_variables_minimum_override_role": project.variables_role, "mr_default_target_self": False,
        })
        if alone and level >= MAINTAINER:
            shown["import_error"] = project.import_error
        if not isinstance(project.namespace, Group):
            shown["owner"] = self.user_basic(project.namespace)
        if project.forked_from:
            shown["forked_from_project"] = self.project_simple(project.forked_from, user)
        if user is not None:
            shown["permissions"] = self.permissions(project, user)
        if statistics and level >= REPORTER:
            shown["statistics"] = {name: 0 for name in (
                "commit_count", "storage_size", "repository_size", "wiki_size", "lfs_objects_size", "job_artifacts_size",
                "pipeline_artifacts_size", "packages_size", "snippets_size", "uploads_size", "container_registry_size")}
        return shown

    def permissions(self, project, user):
        def access(level):
            return {"access_level": level, "notification_level": 3} if level > NOBODY else None
        own = project.members.get(user.id, NOBODY)
        if project.namespace is user:
            own = 50
        through = project.namespace.level(user) if isinstance(project.namespace, Group) else NOBODY
        return {"project_access": access(own), "group_access": access(through)}

    # git ------------------------------------------------------------------------------------------------------------------

    def commit(self, project, commit, stats=None):
        trailers = {key: value for key, value in commit.trailers}
        extended = {}
        for key, value in commit.trailers:
            extended.setdefault(key, []).append(value)
        shown = {
            "id": commit.id, "short_id": commit.id[:8], "created_at": clock.with_millis(commit.committed), "parent_ids": commit.parents,
            "title": commit.title, "message": commit.message, "author_name": commit.author, "author_email": commit.author_email,
            "authored_date": clock.with_millis(commit.authored), "committer_name": commit.committer,
            "committer_email": commit.committer_email, "committed_date": clock.with_millis(commit.committed), "trailers": trailers,
            "extended_trailers": extended, "web_url": self.web(project.path, "-", "commit", commit.id),
        }
        if stats is not None:
            shown["stats"] = stats
        return shown

    def commit_detail(self, project, commit, user, stats=True):
        shown = self.commit(project, commit, project.repo.stats(commit.id) if stats else None)
        last = None
        if project.reads_jobs(user):
            last = next((p for p in self.site.pipelines.of(project) if p.sha == commit.id and p.source != "parent_pipeline"), None)
        shown.update({"status": last.status if last else None, "project_id": project.id, "last_pipeline": self.pipeline_basic(last) if last else None})
        return shown

    def branch(self, project, name, commit, user, default):
        protected = name in project.protected
        return {"name": name, "commit": self.commit(project, commit), "merged": False, "protected": protected,
                "developers_can_push": bool(project.protected.get(name, False)), "developers_can_merge": False,
                "can_push": user is not None and project.pushes_to(user, name), "default": name == default,
                "web_url": self.web(project.path, "-", "tree", name)}

    # pipelines ------------------------------------------------------------------------------------------------------------

    def pipeline_basic(self, pipeline):
        if pipeline is None:
            return None
        return {"id": pipeline.id, "iid": pipeline.iid, "project_id": pipeline.project.id, "sha": pipeline.sha, "ref": pipeline.ref,
                "status": pipeline.status, "source": pipeline.source, "created_at": clock.iso(pipeline.created_at),
                "updated_at": clock.iso(pipeline.updated_at),
                "web_url": self.web(pipeline.project.path, "-", "pipelines", str(pipeline.id)), "name": pipeline.name}

    def pipeline(self, pipeline):
        started, finished = pipeline.started_at(), pipeline.finished_at()
        shown = self.pipeline_basic(pipeline)
        shown.update({
            "before_sha": pipeline.before_sha, "tag": pipeline.tag, "yaml_errors": pipeline.yaml_errors, "user": self.user_basic(pipeline.user),
            "started_at": clock.iso(started), "finished_at": clock.iso(finished), "committed_at": None,
            "duration": int(finished - started) if started and finished else None,
            "queued_duration": int(started - pipeline.created_at) if started else None, "coverage": None,
            "detailed_status": self.detailed(pipeline.status, self.warned(pipeline), pipeline.project.path, "pipelines/%d" % pipeline.id),
            "archived": False,
        })
        return shown

    def warned(self, pipeline):
        return pipeline.status == "success" and any(j.status == "failed" and j.allow_failure for j in pipeline.latest())

    def detailed(self, status, warned=False, path="", where=""):
        text = TEXTS.get(status, status.replace("_", " ").capitalize())
        label, icon, group = LABELS.get(status, status), ICONS.get(status, "status_notfound"), status.replace("_", "-")
        if warned:
            text, icon = "Warning", "status_warning"
            label, group = ("passed with warnings", "success-with-warnings") if status == "success" else ("failed (allowed to fail)", "failed-with-warnings")
        return {"icon": icon, "text": text, "label": label, "group": group, "tooltip": label, "has_details": True,
                "details_path": "%s/%s/-/%s" % (self.site.prefix, path, where), "illustration": None,
                "favicon": "%s/assets/ci_favicons/favicon_%s.png" % (self.site.prefix, icon)}

    def job(self, job):
        pipeline, project = job.pipeline, job.project
        commit = project.repo.commit(pipeline.sha) if project.repo and not self.site.brief else None
        size = len(job.trace.bytes())
        artifacts = []
        if job.finished_at and size and not job.erased_at:
            artifacts.append({"file_type": "trace", "size": size, "filename": "job.log", "file_format": None})
        shown = {
            "id": job.id, "status": job.status, "stage": job.stage, "name": job.name, "ref": pipeline.ref, "tag": pipeline.tag, "coverage": None,
            "allow_failure": job.allow_failure, "created_at": clock.iso(job.created_at), "started_at": clock.iso(job.started_at),
            "finished_at": clock.iso(job.finished_at), "erased_at": clock.iso(job.erased_at), "duration": job.duration(),
            "queued_duration": job.queued_duration(), "user": self.user_basic(job.user),
            "commit": self.commit(project, commit) if commit else None, "pipeline": self.pipeline_basic(pipeline),
            "web_url": self.web(project.path, "-", "jobs", str(job.id)), "project": {"ci_job_token_scope_enabled": False},
        }
        if job.failure_reason:
            shown["failure_reason"] = job.failure_reason
        if job.bridge:
            shown["downstream_pipeline"] = self.pipeline_basic(job.downstream)
        else:
            shown.update({"artifacts": artifacts, "runner": self.runner(job), "runner_manager": None, "artifacts_expire_at": None,
                          "archived": job.archived, "tag_list": list(job.tags)})
        return shown

    def runner(self, job):
        if job.started_at is None:
            return None
        return {"id": 12, "description": job.runner or "runner", "ip_address": None, "active": True, "paused": False, "is_shared": True,
                "runner_type": "instance_type", "name": "gitlab-runner", "online": True, "status": "online"}

    def commit_status(self, job):
        return {"id": job.id, "sha": job.pipeline.sha, "ref": job.pipeline.ref, "status": job.status, "name": job.name,
                "target_url": self.web(job.project.path, "-", "jobs", str(job.id)), "description": None,
                "created_at": clock.iso(job.created_at), "started_at": clock.iso(job.started_at), "finished_at": clock.iso(job.finished_at),
                "allow_failure": job.allow_failure, "coverage": None, "pipeline_id": job.pipeline.id, "author": self.user_basic(job.user)}

    # the registry ---------------------------------------------------------------------------------------------------------

    def registry_repository(self, project, below, number):
        path = "/".join(filter(None, [project.path.lower(), below]))
        return {"id": number, "name": below, "path": path, "project_id": project.id, "location": self.site.registry_host() + "/" + path,
                "created_at": clock.iso(project.created_at), "cleanup_policy_started_at": None, "status": None}

    def tag(self, path, name):
        return {"name": name, "path": path + ":" + name, "location": self.site.registry_host() + "/" + path + ":" + name}

    def tag_details(self, path, name, found):
        revision = found["config"].split(":", 1)[-1]
        shown = self.tag(path, name)
        shown.update({"revision": revision, "short_revision": revision[:9], "digest": found["digest"], "created_at": found["created"],
                      "total_size": found["size"]})
        return shown


def slug(text):
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or hashlib.sha1(text.encode()).hexdigest()[:8]


def may_write_jobs(project, user):
    return project.level(user) >= DEVELOPER
