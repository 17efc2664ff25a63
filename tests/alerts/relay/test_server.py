"""The border relay: from the site's receiver over a signed message and a queue on disk to a service outside."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from alerts.receivers.base import Rejected, RetryLater
from alerts.receivers.catalogue import SiteDefaults, compile_receiver
from alerts.receivers.relay_wire import KEY, PATH, SIGNATURE, TIME, signature
from alerts.relay.server import Relay, RelaySettings
from feeds.clock import now
from feeds.documents.receivers import ReceiverSettings
from feeds.journal import Journal, sqlite_url
from tests.alerts.gateway import Gateway, gateway
from tests.alerts.receivers.test_templates import body
from tests.patience import PATIENCE, until

SECRET = "0123456789abcdef"
BODY = b'{"to": "", "subject": "s", "text": "t"}'


@pytest.fixture
async def outside() -> AsyncIterator[Gateway]:
    async with gateway() as sms_gateway:
        yield sms_gateway


class Border:
    """A relay that can be stopped and started on the same folder."""

    def __init__(self, folder: Path, outside: Gateway, **more: Any) -> None:
        channel = ReceiverSettings(id="wecom", url=f"form://127.0.0.1:{outside.port}/robot", **more.pop("channel", {}))
        self.settings = RelaySettings(data=folder, secret=SECRET, port=0, channels=(channel,), **more)
        self.port, self.shift = 0, 0.0

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Border]:
        journal = Journal(sqlite_url(self.settings.data), "relay")
        await journal.open()
        relay = Relay(self.settings, journal, clock=lambda: now() + self.shift)
        listening = asyncio.Event()
        task = asyncio.create_task(relay.run(listening))
        await asyncio.wait_for(listening.wait(), PATIENCE)
        self.port = relay.port
        try:
            yield self
        finally:
            task.cancel()
            await asyncio.wait([task])
            await journal.close()

    async def post(
        self,
        *,
        secret: str = SECRET,
        at: float = 0.0,
        key: str = "k1",
        channel: str = "wecom",
        raw: bytes = BODY,
        signed: bytes | None = None,
    ) -> int:
        moment, path = f"{now() + at:.3f}", PATH + channel
        headers = {KEY: key, TIME: moment, SIGNATURE: signature(secret, moment, key, path, signed or raw)}
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"http://127.0.0.1:{self.port}{path}", data=raw, headers=headers) as answer,
        ):
            return answer.status

    async def health(self) -> dict[str, Any]:
        url = f"http://127.0.0.1:{self.port}/healthz"
        async with aiohttp.ClientSession() as session, session.get(url) as answer:
            document: dict[str, Any] = await answer.json()
            return document


async def arrived(outside: Gateway, count: int) -> None:
    await until(lambda: len(outside.requests) >= count)


async def test_from_the_sites_receiver_to_the_service_outside(tmp_path: Path, outside: Gateway) -> None:
    async with Border(tmp_path, outside).running() as border, aiohttp.ClientSession() as session:
        url = f"relay://{SECRET}@127.0.0.1:{border.port}/wecom"
        target = compile_receiver(ReceiverSettings(id="r", url=url), SiteDefaults())
        await target.send(session, "a1:1:r", body("first"))
        await target.send(session, "a1:1:r", body("first"))
        await arrived(outside, 1)
        assert outside.requests[0][3]["title"] == "【楚雄州】新告警：严重 设备中断"
        wrong = compile_receiver(ReceiverSettings(id="r", url=url.replace(SECRET, "f" * 16)), SiteDefaults())
        with pytest.raises(Rejected, match="401"):
            await wrong.send(session, "a1:2:r", body("first"))
        gone = compile_receiver(ReceiverSettings(id="r", url=url.replace("/wecom", "/fax")), SiteDefaults())
        with pytest.raises(Rejected, match="404"):
            await gone.send(session, "a1:2:r", body("first"))
        while (await border.health())["waiting"]:
            await asyncio.sleep(0.01)
    assert len(outside.requests) == 1


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({}, 202),
        ({"secret": "another-secret-that-is-wrong"}, 401),
        ({"at": -400.0}, 401),
        ({"at": 400.0}, 401),
        ({"signed": BODY.replace(b"s", b"x")}, 401),
        ({"raw": b"no json"}, 422),
        ({"raw": b'{"to": 1}'}, 422),
        ({"key": ""}, 422),
        ({"key": "k" * 600}, 422),
        ({"raw": b"x" * 70_000}, 413),
    ],
)
async def test_what_is_taken_and_what_is_not(
    tmp_path: Path, outside: Gateway, more: dict[str, Any], status: int
) -> None:
    async with Border(tmp_path, outside).running() as border:
        assert await border.post(**more) == status


async def test_what_was_taken_outlives_the_relay_and_is_sent_once(tmp_path: Path, outside: Gateway) -> None:
    outside.status = 500
    border = Border(tmp_path, outside)
    async with border.running():
        assert await border.post(key="k1") == 202
        await arrived(outside, 1)
    tried, outside.status = len(outside.requests), 200
    async with border.running():
        assert await border.post(key="k1") == 200
        await arrived(outside, tried + 1)

        async def sent() -> bool:
            return not (await border.health())["waiting"]

        await until(sent)
        assert await border.post(key="k1") == 200
    assert len(outside.requests) == tried + 1


async def test_a_full_queue_asks_for_patience(tmp_path: Path, outside: Gateway) -> None:
    outside.status = 500
    async with Border(tmp_path, outside, most=2).running() as border, aiohttp.ClientSession() as session:
        assert [await border.post(key=f"k{number}") for number in range(3)] == [202, 202, 503]
        url = f"relay://{SECRET}@127.0.0.1:{border.port}/wecom"
        target = compile_receiver(ReceiverSettings(id="r", url=url), SiteDefaults())
        with pytest.raises(RetryLater) as raised:
            await target.send(session, "k9", body("first"))
        assert raised.value.after == 10.0


async def test_a_rate_at_the_border_makes_a_digest_of_worded_messages(tmp_path: Path, outside: Gateway) -> None:
    border = Border(tmp_path, outside, channel={"rate": "2/min", "reserve": 0})
    async with border.running():
        for number in range(2):
            await border.post(key=f"k{number}")
            await arrived(outside, number + 1)
        for number in range(2, 7):
            raw = f'{{"to": "", "subject": "subject {number}", "text": "t"}}'.encode()
            assert await border.post(key=f"k{number}", raw=raw) == 202
        border.shift = 61.0
        await arrived(outside, 3)
        assert outside.requests[2][3]["title"].endswith("汇总 5 条")
        assert outside.requests[2][3]["message"].split("\n") == [f"subject {number}" for number in range(2, 7)]
