"""What an XML document from outside may weigh, counted in its bytes before any parser sees it.

A parser's work, and that of everything behind it, grows faster than the document in the number of attributes of an
element, of namespaces and of siblings. So those are counted first; counting reads the bytes once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_ATTRIBUTE = re.compile(rb"=\s{0,8}[\"']")


@dataclass(frozen=True, slots=True, kw_only=True)
class XmlBounds:
    """The most that a document may have: bytes, `<` signs (an element has two), attributes, namespaces."""

    size: int
    tags: int
    attributes: int
    namespaces: int = 500


def beyond(raw: bytes, bounds: XmlBounds) -> str:
    """The name of the first bound that the document is beyond, "" when it is within all."""
    if len(raw) > bounds.size:
        return "size"
    text = raw.replace(b"\0", b"")  # UTF-16 and UTF-32 read like ASCII then
    if text.count(b"<") > bounds.tags:
        return "tags"
    if text.count(b"xmlns") > bounds.namespaces:
        return "namespaces"
    if sum(1 for _ in _ATTRIBUTE.finditer(text)) > bounds.attributes:
        return "attributes"
    return ""
