"""What a round of a probe means, as observations: pure.

`family.up` is True (it answered), False (it did not; `text` begins with the reason's word,
see contract.Reason) or None with quality bad (nobody can tell until a person has acted;
`text` says what to do, in Chinese and English, divided by " | ").
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from collectors.contract import Measurement
from collectors.errors import AuthFailed, CollectorError, Misconfigured, NotReady, UnexpectedForm
from collectors.jobs import Spec
from feeds.model import REFERENCE, Observation, Quality


def answered(spec: Spec, seen: Sequence[Measurement], at: float) -> tuple[Observation, ...]:
    """The target is up; `at` is when that was known, epoch seconds."""
    return (_up(spec, True, at), *_readings(spec, seen, at))


def failed(spec: Spec, error: CollectorError, at: float) -> tuple[Observation, ...]:
    """The target is down (NotReady), or a person must act first (everything else)."""
    if isinstance(error, NotReady):
        return (_up(spec, False, at, text=error.en), *_readings(spec, error.measurements, at))
    return (_up(spec, None, at, quality=Quality.BAD, text=sentence(error)),)


def told(spec: Spec, seen: Sequence[Measurement], at: float) -> tuple[Observation, ...]:
    """What the target said by itself, between two polls; whether it is up is for the polls to say."""
    return _readings(spec, seen, at)


def cut_off(spec: Spec, at: float) -> tuple[Observation, ...]:
    """Nobody can tell: the collector itself is out of touch, as the source REFERENCE says."""
    text = "采集器被隔离，无法判断 | the collector is isolated: nobody can tell"
    return (replace(_up(spec, None, at, quality=Quality.UNCERTAIN, text=text), source=REFERENCE),)


def sentence(error: CollectorError) -> str:
    """What is shown of an error: the reason's word and its detail, or the sentence in Chinese and English."""
    if isinstance(error, UnexpectedForm):
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
    """What a fault of our own collector looks like to people."""
    name = type(error).__name__
    return CollectorError(f"the collector itself failed ({name}); see its log", f"采集器自身出错（{name}），请查看日志")


def is_lockout(error: CollectorError) -> bool:
    """True when trying again soon could lock an account."""
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


def _readings(spec: Spec, seen: Sequence[Measurement], at: float) -> tuple[Observation, ...]:
    (asset, probe), source, fresh_for, instance = spec.key, spec.source, spec.fresh_for, spec.instance
    return tuple(
        Observation(
            asset=asset,
            metric=one.metric,
            value=one.value,
            unit=one.unit,
            quality=one.quality,
            observed_at=at if one.observed_at is None else one.observed_at,
            received_at=at,
            source=source,
            probe=probe,
            instance=one.instance or ("" if one.metric in spec.named else instance),
            fresh_for=fresh_for if one.fresh_for is None else one.fresh_for,
            text=one.text,
            confirmed_at=one.confirmed_at,
        )
        for one in seen
    )


def behind(seconds: float) -> str:
    """What is said of a collector that does not keep up."""
    return (
        f"落后采集周期 {seconds:.0f} 秒：请调大 concurrency 或 interval"
        f" | {seconds:.0f} s behind its interval: raise concurrency or interval"
    )
