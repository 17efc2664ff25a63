"""`journal verify` names the files of tasks that the disk does not have as they were."""

from __future__ import annotations

import asyncio
import hashlib
import json
from pathlib import Path

import msgspec
import pytest

from feeds.evidence import EvidenceStore
from feeds.journal import Journal, sqlite_url
from feeds.model.tasks import Task, TaskEvidence
from tests.watchfloor.test_cli import SITE
from watchfloor.cli import main


def file_of(store: EvidenceStore, name: str) -> TaskEvidence:
    upload = store.taking(name)
    upload.write(name.encode())
    stored = upload.keep()
    return TaskEvidence(sha256=stored.sha256, name=name, media=stored.media, size=stored.size, by="li", at=1.0)


async def site_with_evidence(folder: Path) -> list[TaskEvidence]:
    """A journal with a task that names three files."""
    store = EvidenceStore(folder / "evidence")
    evidence = [file_of(store, f"{name}.txt") for name in "abc"]
    journal = Journal(sqlite_url(folder), "test")
    await journal.open()
    try:
        task = Task(
            id="t1", title="t", region="532300", created_at=1.0, created_by="li", state_at=1.0, evidence=tuple(evidence)
        )
        async with journal.begin() as tx:
            await tx.put("task", task.id, msgspec.to_builtins(task), open=False)
    finally:
        await journal.close()
    return evidence


async def test_lost_evidence_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "watchfloor.toml").write_text(SITE, encoding="utf-8")
    command = ["journal", "verify", "--json", "-c", str(tmp_path / "watchfloor.toml")]
    (tmp_path / "data").mkdir()
    intact, gone, altered = await site_with_evidence(tmp_path / "data")
    assert await asyncio.to_thread(main, command) == 0
    capsys.readouterr()
    store = EvidenceStore(tmp_path / "data" / "evidence")
    paths = [store.path(each.sha256) for each in (gone, altered)]
    assert paths[0] is not None
    assert paths[1] is not None
    paths[0].unlink()
    paths[1].write_bytes(b"other")
    assert await asyncio.to_thread(main, command) == 1
    lines = json.loads(capsys.readouterr().out)["evidence"]
    assert sorted(line.rpartition(" ")[2] for line in lines) == ["altered", "missing"]
    assert intact.sha256 == hashlib.sha256(b"a.txt").hexdigest()
    assert not any(intact.sha256 in line for line in lines)
