"""Words, numbers and times of a report, in the language of the page and the zone of the site."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from feeds.texts import catalogue

NONE = "—"
MINUTE, HOUR, DAY = 60, 3600, 86400


class ReportTexts:
    """Texts of one language; durations in seconds, times as RFC 3339 or epoch seconds."""

    def __init__(self, language: str, zone: ZoneInfo) -> None:
        self.language = language if language in catalogue.LANGUAGES else catalogue.DEFAULT
        self.zone = zone

    def __call__(self, key: str, **values: object) -> str:
        """The text of a key. Raises KeyError for an unknown key."""
        return catalogue.text(key, self.language, **values)

    def of_set(self, prefix: str, name: str) -> str:
        """The text of a member of an open set, such as `kind.router`; the name itself when the set lacks it."""
        return catalogue.catalogue(self.language).get(f"{prefix}.{name}", name)

    def pick(self, texts: Mapping[str, str] | str | None) -> str:
        """The text of this language in a record such as {"zh-CN": …, "en": …}; "" for none."""
        if not texts:
            return ""
        if isinstance(texts, str):
            return texts
        return texts.get(self.language) or texts.get(catalogue.DEFAULT) or next(iter(texts.values()))

    def region(self, code: str, site: str) -> str:
        """The name of a county, or of the site's own level; a code without a name as it is."""
        county = code[:6]
        return self("region.own") if county and county == site else self.of_set("region", county) if county else NONE

    def duration(self, seconds: float | None) -> str:
        """45 秒, 1:48 分, 2:05 时, 3.2 天; a dash for None."""
        if seconds is None:
            return NONE
        whole = round(seconds)
        if whole < MINUTE:
            return self("load.s", n=whole)
        if whole < HOUR:
            minutes, rest = divmod(whole, MINUTE)
            return self("load.ms", n=f"{minutes}:{rest:02}") if rest else self("time.min", n=minutes)
        if whole < 2 * DAY:
            return self("load.hm", n=f"{whole // HOUR}:{whole % HOUR // MINUTE:02}")
        return self("load.d", n=f"{whole / DAY:.1f}")

    def percent(self, share: float | None, digits: int = 1) -> str:
        """0.975 as 97.5%; never rounded up to 100 % or down to 0 %; a dash for None."""
        if share is None:
            return NONE
        while 0 < share < 1 and round(share * 100, digits) in (0.0, 100.0) and digits < 6:
            digits += 1
        return f"{share * 100:.{digits}f}%"

    def number(self, value: float | None, digits: int = 1) -> str:
        """A number without needless zeros; a dash for None."""
        return (
            NONE if value is None else f"{round(value, digits):,.{digits}f}".rstrip("0").rstrip(".") if value else "0"
        )

    def local(self, moment: str | float) -> datetime:
        """A moment on the clocks of the site."""
        if isinstance(moment, str):
            return datetime.fromisoformat(moment).astimezone(self.zone)
        return datetime.fromtimestamp(moment, self.zone)

    def stamp(self, moment: str | float | None) -> str:
        """2026-11-22 14:05; a dash for None."""
        return NONE if moment is None else f"{self.local(moment):%Y-%m-%d %H:%M}"


def plotly_time(texts: ReportTexts, moment: str | float) -> str:
    """A moment for a Plotly axis, which knows no zones: the site's own wall time."""
    return f"{texts.local(moment):%Y-%m-%d %H:%M:%S}"


def escaped(text: Any) -> str:
    """A text for a label or hover of a chart, where a few tags and %{…} would be read."""
    return str(text).replace("&", "&amp;").replace("<", "&lt;").replace("%{", "%&#123;")
