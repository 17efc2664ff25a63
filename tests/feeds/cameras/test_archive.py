"""The record of each camera (一机一档): what is missing, and files written and read back."""

from __future__ import annotations

import io
from typing import Any

import pytest

from feeds.cameras import archive, archive_table
from feeds.cameras.archive import FIELDS, faults_of, value_of
from feeds.cameras.figures import camera_figures
from feeds.spreadsheets import read_sheets

WHOLE = {
    "point_type": "1",
    "maker": "海康威视",
    "camera_type": "枪机",
    "address": "楚雄市鹿城镇",
    "indoor": "室外",
    "azimuth": "东南",
    "network": "政务网",
    "contact": "张三",
    "phone": "0878-1234567",
    "installed": "2024-05-06",
    "record_days": "30",
    "status": "在用",
}


def camera(id: str = "cam-1", **labels: str) -> dict[str, Any]:
    return {
        "id": id,
        "name": "正门",
        "kind": "camera",
        "region": "532301",
        "lat": 25.04,
        "lon": 101.54,
        "owner": "政务局",
        "labels": labels,
        "probes": (f"rtsp://10.0.0.5:554/ch1?cred=x&id={id}", f"gb28181://5323010000132000000{id[-1]}"),
        "readings": {},
    }


def test_a_record_with_all_required_fields_is_complete() -> None:
    assert faults_of(camera(**WHOLE)) == {}
    assert value_of(camera(), archive.BY_NAME["ip"]) == "10.0.0.5", "the host of its own stream"


@pytest.mark.parametrize("name", [field.name for field in FIELDS if field.required and field.name in WHOLE])
def test_each_missing_field_is_named(name: str) -> None:
    assert faults_of(camera(**{key: value for key, value in WHOLE.items() if key != name})) == {name: "missing"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("point_type", "7"),
        ("azimuth", "361"),
        ("installed", "2024-02-30"),
        ("record_days", "0"),
        ("phone", "call me"),
        ("mac", "00:11:22"),
        ("status", "坏"),
        ("view_angle", "nan"),
    ],
)
def test_a_value_that_cannot_be_is_named(name: str, value: str) -> None:
    assert faults_of(camera(**WHOLE | {name: value})) == {name: "invalid"}


def test_the_figure_counts_whole_records_and_leaves_out_cameras_that_are_out_of_use() -> None:
    cameras = [camera("cam-1", **WHOLE), camera("cam-2"), camera("cam-3", **WHOLE | {"status": "拆除"})]
    figure = camera_figures(cameras, "region")[""].archive
    assert (figure.good, figure.of, figure.total) == (1, 2, 2)


@pytest.mark.parametrize("written", [archive_table.as_csv, archive_table.as_xlsx])
@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_a_file_that_is_read_back_unchanged_changes_nothing(written: Any, language: str) -> None:
    cameras = {"cam-1": camera("cam-1", **WHOLE), "cam-2": camera("cam-2", maker="=1+1")}
    raw = written(archive_table.header(language), archive_table.rows(cameras.values(), personal=True))
    difference = archive_table.difference(read_sheets(raw), cameras)
    assert (difference.changes, difference.refusals, difference.ignored, difference.cameras) == ((), (), (), 2)


def test_persons_are_hidden_and_what_is_hidden_is_not_read_back() -> None:
    cameras = {"cam-1": camera("cam-1", **WHOLE)}
    raw = archive_table.as_csv(archive_table.header("zh-CN"), archive_table.rows(cameras.values(), personal=False))
    assert "张三".encode() not in raw
    assert b"1234567" not in raw
    assert archive_table.difference(read_sheets(raw), cameras).changes == ()


def csv_file(*lines: str) -> bytes:
    return "\n".join(lines).encode("gb18030")


def test_rows_are_found_by_their_device_id_and_become_rows_of_the_inventory() -> None:
    """A file of a province: other names, more columns, GB18030, a password that goes nowhere."""
    cameras = {"cam-1": camera("cam-1", layer="access"), "cam-2": camera("cam-2")}
    raw = csv_file(
        "序号,设备编码*,名称,厂商,联系方式,口令,安装地址,录像保存天数",
        "1,53230100001320000001,正门东,大华,0878-7654321,secret,鹿城镇;东路,90",
        "2,53230100001320000002,,,,secret,,",
        "3,53230100001320000009,谁,,,,,",
        "4,53230100001320000001,再来,,,,,",
        "5,cam-2,,,,,,",
    )
    difference = archive_table.difference(read_sheets(raw), cameras)
    assert set(difference.ignored) == {"序号", "口令"}
    assert [(each.line, each.why) for each in difference.refusals] == [
        (4, "unknown-camera"),
        (5, "twice"),
        (6, "unknown-camera"),
    ]
    ((id, row),) = archive_table.row_changes(difference.changes, cameras).items()
    assert (id, row["name"]) == ("cam-1", "正门东")
    assert row["labels"] == "layer=access;maker=大华;phone=0878-7654321;address=鹿城镇；东路;record_days=90"
    assert "secret" not in str(difference)


def test_a_value_that_cannot_be_is_refused_and_the_others_of_its_row_are_taken() -> None:
    cameras = {"cam-1": camera("cam-1")}
    difference = archive_table.difference(read_sheets(csv_file("id,经度,设备厂商", "cam-1,999,宇视")), cameras)
    assert [(each.field, each.value, each.why) for each in difference.refusals] == [("lon", "999", "invalid")]
    assert [(each.field, each.after) for each in difference.changes] == [("maker", "宇视")]


def test_a_file_without_cameras_gives_nothing() -> None:
    difference = archive_table.difference(read_sheets(csv_file("a,b", "1,2")), {})
    assert (difference.cameras, difference.refusals) == (0, ())
    assert io.BytesIO(archive_table.as_xlsx(["id"], [])).getvalue().startswith(b"PK")
