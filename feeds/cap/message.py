"""CAP 1.2, the Common Alerting Protocol (OASIS CAP-V1.2): bytes to a checked message. Pure.

`parse` applies every rule that concerns one document. The warnings registry applies those that concern several
(references, duplicates, lifecycle).
"""

from __future__ import annotations

import hashlib
import re

from lxml import etree

from feeds import wire
from feeds.cap.findings import finding
from feeds.cap.model import CapArea, CapDocument, CapInfo, CapMessage, CapRefused
from feeds.cap.reader import REFERENCES, CapTreeReader, moment
from feeds.cap.xml import SIZE_LIMIT, read, upgrade_pairs
from feeds.findings import Finding, InMessage

__all__ = [
    "SIZE_LIMIT",
    "CapArea",
    "CapDocument",
    "CapInfo",
    "CapMessage",
    "CapRefused",
    "finding",
    "parse",
    "reference_key",
]

wire.register_item("cap", CapDocument)

_ESSENTIAL = {"identifier", "sender", "sent", "status", "msgType"}
"""Without these elements even lenient mode cannot identify a message or tell whether it is real."""
_NEVER = frozenset(("XML_NOT_WELL_FORMED", "TOO_LARGE", "TOO_COMPLEX", "DTD_FORBIDDEN", "NAMESPACE_UNKNOWN"))
_FORBIDDEN = re.compile(r"[\s,<&]")


def parse(raw: bytes, mode: str = "strict", profile: str = "", keys: tuple[str, ...] = ()) -> CapMessage:
    """The message in `raw`, with its findings. Raises CapRefused.

    "strict" rejects a message with any error. "lenient" accepts it (`faulty` is then True) unless it cannot be
    identified. `profile` "cn-12379" accepts the deviations of China's relays. `keys` are the trusted public keys or
    certificates (PEM) by which a signature counts as valid.
    """
    root, version, guessed = read(raw, lenient=mode == "lenient")
    reader = CapTreeReader(version, lenient=mode == "lenient", profile=profile)
    if version == "1.0":
        upgrade_pairs(root, str(etree.QName(root).namespace))
        for password in reader.children(root, "password"):  # dropped from CAP with 1.1
            root.remove(password)
    if guessed:
        reader.report("ENCODING_WRONG", root)
    reader.check(root)
    message = _message(root, reader, raw, keys)
    _refuse(reader.findings, mode)
    if message is None:
        raise CapRefused(tuple(reader.findings))
    return message


def reference_key(reference: str) -> tuple[str, str, float] | None:
    """(sender, identifier, sent as epoch seconds) of "sender,identifier,sent", None when invalid.

    Different notations of one moment give the same key.
    """
    parts = reference.split(",")
    if len(parts) != 3 or not all(parts):
        return None
    sent = moment(re.sub(r"Z$", "-00:00", parts[2]))
    return None if sent is None else (parts[0], parts[1], sent)


def _message(root: etree._Element, reader: CapTreeReader, raw: bytes, keys: tuple[str, ...]) -> CapMessage | None:
    """The checked message; None when its key cannot be formed."""
    texts = {
        name: reader.text(root, name)
        for name in (
            "identifier",
            "sender",
            "sent",
            "status",
            "msgType",
            "scope",
            "source",
            "restriction",
            "addresses",
            "note",
            "incidents",
        )
    }
    sent = reader.time(root, "sent")
    _envelope(root, reader, texts)
    references = _references(root, reader, (texts["sender"], texts["identifier"], sent))
    signature = _signature(root, raw, reader, keys)
    alive = texts["msgType"] not in ("Cancel", "Ack", "Error")
    infos = tuple(reader.info(info, sent, alive=alive) for info in reader.children(root, "info"))
    if sent is None:
        return None
    return CapMessage(
        identifier=texts["identifier"],
        sender=texts["sender"],
        sent=sent,
        sent_text=texts["sent"],
        status=texts["status"],
        msg_type=texts["msgType"],
        scope=texts["scope"] or "Public",
        source=texts["source"],
        restriction=texts["restriction"],
        addresses=texts["addresses"],
        codes=tuple(code.text.strip() for code in reader.children(root, "code") if code.text),
        note=texts["note"],
        references=references,
        incidents=texts["incidents"],
        infos=infos,
        version=reader.version,
        signature=signature,
        digest=hashlib.sha256(raw).hexdigest(),
        findings=tuple(reader.findings),
    )


def _envelope(root: etree._Element, reader: CapTreeReader, texts: dict[str, str]) -> None:
    """Check the rules between the elements of `alert` itself (clause 3.2.1)."""
    if _FORBIDDEN.search(texts["identifier"]):
        reader.report("INVALID_IDENTIFIER", root, child="identifier", value=texts["identifier"])
    if _FORBIDDEN.search(texts["sender"]):
        reader.report("INVALID_SENDER", root, child="sender", value=texts["sender"])
    if texts["scope"] == "Restricted" and not texts["restriction"]:
        reader.report("RESTRICTION_REQUIRED", root, child="restriction")
    if texts["scope"] != "Restricted" and texts["restriction"]:
        detail = texts["scope"]
        reader.report(
            "RESTRICTION_SCOPE_MISMATCH", root, child="restriction", value=texts["restriction"], detail=detail
        )
    if texts["scope"] == "Private" and not texts["addresses"]:
        reader.report("ADDRESSES_REQUIRED", root, child="addresses")
    if texts["msgType"] in ("Update", "Cancel", "Ack", "Error") and not reader.text(root, "references"):
        reader.report("REFERENCES_REQUIRED", root, child="references", detail=texts["msgType"])
    if texts["status"] == "Exercise" and not texts["note"]:
        reader.report("EXERCISE_WITHOUT_NOTE", root, child="note")


def _references(root: etree._Element, reader: CapTreeReader, own: tuple[str, str, float | None]) -> tuple[str, ...]:
    """The valid references, without a reference to the message itself."""
    references: list[str] = []
    words = reader.text(root, "references").split()
    reader.count_towards("references", len(words), REFERENCES)
    for reference in words:
        key = reference_key(reference)
        if key is None:
            reader.report("INVALID_REFERENCES", root, child="references", value=reference)
        elif key == own:
            reader.report("CIRCULAR_REFERENCE", root, child="references", value=reference)
        else:
            if own[2] is not None and key[2] > own[2]:
                reader.report("POSTDATED_REFERENCE", root, child="references", value=reference)
            references.append(reference)
    return tuple(dict.fromkeys(references))


def _signature(root: etree._Element, raw: bytes, reader: CapTreeReader, keys: tuple[str, ...]) -> str:
    from feeds.cap.signature import state  # most messages have none

    signature = state(root, raw, keys)
    if signature == "invalid":
        reader.report("SIGNATURE_INVALID", root, child="Signature")
    return signature


def _refuse(findings: list[Finding[InMessage]], mode: str) -> None:
    """Raises CapRefused when the mode does not let this through."""
    errors = [finding for finding in findings if finding.error]
    if mode == "lenient":
        errors = [finding for finding in errors if finding.code in _NEVER or _essential(finding)]
    if errors:
        raise CapRefused(tuple(findings))


def _essential(finding: Finding[InMessage]) -> bool:
    name = finding.where.xpath.removeprefix("/alert/")
    return name in _ESSENTIAL and finding.code in (
        "MISSING_REQUIRED",
        "INVALID_ENUM",
        "INVALID_DATE",
        "DUPLICATE_ELEMENT",
    )
