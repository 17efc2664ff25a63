"""`watchfloor import devices`: a preview first, then the rows behind those that are there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from watchfloor.cli import main

SITE = '[site]\nname = "楚雄州"\nregion = "532300"\ninventory = ["assets.csv"]\n'
HEAD = "id,name,kind,region,probes\r\n"
PRESENT = "C,州核心,router,532300,icmp://10.1.1.1\r\n"
LIST = "名称,IP地址\n州核心,10.1.1.1\n武定县网管中心路由器,10.1.1.2\n"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "watchfloor.toml").write_text(SITE, encoding="utf-8")
    (tmp_path / "assets.csv").write_bytes((HEAD + PRESENT).encode())
    (tmp_path / "list.csv").write_text(LIST, encoding="utf-8")
    return tmp_path


def run(site: Path, *options: str) -> int:
    return main(["import", "devices", str(site / "list.csv"), "-c", str(site / "watchfloor.toml"), *options])


def test_a_preview_shows_the_difference_and_changes_nothing(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(site) == 0
    shown = capsys.readouterr().out
    assert "+10.1.1.2,武定县网管中心路由器,router,532329,icmp://10.1.1.2" in shown
    assert "新增 1，已在清单中 1，未导入 0" in shown
    assert (site / "assets.csv").read_bytes() == (HEAD + PRESENT).encode()


def test_writing_adds_the_new_rows_once_and_keeps_the_others(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(site, "--write") == 0
    written = (site / "assets.csv").read_bytes().decode()
    assert written == HEAD + PRESENT + "10.1.1.2,武定县网管中心路由器,router,532329,icmp://10.1.1.2\r\n"
    assert main(["check", "-c", str(site / "watchfloor.toml")]) == 0
    capsys.readouterr()
    assert run(site, "--write", "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["rows"], answer["present"], answer["written"]) == ([], ["C", "10.1.1.2"], False)
    assert (site / "assets.csv").read_bytes().decode() == written


def test_a_device_that_is_left_out_gives_exit_code_1(site: Path) -> None:
    (site / "list.csv").write_text(LIST + "没有地址的,\n", encoding="utf-8")
    assert run(site) == 1


def test_a_folder_stands_for_its_lists(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = site / "exports"
    folder.mkdir()
    (folder / "a.csv").write_text("名称,IP地址\n武定县路由器,10.2.1.1\n", encoding="utf-8")
    (folder / "b.json").write_text(
        '{"monitorList": [{"id": 1, "name": "元谋县门户", "type": "http", "url": "http://10.2.1.2/"}]}',
        encoding="utf-8",
    )
    (folder / "~$a.xlsx").write_bytes(b"lock")
    assert main(["import", "devices", str(folder), "-c", str(site / "watchfloor.toml"), "--json"]) == 0
    assert [row["region"] for row in json.loads(capsys.readouterr().out)["rows"]] == ["532329", "532328"]


def test_an_unknown_credential_is_refused(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(site, "--snmp", "core") == 1
    assert "credentials.core" in capsys.readouterr().err
