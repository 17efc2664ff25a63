"""Plans as they stand in the files of a site (`plans/*.yaml`)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PlanFile:
    """The text of one file; `name` is its path from the settings file: "plans/hazchem.yaml"."""

    name: str
    text: str
