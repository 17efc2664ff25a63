"""`[[promote]]` in the settings file: what is read, and what `watchfloor check` tells."""

from __future__ import annotations

from pathlib import Path

import pytest

from watchfloor.settings.check import check
from watchfloor.settings.site_settings import load

SITE = '[site]\nname = "楚雄州"\nregion = "532300"\ndata = "data"\ninventory = ["assets.csv"]\n'
RULE = """\
[[promote]]
id = "river"
when = "alert.rule == 'river-level'"
class = "flood"
nature = "threat"
grade = "IV"
title = "{place}{class}险情"
"""


def _site(folder: Path, text: str) -> Path:
    (folder / "assets.csv").write_text("id,name,kind,region\ncore,核心,router,532300\n", encoding="utf-8")
    path = folder / "watchfloor.toml"
    path.write_text(SITE + text, encoding="utf-8")
    return path


def test_a_rule_is_read(tmp_path: Path) -> None:
    path = _site(tmp_path, RULE)
    assert check(path) == []
    (rule,) = load(path).incidents.promotions
    assert (rule.event_class, rule.nature, rule.mode, rule.grade) == ("flood", "threat", "propose", "IV")


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("alert.rule == ", "alert.colour == ", "rule"),
        ("alert.rule == 'river-level'", "alert.rule == ", "rule"),
        ("alert.rule == 'river-level'", "alert.rule == 'a' && warning.event == 'b'", "promote_subject"),
        ("alert.rule == 'river-level'", "true", "promote_subject"),
        ('"flood"', '"flod"', "choice"),
        ('"IV"', '"V"', "choice"),
        ("{place}", "{where}", "promote_title"),
        ("{place}", "{", "promote_title"),
        ('nature = "threat"', 'natur = "threat"', "unknown_key"),
    ],
)
def test_check_tells_what_cannot_be_used_with_its_line(tmp_path: Path, old: str, new: str, code: str) -> None:
    findings = check(_site(tmp_path, RULE.replace(old, new)))
    assert [finding.code for finding in findings] == [code]
    assert findings[0].where.line > 6
    assert findings[0].error
