"""TLS contexts of probes: the authorities that a probe trusts and the certificate that it shows, for every scheme.

The credential that `cred=` names may hold `ca` (PEM, `"file:ca.pem"`), which is trusted instead of the system's
authorities. `certificate` and `key` (PEM) are shown to a server that asks. A credential of kind `tls` holds nothing but
these. The kinds `password` and `token` may have a `ca` as well. Contexts are cached, because making one costs twenty
times a handshake.
"""

from __future__ import annotations

import ssl
from collections import OrderedDict
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

from cryptography import x509

from collectors.contract import Target
from collectors.errors import Misconfigured
from collectors.settings import Credential

KIND = "tls"
MOST = 64
"""Contexts that one collector keeps."""


class Trust:
    """The TLS contexts of one collector."""

    def __init__(self) -> None:
        self._contexts: OrderedDict[tuple[bool, str, str, str], ssl.SSLContext] = OrderedDict()

    def context(self, target: Target, *, verify: bool = True, own: bool = True) -> ssl.SSLContext:
        """For a connection to the target; `own` False: to somebody else, who is not shown the certificate.

        Raises Misconfigured when the credential's PEM cannot be used.
        """
        values = target.credential.values if target.credential is not None else {}
        shown = (values.get("certificate", ""), values.get("key", "")) if own and _is_tls(target) else ("", "")
        key = (verify, values.get("ca", "") if verify else "", *shown)
        if key not in self._contexts:
            self._contexts[key] = _context(target, *key)
            if len(self._contexts) > MOST:
                self._contexts.popitem(last=False)
        self._contexts.move_to_end(key)
        return self._contexts[key]


def named(target: Target) -> bool:
    """True when the target's credential names trusted certificates."""
    return target.credential is not None and bool(target.credential.values.get("ca"))


def check(target: Target) -> None:
    """Raises Misconfigured, naming the mend, when the credential's `ca` is no PEM certificate, or a half is missing."""
    credential = target.credential
    if credential is None:
        return
    if credential.values.get("ca") and not _is_pem(credential.values["ca"]):
        raise _no_pem(credential, "ca")
    if _is_tls(target) and bool(credential.values.get("certificate")) != bool(credential.values.get("key")):
        raise Misconfigured(
            f"credential {credential.name!r}: certificate and key belong together; give both or neither",
            f"凭据 {credential.name!r}：certificate 与 key 须同时给出，或都不给",
        )


def _is_tls(target: Target) -> bool:
    return target.credential is not None and target.credential.kind == KIND


def _context(target: Target, verify: bool, ca: str, certificate: str, key: str) -> ssl.SSLContext:
    check(target)
    try:
        context = ssl.create_default_context(cadata=ca or None)
    except ssl.SSLError as error:
        assert target.credential is not None
        raise _no_pem(target.credential, "ca") from error
    if ca:  # what is named is trusted, also when it is no root
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if certificate:
        assert target.credential is not None
        _show(context, certificate, key, target.credential)
    return context


def _show(context: ssl.SSLContext, certificate: str, key: str, credential: Credential) -> None:
    """OpenSSL takes a key from a file only: one that its owner alone may read, and gone at once."""
    with TemporaryDirectory(prefix="watchfloor-") as folder:
        path = Path(folder) / "client.pem"
        path.touch(mode=0o600)
        path.write_text(f"{key.strip()}\n{certificate.strip()}\n")
        try:
            context.load_cert_chain(path, password="")
        except ssl.SSLError as error:
            raise _no_pem(credential, "certificate") from error


def _no_pem(credential: Credential, name: str) -> Misconfigured:
    if name == "ca":
        return Misconfigured(
            f'the ca of credential {credential.name!r} is no PEM certificate; write ca = "file:ca.pem"',
            f'凭据 {credential.name!r} 的 ca 不是 PEM 证书；请写 ca = "file:ca.pem"',
        )
    return Misconfigured(
        f"credential {credential.name!r}: certificate and key are no PEM without a password that fit together; "
        'write certificate = "file:client.pem" and key = "file:client.key"',
        f"凭据 {credential.name!r}：certificate 与 key 不是相配的无口令 PEM；"
        '请写 certificate = "file:client.pem" 与 key = "file:client.key"',
    )


@lru_cache(maxsize=256)
def _is_pem(text: str) -> bool:
    try:
        return bool(x509.load_pem_x509_certificates(text.encode()))
    except ValueError:
        return False
