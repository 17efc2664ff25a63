"""What every answer carries: security headers, caching rules, and a HEAD wherever there is a GET."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.datastructures import MutableHeaders
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
                self._dress(MutableHeaders(scope=message), scope, message["status"])
            elif message["type"] == "http.response.body" and head:
                message = {**message, "body": b""}
            await send(message)

        inner = {**scope, "method": "GET"} if head else scope
        await self._app(inner, receive, sending)

    def _dress(self, headers: MutableHeaders, scope: Scope, status: int) -> None:
        html = headers.get("content-type", "").startswith("text/html")
        headers["Content-Security-Policy"] = policy(self._deps.script_hashes() if html else ())
        for name, value in FIXED.items():
            headers[name] = value
        if self._deps.settings.secure:
            headers["Strict-Transport-Security"] = f"max-age={YEAR}"
        if "cache-control" not in headers:
            headers["Cache-Control"] = self._caching(scope, status)

    def _caching(self, scope: Scope, status: int) -> str:
        """Files with their modification time in the address never change; other files are asked for by ETag."""
        if (status >= 300 and status != 304) or not scope["path"].startswith(self._deps.static_prefixes):
            return "no-store"
        return f"public, max-age={YEAR}, immutable" if scope["query_string"].startswith(b"m=") else "no-cache"
