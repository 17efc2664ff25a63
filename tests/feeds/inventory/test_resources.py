"""Resources from CSV files: what is read, what is left out, and what is said of it."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from feeds.inventory.resources import COLUMNS, read_resources

ZONE = ZoneInfo("Asia/Shanghai")
HEAD = ",".join(COLUMNS)
TEAM = "T1,team,化学救援队,532301,25.04,101.55,消防救援支队,李,13900000000,24,堵漏;洗消,ready,,,,2026-11-01,夜间=是"
STORE = "S1,store,物资库,532301,,,应急管理局,,,0,,,120,顶,2027-03-31,,"


def read(*lines: str, head: str = HEAD) -> tuple[list[str], list[tuple[str, int, str]]]:
    resources, findings = read_resources([("r.csv", "\n".join([head, *lines]).encode())], ZONE)
    assert not any(finding.error for finding in findings)
    return [resource.id for resource in resources], [
        (finding.code, finding.where.line, finding.where.key) for finding in findings
    ]


def test_a_row_becomes_a_resource() -> None:
    (team, store), findings = read_resources([("r.csv", "\n".join([HEAD, TEAM, STORE]).encode())], ZONE)
    assert not findings
    assert (team.kind, team.lat, team.capacity, team.capability) == ("team", 25.04, 24, ("堵漏", "洗消"))
    assert team.labels == {"夜间": "是"}
    assert team.checked_at == datetime(2026, 11, 1, tzinfo=ZONE).timestamp()
    assert (store.lat, store.quantity, store.unit_of, store.status) == (None, 120, "顶", "unknown")
    assert store.expires is not None
    assert datetime.fromtimestamp(store.expires, ZONE).isoformat().startswith("2027-03-31T23:59:59")


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        ("kind", "tema", "word_unknown"),
        ("status", "on_scene", "word_unknown"),
        ("region", "楚雄", "region_form"),
        ("lat", "abc", "number_form"),
        ("capacity", "-1", "amount_range"),
        ("quantity", "1e400", "amount_range"),
        ("quantity", "nan", "amount_range"),
        ("expires", "2027/03/31", "day_form"),
        ("name", "", "empty"),
        ("labels", "夜间", "label_form"),
    ],
)
def test_a_row_with_a_fault_is_left_out_alone(column: str, value: str, code: str) -> None:
    cells = dict(zip(COLUMNS, TEAM.split(","), strict=True)) | {column: value}
    ids, findings = read(",".join(cells.values()), STORE)
    assert ids == ["S1"]
    assert findings == [(code, 2, column)]


def test_positions_that_are_swapped_are_said_to_be() -> None:
    cells = dict(zip(COLUMNS, TEAM.split(","), strict=True)) | {"lat": "101.55", "lon": "25.04"}
    assert read(",".join(cells.values()))[1] == [("coordinate_swapped", 2, "lat")]


def test_an_id_is_given_once_over_all_files() -> None:
    raw = "\n".join([HEAD, TEAM]).encode()
    resources, findings = read_resources([("a.csv", raw), ("b.csv", raw)], ZONE)
    assert len(resources) == 1
    assert [(finding.code, finding.where.file) for finding in findings] == [("id_twice", "b.csv")]


def test_a_file_without_the_columns_that_it_needs_gives_nothing() -> None:
    assert read("T1,队", head="id,name") == ([], [("header_missing", 1, "kind"), ("header_missing", 1, "region")])


def test_the_digest_is_that_of_what_the_row_says() -> None:
    (first,), _ = read_resources([("r.csv", f"{HEAD}\n{TEAM}".encode())], ZONE)
    (again,), _ = read_resources([("r.csv", f"{HEAD}\n\n{TEAM}".encode("gb18030"))], ZONE)
    (other,), _ = read_resources([("r.csv", f"{HEAD}\n{TEAM.replace('24', '25')}".encode())], ZONE)
    assert first.digest == again.digest != other.digest
