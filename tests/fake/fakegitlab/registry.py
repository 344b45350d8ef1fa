# SPDX-License-Identifier: GPL-3.0-or-later
"""A container registry of its own (distribution API v2), and the tokens that GitLab gives for registries.

Enough for docker push and pull: blobs in one piece or in chunks, manifests, tags. `docker_registry.py` is the same for
Debian's docker-registry.
"""
import base64
import hashlib
import hmac
import json
import os
import re
import tempfile
import threading
import uuid

from . import access, answers, clock
from .git_http import pieces_of

SERVICE = "container_registry"
MANIFESTS = ("application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json",
             "application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json")


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Signer:
    """Tokens signed with a secret that only this process knows."""

    def __init__(self):
        self.key = os.urandom(32)

    def sign(self, claims):
        head = b64(json.dumps({"alg": "HS256", "typ": "JWT"}).encode())
        body = b64(json.dumps(claims).encode())
        mark = b64(hmac.new(self.key, (head + "." + body).encode(), hashlib.sha256).digest())
        return head + "." + body + "." + mark

    def read(self, text):
        """The claims of a token that is ours and not too old, or None."""
        parts = text.split(".")
        if len(parts) != 3:
            return None
        wanted = b64(hmac.new(self.key, (parts[0] + "." + parts[1]).encode(), hashlib.sha256).digest())
        if not hmac.compare_digest(wanted, parts[2]):
            return None
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        return claims if claims["exp"] > clock.now() else None


def auth(site, request):
    """GET /jwt/auth: a token with what the login may do of what was asked; nothing granted is no error."""
    request.endpoint = "GET /jwt/auth"
    user, token = access.login(site.world, request)
    if token is False or (token is not None and token.kind == "oauth"):
        return says("DENIED", "access forbidden", 403)
    if request.one("service") != SERVICE:
        return says("UNAVAILABLE", "registry not enabled", 404)
    granted = []
    for scope in " ".join(request.many("scope")).split():
        found = re.fullmatch(r"repository:([^:]+):(.+)", scope)
        if not found:
            continue
        actions = [a for a in found.group(2).split(",") if may(site, user, token, found.group(1), a)]
        if actions:
            granted.append({"type": "repository", "name": found.group(1), "actions": actions})
    if token is None and request.many("scope") and not granted:
        return says("DENIED", "access forbidden", 403)
    now = int(clock.now())
    claims = {"iss": "gitlab-issuer", "sub": user.username if user else "", "aud": SERVICE, "iat": now, "nbf": now - 5, "exp": now + site.jwt_seconds,
              "jti": uuid.uuid4().hex, "access": granted, "auth_type": "personal_access_token" if token else "none"}
    return answers.as_json({"token": site.registry.signer.sign(claims)})


def may(site, user, token, name, action):
    project, below = site.project_of_image(name)
    if project is None or not project.visible(user) or not project.reads_registry(user):
        return False
    scopes = set(token.scopes) if token else set()
    if action == "pull":
        return token is None and project.visibility == "public" or token is not None and (token.kind == "job" or bool(
            scopes & {"api", "read_api", "read_registry", "write_registry"}))
    if action in ("push", "*", "delete") and token is not None and (token.kind == "job" or scopes & {"api", "write_registry"}):
        allowed = project.level(user) >= 30
        if allowed and action == "push":
            site.ensure_registry_row(project, below)
        return allowed
    return False


def says(code, message, status, detail=None):
    return answers.as_json({"errors": [{"code": code, "message": message, "detail": detail}]}, status)


class TinyRegistry:
    """Blobs and manifests in a folder. answer() serves /v2/."""

    def __init__(self, folder):
        self.folder = folder
        self.signer = Signer()
        self.lock = threading.Lock()
        self.uploads = {}
        os.makedirs(os.path.join(folder, "blobs"), exist_ok=True)

    # what GitLab asks it ----------------------------------------------------------------------------------------------------

    def tags_file(self, name):
        return os.path.join(self.folder, "tags", name.replace("/", "%") + ".json")

    def _tags(self, name):
        try:
            with open(self.tags_file(name), encoding="utf-8") as f:
                return json.load(f)
        except OSError:
            return {}

    def tags(self, name):
        return list(self._tags(name))

    def tag(self, name, tag):
        """{"digest", "config", "created", "size"} or None."""
        digest = self._tags(name).get(tag)
        found = self.manifest(name, digest) if digest else None
        if found is None:
            return None
        manifest = json.loads(found[1])
        while "manifests" in manifest:
            inner = self.manifest(name, manifest["manifests"][0]["digest"])
            manifest = json.loads(inner[1]) if inner else {"config": {"digest": ""}, "layers": []}
        config = manifest.get("config", {}).get("digest", "")
        try:
            created = json.loads(self.blob(config) or b"{}").get("created")
        except ValueError:
            created = None
        size = sum(layer.get("size", 0) for layer in manifest.get("layers", [])) + manifest.get("config", {}).get("size", 0)
        return {"digest": digest, "config": config, "created": created, "size": size}

    def set_tag(self, name, tag, digest):
        with self.lock:
            tags = self._tags(name)
            tags[tag] = digest
            if digest is None:
                del tags[tag]
            os.makedirs(os.path.dirname(self.tags_file(name)), exist_ok=True)
            with open(self.tags_file(name) + ".new", "w", encoding="utf-8") as f:
                json.dump(tags, f)
            os.replace(self.tags_file(name) + ".new", self.tags_file(name))

    def add_image(self, name, tag, created, layer=b"a layer"):
        """An image without any use but to be there."""
        config = json.dumps({"created": created, "architecture": "amd64", "os": "linux", "config": {}, "rootfs": {"type": "layers", "diff_ids": []}}).encode()
        manifest = {"schemaVersion": 2, "mediaType": MANIFESTS[3],
                    "config": {"mediaType": "application/vnd.docker.container.image.v1+json", "size": len(config), "digest": self.keep(config)},
                    "layers": [{"mediaType": "application/vnd.docker.image.rootfs.diff.tar.gzip", "size": len(layer), "digest": self.keep(layer)}]}
        digest = self.keep_manifest(json.dumps(manifest).encode(), MANIFESTS[3])
        self.set_tag(name, tag, digest)
        return digest

    # what it has -------------------------------------------------------------------------------------------------------------

    def path(self, digest):
        return os.path.join(self.folder, "blobs", digest.replace(":", "-"))

    def blob(self, digest):
        if not re.fullmatch(r"sha256:[0-9a-f]{64}", digest or ""):
            return None
        try:
            with open(self.path(digest), "rb") as f:
                return f.read()
        except OSError:
            return None

    def keep(self, data):
        digest = "sha256:" + hashlib.sha256(data).hexdigest()
        with open(self.path(digest), "wb") as f:
            f.write(data)
        return digest

    def keep_manifest(self, data, kind):
        digest = self.keep(data)
        with open(self.path(digest) + ".type", "w", encoding="ascii") as f:
            f.write(kind)
        return digest

    def manifest(self, name, reference):
        """(type, bytes, digest) or None."""
        digest = reference if reference.startswith("sha256:") else self._tags(name).get(reference)
        data = self.blob(digest) if digest else None
        try:
            with open(self.path(digest) + ".type", encoding="ascii") as f:
                return (f.read(), data, digest) if data is not None else None
        except (OSError, AttributeError):
            return None

    # /v2/ --------------------------------------------------------------------------------------------------------------------

    def answer(self, site, request):
        found = re.fullmatch(r"/v2/(?:(?P<name>[a-z0-9._/-]+)/(?P<kind>manifests|blobs|tags)/(?P<rest>[^?]+))?", request.path)
        name = found.group("name") if found else None
        kind = found.group("kind") if found else None
        request.endpoint = "registry %s /v2/%s" % (request.method, kind or "")
        refusal = self.refuses(site, request, name)
        if refusal:
            return refusal
        if found is None:
            return says("NOT_FOUND", "not found", 404)
        if name is None:
            return answers.as_json({}, headers=[("Docker-Distribution-Api-Version", "registry/2.0")])
        if kind == "tags":
            return answers.as_json({"name": name, "tags": sorted(self.tags(name))}) if self.tags(name) else says("NAME_UNKNOWN", "repository name not known to registry", 404)
        if kind == "manifests":
            return self.manifests(request, name, found.group("rest"))
        return self.blobs(request, name, found.group("rest"))

    def refuses(self, site, request, name):
        action = "pull" if request.method in ("GET", "HEAD") else "push"
        scheme, _, text = request.header("Authorization").partition(" ")
        claims = self.signer.read(text.strip()) if scheme.lower() == "bearer" else None
        if claims and (name is None or any(e["name"] == name and action in e["actions"] for e in claims["access"])):
            return None
        scope = ',scope="repository:%s:%s"' % (name, "pull" if action == "pull" else "pull,push") if name else ""
        answer = says("UNAUTHORIZED" if not claims else "DENIED", "authentication required" if not claims else "requested access to the resource is denied",
                      401, [{"Type": "repository", "Name": name, "Action": action}] if name else None)
        error = ',error="insufficient_scope"' if claims else ""
        return answer.header("WWW-Authenticate", 'Bearer realm="%s/jwt/auth",service="%s"%s%s' % (site.root_url(), SERVICE, scope, error))

    def manifests(self, request, name, reference):
        if request.method == "PUT":
            digest = self.keep_manifest(request.body, request.header("Content-Type"))
            if not reference.startswith("sha256:"):
                self.set_tag(name, reference, digest)
            return answers.Answer(201, b"", None, [("Docker-Content-Digest", digest), ("Location", "/v2/%s/manifests/%s" % (name, digest))])
        found = self.manifest(name, reference)
        if found is None:
            return says("MANIFEST_UNKNOWN", "manifest unknown", 404, {"Tag": reference})
        if request.method == "DELETE":
            self.set_tag(name, reference, None)
            return answers.Answer(202, b"", None)
        answer = answers.Answer(200, found[1], found[0], [("Docker-Content-Digest", found[2]), ("ETag", '"%s"' % found[2])])
        return answer

    def blobs(self, request, name, rest):
        if rest.startswith("uploads/") or rest == "uploads":
            return self.upload(request, name, rest.partition("/")[2])
        path = self.path(rest) if re.fullmatch(r"sha256:[0-9a-f]{64}", rest) else None
        if path is None or not os.path.exists(path):
            return says("BLOB_UNKNOWN", "blob unknown to registry", 404)
        return answers.Answer(200, pieces_of(path), "application/octet-stream", [("Docker-Content-Digest", rest)], os.path.getsize(path))

    def upload(self, request, name, number):
        """POST begins, PATCH adds, PUT adds and ends."""
        if request.method == "POST":
            number = uuid.uuid4().hex
            handle, path = tempfile.mkstemp(dir=self.folder)
            os.close(handle)
            self.uploads[number] = path
            if request.one("digest") is None:
                return self.progress(202, name, number, 0)
        if number not in self.uploads:
            return says("BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry", 404)
        with open(self.uploads[number], "ab") as f:
            for piece in request.stream.pieces():
                f.write(piece)
            size = f.tell()
        if request.method == "PATCH":
            return self.progress(202, name, number, size)
        path = self.uploads.pop(number)
        digest = hashlib.sha256()
        with open(path, "rb") as f:
            while (piece := f.read(1 << 20)):
                digest.update(piece)
        if "sha256:" + digest.hexdigest() != request.one("digest"):
            os.unlink(path)
            return says("DIGEST_INVALID", "provided digest did not match uploaded content", 400)
        os.replace(path, self.path(request.one("digest")))
        return answers.Answer(201, b"", None, [("Docker-Content-Digest", request.one("digest")), ("Location", "/v2/%s/blobs/%s" % (name, request.one("digest")))])

    @staticmethod
    def progress(status, name, number, size):
        return answers.Answer(status, b"", None, [("Location", "/v2/%s/blobs/uploads/%s" % (name, number)), ("Docker-Upload-UUID", number),
                                                  ("Range", "0-%d" % max(0, size - 1))])

    def end(self):
        pass


