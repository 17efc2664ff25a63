"""`approvals.files`: CSV and JSON lines in a folder, for networks that a file border (网闸) separates.

A file counts once `NAME.done` stands beside it, so that a file that is still being written is not read. It is named
after its table: `case-20260212.csv`. Files are read in the order of their names.
"""

from __future__ import annotations

import asyncio
import csv
import json
import os
from collections.abc import AsyncIterator
from io import StringIO
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

from collectors.approvals.feed import CaseFeed
from collectors.approvals.progress import RowPage, Rows
from collectors.errors import Misconfigured, NotReady, Reason, UnexpectedForm
from collectors.settings import SourceSettings
from feeds.cases.source import CaseTable

LARGEST = 256 << 20
AT_ONCE = 5000


class FileCaseFeed(CaseFeed):
    """Rows of files. `url` is the folder, as file:///path."""

    kinds: ClassVar[tuple[str, ...]] = ("approvals.files",)
    _newest = 0.0

    @classmethod
    def validate(cls, settings: SourceSettings) -> None:
        """Raises Misconfigured without a folder."""
        parts = urlsplit(settings.url)
        if parts.scheme != "file" or not parts.path:
            raise Misconfigured(
                f'source {settings.id!r} needs url = "file:///folder"',
                f'来源 {settings.id!r} 需要 url = "file:///文件夹"',
            )
        super().validate(settings)

    async def pages(self, table: CaseTable, since: float, place: Any = None) -> AsyncIterator[RowPage]:
        """The rows of every finished file of a table; what was applied before is known by its digest."""
        paths = await self._listed(table.name, since)
        name, offset = place or ("", 0)
        chunks = [path for path in paths if path.name >= name]
        for index, path in enumerate(chunks):
            rows = await asyncio.to_thread(_read, path, self.source.encoding)
            for start in range(offset if path.name == name else 0, max(len(rows), 1), AT_ONCE):
                following: Any = (path.name, start + AT_ONCE)
                if start + AT_ONCE >= len(rows):
                    following = (chunks[index + 1].name, 0) if index + 1 < len(chunks) else None
                yield RowPage(rows[start : start + AT_ONCE], following)

    def heard_until(self, now: float) -> float | None:
        """The time of the newest finished file: what happened since then may be on its way."""
        return min(self._newest, now) if self._newest else None

    async def _listed(self, table: str, since: float) -> list[Path]:
        folder = Path(urlsplit(self.settings.url).path)
        try:
            finished = await asyncio.to_thread(_finished, folder, table)
        except OSError as error:
            raise NotReady(Reason.UNREACHABLE, f"{folder.name}: {error.strerror}") from error
        self._newest = max((at for _, at in finished), default=self._newest)
        return [path for path, at in finished if at >= since]


def _finished(folder: Path, table: str) -> list[tuple[Path, float]]:
    """The finished files of a table by name, each with the time of its mark. Raises OSError."""
    os.listdir(folder)
    marks = ((path.with_name(path.name.removesuffix(".done")), path) for path in folder.glob(f"{table}*.done"))
    return sorted((path, max(path.stat().st_mtime, mark.stat().st_mtime)) for path, mark in marks if path.is_file())


def _read(path: Path, encoding: str) -> Rows:
    if path.stat().st_size > LARGEST:
        raise UnexpectedForm(f"{path.name} has more than {LARGEST >> 20} MB", f"{path.name} 超过 {LARGEST >> 20} MB")
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    except UnicodeDecodeError:
        text = raw.decode("gb18030", "replace")
    if path.suffix.lower() == ".csv":
        return [dict(row) for row in csv.DictReader(StringIO(text))]
    try:
        return [row for line in text.splitlines() if line.strip() and isinstance(row := json.loads(line), dict)]
    except ValueError as error:
        raise UnexpectedForm(f"{path.name}: not JSON lines", f"{path.name}：不是 JSON 行") from error
