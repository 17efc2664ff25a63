"""Cameras of the demo: scenes that many of them share, and faults that can be switched on and off."""

from __future__ import annotations

import asyncio

from collectors.sim.cameras import clips
from collectors.sim.cameras.clips import EncodedClip
from collectors.sim.cameras.rtsp import RtspCamera
from collectors.sim.values import USER, V3_KEYS

SCENES = 3
"""Scenes that are encoded. Cameras share them."""
STREAM_FAULTS = ("missing", "silent", "no-data", "no-key-frame", "busy")
"""Faults of the stream."""
PICTURE_FAULTS = ("black", "frozen", "covered", "no-signal", "blurred")
"""Faults of the picture."""
NAMES = (*STREAM_FAULTS, *PICTURE_FAULTS)


async def scene_clip(seed: int, fault: str) -> EncodedClip:
    """The clip of a scene with a fault of the picture, "" for none. It is encoded once, in a thread."""
    async with _encoding.setdefault(seed, asyncio.Lock()):
        if fault == "frozen":
            return await asyncio.to_thread(clips.street_clip, seed, frozen=True)
        return await asyncio.to_thread(clips.street_clip, seed, fault)


_encoding: dict[int, asyncio.Lock] = {}


class DemoCamera(RtspCamera):
    """A camera that plays one of the shared scenes. A scene is encoded when it is first played, in a thread."""

    def __init__(self, host: str, port: int, number: int) -> None:
        super().__init__(host, port, clips.EMPTY, USER, V3_KEYS[0])
        self.picture_fault = ""
        self._number = number

    async def prepared(self) -> EncodedClip:
        """The clip of the present picture."""
        return await scene_clip(self._number % SCENES, self.picture_fault)


class CameraFault:
    """A fault of one camera as a device: to stop the device switches the fault on, to start it switches it off."""

    def __init__(self, camera: DemoCamera, fault: str) -> None:
        self.address = f"{camera.address} {fault}"
        self._camera, self._fault = camera, fault

    async def start(self) -> None:
        """Switch the fault off."""
        self._set("")

    async def stop(self) -> None:
        """Switch the fault on."""
        self._set(self._fault)

    def _set(self, fault: str) -> None:
        if self._fault in PICTURE_FAULTS:
            self._camera.picture_fault = fault
        else:
            self._camera.fault = fault
