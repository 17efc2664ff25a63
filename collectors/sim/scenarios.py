"""Scenarios of the demo: timelines of what breaks, what is mended, and who calls."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from collectors.sim.emergency import EmergencyCall

UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


@dataclass(frozen=True, slots=True)
class ScenarioStep:
    """One step of a scenario. `at` is in seconds from its start; `calls` are taken down by 110, 119, 120 or 122."""

    at: float
    breaks: tuple[str, ...]
    mends: tuple[str, ...]
    calls: tuple[EmergencyCall, ...] = ()


def read_scenarios(path: Path) -> dict[str, list[ScenarioStep]]:
    """The scenarios of a file by name, none when there is no file."""
    raw = tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return {name: [_step(step) for step in body["step"]] for name, body in raw.items()}


def _step(raw: Mapping[str, Any]) -> ScenarioStep:
    calls = tuple(EmergencyCall(**call) for call in raw.get("call", ()))
    breaks, mends = tuple(raw.get("break", ())), tuple(raw.get("mend", ()))
    return ScenarioStep(at=seconds(raw["at"]), breaks=breaks, mends=mends, calls=calls)


def seconds(text: str) -> float:
    """ "40s", "2m", "150ms" as seconds."""
    number = text.rstrip("hms")
    return float(number) * UNITS[text[len(number) :]]
