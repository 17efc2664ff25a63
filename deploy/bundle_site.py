"""Queries and changes of a site's settings and journal through its installed versions. Needs only Python."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bundle_check import Stop

JOURNAL, HISTORY = "journal.sqlite3", "history.sqlite3"
SECRETS = "secrets.env"


def say(zh: str, en: str) -> None:
    sys.stdout.write(f"{zh}  {en}\n")
    sys.stdout.flush()


def own(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Our environment without another installation's modules and pip settings."""
    environment = {
        key: value for key, value in os.environ.items() if not key.startswith(("PIP_", "PYTHON", "VIRTUAL_ENV"))
    }
    return environment | {"PIP_CONFIG_FILE": os.devnull} | dict(more or {})


def run(command: list[str]) -> str:
    """Run a command and return its output. Raises Stop with the end of the output."""
    done = subprocess.run(command, env=own(), capture_output=True, text=True, check=False)
    if done.returncode:
        output = (done.stdout + done.stderr).strip()[-2000:]
        raise Stop(f"{command[0]} 失败 ({done.returncode})", f"failed: {output}")
    return done.stdout


def secrets(file: Path) -> dict[str, str]:
    """Variables that the units read from secrets.env, which `env:NAME` in the settings needs; {} when absent."""
    if not file.exists():
        return {}
    files = {}
    for line in file.read_text(encoding="utf-8").splitlines():
        name, equals, value = line.strip().partition("=")
        if equals and not name.startswith(("#", ";")):
            quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
            files[name.strip()] = value[1:-1] if quoted else value.strip()
    return files


@dataclass(frozen=True)
class InstalledSite:
    """A site as seen by one installed version: its settings (a folder), its data, and that version."""

    version: Path
    folder: Path
    data: Path

    def ask(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one watchfloor command as the owner of the data; a file left by root would stop the site."""
        command = [str(self.version / "bin" / "watchfloor"), *arguments, "-c", str(self.folder / "watchfloor.toml")]
        who: dict[str, Any] = {}
        if os.geteuid() == 0 and (owner := self.data.stat()).st_uid:
            who = {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []}
        env = own(secrets(self.folder / SECRETS))
        return subprocess.run(command, env=env, capture_output=True, text=True, check=False, cwd="/", **who)

    def check(self) -> None:
        """Raise Stop when this version finds errors in the settings in use."""
        done = self.ask("check")
        if done.returncode:
            output = done.stdout + done.stderr
            raise Stop(f"{self.version.name} 不接受现有设置，未切换：", f"the settings are not accepted:\n{output}")

    def back_up(self) -> str:
        """Make a backup with this version, beside its data; "" without a journal or without that command."""
        if not any(self.data.iterdir()) or self.ask("backup", "--help").returncode:
            return ""
        target = self.data / "backups" / time.strftime(f"before-upgrade-{self.version.name}-%Y%m%d-%H%M%S")
        done = self.ask("backup", str(target))
        if done.returncode:
            output = done.stdout + done.stderr
            raise Stop("升级前备份失败，未切换（--no-backup 可跳过）：", f"the backup failed:\n{output}")
        say(f"已备份到 {target}", "backup made")
        return str(target)

    def refuses_journal(self) -> str:
        """The reason why this version cannot open the journal; "" when it can. Broken chains are not a reason."""
        done = self.ask("journal", "verify", "--json")
        return done.stderr.strip() if done.returncode == 1 and not done.stdout.strip() else ""

    def journal_file(self) -> Path:
        """The embedded journal of a stopped site. Raises Stop when the site runs or its journal is elsewhere."""
        done = self.ask("status", "--json")
        try:
            document = json.loads(done.stdout)
        except ValueError:
            raise Stop("读不到站点状态：", f"the site's state cannot be read:\n{done.stderr}") from None
        if document["stores"]["journal"] != "embedded":
            raise Stop(
                "台账在数据库服务器上：请按 operations.md 恢复升级前的备份",
                "the journal is on a server: restore the backup from before the upgrade, see operations.md",
            )
        if document["running"]:
            raise Stop("站点在运行，请先停止", "the site runs: stop it first")
        return Path(document["data"]["folder"], JOURNAL)


def set_history_aside(now: InstalledSite, before: InstalledSite) -> Path | None:
    """Set aside a metric history that the previous version cannot read. Returns its new path, None when it may stay."""
    file = now.data / HISTORY
    if not file.exists():
        return None
    head = "from feeds.history.schema import BOOK; print(BOOK.head)"
    command = [str(before.version / "bin" / "python"), "-c", head]
    result = subprocess.run(command, env=own(), capture_output=True, text=True, check=False, cwd="/")
    version = result.stdout.strip()
    try:
        with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as database:
            written = str(database.execute("SELECT version_num FROM history_version").fetchone()[0])
    except (sqlite3.Error, TypeError):
        return None
    if not version or written <= version:
        return None
    aside = file.parent / time.strftime(f"history-of-{now.version.name}-%Y%m%d-%H%M%S")
    aside.mkdir(mode=0o700)
    owner = file.stat()
    for path in [file.with_name(HISTORY + end) for end in ("", "-wal", "-shm")]:
        if path.exists():
            path.rename(aside / path.name)
    os.chown(aside, owner.st_uid, owner.st_gid)
    return aside


def put_back(now: InstalledSite, before: InstalledSite) -> Path:
    """Replace the journal that `now` has migrated by the copy made before that. Returns the old journal's new path.

    Raises Stop, with everything unchanged, when no copy exists that the previous version can open.
    """
    journal = now.journal_file()
    copies = sorted(journal.parent.glob(f"{JOURNAL}.before-migration-*"), key=lambda path: path.stat().st_mtime_ns)
    if not copies:
        raise Stop(f"{journal.parent} 中没有迁移前的副本", "there is no copy from before a migration")
    fresh = journal.with_name(f"{JOURNAL}.put-back")
    try:
        shutil.copy2(copies[-1], fresh)  # first: a full disk must not leave the site without a journal
    except OSError as error:
        fresh.unlink(missing_ok=True)
        reason = f"it cannot be copied; nothing was changed: {error}"
        raise Stop(f"{copies[-1].name} 无法复制，未改动：", reason) from None
    aside = journal.parent / time.strftime(f"journal-of-{now.version.name}-%Y%m%d-%H%M%S")
    aside.mkdir(mode=0o700)
    ours = [journal.with_name(JOURNAL + end) for end in ("", "-wal", "-shm")]
    moved = [path for path in ours if path.exists()]
    for path in moved:
        path.rename(aside / path.name)
    fresh.rename(journal)
    owner = copies[-1].stat()
    for path in (aside, journal):
        os.chown(path, owner.st_uid, owner.st_gid)
    if reason := before.refuses_journal():
        for path in ours:  # a remaining write-ahead log would be read into the other journal
            path.unlink(missing_ok=True)
        for path in moved:
            (aside / path.name).rename(path)
        aside.rmdir()
        raise Stop(f"{copies[-1].name} 也打不开，未改动：", f"the copy is refused too; nothing was changed:\n{reason}")
    return aside
