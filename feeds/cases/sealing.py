"""Sealing of personal values: AES-256-GCM with the site's key, and keyed digests for exact search.

The key is a file of its own that no backup of the store holds. Without it the values cannot be read by anybody.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from feeds.key_files import KEY_BYTES, read_or_make
from feeds.mapping.expressions import identifier

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE, ID_BYTES = 12, 4
RETRY_EVERY = 5.0
"""Seconds between two attempts to read a damaged key file."""
_KEY_WORDS = {
    "zh-CN": "个人信息密钥文件 {name} 无法读取（{reason}）：个人信息不能查看，案件不能接收。请恢复该文件。",
    "en": "The key file {name} of personal values cannot be read ({reason}): they are not shown, and no case is taken."
    " Restore the file.",
}
FILE = "personal.key"


class SealBroken(ValueError):
    """Sealed bytes cannot be opened: another key, or altered bytes."""


class Sealer:
    """Seals and opens with one key. `id` names the key without giving anything of it away."""

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError(f"the key of personal values has {len(key)} bytes; {KEY_BYTES} are needed")
        self._sealing_key = _derived(key, b"seal")
        self._mac = _derived(key, b"mac")
        self._id = _derived(key, b"id")[:ID_BYTES]
        self.id = self._id.hex()

    @cached_property
    def _aead(self) -> AESGCM:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # most processes seal nothing

        return AESGCM(self._sealing_key)

    def seal(self, values: Mapping[str, str]) -> bytes:
        """The values as bytes that only this key opens; empty values give empty bytes."""
        if not values:
            return b""
        nonce = secrets.token_bytes(NONCE)
        return self._id + nonce + self._aead.encrypt(nonce, msgspec.msgpack.encode(dict(values)), self._id)

    def open(self, sealed: bytes) -> dict[str, str]:
        """The values. Raises SealBroken."""
        if not sealed:
            return {}
        head, nonce, body = sealed[:ID_BYTES], sealed[ID_BYTES : ID_BYTES + NONCE], sealed[ID_BYTES + NONCE :]
        if head != self._id:
            raise SealBroken("sealed with another key")
        from cryptography.exceptions import InvalidTag

        try:
            return msgspec.msgpack.decode(self._aead.decrypt(nonce, body, head), type=dict[str, str])
        except (InvalidTag, msgspec.DecodeError) as error:
            raise SealBroken("the sealed bytes are altered") from error

    def mac(self, text: str) -> str:
        """A keyed digest of a text in its normal form: equal texts have equal digests."""
        normal = identifier(text).casefold().encode()
        return hmac.new(self._mac, normal, hashlib.sha256).hexdigest()[:32]

    def digest(self, raw: bytes) -> str:
        """A keyed digest of bytes, to recognise repeated facts."""
        return hmac.new(self._mac, raw, hashlib.sha256).hexdigest()[:32]


class KeyLost(SealBroken):
    """The key file cannot be read: nothing can be sealed or opened until it can."""


class KeyFile(Sealer):
    """The sealer of a key file that may be damaged. Without the key nothing is sealed, so that nothing is lost.

    Every use raises KeyLost until the file can be read; a file that was put right is taken within RETRY_EVERY.
    """

    def __init__(self, path: Path) -> None:
        """The key file is made when there is none."""
        self._path = path
        self._sealer: Sealer | None = None
        self._reason = ""
        self._tried_at = float("-inf")
        self.id = ""
        with suppress(KeyLost):
            self._loaded()

    def words(self, language: str) -> str:
        """The damage and its remedy, as a text for people; "" while the key can be used."""
        with suppress(KeyLost):
            self._loaded()
        return _KEY_WORDS[language].format(name=self._path.name, reason=self._reason) if self._sealer is None else ""

    def seal(self, values: Mapping[str, str]) -> bytes:
        return self._loaded().seal(values) if values else b""

    def open(self, sealed: bytes) -> dict[str, str]:
        return self._loaded().open(sealed) if sealed else {}

    def mac(self, text: str) -> str:
        return self._loaded().mac(text)

    def digest(self, raw: bytes) -> str:
        return self._loaded().digest(raw)

    def _loaded(self) -> Sealer:
        if self._sealer is None and time.monotonic() - self._tried_at >= RETRY_EVERY:
            self._tried_at = time.monotonic()
            try:
                self._sealer = load_sealer(self._path)
                self.id = self._sealer.id
            except (OSError, ValueError) as error:
                self._reason = str(error)
        if self._sealer is None:
            raise KeyLost(f"the key of personal values cannot be read: {self._reason}")
        return self._sealer


def _derived(key: bytes, purpose: bytes) -> bytes:
    return hmac.new(key, b"watchfloor " + purpose, hashlib.sha256).digest()


def load_sealer(path: Path) -> Sealer:
    """The sealer of a key file; the file is made when there is none. Several processes may do this at once.

    Raises OSError, and ValueError for a file that holds no key.
    """
    return Sealer(read_or_make(path)[0])
