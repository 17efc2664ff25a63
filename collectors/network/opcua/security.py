"""The collector's identity for OPC UA servers, and trust in servers (OPC 10000-4, 6.1; policies: OPC 10000-7).

A credential of kind opcua: `user`, `password`; `policy` and `mode`; `certificate` and `key` (PEM; made and kept in the
data folder when they are not given); `trust`, the SHA-256 fingerprints of the server's certificates, comma separated,
or "any".
"""

from __future__ import annotations

import hashlib
import re
import socket
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from collectors.errors import AuthFailed, Misconfigured
from collectors.settings import Credential
from feeds import state_file

APPLICATION = "urn:watchfloor:collector"
POLICIES = ("None", "Basic256Sha256", "Aes128_Sha256_RsaOaep", "Aes256_Sha256_RsaPss")
MODES = ("SignAndEncrypt", "Sign")
ANY = "any"
FOLDER = "opcua"
VALID = timedelta(days=3650)
_PRINT = re.compile(r"^[0-9a-f]{64}$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Security:
    """Security of a session. `trust` holds fingerprints as 64 hex digits. `anybody` is trust = "any"."""

    policy: str = "None"
    mode: str = "SignAndEncrypt"
    user: str = ""
    password: str = field(default="", repr=False)
    certificate: str = ""
    key: str = field(default="", repr=False)
    trust: frozenset[str] = frozenset()
    anybody: bool = False
    name: str = ""

    @property
    def secure(self) -> bool:
        return self.policy != "None"


def read(credential: Credential | None) -> Security:
    """The credential's words. Raises Misconfigured with the mend."""
    if credential is None:
        return Security()
    values, name = credential.values, credential.name
    if credential.kind not in ("opcua", "password"):
        raise _wrong(name, "kind", credential.kind, ("opcua", "password"))
    policy = values.get("policy", "Basic256Sha256" if "mode" in values or "trust" in values else "None")
    mode = values.get("mode", MODES[0])
    if policy not in POLICIES:
        raise _wrong(name, "policy", policy, POLICIES)
    if mode not in MODES:
        raise _wrong(name, "mode", mode, MODES)
    if bool(values.get("certificate")) != bool(values.get("key")):
        raise Misconfigured(
            f"credential {name!r}: certificate and key belong together; give both or neither",
            f"凭据 {name!r}：certificate 与 key 须同时给出，或都不给",
        )
    thumbprints = [thumbprint for text in values.get("trust", "").split(",") if (thumbprint := _plain(text))]
    anybody = thumbprints == [ANY]
    if not anybody and not all(_PRINT.match(thumbprint) for thumbprint in thumbprints):
        raise Misconfigured(
            f"credential {name!r}: trust must be SHA-256 fingerprints (64 hex digits), comma separated, or any",
            f"凭据 {name!r}：trust 须为 SHA-256 指纹（64 位十六进制，以逗号分隔）或 any",
        )
    return Security(
        policy=policy,
        mode=mode,
        user=values.get("user", ""),
        password=values.get("password", ""),
        certificate=values.get("certificate", ""),
        key=values.get("key", ""),
        trust=frozenset() if anybody else frozenset(thumbprints),
        anybody=anybody,
        name=name,
    )


def _plain(text: str) -> str:
    return text.strip().replace(":", "").lower().removeprefix("sha256")


def _wrong(name: str, key: str, value: str, allowed: tuple[str, ...]) -> Misconfigured:
    allowed_names = ", ".join(allowed)
    return Misconfigured(
        f"credential {name!r}: {key} = {value!r} is not one of: {allowed_names}",
        f"凭据 {name!r}：{key} = {value!r} 无效，可用：{allowed_names}",
    )


def fingerprint(certificate: bytes) -> str:
    """SHA-256 of a certificate (DER), 64 hex digits."""
    return hashlib.sha256(certificate).hexdigest()


def believe(certificate: bytes | None, security: Security) -> None:
    """Raises AuthFailed when the server is not one that the credential trusts."""
    if security.anybody:
        return
    shown = fingerprint(certificate) if certificate else ""
    if not shown or shown not in security.trust:
        verdict = "is not the one that is trusted" if security.trust else "is not trusted yet"
        verdict_zh = "与所信任的不一致" if security.trust else "尚未被信任"
        raise AuthFailed(
            f"the server's certificate {verdict}: SHA-256 {shown or 'none'}; compare it at the server, then write "
            f'trust = "{shown}" in credential {security.name!r}',
            f"服务器证书{verdict_zh}：SHA-256 {shown or '无'}；请在服务器上核对后，在凭据 {security.name!r} 中写 trust",
        )


@dataclass(frozen=True, slots=True)
class ApplicationCertificate:
    """The collector's own application instance certificate and its key, PEM (OPC 10000-2)."""

    certificate: bytes
    key: bytes = field(repr=False)

    @property
    def fingerprint(self) -> str:
        return fingerprint(x509.load_pem_x509_certificate(self.certificate).public_bytes(serialization.Encoding.DER))

    @property
    def application(self) -> str:
        """The application URI that the certificate is for (OPC 10000-6, 6.2.2)."""
        certificate = x509.load_pem_x509_certificate(self.certificate)
        try:
            names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        except x509.ExtensionNotFound:
            return APPLICATION
        return next(iter(names.get_values_for_type(x509.UniformResourceIdentifier)), APPLICATION)


def identity(security: Security, data: Path | None) -> ApplicationCertificate:
    """The credential's own certificate, else the one of the data folder, made when it is missing. Takes its time.

    Raises Misconfigured when the given ones cannot be read.
    """
    if security.certificate:
        mine = ApplicationCertificate(security.certificate.encode(), security.key.encode())
        try:
            x509.load_pem_x509_certificate(mine.certificate)
            serialization.load_pem_private_key(mine.key, None)
        except (ValueError, TypeError) as error:
            raise Misconfigured(
                f"credential {security.name!r}: certificate or key is no PEM without a password; "
                'write certificate = "file:client.pem" and key = "file:client.key"',
                f"凭据 {security.name!r}：certificate 或 key 不是无口令的 PEM；"
                '请写 certificate = "file:client.pem" 与 key = "file:client.key"',
            ) from error
        return mine
    if data is None:
        return self_signed()
    folder = data / FOLDER
    paths = folder / "certificate.pem", folder / "key.pem"
    if all(path.is_file() for path in paths):
        stored = ApplicationCertificate(paths[0].read_bytes(), paths[1].read_bytes())
        if _usable(stored):
            return stored
    fresh = self_signed()
    for path, content in zip(paths, (fresh.certificate, fresh.key), strict=True):
        if path.exists():
            state_file.set_aside(path, "the certificate and its key cannot be used")
        state_file.write(path, content)
    return fresh


def _usable(stored: ApplicationCertificate) -> bool:
    """True when both decode and belong together. A file that a power cut emptied does not decode."""
    try:
        public = x509.load_pem_x509_certificate(stored.certificate).public_key()
        private = serialization.load_pem_private_key(stored.key, None)
    except (ValueError, TypeError):
        return False
    return bool(private.public_key() == public)


def self_signed() -> ApplicationCertificate:
    """A self-signed application instance certificate (OPC 10000-6, 6.2.2), valid for ten years."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    host = socket.gethostname()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Watchfloor collector")])
    now = datetime.now(UTC)
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=True,
        key_encipherment=True,
        data_encipherment=True,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    names = x509.SubjectAlternativeName([x509.UniformResourceIdentifier(APPLICATION), x509.DNSName(host)])
    purposes = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(hours=1))
    builder = builder.not_valid_after(now + VALID).add_extension(names, critical=False)
    builder = builder.add_extension(usage, critical=True).add_extension(purposes, critical=False)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    certificate = builder.sign(key, hashes.SHA256())
    plain = serialization.NoEncryption()
    return ApplicationCertificate(
        certificate.public_bytes(serialization.Encoding.PEM),
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain),
    )
