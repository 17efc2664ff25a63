"""`watchfloor journal documents`: documents that cannot be read, as text for people and as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from feeds.journal import Journal
from feeds.journal.forms import NotMendable, UnreadableDocument
from watchfloor.repair.documents import drop, findings, mend

__all__ = ["NotMendable", "act", "findings", "lines", "records", "shown"]


async def act(journal: Journal, args: Any) -> list[UnreadableDocument]:
    """Carry out `--mend` or `--drop`. Returns the documents that are wrong afterwards. Raises NotMendable."""
    if (args.mend or args.drop) and not args.by:
        raise NotMendable("请用 --by 写明是谁。--by NAME is needed: the journal names who changes a document.")
    for target, change in ((args.mend, mend), (args.drop, drop)):
        if target:
            await change(journal, target[0], target[1], args.by)
    return await findings(journal)


def shown(wrong: Sequence[UnreadableDocument], *, as_json: bool) -> str:
    """The faults of the documents as text for people, or as JSON."""
    if as_json:
        return json.dumps({"documents": records(wrong)}, ensure_ascii=False)
    return "\n".join([*lines(wrong), f"{len(wrong)} 份文档有问题 documents are wrong"])


def records(wrong: Sequence[UnreadableDocument]) -> list[dict[str, Any]]:
    return [
        {"kind": document.kind, "id": document.id, "seq": document.seq, "reason": document.reason} for document in wrong
    ]


def lines(wrong: Sequence[UnreadableDocument]) -> list[str]:
    return [f"{document.kind} {document.id} (row {document.seq}): {document.reason}" for document in wrong]
