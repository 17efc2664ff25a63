"""`[[pass_on]]` in the settings file: what is read, and what `watchfloor check` tells."""

from __future__ import annotations

from pathlib import Path

import pytest

from watchfloor.settings.check import check
from watchfloor.settings.site_settings import load

SITE = '[site]\nname = "楚雄州"\nregion = "532300"\ndata = "data"\ninventory = ["assets.csv"]\n'
RULE = """\
[[receiver]]
id = "county"
url = "jsons+hmac://0123456789abcdef@10.0.0.9/hook"
direct = false
[[pass_on]]
receiver = "county"
regions = ["532301"]
colours = ["red", "orange"]
"""


def _site(folder: Path, text: str) -> Path:
    (folder / "assets.csv").write_text("id,name,kind,region\ncore,核心,router,532300\n", encoding="utf-8")
    path = folder / "watchfloor.toml"
    path.write_text(SITE + text, encoding="utf-8")
    return path


def test_a_rule_is_read(tmp_path: Path) -> None:
    path = _site(tmp_path, RULE)
    assert check(path) == []
    passing = load(path).incidents.passing
    (rule,) = passing.rules
    assert (passing.site, rule.receiver, rule.regions, rule.colours) == (
        "楚雄州",
        "county",
        ("532301",),
        ("red", "orange"),
    )


@pytest.mark.parametrize(
    ("old", "new", "code", "error"),
    [
        ('receiver = "county"', 'receiver = "town"', "channel_unknown", False),
        ('"red"', '"crimson"', "choice", True),
        ('"532301"', '"53"', "region_form", True),
        ("colours", "colors", "unknown_key", True),
        ("0123456789abcdef", "short", "receiver", True),
    ],
)
def test_check_tells_what_cannot_be_used(tmp_path: Path, old: str, new: str, code: str, error: bool) -> None:
    (finding,) = check(_site(tmp_path, RULE.replace(old, new)))
    assert (finding.code, finding.error) == (code, error)
