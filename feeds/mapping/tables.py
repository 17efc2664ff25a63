"""CSV files of two columns that a mapping's operator `table` reads: their word, our word."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from io import StringIO
from pathlib import Path

LARGEST = 4 << 20
"""Bytes of such a file at most."""


def read_table(raw: bytes) -> dict[str, str]:
    """The table of a file in UTF-8 or GB 18030; blank lines and lines that begin with # are passed over.

    Raises ValueError for a line without two columns and for a word that is given twice.
    """
    if len(raw) > LARGEST:
        raise ValueError(f"{len(raw)} bytes, at most {LARGEST}")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("gb18030")
    words: dict[str, str] = {}
    for line, row in enumerate(csv.reader(StringIO(text)), start=1):
        if not any(row) or row[0].startswith("#"):
            continue
        if len(row) < 2:
            raise ValueError(f"line {line}: two columns are needed")
        theirs, ours = row[0].strip(), row[1].strip()
        if words.setdefault(theirs, ours) != ours:
            raise ValueError(f"line {line}: {theirs!r} is given twice")
    return words


class TableFolder:
    """The tables beside a settings file, each read once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._tables: dict[str, Mapping[str, str]] = {}

    def __call__(self, name: str) -> Mapping[str, str]:
        """The table of a file in the folder. Raises OSError or ValueError."""
        if name not in self._tables:
            self._tables[name] = read_table((self._folder / name).read_bytes())
        return self._tables[name]
