"""Keys that sign the journal. They are kept outside the database, so that write access to it is not enough to forge.

A signature is `ID:HMAC-SHA256` in hexadecimal. ID identifies the key and reveals nothing of it. The first key of the
file signs. The others, of earlier times and of other machines, only verify.
"""

from __future__ import annotations

import fcntl
import hashlib
import hmac
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from feeds import state_file
from feeds.journal.errors import JournalLost, StoreRefused
from feeds.key_files import read_or_make

_ID_DIGITS = 8
_WORDS = {
    "zh-CN": "台账密钥文件曾损坏，已另存为 {name}；此后用新密钥签名，此前的签名不能核对。"
    "请把原密钥作为第二行加入密钥文件，并删除另存的文件。",
    "en": "The key file of the journal was damaged and is kept as {name}; a new key signs from then on, and earlier"
    " signatures cannot be checked. Add the former key to the key file as its second line, and remove that copy.",
}


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
    """The keys of a file. An absent file is created; a damaged one is set aside first, and `words` say so.

    Raises JournalLost, and StoreRefused for a damaged file that cannot be renamed.
    """
    try:
        return Keyring(read_or_make(path))
    except ValueError:
        return _replaced(path)
    except OSError as error:
        raise JournalLost(f"the key of the journal cannot be read: {error}") from error


def _replaced(path: Path) -> Keyring:
    """Sign with a new key from now on. What the damaged file signed stays as it is and cannot be proven without it."""
    try:
        with path.parent.joinpath(f".{path.name}.lock").open("w") as lock:  # every role starts at once
            fcntl.flock(lock, fcntl.LOCK_EX)
            with suppress(ValueError):
                return Keyring(read_or_make(path))  # another process was first
            state_file.set_aside(path, "it holds no key")
            return Keyring(read_or_make(path))
    except (ValueError, OSError) as error:
        raise StoreRefused(
            f"台账密钥文件 {path.name} 已损坏。", f"The journal's key file {path.name} is damaged."
        ) from error


def words(path: Path | None, language: str) -> str:
    """Damaged key files that were replaced, as a text for people; "" when there are none."""
    copies = sorted(path.parent.glob(f"{path.name}.{state_file.DAMAGED}-*")) if path is not None else []
    return _WORDS[language].format(name=copies[-1].name) if copies else ""
