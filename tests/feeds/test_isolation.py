"""Reading foreign bytes in a process of their own: what hangs or kills it is told, and the next input is read."""

from __future__ import annotations

import asyncio
import ctypes
import os
import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from feeds.cap.message import CapRefused, parse
from feeds.isolation import process
from feeds.isolation.cap import CapReader
from feeds.isolation.process import Isolated, Outlasted, TooBusy
from tests.feeds.cap.samples import alert, info

MODULE = __name__


def serve(payload: bytes) -> bytes:
    """What the process under test does with its input."""
    if payload == b"hang":
        while True:
            time.sleep(60)
    if payload == b"die":
        os.kill(os.getpid(), 11)
    if payload == b"raise":
        raise ValueError(payload)
    if payload == b"eat":
        ctypes.memset(ctypes.create_string_buffer(2 << 30), 1, 2 << 30)
    print("a line that must not disturb the answers")  # noqa: T201
    return str(os.getpid()).encode() if payload == b"pid" else payload * 2


@pytest_asyncio.fixture
async def isolated(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Isolated]:
    monkeypatch.setenv("PYTHONPATH", os.getcwd())
    isolated = Isolated(MODULE, deadline=1.0, waiting=3)
    yield isolated
    await isolated.close()


@pytest.mark.parametrize("poison", [b"hang", b"die", b"raise", b"eat"])
async def test_what_kills_or_outlasts_the_process_is_told_and_the_next_input_is_read(
    isolated: Isolated, poison: bytes
) -> None:
    first = await isolated.call(b"pid")
    with pytest.raises(Outlasted):
        await isolated.call(poison)
    assert await isolated.call(b"ab") == b"abab"
    assert await isolated.call(b"pid") != first


@pytest.mark.parametrize("poison", [b"hang", b"die"])
async def test_inputs_written_ahead_of_one_that_ends_the_process_are_read_by_the_next(
    monkeypatch: pytest.MonkeyPatch, poison: bytes
) -> None:
    monkeypatch.setenv("PYTHONPATH", os.getcwd())
    isolated = Isolated(MODULE, deadline=1.0, waiting=20)
    payloads = [b"a", poison, *(str(number).encode() for number in range(9)), b"x" * 100_000, b"z"]
    answers = await asyncio.gather(*(isolated.call(payload) for payload in payloads), return_exceptions=True)
    assert isinstance(answers[1], Outlasted)
    assert answers[:1] + answers[2:] == [payload * 2 for payload in payloads if payload != poison]
    await isolated.close()


async def test_one_who_no_longer_waits_leaves_the_others_their_answers(isolated: Isolated) -> None:
    leaver, stayer = (asyncio.ensure_future(isolated.call(payload)) for payload in (b"a", b"b"))
    await asyncio.sleep(0)
    leaver.cancel()
    assert await stayer == b"bb"
    assert await isolated.call(b"c") == b"cc"


async def test_a_close_ends_those_who_wait(isolated: Isolated) -> None:
    hanging = asyncio.ensure_future(isolated.call(b"hang"))
    await asyncio.sleep(0)
    await isolated.close()
    with pytest.raises(asyncio.CancelledError):
        await hanging
    assert await isolated.call(b"a") == b"aa"


async def test_a_process_that_was_started_before_serves_the_first_call(isolated: Isolated) -> None:
    await isolated.start()
    assert isolated._process is not None
    assert await isolated.call(b"pid") == str(isolated._process.pid).encode()


async def test_one_process_serves_many_inputs_and_large_ones(isolated: Isolated) -> None:
    assert await isolated.call(b"pid") == await isolated.call(b"pid")
    assert len(await isolated.call(b"x" * 3_000_000)) == 6_000_000


async def test_more_inputs_than_may_wait_are_turned_away(isolated: Isolated) -> None:
    answers = await asyncio.gather(*(isolated.call(b"a") for _ in range(5)), return_exceptions=True)
    assert [type(answer) for answer in answers] == [bytes, bytes, bytes, TooBusy, TooBusy]


async def test_none_is_taken_in_behind_one_that_waits_for_long(
    isolated: Isolated, monkeypatch: pytest.MonkeyPatch
) -> None:
    await isolated.call(b"a")
    monkeypatch.setattr(process, "SLOW", 0.05)
    slow = asyncio.ensure_future(isolated.call(b"hang"))
    await asyncio.sleep(0.2)  # the time of the process, which no clock of ours moves
    with pytest.raises(TooBusy):
        await isolated.call(b"a")
    with pytest.raises(Outlasted):
        await slow
    assert await isolated.call(b"a") == b"aa"


async def test_the_bytes_that_wait_are_bounded(isolated: Isolated, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "WAITING_BYTES", 1000)
    answers = await asyncio.gather(*(isolated.call(b"a" * 600) for _ in range(2)), return_exceptions=True)
    assert [type(answer) for answer in answers] == [bytes, TooBusy]


async def test_an_idle_process_ends_and_another_one_comes_when_it_is_needed(isolated: Isolated) -> None:
    isolated._idle = 0.01
    first = await isolated.call(b"pid")
    assert isolated._process is not None
    await isolated._process.wait()
    assert await isolated.call(b"pid") != first


async def test_a_cap_message_is_read_as_in_this_process() -> None:
    reader = CapReader()
    assert await reader.parse(alert()) == parse(alert())
    with pytest.raises(CapRefused, match="MISSING_REQUIRED"):
        await reader.parse(alert(infos=info(event="")))
    await reader.close()


async def test_a_message_that_outlasted_the_process_once_is_not_tried_again() -> None:
    class Counting(Isolated):
        calls = 0

        async def call(self, payload: bytes) -> bytes:
            self.calls += 1
            raise Outlasted("not read within 3 s")

    counting = Counting(MODULE)
    reader = CapReader(counting)
    for _ in range(3):
        with pytest.raises(Outlasted):
            await reader.parse(alert())
    assert counting.calls == 1
