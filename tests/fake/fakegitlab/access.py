# SPDX-License-Identifier: GPL-3.0-or-later
"""Who asks, and what their token lets them do."""
import base64

from . import answers, clock

READ = ("api", "read_api")


def basic(request):
    """(user, password) of Basic authentication, or None."""
    kind, _, rest = request.header("Authorization").partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        name, _, password = base64.b64decode(rest.strip()).decode("utf-8", "replace").partition(":")
    except ValueError:
        return None
    return name, password


def secret_of(request):
    kind, _, rest = request.header("Authorization").partition(" ")
    if kind.lower() == "bearer":
        return rest.strip()
    return request.header("PRIVATE-TOKEN") or request.header("JOB-TOKEN") or request.one("private_token") or request.one("access_token")


def identify(world, request):
    """Sets request.user and request.token. Nobody is somebody, too; a token that doesn't hold ends the request."""
    secret = secret_of(request)
    if not secret:
        return
    token = world.tokens.get(secret)
    if token is None or token.kind == "deploy":
        raise answers.unauthorized()
    check(token)
    request.token, request.user = token, token.user


def check(token):
    if token.revoked:
        raise answers.revoked()
    if token.is_expired():
        raise answers.expired()
    if token.user.state != "active":
        raise answers.refused(403, "403 Forbidden - Your account has been blocked.")
    token.last_used_at = clock.now()


def require_scope(request, scopes):
    """scopes: one of them is enough; what `api` may, everyone may who has it."""
    if request.token is None:
        return
    if request.token.kind == "job" and request.method == "GET":
        return
    if not set(request.token.scopes) & (set(scopes) | {"api"}):
        raise answers.insufficient_scope(["api"] + [s for s in scopes if s != "api"])


def require_user(request):
    if request.user is None:
        raise answers.unauthorized()


def login(world, request):
    """(user, token) behind Basic or Bearer, for git and the registry; (None, None) without; (None, False) when wrong."""
    pair = basic(request)
    secret = pair[1] if pair else secret_of(request)
    if not secret:
        return (None, None) if not pair else (None, False)
    token = world.tokens.get(secret)
    if token is None or token.revoked or token.is_expired() or token.user.state != "active":
        return None, False
    if pair and token.kind == "deploy" and pair[0] != "gitlab+deploy-token-%d" % token.id:
        return None, False
    token.last_used_at = clock.now()
    return token.user, token
