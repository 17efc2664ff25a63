"""Boards of departments that have no open case: shown once a source has reported, grey while all are silent."""

from __future__ import annotations

from approvals.open_cases import OpenCases
from feeds.cases.items import ApprovalItem, ItemCatalogue
from feeds.cases.words import GROUPS, PERMIT

NAMES = {"housing": "住建局", "market": "市场监管局", "archive": "档案馆"}
CATALOGUE = ItemCatalogue(
    [
        ApprovalItem(code="plan", department="housing"),
        ApprovalItem(code="shop", department="market"),
        ApprovalItem(code="ask", department="archive", kind="disclosure"),
        ApprovalItem(code="lost", department="unnamed"),
    ],
    NAMES,
)
TODAY = 739_950


def test_a_department_with_permits_has_a_board_once_a_source_has_reported() -> None:
    cases = OpenCases(NAMES, standing=CATALOGUE.departments_of(GROUPS[PERMIT]))
    assert cases.all_boards(TODAY) == {}
    cases.hear("hall", 1_000.0)
    assert {board.id for board in cases.boards(TODAY) if cases.shows(board)} == {"housing//permit", "market//permit"}
    boards = cases.all_boards(TODAY)
    assert {board.name: (board.open, board.silent_since) for board in boards.values()} == {
        "住建局": (0, None),
        "市场监管局": (0, None),
    }


def test_it_is_silent_only_while_every_source_is() -> None:
    cases = OpenCases(NAMES, 900.0, standing=["housing"])
    cases.hear("hall", 1_000.0)
    cases.hear("market", 2_000.0)
    silent = []
    for now in (1_500.0, 1_950.0, 3_000.0):
        cases.notice_silence(now)
        silent.append(cases.all_boards(TODAY)["housing//permit"].silent_since)
    assert silent == [None, None, 1_000.0]
