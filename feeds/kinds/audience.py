"""Who looks at records, and which records each audience receives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from feeds.regions import covers

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Audience:
    """Who looks. `region` "" sees every region; without `personal` no name of a person is shown.

    `person` is set only while a kind shows each person the own records: clients of one audience share their bytes.
    With `units` only records that one of these units has are shown (RecordKind.holder), in whatever region; None is
    for everybody else.
    """

    region: str = ""
    personal: bool = True
    person: str = ""
    units: tuple[str, ...] | None = None


class Visibility(Protocol):
    """Decides which audiences receive a record."""

    def sees(self, audience: Audience, record: Mapping[str, Any]) -> bool:
        """Whether the record is shown to this audience."""


@dataclass(frozen=True, slots=True)
class ByRegion:
    """A record belongs to one region: shown to those whose region covers it."""

    field: str = "region"

    def sees(self, audience: Audience, record: Mapping[str, Any]) -> bool:
        return covers(audience.region, record[self.field])


@dataclass(frozen=True, slots=True)
class ByCoverage:
    """A record covers several regions: shown wherever one of them lies, and to everybody inside one of them."""

    field: str = "regions"

    def sees(self, audience: Audience, record: Mapping[str, Any]) -> bool:
        region = audience.region
        if not region:
            return True
        return any(covers(region, covered) or covers(covered, region) for covered in record[self.field] or [""])


@dataclass(frozen=True, slots=True)
class Own:
    """A record belongs to one person, named in `field`: shown to that person only."""

    field: str

    def sees(self, audience: Audience, record: Mapping[str, Any]) -> bool:
        return bool(audience.person) and audience.person == record[self.field]
