"""The records of a camera's snapshots, as its index file holds them."""

from __future__ import annotations

from typing import Literal

import msgspec

from feeds.model.times import Time

EVIDENCE_METRIC = "picture.evidence"
"""The reading whose change the projector journals: the hashes of the pictures before and after a fault."""


CheckState = Literal["ok", "raised", "learning", "paused", "ignored"]
"""`learning`: there is no baseline yet. `paused`: the picture has just turned grey or coloured."""


class CheckResult(msgspec.Struct, frozen=True, kw_only=True):
    """One check of the newest picture: what was measured, the baseline of the camera, and the limit.

    `above`: values from the limit upwards are bad, else those below it. None: not measured, or no baseline.
    """

    name: str
    state: CheckState
    value: float | None = None
    baseline: float | None = None
    limit: float | None = None
    above: bool = True


class StoredPicture(msgspec.Struct, frozen=True, kw_only=True):
    """One stored JPEG. `id` is random and names its file; `sha256` is that of the file's bytes.

    `source` says where it comes from: "stream", "onvif". `faults` are the checks that were raised by it.
    """

    id: str
    taken_at: Time
    source: str
    sha256: str
    size: int
    width: int = 0
    height: int = 0
    faults: tuple[str, ...] = ()


class FaultEvidence(msgspec.Struct, frozen=True, kw_only=True):
    """The pictures before and after a fault at `at`. `rung` is "frames" or "picture".

    `before` is None when the camera had no good picture. `after` is None when the fault left no picture.
    """

    at: Time
    rung: str
    faults: tuple[str, ...] = ()
    before: StoredPicture | None = None
    after: StoredPicture | None = None

    @property
    def digest(self) -> str:
        """The hashes of both pictures, "-" for a missing one: what the journal keeps."""
        return "/".join(picture.sha256 if picture is not None else "-" for picture in (self.before, self.after))


class CameraSnapshots(msgspec.Struct, frozen=True, kw_only=True):
    """The snapshots of one camera: the newest, the newest without a fault, and evidence, newest last.

    `checks` are the results of the checks of the newest picture.
    """

    camera: str
    latest: StoredPicture | None = None
    good: StoredPicture | None = None
    evidence: tuple[FaultEvidence, ...] = ()
    checks: tuple[CheckResult, ...] = ()

    def pictures(self) -> dict[str, StoredPicture]:
        """Every snapshot by its id."""
        proofs = (picture for proof in self.evidence for picture in (proof.before, proof.after))
        return {picture.id: picture for picture in (self.latest, self.good, *proofs) if picture is not None}
