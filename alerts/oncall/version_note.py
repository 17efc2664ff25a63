"""A new version of a document of the directory, on its way to the journal."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import msgspec

from alerts.oncall.versions import SECRET
from feeds.documents.receivers import ReceiverSecret
from feeds.documents.version import SITE, Content, Version, dump_content
from feeds.engine.requests import AppendEntry, PutDocument, ReadBody, Writing
from feeds.journal import JournalLost


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionNote:
    """A new version for the journal. `secrets` are written as separate documents."""

    kind: str
    name: str
    command: str
    version: Version[Content]
    changes: list[dict[str, Any]] = field(default_factory=list)
    secrets: dict[str, ReceiverSecret] = field(default_factory=dict)

    def write(self) -> Writing[None]:
        """The version's entry in the log, its document and its secrets.

        JournalLost when the document is not the version that this one was made from: the engine starts again.
        """
        for ref, secret in self.secrets.items():
            yield PutDocument(kind=SECRET, id=ref, body=msgspec.to_builtins(secret))
        version = self.version
        seq = yield AppendEntry(
            kind=self.kind,
            name=self.name,
            subject=SITE,
            at=version.at,
            actor=version.by,
            reason=version.comment,
            command=self.command,
            body={"rev": version.rev, "after": dump_content(version.doc), "changes": self.changes},
        )
        before = yield ReadBody(self.kind, SITE)
        rev = before["rev"] if before is not None else 0
        if rev != version.rev - 1:
            raise JournalLost(f"{self.kind} is at version {rev}, not {version.rev - 1}")
        yield PutDocument(kind=self.kind, id=SITE, body=version.dump(), seq=seq)
