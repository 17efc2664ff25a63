"""Keys that sign the journal. They are kept outside the database, so that write access to it is not enough to forge.

A signature is `ID:HMAC-SHA256` in hexadecimal. ID identifies the key and reveals nothing of it. The first key of the
file signs. The others, of earlier times and of other machines, only verify.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from pathlib import Path

from feeds.journal.errors import JournalLost, StoreRefused
from feeds.key_files import read_or_make

_ID_DIGITS = 8


class Keyring:
    """Signs with the first key, and verifies with all of them."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        named = [(hashlib.sha256(b"watchfloor journal id" + key).hexdigest()[:_ID_DIGITS], key) for key in keys]
        self.id, self._key = named[0]
        self._keys = dict(named)

    def sign(self, text: str) -> str:
        """The signature of a text."""
        return f"{self.id}:{hmac.digest(self._key, text.encode(), 'sha256').hex()}"

    def verifies(self, text: str, signature: str) -> bool:
        """True when one of the keys signed this text."""
        key = self._keys.get(key_id(signature))
        return key is not None and hmac.compare_digest(
            hmac.digest(key, text.encode(), "sha256").hex(), signature[_ID_DIGITS + 1 :]
        )

    def has(self, signature: str) -> bool:
        """True when the keyring has the key of a signature."""
        return key_id(signature) in self._keys


def key_id(signature: str) -> str:
    """The id of the key of a signature; "" for an empty one."""
    return signature.partition(":")[0]


def load_keys(path: Path) -> Keyring:
    """The keys of a file. An absent file is created. Raises JournalLost, and StoreRefused for a damaged file."""
    try:
        return Keyring(read_or_make(path))
    except OSError as error:
        raise JournalLost(f"the key of the journal cannot be read: {error}") from error
    except ValueError as error:
        raise StoreRefused(
            f"台账密钥文件 {path.name} 已损坏。", f"The journal's key file {path.name} is damaged."
        ) from error
