"""Documents that people edit as a whole (roster, receivers, escalations): one numbered version, as it was put."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import msgspec

from feeds.documents.escalations import PolicyList
from feeds.documents.receivers import ReceiverDocuments
from feeds.documents.roster import Roster

ROSTER, RECEIVERS, ESCALATIONS = "roster", "receivers", "escalations"
KINDS = (ROSTER, RECEIVERS, ESCALATIONS)
SITE, FILE = "site", "file"
"""Ids of the two documents of a kind: what was made in the system, and what stands in the settings file."""
Content = Roster | ReceiverDocuments | PolicyList
"""The content of a document. Made without arguments, it is the content before the first version."""
CONTENTS: dict[str, type[Content]] = {ROSTER: Roster, RECEIVERS: ReceiverDocuments, ESCALATIONS: PolicyList}
C = TypeVar("C", bound=Content, covariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Version(Generic[C]):
    """One document as it was put. `rev` 0: nothing was ever put. `at` in epoch seconds."""

    rev: int = 0
    at: float = 0.0
    by: str = ""
    comment: str = ""
    doc: C

    def dump(self) -> dict[str, Any]:
        """The document's body."""
        body: dict[str, Any] = msgspec.to_builtins(self)
        return body


def load(body: Mapping[str, Any] | None, content: type[C]) -> Version[C]:
    """The version in a document's body, of that content; version 0 without a body. Raises msgspec.ValidationError."""
    if body is None:
        return Version(doc=content())
    version: Version[C] = msgspec.convert(dict(body), Version[content])  # type: ignore[valid-type]
    return version


def load_content(body: Mapping[str, Any], content: type[C]) -> C:
    """The content alone; {} is that of version 0. Raises msgspec.ValidationError."""
    return msgspec.convert(dict(body), content)


def dump_content(content: Content) -> dict[str, Any]:
    """The body of a content alone, as the log and the document `file` hold it."""
    body: dict[str, Any] = msgspec.to_builtins(content)
    return body
