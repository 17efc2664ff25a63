"""Calendar files: what is read, and what is refused."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from feeds.workdays.calendar import CalendarBook
from feeds.workdays.files import NATIONAL, CalendarRefused, read_calendar, read_folder, read_notice, write_calendar


def document(**changes: Any) -> bytes:
    day = {"name": "元旦", "date": "2027-01-01", "isOffDay": True}
    return json.dumps({"year": 2027, "papers": ["https://example.org"], "days": [day]} | changes).encode()


def test_a_file_is_read_and_written_back() -> None:
    file = read_calendar(document(region="532300"))
    assert (file.year, file.region, file.published, file.days[0].date) == (2027, "532300", True, date(2027, 1, 1))
    assert read_calendar(write_calendar(file)) == file


def test_a_year_without_papers_or_days_is_not_published() -> None:
    assert not read_calendar(document(papers=[], days=[])).published
    assert not read_calendar(document(days=[])).published
    assert CalendarBook([read_calendar(document(papers=[]))]).published == frozenset()


@pytest.mark.parametrize(
    "changes",
    [
        {"year": "2027"},
        {"region": "99"},
        {"days": [{"name": "", "date": "2027-02-30", "isOffDay": True}]},
        {"days": [{"name": "", "date": "2028-01-01", "isOffDay": True}]},
        {"days": [{"name": "", "date": "2027-01-01", "isOffDay": off} for off in (True, False)]},
    ],
)
def test_a_file_that_cannot_be_true_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(CalendarRefused):
        read_calendar(document(**changes))


NOTICE = """
year = 2027
papers = ["https://example.org/notice"]
[[holiday]]
name = "元旦"
off = ["2027-01-01/2027-01-03"]
work = ["2027-01-09"]
"""


def test_a_file_written_as_the_notice_reads_has_each_day_of_its_spans() -> None:
    file = read_notice(NOTICE.encode(), "532300")
    assert (file.region, file.published) == ("532300", True)
    assert [(str(day.date), day.off) for day in file.days] == [
        ("2027-01-01", True),
        ("2027-01-02", True),
        ("2027-01-03", True),
        ("2027-01-09", False),
    ]


@pytest.mark.parametrize("span", ["2027-01-03/2027-01-01", "2027-01-01/2027-06-01", "1.1", "2027-01-01/2027-01-09"])
def test_a_notice_whose_spans_cannot_be_true_is_refused(span: str) -> None:
    """The last holds the make-up day of the same holiday."""
    with pytest.raises(CalendarRefused):
        read_notice(NOTICE.replace("2027-01-01/2027-01-03", span).encode())


def test_every_shipped_calendar_is_in_the_repository_and_published() -> None:
    assert {(file.region, file.year) for file in read_folder(NATIONAL) if file.published} >= {
        ("", year) for year in range(2023, 2027)
    }


def test_subfolders_are_regions_and_later_files_replace_earlier_ones(tmp_path: Path) -> None:
    (tmp_path / "532300").mkdir()
    (tmp_path / "2027.json").write_bytes(document())
    (tmp_path / "532300" / "2027.json").write_bytes(document())
    (tmp_path / "notes.json").write_text("no calendar")
    assert [file.region for file in read_folder(tmp_path)] == ["", "532300"]
    (tmp_path / "2027.json").write_text("{}")
    with pytest.raises(CalendarRefused, match=r"2027\.json"):
        read_folder(tmp_path)


def test_a_notice_may_move_days_of_the_december_before() -> None:
    """The notice of 2019 made 2018-12-29 a working day and 2018-12-31 a day off."""
    day = {"name": "元旦", "date": "2026-12-31", "isOffDay": True}
    book = CalendarBook(
        [
            read_calendar(document(year=2026, days=[{"name": "", "date": "2026-01-01", "isOffDay": True}])),
            read_calendar(document(days=[day])),
        ]
    )
    assert book.of("").works(date(2026, 12, 31)) is False
