"""EDXL-DE envelopes (OASIS EDXL Distribution Element 1.0, 2.0): the CAP messages inside, each a document."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

from lxml import etree

from feeds.cap.findings import finding
from feeds.cap.model import CapRefused
from feeds.cap.schema import NAMESPACES, REALITY
from feeds.cap.xml import parse_tree

ENVELOPE = "EDXLDistribution"
CONTENT_LIMIT = 200
"""Messages of one envelope at most."""
_ALERTS = frozenset(f"{{{namespace}}}alert" for namespace in NAMESPACES)


@dataclass(frozen=True, slots=True)
class Enveloped:
    """One message of an envelope, and the status of the envelope (Actual, Exercise, System, Test, "")."""

    raw: bytes
    status: str


def opened(raw: bytes) -> list[Enveloped] | None:
    """The CAP messages of an envelope, in order; None when the bytes are no EDXL-DE envelope.

    Raises CapRefused for an envelope beyond a bound or with a DTD.
    """
    # Without its NUL bytes UTF-16 reads like ASCII here.
    if ENVELOPE.encode() not in raw[:65536].replace(b"\0", b""):
        return None
    root = parse_tree(raw)
    if etree.QName(root).localname != ENVELOPE:
        return None
    messages = [Enveloped(_document(alert), _status(alert)) for alert in root.iter(*_ALERTS)]
    messages += [Enveloped(body, _status(content)) for content, body in _encoded(root)]
    if len(messages) > CONTENT_LIMIT:
        raise CapRefused((finding("TOO_COMPLEX", detail=f"messages > {CONTENT_LIMIT}"),))
    return messages


def _status(content: etree._Element) -> str:
    """The least real distributionStatus of the envelopes around a message, "" where none has a known one.

    In version 2.0 it is the value of a list. A word in other letters than the standard's is known too: an exercise must
    not become real by a spelling.
    """
    ranks = {status.lower(): rank for rank, status in enumerate(REALITY)}
    words = [_own_status(around) for around in content.iterancestors() if etree.QName(around).localname == ENVELOPE]
    stated_ranks = [ranks[word] for word in words if word in ranks]
    return REALITY[max(stated_ranks)] if stated_ranks else ""


def _own_status(envelope: etree._Element) -> str:
    """The last word of an envelope's distributionStatus, in lower case."""
    for element in envelope.iterchildren(etree.Element):
        if etree.QName(element).localname == "distributionStatus":
            words = " ".join(str(text) for text in element.itertext()).split()
            return words[-1].lower() if words else ""
    return ""


def _document(alert: etree._Element) -> bytes:
    return etree.tostring(alert, encoding="utf-8", xml_declaration=True, with_tail=False)


def _encoded(root: etree._Element) -> list[tuple[etree._Element, bytes]]:
    """CAP documents in base64 (nonXMLContent with a MIME type of CAP), each with the element that holds it."""
    documents = []
    for content in root.iter(etree.Element):
        if etree.QName(content).localname not in ("nonXMLContent", "nonXMLContentType", "otherContent"):
            continue
        values = {etree.QName(child).localname: child.text or "" for child in content.iterchildren(etree.Element)}
        if "cap+xml" in values.get("mimeType", ""):
            try:
                documents.append((content, base64.b64decode(values.get("contentData", ""), validate=False)))
            except (binascii.Error, ValueError):
                continue
    return documents
