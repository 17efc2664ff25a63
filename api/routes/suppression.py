"""What hides alerts by somebody's wish: the shelf, silences and maintenance windows, with owner, reason and end."""

from __future__ import annotations

import uuid
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from starlette.responses import Response

from api.commands import ask, refusal
from api.dependencies import Actor, Deps, Given, Viewer
from api.http.answers import Json, listing
from api.http.findings import finding
from api.http.moments import Moment
from api.http.problems import Problem
from api.kinds import lists
from api.principal import Principal
from api.records import suppressions
from feeds.documents.suppression import load
from feeds.kinds import ALERT, Audience
from feeds.model import Outcome, Severity

router = APIRouter(tags=["alerts"])
Reason = Annotated[str, StringConstraints(min_length=1, max_length=2000, strip_whitespace=True)]
Word = Annotated[str, StringConstraints(max_length=200)]
Some = Annotated[list[Word], Field(max_length=500)]
Ended = Annotated[bool, Query(description="Those that have ended too, newest first")]
TEXTS = {
    "until_past": ("结束时间已过", "the end lies in the past"),
    "bad_until": ("结束时间缺失或过远", "the end is missing or too far away"),
    "bad_starts": ("开始时间不在结束之前", "it would begin after its end"),
    "bad_comment": ("请说明原因", "a reason is needed"),
    "bad_match": ("匹配条件为空或无效", "what is matched is empty or makes no sense"),
    "bad_recurrence": ("重复规则无效", "the recurrence makes no sense"),
    "recurrence_overlap": (
        "每次持续的时间长于两次开始之间的间隔（每天重复最多 1440 分钟）；请缩短分钟数，或少选几天",
        "it would begin again before it ends (for every day 1440 minutes at most): give fewer minutes, or fewer days",
    ),
    "unknown_asset": ("有资产不在清单中", "one of the assets is not in the inventory"),
}


class Marked(BaseModel):
    """The entities that are meant; everything that is given must fit."""

    model_config = ConfigDict(extra="forbid")
    assets: Some = []
    region: Word = ""
    kinds: Some = []


class Matched(Marked):
    """The alerts that are meant, present and future ones."""

    rule: Word = ""
    severities: list[Severity] = []
    labels: Annotated[dict[Word, Word], Field(max_length=20)] = {}


class Silence(BaseModel):
    """Hide what matches until then. Without a region it is the own one."""

    model_config = ConfigDict(extra="forbid")
    match: Matched
    comment: Reason
    until: Moment
    starts: Moment | None = None


class Every(BaseModel):
    """Again and again: each day, or on some days of the week (1 is Monday), in the site's own time."""

    model_config = ConfigDict(extra="forbid")
    start: Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
    minutes: Annotated[int, Field(ge=1, le=7 * 24 * 60)]
    days: list[Annotated[int, Field(ge=1, le=7)]] = []


class Window(BaseModel):
    """Out of service until then: once, or again and again up to then."""

    model_config = ConfigDict(extra="forbid")
    match: Marked
    comment: Reason
    until: Moment
    starts: Moment | None = None
    recurrence: Every | None = None


@router.get("/shelf")
async def shelf(given: Given, who: Viewer) -> Response:
    """Every shelved alert with who put it there, why and until when (walls see no names)."""
    items = []
    for record in given.pump.mirror.records("alert", who.audience).values():
        if record["shelf"]:
            items.append(await _shelved(given, record, personal=who.personal))
    items.sort(key=lambda item: str(item["until"]))
    return listing(items, None, given.pump.mirror.rev, hidden=given.pump.mirror.hidden(who.audience).get("alert", 0))


async def _shelved(given: Deps, record: dict[str, Any], *, personal: bool) -> dict[str, Any]:
    entries = await given.journal.entries(
        kind="alert", subject=record["id"], limit=suppressions.SCAN, newest_first=True
    )
    found = next((entry for entry in entries if entry.name == "shelve"), None)
    by, comment = (found.actor, found.reason) if found is not None and personal else ("", "")
    return {"alert": record["id"], "asset": record["asset"], "by": by, "comment": comment, **record["shelf"]}


@router.get("/silences")
async def silences(given: Given, who: Viewer, ended: Ended = False) -> Response:
    """Silences with owner, reason, end, and how many open alerts each hides now."""
    return await _list(given, who, "silence", "silenced", ended)


@router.get("/maintenance")
async def maintenance(given: Given, who: Viewer, ended: Ended = False) -> Response:
    """Maintenance windows; `running` says which of them are open now."""
    return await _list(given, who, "maintenance", "maintenance", ended)


@router.post("/silences", status_code=201)
async def silence(given: Given, who: Actor, wish: Silence) -> Response:
    """Begin a silence; 201 once the journal has it."""
    match = wish.match.model_dump(mode="json")
    args = {"match": _within(who, match), "until": wish.until.timestamp()} | _starts(wish)
    return Json(await _send(given, who, "silence", uuid.uuid4().hex, wish.comment, args), status_code=201)


@router.post("/maintenance", status_code=201)
async def maintain(given: Given, who: Actor, wish: Window) -> Response:
    """Announce a maintenance window; 201 once the journal has it."""
    args = {"match": _within(who, wish.match.model_dump()), "until": wish.until.timestamp()} | _starts(wish)
    if wish.recurrence is not None:
        args["recurrence"] = wish.recurrence.model_dump() | {"zone": given.site.timezone}
    return Json(await _send(given, who, "maintain", uuid.uuid4().hex, wish.comment, args), status_code=201)


@router.delete("/silences/{key}")
async def end_silence(given: Given, who: Actor, key: str, comment: str = "") -> Response:
    """End a silence before its time; 409 when it has ended already."""
    return await _end(given, who, "silence", "unsilence", key, comment)


@router.delete("/maintenance/{key}")
async def end_maintenance(given: Given, who: Actor, key: str, comment: str = "") -> Response:
    """End a window before its time, or call it off; 409 when it has ended already."""
    return await _end(given, who, "maintenance", "unmaintain", key, comment)


def _within(who: Principal, match: dict[str, Any]) -> dict[str, Any]:
    """Whoever has a region means that region when none and no asset is named; another one is refused."""
    if match["region"] and not who.reaches(match["region"]):
        raise Problem("outside-region")
    if not match["region"] and not match["assets"]:
        return match | {"region": who.region}
    return match


def _starts(wish: Silence | Window) -> dict[str, float]:
    return {"starts": wish.starts.timestamp()} if wish.starts is not None else {}


async def _list(given: Deps, who: Principal, kind: str, prefix: str, ended: bool) -> Response:
    docs = await given.journal.docs_page(kind, open=None if ended else True, limit=suppressions.SCAN)
    found = [load(doc.body) for doc in docs]
    seen = [one for one in found if suppressions.is_visible(given, who.audience, one.match)]
    counts = _counts(given, who.audience)
    items = [suppressions.shown(one, who) | {"count": counts.get(f"{prefix}:{one.id}", 0)} for one in seen]
    return listing(items, None, given.pump.mirror.rev, hidden=len(docs) - len(seen))


def _counts(given: Deps, audience: Audience) -> dict[str, int]:
    """How many open alerts each reason hides now."""
    found: dict[str, int] = {}
    for record in given.pump.mirror.records("alert", audience).values():
        for reason in record["suppressed_by"]:
            found[reason] = found.get(reason, 0) + 1
    return found


async def _end(given: Deps, who: Principal, kind: str, action: str, key: str, comment: str) -> Response:
    doc = await given.journal.doc(kind, key)
    suppression = load(doc.body) if doc is not None else None
    if doc is None or suppression is None or not suppressions.is_visible(given, who.audience, suppression.match):
        raise Problem("not-found")
    if not doc.open:
        raise Problem("conflict", code="ended", current=suppressions.shown(suppression, who))
    return Json(await _send(given, who, action, key, comment[:2000], {}))


async def _send(
    given: Deps, who: Principal, action: str, key: str, comment: str, args: dict[str, Any]
) -> dict[str, Any]:
    result = await ask(given, who, action, key, args, comment=comment)
    if result.outcome is Outcome.DONE:
        return result.after or {}
    raise refusal(result, result.after or {}) or refused(result.detail)


def refused(code: str) -> Problem:
    """422 in both languages for a refusal's code."""
    zh, en = TEXTS.get(code, ("内容不合要求", "not acceptable"))
    said = {"zh-CN": zh, "en": en}
    return Problem("invalid", detail=said, findings=[finding("body", code, message=said)])


def _in_the_way(action: str, record: dict[str, Any]) -> str:
    """The engine's own word for why an action does not fit an alert, "" when it does."""
    if action == "comment":
        return ""
    if not (record["active"] or not record["acked"] or record["shelf"]):
        return "closed"
    if action == "unack" and not record["ack"]:
        return "not_acked"
    return "not_shelved" if action == "unshelve" and not record["shelf"] else ""


async def preview(given: Deps, who: Principal, action: str, alert_id: str) -> dict[str, Any]:
    """What an action would meet at one alert, without doing anything: {id, status, would, alert} or a problem."""
    record = await lists.find(given, ALERT, alert_id, Audience())
    if record is None:
        return {"id": alert_id, "status": 404, "problem": "not-found"}
    if not who.reaches(str(record["region"])):
        return {"id": alert_id, "status": 403, "problem": "outside-region"}
    if code := _in_the_way(action, record):
        return {"id": alert_id, "status": 409, "problem": "conflict", "code": code}
    return {"id": alert_id, "status": 200, "would": action, "alert": record}
