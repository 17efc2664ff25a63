"""The rules in force: those of the settings file, read-only, and those made through the API, with their history.

Every change becomes a journal entry. The documents hold the rules in force. A rule of the file takes precedence over a
rule of the API with its id. The command is `rules` with args {items: [rule …], whole: bool, dry_run: bool,
accept: int, undoes: seq?}. With `whole`, missing rules are removed; without it, an item {id, gone: true} is.
An actor with a region may change only rules whose `region` lies in it. A missing `region` is the actor's own.
Refusals: late, role, rev, not_found, rules (with `after.errors`: field, code, message by language).
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from alerts.core.core import AlertCore
from alerts.lifecycle.operator_actions import ActionRefused, comment_of
from alerts.rulebook.forms import API, FILE, InvalidRule, StoredRule, form, load, read
from alerts.rulebook.notes import MOST, RuleNote
from alerts.rulebook.preview import BUDGET, Preview, rehearse
from alerts.rulebook.refusals import STORM, InvalidRules, elsewhere, read_only, storm, wrong
from alerts.rules.rule import CompiledRule
from alerts.sampling import NO_SAMPLES, SampleTimes
from feeds.documents import rule as rule_document
from feeds.journal import Doc
from feeds.model import Command, Outcome, Result
from feeds.regions import covers

log = logging.getLogger(__name__)

ACTION, ROLE = "rules", "admin"
_OUT = {"zh-CN": "在系统中建立的规则有的不运行：", "en": "rules made here do not run:"}
_OUT_TOLD = 5


class RuleBook:
    """The rules of the file and of the API. `sample`: see alerts.rulebook.forms.read."""

    def __init__(self, rules: Mapping[str, CompiledRule], sample: SampleTimes = NO_SAMPLES) -> None:
        self.sample = sample
        self.rev = 0
        self._wanted_rules = dict(rules)
        self._file = {
            id: StoredRule(settings=rule.settings, source=FILE, rev=0, compiled=rule) for id, rule in rules.items()
        }
        self._api: dict[str, StoredRule] = {}
        self._notes: list[RuleNote] = []
        self._shadowed: set[str] = set()

    # -- starting and reloading ----------------------------------------------------

    def restore(self, docs: Iterable[Doc], now: float) -> None:
        """Begin from the journal's documents, and note the differences to the present file."""
        documents = list(docs)
        self._notes = []
        self.rev = max((doc.body["rev"] for doc in documents), default=0)
        stored_rules = [load(rule_document.load(doc.body)) for doc in documents if doc.open]
        self._file = {stored.id: stored for stored in stored_rules if stored.source == FILE}
        self._api = {stored.id: stored for stored in stored_rules if stored.source == API}
        self._shadowed = {id for id in self._api if id in self._file}
        for stored in self._api.values():
            if stored.problem:
                log.warning("rule %s does not run: %s", stored.id, stored.problem["en"])
                self._note("unusable", stored, form(stored.settings), form(stored.settings), now)
        self.set_file(self._wanted_rules, now)

    def set_file(self, rules: Mapping[str, CompiledRule], now: float, sample: SampleTimes | None = None) -> None:
        """Replace the rules of the file."""
        self.sample = self.sample if sample is None else sample
        self._wanted_rules = dict(rules)
        moved = [id for id, rule in rules.items() if id not in self._file or self._file[id].settings != rule.settings]
        gone = [id for id in self._file if id not in rules]
        rev = self.rev + bool(moved or gone)
        for id in gone:
            before = self._file.pop(id)
            self._note("unloaded", replace(before, rev=rev, at=now), form(before.settings), None, now)
        for id in moved:
            stored = self._file.get(id)
            self._file[id] = StoredRule(settings=rules[id].settings, source=FILE, rev=rev, at=now, compiled=rules[id])
            before_form = form(stored.settings) if stored is not None else None
            self._note("loaded", self._file[id], before_form, form(rules[id].settings), now)
        for id, rule in rules.items():
            self._file[id] = replace(self._file[id], compiled=rule)
        self.rev = rev
        self._reshadow(now)

    def _reshadow(self, now: float) -> None:
        """Note API rules that a rule of the file with the same id shadows, or no longer shadows."""
        for id, stored in list(self._api.items()):
            hidden = id in self._file
            if hidden == (id in self._shadowed):
                continue
            self._shadowed ^= {id}
            self._note(
                "shadowed" if hidden else "unshadowed",
                self.shown(stored),
                form(stored.settings),
                form(stored.settings),
                now,
            )

    def shown(self, stored: StoredRule) -> StoredRule:
        """The rule; with a problem when a rule of the file has its id."""
        if stored.source == FILE or stored.id not in self._file:
            return stored
        return replace(
            stored,
            problem={
                "zh-CN": "设置文件中已有同名规则，以文件为准",
                "en": "a rule of the settings file has that id, and counts",
            },
        )

    # -- rules in force --------------------------------------------------------------

    def running(self) -> dict[str, CompiledRule]:
        """The rules that are evaluated, by id."""
        rules = {**self._api, **self._file}
        return {id: stored.compiled for id, stored in rules.items() if stored.compiled is not None}

    def out(self, language: str) -> str:
        """The API rules that do not run, and why, as text; "" when all run."""
        broken = [stored.problem[language] for stored in self._api.values() if stored.problem]
        return " ".join([_OUT[language], *broken[:_OUT_TOLD]]) if broken else ""

    def take_notes(self) -> list[RuleNote]:
        """The changes since the last call, in order."""
        notes, self._notes = self._notes, []
        return notes

    def _note(self, name: str, stored: StoredRule, before: Any, after: Any, at: float, **more: Any) -> None:
        self._notes.append(RuleNote(name=name, stored_rule=stored, before=before, after=after, at=at, **more))

    # -- commands --------------------------------------------------------------------

    def carry_out(self, command: Command, core: AlertCore, at: float) -> Result:
        """Change the rules or refuse. `at` is the time of the step. A dry run returns only the preview."""
        try:
            self._permit(command)
            requested = self._wishes(command)
        except ActionRefused as error:
            return Result(command=command.id, outcome=error.outcome, detail=str(error))
        except InvalidRules as error:
            return wrong(command, error.errors)
        previews = self._rehearsed(requested, core, at)
        raised = sum(preview.raises for preview in previews)
        answer = {"rev": self.rev, "changed": sorted(requested), "preview": [preview.public() for preview in previews]}
        if command.args.get("dry_run"):
            return Result(command=command.id, outcome=Outcome.DONE, after=answer)
        if raised > STORM and command.args.get("accept", 0) < raised:
            return wrong(command, [storm(raised)], answer)
        if requested:
            self._apply(requested, command, at)
        return Result(command=command.id, outcome=Outcome.DONE, after=answer | {"rev": self.rev})

    def _permit(self, command: Command) -> None:
        if command.role != ROLE:
            raise ActionRefused(Outcome.FORBIDDEN, "role")
        comment_of(command)
        stored = self._file.get(command.subject) or self._api.get(command.subject)
        rev = self.rev if not command.subject else stored.rev if stored is not None else 0
        if command.expected_rev is not None and command.expected_rev != rev:
            raise ActionRefused(Outcome.CONFLICT, "rev")

    def _wishes(self, command: Command) -> dict[str, CompiledRule | None]:
        """The rules that would change, by id; None for a removed one. Raises ActionRefused or InvalidRules."""
        items = command.args.get("items")
        if not isinstance(items, list) or len(items) > MOST or not all(isinstance(entry, Mapping) for entry in items):
            raise ActionRefused(Outcome.INVALID, "bad_rules")
        errors: list[dict[str, Any]] = []
        requested: dict[str, CompiledRule | None] = {}
        for position, item in enumerate(items):
            try:
                rule = self._wish(item, requested, command.actor_region)
            except InvalidRule as error:
                message = {"code": error.code, "message": error.message}
                errors.append({"field": f"items.{position}.{error.field}"} | message)
                continue
            if rule is not None or item.get("gone"):
                requested[str(item["id"])] = rule
        if errors:
            raise InvalidRules(errors)
        if command.args.get("whole"):
            own = {id for id, stored in self._api.items() if covers(command.actor_region, stored.settings.region)}
            sent = {str(entry.get("id")) for entry in items if entry.get("source", API) != FILE}
            requested |= {id: None for id in own if id not in sent}
        if command.args.get("dry_run") and not command.args.get("whole"):
            return requested
        now = {id: stored.settings for id, stored in self._api.items()}
        return {id: rule for id, rule in requested.items() if rule is None or rule.settings != now.get(id)}

    def _wish(self, item: Mapping[str, Any], requested: Mapping[str, Any], own: str) -> CompiledRule | None:
        """The rule that one item requests; None when it is removed or unchanged. `own` is the actor's region."""
        id = str(item.get("id", ""))
        if id in requested:
            raise InvalidRule("id", "rule_twice", f"id {id} 重复", f"the id {id} is used twice")
        there = self._api.get(id)
        foreign = there is not None and not covers(own, there.settings.region)
        if item.get("gone") and foreign:
            raise elsewhere(id)
        if item.get("gone"):
            if id in self._file:
                raise read_only(id)
            if id not in self._api:
                raise ActionRefused(Outcome.NOT_FOUND, "not_found")
            return None
        fields = {name: value for name, value in item.items() if name != "source"}
        source = item.get("source", API)
        if own and source != FILE and not fields.get("region") and not foreign:
            fields["region"] = own
        rule = read(fields, NO_SAMPLES if source == FILE else self.sample)
        stored = (self._file if source == FILE else self._api).get(id)
        same = stored is not None and stored.settings == rule.settings
        if source == FILE and same:
            return None  # a list that was read and sent back
        if source == FILE or (id in self._file and not same):
            raise read_only(id)
        if foreign and same:
            return None
        if foreign:
            raise elsewhere(id)
        if not covers(own, rule.settings.region):
            raise InvalidRule("region", "outside_region", "不在您的管辖区域内", "not within your own region")
        return rule

    def _rehearsed(self, requested: Mapping[str, CompiledRule | None], core: AlertCore, now: float) -> list[Preview]:
        budget, previews = BUDGET, []
        for id, rule in requested.items():
            if rule is None:
                active = sum(alert.active and alert.rule == id for alert in core.alerts.values())
                previews.append(Preview(id=id, clears=active))
                continue
            previews.append(rehearse(rule, core.subjects, core.open_alerts, now, budget))
            budget -= previews[-1].asked
        return previews

    def _apply(self, requested: Mapping[str, CompiledRule | None], command: Command, at: float) -> None:
        self.rev += 1
        attribution = {"actor": command.actor, "comment": comment_of(command), "command": command.id}
        undoes = command.args.get("undoes")
        for id, rule in requested.items():
            previous = self._api.get(id)
            before = form(previous.settings) if previous is not None else None
            if rule is None:
                gone = self._api.pop(id)
                stored = replace(gone, rev=self.rev, by=command.actor, at=at, comment=attribution["comment"])
            else:
                stored = self._api[id] = StoredRule(
                    settings=rule.settings,
                    source=API,
                    rev=self.rev,
                    by=command.actor,
                    at=at,
                    comment=attribution["comment"],
                    compiled=rule,
                )
            name = "undone" if undoes else "removed" if rule is None else "changed" if previous else "created"
            after = form(rule.settings) if rule is not None else None
            self._note(name, stored, before, after, at, undoes=undoes, **attribution)
