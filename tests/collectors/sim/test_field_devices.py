"""The demo's second process of devices, when it is not there."""

from __future__ import annotations

import asyncio

import pytest

from collectors.sim.field_devices import Child, Remote
from tests.patience import until


async def test_a_device_that_does_not_begin_is_told_once_and_stops_quietly(caplog: pytest.LogCaptureFixture) -> None:
    child = Child()
    device = Remote(child, "plc", "127.0.0.1:502")
    await device.start()
    message = "plc did not begin: [Errno 0] the simulated devices have not begun"
    await until(lambda: message in caplog.text)
    await child.stop()
    async with asyncio.timeout(30):
        await device.stop()
    assert caplog.text.count(message) == 1
