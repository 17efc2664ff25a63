"""Orders: one action on the alerts of a group or of a filter, carried out as one command (docs/flood.md)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from starlette.responses import Response

from api.commands import ask, refusal
from api.dependencies import Actor, Dependencies, Deps
from api.http.answers import Json
from api.http.findings import finding
from api.http.moments import Moment
from api.http.problems import Problem
from api.principal import Principal
from api.responses import alerts as answered
from api.responses.describe import answers
from api.routers import api_router
from api.routes import suppression
from feeds.kinds import ALERT, Record
from feeds.kinds.filters import FilterRefused, matching
from feeds.kinds.group import AXES, groups_of
from feeds.model import Kind, Outcome
from feeds.wire import iso

router = api_router(tags=["alerts"])
OF_ORDER = ("conflict", "outside-region", "unanswered", "not-found")
TIMEOUT = 30.0
"""Seconds in which the engine carries an order on thousands of alerts out."""
MOST, NAMED = 20_000, 20
Comment = Annotated[str, StringConstraints(max_length=2000, strip_whitespace=True)]


class AlertOrderBody(BaseModel):
    """One action on the alerts of a `group`, or on all that a `filter` takes (parameters of the list of alerts).

    `keep_needs`: leave out alerts that need a person. `before`: leave out alerts raised later, as the preview said.
    """

    model_config = ConfigDict(extra="forbid")
    action: Literal["ack", "shelve", "silence"]
    group: Annotated[str, StringConstraints(max_length=500)] = ""
    filter: Annotated[dict[str, str | bool], Field(max_length=20)] | None = None
    comment: Comment = ""
    until: Moment | None = None
    keep_needs: bool = True
    before: Moment | None = None
    preview: bool = False


class UndoOrderBody(BaseModel):
    """The undo of an order."""

    model_config = ConfigDict(extra="forbid")
    order: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    comment: Comment = ""


@router.post("/alerts:order", responses=answers(answered.OrderAnswer, *OF_ORDER))
async def order(deps: Deps, principal: Actor, body: AlertOrderBody) -> Response:
    """Do one action on many alerts as one command: 200 once the journal has all of it. With `preview`, do nothing."""
    _check(body)
    chosen = _chosen(deps, principal, body)
    left_out = [record for record in chosen if body.keep_needs and record["need"]]
    kept_back = {record["id"] for record in left_out}
    records = [record for record in chosen if record["id"] not in kept_back]
    match = _match(deps, principal, body) if body.action == "silence" else None
    if body.preview:
        closes = sum(not record["active"] for record in records) if body.action == "ack" else 0
        return Json(_preview(deps, records, left_out, match) | {"closes": closes})
    if match is not None:
        return Json(await _silence(deps, principal, body, match))
    ids = [record["id"] for record in records]
    if len(ids) > MOST:
        raise Problem("invalid", findings=[finding("body.filter", "too_long")])
    args: dict[str, Any] = {"action": body.action, "ids": ids}
    if body.until is not None:
        args["until"] = body.until.timestamp()
    if body.before is not None:
        args["before"] = body.before.timestamp()
    return Json(await _send(deps, principal, args, body.comment))


@router.post("/alerts:undo", responses=answers(answered.OrderDone, *OF_ORDER))
async def undo(deps: Deps, principal: Actor, body: UndoOrderBody) -> Response:
    """Take back what still stands as an order left it. Alerts that the order closed stay closed (`skipped.closed`)."""
    entries = await deps.journal.entries(kind="alert", command=body.order, limit=MOST)
    done = [entry for entry in entries if entry.name in ("ack", "shelve")]
    if not done:
        if await deps.journal.doc("silence", body.order) is None:
            raise Problem("not-found")
        await suppression.end_silence(deps, principal, body.order, body.comment)
        return Json({"order": body.order, "done": 1, "skipped": {}})
    args = {"action": f"un{done[0].name}", "ids": [entry.subject for entry in done], "undo_at": done[0].at}
    return Json(await _send(deps, principal, args, body.comment))


def _check(body: AlertOrderBody) -> None:
    """Raises Problem(invalid) for an order that says too little."""
    findings = []
    if bool(body.group) == (body.filter is not None):
        findings.append(finding("body.group", "missing"))
    if body.action != "ack" and not body.comment:
        findings.append(finding("body.comment", "missing"))
    if body.action != "ack" and body.until is None:
        findings.append(finding("body.until", "missing"))
    if findings:
        raise Problem("invalid", findings=findings)


def _chosen(deps: Dependencies, principal: Principal, body: AlertOrderBody) -> list[Record]:
    """The open alerts that are meant, as far as the principal reaches, and to which the action applies."""
    mirror, audience = deps.pump.mirror, principal.audience
    done = "acked" if body.action == "ack" else "shelf"
    records = [
        record
        for record in mirror.records(ALERT.name, audience).values()
        if not record[done] and principal.reaches(record["region"])
    ]
    if body.before is not None:
        before = iso(body.before.timestamp()) or ""
        records = [record for record in records if record["raised_at"] <= before]
    if body.filter is not None:
        takes = matching(ALERT.filters, _filter_values(body.filter))
        return [record for record in records if takes(record)]
    if body.group.partition(":")[0] not in AXES:
        raise Problem("invalid", findings=[finding("body.group", "enum", allowed=AXES)])
    owners = {key: asset["owner"] for key, asset in mirror.records(Kind.ASSET, audience).items()}
    return [record for record in records if body.group in groups_of(record, owners.get(record["asset"], ""))]


def _filter_values(parameters: Mapping[str, str | bool]) -> dict[str, Any]:
    """The values of parameters of the list of alerts. Raises Problem(invalid)."""
    filters = {query_filter.name: query_filter for query_filter in ALERT.filters}
    values: dict[str, Any] = {}
    for name, value in parameters.items():
        field = f"body.filter.{name[:64]}"
        if name not in filters:
            raise Problem("invalid", findings=[finding(field, "unknown_parameter", allowed=tuple(sorted(filters)))])
        try:
            values[name] = filters[name].read(value)
        except FilterRefused as error:
            raise Problem("invalid", findings=[finding(field, str(error), allowed=error.allowed)]) from error
    return values


def _preview(
    deps: Dependencies, records: list[Record], left_out: list[Record], match: dict[str, Any] | None
) -> dict[str, Any]:
    return {
        "preview": True,
        "count": len(records),
        "severities": dict(Counter(record["severity"] for record in records)),
        "needs": dict(Counter(need for record in (*records, *left_out) if (need := record["need"]))),
        "left_out": len(left_out),
        "before": iso(deps.clock()),
        "alerts": [record["id"] for record in records[:NAMED]],
        "match": match,
    }


async def _send(deps: Dependencies, principal: Principal, args: dict[str, Any], comment: str) -> dict[str, Any]:
    result = await ask(deps, principal, "order", "", args, comment=comment, timeout=TIMEOUT)
    if result.outcome is Outcome.DONE:
        return result.after or {"order": result.command, "done": 0, "skipped": {}}
    raise refusal(result) or suppression.refused(result.detail)


def _match(deps: Dependencies, principal: Principal, body: AlertOrderBody) -> dict[str, Any]:
    """The match of a silence for a group or a filter. Raises Problem for a filter that no silence can express."""
    by, _, key = body.group.partition(":")
    match: dict[str, Any] = {"region": principal.region}
    if by == "rule":
        return match | {"rule": key}
    if by == "unit":
        return match | {"owner": key}
    if by == "region":
        return match | {"region": key}
    if by == "cause" and (root := deps.pump.mirror.record(ALERT.name, key, principal.audience)) is not None:
        return {"assets": [root["asset"]], "rule": root["rule"]}
    left = dict(body.filter or {})
    match |= {"region": left.pop("region", principal.region), "rule": left.pop("rule", "")}
    match |= {"assets": [left.pop("asset")]} if left.get("asset") else {}
    match |= {"severities": str(left.pop("severity")).split(",")} if left.get("severity") else {}
    if body.group or left or not any(match.values()):
        raise suppression.refused("bad_match")
    return match


async def _silence(
    deps: Dependencies, principal: Principal, body: AlertOrderBody, match: dict[str, Any]
) -> dict[str, Any]:
    if body.until is None:
        raise Problem("invalid", findings=[finding("body.until", "missing")])
    hidden = len(_chosen(deps, principal, body))
    silence = await suppression.silence_matching(deps, principal, match, body.comment, body.until)
    return {"order": silence["id"], "done": hidden, "skipped": {}}
