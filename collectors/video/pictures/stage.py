"""The picture stage of a probe: a key frame goes to a decoding process, the answer is judged, baselines are kept.

Without PyAV (the extra `video`) there is no stage: rung 4 is not checked, and the source says so.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from importlib.util import find_spec
from pathlib import Path

import msgspec

from collectors.video.pictures.check_results import check_results
from collectors.video.pictures.checks import Judgement, PictureState, edges_of, judge
from collectors.video.pictures.decoding import CODECS, DecodedPicture, DecodingRequest
from feeds.isolation.process import Isolated, Outlasted, TooBusy

WORKERS, DEADLINE, WAITING = 2, 5.0, 64
"""Decoding processes, seconds for one frame, and frames that wait for one process at most."""
SAVE_EVERY = 300.0
"""Seconds between two writes of one camera's baseline."""
DAYLIGHT = range(9, 17)
"""Hours of China's time in which the sun is up everywhere in the country's south-west, all the year."""
_CHINA = timezone(timedelta(hours=8))
WORKER = "collectors.video.pictures.decoding"
Masks = tuple[tuple[float, float, float, float], ...]
"""Rectangles that nobody may see: left, top, width and height in shares of the picture."""


class PictureStage:
    """Decodes and judges pictures. `folder` keeps baselines across restarts, None for no files."""

    def __init__(self, folder: Path | None = None, workers: int = WORKERS) -> None:
        self._folder = folder / "pictures" if folder is not None else None
        self._workers = [Isolated(WORKER, deadline=DEADLINE, waiting=WAITING) for _ in range(workers)]
        self._states: dict[str, PictureState] = {}
        self._saved: dict[str, float] = {}
        self._next = 0
        self.decoded = self.failed = 0

    @staticmethod
    def available() -> bool:
        """True when pictures can be decoded here."""
        return find_spec("av") is not None

    async def check(
        self,
        camera: str,
        codec: str,
        frame: bytes,
        now: float,
        *,
        learn: float,
        ignore: Iterable[str] = (),
        masks: Masks = (),
    ) -> tuple[DecodedPicture, Judgement] | None:
        """Decode and judge a key frame. None when it could not be decoded now, or at all.

        The picture has a JPEG where there is a folder for it.
        """
        if codec not in CODECS:
            return None
        state = self._state(camera)
        request = DecodingRequest(
            codec=codec,
            frame=frame,
            baseline=edges_of(state),
            before=state.pixels,
            picture=self._folder is not None,
            masks=masks,
        )
        self._next = (self._next + 1) % len(self._workers)
        try:
            answer = await self._workers[self._next].call(msgspec.msgpack.encode(request))
        except (Outlasted, TooBusy):
            self.failed += 1
            return None
        picture = msgspec.msgpack.decode(answer, type=DecodedPicture)
        if picture.statistics is None:
            self.failed += 1
            return None
        self.decoded += 1
        daylight = datetime.fromtimestamp(now, _CHINA).hour in DAYLIGHT
        judgement = judge(state, picture, now, daylight=daylight, learn=learn, ignore=ignore)
        self._save(camera, state, now)
        return picture, replace(judgement, results=check_results(state, picture, judgement, ignore))

    def forget(self, camera: str) -> None:
        """Drop a camera from memory. Its baseline stays in its file."""
        self._states.pop(camera, None)

    async def close(self) -> None:
        """End the processes and write every baseline."""
        for camera, state in self._states.items():
            self._save(camera, state, float("inf"))
        for worker in self._workers:
            await worker.close()

    def _state(self, camera: str) -> PictureState:
        if camera not in self._states:
            self._states[camera] = self._load(camera)
        return self._states[camera]

    def _path(self, camera: str) -> Path | None:
        name = hashlib.sha256(camera.encode()).hexdigest()[:32]
        return self._folder / f"{name}.baseline" if self._folder is not None else None

    def _load(self, camera: str) -> PictureState:
        path = self._path(camera)
        try:
            return msgspec.msgpack.decode(path.read_bytes(), type=PictureState) if path else PictureState()
        except (OSError, msgspec.DecodeError):
            return PictureState()  # the camera is learned anew

    def _save(self, camera: str, state: PictureState, now: float) -> None:
        path = self._path(camera)
        if path is None or now - self._saved.get(camera, float("-inf")) < SAVE_EVERY:
            return
        self._saved[camera] = now
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            part = path.with_suffix(".part")
            part.write_bytes(msgspec.msgpack.encode(state))
            part.replace(path)
        except OSError:
            self.failed += 1  # it is written again later, and learned anew after a restart at worst
