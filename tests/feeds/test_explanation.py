"""Evidence of alerts in words of people."""

from __future__ import annotations

import pytest

from feeds.texts.catalogue import LANGUAGES, catalogue
from feeds.texts.evidence import explanation
from maps.regions import table


@pytest.mark.parametrize(
    ("evidence", "zh", "en"),
    [
        ("magnitude=5.1, state=active", "震级 5.1，现在 生效", "magnitude 5.1, now in force"),
        ("health=down, icmp.up=false timeout", "状态 中断，ICMP 可达 无应答 超时", None),
        ("river.level=1773.2 m", "水位 1773.2 m", None),
        ("tcp.up[10.0.0.1]=false", "TCP 可达[10.0.0.1] 无应答", None),
        ("id=x, labels_x=3", "", ""),
        ("warning=双柏县暴雨红色预警", "双柏县暴雨红色预警", "双柏县暴雨红色预警"),
        ("rule_removed", "规则已删除", None),
        ("Disk is full, see a=b", "Disk is full, see a=b", "Disk is full, see a=b"),
        ("colour=, state=active", "现在 生效", "now in force"),
        ("age(icmp.up)=31 s, state=new", "现在 未处理", "now not answered"),
        ("", "", ""),
    ],
)
def test_evidence_of_a_rule_is_told_in_words(evidence: str, zh: str, en: str | None) -> None:
    words = explanation(evidence)
    assert words["zh-CN"] == zh
    assert en is None or words["en"] == en


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_region_that_an_area_may_touch_has_a_name(language: str) -> None:
    codes = {leaf for province in ("51", "53") for leaf in table().leaves(f"{province}0000")}
    names = catalogue(language)
    assert sorted(code for code in codes if code[:4] != "5323" and f"region.{code}" not in names) == []
