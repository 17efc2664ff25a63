"""X.509 certificates (RFC 5280) and the check of their host names (RFC 9525). Pure.

Shared by `tls://` and the certificate readings of `https://`.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from cryptography import x509
from cryptography.x509.oid import NameOID

from collectors.charset import printable
from collectors.contract import Measurement
from collectors.network.tls import lenient
from feeds import wire
from feeds.model import Quality

DAY = 86400.0
_SHOWN = 120
_IRREGULAR = (ValueError, x509.DuplicateExtension, x509.InvalidVersion, x509.UnsupportedGeneralNameType)
"""Errors of the strict parser for a certificate that violates RFC 5280."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """The part of a certificate that is watched. Times in epoch seconds; names as text, bounded.

    `remark` names what violates RFC 5280, in English, "" for a regular certificate.
    """

    subject: str
    issuer: str
    begins: float
    ends: float
    dns_names: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    self_issued: bool = False
    remark: str = ""

    def covers(self, name: str) -> bool:
        """True when a subject alternative name fits the host `name` (RFC 9525 clause 6; the common name counts not)."""
        try:
            return str(ipaddress.ip_address(name)) in self.addresses
        except ValueError:
            ascii_name = _ascii(name)
        return any(_fits(pattern, ascii_name) for pattern in self.dns_names)


@lru_cache(maxsize=4096)
def read(der: bytes) -> Certificate:
    """Parse a certificate. One that the strict parser refuses is read by `lenient`, and has a remark.

    Raises ValueError when validity or names cannot be read.
    """
    try:
        return _regular(der)
    except _IRREGULAR as error:
        odd = lenient.read(der)
        remarks = "; ".join(dict.fromkeys(odd.remarks)) or _shown(str(error))
        return Certificate(
            subject=_shown(odd.subject),
            issuer=_shown(odd.issuer),
            dns_names=tuple(odd.dns_names),
            addresses=tuple(odd.addresses),
            begins=odd.begins,
            ends=odd.ends,
            self_issued=odd.self_issued,
            remark=remarks,
        )


def _regular(der: bytes) -> Certificate:
    """Raises _IRREGULAR."""
    certificate = x509.load_der_x509_certificate(der)
    dns_names: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        dns_names = tuple(name.lower() for name in names.get_values_for_type(x509.DNSName))
        addresses = tuple(str(address) for address in names.get_values_for_type(x509.IPAddress))
    except x509.ExtensionNotFound:
        pass  # an old certificate with a common name only: it covers nothing, and is said so
    return Certificate(
        subject=_name(certificate.subject),
        issuer=_name(certificate.issuer),
        dns_names=dns_names,
        addresses=addresses,
        begins=certificate.not_valid_before_utc.timestamp(),
        ends=certificate.not_valid_after_utc.timestamp(),
        self_issued=certificate.subject == certificate.issuer,
    )


def measure(chain: Sequence[Certificate], now: float, warn: float, family: str = "tls") -> list[Measurement]:
    """`days_left`, `expires`, `expiring` of the certificate in `chain` (leaf first) that ends first.

    An intermediate that runs out takes the service with it; a root that was sent along does not.
    `warn` is in seconds; `expiring` is True within `warn` of the end, and after it. A chain with a remark also gives
    `odd_certificate`. An empty chain stands for a leaf that cannot be read: it gives `days_left` without a value.
    """
    if not chain:
        text = "证书无法解读 | the certificate cannot be read"
        return [Measurement(metric=f"{family}.days_left", value=None, unit="d", quality=Quality.UNCERTAIN, text=text)]
    first = min(
        (certificate for index, certificate in enumerate(chain) if not index or not certificate.self_issued),
        key=lambda certificate: certificate.ends,
    )
    text = f"{first.subject}; issuer {first.issuer}"
    seconds_left = first.ends - now
    remark = next((certificate.remark for certificate in chain if certificate.remark), "")
    odd = [Measurement(metric=f"{family}.odd_certificate", value=True, text=remark)] if remark else []
    return [
        *odd,
        Measurement(metric=f"{family}.days_left", value=round(seconds_left / DAY, 2), unit="d", text=text),
        Measurement(metric=f"{family}.expires", value=wire.iso(first.ends), text=text),
        Measurement(metric=f"{family}.expiring", value=seconds_left < warn, text=lifetime(first, now)),
    ]


def lifetime(certificate: Certificate, now: float) -> str:
    """A remark on the validity at `now`, in Chinese and English divided by " | ", "" while it is valid for long."""
    day = (wire.iso(certificate.ends if certificate.ends <= now else certificate.begins) or "")[:10]
    if certificate.ends <= now:
        return f"证书已于 {day} 过期：{certificate.subject} | the certificate of {certificate.subject} expired on {day}"
    if certificate.begins > now:
        subject = certificate.subject
        return f"证书自 {day} 起才有效：{subject} | the certificate of {subject} is not valid before {day}"
    days = int((certificate.ends - now) / DAY)
    return (
        f"证书还有 {days} 天到期：{certificate.subject} | the certificate of {certificate.subject} ends in {days} days"
    )


def _name(name: x509.Name) -> str:
    common = name.get_attributes_for_oid(NameOID.COMMON_NAME) or name.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    text = str(common[0].value) if common else name.rfc4514_string()
    return _shown(text)


def _shown(text: str) -> str:
    """A text from a certificate, safe to show, of at most _SHOWN characters."""
    return printable(text)[:_SHOWN] or "-"


def _ascii(name: str) -> str:
    try:
        return name.rstrip(".").encode("idna").decode("ascii").lower()
    except UnicodeError:
        return name.lower()


def _fits(pattern: str, name: str) -> bool:
    """A wildcard stands for exactly the leftmost label, and never for a top-level domain (RFC 9525 clause 6.3)."""
    if not pattern.startswith("*."):
        return pattern.rstrip(".") == name
    label, dot, parent_name = name.partition(".")
    return bool(label and dot) and "." in parent_name and pattern[2:].rstrip(".") == parent_name
