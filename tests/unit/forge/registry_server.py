# SPDX-License-Identifier: GPL-3.0-or-later
"""A real docker-registry with a real token server for test-registry: says the registry's port when the image g/p:1 is in it, then serves
until it is ended. The token server gives pull of g/… to ada (password hush), and nothing to others."""
import base64
import hashlib
import http.client
import http.server
import json
import os
import pathlib
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

work = pathlib.Path(tempfile.mkdtemp(prefix="berth-registry-"))


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as s:
        return s.getsockname()[1]


subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=berth test", "-days", "2",
                "-keyout", work / "key.pem", "-out", work / "cert.pem"], check=True, stderr=subprocess.DEVNULL)
der = subprocess.run(["openssl", "x509", "-in", work / "cert.pem", "-outform", "DER"], check=True, stdout=subprocess.PIPE).stdout


def token(name, actions):
    now = int(time.time())
    head = {"typ": "JWT", "alg": "RS256", "x5c": [base64.b64encode(der).decode()]}
    body = {"iss": "berth-test", "sub": "ada", "aud": "registry", "exp": now + 300, "nbf": now - 60, "iat": now, "jti": secrets.token_hex(8),
            "access": [{"type": "repository", "name": n, "actions": actions} for n in name]}
    text = b64(json.dumps(head).encode()) + "." + b64(json.dumps(body).encode())
    sign = subprocess.run(["openssl", "dgst", "-sha256", "-sign", work / "key.pem"], input=text.encode(), check=True, stdout=subprocess.PIPE)
    return text + "." + b64(sign.stdout)


class Realm(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
        names = [s.split(":")[1] for s in query.get("scope", [])]
        ada = self.headers.get("Authorization") == "Basic " + base64.b64encode(b"ada:hush").decode()
        if self.headers.get("Authorization") and not ada:
            self.send_error(401)
            return
        allowed = [n for n in names if n.startswith("g/")] if ada else []
        answer = json.dumps({"token": token(allowed, ["pull"]), "expires_in": 300}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *args):
        pass


realm = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Realm)
threading.Thread(target=realm.serve_forever, daemon=True).start()
port = free_port()
(work / "config.yml").write_text(json.dumps({
    "version": "0.1", "log": {"level": "error"}, "http": {"addr": f"127.0.0.1:{port}", "secret": "x"},
    "storage": {"filesystem": {"rootdirectory": str(work / "data")}},
    "auth": {"token": {"realm": f"http://127.0.0.1:{realm.server_port}/jwt/auth", "service": "registry", "issuer": "berth-test",
                       "rootcertbundle": str(work / "cert.pem")}}}))
registry = subprocess.Popen(["docker-registry", "serve", work / "config.yml"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def end(*args):
    registry.kill()
    shutil.rmtree(work, ignore_errors=True)
    os._exit(0)


signal.signal(signal.SIGTERM, end)


def ask(method, path, body=b"", headers={}):
    c = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    c.request(method, path, body, {"Authorization": "Bearer " + token(["g/p"], ["pull", "push"]), **headers})
    r = c.getresponse()
    r.read()
    if r.status >= 300:
        raise SystemExit(f"{method} {path}: {r.status}")
    return r.headers


def push(blob):
    digest = "sha256:" + hashlib.sha256(blob).hexdigest()
    where = urllib.parse.urlsplit(ask("POST", "/v2/g/p/blobs/uploads/")["Location"])
    ask("PUT", f"{where.path}?{where.query}&digest={digest}", blob, {"Content-Type": "application/octet-stream"})
    return {"digest": digest, "size": len(blob)}


for _ in range(400):
    try:
        socket.create_connection(("127.0.0.1", port)).close()
        break
    except OSError:
        time.sleep(0.02)
config = push(json.dumps({"architecture": "amd64", "os": "linux", "created": "1970-01-02T00:00:00Z", "rootfs": {"type": "layers", "diff_ids": []}}).encode())
layer = push(b"l" * 42)
kind = "application/vnd.docker.distribution.manifest.v2+json"
ask("PUT", "/v2/g/p/manifests/1", json.dumps({
    "schemaVersion": 2, "mediaType": kind, "config": {"mediaType": "application/vnd.docker.container.image.v1+json", **config},
    "layers": [{"mediaType": "application/vnd.docker.image.rootfs.diff.tar.gzip", **layer}]}).encode(), {"Content-Type": kind})
sys.stdout.write(f"{port}\n")
sys.stdout.flush()
signal.pause()
