"""Rules as answers. An account of a region sees no rule that names assets or regions of another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from api.dependencies import Dependencies
from api.http.answers import from_cursor, to_cursor
from api.principal import Principal
from feeds.documents import rule as rule_document
from feeds.documents.rule import KIND, LIMITS, RuleDocument, RuleLimits
from feeds.journal import JournalEntry
from feeds.live.pump import Audience
from feeds.regions import covers, is_code
from feeds.wire import iso

Record = dict[str, Any]
_FORM = ("id", "when", "over", "each", "for", "recover_for", "severity", "grades", "title", "text", "region", "source")


class RuleReader:
    """The rules and changes that one asker may read."""

    def __init__(self, deps: Dependencies, principal: Principal) -> None:
        self._deps, self._principal = deps, principal
        mirror = deps.pump.mirror
        self._foreign = mirror.records("asset", Audience()).keys() - mirror.records("asset", principal.audience).keys()

    async def limits(self) -> RuleLimits:
        """`rev` of all rules together, and the engine's limits."""
        doc = await self._deps.journal.doc(LIMITS, LIMITS)
        return rule_document.load_limits(doc.body) if doc is not None else RuleLimits()

    async def rules(self) -> tuple[list[Record], int]:
        """Every visible rule, those of the settings first, and how many are left out."""
        docs = await self._deps.journal.docs(KIND, open=True)
        rules = [rule_document.load(doc.body) for doc in docs]
        visible = [rule for rule in rules if self.sees(rule.mentions, rule.region)]
        audience = self._principal.audience
        alerts = self._deps.pump.mirror.records("alert", audience).values()
        active = Counter(alert["rule"] for alert in alerts if alert["active"])
        visible.sort(key=lambda rule: (rule.source != "file", rule.id))
        return [self._shown(rule, active[rule.id]) for rule in visible], len(docs) - len(visible)

    def sees(self, mentions: Iterable[str], region: str = "") -> bool:
        """True when a rule is of the asker's region, or names no asset and no region of another county."""
        own = self._principal.region
        return (
            not own
            or (bool(region) and covers(own, region))
            or not any(
                mention in self._foreign or (is_code(mention) and not covers(own, mention) and not covers(mention, own))
                for mention in mentions
            )
        )

    def _shown(self, rule: RuleDocument, active: int) -> Record:
        record = rule_document.dump(rule)
        del record["mentions"]
        if not self._principal.personal:
            record |= {"by": "", "comment": ""}
        return record | {"at": iso(rule.at), "active": active}

    async def history(self, rule: str, cursor: str, limit: int) -> tuple[list[Record], str | None, int]:
        """Changes, newest first, the next cursor, and how many of the page are left out."""
        before = from_cursor(cursor, (int,))[0] if cursor else None
        entries = await self._deps.journal.entries(
            kind=KIND, subject=rule or None, before=before, limit=limit, newest_first=True
        )
        visible = [entry for entry in entries if self.sees_change(entry)]
        following = to_cursor((entries[-1].seq,)) if len(entries) == limit else None
        return [self._change(entry) for entry in visible], following, len(entries) - len(visible)

    def sees_change(self, entry: JournalEntry) -> bool:
        """True when both forms of a changed rule, before and after, are visible."""
        if not self._principal.region:
            return True
        forms = [form for form in (entry.body["before"], entry.body["after"]) if form]
        regions = {form.get("region", "") for form in forms}
        if len(regions) == 1:
            return self.sees(_texts(forms), *regions)
        return self.sees([*_texts(forms), *regions])

    def _change(self, entry: JournalEntry) -> Record:
        personal = self._principal.personal
        return {
            "seq": entry.seq,
            "at": iso(entry.at),
            "rule": entry.subject,
            "name": entry.name,
            "actor": entry.actor if personal else "",
            "comment": entry.reason if personal else "",
            "source": entry.body["source"],
            "rev": entry.body["rev"],
            "before": entry.body["before"],
            "after": entry.body["after"],
            "undoes": entry.body["undoes"],
            "undoable": undoable(entry),
        }


def undoable(entry: JournalEntry) -> bool:
    """True for a change by a person through the interface that altered the rule."""
    return bool(entry.body["source"] == "api" and entry.body["before"] != entry.body["after"])


def _texts(forms: Iterable[Mapping[str, Any]]) -> list[str]:
    """The regions of the forms of a rule, and the quoted texts of its expressions: the names that it may use."""
    expressions = [part["when"] for form in forms for part in (form, *form.get("grades", ()))]
    quoted = [piece for expression in expressions for quote in "'\"" for piece in expression.split(quote)]
    return [*quoted, *(form.get("region", "") for form in forms)]


def sent_form(record: Mapping[str, Any]) -> Record:
    """The form of a rule that the engine reads."""
    return {name: value for name, value in record.items() if name in _FORM and value is not None}
