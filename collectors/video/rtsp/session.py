"""One RTSP conversation: OPTIONS, DESCRIBE, SETUP, PLAY over the TCP connection (RFC 2326, 10.12), TEARDOWN."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from urllib.parse import urlsplit

from collectors.errors import AuthFailed, NotReady, Reason, not_ready
from collectors.settings import Credential
from collectors.video import http_digest
from collectors.video.rtsp import messages
from collectors.video.rtsp.messages import InterleavedPacket, RtspFormatError, RtspResponse, RtspServerRequest

READ_LIMIT = 1 << 17
"""Bytes that wait in the reader at once."""
LEAVE_WITHIN = 0.5
"""Seconds for TEARDOWN: a session that is not ended blocks a camera that allows few."""
PACKETS_BEFORE_RESPONSE = 20_000
"""Interleaved packets that may come before a response."""
AGENT = "watchfloor"


class RtspSession:
    """A connection to one server. `url` is the request URL without user and password."""

    def __init__(self, url: str, credential: Credential | None, *, basic: bool = False) -> None:
        self.url = url
        self._user = credential.values.get("user", "") if credential is not None else ""
        self._password = credential.values.get("password", "") if credential is not None else ""
        self._basic = basic
        self._challenge: http_digest.DigestChallenge | None = None
        self._use_basic = False
        self._uses = 0
        self._sequence = 0
        self._session = ""
        self._setup_url = ""
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def open(self) -> None:
        """Connect. Raises NotReady."""
        parts = urlsplit(self.url)
        try:
            self._streams = await asyncio.open_connection(parts.hostname, parts.port or 554, limit=READ_LIMIT)
        except OSError as error:
            raise not_ready(error) from error

    async def close(self) -> None:
        """End the session, then the connection. Cancellation does not keep TEARDOWN from being sent."""
        if self._streams is None:
            return
        _, writer = self._streams
        if self._session:
            self._send("TEARDOWN", self._setup_url or self.url)
        self._streams = None
        try:
            with suppress(OSError, TimeoutError):
                async with asyncio.timeout(LEAVE_WITHIN):
                    await writer.drain()
        finally:
            writer.close()

    async def options(self) -> RtspResponse:
        """Any answer shows that the server is there. Raises NotReady."""
        return await self._request("OPTIONS", self.url)

    async def describe(self) -> RtspResponse:
        """The answer to DESCRIBE, signed when the server asks for it. Raises NotReady, AuthFailed."""
        return await self._signed("DESCRIBE", self.url, {"Accept": "application/sdp"})

    async def setup(self, url: str) -> RtspResponse:
        """SETUP of one track, interleaved in this connection. Raises NotReady, AuthFailed."""
        answer = await self._signed("SETUP", url, {"Transport": "RTP/AVP/TCP;unicast;interleaved=0-1"})
        self._session = answer.headers.get("session", "").partition(";")[0].strip()[:256]
        return answer

    async def play(self, url: str) -> RtspResponse:
        """Begin the stream. `url` is the aggregate control URL. Raises NotReady, AuthFailed."""
        self._setup_url = url
        return await self._signed("PLAY", url, {"Range": "npt=0.000-"})

    async def packet(self) -> InterleavedPacket:
        """The next interleaved packet. Requests of the server are answered. Raises NotReady when the stream ends."""
        while True:
            message = await self._read()
            if isinstance(message, InterleavedPacket):
                return message

    async def _signed(self, method: str, url: str, headers: dict[str, str]) -> RtspResponse:
        answer = await self._request(method, url, headers)
        for _ in range(2):  # the second time with a new nonce, when the server says that ours is stale
            if answer.status != 401:
                return answer
            if not self._take_challenge(answer):
                break
            answer = await self._request(method, url, headers)
        if answer.status == 401:
            raise AuthFailed(*_refused(self.url, bool(self._user), self._challenge is not None or self._use_basic))
        return answer

    def _take_challenge(self, answer: RtspResponse) -> bool:
        """Take the server's challenge. False when the account has been refused, or nothing can be answered."""
        if not self._user:
            return False
        tried = self._challenge is not None or self._use_basic
        challenge = http_digest.best(list(answer.challenges))
        if challenge is not None:
            if tried and not challenge.stale:
                return False
            self._challenge, self._uses = challenge, 0
            return True
        offered = any(header.strip().lower().startswith("basic") for header in answer.challenges)
        if offered and self._basic and not tried:
            self._use_basic = True
            return True
        return False

    async def _request(self, method: str, url: str, headers: dict[str, str] | None = None) -> RtspResponse:
        sequence = self._send(method, url, headers)
        for _ in range(PACKETS_BEFORE_RESPONSE):
            message = await self._read()
            if isinstance(message, RtspResponse) and message.headers.get("cseq", sequence) == sequence:
                return message
        raise NotReady(Reason.WRONG_ANSWER, f"{method}: packets instead of a response")

    def _send(self, method: str, url: str, headers: dict[str, str] | None = None) -> str:
        self._sequence += 1
        fields = {"CSeq": str(self._sequence), "User-Agent": AGENT, **(headers or {})}
        if self._session:
            fields["Session"] = self._session
        if self._challenge is not None:
            self._uses += 1
            fields["Authorization"] = self._challenge.answer(self._user, self._password, method, url, self._uses)
        elif self._use_basic:
            fields["Authorization"] = http_digest.basic(self._user, self._password)
        assert self._streams is not None, "open() comes first"
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        self._streams[1].write(f"{method} {url} RTSP/1.0\r\n{head}\r\n".encode())
        return str(self._sequence)

    async def _read(self) -> RtspResponse | InterleavedPacket:
        assert self._streams is not None, "open() comes first"
        reader, writer = self._streams
        try:
            while isinstance(message := await messages.read(reader), RtspServerRequest):
                writer.write(f"RTSP/1.0 200 OK\r\nCSeq: {message.sequence}\r\n\r\n".encode())
        except RtspFormatError as error:
            raise NotReady(Reason.WRONG_ANSWER, str(error)) from error
        except asyncio.IncompleteReadError as error:
            raise NotReady(Reason.CLOSED) from error
        except OSError as error:
            raise not_ready(error) from error
        return message


def _refused(url: str, has_user: bool, answered: bool) -> tuple[str, str]:
    if not has_user:
        return f"{url} asks for an account: add cred=NAME", f"{url} 需要账号：请加 cred=凭据名"
    if not answered:
        return (
            f"{url} offers no digest that can be answered; Basic sends the password in the clear: basic=yes allows it",
            f"{url} 未提供可用的摘要认证；Basic 会明文传送口令，确认可接受时加 basic=yes",
        )
    return f"{url} refuses the account: check the credential", f"{url} 拒绝该账号：请检查凭据的用户名与口令"
