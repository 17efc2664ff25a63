"""What every answer carries: security headers, caching rules, and a HEAD wherever there is a GET."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.dependencies import Dependencies

YEAR = 31_536_000
POLICY = (
    "default-src 'none'; script-src {scripts}; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; frame-ancestors 'none'; "
    "base-uri 'none'; form-action 'self'"
)
FIXED = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def policy(hashes: Sequence[str]) -> str:
    """The Content-Security-Policy; `hashes` are "'sha256-…'" sources, quoted or not."""
    quoted = [item if item.startswith("'") else f"'{item}'" for item in hashes]
    return POLICY.format(scripts=" ".join(["'self'", *quoted]))


RawHeaders = Iterable[tuple[bytes, bytes]]
_FIXED = [(name.lower().encode(), value.encode()) for name, value in FIXED.items()]
_POLICY = (b"content-security-policy", policy(()).encode())
_NAMES = frozenset(name for name, _ in (*_FIXED, _POLICY))


class SecurityHeaders:
    """Adds the headers when an answer starts: Dash adds inline scripts at the first request, not before."""

    def __init__(self, app: ASGIApp, deps: Dependencies) -> None:
        self._app, self._deps = app, deps

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        head = scope["method"] == "HEAD"

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = self._dressed(message["headers"], scope, message["status"])
            elif message["type"] == "http.response.body" and head:
                message = {**message, "body": b""}
            await send(message)

        inner = {**scope, "method": "GET"} if head else scope
        await self._app(inner, receive, sending)

    def _dressed(self, headers: RawHeaders, scope: Scope, status: int) -> RawHeaders:
        """The headers of an answer with those of every answer. Names are in lower case, as ASGI has them."""
        own = dict(headers)
        html = own.get(b"content-type", b"").startswith(b"text/html")
        secured = [header for header in headers if header[0] not in _NAMES] if _NAMES & own.keys() else [*headers]
        secured.append((_POLICY[0], policy(self._deps.script_hashes()).encode()) if html else _POLICY)
        secured += _FIXED
        if self._deps.settings.secure:
            secured.append((b"strict-transport-security", f"max-age={YEAR}".encode()))
        if b"cache-control" not in own:
            secured.append((b"cache-control", self._caching(scope, status).encode()))
        return secured

    def _caching(self, scope: Scope, status: int) -> str:
        """Files with their modification time in the address never change; other files are asked for by ETag."""
        if (status >= 300 and status != 304) or not scope["path"].startswith(self._deps.static_prefixes):
            return "no-store"
        return f"public, max-age={YEAR}, immutable" if scope["query_string"].startswith(b"m=") else "no-cache"
