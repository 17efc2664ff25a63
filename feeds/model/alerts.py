"""Alerts: their condition, operator actions and suppression."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import msgspec

from feeds.model.facts import Quality
from feeds.model.times import Time


class Severity(StrEnum):
    """Severity of an alert (ITU-T X.733 terms, worst first)."""

    CRITICAL = "critical"
    MAJOR = "major"
    MINOR = "minor"
    WARNING = "warning"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 for the worst."""
        return list(Severity).index(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ack:
    """An acknowledgement. `until` ends it (with its comment); `estimated_restoration` is a promise."""

    by: str
    at: Time
    comment: str = ""
    until: Time | None = None
    estimated_restoration: Time | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """A shelved alert; shelving always ends. The transition has the actor and the reason."""

    at: Time
    until: Time


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """An alert that waits for a newer result (of a parent, or its own after the parent's recovery), at most `until`."""

    since: Time
    until: Time


@dataclass(frozen=True, slots=True, kw_only=True)
class RootCause:
    """The alert (`root`, its id) whose failure cuts an asset off, and since when. Writer: the alert engine.

    `id` is the asset's. An asset that nothing cuts off has none.
    """

    id: str
    root: str
    since: Time


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """One named step in an alert's lifecycle. Sequence numbers start at 1 within the alert."""

    seq: int
    name: str
    at: Time
    actor: str = ""
    comment: str = ""
    command: str = ""
    text: str = ""
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)


class Alert(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One alert (ISA-18.2: an alarm). Writer: the alert engine.

    Independent dimensions: `active`+`severity`, `quality`+`stale_since`, `ack`, `suppressed_by`. `asset` is the
    subject's id for every `subject_kind` (asset, source, warning). `title` is the text by language. `rev` counts this
    alert's own transitions. `removed`: it ended because its subject or its rule was removed, so the state of the fault
    is unknown. `unseen`: suppressed ever since it was raised. `affected`: the assets behind it, counted by kind. An
    `ack` by "" is nobody's: the alert ended before it was displayed. `url` is its page in the tool that sent it (http
    or https, "" for none). `member` names the interface, disk or channel of an asset that a rule with `each` is about.

    An alert that is raised again while it is open has another occurrence. `first_raised_at` is when the first one
    began, `raised_at` when the present one did (or the last, of a cleared alert), `changed_at` when the last
    transition was. `since` is when `active` changed last. `count` counts the occurrences and, of alerts that single
    messages raise, the messages that repeated them.
    """

    id: str
    fingerprint: str
    rule: str
    asset: str
    subject_kind: str = "asset"
    member: str = ""
    region: str = ""
    severity: Severity
    active: bool
    raised_at: Time
    first_raised_at: Time = 0.0
    changed_at: Time = 0.0
    count: int = 1
    since: Time = 0.0
    cleared_at: Time | None = None
    removed: bool = False
    quality: Quality = Quality.GOOD
    stale_since: Time | None = None
    ack: Ack | None = None
    suppressed_by: tuple[str, ...] = ()
    shelf: Shelf | None = None
    hold: Hold | None = None
    unseen: bool = False
    affected: dict[str, int] = {}
    title: dict[str, str] = {}
    text: str = ""
    labels: dict[str, str] = {}
    url: str = ""
    rev: int = 0

    def __post_init__(self) -> None:
        """An alert of one occurrence, and a record of a version that knew one beginning only."""
        if not self.first_raised_at:
            msgspec.structs.force_setattr(self, "first_raised_at", self.raised_at)
        if not self.changed_at:
            msgspec.structs.force_setattr(self, "changed_at", max(self.since, self.raised_at))

    @property
    def acked(self) -> bool:
        return self.ack is not None

    @property
    def open(self) -> bool:
        """Active, unacknowledged or shelved: the alert stays on the list."""
        return self.active or self.ack is None or self.shelf is not None
