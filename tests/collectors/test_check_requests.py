"""A person asks for a check: the asset is polled at once, and he is told how many probes were."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace
from typing import Any, cast

import pytest
import uvloop

from collectors.probing.check_requests import AGAIN, CheckRequests, RequestBus
from collectors.service import Collect
from collectors.settings import SchemeSettings
from feeds.bus import Bus
from feeds.clock import now
from feeds.engine.commands import CommandClient
from feeds.model import Asset, Command, Outcome
from tests.collectors.network.loopback import ANSWERED
from tests.patience import PATIENCE


def request(asset: str, at: float) -> Command:
    return Command(
        id=f"{asset} {at}",
        action="check",
        subject=asset,
        actor="值班员",
        role="duty",
        actor_region="",
        at=at,
        valid_until=at + 5,
    )


class Probes:
    """Two probes of the asset "cam". Counts the checks."""

    def __init__(self) -> None:
        self.checks: list[str] = []

    def check(self, asset: str) -> int:
        self.checks.append(asset)
        return 2 if asset == "cam" else 0


class RecorderOnly:
    """Listeners that know the recorder "nvr" only."""

    def describe(self, asset: str) -> dict[str, Any] | None:
        return {"device": "1"} if asset == "nvr" else None

    def refresh(self, asset: str) -> bool:
        return asset == "nvr"


RECORDER_ONLY = RecorderOnly()


@pytest.fixture
def probes() -> Probes:
    return Probes()


def requests(probes: Probes, at: float) -> CheckRequests:
    return CheckRequests(cast(RequestBus, None), probes, RECORDER_ONLY, lambda: at)


def test_a_request_that_comes_too_late_is_not_carried_out(probes: Probes) -> None:
    assert requests(probes, 106.0).result(request("cam", 100.0)).outcome is Outcome.LATE
    assert probes.checks == []


def test_an_asset_without_probes_is_not_found_and_another_command_is_invalid(probes: Probes) -> None:
    following = requests(probes, 100.0)
    assert following.result(request("gone", 100.0)).outcome is Outcome.NOT_FOUND
    assert following.result(replace(request("cam", 100.0), action="reboot")).outcome is Outcome.INVALID


def test_what_listeners_know_is_told_and_a_device_is_asked_again(probes: Probes) -> None:
    following = requests(probes, 100.0)
    described = following.result(replace(request("nvr", 100.0), action="describe"))
    assert (described.outcome, described.after) == (Outcome.DONE, {"device": "1"})
    assert following.result(replace(request("nvr", 100.0), action="refresh")).outcome is Outcome.DONE
    for action in ("describe", "refresh"):
        assert following.result(replace(request("cam", 100.0), action=action)).outcome is Outcome.NOT_FOUND
    assert probes.checks == []


def test_two_people_who_ask_within_seconds_share_one_check(probes: Probes) -> None:
    at = 100.0
    following = CheckRequests(cast(RequestBus, None), probes, RECORDER_ONLY, lambda: at)
    first = following.result(request("cam", at))
    at += AGAIN - 1
    assert following.result(request("cam", at)).after == first.after == {"at": 100.0, "probes": 2}
    at += 1
    assert following.result(request("cam", at)).after == {"at": 105.0, "probes": 2}
    assert probes.checks == ["cam", "cam"]


def test_a_check_polls_at_once_and_is_answered_over_the_bus(valkey_url: str) -> None:
    async def story() -> None:
        polls = 0
        polled = asyncio.Event()

        async def count(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal polls
            polls += 1
            polled.set()
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

        web = Bus(valkey_url, "987007", name="web")
        server = await asyncio.start_server(count, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        asset = Asset(id="cam", name="cam", kind="camera", region="532300", probes=(f"tcp://127.0.0.1:{port}",))
        settings = {"tcp": SchemeSettings(interval=3600.0, timeout=ANSWERED)}
        bus, web_bus = Bus(valkey_url, "987007"), Bus(valkey_url, "987007", name="checks")
        role = asyncio.create_task(Collect(bus, "987007", settings, (), {"cam": asset}, {}, requests=web_bus).run())
        client = CommandClient(web)
        following = asyncio.create_task(client.run())
        async with asyncio.timeout(PATIENCE):
            await polled.wait()
            polled.clear()
            before = polls
            result = await client.submit(request("cam", now()), engine="collect", timeout=PATIENCE)
            assert (result.outcome, (result.after or {})["probes"]) == (Outcome.DONE, 1)
            await polled.wait()
        assert polls == before + 1
        for task in (role, following):
            task.cancel()
        await asyncio.gather(role, following, return_exceptions=True)
        server.close()
        await server.wait_closed()
        for each in (web, bus):
            await each.close()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(story())
