"""Findings of a request's fields, and how they look in a problem document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.http.finding_texts import TEXTS, UNKNOWN_EN, UNKNOWN_ZH
from feeds.findings import Finding, InRequest

ZH, EN = "zh-CN", "en"


def finding(
    field: str, code: str, *, english: str = "", message: Mapping[str, str] | None = None, allowed: tuple[str, ...] = ()
) -> Finding[InRequest]:
    """The finding `code` at a field such as "body.comment".

    `message` replaces the sentences of the code. `english` is a library's sentence for a code without texts.
    `allowed` lists the values that would do; the sentences name them.
    """
    zh, en = TEXTS.get(code, (UNKNOWN_ZH, english or UNKNOWN_EN))
    if allowed:
        zh, en = f"{zh}，可用：{'、'.join(allowed)}", f"{en}; allowed: {', '.join(allowed)}"
    sentences = dict(message) if message else {ZH: zh, EN: en}
    return Finding(code=code, where=InRequest(field), message=sentences, allowed=allowed)


def error_member(finding: Finding[InRequest], lang: str) -> dict[str, Any]:
    """The finding as a member of a problem's `errors`."""
    sentence = finding.message.get(lang) or finding.message[EN]
    member: dict[str, Any] = {"field": finding.where.field, "code": finding.code, "message": sentence}
    return member | {"allowed": list(finding.allowed)} if finding.allowed else member
