"""ICMP through the real fping, and our figures beside its own."""

from __future__ import annotations

from collectors.network.icmp.probe import IcmpPoller
from tests.collectors.network.loopback import ANSWERED, ask, target_of, values_of
from tests.peers.conftest import program


def not_permitted(_: int) -> None:
    raise PermissionError("permission denied")


async def test_fping_gives_the_same_readings() -> None:
    poller = IcmpPoller(opener=not_permitted, fping=program("fping"))  # type: ignore[arg-type]
    readings = values_of(await ask(poller, target_of("icmp://127.0.0.1?count=3")))
    assert set(readings) == {"icmp.rtt_ms", "icmp.loss", "icmp.jitter_ms"}
    assert readings["icmp.loss"] == 0
    assert 0 < float(readings["icmp.rtt_ms"] or 0) < 1000 * ANSWERED
