"""Routes for what other tools send in: alerts, warnings, cases, heartbeats.

An answer is 202 once the journal's intake has it. Faulty items are listed as findings; the others are taken.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from typing import Literal, cast
from urllib.parse import parse_qs, urlsplit

from fastapi import Request
from starlette.responses import Response

from api.dependencies import Dependencies, Deps, Ingester, language_of
from api.http import problems
from api.http.answers import Json
from api.http.problems import Problem
from api.ingest import alertmanager, cases, cloudevents, grafana, zabbix
from api.ingest.alertmanager import Taken
from api.ingest.findings import finding, in_answer
from api.ingest.regions import placed
from api.ingest.scope import Scope
from api.principal import Principal
from api.responses import ingest as answered
from api.responses.describe import answers
from api.routers import api_router
from feeds import wire
from feeds.bus import BusError
from feeds.cap.envelope import Enveloped, opened
from feeds.cap.findings import finding as cap_finding
from feeds.cap.message import CapDocument, CapMessage, CapRefused
from feeds.cap.warning import to_warning
from feeds.external import Report, pack
from feeds.findings import Finding, InMessage
from feeds.isolation.process import Outlasted, TooBusy
from feeds.journal import IntakeFull, Parcel
from feeds.live.pump import Audience
from feeds.model import Observation
from maps.regions import table

router = api_router("/api/v1/ingest", tags=["ingest"])
METRIC = "heartbeat.up"
SOURCE = "ingest"
DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
NO_PROBE = {
    "zh-CN": "清单中没有这个资产，或它没有 heartbeat:?every=… 探测。来源由本系统自己的采集器报活，不能代报。",
    "en": "No asset of the inventory has that id and a probe heartbeat:?every=…. A source's own collector says that it "
    "lives; nobody else may.",
}
ALERT, COMMAND, APPROVALS = "alert", "command", "approvals"
KEY_MAX = 200


async def hand_in(deps: Dependencies, parcel: Parcel, *, key: str = "") -> bool:
    """Put a parcel into the intake; durable on return. False when the key was used before. Raises Problem(busy)."""
    if deps.intake is None:
        raise Problem("busy")
    try:
        return await deps.intake.put(parcel, key=key)
    except IntakeFull as error:
        raise Problem("busy") from error


async def take(
    request: Request, deps: Dependencies, principal: Principal, taken: Taken, kind: str
) -> tuple[int, list[Finding[InMessage]]]:
    """Put the alerts of one call into the intake; their number and the findings. Repeating a call changes nothing."""
    scope = cast(Scope, request.app.state.scope)
    reports = placed(taken[0], deps.ingest.region_labels, deps.ingest.regions)
    reports, outside = scope.within(principal, reports)
    findings = [*taken[1], *outside]
    if reports:
        key = request.headers.get("idempotency-key", "")[:KEY_MAX]
        await _hand_in(deps, principal, reports, kind, key and f"{principal.name}\n{key}")
    return len(reports), findings


async def _hand_in(deps: Dependencies, principal: Principal, reports: Sequence[Report], kind: str, key: str) -> bool:
    parcel = Parcel(
        target=ALERT,
        kind=kind,
        at=deps.clock(),
        actor=principal.name,
        region=principal.region,
        size=len(reports),
        body=pack(list(reports)),
    )
    return await hand_in(deps, parcel, key=key)


def answer(request: Request, count: int, findings: Sequence[Finding[InMessage]]) -> Response:
    """202; 403 or 422 when one of the findings is an error, also when other items were taken."""
    shown = [in_answer(finding) for finding in findings]
    errors = [finding for finding in findings if finding.error]
    if not errors:
        return Json({"taken": count, "findings": shown}, status_code=202)
    outside = all(finding.code == "OUTSIDE_REGION" for finding in errors)
    problem = Problem("outside-region" if outside else "invalid", taken=count)
    problem.extra["findings"] = shown
    return problems.response(problem, language_of(request), request.url.path)


@router.post(
    "/alertmanager",
    status_code=202,
    responses=answers(answered.IngestResult, "outside-region", "intake-lost", status=202),
)
async def from_alertmanager(deps: Deps, principal: Ingester, request: Request) -> Response:
    """The webhook of an Alertmanager, version 4."""
    taken = alertmanager.hooked(await request.body(), deps.clock())
    return answer(request, *await take(request, deps, principal, taken, "alertmanager"))


@router.post(
    "/grafana", status_code=202, responses=answers(answered.IngestResult, "outside-region", "intake-lost", status=202)
)
async def from_grafana(deps: Deps, principal: Ingester, request: Request) -> Response:
    """Grafana's webhook, unified alerting and the one before it."""
    taken = grafana.taken(await request.body(), deps.clock())
    return answer(request, *await take(request, deps, principal, taken, "grafana"))


@router.post(
    "/zabbix", status_code=202, responses=answers(answered.IngestResult, "outside-region", "intake-lost", status=202)
)
async def from_zabbix(deps: Deps, principal: Ingester, request: Request) -> Response:
    """The webhook of this project's media type for Zabbix (deploy/zabbix)."""
    zone = deps.ingest.zabbix_timezone or deps.site.timezone
    taken = zabbix.taken(await request.body(), deps.clock(), timezone=zone)
    return answer(request, *await take(request, deps, principal, taken, "zabbix"))


@router.post(
    "/cloudevents",
    status_code=202,
    responses=answers(answered.IngestResult, "outside-region", "intake-lost", status=202),
)
async def from_cloudevents(deps: Deps, principal: Ingester, request: Request) -> Response:
    """CloudEvents 1.0, structured, binary or a batch. An event (source, id) that was taken before changes nothing."""
    events, findings = cloudevents.taken(await request.body(), request.headers)
    scope, handing = cast(Scope, request.app.state.scope), []
    for key, report in events:
        reports = placed([report], deps.ingest.region_labels, deps.ingest.regions)
        reports, outside = scope.within(principal, reports)
        findings += outside
        if reports:
            handing.append(_hand_in(deps, principal, reports, "cloudevents", f"ce\n{key}"))
    fresh = await asyncio.gather(*handing)  # one commit, in their order
    findings += [finding("DUPLICATE") for new in fresh if not new]
    return answer(request, sum(fresh), findings)


@router.post(
    "/cap",
    status_code=202,
    responses=answers(answered.WarningIngestResult, "outside-region", "intake-lost", status=202),
)
async def from_cap(
    deps: Deps,
    principal: Ingester,
    request: Request,
    mode: Literal["strict", "lenient"] = "strict",
    profile: Literal["", "cn-12379"] = "",
) -> Response:
    """Take one CAP 1.2 message, or those of an EDXL-DE envelope, into the registry. 202 and 422 both list findings."""
    raw, at = await request.body(), deps.clock()
    try:
        enveloped = opened(raw)
        messages = [Enveloped(raw, "")] if enveloped is None else enveloped
        if not messages:
            raise CapRefused((cap_finding("NAMESPACE_UNKNOWN", xpath="/EDXLDistribution"),))
        parsed = [await deps.cap_parse(each.raw, mode, profile, ()) for each in messages]
    except CapRefused as no:
        return answer(request, 0, no.findings)
    except Outlasted as error:
        return answer(request, 0, [cap_finding("TOO_COMPLEX", detail=str(error))])
    except TooBusy as error:
        raise Problem("busy") from error
    for message in parsed if principal.region else ():
        if not await asyncio.to_thread(_lies_within, deps, message, principal):
            raise Problem("outside-region")
    documents = [
        CapDocument(
            source=f"push.{principal.name}",
            received_at=at,
            raw=each.raw,
            mode=mode,
            profile=profile,
            envelope=each.status,
            message=message,
        )
        for each, message in zip(messages, parsed, strict=True)
    ]
    await asyncio.gather(*(hand_in(deps, _cap_parcel(document, principal)) for document in documents))
    shown = [in_answer(finding) for message in parsed for finding in message.findings]
    faulty = any(message.faulty for message in parsed)
    return Json({"taken": len(parsed), "id": parsed[0].id, "faulty": faulty, "findings": shown}, status_code=202)


def _cap_parcel(document: CapDocument, principal: Principal) -> Parcel:
    return Parcel(
        target=COMMAND,
        kind="cap",
        at=document.received_at,
        actor=principal.name,
        region=principal.region,
        body=wire.encode(document),
    )


def _lies_within(deps: Dependencies, message: CapMessage, principal: Principal) -> bool:
    """True when all areas of the message, or of what it references, lie in the sender's region."""
    warning = to_warning(message, "", message.sent)
    regions: list[str] = []
    for area in warning.areas:
        covering = table().regions_of(area.geometry) if area.geometry is not None else ()
        regions += covering or table().resolve_geocodes(area.geocodes).regions or ("",)
    for reference in warning.references if not regions else ():
        record = deps.pump.mirror.record("warning", reference, Audience())
        regions += (record["regions"] if record is not None else ()) or ("",)
    return bool(regions) and all(principal.reaches(region) for region in regions)


@router.post(
    "/cases", status_code=202, responses=answers(answered.IngestResult, "outside-region", "intake-lost", status=202)
)
async def from_approvals(deps: Deps, principal: Ingester, request: Request) -> Response:
    """Take approval cases into the intake, personal values sealed. Repeating a case changes nothing."""
    taken, findings = cases.taken(await request.body())
    inside = [case for case in taken if principal.reaches(case.region)]
    findings += [cases.outside(case) for case in taken if not principal.reaches(case.region)]
    if deps.sealer is None:
        raise Problem("busy")
    at = deps.clock()
    facts, refused = cases.facts_of(inside, deps.sealer, principal.name, at)
    if facts:
        parcel = Parcel(
            target=APPROVALS, kind="cases", at=at, actor=principal.name, size=len(facts), body=wire.encode(facts)
        )
        await hand_in(deps, parcel)
    return answer(request, len(facts), findings + refused)


def heartbeat_probe(probes: list[str]) -> tuple[str, float] | None:
    """The first `heartbeat:?every=5m` probe and its `every` in seconds; None when there is none."""
    for probe in probes:
        parts = urlsplit(probe)
        match = DURATION.fullmatch(parse_qs(parts.query).get("every", [""])[0])
        if parts.scheme == "heartbeat" and match:
            return probe, float(match[1]) * SECONDS[match[2]]
    return None


@router.post(
    "/heartbeat/{asset_id}", status_code=202, responses=answers(answered.HeartbeatResult, "outside-region", status=202)
)
async def heartbeat(deps: Deps, principal: Ingester, asset_id: str) -> Response:
    """Take a heartbeat of an asset; 202 once the journal has it, 404 without a `heartbeat:` probe."""
    record = deps.pump.mirror.record("asset", asset_id, Audience())
    heartbeat_period = heartbeat_probe(record["probes"]) if record is not None else None
    if record is None or heartbeat_period is None:
        raise Problem("not-found", detail=NO_PROBE)
    if not principal.reaches(record["region"]):
        raise Problem("outside-region")
    probe, every = heartbeat_period
    at = deps.clock()
    body = {"region": record["region"], "metric": METRIC, "every": every}
    async with deps.journal.begin() as tx:
        await tx.append(kind="ingest", name="heartbeat", subject=asset_id, at=at, actor=principal.name, body=body)
    observation = Observation(
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
        await deps.bus.publish("network", "observation", [observation], source=SOURCE)
    except BusError as error:
        raise Problem("busy") from error
    return Json({"asset": asset_id, "at": wire.iso(at), "fresh_until": wire.iso(at + every)}, status_code=202)
