"""The runner of polled feeds, as timelines in virtual time."""

from __future__ import annotations

import asyncio
import logging
from typing import ClassVar

import pytest

from collectors import registry
from collectors.contract import FetchResult
from collectors.errors import AuthFailed, Misconfigured, NotReady, Reason, UnexpectedForm
from collectors.settings import Credential, SourceSettings
from collectors.sources.polling import _envelopes
from feeds.bus import BusLost
from feeds.cap.message import CapDocument
from tests.collectors.virtual import BEGAN, FakeBus, collect, for_seconds, moved


class FakeFeed:
    """Returns the results of `script` in order, and repeats the last one."""

    kinds: ClassVar[tuple[str, ...]] = ("emergency.cap",)
    stream: ClassVar[str] = "emergency"
    item: ClassVar[str] = "cap"
    script: ClassVar[list[FetchResult | Exception]] = []
    fetched_at: ClassVar[list[float]] = []
    forgot_at: ClassVar[list[float]] = []

    def route(self) -> tuple[str, str]:
        return self.stream, self.item

    def __init__(self, settings: SourceSettings, credential: Credential | None) -> None:
        self.settings = settings

    @classmethod
    def validate(cls, settings: SourceSettings) -> None:
        """Accept all settings."""

    async def fetch(self, now: float) -> FetchResult:
        """The next result of the script."""
        self.fetched_at.append(asyncio.get_running_loop().time())
        step = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        if isinstance(step, Exception):
            raise step
        return step

    def forget(self) -> None:
        """Note the time."""
        self.forgot_at.append(asyncio.get_running_loop().time())

    async def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
def feed(monkeypatch: pytest.MonkeyPatch) -> type[FakeFeed]:
    class ScriptedFeed(FakeFeed):
        script: ClassVar[list[FetchResult | Exception]] = []
        fetched_at: ClassVar[list[float]] = []
        forgot_at: ClassVar[list[float]] = []

    monkeypatch.setattr(registry, "feed_class", lambda kind: ScriptedFeed)
    return ScriptedFeed


SOURCE = SourceSettings(id="cma", kind="emergency.cap", url="http://h/", interval=10, heartbeat=600, region="532301")
DOCUMENT = CapDocument(source="cma", received_at=0.0, raw=b"x" * 1000)


def caps(bus: FakeBus) -> list[tuple[float, str, int]]:
    return [(at, feed, len(items)) for at, feed, kind, source, items in bus.envelopes if kind == "cap"]


def test_documents_go_to_the_emergency_feed_and_each_round_sends_a_heartbeat(feed: type[FakeFeed]) -> None:
    bus = FakeBus()
    feed.script[:] = [FetchResult(items=(DOCUMENT, DOCUMENT)), FetchResult()]
    moved(for_seconds(collect(bus, {}, sources=(SOURCE,)), until=35))
    assert [(name, count) for _, name, count in caps(bus)] == [("emergency", 2)]
    beats = bus.heartbeats("cma")
    assert len(beats) == len(feed.fetched_at) >= 4
    assert {(beat.kind, beat.every, beat.ok, beat.error, beat.region) for beat in beats} == {
        ("emergency.cap", 600, True, "", "532301")
    }


def test_a_failing_source_is_logged_once_and_fetched_at_its_interval(
    feed: type[FakeFeed], caplog: pytest.LogCaptureFixture
) -> None:
    bus = FakeBus()
    feed.script[:] = [FetchResult(), NotReady(Reason.REFUSED)]
    with caplog.at_level(logging.INFO, "collectors"):
        moved(for_seconds(collect(bus, {}, sources=(SOURCE,)), until=200))
    gaps = [round(b - a) for a, b in zip(feed.fetched_at[2:], feed.fetched_at[3:], strict=False)]
    assert set(gaps) == {10}
    last = bus.heartbeats("cma")[-1]
    assert (last.ok, last.error, last.failing) == (False, "refused", 1)
    assert [record.message for record in caplog.records if "source" in record.message] == ["source lost"]


@pytest.mark.parametrize("error", [AuthFailed("no", "否"), Misconfigured("no", "否")])
def test_a_source_that_a_person_must_mend_is_fetched_more_rarely(
    feed: type[FakeFeed], error: AuthFailed | Misconfigured
) -> None:
    feed.script[:] = [error]
    moved(for_seconds(collect(FakeBus(), {}, sources=(SOURCE,)), until=200))
    gaps = [round(b - a) for a, b in zip(feed.fetched_at[1:], feed.fetched_at[2:], strict=False)]
    assert gaps == sorted(gaps)
    assert gaps[-1] == 30


def test_documents_wait_for_the_bus_and_are_never_dropped(feed: type[FakeFeed]) -> None:
    bus = FakeBus()
    bus.trouble = BusLost("gone")
    feed.script[:] = [FetchResult(items=(DOCUMENT,)), FetchResult()]

    def mend() -> None:
        bus.trouble = None

    moved(for_seconds(collect(bus, {}, sources=(SOURCE,)), (25, mend), until=30))
    assert len(caps(bus)) == 1
    assert 25 <= caps(bus)[0][0] <= 26


def test_a_new_bus_gets_all_documents_again_at_once(feed: type[FakeFeed]) -> None:
    bus = FakeBus()
    feed.script[:] = [FetchResult()]

    def wipe() -> None:
        bus.epoch = "b"

    moved(for_seconds(collect(bus, {}, sources=(SOURCE,)), (15, wipe), until=17))
    assert len(feed.forgot_at) == 1
    assert 15 <= feed.forgot_at[0] <= 16


def test_documents_are_grouped_by_size(feed: type[FakeFeed]) -> None:
    bus = FakeBus()
    large = CapDocument(source="cma", received_at=0.0, raw=b"x" * 600_000)
    feed.script[:] = [FetchResult(items=(large, large, DOCUMENT)), FetchResult()]
    moved(for_seconds(collect(bus, {}, sources=(SOURCE,)), until=3))
    assert [count for _, _, count in caps(bus)] == [1, 2]


def test_a_faulty_feed_is_shown_and_does_not_end_the_role(feed: type[FakeFeed]) -> None:
    bus = FakeBus()
    feed.script[:] = [KeyError("bug"), FetchResult()]
    moved(for_seconds(collect(bus, {}, sources=(SOURCE,)), until=40))
    beats = bus.heartbeats("cma")
    assert "KeyError" in beats[0].error
    assert beats[-1].ok
    assert bus.heartbeats("role.collect")[-1].at > BEGAN + 39


def test_a_reload_stops_and_starts_sources(feed: type[FakeFeed]) -> None:
    bus = FakeBus()
    feed.script[:] = [FetchResult()]
    entry = collect(bus, {}, sources=(SOURCE,))
    second_feed = SourceSettings(id="jma", kind="emergency.cap", url="http://j/", interval=10)
    moved(for_seconds(entry, (15, lambda: entry.reload(sources=(second_feed,))), until=40))
    assert bus.heartbeats("cma")[-1].at < BEGAN + 15
    assert bus.heartbeats("jma")[0].at > BEGAN + 15
    assert entry.stats()["sources"] == 1


def test_a_heartbeat_holds_the_times_of_the_last_valid_and_the_last_new_document(feed: type[FakeFeed]) -> None:
    bus = FakeBus()
    page = UnexpectedForm("expected a feed, but the answer is a web page", "应为索引，实际应答是网页")
    feed.script[:] = [
        FetchResult(items=(DOCUMENT,)),
        FetchResult(),
        FetchResult(items=(DOCUMENT,)),
        FetchResult(),
        page,
    ]
    moved(for_seconds(collect(bus, {}, sources=(SOURCE,)), until=58))
    beats = bus.heartbeats("cma")
    first, second, third, fourth, failed = beats[:5]
    assert (first.valid_at, first.new_at, first.replay) == (first.at, first.at, True)
    assert (second.valid_at, second.new_at, second.replay) == (second.at, first.at, True)
    assert (third.valid_at, third.new_at, third.replay) == (third.at, third.at, False)
    assert (fourth.valid_at, fourth.new_at) == (fourth.at, third.at)
    assert (failed.ok, failed.valid_at, failed.new_at) == (False, fourth.at, third.at)
    assert failed.error == (
        "应答不符：应为索引，实际应答是网页 | wrong answer: expected a feed, but the answer is a web page"
    )


def test_items_without_bytes_of_their_own_are_grouped_too() -> None:
    assert _envelopes([1, 2, 3]) == [[1, 2, 3]]
    assert _envelopes([]) == []
