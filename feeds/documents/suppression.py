"""A silence's or maintenance window's document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from feeds.model import Alert, Asset, Severity
from feeds.regions import covers
from feeds.wire import iso

SILENCE, WINDOW = "silence", "maintenance"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recurrence:
    """Every day, or on the given days of the week (ISO 8601: 1 is Monday), from `start` ("22:00") for `minutes`."""

    start: str
    minutes: int
    days: tuple[int, ...] = ()
    zone: str = "Asia/Shanghai"


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """What is meant: everything that is given must fit; `assets`, `severities` and `kinds` are alternatives."""

    assets: tuple[str, ...] = ()
    region: str = ""
    kinds: tuple[str, ...] = ()
    rule: str = ""
    severities: tuple[Severity, ...] = ()
    owner: str = ""
    labels: dict[str, str] = field(default_factory=dict)

    @property
    def empty(self) -> bool:
        return self == Match()

    def takes(self, alert: Alert, asset: Asset | None) -> bool:
        """Whether an alert, on an asset where it is on one, is meant."""
        kind, owner = (asset.kind, asset.owner) if asset is not None else ("", "")
        on_asset = self.takes_asset(alert.asset, alert.region, kind, owner)
        return on_asset and self.takes_rule(alert.rule, alert.severity, alert.labels)

    def takes_asset(self, id: str, region: str, kind: str, owner: str) -> bool:
        """Whether an asset, or another subject of an alert (then `kind` and `owner` are ""), is meant."""
        return (
            (not self.assets or id in self.assets)
            and (not self.region or covers(self.region, region))
            and (not self.kinds or (bool(kind) and kind in self.kinds))
            and (not self.owner or owner == self.owner)
        )

    def takes_rule(self, rule: str, severity: Severity, labels: Mapping[str, str]) -> bool:
        """Whether an alert of that rule and severity, with those labels, is meant."""
        return (
            (not self.rule or rule == self.rule)
            and (not self.severities or severity in self.severities)
            and all(labels.get(name) == value for name, value in self.labels.items())
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """One silence or window. `running`: it hides now; `seen` is the moment up to which that is known."""

    id: str
    kind: str
    by: str
    at: float
    comment: str
    match: Match
    starts: float
    until: float
    recurrence: Recurrence | None = None
    running: bool = False
    seen: float = 0.0
    ended_at: float | None = None
    ended_by: str = ""


def dump(suppression: Suppression) -> dict[str, Any]:
    """The document's body, times in epoch seconds."""
    record: dict[str, Any] = msgspec.to_builtins(suppression)
    return record


def public(suppression: Suppression) -> dict[str, Any]:
    """The suppression as people see it: times in RFC 3339."""
    record = dump(suppression)
    del record["seen"]
    return record | {name: iso(record[name]) for name in ("at", "starts", "until", "ended_at")}


def load(body: Mapping[str, Any]) -> Suppression:
    """From a document's body."""
    return msgspec.convert(dict(body), Suppression)
