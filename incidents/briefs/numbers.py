"""Numbers of briefs: ids by the day, and official numbers by year and kind (发文字号). Pure."""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import TypedDict

from feeds.incidents.brief_settings import NUMBERS, BriefSettings
from feeds.journal.forms import register_fields
from feeds.model.exercises import stamped

COUNTER = "brief_number"
"""Kind of the documents that hold the last number given: one for each kind of brief, mode and year."""


def id_prefix(site: str, mode: str, at: float, zone: tzinfo) -> str:
    """What the ids of a day's briefs begin with: "532300:B20261127", of exercises "532300:BX20261127"."""
    return f"{site}:{'B' if mode == 'real' else 'BX'}{datetime.fromtimestamp(at, zone):%Y%m%d}"


def counter_id(kind: str, mode: str, at: float, zone: tzinfo) -> str:
    """The document that counts the numbers of a kind, mode and year."""
    return f"{kind}:{mode}:{datetime.fromtimestamp(at, zone).year}"


def number_text(settings: BriefSettings, kind: str, mode: str, at: float, zone: tzinfo, last: int) -> str:
    """The number as it is printed: "楚值专〔2026〕17号"; that of an exercise says so."""
    pattern = settings.numbers.get(kind) or NUMBERS[kind]
    year = datetime.fromtimestamp(at, zone).year
    number = pattern.replace("{year}", str(year)).replace("{n}", str(last))
    return stamped(number, mode)


class _NumberCounter(TypedDict):
    last: int


register_fields(COUNTER, _NumberCounter)
