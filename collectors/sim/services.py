"""Services of a data centre on loopback sockets: DNS over UDP, SMTP, HTTPS with a certificate of its own."""

from __future__ import annotations

import asyncio
import datetime
import ipaddress
import ssl
import struct
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aiohttp import web

from collectors.sim.devices import HttpService, Stream


class Datagrams(asyncio.DatagramProtocol):
    """A device that answers each datagram with at most one; broken, its port is closed."""

    def __init__(self, host: str, port: int) -> None:
        self.address = f"{host}:{port}"
        self._place = (host, port)
        self._transport: asyncio.DatagramTransport | None = None

    async def start(self) -> None:
        if self._transport is None:
            loop = asyncio.get_running_loop()
            transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=self._place)
            self._transport = transport
            host, port = transport.get_extra_info("sockname")[:2]
            self.address = f"{host}:{port}"

    async def stop(self) -> None:
        if self._transport is not None:
            self._transport.close()
            self._transport = None
            await asyncio.sleep(0)

    def datagram_received(self, data: bytes, addr: Any) -> None:
        answer = self.answer(data)
        if answer and self._transport is not None:
            self._transport.sendto(answer, addr)

    def answer(self, data: bytes) -> bytes:
        """The datagram to send back, b"" for none."""
        raise NotImplementedError


class DnsService(Datagrams):
    """Answers questions for A records from `names` (RFC 1035), NXDOMAIN for any other name."""

    def __init__(self, host: str, port: int, names: Mapping[str, str]) -> None:
        super().__init__(host, port)
        self._names = {name.lower().rstrip("."): address for name, address in names.items()}

    def answer(self, data: bytes) -> bytes:
        if len(data) < 17 or data[2] & 0x80:
            return b""
        at, labels = 12, []
        while at < len(data) and data[at]:
            labels.append(data[at + 1 : at + 1 + data[at]].decode("ascii", "replace"))
            at += data[at] + 1
        question = data[12 : at + 5]
        address = self._names.get(".".join(labels).lower())
        asks_for_address = question[-4:] == b"\0\1\0\1"
        flags = 0x8400 | (data[2] & 1) << 8 | (0 if address else 3)
        head = data[:2] + struct.pack(">5H", flags, 1, int(bool(address) and asks_for_address), 0, 0)
        if not address or not asks_for_address:
            return head + question
        return head + question + struct.pack(">3HIH", 0xC00C, 1, 1, 60, 4) + ipaddress.ip_address(address).packed


class SmtpService(Stream):
    """Greets and takes EHLO, NOOP, RSET and QUIT (RFC 5321); no mail is accepted."""

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.demo ESMTP\r\n")
        answers = {
            b"EHLO": b"250-mail.demo\r\n250 SIZE 10240000\r\n",
            b"HELO": b"250 mail.demo\r\n",
            b"NOOP": b"250 2.0.0 OK\r\n",
            b"RSET": b"250 2.0.0 OK\r\n",
        }
        while line := await reader.readline():
            verb = line[:4].upper()
            if verb == b"QUIT":
                writer.write(b"221 2.0.0 bye\r\n")
                return
            writer.write(answers.get(verb, b"502 5.5.1 not implemented\r\n"))
            await writer.drain()


class SipService(Datagrams):
    """Answers OPTIONS with 200 (RFC 3261 clause 11.2) over UDP, and nothing else."""

    def answer(self, data: bytes) -> bytes:
        lines = data.split(b"\r\n")
        if not lines[0].startswith(b"OPTIONS ") or not lines[0].endswith(b" SIP/2.0"):
            return b""
        names = (b"via", b"from", b"to", b"call-id", b"cseq")
        copied = [line for line in lines[1:] if line.partition(b":")[0].strip().lower() in names]
        tagged = [line + b";tag=demo" if line.lower().startswith(b"to:") else line for line in copied]
        own = [b"Allow: INVITE, ACK, BYE, CANCEL, OPTIONS", b"Server: demo-pbx", b"Content-Length: 0", b"", b""]
        return b"\r\n".join([b"SIP/2.0 200 OK", *tagged, *own])


class HttpsService(HttpService):
    """Answers over TLS with a self-signed certificate that is made when it starts."""

    def __init__(self, host: str, port: int, app: web.Application | None = None) -> None:
        super().__init__(host, port, app)
        self._certificate: ssl.SSLContext | None = None

    def context(self) -> ssl.SSLContext:
        """Made once."""
        if self._certificate is None:
            self._certificate = _self_signed(self._host)
        return self._certificate


def _self_signed(host: str, days: int = 90) -> ssl.SSLContext:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "portal.demo")])
    begins = datetime.datetime.now(datetime.UTC) - datetime.timedelta(hours=1)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(begins).not_valid_after(begins + datetime.timedelta(days=days))
    names: list[x509.GeneralName] = [x509.DNSName("portal.demo"), x509.IPAddress(ipaddress.ip_address(host))]
    certificate = builder.add_extension(x509.SubjectAlternativeName(names), critical=False).sign(key, hashes.SHA256())
    plain = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as folder:  # the ssl module reads files only
        path = Path(folder) / "pem"
        path.write_bytes(plain + certificate.public_bytes(serialization.Encoding.PEM))
        context.load_cert_chain(path)
    return context
