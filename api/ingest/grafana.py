"""Grafana's webhook: unified alerting (since 8; Alertmanager's form) and the one before it (`ruleId`, `state`)."""

from __future__ import annotations

import msgspec

from api.ingest import alertmanager, bounds
from api.ingest.alertmanager import Taken
from api.ingest.findings import BAD_JSON, finding
from api.ingest.words import severity
from feeds.external import Report

TOOL = "grafana"
_IDLE = frozenset(("pending", "paused", "keep_state", "unknown"))


class _Match(msgspec.Struct):
    tags: dict[str, str] | None = None


class _Legacy(msgspec.Struct):
    """The body before unified alerting."""

    ruleId: int
    state: str
    ruleName: str | None = None
    title: str | None = None
    message: str | None = None
    ruleUrl: str | None = None
    orgId: int = 1
    tags: dict[str, str] | None = None
    evalMatches: list[_Match] | None = None


class _Either(msgspec.Struct):
    alerts: msgspec.Raw = msgspec.Raw()


def taken(raw: bytes, now: float) -> Taken:
    """The alerts of one call."""
    try:
        if msgspec.json.decode(raw, type=_Either).alerts:
            return alertmanager.hooked(raw, now, tool=TOOL)
        body = msgspec.json.decode(raw, type=_Legacy)
    except msgspec.ValidationError as error:
        return [], [finding("FORM_INVALID", detail=str(error))]
    except BAD_JSON as error:
        return [], [finding("JSON_INVALID", detail=str(error))]
    if body.state in _IDLE:
        return [], [finding("IGNORED", "state", value=body.state)]
    if body.state not in ("alerting", "ok", "no_data"):
        return [], [finding("STATUS_UNKNOWN", "state", value=body.state)]
    return _legacy(body, now)


def _legacy(body: _Legacy, now: float) -> Taken:
    tags = dict(body.tags or {})
    for match in body.evalMatches or ():
        tags = {**(match.tags or {}), **tags}
    try:
        labels = bounds.labels(tags)
    except bounds.BoundExceeded as error:
        return [], [finding(str(error), "tags", detail=str(bounds.LABELS))]
    asset = labels.get("asset") or labels.get("instance") or labels.get("host") or TOOL
    name = bounds.title(body.ruleName or body.title or "") or TOOL
    report = Report(
        rule=f"{TOOL}:{name[: bounds.NAME]}",
        asset=asset,
        by_address="asset" not in labels,
        severity=severity(labels.get("severity", "")),
        active=body.state != "ok",
        # No data is never a recovery, and no confirmation either: it is stale from now on.
        until=now if body.state == "no_data" else None,
        identity_labels={"ruleId": str(body.ruleId), "orgId": str(body.orgId)},
        labels=labels,
        title={"zh-CN": name, "en": name},
        text=bounds.text(body.message or ""),
        url=bounds.url(body.ruleUrl or ""),
    )
    return [report], []
