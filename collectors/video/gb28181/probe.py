"""`gb28181://53230100001320000001`: a device or channel that reports to the platform by itself.

Nothing is asked: the listener `video.gb28181` publishes what the device says, and its silence.
"""

from __future__ import annotations

from typing import ClassVar

from collectors import uri
from collectors.contract import Measurement, Poller, Target
from collectors.errors import Misconfigured
from collectors.video.gb28181 import device_id


class GbPoller(Poller):
    """Validates the URI; there is nothing to poll."""

    schemes: ClassVar[tuple[str, ...]] = ("gb28181",)
    family: ClassVar[str] = "gb28181"
    passive: ClassVar[bool] = True

    @classmethod
    def validate(cls, target: Target) -> None:
        """Raises Misconfigured for an id that no device may have."""
        uri.only(target, ())
        if not device_id.acceptable(target.host) or target.port is not None or target.path not in ("", "/"):
            zh, en = device_id.fault_of(target.host)
            raise Misconfigured(
                f"{target.uri!r} names no device: write gb28181:// and its 20 digits ({en or 'no port, no path'})",
                f"{target.uri!r} 不是设备编码：请写 gb28181:// 加 20 位编码（{zh or '不带端口与路径'}）",
            )

    async def poll(self, target: Target) -> list[Measurement]:
        """Raises Misconfigured: the runner never polls what is passive; `collect --once` shows the sentence."""
        zh, en = device_id.fault_of(target.host)
        raise Misconfigured(
            f"device {target.host} registers by itself with the source video.gb28181; its id: {en or 'well formed'}",
            f"设备 {target.host} 由其主动向来源 video.gb28181 注册；编码检查：{zh or '符合规范'}",
        )
