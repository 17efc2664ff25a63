"""The test button: one marked message to one receiver, and what became of it in words."""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from api.dependencies import Admin, Deps, Given
from api.http.answers import Json
from api.routes.people import send
from api.routes.people_bodies import Test
from feeds import wire
from feeds.journal import OutboxItem

router = APIRouter(prefix="/api/v1", tags=["people"])
PAUSE, PATIENCE = 0.1, 15.0
WORDS = {
    "sent": ("已送出，用时 {seconds} 秒", "sent, after {seconds} s"),
    "refused": ("对方拒绝：{error}", "refused: {error}"),
    "failed": ("没有送到：{error}", "not delivered: {error}"),
    "waiting": ("{seconds} 秒内没有结果；请看该接收方的状态", "no outcome within {seconds} s; see its state"),
}


@router.post("/receivers/{receiver_id}:test")
async def test(given: Given, who: Admin, receiver_id: str, wish: Test) -> Response:
    """Send a test message the way a real one goes, wait for the outcome, and tell it."""
    sent = await send(given, who, "receiver_test", receiver_id, "", None, wish.model_dump())
    return Json(await _outcome(given, sent["key"]))


async def _outcome(given: Deps, key: str) -> dict[str, Any]:
    """What became of the message; at most PATIENCE seconds are waited."""
    item: OutboxItem | None = None
    for _ in range(round(PATIENCE / PAUSE)):
        item = await given.journal.outbox_item(key)
        if item is not None and item.due is None:
            break
        await asyncio.sleep(PAUSE)
    outcome, error = judge(item)
    took = item.sent_at - item.created if item is not None and item.sent_at is not None else PATIENCE
    zh, en = (words.format(seconds=f"{max(0.0, took):.1f}", error=error) for words in WORDS[outcome])
    at = wire.iso(item.sent_at) if item is not None else None
    return {"ok": outcome == "sent", "outcome": outcome, "message": {"zh-CN": zh, "en": en}, "key": key, "sent_at": at}


def judge(item: OutboxItem | None) -> tuple[str, str]:
    """The outcome's name, and what the receiver or the way to it said."""
    if item is None or item.due is not None:
        return "waiting", ""
    if item.sent_at is not None:
        return "sent", ""
    name, colon, said = item.error.partition(": ")
    return (name, said) if colon and name in ("refused", "failed") else ("failed", item.error)
