"""Routes of alert rules: list, change, preview, undo. Rules of the settings file are read-only."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from starlette.responses import Response

from api.commands import ask, refusal
from api.dependencies import Admin, Dependencies, Deps, Viewer
from api.http.answers import Cursor, Json, Limit, listing
from api.http.durations import Seconds
from api.http.findings import finding
from api.http.numbers import Number
from api.http.problems import Problem
from api.principal import Principal
from api.records.rules import Record, RuleReader, sent_form, undoable
from api.responses import rules as answered
from api.responses.describe import answers
from api.routers import api_router
from feeds.documents import rule as rule_document
from feeds.documents.rule import KIND
from feeds.findings import Finding, InRequest
from feeds.kinds import KINDS
from feeds.kinds.subject import SubjectKind
from feeds.model import Outcome, Result, Severity

router = api_router(tags=["rules"])
OF_CHANGE = ("conflict", "outside-region", "unanswered")
"""Problems of every change: the version is old, the region is another one, the engine does not answer."""
TIMEOUT = 10.0  # the engine previews a rule over the whole inventory first
Short = Annotated[str, StringConstraints(max_length=200)]
Title = Short | dict[Annotated[str, StringConstraints(max_length=16)], Short]
Id = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Comment = Annotated[str, StringConstraints(max_length=2000)]


class RuleGradeBody(BaseModel):
    """A severity of a rule with its condition, a CEL expression."""

    model_config = ConfigDict(extra="forbid")
    when: Annotated[str, StringConstraints(min_length=1, max_length=2000)]
    severity: Severity


class RuleBody(BaseModel):
    """One rule. Other fields that `GET /rules` answers may be sent back; they are ignored."""

    model_config = ConfigDict(extra="ignore", populate_by_name=True)
    when: Annotated[str, StringConstraints(min_length=1, max_length=2000)]
    over: Annotated[str, StringConstraints(max_length=32)] = "asset"
    each: Annotated[str, StringConstraints(max_length=100)] = ""
    hold: Annotated[Seconds | None, Field(alias="for", description='Seconds, or "10s"')] = None
    recover_for: Seconds | None = None
    severity: Severity = Severity.MAJOR
    grades: Annotated[list[RuleGradeBody], Field(max_length=len(Severity))] = []
    title: Title = ""
    text: Comment = ""
    region: Annotated[str, StringConstraints(max_length=12)] = ""

    def form(self, id: str) -> Record:
        """The rule as the engine reads it."""
        return sent_form(self.model_dump(by_alias=True, mode="json") | {"id": id})


class NamedRuleBody(RuleBody):
    """One rule of several. A rule of the settings file may be among them unchanged."""

    id: Id
    source: Annotated[str, StringConstraints(max_length=16)] = "api"


class RuleChangeBody(BaseModel):
    """Conditions of a change. `rev`: refuse (409) when the rules have another revision. `dry_run`: only preview it.

    `accept`: the accepted number of alerts at once, when it exceeds `limits.storm`.
    """

    model_config = ConfigDict(extra="forbid", populate_by_name=True)
    rev: Number | None = None
    comment: Comment = ""
    dry_run: bool = False
    accept: Number = 0


class RulesBody(RuleChangeBody):
    """All rules of the interface."""

    items: Annotated[list[NamedRuleBody], Field(max_length=1000)]


class SingleRuleBody(RuleChangeBody, RuleBody):
    """One rule with the conditions of its change."""

    model_config = ConfigDict(extra="ignore", populate_by_name=True)
    id: Id | None = None


class RuleUndoBody(RuleChangeBody):
    """The change to take back: `seq`, else the last one of the rule."""

    seq: Number | None = None


class RulePreviewBody(RuleBody):
    """A rule to preview. With the id of a rule in force, the preview is of the change."""

    id: Id = "preview"


@router.get("/rules", responses=answers(answered.RuleList))
async def rules(deps: Deps, principal: Viewer) -> Response:
    """Every rule in force with its limits, who changed it last, and how many alerts of it are active."""
    reader = RuleReader(deps, principal)
    return await _listed(reader)


async def _listed(reader: RuleReader, **more: Any) -> Response:
    items, hidden = await reader.rules()
    present = await reader.limits()
    limits = {"sample": present.sample, "storm": present.storm, "most": present.most}
    subjects = [_subject(over) for over in KINDS.subjects.values()]
    return listing(items, None, present.rev, hidden=hidden, limits=limits, subjects=subjects, **more)


def _subject(over: SubjectKind) -> dict[str, Any]:
    """The names and functions that rules over a kind of thing may use. `words`: the values of a name, [] for any."""
    names = {name: {"type": about.type, "words": sorted(about.words)} for name, about in over.names.items()}
    return {"name": over.name, "names": names, "functions": sorted(over.functions)}


@router.get("/rules/history", responses=answers(answered.RuleHistory))
async def history(
    deps: Deps,
    principal: Viewer,
    rule: Annotated[str, Query(max_length=64)] = "",
    cursor: Cursor = "",
    limit: Limit = 100,
) -> Response:
    """Changes of rules with actor, time, reason, and the rule before and after; newest first."""
    reader = RuleReader(deps, principal)
    items, following, hidden = await reader.history(rule, cursor, limit)
    return listing(items, following, (await reader.limits()).rev, hidden=hidden)


@router.put("/rules", responses=answers(answered.RuleList, *OF_CHANGE))
async def put_all(deps: Deps, principal: Admin, body: RulesBody) -> Response:
    """Replace the rules made here; 200 once the journal has them.

    An account of a region replaces the rules of that region only.
    """
    items = [rule.form(rule.id) | {"source": rule.source} for rule in body.items]
    return await _change(deps, principal, "", body, {"items": items, "whole": True})


@router.put("/rules/{rule_id}", responses=answers(answered.RuleList, *OF_CHANGE))
async def put_one(deps: Deps, principal: Admin, rule_id: Id, body: SingleRuleBody) -> Response:
    """Create or change one rule. An `id` in the body must be that of the path: a rule is not renamed."""
    if body.id not in (None, rule_id):
        raise Problem("invalid", findings=[finding("body.id", "id_differs")])
    return await _change(deps, principal, rule_id, body, {"items": [body.form(rule_id)]})


@router.delete("/rules/{rule_id}", responses=answers(answered.RuleList, *OF_CHANGE))
async def remove(
    deps: Deps,
    principal: Admin,
    rule_id: Id,
    rev: Number | None = None,
    comment: Annotated[str, Query(max_length=2000)] = "",
) -> Response:
    """Remove one rule; its alerts clear."""
    body = RuleChangeBody(rev=rev, comment=comment)
    return await _change(deps, principal, rule_id, body, {"items": [{"id": rule_id, "gone": True}]})


@router.post("/rules:preview", responses=answers(answered.PreviewedRule, *OF_CHANGE))
async def preview(deps: Deps, principal: Admin, body: RulePreviewBody) -> Response:
    """Preview what a rule would do at once. Nothing is stored."""
    dry = RuleChangeBody(dry_run=True)
    outcome = await _ask_engine(deps, principal, "", dry, {"items": [body.form(body.id)]})
    return Json({"preview": (outcome["preview"] or [None])[0], "rev": outcome["rev"]})


@router.post("/rules/{rule_id}/undo", responses=answers(answered.RuleList, *OF_CHANGE))
async def undo(deps: Deps, principal: Admin, rule_id: Id, body: RuleUndoBody) -> Response:
    """Return a rule to its form before a change. The undo is a change that can be undone."""
    entries = await deps.journal.entries(kind=KIND, subject=rule_id, limit=1000, newest_first=True)
    sees = RuleReader(deps, principal).sees_change
    changes = [entry for entry in entries if undoable(entry) and sees(entry) and body.seq in (None, entry.seq)]
    if not changes:
        raise Problem("not-found")
    before = changes[0].body["before"]
    item = before if before is not None else {"id": rule_id, "gone": True}
    return await _change(deps, principal, rule_id, body, {"items": [item], "undoes": changes[0].seq})


async def _change(
    deps: Dependencies, principal: Principal, rule_id: str, body: RuleChangeBody, args: Record
) -> Response:
    outcome = await _ask_engine(deps, principal, rule_id, body, args)
    shown = {"changed": outcome["changed"], "preview": outcome["preview"], "dry_run": body.dry_run}
    return await _listed(RuleReader(deps, principal), **shown)


async def _ask_engine(
    deps: Dependencies, principal: Principal, rule_id: str, body: RuleChangeBody, args: Record
) -> Record:
    """The engine's result of a change. Raises Problem when it refuses."""
    args = args | {"dry_run": body.dry_run, "accept": body.accept}
    result = await ask(deps, principal, "rules", rule_id, args, comment=body.comment, rev=body.rev, timeout=TIMEOUT)
    if result.outcome is Outcome.DONE:
        return result.after or {"rev": 0, "changed": [], "preview": []}
    raise await _refused(deps, principal, result, whole=bool(args.get("whole")))


async def _refused(deps: Dependencies, principal: Principal, result: Result, *, whole: bool) -> Problem:
    after, current = result.after or {}, None
    if result.outcome is Outcome.CONFLICT:
        reader = RuleReader(deps, principal)
        items, _ = await reader.rules()
        current = {"items": items, **rule_document.dump(await reader.limits())}
    if problem := refusal(result, current):
        return problem
    findings = [_finding(error, whole) for error in after.get("errors", ())] or [finding("body", result.detail)]
    more = {"preview": after["preview"]} if "preview" in after else {}
    return Problem("invalid", findings=findings, **more)


def _finding(error: Record, whole: bool) -> Finding[InRequest]:
    """The engine numbers the rules it was sent; a single rule is the body itself."""
    field = error["field"] if whole else error["field"].removeprefix("items.0.")
    return finding(f"body.{field}", error["code"], message=error["message"])
