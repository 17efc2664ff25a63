"""The files of evidence in a backup: one file each, named by its SHA-256, which is also what is checked."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from feeds.evidence import FOLDER, EvidenceStore, path_of
from watchfloor.backup.files import BackupError, Progress
from watchfloor.settings.site_settings import Settings

PREFIX = "evidence-"


def write(settings: Settings, folder: Path, progress: Progress, *, broken: bool = False) -> list[str]:
    """Copy the site's evidence into a backup; returns the hashes. Files that were altered are left out if `broken`.

    Raises BackupError for a file that was altered on disk.
    """
    store = EvidenceStore(settings.data / FOLDER)
    hashes = list(store.hashes())
    intact = []
    for number, sha256 in enumerate(hashes, 1):
        if store.damaged(sha256):
            if not broken:
                raise _altered(sha256)
            continue
        _copy(path_of(store.folder, sha256), folder / f"{PREFIX}{sha256}")
        intact.append(sha256)
        progress("write evidence", number, len(hashes))
    return intact


def check(folder: Path, hashes: Iterable[str]) -> None:
    """Read all evidence of a backup back. Raises BackupError for a file that is gone or altered."""
    for sha256 in hashes:
        try:
            with (folder / f"{PREFIX}{sha256}").open("rb") as file:
                if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
                    raise _altered(sha256)
        except OSError as error:
            raise _altered(sha256) from error


def load(settings: Settings, folder: Path, hashes: Iterable[str]) -> None:
    """Put the evidence of a backup into the data folder. What is there stays: a file is its hash."""
    store = EvidenceStore(settings.data / FOLDER)
    for sha256 in hashes:
        if store.damaged(sha256):
            target = path_of(store.folder, sha256)
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _copy(folder / f"{PREFIX}{sha256}", target)


def _copy(source: Path, target: Path) -> None:
    part = target.with_name(f".{target.name}.part")
    with source.open("rb") as reading, os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as writing:
        shutil.copyfileobj(reading, writing)
        writing.flush()
        os.fsync(writing.fileno())
    os.replace(part, target)


def _altered(sha256: str) -> BackupError:
    return BackupError(f"附件 {sha256} 缺失或被改动", f"the evidence {sha256} is missing or was altered")
