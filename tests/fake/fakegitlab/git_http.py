# SPDX-License-Identifier: GPL-3.0-or-later
"""Clone, fetch and push over HTTP through git's own http-backend, and Git LFS, with the checks of tokens in front."""
import json
import os
import re
import subprocess
import tempfile
import threading

from . import access, answers
from .repository import ENVIRONMENT
from .web import Closed

ADDRESS = re.compile(r"/(?P<path>.+?)\.git/(?P<rest>info/refs|HEAD|objects/.*|git-upload-pack|git-receive-pack|info/lfs/.*)$")
LFS = "application/vnd.git-lfs+json"
HASH = re.compile(r"[0-9a-f]{64}$")


def match(site, request):
    if not request.path.startswith(site.prefix + "/"):
        return None
    return ADDRESS.match(request.path[len(site.prefix):])


def challenge(text="HTTP Basic: Access denied. If a password was provided for Git authentication, the password was incorrect or you're required to use "
              "a token instead of a password."):
    return answers.Refusal(answers.as_text(text, 401, [("WWW-Authenticate", 'Basic realm="GitLab"')], "text/plain"))


def admitted(site, request, path, writes):
    """(project, user): what may be read or written with this login; what is hidden looks as if it weren't there."""
    user, token = access.login(site.world, request)
    if token is False:
        raise challenge()
    project = site.world.by_path.get(path.lower()) or site.world.moved.get(path.lower())
    request.user = user
    if project is None or not project.visible(user):
        if token is None:
            raise challenge()
        raise answers.Refusal(answers.as_text("The project you were looking for could not be found or you don't have permission to view it.", 404,
                                              kind="text/plain"))
    if writes and token is None:
        raise challenge()
    wanted = {"write_repository", "api"} if writes else {"read_repository", "write_repository", "api"}
    if token is not None and token.kind != "job" and not wanted & set(token.scopes):
        raise answers.Refusal(answers.as_text("You are not allowed to access this repository with this token's scopes.", 403, kind="text/plain"))
    if not project.reads_code(user):
        raise answers.Refusal(answers.as_text("You are not allowed to download code from this project.", 403, kind="text/plain"))
    if writes and (project.level(user) < 30 or project.archived):
        raise answers.Refusal(answers.as_text("You are not allowed to push code to this project.", 403, kind="text/plain"))
    return project, user


def answer(site, request, found):
    rest = found.group("rest")
    if rest.startswith("info/lfs/"):
        return lfs(site, request, found.group("path"), rest[len("info/lfs/"):])
    service = request.one("service") if rest == "info/refs" else rest
    writes = service == "git-receive-pack"
    request.endpoint = "git " + str(service)
    project, user = admitted(site, request, found.group("path"), writes)
    if project.repo is None:
        with site.world.lock:
            if project.repo is None:
                project.repo = site.new_repository(project.path).create()
    if writes:
        project.repo.own()
    return backend(site, request, project, user, "/" + rest, writes)


def backend(site, request, project, user, rest, writes):
    """What git answers, passed on as it comes; a push is noticed when it has ended."""
    pushed = None
    environment = dict(ENVIRONMENT, PATH=os.environ.get("PATH", "/usr/bin:/bin"), GIT_PROJECT_ROOT=project.repo.folder, GIT_HTTP_EXPORT_ALL="1",
                       PATH_INFO=rest, QUERY_STRING=request.raw_query, REQUEST_METHOD=request.method, CONTENT_TYPE=request.header("Content-Type"),
                       GIT_PROTOCOL=request.header("Git-Protocol"), HTTP_CONTENT_ENCODING=request.header("Content-Encoding"),
                       REMOTE_ADDR=request.peer[0])
    if user:
        environment["REMOTE_USER"] = user.username
    if writes:
        handle, pushed = tempfile.mkstemp(dir=site.state)
        os.close(handle)
        blocked = [branch for branch in project.protected if not project.pushes_to(user, branch)]
        environment.update(FAKE_PUSHED=pushed, FAKE_PROTECTED=" ".join("refs/heads/" + b for b in blocked))
    process = subprocess.Popen(["git", "http-backend"], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    feeder = threading.Thread(target=feed, args=(request.stream, process.stdin), daemon=True)
    request.feeder = feeder
    feeder.start()
    status, headers, kind = cgi_head(process.stdout)
    return answers.Answer(status, passed_on(site, process, feeder, project, user, pushed), kind, headers)


def feed(stream, sink):
    try:
        for piece in stream.pieces():
            sink.write(piece)
    except (OSError, ValueError, Closed):
        pass
    finally:
        try:
            sink.close()
        except OSError:
            pass


def cgi_head(stream):
    status, headers, kind = 200, [], "text/plain"
    while (line := stream.readline().rstrip(b"\r\n")):
        name, _, value = line.decode("latin-1").partition(": ")
        if name.lower() == "status":
            status = int(value.split()[0])
        elif name.lower() == "content-type":
            kind = value
        elif name.lower() != "content-length":
            headers.append((name, value))
    return status, headers, kind


def passed_on(site, process, feeder, project, user, pushed):
    try:
        while (piece := process.stdout.read1(65536)):
            yield piece
        if pushed:
            process.wait()
            note_push(site, project, user, pushed)
            pushed = None
    finally:
        process.stdout.close()
        if process.poll() is None:
            process.terminate()
        process.wait()
        feeder.join(5)
        if pushed:
            note_push(site, project, user, pushed)


def note_push(site, project, user, path):
    with open(path, encoding="utf-8", errors="surrogateescape") as f:
        changes = [tuple(line.split(" ", 2)) for line in f.read().split("\n") if line.count(" ") >= 2]
    os.unlink(path)
    if changes:
        site.pushed(project, user, changes)


# LFS ------------------------------------------------------------------------------------------------------------------------

def lfs(site, request, path, rest):
    request.endpoint = "lfs " + (rest if rest == "objects/batch" else rest.split("/", 1)[0])
    if rest == "objects/batch":
        return batch(site, request, path)
    if rest.startswith("locks"):
        return lfs_says("Not found", 404)
    found = re.match(r"objects/([0-9a-f]{64})(?:/(\d+))?$", rest)
    if not found:
        return lfs_says("Not found", 404)
    project, _ = admitted(site, request, path, request.method in ("PUT", "POST"))
    return upload(site, request, project, found.group(1)) if request.method == "PUT" else download(site, project, found.group(1))


def lfs_says(message, status):
    return answers.as_text(json.dumps({"message": message, "documentation_url": "https://docs.gitlab.com/ee/topics/git/lfs"}), status, kind=LFS)


def batch(site, request, path):
    try:
        wanted = json.loads(request.body)
        writes = wanted.get("operation") == "upload"
        objects = [(str(o["oid"]), int(o["size"])) for o in wanted["objects"]]
    except (ValueError, KeyError, TypeError, AttributeError):
        return lfs_says("The request is no batch", 422)
    project, _ = admitted(site, request, path, writes)
    base = "%s/%s.git/info/lfs/objects/" % (site.root_url(), project.path)
    headers = {"Authorization": request.header("Authorization")} if request.header("Authorization") else {}
    rows = []
    for oid, size in objects:
        there = HASH.match(oid) and os.path.exists(stored(site, project, oid))
        row = {"oid": oid, "size": size, "authenticated": True}
        if writes and not there:
            row["actions"] = {"upload": {"href": base + oid + "/%d" % size, "header": dict(headers, **{"Content-Type": "application/octet-stream"})}}
        elif not writes and there:
            row["actions"] = {"download": {"href": base + oid, "header": headers}}
        elif not writes:
            row["error"] = {"code": 404, "message": "Object does not exist on the server or you don't have permissions to access it"}
        rows.append(row)
    return answers.as_text(json.dumps({"transfer": "basic", "objects": rows}), kind=LFS)


def stored(site, project, oid):
    """LFS objects of forks are shared with their source, so all lie in one place."""
    _ = project
    return os.path.join(site.state, "lfs", oid[:2], oid)


def upload(site, request, project, oid):
    import hashlib
    path = stored(site, project, oid)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    digest = hashlib.sha256()
    handle, partial = tempfile.mkstemp(dir=os.path.dirname(path))
    with os.fdopen(handle, "wb") as f:
        for piece in request.stream.pieces():
            digest.update(piece)
            f.write(piece)
    if digest.hexdigest() != oid:
        os.unlink(partial)
        return lfs_says("The object does not match its id", 422)
    os.replace(partial, path)
    return answers.Answer(200, b"", LFS)


def download(site, project, oid):
    path = stored(site, project, oid)
    if not os.path.exists(path):
        return lfs_says("Not found", 404)
    return answers.Answer(200, pieces_of(path), "application/octet-stream")


def pieces_of(path):
    with open(path, "rb") as f:
        while (piece := f.read(65536)):
            yield piece


