"""`heartbeat:?every=5m`: nothing is asked; something else calls in, and silence is the failure.

The API takes the call (POST /api/v1/ingest/heartbeat/{asset id}) and publishes the
observation `heartbeat.up`, fresh for `every`; the projector turns its lapse into False.
"""

from __future__ import annotations

from typing import ClassVar

from collectors import uri
from collectors.contract import Measurement, Poller, Target
from collectors.errors import Misconfigured

LONGEST = 31 * 86400.0
"""A heartbeat may be silent for a month at most, in seconds."""


def every(target: Target) -> float:
    """The longest silence, in seconds. Raises Misconfigured."""
    if "every" not in target.params:
        raise Misconfigured(
            f"{target.uri!r} does not say how often it calls; write heartbeat:?every=5m",
            f"{target.uri!r} 没有写明呼叫间隔；请写成 heartbeat:?every=5m",
        )
    seconds = uri.duration(target.params["every"])
    if not 1.0 <= seconds <= LONGEST:
        raise Misconfigured(
            f"{target.uri!r}: every must lie between 1s and 31d", f"{target.uri!r}：every 须在 1s 与 31d 之间"
        )
    return seconds


class HeartbeatPoller(Poller):
    """Validates the URI; there is nothing to poll."""

    schemes: ClassVar[tuple[str, ...]] = ("heartbeat",)
    family: ClassVar[str] = "heartbeat"
    passive: ClassVar[bool] = True

    @classmethod
    def validate(cls, target: Target) -> None:
        """Raises Misconfigured without a good `every`, or with a host."""
        if target.host:
            raise Misconfigured(
                f"{target.uri!r} names a host, but a heartbeat calls in by itself; write heartbeat:?every=5m",
                f"{target.uri!r} 写了主机，但心跳由对方主动呼叫；请写成 heartbeat:?every=5m",
            )
        uri.only(target, ("every",))
        every(target)

    async def poll(self, target: Target) -> list[Measurement]:
        """Raises Misconfigured: the runner never polls what is passive; `collect --once` shows the sentence."""
        call = f"POST /api/v1/ingest/heartbeat/{target.asset or '<asset id>'}"
        raise Misconfigured(
            f"a heartbeat is not asked: something must call {call} at least every {target.params.get('every')}",
            f"心跳不由本机探测：对方须至少每 {target.params.get('every')} 调用一次 {call}",
        )
