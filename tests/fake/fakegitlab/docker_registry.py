# SPDX-License-Identifier: GPL-3.0-or-later
"""Debian's docker-registry behind the registry's address: the same interface as TinyRegistry.

It believes tokens that are signed with a key made here; requests go through this process, which counts them and may spoil
them, to the port where it listens.
"""
import http.client
import json
import os
import socket
import subprocess
import time
import urllib.parse

from . import answers, children, clock, tls
from .registry import MANIFESTS, SERVICE, b64

CONFIG = """version: 0.1
log: {level: warn}
storage:
  filesystem: {rootdirectory: %(folder)s/images}
  delete: {enabled: true}
http:
  addr: 127.0.0.1:%(port)d
  relativeurls: true
auth:
  token: {realm: "%(realm)s", service: "%(service)s", issuer: "gitlab-issuer", rootcertbundle: %(folder)s/token.pem}
"""
HOP = ("connection", "keep-alive", "transfer-encoding", "content-length", "host", "date", "server")


class KeySigner:
    """Tokens signed with a private key, whose certificate goes with them."""

    def __init__(self, folder):
        self.key = os.path.join(folder, "token.key")
        if not os.path.exists(os.path.join(folder, "token.pem")):
            tls.openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "token.key", "-out", "token.new", "-days", "30", "-subj",
                        "/CN=gitlab-issuer", cwd=folder)
            os.replace(os.path.join(folder, "token.new"), os.path.join(folder, "token.pem"))
        with open(os.path.join(folder, "token.pem"), encoding="ascii") as f:
            self.certificate = "".join(line.strip() for line in f if "-----" not in line)

    def sign(self, claims):
        head = b64(json.dumps({"alg": "RS256", "typ": "JWT", "x5c": [self.certificate]}).encode())
        text = head + "." + b64(json.dumps(claims).encode())
        done = subprocess.run(["openssl", "dgst", "-sha256", "-sign", self.key], input=text.encode(), stdout=subprocess.PIPE, check=True)
        return text + "." + b64(done.stdout)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class DockerRegistry:
    def __init__(self, folder, program, realm):
        os.makedirs(folder, exist_ok=True)
        self.signer, self.port = KeySigner(folder), free_port()
        path = os.path.join(folder, "config.yml")
        with open(path, "w", encoding="utf-8") as f:
            f.write(CONFIG % {"folder": folder, "port": self.port, "realm": realm, "service": SERVICE})
        log = os.path.join(folder, "log")
        self.process = children.start([program, "serve", path], log)
        end = time.monotonic() + 30
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > end:
                    with open(log, encoding="utf-8", errors="replace") as f:
                        raise RuntimeError("docker-registry did not start: %s" % f.read()[-800:]) from None
                time.sleep(0.02)

    # /v2/ -----------------------------------------------------------------------------------------------------------------

    def answer(self, site, request):
        """Passes the request on, and the answer back."""
        words = request.path.split("/")
        request.endpoint = "registry %s /v2/%s" % (request.method, next((w for w in ("manifests", "blobs", "tags") if w in words), ""))
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=300)
        headers = {name: value for name, value in request.headers.items() if name.lower() not in HOP}
        if request.stream.chunked or request.stream.left:
            if request.header("Content-Length"):
                headers["Content-Length"] = request.header("Content-Length")
            line.request(request.method, request.target, request.stream.pieces(), headers, encode_chunked=not request.header("Content-Length"))
        else:
            line.request(request.method, request.target, None, dict(headers, **({"Content-Length": "0"} if request.method in ("POST", "PUT", "PATCH") else {})))
        reply = line.getresponse()
        passed = [(name, value) for name, value in reply.getheaders() if name.lower() not in HOP + ("content-type",)]
        length = reply.getheader("Content-Length")
        return answers.Answer(reply.status, body_of(line, reply), reply.getheader("Content-Type"), passed, int(length) if length else None)

    # what GitLab asks it ----------------------------------------------------------------------------------------------------

    def ask(self, name, method, path, body=None, **headers):
        """(status, headers, bytes), with a token of its own."""
        now = int(clock.now())
        token = self.signer.sign({"iss": "gitlab-issuer", "sub": "", "aud": SERVICE, "iat": now, "nbf": now - 5, "exp": now + 60, "jti": str(now),
                                  "access": [{"type": "repository", "name": name, "actions": ["pull", "push", "*", "delete"]}]})
        headers = {key.replace("_", "-"): value for key, value in headers.items()}
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            line.request(method, path, body, dict(headers, Authorization="Bearer " + token, Accept=", ".join(MANIFESTS)))
            reply = line.getresponse()
            return reply.status, reply.headers, reply.read()
        finally:
            line.close()

    def tags(self, name):
        status, _, body = self.ask(name, "GET", "/v2/%s/tags/list" % name)
        return (json.loads(body).get("tags") or []) if status == 200 else []

    def tag(self, name, tag):
        status, headers, body = self.ask(name, "GET", "/v2/%s/manifests/%s" % (name, urllib.parse.quote(tag)))
        if status != 200:
            return None
        digest, manifest = headers["Docker-Content-Digest"], json.loads(body)
        if "manifests" in manifest:
            manifest = json.loads(self.ask(name, "GET", "/v2/%s/manifests/%s" % (name, manifest["manifests"][0]["digest"]))[2])
        config = manifest["config"]["digest"]
        created = json.loads(self.ask(name, "GET", "/v2/%s/blobs/%s" % (name, config))[2]).get("created")
        return {"digest": digest, "config": config, "created": created, "size": sum(layer["size"] for layer in manifest["layers"]) + manifest["config"]["size"]}

    def set_tag(self, name, tag, digest):
        """Only removes, as GitLab does: the manifest."""
        found = self.tag(name, tag)
        if digest is None and found:
            self.ask(name, "DELETE", "/v2/%s/manifests/%s" % (name, found["digest"]))

    def put_blob(self, name, data):
        import hashlib
        digest = "sha256:" + hashlib.sha256(data).hexdigest()
        _, headers, _ = self.ask(name, "POST", "/v2/%s/blobs/uploads/" % name)
        place = headers["Location"]
        self.ask(name, "PUT", place + ("&" if "?" in place else "?") + "digest=" + digest, data, Content_Type="application/octet-stream")
        return digest

    def add_image(self, name, tag, created, layer=b"a layer"):
        config = json.dumps({"created": created, "architecture": "amd64", "os": "linux", "config": {}, "rootfs": {"type": "layers", "diff_ids": []}}).encode()
        manifest = {"schemaVersion": 2, "mediaType": MANIFESTS[3],
                    "config": {"mediaType": "application/vnd.docker.container.image.v1+json", "size": len(config), "digest": self.put_blob(name, config)},
                    "layers": [{"mediaType": "application/vnd.docker.image.rootfs.diff.tar.gzip", "size": len(layer), "digest": self.put_blob(name, layer)}]}
        status, headers, body = self.ask(name, "PUT", "/v2/%s/manifests/%s" % (name, tag), json.dumps(manifest).encode(), Content_Type=MANIFESTS[3])
        if status != 201:
            raise RuntimeError("the registry refused an image: %s" % body.decode("utf-8", "replace"))
        return headers["Docker-Content-Digest"]

    def end(self):
        children.stop(self.process)


def body_of(line, reply):
    try:
        while (piece := reply.read1(65536)):
            yield piece
    finally:
        line.close()


