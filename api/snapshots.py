"""Access of the picture routes to a site's snapshots and to the addresses of its pictures."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from api.picture_addresses import PictureAddresses
from feeds.snapshots.reader import FOLDER, SnapshotReader


@dataclass(frozen=True, slots=True)
class SnapshotAccess:
    """The snapshots of a site and the addresses of its pictures."""

    reader: SnapshotReader
    addresses: PictureAddresses


def snapshot_access(data: Path) -> SnapshotAccess:
    """Access to the snapshots below a data folder."""
    return SnapshotAccess(SnapshotReader(data), PictureAddresses(data / FOLDER / "key"))
