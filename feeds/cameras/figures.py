"""Figures of cameras at this moment: each with its numerator, its denominator and its coverage. Pure.

Unknown never improves a figure. What is not checked is left out of a denominator and lowers the coverage instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from feeds.cameras.archive import faults_of, is_in_use
from feeds.cameras.derived import CAMERA
from feeds.cameras.evidence import Rung
from feeds.cameras.status import maker_of

Grouping = Literal["region", "unit", "maker"]
Record = Mapping[str, Any]
DECIDED = ("ok", "failed")


@dataclass(slots=True)
class CameraFigure:
    """One figure: `good` of `of` cameras, of `total` in all. `unknown` are those that nobody can tell of."""

    good: int = 0
    of: int = 0
    total: int = 0
    unknown: int = 0

    @property
    def value(self) -> float | None:
        """The share of good ones, 0 to 1. None without a denominator."""
        return self.good / self.of if self.of else None

    @property
    def coverage(self) -> float | None:
        """The share of all cameras that the figure is about."""
        return self.of / self.total if self.total else None

    def count(self, good: bool | None, *, unknown: bool = False) -> None:
        """Count one camera. `good` None: it is not in the denominator."""
        self.total += 1
        self.unknown += unknown
        if good is not None:
            self.of += 1
            self.good += good


@dataclass(slots=True)
class CameraFigures:
    """The figures of one group of cameras.

    `online` 在线率: signalling is ok, of all; unknown counts as not on line.
    `usable` 完好率: rungs 1 to 4 are ok, of those with a failed one among them or with all four decided.
    `picture` 图像质量合格率: no check is raised, of those decided. `clock` 校时合格率: within the limit.
    `consistent` 状态一致率: no contradiction, of those that are both claimed and measured.
    `recording` 录像正常率: recorded as its device says, of those known. `archive` 一机一档完整率: no required field is
    missing. `failing` counts the cameras by their failing rung. Cameras out of use are in no figure.
    """

    online: CameraFigure = field(default_factory=CameraFigure)
    usable: CameraFigure = field(default_factory=CameraFigure)
    picture: CameraFigure = field(default_factory=CameraFigure)
    clock: CameraFigure = field(default_factory=CameraFigure)
    consistent: CameraFigure = field(default_factory=CameraFigure)
    recording: CameraFigure = field(default_factory=CameraFigure)
    archive: CameraFigure = field(default_factory=CameraFigure)
    failing: dict[str, int] = field(default_factory=dict)

    def count(self, camera: Record) -> None:
        """Count one camera, an asset record of the live picture."""
        readings = camera["readings"]
        states = {rung: _value(readings, f"camera.rung[{rung}]") for rung in Rung}
        self.online.count(states[Rung.SIGNALLING] == "ok", unknown=states[Rung.SIGNALLING] not in DECIDED)
        rung_states = [states[rung] for rung in (Rung.SIGNALLING, Rung.DESCRIBED, Rung.FRAMES, Rung.PICTURE)]
        failed = "failed" in rung_states
        decided = failed or all(state == "ok" for state in rung_states)
        self.usable.count(not failed if decided else None, unknown=not decided)
        self.archive.count(not faults_of(camera))
        about = ((self.picture, Rung.PICTURE), (self.clock, Rung.CLOCK), (self.recording, Rung.RECORDING))
        for figure, rung in about:
            state = states[rung]
            figure.count(state == "ok" if state in DECIDED else None, unknown=state == "unknown")
        both = isinstance(_value(readings, "gb28181.described"), bool) and states[Rung.FRAMES] in DECIDED
        conflict = _value(readings, "camera.conflict")
        self.consistent.count(not conflict if both or conflict else None)
        if fails := _value(readings, "camera.fails"):
            self.failing[str(fails)] = self.failing.get(str(fails), 0) + 1


def camera_figures(records: Iterable[Record], by: Grouping) -> dict[str, CameraFigures]:
    """The figures of the cameras among asset records, by group, and of all of them under ""."""
    groups: dict[str, CameraFigures] = {"": CameraFigures()}
    for record in records:
        if record["kind"] == CAMERA and is_in_use(record["labels"]):
            groups[""].count(record)
            groups.setdefault(_KEYS[by](record), CameraFigures()).count(record)
    return groups


_KEYS: Mapping[Grouping, Callable[[Record], str]] = {
    "region": lambda record: str(record["region"])[:6],
    "unit": lambda record: str(record["owner"] or "?"),
    "maker": lambda record: maker_of(record["labels"], record["readings"]) or "?",
}


def _value(readings: Mapping[str, Any], key: str) -> Any:
    reading = readings.get(key)
    return reading["value"] if reading is not None else None
