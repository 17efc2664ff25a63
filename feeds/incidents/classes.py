"""Classes of events (`classes.csv`): stable words with their category and what depends on them.

The four categories are those of the Emergency Response Law. `gb_code` is the code of GB/T 35561 and
empty until it is confirmed. Names are in the catalogue of texts, under "class.SLUG".
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from feeds.texts.catalogue import catalogue

OTHER_RADIUS_M, OTHER_WINDOW_MIN = 1_000.0, 120.0
"""Radius in metres and window in minutes within which two reports of no known class may be of one event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventClass:
    """One class. `parent` is "" for a category. `grading` names its grading table ("": none yet, "none": no grade).

    `radius_m` and `window_min` bound how far apart two reports of one event may be. `watch_days` is how long deaths
    still change the grade (Order 493 Art. 13: 30 days, 7 for traffic and fire).
    """

    slug: str
    parent: str
    category: str
    gb_code: str
    radius_m: float
    window_min: float
    grading: str
    watch_days: int
    source: str


@cache
def event_classes() -> Mapping[str, EventClass]:
    """Every class by its slug, in the order of the file."""
    text = (files("feeds.incidents") / "classes.csv").read_text("utf-8")
    return {row["slug"]: _class_of(row) for row in csv.DictReader(text.splitlines())}


def _class_of(row: Mapping[str, str]) -> EventClass:
    return EventClass(
        slug=row["slug"],
        parent=row["parent"],
        category=row["category"],
        gb_code=row["gb_code"],
        radius_m=float(row["radius_m"]),
        window_min=float(row["window_min"]),
        grading=row["grading"],
        watch_days=int(row["watch_days"]),
        source=row["source"],
    )


def class_name(slug: str, language: str = "zh-CN") -> str:
    """The name of a class. An unknown slug is returned as it is."""
    return catalogue(language).get(f"class.{slug}", slug)


def category_of(slug: str) -> str:
    """The category of a class: natural, accident, health, social. An unknown class has the category ""."""
    event_class = event_classes().get(slug)
    return event_class.category if event_class is not None else ""


def widest_radius_m() -> float:
    """The greatest radius of all classes, in metres."""
    return max(event_class.radius_m for event_class in event_classes().values())


def limits_of(slug: str) -> tuple[float, float]:
    """The radius in metres and the window in minutes within which two reports of a class may be of one event."""
    event_class = event_classes().get(slug)
    return (event_class.radius_m, event_class.window_min) if event_class else (OTHER_RADIUS_M, OTHER_WINDOW_MIN)
