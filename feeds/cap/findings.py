"""Findings on CAP messages, and the remarks on warnings made from them."""

from __future__ import annotations

from feeds.cap.finding_texts import ERRORS, POLYGON_FAULTS, WARNINGS
from feeds.findings import Finding, InMessage, filled
from feeds.model import Remark

SHOWN = 200
"""Characters of an offending value that a finding repeats."""
CODES = frozenset((*ERRORS, *WARNINGS))
SOFT = frozenset(("UNSUPPORTED_ELEMENT", "INVALID_SEQUENCE"))
"""Errors in strict mode, warnings in lenient mode."""


def finding(
    code: str, *, xpath: str = "", line: int = 0, value: str = "", detail: str = "", error: bool | None = None
) -> Finding[InMessage]:
    """The finding `code`. `detail` fills its sentences (for INVALID_POLYGON a key of POLYGON_FAULTS).

    `error` overrides whether it rejects in strict mode. Raises KeyError for an unknown code.
    """
    texts = (ERRORS | WARNINGS)[code]
    zh, en = POLYGON_FAULTS[detail] if code == "INVALID_POLYGON" else (detail, detail)
    return Finding(
        code=code,
        where=InMessage(xpath, line),
        value=value[:SHOWN],
        message=filled(texts, {"detail": {"zh-CN": zh, "en": en}}),
        error=code in ERRORS if error is None else error,
    )


def remark(code: str, *, xpath: str = "", value: str = "") -> Remark:
    """The remark `code` on a warning."""
    return Remark.of(finding(code, xpath=xpath, value=value))
