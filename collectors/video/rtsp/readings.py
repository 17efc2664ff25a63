"""The measurements of an RTSP sample, with sentences for people. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from collectors.contract import Measurement
from collectors.video.rtsp.sampling import RtspSample
from feeds.model import Quality

DEEPER = ("rtsp.described", "rtsp.frames", "rtsp.picture")
"""Verdicts beyond signalling, lowest first."""
_SENTENCES = {
    "missing": ("码流不存在", "the stream does not exist"),
    "busy": ("会话占满", "no session is free"),
    "no video": ("描述中没有视频", "the description has no video"),
    "unknown codec": ("视频编码未知", "the video codec is unknown"),
    "refused": ("拒绝播放", "the camera refuses to play"),
    "no answer": ("应答超时", "no answer"),
    "no data": ("无数据", "no data"),
    "no key frame": ("无关键帧", "no key frame"),
    "udp only": ("只支持 UDP 传输", "the camera sends over UDP only"),
}


def sentence(status: str, detail: str = "") -> str:
    """The text of a sample's status in Chinese and English, divided by " | "."""
    if status not in _SENTENCES:
        return detail
    zh, en = _SENTENCES[status]
    return f"{zh}（{detail}） | {en} ({detail})" if detail else f"{zh} | {en}"


def nothing_deeper(why: str, *, needs_person: bool = False) -> list[Measurement]:
    """Verdicts of the rungs that a failed sample did not reach: nobody can tell."""
    return [_unknown(metric, why, needs_person and metric == DEEPER[0]) for metric in DEEPER]


def _unknown(metric: str, why: str, needs_person: bool = False) -> Measurement:
    quality = Quality.BAD if needs_person else Quality.UNCERTAIN
    return Measurement(metric=metric, value=None, quality=quality, text=why)


def measurements_of(result: RtspSample, *, sampled: bool, suspected: bool, fresh_for: float) -> list[Measurement]:
    """All measurements of a sample. `sampled`: frames were asked for. `suspected`: it waits for its confirmation.

    `fresh_for` is the validity in seconds of what only full samples give.
    """
    return list(_measurements(result, sampled=sampled, suspected=suspected, fresh_for=fresh_for))


def _measurements(result: RtspSample, *, sampled: bool, suspected: bool, fresh_for: float) -> Iterator[Measurement]:
    text = sentence(result.status, result.detail)
    yield Measurement(metric="rtsp.connect_ms", value=round(result.connect_ms, 3), unit="ms")
    if result.described:
        yield Measurement(metric="rtsp.described", value=True, text=result.codec)
    else:
        value = result.described
        quality = Quality.GOOD if value is not None else Quality.UNCERTAIN
        yield Measurement(metric="rtsp.described", value=value, quality=quality, text=text)
        yield from (_unknown(metric, text) for metric in DEEPER[1:])
        return
    if result.codec:
        yield Measurement(metric="rtsp.codec", value=result.codec)
    if not sampled or suspected:
        return
    if result.frames:
        yield Measurement(metric="rtsp.frames", value=True, fresh_for=fresh_for)
    else:
        quality = Quality.GOOD if result.frames is not None else Quality.UNCERTAIN
        yield Measurement(metric="rtsp.frames", value=result.frames, quality=quality, text=text, fresh_for=fresh_for)
        yield _unknown("rtsp.picture", text)
    yield from _figures(result, fresh_for)


def _figures(result: RtspSample, fresh_for: float) -> Iterator[Measurement]:
    figures = (
        ("rtsp.first_frame_ms", result.first_frame_ms, "ms"),
        ("rtsp.key_frame_ms", result.key_frame_ms, "ms"),
        ("rtsp.loss", result.loss, "%"),
        ("rtsp.fps", result.fps, "1/s"),
        ("rtsp.kbps", result.kbps, "kbit/s"),
    )
    for metric, value, unit in figures:
        if value is not None:
            yield Measurement(metric=metric, value=round(value, 3), unit=unit, fresh_for=fresh_for)
