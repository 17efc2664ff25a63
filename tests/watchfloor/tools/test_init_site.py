"""`watchfloor init`: a site that `check` likes, from answers, from options, or from both."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.watchfloor.imports.workbooks import inventory_of_fifty
from watchfloor.cli import main
from watchfloor.settings import check
from watchfloor.settings.inventory import load_inventory
from watchfloor.settings.site_settings import load


@pytest.fixture
def devices(tmp_path: Path) -> Path:
    file = tmp_path / "设备清单.xlsx"
    file.write_bytes(inventory_of_fifty("10.9", 8443))
    return file


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Answers the questions at a terminal; returns the questions that were questions."""

    def script(*answers: str) -> list[str]:
        questions: list[str] = []
        replies = iter(answers)

        def ask(question: str) -> str:
            questions.append(question)
            return next(replies)

        monkeypatch.setattr("sys.stdin.isatty", lambda: True)
        monkeypatch.setattr("builtins.input", ask)
        return questions

    return script


def test_a_list_of_devices_becomes_a_site_without_findings(
    tmp_path: Path, devices: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site = tmp_path / "site"
    assert main(["init", str(site), "--yes", "--devices", str(devices)]) == 0
    assert check.check(site / "watchfloor.toml") == []
    settings = load(site / "watchfloor.toml")
    assert (settings.site.name, settings.site.region) == ("楚雄州", "532300")
    assets = load_inventory(settings).assets
    assert len(assets) == 50
    assert {asset.region for asset in assets.values()} >= {"532301", "532302", "532329"}
    shown = capsys.readouterr().out
    assert f"watchfloor user add admin --role admin -c {site / 'watchfloor.toml'}" in shown
    assert f"watchfloor run -c {site / 'watchfloor.toml'}" in shown
    assert f"http://127.0.0.1:{settings.web.port}/wall" in shown


def test_each_question_has_a_default(tmp_path: Path, answer: Callable[..., list[str]]) -> None:
    questions = answer("", "", "", "", "")
    assert main(["init", str(tmp_path / "site")]) == 0
    assert len(questions) == 5
    assert all("[" in question for question in questions)
    settings = load(tmp_path / "site" / "watchfloor.toml")
    assert (settings.site.region, settings.site.language) == ("532300", "zh-CN")


def test_answers_are_taken_and_a_wrong_one_is_asked_again(tmp_path: Path, answer: Callable[..., list[str]]) -> None:
    questions = answer("", "en", "Nowhere", "武定县", "Wuding", "no port", "8123")
    assert main(["init", str(tmp_path / "site")]) == 0
    assert len(questions) == 7
    settings = load(tmp_path / "site" / "watchfloor.toml")
    assert (settings.site.region, settings.site.name, settings.web.port) == ("532329", "Wuding", 8123)
    assert settings.site.language == "en"


def test_options_answer_their_questions(tmp_path: Path, answer: Callable[..., list[str]]) -> None:
    questions = answer("", "")
    options = ["--region", "大理州", "--language", "zh-CN", "--port", "8124"]
    assert main(["init", str(tmp_path / "site"), *options]) == 0
    assert len(questions) == 2
    assert load(tmp_path / "site" / "watchfloor.toml").site.region == "532900"


def test_a_site_is_never_overwritten_without_being_told(
    tmp_path: Path, devices: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["init", str(tmp_path), "--yes", "--region", "532329"]) == 0
    before = (tmp_path / "watchfloor.toml").read_bytes()
    assert main(["init", str(tmp_path), "--yes", "--devices", str(devices)]) == 1
    assert "--force" in capsys.readouterr().err
    assert (tmp_path / "watchfloor.toml").read_bytes() == before
    assert main(["init", str(tmp_path), "--yes", "--devices", str(devices), "--force"]) == 0
    (old,) = tmp_path.glob("watchfloor.toml.before-*")
    assert old.read_bytes() == before


def test_without_a_terminal_it_asks_for_yes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: False)
    assert main(["init", str(tmp_path / "site")]) == 1
    assert "--yes" in capsys.readouterr().err
    assert not (tmp_path / "site").exists()


@pytest.mark.parametrize(
    "options", [["--region", "没有这里"], ["--region", "朝阳区"], ["--host", "0.0.0.0"], ["--devices", "/nowhere.xlsx"]]
)
def test_what_cannot_be_done_writes_nothing(tmp_path: Path, options: list[str]) -> None:
    assert main(["init", str(tmp_path / "site"), "--yes", *options]) == 1
    assert not (tmp_path / "site").exists()
