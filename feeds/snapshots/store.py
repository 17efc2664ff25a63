"""Writing of snapshots by the one process that samples cameras.

A picture has a random file name, so that a file alone does not say what it shows. The cache holds the newest picture of
each camera and its last good one. It is bounded in bytes and in pictures, oldest first, and nothing in it is older than
MAX_AGE. Evidence has bounds of its own and is never dropped to make room for the cache. The cache may lose its newest
pictures in a power cut; evidence is flushed to the disk before its hash is published.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import threading
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path

import msgspec
from msgspec import structs

from feeds import state_file
from feeds.clock import now
from feeds.snapshots.reader import FOLDER, SnapshotReader, index_path, picture_path
from feeds.snapshots.records import CameraSnapshots, CheckResult, FaultEvidence, StoredPicture

MAX_BYTES, MAX_PICTURES, MAX_AGE = 1 << 30, 40_000, 86_400.0
"""Bounds of the cache: bytes, pictures, and seconds."""
EVIDENCE_BYTES, EVIDENCE_AGE, EVIDENCE_EACH = 1 << 30, 30 * 86_400.0, 50
"""Bounds of the evidence: bytes, seconds, and faults of one camera."""
MAX_PICTURE = 5 << 20
"""Bytes of one picture at most."""
ROOM = 0.95
"""Share of a bound down to which the cache is emptied when it exceeds it."""
SWEEP_EVERY = 60.0
"""Seconds between two searches for what is too old."""


@cache
def store_of(data: Path) -> SnapshotStore:
    """The one store of a data folder in this process."""
    return SnapshotStore(data)


class SnapshotStore:
    """The snapshots below a site's data folder. One process writes; any number reads (SnapshotReader).

    Its methods are safe to call from several threads, and write to the disk.
    """

    def __init__(
        self,
        data: Path,
        *,
        max_bytes: int = MAX_BYTES,
        max_pictures: int = MAX_PICTURES,
        max_age: float = MAX_AGE,
        evidence_bytes: int = EVIDENCE_BYTES,
    ) -> None:
        self._folder = data / FOLDER
        self._reader = SnapshotReader(data)
        self._max_bytes, self._max_pictures, self._max_age = max_bytes, max_pictures, max_age
        self._evidence_bytes = evidence_bytes
        self._cameras: dict[str, CameraSnapshots] | None = None
        self._lock = threading.RLock()
        self._swept = float("-inf")
        self.cached = self.evidence = self.pictures = 0
        """Bytes of the cache, bytes of the evidence, and pictures of the cache."""

    @property
    def is_open(self) -> bool:
        """True when the index files have been read."""
        return self._cameras is not None

    def open(self) -> dict[str, CameraSnapshots]:
        """Read every index file, and remove pictures that none of them names. Raises OSError.

        While an index file is set aside as damaged, such pictures stay for EVIDENCE_AGE: they may be evidence.
        """
        with self._lock:
            if self._cameras is None:
                cameras = {index.camera: index for index in self._indexes()}
                self._remove_strays({id for index in cameras.values() for id in index.pictures()})
                self._cameras = cameras
                self._count()
            return self._cameras

    def of(self, camera: str) -> CameraSnapshots:
        """The snapshots of a camera."""
        return self.open().get(camera, CameraSnapshots(camera=camera))

    def put(
        self,
        camera: str,
        jpeg: bytes,
        at: float,
        *,
        source: str,
        size: tuple[int, int] = (0, 0),
        faults: tuple[str, ...] = (),
        checks: tuple[CheckResult, ...] = (),
        good: bool,
    ) -> StoredPicture:
        """Store a camera's newest picture, taken at `at`. `good`: it shows no fault and none is suspected.

        Raises OSError, and ValueError for a picture beyond MAX_PICTURE.
        """
        if not 0 < len(jpeg) <= MAX_PICTURE:
            raise ValueError(f"a picture of {len(jpeg)} bytes")
        picture = StoredPicture(
            id=secrets.token_hex(16),
            taken_at=at,
            source=source,
            sha256=hashlib.sha256(jpeg).hexdigest(),
            size=len(jpeg),
            width=size[0],
            height=size[1],
            faults=faults,
        )
        with self._lock:
            old = self.of(camera)
            path = picture_path(self._folder, picture.id)
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            _replace(path, jpeg)
            newest = structs.replace(old, latest=picture, good=picture if good else old.good, checks=checks)
            self._store(old, newest)
            self._bound(at)
            self._bound_evidence(at)
        return picture

    def keep(self, camera: str, evidence: FaultEvidence) -> FaultEvidence:
        """Keep the pictures of a fault. Its files are on the disk on return. Raises OSError."""
        with self._lock:
            old = self.of(camera)
            for picture in (evidence.before, evidence.after):
                if picture is not None:
                    _flush(picture_path(self._folder, picture.id))
            proofs = (*old.evidence, evidence)[-EVIDENCE_EACH:]
            self._store(old, structs.replace(old, evidence=proofs), durable=True)
            self._bound_evidence(evidence.at)
        return evidence

    def _store(self, old: CameraSnapshots, new: CameraSnapshots, *, durable: bool = False) -> None:
        """Write an index file, then remove the pictures that it names no more."""
        cameras = self.open()
        path = index_path(self._folder, new.camera)
        before, after = old.pictures(), new.pictures()
        if after:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            body = msgspec.json.encode(new)
            state_file.write(path, body) if durable else _replace(path, body)
            cameras[new.camera] = new
        else:
            cameras.pop(new.camera, None)
            path.unlink(missing_ok=True)
        for id in before.keys() - after.keys():
            with suppress(OSError):  # it is removed as a stray after the next start
                picture_path(self._folder, id).unlink(missing_ok=True)
        self.cached += _cached(new) - _cached(old)
        self.evidence += _evidence(new) - _evidence(old)
        self.pictures += len(_cache_of(new)) - len(_cache_of(old))

    def _bound(self, now: float) -> None:
        """Drop what is too old about once a minute, and the oldest while there is too much."""
        cameras = self.open()
        if not 0 <= now - self._swept < SWEEP_EVERY:
            self._swept = now
            for index in [index for index in cameras.values() if self._expired(index, now) != index]:
                self._store(index, self._expired(index, now))
        if self.cached <= self._max_bytes and self.pictures <= self._max_pictures:
            return
        for index in sorted(cameras.values(), key=lambda index: index.latest.taken_at if index.latest else 0.0):
            if self.cached <= ROOM * self._max_bytes and self.pictures <= ROOM * self._max_pictures:
                break
            self._store(index, structs.replace(index, latest=None, good=None))

    def _expired(self, index: CameraSnapshots, now: float) -> CameraSnapshots:
        def fresh(picture: StoredPicture | None) -> StoredPicture | None:
            return picture if picture is not None and now - picture.taken_at <= self._max_age else None

        proofs = tuple(proof for proof in index.evidence if now - proof.at <= EVIDENCE_AGE)
        return structs.replace(index, latest=fresh(index.latest), good=fresh(index.good), evidence=proofs)

    def _bound_evidence(self, now: float) -> None:
        cameras = self.open()
        while self.evidence > self._evidence_bytes:
            holders = [index for index in cameras.values() if index.evidence]
            oldest = min(holders, key=lambda index: index.evidence[0].at)
            if oldest.evidence[0].at >= now:
                return  # the newest one stays, whatever the bound
            self._store(oldest, structs.replace(oldest, evidence=oldest.evidence[1:]))

    def _indexes(self) -> Iterator[CameraSnapshots]:
        for path in (self._folder / "index").glob("*.json"):
            try:
                index = msgspec.json.decode(path.read_bytes(), type=CameraSnapshots)
            except (OSError, msgspec.DecodeError) as error:
                state_file.set_aside(path, str(error))
                continue
            yield index

    def _remove_strays(self, named: set[str]) -> None:
        oldest = now() - EVIDENCE_AGE
        is_whole = not any((self._folder / "index").glob(f"*.{state_file.DAMAGED}-*"))
        for folder in ("pictures", "index"):
            for path in (self._folder / folder).glob("*"):
                stray = path.suffix == ".jpg" and path.stem not in named
                if path.suffix == ".part" or (stray and (is_whole or path.stat().st_mtime < oldest)):
                    path.unlink(missing_ok=True)

    def _count(self) -> None:
        assert self._cameras is not None
        self.cached = sum(map(_cached, self._cameras.values()))
        self.evidence = sum(map(_evidence, self._cameras.values()))
        self.pictures = sum(len(_cache_of(index)) for index in self._cameras.values())


def _cache_of(index: CameraSnapshots) -> dict[str, StoredPicture]:
    """The pictures of the cache, by id. Evidence may name them too."""
    return {picture.id: picture for picture in (index.latest, index.good) if picture is not None}


def _cached(index: CameraSnapshots) -> int:
    return sum(picture.size for picture in _cache_of(index).values())


def _evidence(index: CameraSnapshots) -> int:
    return sum(picture.size for id, picture in index.pictures().items() if id not in _cache_of(index))


def _replace(path: Path, content: bytes) -> None:
    """Replace a file as a whole, without waiting for the disk."""
    part = path.with_suffix(".part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600), "wb") as file:
        file.write(content)
    part.replace(path)


def _flush(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
