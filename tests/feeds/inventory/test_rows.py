"""Inventory rows: accepted rows, rejected rows and their findings."""

from pathlib import Path

import pytest

from feeds.findings import Finding, InFile, line_of_text
from feeds.inventory.csv_file import read_csv
from feeds.inventory.findings import InventoryRow
from feeds.inventory.rows import Inventory, build, diff
from feeds.inventory.texts import TEXTS

SCHEMES = ("tcp", "http", "https", "heartbeat")
GOOD = {"id": "a", "name": "路由器", "kind": "router", "region": "532300"}


def inventory(*rows: dict[str, str]) -> Inventory:
    """An inventory whose first row is in line 2, each row completed from GOOD."""
    return build(
        [InventoryRow(file="assets.csv", line=line, values={**GOOD, **row}) for line, row in enumerate(rows, 2)],
        schemes=SCHEMES,
    )


def only(findings: tuple[Finding[InFile], ...] | list[Finding[InFile]]) -> Finding[InFile]:
    (finding,) = findings
    return finding


def test_a_full_row_becomes_an_asset() -> None:
    asset = inventory(
        {"id": "b"},
        {
            "lat": "25.04399",
            "lon": "101.54472",
            "parents": "b; b",
            "redundancy_group": "up",
            "owner": "网管",
            "importance": "5",
            "labels": "layer=core; room=A=2",
            "probes": "tcp://10.0.0.1:80  heartbeat:?every=5m",
        },
    ).assets["a"]
    assert (asset.lat, asset.lon, asset.parents, asset.importance) == (25.04399, 101.54472, ("b",), 5)
    assert asset.labels == {"layer": "core", "room": "A=2"}
    assert asset.probes == ("tcp://10.0.0.1:80", "heartbeat:?every=5m")


@pytest.mark.parametrize(
    ("row", "code", "column", "value"),
    [
        ({"id": ""}, "empty", "id", ""),
        ({"name": " "}, "empty", "name", ""),
        ({"kind": ""}, "empty", "kind", ""),
        ({"region": ""}, "empty", "region", ""),
        ({"id": "a b"}, "id_form", "id", "a b"),
        ({"id": "a/b"}, "id_form", "id", "a/b"),
        ({"region": "楚雄"}, "region_form", "region", "楚雄"),
        ({"region": "5323"}, "region_form", "region", "5323"),
        ({"lat": "25"}, "coordinate_half", "lon", ""),
        ({"lon": "101"}, "coordinate_half", "lat", ""),
        ({"lat": "25°", "lon": "101"}, "number_form", "lat", "25°"),
        ({"lat": "25", "lon": "200"}, "coordinate_range", "lon", "200"),
        ({"lat": "nan", "lon": "101"}, "coordinate_range", "lat", "nan"),
        ({"lat": "101.5", "lon": "25"}, "coordinate_swapped", "lat", "101.5, 25"),
        ({"lat": "75.9", "lon": "39.5"}, "coordinate_swapped", "lat", "75.9, 39.5"),
        ({"importance": "-1"}, "importance_form", "importance", "-1"),
        ({"labels": "core"}, "label_form", "labels", "core"),
        ({"labels": "a=1;a=2"}, "label_twice", "labels", "a=2"),
        ({"probes": "10.0.0.1:80"}, "probe_no_scheme", "probes", "10.0.0.1:80"),
        ({"probes": "tcp://h:99999"}, "probe_form", "probes", "tcp://h:99999"),
        ({"probes": "tcp://:80"}, "probe_form", "probes", "tcp://:80"),
        ({"probes": "tcp:10.0.0.1:80"}, "probe_form", "probes", "tcp:10.0.0.1:80"),
        ({"probes": "http://h/?contains=%zz"}, "probe_form", "probes", "http://h/?contains=%zz"),
        ({"probes": "http://[::1/"}, "probe_form", "probes", "http://[::1/"),
        ({"probes": "htp://h/"}, "probe_scheme", "probes", "htp://h/"),
    ],
)
def test_a_bad_row_is_refused_by_its_line_and_the_rest_is_kept(
    row: dict[str, str], code: str, column: str, value: str
) -> None:
    result = inventory(row, {"id": "z"})
    assert list(result.assets) == ["z"]
    finding = only(result.findings)
    assert (finding.code, finding.where.line, finding.where.key, finding.value) == (code, 2, column, value)
    assert all(finding.message[language] and finding.mend[language] for language in ("zh-CN", "en"))


def test_a_duplicate_id_keeps_the_first_and_names_it() -> None:
    result = inventory({"name": "一"}, {"name": "二"})
    assert result.assets["a"].name == "一"
    assert "assets.csv:2" in only(result.findings).message["en"]


def test_an_unknown_scheme_is_answered_with_the_nearest() -> None:
    assert '"http"' in only(inventory({"probes": "htp://h/"}).findings).mend["en"]


def test_what_a_protocol_wants_of_its_uri_is_asked_of_its_collector() -> None:
    message = {"zh-CN": "缺少端口", "en": "it lacks a port"}
    row = InventoryRow(file="assets.csv", line=2, values={**GOOD, "probes": "tcp://h"})
    result = build([row], schemes=SCHEMES, check_probe=lambda uri: message if uri == "tcp://h" else None)
    assert result.assets == {}
    assert only(result.findings).message == message


def test_a_password_in_a_probe_is_not_shown() -> None:
    finding = only(inventory({"probes": "ftp://root:hunter2@h/"}).findings)
    assert (finding.code, finding.value) == ("probe_scheme", "ftp://…@h/")
    assert "hunter2" not in line_of_text(finding, "en") + line_of_text(finding, "zh-CN")


def test_an_unknown_parent_is_dropped_and_the_asset_kept() -> None:
    result = inventory({"id": "core-1"}, {"parents": "core-1;core1"})
    assert result.assets["a"].parents == ("core-1",)
    finding = only(result.findings)
    assert (finding.code, finding.where.line, finding.value) == ("parent_unknown", 3, "core1")
    assert "core-1" in finding.mend["zh-CN"]


def test_a_parent_on_a_refused_row_is_told_apart_from_an_unknown_one() -> None:
    result = inventory({"id": "p", "region": "x"}, {"parents": "p"})
    assert [finding.code for finding in result.findings] == ["region_form", "parent_refused"]
    assert "assets.csv:2" in result.findings[1].mend["en"]


def test_a_circle_of_parents_loses_its_links_but_no_asset() -> None:
    result = inventory(
        {"id": "a", "parents": "c;top"},
        {"id": "b", "parents": "a"},
        {"id": "c", "parents": "b"},
        {"id": "top"},
        {"id": "below", "parents": "a"},
    )
    assert {key: asset.parents for key, asset in result.assets.items()} == {
        "a": ("top",),
        "b": (),
        "c": (),
        "top": (),
        "below": ("a",),
    }
    assert [(finding.code, finding.where.line) for finding in result.findings] == [
        ("parent_cycle", line) for line in (2, 3, 4)
    ]


def test_an_asset_cannot_be_its_own_parent() -> None:
    result = inventory({"parents": "a"})
    assert result.assets["a"].parents == ()
    assert only(result.findings).code == "parent_cycle"


def test_a_position_of_zero_zero_is_none_at_all() -> None:
    result = inventory({"lat": "0", "lon": "0.0"})
    assert result.assets["a"].lat is None
    assert not only(result.findings).error


def test_a_probe_that_stands_twice_is_kept_once() -> None:
    result = inventory({"probes": "tcp://h:1 tcp://h:1"})
    assert result.assets["a"].probes == ("tcp://h:1",)
    assert only(result.findings).code == "probe_twice"


def test_a_secret_in_a_probe_is_remarked_without_being_told() -> None:
    result = inventory({"probes": "http://h/status?token=s3cr3t-word"})
    finding = only(result.findings)
    assert (finding.code, finding.error, len(result.assets)) == ("probe_secret", False, 1)
    assert "s3cr3t" not in str(finding)


def test_diff_names_what_came_went_and_changed() -> None:
    old = inventory({"id": "stay"}, {"id": "go"}, {"id": "alter"})
    new = inventory({"id": "stay"}, {"id": "alter", "name": "新名"}, {"id": "come"})
    changes = diff(old, new)
    assert (changes.added, changes.removed, changes.changed) == (("come",), ("go",), ("alter",))
    assert diff(new, new).changed == ()


HEADER = "id,name,kind,region"


def read(folder: Path, raw: bytes) -> tuple[list[InventoryRow], list[Finding[InFile]]]:
    path = folder / "assets.csv"
    path.write_bytes(raw)
    return read_csv(path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_csv_in_utf8_with_and_without_a_mark(tmp_path: Path, encoding: str) -> None:
    rows, findings = read(tmp_path, f"{HEADER}\r\na,楚雄,router,532300\r\n".encode(encoding))
    assert (rows[0].line, rows[0].values["id"], rows[0].values["name"]) == (2, "a", "楚雄")
    assert findings == []


def test_csv_in_gb18030_is_read_with_a_finding(tmp_path: Path) -> None:
    rows, findings = read(tmp_path, f"{HEADER}\na,楚雄,router,532300\n".encode("gb18030"))
    assert rows[0].values["name"] == "楚雄"
    assert (only(findings).code, only(findings).where.line, only(findings).error) == ("encoding_gb18030", 2, False)


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (f"{HEADER}\na,楚雄,router,532300\n".encode("utf-16"), "encoding_unknown"),
        (HEADER.encode() + b"\na,\xff\xff\xff,router,532300\n", "encoding_unknown"),
        (b"id;name;kind;region\na;b;c;532300\n", "separator_wrong"),
        (b"id,name,kind\na,b,c\n", "header_missing"),
        (b"", "header_missing"),
        (b"id,name,kind,region,id\n", "header_twice"),
    ],
)
def test_a_file_that_cannot_be_read_gives_no_rows_and_one_finding(tmp_path: Path, raw: bytes, code: str) -> None:
    rows, findings = read(tmp_path, raw)
    assert rows == []
    assert only(findings).code == code


def test_a_missing_file_is_a_finding(tmp_path: Path) -> None:
    assert only(read_csv(tmp_path / "none.csv")[1]).code == "file_missing"


def test_a_misspelt_column_is_told_with_the_nearest(tmp_path: Path) -> None:
    rows, findings = read(tmp_path, f"{HEADER},parnets\na,b,c,532300,x\n".encode())
    assert len(rows) == 1
    assert (only(findings).code, only(findings).value) == ("column_unknown", "parnets")
    assert '"parents"' in only(findings).mend["en"]


def test_an_unquoted_comma_refuses_its_row_only(tmp_path: Path) -> None:
    rows, findings = read(tmp_path, f"{HEADER}\na,b,c,532300,oops\n\nz,b,c,532300\n".encode())
    assert [(row.line, row.values["id"]) for row in rows] == [(4, "z")]
    assert (only(findings).code, only(findings).where.line, only(findings).value) == ("cells_too_many", 2, "oops")


def test_an_open_quote_stops_the_reading_where_it_begins(tmp_path: Path) -> None:
    rows, findings = read(tmp_path, f'{HEADER}\na,b,c,532300\nq,"open,c,532300\nz,b,c,532300\n'.encode())
    assert [row.values["id"] for row in rows] == ["a"]
    assert (only(findings).code, only(findings).where.line) == ("csv_broken", 3)


def test_lines_are_the_files_own_even_behind_a_value_of_two_lines(tmp_path: Path) -> None:
    rows, _ = read(tmp_path, f'{HEADER}\na,"two\nlines",c,532300\nz,b,c,532300\n'.encode())
    assert [row.line for row in rows] == [2, 4]


def test_every_text_is_there_in_both_languages() -> None:
    assert all(all(entry) for entry in TEXTS.values())


def test_a_redundancy_group_whose_members_a_child_lists_is_fine() -> None:
    a, b = ({"id": id, "redundancy_group": "cores"} for id in "ab")
    assert inventory(a, b, {"id": "office", "parents": "a;b"}).findings == ()


@pytest.mark.parametrize(
    ("rows", "code", "line"),
    [
        (({"id": "a", "redundancy_group": "g"}, {"id": "c", "parents": "a"}), "redundancy_alone", 2),
        (
            ({"id": "x"}, {"id": "a", "redundancy_group": "g"}, {"id": "b", "redundancy_group": "g"}),
            "redundancy_unused",
            3,
        ),
        (({"id": "a"}, {"id": "b"}, {"id": "c", "parents": "a;b", "redundancy_group": "g"}), "redundancy_side", 4),
    ],
)
def test_a_redundancy_group_that_protects_nothing_is_remarked_and_the_row_is_taken(
    rows: tuple[dict[str, str], ...], code: str, line: int
) -> None:
    taken = inventory(*rows)
    remark = only(taken.findings)
    assert (remark.code, remark.where.line, remark.where.key, remark.error) == (code, line, "redundancy_group", False)
    assert len(taken.assets) == len(rows)
    assert "g" in line_of_text(remark, "en")
