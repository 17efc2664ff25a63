"""EDXL-DE envelopes (OASIS EDXL Distribution Element 1.0, 2.0): the CAP messages inside, each a document."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

from lxml import etree

from feeds.cap.findings import finding
from feeds.cap.model import CapRefused
from feeds.cap.schema import NAMESPACES
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
    status = _status(root)
    messages = [Enveloped(_document(alert), status) for alert in root.iter(*_ALERTS)]
    messages += [Enveloped(body, status) for body in _encoded(root)]
    if len(messages) > CONTENT_LIMIT:
        raise CapRefused((finding("TOO_COMPLEX", detail=f"messages > {CONTENT_LIMIT}"),))
    return messages


def _status(root: etree._Element) -> str:
    """The envelope's distributionStatus; of version 2.0 the value of its list."""
    for element in root.iter(etree.Element):
        if etree.QName(element).localname == "distributionStatus":
            words = " ".join(str(text) for text in element.itertext()).split()
            return words[-1] if words else ""
    return ""


def _document(alert: etree._Element) -> bytes:
    return etree.tostring(alert, encoding="utf-8", xml_declaration=True, with_tail=False)


def _encoded(root: etree._Element) -> list[bytes]:
    """CAP documents in base64 (nonXMLContent with a MIME type of CAP)."""
    documents = []
    for content in root.iter(etree.Element):
        if etree.QName(content).localname not in ("nonXMLContent", "nonXMLContentType", "otherContent"):
            continue
        values = {etree.QName(child).localname: child.text or "" for child in content.iterchildren(etree.Element)}
        if "cap+xml" in values.get("mimeType", ""):
            try:
                documents.append(base64.b64decode(values.get("contentData", ""), validate=False))
            except (binascii.Error, ValueError):
                continue
    return documents
