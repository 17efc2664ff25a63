"""Approval cases as an approvals system hands them in: their shape checked, made into facts, personal values sealed.

The rules of clocks and lights are those of the approvals role (feeds.cases). Nothing of an applicant is in a finding.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from api.ingest.findings import BAD_JSON, finding
from api.ingest.words import moment
from feeds.cases.facts import CASE, CaseFact
from feeds.cases.making import FactRefused, make_fact
from feeds.cases.sealing import Sealer
from feeds.cases.words import KIND_WORDS
from feeds.external import AT_ONCE
from feeds.findings import Finding, InMessage
from feeds.regions import is_code

ItemKind = Literal["即办件", "承诺件", "补办件", "上报件", "联办件", "依申请公开", "咨询", "投诉", "主动公开", "栏目"]
CASE_TIMES = ("applied", "accepted", "handed_over", "decided", "submitted_up", "delivered", "ended", "updated")
LISTS = {
    "steps": ("step", ("started", "ended")),
    "suspensions": ("suspension", ("started", "ended")),
    "extensions": ("extension", ("decided",)),
    "supplements": ("supplement", ("notified", "received")),
    "fees": ("fee", ("paid",)),
}


class PushedStep(msgspec.Struct, forbid_unknown_fields=True):
    """One of 受理, 承办, 审批, 批准, 办结 (or a site's own word)."""

    name: str
    owner: str = ""
    role: str = ""
    action: str = ""
    state: str = ""
    started: str | None = None
    due: str | None = None
    ended: str | None = None
    limit: int | None = None


class PushedSuspension(msgspec.Struct, forbid_unknown_fields=True):
    """Time that is not counted (行政许可法 art. 45): only with kind, notice number, start. Dates name whole days."""

    kind: str
    notice: str
    started: str
    ended: str | None = None
    stated_days: int | None = None


class PushedExtension(msgspec.Struct, forbid_unknown_fields=True):
    """More days by consent of the office's head (art. 42)."""

    days: int
    by: str = ""
    approver: str = ""
    notice: str = ""
    decided: str | None = None


class PushedSupplement(msgspec.Struct, forbid_unknown_fields=True):
    """A notice of missing papers, and their receipt."""

    notified: str | None = None
    received: str | None = None


class PushedFee(msgspec.Struct, forbid_unknown_fields=True):
    """A fee in fen."""

    name: str = ""
    amount: int = 0
    paid: str | None = None


class PushedCase(msgspec.Struct, forbid_unknown_fields=True):
    """One case. `region` is a GB/T 2260 code; times are RFC 3339. `system`: the sender's own name by default.

    `updated` orders versions of a case; without it the time of receipt does. `deleted` takes the case off the lists.
    """

    number: str
    item: str = ""
    kind: ItemKind | None = None
    department: str = ""
    region: str = ""
    system: str = ""
    item_name: str = ""
    channel: str = ""
    parent: str = ""
    applicant: str = ""
    applicant_id: str = ""
    applicant_phone: str = ""
    applied: str | None = None
    accepted: str | None = None
    handed_over: str | None = None
    decided: str | None = None
    submitted_up: str | None = None
    delivered: str | None = None
    statutory_days: int | None = None
    promised_days: int | None = None
    limit_unit: str = ""
    steps: list[PushedStep] = []
    suspensions: list[PushedSuspension] = []
    extensions: list[PushedExtension] = []
    supplements: list[PushedSupplement] = []
    fees: list[PushedFee] = []
    aliases: dict[str, str] = {}
    ended: str | None = None
    result: str = ""
    reason: str = ""
    updated: str | None = None
    deleted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedCase:
    """A case that can be taken."""

    region: str
    number: str
    case: PushedCase


def taken(raw: bytes) -> tuple[list[CheckedCase], list[Finding[InMessage]]]:
    """The cases of one call: a list, {"cases": […]}, or one."""
    try:
        document = msgspec.json.decode(raw)
    except BAD_JSON as error:
        return [], [finding("JSON_INVALID", detail=str(error))]
    if isinstance(document, dict):
        document = document.get("cases", [document])
    if not isinstance(document, list) or len(document) > AT_ONCE:
        return [], [finding("TOO_MANY", detail=str(AT_ONCE))]
    usable: list[CheckedCase] = []
    findings: list[Finding[InMessage]] = []
    for index, raw_case in enumerate(document):
        case = _checked(raw_case, f"[{index}]")
        if isinstance(case, Finding):
            findings.append(case)
        else:
            usable.append(case)
    return usable, findings


def _checked(raw: Any, at: str) -> CheckedCase | Finding[InMessage]:
    try:
        case = msgspec.convert(raw, PushedCase)
    except msgspec.ValidationError as error:
        return finding("FORM_INVALID", at, detail=str(error))
    for name in ("number",) if case.deleted else ("number", "item", "department", "kind"):
        if not str(getattr(case, name) or "").strip():
            return finding("MISSING_REQUIRED", f"{at}.{name}")
    if not (case.accepted or case.applied or case.deleted):
        return finding("MISSING_REQUIRED", f"{at}.accepted")
    if not is_code(case.region):
        return finding("FORM_INVALID", f"{at}.region", value=case.region, detail="GB/T 2260")
    for where, text in _times(case):
        try:
            _time(text, where)
        except (ValueError, OverflowError):
            return finding("TIME_INVALID", f"{at}.{where}", value=str(text))
    return CheckedCase(number=case.number, region=case.region, case=case)


def _times(case: PushedCase) -> list[tuple[str, str | None]]:
    times = [(name, getattr(case, name)) for name in CASE_TIMES]
    for listed, (_, names) in LISTS.items():
        for index, row in enumerate(getattr(case, listed)):
            times += [(f"{listed}[{index}].{name}", getattr(row, name)) for name in names]
    return times


def _time(text: str | None, where: str) -> float | str | None:
    """Epoch seconds, or the date of a suspension as it stands: dates name whole days there."""
    if text and len(text) == 10 and where.startswith("suspensions"):
        moment(f"{text}T00:00:00+08:00")
        return text
    return moment(text)


def outside(case: CheckedCase) -> Finding[InMessage]:
    """A case of another region than the sender's."""
    return finding("OUTSIDE_REGION", case.number, value=case.region)


def facts_of(
    cases: Sequence[CheckedCase], sealer: Sealer, actor: str, at: float
) -> tuple[list[CaseFact], list[Finding[InMessage]]]:
    """The facts of checked cases: one a case, with its lists inside, so that a newer version replaces them whole."""
    facts, findings = [], []
    for checked in cases:
        case = checked.case
        values: dict[str, Any] = {
            "item": case.item,
            "item_name": case.item_name,
            "kind": KIND_WORDS.get(case.kind or "", ""),
            "department": case.department,
            "region": case.region,
            "channel": case.channel,
            "parent": case.parent,
            "promised": case.promised_days,
            "statutory": case.statutory_days,
            "unit": case.limit_unit,
            "result": case.result,
            "rows": {table: _rows(case, listed) for listed, (table, _) in LISTS.items() if getattr(case, listed)},
        }
        values |= {name: moment(getattr(case, name)) for name in CASE_TIMES if name != "updated"}
        values |= {f"alias.{kind}": text for kind, text in case.aliases.items()}
        people = {"name": case.applicant, "id": case.applicant_id, "phone": case.applicant_phone}
        values |= {f"person.{name}": text for name, text in people.items() if text}
        if case.reason:
            values["reason"] = case.reason
        filled = {name: value for name, value in values.items() if value not in (None, "", {})}
        try:
            facts.append(
                make_fact(
                    sealer,
                    {} if case.deleted else filled,
                    system=case.system or actor,
                    number=case.number,
                    table=CASE,
                    stamp=moment(case.updated) or 0.0,
                    deleted=case.deleted,
                    source=actor,
                    at=at,
                )
            )
        except FactRefused as error:
            findings.append(finding("FORM_INVALID", case.number[:80], detail=str(error)))
    return facts, findings


def _rows(case: PushedCase, listed: str) -> list[dict[str, Any]]:
    _, names = LISTS[listed]
    rows = []
    for row in getattr(case, listed):
        body = {name: value for name, value in msgspec.to_builtins(row).items() if value not in (None, "")}
        rows.append(body | {name: _time(body[name], listed) for name in names if name in body})
    return rows
