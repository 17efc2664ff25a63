"""The repetition filter of fetching feeds."""

from __future__ import annotations

from collectors.seen_versions import SeenVersions


def test_an_item_is_new_once_for_each_version() -> None:
    seen: SeenVersions[str, int] = SeenVersions(10)
    assert [seen.is_new("a", 1), seen.is_new("a", 1), seen.is_new("a", 2), seen.is_new("a", 1)] == [
        True,
        False,
        True,
        True,
    ]


def test_a_version_of_none_is_remembered() -> None:
    seen: SeenVersions[str, None] = SeenVersions(10)
    assert [seen.is_new("a", None), seen.is_new("a", None)] == [True, False]


def test_beyond_the_limit_the_item_seen_longest_ago_is_forgotten() -> None:
    seen: SeenVersions[str, int] = SeenVersions(2)
    for key in ("a", "b", "a", "c"):
        seen.is_new(key, 1)
    assert not seen.is_new("a", 1)
    assert seen.is_new("b", 1)


def test_after_clear_every_item_is_new() -> None:
    seen: SeenVersions[str, int] = SeenVersions(2)
    seen.is_new("a", 1)
    seen.clear()
    assert seen.is_new("a", 1)
