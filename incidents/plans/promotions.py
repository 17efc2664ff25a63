"""Promotion: alerts, warnings and receipts for which a rule of the site holds, proposed as incidents or opened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Any

from feeds.engine.requests import Asking, FindDocument
from feeds.incidents.classes import class_name
from feeds.incidents.phases import DUTY
from feeds.incidents.promotions import CREATED_AN_HOUR, OPEN_PROPOSALS, PromotionRule
from feeds.kinds import PROPOSAL
from feeds.model import Command
from feeds.model.plans import ActionProposal, ProposalEffect
from feeds.plans.conditions import promotion_condition
from feeds.plans.fields import filled_in
from feeds.regions import covers
from incidents.handling.domain import IncidentDomain
from incidents.handling.titles import LENGTH, made_title
from incidents.plans.making import answered
from incidents.plans.registry import ProposalRegistry
from incidents.plans.subjects import IncidentSource, PromotionSubject, source_of
from incidents.plans.surroundings import Surroundings
from incidents.refusals import OrderRefused
from maps.regions import table

HOUR = 3600.0
KIND = "incident"
"""The kind of a proposal to open an incident."""
CAPPED, GONE = "capped", "subject_gone"
"""Reasons: the rule has opened its number of this hour; what the proposal was about is over or decided."""
Keep = Callable[..., ActionProposal]
_condition = lru_cache(maxsize=200)(promotion_condition)


class Promotions:
    """The rules of the site over the live alerts, warnings and receipts.

    `keep` stores a proposal with its journal entry. `site` is a region.
    """

    def __init__(
        self, registry: ProposalRegistry, incidents: IncidentDomain, keep: Keep, surroundings: Surroundings, site: str
    ) -> None:
        self._registry, self._incidents, self._keep = registry, incidents, keep
        self._surroundings, self._site = surroundings, site
        self.rules: tuple[PromotionRule, ...] = ()
        self._seen: dict[tuple[str, str], Any] = {}
        """The warnings and receipts of the last look, by kind and id."""

    def use(self, rules: tuple[PromotionRule, ...]) -> None:
        """Take other rules: every live subject is looked at again."""
        self.rules = rules
        self._seen.clear()
        self._surroundings.change_all()

    def look(self, now: float) -> Asking[None]:
        """Propose or open what the rules ask for since the last look, and end the proposals that are superfluous."""
        seen: dict[tuple[str, str], Any] = {}
        for subject in self._surroundings.changed():
            key = (subject.kind, subject.id)
            record = seen[key] = subject.record
            if self._seen.get(key) is not record and not (yield from self._promoted(subject, now)):
                seen[key] = None
                self._surroundings.look_again(subject)
        self._seen = {key: record for key, record in seen.items() if key[0] != "alert"}
        for proposal in list(self._registry.proposals.values()):
            if proposal.kind == KIND and proposal.state == "open" and self._surroundings.find(proposal.subject) is None:
                self._keep(answered(proposal, "void", "", GONE, now), "void", now)

    def _promoted(self, subject: PromotionSubject, now: float) -> Asking[bool]:
        """Apply the rules to one subject; False where a rule has too many proposals open, and it must wait."""
        source = source_of(subject)
        done = True
        for rule in self.rules:
            if _holds(rule, subject.kind, source) and not (yield from self._promote(rule, subject.id, source, now)):
                done = False
        return done

    def _promote(self, rule: PromotionRule, subject: str, source: IncidentSource, now: float) -> Asking[bool]:
        """Propose the incident of a subject, once for ever; False where the rule has too many proposals open.

        A subject that an incident is linked to already is left alone.
        """
        id = f"promote/{rule.id}/{subject}"
        if id in self._registry.proposals or (yield FindDocument(PROPOSAL.name, id)) is not None:
            return True
        if any(subject in (*incident.alerts, *incident.warnings) for incident in self._incidents.incidents.values()):
            return True
        mine = [proposal for proposal in self._registry.proposals.values() if _rule_of(proposal) == rule.id]
        if sum(proposal.state == "open" for proposal in mine) >= OPEN_PROPOSALS:
            return False
        proposal = self._keep(_proposal(rule, subject, id, source, self._site, now), "proposed", now)
        if rule.mode != "create":
            return True
        opened = [other for other in mine if other.answered_by == f"promote/{rule.id}"]
        if sum(other.answered_at is not None and other.answered_at > now - HOUR for other in opened) >= CREATED_AN_HOUR:
            self._keep(replace(proposal, reason=CAPPED, rev=proposal.rev + 1), CAPPED, now)
            return True
        command = Command(
            id="",
            action="incident.create",
            subject="",
            actor=f"promote/{rule.id}",
            role=DUTY,
            actor_region=self._site,
            at=now,
            valid_until=now,
        )
        try:
            yield from self.open(proposal, command, now)
        except OrderRefused as refused:
            self._keep(replace(proposal, reason=refused.code, rev=proposal.rev + 1), "not-started", now)
        return True

    def open(self, proposal: ActionProposal, command: Command, now: float) -> Asking[ActionProposal]:
        """Open the incident of a proposal by a person's command, or by a rule's. Raises OrderRefused."""
        subject = self._surroundings.find(proposal.subject)
        if subject is None:
            raise OrderRefused(GONE)
        effect = proposal.effect
        values = {"title": effect.title, "event_class": effect.event_class, "nature": effect.nature}
        args = {
            **source_of(subject).args,
            **{name: value for name, value in values.items() if value},
            "region": proposal.region,
        }
        incident = yield from self._incidents.opened(replace(command, action="incident.create", args=args), now)
        if effect.grade:
            basis = f"{_rule_of(proposal)}: {proposal.cause}"
            incident = self._incidents.also(incident, "grade", {"grade": effect.grade, "basis": basis}, command, now)
        after = replace(answered(proposal, "confirmed", command.actor, command.reason, now), incident=incident.id)
        return self._keep(after, "confirmed", now, command if command.id else None, {"incident": incident.id})


def _rule_of(proposal: ActionProposal) -> str:
    return proposal.id.split("/")[1] if proposal.kind == KIND else ""


def _holds(rule: PromotionRule, kind: str, source: IncidentSource) -> bool:
    condition = _condition(rule.when)
    return kind in condition.records and condition.holds({kind: source.values})


def _proposal(
    rule: PromotionRule, subject: str, id: str, source: IncidentSource, site: str, now: float
) -> ActionProposal:
    event_class = rule.event_class or source.event_class
    region = source.region if covers(site, source.region) else site
    fields = {
        "title": source.title,
        "place": source.place or table().name(region),
        "region": table().name(region),
        "class": class_name(event_class),
    }
    title = filled_in(rule.title, fields)[:LENGTH] or made_title(source.place, region, event_class)
    return ActionProposal(
        id=id,
        kind=KIND,
        region=region,
        cause=rule.when,
        subject=subject,
        effect=ProposalEffect(
            event_class=event_class, nature=rule.nature, grade=rule.grade, title=title, about=source.title
        ),
        proposed_at=now,
        proposed_by=f"promote/{rule.id}",
    )
