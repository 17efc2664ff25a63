"""A local folder into which another program puts CAP documents, read as an index, oldest file first."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from collectors.emergency.cap.index import IndexEntry, is_alert
from collectors.emergency.cap.window import FolderWindow
from collectors.errors import Misconfigured, NotReady, Reason, UnexpectedForm
from feeds.cap.message import SIZE_LIMIT
from feeds.files import read_regular

SUFFIXES = frozenset((".xml", ".cap", ".edxl", ".edxlde"))
"""Files with other names, such as the temporary ones of a writer, are ignored."""


class FolderReader:
    """Reads one folder; subfolders and symbolic links that lead out of it are ignored."""

    def __init__(self, url: str) -> None:
        self._path = Path(unquote(urlsplit(url).path))
        self._window = FolderWindow()

    def entries(self) -> list[IndexEntry]:
        """The newest documents and all that are new, oldest first. Raises NotReady when the folder cannot be read."""
        try:
            files = [
                (status.st_mtime_ns, file.name, status.st_size)
                for file in self._path.iterdir()
                if file.suffix.lower() in SUFFIXES and file.is_file() and not file.is_symlink()
                for status in (file.stat(),)
            ]
        except FileNotFoundError as error:
            raise Misconfigured(f"there is no folder {self._path}", f"没有文件夹 {self._path}") from error
        except OSError as error:
            raise NotReady(Reason.WRONG_ANSWER, f"{self._path}: {error.strerror}") from error
        listed = [IndexEntry(key=name, stamp=f"{changed}.{size}", url=name) for changed, name, size in sorted(files)]
        return self._window.recent(listed)

    def forget(self) -> None:
        """Take the next look as the first."""
        self._window.forget()

    def read(self, entry: IndexEntry) -> bytes:
        """The bytes of a file. Raises NotReady for one that is still being written, or is no CAP document."""
        path = self._path / entry.url
        try:
            if path.stat().st_size > SIZE_LIMIT:
                raise NotReady(Reason.WRONG_ANSWER, f"{path.name} is larger than {SIZE_LIMIT} bytes")
            raw = read_regular(path)
        except OSError as error:
            raise NotReady(Reason.WRONG_ANSWER, f"{path.name}: {error.strerror}") from error
        if not is_alert(raw):
            raise UnexpectedForm(f"{path.name} is no CAP document", f"{path.name} 不是 CAP 文档")
        return raw
