"""Tables of the documents whose last column names tests: their lines, and whether the tests exist."""

from __future__ import annotations

import re
from pathlib import Path

TESTS = Path(__file__).parent
NAME = re.compile(r"`([^`]+)`")


def table(document: Path, heading: str) -> list[list[str]]:
    """The cells of each line of the first table below a heading."""
    section = document.read_text(encoding="utf-8").split(f"\n## {heading}\n")[1].split("\n## ")[0]
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


def missing_tests(cell: str) -> list[tuple[str, str]]:
    """The tests that a cell names and that do not exist."""
    return [
        (file, part)
        for file, part in named_tests(cell)
        if not re.search(rf"def test_\w*{part}", (TESTS / file).read_text(encoding="utf-8"))
    ]
