"""ICMP echo: over the real loopback where that is allowed, and over a packet layer that a test can silence."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from collectors.errors import Misconfigured, NotReady, Reason
from collectors.network.icmp import raw_socket
from collectors.network.icmp.probe import IcmpPoller, judge
from collectors.network.icmp.raw_socket import BURST, EchoSocket, open_raw
from feeds.model import Value
from tests.collectors.network.loopback import ANSWERED, ask, failure, target_of, values_of
from tests.collectors.virtual import moved


class Packets:
    """A packet layer over a socket pair: tests answer for the network.

    While it is `deaf` only the requests in `hears` are answered: their round trip in milliseconds by number.
    """

    def __init__(self) -> None:
        self._mine, self._theirs = socket.socketpair()
        self._mine.setblocking(False)
        self._came: dict[int, float] = {}
        self.sent: list[str] = []
        self.deaf = True
        self.hears: dict[int, float] = {}

    def get_fd(self) -> int:
        return self._mine.fileno()

    def send(self, address: str, size: int) -> int:
        if address.startswith("192."):
            raise OSError(errno.ENETUNREACH, "Network is unreachable")
        self.sent.append(address)
        number = len(self.sent)
        if not self.deaf:
            self.answer(number)
        elif number in self.hears:
            self.answer(number, self.hears[number])
        return number

    def answer(self, number: int, milliseconds: float = 1.0) -> None:
        self._came[number] = milliseconds * 1e6
        self._theirs.send(b"!")

    def recv(self) -> dict[int, float] | None:
        try:
            self._mine.recv(4096)
        except BlockingIOError:
            return None
        came, self._came = self._came, {}
        return came

    def set_recv_buffer_size(self, size: int) -> None: ...

    def close(self) -> None:
        self._mine.close()
        self._theirs.close()


@pytest.fixture
def packets() -> Iterator[Packets]:
    packets = Packets()
    yield packets
    packets.close()


def poller_over(packets: Packets) -> IcmpPoller:
    return IcmpPoller(opener=lambda _: packets)


def may_ping() -> bool:
    try:
        open_raw(4).close()
    except PermissionError:
        return False
    return True


allowed = pytest.mark.skipif(not may_ping(), reason="this process has no CAP_NET_RAW")


def not_permitted(_: int) -> None:
    raise PermissionError("permission denied")


@allowed
@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "localhost"])
async def test_loopback_answers_with_round_trip_loss_and_jitter(host: str) -> None:
    if host == "[::1]" and not Path("/proc/net/if_inet6").exists():
        pytest.skip("no IPv6 here")
    poller = IcmpPoller()
    readings = values_of(await ask(poller, target_of(f"icmp://{host}?count=3")))
    await poller.close()
    assert 0 < float(readings["icmp.rtt_ms"] or 0) < 1000 * ANSWERED
    assert readings["icmp.loss"] == 0
    assert float(readings["icmp.jitter_ms"] or 0) >= 0


@allowed
async def test_five_hundred_at_once_lose_nothing() -> None:
    poller = IcmpPoller()
    polls = (ask(poller, target_of(f"icmp://127.0.{n // 250}.{n % 250 + 1}")) for n in range(500))
    measurements = await asyncio.gather(*polls)
    await poller.close()
    assert {measurement["icmp.loss"].value for measurement in measurements} == {0}


def test_silence_is_a_timeout_with_full_loss(packets: Packets) -> None:
    async def story() -> Exception:
        poller = poller_over(packets)
        error = await failure(poller, target_of("icmp://127.0.0.1?count=3"))
        await poller.close()
        return error

    error = moved(story())
    assert isinstance(error, NotReady)
    assert error.reason is Reason.TIMEOUT
    assert [(measurement.metric, measurement.value) for measurement in error.measurements] == [("icmp.loss", 100)]
    assert len(packets.sent) == 3


def test_some_lost_is_up_with_the_loss(packets: Packets) -> None:
    async def story() -> dict[str, Value]:
        poller = poller_over(packets)
        readings = values_of(await ask(poller, target_of("icmp://127.0.0.1?count=2")))
        await poller.close()
        return readings

    packets.hears = {2: 7.0}
    shifted = moved(story())
    assert shifted == {"icmp.rtt_ms": 7, "icmp.loss": 50}


async def test_a_cancelled_poll_takes_no_answer_from_the_others(packets: Packets) -> None:
    poller = poller_over(packets)
    first = asyncio.create_task(ask(poller, target_of("icmp://127.0.0.1")))
    second = asyncio.create_task(ask(poller, target_of("icmp://127.0.0.2")))
    while len(packets.sent) < 2:
        await asyncio.sleep(0)
    first.cancel()
    packets.answer(1)
    packets.answer(2)
    assert values_of(await second)["icmp.loss"] == 0
    await poller.close()


async def test_a_late_or_unknown_answer_changes_nothing(packets: Packets) -> None:
    poller = poller_over(packets)
    assert isinstance(await failure(poller, target_of("icmp://127.0.0.1", timeout=0.05)), NotReady)
    packets.answer(1)
    packets.answer(999)
    packets.deaf = False
    assert values_of(await ask(poller, target_of("icmp://127.0.0.1")))["icmp.loss"] == 0
    await poller.close()


async def test_silent_targets_hold_up_nobody_for_long(packets: Packets, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(raw_socket, "BURST_WAIT", 0.001)
    echo = EchoSocket(4, lambda _: packets)
    deadline = asyncio.get_running_loop().time() + 30
    silent = [asyncio.create_task(echo.echo("127.0.0.1", deadline)) for _ in range(BURST)]
    await asyncio.sleep(0)
    assert len(packets.sent) == BURST
    packets.deaf = False
    assert await echo.echo("127.0.0.2", deadline) == pytest.approx(0.001)
    echo.close()
    assert await asyncio.gather(*silent) == [None] * BURST


async def test_at_most_a_burst_waits_at_a_time(packets: Packets) -> None:
    echo = EchoSocket(4, lambda _: packets)
    deadline = asyncio.get_running_loop().time() + 30
    tasks = [asyncio.create_task(echo.echo("127.0.0.1", deadline)) for _ in range(BURST + 5)]
    await asyncio.sleep(0)
    assert len(packets.sent) == BURST
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    echo.close()


async def test_no_route_is_unreachable_not_a_loss(packets: Packets) -> None:
    poller = poller_over(packets)
    error = await failure(poller, target_of("icmp://192.0.2.1"))
    await poller.close()
    assert isinstance(error, NotReady)
    assert error.reason is Reason.UNREACHABLE


async def test_an_unknown_name_is_unresolved(packets: Packets) -> None:
    error = await failure(poller_over(packets), target_of(f"icmp://{'x' * 64}.invalid"))
    assert isinstance(error, NotReady)
    assert error.reason is Reason.UNRESOLVED


def fake_fping(folder: Path, script: str) -> str:
    path = folder / "fping"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


async def test_without_the_right_fping_is_asked(tmp_path: Path) -> None:
    program = fake_fping(tmp_path, 'printf "127.0.0.1 :" >&2; sleep 0.01; echo " 0.40 - 0.60" >&2; exit 0')
    poller = IcmpPoller(opener=not_permitted, fping=program)  # type: ignore[arg-type]
    readings = values_of(await ask(poller, target_of("icmp://127.0.0.1?count=3")))
    assert readings == {"icmp.rtt_ms": 0.5, "icmp.loss": 33.3, "icmp.jitter_ms": 0.2}


@pytest.mark.parametrize("script", [None, 'echo "fping: can\'t create socket (must run as root?)" >&2; exit 4'])
async def test_with_neither_a_person_is_told_what_to_do(tmp_path: Path, script: str | None) -> None:
    program = fake_fping(tmp_path, script) if script else str(tmp_path / "missing")
    poller = IcmpPoller(opener=not_permitted, fping=program)  # type: ignore[arg-type]
    error = await failure(poller, target_of("icmp://127.0.0.1"))
    assert isinstance(error, Misconfigured)
    assert "CAP_NET_RAW" in error.en
    assert "CAP_NET_RAW" in error.zh


async def test_an_fping_that_hangs_is_ended_with_the_poll(tmp_path: Path) -> None:
    program = fake_fping(tmp_path, f"echo $$ > {tmp_path}/pid; exec sleep 60")
    poller = IcmpPoller(opener=not_permitted, fping=program)  # type: ignore[arg-type]
    error = await failure(poller, target_of("icmp://127.0.0.1", timeout=3.0))
    assert isinstance(error, NotReady)
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


@pytest.mark.parametrize(
    "text",
    [
        "icmp://",
        "icmp://127.0.0.1:80",
        "icmp://127.0.0.1?count=0",
        "icmp://127.0.0.1?count=x",
        "icmp://127.0.0.1?count=21",
        "icmp://224.0.0.1",
        "icmp://255.255.255.255",
        "icmp://0.0.0.0",
        "icmp://127.0.0.1?size=9",
    ],
)
def test_a_uri_that_cannot_work_is_refused(text: str) -> None:
    with pytest.raises(Misconfigured):
        IcmpPoller.validate(target_of(text))


def test_jitter_is_the_mean_step_between_answers() -> None:
    measurements = {measurement.metric: measurement.value for measurement in judge([0.010, None, 0.014, 0.012], 2.0)}
    assert measurements == {"icmp.rtt_ms": 12.0, "icmp.loss": 25.0, "icmp.jitter_ms": 3.0}
