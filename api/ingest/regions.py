"""The region of an alert from another tool: from its labels, when no asset of the inventory says it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache

from feeds.external import Report
from feeds.texts import catalogue

_CODE = re.compile(r"\d{6}(\d{3}(\d{3})?)?")
"""A county, a town or a village (GB/T 2260, GB/T 10114)."""
_KEY = "region."


def placed(reports: Sequence[Report], labels: Sequence[str], regions: Mapping[str, str]) -> list[Report]:
    """The reports with the region that their labels name; a report that has one keeps it.

    `labels` are the names of labels to look at, the first that says a region counts. `regions` gives the code of a
    label's value. A value may also be a code, or the name of a county in Chinese or English. An asset's own region
    goes before it (see alerts.external.handler).
    """
    return [_placed(report, labels, regions) for report in reports]


def _placed(report: Report, labels: Sequence[str], regions: Mapping[str, str]) -> Report:
    region = "" if report.region else _region(report, labels, regions)
    return replace(report, region=region) if region else report


def _region(report: Report, labels: Sequence[str], regions: Mapping[str, str]) -> str:
    for name in labels:
        value = report.labels.get(name, "").strip()
        code = regions.get(value) or _names().get(value.lower()) or value
        if _CODE.fullmatch(code):
            return code
    return ""


@cache
def _names() -> dict[str, str]:
    """The codes of counties by their names in lower case."""
    return {
        text.lower(): key.removeprefix(_KEY)
        for language in catalogue.LANGUAGES
        for key, text in catalogue.catalogue(language).items()
        if key.startswith(_KEY) and _CODE.fullmatch(key.removeprefix(_KEY))
    }
