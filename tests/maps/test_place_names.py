"""Regions that texts name."""

from __future__ import annotations

import pytest

from maps.place_names import prefecture_named, region_named, regions_called, short_name

SITE = "532300"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("武定县网管中心", "532329"),
        ("双柏机房", "532322"),
        ("楚雄市公安局", "532301"),
        ("楚雄州财政局", SITE),
        ("楚雄彝族自治州", SITE),
        ("楚雄", ""),
        ("楚雄州双柏县妥甸镇", "532322101"),
        ("武定县东坡乡", "532329208"),
        ("532327", "532327"),
        ("530102", ""),
        ("双柏县与武定县之间", ""),
        ("核心交换机", ""),
    ],
)
def test_the_finest_region_that_a_text_names(text: str, code: str) -> None:
    assert region_named(text, SITE) == code


def test_a_region_is_called_by_its_short_name_and_by_its_code() -> None:
    assert regions_called("楚雄州") == regions_called("楚雄彝族自治州") == regions_called("楚雄") == ("532300",)
    assert regions_called("武定") == regions_called("532329") == ("532329",)
    assert len(regions_called("朝阳区")) > 1
    assert regions_called("没有这里") == ()
    assert short_name("532300") == "楚雄州"


def test_a_list_of_devices_names_its_prefecture() -> None:
    assert prefecture_named(["武定县网管中心", "姚安县财政局", "昆明市"]) == "532300"
    assert prefecture_named(["核心交换机"]) == ""
