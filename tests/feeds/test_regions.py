"""Containment of region codes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.regions import covers, is_code, parent

CHAIN = ["530000", "532300", "532301", "532301101", "532301101001"]


@pytest.mark.parametrize("outer", range(len(CHAIN)))
@pytest.mark.parametrize("inner", range(len(CHAIN)))
def test_a_region_covers_itself_and_everything_below_it_only(outer: int, inner: int) -> None:
    assert covers(CHAIN[outer], CHAIN[inner]) == (outer <= inner)


@pytest.mark.parametrize(
    ("outer", "inner"),
    [("532301", "532302"), ("532323", "532300"), ("532300", "532400"), ("530000", "520000"), ("532301", "")],
)
def test_neighbours_and_things_without_a_region_are_not_covered(outer: str, inner: str) -> None:
    assert not covers(outer, inner)


def test_the_empty_region_covers_everything() -> None:
    assert all(covers("", inner) for inner in [*CHAIN, "", "nonsense"])


@pytest.mark.parametrize("outer", ["nonsense", "5323", "53230", "530023", "５３２３００", "999999", " 532300"])
def test_an_invalid_code_covers_nothing_not_even_itself(outer: str) -> None:
    assert not is_code(outer)
    assert not covers(outer, "532301")
    assert not covers(outer, outer)


def test_parents_climb_to_the_province_and_end() -> None:
    climbed = [parent(code) for code in CHAIN]
    assert climbed == ["", "530000", "532300", "532301", "532301101"]
    assert parent("nonsense") == ""


def test_long_codes_that_end_in_zeros_are_the_region_above() -> None:
    assert covers("532300000000", "532301")
    assert covers("532300", "532300000000")
    assert parent("532301101000") == "532301"


def test_a_prefecture_without_counties_has_townships_of_its_own() -> None:
    assert is_code("441900003")
    assert covers("441900", "441900003002")
    assert parent("441900003") == "441900"


@given(st.from_regex(r"(11|53|65)[0-9]{4}([0-9]{3}){0,2}", fullmatch=True))
def test_every_code_lies_inside_its_parent_and_not_the_other_way(code: str) -> None:
    if is_code(code) and parent(code):
        assert covers(parent(code), code)
        assert not covers(code, parent(code))
