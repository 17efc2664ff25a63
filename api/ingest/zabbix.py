"""What our media type for Zabbix sends (deploy/zabbix): one event a call, its macros as text.

Zabbix writes times without a zone ("2026.11.22", "10:39:48"): they are its server's, and which that is the settings
say (`[ingest] zabbix_timezone`) or the media type's own parameter `timezone`.
"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from api.ingest import bounds
from api.ingest.alertmanager import Taken
from api.ingest.bounds import BoundExceeded
from api.ingest.findings import BAD_JSON, finding
from feeds.external import Report
from feeds.model import Severity

TOOL = "zabbix"
# {EVENT.NSEVERITY}: 0 not classified, 1 information, 2 warning, 3 average, 4 high, 5 disaster.
_SEVERITIES = {
    "0": Severity.INFO,
    "1": Severity.INFO,
    "2": Severity.WARNING,
    "3": Severity.MINOR,
    "4": Severity.MAJOR,
    "5": Severity.CRITICAL,
}


class _Tag(msgspec.Struct):
    tag: str
    value: str = ""


class ZabbixEvent(msgspec.Struct):
    """The media type's parameters; macros that Zabbix could not resolve stay as they are, "{…}" or "*UNKNOWN*"."""

    triggerid: str
    host: str
    value: str
    eventid: str = ""
    name: str = ""
    nseverity: str = ""
    host_ip: str = ""
    date: str = ""
    time: str = ""
    recovery_date: str = ""
    recovery_time: str = ""
    opdata: str = ""
    url: str = ""
    tags: str = ""
    timezone: str = ""
    update_status: str = ""


def taken(raw: bytes, now: float, *, timezone: str) -> Taken:
    """The alert of one call."""
    try:
        event = msgspec.json.decode(raw, type=ZabbixEvent)
    except msgspec.ValidationError as error:
        return [], [finding("FORM_INVALID", detail=str(error))]
    except BAD_JSON as error:
        return [], [finding("JSON_INVALID", detail=str(error))]
    for name in ("triggerid", "host"):
        if not _expanded(getattr(event, name)):
            return [], [finding("MISSING_REQUIRED", name)]
    if event.value not in ("0", "1"):
        return [], [finding("STATUS_UNKNOWN", "value", value=event.value)]
    return _report(event, timezone)


def _report(event: ZabbixEvent, timezone: str) -> Taken:
    try:
        zone = ZoneInfo(_expanded(event.timezone) or timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return [], [finding("ZONE_UNKNOWN", "timezone", value=event.timezone)]
    try:
        began = _moment(event.date, event.time, zone)
        ended = _moment(event.recovery_date, event.recovery_time, zone)
    except ValueError:
        return [], [finding("TIME_INVALID", "date", value=f"{event.date} {event.time} {event.recovery_date}")]
    try:
        labels = bounds.labels({"host": event.host, "triggerid": event.triggerid, **_tags(event.tags)})
    except BoundExceeded as error:
        return [], [finding(str(error), "tags", detail=str(bounds.LABELS))]
    except BAD_JSON as error:
        return [], [finding("JSON_INVALID", "tags", detail=str(error))]
    active, asset = event.value == "1", labels.get("asset", "")
    name = bounds.title(_expanded(event.name) or event.triggerid)
    return [
        Report(
            rule=f"{TOOL}:{labels['triggerid']}",
            asset=asset or labels["host"],
            by_address=False,
            severity=_SEVERITIES.get(event.nseverity, Severity.MAJOR),
            active=active,
            since=began,
            identity_labels=_identity(event, labels),
            labels=labels,
            title={"zh-CN": name, "en": name},
            text=bounds.text(_expanded(event.opdata)),
            at=began if active else ended,
            url=bounds.url(_expanded(event.url)),
            address=_expanded(event.host_ip)[: bounds.NAME],
        )
    ], []


def _identity(event: ZabbixEvent, labels: dict[str, str]) -> dict[str, str]:
    """A trigger may have several problems at once: each is an alert, by the event that began it.

    {EVENT.ID} is that event also in messages of updates and of the recovery.
    """
    problem = _expanded(event.eventid)[: bounds.NAME]
    identity = {"triggerid": labels["triggerid"], "host": labels["host"]}
    return identity | {"eventid": problem} if problem else identity


def _expanded(macro: str) -> str:
    """The macro's value; "" when Zabbix had none."""
    value = macro.strip()
    return "" if value.startswith(("{", "*UNKNOWN*")) else value


def _moment(date: str, time: str, zone: ZoneInfo) -> float | None:
    if not _expanded(date) or not _expanded(time):
        return None
    return datetime.strptime(f"{date.strip()} {time.strip()}", "%Y.%m.%d %H:%M:%S").replace(tzinfo=zone).timestamp()


def _tags(text: str) -> dict[str, str]:
    if not text.strip() or text.strip().startswith(("{EVENT", "*UNKNOWN*")):
        return {}
    tags: dict[str, list[str]] = {}
    for tag in msgspec.json.decode(text, type=list[_Tag]):
        values = tags.setdefault(tag.tag, [])
        if tag.value not in values:
            values.append(tag.value)
    return {name: ", ".join(values) for name, values in tags.items()}
