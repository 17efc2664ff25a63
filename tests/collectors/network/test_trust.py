"""One way to name a private CA, for every scheme that speaks TLS: the right one lets in, a wrong one is said."""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from pathlib import Path

import pytest
import trustme

from collectors import once, registry
from collectors.errors import AuthFailed, CollectorError, Misconfigured, NotReady, Reason
from collectors.network.tls import trust
from collectors.settings import Credential
from tests.collectors.network.loopback import Talk, ask, serve, target_of
from tests.collectors.network.test_smtp import Mail
from tests.patience import PATIENCE

GREETING = (
    b"\x0a8.0.30\0"
    + struct.pack("<I", 7)
    + b"12345678\0"
    + struct.pack("<H", 0x8A00)
    + b"\x2d\x02\x00"
    + struct.pack("<H", 0x0008)
    + b"\x15"
    + bytes(10)
    + b"123456789012\0mysql_native_password\0"
)
"""Protocol 41, SECURE_CONNECTION, SSL, PLUGIN_AUTH."""
REFUSED_MYSQL = b"\xff" + struct.pack("<H", 1045) + b"#28000no"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def stranger() -> trustme.CA:
    return trustme.CA()


def context_of(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    return context


def credential(ca: trustme.CA, **more: str) -> Credential:
    values = {"user": "u", "password": "open sesame", "ca": ca.cert_pem.bytes().decode(), **more}
    return Credential(name="mine", kind="password", values=values)


def postgresql(tls: ssl.SSLContext, heard: list[bytes]) -> Talk:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(8)
        writer.write(b"S")
        await writer.start_tls(tls)
        heard.append(await reader.read(4096))
        fields = b"SFATAL\0C28P01\0Mno\0\0"
        writer.write(b"E" + struct.pack(">I", len(fields) + 4) + fields)

    return talk


@asynccontextmanager
async def mysql(tls: ssl.SSLContext, heard: list[bytes]) -> AsyncIterator[int]:
    """The client begins TLS without waiting for a word, so what is read before must be counted."""
    loop = asyncio.get_running_loop()

    async def talk() -> None:
        sock, _ = await loop.sock_accept(listening)
        await loop.sock_sendall(sock, struct.pack("<I", len(GREETING))[:3] + b"\0" + GREETING)
        assert len(await loop.sock_recv(sock, 36)) == 36
        reader = asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(reader)
        transport, _ = await loop.connect_accepted_socket(lambda: protocol, sock, ssl=tls)
        heard.append(await reader.read(4096))
        transport.write(struct.pack("<I", len(REFUSED_MYSQL))[:3] + b"\x03" + REFUSED_MYSQL)
        await reader.read()
        transport.abort()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        task = asyncio.create_task(talk())
        yield listening.getsockname()[1]
        with suppress(OSError):
            await asyncio.wait_for(task, PATIENCE)


def smtp(tls: ssl.SSLContext, heard: list[bytes]) -> Talk:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        mail = Mail(starttls=True, tls=tls, auth="535 no")
        try:
            await mail(reader, writer)
        finally:
            heard.extend(line.encode() for line in mail.heard if line.startswith("AUTH"))

    return talk


def web(_: ssl.SSLContext, heard: list[bytes]) -> Talk:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n")

    return talk


def broker(_: ssl.SSLContext, heard: list[bytes]) -> Talk:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.read(4096))
        writer.write(b"\x20\x02\x00\x05")
        await reader.read(1)

    return talk


Script = Callable[[ssl.SSLContext, list[bytes]], Talk]
# Where each is asked, what answers (it lets nobody in), and whether TLS comes before the first word.
PLACES: dict[str, tuple[str, Script, bool]] = {
    "https": ("https://localhost:{}/?cred=mine", web, True),
    "mqtts": ("mqtts://localhost:{}/a?cred=mine", broker, True),
    "smtp": ("smtp://localhost:{}?cred=mine", smtp, False),
    "sql+postgresql": ("sql+postgresql://localhost:{}/d?cred=mine", postgresql, False),
}
MYSQL = "sql+mysql://localhost:{}/d?cred=mine"
NAMES = (*sorted(PLACES), "sql+mysql")


@asynccontextmanager
async def server(name: str, authority: trustme.CA, heard: list[bytes]) -> AsyncIterator[str]:
    tls = context_of(authority)
    if name == "sql+mysql":
        async with mysql(tls, heard) as port:
            yield MYSQL.format(port)
        return
    address, script, at_once = PLACES[name]
    serving: AbstractAsyncContextManager[int] = serve(script(tls, heard), tls if at_once else None)
    async with serving as port:
        yield address.format(port)


async def error_of(text: str, ca: trustme.CA, **more: str) -> CollectorError:
    poller = registry.poller_class(text.partition(":")[0])()
    try:
        await ask(poller, target_of(text, credential(ca, **more)))
    except CollectorError as error:
        return error
    finally:
        await poller.close()
    raise AssertionError("it let somebody in")


@pytest.mark.parametrize("name", NAMES)
async def test_the_right_authority_comes_as_far_as_the_sign_in(name: str, authority: trustme.CA) -> None:
    heard: list[bytes] = []
    async with server(name, authority, heard) as text:
        error = await error_of(text, authority)
    assert isinstance(error, AuthFailed), error
    assert heard


@pytest.mark.parametrize("name", NAMES)
async def test_a_wrong_authority_is_said_and_hears_no_word(
    name: str, authority: trustme.CA, stranger: trustme.CA
) -> None:
    heard: list[bytes] = []
    async with server(name, authority, heard) as text:
        error = await error_of(text, stranger)
    assert isinstance(error, NotReady), error
    assert error.reason is Reason.TLS
    assert "issuer" in error.en
    assert not any(b"sesame" in greeting or b"\0u\0" in greeting or b"Authorization" in greeting for greeting in heard)


async def test_mysql_without_tls_is_told_nothing(authority: trustme.CA) -> None:
    heard: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
    plain = GREETING.replace(struct.pack("<H", 0x8A00), struct.pack("<H", 0x8200))

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(struct.pack("<I", len(plain))[:3] + b"\0" + plain)
        try:
            heard.set_result(await reader.read(4096))
        except ConnectionError:
            heard.set_result(b"")

    async with serve(talk) as port:
        error = await error_of(MYSQL.format(port), authority)
        assert await asyncio.wait_for(heard, PATIENCE) == b""
    assert isinstance(error, NotReady)
    assert error.reason is Reason.TLS


async def test_the_mend_names_the_option(authority: trustme.CA, stranger: trustme.CA) -> None:
    async with server("https", authority, []) as text:
        attempt = await once.collect_once(text, 20.0, {"mine": credential(stranger)})
    assert 'ca = "file:ca.pem"' in once.render(attempt)
    assert 'kind = "tls"' in once.render(attempt, language="en")


@pytest.mark.parametrize("name", ["tls", "smtp", "https"])
async def test_a_credential_of_kind_tls_signs_nobody_in(name: str, authority: trustme.CA) -> None:
    mail, tls = Mail(starttls=True, tls=context_of(authority)), context_of(authority)
    only = Credential(name="mine", kind="tls", values={"ca": authority.cert_pem.bytes().decode()})

    async def page(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert b"Authorization" not in await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        await reader.read()

    async with serve(mail if name == "smtp" else page, None if name == "smtp" else tls) as port:
        attempt = await once.collect_once(f"{name}://localhost:{port}?cred=mine", 20.0, {"mine": only})
    assert attempt.observations[0].value is True, attempt.observations[0].text
    if name == "smtp":
        assert [line.split()[0] for line in mail.heard] == ["EHLO", "STARTTLS", "EHLO", "QUIT"]


async def test_a_certificate_of_our_own_is_shown_to_who_asks(authority: trustme.CA) -> None:
    tls, mine, heard = context_of(authority), authority.issue_cert("collector"), []
    tls.verify_mode = ssl.CERT_REQUIRED
    authority.configure_trust(tls)
    shown = {
        "ca": authority.cert_pem.bytes().decode(),
        "key": mine.private_key_pem.bytes().decode(),
        "certificate": "".join(certificate.bytes().decode() for certificate in mine.cert_chain_pems),
    }

    async def page(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(writer.get_extra_info("peercert"))
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 204 OK\r\n\r\n")

    async with serve(page, tls) as port:
        credentials = {"mine": Credential(name="mine", kind="tls", values=shown)}
        attempt = await once.collect_once(f"https://localhost:{port}/?cred=mine", 20.0, credentials)
        without = {"mine": Credential(name="mine", kind="tls", values={"ca": shown["ca"]})}
        refused = await once.collect_once(f"https://localhost:{port}/?cred=mine", 20.0, without)
    assert attempt.observations[0].value is True, attempt.observations[0].text
    assert refused.observations[0].value is False
    assert len(heard) == 1
    assert heard[0]


@pytest.mark.parametrize("name", [*NAMES, "tls"])
@pytest.mark.parametrize("ca", ["no pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_a_ca_that_is_none_is_found_by_the_check_of_the_settings(name: str, ca: str) -> None:
    text = PLACES[name][0].format(1) if name in PLACES else f"{name}://localhost:1/d?cred=mine"
    values = {"user": "u", "password": "p", "ca": ca}
    with pytest.raises(Misconfigured, match="no PEM certificate"):
        registry.target_of(text, credentials={"mine": Credential(name="mine", kind="password", values=values)})


def test_contexts_are_kept_and_not_without_end(authority: trustme.CA, tmp_path: Path) -> None:
    contexts = trust.Trust()
    target = target_of("https://h/?cred=mine", credential(authority))
    assert contexts.context(target) is contexts.context(target)
    assert contexts.context(target) is not contexts.context(target, verify=False)
    halves = Credential(name="mine", kind="tls", values={"certificate": "x"})
    with pytest.raises(Misconfigured, match="belong together"):
        contexts.context(target_of("https://h/?cred=mine", halves))
    both = Credential(name="mine", kind="tls", values={"certificate": "x", "key": "y"})
    with pytest.raises(Misconfigured, match="fit together"):
        contexts.context(target_of("https://h/?cred=mine", both))
