"""The worked examples of registration, keepalive and catalog, as timelines without sockets."""

from __future__ import annotations

from pathlib import Path

import pytest

from feeds.model import Quality, Severity
from tests.collectors.video.gb28181.scene import DEVICE, HOME, PLATFORM, WALL, A, B, C, Scene, authorization, item

FORBIDDEN, OK = "SIP/2.0 403 Forbidden", "SIP/2.0 200 OK"


def listed(scene: Scene, *items: str) -> int:
    """Answer the first catalog query completely. Its number."""
    scene.pass_to(scene.time + 1.0)
    number = scene.query_numbers("Catalog")[-1]
    scene.catalog(number, len(items), *items)
    return number


def gone(scene: Scene) -> list[str]:
    """The channels that the device's catalog proposes to remove."""
    return [change.id for change in scene.platform.catalogs.changes(DEVICE) if change.kind == "gone"]


def test_a_device_registers_with_digest_and_is_asked_for_its_catalog() -> None:
    """Worked example 1."""
    scene = Scene(A)
    first = scene.send(scene.request("REGISTER", "Expires: 3600\r\n"))
    assert first == "SIP/2.0 401 Unauthorized"
    assert b"algorithm=MD5" in scene.sent[0]
    assert scene.register() == OK
    answer = scene.sent[-1].decode()
    assert "Expires: 3600" in answer
    assert "Date: 2026-11-" in answer
    assert scene.up() is True
    scene.pass_to(1.0)
    (number,) = scene.query_numbers("Catalog")
    scene.catalog(number, 3, item(A), item(B))
    assert scene.value(A, "gb28181.described") is True
    scene.catalog(number, 3, item(C, status="OFF"))
    changes = scene.platform.catalogs.changes(DEVICE)
    assert [(each.kind, each.id) for each in changes] == [("new", B), ("new", C), ("renamed", A)]
    assert scene.value(DEVICE, "gb28181.catalog_changes") == 3
    assert {message.asset for message in scene.reported} == {DEVICE, A}, "nothing is applied unasked"


@pytest.mark.parametrize("qop", [False, True])
def test_both_forms_of_digest_are_accepted(qop: bool) -> None:
    assert Scene().register(qop=qop) == OK


def test_a_silent_device_takes_its_channels_along_and_they_come_back_with_newer_news() -> None:
    """Worked example 2."""
    scene = Scene()
    scene.register()
    listed(scene, item(A), item(B), item(C))
    scene.pass_to(10.0)
    scene.keepalive()
    scene.pass_to(190.0)
    assert scene.up() is True
    count = len(scene.reported)
    scene.pass_to(195.0)
    assert scene.up() is False
    fell = scene.reported[count:]
    assert [message.asset for message in fell] == [DEVICE, A, B, C], "all in the same moment"
    for camera in (A, B, C):
        reading = scene.reading(camera, "gb28181.described")
        assert (reading.value, reading.quality) == (None, Quality.UNCERTAIN)
    scene.pass_to(400.0)
    assert scene.keepalive() == OK
    assert (scene.up(), scene.value(A, "gb28181.described")) == (True, None)
    scene.pass_to(401.0)
    scene.catalog(scene.query_numbers("Catalog")[-1], 3, item(A), item(B), item(C))
    assert scene.value(A, "gb28181.described") is True


def test_a_keepalive_lists_faulty_channels_until_one_that_does_not() -> None:
    """Worked example 3."""
    scene = Scene()
    scene.register()
    listed(scene, item(A), item(B))
    scene.pass_to(60.0)
    scene.keepalive(B)
    assert (scene.value(B, "gb28181.described"), scene.value(A, "gb28181.described")) == (False, True)
    scene.pass_to(120.0)
    scene.keepalive()
    assert scene.value(B, "gb28181.described") is True


def test_keepalives_after_an_expired_registration_keep_the_device_alive() -> None:
    """Worked example 4."""
    scene = Scene()
    scene.register(expires=120)
    for at in range(60, 241, 60):
        scene.pass_to(float(at))
        assert scene.keepalive() == OK
    scene.pass_to(245.0)
    reading = scene.reading(DEVICE, "gb28181.up")
    assert (reading.value, reading.quality, reading.text[:5]) == (True, Quality.UNCERTAIN, "注册已过期")
    scene.pass_to(300.0)
    scene.time += 86_400.0
    assert scene.keepalive() == FORBIDDEN


def test_bindings_survive_our_restart_and_nobody_is_down_before_its_limit(tmp_path: Path) -> None:
    """Worked example 5."""
    before = Scene(folder=tmp_path)
    before.register()
    before.platform.save()
    after = Scene(folder=tmp_path, at=30.0)
    after.pass_to(40.0)
    assert after.platform.bindings.get(DEVICE) is not None
    after.pass_to(200.0)
    assert not any(message.asset == DEVICE and message.measurements[0].value is False for message in after.reported)
    assert after.keepalive() == OK
    assert after.up() is True
    other = Scene(folder=tmp_path, at=30.0)
    other.pass_to(216.0)
    assert other.up() is False


def test_a_catalog_with_a_duplicate_is_complete_and_the_duplicate_is_noted() -> None:
    """Worked example 6, first part."""
    scene = Scene()
    scene.register()
    scene.pass_to(1.0)
    number = scene.query_numbers("Catalog")[0]
    scene.catalog(number, 4, item(A, "one"), item(B), item(C), item(A, "other"))
    assert scene.platform.deviations.of(DEVICE) == {"duplicate-id": 1}
    assert len(scene.platform.catalogs.items(DEVICE)) == 3


def test_an_incomplete_catalog_removes_nothing_and_is_asked_again() -> None:
    """Worked example 6, second part."""
    scene = Scene()
    scene.register()
    listed(scene, item(A), item(B), item(C))
    scene.platform.queries.want(DEVICE, "Catalog", scene.time)
    scene.pass_to(scene.time + 1.0)
    second = scene.query_numbers("Catalog")[1]
    scene.catalog(second, 3, item(A))
    scene.pass_to(scene.time + 11.0)
    assert scene.platform.deviations.of(DEVICE) == {"catalog-incomplete": 1}
    assert gone(scene) == []
    assert len(scene.platform.catalogs.items(DEVICE)) == 3
    scene.keepalive()
    scene.pass_to(scene.time + 61.0)
    assert len(scene.query_numbers("Catalog")) == 3
    scene.catalog(second, 1, item(B, status="OFF"))
    assert (scene.value(B, "gb28181.described"), len(scene.platform.catalogs.items(DEVICE))) == (False, 3)


def test_a_smaller_catalog_is_a_proposal_and_not_a_deletion() -> None:
    scene = Scene()
    scene.register()
    listed(scene, item(A), item(B), item(C))
    scene.platform.queries.want(DEVICE, "Catalog", scene.time)
    scene.pass_to(scene.time + 1.0)
    scene.catalog(scene.query_numbers("Catalog")[1], 1, item(A))
    assert gone(scene) == [B, C]
    assert scene.value(B, "gb28181.described") is True


def test_a_reported_video_loss_is_a_claim_about_frames_and_no_absence() -> None:
    """Worked example 7, the platform's part."""
    scene = Scene()
    scene.register()
    listed(scene, item(A))
    dialog = scene.answer(scene.subscribes()[0], more="Expires: 3600\r\n")
    assert scene.notify(dialog, A, "VLOST") == OK
    assert (scene.value(A, "gb28181.frames"), scene.value(A, "gb28181.described")) == (False, True)
    assert scene.reading(A, "gb28181.frames").observed_at == WALL + scene.time


def test_five_wrong_passwords_silence_that_address_only() -> None:
    """Worked example 16."""
    scene, stranger = Scene(), ("198.51.100.7", 5060)
    for _ in range(5):
        assert scene.register("wrong", address=stranger) == FORBIDDEN
    assert scene.register("wrong", address=stranger) == ""
    assert scene.register() == OK
    (signal, *_) = scene.signals()
    assert (signal.rule, signal.severity, signal.key) == ("gb28181:auth", Severity.WARNING, stranger[0])
    scene.pass_to(scene.time + 61.0)
    assert scene.register(address=stranger) == OK
    assert not any(b"wrong" in data or b"sesame" in data for data in scene.sent)


def test_a_keepalive_from_another_address_does_not_keep_a_device_alive() -> None:
    """Worked example 17."""
    scene = Scene()
    scene.register()
    for at in range(60, 181, 60):
        scene.pass_to(float(at))
        assert scene.keepalive(address=("198.51.100.7", 5060)) == FORBIDDEN
    scene.pass_to(186.0)
    assert scene.up() is False
    assert any("198.51.100.7" in refusal for refusal in scene.platform.refusals)


def test_a_new_port_behind_a_nat_is_followed_without_a_registration() -> None:
    scene = Scene()
    scene.register()
    scene.pass_to(60.0)
    assert scene.keepalive(address=(HOME[0], 40_000)) == OK
    binding = scene.platform.bindings.get(DEVICE)
    assert binding is not None
    assert binding.way is not None
    assert binding.way.peer == (HOME[0], 40_000)


def test_a_roaming_device_may_change_its_address() -> None:
    scene = Scene(roaming=True)
    scene.register()
    assert scene.keepalive(address=("198.51.100.7", 5060)) == OK


def test_signing_off_is_off_line_at_once_and_not_a_missed_keepalive() -> None:
    scene = Scene()
    scene.register()
    assert scene.register(expires=0) == OK
    assert (scene.up(), scene.reading(DEVICE, "gb28181.up").text[:2]) == (False, "注销")
    assert scene.register() == OK
    assert scene.up() is True


def test_a_device_that_is_not_in_the_inventory_is_refused_and_pending() -> None:
    scene = Scene()
    assert scene.register(sender="53230100001180000099") == FORBIDDEN
    assert scene.platform.pending == {"53230100001180000099": 1}
    assert Scene(accept_unknown=True).register(sender="53230100001180000099") == OK


def test_the_device_s_own_interval_sets_the_limit() -> None:
    scene = Scene()
    scene.register()
    for at in range(20, 101, 20):
        scene.pass_to(float(at))
        scene.keepalive()
    scene.pass_to(164.0)
    assert scene.up() is True
    scene.pass_to(166.0)
    assert scene.up() is False


def test_a_repeated_request_gets_the_same_answer_and_is_not_handled_twice() -> None:
    scene = Scene()
    scene.register()
    request = scene.request("MESSAGE", body=b"<Notify><CmdType>Nonsense</CmdType><SN>1</SN></Notify>")
    scene.send(request)
    scene.send(request)
    assert scene.sent[-1] == scene.sent[-2]
    assert scene.platform.deviations.of(DEVICE) == {"unknown-nonsense": 1}


def test_requests_over_udp_are_repeated_until_they_are_answered() -> None:
    scene = Scene()
    scene.register()
    scene.platform.tick()
    queries = [data for data in scene.sent if b"<CmdType>Catalog" in data]
    for _ in range(40):
        scene.time += 0.25
        scene.platform.tick()
    assert [data for data in scene.sent if b"<CmdType>Catalog" in data] == queries * 4
    scene.platform.queries.want(DEVICE, "DeviceInfo", scene.time)


def test_a_storm_of_registrations_is_not_followed_by_a_storm_of_queries() -> None:
    ids = [f"532301000011800{number:05}" for number in range(100)]
    scene = Scene(*ids)
    for number, id in enumerate(ids):
        scene.register(sender=id, address=(f"192.0.2.{number}", 5060))
    scene.pass_to(30.0)
    assert len(scene.query_numbers("Catalog")) <= 20


def test_a_clock_that_is_off_on_two_checks_fails_the_clock_rung() -> None:
    """Worked example 13, for devices of this platform: +12 s twice, then +4 s."""
    scene = Scene()
    scene.register()
    for offset, expected in ((12.0, None), (12.0, False), (4.0, True)):
        scene.pass_to(scene.time + 10.0)
        at = _local(WALL + scene.time + offset)
        scene.message(
            f"<Response><CmdType>DeviceStatus</CmdType><SN>1</SN><DeviceID>{DEVICE}</DeviceID><Result>OK</Result>"
            f"<Online>ONLINE</Online><DeviceTime>{at}</DeviceTime></Response>"
        )
        assert scene.value(DEVICE, "gb28181.clock_s") == offset
        metrics = [measurement.metric for measurement in scene.reported[-1].measurements]
        assert ("gb28181.clock" in metrics) is (expected is not None)
        if expected is not None:
            assert scene.value(DEVICE, "gb28181.clock") is expected


def _local(wall: float) -> str:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    return datetime.fromtimestamp(wall, ZoneInfo("Asia/Shanghai")).isoformat(timespec="seconds").removesuffix("+08:00")


@pytest.mark.parametrize(
    ("method", "kind", "rule", "claim"),
    [
        (2, 1, "video-loss", "gb28181.frames"),
        (2, 2, "tamper", ""),
        (5, 11, "abnormal", "gb28181.picture"),
        (5, 2, "", ""),
    ],
)
def test_alarms_become_alerts_claims_and_readings(method: int, kind: int, rule: str, claim: str) -> None:
    scene = Scene()
    scene.register()
    scene.message(
        f"<Notify><CmdType>Alarm</CmdType><SN>4</SN><DeviceID>{A}</DeviceID><AlarmMethod>{method}</AlarmMethod>"
        f"<AlarmTime>2020-01-01T00:00:00</AlarmTime><Info><AlarmType>{kind}</AlarmType></Info></Notify>"
    )
    assert scene.value(A, "gb28181.alarm") == f"{method}/{kind}"
    assert [signal.rule for signal in scene.signals()] == ([f"gb28181:{rule}"] if rule else [])
    if claim:
        assert scene.value(A, claim) is False
    for signal in scene.signals():
        assert (signal.at, signal.lasts) == (None, 600.0), "a time of 2020 is not believed; there is no end message"
    assert any(b"<Response>" in data and b"<Result>OK</Result>" in data for data in scene.sent)


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ("Expires: -5\r\n", "423"),
        ("Expires: 3600s\r\n", "423"),
        ("Expires: 5\r\n", "423"),
        ("Expires: 1000000000000\r\n", "401"),
        ("Contact: <sip:x@192.0.2.10>;expires=60\r\n", "401"),
        ('Expires: 60\r\nAuthorization: Digest username="x",realm="r"\r\n', "403"),
        ("Expires: 60\r\nAuthorization: Digest algorithm=sha-256-sess\r\n", "401"),
        (f"Expires: 60\r\nAuthorization: {authorization(DEVICE, 'x', 'replayed')}\r\n", "401"),
        (f"Expires: 60\r\nAuthorization: {authorization(DEVICE, 'x', 'n', realm='other')}\r\n", "403"),
        (f'Expires: 60\r\nAuthorization: Digest username="{DEVICE}",realm="5323000000",nonce="n"\r\n', "403"),
    ],
)
def test_bad_registrations_are_answered_and_harm_nobody(more: str, status: str) -> None:
    scene = Scene()
    assert scene.send(scene.request("REGISTER", more)).split()[1] == status
    assert scene.register() == OK


def test_a_stale_nonce_is_answered_with_stale_true() -> None:
    scene = Scene()
    scene.send(scene.request("REGISTER", "Expires: 60\r\n"))
    nonce = scene.sent[-1].split(b'nonce="')[1].split(b'"')[0].decode()
    scene.time += 61.0
    answered = authorization(DEVICE, "open sesame", nonce)
    assert scene.send(scene.request("REGISTER", f"Expires: 60\r\nAuthorization: {answered}\r\n")).split()[1] == "401"
    assert b"stale=true" in scene.sent[-1]


def test_an_unknown_method_is_refused_with_what_is_allowed() -> None:
    scene = Scene()
    assert scene.send(scene.request("INVITE")).split()[1] == "405"
    assert b"Allow: REGISTER" in scene.sent[-1]


def test_passwords_of_channels_are_never_kept() -> None:
    scene = Scene()
    scene.register()
    listed(scene, item(A))
    assert "secret" not in repr(scene.platform.catalogs.items(DEVICE))
    assert PLATFORM not in repr(scene.reported)
