"""Channels of devices: their last reported status and its measurements. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from collectors.contract import Measurement
from collectors.video.gb28181.catalog import CatalogItem, ChannelStatus
from feeds.model import Quality

FRESH_FOR = 660.0
"""Seconds for which a reading of a channel is fresh. It is confirmed every 300 s while its device lives."""
MAX_CHANNELS = 200_000
_SENTENCES = {
    ChannelStatus.OFF: "设备报告通道离线 | the device reports the channel off line",
    ChannelStatus.VIDEO_LOST: "设备报告视频丢失 | the device reports video loss",
    ChannelStatus.DEFECT: "设备报告通道故障 | the device reports a defect",
    ChannelStatus.UNKNOWN: "状态未知 | status unknown",
}
FAULTY = "心跳报告通道故障 | the keepalive lists the channel as faulty"
SILENT = "设备无应答，通道状态未知 | the device is silent: nobody can tell"


@dataclass(slots=True)
class Channel:
    """One channel of `device`. `since` is when its status took its present value, epoch seconds."""

    device: str
    item: CatalogItem
    status: ChannelStatus
    since: float
    faulty: bool = False
    faulty_since: float = 0.0


class Channels:
    """All channels by id. A channel belongs to the device that listed it last."""

    def __init__(self) -> None:
        self._channels: dict[str, Channel] = {}
        self._by_device: dict[str, dict[str, None]] = {}

    def __len__(self) -> int:
        return len(self._channels)

    def get(self, id: str) -> Channel | None:
        """A channel, None for one that no device has listed."""
        return self._channels.get(id)

    def of(self, device: str) -> list[Channel]:
        """The channels of a device."""
        return [self._channels[id] for id in self._by_device.get(device, ())]

    def report(self, device: str, item: CatalogItem, wall: float) -> bool:
        """Take a device's report of a channel. True when its status has changed."""
        channel = self._channels.get(item.id)
        if channel is not None and channel.device != device:
            self._by_device[channel.device].pop(item.id, None)
            channel = None
        if channel is None:
            if len(self._channels) >= MAX_CHANNELS:
                return False
            self._channels[item.id] = Channel(device, item, item.status, wall)
            self._by_device.setdefault(device, {})[item.id] = None
            return True
        if item.name or not channel.item.name:
            channel.item = item
        if channel.status is item.status:
            return False
        channel.status, channel.since = item.status, wall
        return True

    def set_faulty(self, device: str, ids: Iterable[str], wall: float) -> list[str]:
        """Take the faulty channels that a keepalive lists. Returns the ids of the channels that changed."""
        listed, changed = frozenset(ids), []
        for channel in self.of(device):
            if channel.faulty != (channel.item.id in listed):
                channel.faulty, channel.faulty_since = not channel.faulty, wall
                changed.append(channel.item.id)
        return changed

    def forget_statuses(self, device: str, wall: float) -> None:
        """Set the statuses of a silent device's channels to unknown."""
        for channel in self.of(device):
            channel.status, channel.since, channel.faulty = ChannelStatus.UNKNOWN, wall, False


def unknown(why: str = SILENT) -> list[Measurement]:
    """The measurements of a channel of which nobody can tell anything."""
    return [
        Measurement(metric=metric, value=None, quality=Quality.UNCERTAIN, text=why, fresh_for=FRESH_FOR)
        for metric in ("gb28181.channel.up", "gb28181.described", "gb28181.frames", "gb28181.picture")
    ]


def measurements(channel: Channel, wall: float) -> Iterator[Measurement]:
    """The measurements of a channel whose device lives. Its status is the device's claim, as old as its last change.

    That the device lives does not show that the camera behind it does: `gb28181.channel.up` is a claim as well.
    """
    yield Measurement(metric="gb28181.channel.up", value=True, fresh_for=FRESH_FOR)
    status, text = channel.status, _SENTENCES.get(channel.status, "")
    if channel.faulty:
        yield _claim("described", False, channel.faulty_since, wall, FAULTY)
    elif status is ChannelStatus.UNKNOWN:
        yield _claim("described", None, channel.since, wall, text)
    else:
        yield _claim("described", status is not ChannelStatus.OFF, channel.since, wall, text)
    lost, defect = status is ChannelStatus.VIDEO_LOST, status is ChannelStatus.DEFECT
    yield _claim("frames", False if lost else None, channel.since, wall, text if lost else "")
    yield _claim("picture", False if defect else None, channel.since, wall, text if defect else "")


def _claim(name: str, value: bool | None, since: float, wall: float, text: str) -> Measurement:
    return Measurement(
        metric=f"gb28181.{name}",
        value=value,
        quality=Quality.GOOD if value is not None else Quality.UNCERTAIN,
        observed_at=since,
        confirmed_at=wall,
        text=text,
        fresh_for=FRESH_FOR,
    )
