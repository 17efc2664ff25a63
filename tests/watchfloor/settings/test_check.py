"""`watchfloor check`: settings, rules and inventory in one run."""

import json
from pathlib import Path

import pytest

from watchfloor.settings.check import as_json, check, language_of, render
from watchfloor.settings.inventory import load_inventory
from watchfloor.settings.site_settings import load

GOOD = """[site]
name = "楚雄州"
region = "532300"
inventory = ["assets.csv"]
[[rule]]
id = "link-down"
when = "health == 'down'"
"""
ASSETS = "id,name,kind,region,probes\ncore,核心,router,532300,tcp://127.0.0.1:80\n"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "assets.csv").write_text(ASSETS, encoding="utf-8")
    path = tmp_path / "watchfloor.toml"
    path.write_text(GOOD, encoding="utf-8")
    return path


def test_a_good_site_has_no_findings(site: Path) -> None:
    assert check(site) == []
    assert render([], "zh-CN") == "没有发现问题"


def test_settings_rules_and_rows_are_all_told_in_one_run(site: Path) -> None:
    site.write_text(GOOD.replace("name =", "nmae =").replace("'down'", "'donw'"), encoding="utf-8")
    with (site.parent / "assets.csv").open("a", encoding="utf-8") as rows:
        rows.write("b,乙,router,5323,\nc,丙,router,532301,http://h/?cred=nobody\n")
    findings = check(site)
    assert [(finding.where.file, finding.where.line, finding.where.key) for finding in findings] == [
        ("watchfloor.toml", 1, "site.name"),
        ("watchfloor.toml", 2, "site.nmae"),
        ("watchfloor.toml", 7, "rule[1].when"),
        ("assets.csv", 3, "region"),
        ("assets.csv", 4, "probes"),
    ]
    assert "donw" in findings[2].value
    assert "nobody" in findings[4].message["en"]


def test_findings_are_said_in_the_sites_language(site: Path) -> None:
    site.write_text(GOOD.replace("[[rule]]", 'language = "en"\nport = 1\n[[rule]]'), encoding="utf-8")
    assert language_of(site) == "en"
    text = render(check(site), language_of(site))
    assert text.startswith("watchfloor.toml:6: site.port = 1: this setting is unknown. To mend: ")
    assert text.endswith("errors: 1, remarks: 0")
    assert "改法" in render(check(site), "zh-CN")


def test_the_findings_of_a_broken_file_are_json(site: Path) -> None:
    site.write_text("[site\n", encoding="utf-8")
    (finding,) = json.loads(json.dumps(as_json(check(site))))
    assert (finding["code"], finding["file"], finding["line"]) == ("toml", "watchfloor.toml", 1)
    assert language_of(site) == "zh-CN"


def test_a_rule_without_an_expression_is_told_once(site: Path) -> None:
    site.write_text(GOOD.replace("when = \"health == 'down'\"\n", ""), encoding="utf-8")
    assert [finding.code for finding in check(site)] == ["missing"]


def test_a_site_without_assets_is_a_remark_and_a_missing_file_an_error(site: Path) -> None:
    site.write_text(GOOD.replace('inventory = ["assets.csv"]\n', ""), encoding="utf-8")
    assert [(finding.code, finding.error) for finding in check(site)] == [("inventory_empty", False)]
    site.write_text(GOOD.replace("assets.csv", "more/assets.csv"), encoding="utf-8")
    (missing,) = check(site)
    assert (missing.code, missing.where.file, missing.error) == ("file_missing", "more/assets.csv", True)


def test_ids_are_one_space_over_all_files_of_the_inventory(site: Path) -> None:
    (site.parent / "more.csv").write_text(ASSETS, encoding="utf-8")
    site.write_text(GOOD.replace('["assets.csv"]', '["assets.csv", "more.csv"]'), encoding="utf-8")
    (finding,) = check(site)
    assert (finding.code, finding.where.file, finding.where.line) == ("id_twice", "more.csv", 2)
    assert list(load_inventory(load(site)).assets) == ["core"]


def test_geojson_rows_are_checked_like_those_of_a_table(site: Path) -> None:
    place = {"type": "Point", "coordinates": [101.5, 25.0]}
    good = {"id": "geo", "name": "点", "kind": "sensor", "region": "532301", "parents": "core"}
    features = [
        {"type": "Feature", "geometry": place, "properties": good},
        {"type": "Feature", "geometry": place, "properties": {**good, "id": "bad", "region": "0"}},
    ]
    body = json.dumps({"type": "FeatureCollection", "features": features})
    (site.parent / "more.geojson").write_text(body, encoding="utf-8")
    (site.parent / "broken.geojson").write_text("{", encoding="utf-8")
    files = '["assets.csv", "more.geojson", "broken.geojson", "none.gpkg"]'
    site.write_text(GOOD.replace('["assets.csv"]', files), encoding="utf-8")
    assert [(finding.where.file, finding.where.line, finding.code) for finding in check(site)] == [
        ("broken.geojson", 0, "file_unreadable"),
        ("none.gpkg", 0, "file_missing"),
        ("more.geojson", 2, "region_form"),
    ]
    asset = load_inventory(load(site)).assets["geo"]
    assert (asset.lat, asset.lon, asset.parents) == (25.0, 101.5, ("core",))


def test_keys_and_secrets_that_others_can_read_are_remarked(site: Path) -> None:
    secret, key, keys = site.parent / "token", site.parent / "data" / "keys" / "journal.key", site.parent / "data"
    (keys / "keys").mkdir(parents=True)
    for path in (secret, key):
        path.write_text("s3cret-s3cret-s3cret", encoding="utf-8")
    text = GOOD + '[credentials.core]\nkind = "password"\nuser = "root"\npassword = "file:token"\n'
    site.write_text(text, encoding="utf-8")
    secret.chmod(0o644)
    key.chmod(0o640)
    assert [(finding.code, finding.where.file, finding.value, finding.error) for finding in check(site)] == [
        ("secret_readable", str(secret), "0644", False),
        ("secret_readable", str(key), "0640", False),
    ]
    for path in (secret, key):
        path.chmod(0o600)
    assert check(site) == []


def test_catalogues_and_calendars_are_no_secrets(site: Path) -> None:
    folder = site.parent / "calendars"
    folder.mkdir()
    files = {
        site.parent / "items.csv": "code,name\ni1,许可\n",
        folder / "2027.json": '{"year": 2027, "papers": ["https://example.org"], "days": []}',
    }
    for path, text in files.items():
        path.write_text(text, encoding="utf-8")
        path.chmod(0o644)
    site.write_text(GOOD + '[approvals]\nitems = "items.csv"\ncalendars = "calendars"\n', encoding="utf-8")
    assert check(site) == []


COUNTIES = """id,name,kind,region,parents,redundancy_group,probes
a,甲,router,532300,,core,snmp://10.0.0.1?cred=missing
b,乙,router,532300,,core,snmp://10.0.0.2?cred=missing
c,丙,switch,532301,a;b,,icmp://10.0.1.1
d,丁,switch,532302,a;b,,icmp://10.0.1.2
"""


def test_a_secret_that_is_not_there_is_told_once_and_not_again_at_every_probe(site: Path) -> None:
    (site.parent / "assets.csv").write_text(COUNTIES, encoding="utf-8")
    with site.open("a", encoding="utf-8") as file:
        file.write('[credentials.missing]\nkind = "snmpv2c"\ncommunity = "file:secrets/community"\n')
    assert [finding.where.key for finding in check(site)] == ["credentials.missing.community"]


def test_rows_below_a_refused_parent_are_told_once_with_their_number(site: Path) -> None:
    (site.parent / "assets.csv").write_text(COUNTIES.replace("cred=missing", "cred=nobody"), encoding="utf-8")
    refused, also_refused, below_a, below_b = check(site)
    assert [finding.code for finding in (refused, also_refused)] == ["probe_rules", "probe_rules"]
    assert [(finding.where.line, finding.code) for finding in (below_a, below_b)] == [(4, "parent_refused")] * 2
    assert below_a.message["en"].endswith("(and 1 more rows)")
