"""Limits of external XML documents, counted in the bytes before any parser sees them.

The work of a parser and of later steps grows faster than the document with the number of attributes of an element, of
namespaces and of siblings. Those are therefore counted first, in one pass over the bytes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_ATTRIBUTE = re.compile(rb"=\s{0,8}[\"']")


@dataclass(frozen=True, slots=True, kw_only=True)
class XmlBounds:
    """Maximum bytes, `<` signs (an element has two), attributes and namespaces of a document."""

    size: int
    tags: int
    attributes: int
    namespaces: int = 500


def beyond(raw: bytes, bounds: XmlBounds) -> str:
    """The name of the first exceeded limit, "" when within all."""
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
