"""Snapshots of the samples: every picture is stored, and the pictures before and after a fault are kept as evidence."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

from collectors.contract import Measurement
from collectors.video.pictures.checks import Judgement
from collectors.video.pictures.decoding import DecodedPicture
from feeds.snapshots.records import EVIDENCE_METRIC, FaultEvidence
from feeds.snapshots.store import EVIDENCE_AGE, SnapshotStore, store_of

log = logging.getLogger(__name__)

FAULT = "故障前后的画面 | pictures before and after the fault"


class SnapshotKeeper:
    """Stores what samples have seen below a site's data folder. Files are written in a thread."""

    def __init__(self, data: Path) -> None:
        self._store: SnapshotStore = store_of(data)
        self.failed = 0
        """Pictures that could not be written."""

    async def take(
        self, camera: str, picture: DecodedPicture, judgement: Judgement, at: float, *, source: str
    ) -> list[Measurement]:
        """Store a picture. When it raises the first check, keep evidence and return its measurement."""
        if not picture.jpeg:
            return []
        return await asyncio.to_thread(self._take, camera, picture, judgement, at, source)

    def _take(
        self, camera: str, picture: DecodedPicture, judgement: Judgement, at: float, source: str
    ) -> list[Measurement]:
        try:
            before = self._store.of(camera)
            good = not judgement.raised and not judgement.suspected
            size = (picture.width, picture.height)
            latest = self._store.put(
                camera,
                picture.jpeg,
                at,
                source=source,
                size=size,
                faults=judgement.raised,
                checks=judgement.results,
                good=good,
            )
            if not judgement.raised or (before.latest is not None and before.latest.faults):
                return []
            proof = FaultEvidence(at=at, rung="picture", faults=judgement.raised, before=before.good, after=latest)
            return [_measurement(self._store.keep(camera, proof))]
        except (OSError, ValueError) as error:
            self._note(error)
            return []

    async def lost(self, camera: str, at: float) -> list[Measurement]:
        """Keep the last good picture of a camera whose frames have ceased. Return its measurement."""
        return await asyncio.to_thread(self._lost, camera, at)

    def _lost(self, camera: str, at: float) -> list[Measurement]:
        try:
            before = self._store.of(camera)
            if before.good is None:
                return []
            return [_measurement(self._store.keep(camera, FaultEvidence(at=at, rung="frames", before=before.good)))]
        except OSError as error:
            self._note(error)
            return []

    def figures(self) -> dict[str, float]:
        """Bytes of snapshots and of evidence, and pictures that could not be written."""
        store = self._store
        return {
            "snapshot_bytes": float(store.cached),
            "evidence_bytes": float(store.evidence),
            "unwritten": float(self.failed),
        }

    def _note(self, error: Exception) -> None:
        if not self.failed:
            log.error("snapshots cannot be stored: %s", error)
        self.failed += 1


def _measurement(proof: FaultEvidence) -> Measurement:
    return Measurement(
        metric=EVIDENCE_METRIC, value=proof.digest, text=FAULT, observed_at=proof.at, fresh_for=EVIDENCE_AGE
    )
