"""The rules in force: those of the file, read-only, and those made through the interface, with their history.

Every change is a note for the journal; the documents are what is in force. A rule of the file counts more than one
of the interface that has its id. The commands: `rules` with args {items: [rule …], whole: bool, dry_run: bool,
accept: int, undoes: seq?}; `whole` says that what is missing goes, without it an item {id, gone: true} goes.
Who has a region makes and changes rules whose `region` lies in it, and no others; one that is not said is the own.
Refusals: late, role, rev, not_found, rules (with `after.errors`: field, code, message by language).
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from alerts.core.core import Board
from alerts.lifecycle.operator_actions import Refused, comment_of
from alerts.rulebook.forms import API, FILE, Kept, Unusable, document_of, form, load, read
from alerts.rulebook.preview import BUDGET, Rehearsal, rehearse
from alerts.rulebook.refusals import STORM, Wrong, elsewhere, read_only, storm, wrong
from alerts.rules.rule import CompiledRule
from feeds.documents import rule as rule_document
from feeds.documents.rule import RuleLimits
from feeds.engine.requests import AppendEntry, PutDocument, Writing
from feeds.journal import Doc
from feeds.journal.forms import register
from feeds.model import Command, Outcome, Result
from feeds.regions import covers

log = logging.getLogger(__name__)

ACTION, ROLE = "rules", "admin"
KIND, STATE = rule_document.KIND, rule_document.LIMITS
MOST = 500
_OUT = {"zh-CN": "在系统中建立的规则有的不运行：", "en": "rules made here do not run:"}
_OUT_TOLD = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleNote:
    """One change of one rule: `before` and `after` as JSON (None: there was or is none)."""

    name: str
    kept: Kept
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    at: float
    actor: str = ""
    comment: str = ""
    command: str = ""
    undoes: int | None = None


class RuleBook:
    """`changed` gathers the ids whose alerts must be looked at again. `sample`: see rule_forms.read."""

    def __init__(self, rules: Mapping[str, CompiledRule], sample: float = 0.0) -> None:
        self.sample = sample
        self.rev = 0
        self._wanted = dict(rules)
        self._file = {id: Kept(settings=one.settings, source=FILE, rev=0, compiled=one) for id, one in rules.items()}
        self._api: dict[str, Kept] = {}
        self._notes: list[RuleNote] = []
        self._shadowed: set[str] = set()

    # -- starting and reloading ----------------------------------------------------

    def restore(self, docs: Iterable[Doc], now: float) -> None:
        """Take what the journal holds, and note what the file says otherwise by now."""
        known = list(docs)
        self._notes = []
        self.rev = max((doc.body["rev"] for doc in known), default=0)
        kept = [load(rule_document.load(doc.body)) for doc in known if doc.open]
        self._file = {one.id: one for one in kept if one.source == FILE}
        self._api = {one.id: one for one in kept if one.source == API}
        self._shadowed = {id for id in self._api if id in self._file}
        for one in self._api.values():
            if one.problem:
                log.warning("rule %s does not run: %s", one.id, one.problem["en"])
                self._note("unusable", one, form(one.settings), form(one.settings), now)
        self.set_file(self._wanted, now)

    def set_file(self, rules: Mapping[str, CompiledRule], now: float, sample: float | None = None) -> None:
        """The file's rules are these from now on."""
        self.sample = self.sample if sample is None else sample
        self._wanted = dict(rules)
        moved = [id for id, one in rules.items() if id not in self._file or self._file[id].settings != one.settings]
        gone = [id for id in self._file if id not in rules]
        rev = self.rev + bool(moved or gone)
        for id in gone:
            before = self._file.pop(id)
            self._note("unloaded", replace(before, rev=rev, at=now), form(before.settings), None, now)
        for id in moved:
            known = self._file.get(id)
            self._file[id] = Kept(settings=rules[id].settings, source=FILE, rev=rev, at=now, compiled=rules[id])
            said = form(known.settings) if known is not None else None
            self._note("loaded", self._file[id], said, form(rules[id].settings), now)
        for id, one in rules.items():
            self._file[id] = replace(self._file[id], compiled=one)
        self.rev = rev
        self._reshadow(now)

    def _reshadow(self, now: float) -> None:
        """A rule of the interface whose id the file has taken does not run, and says so; nor does it vanish."""
        for id, one in list(self._api.items()):
            hidden = id in self._file
            if hidden == (id in self._shadowed):
                continue
            self._shadowed ^= {id}
            self._note(
                "shadowed" if hidden else "unshadowed", self.shown(one), form(one.settings), form(one.settings), now
            )

    def shown(self, kept: Kept) -> Kept:
        """With the problem that the file has taken its id."""
        if kept.source == FILE or kept.id not in self._file:
            return kept
        return replace(
            kept,
            problem={
                "zh-CN": "设置文件中已有同名规则，以文件为准",
                "en": "a rule of the settings file has that id, and counts",
            },
        )

    # -- what is in force ------------------------------------------------------------

    def running(self) -> dict[str, CompiledRule]:
        """Every rule that is asked, by id."""
        kept = {**self._api, **self._file}
        return {id: one.compiled for id, one in kept.items() if one.compiled is not None}

    def out(self, language: str) -> str:
        """Which rules made here do not run, and why; "" when all do."""
        broken = [one.problem[language] for one in self._api.values() if one.problem]
        return " ".join([_OUT[language], *broken[:_OUT_TOLD]]) if broken else ""

    def take_notes(self) -> list[RuleNote]:
        """What has happened since the last call, in order."""
        notes, self._notes = self._notes, []
        return notes

    def _note(self, name: str, kept: Kept, before: Any, after: Any, at: float, **more: Any) -> None:
        self._notes.append(RuleNote(name=name, kept=kept, before=before, after=after, at=at, **more))

    # -- commands --------------------------------------------------------------------

    def carry_out(self, command: Command, board: Board, at: float, now: float) -> Result:
        """Change the rules, or refuse; `at` is the step's time. A dry run only says what would become of it."""
        try:
            self._permit(command, now)
            wanted = self._wishes(command)
        except Refused as error:
            return Result(command=command.id, outcome=error.outcome, detail=str(error))
        except Wrong as error:
            return wrong(command, error.errors)
        seen = self._rehearsed(wanted, board, at)
        raised = sum(one.raises for one in seen)
        answer = {"rev": self.rev, "changed": sorted(wanted), "preview": [one.public() for one in seen]}
        if command.args.get("dry_run"):
            return Result(command=command.id, outcome=Outcome.DONE, after=answer)
        if raised > STORM and command.args.get("accept", 0) < raised:
            return wrong(command, [storm(raised)], answer)
        if wanted:
            self._apply(wanted, command, at)
        return Result(command=command.id, outcome=Outcome.DONE, after=answer | {"rev": self.rev})

    def _permit(self, command: Command, now: float) -> None:
        if now > command.valid_until:
            raise Refused(Outcome.LATE, "late")
        if command.role != ROLE:
            raise Refused(Outcome.FORBIDDEN, "role")
        comment_of(command)
        kept = self._file.get(command.subject) or self._api.get(command.subject)
        rev = self.rev if not command.subject else kept.rev if kept is not None else 0
        if command.expected_rev is not None and command.expected_rev != rev:
            raise Refused(Outcome.CONFLICT, "rev")

    def _wishes(self, command: Command) -> dict[str, CompiledRule | None]:
        """What would be another rule than now, by id; None for one that goes. Refused or Wrong."""
        items = command.args.get("items")
        if not isinstance(items, list) or len(items) > MOST or not all(isinstance(one, Mapping) for one in items):
            raise Refused(Outcome.INVALID, "bad_rules")
        errors: list[dict[str, Any]] = []
        wanted: dict[str, CompiledRule | None] = {}
        for place, item in enumerate(items):
            try:
                rule = self._wish(item, wanted, command.actor_region)
            except Unusable as error:
                message = {"code": error.code, "message": error.message}
                errors.append({"field": f"items.{place}.{error.field}"} | message)
                continue
            if rule is not None or item.get("gone"):
                wanted[str(item["id"])] = rule
        if errors:
            raise Wrong(errors)
        if command.args.get("whole"):
            own = {id for id, one in self._api.items() if covers(command.actor_region, one.settings.region)}
            sent = {str(one.get("id")) for one in items if one.get("source", API) != FILE}
            wanted |= {id: None for id in own if id not in sent}
        if command.args.get("dry_run") and not command.args.get("whole"):
            return wanted
        now = {id: one.settings for id, one in self._api.items()}
        return {id: rule for id, rule in wanted.items() if rule is None or rule.settings != now.get(id)}

    def _wish(self, item: Mapping[str, Any], wanted: Mapping[str, Any], own: str) -> CompiledRule | None:
        """What one item asks for; None for what goes or stays as it is. `own` is the region of who asks."""
        id = str(item.get("id", ""))
        if id in wanted:
            raise Unusable("id", "rule_twice", f"id {id} 重复", f"the id {id} is used twice")
        there = self._api.get(id)
        foreign = there is not None and not covers(own, there.settings.region)
        if item.get("gone") and foreign:
            raise elsewhere(id)
        if item.get("gone"):
            if id in self._file:
                raise read_only(id)
            if id not in self._api:
                raise Refused(Outcome.NOT_FOUND, "not_found")
            return None
        said = {name: value for name, value in item.items() if name != "source"}
        source = item.get("source", API)
        if own and source != FILE and not said.get("region") and not foreign:
            said["region"] = own
        rule = read(said, 0.0 if source == FILE else self.sample)
        known = (self._file if source == FILE else self._api).get(id)
        same = known is not None and known.settings == rule.settings
        if source == FILE and same:
            return None  # a list that was read and sent back
        if source == FILE or (id in self._file and not same):
            raise read_only(id)
        if foreign and same:
            return None
        if foreign:
            raise elsewhere(id)
        if not covers(own, rule.settings.region):
            raise Unusable("region", "outside_region", "不在您的管辖区域内", "not within your own region")
        return rule

    def _rehearsed(self, wanted: Mapping[str, CompiledRule | None], board: Board, now: float) -> list[Rehearsal]:
        left, found = BUDGET, []
        for id, rule in wanted.items():
            if rule is None:
                active = sum(one.active and one.rule == id for one in board.alerts.values())
                found.append(Rehearsal(id=id, clears=active))
                continue
            found.append(rehearse(rule, board.subjects, board.registry, now, left))
            left -= found[-1].asked
        return found

    def _apply(self, wanted: Mapping[str, CompiledRule | None], command: Command, at: float) -> None:
        self.rev += 1
        words = {"actor": command.actor, "comment": comment_of(command), "command": command.id}
        undoes = command.args.get("undoes")
        for id, rule in wanted.items():
            known = self._api.get(id)
            before = form(known.settings) if known is not None else None
            if rule is None:
                gone = self._api.pop(id)
                kept = replace(gone, rev=self.rev, by=command.actor, at=at, comment=words["comment"])
            else:
                kept = self._api[id] = Kept(
                    settings=rule.settings,
                    source=API,
                    rev=self.rev,
                    by=command.actor,
                    at=at,
                    comment=words["comment"],
                    compiled=rule,
                )
            name = "undone" if undoes else "removed" if rule is None else "changed" if known else "created"
            after = form(rule.settings) if rule is not None else None
            self._note(name, kept, before, after, at, undoes=undoes, **words)


def record(book: RuleBook, notes: Iterable[RuleNote]) -> Writing[None]:
    """Changes into the journal: the log, each rule's document, and what is true of all of them."""
    for note in notes:
        kept = note.kept
        said = {"rev": kept.rev, "source": kept.source, "before": note.before, "after": note.after}
        seq = yield AppendEntry(
            kind=KIND,
            name=note.name,
            subject=kept.id,
            at=note.at,
            actor=note.actor,
            reason=note.comment,
            command=note.command,
            body=said | {"undoes": note.undoes},
        )
        yield PutDocument(
            kind=KIND, id=kept.key, body=rule_document.dump(document_of(kept)), open=note.after is not None, seq=seq
        )
    limits = RuleLimits(rev=book.rev, sample=book.sample, storm=STORM, most=MOST)
    yield PutDocument(kind=STATE, id=STATE, body=rule_document.dump(limits))


register(KIND, lambda doc: load(rule_document.load(doc.body)))
