"""The signalling of cameras in the live picture, as listeners tell it to other systems."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping

from collectors.published_signalling import EVERY, READING, PublishedSignalling
from feeds.bus import BusLost, State
from feeds.bus.entries import StreamEntry
from feeds.bus.keys import Keys
from feeds.model import AssetState, Change, Kind, Reading
from tests.collectors.virtual import moved


def state(id: str, value: str, fresh_until: float) -> AssetState:
    reading = Reading(value=value, observed_at=0.0, received_at=0.0, source="s", fresh_until=fresh_until)
    return AssetState(id=id, region="532300", readings={READING: reading})


class Picture:
    """A bus with states of assets and changes of them."""

    keys = Keys("532300")

    def __init__(self, *states: AssetState) -> None:
        self.states = {each.id: each for each in states}
        self.waiting: list[Change] = []
        self.lost = False
        self.readings = 0

    async def state(self, kinds: Iterable[str]) -> State:
        if self.lost:
            raise BusLost("gone")
        self.readings += 1
        return State("1-0", {kind: dict(self.states) for kind in kinds})

    async def read(self, cursors: Mapping[str, str], *, block: float, count: int = 200) -> list[StreamEntry]:
        if self.lost:
            raise BusLost("gone")
        (stream,) = cursors
        items, self.waiting = self.waiting, []
        return [StreamEntry(stream, "2-0", "change", "project", items)] if items else []


def test_only_a_fresh_reading_that_is_in_order_counts_and_changes_are_followed() -> None:
    async def story() -> None:
        at = 100.0
        picture = Picture(state("a", "ok", 200.0), state("b", "failed", 200.0), state("c", "ok", 99.0))
        signalling = PublishedSignalling(picture, lambda: at)
        assert signalling("a") is None
        following = asyncio.create_task(signalling.run(lambda: True))
        await asyncio.sleep(0.1)
        assert [signalling(id) for id in "abcd"] == [True, False, False, False]
        picture.waiting = [
            Change(kind=Kind.STATE, id="a", after=state("a", "unknown", 300.0), at=at),
            Change(kind=Kind.STATE, id="b", after=state("b", "ok", 300.0), at=at),
        ]
        await asyncio.sleep(2 * EVERY)
        assert [signalling(id) for id in "ab"] == [False, True]
        at = 300.0
        assert signalling("b") is False, "what has expired is nobody's word any more"
        picture.lost = True
        await asyncio.sleep(5.0)
        picture.lost, picture.states = False, {"a": state("a", "ok", 900.0)}
        await asyncio.sleep(5.0)
        assert (signalling("a"), signalling("b")) == (True, False)
        following.cancel()

    moved(story())


def test_nothing_is_read_while_nobody_wants_it() -> None:
    async def story() -> None:
        picture = Picture()
        following = asyncio.create_task(PublishedSignalling(picture, lambda: 0.0).run(lambda: False))
        await asyncio.sleep(10.0)
        assert picture.readings == 0
        following.cancel()

    moved(story())
