"""Cells of files that people open in a spreadsheet."""

from __future__ import annotations

import unicodedata

_SIGNS = frozenset("=+-@\t\r")


def begins_formula(text: str) -> bool:
    """True when a spreadsheet may take the text for a formula (OWASP, CSV injection), also by a full-width sign."""
    return unicodedata.normalize("NFKC", text[:1]) in _SIGNS


def plain_cell(text: str) -> str:
    """The text for a cell of a CSV file: with an apostrophe before it when it would be taken for a formula."""
    return f"'{text}" if begins_formula(text) else text
