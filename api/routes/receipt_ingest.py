"""Rows that a mapped system pushes: receipts, warnings or observations of a source of the settings.

An answer is 202 once the journal's intake has them. Faulty rows are listed as findings; the others
are taken.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from fastapi import Request
from starlette.responses import Response

from api.dependencies import Dependencies, Deps, Ingester
from api.http.problems import Problem
from api.pushed_observations import parcel_of as observation_parcel
from api.responses import ingest as answered
from api.responses.describe import answers
from api.routers import api_router
from api.routes.ingest import COMMAND, answer, hand_in
from feeds import wire
from feeds.bus import BusError
from feeds.findings import Finding, InMessage
from feeds.journal import Parcel
from feeds.mapped.items import ROUTES, mapped_item
from feeds.mapped.rows import NoRows, document_of, rows_of
from feeds.mapped.source import PushedSource, RowProblem, RowReader
from feeds.model import Heartbeat

router = api_router("/api/v1/ingest", tags=["ingest"])
KIND = "emergency.http"
NO_SOURCE = {
    "zh-CN": "设置中没有这个 emergency.http 来源",
    "en": "the settings have no source of kind emergency.http with that id",
}


@router.post(
    "/receipts/{source_id}",
    status_code=202,
    responses=answers(answered.IngestResult, "not-found", "outside-region", "intake-lost", status=202),
)
async def from_system(deps: Deps, principal: Ingester, request: Request, source_id: str) -> Response:
    """Take rows of a mapped system, in the form that its source describes. A repeated row changes nothing."""
    pushed = deps.mapped_sources().get(source_id)
    if pushed is None:
        raise Problem("not-found", detail=NO_SOURCE)
    if not principal.reaches(pushed.region):
        raise Problem("outside-region")
    body, at = await request.body(), deps.clock()
    try:
        items, findings = await asyncio.to_thread(_items, pushed, source_id, body, at)
    except NoRows as error:
        return answer(request, 0, [_finding("NO_ROWS", "", str(error), error=True)])
    if items:
        await _take(deps, pushed, source_id, items, principal.name, at)
    await _beat(deps, pushed, source_id, at)
    return answer(request, len(items), findings)


def _items(pushed: PushedSource, id: str, body: bytes, at: float) -> tuple[list[Any], list[Finding[InMessage]]]:
    """The items of a body's rows, and the findings. The body may be a single row without a list. Raises NoRows."""
    source, reader = pushed.source, RowReader(pushed.source)
    document = document_of(body, source.form)
    try:
        rows = rows_of(document, source.items)
    except NoRows:
        if not isinstance(document, (dict, list)) or source.form != "json":
            raise
        rows = rows_of(document, "")
    items: list[Any] = []
    findings: list[Finding[InMessage]] = []
    for number, row in enumerate(rows):
        mapped = mapped_item(reader, row, id, number, at, pushed.heartbeat)
        if isinstance(mapped, RowProblem):
            findings.append(_finding("ROW_UNUSABLE", f"[{mapped.row}]", mapped.detail, error=True))
        else:
            items += mapped if isinstance(mapped, list) else [mapped]
            problems = getattr(mapped, "problems", ())
            findings += [_finding("VALUE_UNUSABLE", f"[{number}]", text, error=False) for text in problems]
    return items, findings


async def _take(deps: Dependencies, pushed: PushedSource, id: str, items: Sequence[Any], actor: str, at: float) -> None:
    """Put the items into the journal's intake; durable on return."""
    _, item = ROUTES[pushed.source.gives]
    if item == "receipt":
        await hand_in(deps, _parcel(item, pushed, actor, at, wire.encode(list(items)), len(items)))
        return
    if item == "mapped_warning":
        # Each by itself: an unusable one becomes a dead letter, and takes no other with it.
        parcels = [_parcel(item, pushed, actor, at, wire.encode(warning), 1) for warning in items]
        await asyncio.gather(*(hand_in(deps, parcel) for parcel in parcels))
        return
    await hand_in(deps, observation_parcel(id, items, actor=actor, region=pushed.region, at=at))


def _parcel(kind: str, pushed: PushedSource, actor: str, at: float, body: bytes, size: int) -> Parcel:
    return Parcel(target=COMMAND, kind=kind, at=at, actor=actor, region=pushed.region, size=size, body=body)


async def _beat(deps: Dependencies, pushed: PushedSource, id: str, at: float) -> None:
    """Publish the source's heartbeat: a valid push is its sign of life."""
    heartbeat = Heartbeat(
        source=id,
        kind=KIND,
        at=at,
        ok=True,
        every=pushed.heartbeat,
        region=pushed.region,
        targets=1,
        valid_at=at,
        new_at=at,
    )
    try:
        await deps.bus.publish("network", "heartbeat", [heartbeat], source=id)
    except BusError:
        return  # what was pushed is safe; the source is shown alive by its next push


def _finding(code: str, path: str, detail: str, *, error: bool) -> Finding[InMessage]:
    sentences = {
        "NO_ROWS": (f"没有数据行：{detail}", f"no rows: {detail}"),
        "ROW_UNUSABLE": (f"无法映射的行：{detail}", f"a row cannot be mapped: {detail}"),
        "VALUE_UNUSABLE": (f"无法映射的值：{detail}", f"a value cannot be mapped: {detail}"),
    }
    zh, en = sentences[code]
    where = InMessage(path, 0)
    return Finding(code=code, where=where, value=detail[:200], message={"zh-CN": zh, "en": en}, error=error)
