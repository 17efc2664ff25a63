"""`[[receiver]]` and `[[escalation]]`: who is told and how, and what becomes of an alert that nobody takes."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Any

from alerts.oncall.escalation_checks import DUTY, RECEIVER, wrong_steps
from alerts.oncall.texts import TEXTS
from alerts.receivers.base import ReceiverError
from alerts.receivers.catalogue import APPRISE, House, compile_receiver, kind_of_url
from alerts.receivers.matching import FEEDS
from alerts.settings import EscalationSettings, OutboxSettings, ReceiverSettings, SmsSettings, StepSettings, Templates
from feeds.duty.handover import HandoverSettings
from feeds.model import Severity
from feeds.regions import is_code
from watchfloor.settings.findings import propose
from watchfloor.settings.reader import LANGUAGES, Table

_SEVERITIES = tuple(str(severity) for severity in Severity)
_URLS = "json://host:port/, sms+http://host/, relay://SECRET@host:port/CHANNEL, wecombot://…, mailto://…"
_NEVER = ("http", "https", "ftp", "file")  # json:// is a webhook over HTTP


def receivers(tables: Iterable[Table]) -> tuple[ReceiverSettings, ...]:
    """Every `[[receiver]]`; an address of Apprise's is tried by `watchfloor check` and when it is applied."""
    seen: dict[str, int] = {}
    return tuple(_receiver(table, seen) for table in tables)


def _receiver(table: Table, seen: dict[str, int]) -> ReceiverSettings:
    builtin = ReceiverSettings(id="", url="")
    url = table.secret("url", None)
    if url and (not url.partition("://")[2] or url.partition("://")[0].lower() in _NEVER):
        table.wrong("url", "url", known=_URLS)
    found = ReceiverSettings(
        id=table.ident("id", seen),
        url=url,
        **_concern(table),
        timeout=table.duration("timeout", builtin.timeout, "100ms", "1m"),
        language=table.choice("language", "", ("", *LANGUAGES)) if table.has("language") else "",
        rate=table.text("rate"),
        reserve=table.whole("reserve", builtin.reserve, -1, 10_000),
        to=table.text("to"),
        direct=table.flag("direct", True),
        templates=_templates(table),
        sms=_sms(table),
    )
    table.know(("language",))
    table.done()
    if found.id and url.partition("://")[2] and kind_of_url(url) != APPRISE:
        try:
            told = replace(found, severities=tuple(Severity), regions=(), feeds=())  # what is wrong there is said
            compile_receiver(told, House()).close()
        except ReceiverError as error:
            table.wrong("receiver", "url", detail=error.message)
    return found


def _concern(table: Table) -> dict[str, Any]:
    """Which alerts are meant."""
    severities = _words(table, "severities", _SEVERITIES, list(_SEVERITIES), '["critical", "major"]')
    regions = table.texts("regions", [], '["532301"]')
    if not all(is_code(one) for one in regions):
        table.wrong("region_form", "regions")
    return {
        "severities": tuple(Severity(word) for word in severities if word in _SEVERITIES),
        "regions": tuple(regions),
        "feeds": tuple(_words(table, "feeds", FEEDS, [], '["network"]')),
        "kinds": tuple(table.texts("kinds", [], '["router"]')),
    }


def _words(table: Table, key: str, known: Collection[str], default: list[str], example: str) -> list[str]:
    words = table.texts(key, default, example)
    for word in words:
        if word not in known:
            table.wrong("choice", key, **propose(word, known))
    if default and not words:
        table.wrong("empty", key, example=example)
    return words


def _templates(table: Table) -> Templates:
    with table.table("templates") as one:
        return Templates(subject=_texts(one, "subject"), text=_texts(one, "text"))


def _texts(table: Table, key: str) -> dict[str, str]:
    """By language; one text serves both."""
    if not isinstance(table.raw.get(key), dict):
        text = table.text(key)
        return dict.fromkeys(LANGUAGES, text) if text else {}
    with table.table(key) as one:
        return {language: text for language in LANGUAGES if (text := one.text(language))}


def _sms(table: Table) -> SmsSettings | None:
    if not table.has("sms"):
        table.know(("sms",))
        return None
    builtin = SmsSettings()
    with table.table("sms", secret=True) as one:
        return SmsSettings(
            method=one.text("method", builtin.method),
            encoding=one.text("encoding", builtin.encoding),
            fields=_secrets(one, "fields"),
            headers=_secrets(one, "headers"),
            success=one.text("success"),
        )


def _secrets(table: Table, key: str) -> dict[str, str]:
    """Names and values; each value may be a reference."""
    with table.table(key, secret=True) as one:
        return {name: one.secret(name) for name in one.raw}


def escalations(tables: Iterable[Table], known: Collection[str]) -> tuple[EscalationSettings, ...]:
    """Every `[[escalation]]`. `known`: the file's receivers; one made in the API may be meant too."""
    seen: dict[str, int] = {}
    found = []
    for table in tables:
        name = table.ident("id", seen)
        tables_of_steps = table.tables("step")
        steps = tuple(_step(one, known) for one in tables_of_steps)
        policy = EscalationSettings(id=name, **_concern(table), steps=steps)
        for place, code in wrong_steps(steps):
            _, _, inner = place.partition(".")
            number, _, key = inner.partition(".")
            where = tables_of_steps[int(number)] if number else table
            zh, en = TEXTS[code]
            where.wrong("escalation", key or "step", detail={"zh-CN": zh, "en": en})
        table.done()
        found.append(policy)
    return tuple(found)


def _step(table: Table, known: Collection[str]) -> StepSettings:
    builtin = StepSettings()
    step = StepSettings(
        after=table.duration("after", builtin.after, "0s", "7d"),
        who=tuple(table.texts("who", [], f'["{DUTY}"]')),
        channels=tuple(table.texts("channels", [], '["sms"]')),
        repeat=table.duration("repeat", 0.0, "1s", "7d") or None if table.has("repeat") else None,
        times=table.whole("times", builtin.times, -1000, 1000),
    )
    table.know(("repeat",))
    table.done()
    named = [one.removeprefix(RECEIVER) for one in step.who if one.startswith(RECEIVER)]
    for key, ids in (("who", named), ("channels", step.channels)):
        for id in ids:
            if id not in known:
                table.wrong("channel_unknown", key, error=False, name=id, near=propose(id, known)["near"])
    return step


def outbox(table: Table) -> OutboxSettings:
    """`[outbox]`: how long messages that are over are kept whole, and when a receiver has stalled."""
    builtin = OutboxSettings()
    return OutboxSettings(
        keep=table.duration("keep", builtin.keep, "1d", "10y"),
        stalled_after=table.duration("stalled_after", builtin.stalled_after, "0s", "1d"),
    )


def handover(table: Table) -> HandoverSettings:
    """`[handover]`: when the second signature is due."""
    builtin = HandoverSettings()
    severity = table.choice("severity", builtin.severity.value, [one.value for one in Severity])
    return HandoverSettings(
        sign_within=table.duration("sign_within", builtin.sign_within, "0s", "1d"), severity=Severity(severity)
    )
