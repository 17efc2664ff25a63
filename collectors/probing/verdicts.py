"""Observations of a probe's round. Pure.

`family.up` is True when the target answered.
It is False when it did not. `text` then begins with the reason (errors.Reason).
It is None with quality bad when a person must act first, or when nobody can tell because something in front of the
target failed. `text` then says so in Chinese and English, divided by " | ".
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from collectors.contract import Measurement
from collectors.errors import AuthFailed, CollectorError, Misconfigured, NotReady, Undetermined, UnexpectedForm
from collectors.jobs import Spec
from feeds.model import REFERENCE, Observation, Quality


def answered(spec: Spec, measurements: Sequence[Measurement], at: float) -> tuple[Observation, ...]:
    """The observations of a target that answered at `at` (epoch seconds)."""
    return (_up(spec, True, at), *_readings(spec, measurements, at))


def failed(spec: Spec, error: CollectorError, at: float) -> tuple[Observation, ...]:
    """The observations of a target that is down (NotReady), or unknown (Undetermined, or until a person acts)."""
    if isinstance(error, Undetermined):
        return (_up(spec, None, at, quality=Quality.BAD, text=sentence(error)),)
    if isinstance(error, NotReady):
        return (_up(spec, False, at, text=error.en), *_readings(spec, error.measurements, at))
    read = error.measurements if isinstance(error, AuthFailed) else ()
    return (_up(spec, None, at, quality=Quality.BAD, text=sentence(error)), *_readings(spec, read, at))


def pushed(spec: Spec, measurements: Sequence[Measurement], at: float) -> tuple[Observation, ...]:
    """The observations of values that the target sent between two polls. Only polls decide whether it is up."""
    return _readings(spec, measurements, at)


def cut_off(spec: Spec, at: float) -> tuple[Observation, ...]:
    """The observation of a target that cannot be reached because the collector is isolated. Its source is REFERENCE."""
    text = "采集器被隔离，无法判断 | the collector is isolated: nobody can tell"
    return (replace(_up(spec, None, at, quality=Quality.UNCERTAIN, text=text), source=REFERENCE),)


def sentence(error: CollectorError) -> str:
    """The text of an error for people: the reason and its detail, or a sentence in Chinese and English."""
    if isinstance(error, UnexpectedForm | Undetermined):
        return f"{error.zh} | {error.en}"
    if isinstance(error, NotReady):
        return error.en
    zh, en = _KINDS.get(type(error), ("", ""))
    return f"{zh}{error.zh} | {en}{error.en}"


_KINDS: dict[type[CollectorError], tuple[str, str]] = {
    AuthFailed: ("认证失败：", "authentication failed: "),
    Misconfigured: ("设置有误：", "wrong settings: "),
}


def broken(error: Exception) -> CollectorError:
    """The error that stands for a fault in a collector's own code."""
    name = type(error).__name__
    return CollectorError(f"the collector itself failed ({name}); see its log", f"采集器自身出错（{name}），请查看日志")


def is_lockout(error: CollectorError) -> bool:
    """True when another attempt soon could lock an account."""
    return isinstance(error, AuthFailed)


def _up(spec: Spec, value: bool | None, at: float, *, quality: Quality = Quality.GOOD, text: str = "") -> Observation:
    return Observation(
        asset=spec.asset,
        metric=f"{spec.family}.up",
        value=value,
        quality=quality,
        observed_at=at,
        received_at=at,
        source=spec.source,
        probe=spec.probe,
        instance=spec.instance,
        fresh_for=spec.fresh_for,
        text=text,
    )


def _readings(spec: Spec, measurements: Sequence[Measurement], at: float) -> tuple[Observation, ...]:
    (asset, probe), source, fresh_for, instance = spec.key, spec.source, spec.fresh_for, spec.instance
    return tuple(
        Observation(
            asset=asset,
            metric=measurement.metric,
            value=measurement.value,
            unit=measurement.unit,
            quality=measurement.quality,
            observed_at=at if measurement.observed_at is None else measurement.observed_at,
            received_at=at,
            source=source,
            probe=probe,
            instance=measurement.instance or ("" if measurement.metric in spec.named else instance),
            fresh_for=fresh_for if measurement.fresh_for is None else measurement.fresh_for,
            text=measurement.text,
            confirmed_at=measurement.confirmed_at,
        )
        for measurement in measurements
    )


def behind(seconds: float) -> str:
    """The text for a collector that does not keep up with its interval."""
    return (
        f"落后采集周期 {seconds:.0f} 秒：请调大 concurrency 或 interval"
        f" | {seconds:.0f} s behind its interval: raise concurrency or interval"
    )
