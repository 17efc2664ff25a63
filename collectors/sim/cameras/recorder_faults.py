"""Faults of a simulated recorder that a person can switch on: `watchfloor demo break NVR0-disk`.

| fault | of | what the recorder does |
|---|---|---|
| `disk` | the recorder | alarms that its disk is full, again every minute |
| `channel` | the recorder | lists a camera that the inventory does not have |
| `opened` | a camera | alarms that somebody tampers with it, again every minute |
| `unrecorded` | a camera | has recorded only half of every hour |
"""

from __future__ import annotations

import asyncio

from collectors.sim.cameras.gb_device import GbDevice
from collectors.sim.cameras.gb_items import SimulatedChannel

ALARMS = {"disk": (2, 3), "opened": (2, 2)}
"""AlarmMethod and AlarmType of the faults that the recorder alarms about."""
REPEATED = 60.0
"""Seconds between two alarms about a fault that lasts."""
NEW_SERIAL = "9999"
"""The end of the id of the camera that is added."""


class RecorderFault:
    """One fault as a device: to stop the device switches the fault on, to start it switches it off."""

    def __init__(self, recorder: GbDevice, fault: str, channel: str = "") -> None:
        self.address = f"{recorder.address} {channel} {fault}"
        self._recorder, self._fault, self._channel = recorder, fault, channel
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Switch the fault off."""
        if self._task is not None:
            self._task.cancel()
            self._task = None
        if self._fault == "channel" and any(each.id == self._new_id for each in self._recorder.channels):
            self._recorder.remove_channel(self._new_id)
        self._recorder.unrecorded.discard(self._channel)

    async def stop(self) -> None:
        """Switch the fault on."""
        if self._fault in ALARMS and self._task is None:
            self._task = asyncio.create_task(self._alarm(*ALARMS[self._fault]))
        elif self._fault == "channel":
            self._recorder.add_channel(SimulatedChannel(id=self._new_id, name="新接入摄像机"))
        elif self._fault == "unrecorded":
            self._recorder.unrecorded.add(self._channel)

    @property
    def _new_id(self) -> str:
        return f"{self._recorder.device[:10]}132000{NEW_SERIAL}"

    async def _alarm(self, method: int, kind: int) -> None:
        while True:
            self._recorder.alarm(self._channel or self._recorder.device, method, kind)
            await asyncio.sleep(REPEATED)
