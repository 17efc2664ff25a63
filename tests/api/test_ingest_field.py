"""What Grafana, Zabbix and CloudEvents senders really send: state reasons, several problems, encoded headers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from api.ingest import cloudevents, grafana, zabbix
from feeds.external import Report

NOW = 1_796_000_000.0


def hook(labels: dict[str, str], annotations: dict[str, str] | None = None, status: str = "firing") -> Report:
    alert = {
        "status": status,
        "labels": labels,
        "annotations": annotations or {},
        "startsAt": "2026-11-28T19:30:00Z",
        "endsAt": "0001-01-01T00:00:00Z" if status == "firing" else "2026-11-28T19:39:00Z",
        "generatorURL": "http://g/a",
        "values": None,
    }
    body = {"version": "1", "status": status, "alerts": [alert], "truncatedAlerts": 0}
    reports, findings = grafana.taken(json.dumps(body).encode(), NOW)
    assert not findings
    return reports[0]


NO_DATA = {"alertname": "DatasourceNoData", "rulename": "水位过高", "host": "core"}


def test_an_alert_about_missing_data_is_called_by_its_rule() -> None:
    assert hook(NO_DATA).title["zh-CN"] == "水位过高: DatasourceNoData"
    assert hook(NO_DATA, {"summary": "水位过高"}).title["zh-CN"] == "水位过高"


def test_the_error_of_a_rule_is_the_text() -> None:
    labels = NO_DATA | {"alertname": "DatasourceError"}
    assert "connection refused" in hook(labels, {"Error": "dial tcp: connection refused"}).text


@pytest.mark.parametrize("reason", ["NoData", "Error", "NoData, KeepLast"])
def test_an_end_for_want_of_data_is_no_recovery(reason: str) -> None:
    report = hook({"alertname": "水位过高"}, {"grafana_state_reason": reason}, status="resolved")
    assert (report.active, report.until) == (True, NOW)
    assert reason in report.text


def test_an_end_for_another_reason_is_told_as_such() -> None:
    report = hook({"alertname": "水位过高"}, {"grafana_state_reason": "RuleDeleted"}, status="resolved")
    assert (report.active, report.evidence) == (False, "Grafana: RuleDeleted")
    assert hook({"alertname": "水位过高"}, status="resolved").evidence == ""


def test_what_go_and_json_leave_out_as_null_is_not_there() -> None:
    legacy = {"ruleId": 1, "state": "alerting", "ruleName": "r", "tags": None, "evalMatches": None, "message": None}
    (report,), findings = grafana.taken(json.dumps(legacy | {"ruleUrl": None, "title": None}).encode(), NOW)
    assert (report.title["en"], report.labels, findings) == ("r", {}, [])
    data = dict.fromkeys(("severity", "asset", "title", "text", "labels", "since", "until", "url", "status"))
    event = {"specversion": "1.0", "id": "k", "source": "/k", "type": "cn.k", "subject": None, "time": None}
    body = json.dumps(event | {"data": data | {"active": True}}).encode()
    ((_, event_report),), findings = cloudevents.taken(body, {"content-type": cloudevents.STRUCTURED})
    assert (event_report.asset, event_report.active, event_report.labels, findings) == ("/k", True, {}, [])


def zabbix_report(**more: str) -> Report:
    event = {"triggerid": "13", "host": "core", "value": "1", "name": "端口断开"} | more
    reports, findings = zabbix.taken(json.dumps(event).encode(), NOW, timezone="Asia/Shanghai")
    assert not findings
    return reports[0]


def test_problems_of_one_trigger_are_apart_and_each_ends_by_its_own_event() -> None:
    first, second = zabbix_report(eventid="1"), zabbix_report(eventid="2")
    assert first.identity_labels != second.identity_labels
    assert zabbix_report(eventid="1", value="0").identity_labels == first.identity_labels


def test_a_message_without_an_event_goes_by_trigger_and_host() -> None:
    assert zabbix_report(eventid="{EVENT.ID}").identity_labels == {"triggerid": "13", "host": "core"}


def test_tags_that_are_repeated_are_all_kept() -> None:
    tags = [{"tag": "service", "value": "a"}, {"tag": "service", "value": "b"}, {"tag": "service", "value": "a"}]
    assert zabbix_report(tags=json.dumps(tags)).labels["service"] == "a, b"


def event(subject: str, **data: Any) -> tuple[list[tuple[str, Report]], list[Any]]:
    headers = {
        "ce-specversion": "1.0",
        "ce-id": "1",
        "ce-source": "/k",
        "ce-type": "cn.k",
        "ce-subject": subject,
        "content-type": "application/json",
    }
    return cloudevents.taken(json.dumps(data).encode(), headers)


@pytest.mark.parametrize(
    ("header", "subject"),
    [
        ("a b", "a b"),
        ('"a b"', "a b"),
        (r'"a \"b\" \\"', 'a "b" \\'),
        ("%E4%B8%AD", "中"),
        ('"%E4%B8%AD"', "中"),
        ("%41", "A"),
        ("%2541", "%41"),
        ("100%", "100%"),
    ],
)
def test_a_header_is_decoded_by_the_letter_of_the_binding(header: str, subject: str) -> None:
    [(_, report)], findings = event(header, active=True)
    assert (report.identity_labels["subject"], findings) == (subject, [])


@pytest.mark.parametrize("header", ["%D6%D0", "%B9%FA", "%ED%A0%80", '"open', 'a"b', "中", "a\tb\x01"])
def test_a_header_that_is_encoded_otherwise_is_refused(header: str) -> None:
    reports, findings = event(header, active=True)
    assert (reports, [finding.code for finding in findings]) == ([], ["HEADER_INVALID"])


def test_a_quoted_subject_and_the_same_one_in_json_are_one_alert() -> None:
    structured = {"specversion": "1.0", "id": "2", "source": "/k", "type": "cn.k", "subject": "a b"}
    body = json.dumps(structured | {"data": {"active": False}}).encode()
    [(_, ended)], _ = cloudevents.taken(body, {"content-type": "application/cloudevents+json"})
    [(_, raised)], _ = event('"a b"', active=True)
    assert (ended.rule, ended.asset, ended.identity_labels) == (raised.rule, raised.asset, raised.identity_labels)
