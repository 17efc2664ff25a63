"""Output of `watchfloor backup` and `restore`: progress on standard error, the result on standard output."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Coroutine
from dataclasses import asdict
from pathlib import Path
from typing import Any

from feeds.journal import ChainFault, JournalError, StoreRefused
from watchfloor.backup.backup import backup as write
from watchfloor.backup.backup import restore as read
from watchfloor.backup.files import BackupError, BackupManifest
from watchfloor.settings.site_settings import Settings

VERBS = {"write": "写出 writing", "check": "核对 checking", "load": "载入 loading", "compare": "比对 comparing"}
EVERY = 0.5


class ProgressMeter:
    """Print progress: at most two lines a second, and one line at the end of each table."""

    def __init__(self) -> None:
        self._printed_at = 0.0

    def __call__(self, task: str, done: int, total: int) -> None:
        at = time.monotonic()
        if at - self._printed_at < EVERY and done < total:
            return
        self._printed_at = at
        verb, name = task.split()
        share = 100 * done // total if total else 100
        end = "\r" if sys.stderr.isatty() and done < total else "\n"
        sys.stderr.write(f"  {VERBS[verb]} {name:<8} {done:>9,} / {total:,}  {share:>3} %{end}")
        sys.stderr.flush()


def backup(settings: Settings, folder: Path, *, history: bool, broken: bool, as_json: bool) -> int:
    """Write a backup. Returns exit code 1 after a failure, and when the journal has faults."""
    manifest = _run(write(settings, folder.absolute(), ProgressMeter(), history=history, broken=broken))
    if manifest is None:
        return 1
    _say(manifest, as_json, f"已备份到 {folder}", f"backed up to {folder}")
    return 1 if manifest.faults else 0


def restore(settings: Settings, folder: Path, *, force: bool, history: bool, as_json: bool) -> int:
    """Restore a backup. Returns exit code 1 after a failure, and when the hash chains of the backup are broken."""
    manifest = _run(read(settings, folder.absolute(), ProgressMeter(), force=force, history=history))
    if manifest is None:
        return 1
    _say(manifest, as_json, f"已从 {folder} 恢复，备份时间 {manifest.made_at}", f"restored from {folder}")
    if not as_json:
        _print("备份之后停用的账号和令牌又有效了，请逐一核对")
        _print("Accounts and tokens that were withdrawn after the backup are valid again: look through them")
    return 1 if manifest.faults else 0


def _run(work: Coroutine[Any, Any, BackupManifest]) -> BackupManifest | None:
    try:
        return asyncio.run(work)
    except StoreRefused as error:
        sys.stderr.write(f"{error.zh}\n{error.en}\n")
    except BackupError as error:
        sys.stderr.write(f"{error}\n")
    except JournalError as error:
        sys.stderr.write(f"台账用不了：{error}\nThe journal cannot be used: {error}\n")
    return None


def _say(manifest: BackupManifest, as_json: bool, zh: str, en: str) -> None:
    if as_json:
        _print(json.dumps(asdict(manifest), ensure_ascii=False, indent=2))
        return
    entries, size = manifest.tables["entry"].rows, sum(table.bytes for table in manifest.files.values())
    _print(f"{zh} {en}: {entries:,} 条记录 entries, {len(manifest.chains)} 条链 chains, {size / 1e6:.1f} MB")
    if manifest.intake is not None:
        _print(f"尚未处理的来件 parcels that waited: {manifest.intake.tables['intake'].rows:,}")
    if manifest.cases is not None:
        _print(f"办件 cases: {manifest.cases.tables['case_record'].rows:,}")
    if manifest.history is None:
        _print("不含历史数据 without metric history")
    else:
        _print(f"历史数据 metric history: {manifest.history.tables['history_series'].rows:,} 个序列 series")
        if not manifest.history.open_hours:
            _print("Redis 未应答，最近一两个小时的历史数据不在其中 Redis did not answer: without the last hour or two")
    for fault in manifest.faults:
        _print(ChainFault(**fault).text)
    if manifest.faults:
        _print(f"{len(manifest.faults)} 处问题 faults")


def _print(text: str) -> None:
    sys.stdout.write(text + "\n")
