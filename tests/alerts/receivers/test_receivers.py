"""Receivers other than the webhook, each against a real server: SMS gateways, and what Apprise speaks."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from alerts.receivers.apprise import scrubbed
from alerts.receivers.base import Addressing, ReceiverError, Rejected, RetryLater
from alerts.receivers.catalogue import SiteDefaults, addressing_of, compile_receiver, is_direct
from feeds.documents.receivers import ReceiverSettings, SmsSettings
from tests.alerts.gateway import Gateway, gateway, silence
from tests.alerts.receivers.test_templates import body

FIELDS = {"mobile": "{to}", "content": "{text}", "sn": "{key}", "password": "hunter2"}
TO = {"person": "li", "name": "李四", "address": "13800000002", "language": ""}


@pytest.fixture
async def server() -> AsyncIterator[Gateway]:
    async with gateway() as sms_gateway:
        yield sms_gateway


def sms(server: Gateway, **how: Any) -> ReceiverSettings:
    settings = SmsSettings(**{"fields": FIELDS, "success": r'"code":\s*0\b', **how})
    return ReceiverSettings(id="sms", url=f"sms+http://127.0.0.1:{server.port}/send?v=1", sms=settings)


async def send(settings: ReceiverSettings, **more: Any) -> None:
    target = compile_receiver(settings, SiteDefaults())
    try:
        async with aiohttp.ClientSession() as session:
            await target.send(session, "a1:e1.1:li:sms", body("escalation", **more))
    finally:
        target.close()


@pytest.mark.parametrize(("encoding", "place"), [("form", 3), ("json", 3), ("query", 2)])
async def test_a_gateway_is_asked_as_its_settings_say(server: Gateway, encoding: str, place: int) -> None:
    await send(sms(server, encoding=encoding, headers={"X-Sn": "{key}"}), to=TO)
    (request,) = server.requests
    fields: dict[str, Any] = (request[2], request[3])[place - 2]
    assert (request[0], request[1], fields["mobile"]) == ("POST", "/send", "13800000002")
    assert (fields["sn"], fields["password"], request[4]["X-Sn"]) == ("a1:e1.1:li:sms", "hunter2", "a1:e1.1:li:sms")
    assert fields["content"].startswith("【楚雄州】升级通知：严重 设备中断 核心路由器")
    assert "\n" not in fields["content"]


@pytest.mark.parametrize(
    ("status", "answer", "error", "words"),
    [
        (200, '{"code": 17, "msg": "balance of hunter2"}', RetryLater, "balance of …"),
        (503, "", RetryLater, "HTTP 503"),
        (401, "", Rejected, "HTTP 401"),
        (302, "", Rejected, "HTTP 302"),
    ],
)
async def test_what_the_gateway_answers_is_judged_and_no_secret_is_told(
    server: Gateway, status: int, answer: str, error: type[Exception], words: str
) -> None:
    server.status, server.answer = status, answer
    with pytest.raises(error) as raised:
        await send(sms(server), to=TO)
    assert words in str(raised.value)
    assert "hunter2" not in str(raised.value)


async def test_without_a_number_nothing_is_sent(server: Gateway) -> None:
    with pytest.raises(Rejected):
        await send(sms(server))
    assert server.requests == []


async def test_a_gateway_that_hangs_is_given_up_after_its_time() -> None:
    async with silence() as port:
        url, how = f"sms+http://127.0.0.1:{port}/", SmsSettings(fields=FIELDS)
        with pytest.raises(RetryLater, match="no answer within"):
            await send(ReceiverSettings(id="s", url=url, timeout=0.2, sms=how), to=TO)


async def test_apprise_hands_it_over_worded_and_to_the_persons_own_address(server: Gateway) -> None:
    url = f"form://127.0.0.1:{server.port}/robot/{{to}}?:token=hunter2"
    await send(ReceiverSettings(id="robot", url=url), to={**TO, "address": "a/b?c=1"})
    (request,) = server.requests
    assert request[1] == "/robot/a/b?c=1" or request[1].startswith("/robot/a")
    assert request[3]["title"] == "【楚雄州】升级通知：严重 设备中断"
    assert request[3]["message"].startswith("核心路由器")


async def test_what_apprise_could_not_send_is_tried_again_and_no_secret_is_told(
    server: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    server.status = 500
    url = f"form://someone:hunter2hunter2@127.0.0.1:{server.port}/secret-path"
    with caplog.at_level(logging.WARNING), pytest.raises(RetryLater) as raised:
        await send(ReceiverSettings(id="robot", url=url))
    assert str(raised.value)
    assert not any(secret in str(raised.value) + caplog.text for secret in ("hunter2", "secret-path"))


async def test_an_apprise_service_that_hangs_holds_nobody_up() -> None:
    async with silence() as port:
        with pytest.raises(RetryLater, match="no answer within"):
            await send(ReceiverSettings(id="slow", url=f"form://127.0.0.1:{port}/?rto=20", timeout=0.3))


@pytest.mark.parametrize(
    ("url", "reach"),
    [
        ("json://h/", Addressing.PERSON),
        ("sms+http://h/", Addressing.ADDRESS),
        ("wecombot://0123456789abcdef", Addressing.GROUP),
        ("mailto://u:p@h.example.org?to={to}", Addressing.ADDRESS),
        ("relay://0123456789abcdef@h/wecom", Addressing.GROUP),
        ("relay://0123456789abcdef@h/mail?to={to}", Addressing.ADDRESS),
    ],
)
def test_whom_a_receiver_reaches_follows_from_its_address(url: str, reach: Addressing) -> None:
    how = SmsSettings(fields=FIELDS) if url.startswith("sms") else None
    settings = ReceiverSettings(id="r", url=url, sms=how)
    compile_receiver(settings, SiteDefaults()).close()
    assert addressing_of(settings) is reach
    assert is_direct(settings) is (reach is not Addressing.ADDRESS)


@pytest.mark.parametrize(
    "url",
    [
        "dingtalk://0123456789abcdef0123456789abcdef",
        "feishu://0123456789abcdef",
        "wecombot://0123456789abcdef-0123",
        "mailtos://u:p@smtp.example.org?to={to}",
    ],
)
def test_the_services_of_the_customers_are_known(url: str) -> None:
    compile_receiver(ReceiverSettings(id="r", url=url), SiteDefaults()).close()


@pytest.mark.parametrize("url", ["nonsense://x", "syslog://", "dbus://", "json://", "json://h:99999/", "relay://x@h/c"])
def test_what_is_no_receiver_is_refused_in_both_languages(url: str) -> None:
    with pytest.raises(ReceiverError) as raised:
        compile_receiver(ReceiverSettings(id="r", url=url), SiteDefaults())
    assert set(raised.value.message) == {"zh-CN", "en"}


def test_a_complaint_loses_every_part_of_the_address() -> None:
    error_text = "Failed to send to https://h/abcdef123/?token=zzzzzz99"
    assert scrubbed(error_text, "x://abcdef123?token=zzzzzz99") == "Failed to send to https://h/…/?token=…"
