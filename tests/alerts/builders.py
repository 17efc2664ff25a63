"""Short ways to make the things that alert tests are about."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

from alerts.core.core import AlertCore, AlertStep
from alerts.rules.rule import compile_rules
from alerts.rules.subjects import Subject, Subjects
from alerts.settings import RuleSettings
from feeds.model import Alert, Asset, AssetState, Change, Command, Health, Kind, Quality, Reading, Severity, SourceState

T0 = 1_800_000_000.0


def rule(id: str = "down", when: str = 'health == "down"', **more: Any) -> RuleSettings:
    return RuleSettings(id=id, when=when, **{"severity": Severity.CRITICAL, **more})


def asset(id: str = "r1", **more: Any) -> Asset:
    return Asset(id=id, name=f"路由器 {id}", **{"kind": "router", "region": "532301", **more})


def reading(value: Any, *, at: float = T0, fresh_for: float = 30.0, **more: Any) -> Reading:
    return Reading(value=value, observed_at=at, received_at=at, source="test", fresh_until=at + fresh_for, **more)


def state(id: str = "r1", health: str = "ok", **readings: Any) -> AssetState:
    """Readings as `tcp_up=True` (key "tcp.up", observed at T0) or as Reading."""
    readings_by_key = {
        key.replace("_", ".", 1): value if isinstance(value, Reading) else reading(value)
        for key, value in readings.items()
    }
    return AssetState(id=id, region="532301", health=Health(health), since=T0, readings=readings_by_key)


def subject(
    health: str = "ok", *, labels: dict[str, str] | None = None, kind: str = "router", **readings: Any
) -> Subject:
    about = asset(labels=labels or {}, kind=kind)
    return Subject(kind="asset", id="r1", record=about, state=state("r1", health, **readings))


def source(id: str = "cma", **more: Any) -> SourceState:
    fixed = {"kind": "emergency.cap", "region": "532300", "at": T0, "ok": True, "every": 60.0}
    return SourceState(id=id, **{**fixed, **more})


def change(after: Any, at: float) -> Change:
    kinds = {Asset: Kind.ASSET, AssetState: Kind.STATE, SourceState: Kind.SOURCE}
    return Change(kind=kinds.get(type(after), Kind.WARNING), id=after.id, after=after, at=at)


def gone(kind: str, id: str, at: float) -> Change:
    return Change(kind=kind, id=id, after=None, at=at)


def command(action: str, alert: str, at: float = T0, *, id: str = "c1", **more: Any) -> Command:
    fixed = {"actor": "zhang", "role": "duty", "actor_region": "", "valid_until": at + 5, "args": {"comment": "查看中"}}
    return Command(id=id, action=action, subject=alert, at=at, **{**fixed, **more})


def make_alert(**more: Any) -> Alert:
    fixed = {
        "id": "a1",
        "fingerprint": "f",
        "rule": "down",
        "asset": "r1",
        "region": "532301",
        "active": True,
        "severity": Severity.CRITICAL,
        "raised_at": T0,
        "since": T0,
        "rev": 1,
        "quality": Quality.GOOD,
    }
    return Alert(**{**fixed, **more})


def counting_ids() -> Callable[[float], str]:
    numbers = itertools.count(1)
    return lambda now: f"a{next(numbers)}"


def core(*rules: RuleSettings, assets: tuple[Asset, ...] = (asset(),), **more: Any) -> AlertCore:
    records = {Kind.ASSET: {member.id: member for member in assets}}
    return AlertCore(compile_rules(rules or (rule(),)), subjects=Subjects(records), make_id=counting_ids(), **more)


def names(steps: list[AlertStep]) -> list[tuple[float, str]]:
    """What happened, as (seconds after T0, transition's name)."""
    return [(round(step.transition.at - T0, 3), step.transition.name) for step in steps]
