"""The measurements of a judged picture, with sentences for people. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from collectors.contract import Measurement
from collectors.video.pictures.checks import Judgement
from collectors.video.pictures.decoding import DecodedPicture

WORDS = {
    "black": ("黑屏", "black"),
    "no-signal": ("无信号", "no signal"),
    "frozen": ("画面冻结", "frozen"),
    "dark": ("过暗", "too dark"),
    "bright": ("过亮", "too bright"),
    "covered": ("遮挡", "covered"),
    "blurred": ("模糊", "blurred"),
    "noisy": ("雪花噪声", "noisy"),
    "tinted": ("偏色", "colour cast"),
    "moved": ("场景变换", "moved"),
}
"""The names of the checks in Chinese and English."""


def sentence(raised: tuple[str, ...]) -> str:
    """The raised checks, in Chinese and English, divided by " | "."""
    if not raised:
        return ""
    zh, en = "、".join(WORDS[name][0] for name in raised), ", ".join(WORDS[name][1] for name in raised)
    return f"{zh} | {en}"


def measurements_of(
    picture: DecodedPicture, judgement: Judgement, *, turning: bool, fresh_for: float
) -> Iterator[Measurement]:
    """All measurements of a picture. `turning`: the verdict waits for the sample that confirms it."""
    statistics = picture.statistics
    assert statistics is not None
    if not turning:
        yield Measurement(
            metric="rtsp.picture", value=not judgement.raised, text=sentence(judgement.raised), fresh_for=fresh_for
        )
        yield Measurement(metric="picture.faults", value=",".join(judgement.raised), fresh_for=fresh_for)
    yield Measurement(metric="picture.learning", value=judgement.learning, fresh_for=fresh_for)
    yield Measurement(metric="picture.size", value=f"{picture.width}x{picture.height}", fresh_for=fresh_for)
    figures = (
        ("brightness", statistics.p50),
        ("detail", statistics.detail),
        ("flat", statistics.flat),
        ("noise", statistics.noise),
        ("chroma", statistics.chroma),
        ("equal", picture.equal),
        ("edges", picture.comparison.edges if picture.comparison is not None else None),
    )
    for name, value in figures:
        if value is not None:
            yield Measurement(metric=f"picture.{name}", value=round(value, 3), fresh_for=fresh_for)
