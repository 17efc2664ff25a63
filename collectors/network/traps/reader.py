"""Readings and alert signals of SNMP notifications, by rules.toml and the alarm rules. Bounded in number and size."""

from __future__ import annotations

import tomllib
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from collectors.contract import Measurement
from collectors.listener import AlertSignal
from collectors.network.listening.queue import PARTS
from collectors.network.listening.rules import AlarmRule
from collectors.network.snmp import ber
from collectors.network.snmp.ber import Notification
from collectors.network.snmp.tables import text

REMEMBERED = 4096
"""Interface names that are stored."""
TEXT_LIMIT = 400
"""Characters of a reading's text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """One notification type of rules.toml: its reading, and the columns that name the instance."""

    name: str
    zh: str
    metric: str
    value: str
    instance: tuple[str, ...] = ()


@cache
def meanings() -> dict[str, Meaning]:
    """The notification types of rules.toml by OID."""
    raw = tomllib.loads((files("collectors.network.traps") / "rules.toml").read_text(encoding="utf-8"))
    return {row.pop("oid"): Meaning(instance=tuple(row.pop("instance", ())), **row) for row in raw["notification"]}


class TrapReader:
    """Makes readings and signals of notifications. Stores interface names, because not every trap holds them."""

    def __init__(self, rules: Iterable[AlarmRule]) -> None:
        self.rules = tuple(rules)
        self._names: OrderedDict[tuple[str, str], str] = OrderedDict()
        self._parts: dict[str, set[str]] = {}

    def read(self, subject: str, message: Notification) -> tuple[tuple[Measurement, ...], tuple[AlertSignal, ...]]:
        """The readings of a notification (`trap.last` and its state) and the signals for alerts."""
        meaning = meanings().get(message.oid)
        name = meaning.name if meaning else message.oid
        details = "; ".join(f"{oid}={_text_of(value)}" for oid, value in message.pairs)[:TEXT_LIMIT]
        measurements = [Measurement(metric="trap.last", value=name, text=details)]
        if meaning is not None:
            instance, _ = self._instance(subject, meaning.instance, message)
            text = f"{meaning.zh} | {name}"
            measurements.append(Measurement(metric=meaning.metric, value=meaning.value, instance=instance, text=text))
        return tuple(measurements), tuple(self._signals(subject, message, f"{name} {details}".strip()))

    def _signals(self, subject: str, message: Notification, text: str) -> Iterable[AlertSignal]:
        for rule in self.rules:
            for active, oids in ((True, rule.raises), (False, rule.clears)):
                if message.oid in oids:
                    part, index = self._instance(subject, rule.key, message)
                    yield rule.signal(active, part, text, index=index)

    def _instance(self, asset: str, columns: tuple[str, ...], message: Notification) -> tuple[str, str]:
        """The part's name and its index at the device, "" for none."""
        for column in columns:
            for oid, value in message.pairs:
                if oid.startswith(f"{column}."):
                    index = oid.removeprefix(f"{column}.")
                    return self._part(asset, self._named(asset, index, value)), index
        return "", ""

    def _named(self, asset: str, index: str, value: ber.Value) -> str:
        """The part's name: the text in this message, else that of an earlier one for the same index."""
        key = (asset, index)
        if isinstance(value, bytes) and text(value):
            self._names[key] = text(value)
            if len(self._names) > REMEMBERED:
                self._names.popitem(last=False)
        return self._names.get(key, index)

    def _part(self, asset: str, name: str) -> str:
        parts = self._parts.setdefault(asset, set())
        if name not in parts and len(parts) >= PARTS:
            return ""
        parts.add(name)
        return name


def _text_of(value: ber.Value) -> str:
    return text(value) if isinstance(value, bytes) else str(value)
