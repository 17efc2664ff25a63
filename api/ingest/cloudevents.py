"""CloudEvents 1.0 over HTTP: structured, binary and batch mode; each event says one thing of one alert.

Sources: CNCF CloudEvents 1.0.2 (spec, JSON event format, HTTP protocol binding 3.1 to 3.3).
`source` + `id` make an event the same one; `source`, `type` and `subject` make it the same alert; an event whose
`time` is older than what is known changes nothing. `data` is {active, severity, asset, title, text, labels, since,
until, url}; only `active` (or `status`: firing, resolved) must be there. It may also come as the bytes of that JSON: in
`data_base64`, or as a string when `datacontenttype` is no JSON (JSON event format 3.1).
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

import msgspec

from api.ingest import bounds
from api.ingest.bounds import BoundExceeded
from api.ingest.findings import BAD_JSON, finding
from api.ingest.words import moment, severity
from feeds.external import AT_ONCE, Report
from feeds.findings import Finding, InMessage

TOOL = "cloudevents"
STRUCTURED, BATCH = "application/cloudevents+json", "application/cloudevents-batch+json"


class EventData(msgspec.Struct):
    """The data of an event about an alert. A field that is null counts as absent."""

    active: bool | None = None
    status: str | None = None
    severity: str | None = None
    asset: str | None = None
    title: str | dict[str, str] | None = None
    text: str | None = None
    labels: dict[str, str | None] | None = None
    since: str | None = None
    until: str | None = None
    url: str | None = None


class CloudEvent(msgspec.Struct):
    """An event's attributes; extensions are passed over. An attribute that is null is not there (JSON format 2.2)."""

    specversion: str
    id: str
    source: str
    type: str
    subject: str | None = None
    time: str | None = None
    datacontenttype: str | None = None
    data: msgspec.Raw = msgspec.Raw()
    data_base64: str | None = None


ReadEvents = tuple[list[tuple[str, Report]], list[Finding[InMessage]]]
"""(the event's key, what it says) each, and what is wrong."""


def taken(raw: bytes, headers: Mapping[str, str]) -> ReadEvents:
    """The events of one call, in their order."""
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        if kind == BATCH:
            events = msgspec.json.decode(raw, type=list[CloudEvent])
        elif kind == STRUCTURED or "ce-specversion" not in headers:
            events = [msgspec.json.decode(raw, type=CloudEvent)]
        else:
            events = [msgspec.convert(_binary(headers), CloudEvent)]
            events[0].datacontenttype = headers.get("content-type")
            events[0].data = msgspec.Raw(raw)
    except HeaderInvalid as error:
        return [], [finding("HEADER_INVALID", error.header, value=error.value, detail=str(error))]
    except msgspec.ValidationError as error:
        return [], [finding("FORM_INVALID", detail=str(error))]
    except BAD_JSON as error:
        return [], [finding("JSON_INVALID", detail=str(error))]
    if len(events) > AT_ONCE:
        return [], [finding("TOO_MANY", value=str(len(events)), detail=str(AT_ONCE))]
    reports: list[tuple[str, Report]] = []
    findings: list[Finding[InMessage]] = []
    for index, event in enumerate(events):
        at = f"[{index}]" if kind == BATCH else ""
        report = _report(event, at)
        if isinstance(report, Finding):
            findings.append(report)
        else:
            reports.append((f"{event.source}\n{event.id}", report))
    return reports, findings


def _binary(headers: Mapping[str, str]) -> dict[str, Any]:
    """Attributes from `ce-` headers, decoded (HTTP binding 3.1.3.2). Raises HeaderInvalid."""
    return {name[3:]: decoded(name, value) for name, value in headers.items() if name.startswith("ce-")}


class HeaderInvalid(Exception):
    """A header whose value is not encoded as the binding says."""

    def __init__(self, header: str, value: str, reason: str) -> None:
        super().__init__(reason)
        self.header, self.value = header, value


def decoded(header: str, value: str) -> str:
    """The attribute's value: first quoted strings are unescaped (RFC 9110, 5.6.4), then percent-encoding once.

    Raises HeaderInvalid for octets that are no ASCII, an open quote, and encoded octets that are no UTF-8.
    """
    if not value.isascii() or any(ord(letter) < 0x20 for letter in value):
        raise HeaderInvalid(header, value, "characters outside printable ASCII must be percent-encoded")
    bare, at = [], 0
    for quoted in _QUOTED.finditer(value):
        bare += [value[at : quoted.start()], _ESCAPE.sub(r"\1", quoted[1])]
        at = quoted.end()
    if '"' in value[at:] or any('"' in part for part in bare[::2]):
        raise HeaderInvalid(header, value, "a quote is not closed")
    try:
        return unquote_to_bytes("".join([*bare, value[at:]])).decode("utf-8")
    except UnicodeDecodeError as error:
        raise HeaderInvalid(header, value, "the percent-encoded octets are no UTF-8") from error


_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
_ESCAPE = re.compile(r"\\(.)")


def _report(event: CloudEvent, at: str) -> Report | Finding[InMessage]:
    for name in ("id", "source", "type"):
        if not getattr(event, name) or len(getattr(event, name)) > bounds.VALUE:
            return finding("MISSING_REQUIRED", f"{at}.{name}")
    if event.specversion != "1.0":
        return finding("VERSION_UNKNOWN", f"{at}.specversion", value=event.specversion)
    content = _content(event, at)
    if isinstance(content, Finding):
        return content
    raw, at_data = content
    try:
        data = msgspec.json.decode(raw, type=EventData)
        labels = bounds.labels({name: value for name, value in (data.labels or {}).items() if value is not None})
        times = moment(event.time), moment(data.since), moment(data.until)
    except BoundExceeded as error:
        return finding(str(error), f"{at_data}.labels", detail=str(bounds.LABELS))
    except (msgspec.ValidationError, RecursionError) as error:
        return finding("FORM_INVALID", at_data, detail=str(error))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return finding("JSON_INVALID", at_data, detail=str(error))
    except (ValueError, OverflowError):
        return finding("TIME_INVALID", f"{at}.time", value=str(event.time))
    active = data.active if data.active is not None else {"firing": True, "resolved": False}.get(data.status or "")
    if active is None:
        return finding(
            "STATUS_UNKNOWN" if data.status else "MISSING_REQUIRED", f"{at_data}.active", value=data.status or ""
        )
    return _alert_report(event, data, labels, times, active)


def _content(event: CloudEvent, at: str) -> tuple[bytes, str] | Finding[InMessage]:
    """The JSON that the event carries, and where it stands."""
    plain = bytes(event.data)
    if event.data_base64 is not None:
        if plain not in (b"", b"null"):
            return finding("DATA_TWICE", f"{at}.data_base64")
        try:
            return base64.b64decode(event.data_base64, validate=True), f"{at}.data_base64"
        except ValueError as error:
            return finding("BASE64_INVALID", f"{at}.data_base64", detail=str(error))
    if not plain:
        return finding("MISSING_REQUIRED", f"{at}.data")
    if plain.startswith(b'"') and not _is_json(event.datacontenttype):
        try:
            return msgspec.json.decode(plain, type=str).encode(), f"{at}.data"
        except (msgspec.DecodeError, UnicodeDecodeError) as error:  # what was passed over unread until here
            return finding("JSON_INVALID", f"{at}.data", detail=str(error))
    return plain, f"{at}.data"


def _is_json(media_type: str | None) -> bool:
    """Whether the content is JSON itself: it is when nothing else is said (JSON event format 3.1.1)."""
    if not media_type:
        return True
    subtype = media_type.partition(";")[0].strip().lower().partition("/")[2]
    return subtype == "json" or subtype.endswith("+json")


def _alert_report(
    event: CloudEvent,
    data: EventData,
    labels: dict[str, str],
    times: tuple[float | None, float | None, float | None],
    active: bool,
) -> Report:
    event_time, since, until = times
    subject = bounds.visible((event.subject or "")[: bounds.VALUE])
    titles = data.title if isinstance(data.title, dict) else dict.fromkeys(("zh-CN", "en"), data.title or "")
    usual = bounds.title(event.type)
    title = {language: bounds.title(titles.get(language, "")) or usual for language in ("zh-CN", "en")}
    return Report(
        rule=f"{TOOL}:{bounds.visible(event.type[: bounds.NAME])}",
        asset=bounds.visible((data.asset or "")[: bounds.VALUE]) or subject or bounds.visible(event.source),
        severity=severity(data.severity or ""),
        active=active,
        since=since or event_time,
        until=until if active else None,
        at=event_time,
        identity_labels={"source": event.source, "subject": subject},
        labels=labels,
        title=title,
        text=bounds.text(data.text or ""),
        url=bounds.url(data.url or ""),
        by_address=not data.asset,
    )
