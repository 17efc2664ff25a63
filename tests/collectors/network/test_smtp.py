"""SMTP against scripted servers on loopback: each way of failing has its word, and no password leaves in clear."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

import pytest
import trustme

from collectors.errors import AuthFailed, Misconfigured, NotReady, Reason
from collectors.network.smtp import SmtpPoller
from collectors.settings import Credential
from tests.collectors.network.loopback import (
    ANSWERED,
    SILENT,
    Talk,
    ask,
    failure,
    hanging_up,
    saying,
    serve,
    silence,
    target_of,
    values_of,
)
from tests.ports import free_port

DESK = Credential(name="mail", kind="password", values={"user": "duty", "password": "open sesame"})


class Mail:
    """A mail server that says what it is told to, and keeps every line it heard."""

    def __init__(self, *, starttls: bool = False, tls: ssl.SSLContext | None = None, auth: str = "235 ok") -> None:
        self.heard: list[str] = []
        self._starttls = starttls
        self._tls = tls
        self._auth = auth

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example.gov.cn ESMTP\r\n")
        while line := (await reader.readline()).decode().strip():
            self.heard.append(line)
            verb = line.split()[0].upper()
            if verb == "EHLO":
                offers = ["mail.example.gov.cn", "SIZE 1000", "AUTH PLAIN", *(["STARTTLS"] * self._starttls)]
                lines = [f"250-{offer}\r\n" for offer in offers[:-1]] + [f"250 {offers[-1]}\r\n"]
                writer.write("".join(lines).encode())
            elif verb == "STARTTLS" and self._tls is not None:
                writer.write(b"220 go\r\n")
                await writer.start_tls(self._tls)
            elif verb == "AUTH":
                writer.write(f"{self._auth}\r\n".encode())
            else:
                writer.write(b"221 bye\r\n")


async def test_a_greeting_gives_time_banner_and_offer() -> None:
    mail = Mail(starttls=True)
    async with serve(mail) as port:
        readings = values_of(await ask(SmtpPoller(), target_of(f"smtp://127.0.0.1:{port}?starttls=offered")))
    assert (readings["smtp.banner"], readings["smtp.starttls"]) == ("mail.example.gov.cn ESMTP", True)
    assert float(readings["smtp.ms"] or 0) > 0
    assert [line.split()[0] for line in mail.heard] == ["EHLO", "QUIT"]


async def test_starttls_that_should_be_offered_and_is_not_is_a_wrong_answer() -> None:
    async with serve(Mail()) as port:
        assert values_of(await ask(SmtpPoller(), target_of(f"smtp://127.0.0.1:{port}")))["smtp.starttls"] is False
        error = await failure(SmtpPoller(), target_of(f"smtp://127.0.0.1:{port}?starttls=offered"))
    assert isinstance(error, NotReady)
    assert error.reason is Reason.WRONG_ANSWER
    assert {measurement.metric for measurement in error.measurements} == {"smtp.ms", "smtp.banner", "smtp.starttls"}


@pytest.mark.parametrize(
    ("talk", "reason"),
    [
        (silence, Reason.TIMEOUT),
        (hanging_up, Reason.CLOSED),
        (saying(b"554 no service here\r\n"), Reason.WRONG_ANSWER),
        (saying(b"SSH-2.0-OpenSSH_9\r\n"), Reason.WRONG_ANSWER),
        (saying(b"220-" + b"x" * 100_000), Reason.WRONG_ANSWER),
        (saying(b"\xff\xfe\x00\r\n"), Reason.WRONG_ANSWER),
        (saying(b"421 busy\r\n"), Reason.WRONG_ANSWER),
    ],
)
async def test_each_way_of_failing_has_its_word(talk: Talk, reason: Reason) -> None:
    async with serve(talk) as port:
        seconds = SILENT if talk is silence else ANSWERED
        error = await failure(SmtpPoller(), target_of(f"smtp://127.0.0.1:{port}", timeout=seconds))
    assert isinstance(error, NotReady)
    assert error.reason is reason
    assert len(error.en) < 250


async def test_a_closed_port_is_refused() -> None:
    error = await failure(SmtpPoller(), target_of(f"smtp://127.0.0.1:{free_port()}"))
    assert isinstance(error, NotReady)
    assert error.reason is Reason.REFUSED


@pytest.fixture
def tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A certificate for localhost, by a CA that this process trusts."""
    ca = trustme.CA()
    ca.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("localhost").configure_cert(context)
    return context


async def test_signing_in_goes_over_tls(tls: ssl.SSLContext) -> None:
    mail = Mail(starttls=True, tls=tls)
    async with serve(mail) as port:
        await ask(SmtpPoller(), target_of(f"smtp://localhost:{port}?cred=mail", DESK))
    assert [line.split()[0] for line in mail.heard] == ["EHLO", "STARTTLS", "EHLO", "AUTH", "QUIT"]


async def test_a_refused_sign_in_wants_a_person_and_shows_no_password(tls: ssl.SSLContext) -> None:
    async with serve(Mail(starttls=True, tls=tls, auth="535 5.7.8 open sesame is wrong")) as port:
        error = await failure(SmtpPoller(), target_of(f"smtp://localhost:{port}?cred=mail", DESK))
    assert isinstance(error, AuthFailed)
    assert "535" in error.en
    assert "sesame" not in f"{error.en}{error.zh}"


async def test_no_password_is_sent_in_clear_or_to_a_stranger(tls: ssl.SSLContext) -> None:
    plain = Mail()
    async with serve(plain) as port:
        error = await failure(SmtpPoller(), target_of(f"smtp://localhost:{port}?cred=mail", DESK))
    assert isinstance(error, NotReady)
    assert error.reason is Reason.WRONG_ANSWER
    secure = Mail(starttls=True, tls=tls)
    async with serve(secure) as port:
        error = await failure(SmtpPoller(), target_of(f"smtp://127.0.0.1:{port}?cred=mail", DESK))
    assert isinstance(error, NotReady)
    assert error.reason is Reason.TLS
    assert not [line for line in plain.heard + secure.heard if line.startswith("AUTH")]


async def test_a_credential_of_another_kind_is_misconfigured() -> None:
    token = Credential(name="t", kind="token", values={"token": "x"})
    error = await failure(SmtpPoller(), target_of("smtp://127.0.0.1:25?cred=t", token))
    assert isinstance(error, Misconfigured)


@pytest.mark.parametrize(
    "text", ["smtp://", "smtp://127.0.0.1?starttls=maybe", "smtp://127.0.0.1?to=x", "smtp://127.0.0.1:0"]
)
def test_a_uri_that_cannot_work_is_refused(text: str) -> None:
    with pytest.raises(Misconfigured):
        SmtpPoller.validate(target_of(text))
