"""Types of answers about plans."""

from __future__ import annotations

import msgspec


class PlanChange(msgspec.Struct):
    """One thing that a version does differently: where, before, after."""

    where: str
    before: str
    after: str


class PlanComparison(msgspec.Struct):
    """The difference of a version from another one ("": none). `lines` are those of `diff -u`."""

    version: str
    against: str
    changes: list[PlanChange]
    lines: list[str]
