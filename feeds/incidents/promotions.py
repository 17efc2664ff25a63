"""Promotion rules (`[[promote]]`): which alerts, warnings and receipts become incidents, as data. Pure."""

from __future__ import annotations

from dataclasses import dataclass

PROMOTION_MODES = ("propose", "create")
TITLE_FIELDS = ("title", "place", "region", "class")
"""Fields of a title: the subject's own title, its place, the name of its region, the name of the class."""
CREATED_AN_HOUR = 3
"""Incidents that one rule opens by itself within an hour; it proposes the others."""
OPEN_PROPOSALS = 20
"""Proposals of one rule that wait at the same time; beyond that the subjects wait until one is answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PromotionRule:
    """A rule over `alert.…`, `warning.…` or `receipt.…` (CEL) and the incident that it makes of what it holds for.

    `event_class` "" is that of a receipt. `title` is a template with TITLE_FIELDS, "" for the incident's usual title.
    `grade` is given with the incident, "" for none. `mode` is one of PROMOTION_MODES.
    """

    id: str
    when: str
    event_class: str = ""
    nature: str = "event"
    mode: str = "propose"
    grade: str = ""
    title: str = ""
