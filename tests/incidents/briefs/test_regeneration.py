"""Regeneration for any blocks: the words of people are never changed, moved or lost."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.model.briefs import BriefBlock, BriefRow
from incidents.briefs.blocks import regenerated, with_words
from tests import patience

KEYS = st.sampled_from([*"abcdefgh"])


def human(key: str) -> st.SearchStrategy[BriefBlock]:
    return st.text(max_size=20).map(lambda text: BriefBlock(key=key, title=key, generated=False, text=text))


def generated(key: str) -> st.SearchStrategy[BriefBlock]:
    rows = st.text(max_size=5).map(lambda text: (BriefRow(name="x", text=text),))
    return rows.map(lambda rows: BriefBlock(key=key, title=key, generated=True, rows=rows))


def blocks_of(keys: list[str]) -> st.SearchStrategy[tuple[BriefBlock, ...]]:
    return st.tuples(*(st.one_of(human(key), generated(key)) for key in keys))


LISTS = st.lists(KEYS, unique=True, max_size=8).flatmap(blocks_of)


def of_people(blocks: Iterable[BriefBlock]) -> list[BriefBlock]:
    return [block for block in blocks if not block.generated]


@given(blocks=LISTS, fresh=LISTS)
@settings(max_examples=patience.examples(300), deadline=None)
def test_generating_changes_no_words_of_people(blocks: tuple[BriefBlock, ...], fresh: tuple[BriefBlock, ...]) -> None:
    after = regenerated(blocks, fresh)
    assert of_people(after) == of_people(blocks)
    assert {block.key: block for block in after if block.generated} == {
        block.key: block for block in fresh if block.generated
    }
    assert regenerated(after, fresh) == after


@given(blocks=LISTS, earlier=LISTS)
@settings(max_examples=patience.examples(100), deadline=None)
def test_words_of_the_brief_before_fill_empty_blocks_only(
    blocks: tuple[BriefBlock, ...], earlier: tuple[BriefBlock, ...]
) -> None:
    after = with_words(blocks, earlier)
    assert [block.key for block in after] == [block.key for block in blocks]
    for block, filled in zip(blocks, after, strict=True):
        assert filled == block or (not block.generated and not block.text)
