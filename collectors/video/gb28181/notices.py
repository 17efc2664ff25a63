"""Handlers of MESSAGE and NOTIFY bodies: keepalives, catalogs, status, information, alarms."""

from __future__ import annotations

from collections.abc import Callable
from datetime import tzinfo
from typing import TYPE_CHECKING

from collectors.contract import Measurement
from collectors.video.clock_check import CLOCK_FRESH, ClockCheck, offset_text
from collectors.video.gb28181 import alarms, device_id, manscdp
from collectors.video.gb28181.bindings import Binding
from collectors.video.gb28181.catalog import CatalogItem, ChannelStatus, coordinate, status_of
from collectors.video.gb28181.manscdp import MansMessage

if TYPE_CHECKING:
    from collectors.video.gb28181.platform import GbPlatform

_FACTS = (("maker", "Manufacturer"), ("model", "Model"), ("firmware", "Firmware"))
POSITION_EVERY, POSITION_FRESH = 5.0, 600.0
"""Seconds between two positions of a device that are taken, and for which one is fresh."""
STATUS_EVERY = 300.0
"""Seconds between two queries of a device's status."""


class Notices:
    """Handles the bodies of messages of bound devices."""

    def __init__(self, platform: GbPlatform, zone: tzinfo) -> None:
        self._platform = platform
        self._zone = zone
        self._wrong_clocks: dict[str, ClockCheck] = {}
        self._positions: dict[str, float] = {}
        self._handlers: dict[str, Callable[[Binding, MansMessage, float], None]] = {
            "keepalive": self._keepalive,
            "catalog": platform.catalogs.take,
            "devicestatus": self._status,
            "deviceinfo": self._info,
            "alarm": self._alarm,
            "mobileposition": self._position,
            "recordinfo": platform.recordings.take,
        }

    def take(self, binding: Binding, message: MansMessage, now: float) -> None:
        """Handle one message. A message of an unknown command is counted."""
        handler = self._handlers.get(message.command.lower())
        if handler is None:
            self._platform.deviations.note(binding.device, f"unknown-{message.command[:24].lower()}")
            return
        handler(binding, message, now)

    def _keepalive(self, binding: Binding, message: MansMessage, now: float) -> None:
        platform = self._platform
        if message.device and message.device != binding.device:
            platform.deviations.note(binding.device, "keepalive-id")
        binding.status_ok = status_of(message.text("Status")) in (ChannelStatus.ON, ChannelStatus.UNKNOWN)
        listed = [
            (child.text or "").strip()
            for info in message.element
            if str(info.tag).lower() in ("info", "extrainfo")
            for child in info
            if str(child.tag).lower() == "deviceid"
        ]
        faulty = frozenset(filter(device_id.acceptable, listed[:1024]))
        if faulty != binding.faulty:
            binding.faulty = faulty
            self._expect(binding, faulty)
        for id in platform.channels.set_faulty(binding.device, faulty, platform.wall()):
            platform.publisher.channel(id, platform.wall(), alive=True)

    def _expect(self, binding: Binding, faulty: frozenset[str]) -> None:
        """Channels of the inventory that a keepalive names before any catalog has listed them."""
        platform = self._platform
        for id in faulty:
            if platform.channels.get(id) is None and id in platform.roster.channels_of(binding.device):
                platform.channels.report(binding.device, CatalogItem(id=id), platform.wall())

    def _status(self, binding: Binding, message: MansMessage, now: float) -> None:
        platform = self._platform
        platform.queries.answered(binding.device, message.sn)
        platform.queries.want(binding.device, "DeviceStatus", now + STATUS_EVERY)
        about = message.device or binding.device
        if about != binding.device and (online := message.text("Online")):
            item = CatalogItem(id=about, status=status_of(online))
            if platform.channels.report(binding.device, item, platform.wall()):
                platform.publisher.channel(about, platform.wall(), alive=True)
        measurements = list(self._clock(about, message))
        if (record := message.text("Record")) and not platform.settings.recordings:
            recording = status_of(record) is ChannelStatus.ON
            if about in platform.roster and device_id.kind_of(about) == "camera":
                measurements.append(
                    Measurement(metric="gb28181.recording", value=recording, fresh_for=2 * STATUS_EVERY)
                )
        platform.publisher.message(about, measurements)

    def _clock(self, about: str, message: MansMessage) -> list[Measurement]:
        at = alarms.device_time(message.text("DeviceTime"), self._zone)
        if at is None:
            return []
        offset = round(at - self._platform.wall(), 1)
        measurements = [Measurement(metric="gb28181.clock_s", value=offset, unit="s", fresh_for=CLOCK_FRESH)]
        check = self._wrong_clocks.pop(about, None) or ClockCheck()
        verdict = check.verdict(offset)
        if check.wrong:
            self._wrong_clocks[about] = check
        if verdict is not None:
            text = "" if verdict else offset_text(offset)
            measurements.append(Measurement(metric="gb28181.clock", value=verdict, text=text, fresh_for=CLOCK_FRESH))
        return measurements

    def _info(self, binding: Binding, message: MansMessage, now: float) -> None:
        self._platform.queries.answered(binding.device, message.sn)
        self._platform.queries.want(binding.device, "DeviceInfo", now + 86_400.0)
        read = [
            Measurement(metric=f"gb28181.{metric}", value=value, fresh_for=2 * 86_400.0)
            for metric, name in _FACTS
            if (value := message.text(name))
        ]
        self._platform.publisher.message(message.device or binding.device, read)

    def _position(self, binding: Binding, message: MansMessage, now: float) -> None:
        """Positions in both forms: of 2016 (one, in the message itself) and of 2022 (a list of items)."""
        for element in [*message.items()] or [message.element]:
            about = manscdp.value_of(element, "DeviceID") or binding.device
            lat, lon = (
                coordinate(manscdp.value_of(element, "Latitude"), 90),
                coordinate(manscdp.value_of(element, "Longitude"), 180),
            )
            if lat is None or lon is None or now - self._positions.get(about, float("-inf")) < POSITION_EVERY:
                continue
            if about in self._platform.roster:
                self._positions[about] = now
                measurements = [
                    Measurement(metric=f"gb28181.{name}", value=round(value, 6), unit="°", fresh_for=POSITION_FRESH)
                    for name, value in (("lat", lat), ("lon", lon))
                ]
                self._platform.publisher.message(about, measurements)

    def _alarm(self, binding: Binding, message: MansMessage, now: float) -> None:
        platform = self._platform
        alarm = alarms.alarm_of(message, platform.wall(), self._zone)
        about = alarm.device if alarm.device in platform.roster else binding.device
        noted = Measurement(metric="gb28181.alarm", value=alarm.words, text=alarm.description, observed_at=alarm.at)
        measurements, kind = [noted], alarm.kind
        if kind is not None and kind.claims:
            text = f"设备报警：{kind.zh} | alarm of the device: {kind.en}"
            claim = Measurement(metric=kind.claims, value=False, text=text, fresh_for=alarms.LASTS)
            measurements.append(claim)
        signal = alarm.signal()
        platform.publisher.message(about, measurements, [signal] if signal is not None else ())
        if binding.way is not None:
            body = manscdp.query(
                "Alarm",
                max(message.sn, 0),
                alarm.device or binding.device,
                binding.charset,
                "<Result>OK</Result>",
                root="Response",
            )
            platform.queries.send(binding, "MESSAGE", body)
