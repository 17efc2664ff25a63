"""Every line of the table of faults in docs/operations.md names tests, and each of them exists."""

from __future__ import annotations

import pytest

from tests.tables import TESTS, missing_tests, named_tests, table

OPERATIONS = TESTS.parent / "docs" / "operations.md"
COLUMNS = 5
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


def rows() -> list[list[str]]:
    """The lines of the table."""
    return table(OPERATIONS, "Faults, and what becomes of them")


def test_the_table_covers_every_kind_of_fault() -> None:
    faults = [row[0] for row in rows()]
    assert [fault for fault in FAULTS if not any(fault in row for row in faults)] == []


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[0][:40])
def test_each_line_says_all_and_names_tests_that_exist(row: list[str]) -> None:
    assert len(row) == COLUMNS
    assert all(row)
    assert named_tests(row[-1])
    assert missing_tests(row[-1]) == []
