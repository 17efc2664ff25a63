"""Which journal entries are rows of the duty log, and their sentences."""

from __future__ import annotations

import pytest

from feeds.journal import JournalEntry
from feeds.logbook.rows import sort_of
from feeds.logbook.sentences import sentences


def entry(kind: str, name: str, subject: str = "team-1") -> JournalEntry:
    """An entry of the journal of the command role."""
    return JournalEntry(
        seq=1,
        chain="command",
        chain_seq=1,
        at=0.0,
        kind=kind,
        name=name,
        subject=subject,
        actor="",
        reason="",
        command="",
        body={},
    )


def test_an_order_about_a_resource_is_a_row_and_the_listing_of_the_inventory_is_not() -> None:
    assert sort_of(entry("resource", "assign")) == "resource"
    assert [sort_of(entry("resource", name)) for name in ("listed", "unlisted", "unverified", "expired")] == [""] * 4


@pytest.mark.parametrize(
    ("kind", "name", "sentence"),
    [
        ("resource", "assign", "资源 team-1：调派"),
        ("task", "sign", "任务 team-1：签收"),
        ("task", "unsigned", "任务 team-1：逾时未签收"),
        ("plan", "publish", "预案 team-1：发布"),
        ("proposal", "unanswered", "预案建议 team-1：逾时未答复"),
    ],
)
def test_a_row_says_the_step_in_words(kind: str, name: str, sentence: str) -> None:
    assert sentences(entry(kind, name))["zh-CN"] == sentence
