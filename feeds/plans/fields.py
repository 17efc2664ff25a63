"""Fields of the texts of a plan: `{place}` is filled in from the incident when a proposal is made. Pure.

A doubled brace is a brace. What is filled in is text: braces in it stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import datetime, tzinfo

from feeds.incidents.classes import class_name
from feeds.model.incidents import Incident

FIELDS = ("number", "title", "place", "region", "class", "grade", "level", "received")
_TOKEN = re.compile(r"\{\{|\}\}|\{(\w*)\}|[{}]")


def unknown_fields(template: str, fields: Collection[str] = FIELDS) -> tuple[list[str], bool]:
    """The fields of a template that do not exist, and whether a brace stands alone."""
    tokens = list(_TOKEN.finditer(template))
    lonely = any(token.group() in ("{", "}") for token in tokens)
    return [token[1] for token in tokens if token[1] is not None and token[1] not in fields], lonely


def field_values(incident: Incident, level: str, region_name: str, zone: tzinfo) -> dict[str, str]:
    """The values of the fields for an incident."""
    return {
        "number": incident.id,
        "title": incident.title,
        "place": incident.place or region_name,
        "region": region_name,
        "class": class_name(incident.event_class),
        "grade": incident.grade,
        "level": level,
        "received": datetime.fromtimestamp(incident.received_at, zone).strftime("%m-%d %H:%M"),
    }


def filled_in(template: str, values: Mapping[str, str]) -> str:
    """The template with its fields filled in."""

    def token(match: re.Match[str]) -> str:
        if match[1] is not None:
            return values.get(match[1], match.group())
        return match.group()[0]

    return _TOKEN.sub(token, template)
