"""What other tools send in: taken durably, in one form, within the sender's region, with what is wrong listed."""

from __future__ import annotations

import base64
import json
from typing import Any

import httpx2
import pytest

from api.settings import IngestSettings
from feeds.cap.message import CapDocument
from feeds.cases.facts import CaseFact
from feeds.external import Report, unpack
from feeds.journal import IntakeLost, Parcel
from feeds.model import Severity
from feeds.wire import decode, iso
from tests.api.conftest import NOW, SEALER, A, B, World, problem
from tests.incidents.rig import cap, place_code
from tests.shared_samples import SAMPLES

WEBHOOKS = SAMPLES / "webhooks"
POSTED = "/api/v2/alerts"
GO_ZERO = "0001-01-01T00:00:00Z"


async def send(world: World, path: str, body: Any, *, region: str = "", **headers: str) -> httpx2.Response:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {await world.token('ingest', region)}", **headers}
    async with world.client(**headers) as client:
        return await client.post(path if path.startswith("/") else f"/api/v1/ingest/{path}", content=raw)


async def parcels(world: World, target: str = "alert") -> list[Parcel]:
    assert world.intake is not None
    return await world.intake.read(target, 0, limit=1000)


async def taken(world: World) -> list[Report]:
    return [report for parcel in await parcels(world) for report in unpack(parcel.body)]


def alert(**more: Any) -> dict[str, Any]:
    labels = {"alertname": "Down", "instance": "10.0.0.1:9100", "severity": "critical"}
    return {"labels": labels, "annotations": {"summary": "它停了"}, "startsAt": iso(NOW - 60), **more}


async def test_prometheus_sends_here_unchanged(world: World) -> None:
    answer = await send(world, POSTED, [alert(endsAt=iso(NOW + 240), generatorURL="http://prom:9090/graph")])
    assert (answer.status_code, answer.content) == (200, b"")
    (report,) = await taken(world)
    assert (report.rule, report.asset, report.by_address, report.severity) == (
        "prometheus:Down",
        "10.0.0.1:9100",
        True,
        Severity.CRITICAL,
    )
    assert (report.active, report.since, report.until) == (True, NOW - 60, NOW + 240)
    assert report.identity_labels == {"alertname": "Down", "instance": "10.0.0.1:9100"}
    assert (report.title["zh-CN"], report.url) == ("它停了", "http://prom:9090/graph")


@pytest.mark.parametrize(
    ("ends", "active", "until"),
    [(GO_ZERO, True, NOW + 300), (None, True, NOW + 300), (iso(NOW - 1), False, None), (iso(NOW), False, None)],
)
async def test_only_an_end_that_has_passed_is_an_end(world: World, ends: str, active: bool, until: float) -> None:
    await send(world, POSTED, [alert(endsAt=ends)])
    (report,) = await taken(world)
    assert (report.active, report.until) == (active, until)


async def test_a_time_that_nothing_can_write_is_a_finding(world: World) -> None:
    answer = await send(world, POSTED, [alert(endsAt="9999-12-31T23:59:59-14:00")])
    assert [error["code"] for error in problem(answer, 422, "invalid")["findings"]] == ["TIME_INVALID"]


async def test_the_label_asset_goes_before_instance(world: World) -> None:
    await send(world, POSTED, [alert(labels={"alertname": "X", "asset": "a-sw", "instance": "else"})])
    (report,) = await taken(world)
    assert (report.asset, report.by_address) == ("a-sw", False)


async def test_one_bad_alert_takes_no_other_with_it(world: World) -> None:
    ends_first = alert(startsAt=iso(NOW), endsAt=iso(1))
    bad = [alert(labels={}), alert(startsAt="yesterday"), alert(labels={"n": 1}), ends_first]
    answer = await send(world, POSTED, [*bad, alert()])
    document = problem(answer, 422, "invalid")
    assert document["taken"] == 1
    assert [(error["code"], error["xpath"]) for error in document["findings"]] == [
        ("LABELS_MISSING", "[0].labels"),
        ("TIME_INVALID", "[1]"),
        ("FORM_INVALID", "[2]"),
        ("ENDS_BEFORE_START", "[3].endsAt"),
    ]
    assert set(document["findings"][0]["message"]) == {"zh-CN", "en"}
    assert len(await taken(world)) == 1


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b'"x"', b"null", b"[[]]", b'{"alerts": []}', b"\xff\xfe"])
async def test_what_is_no_alerts_is_refused_with_a_reason(world: World, body: bytes) -> None:
    document = problem(await send(world, POSTED, body), 422, "invalid")
    assert document["findings"][0]["code"] in ("JSON_INVALID", "FORM_INVALID")
    assert await taken(world) == []


async def test_hostile_labels_are_bounded_and_never_act(world: World) -> None:
    many = alert(labels={f"l{n}": "x" for n in range(65)})
    long = alert(labels={"alertname": "x" * 1025})
    document = problem(await send(world, POSTED, [many, long]), 422, "invalid")
    assert [error["code"] for error in document["findings"]] == ["LABELS_TOO_MANY", "LABEL_TOO_LONG"]
    tricky = {"alertname": "{0.__class__} %s ${jndi:x}", "instance": "a\x00b\u202ec\x1b[31m", "empty": ""}
    notes = {"summary": "x" * 5000}
    await send(world, POSTED, [alert(labels=tricky, annotations=notes, generatorURL="javascript:x()")])
    (report,) = await taken(world)
    assert report.rule == "prometheus:{0.__class__} %s ${jndi:x}"
    assert (report.asset, report.url, len(report.title["en"])) == ("a\ufffdb\ufffdc\ufffd[31m", "", 300)
    assert "empty" not in report.labels


async def test_what_a_go_program_leaves_nil_is_null_and_taken(world: World) -> None:
    nil = {"annotations": None, "startsAt": None, "endsAt": None, "generatorURL": None}
    labels = {"alertname": "X", "instance": "h", "team": None}
    assert (await send(world, POSTED, [alert(labels=labels, **nil)])).status_code == 200
    hook = {"version": "4", "status": "firing", "alerts": [alert(status="firing", **nil)]}
    assert (await send(world, "alertmanager", hook)).status_code == 202
    assert (await send(world, "alertmanager", {"version": "4", "alerts": None})).status_code == 202
    assert [report.labels.get("team") for report in await taken(world)] == [None, None]
    refused = problem(await send(world, POSTED, [alert(labels=None)]), 422, "invalid")
    assert refused["findings"][0]["code"] == "LABELS_MISSING"


@pytest.mark.parametrize(
    ("value", "region"),
    [("532331", "532331"), ("禄丰市", "532302"), ("lufeng", "532302"), ("west", "532326"), ("nowhere", ""), ("53", "")],
)
async def test_the_region_label_gives_the_alert_its_region(world: World, value: str, region: str) -> None:
    world.ingest = IngestSettings(region_labels=("zone", "region"), regions={"west": "532326"})
    await send(world, POSTED, [alert(labels={"alertname": "X", "instance": "h", "region": value})])
    (report,) = await taken(world)
    assert report.region == region


async def test_the_first_region_label_that_says_one_counts(world: World) -> None:
    world.ingest = IngestSettings(region_labels=("zone", "region"))
    labels = {"alertname": "X", "instance": "h", "zone": A, "region": B}
    hook = {"version": "4", "status": "firing", "alerts": [alert(status="firing", labels=labels)]}
    for path in ("alertmanager", "grafana"):
        await send(world, path, hook)
    assert [report.region for report in await taken(world)] == [A, A]


async def test_a_senders_labels_place_an_alert_within_its_own_region_only(world: World) -> None:
    for region in (f"{A}001", B):
        labels = {"alertname": region, "instance": "h", "region": region}
        await send(world, POSTED, [alert(labels=labels)], region=A)
    assert [report.region for report in await taken(world)] == [f"{A}001", A]


async def test_too_many_and_too_large_are_refused(world: World) -> None:
    document = problem(await send(world, POSTED, [alert()] * 1001), 422, "invalid")
    assert document["findings"][0]["code"] == "TOO_MANY"
    problem(await send(world, POSTED, b" " * 1_048_577), 413, "too-large")


async def test_a_senders_region_bounds_what_it_may_speak_of(world: World) -> None:
    def about(asset: str) -> dict[str, Any]:
        return alert(labels={"alertname": "X", "asset": asset})

    answer = await send(world, POSTED, [about("a-sw"), about("b-sw"), about("nobody's")], region=A)
    document = problem(answer, 403, "outside-region")
    assert (document["taken"], document["findings"][0]["code"]) == (2, "OUTSIDE_REGION")
    assert "禄丰" not in answer.text
    assert [(report.asset, report.region) for report in await taken(world)] == [("a-sw", ""), ("nobody's", A)]
    assert {parcel.region for parcel in await parcels(world)} == {A}
    world.pump.filled = False
    problem(await send(world, POSTED, [about("a-sw")], region=A), 503, "busy")


async def test_pressure_is_answered_with_when_to_come_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    assert world.intake is not None
    monkeypatch.setattr(world.intake, "_full", 0)
    answer = await send(world, POSTED, [alert()])
    problem(answer, 503, "busy")
    assert int(answer.headers["retry-after"]) > 0
    monkeypatch.undo()

    async def away(*_: Any) -> None:
        raise IntakeLost("disk full")

    monkeypatch.setattr(world.intake, "_write", away)
    problem(await send(world, "alertmanager", {"version": "4", "alerts": [alert(status="firing")]}), 503, "intake-lost")


async def test_who_may_send(world: World) -> None:
    async with world.client() as nobody:
        problem(await nobody.post(POSTED, json=[alert()]), 401, "not-signed-in")
    async with world.client(Authorization=f"Bearer {await world.token('read')}") as reader:
        problem(await reader.post(POSTED, json=[alert()]), 403, "forbidden")
        assert (await reader.get(POSTED)).status_code == 200
    async with world.signed_in("duty") as duty:
        problem(await duty.post(POSTED, json=[alert()]), 403, "forbidden")
    async with world.signed_in("admin") as admin:
        assert (await admin.post(POSTED, json=[alert()])).status_code == 200
        admin.headers.pop("X-CSRF-Token")
        problem(await admin.post(POSTED, json=[alert()]), 403, "csrf")


@pytest.mark.skipif(not WEBHOOKS.exists(), reason="the shared samples are not here")
async def test_the_webhook_of_a_real_alertmanager(world: World) -> None:
    for name in ("firing", "resolved"):
        (file,) = WEBHOOKS.glob(f"alertmanager/*-{name}.json")
        answer = await send(world, "alertmanager", file.read_bytes())
        assert (answer.status_code, answer.json()) == (202, {"taken": 2, "findings": []})
    reports = await taken(world)
    assert [(report.asset, report.active, report.until) for report in reports] == [
        ("ups-1", True, None),
        ("ups-2", True, None),
        ("ups-1", False, None),
        ("ups-2", False, None),
    ]
    assert reports[0].identity_labels == reports[2].identity_labels


async def test_what_the_sender_left_out_is_no_recovery(world: World) -> None:
    body = {"version": "4", "status": "resolved", "truncatedAlerts": 7, "alerts": [alert(status="firing")]}
    answer = await send(world, "alertmanager", body)
    assert answer.status_code == 202
    (finding,) = answer.json()["findings"]
    assert (finding["code"], finding["error"]) == ("TRUNCATED", False)
    assert [report.active for report in await taken(world)] == [True]


async def test_a_version_that_is_not_ours_is_refused(world: World) -> None:
    problem(await send(world, "alertmanager", {"version": "3", "alerts": []}), 422, "invalid")


@pytest.mark.parametrize(
    ("state", "expected"), [("alerting", (True, None)), ("ok", (False, None)), ("no_data", (True, NOW))]
)
async def test_grafanas_older_form(world: World, state: str, expected: tuple[bool, float | None]) -> None:
    body = {
        "ruleId": 7,
        "ruleName": "CPU",
        "state": state,
        "message": "boom",
        "evalMatches": [{"metric": "m", "tags": {"instance": "a-sw"}, "value": 1}],
    }
    assert (await send(world, "grafana", body)).status_code == 202
    (report,) = await taken(world)
    assert (report.rule, report.asset, (report.active, report.until)) == ("grafana:CPU", "a-sw", expected)


async def test_grafanas_unified_form_and_a_state_that_changes_nothing(world: World) -> None:
    body = {"version": "1", "orgId": 1, "state": "alerting", "alerts": [alert(status="firing", values={"A": 1})]}
    assert (await send(world, "grafana", body)).json()["taken"] == 1
    answer = await send(world, "grafana", {"ruleId": 7, "state": "paused"})
    assert (answer.status_code, answer.json()["findings"][0]["code"]) == (202, "IGNORED")
    assert [report.rule for report in await taken(world)] == ["grafana:Down"]


ZABBIX = {
    "eventid": "12",
    "triggerid": "900",
    "host": "a-sw",
    "host_ip": "10.1.1.1",
    "name": "CPU 93%",
    "nseverity": "5",
    "value": "1",
    "date": "2026.11.22",
    "time": "10:39:48",
    "recovery_date": "{EVENT.RECOVERY.DATE}",
    "recovery_time": "{EVENT.RECOVERY.TIME}",
    "opdata": "93 %",
    "url": "",
    "tags": '[{"tag":"scope","value":"perf"}]',
    "timezone": "",
}


async def test_zabbix_times_are_of_the_zone_that_is_configured(world: World) -> None:
    assert (await send(world, "zabbix", ZABBIX)).status_code == 202
    await send(world, "zabbix", {**ZABBIX, "timezone": "Asia/Urumqi"})
    ends = {"value": "0", "recovery_date": "2026.11.22", "recovery_time": "10:49:48", "name": "CPU 12%"}
    await send(world, "zabbix", {**ZABBIX, **ends})
    first, west, end = await taken(world)
    assert iso(first.since) == "2026-11-22T02:39:48.000Z"  # Asia/Shanghai, the site's own
    assert iso(west.since) == "2026-11-22T04:39:48.000Z"
    assert (first.asset, first.severity, first.text) == ("a-sw", Severity.CRITICAL, "93 %")
    assert (end.active, iso(end.at)) == (False, "2026-11-22T02:49:48.000Z")
    assert (end.rule, end.identity_labels) == (first.rule, first.identity_labels)


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"timezone": "Mars"}, "ZONE_UNKNOWN"),
        ({"host": "{HOST.HOST}"}, "MISSING_REQUIRED"),
        ({"value": "2"}, "STATUS_UNKNOWN"),
        ({"date": "22/11/2026"}, "TIME_INVALID"),
        ({"tags": "{"}, "JSON_INVALID"),
    ],
)
async def test_zabbix_is_told_what_is_wrong(world: World, more: dict[str, str], code: str) -> None:
    document = problem(await send(world, "zabbix", {**ZABBIX, **more}), 422, "invalid")
    assert document["findings"][0]["code"] == code


EVENT = {
    "specversion": "1.0",
    "id": "e1",
    "source": "/fire/119",
    "type": "cn.fire.alarm",
    "subject": "a-sw",
    "time": iso(NOW),
    "data": {"active": True, "severity": "critical", "title": "火警", "labels": {"floor": "3"}},
}


async def test_cloudevents_in_all_three_modes(world: World) -> None:
    structured = {"Content-Type": "application/cloudevents+json; charset=utf-8"}
    assert (await send(world, "cloudevents", EVENT, **structured)).json()["taken"] == 1
    binary = {f"ce-{name}": str(EVENT[name]) for name in ("specversion", "source", "type", "subject", "time")}
    binary |= {"ce-id": "e2", "Content-Type": "application/json"}
    assert (await send(world, "cloudevents", {"status": "resolved"}, **binary)).json()["taken"] == 1
    batch = {"Content-Type": "application/cloudevents-batch+json"}
    answer = await send(world, "cloudevents", [{**EVENT, "id": f"e{n}"} for n in (1, 3, 3, 4)], **batch)
    assert answer.json()["taken"] == 2
    assert [error["code"] for error in answer.json()["findings"]] == ["DUPLICATE", "DUPLICATE"]
    reports = await taken(world)
    assert [report.active for report in reports] == [True, False, True, True]
    assert len({json.dumps(report.identity_labels) for report in reports}) == 1
    assert (reports[0].asset, reports[0].at, reports[0].title["zh-CN"]) == ("a-sw", NOW, "火警")


def encoded(content: bytes) -> dict[str, Any]:
    event = {key: value for key, value in EVENT.items() if key != "data"}
    return event | {"data_base64": base64.b64encode(content).decode()}


async def test_cloudevents_may_carry_their_json_as_bytes_or_as_text(world: World) -> None:
    headers = {"Content-Type": "application/cloudevents-batch+json"}
    message = json.dumps({"active": True, "severity": "critical", "title": "火警"}, ensure_ascii=False)
    octets = {"datacontenttype": "application/octet-stream"}
    events = [
        encoded(message.encode()),
        encoded(message.encode()) | octets,
        encoded(message.encode()) | {"data": None},
        EVENT | {"data": message, "datacontenttype": "text/plain; charset=utf-8"},
    ]
    batch = [event | {"id": f"bytes-{number}"} for number, event in enumerate(events)]
    assert (await send(world, "cloudevents", batch, **headers)).json() == {"taken": 4, "findings": []}
    assert {(report.title["zh-CN"], report.severity, report.active) for report in await taken(world)} == {
        ("火警", Severity.CRITICAL, True)
    }


@pytest.mark.parametrize(
    ("event", "code", "place"),
    [
        (encoded(b"x") | {"data_base64": "not base64!"}, "BASE64_INVALID", ".data_base64"),
        (encoded(b"x") | {"data_base64": "火"}, "BASE64_INVALID", ".data_base64"),
        (encoded(b"\xff\xd8\xff\xe0 a picture"), "JSON_INVALID", ".data_base64"),
        (encoded(b""), "JSON_INVALID", ".data_base64"),
        (encoded(b"[1, 2]"), "FORM_INVALID", ".data_base64"),
        (encoded(b'{"active": "yes"}'), "FORM_INVALID", ".data_base64"),
        (encoded(b"{}"), "MISSING_REQUIRED", ".data_base64.active"),
        (encoded(b'{"active": true}') | {"data": {"active": False}}, "DATA_TWICE", ".data_base64"),
        (EVENT | {"data": "{}"}, "FORM_INVALID", ".data"),
        (EVENT | {"data": "plain words", "datacontenttype": "text/plain"}, "JSON_INVALID", ".data"),
        (encoded(b"x") | {"data_base64": None}, "MISSING_REQUIRED", ".data"),
    ],
)
async def test_cloudevents_whose_content_is_no_json_of_ours_are_told_so(
    world: World, event: dict[str, Any], code: str, place: str
) -> None:
    answer = await send(world, "cloudevents", event, **{"Content-Type": "application/cloudevents+json"})
    (finding,) = problem(answer, 422, "invalid")["findings"]
    assert (finding["code"], finding["xpath"]) == (code, place)
    assert finding["message"]["zh-CN"]


async def test_cloudevents_without_a_state_or_of_another_version_are_refused(world: World) -> None:
    headers = {"Content-Type": "application/cloudevents-batch+json"}
    bad = [{**EVENT, "data": {}}, {**EVENT, "specversion": "0.3"}, {**EVENT, "time": "2026-11-22T10:00:00"}]
    document = problem(await send(world, "cloudevents", bad, **headers), 422, "invalid")
    assert [error["code"] for error in document["findings"]] == ["MISSING_REQUIRED", "VERSION_UNKNOWN", "TIME_INVALID"]


async def test_a_cap_message_waits_for_the_registry_as_it_came(world: World) -> None:
    raw = cap("K1")
    answer = await send(world, "cap", raw)
    assert answer.status_code == 202, answer.text
    assert (answer.json()["taken"], answer.json()["faulty"]) == (1, False)
    (parcel,) = await parcels(world, "command")
    document = decode(parcel.body, CapDocument)
    assert (document.raw, document.mode, document.source) == (raw, "strict", "push.ingest-tool")


async def test_a_faulty_cap_message_is_refused_or_kept_as_the_mode_says(world: World) -> None:
    raw = cap("K2").replace(b"<certainty>Likely</certainty>", b"")
    document = problem(await send(world, "cap", raw), 422, "invalid")
    body = document["findings"][0]
    assert body["code"] == "MISSING_REQUIRED"
    assert set(body) >= {"code", "xpath", "line", "value", "message"}
    assert await parcels(world, "command") == []
    answer = await send(world, "cap?mode=lenient", raw)
    assert (answer.status_code, answer.json()["faulty"]) == (202, True)
    assert answer.json()["findings"] == [body]
    assert (await send(world, "cap?mode=nonsense", raw)).status_code == 422


async def test_a_cap_message_of_another_county_is_outside_the_region(world: World) -> None:
    here = cap("K3", area=place_code("532301000000"))
    problem(await send(world, "cap", here, region=A), 403, "outside-region")
    problem(await send(world, "cap", cap("K4"), region="532301"), 403, "outside-region")  # its polygon goes further
    assert (await send(world, "cap", here, region="532301")).status_code == 202


CASE = {
    "number": "楚审-1",
    "item": "食品经营许可",
    "kind": "承诺件",
    "department": "市场监管局",
    "region": A,
    "accepted": "2026-02-12T09:00:00+08:00",
    "steps": [{"name": "受理", "started": "2026-02-12T09:00:00+08:00"}],
}


async def test_cases_are_handed_to_the_approvals_role_with_their_names_sealed(world: World) -> None:
    case = {**CASE, "applicant": "王金丝雀", "applicant_phone": "13987654321", "updated": "2026-02-12T10:00:00+08:00"}
    assert (await send(world, "cases", [case])).json()["taken"] == 1
    assert (await send(world, "cases", {"cases": [case]})).json()["taken"] == 1
    first, again = [decode(parcel.body, list[CaseFact])[0] for parcel in await parcels(world, "approvals")]
    assert (first.number, first.body["item"], first.stamp) == ("楚审-1", "食品经营许可", first.body["accepted"] + 3600)
    assert first.digest == again.digest
    assert SEALER.open(first.sealed) == {"name": "王金丝雀", "phone": "13987654321"}
    stored = b"".join(parcel.body for parcel in await parcels(world, "approvals"))
    assert "金丝雀".encode() not in stored
    assert b"13987654321" not in stored
    assert await world.names("ingest") == []


async def test_a_case_may_be_deleted_with_its_number_alone(world: World) -> None:
    assert (await send(world, "cases", [{"number": "楚审-1", "region": A, "deleted": True}])).status_code == 202
    [parcel] = await parcels(world, "approvals")
    assert decode(parcel.body, list[CaseFact])[0].deleted


async def test_a_case_of_a_wrong_form_or_region_is_refused(world: World) -> None:
    wrong = [{**CASE, "kind": "其他件"}, {**CASE, "region": "x"}, {**CASE, "accepted": "2026-02-12"}, {"number": "1"}]
    document = problem(await send(world, "cases", wrong), 422, "invalid")
    codes = [finding["code"] for finding in document["findings"]]
    assert codes == ["FORM_INVALID", "FORM_INVALID", "TIME_INVALID", "MISSING_REQUIRED"]
    problem(await send(world, "cases", [CASE], region="532331"), 403, "outside-region")
    assert await parcels(world, "approvals") == []


async def test_amtool_and_prometheus_may_ask(world: World) -> None:
    async with world.client(Authorization=f"Bearer {await world.token('read', A)}") as client:
        status = (await client.get("/api/v2/status")).json()
        assert status["cluster"]["status"] == "disabled"
        (warning,) = (await client.get(POSTED)).json()
        assert (warning["labels"]["alertname"], warning["status"]["state"]) == ("down", "active")
        assert (await client.get(POSTED, params={"filter": 'alertname="other"'})).json() == []


@pytest.mark.parametrize("path", [POSTED, "alertmanager", "grafana", "zabbix", "cloudevents", "cases"])
@pytest.mark.parametrize("raw", [b"[" * 100_000, b'{"alerts":' * 50_000, b'[{"labels":5},{"x":' + b"[" * 100_000])
async def test_json_that_is_nested_too_deeply_is_refused_as_no_json(world: World, path: str, raw: bytes) -> None:
    answer = await send(world, path, raw)
    assert problem(answer, 422, "invalid")["findings"][0]["code"] in ("JSON_INVALID", "FORM_INVALID")
    assert await taken(world) == []


@pytest.mark.parametrize(
    ("path", "raw"),
    [
        ("alertmanager", '{"version": "4", "alerts": [{"status": "firing", "labels": {"alertname": "断电"}}]}'),
        ("grafana", '{"ruleId": 1, "title": "断电", "state": "alerting"}'),
        ("zabbix", '{"triggerid": "1", "host": "h", "value": "1", "name": "断电"}'),
        ("cloudevents", '{"specversion": "1.0", "id": "断电", "source": "s", "type": "t", "data": {"active": true}}'),
        ("cloudevents", '{"specversion": "1.0", "id": "1", "source": "s", "type": "t", "data": {"text": "断电"}}'),
        (
            "cloudevents",
            '{"specversion": "1.0", "id": "1", "source": "s", "type": "t", "datacontenttype": "text/plain",'
            ' "data": "断电"}',
        ),
        ("cases", '[{"number": "断电"}]'),
        (POSTED, '[{"labels": {"alertname": "断电"}}]'),
    ],
)
async def test_json_in_the_encoding_of_old_tools_is_refused_as_no_json(world: World, path: str, raw: str) -> None:
    answer = await send(world, path, raw.encode("gb18030"))
    assert [error["code"] for error in problem(answer, 422, "invalid")["findings"]] == ["JSON_INVALID"]
    assert await taken(world) == []


async def test_an_alert_of_another_encoding_takes_no_other_with_it(world: World) -> None:
    good, bad = json.dumps(alert()).encode(), '{"labels": {"alertname": "断电"}}'.encode("gb18030")
    answer = await send(world, POSTED, b"[" + bad + b"," + good + b"]")
    assert [(error["code"], error["xpath"]) for error in answer.json()["findings"]] == [("JSON_INVALID", "[0]")]
    assert [report.rule for report in await taken(world)] == ["prometheus:Down"]


async def test_a_binary_event_that_is_nested_too_deeply_is_refused(world: World) -> None:
    headers = {"ce-specversion": "1.0", "ce-id": "1", "ce-source": "/s", "ce-type": "t"}
    answer = await send(world, "cloudevents", b'{"x":' * 100_000, **headers)
    assert problem(answer, 422, "invalid")["findings"][0]["code"] == "FORM_INVALID"
