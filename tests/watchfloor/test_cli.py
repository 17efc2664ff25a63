"""Exit codes and messages of the command line: 0 success, 1 finding, 2 wrong usage."""

from __future__ import annotations

import io
import json
import sqlite3
from pathlib import Path

import pytest

from watchfloor.cli import main

SITE = '[site]\nname = "楚雄州"\nregion = "532300"\n'


@pytest.fixture
def config(tmp_path: Path) -> str:
    file = tmp_path / "watchfloor.toml"
    file.write_text(SITE, encoding="utf-8")
    return str(file)


def test_wrong_usage_exits_with_2() -> None:
    for argv in ([], ["nonsense"], ["role", "nobody"], ["collect"], ["token", "add", "x", "--scope", "all"]):
        with pytest.raises(SystemExit) as ended:
            main(argv)
        assert ended.value.code == 2


def test_a_broken_settings_file_exits_with_1_and_names_the_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "watchfloor.toml"
    file.write_text(SITE + '[web]\nport = "eighty"\n', encoding="utf-8")
    assert main(["status", "-c", str(file)]) == 1
    error = capsys.readouterr().err
    assert "watchfloor.toml:5" in error
    assert '"eighty"' in error


def test_status_of_a_site_that_is_not_running(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "--json", "-c", config]) == 1
    status = json.loads(capsys.readouterr().out)
    assert (status["running"], status["roles"], status["site"]) == (False, [], "楚雄州")


def test_adding_an_account_twice_fails(
    config: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    add = ["user", "add", "值班甲", "--role", "duty", "--password-stdin", "-c", config]
    monkeypatch.setattr("sys.stdin", io.StringIO("correct horse battery\n"))
    assert main(add) == 0
    monkeypatch.setattr("sys.stdin", io.StringIO("correct horse battery\n"))
    assert main(add) == 1
    assert "值班甲" in capsys.readouterr().err


def test_a_token_is_printed_and_not_stored(config: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["token", "add", "hall", "--scope", "wall", "-c", config]) == 0
    token = capsys.readouterr().out.strip()
    assert len(token) > 30
    assert token.encode() not in (tmp_path / "data" / "journal.sqlite3").read_bytes()


def test_other_users_of_the_machine_can_read_nothing_that_is_written(config: str, tmp_path: Path) -> None:
    assert main(["token", "add", "hall", "--scope", "wall", "-c", config]) == 0
    files = [path for path in (tmp_path / "data").rglob("*") if path.is_file()]
    assert files
    assert [path for path in files if path.stat().st_mode & 0o077] == []


def test_verify_detects_changed_entries(config: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["token", "add", "hall", "--scope", "wall", "-c", config]) == 0
    assert main(["journal", "verify", "-c", config]) == 0
    with sqlite3.connect(tmp_path / "data" / "journal.sqlite3") as connection:
        connection.execute("update entry set actor = 'nobody'")
    connection.close()
    capsys.readouterr()
    assert main(["journal", "verify", "--json", "-c", config]) == 1
    assert json.loads(capsys.readouterr().out)["faults"]


def test_a_fault_without_a_running_demo_explains_how_to_start_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WATCHFLOOR_DEMO", str(tmp_path / "nowhere"))
    assert main(["demo", "break", "X532329"]) == 1
    assert "watchfloor demo" in "".join(capsys.readouterr())
