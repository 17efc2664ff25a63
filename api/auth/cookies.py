"""The two cookies: a person's session and a wall's token. Never readable by scripts, never sent across sites."""

from __future__ import annotations

from typing import Literal

from starlette.responses import Response

from api.settings import WebSettings

# Browsers keep cookies 400 days at most; a wall is to come back by itself after a power cut.
WALL_AGE = 400 * 86400


class Cookies:
    """Names and attributes; over HTTPS the `__Host-` prefix pins them to this host, path / and HTTPS.

    Otherwise the port is in the name: browsers share cookies between the ports of one host.
    """

    def __init__(self, settings: WebSettings) -> None:
        self._secure = settings.secure
        prefix, suffix = ("__Host-", "") if settings.secure else ("", f"-{settings.port}")
        self.session = f"{prefix}watchfloor{suffix}"
        self.wall = f"{prefix}watchfloor-wall{suffix}"

    def set_session(self, answer: Response, value: str) -> None:
        """Until the browser closes; the server ends it earlier."""
        self._set(answer, self.session, value)

    def set_wall(self, answer: Response, value: str) -> None:
        """Lax: it reads only, and a wall that is opened from another site's link must come up too."""
        self._set(answer, self.wall, value, age=WALL_AGE, samesite="lax")

    def clear_session(self, answer: Response) -> None:
        self._set(answer, self.session, "", age=0)

    def _set(
        self,
        answer: Response,
        name: str,
        value: str,
        age: int | None = None,
        samesite: Literal["strict", "lax"] = "strict",
    ) -> None:
        answer.set_cookie(name, value, max_age=age, path="/", secure=self._secure, httponly=True, samesite=samesite)
