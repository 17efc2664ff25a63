"""A rule's document, and the one of what is true of all rules together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

KIND = "rule"
LIMITS = "rules"
"""Kind and id of the document of the limits."""


class RuleDocument(msgspec.Struct, frozen=True, kw_only=True, rename={"hold": "for"}):
    """One rule as it is in force: what it says, where it comes from, and what can be drawn of it.

    Durations in seconds, `at` in epoch seconds. `source` is "file" or "api". `each`: the reading of whose members every
    one is asked about. `thresholds` and `only` draw its limits into charts; `grades` are severities with their
    conditions (`when`, `severity`); `mentions` are the ids and codes that it names; `problem` says by language why it
    does not run.
    """

    id: str
    when: str
    over: str
    each: str = ""
    hold: float
    recover_for: float
    severity: str
    grades: list[dict[str, str]] = []
    title: dict[str, str]
    text: str
    region: str = ""
    source: str
    rev: int
    by: str
    at: float
    comment: str
    thresholds: list[dict[str, Any]] = []
    only: dict[str, Any] = {}
    mentions: list[str] = []
    problem: dict[str, str] | None = None


class RuleLimits(msgspec.Struct, frozen=True, kw_only=True):
    """`rev` of all rules together; `sample`: the shortest time between two results, seconds; `storm`, `most`: how many
    alerts a change may raise without consent, and how many rules one command may hold."""

    rev: int = 0
    sample: float = 0.0
    storm: int = 0
    most: int = 0


def load(body: Mapping[str, Any]) -> RuleDocument:
    """From a document's body; unknown fields are passed over."""
    return msgspec.convert(dict(body), RuleDocument)


def load_limits(body: Mapping[str, Any]) -> RuleLimits:
    """From the body of the document of the limits."""
    return msgspec.convert(dict(body), RuleLimits)


def dump(document: RuleDocument | RuleLimits) -> dict[str, Any]:
    """A document's body."""
    body: dict[str, Any] = msgspec.to_builtins(document)
    return body
