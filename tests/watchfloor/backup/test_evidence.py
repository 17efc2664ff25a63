"""Files of evidence in a backup: copied, checked by their hash, and put back."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from feeds.evidence import EvidenceStore, path_of
from watchfloor.backup import evidence
from watchfloor.backup.files import BackupError


def _progress(task: str, done: int, total: int) -> None:
    """Nobody watches."""


def _site(folder: Path) -> Any:
    return cast(Any, SimpleNamespace(data=folder))


def _stored(folder: Path, content: bytes) -> str:
    upload = EvidenceStore(folder / "evidence").taking("a.txt")
    upload.write(content)
    return upload.keep().sha256


def test_evidence_goes_into_a_backup_and_comes_back(tmp_path: Path) -> None:
    site, other, backup = tmp_path / "site", tmp_path / "other", tmp_path / "backup"
    backup.mkdir()
    hashes = sorted([_stored(site, "一号点".encode()), _stored(site, "二号点".encode())])
    assert evidence.write(_site(site), backup, _progress) == hashes
    evidence.check(backup, hashes)
    evidence.load(_site(other), backup, hashes)
    assert [EvidenceStore(other / "evidence").damaged(sha256) for sha256 in hashes] == ["", ""]


def test_one_byte_changed_in_a_file_is_found(tmp_path: Path) -> None:
    backup = tmp_path / "backup"
    backup.mkdir()
    sha256 = _stored(tmp_path, b"3.1 mg")
    path_of(tmp_path / "evidence", sha256).write_bytes(b"0.1 mg")
    with pytest.raises(BackupError):
        evidence.write(_site(tmp_path), backup, _progress)
    assert evidence.write(_site(tmp_path), backup, _progress, broken=True) == []
    with pytest.raises(BackupError):
        evidence.check(backup, [sha256])


def test_the_same_file_twice_is_kept_once(tmp_path: Path) -> None:
    assert _stored(tmp_path, b"x") == _stored(tmp_path, b"x")
    assert len(list(EvidenceStore(tmp_path / "evidence").hashes())) == 1
