"""The sections `[[receiver]]`, `[[escalation]]`, `[outbox]` and `[handover]`."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Any

from alerts.oncall.escalation_checks import DUTY, RECEIVER, wrong_steps
from alerts.oncall.texts import TEXTS
from alerts.receivers.base import ReceiverError
from alerts.receivers.catalogue import APPRISE, SiteDefaults, compile_receiver, kind_of_url
from alerts.receivers.matching import FEEDS
from alerts.settings import OutboxSettings
from feeds.documents.escalations import EscalationSettings, StepSettings
from feeds.documents.receivers import ReceiverSettings, SmsSettings, Templates
from feeds.duty.handover import HandoverSettings
from feeds.model import Severity
from feeds.regions import is_code
from watchfloor.settings.findings import propose
from watchfloor.settings.reader import LANGUAGES, SettingsTable

_SEVERITIES = tuple(str(severity) for severity in Severity)
_URLS = "json://host:port/, sms+http://host/, relay://SECRET@host:port/CHANNEL, wecombot://…, mailto://…"
_NEVER = ("http", "https", "ftp", "file")  # json:// is a webhook over HTTP


def receivers(tables: Iterable[SettingsTable]) -> tuple[ReceiverSettings, ...]:
    """Every `[[receiver]]`. Apprise addresses are compiled by `watchfloor check` and when they are applied."""
    taken_ids: dict[str, int] = {}
    return tuple(_receiver(table, taken_ids) for table in tables)


def _receiver(table: SettingsTable, taken_ids: dict[str, int]) -> ReceiverSettings:
    builtin = ReceiverSettings(id="", url="")
    url = table.secret("url", None)
    if url and (not url.partition("://")[2] or url.partition("://")[0].lower() in _NEVER):
        table.wrong("url", "url", known=_URLS)
    receiver = ReceiverSettings(
        id=table.unique_id("id", taken_ids),
        url=url,
        **_matching(table),
        timeout=table.duration("timeout", builtin.timeout, "100ms", "1m"),
        language=table.choice("language", "", ("", *LANGUAGES)) if table.has("language") else "",
        rate=table.text("rate"),
        reserve=table.whole("reserve", builtin.reserve, -1, 10_000),
        to=table.text("to"),
        direct=table.flag("direct", True),
        templates=_templates(table),
        sms=_sms(table),
    )
    table.allow(("language",))
    table.done()
    if receiver.id and url.partition("://")[2] and kind_of_url(url) != APPRISE:
        try:
            # Severities, regions and feeds have findings of their own.
            unfiltered = replace(
                receiver, severities=tuple(Severity), regions=(), feeds=()
            )  # these have findings of their own
            compile_receiver(unfiltered, SiteDefaults()).close()
        except ReceiverError as error:
            table.wrong("receiver", "url", detail=error.message)
    return receiver


def _matching(table: SettingsTable) -> dict[str, Any]:
    """The fields that select alerts: severities, regions, feeds, kinds."""
    severities = choices(table, "severities", _SEVERITIES, list(_SEVERITIES), '["critical", "major"]')
    regions = table.texts("regions", [], '["532301"]')
    if not all(is_code(code) for code in regions):
        table.wrong("region_form", "regions")
    return {
        "severities": tuple(Severity(severity) for severity in severities if severity in _SEVERITIES),
        "regions": tuple(regions),
        "feeds": tuple(choices(table, "feeds", FEEDS, [], '["network"]')),
        "kinds": tuple(table.texts("kinds", [], '["router"]')),
    }


def choices(table: SettingsTable, key: str, allowed: Collection[str], default: list[str], example: str) -> list[str]:
    """Texts of which each is one of `allowed`."""
    values = table.texts(key, default, example)
    for value in values:
        if value not in allowed:
            table.wrong("choice", key, **propose(value, allowed))
    if default and not values:
        table.wrong("empty", key, example=example)
    return values


def _templates(table: SettingsTable) -> Templates:
    with table.table("templates") as templates:
        return Templates(subject=_texts(templates, "subject"), text=_texts(templates, "text"))


def _texts(table: SettingsTable, key: str) -> dict[str, str]:
    """A text by language. One text serves both languages."""
    if not isinstance(table.raw.get(key), dict):
        text = table.text(key)
        return dict.fromkeys(LANGUAGES, text) if text else {}
    with table.table(key) as texts:
        return {language: text for language in LANGUAGES if (text := texts.text(language))}


def _sms(table: SettingsTable) -> SmsSettings | None:
    if not table.has("sms"):
        table.allow(("sms",))
        return None
    builtin = SmsSettings()
    with table.table("sms", secret=True) as sms:
        return SmsSettings(
            method=sms.text("method", builtin.method),
            encoding=sms.text("encoding", builtin.encoding),
            fields=_secrets(sms, "fields"),
            headers=_secrets(sms, "headers"),
            success=sms.text("success"),
        )


def _secrets(table: SettingsTable, key: str) -> dict[str, str]:
    """Values by name. Each value may be a reference (`env:`, `file:`)."""
    with table.table(key, secret=True) as secrets:
        return {name: secrets.secret(name) for name in secrets.raw}


def escalations(tables: Iterable[SettingsTable], receiver_ids: Collection[str]) -> tuple[EscalationSettings, ...]:
    """Every `[[escalation]]`. An id that is not in `receiver_ids` (the file's) is a remark: the API may define it."""
    taken_ids: dict[str, int] = {}
    policies = []
    for table in tables:
        name = table.unique_id("id", taken_ids)
        tables_of_steps = table.tables("step")
        steps = tuple(_step(step_table, receiver_ids) for step_table in tables_of_steps)
        policy = EscalationSettings(id=name, **_matching(table), steps=steps)
        for path, code in wrong_steps(steps):
            _, _, inner = path.partition(".")
            number, _, key = inner.partition(".")
            where = tables_of_steps[int(number)] if number else table
            zh, en = TEXTS[code]
            where.wrong("escalation", key or "step", detail={"zh-CN": zh, "en": en})
        table.done()
        policies.append(policy)
    return tuple(policies)


def _step(table: SettingsTable, receiver_ids: Collection[str]) -> StepSettings:
    builtin = StepSettings()
    step = StepSettings(
        after=table.duration("after", builtin.after, "0s", "7d"),
        who=tuple(table.texts("who", [], f'["{DUTY}"]')),
        channels=tuple(table.texts("channels", [], '["sms"]')),
        repeat=table.duration("repeat", 0.0, "1s", "7d") or None if table.has("repeat") else None,
        times=table.whole("times", builtin.times, -1000, 1000),
    )
    table.allow(("repeat",))
    table.done()
    named = [target.removeprefix(RECEIVER) for target in step.who if target.startswith(RECEIVER)]
    for key, ids in (("who", named), ("channels", step.channels)):
        for id in ids:
            if id not in receiver_ids:
                table.wrong("channel_unknown", key, error=False, name=id, near=propose(id, receiver_ids)["near"])
    return step


def outbox(table: SettingsTable) -> OutboxSettings:
    """`[outbox]`: how long finished messages are kept, and after which time a receiver counts as stalled."""
    builtin = OutboxSettings()
    return OutboxSettings(
        keep=table.duration("keep", builtin.keep, "1d", "10y"),
        stalled_after=table.duration("stalled_after", builtin.stalled_after, "0s", "1d"),
    )


def handover(table: SettingsTable) -> HandoverSettings:
    """`[handover]`: when the second signature of a handover is due."""
    builtin = HandoverSettings()
    severity = table.choice("severity", builtin.severity.value, [level.value for level in Severity])
    return HandoverSettings(
        sign_within=table.duration("sign_within", builtin.sign_within, "0s", "1d"), severity=Severity(severity)
    )
