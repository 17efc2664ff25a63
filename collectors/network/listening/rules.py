"""Alarm rules of listeners: the shipped ones (rules.toml of syslog and traps) and a site's own.

A rule says which messages raise an alert and which end it.
A rule without `clear` is for an event: its alert ends by itself when it is not raised again within `lasts`.
A site's rule replaces the shipped rule of the same id. With `adds` it extends that rule by further messages.
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
"""Seconds after which an event's alert ends, where its rule has no `lasts`."""
TEXT_LIMIT = 400
"""Characters of an alert's text."""
MAX_RULES = 200
"""Rules of one source."""
MATCHER_BYTES = 1 << 20
_OID = re.compile(r"[0-2](\.\d{1,10}){1,127}")

Pattern = Any
"""A compiled RE2 expression (the module has no types). Its time is linear in the length of the line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmRule:
    """One compiled rule. `values` are those of its reading `metric` ("" for none) when raised and when cleared.

    `over` is that of AlertSignal.
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
        """The signal of a message that matches this rule."""
        return AlertSignal(
            rule=self.name,
            active=active,
            severity=self.severity,
            title=self.title,
            key=key,
            text=text[:TEXT_LIMIT],
            at=at,
            lasts=self.lasts,
            index=index,
            over=self.over if key and index else "",
        )


def rules(kind: str, settings: SourceSettings) -> tuple[AlarmRule, ...]:
    """The rules of a source of `kind` ("syslog", "trap"), its own first. Raises Misconfigured."""
    if len(settings.rule) > MAX_RULES:
        raise Misconfigured(
            f"source {settings.id!r} has more than {MAX_RULES} rules", f"来源 {settings.id!r} 的规则超过 {MAX_RULES} 条"
        )
    own = {rule.id: _own(kind, settings.id, rule) for rule in settings.rule}
    return (*own.values(), *(rule for id, rule in shipped(kind).items() if id not in own))


def _extended(kind: str, source: str, id: str, rule: AlarmRule) -> AlarmRule:
    """The shipped rule `id`, extended by the messages of `rule`, which are tried first.

    Raises Misconfigured when no rule of that id is shipped.
    """
    shipped_rules = shipped(kind)
    if id not in shipped_rules:
        raise Misconfigured(
            f"source {source!r}, rule {id!r}: adds = true wants the id of a shipped rule: {', '.join(shipped_rules)}",
            f"来源 {source!r} 的规则 {id!r}：adds = true 需要使用内置规则的 id：{', '.join(shipped_rules)}",
        )
    base = shipped_rules[id]
    return replace(base, raises=(*rule.raises, *base.raises), clears=(*rule.clears, *base.clears))


@cache
def shipped(kind: str) -> dict[str, AlarmRule]:
    """The rules of the data file, by id, in its order."""
    raw = tomllib.loads((files("collectors.network") / _FOLDERS[kind] / "rules.toml").read_text(encoding="utf-8"))
    return {row["id"]: _shipped(kind, row) for row in raw["rule"]}


_FOLDERS = {"syslog": "syslog", "trap": "traps"}


def wordings(kind: str, name: str) -> list[dict[str, str]]:
    """The rows of a data file beside the rules: expressions of one maker (`raise`, `clear`), or only examples."""
    text = (files("collectors.network") / _FOLDERS[kind] / name).read_text(encoding="utf-8")
    return list(tomllib.loads(text)["wording"])


def _shipped(kind: str, row: Mapping[str, Any]) -> AlarmRule:
    makers = wordings(kind, row["wordings"]) if "wordings" in row else []
    listener_rule = ListenerRule(
        id=row["id"],
        raises=(*row.get("raise", ()), *(maker["raise"] for maker in makers if "raise" in maker)),
        clears=(*row.get("clear", ()), *(maker["clear"] for maker in makers if "clear" in maker)),
        key=tuple(row.get("key", ())),
        level=row.get("level", ""),
        lasts=uri.duration(row["lasts"]) if "lasts" in row else 0.0,
        severity=Severity(row["severity"]),
        title=row["title"],
    )
    rule = _compiled(kind, listener_rule, row.get("metric", ""), tuple(row.get("values", ())))
    return replace(rule, over=row.get("over", ""))


def _own(kind: str, source: str, listener_rule: ListenerRule) -> AlarmRule:
    if not listener_rule.raises:
        raise Misconfigured(
            f"source {source!r}, rule {listener_rule.id!r}: raise says which messages raise the alert",
            f"来源 {source!r} 的规则 {listener_rule.id!r}：请在 raise 中写明哪些消息产生告警",
        )
    try:
        rule = _compiled(kind, listener_rule, "", ())
        return _extended(kind, source, listener_rule.id, rule) if listener_rule.adds else rule
    except ValueError as error:
        raise Misconfigured(
            f"source {source!r}, rule {listener_rule.id!r}: {error}",
            f"来源 {source!r} 的规则 {listener_rule.id!r}：{error}",
        ) from error


def _compiled(kind: str, listener_rule: ListenerRule, metric: str, values: tuple[str, ...]) -> AlarmRule:
    """Raises ValueError for an invalid pattern, OID or level."""
    parse: Callable[[str], Any] = _pattern if kind == "syslog" else _oid
    if listener_rule.level and listener_rule.level not in SEVERITIES:
        raise ValueError(f"level={listener_rule.level!r}: {', '.join(SEVERITIES)}")
    return AlarmRule(
        name=f"{kind}:{listener_rule.id}",
        title=listener_rule.title or dict.fromkeys(("zh-CN", "en"), listener_rule.id),
        severity=listener_rule.severity,
        raises=tuple(map(parse, listener_rule.raises)),
        clears=tuple(map(parse, listener_rule.clears)),
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
        raise ValueError(f"{text!r} is no OID in numbers: 1.3.6.1.6.3.1.1.5.3 is linkDown (snmptranslate -On)")
    return text
