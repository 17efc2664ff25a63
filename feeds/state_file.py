"""Small state files: written atomically, and validated when read.

A file is written beside its destination, flushed and renamed, so that a power cut or a full disk leaves the old one. A
file that cannot be decoded counts as absent: it is renamed for inspection, logged, and never read again.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import stat
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

log = logging.getLogger(__name__)

T = TypeVar("T")
COPIES_KEPT = 3
"""Number of retained copies of one damaged file or folder; older ones are removed."""
DAMAGED = "damaged"


def write(path: Path, content: bytes, *, mode: int = 0o600) -> None:
    """Replace a file atomically and durably. Raises OSError, and then leaves the old content in place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = f"{os.getpid()}-{threading.get_ident()}"  # threads of a process may write the same file
    part = path.with_name(f".{path.name}.{writer}.new")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, mode), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        _replace(part, path)
    except OSError:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def _replace(part: Path, path: Path) -> None:
    """Rename a finished file to its name. What lies there and is no file is set aside."""
    try:
        part.replace(path)
    except (IsADirectoryError, NotADirectoryError):
        set_aside(path, "this is not a regular file")
        part.replace(path)


def is_file_or_absent(path: Path) -> bool:
    """True for a regular file, also behind a link, and where nothing lies; a link that leads nowhere is none."""
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except OSError:
        return not os.path.lexists(path)


def free_name(path: Path) -> None:
    """Set aside what lies at a name where a file is to be opened, and is no regular file. Raises no OSError."""
    if not is_file_or_absent(path):
        set_aside(path, "this is not a regular file")


def free_folder(path: Path) -> None:
    """Make a folder; set aside what lies at its name and is none. Raises OSError."""
    if os.path.lexists(path) and not path.is_dir():
        set_aside(path, "this is not a folder")
    path.mkdir(parents=True, exist_ok=True)


def write_json(path: Path, body: Any, *, mode: int = 0o600) -> None:
    """Replace a file by a JSON document, like `write`."""
    write(path, json.dumps(body, ensure_ascii=False).encode(), mode=mode)


def write_text(path: Path, text: str, *, mode: int = 0o644) -> None:
    """Replace a file by UTF-8 text, like `write`; readable by everybody unless `mode` says otherwise."""
    write(path, text.encode(), mode=mode)


def sync_folder(folder: Path) -> None:
    """Make the renames in a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def read_json(path: Path, parse: Callable[[Any], T], *, keep_damaged: bool = True) -> T | None:
    """Decode a JSON file with `parse`; None when it is absent or damaged.

    `parse` raises KeyError, TypeError or ValueError for a document that it cannot use. A damaged file is set aside
    unless `keep_damaged` is False, which suits readers that only look. Raises PermissionError.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise ValueError("this is not a regular file")
        return parse(json.loads(path.read_bytes()))
    except FileNotFoundError:
        return None
    except PermissionError:
        raise
    except (OSError, KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        if keep_damaged:
            set_aside(path, f"{type(error).__name__}: {error}")
        else:
            log.debug("%s cannot be read: %s", path, error)
        return None


def mapping(document: Any) -> dict[str, Any]:
    """A `parse` for `read_json` that accepts any JSON object."""
    if not isinstance(document, dict):
        raise TypeError("this is not a JSON object")
    return document


def set_aside(path: Path, reason: str, *, mark: str = DAMAGED) -> Path | None:
    """Rename a damaged file or folder to NAME.MARK-TIME and log the reason; None when it cannot be renamed.

    At most COPIES_KEPT of them remain.
    """
    aside = aside_name(path, mark)
    try:
        path.rename(aside)
    except OSError as error:
        log.error("%s is damaged (%s) and cannot be renamed: %s", path.name, reason, error)
        return None
    log.error("%s is damaged (%s); it is kept as %s and counts as absent", path.name, reason, aside.name)
    prune(path, mark)
    return aside


def aside_name(path: Path, mark: str = DAMAGED) -> Path:
    """An unused name beside the path, with the time in it."""
    stamp = datetime.now().astimezone().strftime("%Y%m%dT%H%M%S")
    candidate, number = path.with_name(f"{path.name}.{mark}-{stamp}"), 1
    while os.path.lexists(candidate):
        number += 1
        candidate = path.with_name(f"{path.name}.{mark}-{stamp}-{number}")
    return candidate


def _changed_at(copy: Path) -> int:
    """When a copy was changed, 0 for one that another process has removed. A link may lead nowhere."""
    try:
        return copy.lstat().st_mtime_ns
    except OSError:
        return 0


def prune(path: Path, mark: str = DAMAGED) -> None:
    """Remove all but the COPIES_KEPT newest copies that were set aside."""
    copies = sorted(path.parent.glob(f"{path.name}.{mark}-*"), key=_changed_at)
    for old in copies[:-COPIES_KEPT]:
        if old.is_dir() and not old.is_symlink():
            shutil.rmtree(old, ignore_errors=True)
        else:
            with suppress(OSError):
                old.unlink()


def remove_parts(folder: Path) -> None:
    """Remove partial files of writes that were interrupted by a power cut."""
    for part in folder.glob(".*.new"):
        with suppress(OSError):
            part.unlink()
