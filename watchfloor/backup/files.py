"""A backup on disk: one compressed file of JSON lines per table, and a manifest with their hashes.

    manifest.json     format, time, site and store, schema version, tables, hash chains
    entry.jsonl.gz    a line is one row, a JSON array in the order of the manifest's columns
    …

The format is independent of the database, so that a backup of SQLite can be restored into PostgreSQL and back.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
from collections.abc import AsyncIterable, Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from feeds.journal.chains import Checker
from feeds.journal.keys import Keyring
from feeds.journal.records import ChainFault, StoreRefused, canonical
from feeds.journal.seals import NAME as SEAL
from feeds.journal.transfer import Loader, Snapshot

FORMAT = 1
MANIFEST = "manifest.json"
LOG, DOCUMENTS, CURSORS = "entry", "doc", "cursor"
SIGNED_SINCE = "0006"
"""First schema version whose journal is signed."""
CHECKED = (LOG, DOCUMENTS, CURSORS)
"""Tables of the journal that are verified."""
BATCH = 1000
Progress = Callable[[str, int, int], None]
"""Called with the current task ("write entry"), the number of rows done, and the total."""


class BackupError(Exception):
    """The reason why a backup or restore failed, in both languages."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(f"{zh}\n{en}")


@dataclass(frozen=True, slots=True, kw_only=True)
class TableFile:
    """One table's file."""

    file: str
    columns: list[str]
    rows: int
    bytes: int
    sha256: str
    content: str = ""
    """SHA-256 of the lines themselves; restored rows are read back and compared with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TablesPart:
    """The tables of a store beside the journal, and their version."""

    schema: str
    tables: dict[str, TableFile]


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryPart(TablesPart):
    """The metric history. `open_hours` is True when the last one or two hours were read from Redis."""

    open_hours: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakePart:
    """The waiting parcels of the intake, and the id of its life."""

    life: str
    tables: dict[str, TableFile]


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupManifest:
    """The content of a backup.

    `chains` has the length and the last hash of each chain. `faults` has those that existed before the backup.
    `evidence` has the hashes of the files of tasks.
    """

    format: int = FORMAT
    made_at: str
    program: str
    site: str
    region: str
    store: str
    schema: str
    tables: dict[str, TableFile]
    chains: dict[str, dict[str, Any]]
    faults: list[dict[str, Any]] = field(default_factory=list)
    history: HistoryPart | None = None
    intake: IntakePart | None = None
    cases: TablesPart | None = None
    evidence: list[str] = field(default_factory=list)
    mac: str = ""

    def text(self) -> str:
        """The text that `mac` signs with the journal's key."""
        shown = asdict(self) | {"mac": ""}
        if not self.evidence:  # as backups were signed before there was any
            del shown["evidence"]
        return canonical(shown)

    def is_proven(self, keyring: Keyring | None) -> bool:
        """False for a missing or wrong signature. Signatures of unknown keys, and old schemas without one, pass."""
        if keyring is None or (not self.mac and self.schema < SIGNED_SINCE):
            return True
        if self.mac and not keyring.has(self.mac):  # of another machine: the check of the rows says so
            return True
        return keyring.verifies(self.text(), self.mac)

    @property
    def files(self) -> dict[str, TableFile]:
        """Every table's file."""
        parts = (self.history, self.intake, self.cases)
        return self.tables | {name: table for part in parts if part is not None for name, table in part.tables.items()}

    def write(self, folder: Path) -> None:
        """Write the manifest as the last file; a folder without it is not a backup."""
        text = json.dumps(asdict(self), ensure_ascii=False, indent=2) + "\n"
        with _new(folder / MANIFEST) as file:
            file.write(text.encode())
            _sync(file.fileno())


def read_manifest(folder: Path) -> BackupManifest:
    """The manifest of a backup. Raises BackupError when it is missing or unreadable."""
    try:
        manifest = msgspec.json.decode((folder / MANIFEST).read_bytes(), type=BackupManifest)
    except OSError as error:
        raise BackupError(
            f"{folder} 不是完整的备份：读不到 {MANIFEST}（{error.strerror}）",
            f"{folder} is no complete backup: {MANIFEST} cannot be read ({error.strerror})",
        ) from error
    except msgspec.MsgspecError as error:
        raise BackupError(f"{MANIFEST} 已损坏：{error}", f"{MANIFEST} is damaged: {error}") from error
    if manifest.format != FORMAT:
        raise BackupError(
            f"备份格式 {manifest.format} 不认识，本程序只认识 {FORMAT}",
            f"the backup has format {manifest.format}; this program knows {FORMAT} only",
        )
    return manifest


async def write_table(
    folder: Path,
    name: str,
    columns: Sequence[str],
    batches: AsyncIterable[list[list[Any]]],
    total: int,
    progress: Progress,
) -> TableFile:
    """Write one table to its file; it is on disk when this returns."""
    path, rows, content = folder / f"{name}.jsonl.gz", 0, hashlib.sha256()
    with _new(path) as raw:
        with gzip.GzipFile(fileobj=raw, mode="wb", compresslevel=3, mtime=0, filename="") as packed:
            async for batch in batches:
                lines = _lines(batch)
                content.update(lines)
                packed.write(lines)
                rows += len(batch)
                progress(f"write {name}", rows, total)
        raw.flush()
        _sync(raw.fileno())
    return TableFile(
        file=path.name,
        columns=list(columns),
        rows=rows,
        bytes=path.stat().st_size,
        sha256=_sha256(path),
        content=content.hexdigest(),
    )


def _lines(batch: list[list[Any]]) -> bytes:
    return b"".join(msgspec.json.encode(row) + b"\n" for row in batch)


def read_rows(folder: Path, table: TableFile) -> Iterator[list[list[Any]]]:
    """The rows of a table's file, in batches."""
    batch: list[list[Any]] = []
    with gzip.open(folder / table.file) as lines:
        for line in lines:
            batch.append(msgspec.json.decode(line))
            if len(batch) == BATCH:
                yield batch
                batch = []
    yield batch


def check(folder: Path, manifest: BackupManifest, progress: Progress, keyring: Keyring | None) -> list[ChainFault]:
    """Read everything back; returns the faults of the journal. Raises BackupError for altered files."""
    checker = Checker(keyring)
    for name, table in manifest.files.items():
        try:
            if _sha256(folder / table.file) != table.sha256:
                raise _altered(table.file, "sha256")
            if (rows := _read_through(folder, name, table, checker, progress)) != table.rows:
                raise _altered(table.file, f"{rows} / {table.rows}")
        except (OSError, EOFError, msgspec.MsgspecError, ValueError, KeyError) as error:
            raise _altered(table.file, str(error)) from error
    if checker.heads != manifest.chains:
        raise _altered(manifest.tables[LOG].file, "chains")
    return checker.finish()


def _read_through(folder: Path, name: str, table: TableFile, checker: Checker, progress: Progress) -> int:
    rows = 0
    for batch in read_rows(folder, table):
        rows += len(batch)
        if name in CHECKED:
            for row in batch:
                _take(checker, name, dict(zip(table.columns, row, strict=True)))
        progress(f"check {name}", rows, table.rows)
    return rows


def _take(checker: Checker, name: str, row: dict[str, Any]) -> None:
    if name == LOG:
        checker.take(row)
    elif name == DOCUMENTS:
        checker.take_document(row)
    elif row["name"] == SEAL:
        checker.take_seal(row["value"])


async def load(loader: Loader, folder: Path, tables: Mapping[str, TableFile], progress: Progress) -> None:
    """Load every table's rows into a store."""
    for name, table in tables.items():
        done = 0
        for batch in read_rows(folder, table):
            await loader.add(name, table.columns, batch)
            done += len(batch)
            progress(f"load {name}", done, table.rows)


async def compare(shot: Snapshot, tables: Mapping[str, TableFile], progress: Progress, *, migrated: bool) -> None:
    """Compare the store with the files, row by row. Raises BackupError for a difference.

    A migration may have moved rows between tables or added columns; tables of another shape are then not compared.
    """
    for name, table in {} if migrated else tables.items():
        content, rows = hashlib.sha256(), 0
        async for batch in shot.rows(name):
            content.update(_lines(batch))
            rows += len(batch)
            progress(f"compare {name}", rows, table.rows)
        if rows != table.rows or (table.content and content.hexdigest() != table.content):
            raise BackupError(
                f"恢复后的 {name} 与备份不符：{rows} 行，应为 {table.rows} 行",
                f"the restored table {name} does not match the backup: {rows} rows of {table.rows}",
            )


def not_replaced(refused: StoreRefused) -> BackupError:
    """The error for a store that is not empty, with the remedy."""
    return BackupError(
        f"{refused.zh}未作任何改动。要替换它请加 --force（先自动备份现有数据）",
        f"{refused.en} Nothing was changed. To replace it add --force (what is there is backed up first)",
    )


def _altered(file: str, why: str) -> BackupError:
    return BackupError(
        f"备份中的 {file} 与清单不符（{why}）：已损坏或被改动，不能使用",
        f"{file} of the backup is not what its manifest says ({why}): damaged or altered, it cannot be used",
    )


def _new(path: Path) -> Any:
    """A new file that only its owner can read, because it holds hashes of passwords and tokens."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _sync(handle: int) -> None:
    os.fsync(handle)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
