"""How long an asset was what, from the journal's transitions of health. What nobody watched is unknown, never up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from feeds.history.store import HistoryStore
from feeds.journal import Entry, Journal
from feeds.model import Health

PAGE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """An asset's health from `start` to `end` (epoch seconds)."""

    start: float
    end: float
    health: Health


async def health_spans(
    journal: Journal, store: HistoryStore, asset: str, start: float, end: float, now: float
) -> list[Span]:
    """The whole interval, without holes; unknown before the first word, while nobody watched, and after now."""
    words = await _words(journal, asset, start, end)
    # A watch is noted once a minute; up to now it goes on.
    watched = [(low, now if now - high < 150 else high) for low, high in await store.watched(start, min(end, now))]
    known = [
        Span(start=max(low, span.start), end=min(high, span.end), health=span.health)
        for span in _said(words, start, min(end, now))
        for low, high in watched
        if max(low, span.start) < min(high, span.end)
    ]
    return _whole(known, start, end)


async def _words(journal: Journal, asset: str, start: float, end: float) -> list[Entry]:
    """The asset's transitions that matter for the interval, oldest first: the last one before it and those in it."""
    found: list[Entry] = []
    before: int | None = None
    while True:
        page = await journal.entries(kind="health", subject=asset, before=before, limit=PAGE, newest_first=True)
        found += [entry for entry in page if entry.at < end]
        if len(page) < PAGE or page[-1].at <= start:
            return sorted(found, key=lambda entry: (entry.at, entry.seq))
        before = page[-1].seq


def _said(words: Sequence[Entry], start: float, end: float) -> Iterable[Span]:
    """Each word holds until the next one."""
    for place, entry in enumerate(words):
        following = words[place + 1].at if place + 1 < len(words) else end
        low, high = max(start, entry.at), min(end, following)
        if low < high:
            yield Span(start=low, end=high, health=Health(entry.name))


def _whole(known: Iterable[Span], start: float, end: float) -> list[Span]:
    """The spans with the holes between them filled, neighbours of one health made one."""
    spans: list[Span] = []

    def add(low: float, high: float, health: Health) -> None:
        if low >= high:
            return
        if spans and spans[-1].health is health:
            low = spans.pop().start
        spans.append(Span(start=low, end=high, health=health))

    at = start
    for span in known:
        add(at, span.start, Health.UNKNOWN)
        add(span.start, span.end, span.health)
        at = span.end
    add(at, end, Health.UNKNOWN)
    return spans


def apart(spans: Iterable[Span], gone: Sequence[tuple[float, float]]) -> list[Span]:
    """The spans without the time that counts apart; `gone` in order."""
    found = []
    for span in spans:
        at = span.start
        for low, high in gone:
            if high <= at or low >= span.end:
                continue
            if low > at:
                found.append(Span(start=at, end=low, health=span.health))
            at = max(at, high)
        if at < span.end:
            found.append(Span(start=at, end=span.end, health=span.health))
    return found


def seconds_by_health(spans: Iterable[Span]) -> dict[Health, float]:
    """How long each health lasted, seconds."""
    sums = dict.fromkeys(Health, 0.0)
    for span in spans:
        sums[span.health] += span.end - span.start
    return sums
