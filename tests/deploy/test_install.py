"""The installer: versions side by side, data kept, rollback with one command, verified files only."""

from __future__ import annotations

import importlib
import json
import os
import pwd
import re
import shutil
import sqlite3
import subprocess
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.bundles import DEPLOY, Bundle, bundle

ME = pwd.getpwuid(os.getuid()).pw_name


@dataclass(frozen=True)
class Machine:
    """The target of one test's installation."""

    root: Path

    def put(self, bundle_: Bundle, *more: str) -> tuple[int, str]:
        where = [f"--{name}={self.root / name}" for name in ("prefix", "site", "data")]
        done = bundle_.run(*more[:1], *where, *more[1:]) if more else bundle_.run(*where)
        return done.returncode, done.stdout + done.stderr

    @property
    def version(self) -> str:
        """What its program says; it knows nothing of the folder that it stands in."""
        ask = [str(self.root / "prefix" / "current" / "bin" / "watchfloor"), "version"]
        env = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
        return subprocess.run(ask, env=env, capture_output=True, text=True, check=True).stdout.strip()

    @property
    def commands_run(self) -> list[str]:
        return (self.root / "site" / "asked.txt").read_text().splitlines()

    @property
    def backups(self) -> list[Path]:
        return sorted((self.root / "data").glob("backups/*"))

    @property
    def record(self) -> dict[str, str]:
        record: dict[str, str] = json.loads((self.root / "prefix" / "install.json").read_text())
        return record


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path / "machine")


def test_upgrade_and_roll_back_keep_settings_and_data(machine: Machine, tmp_path: Path) -> None:
    units = ["install", "--systemd", f"--unit-folder={machine.root / 'units'}", f"--user={ME}"]
    first, second = bundle(tmp_path / "1.0", "1.0"), bundle(tmp_path / "2.0", "2.0")
    code, output = machine.put(first, *units)
    assert code == 0, output
    assert machine.version == "1.0"
    check_units(machine)
    settings = machine.root / "site" / "watchfloor.toml"
    assert f'data = "{machine.root / "data"}"' in settings.read_text("utf-8")
    settings.write_text(settings.read_text("utf-8") + "# ours\n", "utf-8")
    (machine.root / "data" / "journal.db").write_text("rows")

    code, output = machine.put(second)
    assert code == 0, output
    assert machine.version == "2.0"
    assert "# ours" in settings.read_text("utf-8")
    assert Path(machine.record["backup"]).is_dir(), "the old version backed up before the switch"
    assert [line for line in machine.commands_run if "backup" in line] == ["1.0 backup"]

    for bundle_ in (first, second):
        shutil.rmtree(bundle_.folder)
    installed = Bundle(machine.root / "prefix" / "current" / "share")
    assert re.search(r"1\.0-\w{8}, 2\.0-\w{8}", machine.put(installed, "status")[1])
    code, output = machine.put(installed, "rollback")
    assert code == 0, output
    assert machine.version == "1.0"
    assert machine.record["backup"] in output
    assert (machine.root / "data" / "journal.db").read_text() == "rows"


def check_units(machine: Machine) -> None:
    """They carry the real paths."""
    for name in sorted(path.name for path in (DEPLOY / "systemd").iterdir()):
        text = (machine.root / "units" / name).read_text("utf-8")
        assert not re.search(r"@[A-Z]+@", text)
        assert f"{machine.root / 'prefix'}/current/bin/watchfloor" in text
        assert f"ReadWritePaths={machine.root / 'data'}" in text
        assert f"User={ME}\n" in text


def test_a_version_that_refuses_the_settings_is_not_switched_to(machine: Machine, tmp_path: Path) -> None:
    assert machine.put(bundle(tmp_path / "1.0", "1.0"))[0] == 0
    settings = machine.root / "site" / "watchfloor.toml"
    settings.write_text(settings.read_text("utf-8") + "# 2.0 will refuse\n", "utf-8")
    code, output = machine.put(bundle(tmp_path / "2.0", "2.0"))
    assert code == 1
    assert "未切换" in output
    assert machine.version == "1.0"


def test_another_build_of_the_same_version_is_an_upgrade(machine: Machine, tmp_path: Path) -> None:
    builds = [bundle(tmp_path / name, "1.0", says=name) for name in ("first", "mended")]
    for bundle_, backups in zip(builds, (0, 1), strict=True):
        code, output = machine.put(bundle_)
        assert code == 0, output
        assert machine.version == f"1.0 {bundle_.folder.name}"
        assert len(machine.backups) == backups
        (machine.root / "data" / "journal.db").write_text("rows")
    assert machine.put(builds[1])[0] == 0
    assert len(machine.backups) == 1, "what is installed already is no upgrade"
    assert machine.put(builds[1], "rollback")[0] == 0
    assert machine.version == "1.0 first"


@pytest.mark.parametrize(("versions", "stays"), [("0003", True), ("0004", True), ("0002", False), ("", True)])
def test_a_metric_history_that_an_older_version_cannot_read_is_set_aside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, versions: str, stays: bool
) -> None:
    monkeypatch.syspath_prepend(DEPLOY)
    installer = importlib.import_module("bundle_site")
    data = tmp_path / "data"
    data.mkdir()
    with closing(sqlite3.connect(data / "history.sqlite3")) as database:
        database.execute("CREATE TABLE history_version (version_num TEXT)")
        database.execute("INSERT INTO history_version VALUES ('0003')")
        database.commit()
    python = tmp_path / "old" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f"#!/bin/sh\necho {versions}\n")
    python.chmod(0o755)
    now, before = (installer.InstalledSite(tmp_path / name, tmp_path, data) for name in ("new", "old"))
    aside = installer.set_history_aside(now, before)
    assert (data / "history.sqlite3").exists() is stays
    assert (aside is None) is stays
    if aside is not None:
        assert (aside / "history.sqlite3").exists()


@pytest.mark.parametrize("spoil", ["cut off", "without its Python", "of another Python"])
def test_a_version_that_does_not_work_is_made_anew(machine: Machine, tmp_path: Path, spoil: str) -> None:
    bundle_ = bundle(tmp_path / "1.0", "1.0")
    assert machine.put(bundle_)[0] == 0
    folder = (machine.root / "prefix" / "current").resolve()
    python = folder / "bin" / "python"
    if spoil == "cut off":
        (folder / ".whole").unlink()
        (folder / "bin" / "watchfloor").write_text("half of it")
    else:
        python.unlink()
    if spoil == "of another Python":
        python.write_text("#!/bin/sh\necho 2 7\n")
        python.chmod(0o755)
    code, output = machine.put(bundle_)
    assert code == 0, output
    assert machine.version == "1.0"


def upgraded(machine: Machine, tmp_path: Path, stands: str = "embedded") -> tuple[Bundle, Path]:
    """A machine that went from 1.0 to 2.0, which migrated the journal: the newer bundle, and the journal."""
    journal = machine.root / "data" / "journal.sqlite3"
    first, second = bundle(tmp_path / "1.0", "1.0"), bundle(tmp_path / "2.0", "2.0", journal=stands)
    for bundle_ in (first, second):
        code, output = machine.put(bundle_)
        assert code == 0, output
    journal.with_name(journal.name + ".before-migration-0001").write_text("1.0 rows of then")
    journal.write_text("2.0 rows of now")
    journal.with_name(journal.name + "-wal").write_text("more")
    return second, journal


def test_a_journal_that_the_older_version_cannot_open_goes_back_when_that_is_asked_for(
    machine: Machine, tmp_path: Path
) -> None:
    newer, journal = upgraded(machine, tmp_path)
    code, output = machine.put(newer, "rollback")
    assert code == 1
    assert "a newer one wrote it" in output
    assert "--restore" in output
    assert (machine.version, journal.read_text()) == ("2.0", "2.0 rows of now"), "nothing was changed"
    running = machine.root / "data" / "running"
    running.touch()
    code, output = machine.put(newer, "rollback", "--restore")
    assert (code, machine.version, journal.read_text()) == (1, "2.0", "2.0 rows of now")
    assert "stop it first" in output
    running.unlink()
    code, output = machine.put(newer, "rollback", "--restore")
    assert code == 0, output
    assert (machine.version, journal.read_text()) == ("1.0", "1.0 rows of then")
    (aside,) = journal.parent.glob("journal-of-2.0-*")
    assert {path.name: path.read_text() for path in aside.iterdir()} == {
        "journal.sqlite3": "2.0 rows of now",
        "journal.sqlite3-wal": "more",
    }
    assert machine.put(newer, "rollback")[0] == 0
    assert machine.version == "2.0"
    assert "2.0 journal" not in machine.commands_run, (
        "opened by the newer one it would be migrated while the older one runs"
    )


@pytest.mark.parametrize("trouble", ["no copy", "a copy of the newer one", "a copy that cannot be read", "a server"])
def test_a_journal_that_cannot_go_back_stays(machine: Machine, tmp_path: Path, trouble: str) -> None:
    newer, journal = upgraded(machine, tmp_path, "db:5432/x" if trouble == "a server" else "embedded")
    (copy,) = journal.parent.glob("*.before-migration-*")
    if trouble in ("no copy", "a copy that cannot be read"):
        copy.unlink()
    if trouble == "a copy that cannot be read":
        copy.mkdir()
    elif trouble != "no copy":
        copy.write_text("2.0 copied too late")
    code, output = machine.put(newer, "rollback", "--restore")
    assert code == 1, output
    assert (machine.version, journal.read_text()) == ("2.0", "2.0 rows of now")
    assert "Traceback" not in output
    assert not [*journal.parent.glob("journal-of-*"), *journal.parent.glob("*.put-back")]
    assert journal.with_name(journal.name + "-wal").read_text() == "more"


def test_what_the_unit_reads_as_secrets_is_known_to_the_check_too(machine: Machine, tmp_path: Path) -> None:
    assert machine.put(bundle(tmp_path / "1.0", "1.0"))[0] == 0
    (machine.root / "site" / "secrets.env").write_text("# ours\nNEEDED='two words'\n")
    settings = machine.root / "site" / "watchfloor.toml"
    settings.write_text(settings.read_text("utf-8") + "# NEEDED\n", "utf-8")
    code, output = machine.put(bundle(tmp_path / "2.0", "2.0"))
    assert code == 0, output
    (machine.root / "site" / "secrets.env").write_text("OTHER=1\n")
    code, output = machine.put(bundle(tmp_path / "3.0", "3.0"))
    assert code == 1, "the settings name a variable that nobody sets"


def test_a_changed_file_a_missing_one_and_an_extra_one_are_refused(tmp_path: Path, machine: Machine) -> None:
    bundle_ = bundle(tmp_path / "bundle", "1.0")
    assert bundle_.run("verify").returncode == 0
    (wheel,) = (bundle_.folder / "wheels").iterdir()
    whole = wheel.read_bytes()

    def change() -> None:
        wheel.write_bytes(whole[:-1] + b"?")

    def add() -> None:
        wheel.write_bytes(whole)
        (bundle_.folder / "wheels" / "extra.whl").touch()

    for spoil in (change, wheel.unlink, add):
        spoil()
        code, output = machine.put(bundle_)
        assert code == 1
        assert "校验和不符" in output
    assert not machine.root.exists()


@pytest.mark.parametrize(
    ("wrong", "says"),
    [({"pythons": ["3.7"]}, "Python 3.7"), ({"machines": ["riscv64"]}, "riscv64"), ({"glibc": "9.9"}, "glibc 9.9")],
)
def test_a_bundle_for_another_machine_says_so(
    tmp_path: Path, machine: Machine, wrong: dict[str, Any], says: str
) -> None:
    code, output = machine.put(bundle(tmp_path / "bundle", "1.0", **wrong))
    assert code == 1
    assert says in output
    assert not machine.root.exists()


def test_a_user_that_does_not_exist_is_told_before_anything_is_made(machine: Machine, tmp_path: Path) -> None:
    code, output = machine.put(bundle(tmp_path / "1.0", "1.0"), "install", "--systemd", "--user=nobody-of-this-name")
    assert code == 1
    assert "--create-user" in output
    assert not machine.root.exists()
