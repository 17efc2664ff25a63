"""`watchfloor approvals`: due days, calendars and sources on the command line."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from feeds import wire
from feeds.cases.facts import CaseFact
from feeds.journal import Intake
from watchfloor.cli import main
from watchfloor.tools import approvals_load

SITE = """
[site]
name = "楚雄州"
region = "532300"
inventory = []
[approvals]
calendars = "calendars"
[[source]]
id = "drop"
kind = "approvals.files"
url = "file://{folder}/drop"
interval = "60s"
[source.table.case.map]
number = "no"
kind = {{ from = "type", words = {{ 2 = "承诺件" }} }}
item = "task"
region = "region"
accepted = {{ from = "accept", as = "datetime" }}
promised = {{ from = "days", as = "days" }}
person.name = "applyer"
"""
SUSPENDED = ("--suspend", "2026-04-27..2026-05-08", "--suspend", "2026-05-06..2026-05-13")
HEAD = "no,type,task,region,accept,days,applyer\n"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "calendars").mkdir()
    (tmp_path / "drop").mkdir()
    path = tmp_path / "watchfloor.toml"
    path.write_text(SITE.format(folder=tmp_path))
    return path


def json_answer(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict[str, Any]]:
    """The exit code of a command and its JSON."""
    code = main([*words, "--json"])
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    return code, document


@pytest.mark.parametrize(
    ("words", "due"),
    [
        (["2026-02-12", "20"], "2026-03-18"),
        (
            ["2026-04-20", "20", "--suspend", "2026-04-27..2026-05-08", "--suspend", "2026-05-06..2026-05-13"],
            "2026-06-04",
        ),
        (["2026-09-24", "10", "--natural"], "2026-10-08"),
        (["2026-02-12T16:30:00+00:00", "5"], "2026-02-27"),
    ],
)
def test_due_days(capsys: pytest.CaptureFixture[str], tmp_path: Path, words: list[str], due: str) -> None:
    code, answer = json_answer(capsys, "approvals", "due", *words, "-c", str(tmp_path / "none.toml"))
    assert (code, answer["due"]) == (0, due)


def test_a_due_day_beyond_the_published_years_is_unknown(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code = main(["approvals", "due", "2026-12-25", "5", "-c", str(tmp_path / "none.toml")])
    assert (code, "2027 年日历未公布" in capsys.readouterr().out) == (1, True)
    assert main(["approvals", "due", "tomorrow", "5", "-c", str(tmp_path / "none.toml")]) == 2


def test_a_calendar_is_tried_before_it_is_put(capsys: pytest.CaptureFixture[str], config: Path, tmp_path: Path) -> None:
    days = [{"date": "2025-07-16", "isOffDay": True, "name": "火把节"}]
    file = tmp_path / "notice.json"
    file.write_text(json.dumps({"year": 2025, "papers": ["https://example.org"], "days": days, "region": "532300"}))
    words = ("approvals", "calendar", "put", str(file), "-c", str(config))
    code, answer = json_answer(capsys, *words)
    assert (code, answer["applied"], answer["changed"]) == (0, False, 0)
    assert not (tmp_path / "calendars" / "532300").exists()
    json_answer(capsys, *words, "--apply")
    due = ("approvals", "due", "2025-07-15", "1", "-c", str(config))
    assert json_answer(capsys, *due)[1]["due"] == "2025-07-17"
    assert json_answer(capsys, *due, "--region", "530100")[1]["due"] == "2025-07-16"
    file.write_text('{"year": 2027, "papers": [], "days": []}')
    assert main([*words]) == 1


def test_a_source_is_tried_without_writing_and_its_faults_are_named_with_their_mend(
    capsys: pytest.CaptureFixture[str], config: Path, tmp_path: Path
) -> None:
    lines = [f"N{n},{2 if n else 7},plan,532301,2026-11-{10 + n} 00:00:00,20,王金丝雀\n" for n in range(8)]
    (tmp_path / "drop" / "case-1.csv").write_text(HEAD + "".join(lines))
    (tmp_path / "drop" / "case-1.csv.done").touch()
    code, answer = json_answer(capsys, "approvals", "try", "drop", "-c", str(config))
    table = answer["tables"]["case"]
    assert (code, table["rows"]) == (1, 8)
    assert table["sample"][1]["clock"]["due"] == "2026-12-09"
    assert table["sample"][1]["person.name"] == "●"
    assert 'MIDNIGHT_STAMPS accepted 100 %: as = "date"' in table["notices"]
    assert "UNKNOWN_WORDS kind 1: words = { … }" in table["notices"]
    assert "金丝雀" not in json.dumps(answer, ensure_ascii=False)
    assert main(["approvals", "try", "nobody", "-c", str(config)]) == 2


def _cases(folder: Path, count: int) -> None:
    rows = "".join(f"N{n:04},2,plan,532301,2026-11-02 09:00:00,10,王金丝雀\n" for n in range(count))
    (folder / "drop" / "case-1.csv").write_text(HEAD + rows)
    (folder / "drop" / "case-1.csv.done").touch()


async def _taken(config: Path, seconds: float) -> list[CaseFact]:
    """Take parcels out of the intake as the role does, for a while."""
    intake = Intake(f"sqlite+aiosqlite:///{config.parent}/data/intake.sqlite3", "role")
    await intake.open()
    facts: list[CaseFact] = []
    try:
        async with asyncio.timeout(seconds):
            while True:
                for parcel in await intake.read("approvals", 0, limit=10):
                    facts += wire.decode(parcel.body, list[CaseFact])
                    await intake.drop("approvals", parcel.id)
                await asyncio.sleep(0.01)
    except TimeoutError:
        return facts
    finally:
        await intake.close()


def test_a_load_hands_every_row_to_the_role_and_waits_for_it(
    capsys: pytest.CaptureFixture[str], config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _cases(config.parent, 40)
    (config.parent / "data").mkdir()
    monkeypatch.setattr(approvals_load, "PARCEL", 6)
    monkeypatch.setattr(approvals_load, "WAITING", 12)
    with ThreadPoolExecutor(1) as role:
        taking = role.submit(lambda: asyncio.run(_taken(config, 6.0)))
        code, answer = json_answer(capsys, "approvals", "load", "drop", "-c", str(config))
        facts = taking.result()
    assert (code, answer["rows"], answer["facts"], answer["refused"]) == (0, 40, 40, 0)
    assert [fact.number for fact in facts] == [f"N{n:04}" for n in range(40)]
    assert "金丝雀" not in repr(facts)


def test_a_load_without_a_role_says_so_and_nothing_is_lost(
    capsys: pytest.CaptureFixture[str], config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _cases(config.parent, 8)
    (config.parent / "data").mkdir()
    monkeypatch.setattr(approvals_load, "STALLED", 0.2)
    code, answer = json_answer(capsys, "approvals", "load", "drop", "-c", str(config))
    assert (code, answer["rows"]) == (1, 8)
    assert "the role approvals takes nothing" in answer["error"]
    assert len(asyncio.run(_taken(config, 1.0))) == 8
    code, answer = json_answer(capsys, "approvals", "load", "none", "-c", str(config))
    assert (code, "drop" in answer["error"]) == (2, True)


@pytest.mark.parametrize(
    "wrong",
    [
        '[source.table.case]\nsweep = { at = "25:00" }',
        '[source.table.case]\nsweep = { hold = "much" }',
        '[source.column.news]\nlimit = "soon"',
        '[source.column.news]\nform = "pdf"',
        "[source.column.news]\ntypo = 1",
    ],
)
def test_a_sweep_or_column_that_is_not_written_so_is_a_finding(
    capsys: pytest.CaptureFixture[str], config: Path, wrong: str
) -> None:
    before, mapping = config.read_text().split("[source.table.case.map]")
    config.write_text(f"{before}[source.table.case.map]{mapping}{wrong}\n")
    assert main(["check", "-c", str(config)]) == 1
    assert "写法不对" in capsys.readouterr().out
