"""TLS over real handshakes on loopback, with certificates of every kind that is found in the field."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from collectors.errors import Misconfigured, NotReady, Reason
from collectors.network.tls import certificate as certificates
from collectors.network.tls.probe import TlsPoller
from tests.collectors.network.loopback import (
    ANSWERED,
    SILENT,
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

DAY = 86400.0
NOW = datetime.now(UTC)
Issue = Callable[..., ssl.SSLContext]


@pytest.fixture(scope="module")
def ca() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def poller(ca: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TlsPoller:
    """Trusts `ca`, as a site adds its own CA."""
    ca.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    return TlsPoller()


def server_context(issued: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    issued.configure_cert(context)
    return context


def self_signed(folder: Path, name: str = "localhost", days: float = 90) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(NOW - timedelta(days=400))
        .not_valid_after(NOW + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    (folder / "both.pem").write_bytes(pem + certificate.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "both.pem")
    return context


@asynccontextmanager
async def serving(context: ssl.SSLContext) -> AsyncIterator[int]:
    gone: list[asyncio.Event] = []

    class Quiet(asyncio.Protocol):
        def connection_made(self, _: asyncio.BaseTransport) -> None:
            self.gone = asyncio.Event()
            gone.append(self.gone)

        def connection_lost(self, _: Exception | None) -> None:
            self.gone.set()

    server = await asyncio.get_running_loop().create_server(Quiet, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await asyncio.gather(*(event.wait() for event in gone))


async def test_a_good_certificate_says_how_long_it_lasts(ca: trustme.CA, poller: TlsPoller) -> None:
    issued = ca.issue_cert("www.example.gov.cn", not_after=NOW + timedelta(days=100))
    async with serving(server_context(issued)) as port:
        measurements = await ask(poller, target_of(f"tls://127.0.0.1:{port}?name=www.example.gov.cn"))
    readings = values_of(measurements)
    assert readings["tls.days_left"] == pytest.approx(100, abs=0.1)
    assert str(readings["tls.expires"]).endswith("Z")
    assert (readings["tls.valid"], readings["tls.expiring"], readings["tls.version"]) == (True, False, "TLSv1.3")
    assert float(readings["tls.ms"] or 0) > 0


async def test_one_that_ends_soon_is_up_and_expiring(ca: trustme.CA, poller: TlsPoller) -> None:
    issued = ca.issue_cert("127.0.0.1", not_after=NOW + timedelta(days=20))
    async with serving(server_context(issued)) as port:
        measurements = await ask(poller, target_of(f"tls://127.0.0.1:{port}"))
        later = await ask(poller, target_of(f"tls://127.0.0.1:{port}?warn=7d"))
    assert measurements["tls.expiring"].value is True
    assert "ends in 19 days" in measurements["tls.expiring"].text
    assert later["tls.expiring"].value is False


@pytest.mark.parametrize(
    ("kind", "message"), [("expired", "expired"), ("self-signed", "self-signed"), ("name", "match")]
)
async def test_what_clients_refuse_is_said_in_words(
    ca: trustme.CA, poller: TlsPoller, tmp_path: Path, kind: str, message: str
) -> None:
    context = {
        "expired": lambda: server_context(ca.issue_cert("localhost", not_after=NOW - timedelta(days=3))),
        "self-signed": lambda: self_signed(tmp_path),
        "name": lambda: server_context(ca.issue_cert("other.example")),
    }[kind]()
    async with serving(context) as port:
        error = await failure(poller, target_of(f"tls://127.0.0.1:{port}?name=localhost"))
    assert isinstance(error, NotReady)
    assert error.reason is Reason.TLS
    assert message in error.en
    measurements = {measurement.metric: measurement for measurement in error.measurements}
    assert measurements["tls.valid"].value is False
    assert isinstance(measurements["tls.days_left"].value, float)


@pytest.mark.parametrize(
    ("days", "name", "message"),
    [(90, "localhost", "self-signed"), (-3, "localhost", "expired"), (90, "other.example", "not for localhost")],
)
async def test_without_verify_the_same_is_a_reading(
    poller: TlsPoller, tmp_path: Path, days: float, name: str, message: str
) -> None:
    async with serving(self_signed(tmp_path, name, days)) as port:
        measurements = await ask(poller, target_of(f"tls://127.0.0.1:{port}?name=localhost&verify=no"))
    assert measurements["tls.valid"].value is False
    assert message in measurements["tls.valid"].text


async def test_a_chain_ends_with_its_first_certificate(ca: trustme.CA, poller: TlsPoller) -> None:
    between = ca.create_child_ca()
    issued = between.issue_cert("localhost", not_after=NOW + timedelta(days=5000))
    async with serving(server_context(issued)) as port:
        measurements = await ask(poller, target_of(f"tls://127.0.0.1:{port}?name=localhost"))
    assert measurements["tls.valid"].value is True
    assert "Testing CA" in measurements["tls.expires"].text or measurements["tls.days_left"].value is not None


async def test_each_way_of_failing_has_its_word(poller: TlsPoller) -> None:
    reasons = {}
    for name, talk in {"silence": silence, "plain": saying(b"SSH-2.0-OpenSSH_9\r\n" * 20), "gone": hanging_up}.items():
        async with serve(talk) as port:
            seconds = SILENT if talk is silence else ANSWERED
            error = await failure(poller, target_of(f"tls://127.0.0.1:{port}", timeout=seconds))
        assert isinstance(error, NotReady)
        reasons[name] = error.reason
    error = await failure(poller, target_of(f"tls://127.0.0.1:{free_port()}"))
    assert isinstance(error, NotReady)
    assert reasons == {"silence": Reason.TIMEOUT, "plain": Reason.WRONG_ANSWER, "gone": Reason.CLOSED}
    assert error.reason is Reason.REFUSED


@pytest.mark.parametrize(
    "text",
    [
        "tls://127.0.0.1",
        "tls://127.0.0.1:443?warn=soon",
        "tls://127.0.0.1:443?verify=maybe",
        "tls://127.0.0.1:443?sni=x",
    ],
)
def test_a_uri_that_cannot_work_is_refused(text: str) -> None:
    with pytest.raises(Misconfigured):
        TlsPoller.validate(target_of(text))


@pytest.mark.parametrize(
    ("pattern", "name", "fits"),
    [
        ("*.example.cn", "www.example.cn", True),
        ("*.example.cn", "a.b.example.cn", False),
        ("*.example.cn", "example.cn", False),
        ("*.cn", "example.cn", False),
        ("www.example.cn", "WWW.example.cn.", True),
        ("xn--fiq228c.example", "中文.example", True),
        ("", "x", False),
    ],
)
def test_names_fit_after_rfc_9525(pattern: str, name: str, fits: bool) -> None:
    certificate = certificates.Certificate(subject="s", issuer="i", begins=0, ends=DAY, dns_names=(pattern,))
    assert certificate.covers(name) is fits


def test_a_root_that_was_sent_along_does_not_count() -> None:
    leaf = certificates.Certificate(subject="leaf", issuer="mid", begins=0, ends=100 * DAY)
    mid = certificates.Certificate(subject="mid", issuer="root", begins=0, ends=50 * DAY)
    root = certificates.Certificate(subject="root", issuer="root", begins=0, ends=DAY, self_issued=True)
    measurements = {
        measurement.metric: measurement for measurement in certificates.measure([leaf, mid, root], 10 * DAY, 30 * DAY)
    }
    assert measurements["tls.days_left"].value == 40
    assert measurements["tls.days_left"].text.startswith("mid")


def test_bytes_that_are_no_certificate_are_refused() -> None:
    with pytest.raises(ValueError):
        certificates.read(b"\x30\x03abc")
