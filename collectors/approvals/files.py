"""`approvals.files`: CSV and JSON lines in a folder, for networks that a file border (网闸) separates.

A file counts once `NAME.done` stands beside it, so that a file that is still being written is not read. It is named
after its table: `case-20260212.csv`. Files are read in the order of their names.
"""

from __future__ import annotations

import asyncio
import csv
import json
from collections.abc import AsyncIterator
from io import StringIO
from pathlib import Path
from typing import ClassVar
from urllib.parse import urlsplit

from collectors.approvals.feed import CaseFeed, Rows
from collectors.errors import Misconfigured, NotReady, Reason, UnexpectedForm
from collectors.settings import SourceSettings
from feeds.cases.source import CaseTable

LARGEST = 256 << 20
AT_ONCE = 5000


class FileCaseFeed(CaseFeed):
    """Rows of files. `url` is the folder, as file:///path."""

    kinds: ClassVar[tuple[str, ...]] = ("approvals.files",)

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

    async def pages(self, table: CaseTable, since: float) -> AsyncIterator[Rows]:
        """The rows of every finished file of a table; what was applied before is known by its digest."""
        folder = Path(urlsplit(self.settings.url).path)
        try:
            names = await asyncio.to_thread(_finished, folder, table.name, since)
        except OSError as error:
            raise NotReady(Reason.UNREACHABLE, f"{folder.name}: {error.strerror}") from error
        for path in names:
            rows = await asyncio.to_thread(_read, path, self.source.encoding)
            for start in range(0, len(rows), AT_ONCE):
                yield rows[start : start + AT_ONCE]


def _finished(folder: Path, table: str, since: float) -> list[Path]:
    done = (path.with_name(path.name.removesuffix(".done")) for path in folder.glob(f"{table}*.done"))
    return sorted(path for path in done if path.is_file() and path.stat().st_mtime >= since)


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
