"""Orders about one brief: each a pure function from the brief and the order to its next form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from feeds.briefs.content import content_hash
from feeds.model import Command, Outcome
from feeds.model.briefs import (
    EDITABLE_STATES,
    OUT_STATES,
    URGENCIES,
    Brief,
    BriefBlock,
    BriefCorrection,
    BriefFinding,
    BriefSignature,
)
from feeds.model.incidents import Incident
from incidents.refusals import OrderRefused, required

COUNTERSIGN_WITHIN = 12 * 3600.0
"""Seconds within which a brief that was signed by phone must be signed by hand."""
METHODS = ("password", "password+code", "demo")
"""How a signature is proven; the web role says which."""
NEEDED: dict[str, tuple[str, ...]] = {"special": ("situation",), "bulletin": ("situation",), "daily": ("overview",)}
"""Blocks of people that must not be empty, by kind of brief."""


def check_editable(brief: Brief) -> None:
    """Raises OrderRefused for a brief that has its signature or was withdrawn."""
    if brief.state not in EDITABLE_STATES:
        raise OrderRefused("signed", Outcome.CONFLICT)


def changed(brief: Brief, actor: str, now: float, **fields: Any) -> Brief:
    """A new version of the content, by that person. It has to be checked anew."""
    return replace(
        brief,
        state="draft",
        version=brief.version + 1,
        findings=(),
        changed_at=now,
        edited_by=tuple(dict.fromkeys((*brief.edited_by, *((actor,) if actor else ())))),
        rev=brief.rev + 1,
        **fields,
    )


def edited(brief: Brief, command: Command, now: float) -> Brief:
    """The brief with other words of people. What is left out stays. Raises OrderRefused."""
    check_editable(brief)
    args = command.args
    fields: dict[str, Any] = {name: str(args[name]) for name in ("title", "urgency") if name in args}
    fields |= {name: tuple(map(str, args[name])) for name in ("to", "cc") if name in args}
    if fields.get("urgency", "") not in URGENCIES:
        raise OrderRefused("unknown_urgency")
    return changed(brief, command.actor, now, blocks=_rewritten(brief.blocks, args.get("blocks") or ()), **fields)


def _rewritten(blocks: Sequence[BriefBlock], texts: Sequence[dict[str, Any]]) -> tuple[BriefBlock, ...]:
    words = {str(block["key"]): str(block["text"]) for block in texts}
    own = {block.key for block in blocks if not block.generated}
    if unknown := sorted(words.keys() - own):
        raise OrderRefused("generated" if unknown[0] in {block.key for block in blocks} else "no_block")
    return tuple(replace(block, text=words[block.key]) if block.key in words else block for block in blocks)


def findings_of(brief: Brief, incident: Incident | None) -> tuple[BriefFinding, ...]:
    """What is missing or doubtful; what is only unknown does not forbid signing, it is printed as 核实中."""
    findings = [
        BriefFinding(code="missing", field=name, blocking=True) for name in ("title", "to") if not getattr(brief, name)
    ]
    for block in brief.blocks:
        if not block.generated:
            if not block.text:
                findings.append(BriefFinding(code="missing", field=block.key, blocking=block.key in NEEDED[brief.kind]))
            continue
        findings += [BriefFinding(code="unknown", field=row.name, blocking=False) for row in block.rows if row.unknown]
        findings += [
            BriefFinding(code="unofficial", field=figure.name, blocking=False)
            for figure in block.figures
            if figure.report and not figure.official
        ]
    if incident is not None and brief.basis is not None and _news(brief, incident):
        findings.append(BriefFinding(code="outdated", field="figures", blocking=True))
    return tuple(findings)


def _news(brief: Brief, incident: Incident) -> bool:
    """Whether a figure was reported that the brief's blocks do not have yet."""
    assert brief.basis is not None
    reported = {figure.report for block in brief.blocks for figure in block.figures}
    shown = {report.number for report in incident.casualties if report.at > brief.basis.at}
    return bool(shown - reported)


def checked(brief: Brief, incident: Incident | None) -> Brief:
    """The brief with its findings, `checked` when none of them forbids signing."""
    check_editable(brief)
    findings = findings_of(brief, incident)
    state = "draft" if any(finding.blocking for finding in findings) else "checked"
    return replace(brief, findings=findings, state=state, rev=brief.rev + 1)


def signed(brief: Brief, command: Command, number: str, now: float) -> Brief:
    """The brief with its signature and number. Raises OrderRefused.

    A leader signs, who has not written in it. Alone at night somebody on duty records that a leader signed by phone;
    the leader then signs within twelve hours.
    """
    check_signable(brief, command)
    method = str(command.args.get("method", ""))
    numbered = replace(brief, number=number, state="signed", changed_at=now, rev=brief.rev + 1)
    by_phone = method == "phone"
    name, own_name = (str(command.args.get(key, "")) for key in ("signer_name", "actor_name"))
    signature = BriefSignature(
        by=str(command.args.get("signer", "")) if by_phone else command.actor,
        method=method,
        at=now,
        hash=content_hash(numbered),
        recorded_by=command.actor if by_phone else "",
        name=name if by_phone else own_name,
        recorder=own_name if by_phone else "",
    )
    due = now + COUNTERSIGN_WITHIN if by_phone else None
    return replace(numbered, signatures=(signature,), countersign_by=due)


def check_signable(brief: Brief, command: Command) -> None:
    """Raises OrderRefused unless this person may sign this brief now."""
    if brief.state in OUT_STATES or brief.state == "withdrawn":
        raise OrderRefused("signed", Outcome.CONFLICT)
    if brief.state != "checked":
        raise OrderRefused("not_checked", Outcome.CONFLICT)
    if command.args.get("method") == "phone":
        required(command.args, "signer")
        if command.args["signer"] in (command.actor, *_authors(brief)):
            raise OrderRefused("same_person", Outcome.FORBIDDEN)
        return
    _check_signer(brief, command)


def _check_signer(brief: Brief, command: Command) -> None:
    if command.args.get("method") not in METHODS:
        raise OrderRefused("unknown_method")
    if command.role != "leader":
        raise OrderRefused("role", Outcome.FORBIDDEN)
    if command.actor in _authors(brief):
        raise OrderRefused("same_person", Outcome.FORBIDDEN)


def _authors(brief: Brief) -> tuple[str, ...]:
    return (brief.created_by, *brief.edited_by)


def countersigned(brief: Brief, command: Command, now: float) -> Brief:
    """The brief that was signed by phone, signed by hand. Raises OrderRefused."""
    if brief.countersign_by is None or brief.state not in OUT_STATES:
        raise OrderRefused("not_due", Outcome.CONFLICT)
    _check_signer(brief, command)
    signature = BriefSignature(
        by=command.actor,
        method=str(command.args["method"]),
        at=now,
        hash=brief.signatures[0].hash,
        name=str(command.args.get("actor_name", "")),
    )
    return replace(
        brief, signatures=(*brief.signatures, signature), countersign_by=None, changed_at=now, rev=brief.rev + 1
    )


def withdrawn(brief: Brief, command: Command, now: float) -> Brief:
    """The brief that counts no more. Its number stays with it. Raises OrderRefused."""
    if brief.state == "withdrawn":
        raise OrderRefused("withdrawn", Outcome.CONFLICT)
    if brief.state in OUT_STATES and command.role != "leader":
        raise OrderRefused("role", Outcome.FORBIDDEN)
    if not command.reason:
        raise OrderRefused("missing:reason")
    return replace(brief, state="withdrawn", reason=command.reason, changed_at=now, rev=brief.rev + 1)


def corrections_of(brief: Brief, incident: Incident, now: float) -> tuple[BriefCorrection, ...]:
    """The figures of a signed brief that reports have corrected since, those known before first."""
    corrected = {report.corrects: report for report in incident.casualties if report.corrects}
    noted = {correction.name: correction for correction in brief.corrections}
    corrections = dict(noted)
    for figure in (figure for block in brief.blocks for figure in block.figures):
        report = corrected.get(figure.report) if figure.report else None
        while report is not None and report.number in corrected:
            report = corrected[report.number]
        if report is not None and (figure.name not in noted or noted[figure.name].corrected != report.value):
            corrections[figure.name] = BriefCorrection(
                name=figure.name, value=figure.value, corrected=report.value, at=now
            )
    return tuple(corrections.values())
