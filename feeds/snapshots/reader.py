"""Reading of snapshots: the index file of a camera, and the bytes of a picture. It writes nothing."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import msgspec

from feeds.snapshots.records import CameraSnapshots, StoredPicture

FOLDER = "snapshots"
_ID = re.compile(r"[0-9a-f]{32}")


def index_path(folder: Path, camera: str) -> Path:
    """The index file of a camera below `folder`. Its name does not tell the camera's id."""
    return folder / "index" / f"{hashlib.sha256(camera.encode()).hexdigest()[:32]}.json"


def picture_path(folder: Path, id: str) -> Path:
    """The file of a picture. Raises ValueError for what is no id of a picture."""
    if not _ID.fullmatch(id):
        raise ValueError("no id of a picture")
    return folder / "pictures" / f"{id}.jpg"


class SnapshotReader:
    """The snapshots below the `snapshots` folder of a site's data folder."""

    def __init__(self, data: Path) -> None:
        self._folder = data / FOLDER

    def of(self, camera: str) -> CameraSnapshots:
        """The snapshots of a camera; empty when there are none, or its index file cannot be read."""
        try:
            index = msgspec.json.decode(index_path(self._folder, camera).read_bytes(), type=CameraSnapshots)
        except (OSError, msgspec.DecodeError):
            return CameraSnapshots(camera=camera)
        return index if index.camera == camera else CameraSnapshots(camera=camera)

    def picture(self, camera: str, id: str) -> bytes | None:
        """The bytes of a camera's picture by its id; None when there is none any more."""
        stored = self.of(camera).pictures().get(id)
        return self.read(stored) if stored is not None else None

    def read(self, snapshot: StoredPicture) -> bytes | None:
        """The picture's bytes. None when its file has gone, or is not what was stored."""
        try:
            raw = picture_path(self._folder, snapshot.id).read_bytes()
        except (OSError, ValueError):
            return None
        return raw if hashlib.sha256(raw).hexdigest() == snapshot.sha256 else None
