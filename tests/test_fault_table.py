"""Every line of the table of faults in docs/operations.md names tests, and each of them exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
OPERATIONS = TESTS.parent / "docs" / "operations.md"
COLUMNS = 5
NAME = re.compile(r"`([^`]+)`")
FAULTS = (
    "clock",
    "receiver hangs",
    "Valkey's file is damaged",
    "state file of `run/`",
    "the disk is full",
    "inventory is empty",
    "file that the settings refer to",
    "FIFO",
    "ends by an error",
    "document in the journal is damaged",
    "the journal, the intake or both",
    "a role hangs",
    "refuses a fork",
    "killed from outside",
    "entries or documents of the journal are gone",
    "TLS certificate",
    "SQLite file is damaged",
    "metric history or the store of cases is emptied",
    "backup is taken under load",
    "database server",
    "Redis is lost",
    "machine is lost",
)
"""Kinds of faults that the table must have a line about."""


def table() -> list[list[str]]:
    """The cells of each line below the heading."""
    section = (
        OPERATIONS.read_text(encoding="utf-8").split("\n## Faults, and what becomes of them\n")[1].split("\n## ")[0]
    )
    lines = [line for line in section.splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def named_tests(cell: str) -> list[tuple[str, str]]:
    """(file, part of a test's name) of each test in a cell; the part is "" where the whole file is meant."""
    named: list[tuple[str, str]] = []
    for word in NAME.findall(cell):
        if word.endswith(".py"):
            named.append((word, ""))
        else:
            named.append((named[-1][0], word.strip("…")))
    return named


def test_the_table_covers_every_kind_of_fault() -> None:
    faults = [row[0] for row in table()]
    assert [fault for fault in FAULTS if not any(fault in row for row in faults)] == []


@pytest.mark.parametrize("row", table(), ids=lambda row: row[0][:40])
def test_each_line_says_all_and_names_tests_that_exist(row: list[str]) -> None:
    assert len(row) == COLUMNS
    assert all(row)
    named = named_tests(row[-1])
    assert named
    for file, part in named:
        text = (TESTS / file).read_text(encoding="utf-8")
        assert re.search(rf"def test_\w*{part}", text), f"{file} has no test {part}"
