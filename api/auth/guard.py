"""The guard before every request and socket: authentication, origin check, and the reach of the principal.

Pure ASGI, so that it covers WebSockets and Dash's own routes. It stands outside every other
middleware (see app.Application), so nothing reads a body before it.
"""

from __future__ import annotations

import hmac
from dataclasses import replace
from urllib.parse import quote, urlencode, urlsplit

from starlette.datastructures import Headers, QueryParams
from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from api.auth.askers import asker_of, peer_of
from api.auth.cookies import Cookies
from api.auth.identities import Identities, demo_officer
from api.auth.witness import Witness
from api.dependencies import Dependencies
from api.http import problems
from api.http.bodies import MAX_BODY, bounded, check_length
from api.http.idempotency import HEADER, keyed_by
from api.http.problems import Problem
from api.principal import Principal, Right, Role
from api.stores import problem_of
from feeds.asker import asked_by
from feeds.evidence import MAX_FILE
from feeds.journal import JournalLost

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
SIGN_IN = "/signin"
SESSION = "/api/v1/session"
ACCOUNT_PAGE = "/account"
OWN_ACCOUNT = (ACCOUNT_PAGE, "/api/v1/account", SESSION, "/api/v1/me", "/api/v1/site")
"""Paths that stay open to a person who must first change the password or set up the second factor."""
ICONS = ("/favicon.ico", "/_favicon.ico", "/manifest.json", "/manifest.webmanifest")
PUBLIC = frozenset({"/healthz", "/readyz", SIGN_IN, *ICONS})
WALL_DATA = ("/api/v1/live", "/api/v1/snapshot", "/api/v1/site", "/api/v1/kpi", "/api/v1/roster")
WALL_MAP = "/api/v1/map/"
WALL_PICTURES = "/api/v1/video/"
"""Cameras that are released for walls; the routes refuse all others (api/video_pictures.py)."""
WALL_PAGE = "/wall"
STAFF_PAGE = "/admin"
UNIT_PAGE = "/m"
UNIT_PATHS = (ACCOUNT_PAGE, "/api/v1/account", SESSION, "/api/v1/me", "/api/v1/site", "/api/v1/demo/role")
"""Paths that people of role `unit` may use in addition to `/m` and their tasks."""
TASKS = "/api/v1/tasks"
EVIDENCE = "/evidence"
PROGRAM_PATHS = ("/api/", "/metrics", "/healthz", "/readyz")
DASH = "/_dash-"
# Dash's own plumbing: it fills the page and carries no data that its callbacks do not put there.
DASH_PLUMBING = (DASH, "/_reload-hash")
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
NOT_SIGNED_IN, FORBIDDEN = 4401, 4403
TRY_AGAIN = 1013
"""Closes a socket whose owner cannot be looked up now (RFC 6455, registered as Try Again Later)."""
PAGES = ("forbidden", "journal-lost")
"""Problems that a person who opens an address sees as a page."""


class Guard:
    """Authenticates requests, refuses forged ones, and lets unknown principals reach public paths only."""

    def __init__(self, app: ASGIApp, deps: Dependencies, identities: Identities) -> None:
        self._app, self._deps, self._identities = app, deps, identities
        self._cookies, self._witness = Cookies(deps.settings), Witness(deps)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        if scope["type"] == "http":
            send = self._witness.watching(connection, send)
        with asked_by({"address": peer_of(connection)}):
            try:
                answer = await self._admit(connection)
            except Problem as problem:
                with asked_by(asker_of(connection)):
                    await self._refuse(problem, connection, receive, send)
                return
            except JournalLost as error:
                await self._refuse(Problem(problem_of(error)), connection, receive, send)
                return
            if answer is not None:
                await answer(scope, receive, send)
                return
            with asked_by(asker_of(connection)), keyed_by(connection.headers.get(HEADER, "")):
                await self._app(scope, bounded(receive, _longest(scope)) if scope["type"] == "http" else receive, send)

    async def _admit(self, connection: HTTPConnection) -> Response | None:
        """None when the request may go on, or a redirect in its place. Raises Problem for a refused request."""
        scope, path = connection.scope, connection.scope["path"]
        if self._deps.settings.demo:
            _check_demo_host(connection.headers)
        if self._is_static(scope, path):
            return None
        try:
            principal = await self._identify(connection, path)
        except JournalLost:
            if not _is_public(scope, path):
                raise
            principal = None
        principal = self._of_units(principal)
        scope.setdefault("state", {})["principal"] = principal
        if principal is not None and principal.role == Role.UNIT and not principal.must and path == "/":
            return RedirectResponse(UNIT_PAGE, status_code=303)
        if not _is_public(scope, path):
            _check_reach(principal, path)
        _check_origin(scope, connection.headers, principal, path)
        check_length(connection.headers, _longest(scope))
        if scope["type"] == "http" and path == WALL_PAGE and "token" in connection.query_params:
            return self._exchange(connection.query_params, principal)
        return None

    def _is_static(self, scope: Scope, path: str) -> bool:
        return scope["type"] == "http" and scope["method"] in SAFE and path.startswith(self._deps.static_prefixes)

    async def _identify(self, connection: HTTPConnection, path: str) -> Principal | None:
        header = connection.headers.get("authorization", "")
        if header:
            return await self._bearer(header)
        if "token" in connection.query_params and takes_token(path):
            return await self._wall(connection.query_params["token"])
        if cookie := connection.cookies.get(self._cookies.session):
            session = await self._identities.session(cookie, active=_is_action(connection))
            if session is not None:
                return session
        if cookie := connection.cookies.get(self._cookies.wall):
            token = await self._identities.token(cookie)
            if token is not None and token.via == "wall" and _is_for_wall(path):
                return token
        return demo_officer() if self._deps.settings.demo else None

    def _of_units(self, principal: Principal | None) -> Principal | None:
        """The principal with the units for which the account acts."""
        if principal is None or principal.via in ("token", "wall"):
            return principal
        units = self._deps.units().of_person(principal.name)
        return replace(principal, units=units) if units else principal

    async def _bearer(self, header: str) -> Principal:
        scheme, _, raw = header.partition(" ")
        token = await self._identities.token(raw.strip()) if scheme.lower() == "bearer" else None
        if token is None:
            raise Problem("token-refused")
        return token

    async def _wall(self, raw: str) -> Principal:
        token = await self._identities.token(raw)
        if token is None or token.via != "wall":
            raise Problem("token-refused")
        return token

    def _exchange(self, query: QueryParams, principal: Principal | None) -> Response | None:
        """Put the wall's token into a cookie and take it out of the address, the history and every log."""
        if principal is None or principal.via != "wall":
            return None
        query_string = urlencode([(key, value) for key, value in query.multi_items() if key != "token"])
        answer = RedirectResponse(WALL_PAGE + (f"?{query_string}" if query_string else ""), status_code=303)
        self._cookies.set_wall(answer, query["token"])
        return answer

    async def _refuse(self, problem: Problem, connection: HTTPConnection, receive: Receive, send: Send) -> None:
        scope = connection.scope
        if scope["type"] == "websocket":
            await _close(problem, receive, send)
            return
        path = scope["path"]
        answer: Response | None = None
        lang = problems.language(connection.headers, self._deps.site.language)
        page = scope["method"] in SAFE and not path.startswith((*PROGRAM_PATHS, *DASH_PLUMBING))
        if problem.slug in ("not-signed-in", "token-refused") and page:
            answer = RedirectResponse(f"{SIGN_IN}?next={quote(_local(scope), safe='')}", status_code=303)
        elif page and problem.slug == "must-change":
            answer = RedirectResponse(ACCOUNT_PAGE, status_code=303)
        elif page and problem.slug in PAGES and "text/html" in connection.headers.get("accept", ""):
            answer = problems.page(problem, lang)
        await (answer or problems.response(problem, lang, path))(scope, receive, send)


def _is_action(connection: HTTPConnection) -> bool:
    """True for a request that proves that the person is present: a write, or the opening of a page.

    The reads and sockets of an open page do not count. The header Sec-Fetch-Mode (W3C Fetch Metadata) tells them apart.
    Requests without it count.
    """
    scope, mode = connection.scope, connection.headers.get("sec-fetch-mode", "")
    if scope["type"] != "http":
        return False
    return scope["method"] not in SAFE or mode in ("", "navigate")


def _is_public(scope: Scope, path: str) -> bool:
    if scope["type"] != "http":
        return False
    return path in PUBLIC or (path == SESSION and scope["method"] == "POST")


def _is_wall_data(path: str) -> bool:
    return path in WALL_DATA or path.startswith(WALL_MAP)


def takes_token(path: str) -> bool:
    """True for the paths where a wall may have its token in the address: its page and the data of it."""
    return _is_wall_data(path) or path == WALL_PAGE


def _is_for_wall(path: str) -> bool:
    """True for the paths that a wall may reach: its page, Dash's own requests, its data, its principal."""
    if path in (WALL_PAGE, "/api/v1/me") or _is_wall_data(path):
        return True
    return path.startswith((*DASH_PLUMBING, WALL_PICTURES))


def _is_for_unit(path: str) -> bool:
    """True for the paths that a person of role unit may reach: tasks, the page of them, and the own account."""
    return path in (*UNIT_PATHS, UNIT_PAGE, TASKS) or path.startswith((f"{TASKS}/", "/api/v1/account/"))


def _longest(scope: Scope) -> int:
    """The most bytes that a request may carry: a file of evidence may be larger than anything else."""
    if scope["type"] != "http" or scope["method"] != "PUT":
        return MAX_BODY
    path: str = scope["path"]
    return MAX_FILE if path.startswith(f"{TASKS}/") and path.endswith(EVIDENCE) else MAX_BODY


def _local(scope: Scope) -> str:
    """The path asked for, as a path of this server only ("//host" would be another one); never with a token."""
    path: str = "/" + scope["path"].lstrip("/\\")
    query = [(key, value) for key, value in QueryParams(scope["query_string"]).multi_items() if key != "token"]
    return path + (f"?{urlencode(query)}" if query else "")


def _check_reach(principal: Principal | None, path: str) -> None:
    """Raise Problem for a path that the kind of principal may not reach. The routes check the rights of roles."""
    if principal is None:
        raise Problem("not-signed-in")
    if principal.must and not path.startswith(OWN_ACCOUNT):
        raise Problem("must-change")
    if principal.via == "wall" and not _is_for_wall(path):
        raise Problem("forbidden")
    if principal.via == "token" and not path.startswith(PROGRAM_PATHS):
        raise Problem("forbidden")
    if principal.role == Role.UNIT and not _is_for_unit(path):
        raise Problem("forbidden")
    if path == STAFF_PAGE and not principal.rights & {Right.ADMINISTER, Right.ACCOUNTS, Right.AUDIT}:
        raise Problem("forbidden")


def _check_origin(scope: Scope, headers: Headers, principal: Principal | None, path: str) -> None:
    """Writes and sockets that ride on a browser's cookies must come from our own pages (OWASP CSRF, Fetch Metadata)."""
    ambient = principal is None or principal.via != "token"
    if scope["type"] == "websocket":
        if ambient and not _same_origin(headers):
            raise Problem("csrf")
        return
    if scope["method"] in SAFE or not ambient or headers.get("authorization"):
        return
    if not _same_origin(headers):
        raise Problem("csrf")
    if path.startswith(DASH):
        # Dash's renderer sends no token of ours; there the browser's own word for the origin must be present.
        if "origin" not in headers and "sec-fetch-site" not in headers:
            raise Problem("csrf")
    elif principal is not None and not _is_public(scope, path):
        _check_token(headers, principal)


def _check_token(headers: Headers, principal: Principal) -> None:
    if principal.csrf and not hmac.compare_digest(headers.get("x-csrf-token", "").encode(), principal.csrf.encode()):
        raise Problem("csrf")


def _same_origin(headers: Headers) -> bool:
    """False when the browser says that another site's page asks; programs send neither header."""
    if headers.get("sec-fetch-site", "same-origin") != "same-origin":
        return False
    origin = headers.get("origin")
    return origin is None or (bool(urlsplit(origin).netloc) and urlsplit(origin).netloc == headers.get("host"))


def _check_demo_host(headers: Headers) -> None:
    """A foreign name that resolves to loopback (DNS rebinding) must not reach a demo where all are signed in."""
    host = urlsplit("//" + headers.get("host", "")).hostname or ""
    if host not in LOOPBACK_NAMES:
        raise Problem("wrong-host")


async def _close(problem: Problem, receive: Receive, send: Send) -> None:
    """Close a socket with a code that the browser can read: that takes accepting it first."""
    await receive()
    await send({"type": "websocket.accept"})
    code = {401: NOT_SIGNED_IN, 503: TRY_AGAIN}.get(problem.status, FORBIDDEN)
    await send({"type": "websocket.close", "code": code, "reason": problem.slug})
