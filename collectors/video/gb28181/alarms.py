"""Alarms of devices (GB/T 28181 A.2.5.3): which alert or reading an alarm message means. Pure.

There is no message for the end of an alarm: an alert lasts ten minutes and is renewed by repeats.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, tzinfo

from collectors.listener import AlertSignal
from collectors.video.gb28181.manscdp import MansMessage, value_of
from feeds.model import Severity

LASTS = 600.0
"""Seconds after which an alarm ends that is not repeated."""
EARLY, LATE = 5.0, 300.0
"""Seconds by which a device's clock may be ahead or behind for its time to be used."""
PREFIX = "gb28181:"


@dataclass(frozen=True, slots=True)
class AlarmKind:
    """An alarm that raises an alert. `claims` is the reading that it sets to False, "" for none."""

    rule: str
    severity: Severity
    zh: str
    en: str
    claims: str = ""


KINDS: dict[tuple[int, int], AlarmKind] = {
    (2, 1): AlarmKind("video-loss", Severity.MINOR, "视频丢失", "video loss", "gb28181.frames"),
    (2, 2): AlarmKind("tamper", Severity.MINOR, "设备防拆", "tampering"),
    (2, 3): AlarmKind("disk-full", Severity.WARNING, "存储设备磁盘满", "disk full"),
    (2, 4): AlarmKind("hot", Severity.WARNING, "设备高温", "device too hot"),
    (2, 5): AlarmKind("cold", Severity.WARNING, "设备低温", "device too cold"),
    (5, 11): AlarmKind("abnormal", Severity.MINOR, "视频异常", "abnormal picture", "gb28181.picture"),
    (6, 1): AlarmKind("disk-fault", Severity.MINOR, "存储设备磁盘故障", "disk fault"),
    (6, 2): AlarmKind("fan-fault", Severity.WARNING, "存储设备风扇故障", "fan fault"),
}
"""By AlarmMethod and AlarmType. All others are kept as the newest reading."""
RULES = frozenset(PREFIX + kind.rule for kind in KINDS.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceAlarm:
    """One alarm. `at` is the device's own time in epoch seconds, where it can be believed."""

    device: str
    method: int
    type: int
    description: str
    at: float | None

    @property
    def kind(self) -> AlarmKind | None:
        """The kind of alert that the alarm raises. None for an alarm that is only a reading."""
        return KINDS.get((self.method, self.type))

    @property
    def words(self) -> str:
        """The alarm as a reading's value."""
        return f"{self.method}/{self.type}"

    def signal(self) -> AlertSignal | None:
        """The alert that the alarm raises."""
        kind = self.kind
        if kind is None:
            return None
        return AlertSignal(
            rule=PREFIX + kind.rule,
            active=True,
            severity=kind.severity,
            title={"zh-CN": kind.zh, "en": kind.en},
            text=self.description,
            at=self.at,
            lasts=LASTS,
        )


def alarm_of(message: MansMessage, wall: float, zone: tzinfo) -> DeviceAlarm:
    """The alarm in a message. `wall` is the present time in epoch seconds, `zone` the site's."""
    info = next((child for child in message.element if str(child.tag).lower() == "info"), None)
    kind = message.text("AlarmType") or (value_of(info, "AlarmType") if info is not None else "")
    return DeviceAlarm(
        device=message.device,
        method=_number(message.text("AlarmMethod")),
        type=_number(kind),
        description=message.text("AlarmDescription"),
        at=believed_time(message.text("AlarmTime"), wall, zone),
    )


def believed_time(text: str, wall: float, zone: tzinfo) -> float | None:
    """A device's local time in epoch seconds, None for one that is no time or too far from ours."""
    at = device_time(text, zone)
    return at if at is not None and wall - LATE <= at <= wall + EARLY else None


def device_time(text: str, zone: tzinfo) -> float | None:
    """A local time such as 2026-06-10T09:20:00 in epoch seconds, None for one that is none."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)).timestamp()


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else 0
