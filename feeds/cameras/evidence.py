"""Tables of a camera's ladder: the rung that each metric decides, and the rungs that each probe scheme decides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Rung(StrEnum):
    """The rungs of the ladder, lowest first. `level` is the number that people see."""

    PATH = "path"
    SIGNALLING = "signalling"
    DESCRIBED = "described"
    FRAMES = "frames"
    PICTURE = "picture"
    CLOCK = "clock"
    RECORDING = "recording"

    @property
    def level(self) -> int:
        """0 for the lowest."""
        return _LEVELS[self]


RUNGS = tuple(Rung)
_LEVELS = {rung: number for number, rung in enumerate(RUNGS)}


@dataclass(frozen=True, slots=True)
class Decider:
    """The rung that a metric decides. `claimed`: the device or its platform says so, nobody has measured it."""

    rung: Rung
    claimed: bool = False


DECIDERS: Mapping[str, Decider] = {
    "rtsp.up": Decider(Rung.SIGNALLING),
    "rtsp.answered": Decider(Rung.SIGNALLING),
    "rtsp.described": Decider(Rung.DESCRIBED),
    "rtsp.frames": Decider(Rung.FRAMES),
    "rtsp.picture": Decider(Rung.PICTURE),
    "onvif.up": Decider(Rung.SIGNALLING),
    "onvif.answered": Decider(Rung.SIGNALLING),
    "onvif.frames": Decider(Rung.FRAMES, claimed=True),
    "onvif.picture": Decider(Rung.PICTURE, claimed=True),
    "onvif.clock": Decider(Rung.CLOCK),
    "gb28181.up": Decider(Rung.SIGNALLING),
    "gb28181.channel.up": Decider(Rung.SIGNALLING, claimed=True),
    "gb28181.described": Decider(Rung.DESCRIBED, claimed=True),
    "gb28181.frames": Decider(Rung.FRAMES, claimed=True),
    "gb28181.picture": Decider(Rung.PICTURE, claimed=True),
    "gb28181.clock": Decider(Rung.CLOCK),
    "gb28181.recording": Decider(Rung.RECORDING, claimed=True),
}
"""Metrics with the values True (ok), False (failed) and None (nobody can tell). Any other `*.up` decides the path."""

EXPECTED: Mapping[str, tuple[Rung, ...]] = {
    "rtsp": (Rung.SIGNALLING, Rung.DESCRIBED, Rung.FRAMES),
    "onvif": (Rung.SIGNALLING, Rung.CLOCK),
    "gb28181": (Rung.SIGNALLING, Rung.DESCRIBED),
}
"""The rungs that a probe of a scheme decides in any case. A probe of another scheme decides the path."""

_PATH = Decider(Rung.PATH)


def decider_of(key: str) -> Decider | None:
    """The decider of a reading's key (`rtsp.frames[10.0.0.1:554]`), None for a reading that decides nothing."""
    metric = key.partition("[")[0]
    decider = DECIDERS.get(metric)
    return _PATH if decider is None and metric.endswith(".up") else decider


def expected(probes: Iterable[str]) -> frozenset[Rung]:
    """The rungs that the probes of an asset are expected to decide."""
    return frozenset(rung for probe in probes for rung in EXPECTED.get(_scheme(probe), (Rung.PATH,)))


def _scheme(probe: str) -> str:
    return probe.partition(":")[0].lower()
