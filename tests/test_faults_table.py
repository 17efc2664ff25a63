"""The table of faults in docs/operations.md: every line names a test, and every test that it names exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TITLE, NEXT = "## Faults, and what becomes of them", "## Disk and memory"


def rows() -> list[str]:
    """Return the lines of the table, without its head."""
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    section = text[text.index(TITLE) : text.index(NEXT)]
    return [line for line in section.splitlines() if line.startswith("|")][2:]


def named_tests(row: str) -> dict[str, list[str]]:
    """Return the files of the last cell, each with the parts of names of tests that follow it."""
    names: dict[str, list[str]] = {}
    for token in re.findall(r"`([^`]+)`", row.rstrip("| ").rpartition(" | ")[2]):
        if token.endswith(".py"):
            names[token] = []
        else:
            names[list(names)[-1]].append(token.strip("…"))
    return names


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.split("|")[1].strip()[:50])
def test_each_fault_names_a_test_that_exists(row: str) -> None:
    names = named_tests(row)
    assert names
    for file, parts in names.items():
        tests = re.findall(r"def (test_\w+)", (ROOT / "tests" / file).read_text(encoding="utf-8"))
        assert tests
        assert [part for part in parts if not any(part in test for test in tests)] == []
