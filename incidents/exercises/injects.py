"""What arrives in an exercise: the form of each kind of inject, checked before anything of it is kept. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from feeds.model import CHANNELS
from feeds.model.exercises import ExerciseInject
from incidents.refusals import OrderRefused

MOST = 500
"""Injects of one exercise at most, with those that are given by hand."""
Text = Annotated[str, Meta(min_length=1, max_length=4000)]
Line = Annotated[str, Meta(max_length=200)]
Name = Annotated[str, Meta(min_length=1, max_length=200)]
Latitude = Annotated[float, Meta(ge=-90, le=90)]
Longitude = Annotated[float, Meta(ge=-180, le=180)]


class ReceiptInject(msgspec.Struct, forbid_unknown_fields=True):
    """A report as the intake gets it. The position is EPSG:4326."""

    text: Text
    channel: Line = ""
    place: Line = ""
    event_class: Line = msgspec.field(default="", name="class")
    lat: Latitude | None = None
    lon: Longitude | None = None


class AlertInject(msgspec.Struct, forbid_unknown_fields=True):
    """An alert, told as a receipt: `text`, else its rule and asset."""

    text: Line = ""
    rule: Line = ""
    asset: Line = ""
    lat: Latitude | None = None
    lon: Longitude | None = None


class CasualtiesInject(msgspec.Struct, forbid_unknown_fields=True):
    """A figure of casualties and losses, and who gave it."""

    figure: Name = msgspec.field(name="what")
    value: float
    source: Name
    official: bool = False
    corrects: Annotated[int, Meta(ge=0)] = 0


FORMS: Mapping[str, type[msgspec.Struct]] = {
    "receipt": ReceiptInject,
    "casualties": CasualtiesInject,
    "alert": AlertInject,
}


def injects_of(rows: Sequence[Mapping[str, Any]]) -> tuple[ExerciseInject, ...]:
    """The injects of an order, by their time. Raises OrderRefused for one that could not be played."""
    if len(rows) > MOST:
        raise OrderRefused("too_many_injects:injects")
    injects = []
    for values in rows:
        kind, body = str(values.get("kind", "")), dict(values.get("body") or {})
        if kind not in FORMS:
            raise OrderRefused("inject_kind:injects")
        if not _is_playable(kind, body):
            raise OrderRefused("inject_body:injects")
        injects.append(ExerciseInject(at=float(values.get("at") or 0.0), kind=kind, body=body))
    return tuple(sorted(injects, key=lambda inject: inject.at))


def _is_playable(kind: str, body: Mapping[str, Any]) -> bool:
    """Whether a body has the form of its kind, with finite numbers and a channel that there is."""
    if any(isinstance(value, float) and not math.isfinite(value) for value in body.values()):
        return False
    try:
        form = msgspec.convert(body, FORMS[kind])
    except (msgspec.ValidationError, OverflowError):
        return False
    if isinstance(form, ReceiptInject) and form.channel not in ("", *CHANNELS):
        return False
    return not isinstance(form, ReceiptInject | AlertInject) or (form.lat is None) == (form.lon is None)
