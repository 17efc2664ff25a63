"""What other tools send in. 202 once the journal's intake has it; what is wrong is listed, the rest is taken."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from typing import Literal, cast
from urllib.parse import parse_qs, urlsplit

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.dependencies import Deps, Given, Ingester, language_of
from api.http import problems
from api.http.answers import Json
from api.http.problems import Problem
from api.ingest import alertmanager, cases, cloudevents, grafana, zabbix
from api.ingest.alertmanager import Taken
from api.ingest.findings import finding, in_answer
from api.ingest.scope import Scope
from api.principal import Principal
from feeds import wire
from feeds.bus import BusError
from feeds.cap.findings import finding as cap_finding
from feeds.cap.message import CapDocument, CapMessage, CapRefused, to_warning
from feeds.external import Report, pack
from feeds.findings import Finding, InMessage
from feeds.isolation.process import Outlasted, TooBusy
from feeds.journal import IntakeFull, Parcel
from feeds.live.pump import Audience
from feeds.model import Observation
from maps.regions import table

router = APIRouter(prefix="/api/v1/ingest", tags=["ingest"])
METRIC = "heartbeat.up"
SOURCE = "ingest"
DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
NO_PROBE = {
    "zh-CN": "清单中没有这个资产，或它没有 heartbeat:?every=… 探测。来源由本系统自己的采集器报活，不能代报。",
    "en": "No asset of the inventory has that id and a probe heartbeat:?every=…. A source's own collector says that it "
    "lives; nobody else may.",
}
ALERT, COMMAND = "alert", "command"
KEY_MAX = 200


async def hand_in(given: Deps, parcel: Parcel, *, key: str = "") -> bool:
    """Durable when it returns; False when the key was used before. Problem(busy) when it cannot be taken now."""
    if given.intake is None:
        raise Problem("busy")
    try:
        return await given.intake.put(parcel, key=key)
    except IntakeFull as error:
        raise Problem("busy") from error


async def take(
    request: Request, given: Deps, who: Principal, taken: Taken, kind: str
) -> tuple[int, list[Finding[InMessage]]]:
    """Hand the alerts of one call in; how many, and everything that is wrong. Repeating a call changes nothing."""
    scope = cast(Scope, request.app.state.scope)
    reports, outside = scope.within(who, taken[0])
    findings = [*taken[1], *outside]
    if reports:
        key = request.headers.get("idempotency-key", "")[:KEY_MAX]
        await _hand_in(given, who, reports, kind, key and f"{who.name}\n{key}")
    return len(reports), findings


async def _hand_in(given: Deps, who: Principal, reports: Sequence[Report], kind: str, key: str) -> bool:
    parcel = Parcel(
        target=ALERT,
        kind=kind,
        at=given.clock(),
        actor=who.name,
        region=who.region,
        size=len(reports),
        body=pack(list(reports)),
    )
    return await hand_in(given, parcel, key=key)


def answer(request: Request, count: int, findings: Sequence[Finding[InMessage]]) -> Response:
    """202; 403 or 422 with the findings when one of them is an error, also when others were taken."""
    shown = [in_answer(finding) for finding in findings]
    errors = [one for one in findings if one.error]
    if not errors:
        return Json({"taken": count, "findings": shown}, status_code=202)
    outside = all(one.code == "OUTSIDE_REGION" for one in errors)
    problem = Problem("outside-region" if outside else "invalid", taken=count)
    problem.extra["findings"] = shown
    return problems.response(problem, language_of(request), request.url.path)


@router.post("/alertmanager", status_code=202)
async def from_alertmanager(given: Given, who: Ingester, request: Request) -> Response:
    """The webhook of an Alertmanager, version 4."""
    taken = alertmanager.hooked(await request.body(), given.clock())
    return answer(request, *await take(request, given, who, taken, "alertmanager"))


@router.post("/grafana", status_code=202)
async def from_grafana(given: Given, who: Ingester, request: Request) -> Response:
    """Grafana's webhook, unified alerting and the one before it."""
    taken = grafana.taken(await request.body(), given.clock())
    return answer(request, *await take(request, given, who, taken, "grafana"))


@router.post("/zabbix", status_code=202)
async def from_zabbix(given: Given, who: Ingester, request: Request) -> Response:
    """Our media type for Zabbix (deploy/zabbix)."""
    zone = given.ingest.zabbix_timezone or given.site.timezone
    taken = zabbix.taken(await request.body(), given.clock(), timezone=zone)
    return answer(request, *await take(request, given, who, taken, "zabbix"))


@router.post("/cloudevents", status_code=202)
async def from_cloudevents(given: Given, who: Ingester, request: Request) -> Response:
    """CloudEvents 1.0, structured, binary or a batch. An event (source, id) that was taken before changes nothing."""
    events, findings = cloudevents.taken(await request.body(), request.headers)
    scope, handing = cast(Scope, request.app.state.scope), []
    for key, report in events:
        reports, outside = scope.within(who, [report])
        findings += outside
        if reports:
            handing.append(_hand_in(given, who, reports, "cloudevents", f"ce\n{key}"))
    fresh = await asyncio.gather(*handing)  # one commit, in their order
    findings += [finding("DUPLICATE") for new in fresh if not new]
    return answer(request, sum(fresh), findings)


@router.post("/cap", status_code=202)
async def from_cap(
    given: Given,
    who: Ingester,
    request: Request,
    mode: Literal["strict", "lenient"] = "strict",
    profile: Literal["", "cn-12379"] = "",
) -> Response:
    """One CAP 1.2 message into the registry of warnings; 202 and 422 both say what is wrong with it."""
    raw, at = await request.body(), given.clock()
    try:
        message = await given.cap_parse(raw, mode, profile)
    except CapRefused as no:
        return answer(request, 0, no.findings)
    except Outlasted as error:
        return answer(request, 0, [cap_finding("TOO_COMPLEX", detail=str(error))])
    except TooBusy as error:
        raise Problem("busy") from error
    if who.region and not await asyncio.to_thread(_lies_within, given, message, who):
        raise Problem("outside-region")
    document = CapDocument(source=f"push.{who.name}", received_at=at, raw=raw, mode=mode, profile=profile)
    parcel = Parcel(target=COMMAND, kind="cap", at=at, actor=who.name, region=who.region, body=wire.encode(document))
    await hand_in(given, parcel)
    shown = [in_answer(finding) for finding in message.findings]
    return Json({"taken": 1, "id": message.id, "faulty": message.faulty, "findings": shown}, status_code=202)


def _lies_within(given: Deps, message: CapMessage, who: Principal) -> bool:
    """Whether every place that the message (or what it ends) names lies in the sender's region; unknown ones do not."""
    warning = to_warning(message, "", message.sent)
    regions: list[str] = []
    for area in warning.areas:
        found = table().regions_of(area.geometry) if area.geometry is not None else ()
        regions += found or table().resolve_geocodes(area.geocodes).regions or ("",)
    for reference in warning.references if not regions else ():
        record = given.pump.mirror.record("warning", reference, Audience())
        regions += (record["regions"] if record is not None else ()) or ("",)
    return bool(regions) and all(who.reaches(region) for region in regions)


@router.post("/cases", status_code=202)
async def from_approvals(given: Given, who: Ingester, request: Request) -> Response:
    """Approval cases: kept in the journal for the approvals feed. The same case once more changes nothing."""
    taken, findings = cases.taken(await request.body())
    inside = [one for one in taken if who.reaches(one.region)]
    findings += [cases.outside(one) for one in taken if not who.reaches(one.region)]
    kept = await cases.keep(given.journal, inside, who.name, given.clock())
    return answer(request, kept, findings)


def heartbeat_probe(probes: list[str]) -> tuple[str, float] | None:
    """The first `heartbeat:?every=5m` probe and its `every` in seconds; None when there is none."""
    for probe in probes:
        parts = urlsplit(probe)
        match = DURATION.fullmatch(parse_qs(parts.query).get("every", [""])[0])
        if parts.scheme == "heartbeat" and match:
            return probe, float(match[1]) * SECONDS[match[2]]
    return None


@router.post("/heartbeat/{asset_id}", status_code=202)
async def heartbeat(given: Given, who: Ingester, asset_id: str) -> Response:
    """An asset says that it lives. 202 once the journal has it; 404 unknown or without a `heartbeat:` probe."""
    record = given.pump.mirror.record("asset", asset_id, Audience())
    found = heartbeat_probe(record["probes"]) if record is not None else None
    if record is None or found is None:
        raise Problem("not-found", detail=NO_PROBE)
    if not who.reaches(record["region"]):
        raise Problem("outside-region")
    probe, every = found
    at = given.clock()
    body = {"region": record["region"], "metric": METRIC, "every": every}
    async with given.journal.begin() as tx:
        await tx.append(kind="ingest", name="heartbeat", subject=asset_id, at=at, actor=who.name, body=body)
    seen = Observation(
        asset=asset_id,
        metric=METRIC,
        value=True,
        observed_at=at,
        received_at=at,
        source=SOURCE,
        probe=probe,
        fresh_for=every,
    )
    try:
        await given.bus.publish("network", "observation", [seen], source=SOURCE)
    except BusError as error:
        raise Problem("busy") from error
    return Json({"asset": asset_id, "at": wire.iso(at), "fresh_until": wire.iso(at + every)}, status_code=202)
