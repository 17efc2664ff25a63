"""Checks of an escalation policy: ascending steps, somebody to notify, and bounded repetition."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from alerts.oncall.texts import InvalidDocument, finding
from feeds.documents.escalations import EscalationSettings, StepSettings
from feeds.findings import Finding, InRequest

SHORTEST_REPEAT = 600.0
LONGEST_AFTER = 7 * 86400.0
MOST_TIMES, MOST_STEPS = 20, 10
DUTY, LEADER, PERSON, RECEIVER = "duty", "leader", "person:", "receiver:"
HEAD = "unit-head"
"""The head of the unit that has the task which the alert is about, or the person who has it."""


def is_who(text: str) -> bool:
    """True for a text that names somebody to notify."""
    return text in (DUTY, LEADER, HEAD) or any(
        text.startswith(prefix) and len(text) > len(prefix) for prefix in (PERSON, RECEIVER)
    )


def check_policies(
    policies: Sequence[EscalationSettings], taken: Collection[str], receivers: Collection[str], persons: Collection[str]
) -> None:
    """Check all policies; InvalidDocument with all findings."""
    findings: list[Finding[InRequest]] = []
    ids: set[str] = set()
    for position, policy in enumerate(policies):
        where = f"items.{position}"
        if policy.id in ids:
            findings.append(finding(f"{where}.id", "id_twice"))
        if policy.id in taken:
            findings.append(finding(f"{where}.id", "id_of_file"))
        ids.add(policy.id)
        findings += [finding(f"{where}.{name}", code) for name, code in wrong_steps(policy.steps)]
        findings += _references(where, policy, receivers, persons)
    if findings:
        raise InvalidDocument(findings)


def wrong_steps(steps: Sequence[StepSettings]) -> Iterator[tuple[str, str]]:
    """The findings of a policy's steps, as (field within the policy, code)."""
    if not steps:
        yield "steps", "no_steps"
    if len(steps) > MOST_STEPS:
        yield "steps", "too_many"
    before = -1.0
    for number, step in enumerate(steps):
        field = f"steps.{number}"
        if not 0 <= step.after <= LONGEST_AFTER:
            yield f"{field}.after", "bad_after"
        elif step.after <= before:
            yield f"{field}.after", "not_ascending"
        before = step.after
        if not step.who:
            yield f"{field}.who", "no_who"
        if not all(is_who(who) for who in step.who):
            yield f"{field}.who", "bad_who"
        if not step.channels and any(not who.startswith(RECEIVER) for who in step.who):
            yield f"{field}.channels", "no_channels"
        if step.repeat is not None and step.repeat < SHORTEST_REPEAT:
            yield f"{field}.repeat", "repeat_short"
        if not 1 <= step.times <= MOST_TIMES:
            yield f"{field}.times", "bad_times"


def _references(
    where: str, policy: EscalationSettings, receivers: Collection[str], persons: Collection[str]
) -> Iterator[Finding[InRequest]]:
    for number, step in enumerate(policy.steps):
        field = f"{where}.steps.{number}"
        named = [who.removeprefix(RECEIVER) for who in step.who if who.startswith(RECEIVER)]
        if any(receiver not in receivers for receiver in named):
            yield finding(f"{field}.who", "unknown_receiver")
        if any(who.startswith(PERSON) and who.removeprefix(PERSON) not in persons for who in step.who):
            yield finding(f"{field}.who", "unknown_person")
        if any(receiver not in receivers for receiver in step.channels):
            yield finding(f"{field}.channels", "unknown_receiver")
