"""The demo's receiver: a real webhook and SMS gateway on loopback, which shows what a duty phone would receive.

`POST /` takes a message (see alerts/receivers/webhook.py), `POST /sms` a text as `{mobile, content}`, `GET /` lists the
last ones, newest first.

Messages are also stored in `run/messages.jsonl` of the demo's folder.
"""

from __future__ import annotations

import json
import logging
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiohttp import web

from feeds import state_file

log = logging.getLogger(__name__)

MESSAGES_KEPT = 200
BODY_LIMIT = 1 << 20


class DemoReceiver:
    """Takes messages; one that was sent twice with the same key is stored once.

    `tell` is given one line for each message; `clock` gives epoch seconds.
    """

    def __init__(self, log: Path, tell: Callable[[str], None], clock: Callable[[], float] = time.time) -> None:
        self._log = log
        self._tell = tell
        self._clock = clock
        self._messages: deque[dict[str, Any]] = deque(maxlen=MESSAGES_KEPT)
        self._keys: deque[str] = deque(maxlen=MESSAGES_KEPT)

    def app(self) -> web.Application:
        """The receiver as a web application."""
        app = web.Application(client_max_size=BODY_LIMIT)
        app.router.add_get("/", self._list)
        app.router.add_post("/", self._take)
        app.router.add_post("/sms", self._take)
        return app

    async def _list(self, _: web.Request) -> web.Response:
        return _json({"items": list(reversed(self._messages))})

    async def _take(self, request: web.Request) -> web.Response:
        try:
            body = await request.json()
        except ValueError:
            return _json({"error": "this is not JSON"}, status=400)
        key = request.headers.get("Idempotency-Key", "")
        if not key or key not in self._keys:
            self._keys.append(key)
            self._keep({"at": self._clock(), "key": key, "body": body})
        return _json({"key": key}, status=202)

    def _keep(self, message: dict[str, Any]) -> None:
        self._messages.append(message)
        # Rewritten completely, so that a demo that runs for days holds only the last messages.
        lines = "".join(json.dumps(message_, ensure_ascii=False) + "\n" for message_ in self._messages)
        try:
            state_file.write_text(self._log, lines)
        except OSError as error:  # the message itself was received and is printed
            log.warning("%s cannot be written: %s", self._log.name, error)
        self._tell(line(message["body"]))


def line(body: Any) -> str:
    """A message in one line of Chinese and English."""
    if isinstance(body, dict) and body.keys() >= {"mobile", "content"}:
        return f"☎ {body['mobile']} {' '.join(str(body['content']).split())[:200]}"
    if not isinstance(body, dict) or not isinstance(body.get("alert"), dict):
        return f"✉ {json.dumps(body, ensure_ascii=False)[:120]}"
    alert, asset = body["alert"], body.get("asset") or {}
    title = alert.get("title") or {}
    titles = " ".join(filter(None, (title.get("zh-CN"), title.get("en")))) or alert.get("rule", "")
    name = asset.get("name") or alert.get("asset", "")
    return f"✉ {body.get('reason', '')} {alert.get('severity', '')} {name} {titles}"


def _json(body: object, status: int = 200) -> web.Response:
    return web.json_response(body, status=status, dumps=lambda value: json.dumps(value, ensure_ascii=False))


@asynccontextmanager
async def serving(receiver: DemoReceiver, host: str, port: int) -> AsyncIterator[int]:
    """Serves while the block runs; gives the port (useful with 0). OSError when the address is taken."""
    runner = web.AppRunner(receiver.app(), access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        await site.start()
        yield int(runner.addresses[0][1])
    finally:
        await runner.cleanup()
