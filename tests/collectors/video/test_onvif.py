"""ONVIF against a simulated camera and against recorded answers of two makers: signing, clock, services, faults."""

from __future__ import annotations

import gzip
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC
from pathlib import Path

import pytest
from aiohttp import web
from lxml import etree

from collectors.contract import Measurement, Target
from collectors.errors import AuthFailed, NotReady, Reason
from collectors.settings import Credential
from collectors.sim.cameras.onvif import OnvifCamera
from collectors.sim.devices import HttpService
from collectors.video.clock_check import offset_text
from collectors.video.onvif import soap
from collectors.video.onvif.device_clock import device_clock, posix_zone
from collectors.video.onvif.probe import OnvifPoller
from collectors.video.onvif.soap import OnvifFault, OnvifFormatError
from feeds.model import Value
from tests.shared_samples import SAMPLES

ACCOUNT = Credential(name="cameras", kind="password", values={"user": "duty", "password": "open sesame"})
RECORDED = SAMPLES / "devices" / "onvif"


def target(port: int, account: Credential | None = ACCOUNT) -> Target:
    uri = f"onvif://127.0.0.1:{port}"
    return Target(asset="c", uri=uri, scheme="onvif", host="127.0.0.1", port=port, timeout=5.0, credential=account)


@asynccontextmanager
async def serving(service: HttpService) -> AsyncIterator[int]:
    await service.start()
    assert service._runner is not None
    try:
        yield int(service._runner.addresses[0][1])
    finally:
        await service.stop()
        await service.close()


def values(measurements: list[Measurement]) -> dict[str, Value]:
    return {measurement.metric: measurement.value for measurement in measurements}


def scripted(answer: Callable[[str], web.Response]) -> HttpService:
    """A device that answers each call by its name."""

    async def handle(request: web.Request) -> web.Response:
        body = await request.read()
        call = str(etree.QName(etree.fromstring(body)[1][0]).localname)
        return answer(call)

    app = web.Application()
    app.router.add_post("/{path:.*}", handle)
    return HttpService("127.0.0.1", 0, app)


async def polled(service: HttpService, account: Credential | None = ACCOUNT, times: int = 1) -> dict[str, Value]:
    poller = OnvifPoller()
    try:
        async with serving(service) as port:
            for _ in range(times):
                measurements = await poller.poll(target(port, account))
            return values(measurements)
    finally:
        await poller.close()


async def test_a_camera_tells_its_clock_make_and_profiles() -> None:
    read = await polled(OnvifCamera("127.0.0.1", 0, "duty", "open sesame"))
    assert (read["onvif.clock"], read["onvif.model"], read["onvif.profiles"]) == (True, "SIM-2", 1)
    assert isinstance(read["onvif.clock_s"], float)
    assert abs(read["onvif.clock_s"]) <= 2


async def test_a_camera_whose_clock_is_an_hour_ahead_is_signed_in_with_its_own_time() -> None:
    """Worked example 13."""
    camera = OnvifCamera("127.0.0.1", 0, "duty", "open sesame")
    camera.ahead = 3600.0
    poller = OnvifPoller()
    async with serving(camera) as port:
        first = await poller.poll(target(port))
        assert values(first)["onvif.model"] == "SIM-2"
        assert "onvif.clock" not in values(first), "one check is no verdict"
        second = {measurement.metric: measurement for measurement in await poller.poll(target(port))}
        assert second["onvif.clock"].value is False
        assert second["onvif.clock"].text.startswith("时区设置错误，偏差 +1 小时")
        camera.ahead = 4.0
        assert values(await poller.poll(target(port)))["onvif.clock"] is True
    await poller.close()


@pytest.mark.parametrize(
    "account", [None, Credential(name="x", kind="password", values={"user": "duty", "password": "?"})]
)
async def test_a_refused_account_needs_a_person_and_the_clock_is_still_read(account: Credential | None) -> None:
    poller = OnvifPoller()
    async with serving(OnvifCamera("127.0.0.1", 0, "duty", "open sesame")) as port:
        with pytest.raises(AuthFailed) as refused:
            await poller.poll(target(port, account))
    await poller.close()
    assert "onvif.clock_s" in values(list(refused.value.measurements))
    assert "?" not in refused.value.en


BOMB = gzip.compress(b"<Envelope>" + b" " * (50 << 20) + b"</Envelope>")
BAD: dict[str, Callable[[str], web.Response]] = {
    "a web page": lambda call: web.Response(text="<html>login</html>"),
    "500 without a body": lambda call: web.Response(status=500),
    "a DTD": lambda call: web.Response(text="<!DOCTYPE x [<!ENTITY a 'b'>]><Envelope>&a;</Envelope>"),
    "an endless body": lambda call: web.Response(body=b"<" * (2 << 20)),
    "a gzip that is none": lambda call: web.Response(body=b"\x1f\x8b\x08rubbish", headers={"Content-Encoding": "gzip"}),
    "a gzip bomb": lambda call: web.Response(body=BOMB, headers={"Content-Encoding": "gzip"}),
    "404": lambda call: web.Response(status=404),
    "an empty envelope": lambda call: web.Response(text="<Envelope><Body/></Envelope>"),
}


@pytest.mark.parametrize("answer", BAD.values(), ids=BAD.keys())
async def test_an_answer_that_is_not_onvif_is_a_wrong_answer(answer: Callable[[str], web.Response]) -> None:
    poller = OnvifPoller()
    async with serving(scripted(answer)) as port:
        with pytest.raises(NotReady) as error:
            await poller.poll(target(port))
    await poller.close()
    assert error.value.reason is Reason.WRONG_ANSWER


def flooding(call: str) -> web.Response:
    """A camera with 10,000 profiles, whose tokens hold quotes and a tag."""
    profile = "<Profiles token='&quot;&lt;x&gt;{}'><Encoding>H264</Encoding></Profiles>"
    clock = "<UTCDateTime><Date><Year>2026</Year><Month>2</Month><Day>30</Day></Date></UTCDateTime>"
    media = "http://www.onvif.org/ver10/media/wsdl"
    bodies = {
        "GetServices": f"<Service><Namespace>{media}</Namespace><XAddr>http://127.0.0.2/media</XAddr></Service>",
        "GetSystemDateAndTime": f"<GetSystemDateAndTimeResponse>{clock}</GetSystemDateAndTimeResponse>",
        "GetProfiles": "".join(profile.format(number) for number in range(10_000)),
    }
    return web.Response(
        text=f"<Envelope><Body><{call}Response>{bodies.get(call, '')}</{call}Response></Body></Envelope>"
    )


async def test_ten_thousand_profiles_and_a_day_that_is_none_are_bounded_and_the_next_poll_goes_on() -> None:
    poller = OnvifPoller()
    async with serving(scripted(flooding)) as port:
        first = values(await poller.poll(target(port)))
        second = values(await poller.poll(target(port)))
    await poller.close()
    assert set(first) == set(second)
    assert first.get("onvif.clock") is not True, "30 February tells no time"


def recorded(maker: str) -> Callable[[str], web.Response]:
    """Answers as a real camera gave them, by call."""
    answers: dict[str, tuple[int, str]] = {}
    for path in sorted((RECORDED / maker).glob("*.json")):
        row = json.loads(path.read_text(encoding="utf-8"))
        if "operation_name" not in row:
            continue
        answers.setdefault(row["operation_name"], (row["status_code"], row["response_body"]))

    def answer(call: str) -> web.Response:
        status, body = answers.get(call, (400, ""))
        return web.Response(status=status, text=body)

    return answer


@pytest.mark.parametrize(("maker", "make"), [("axis-p3818", "AXIS"), ("reolink-trackmix", "Reolink")])
async def test_recorded_answers_of_two_makers_are_read(maker: str, make: str) -> None:
    if not (RECORDED / maker).is_dir():
        pytest.skip("the shared samples are not on this machine")
    read = await polled(scripted(recorded(maker)))
    assert str(read["onvif.maker"]).lower() == make.lower()
    assert isinstance(read["onvif.profiles"], int)
    assert read["onvif.profiles"] >= 2
    assert isinstance(read["onvif.clock_s"], float)


def test_faults_are_read_whatever_their_form() -> None:
    fault_11 = b"<S:Fault><faultstring>no</faultstring></S:Fault>"
    soap_11 = (
        b'<S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/"><S:Body>%s</S:Body></S:Envelope>' % fault_11
    )
    with pytest.raises(OnvifFault):
        soap.answer(soap_11)
    inner = b"<s:Fault><ter:NotAuthorized/>ter:NotAuthorized</s:Fault>"
    undeclared = b"<s:Envelope xmlns:s='x'><s:Body>%s</s:Body></s:Envelope>" % inner
    with pytest.raises(OnvifFault) as fault:
        soap.answer(undeclared)
    assert fault.value.denied
    for rubbish in (b"", b"rubbish", b"<a/>", b"\xff\xfe"):
        with pytest.raises(OnvifFormatError):
            soap.answer(rubbish)


def clock_answer(inner: str) -> etree._Element:
    return etree.fromstring(f"<R><SystemDateAndTime>{inner}</SystemDateAndTime></R>")


def moment(name: str, year: int = 2026, month: int = 6, day: int = 10) -> str:
    date = f"<Date><Year>{year}</Year><Month>{month}</Month><Day>{day}</Day></Date>"
    return f"<{name}><Time><Hour>9</Hour><Minute>0</Minute><Second>60</Second></Time>{date}</{name}>"


@pytest.mark.parametrize(
    ("inner", "has_time", "certain", "unset"),
    [
        (moment("UTCDateTime"), True, True, False),
        (moment("LocalDateTime") + "<TimeZone><TZ>CST-8</TZ></TimeZone>", True, True, False),
        (moment("LocalDateTime"), True, False, False),
        (moment("LocalDateTime") + "<TimeZone><TZ>garbage</TZ></TimeZone>", True, False, False),
        (moment("UTCDateTime", 1970, 1, 1), True, True, True),
        (moment("UTCDateTime", 2026, 2, 30), False, True, True),
        (moment("UTCDateTime", 2026, 0, 0), False, True, True),
        ("", False, True, False),
    ],
)
def test_clocks_in_every_form(inner: str, has_time: bool, certain: bool, unset: bool) -> None:
    read = device_clock(clock_answer(inner), UTC)
    assert (read.at is not None, read.certain, read.unset) == (has_time, certain, unset)


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("CST-8", 8),
        ("UTC+5:00:00DST+4:00:00,M3.2.0/02:00:00", -5),
        ("<+08>-8", 8),
        ("UTC0", 0),
        ("", None),
        ("8", None),
    ],
)
def test_posix_zones_have_their_sign_inverted(text: str, hours: int | None) -> None:
    zone = posix_zone(text)
    offset = zone.utcoffset(None) if zone is not None else None
    assert (None if offset is None else offset.total_seconds() / 3600) == hours


@pytest.mark.parametrize(
    ("offset", "words"),
    [(3605.0, "时区设置错误"), (-28_790.0, "时区设置错误"), (12.0, "时钟偏差 +12"), (700.0, "时钟偏差")],
)
def test_an_offset_of_whole_hours_is_a_wrong_zone(offset: float, words: str) -> None:
    assert offset_text(offset, unset=False).startswith(words)


def test_recordings_hold_nothing_that_is_shown() -> None:
    """Headers of recordings hold nonces: only bodies are read."""
    assert "Security" not in soap.envelope("<X/>").decode()
    assert b"PasswordDigest" in soap.envelope("<X/>", "u", "p", 0.0)
    assert b">p<" not in soap.envelope("<X/>", "u", "p", 0.0)
    assert isinstance(Path(), Path)
