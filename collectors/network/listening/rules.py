"""Which messages raise alerts, and which end them: the shipped rules (syslog.toml, traps.toml) and a site's own.

A rule without `clear` is about an event: its alert ends by itself when it is not raised again for `lasts`.
A site's rule of the same id replaces the shipped one.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any

import re2

from collectors import uri
from collectors.errors import Misconfigured
from collectors.listener import AlertSignal
from collectors.network.listening.severity import SEVERITIES
from collectors.settings import ListenerRule, SourceSettings
from feeds.model import Severity

EVENT_LASTS = 600.0
"""Seconds after which an event's alert is over when its rule does not say."""
TEXT = 400
MOST = 200
"""Rules of one source."""
MATCHER_BYTES = 1 << 20
_OID = re.compile(r"[0-2](\.\d{1,10}){1,127}")

Pattern = Any
"""A compiled RE2 expression (the module has no types): its time grows with the line's length only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule, ready for use. `values` are what its reading (`metric`, "" for none) says when raised and cleared.

    `over`: see Signal.
    """

    name: str
    title: dict[str, str]
    severity: Severity
    raises: tuple[Any, ...]
    clears: tuple[Any, ...] = ()
    key: tuple[str, ...] = ()
    level: int = len(SEVERITIES)
    lasts: float = 0.0
    metric: str = ""
    values: tuple[str, ...] = ()
    over: str = ""

    def signal(self, active: bool, key: str, text: str, at: float | None = None, index: str = "") -> AlertSignal:
        """What a message says that this rule is about."""
        return AlertSignal(
            rule=self.name,
            active=active,
            severity=self.severity,
            title=self.title,
            key=key,
            text=text[:TEXT],
            at=at,
            lasts=self.lasts,
            index=index,
            over=self.over if key and index else "",
        )


def rules(kind: str, settings: SourceSettings) -> tuple[Rule, ...]:
    """The rules of a source of `kind` ("syslog", "trap"), its own first. Raises Misconfigured, naming the mend."""
    if len(settings.rule) > MOST:
        raise Misconfigured(
            f"source {settings.id!r} has more than {MOST} rules", f"来源 {settings.id!r} 的规则超过 {MOST} 条"
        )
    own = {rule.id: _own(kind, settings.id, rule) for rule in settings.rule}
    return (*own.values(), *(rule for id, rule in shipped(kind).items() if id not in own))


@cache
def shipped(kind: str) -> dict[str, Rule]:
    """The rules of the data file, by id, in its order."""
    raw = tomllib.loads((files("collectors.network") / _FOLDERS[kind] / "rules.toml").read_text(encoding="utf-8"))
    return {row["id"]: _shipped(kind, row) for row in raw["rule"]}


_FOLDERS = {"syslog": "syslog", "trap": "traps"}


def _shipped(kind: str, row: Mapping[str, Any]) -> Rule:
    listener_rule = ListenerRule(
        id=row["id"],
        raises=tuple(row["raise"]),
        clears=tuple(row.get("clear", ())),
        key=tuple(row.get("key", ())),
        level=row.get("level", ""),
        lasts=uri.duration(row["lasts"]) if "lasts" in row else 0.0,
        severity=Severity(row["severity"]),
        title=row["title"],
    )
    rule = _made(kind, listener_rule, row.get("metric", ""), tuple(row.get("values", ())))
    return replace(rule, over=row.get("over", ""))


def _own(kind: str, source: str, listener_rule: ListenerRule) -> Rule:
    if not listener_rule.raises:
        raise Misconfigured(
            f"source {source!r}, rule {listener_rule.id!r}: raise says which messages raise the alert",
            f"来源 {source!r} 的规则 {listener_rule.id!r}：请在 raise 中写明哪些消息产生告警",
        )
    try:
        return _made(kind, listener_rule, "", ())
    except ValueError as error:
        raise Misconfigured(
            f"source {source!r}, rule {listener_rule.id!r}: {error}",
            f"来源 {source!r} 的规则 {listener_rule.id!r}：{error}",
        ) from error


def _made(kind: str, listener_rule: ListenerRule, metric: str, values: tuple[str, ...]) -> Rule:
    """Raises ValueError when a pattern, an OID or a level cannot be read."""
    read: Callable[[str], Any] = _pattern if kind == "syslog" else _oid
    if listener_rule.level and listener_rule.level not in SEVERITIES:
        raise ValueError(f"level={listener_rule.level!r}: {', '.join(SEVERITIES)}")
    return Rule(
        name=f"{kind}:{listener_rule.id}",
        title=listener_rule.title or dict.fromkeys(("zh-CN", "en"), listener_rule.id),
        severity=listener_rule.severity,
        raises=tuple(map(read, listener_rule.raises)),
        clears=tuple(map(read, listener_rule.clears)),
        key=tuple(_oid(column) for column in listener_rule.key),
        level=SEVERITIES.index(listener_rule.level or "debug"),
        lasts=listener_rule.lasts or (0.0 if listener_rule.clears else EVENT_LASTS),
        metric=metric,
        values=values,
    )


def _pattern(text: str) -> Pattern:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = MATCHER_BYTES
    try:
        return re2.compile(text, options=options)
    except re2.error as error:
        message = error.args[0].decode(errors="replace") if isinstance(error.args[0], bytes) else str(error)
        raise ValueError(f"{text!r}: RE2 {message}") from error


def _oid(text: str) -> str:
    if not _OID.fullmatch(text):
        raise ValueError(f"{text!r}: OID 1.3.6.1.…")
    return text
