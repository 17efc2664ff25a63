"""Answers of approvals systems: JSON documents, error codes inside them, and their rows."""

from __future__ import annotations

import json
from typing import Any

from collectors.approvals.progress import Rows
from collectors.errors import UnexpectedForm
from feeds.cases.source import CaseSource
from feeds.mapping.expressions import text_of
from feeds.mapping.failures import failure_of
from feeds.mapping.paths import lookup, select


def document_of(body: bytes) -> Any:
    """The JSON document of an answer, in UTF-8 or GB 18030. Raises UnexpectedForm."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return json.loads(body.decode(encoding))
        except UnicodeDecodeError:
            continue
        except (ValueError, RecursionError) as error:
            shown = body[:60].decode("utf-8", "replace")
            raise UnexpectedForm(f"not JSON: {shown!r}", f"应答不是 JSON：{shown!r}") from error
    raise UnexpectedForm("neither UTF-8 nor GB 18030", "应答既不是 UTF-8 也不是 GB 18030")


def require_ok(document: Any, source: CaseSource) -> None:
    """Raises UnexpectedForm for an answer that carries an error code: that of `ok`, else one that is usual."""
    if not source.ok_path and source.rows and (failure := failure_of(document)):
        raise UnexpectedForm(f"the answer says {failure}", f"应答中 {failure}")
    if source.ok_path and (code := text_of(lookup(document, source.ok_path))) not in source.ok_values:
        raise UnexpectedForm(
            f"the answer says {source.ok_path} = {code[:40]!r}", f"应答中 {source.ok_path} = {code[:40]!r}"
        )


def total_of(document: Any, source: CaseSource) -> int | None:
    """The number of all rows that an answer states at the path `total`, None where it states none."""
    text = text_of(lookup(document, source.total)) if source.total else ""
    return int(text) if text.isdecimal() else None


def rows_of(document: Any, path: str) -> Rows:
    """The rows at a path. Raises UnexpectedForm when what stands there is no list of objects."""
    rows = select(document, path) if path else [document]
    if len(rows) == 1 and isinstance(rows[0], list):
        rows = rows[0]
    if not all(isinstance(row, dict) for row in rows):
        raise UnexpectedForm(f"there are no rows at {path!r}", f"应答中 {path!r} 处没有数据行")
    return rows
