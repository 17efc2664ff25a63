"""Rows of other systems: JSON and XML, mapped to receipts, warnings and observations."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from feeds import wire
from feeds.datum import from_bd09, from_gcj02, to_gcj02
from feeds.mapped.observations import observations
from feeds.mapped.receipts import receipt_report
from feeds.mapped.rows import NoRows, document_of, pointer, rows_of
from feeds.mapped.source import OBSERVATIONS, WARNINGS, MappedSource, RowProblem, RowReader
from feeds.mapped.warnings import MappedWarning, mapped_warning
from feeds.mapping import MappingRefused
from feeds.model import Quality
from feeds.receipts import ReceiptReport
from tests.shared_samples import SAMPLES

NOW = 1_795_800_000.0
FIRE = {
    "bh": "F-1",
    "jjsj": "2026-11-28 10:00:00",
    "gxsj": "2026-11-28 10:02:00",
    "jqnr": "储罐阀门泄漏",
    "wd": "25.045",
    "jd": "101.546",
    "jqlx": "危化品泄漏",
    "lxdh": "13800000000",
    "extra": {"deep": [1]},
}
MAP = {"id": "/bh", "at": "/jjsj", "updated": "/gxsj", "text": "/jqnr", "lat": "/wd", "lon": "/jd", "class": "/jqlx"}
SOURCE = MappedSource(map=MAP | {"phone": "/lxdh"}, classes={"危化品泄漏": "hazchem"}, crs="gcj02", channel="119")


def receipt(row: dict[str, Any], source: MappedSource = SOURCE) -> ReceiptReport:
    report = receipt_report(RowReader(source), row, "119", 0, NOW)
    assert isinstance(report, ReceiptReport), report
    return report


def test_a_row_becomes_a_report_with_its_zone_datum_and_class() -> None:
    report = receipt(FIRE)
    assert (report.id, report.channel, report.text, report.event_class) == ("119:F-1", "119", "储罐阀门泄漏", "hazchem")
    assert wire.iso(report.at) == "2026-11-28T02:00:00.000Z"
    assert report.updated_at - report.at == 120.0
    assert report.lat is not None
    assert report.lon is not None
    back = to_gcj02(report.lat, report.lon)
    assert back == pytest.approx((25.045, 101.546), abs=1e-6)
    assert abs(report.lat - 25.045) > 0.001  # GCJ-02 is some hundred metres off
    assert report.problems == ()
    assert json.loads(report.raw)["extra"] == {"deep": [1]}


def test_an_unknown_class_becomes_none_with_the_word_kept_and_is_told() -> None:
    report = receipt(FIRE | {"jqlx": "猫上树"})
    assert (report.event_class, report.their_class, report.problems) == ("", "猫上树", ("class: UNKNOWN_WORD 猫上树",))


@pytest.mark.parametrize(
    ("lat", "lon", "problem"),
    [("0", "0", "0,0"), ("101.5", "25", "swapped"), ("75.9", "39.5", "swapped"), ("25", "181", "out of range")],
)
def test_a_position_that_cannot_be_is_no_position_and_is_told(lat: str, lon: str, problem: str) -> None:
    report = receipt(FIRE | {"wd": lat, "jd": lon})
    assert (report.lat, report.lon) == (None, None)
    assert problem in report.problems[0]


@pytest.mark.parametrize("missing", ["bh", "jjsj", "jqnr"])
def test_a_row_without_a_required_value_is_a_problem_that_names_it(missing: str) -> None:
    problem = receipt_report(RowReader(SOURCE), FIRE | {missing: ""}, "119", 7, NOW)
    assert isinstance(problem, RowProblem)
    assert (problem.row, problem.detail.split(":")[0]) == (7, {"bh": "id", "jjsj": "at", "jqnr": "text"}[missing])


@pytest.mark.parametrize("word", ["Drill", "演习", "Exercise", "测试"])
def test_another_systems_word_for_an_exercise_makes_nothing_real(word: str) -> None:
    assert receipt(FIRE, MappedSource(map={**MAP, "mode": {"const": word}})).mode == "exercise"
    source = MappedSource(gives="warning", map={"id": "id", "at": "at", "event": "event", "status": {"const": word}})
    item = mapped_warning(RowReader(source), {"id": "1", "at": "2026-11-28", "event": "暴雨"}, "s", 0, NOW)
    assert isinstance(item, MappedWarning)
    assert item.warning.status == "Exercise"


def test_an_exercise_keeps_its_mode() -> None:
    source = MappedSource(map={**MAP, "mode": {"const": "演练"}})
    assert receipt(FIRE, source).mode == "exercise"


def test_a_mapping_with_an_unknown_target_is_refused() -> None:
    with pytest.raises(MappingRefused, match="no such target"):
        RowReader(MappedSource(map=MAP | {"color": "/x"}))


def test_datums_are_inverted_to_within_a_decimetre() -> None:
    for lat, lon in ((25.0, 101.5), (39.9, 116.4), (22.5, 114.0)):
        assert from_gcj02(*to_gcj02(lat, lon)) == pytest.approx((lat, lon), abs=1e-6)
    lat, lon = from_bd09(39.915, 116.404)
    assert (lat, lon) == pytest.approx((39.9073, 116.3912), abs=2e-3)
    assert from_gcj02(48.85, 2.35) == (48.85, 2.35)


# -- documents --------------------------------------------------------------------------


def test_xml_is_rows_of_attributes_and_children() -> None:
    body = (
        b'<alarms xmlns="urn:x"><alarm id="1"><text>a</text><pos><lat>25</lat></pos></alarm>'
        b'<alarm id="2"><text>b</text></alarm></alarms>'
    )
    rows = rows_of(document_of(body, "xml"), "alarms.alarm")
    assert rows == [{"@id": "1", "text": "a", "pos": {"lat": "25"}}, {"@id": "2", "text": "b"}]
    single = document_of(b"<alarms><alarm><text>a</text></alarm></alarms>", "xml")
    assert rows_of(single, "alarms.alarm") == [{"text": "a"}]


@pytest.mark.parametrize(
    ("body", "form"),
    [
        (b"<html><br></html>", "json"),
        (b"{", "json"),
        (b"[" * 100_000, "json"),
        (b"{}", "xml"),
        (b"<!DOCTYPE a><a/>", "xml"),
    ],
)
def test_what_is_no_document_of_the_form_is_refused(body: bytes, form: str) -> None:
    with pytest.raises(NoRows):
        document_of(body, form)


def test_json_in_gb18030_is_read_and_a_missing_path_is_no_empty_list() -> None:
    document = document_of('{"data":[{"名":"楚雄"}]}'.encode("gb18030"), "json")
    assert rows_of(document, "data") == [{"名": "楚雄"}]
    assert rows_of({"data": []}, "data") == []
    with pytest.raises(NoRows, match="rows"):
        rows_of(document, "rows")
    with pytest.raises(NoRows, match="object"):
        rows_of({"data": [1]}, "data")


def test_a_json_pointer_is_a_path() -> None:
    assert [pointer(path) for path in ("/data/0/bh", "a.b", "/a~1b")] == ["data[0].bh", "a.b", "a/b"]


# -- warnings and observations -------------------------------------------------------------


def warning(source: MappedSource, row: dict[str, Any]) -> MappedWarning:
    warning = mapped_warning(RowReader(source), row, "w", 0, NOW)
    assert isinstance(warning, MappedWarning), warning
    return warning


NMC = MappedSource(
    gives=WARNINGS,
    items="data.page.list",
    map={
        "id": "alertid",
        "at": "issuetime",
        "event": {"from": "title"},
        "headline": "title",
        "region": {"from": "alertid", "cut": [1, 6]},
    },
)
QWEATHER = MappedSource(
    gives=WARNINGS,
    items="alerts",
    map={
        "id": "id",
        "at": "issuedTime",
        "event": "eventType.name",
        "headline": "headline",
        "text": "description",
        "severity": "severity",
        "colour": "color.code",
        "expires": "expireTime",
        "onset": "onsetTime",
        "type": {"from": "messageType.code", "words": {"alert": "Alert", "update": "Update", "cancel": "Cancel"}},
        "references": "messageType.supersedes",
    },
)
needs_samples = pytest.mark.skipif(not (SAMPLES / "cn-warning").is_dir(), reason="the shared samples are not here")


def sample(name: str) -> Path:
    return SAMPLES / "cn-warning" / name


@needs_samples
def test_the_national_observatorys_list_gives_colours_and_regions_from_its_titles() -> None:
    rows = rows_of(document_of(sample("nmc_findAlarm_form.json").read_bytes(), "json"), NMC.items)
    warnings = [warning(NMC, row).warning for row in rows]
    assert [(each.colour, each.areas[0].geocodes) for each in warnings] == [
        ("orange", ("532300",)),
        ("blue", ("530000",)),
    ]


@needs_samples
def test_a_weather_services_answer_gives_its_colour_severity_and_references() -> None:
    rows = rows_of(document_of(sample("qweather_alert_v1_zh.json").read_bytes(), "json"), QWEATHER.items)
    first = warning(QWEATHER, rows[0]).warning
    assert (first.colour, first.severity, first.msg_type) == ("blue", "Minor", "Update")
    assert first.references == ("202510181140100706230391",)


def test_a_warning_of_a_point_and_radius_has_a_circle() -> None:
    source = MappedSource(
        gives=WARNINGS, map={"id": "i", "at": "t", "event": "e", "lat": "y", "lon": "x", "radius": "r", "severity": "s"}
    )
    row = {"i": 1, "t": "2026-11-28", "e": "洪水", "y": 25, "x": 101.5, "r": 5, "s": "huge"}
    mapped = warning(source, row).warning
    assert mapped.areas[0].geometry is not None
    assert mapped.areas[0].geometry["type"] == "Polygon"
    assert [finding.value for finding in mapped.findings] == ["severity: UNKNOWN_WORD huge"]


STATION = MappedSource(
    gives=OBSERVATIONS,
    metric="river.level",
    unit="m",
    map={"asset": "stcd", "at": "tm", "value": {"from": "z", "as": "number"}, "warning": "wrz", "guarantee": "grz"},
)


def test_a_station_gives_its_level_and_its_limits() -> None:
    row = {"stcd": "river-1", "tm": "2026-11-28 10:00", "z": "1773.2", "wrz": 1772.5, "grz": 1774}
    readings = observations(RowReader(STATION), row, "hydro", 0, NOW, 600.0)
    assert isinstance(readings, list)
    assert [(each.metric, each.value) for each in readings] == [
        ("river.level", 1773.2),
        ("river.level_warning", 1772.5),
        ("river.level_guarantee", 1774.0),
        ("report.up", True),
    ]
    assert [each.unit for each in readings] == ["m", "m", "m", ""]


def test_a_value_that_is_no_number_is_bad_and_never_a_number() -> None:
    source = MappedSource(gives=OBSERVATIONS, metric="river.level", map={"asset": "a", "at": "t", "value": "z"})
    readings = observations(RowReader(source), {"a": "r", "t": "2026-11-28", "z": "err"}, "hydro", 0, NOW, 600.0)
    assert isinstance(readings, list)
    assert (readings[0].value, readings[0].quality, readings[0].text) == (None, Quality.BAD, "no number: err")
