"""Marks of classified material (密级标志), which this system does not take. Pure.

GB/T 9704-2012 7.2.2 writes them as 秘密★1年. The words alone are no mark: people may write of a secret ballot.
"""

from __future__ import annotations

import re

_LEVEL = "(?:绝密|机密|秘密)"
_MARK = re.compile(rf"{_LEVEL}\s*[★☆]|密级\s*[:：]\s*{_LEVEL}|[【［\[]\s*{_LEVEL}\s*[】］\]]")


def is_marked(text: str) -> bool:
    """True for a text that bears the mark of classified material."""
    return _MARK.search(text) is not None
