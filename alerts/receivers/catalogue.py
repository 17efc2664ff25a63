"""The catalogue of receivers: check their settings and make them ready to send."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from alerts.receivers.apprise import apprise_target
from alerts.receivers.base import Addressing, ReceiverError, ReceiverTarget
from alerts.receivers.matching import FEEDS
from alerts.receivers.relay import relay_target
from alerts.receivers.sms import sms_target
from alerts.receivers.templates import SMS_TEXT, MessageTemplates, unknown_places
from alerts.receivers.webhook import webhook
from feeds.documents.receivers import ReceiverSettings
from feeds.regions import is_code

WEBHOOK, SMS, RELAY, APPRISE = "webhook", "sms", "relay", "apprise"
_KINDS = {
    **dict.fromkeys(("json", "jsons", "json+hmac", "jsons+hmac"), WEBHOOK),
    **dict.fromkeys(("sms+http", "sms+https"), SMS),
    **dict.fromkeys(("relay", "relays"), RELAY),
}
_RATE = re.compile(r"([1-9]\d{0,4})/(s|min|h)")
_SECONDS = {"s": 1.0, "min": 60.0, "h": 3600.0}
_MAIL = ("mailto", "mailtos")


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteDefaults:
    """The defaults of a site's messages: language, time zone and link."""

    language: str = "zh-CN"
    zone: str = "Asia/Shanghai"
    link: str = ""


def kind_of_url(url: str) -> str:
    """webhook, sms, relay or apprise, by the scheme."""
    return _KINDS.get(url.partition("://")[0].lower(), APPRISE)


def addressing_of(settings: ReceiverSettings) -> Addressing:
    """The receiver's way of addressing a message."""
    kind = kind_of_url(settings.url)
    if kind == WEBHOOK:
        return Addressing.PERSON
    personal = kind == SMS or "{to}" in settings.url
    return Addressing.ADDRESS if personal and not settings.to else Addressing.GROUP


def is_direct(settings: ReceiverSettings) -> bool:
    """True when the receiver gets every matching alert. One that needs a person's address never does."""
    return settings.direct and addressing_of(settings) is not Addressing.ADDRESS


def address_on(settings: ReceiverSettings, contacts: Mapping[str, str], phone: str, mail: str) -> str:
    """A person's address on a receiver: the one given for it, else the phone for SMS and the mail for mail."""
    if address := contacts.get(settings.id):
        return address
    if kind_of_url(settings.url) == SMS:
        return phone
    return mail if settings.url.partition("://")[0].lower() in _MAIL else ""


def parse_rate(text: str) -> tuple[int, float] | None:
    """Messages and seconds of a rate such as "20/min"; None when the text is not a rate."""
    match = _RATE.fullmatch(text)
    return (int(match[1]), _SECONDS[match[2]]) if match else None


def reserve_of(settings: ReceiverSettings) -> int:
    """The number of the rate's messages reserved for `critical`. At least one remains for the others."""
    rate = parse_rate(settings.rate)
    if rate is None:
        return 0
    wish = settings.reserve if settings.reserve >= 0 else -(-rate[0] // 4)
    return min(wish, rate[0] - 1)


def compile_receivers(
    receivers: Iterable[ReceiverSettings], site_defaults: SiteDefaults | None = None
) -> dict[str, ReceiverTarget]:
    """Every receiver by id, ready to send; ReceiverError at the first that cannot be used."""
    targets: dict[str, ReceiverTarget] = {}
    for settings in receivers:
        if settings.id in targets:
            raise ReceiverError(settings.id, "id 重复", "the id is used twice")
        targets[settings.id] = compile_receiver(settings, site_defaults or SiteDefaults())
    return targets


def compile_receiver(settings: ReceiverSettings, site_defaults: SiteDefaults) -> ReceiverTarget:
    """One receiver, ready to send; ReceiverError says what is wrong and how to correct it."""
    _check(settings)
    kind = kind_of_url(settings.url)
    wording = MessageTemplates(
        templates=settings.templates,
        language=settings.language or site_defaults.language,
        zone=site_defaults.zone,
        link=site_defaults.link,
        longest=SMS_TEXT if kind == SMS else 2000,
        chat=settings.url.partition("://")[0].lower() not in _MAIL,
    )
    try:
        if kind == WEBHOOK:
            return webhook(settings)
        if kind == SMS:
            return sms_target(settings, wording)
        return relay_target(settings, wording) if kind == RELAY else apprise_target(settings, wording)
    except ReceiverError:
        raise
    except ValueError as error:  # an address that urlsplit cannot read, a port that is none
        raise ReceiverError(settings.id, "url 无法解析", "the url cannot be read") from error


def _check(settings: ReceiverSettings) -> None:
    if settings.rate and parse_rate(settings.rate) is None:
        raise ReceiverError(settings.id, 'rate 应如 "20/min"', 'a rate is written "20/min"')
    if not 0 < settings.timeout <= 60:
        raise ReceiverError(settings.id, "timeout 应为 0 到 60 秒", "timeout must be between 0 and 60 s")
    if unknown := unknown_places(settings.templates):
        names = ", ".join(f"{{{name}}}" for name in unknown)
        raise ReceiverError(settings.id, f"模板中有未知的 {names}", f"the templates have unknown places: {names}")
    if not settings.severities:
        raise ReceiverError(settings.id, "severities 不能为空", "severities must not be empty")
    if bad := [region for region in settings.regions if not is_code(region)]:
        raise ReceiverError(settings.id, f"不是行政区划代码：{bad[0]}", f"no region code: {bad[0]}")
    if bad := [feed for feed in settings.feeds if feed not in FEEDS]:
        raise ReceiverError(settings.id, f"feeds 只能是 {', '.join(FEEDS)}", f"feeds are {', '.join(FEEDS)}")


def by_id(receivers: Iterable[ReceiverSettings]) -> dict[str, ReceiverSettings]:
    return {receiver.id: receiver for receiver in receivers}
