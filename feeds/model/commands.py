"""Commands to engines, and their results."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from feeds.model.times import Time


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A request to an engine. It has no effect until its engine has journaled the outcome.

    `actor_region` is the region in which the actor may act. `valid_until` limits how late it may be carried out, so
    that nothing happens after the person was told that it failed. `acting_for` is the account of a person on leave for
    whom the actor gives it as deputy, in that person's role.
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
    acting_for: str = ""


class Outcome(StrEnum):
    """The outcome of a command, named by what the caller must do."""

    DONE = "done"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    FORBIDDEN = "forbidden"
    INVALID = "invalid"
    LATE = "late"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The result of a command; `after` is the subject's public record after it was carried out."""

    command: str
    outcome: Outcome
    detail: str = ""
    after: dict[str, Any] | None = None
