"""SOAP envelopes of ONVIF: requests signed with WS-Security UsernameToken, answers read by local names. Pure.

Devices answer with SOAP 1.1 envelopes, faults with status 200, undeclared prefixes and prefixes as attributes, so that
nothing but local names is relied on.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from xml.sax.saxutils import escape

from lxml import etree

DEVICE = "http://www.onvif.org/ver10/device/wsdl"
MEDIA, MEDIA2 = "http://www.onvif.org/ver10/media/wsdl", "http://www.onvif.org/ver20/media/wsdl"
SCHEMA = "http://www.onvif.org/ver10/schema"
_SOAP = "http://www.w3.org/2003/05/soap-envelope"
_WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
_WSU = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
_TOKEN = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest"
_BASE64 = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary"
TEXT_LIMIT = 512
"""Characters of one value."""


class OnvifFault(Exception):
    """The device answered with a fault. `denied`: it refuses the account."""

    def __init__(self, reason: str, *, denied: bool = False) -> None:
        super().__init__(reason)
        self.denied = denied


class OnvifFormatError(ValueError):
    """The answer is no SOAP envelope."""


def envelope(body: str, user: str = "", password: str = "", at: float | None = None, headers: str = "") -> bytes:
    """A request. `body` is the call as XML. With `user` it is signed for the device's time `at`, epoch seconds.

    `headers` is XML that stands in the header as well.
    """
    header = headers + (_security(user, password, at or 0.0) if user else "")
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="{_SOAP}"><s:Header>{header}</s:Header>'
        f"<s:Body>{body}</s:Body></s:Envelope>"
    ).encode()


def _security(user: str, password: str, at: float) -> str:
    """UsernameToken with a digest: Base64(SHA-1(nonce + created + password))."""
    nonce = secrets.token_bytes(16)
    created = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    digest = base64.b64encode(hashlib.sha1(nonce + created.encode() + password.encode()).digest()).decode()
    return (
        f'<w:Security xmlns:w="{_WSSE}" xmlns:u="{_WSU}" s:mustUnderstand="1"><w:UsernameToken>'
        f'<w:Username>{escape(user)}</w:Username><w:Password Type="{_TOKEN}">{digest}</w:Password>'
        f'<w:Nonce EncodingType="{_BASE64}">{base64.b64encode(nonce).decode()}</w:Nonce>'
        f"<u:Created>{created}</u:Created></w:UsernameToken></w:Security>"
    )


def call(name: str, namespace: str = DEVICE, inner: str = "") -> str:
    """The XML of a call."""
    return f'<{name} xmlns="{namespace}">{inner}</{name}>'


def answer(body: bytes) -> etree._Element:
    """The first element of an envelope's body. Raises OnvifFault, OnvifFormatError."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=True)
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise OnvifFormatError("a DTD is refused")
    try:
        root = etree.fromstring(body.strip(), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise OnvifFormatError(f"no XML: {error}") from error
    if root is None or local(root) != "envelope":
        raise OnvifFormatError("no SOAP envelope")
    content = next((child for child in root if local(child) == "body"), None)
    first: etree._Element | None = next(iter(content), None) if content is not None else None
    if first is None:
        raise OnvifFormatError("the envelope is empty")
    if local(first) == "fault":
        raise _fault(first)
    return first


def _fault(element: etree._Element) -> OnvifFault:
    reason = " ".join(" ".join(str(part) for part in element.itertext()).split())[:200]
    lowered = reason.lower()
    denied = any(
        marker in lowered for marker in ("notauthorized", "not authorized", "failedauthentication", "unauthorized")
    )
    return OnvifFault(reason or "fault", denied=denied)


def local(element: etree._Element) -> str:
    """The local name in lower case. An undeclared prefix is left out."""
    tag = element.tag if isinstance(element.tag, str) else ""
    return tag.rpartition("}")[2].rpartition(":")[2].lower()


def find(element: etree._Element, *path: str) -> etree._Element | None:
    """The first descendant along a path of local names, which may skip levels."""
    at: etree._Element | None = element
    for name in path:
        lowered = name.lower()
        at = (
            next((child for child in at.iter() if child is not at and local(child) == lowered), None)
            if at is not None
            else None
        )
    return at


def text(element: etree._Element, *path: str) -> str:
    """The text along a path of local names, "" when it is absent."""
    target = find(element, *path)
    return (target.text or "").strip()[:TEXT_LIMIT] if target is not None else ""


def every(element: etree._Element, name: str, limit: int) -> Iterator[etree._Element]:
    """At most `limit` descendants of a local name."""
    lowered, count = name.lower(), 0
    for child in element.iter():
        if local(child) == lowered:
            yield child
            count += 1
            if count >= limit:
                return
