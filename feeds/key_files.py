"""Key files: random keys in hexadecimal, one a line, readable by their owner only."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

from feeds import state_file

KEY_BYTES = 32
JOURNAL_KEY = "journal.key"
"""Name of the key file of the journal's signatures in the data folder."""


def read_or_make(path: Path) -> list[bytes]:
    """The keys of a file, in its order. An absent file is created with one new key.

    Processes that do this at the same time all read the same key. Raises OSError; ValueError for what holds no key.
    """
    if not state_file.is_file_or_absent(path):
        raise ValueError(f"{path.name} is no file")
    if not path.exists():
        _make(path)
    keys = [bytes.fromhex(line) for line in path.read_text(encoding="ascii").split()]
    if not keys:
        raise ValueError(f"{path.name} holds no key")
    return keys


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):  # another process was first; its key holds
            os.link(fresh, path)
    finally:
        fresh.unlink()
