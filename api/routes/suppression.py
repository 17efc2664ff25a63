"""Routes of suppression by people: shelved alerts, silences, maintenance windows."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from starlette.responses import Response

from api.commands import ask, refusal
from api.dependencies import Actor, Dependencies, Deps, Viewer
from api.http.answers import Json, listing
from api.http.findings import finding
from api.http.idempotency import order_id
from api.http.moments import Moment
from api.http.problems import Problem
from api.kinds import lists
from api.principal import Principal
from api.records import suppression_scopes, suppressions
from api.responses import alerts as answered
from api.responses.describe import answers
from api.routers import api_router
from feeds.documents.suppression import load
from feeds.kinds import ALERT, Audience
from feeds.model import Kind, Outcome, Severity

router = api_router(tags=["alerts"])
OF_CHANGE = ("conflict", "outside-region", "unanswered")
"""Problems of every change: the version is old, the region is another one, the engine does not answer."""
Reason = Annotated[str, StringConstraints(min_length=1, max_length=2000, strip_whitespace=True)]
Word = Annotated[str, StringConstraints(max_length=200)]
MatchList = Annotated[list[Word], Field(max_length=500)]
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


class AssetMatchBody(BaseModel):
    """The assets that a window applies to. Every given field must match."""

    model_config = ConfigDict(extra="forbid")
    assets: MatchList = []
    region: Word = ""
    kinds: MatchList = []
    owner: Word = ""


class AlertMatchBody(AssetMatchBody):
    """The alerts, present and future, that a silence applies to. Every given field must match."""

    rule: Word = ""
    severities: list[Severity] = []
    labels: Annotated[dict[Word, Word], Field(max_length=20)] = {}


class SilencePreviewBody(BaseModel):
    """The match of a silence that is not made yet."""

    model_config = ConfigDict(extra="forbid")
    match: AlertMatchBody


class MaintenancePreviewBody(BaseModel):
    """The match of a maintenance window that is not made yet."""

    model_config = ConfigDict(extra="forbid")
    match: AssetMatchBody


class SilenceBody(BaseModel):
    """A silence: hide matching alerts until a moment. The region is the actor's by default."""

    model_config = ConfigDict(extra="forbid")
    match: AlertMatchBody
    comment: Reason
    until: Moment
    starts: Moment | None = None


class RecurrenceBody(BaseModel):
    """A repetition every day or on some days of the week (1 is Monday), in the site's time zone."""

    model_config = ConfigDict(extra="forbid")
    start: Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
    minutes: Annotated[int, Field(ge=1, le=7 * 24 * 60)]
    days: list[Annotated[int, Field(ge=1, le=7)]] = []


class MaintenanceBody(BaseModel):
    """A maintenance window until a moment: once, or repeated up to then."""

    model_config = ConfigDict(extra="forbid")
    match: AssetMatchBody
    comment: Reason
    until: Moment
    starts: Moment | None = None
    recurrence: RecurrenceBody | None = None


@router.get("/shelf", responses=answers(answered.ShelfList))
async def shelf(deps: Deps, principal: Viewer) -> Response:
    """Every shelved alert with actor, reason and end. Walls see no names."""
    items = []
    for record in deps.pump.mirror.records("alert", principal.audience).values():
        if record["shelf"]:
            items.append(await _shelved(deps, record, personal=principal.personal))
    items.sort(key=lambda item: str(item["until"]))
    return listing(
        items, None, deps.pump.mirror.rev, hidden=deps.pump.mirror.hidden(principal.audience).get("alert", 0)
    )


async def _shelved(deps: Dependencies, record: dict[str, Any], *, personal: bool) -> dict[str, Any]:
    entries = await deps.journal.entries(kind="alert", subject=record["id"], limit=suppressions.SCAN, newest_first=True)
    shelving = next((entry for entry in entries if entry.name == "shelve"), None)
    by, comment = (shelving.actor, shelving.reason) if shelving is not None and personal else ("", "")
    return {"alert": record["id"], "asset": record["asset"], "by": by, "comment": comment, **record["shelf"]}


@router.get("/silences", responses=answers(answered.SuppressionList))
async def silences(deps: Deps, principal: Viewer, ended: Ended = False) -> Response:
    """Silences with owner, reason, end, and the number of open alerts that each hides now."""
    return await _list(deps, principal, "silence", "silenced", ended)


@router.get("/maintenance", responses=answers(answered.SuppressionList))
async def maintenance(deps: Deps, principal: Viewer, ended: Ended = False) -> Response:
    """Maintenance windows. `running`: the window is in force now."""
    return await _list(deps, principal, "maintenance", "maintenance", ended)


@router.post("/silences", status_code=201, responses=answers(answered.SuppressionRecord, *OF_CHANGE, status=201))
async def silence(deps: Deps, principal: Actor, body: SilenceBody) -> Response:
    """Create a silence; 201 once the journal has it."""
    match = body.match.model_dump(mode="json")
    args = {"match": within(principal, match), "until": body.until.timestamp()} | _starts(body)
    return Json(await _make(deps, principal, "silence", body.comment, args), status_code=201)


async def silence_matching(
    deps: Dependencies,
    principal: Principal,
    match: dict[str, Any],
    comment: str,
    until: datetime,
    starts: datetime | None = None,
) -> dict[str, Any]:
    """Create a silence of what matches, from now (or `starts`) until a moment; its record."""
    args = {"match": match, "until": until.timestamp()}
    args |= {"starts": starts.timestamp()} if starts is not None else {}
    return await _make(deps, principal, "silence", comment, args)


@router.post("/maintenance", status_code=201, responses=answers(answered.SuppressionRecord, *OF_CHANGE, status=201))
async def maintain(deps: Deps, principal: Actor, body: MaintenanceBody) -> Response:
    """Create a maintenance window; 201 once the journal has it."""
    args = {"match": within(principal, body.match.model_dump()), "until": body.until.timestamp()} | _starts(body)
    if body.recurrence is not None:
        args["recurrence"] = body.recurrence.model_dump() | {"zone": deps.site.timezone}
    return Json(await _make(deps, principal, "maintain", body.comment, args), status_code=201)


@router.post("/silences:preview", responses=answers(answered.MatchCounts, "outside-region"))
async def preview_silence(deps: Deps, principal: Actor, body: SilencePreviewBody) -> Response:
    """How many assets and open alerts a silence with this match would take now. Creates nothing."""
    match = within(principal, body.match.model_dump(mode="json"))
    return _counted(deps, principal, match)


@router.post("/maintenance:preview", responses=answers(answered.MatchCounts, "outside-region"))
async def preview_maintenance(deps: Deps, principal: Actor, body: MaintenancePreviewBody) -> Response:
    """How many assets and open alerts a maintenance window with this match would take now. Creates nothing."""
    match = within(principal, body.match.model_dump())
    return _counted(deps, principal, match)


def _counted(deps: Dependencies, principal: Principal, match: dict[str, Any]) -> Response:
    alerts, assets = (deps.pump.mirror.records(kind, principal.audience) for kind in (Kind.ALERT, Kind.ASSET))
    return Json(suppression_scopes.counts(match, alerts, assets))


@router.delete("/silences/{key}", responses=answers(answered.SuppressionRecord, *OF_CHANGE))
async def end_silence(deps: Deps, principal: Actor, key: str, comment: str = "") -> Response:
    """End a silence before its time; 409 when it has ended already."""
    return await end(deps, principal, "silence", "unsilence", key, comment)


@router.delete(
    "/maintenance/{key}", responses=answers(answered.SuppressionRecord, *OF_CHANGE, example=answered.SUPPRESSION)
)
async def end_maintenance(deps: Deps, principal: Actor, key: str, comment: str = "") -> Response:
    """End or cancel a maintenance window; 409 when it has ended already."""
    return await end(deps, principal, "maintenance", "unmaintain", key, comment)


def within(principal: Principal, match: dict[str, Any]) -> dict[str, Any]:
    """The match with the actor's region by default. Raises Problem for a region that the actor does not reach."""
    if match["region"] and not principal.reaches(match["region"]):
        raise Problem("outside-region")
    if not match["region"] and not match["assets"]:
        return match | {"region": principal.region}
    return match


def _starts(body: SilenceBody | MaintenanceBody) -> dict[str, float]:
    return {"starts": body.starts.timestamp()} if body.starts is not None else {}


async def _list(deps: Dependencies, principal: Principal, kind: str, prefix: str, ended: bool) -> Response:
    docs = await deps.journal.docs_page(kind, open=None if ended else True, limit=suppressions.SCAN)
    suppressed = [load(doc.body) for doc in docs]
    visible = [each for each in suppressed if suppressions.is_visible(deps, principal.audience, each.match)]
    counts = _counts(deps, principal.audience)
    items = [suppressions.shown(each, principal) | {"count": counts.get(f"{prefix}:{each.id}", 0)} for each in visible]
    return listing(items, None, deps.pump.mirror.rev, hidden=len(docs) - len(visible))


def _counts(deps: Dependencies, audience: Audience) -> dict[str, int]:
    """The number of open alerts that each suppression reason hides now."""
    counts: dict[str, int] = {}
    for record in deps.pump.mirror.records("alert", audience).values():
        for reason in record["suppressed_by"]:
            counts[reason] = counts.get(reason, 0) + 1
    return counts


async def end(deps: Dependencies, principal: Principal, kind: str, action: str, key: str, comment: str) -> Response:
    """End a silence or maintenance window; its record. Raises Problem for one that is hidden or has ended."""
    doc = await deps.journal.doc(kind, key)
    suppression = load(doc.body) if doc is not None else None
    if doc is None or suppression is None or not suppressions.is_visible(deps, principal.audience, suppression.match):
        raise Problem("not-found")
    if not doc.open:
        raise Problem("conflict", code="ended", current=suppressions.shown(suppression, principal))
    return Json(await _send(deps, principal, action, key, comment[:2000], {}))


async def _make(
    deps: Dependencies, principal: Principal, action: str, comment: str, args: dict[str, Any]
) -> dict[str, Any]:
    """Order a new silence or maintenance window."""
    return await _send(deps, principal, action, order_id(principal.name, action), comment, args)


async def _send(
    deps: Dependencies, principal: Principal, action: str, key: str, comment: str, args: dict[str, Any]
) -> dict[str, Any]:
    result = await ask(deps, principal, action, key, args, comment=comment)
    if result.outcome is Outcome.DONE:
        return result.after or {}
    raise refusal(result, result.after or {}) or refused(result.detail)


def refused(code: str) -> Problem:
    """The problem (422) of a refusal's code, in both languages."""
    zh, en = TEXTS.get(code, ("内容不合要求", "not acceptable"))
    message = {"zh-CN": zh, "en": en}
    return Problem("invalid", detail=message, findings=[finding("body", code, message=message)])


def _conflict_code(action: str, record: dict[str, Any]) -> str:
    """The engine's code for why an action does not fit an alert, "" when it does."""
    if action == "comment":
        return ""
    if not (record["active"] or not record["acked"] or record["shelf"]):
        return "closed"
    if action == "unack" and not record["ack"]:
        return "not_acked"
    return "not_shelved" if action == "unshelve" and not record["shelf"] else ""


async def preview(deps: Dependencies, principal: Principal, action: str, alert_id: str) -> dict[str, Any]:
    """The result that an action on an alert would have: {id, status, would, alert} or a problem. Changes nothing."""
    record = await lists.find(deps, ALERT, alert_id, Audience())
    if record is None:
        return {"id": alert_id, "status": 404, "problem": "not-found"}
    if not principal.reaches(str(record["region"])):
        return {"id": alert_id, "status": 403, "problem": "outside-region"}
    if code := _conflict_code(action, record):
        return {"id": alert_id, "status": 409, "problem": "conflict", "code": code}
    return {"id": alert_id, "status": 200, "would": action, "alert": record}
