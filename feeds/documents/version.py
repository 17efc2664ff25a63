"""Documents that people edit as a whole (roster, receivers, escalations): one numbered version, as it was put."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

ROSTER, RECEIVERS, ESCALATIONS = "roster", "receivers", "escalations"
KINDS = (ROSTER, RECEIVERS, ESCALATIONS)
SITE, FILE = "site", "file"
"""Ids of the two documents of a kind: what was made in the system, and what stands in the settings file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One document as it was put. `rev` 0: nothing was ever put."""

    rev: int = 0
    at: float = 0.0
    by: str = ""
    comment: str = ""
    doc: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def load(cls, body: Mapping[str, Any]) -> Version:
        """From a document's body."""
        return cls(rev=body["rev"], at=body["at"], by=body["by"], comment=body["comment"], doc=body["doc"])

    def dump(self) -> dict[str, Any]:
        """The document's body."""
        return {"rev": self.rev, "at": self.at, "by": self.by, "comment": self.comment, "doc": self.doc}

    @property
    def items(self) -> list[dict[str, Any]]:
        """The receivers or policies of a version."""
        items: list[dict[str, Any]] = self.doc.get("items", [])
        return items
