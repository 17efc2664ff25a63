"""A CAP message as parsed, in CAP's own terms, without its later lifecycle."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from feeds.findings import Finding, InMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class CapDocument:
    """One document; transported on the bus as kind "cap".

    `mode` is "strict" or "lenient", `profile` "" or "cn-12379": the parser options of its source. `keys` are the
    trusted keys of the source (PEM). `envelope` is the status of the EDXL-DE envelope that held the document.
    `message` is what the document holds where it was parsed already, by the same options.
    """

    source: str
    received_at: float
    raw: bytes
    url: str = ""
    mode: str = "strict"
    profile: str = ""
    keys: tuple[str, ...] = ()
    envelope: str = ""
    message: CapMessage | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CapArea:
    """One `area`. `geometry` is GeoJSON (EPSG:4326) uniting its polygons and circles, None without any."""

    text: str = ""
    geometry: dict[str, Any] | None = None
    geocodes: tuple[tuple[str, str], ...] = ()
    altitude: float | None = None
    ceiling: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CapInfo:
    """One `info`. Times are epoch seconds; pairs are (valueName, value)."""

    language: str = "en-US"
    category: tuple[str, ...] = ()
    event: str = ""
    response_type: tuple[str, ...] = ()
    urgency: str = ""
    severity: str = ""
    certainty: str = ""
    audience: str = ""
    event_codes: tuple[tuple[str, str], ...] = ()
    effective: float | None = None
    onset: float | None = None
    expires: float | None = None
    sender_name: str = ""
    headline: str = ""
    description: str = ""
    instruction: str = ""
    web: str = ""
    contact: str = ""
    parameters: tuple[tuple[str, str], ...] = ()
    resources: tuple[dict[str, str], ...] = ()
    areas: tuple[CapArea, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CapMessage:
    """One `alert`. `sent_text` is `sent` as written, `references` are "sender,identifier,sent" as written.

    `version` is the document's version ("1.0", "1.1", "1.2"). `signature` is "" (unsigned), "valid" (by a trusted key),
    "unknown key" (intact, but the key is not trusted) or "invalid". `digest` is the SHA-256 of its bytes.
    """

    identifier: str
    sender: str
    sent: float
    sent_text: str
    status: str
    msg_type: str
    scope: str = "Public"
    source: str = ""
    restriction: str = ""
    addresses: str = ""
    codes: tuple[str, ...] = ()
    note: str = ""
    references: tuple[str, ...] = ()
    incidents: str = ""
    infos: tuple[CapInfo, ...] = ()
    version: str = "1.2"
    signature: str = ""
    digest: str = ""
    findings: tuple[Finding[InMessage], ...] = field(default=())

    @property
    def id(self) -> str:
        """The key of a message: "sender,identifier,sent"."""
        return f"{self.sender},{self.identifier},{self.sent_text}"

    @property
    def faulty(self) -> bool:
        """True when lenient mode accepted the message in spite of errors (校验有问题)."""
        return any(finding.error for finding in self.findings)


class CapRefused(ValueError):
    """The document is not an acceptable CAP message; `findings` has the errors and warnings."""

    def __init__(self, findings: tuple[Finding[InMessage], ...]) -> None:
        super().__init__(
            "; ".join(f"{finding.code} {finding.where.xpath}".strip() for finding in findings if finding.error)
        )
        self.findings = findings
