"""Creation of facts from named values. Personal values are sealed; equal values give equal digests."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import msgspec

from feeds.cases.facts import CASE, CaseFact
from feeds.cases.sealing import Sealer
from feeds.mapping.expressions import identifier

PERSON = "person."
FREE_TEXTS = frozenset({"opinion", "reason", "summary", "title", "content"})
"""Free texts, sealed like personal values because real systems write the applicant's name into them."""
SEARCHED = ("name", "id", "phone")
LONGEST_ROW = 256 << 10
"""Bytes of one row."""
_encoder = msgspec.json.Encoder(order="deterministic")


class FactRefused(ValueError):
    """A row cannot be a fact; the text is the code of the reason."""


def make_fact(
    sealer: Sealer,
    values: Mapping[str, Any],
    *,
    system: str,
    number: str,
    table: str = CASE,
    key: str = "",
    stamp: float = 0.0,
    version: float = 0.0,
    deleted: bool = False,
    source: str = "",
    at: float = 0.0,
) -> CaseFact:
    """The fact of one row. `values` are named as the targets of mappings; "person.name" and free texts are sealed.

    Raises FactRefused for a row without a number, and for one that is too large.
    """
    number = identifier(number)
    if not number:
        raise FactRefused("MISSING_NUMBER")
    person, body = _divided(values)
    raw = _encoder.encode([table, body, person, deleted])
    if len(raw) > LONGEST_ROW:
        raise FactRefused("TOO_LARGE")
    return CaseFact(
        system=system,
        number=number,
        table=table,
        key=key,
        stamp=stamp,
        version=version,
        deleted=deleted,
        body=body,
        sealed=sealer.seal(person),
        macs={name: sealer.mac(person[name]) for name in SEARCHED if person.get(name)},
        digest=sealer.digest(raw),
        source=source,
        at=at,
    )


def _divided(values: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, Any]]:
    """The personal values and the others."""
    person: dict[str, str] = {}
    body: dict[str, Any] = {}
    for name, value in values.items():
        plain = value.isoformat() if isinstance(value, date) else value
        if name.startswith(PERSON):
            person[name.removeprefix(PERSON)] = str(plain)
        elif name in FREE_TEXTS:
            person[name] = str(plain)
            body["has_reason"] = body.get("has_reason", False) or name == "reason"
        elif name.startswith("alias."):
            body.setdefault("aliases", {})[name.removeprefix("alias.")] = str(plain)
        else:
            body[name] = plain
    return person, body
