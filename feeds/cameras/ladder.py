"""The ladder of a camera: path, signalling, described, frames, picture, clock, recording. Pure.

Nothing is carried over: a rung whose readings have expired is unknown. A rung that is measured as ok makes the rungs
below it ok for as long as its own reading is fresh, because a camera that drops echo requests is not down. It never
makes a deeper rung ok.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from feeds.cameras.evidence import RUNGS, Rung, decider_of, expected
from feeds.model import Health, Quality, Reading

_TO_FRAMES = (Rung.SIGNALLING, Rung.DESCRIBED, Rung.FRAMES)
"""The rungs whose measured failure contradicts a device that calls its channel on line."""


class RungState(StrEnum):
    """State of a rung. `not-checked`: no probe of the camera decides it."""

    OK = "ok"
    FAILED = "failed"
    UNKNOWN = "unknown"
    NOT_CHECKED = "not-checked"


class Conflict(StrEnum):
    """A contradiction between a device's claim and a measurement."""

    FALSE_ONLINE = "false-online"
    FALSE_OFFLINE = "false-offline"


@dataclass(frozen=True, slots=True, kw_only=True)
class RungResult:
    """One rung. `by` is the key of the reading that decided it at `decided_at`, `why` that reading's text.

    An unknown rung names the newest reading about it, fresh or not. `source` is that reading's source.
    `fresh_until` is when the result expires. `needs_person`: it is unknown until a person acts (wrong credential).
    `claimed`: only the device says so.
    """

    rung: Rung
    state: RungState
    decided_at: float | None = None
    by: str = ""
    source: str = ""
    why: str = ""
    fresh_until: float = 0.0
    needs_person: bool = False
    claimed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder:
    """The rungs of one camera, lowest first, and the conflict between device and measurement, if there is one."""

    rungs: tuple[RungResult, ...]
    conflict: Conflict | None = None

    def __getitem__(self, rung: Rung) -> RungResult:
        return self.rungs[rung.level]

    @property
    def failing(self) -> RungResult | None:
        """The lowest failed rung."""
        return next((result for result in self.rungs if result.state is RungState.FAILED), None)

    @property
    def level(self) -> int | None:
        """The number of the deepest ok rung that has no failed rung below it, None without any."""
        level = None
        for result in self.rungs:
            if result.state is RungState.FAILED:
                break
            if result.state is RungState.OK:
                level = result.rung.level
        return level

    @property
    def health(self) -> Health:
        """Down: no rung is ok and one has failed. Degraded: some are ok, another failed or needs a person.

        Rungs that are unknown or not checked do not degrade a camera.
        """
        states = {result.state for result in self.rungs}
        needs_person = any(result.needs_person for result in self.rungs)
        if RungState.OK in states:
            return Health.DEGRADED if RungState.FAILED in states or needs_person else Health.OK
        if RungState.FAILED in states:
            return Health.DEGRADED if needs_person else Health.DOWN
        return Health.UNKNOWN


@dataclass(frozen=True, slots=True)
class _Evidence:
    """The fresh readings about one rung, newest of each sort, and the newest expired one."""

    measured_ok: tuple[str, Reading] | None = None
    measured_failed: tuple[str, Reading] | None = None
    claim: tuple[str, Reading] | None = None
    unclear: tuple[str, Reading] | None = None
    expired: tuple[str, Reading] | None = None


def ladder(readings: Mapping[str, Reading], probes: Iterable[str], now: float) -> Ladder:
    """The ladder of a camera from its readings. `now` is in epoch seconds."""
    evidence = _evidence(readings, now)
    expected_rungs = expected(probes)
    results: list[RungResult] = []
    deeper: RungResult | None = None
    for rung in reversed(RUNGS):
        about = evidence.get(rung, _Evidence())
        results.append(_decided(rung, about, deeper, rung in expected_rungs))
        if about.measured_ok is not None and rung.level <= Rung.PICTURE.level:
            deeper = _result(rung, RungState.OK, about.measured_ok)
    results.reverse()
    return Ladder(rungs=tuple(results), conflict=_conflict(evidence))


def _evidence(readings: Mapping[str, Reading], now: float) -> dict[Rung, _Evidence]:
    evidence: dict[Rung, _Evidence] = {}
    for key, reading in readings.items():
        decider = decider_of(key)
        if decider is None:
            continue
        about = evidence.get(decider.rung, _Evidence())
        if reading.fresh_until > now:
            evidence[decider.rung] = _with(about, (key, reading), claimed=decider.claimed)
        else:
            evidence[decider.rung] = replace(about, expired=_newer(about.expired, (key, reading)))
    return evidence


def _with(evidence: _Evidence, entry: tuple[str, Reading], *, claimed: bool) -> _Evidence:
    value = entry[1].value
    if not isinstance(value, bool):
        return replace(evidence, unclear=_newer(evidence.unclear, entry))
    if claimed:
        return replace(evidence, claim=_newer(evidence.claim, entry))
    if value:
        return replace(evidence, measured_ok=_newer(evidence.measured_ok, entry))
    return replace(evidence, measured_failed=_newer(evidence.measured_failed, entry))


def _newer(old: tuple[str, Reading] | None, entry: tuple[str, Reading]) -> tuple[str, Reading]:
    return entry if old is None or entry[1].observed_at >= old[1].observed_at else old


def _decided(rung: Rung, evidence: _Evidence, deeper: RungResult | None, is_expected: bool) -> RungResult:
    """One rung from its own readings and the deepest measured rung above it that is ok."""
    news = _event(rung, evidence, deeper)
    if news is not None:
        return _result(rung, RungState.FAILED, news, claimed=True)
    if evidence.measured_ok is not None:
        return _result(rung, RungState.OK, evidence.measured_ok)
    if deeper is not None:
        return replace(deeper, rung=rung, why="")
    if evidence.measured_failed is not None:
        return _result(rung, RungState.FAILED, evidence.measured_failed)
    if evidence.claim is not None:
        state = RungState.OK if evidence.claim[1].value else RungState.FAILED
        return _result(rung, state, evidence.claim, claimed=True)
    if evidence.unclear is not None:
        return _result(rung, RungState.UNKNOWN, evidence.unclear)
    if evidence.expired is not None:
        return replace(_result(rung, RungState.UNKNOWN, evidence.expired), why="", needs_person=False)
    return RungResult(rung=rung, state=RungState.UNKNOWN if is_expected else RungState.NOT_CHECKED)


def _event(rung: Rung, evidence: _Evidence, deeper: RungResult | None) -> tuple[str, Reading] | None:
    """The device's own report of a lost video or a bad picture, until a newer measurement contradicts it."""
    claim = evidence.claim
    if rung not in (Rung.FRAMES, Rung.PICTURE) or claim is None or claim[1].value is not False:
        return None
    newest = max(
        evidence.measured_ok[1].observed_at if evidence.measured_ok else float("-inf"),
        deeper.decided_at if deeper is not None and deeper.decided_at is not None else float("-inf"),
    )
    return claim if claim[1].observed_at > newest else None


def _result(rung: Rung, state: RungState, entry: tuple[str, Reading], *, claimed: bool = False) -> RungResult:
    key, reading = entry
    return RungResult(
        rung=rung,
        state=state,
        decided_at=reading.observed_at,
        by=key,
        source=reading.source,
        why=reading.text,
        fresh_until=reading.fresh_until,
        needs_person=state is RungState.UNKNOWN and reading.quality is Quality.BAD,
        claimed=claimed,
    )


def _conflict(evidence: Mapping[Rung, _Evidence]) -> Conflict | None:
    """Device and measurement differ: the catalog says ON without frames, or OFF (or video loss) with frames."""
    frames, described = evidence.get(Rung.FRAMES, _Evidence()), evidence.get(Rung.DESCRIBED, _Evidence())
    status = described.claim[1].value if described.claim is not None else None
    if frames.measured_ok is None:
        failed = any(evidence.get(rung, _Evidence()).measured_failed is not None for rung in _TO_FRAMES)
        reached = evidence.get(Rung.SIGNALLING, _Evidence()).measured_ok is not None
        gone = frames.measured_failed is not None or not reached
        return Conflict.FALSE_ONLINE if status is True and failed and gone else None
    measured_at = frames.measured_ok[1].observed_at
    lost = frames.claim is not None and frames.claim[1].value is False and frames.claim[1].observed_at <= measured_at
    return Conflict.FALSE_OFFLINE if status is False or lost else None
