"""Alertmanager's two forms: its own `POST /api/v2/alerts`, and the body of its webhook (version 4), Grafana's too.

Sources: Prometheus Alertmanager `api/v2/openapi.yaml` (postableAlert), `template.Data` (webhook).
An `endsAt` that has passed is an explicit end. One ahead is a lease, as Prometheus sends it: it must be said again
before then. A post without one has the lease that Alertmanager gives it (`resolve_timeout`); a webhook has none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from api.ingest import bounds
from api.ingest.bounds import BoundExceeded
from api.ingest.findings import BAD_JSON, finding
from api.ingest.words import moment, severity
from feeds.external import AT_ONCE, Report
from feeds.findings import Finding, InMessage

TOOL = "prometheus"
_WHO = ("instance", "host", "hostname", "node", "device", "service", "job")
_BOUND = {"LABELS_TOO_MANY": f"{bounds.LABELS}", "LABEL_TOO_LONG": f"{bounds.NAME}, {bounds.VALUE}"}


class Posted(msgspec.Struct):
    """A postableAlert, and an alert of a webhook."""

    labels: dict[str, str | None] | None
    annotations: dict[str, str | None] | None = None
    startsAt: str | None = None
    endsAt: str | None = None
    generatorURL: str | None = None
    status: str | None = ""


class Hook(msgspec.Struct):
    """The webhook's body."""

    version: str = "4"
    status: str = ""
    truncatedAlerts: int = 0
    alerts: list[msgspec.Raw] | None = None


Taken = tuple[list[Report], list[Finding[InMessage]]]
_posted = msgspec.json.Decoder(list[Posted])
_posted_alert = msgspec.json.Decoder(Posted)
_raws = msgspec.json.Decoder(list[msgspec.Raw])
_hook = msgspec.json.Decoder(Hook)


def posted(raw: bytes, now: float, *, resolve_timeout: float) -> Taken:
    """The alerts of a `POST /api/v2/alerts`; what cannot be used is a finding, the others are taken."""
    try:
        alerts = _posted.decode(raw)
    except (msgspec.ValidationError, UnicodeDecodeError):
        return _one_by_one(raw, lambda alert, path: _post(alert, path, now, resolve_timeout))
    except BAD_JSON as error:
        return [], [finding("JSON_INVALID", detail=str(error))]
    return _gather(alerts, lambda alert, path: _post(alert, path, now, resolve_timeout))


def hooked(raw: bytes, now: float, *, tool: str = TOOL) -> Taken:
    """The alerts of a webhook. What was left out (`truncatedAlerts`) is a remark, and no recovery."""
    try:
        body = _hook.decode(raw)
    except msgspec.ValidationError as error:
        return [], [finding("FORM_INVALID", detail=str(error))]
    except BAD_JSON as error:
        return [], [finding("JSON_INVALID", detail=str(error))]
    if body.version not in ("4", "1"):  # Grafana's says 1
        return [], [finding("VERSION_UNKNOWN", "version", value=body.version)]
    reports, findings = _decoded(body.alerts or [], lambda alert, path: _heard(alert, path, now, tool), "alerts")
    if body.truncatedAlerts > 0:
        findings.append(finding("TRUNCATED", "truncatedAlerts", detail=str(body.truncatedAlerts)))
    return reports, findings


def _one_by_one(raw: bytes, make: Callable[[Posted, str], Report]) -> Taken:
    """One alert of a wrong form takes no other with it."""
    try:
        raw_alerts = _raws.decode(raw)
    except BAD_JSON as error:
        return [], [finding("FORM_INVALID", detail=str(error))]
    return _decoded(raw_alerts, make, "")


def _decoded(raw_alerts: list[msgspec.Raw], make: Callable[[Posted, str], Report], path: str) -> Taken:
    alerts: list[Posted | Finding[InMessage]] = []
    for index, raw in enumerate(raw_alerts):
        try:
            alerts.append(_posted_alert.decode(raw))
        except msgspec.ValidationError as error:
            alerts.append(finding("FORM_INVALID", f"{path}[{index}]", detail=str(error)))
        except UnicodeDecodeError as error:
            alerts.append(finding("JSON_INVALID", f"{path}[{index}]", detail=str(error)))
    return _gather(alerts, make, path)


def _gather(alerts: list[Any], make: Callable[[Posted, str], Report], path: str = "") -> Taken:
    if len(alerts) > AT_ONCE:
        return [], [finding("TOO_MANY", path, value=str(len(alerts)), detail=str(AT_ONCE))]
    reports: list[Report] = []
    findings: list[Finding[InMessage]] = []
    for index, alert in enumerate(alerts):
        if isinstance(alert, Finding):
            findings.append(alert)
            continue
        try:
            reports.append(make(alert, f"{path}[{index}]"))
        except UnusableAlert as error:
            findings.append(error.finding)
    return reports, findings


class UnusableAlert(ValueError):
    """One alert that cannot be taken."""

    def __init__(self, problem: Finding[InMessage]) -> None:
        super().__init__(problem.code)
        self.finding = problem


def _post(alert: Posted, path: str, now: float, resolve_timeout: float) -> Report:
    starts, ends = _times(alert, path)
    if ends is not None and starts is not None and ends < starts:
        raise UnusableAlert(finding("ENDS_BEFORE_START", f"{path}.endsAt", value=str(alert.endsAt)))
    active = ends is None or ends > now
    lease = (ends if ends is not None else now + resolve_timeout) if active else None
    return report(alert, path, TOOL, active=active, since=starts, until=lease)


STATE_REASON = "grafana_state_reason"
"""Annotation by which Grafana says why a state is what it is."""
NO_RECOVERY = frozenset(("NoData", "Error"))
"""Reasons of an end that is none: nothing is known of the condition any more."""


def _ended_because(notes: Mapping[str, str | None]) -> str:
    reason = notes.get(STATE_REASON) or ""
    return f"Grafana: {reason}" if reason else ""


def _heard(alert: Posted, path: str, now: float, tool: str) -> Report:
    if alert.status not in ("firing", "resolved"):
        raise UnusableAlert(finding("STATUS_UNKNOWN", f"{path}.status", value=alert.status or ""))
    starts, ends = _times(alert, path)
    active = alert.status == "firing"
    reasons = ((alert.annotations or {}).get(STATE_REASON) or "").split(", ")
    if not active and not NO_RECOVERY.isdisjoint(reasons):
        # No data is never a recovery, and no confirmation either: it is stale from now on.
        return report(alert, path, tool, active=True, since=starts, until=now)
    return report(
        alert, path, tool, active=active, since=starts, until=ends if active and ends and ends > now else None
    )


def _times(alert: Posted, path: str) -> tuple[float | None, float | None]:
    try:
        return moment(alert.startsAt), moment(alert.endsAt)
    except (ValueError, OverflowError) as error:
        value = f"{alert.startsAt} {alert.endsAt}"
        raise UnusableAlert(finding("TIME_INVALID", path, value=value)) from error


def report(alert: Posted, path: str, tool: str, *, active: bool, since: float | None, until: float | None) -> Report:
    """One alert in our form. Raises Unusable."""
    try:
        # A nil map or string of Go is null in JSON.
        labels = bounds.labels({name: value for name, value in (alert.labels or {}).items() if value is not None})
    except BoundExceeded as error:
        raise UnusableAlert(finding(str(error), f"{path}.labels", detail=_BOUND[str(error)])) from error
    if not labels:
        raise UnusableAlert(finding("LABELS_MISSING", f"{path}.labels"))
    name, notes = labels.get("alertname", "alert"), alert.annotations or {}
    # Grafana sends an alert of its own, with the rule's name in a label, when a rule had no data or failed.
    summary = notes.get("summary") or notes.get("title") or ""
    rule_name = labels.get("rulename", "")
    shown = bounds.title(
        f"{rule_name}: {summary or name}" if rule_name and rule_name not in summary else summary or name
    )
    description = "; ".join(
        filter(None, (notes.get("description") or notes.get("message"), notes.get("Error"), _ended_because(notes)))
    )
    graded = labels.get("severity", "")
    asset = labels.get("asset", "")
    return Report(
        rule=f"{tool}:{name}",
        asset=asset or next((labels[key] for key in _WHO if key in labels), tool),
        by_address=not asset,
        severity=severity(graded or labels.get("priority", "")),
        active=active,
        evidence="" if active else _ended_because(notes),
        since=since,
        until=until,
        face=graded,
        identity_labels={key: value for key, value in labels.items() if key != "severity"},
        labels=labels,
        title={"zh-CN": shown, "en": shown},
        text=bounds.text(description),
        url=bounds.url(alert.generatorURL or ""),
    )
