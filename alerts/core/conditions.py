"""Keys of conditions: a rule, or a severity of it that waits for its delay, for a subject or one member of it. Pure.

The rule of a key is followed by its member where it has one: `if-down[GE0/0/1]`, `if-down:critical[GE0/0/1]`.
"""

from __future__ import annotations

from alerts.rules.delays import Key
from alerts.rules.members import member_key
from alerts.rules.subjects import Subject
from feeds.model import Severity

_GRADE = ":"  # between a rule's id, which has no colon, and a severity


def key_of_condition(rule: str, subject: Subject, severity: Severity | None = None) -> Key:
    """The condition of a rule for a subject or one member of it, or a severity that waits for its delay."""
    name = rule if severity is None else f"{rule}{_GRADE}{severity}"
    return (member_key(name, subject.member), subject.kind, subject.id)


def rule_of(key: tuple[str, ...]) -> str:
    """The id of the rule of a condition, also of a pending severity."""
    return key[0].partition("[")[0].partition(_GRADE)[0]


def severity_of(key: Key) -> str:
    """The severity that a condition is about; "" for the alert itself."""
    return key[0].partition("[")[0].partition(_GRADE)[2]
