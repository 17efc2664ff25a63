"""RTSP against simulated cameras on loopback that send really encoded frames: each way of failing has its rung."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from collectors import registry
from collectors.contract import Measurement, Target
from collectors.errors import AuthFailed, Misconfigured, NotReady, Reason
from collectors.once import collect_once
from collectors.settings import Credential
from collectors.sim.cameras.clips import EncodedClip, street_clip
from collectors.sim.cameras.rtsp import RtspCamera
from collectors.subscriber import SubscriberCallbacks
from collectors.video.rtsp.probe import RtspPoller, request_url
from collectors.video.rtsp.sampling import SamplingTimes
from feeds.model import Quality, Value
from tests.collectors.network.loopback import Talk, saying, serve, silence

FAST = SamplingTimes(answer=0.3, first_packet=0.3, key_frame=0.8)
ACCOUNT = Credential(name="cameras", kind="password", values={"user": "duty", "password": "open sesame"})


@pytest.fixture(scope="session")
def clip() -> EncodedClip:
    pytest.importorskip("av")
    return street_clip(1, frozen=True)


def target(port: int, *, query: str = "", account: Credential | None = None) -> Target:
    parsed = registry.target_of(f"rtsp://127.0.0.1:{port}/ch1{query}", asset="c")
    return Target(
        asset="c",
        uri=parsed.uri,
        scheme="rtsp",
        host=parsed.host,
        port=port,
        path="/ch1",
        query=parsed.query,
        params=parsed.params,
        timeout=5.0,
        credential=account,
    )


@asynccontextmanager
async def camera(clip: EncodedClip, fault: str = "", user: str = "") -> AsyncIterator[tuple[RtspCamera, int]]:
    device = RtspCamera("127.0.0.1", 0, clip, user, ACCOUNT.values["password"])
    device.fault = fault
    await device.start()
    try:
        yield device, int(device.address.rpartition(":")[2])
    finally:
        await device.stop()


def values(measurements: list[Measurement]) -> dict[str, Value]:
    return {measurement.metric: measurement.value for measurement in measurements}


def text_of(measurements: tuple[Measurement, ...] | list[Measurement], metric: str) -> str:
    return next(measurement.text for measurement in measurements if measurement.metric == metric)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("codec", ["H264", "H265"])
async def test_a_stream_gives_its_codec_and_the_time_to_its_first_key_frame(codec: str) -> None:
    pytest.importorskip("av")
    async with camera(street_clip(1, frozen=True, codec=codec)) as (device, port):
        read = values(await RtspPoller(FAST).poll(target(port)))
        assert (read["rtsp.described"], read["rtsp.frames"], read["rtsp.codec"]) == (True, True, codec)
        assert isinstance(read["rtsp.key_frame_ms"], float)
        await until(lambda: not device.sessions)
        assert device.requests["TEARDOWN"] == 1


async def test_an_account_is_signed_with_digest(clip: EncodedClip) -> None:
    async with camera(clip, user="duty") as (_, port):
        assert values(await RtspPoller(FAST).poll(target(port, account=ACCOUNT)))["rtsp.frames"] is True


@pytest.mark.parametrize(
    "account", [None, Credential(name="x", kind="password", values={"user": "duty", "password": "?"})]
)
async def test_a_refused_account_needs_a_person_and_the_camera_still_answers(
    clip: EncodedClip, account: Credential | None
) -> None:
    async with camera(clip, user="duty") as (device, port):
        with pytest.raises(AuthFailed) as refused:
            await RtspPoller(FAST).poll(target(port, account=account))
        read = {measurement.metric: measurement for measurement in refused.value.measurements}
        assert read["rtsp.answered"].value is True
        assert (read["rtsp.described"].value, read["rtsp.described"].quality) == (None, Quality.BAD)
        assert "sesame" not in refused.value.en
        assert device.requests["DESCRIBE"] <= 2, "cameras lock an account after a few failures"


async def test_a_stream_that_does_not_exist_is_not_called_unreachable(clip: EncodedClip) -> None:
    """Worked example 8, second half."""
    async with camera(clip, "missing") as (_, port):
        measurements = await RtspPoller(FAST).poll(target(port))
        assert (values(measurements)["rtsp.described"], values(measurements)["rtsp.frames"]) == (False, None)
        assert text_of(measurements, "rtsp.described").startswith("码流不存在")


async def test_a_server_that_is_silent_fails_signalling_and_deeper_rungs_are_unknown() -> None:
    """Worked example 8, first half."""
    async with serve(silence) as port:
        with pytest.raises(NotReady) as error:
            await RtspPoller(FAST).poll(target(port))
    assert error.value.reason is Reason.TIMEOUT
    assert values(list(error.value.measurements)) == {"rtsp.described": None, "rtsp.frames": None, "rtsp.picture": None}


@pytest.mark.parametrize(("fault", "words"), [("no-data", "无数据"), ("no-key-frame", "无关键帧")])
async def test_play_without_frames_names_what_is_missing_and_ends_the_session(
    clip: EncodedClip, fault: str, words: str
) -> None:
    """Worked example 9."""
    async with camera(clip, fault) as (device, port):
        measurements = await RtspPoller(FAST).poll(target(port))
        assert values(measurements)["rtsp.frames"] is False
        assert text_of(measurements, "rtsp.frames").startswith(words)
        await until(lambda: not device.sessions)
        assert device.requests["TEARDOWN"] == 1


async def test_a_busy_camera_is_not_failed_before_the_third_poll(clip: EncodedClip) -> None:
    """Worked example 21: the recorder has no free session."""
    async with camera(clip, "busy") as (_, port):
        poller = RtspPoller(FAST)
        verdicts = []
        for _ in range(3):
            measurements = await poller.poll(target(port, query="?cycle=10ms"))
            verdicts.append(values(measurements)["rtsp.frames"])
            assert text_of(measurements, "rtsp.frames").startswith("会话占满")
            await asyncio.sleep(0.01)
        assert verdicts == [None, None, False]


async def test_lost_frames_are_confirmed_before_the_reading_turns(clip: EncodedClip) -> None:
    async with camera(clip) as (device, port):
        requested: list[Target] = []
        again = asyncio.Event()

        def request(polled: Target) -> None:
            requested.append(polled)
            again.set()

        poller = RtspPoller(FAST, confirm=0.05)
        poller.attach(SubscriberCallbacks(push=lambda *_: None, request_poll=request, report_alarms=lambda *_: None))
        watched = target(port, query="?cycle=10ms")
        assert values(await poller.poll(watched))["rtsp.frames"] is True
        device.fault = "no-data"
        await asyncio.sleep(0.01)
        assert "rtsp.frames" not in values(await poller.poll(watched))
        async with asyncio.timeout(5):
            await again.wait()
        assert requested == [watched]
        assert values(await poller.poll(watched))["rtsp.frames"] is False
        device.fault = ""
        await asyncio.sleep(0.01)
        assert values(await poller.poll(watched))["rtsp.frames"] is True
        await poller.close()


async def test_between_two_cycles_only_signalling_and_description_are_asked(clip: EncodedClip) -> None:
    async with camera(clip) as (device, port):
        poller = RtspPoller(FAST)
        await poller.poll(target(port))
        read = values(await poller.poll(target(port)))
        assert (read["rtsp.described"], "rtsp.frames" in read) == (True, False)
        assert (device.requests["OPTIONS"], device.requests["PLAY"]) == (2, 1)


async def test_a_poll_that_is_cancelled_ends_its_session(clip: EncodedClip) -> None:
    async with camera(clip, "no-data") as (device, port):
        poll = asyncio.create_task(RtspPoller(SamplingTimes(first_packet=60)).poll(target(port)))
        await until(lambda: device.requests["PLAY"] == 1)
        poll.cancel()
        await asyncio.gather(poll, return_exceptions=True)
        await until(lambda: not device.sessions)
        assert device.requests["TEARDOWN"] == 1


async def test_samples_beyond_the_bound_of_one_host_are_postponed(clip: EncodedClip) -> None:
    """A recorder answers for many cameras and allows few sessions."""
    async with camera(clip, "no-data") as (_, port):
        poller = RtspPoller(FAST)
        targets = [registry.target_of(f"rtsp://127.0.0.1:{port}/ch{number}", asset=f"c{number}") for number in range(4)]
        read = await asyncio.gather(*(poller.poll(each) for each in targets))
        assert sum("rtsp.frames" in values(measurements) for measurements in read) == 2
        assert poller.figures()[0]["postponed"] == 2.0


BAD_ANSWERS: dict[str, bytes] = {
    "another protocol": b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n",
    "a line without end": b"R" * 200_000,
    "a head without end": b"RTSP/1.0 200 OK\r\n" + b"X: y\r\n" * 10_000,
    "a negative length": b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: -1\r\n\r\n",
    "a huge length": b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: 999999999\r\n\r\n",
    "zeros": b"\x00" * 64,
}


@pytest.mark.parametrize("answer", BAD_ANSWERS.values(), ids=BAD_ANSWERS.keys())
async def test_an_answer_that_is_not_rtsp_is_a_wrong_answer(answer: bytes) -> None:
    async with serve(saying(answer)) as port:
        with pytest.raises(NotReady) as error:
            await RtspPoller(FAST).poll(target(port))
    assert error.value.reason in (Reason.WRONG_ANSWER, Reason.TIMEOUT)


async def test_packets_for_ever_instead_of_an_answer_end_with_the_poll() -> None:
    async def flood(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(b"$\x00\xff\xff" + b"\x01" * 65_535)
            await writer.drain()

    async with serve(flood) as port:
        with pytest.raises(NotReady):
            await RtspPoller(FAST).poll(target(port))


def answering(described: bytes, status: str = "200 OK", more: str = "") -> Talk:
    """A server that answers every request alike, with `described` as the body."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.readuntil(b"\r\n\r\n"):
            sequence = head.partition(b"CSeq: ")[2].partition(b"\r")[0].decode()
            options = head.startswith(b"OPTIONS")
            line = "200 OK" if options else status
            body = b"" if options else described
            extra = "" if options else more
            writer.write(
                f"RTSP/1.0 {line}\r\nCSeq: {sequence}\r\n{extra}Content-Length: {len(body)}\r\n\r\n".encode() + body
            )

    return talk


@pytest.mark.parametrize(
    ("description", "words"),
    [
        (b"", "描述中没有视频"),
        (b"v=0\r\nm=audio 0 RTP/AVP 0\r\n", "描述中没有视频"),
        (b"m=video 0 RTP/AVP 97\r\na=rtpmap:97 MYSTERY/90000\r\n", "视频编码未知"),
        (b"m=video x y z\r\n", "描述中没有视频"),
    ],
)
async def test_a_description_without_known_video_fails_the_described_rung(description: bytes, words: str) -> None:
    async with serve(answering(description)) as port:
        measurements = await RtspPoller(FAST).poll(target(port))
    assert values(measurements)["rtsp.described"] is False
    assert text_of(measurements, "rtsp.described").startswith(words)


async def test_a_description_of_a_megabyte_is_refused_unread() -> None:
    async with serve(answering(b"v=0\r\n" * 200_000)) as port:
        measurements = await RtspPoller(FAST).poll(target(port))
    assert values(measurements)["rtsp.described"] is False


async def test_a_redirection_to_another_host_is_not_followed() -> None:
    moved = answering(b"", "302 Moved", "Location: rtsp://169.254.169.254/latest\r\n")
    async with serve(moved) as port:
        measurements = await RtspPoller(FAST).poll(target(port))
    assert values(measurements)["rtsp.described"] is False


async def test_a_challenge_that_calls_every_answer_stale_ends() -> None:
    challenge = 'WWW-Authenticate: Digest realm="r", nonce="n", stale=true\r\n'
    async with serve(answering(b"", "401 Unauthorized", challenge)) as port:
        with pytest.raises(AuthFailed):
            await RtspPoller(FAST).poll(target(port, account=ACCOUNT))


async def test_a_password_is_not_sent_in_the_clear_unless_that_is_allowed() -> None:
    heads: list[bytes] = []

    async def basic_only(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.readuntil(b"\r\n\r\n"):
            heads.append(head)
            sequence = head.partition(b"CSeq: ")[2].partition(b"\r")[0].decode()
            status = "200 OK" if head.startswith(b"OPTIONS") or b"Basic " in head else "401 Unauthorized"
            writer.write(f'RTSP/1.0 {status}\r\nCSeq: {sequence}\r\nWWW-Authenticate: Basic realm="r"\r\n\r\n'.encode())

    async with serve(basic_only) as port:
        with pytest.raises(AuthFailed, match="basic=yes"):
            await RtspPoller(FAST).poll(target(port, account=ACCOUNT))
        assert not any(b"Authorization" in head for head in heads)
        read = values(await RtspPoller(FAST).poll(target(port, query="?basic=yes", account=ACCOUNT)))
        assert read["rtsp.described"] is False
        assert any(b"Authorization: Basic" in head for head in heads)


def test_the_camera_is_not_sent_our_own_parameters() -> None:
    watched = registry.target_of("rtsp://10.0.0.5:554/cam/realmonitor?channel=1&subtype=1&cred=c&cycle=20s")
    assert request_url(watched) == "rtsp://10.0.0.5:554/cam/realmonitor?channel=1&subtype=1"


@pytest.mark.parametrize("uri", ["rtsp://", "rtsp://10.0.0.5/1?cycle=soon", "rtsp://10.0.0.5/1?basic=maybe"])
def test_a_probe_that_cannot_work_is_refused_at_load(uri: str) -> None:
    with pytest.raises(Misconfigured):
        registry.target_of(uri)


async def test_collect_once_gives_every_rung(clip: EncodedClip) -> None:
    async with camera(clip) as (_, port):
        attempt = await collect_once(f"rtsp://127.0.0.1:{port}/ch1", timeout=10.0)
    read = {observation.metric: observation.value for observation in attempt.observations}
    assert (read["rtsp.up"], read["rtsp.described"], read["rtsp.frames"]) == (True, True, True)
