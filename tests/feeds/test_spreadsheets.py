"""Texts that begin like a formula stay texts in a spreadsheet."""

import pytest

from feeds.spreadsheets import plain_cell


@pytest.mark.parametrize("text", ["=1+1", "+8", "-2", "@SUM(A1)", "\tx", "\r=1", "＝1+1", "＋1", "－1", "＠SUM"])
def test_a_text_that_begins_like_a_formula_is_quoted(text: str) -> None:
    assert plain_cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "楚雄州", "a=b", "1-2", "'=1"])
def test_other_texts_are_as_they_are(text: str) -> None:
    assert plain_cell(text) == text
