"""Test notifications: one marked message to one receiver, and its outcome in words."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.responses import Response

from api.dependencies import Admin, Dependencies, Deps
from api.http.answers import Json
from api.responses import people as answered
from api.responses.describe import answers
from api.routers import api_router
from api.routes.people import send
from api.routes.people_bodies import ReceiverTestBody
from feeds import wire
from feeds.journal import OutboxItem

router = api_router(tags=["people"])
PAUSE, PATIENCE = 0.1, 15.0
WORDS = {
    "sent": ("已送出，用时 {seconds} 秒", "sent, after {seconds} s"),
    "refused": ("对方拒绝：{error}", "refused: {error}"),
    "failed": ("没有送到：{error}", "not delivered: {error}"),
    "waiting": ("{seconds} 秒内没有结果；请看该接收方的状态", "no outcome within {seconds} s; see its state"),
}


@router.post(
    "/receivers/{receiver_id}:test",
    responses=answers(answered.ReceiverTestResult, "conflict", "outside-region", "unanswered"),
)
async def test(deps: Deps, principal: Admin, receiver_id: str, body: ReceiverTestBody) -> Response:
    """Send a test notification through the real pipeline and return its outcome."""
    sent = await send(deps, principal, "receiver_test", receiver_id, "", None, body.model_dump())
    return Json(await _outcome(deps, sent["key"]))


async def _outcome(deps: Dependencies, key: str) -> dict[str, Any]:
    """The outcome of the message. Waits PATIENCE seconds at most."""
    item: OutboxItem | None = None
    for _ in range(round(PATIENCE / PAUSE)):
        item = await deps.journal.outbox_item(key)
        if item is not None and item.due is None:
            break
        await asyncio.sleep(PAUSE)
    outcome, error = judge(item)
    took = item.sent_at - item.created if item is not None and item.sent_at is not None else PATIENCE
    zh, en = (words.format(seconds=f"{max(0.0, took):.1f}", error=error) for words in WORDS[outcome])
    at = wire.iso(item.sent_at) if item is not None else None
    return {"ok": outcome == "sent", "outcome": outcome, "message": {"zh-CN": zh, "en": en}, "key": key, "sent_at": at}


def judge(item: OutboxItem | None) -> tuple[str, str]:
    """The outcome (sent, refused, failed, waiting) and the error of the receiver or of the transport."""
    if item is None or item.due is not None:
        return "waiting", ""
    if item.sent_at is not None:
        return "sent", ""
    name, colon, detail = item.error.partition(": ")
    return (name, detail) if colon and name in ("refused", "failed") else ("failed", item.error)
