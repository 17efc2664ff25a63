"""Addresses of pictures: each is good for one session, for one picture, and for a minute.

An address holds what it is for and a keyed hash of that, so that every web process can read those of another one. The
key is a file of the data folder; a new key makes the addresses of the last minute void, nothing else.
"""

from __future__ import annotations

import base64
import fcntl
import hmac
import secrets
from functools import cached_property
from pathlib import Path

from feeds import state_file

VALID = 60.0
"""Seconds for which an address is good."""
KEY_BYTES = _SIGNATURE = 32


class AddressRefused(Exception):
    """The address is not ours, or was not made for this session."""


class AddressExpired(Exception):
    """The address was good once."""


class PictureAddresses:
    """Makes and reads addresses. `key` is the file of the key, which is made at its first use."""

    def __init__(self, key: Path) -> None:
        self._path = key

    @cached_property
    def _key(self) -> bytes:
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock_file = self._path.with_name("key.lock")
        for path in (self._path, lock_file):
            state_file.free_name(path)
        with lock_file.open("w") as lock:  # several web processes may start at once
            fcntl.flock(lock, fcntl.LOCK_EX)
            key = self._path.read_bytes() if self._path.exists() else b""
            if len(key) != KEY_BYTES:  # none yet, or a file that was cut: a short key could be guessed
                key = secrets.token_bytes(KEY_BYTES)
                state_file.write(self._path, key)
            return key

    def make(self, session: str, camera: str, picture: str, now: float) -> str:
        """The last part of the address of a picture, for a session. `now` is in epoch seconds. Raises OSError."""
        about = f"{now + VALID:.0f} {picture} {camera}".encode()
        return base64.urlsafe_b64encode(self._sign(session, about) + about).decode().rstrip("=")

    def read(self, session: str, text: str, now: float) -> tuple[str, str]:
        """The camera and the picture of an address. Raises AddressRefused, AddressExpired, OSError."""
        try:
            raw = base64.b64decode(text.encode() + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
        except ValueError as error:
            raise AddressRefused from error
        signature, about = raw[:_SIGNATURE], raw[_SIGNATURE:]
        if not hmac.compare_digest(signature, self._sign(session, about)):
            raise AddressRefused
        until, picture, camera = about.decode().split(" ", 2)
        if now > float(until):
            raise AddressExpired
        return camera, picture

    def _sign(self, session: str, about: bytes) -> bytes:
        return hmac.digest(self._key, session.encode() + b"\0" + about, "sha256")
