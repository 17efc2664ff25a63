"""Findings of what other tools send."""

from __future__ import annotations

import msgspec

from api.ingest.finding_texts import ERRORS, REMARKS
from feeds.findings import Finding, InMessage, filled

SHOWN = 200
"""Characters of an offending value that a finding repeats."""
BAD_JSON = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""Errors of content that is no JSON, is in another encoding than UTF-8 (GBK), or is nested too deeply."""
CODES = (*ERRORS, *REMARKS)


def finding(code: str, at: str = "", *, value: str = "", detail: str = "") -> Finding[InMessage]:
    """The finding `code`. `at` is the JSON path ("[3].labels"), `value` the offending value (shortened)."""
    message = filled(ERRORS.get(code) or REMARKS[code], {"detail": detail})
    return Finding(code=code, where=InMessage(at), value=value[:SHOWN], message=message, error=code in ERRORS)


def in_answer(finding: Finding[InMessage]) -> dict[str, object]:
    """The finding as an answer shows it: code, xpath, line, value, message, error."""
    return finding.record("value", "message", "error")
