"""Verification of a CAP message's XML signature (W3C XML-DSIG, enveloped; CAP 1.2 clause 3.3.4.1).

An intact signature proves that the document is unaltered since the holder of a key signed it. It is valid when that key
is one of the trusted keys of the source; by any other key the result is "unknown key".
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Sequence
from copy import deepcopy

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from lxml import etree

from feeds.cap.schema import DSIG

_HASHES: dict[str, tuple[str, hashes.HashAlgorithm]] = {
    "sha1": ("sha1", hashes.SHA1()),  # used by old signatures
    "sha256": ("sha256", hashes.SHA256()),
    "sha384": ("sha384", hashes.SHA384()),
    "sha512": ("sha512", hashes.SHA512()),
}


REFERENCES = 4
"""References of one signature; for each of them the whole document is canonicalised and hashed."""
KEY_BITS = 16_384
TrustedKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey


class _Unsupported(Exception):
    """The signature uses an unsupported algorithm or key."""


def state(root: etree._Element, raw: bytes, keys: Sequence[str] = ()) -> str:
    """ "" (unsigned), "valid" (by one of the trusted `keys`, PEM), "invalid" (altered, broken) or "unknown key"."""
    signatures = root.findall(f"{{{DSIG}}}Signature")
    if not signatures:
        return ""
    # Parsing dropped comments and processing instructions; a signature covers the original bytes.
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    whole = etree.fromstring(raw, parser)
    signature = whole.find(f"{{{DSIG}}}Signature")
    if signature is None or len(signatures) > 1:
        return "invalid"
    try:
        return _verdict(whole, signature, trusted_keys(keys))
    except _Unsupported:
        return "unknown key"
    except (ValueError, binascii.Error, etree.LxmlError):
        return "invalid"


def trusted_keys(texts: Sequence[str]) -> tuple[TrustedKey, ...]:
    """The RSA and elliptic-curve keys of PEM texts (public keys or certificates). Raises ValueError for other texts."""
    keys: list[TrustedKey] = []
    for text in texts:
        pem = text.encode()
        if b"BEGIN CERTIFICATE" in pem:
            key: object = x509.load_pem_x509_certificate(pem).public_key()
        else:
            key = serialization.load_pem_public_key(pem)
        if not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
            raise ValueError("a signature can be checked by an RSA or an elliptic-curve key only")
        keys.append(key)
    return tuple(keys)


def _verdict(root: etree._Element, signature: etree._Element, trusted: tuple[TrustedKey, ...]) -> str:
    if not _intact(root, signature) or not _bytes(signature, "SignatureValue"):
        return "invalid"
    try:
        enclosed = _key(signature)
    except _Unsupported:  # no key in the message: one of ours may have signed it
        return "valid" if any(_signed(signature, key) for key in trusted) else "unknown key"
    if not _signed(signature, enclosed):
        return "invalid"
    return "valid" if any(_same(enclosed, key) for key in trusted) else "unknown key"


def _same(enclosed: object, key: TrustedKey) -> bool:
    return isinstance(enclosed, rsa.RSAPublicKey | ec.EllipticCurvePublicKey) and enclosed == key


def _intact(root: etree._Element, signature: etree._Element) -> bool:
    references = signature.findall(f".//{{{DSIG}}}SignedInfo/{{{DSIG}}}Reference")
    if len(references) > REFERENCES:
        raise _Unsupported
    for reference in references:
        if reference.get("URI", ""):
            raise _Unsupported
        name, _ = _hash(_algorithm(reference, "DigestMethod"))
        digest = hashlib.new(name, _canonical(_without_signature(root), _transform(reference))).digest()
        if digest != _bytes(reference, "DigestValue"):
            return False
    return True


def _signed(signature: etree._Element, key: object) -> bool:
    """True when the key signed SignedInfo. Raises _Unsupported for a key of another kind."""
    info = signature.find(f"{{{DSIG}}}SignedInfo")
    if info is None:
        return False
    method = _algorithm(info, "SignatureMethod")
    _, kind = _hash(method)
    text, value = _canonical(info, _algorithm(info, "CanonicalizationMethod")), _bytes(signature, "SignatureValue")
    try:
        if isinstance(key, rsa.RSAPublicKey) and key.key_size > KEY_BITS:
            raise _Unsupported
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(value, text, padding.PKCS1v15(), kind)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            half = len(value) // 2
            r, s = int.from_bytes(value[:half]), int.from_bytes(value[half:])
            key.verify(encode_dss_signature(r, s), text, ec.ECDSA(kind))
        else:
            raise _Unsupported  # for example DSA, which is no longer trusted
    except InvalidSignature:
        return False
    except UnsupportedAlgorithm as error:
        raise _Unsupported from error
    return True


def _key(signature: etree._Element) -> object:
    certificate = signature.find(f".//{{{DSIG}}}X509Certificate")
    if certificate is not None and certificate.text:
        return x509.load_der_x509_certificate(base64.b64decode(certificate.text)).public_key()
    modulus, exponent = (
        signature.find(f".//{{{DSIG}}}RSAKeyValue/{{{DSIG}}}{name}") for name in ("Modulus", "Exponent")
    )
    if modulus is None or exponent is None:
        raise _Unsupported
    numbers = [int.from_bytes(base64.b64decode(parameter.text or "")) for parameter in (exponent, modulus)]
    return rsa.RSAPublicNumbers(*numbers).public_key()


def _without_signature(root: etree._Element) -> etree._Element:
    copy = deepcopy(root)
    signature = copy.find(f"{{{DSIG}}}Signature")
    assert signature is not None
    before, tail = signature.getprevious(), signature.tail or ""
    if before is not None:
        before.tail = (before.tail or "") + tail
    else:
        copy.text = (copy.text or "") + tail
    copy.remove(signature)
    return copy


def _canonical(element: etree._Element, method: str) -> bytes:
    exclusive, comments = "exc-c14n" in method, method.endswith("WithComments")
    if "c14n" not in method:
        raise _Unsupported
    if element.getparent() is not None:
        # libxml2 loses a subtree's inherited default namespace. Serialising and parsing it again restores the
        # namespace.
        element = etree.fromstring(etree.tostring(element, with_tail=False))
    return etree.tostring(element, method="c14n", exclusive=exclusive, with_comments=comments)


def _transform(reference: etree._Element) -> str:
    methods = [algorithm.get("Algorithm", "") for algorithm in reference.iter(f"{{{DSIG}}}Transform")]
    return next(
        (algorithm for algorithm in methods if "c14n" in algorithm), "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
    )


def _algorithm(parent: etree._Element, name: str) -> str:
    element = parent.find(f"{{{DSIG}}}{name}")
    return "" if element is None else element.get("Algorithm", "")


def _hash(method: str) -> tuple[str, hashes.HashAlgorithm]:
    name = method.rpartition("#")[2].rpartition("-")[2]
    if name not in _HASHES:
        raise _Unsupported
    return _HASHES[name]


def _bytes(parent: etree._Element, name: str) -> bytes:
    element = parent.find(f"{{{DSIG}}}{name}")
    return b"" if element is None else base64.b64decode(element.text or "")
