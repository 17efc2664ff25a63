"""Snapshots of really encoded pictures: stored with each sample, masked, and kept as evidence when a fault begins."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from collectors.contract import Measurement, Target
from collectors.errors import Misconfigured
from collectors.sim.cameras import clips
from collectors.subscriber import SubscriberCallbacks
from collectors.video.pictures.decoding import DecodedPicture, DecodingRequest, decoded
from collectors.video.rtsp.probe import RtspPoller
from collectors.video.rtsp.rtp import START_CODE
from feeds.snapshots.reader import SnapshotReader
from feeds.snapshots.records import EVIDENCE_METRIC
from tests.collectors.video.test_rtsp import FAST, camera, target

pytest.importorskip("av")


def key_frame(clip: clips.EncodedClip) -> bytes:
    return b"".join(START_CODE + unit for unit in clip.units[clip.keys[0]])


def luma(jpeg: bytes) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    import av

    decoder = av.CodecContext.create("mjpeg", "r")
    packets = [*decoder.parse(jpeg), *decoder.parse(None)]
    frames = [frame for packet in packets for frame in decoder.decode(packet)] + decoder.decode(None)
    return np.asarray(frames[0].to_ndarray(format="gray"))


def picture(masks: tuple[tuple[float, float, float, float], ...] = ()) -> DecodedPicture:
    clip = clips.street_clip(1, frozen=True)
    return decoded(DecodingRequest(codec="H264", frame=key_frame(clip), masks=masks))


def test_a_mask_is_black_in_the_snapshot_and_in_what_is_kept_for_comparing() -> None:
    plain, masked = picture(), picture(((0.25, 0.25, 0.5, 0.5),))
    height, width = luma(plain.jpeg).shape
    inside = (slice(height * 3 // 10, height * 7 // 10), slice(width * 3 // 10, width * 7 // 10))
    assert luma(masked.jpeg)[inside].max() < 30 < luma(plain.jpeg)[inside].max()
    assert luma(masked.jpeg)[: height // 5].max() > 60, "the rest is still seen"
    masked_pixels = np.frombuffer(masked.pixels, np.uint8)
    assert (
        np.unique(masked_pixels).size < np.unique(np.frombuffer(plain.pixels, np.uint8)).size
        or (masked_pixels <= 20).sum() > (np.frombuffer(plain.pixels, np.uint8) <= 20).sum()
    )


@pytest.mark.parametrize("mask", ["1-2-3", "0-0-0-5", "60-0-50-10", "a-b-c-d", "-5-0-10-10"])
def test_a_mask_that_cannot_be_meant_is_refused_at_load(mask: str) -> None:
    with pytest.raises(Misconfigured, match="mask"):
        RtspPoller.validate(target(554, query=f"?mask={mask}"))


class Site:
    """A poller with a data folder. What it asks for is not polled by itself."""

    def __init__(self, data: Path) -> None:
        self.at = 1_790_000_000.0
        self.poller = RtspPoller(FAST, confirm=60, clock=lambda: self.at)
        callbacks = SubscriberCallbacks(
            push=_push, request_poll=lambda target: None, report_alarms=lambda target, alarms: None, data_folder=data
        )
        self.poller.attach(callbacks)

    async def sample(self, watched: Target) -> dict[str, Measurement]:
        self.at += 300
        self.poller.hasten(watched)
        return {measurement.metric: measurement for measurement in await self.poller.poll(watched)}


def _push(target: Target, measurements: Sequence[Measurement]) -> None:
    raise AssertionError("it pushes nothing")


async def test_a_fault_keeps_the_picture_before_and_after_with_their_hashes(tmp_path: Path) -> None:
    good, black = clips.street_clip(1, frozen=True), clips.street_clip(1, "black")
    async with camera(good) as (device, port):
        site, watched = Site(tmp_path), target(port)
        assert EVIDENCE_METRIC not in await site.sample(watched)
        device.clip = black
        assert EVIDENCE_METRIC not in await site.sample(watched), "one sample is a suspicion"
        read = await site.sample(watched)
        index = SnapshotReader(tmp_path).of("c")
        (proof,) = index.evidence
        assert read[EVIDENCE_METRIC].value == proof.digest
        assert (proof.rung, proof.faults) == ("picture", ("black",))
        assert proof.before is not None
        assert proof.after is not None
        reader = SnapshotReader(tmp_path)
        before, after = reader.read(proof.before), reader.read(proof.after)
        assert before is not None
        assert after is not None
        assert luma(before).max() > 100 > luma(after).max()
        assert EVIDENCE_METRIC not in await site.sample(watched), "a fault that lasts is not a new one"
        await site.poller.close()


async def test_frames_that_cease_keep_the_last_good_picture(tmp_path: Path) -> None:
    async with camera(clips.street_clip(1, frozen=True)) as (device, port):
        site, watched = Site(tmp_path), target(port)
        await site.sample(watched)
        device.fault = "no-data"
        assert EVIDENCE_METRIC not in await site.sample(watched), "it waits for its confirmation"
        read = await site.sample(watched)
        (proof,) = SnapshotReader(tmp_path).of("c").evidence
        assert (proof.rung, proof.after) == ("frames", None)
        assert read[EVIDENCE_METRIC].value == proof.digest
        await asyncio.gather(site.poller.close())
