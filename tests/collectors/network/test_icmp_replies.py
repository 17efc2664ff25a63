"""Echo replies that are not what was asked for, from a peer in a network namespace of its own."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import pytest

from collectors.network.icmp.echo_packets import _checksum
from tests.collectors.network.icmp_replies import MANNERS, checksum
from tests.patience import PATIENCE

SETUP = "ip link set lo up && echo 1 > /proc/sys/net/ipv4/icmp_echo_ignore_all && exec "
ANSWERS = {"right", "twice"}


async def in_namespace() -> dict[str, dict[str, float]]:
    """What the child prints. Skips where this process may not have a namespace."""
    allowed = await asyncio.create_subprocess_exec(
        "unshare", "-n", "sh", "-c", f"{SETUP} true", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    if await allowed.wait():
        pytest.skip("no network namespace of its own: needs root")
    script = f"{SETUP}{sys.executable} -m tests.collectors.network.icmp_replies"
    child = await asyncio.create_subprocess_exec(
        "unshare", "-n", "sh", "-c", script, stdout=subprocess.PIPE, cwd=Path(__file__).parents[3]
    )
    async with asyncio.timeout(PATIENCE):
        printed, _ = await child.communicate()
    assert child.returncode == 0
    answer: dict[str, dict[str, float]] = json.loads(printed)
    return answer


async def test_a_reply_counts_only_when_every_octet_of_it_is_right() -> None:
    try:
        readings = await in_namespace()
    except FileNotFoundError:
        pytest.skip("unshare is not installed")
    assert set(readings) == set(MANNERS)
    assert {manner for manner in ANSWERS if readings[manner]["icmp.loss"] == 0} == ANSWERS
    # Each late reply answers an earlier request of the same poll; the last has none.
    assert readings["late"]["icmp.loss"] == pytest.approx(33.3)
    assert {
        manner: answers for manner, answers in readings.items() if manner not in (*ANSWERS, "late") and answers
    } == {}


@pytest.mark.parametrize("body", [b"\xff\xff" * 3, b"\x00" * 8, bytes(range(44))])
def test_the_checksum_is_that_of_rfc_1071(body: bytes) -> None:
    assert _checksum(0x0800, body) == checksum(b"\x08\x00\x00\x00" + body)
