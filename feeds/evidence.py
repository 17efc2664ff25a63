"""Files of evidence on disk: each kept once, under its SHA-256, durable before it is named.

`EvidenceStore.taking` begins a file, whose type its first bytes have to prove. Everything here blocks: call it from a
thread.
"""

from __future__ import annotations

import codecs
import hashlib
import os
import re
import secrets
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from feeds.exif import HEAD as CLAIMS_HEAD
from feeds.exif import PictureClaims, claims

FOLDER = "evidence"
"""Its place below the data folder."""
MAX_FILE = 50_000_000
"""Bytes of one file."""
UNPACKED_MOST = 500_000_000
"""Bytes that an office document may say that it holds unpacked."""
MEDIA = {
    "jpg": "image/jpeg",
    "png": "image/png",
    "heic": "image/heic",
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "mp4": "video/mp4",
    "txt": "text/plain",
    "csv": "text/csv",
}
"""What is allowed, by the ending of the name."""
_SAME = {"jpeg": "jpg", "heif": "heic", "m4v": "mp4"}
_HEIC = (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1")
_PARTS = {"docx": "word/", "xlsx": "xl/"}
_HASH = re.compile(r"[0-9a-f]{64}")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
HEAD = 16


class EvidenceRefused(ValueError):
    """A file is not taken. `code`: type, mismatch, too_large, empty, packed, name."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceFile:
    """A file that is kept: hash in hex, media type, bytes, and what a picture claims of time and place."""

    sha256: str
    media: str
    size: int
    claims: PictureClaims = field(default_factory=PictureClaims)


def ending_of(name: str) -> str:
    """The allowed ending of a file's name. Raises EvidenceRefused `name` or `type`."""
    if not name or len(name) > 200 or _CONTROL.search(name) or "/" in name or "\\" in name:
        raise EvidenceRefused("name")
    ending = name.rpartition(".")[2].lower()
    ending = _SAME.get(ending, ending)
    if ending not in MEDIA:
        raise EvidenceRefused("type")
    return ending


class EvidenceUpload:
    """One file on its way in, under a temporary name."""

    def __init__(self, folder: Path, ending: str) -> None:
        self._folder, self._ending = folder, ending
        self._path = folder / f".{secrets.token_hex(16)}.part"
        self._hash, self._size, self._head = hashlib.sha256(), 0, b""
        self._file: BinaryIO = os.fdopen(os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")

    def write(self, chunk: bytes) -> None:
        """Take the next bytes in. Raises EvidenceRefused `too_large`; OSError when the disk is full."""
        self._size += len(chunk)
        if self._size > MAX_FILE:
            raise EvidenceRefused("too_large")
        self._head = (self._head + chunk[:HEAD])[:HEAD]
        self._hash.update(chunk)
        self._file.write(chunk)

    def keep(self) -> EvidenceFile:
        """Check the type, make the file durable under its hash, and say what it is. Raises EvidenceRefused."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        if not self._size:
            raise EvidenceRefused("empty")
        self._check()
        with self._path.open("rb") as file:
            of_picture = claims(file.read(CLAIMS_HEAD))
        sha256 = self._hash.hexdigest()
        target = path_of(self._folder, sha256)
        target.parent.mkdir(mode=0o700, exist_ok=True)
        os.replace(self._path, target)
        _sync_folder(target.parent)
        _sync_folder(self._folder)
        return EvidenceFile(sha256=sha256, media=MEDIA[self._ending], size=self._size, claims=of_picture)

    def drop(self) -> None:
        """Remove what was not kept."""
        self._file.close()
        with suppress(FileNotFoundError):
            self._path.unlink()

    def _check(self) -> None:
        """Raises EvidenceRefused unless the first bytes are those of the ending."""
        head, ending = self._head, self._ending
        if ending in _PARTS:
            self._check_office(_PARTS[ending])
        elif ending in ("txt", "csv"):
            self._check_text()
        elif not _begins_as(head, ending):
            raise EvidenceRefused("mismatch")

    def _check_office(self, part: str) -> None:
        """An Office Open XML package has its parts; nothing is unpacked."""
        try:
            with zipfile.ZipFile(self._path) as package:
                entries = package.infolist()
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
            raise EvidenceRefused("mismatch") from error
        names = {entry.filename for entry in entries}
        if "[Content_Types].xml" not in names or not any(name.startswith(part) for name in names):
            raise EvidenceRefused("mismatch")
        if sum(entry.file_size for entry in entries) > UNPACKED_MOST:
            raise EvidenceRefused("packed")

    def _check_text(self) -> None:
        """Text is UTF-8 or GB 18030 without control characters."""
        if not any(self._reads_as(encoding) for encoding in ("utf-8", "gb18030")):
            raise EvidenceRefused("mismatch")

    def _reads_as(self, encoding: str) -> bool:
        decoder = codecs.getincrementaldecoder(encoding)()
        try:
            with self._path.open("rb") as file:
                while chunk := file.read(1 << 16):
                    if _CONTROL.search(decoder.decode(chunk)):
                        return False
                decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
        return True


def _begins_as(head: bytes, ending: str) -> bool:
    match ending:
        case "jpg":
            return head.startswith(b"\xff\xd8\xff")
        case "png":
            return head.startswith(b"\x89PNG\r\n\x1a\n")
        case "pdf":
            return head.startswith(b"%PDF-")
        case "heic":
            return head[4:8] == b"ftyp" and head[8:12] in _HEIC
        case "mp4":
            return head[4:8] == b"ftyp" and head[8:12] not in _HEIC
    return False


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def path_of(folder: Path, sha256: str) -> Path:
    """Where a file of that hash is kept. Raises ValueError for what is no hash."""
    if _HASH.fullmatch(sha256) is None:
        raise ValueError("no SHA-256")
    return folder / sha256[:2] / sha256


class EvidenceStore:
    """The folder of evidence. It is made at the first file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def taking(self, name: str) -> EvidenceUpload:
        """Begin to take a file in. Raises EvidenceRefused for a name that is not allowed."""
        ending = ending_of(name)
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return EvidenceUpload(self.folder, ending)

    def path(self, sha256: str) -> Path | None:
        """The file of a hash, None when it is gone."""
        path = path_of(self.folder, sha256)
        return path if path.is_file() else None

    def hashes(self) -> Iterator[str]:
        """The hashes of all files that are kept."""
        for path in sorted(self.folder.glob("[0-9a-f][0-9a-f]/*")):
            if _HASH.fullmatch(path.name):
                yield path.name

    def damaged(self, sha256: str) -> str:
        """Why a file does not prove what it was kept for: "missing", "altered", or "" for an intact one."""
        path = self.path(sha256)
        if path is None:
            return "missing"
        try:
            with path.open("rb") as file:
                return "" if hashlib.file_digest(file, "sha256").hexdigest() == sha256 else "altered"
        except OSError:
            return "altered"
