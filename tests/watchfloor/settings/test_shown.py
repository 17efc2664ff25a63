"""What the administration shows of a site's settings: what applies, what is wrong in the files, never a secret."""

from __future__ import annotations

import json
from pathlib import Path

from watchfloor.settings.shown import shown
from watchfloor.settings.site_settings import load

SETTINGS = """
[site]
name = "楚雄州"
region = "532300"
data = "data"
inventory = ["assets.csv"]
[redis]
url = "redis://:s3cret@127.0.0.1:6379/0"
[credentials.core]
kind = "snmpv2c"
community = "hush-hush"
[[rule]]
id = "down"
when = "health == 'down'"
[[receiver]]
id = "desk"
url = "json://user:s3cret@127.0.0.1:9000/"
"""
ASSETS = "id,name,kind,region,probes\na,甲,router,532301,tcp://127.0.0.1:1\n"


def site(folder: Path) -> Path:
    (folder / "assets.csv").write_text(ASSETS, encoding="utf-8")
    path = folder / "watchfloor.toml"
    path.write_text(SETTINGS, encoding="utf-8")
    return path


def test_what_applies_is_shown_without_any_secret(tmp_path: Path) -> None:
    answer = shown(load(site(tmp_path)), 0.0)
    text = json.dumps(answer, ensure_ascii=False)
    assert "s3cret" not in text
    assert "hush-hush" not in text
    values = {part["section"]: part["values"] for part in answer["applied"]}
    assert values["redis"] == {"kind": "redis"}
    assert values["credentials"] == {"names": ["core"]}
    assert values["inventory"] == {"files": ["assets.csv"], "assets": 1}
    assert (answer["findings"], answer["errors"], answer["applied_at"]) == ([], 0, "1970-01-01T00:00:00.000Z")


def test_the_files_are_judged_as_they_stand_now_while_the_old_settings_apply(tmp_path: Path) -> None:
    path = site(tmp_path)
    applied = load(path)
    path.write_text(SETTINGS.replace("health ==", "helth =="), encoding="utf-8")
    answer = shown(applied, 0.0)
    assert answer["errors"] == 1
    assert answer["findings"][0]["line"] == 14
    assert {part["section"]: part["values"] for part in answer["applied"]}["rule"] == {"ids": ["down"]}
