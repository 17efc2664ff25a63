"""`rtsp://host:554/path?cred=NAME`: does the camera answer, describe a stream, and send frames?

Each poll sends OPTIONS and DESCRIBE. Once in a `cycle` (default 5m) it also plays the stream until the first key frame,
which is decoded and checked (collectors/video/pictures) after `learn` of learning, but for the checks in `ignore`.
The picture is stored as a snapshot. `mask=left-top-width-height` in per cent of the picture is black in all of it.
A stream without frames is sampled again after CONFIRM seconds before the reading turns. The session is always ended:
one that is left blocks a camera that allows few. What these answers mean for the camera is in feeds/cameras.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import quote, urlsplit

from collectors import uri
from collectors.contract import Measurement, Poller, Target
from collectors.errors import AuthFailed, Misconfigured, NotReady
from collectors.network import addresses
from collectors.subscriber import SubscriberCallbacks
from collectors.video.pictures import readings as pictures
from collectors.video.pictures.checks import LEARN, NAMES
from collectors.video.pictures.snapshots import SnapshotKeeper
from collectors.video.pictures.stage import Masks, PictureStage
from collectors.video.rtsp.readings import measurements_of, nothing_deeper
from collectors.video.rtsp.sampling import RtspSample, SamplingTimes, sample
from feeds.clock import Clock, now

OWN_PARAMS = ("cred", "basic", "cycle", "uplink", "learn", "ignore", "mask")
"""Parameters of the probe. All others belong to the camera's own URL and are sent to it."""
CYCLE = "5m"
CONFIRM = 5.0
"""Seconds between a sample without frames and the sample that confirms it."""
BUSY_CYCLES = 3
"""Polls in a row after which a camera that has no free session counts as failed."""
SITE_SAMPLES, UPLINK_SAMPLES, HOST_SAMPLES = 128, 8, 2
"""Samples at once: of the site, behind one uplink (`uplink=NAME`), and of one host (a recorder has many cameras)."""


@dataclass(slots=True)
class SamplingState:
    """State of a target between polls. `sampled_at` is in loop time. `lost`: its frames have just ceased."""

    sampled_at: float = float("-inf")
    frames: bool | None = None
    suspected: bool = False
    lost: bool = False
    busy: int = 0


class RtspPoller(Poller):
    """Samples cameras. `times` and `confirm` bound one sample and the pause before its confirmation, in seconds."""

    schemes: ClassVar[tuple[str, ...]] = ("rtsp",)
    family: ClassVar[str] = "rtsp"

    def __init__(self, times: SamplingTimes | None = None, confirm: float = CONFIRM, clock: Clock = now) -> None:
        """`clock` gives epoch seconds."""
        self._clock = clock
        self._stage: PictureStage | None = None
        self._snapshots: SnapshotKeeper | None = None
        self._times = times or SamplingTimes()
        self._confirm = confirm
        self._callbacks: SubscriberCallbacks | None = None
        self._states: dict[str, SamplingState] = {}
        self._samples: Counter[str] = Counter()
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._postponed = 0

    @classmethod
    def validate(cls, target: Target) -> None:
        """Raises Misconfigured without a host, or when a parameter cannot be read."""
        addresses.need_host(target, "rtsp://10.0.0.5/Streaming/Channels/102?cred=cameras")
        addresses.choice(target, "basic", ("no", "yes"))
        cycle_of(target)
        learn_of(target)
        masks_of(target)
        if unknown := sorted(ignored(target) - frozenset(NAMES)):
            names = ", ".join(NAMES)
            raise Misconfigured(
                f"{target.uri!r}: ignore={unknown[0]!r} is no check; there are {names}",
                f"{target.uri!r}：ignore={unknown[0]!r} 不是检查项；可用：{names}",
            )

    def attach(self, callbacks: SubscriberCallbacks) -> None:
        """A sample that must be confirmed asks for the next poll itself."""
        self._callbacks = callbacks
        if callbacks.data_folder is not None:
            self._snapshots = SnapshotKeeper(callbacks.data_folder)

    def hasten(self, target: Target) -> None:
        """Make the next poll a full sample."""
        self._states.setdefault(_key(target), SamplingState()).sampled_at = float("-inf")

    def forget(self, target: Target) -> None:
        """Drop the state of a target that is no longer in the inventory."""
        self._states.pop(_key(target), None)
        if (timer := self._timers.pop(_key(target), None)) is not None:
            timer.cancel()

    def figures(self) -> tuple[dict[str, float], str]:
        """Samples under way, and samples that were postponed because the bounds were reached."""
        counts = {"sampling": float(self._samples[""]), "postponed": float(self._postponed)}
        if self._stage is not None:
            counts |= {"decoded": float(self._stage.decoded), "undecoded": float(self._stage.failed)}
        if self._snapshots is not None:
            counts |= self._snapshots.figures()
        remark = (
            ""
            if PictureStage.available()
            else "未安装 PyAV（watchfloor[video]），不检查图像 | PyAV (watchfloor[video]) is not installed: "
            "pictures are not checked"
        )
        return counts, remark

    async def close(self) -> None:
        """Cancel the timers and end the decoding. Sessions end with their polls."""
        stage, self._stage = self._stage, None
        if stage is not None:
            await stage.close()
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    async def poll(self, target: Target) -> list[Measurement]:
        """Raises NotReady when the server does not answer as RTSP does, AuthFailed when it refuses the account."""
        state = self._states.setdefault(_key(target), SamplingState())
        moment = asyncio.get_running_loop().time()
        due = state.suspected or moment >= state.sampled_at + cycle_of(target) * 0.99
        groups = _groups(target)
        if due and not self._has_room(groups):
            self._postponed += 1
            due = False
        if due:
            self._samples.update(groups)
        try:
            result = await self._sample(target, frames=due)
        except NotReady as error:
            state.suspected, state.frames, state.sampled_at = False, None, float("-inf")
            raise NotReady(error.reason, error.en.partition(": ")[2], nothing_deeper(error.en)) from error
        except AuthFailed as error:
            state.sampled_at = float("-inf")
            refused = [Measurement(metric="rtsp.answered", value=True), *nothing_deeper(error.en, needs_person=True)]
            raise AuthFailed(error.en, error.zh, refused) from error
        finally:
            if due:
                self._samples.subtract(groups)
        measurements = self._judged(target, state, result, sampled=due)
        if result.key_frame is not None:
            measurements += await self._pictured(target, state, result)
        if state.lost and self._snapshots is not None:
            measurements += await self._snapshots.lost(target.asset, self._clock())
        state.lost = False
        return measurements

    async def _pictured(self, target: Target, state: SamplingState, result: RtspSample) -> list[Measurement]:
        """Check the picture of a sample. Nothing where it cannot be decoded."""
        if not PictureStage.available():
            return []
        if self._stage is None:
            self._stage = PictureStage(self._callbacks.data_folder if self._callbacks is not None else None)
        assert result.key_frame is not None
        checked = await self._stage.check(
            _key(target),
            result.codec,
            result.key_frame,
            self._clock(),
            learn=learn_of(target),
            ignore=ignored(target),
            masks=masks_of(target),
        )
        if checked is None:
            return []
        picture, judgement = checked
        if judgement.suspected:
            state.suspected = True
            self._confirm_soon(target)
        turning = judgement.suspected and not judgement.raised
        fresh_for = 2 * cycle_of(target) + 30
        evidence: list[Measurement] = []
        if self._snapshots is not None:
            evidence = await self._snapshots.take(target.asset, picture, judgement, self._clock(), source="stream")
        return [*pictures.measurements_of(picture, judgement, turning=turning, fresh_for=fresh_for), *evidence]

    async def _sample(self, target: Target, *, frames: bool) -> RtspSample:
        basic = target.params.get("basic") == "yes"
        return await sample(request_url(target), target.credential, self._times, frames=frames, basic=basic)

    def _has_room(self, groups: tuple[str, ...]) -> bool:
        limits = (SITE_SAMPLES, HOST_SAMPLES, UPLINK_SAMPLES)
        return all(self._samples[group] < limit for group, limit in zip(groups, limits, strict=False))

    def _judged(self, target: Target, state: SamplingState, result: RtspSample, *, sampled: bool) -> list[Measurement]:
        """The measurements of a sample, with what an earlier one of the same camera makes of it."""
        state.busy = state.busy + 1 if result.status == "busy" else 0
        if result.status == "busy" and state.busy >= BUSY_CYCLES:
            if result.described is None:
                result.described = False
            else:
                result.frames = False
        if result.frames is not None or not result.described:
            state.sampled_at = asyncio.get_running_loop().time()
        suspected = result.frames is False and state.frames is True and not state.suspected
        state.suspected = suspected
        if suspected:
            self._confirm_soon(target)
        else:
            state.lost = sampled and result.frames is False and state.frames is True
            state.frames = result.frames if sampled or result.described is False else state.frames
        return measurements_of(result, sampled=sampled, suspected=suspected, fresh_for=2 * cycle_of(target) + 30)

    def _confirm_soon(self, target: Target) -> None:
        if self._callbacks is not None:
            request = self._callbacks.request_poll
            timer = asyncio.get_running_loop().call_later(self._confirm, request, target)
            self._timers[_key(target)] = timer


def cycle_of(target: Target) -> float:
    """Seconds between two full samples. Raises Misconfigured."""
    return uri.duration(target.params.get("cycle", CYCLE))


def learn_of(target: Target) -> float:
    """Seconds of learning before checks that need a baseline act. Raises Misconfigured."""
    return uri.duration(target.params["learn"]) if "learn" in target.params else LEARN


def ignored(target: Target) -> frozenset[str]:
    """Checks that are not made."""
    return frozenset(filter(None, target.params.get("ignore", "").split(",")))


def masks_of(target: Target) -> Masks:
    """Rectangles that nobody may see. Raises Misconfigured."""
    masks = []
    for text in filter(None, target.params.get("mask", "").split(",")):
        try:
            left, top, width, height = (float(part) / 100 for part in text.split("-"))
        except ValueError:
            left = -1.0
        if left < 0 or not (width > 0 and height > 0 and left + width <= 1.001 and top + height <= 1.001):
            raise Misconfigured(
                f"{target.uri!r}: mask={text!r} must be left-top-width-height in per cent of the picture",
                f"{target.uri!r}：mask={text!r} 应为 左-上-宽-高，以画面的百分比计",
            )
        masks.append((left, top, width, height))
    return tuple(masks)


def request_url(target: Target) -> str:
    """The URL that the camera is asked for: the probe's own without the parameters that are ours."""
    parts = urlsplit(target.uri)
    query = "&".join(
        pair for pair in parts.query.split("&") if pair and pair.partition("=")[0].lower() not in OWN_PARAMS
    )
    return parts._replace(scheme="rtsp", query=query, path=quote(parts.path or "/", safe="/%=&+,:;@!$'()*~")).geturl()


def _key(target: Target) -> str:
    return f"{target.asset}|{target.uri}"


def _groups(target: Target) -> tuple[str, ...]:
    uplink = target.params.get("uplink", "")
    return ("", f"host {target.address}", f"uplink {uplink}") if uplink else ("", f"host {target.address}")
