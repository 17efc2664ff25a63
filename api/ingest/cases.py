"""Approval cases as an approvals system hands them in: their shape checked, kept whole in the journal.

Nothing shows them yet: the approvals feed reads them from here (documents of kind `case`, entries of kind `ingest`,
name `case`). The rules of clocks and lights are that feed's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec

from api.ingest.findings import BAD_JSON, finding
from api.ingest.words import moment
from feeds.external import AT_ONCE
from feeds.findings import Finding, InMessage
from feeds.journal import Journal
from feeds.regions import is_code

KIND, NAME = "case", "case"
ItemKind = Literal["即办件", "承诺件", "补办件", "上报件", "联办件"]


class ReportedStep(msgspec.Struct, forbid_unknown_fields=True):
    """One of 受理, 承办, 审批, 批准, 办结 (or a site's own word)."""

    name: str
    owner: str = ""
    started: str | None = None
    due: str | None = None
    ended: str | None = None


class Suspension(msgspec.Struct, forbid_unknown_fields=True):
    """Time that is not counted (行政许可法 art. 45): only with kind, notice number, start."""

    kind: str
    notice: str
    started: str
    ended: str | None = None


class Case(msgspec.Struct, forbid_unknown_fields=True):
    """One case. `region` is a GB/T 2260 code; times are RFC 3339."""

    number: str
    item: str
    kind: ItemKind
    department: str
    region: str
    accepted: str
    applicant: str = ""
    statutory_days: int | None = None
    promised_days: int | None = None
    steps: list[ReportedStep] = []
    suspensions: list[Suspension] = []
    ended: str | None = None
    result: str = ""
    updated: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedCase:
    """A case that can be kept. `digest` is the SHA-256 of what it says."""

    number: str
    region: str
    digest: str
    body: dict[str, Any] = field(default_factory=dict)


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
        case = _one(raw_case, f"[{index}]")
        if isinstance(case, Finding):
            findings.append(case)
        else:
            usable.append(case)
    return usable, findings


def _one(raw: Any, at: str) -> CheckedCase | Finding[InMessage]:
    try:
        case = msgspec.convert(raw, Case)
    except msgspec.ValidationError as error:
        return finding("FORM_INVALID", at, detail=str(error))
    for name in ("number", "item", "department"):
        if not getattr(case, name).strip():
            return finding("MISSING_REQUIRED", f"{at}.{name}")
    if not is_code(case.region):
        return finding("FORM_INVALID", f"{at}.region", value=case.region, detail="GB/T 2260")
    for where, text in _times(case):
        try:
            moment(text)
        except (ValueError, OverflowError):
            return finding("TIME_INVALID", f"{at}.{where}", value=str(text))
    body: dict[str, Any] = msgspec.to_builtins(case)
    digest = hashlib.sha256(msgspec.json.encode(case, order="deterministic")).hexdigest()
    return CheckedCase(number=case.number, region=case.region, digest=digest, body=body)


def _times(case: Case) -> list[tuple[str, str | None]]:
    times = [("accepted", case.accepted), ("ended", case.ended), ("updated", case.updated)]
    for index, step in enumerate(case.steps):
        times += [(f"steps[{index}].{name}", getattr(step, name)) for name in ("started", "due", "ended")]
    for index, suspension in enumerate(case.suspensions):
        times += [(f"suspensions[{index}].{name}", getattr(suspension, name)) for name in ("started", "ended")]
    return times


def outside(case: CheckedCase) -> Finding[InMessage]:
    """A case of another region than the sender's."""
    return finding("OUTSIDE_REGION", case.number, value=case.region)


async def keep(journal: Journal, cases: Sequence[CheckedCase], actor: str, at: float) -> int:
    """Keep what is new or has changed, all together; how many. The number makes a case the same one."""
    stored = 0
    if not cases:
        return stored
    async with journal.begin() as tx:
        for case in cases:
            existing = await tx.doc(KIND, case.number)
            if existing is not None and existing["digest"] == case.digest:
                continue
            body = {"case": case.body, "digest": case.digest, "region": case.region, "received_at": at, "from": actor}
            seq = await tx.append(kind="ingest", name=NAME, subject=case.number, at=at, actor=actor, body=body)
            await tx.put(KIND, case.number, body, seq=seq)
            stored += 1
    return stored
