"""One sample of a camera over RTSP: how far it gets, and the key frame at the end. It decides nothing over time."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

from collectors.errors import NotReady, Reason
from collectors.settings import Credential
from collectors.video.rtsp import sdp
from collectors.video.rtsp.messages import RtspResponse
from collectors.video.rtsp.rtp import Depacketizer
from collectors.video.rtsp.sdp import SessionDescription
from collectors.video.rtsp.session import RtspSession

AFTER_KEY_FRAME = 2.0
"""Seconds for which a stream is measured after its first key frame, when its frame rate is asked for."""
BYTES = 32 << 20
"""Bytes that one sample reads at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplingTimes:
    """Limits of one sample, seconds: for each answer, for the first packet, and for the first key frame."""

    answer: float = 3.0
    first_packet: float = 3.0
    key_frame: float = 10.0


@dataclass(slots=True, kw_only=True)
class RtspSample:
    """The result of one sample.

    `status` is that of the answer that ended it ("" for none): "ok", "missing", "busy", "no video", "unknown codec",
    "refused", "no answer", "no data", "no key frame", "udp only". `detail` is the server's own words.
    `described` and `frames` are None where the sample did not get so far. `key_frame` is in Annex B form.
    """

    status: str = "ok"
    detail: str = ""
    described: bool | None = None
    frames: bool | None = None
    codec: str = ""
    key_frame: bytes | None = None
    connect_ms: float = 0.0
    first_frame_ms: float | None = None
    key_frame_ms: float | None = None
    loss: float | None = None
    fps: float | None = None
    kbps: float | None = None
    tracks: SessionDescription = field(default_factory=SessionDescription)

    def ended(self, status: str, detail: str = "") -> RtspSample:
        """The sample, with the reason for which it goes no further."""
        self.status, self.detail = status, detail
        return self


_STATUSES = {404: "missing", 454: "missing", 453: "busy", 503: "busy", 461: "udp only"}


async def sample(
    url: str,
    credential: Credential | None,
    times: SamplingTimes,
    *,
    frames: bool,
    basic: bool = False,
    measure: bool = False,
) -> RtspSample:
    """OPTIONS and DESCRIBE, and with `frames` PLAY until the first key frame. `measure`: also measure rate and loss.

    Raises NotReady when the server does not answer OPTIONS as RTSP does, AuthFailed when it refuses the account.
    """
    result = RtspSample()
    session = RtspSession(url, credential, basic=basic)
    try:
        await _signalled(session, result, times)
        try:
            async with asyncio.timeout(times.answer):
                answer = await _described(session, url)
            if not _read_description(result, answer) or not frames:
                return result
            async with asyncio.timeout(2 * times.answer):
                if not await _playing(session, result, answer):
                    return result
        except (NotReady, TimeoutError) as error:
            result.ended("no answer", error.en if isinstance(error, NotReady) else "")
            result.described, result.frames = (True, False) if result.described else (False, None)
            return result
        await _receive(session, result, times, measure=measure)
        return result
    finally:
        await session.close()


async def _signalled(session: RtspSession, result: RtspSample, times: SamplingTimes) -> None:
    began = time.perf_counter()
    try:
        async with asyncio.timeout(times.answer):
            await session.open()
            result.connect_ms = (time.perf_counter() - began) * 1000
            await session.options()
    except TimeoutError as error:
        raise NotReady(Reason.TIMEOUT, f"{times.answer:g} s") from error


async def _described(session: RtspSession, url: str) -> RtspResponse:
    """The answer to DESCRIBE. A redirection within the same host is followed once."""
    answer = await session.describe()
    location = answer.headers.get("location", "")
    if answer.status in (301, 302) and (moved := sdp.same_host(location, url)):
        session.url = moved
        answer = await session.describe()
    return answer


def _read_description(result: RtspSample, answer: RtspResponse) -> bool:
    """Take the answer to DESCRIBE. False when it describes no stream that can be played."""
    if answer.status != 200:
        result.ended(_STATUSES.get(answer.status, "refused"), f"{answer.status} {answer.reason}".strip())
        result.described = None if result.status == "busy" else False
        return False
    result.tracks = sdp.parse(answer.body)
    video = result.tracks.video
    if video is None or video.codec not in sdp.CODECS:
        result.ended("no video" if video is None else "unknown codec", "" if video is None else video.codec[:32])
        result.described = False
        return False
    result.described, result.codec = True, video.codec
    return True


async def _playing(session: RtspSession, result: RtspSample, answer: RtspResponse) -> bool:
    base = answer.headers.get("content-base", "") or answer.headers.get("content-location", "")
    setup = await session.setup(sdp.control_url(result.tracks, base, session.url))
    if setup.status == 200:
        play = await session.play(sdp.aggregate_url(result.tracks, base, session.url))
        if play.status == 200:
            return True
        setup = play
    result.ended(_STATUSES.get(setup.status, "refused"), f"{setup.status} {setup.reason}".strip())
    result.frames = None if result.status in ("busy", "udp only") else False
    return False


async def _receive(session: RtspSession, result: RtspSample, times: SamplingTimes, *, measure: bool) -> None:
    """Read packets until the first key frame is whole, or a limit is reached."""
    video = result.tracks.video
    assert video is not None
    stream = Depacketizer(video.codec, video.payload_type, video.parameter_sets)
    began, first = time.perf_counter(), None
    loop = asyncio.get_running_loop()
    deadline = loop.time() + times.first_packet
    try:
        async with asyncio.timeout_at(deadline) as limit:
            while stream.counts.octets < BYTES:
                packet = await session.packet()
                if packet.channel != 0:
                    continue
                key_frame = stream.take(packet.payload)
                if first is None and stream.counts.packets:
                    first = time.perf_counter()
                    result.first_frame_ms = (first - began) * 1000
                    limit.reschedule(loop.time() + times.key_frame)
                if key_frame is None and video.codec in sdp.DECODED:
                    continue
                if result.key_frame_ms is None and first is not None:
                    result.key_frame, result.key_frame_ms = key_frame, (time.perf_counter() - began) * 1000
                    if not measure:
                        break
                    limit.reschedule(loop.time() + AFTER_KEY_FRAME)
    except TimeoutError:
        pass  # what was received decides
    except NotReady as error:
        result.detail = error.en
    _conclude(result, stream, first)


def _conclude(result: RtspSample, stream: Depacketizer, first: float | None) -> None:
    counts = stream.counts
    if first is None or not counts.packets:
        result.frames, result.status = False, "no data"
        return
    result.frames = result.key_frame_ms is not None
    if not result.frames:
        result.status = "no key frame"
    seconds = time.perf_counter() - first
    result.loss = round(counts.loss * 100, 2)
    if seconds >= 1.0:
        result.fps, result.kbps = round(counts.frames / seconds, 1), round(counts.octets * 8 / seconds / 1000)
