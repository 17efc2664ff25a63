"""The rules: those of the file to read, those made here to change, with a rehearsal before and an undo after."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from starlette.responses import Response

from api.commands import ask, refusal
from api.dependencies import Admin, Deps, Given, Viewer
from api.http.answers import Cursor, Json, Limit, listing
from api.http.durations import Seconds
from api.http.findings import finding
from api.http.numbers import Number
from api.http.problems import Problem
from api.principal import Principal
from api.records.rules import Reader, Record, sent_form, undoable
from feeds.documents import rule as rule_document
from feeds.documents.rule import KIND
from feeds.findings import Finding, InRequest
from feeds.kinds import KINDS
from feeds.kinds.subject import SubjectKind
from feeds.model import Outcome, Result, Severity

router = APIRouter(prefix="/api/v1", tags=["rules"])
TIMEOUT = 10.0  # a rehearsal over the whole inventory comes first
Short = Annotated[str, StringConstraints(max_length=200)]
Title = Short | dict[Annotated[str, StringConstraints(max_length=16)], Short]
Id = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Comment = Annotated[str, StringConstraints(max_length=2000)]


class Rule(BaseModel):
    """One rule. What `GET /rules` gives beside these fields may be sent back; it is passed over."""

    model_config = ConfigDict(extra="ignore", populate_by_name=True)
    when: Annotated[str, StringConstraints(min_length=1, max_length=2000)]
    over: Annotated[str, StringConstraints(max_length=32)] = "asset"
    hold: Annotated[Seconds | None, Field(alias="for", description='Seconds, or "10s"')] = None
    recover_for: Seconds | None = None
    severity: Severity = Severity.MAJOR
    title: Title = ""
    text: Comment = ""
    region: Annotated[str, StringConstraints(max_length=12)] = ""

    def form(self, id: str) -> Record:
        """As the engine reads it."""
        return sent_form(self.model_dump(by_alias=True, mode="json") | {"id": id})


class Named(Rule):
    """One rule of several. A rule of the file may stand there unchanged."""

    id: Id
    source: Annotated[str, StringConstraints(max_length=16)] = "api"


class Change(BaseModel):
    """How a change is meant. `rev`: refuse (409) when it is no longer that. `dry_run`: only say what would become.

    `accept`: how many alerts at once are meant, when they are more than `limits.storm`.
    """

    model_config = ConfigDict(extra="forbid", populate_by_name=True)
    rev: Number | None = None
    comment: Comment = ""
    dry_run: bool = False
    accept: Number = 0


class Rules(Change):
    """All rules of the interface."""

    items: Annotated[list[Named], Field(max_length=1000)]


class One(Change, Rule):
    """One rule and how its change is meant."""

    model_config = ConfigDict(extra="ignore", populate_by_name=True)
    id: Id | None = None


class Undo(Change):
    """Which change to take back; the rule's last one when it is not said."""

    seq: Number | None = None


class Tried(Rule):
    """A rule to try; its id does not matter unless it stands already."""

    id: Id = "preview"


@router.get("/rules")
async def rules(given: Given, who: Viewer) -> Response:
    """Every rule in force with its limits, who changed it last, and how many alerts of it are active."""
    reader = Reader(given, who)
    return await _listed(reader)


async def _listed(reader: Reader, **more: Any) -> Response:
    items, hidden = await reader.rules()
    present = await reader.limits()
    limits = {"sample": present.sample, "storm": present.storm, "most": present.most}
    subjects = [_subject(over) for over in KINDS.subjects.values()]
    return listing(items, None, present.rev, hidden=hidden, limits=limits, subjects=subjects, **more)


def _subject(over: SubjectKind) -> dict[str, Any]:
    """What rules over a kind of thing may name: `words` are the only ones that a name takes, [] for any."""
    names = {name: {"type": about.type, "words": sorted(about.words)} for name, about in over.names.items()}
    return {"name": over.name, "names": names, "functions": sorted(over.functions)}


@router.get("/rules/history")
async def history(
    given: Given, who: Viewer, rule: Annotated[str, Query(max_length=64)] = "", cursor: Cursor = "", limit: Limit = 100
) -> Response:
    """Who changed which rule, when and why, with what it was before and after; newest first."""
    reader = Reader(given, who)
    items, following, hidden = await reader.history(rule, cursor, limit)
    return listing(items, following, (await reader.limits()).rev, hidden=hidden)


@router.put("/rules")
async def put_all(given: Given, who: Admin, wish: Rules) -> Response:
    """These are the rules of the interface from now on; others of it go. 200 once the journal has it.

    Who has a region speaks of the rules of that region alone: others stay as they are.
    """
    items = [one.form(one.id) | {"source": one.source} for one in wish.items]
    return await _change(given, who, "", wish, {"items": items, "whole": True})


@router.put("/rules/{rule_id}")
async def put_one(given: Given, who: Admin, rule_id: Id, wish: One) -> Response:
    """Make or change one rule. An `id` in the body must be the path's: a rule is not renamed."""
    if wish.id not in (None, rule_id):
        raise Problem("invalid", findings=[finding("body.id", "id_differs")])
    return await _change(given, who, rule_id, wish, {"items": [wish.form(rule_id)]})


@router.delete("/rules/{rule_id}")
async def remove(
    given: Given,
    who: Admin,
    rule_id: Id,
    rev: Number | None = None,
    comment: Annotated[str, Query(max_length=2000)] = "",
) -> Response:
    """Take one rule out; its alerts clear."""
    wish = Change(rev=rev, comment=comment)
    return await _change(given, who, rule_id, wish, {"items": [{"id": rule_id, "gone": True}]})


@router.post("/rules:preview")
async def preview(given: Given, who: Admin, wish: Tried) -> Response:
    """What a rule would do at once, and what is wrong with it; nothing is kept."""
    dry = Change(dry_run=True)
    said = await _told(given, who, "", dry, {"items": [wish.form(wish.id)]})
    return Json({"preview": (said["preview"] or [None])[0], "rev": said["rev"]})


@router.post("/rules/{rule_id}/undo")
async def undo(given: Given, who: Admin, rule_id: Id, wish: Undo) -> Response:
    """Back to what the rule was before a change; the undo is a change too, and can be undone."""
    entries = await given.journal.entries(kind=KIND, subject=rule_id, limit=1000, newest_first=True)
    sees = Reader(given, who).sees_change
    changes = [one for one in entries if undoable(one) and sees(one) and wish.seq in (None, one.seq)]
    if not changes:
        raise Problem("not-found")
    before = changes[0].body["before"]
    item = before if before is not None else {"id": rule_id, "gone": True}
    return await _change(given, who, rule_id, wish, {"items": [item], "undoes": changes[0].seq})


async def _change(given: Deps, who: Principal, rule_id: str, wish: Change, args: Record) -> Response:
    said = await _told(given, who, rule_id, wish, args)
    shown = {"changed": said["changed"], "preview": said["preview"], "dry_run": wish.dry_run}
    return await _listed(Reader(given, who), **shown)


async def _told(given: Deps, who: Principal, rule_id: str, wish: Change, args: Record) -> Record:
    """The engine's word on a wish; Problem when it refuses."""
    args = args | {"dry_run": wish.dry_run, "accept": wish.accept}
    result = await ask(given, who, "rules", rule_id, args, comment=wish.comment, rev=wish.rev, timeout=TIMEOUT)
    if result.outcome is Outcome.DONE:
        return result.after or {"rev": 0, "changed": [], "preview": []}
    raise await _refused(given, who, result, whole=bool(args.get("whole")))


async def _refused(given: Deps, who: Principal, result: Result, *, whole: bool) -> Problem:
    after, current = result.after or {}, None
    if result.outcome is Outcome.CONFLICT:
        reader = Reader(given, who)
        items, _ = await reader.rules()
        current = {"items": items, **rule_document.dump(await reader.limits())}
    if problem := refusal(result, current):
        return problem
    findings = [_finding(one, whole) for one in after.get("errors", ())] or [finding("body", result.detail)]
    more = {"preview": after["preview"]} if "preview" in after else {}
    return Problem("invalid", findings=findings, **more)


def _finding(error: Record, whole: bool) -> Finding[InRequest]:
    """The engine numbers what it was sent; one rule alone is the body itself."""
    field = error["field"] if whole else error["field"].removeprefix("items.0.")
    return finding(f"body.{field}", error["code"], message=error["message"])
