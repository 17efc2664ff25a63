"""What people wish of an engine, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from feeds.model.times import Time


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A wish: it changes nothing until its engine has journaled the outcome.

    `actor_region` is the region the actor may act in; `valid_until` bounds how late it may
    still be carried out, so that nothing happens after the person was told it failed.
    """

    id: str
    action: str
    subject: str
    actor: str
    role: str
    actor_region: str
    at: Time
    valid_until: float
    reason: str = ""
    expected_rev: int | None = None
    args: dict[str, Any] = field(default_factory=dict)


class Outcome(StrEnum):
    """How a command ended. Named by what the asker must do."""

    DONE = "done"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    FORBIDDEN = "forbidden"
    INVALID = "invalid"
    LATE = "late"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The answer to a command; `after` is the subject's public record when it was done."""

    command: str
    outcome: Outcome
    detail: str = ""
    after: dict[str, Any] | None = None
