"""The versions of listed documents that a CAP source has fetched: stamp, digest and validators by entry."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from collectors.emergency.cap.index import IndexEntry

VERSIONS = 20_000
"""Versions of documents that are no longer listed, or on a page that was not read again."""


@dataclass(slots=True)
class StoredVersion:
    """One fetched document: its entry's stamp, the SHA-256 of its bytes, and when it was last compared."""

    stamp: str
    digest: str
    validators: dict[str, str] = field(default_factory=dict)
    checked: int = 0


class StoredVersions:
    """The fetched documents of one source, by the key of their entry."""

    def __init__(self) -> None:
        self._versions: dict[str, StoredVersion] = {}
        self._pending: dict[str, dict[str, str]] = {}
        self._checks = 0

    def retain(self, keys: Iterable[str]) -> None:
        """Note which entries are listed. Beyond VERSIONS those that were last listed longest ago are dropped."""
        listed = [key for key in keys if key in self._versions]
        for key in listed:  # to the end: a dict keeps the order of insertion
            self._versions[key] = self._versions.pop(key)
        for key in list(self._versions)[: max(len(self._versions) - max(len(listed), VERSIONS), 0)]:
            del self._versions[key]
        self._pending = {}

    def is_known(self, entry: IndexEntry) -> bool:
        """True when a document was fetched at this stamp, also at none."""
        version = self._versions.get(entry.key)
        return version is not None and version.stamp == entry.stamp

    def is_current(self, entry: IndexEntry) -> bool:
        """True when the document was fetched at this stamp. An entry without a stamp is fetched every time."""
        return bool(entry.stamp) and self.is_known(entry)

    def next_to_check(self, unchanged: Sequence[IndexEntry], count: int) -> list[IndexEntry]:
        """The documents that have not been compared for longest."""
        self._checks += 1
        oldest = sorted(unchanged, key=lambda entry: self._versions[entry.key].checked)[:count]
        for entry in oldest:
            self._versions[entry.key].checked = self._checks
        return oldest

    def validators(self, entry: IndexEntry) -> dict[str, str]:
        """Request headers that ask for the document only if it has changed."""
        return self._versions[entry.key].validators

    def store_validators(self, entry: IndexEntry, validators: dict[str, str]) -> None:
        """Remember the validators of the bytes that `store` is given next."""
        self._pending[entry.key] = validators

    def store(self, entry: IndexEntry, raw: bytes) -> bool:
        """Store a fetched document. True when its bytes, or its entry's stamp, are new."""
        digest, before = hashlib.sha256(raw).hexdigest(), self._versions.get(entry.key)
        self._versions[entry.key] = StoredVersion(
            stamp=entry.stamp, digest=digest, validators=self._pending.pop(entry.key, {}), checked=self._checks
        )
        return before is None or before.digest != digest or before.stamp != entry.stamp

    def forget(self) -> None:
        """Take every document as new."""
        self._versions, self._pending = {}, {}
