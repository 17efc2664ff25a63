"""Warnings that are passed on: from the message that came in to the signed request at a real receiver."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web

from alerts.notify.sender import Sender
from alerts.receivers.catalogue import compile_receivers
from alerts.receivers.relay_wire import KEY, SIGNATURE, TIME, genuine
from alerts.receivers.templates import MessageTemplates
from feeds.bus import Bus
from feeds.cap.message import parse
from feeds.documents.receivers import ReceiverSettings
from feeds.incidents.passing import Passing, PassOnRule
from feeds.journal import Journal
from tests.alerts.receiver import Receiver, listening
from tests.incidents.builders import id_of
from tests.incidents.rig import Rig, cap, place_code
from tests.patience import PATIENCE

SECRET = "a secret of the two sites"
RULE = PassOnRule(receiver="county")


class SigningReceiver(Receiver):
    """A receiver that remembers the raw requests."""

    def __init__(self) -> None:
        super().__init__()
        self.raw: list[tuple[tuple[str, str, str], str, bytes]] = []

    async def handle(self, request: web.Request) -> web.Response:
        names = (TIME, KEY, SIGNATURE)
        headers = (request.headers[names[0]], request.headers[names[1]], request.headers[names[2]])
        self.raw.append((headers, request.path_qs, await request.read()))
        return await super().handle(request)

    def steps(self) -> list[tuple[str, str]]:
        return [(body["step"], body["warning"]["identifier"]) for _, body in self.requests]


class Passage:
    """A command engine, the sender of the alert role on the same journal, and a receiver."""

    def __init__(self, rig: Rig, county: SigningReceiver, session: aiohttp.ClientSession) -> None:
        self.rig, self.county, self._session = rig, county, session
        self.sender = self.fresh()
        self.use(RULE)

    def fresh(self) -> Sender:
        url = self.county.url.replace("json://", "json+hmac://a%20secret%20of%20the%20two%20sites@") + "?from=us"
        receiver = ReceiverSettings(id="county", url=url, timeout=PATIENCE, direct=False)
        return Sender(self.rig.journal, compile_receivers([receiver]), clock=lambda: self.rig.now, jitter=lambda: 0.0)

    def use(self, *rules: PassOnRule) -> None:
        self.rig.engine.warnings.passes = Passing(site="楚雄州", rules=rules)

    async def take(self, *raws: bytes, seconds: float = 1, **how: Any) -> None:
        await self.rig.send(*raws, **how)
        await self.rig.step(seconds)
        await self.deliver()

    async def deliver(self) -> None:
        await self.sender.deliver_due(self._session)


@pytest_asyncio.fixture
async def passage(bus: Bus, journal: Journal) -> AsyncIterator[Passage]:
    rig = Rig(bus, journal)
    await rig.start()
    async with listening(SigningReceiver()) as county, aiohttp.ClientSession() as session:
        yield Passage(rig, county, session)


async def test_a_warning_is_told_with_its_document_and_its_signature(passage: Passage) -> None:
    await passage.take(cap("A"))
    ((key, body),) = passage.county.requests
    assert (body["reason"], body["step"], body["site"], body["alert"]) == ("warning", "received", "楚雄州", None)
    assert (body["warning"]["state"], body["warning"]["regions"][0][:4]) == ("active", "5323")
    assert parse(body["cap"].encode()).identifier == "A"
    ((headers, path, raw),) = passage.county.raw
    assert headers[1] == key
    sent_at = float(headers[0])
    assert genuine(SECRET, headers, path, raw, sent_at)
    assert not genuine(SECRET, headers, path, raw + b" ", sent_at)
    assert not genuine(SECRET, headers, path.partition("?")[0], raw, sent_at)


async def test_what_ends_a_warning_is_told_with_the_message_that_ended_it(passage: Passage) -> None:
    await passage.take(cap("A"), cap("B", expires=60))
    await passage.take(cap("U", 10, msg_type="Update", references=(id_of("A", 0),)), seconds=15)
    await passage.take(cap("C", 20, msg_type="Cancel", references=(id_of("U", 10),)), seconds=10)
    await passage.take(seconds=60)
    assert passage.county.steps()[:2] == [("received", "A"), ("received", "B")]
    assert sorted(passage.county.steps()[2:]) == [
        ("cancelled", "U"),
        ("expired", "B"),
        ("received", "U"),
        ("superseded", "A"),
    ]
    by_step = {body["step"]: body for _, body in passage.county.requests}
    assert parse(by_step["cancelled"]["cap"].encode()).msg_type == "Cancel"
    assert parse(by_step["superseded"]["cap"].encode()).identifier == "U"


async def test_a_receiver_that_fails_is_tried_again_and_each_message_arrives_once(passage: Passage) -> None:
    passage.county.status = 503
    await passage.take(cap("A"))
    passage.sender = passage.fresh()  # the role is started again meanwhile
    passage.county.status = 200
    passage.rig.now += 400
    await passage.deliver()
    await passage.take(cap("A"))  # the feed repeats its list
    keys = passage.county.keys
    assert len(keys) >= 2
    assert len(set(keys)) == 1
    assert not [item for item in await passage.rig.journal.outbox_for(id_of("A", 0)) if item.due is not None]


@pytest.mark.parametrize("status", ["Exercise", "Test", "System", "Draft"])
async def test_what_is_not_real_is_passed_on_to_nobody(passage: Passage, status: str) -> None:
    await passage.take(cap("A", status=status))
    await passage.take(cap("C", 10, msg_type="Cancel", references=(id_of("A", 0),), status=status), seconds=20)
    assert passage.county.requests == []


async def test_what_is_not_public_or_not_asked_for_is_passed_on_to_nobody(passage: Passage) -> None:
    restricted = cap("R").replace(b"<scope>Public</scope>", b"<scope>Restricted</scope><restriction>r</restriction>")
    passage.use(replace(RULE, sources=("cma",), colours=("yellow",), regions=("532301",)))
    await passage.take(restricted)
    await passage.take(cap("S"), source="else")
    await passage.take(cap("C", headline="暴雨蓝色预警"))
    await passage.take(cap("F", area=place_code("532324000000")))
    await passage.take(cap("A"))
    assert passage.county.steps() == [("received", "A")]


async def test_a_warning_that_was_over_when_it_came_is_told_to_nobody(passage: Passage) -> None:
    await passage.take(cap("A", -7200, expires=-3600))
    assert passage.county.requests == []


async def test_a_document_in_another_encoding_is_text_that_can_be_read_again(passage: Passage) -> None:
    raw = cap("甲").decode().replace("UTF-8", "GBK").encode("gbk")
    await passage.take(raw)
    ((key, body),) = passage.county.requests
    assert key.isascii()
    assert parse(body["cap"].encode()).identifier == "甲"


async def test_a_receiver_for_people_gets_words_in_its_language(passage: Passage) -> None:
    await passage.take(cap("A"))
    ((_, body),) = passage.county.requests
    assert MessageTemplates().words(body)[0] == "【楚雄州】预警：暴雨黄色预警"
    assert MessageTemplates(language="en").words(body)[0] == "[楚雄州] warning: 暴雨黄色预警"
