"""The register of units (责任单位): departments and townships that tasks are given to (`[[unit]]`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from feeds.texts.catalogue import DEFAULT


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponsibleUnit:
    """One unit. `people` are the accounts that act for it, `head` the one that hears first of what is late."""

    id: str
    name: dict[str, str] = field(default_factory=dict)
    region: str = ""
    head: str = ""
    people: tuple[str, ...] = ()

    def title(self, language: str) -> str:
        """The name in a language, else in the other one, else the id."""
        return self.name.get(language) or self.name.get(DEFAULT) or self.id


class UnitRegister(Mapping[str, ResponsibleUnit]):
    """The units of a site by id, in the order of the settings."""

    def __init__(self, units: Iterable[ResponsibleUnit] = ()) -> None:
        self._units = {unit.id: unit for unit in units}

    def __getitem__(self, id: str) -> ResponsibleUnit:
        return self._units[id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._units)

    def __len__(self) -> int:
        return len(self._units)

    def of_person(self, account: str) -> tuple[str, ...]:
        """The ids of the units for which an account acts."""
        return tuple(unit.id for unit in self._units.values() if account in unit.people)
