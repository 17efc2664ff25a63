"""Small synthetic CAP messages, so that rules are tested where the shared samples are absent."""

from __future__ import annotations

import pytest

from feeds.cap.message import CapMessage, CapRefused, parse
from feeds.findings import Finding, InMessage

SENT = "2026-06-10T15:30:00+08:00"
SQUARE = "25.00,101.40 25.00,101.70 25.20,101.70 25.20,101.40 25.00,101.40"
CODE = "<geocode><valueName>CPEAS Geographic Code</valueName><value>532301000000</value></geocode>"


def area(shapes: str = f"<polygon>{SQUARE}</polygon>", codes: str = CODE) -> str:
    """One `area`."""
    return f"<area><areaDesc>示例县</areaDesc>{shapes}{codes}</area>"


def info(
    *,
    language: str = "<language>zh-CN</language>",
    category: str = "<category>Met</category>",
    event: str = "<event>暴雨</event>",
    urgency: str = "<urgency>Expected</urgency>",
    severity: str = "<severity>Severe</severity>",
    certainty: str = "<certainty>Likely</certainty>",
    times: str = "<effective>2026-06-10T15:30:00+08:00</effective><expires>2026-06-10T21:30:00+08:00</expires>",
    texts: str = "<headline>示例州气象台发布暴雨橙色预警信号</headline>",
    extra: str = "",
    areas: str = area(),
) -> str:
    """One `info`, in CAP's order."""
    return f"<info>{language}{category}{event}{urgency}{severity}{certainty}{times}{texts}{extra}{areas}</info>"


def alert(
    *,
    identifier: str = "<identifier>A1</identifier>",
    sender: str = "<sender>cma@example</sender>",
    sent: str = f"<sent>{SENT}</sent>",
    status: str = "<status>Actual</status>",
    msg_type: str = "<msgType>Alert</msgType>",
    scope: str = "<scope>Public</scope>",
    extra: str = "",
    infos: str | None = None,
    namespace: str = "urn:oasis:names:tc:emergency:cap:1.2",
    prolog: str = '<?xml version="1.0" encoding="UTF-8"?>\n',
) -> bytes:
    """One message; every part may be replaced."""
    body = info() if infos is None else infos
    head = f"{identifier}{sender}{sent}{status}{msg_type}{scope}{extra}"
    return f'{prolog}<alert xmlns="{namespace}">{head}{body}</alert>'.encode()


def refused(raw: bytes, mode: str = "strict", profile: str = "") -> tuple[Finding[InMessage], ...]:
    """Why a document is refused."""
    with pytest.raises(CapRefused) as caught:
        parse(raw, mode, profile)
    return caught.value.findings


def errors(findings: tuple[Finding[InMessage], ...]) -> set[str]:
    """The codes that refuse in strict mode."""
    return {finding.code for finding in findings if finding.error}


def remarks(message: CapMessage) -> set[str]:
    """Codes of warnings."""
    return {finding.code for finding in message.findings if not finding.error}
