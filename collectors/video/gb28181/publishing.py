"""Messages to the runner: measurements of devices and channels, and alerts, for assets of the inventory."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from collectors.contract import Measurement
from collectors.listener import AlertSignal, ListenerMessage
from collectors.video.gb28181 import channels
from collectors.video.gb28181.bindings import Binding
from collectors.video.gb28181.channels import Channels
from collectors.video.gb28181.roster import DeviceRoster
from feeds.model import Quality, Severity

CONFIRM_DEVICE, CONFIRM_CHANNELS = 60.0, 300.0
"""Seconds between two confirmations of a device's reading, and of its channels' readings."""
AUTH_RULE = "gb28181:auth"
Emit = Callable[[ListenerMessage], object]


@dataclass(slots=True)
class _Published:
    device: float = float("-inf")
    channels: float = float("-inf")


class GbPublisher:
    """Makes messages of the states of devices and channels. `emit` takes each; `roster` has the assets."""

    def __init__(self, emit: Emit, roster: DeviceRoster, table: Channels) -> None:
        self._emit = emit
        self.roster = roster
        self._channels = table
        self._published: dict[str, _Published] = {}

    def message(self, id: str, measurements: Iterable[Measurement], signals: Iterable[AlertSignal] = ()) -> None:
        """Emit measurements and alerts of a device or channel. Nothing is emitted for one that is no asset."""
        entry = self.roster.get(id)
        if entry is None:
            return
        self._emit(
            ListenerMessage(
                asset=entry.asset,
                sender=id,
                measurements=tuple(measurements),
                signals=tuple(signals),
                probe=entry.probe,
            )
        )

    def device(self, binding: Binding, now: float, wall: float, *, starting: bool) -> None:
        """Emit the state of a device and of all its channels, at the same moment."""
        self._published[binding.device] = _Published(now, now)
        self.message(binding.device, [_up(binding, now, wall, starting=starting), *_facts(binding)])
        for id in self.channels_of(binding.device):
            if id != binding.device:
                self.channel(id, wall, alive=binding.online is True)

    def channel(self, id: str, wall: float, *, alive: bool) -> None:
        """Emit the state of one channel. `alive`: its device is on line."""
        channel = self._channels.get(id)
        if not alive or channel is None:
            self.message(id, channels.unknown() if not alive else channels.unknown(_UNLISTED))
        else:
            self.message(id, channels.measurements(channel, wall))

    def confirm(self, binding: Binding, now: float, wall: float) -> None:
        """Emit unchanged states again before their readings expire."""
        last = self._published.setdefault(binding.device, _Published())
        heard = binding.heard_at is not None and binding.heard_at > last.device
        if binding.online and heard and now - last.device >= CONFIRM_DEVICE:
            last.device = now
            self.message(binding.device, [_up(binding, now, wall, starting=False)])
        elif not binding.online and now - last.device >= CONFIRM_CHANNELS:
            self.device(binding, now, wall, starting=binding.online is None)
        if binding.online and now - last.channels >= CONFIRM_CHANNELS:
            last.channels = now
            for id in self.channels_of(binding.device):
                if id != binding.device:
                    self.channel(id, wall, alive=True)

    def channels_of(self, device: str) -> list[str]:
        """The channels of a device that are assets: those that it listed, and those below it in the inventory."""
        listed = (channel.item.id for channel in self._channels.of(device))
        return [id for id in dict.fromkeys((*listed, *self.roster.channels_of(device))) if id in self.roster]

    def auth_failed(self, device: str, address: str, reason: str) -> None:
        """Raise the alert that a device cannot sign in."""
        signal = AlertSignal(
            rule=AUTH_RULE,
            active=True,
            severity=Severity.WARNING,
            title={"zh-CN": "国标设备注册认证失败", "en": "GB/T 28181 device cannot sign in"},
            key=address,
            text=f"{address}: {reason}",
            lasts=600.0,
        )
        self.message(device, (), [signal])


_UNLISTED = "设备目录中没有此通道 | the device has not listed this channel"


def _up(binding: Binding, now: float, wall: float, *, starting: bool) -> Measurement:
    fresh_for = binding.patience + 2 * CONFIRM_DEVICE + CONFIRM_CHANNELS * (binding.online is not True)
    if binding.online is None or (starting and not binding.online):
        text = "刚启动，等待心跳 | just started: waiting for a keepalive"
        return Measurement(
            metric="gb28181.up", value=None, quality=Quality.UNCERTAIN, text=text, observed_at=wall, fresh_for=fresh_for
        )
    if not binding.online:
        reason = "注销 | signed off" if binding.left else "心跳超时 | keepalives missed"
        return Measurement(metric="gb28181.up", value=False, text=reason, observed_at=wall, fresh_for=fresh_for)
    expired = now > binding.expires_at
    return Measurement(
        metric="gb28181.up",
        value=True,
        quality=Quality.UNCERTAIN if expired or not binding.status_ok else Quality.GOOD,
        text="注册已过期，心跳仍在 | the registration has expired, keepalives go on" if expired else "",
        observed_at=wall,
        fresh_for=fresh_for,
    )


def _facts(binding: Binding) -> list[Measurement]:
    interval = Measurement(metric="gb28181.keepalive_s", value=round(binding.interval, 1), unit="s", fresh_for=86_400)
    if not binding.version:
        return [interval]
    return [interval, Measurement(metric="gb28181.version", value=binding.version, fresh_for=86_400)]
