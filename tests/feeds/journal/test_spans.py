"""Queries of the log by time: in order of time, page by page, without gaps or repetitions."""

from __future__ import annotations

import pytest

from feeds.journal import Journal


async def write(journal: Journal, *rows: tuple[str, float, str, str]) -> None:
    async with journal.begin() as tx:
        for subject, at, name, kind in rows:
            seq = await tx.append(kind=kind, name=name, subject=subject, at=at, body={"n": name})
            await tx.put(kind, subject, {}, seq=seq)


@pytest.fixture
async def filled(journal: Journal) -> Journal:
    """Entries with equal times, late entries, and entries of another kind between them."""
    rows = [
        ("a", 10.0, "ok"),
        ("b", 20.0, "down"),
        ("c", 20.0, "ok"),
        ("a", 20.0, "down"),
        ("b", 15.0, "ok"),
        ("a", 40.0, "ok"),
        ("d", 30.0, "ok"),
    ]
    await write(journal, *((*row, "health") for row in rows), ("x", 20.0, "raise", "alert"))
    return journal


@pytest.mark.parametrize("page", [1, 2, 3, 100])
async def test_a_span_is_read_page_by_page_in_the_order_of_time(filled: Journal, page: int) -> None:
    entries = [entry async for batch in filled.between("health", 15.0, 40.0, page) for entry in batch]
    assert [(entry.subject, entry.at, entry.name, entry.body) for entry in entries] == [
        ("b", 15.0, "ok", {"n": "ok"}),
        ("b", 20.0, "down", {"n": "down"}),
        ("c", 20.0, "ok", {"n": "ok"}),
        ("a", 20.0, "down", {"n": "down"}),
        ("d", 30.0, "ok", {"n": "ok"}),
    ]
    moments = [moment async for batch in filled.moments("health", 15.0, 40.0, page) for moment in batch]
    assert moments == [(entry.subject, entry.at, entry.name) for entry in entries]


async def test_the_last_entry_before_a_moment(filled: Journal) -> None:
    assert await filled.last_before("health", 20.0) == {"a": "ok", "b": "ok"}
    assert await filled.last_before("health", 20.1) == {"a": "down", "b": "ok", "c": "ok"}
    assert await filled.last_before("health", 5.0) == {}
