"""SMTP against aiosmtpd, with STARTTLS and a sign-in that it checks itself."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

import pytest
import trustme

from collectors.errors import AuthFailed
from collectors.network.smtp import SmtpPoller
from collectors.settings import Credential
from tests.collectors.network.loopback import ask, failure, target_of, values_of

smtp = pytest.importorskip("aiosmtpd.smtp", reason="aiosmtpd is not installed")


def login(password: str) -> Credential:
    return Credential(name="mail", kind="password", values={"user": "duty", "password": password})


async def test_greeting_starttls_and_sign_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ca = trustme.CA()
    ca.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("localhost").configure_cert(tls)

    def check(*args: object) -> object:
        return smtp.AuthResult(success=args[-1].password == b"right", handled=False)  # type: ignore[attr-defined]

    def make() -> asyncio.Protocol:
        protocol: asyncio.Protocol = smtp.SMTP(object(), tls_context=tls, authenticator=check, hostname="mail.example")
        return protocol

    server = await asyncio.get_running_loop().create_server(make, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    poller = SmtpPoller()
    readings = values_of(
        await ask(poller, target_of(f"smtp://localhost:{port}?cred=mail&starttls=offered", login("right")))
    )
    error = await failure(poller, target_of(f"smtp://localhost:{port}?cred=mail", login("wrong")))
    server.close()
    await server.wait_closed()
    assert readings["smtp.starttls"] is True
    assert "mail.example" in str(readings["smtp.banner"])
    assert isinstance(error, AuthFailed)
    assert "wrong" not in error.en
