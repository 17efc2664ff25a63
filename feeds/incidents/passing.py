"""Passing on of warnings (`[[pass_on]]`): which warnings are sent to which receivers, as data. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from feeds.model import EmergencyWarning
from feeds.regions import covers


@dataclass(frozen=True, slots=True, kw_only=True)
class PassOnRule:
    """Warnings that one receiver gets. All given criteria must match; the values of one list are alternatives.

    `sources` are ids of sources, `regions` codes (a warning matches that touches one, or names no region at all),
    `colours` as issued.
    """

    receiver: str
    sources: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    colours: tuple[str, ...] = ()

    def matches(self, warning: EmergencyWarning) -> bool:
        """True when a warning meets all criteria."""
        return (
            (not self.sources or warning.source in self.sources)
            and (not self.colours or warning.colour in self.colours)
            and (not self.regions or not warning.regions or self._touches(warning.regions))
        )

    def _touches(self, regions: Iterable[str]) -> bool:
        return any(covers(own, region) or covers(region, own) for own in self.regions for region in regions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Passing:
    """All rules of a site, and the name of the site that the messages carry."""

    site: str = ""
    rules: tuple[PassOnRule, ...] = ()
