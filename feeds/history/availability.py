"""An asset's health over time, from the health transitions in the journal. Unobserved time is unknown, never up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from feeds.history.store import HistoryStore
from feeds.journal import Journal, JournalEntry
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
    """The whole interval without gaps. Unknown before the first transition, while nothing was recorded, and after
    `now`.
    """
    transitions = await _transitions(journal, asset, start, end)
    # The recorder notes once a minute that it observes. A recent note counts up to now.
    watched = [(low, now if now - high < 150 else high) for low, high in await store.watched(start, min(end, now))]
    observed = [
        Span(start=max(low, span.start), end=min(high, span.end), health=span.health)
        for span in _spans_of(transitions, start, min(end, now))
        for low, high in watched
        if max(low, span.start) < min(high, span.end)
    ]
    return _without_gaps(observed, start, end)


async def _transitions(journal: Journal, asset: str, start: float, end: float) -> list[JournalEntry]:
    """The asset's transitions that cover the interval, oldest first: the last one before it and those in it."""
    entries: list[JournalEntry] = []
    before: int | None = None
    while True:
        page = await journal.entries(kind="health", subject=asset, before=before, limit=PAGE, newest_first=True)
        entries += [entry for entry in page if entry.at < end]
        if len(page) < PAGE or page[-1].at <= start:
            return sorted(entries, key=lambda entry: (entry.at, entry.seq))
        before = page[-1].seq


def _spans_of(transitions: Sequence[JournalEntry], start: float, end: float) -> Iterable[Span]:
    """Spans of the transitions. Each lasts until the next one."""
    for index, entry in enumerate(transitions):
        following = transitions[index + 1].at if index + 1 < len(transitions) else end
        low, high = max(start, entry.at), min(end, following)
        if low < high:
            yield Span(start=low, end=high, health=Health(entry.name))


def _without_gaps(observed: Iterable[Span], start: float, end: float) -> list[Span]:
    """The spans with the gaps between them filled as unknown. Adjacent spans of equal health are merged."""
    spans: list[Span] = []

    def add(low: float, high: float, health: Health) -> None:
        if low >= high:
            return
        if spans and spans[-1].health is health:
            low = spans.pop().start
        spans.append(Span(start=low, end=high, health=health))

    at = start
    for span in observed:
        add(at, span.start, Health.UNKNOWN)
        add(span.start, span.end, span.health)
        at = span.end
    add(at, end, Health.UNKNOWN)
    return spans


def apart(spans: Iterable[Span], gone: Sequence[tuple[float, float]]) -> list[Span]:
    """The spans minus the excluded intervals; `gone` must be sorted."""
    remaining = []
    for span in spans:
        at = span.start
        for low, high in gone:
            if high <= at or low >= span.end:
                continue
            if low > at:
                remaining.append(Span(start=at, end=low, health=span.health))
            at = max(at, high)
        if at < span.end:
            remaining.append(Span(start=at, end=span.end, health=span.health))
    return remaining


def seconds_by_health(spans: Iterable[Span]) -> dict[Health, float]:
    """Total duration of each health, seconds."""
    sums = dict.fromkeys(Health, 0.0)
    for span in spans:
        sums[span.health] += span.end - span.start
    return sums
