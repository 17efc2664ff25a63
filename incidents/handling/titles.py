"""Titles of incidents as people name an event: place and class, while nobody gave another one. Pure."""

from __future__ import annotations

from feeds.incidents.classes import class_name
from feeds.model.incidents import Incident
from maps.regions import table

LENGTH = 60
"""Characters of a title."""
WHOLE_NAMES = ("事故", "事件")
"""Ends of class names after which "事件" would say the same again."""


def made_title(place: str, region: str, event_class: str) -> str:
    """The title that an incident has by its place, or else its region (a code), and its class."""
    kind = class_name(event_class) or "突发"
    return f"{place or table().name(region)}{kind}{'' if kind.endswith(WHOLE_NAMES) else '事件'}"[:LENGTH]


def title_after(before: Incident, place: str, region: str, event_class: str) -> str:
    """The title after place or class have changed: made anew, unless a person had given it."""
    if before.title != made_title(before.place, before.region, before.event_class):
        return before.title
    return made_title(place, region, event_class)
