"""A camera that speaks RTSP (RFC 2326) on a TCP port and plays an encoded clip, until something breaks it."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import secrets
import time
from collections import Counter
from collections.abc import Iterator

from collectors.sim.cameras.clips import FPS, GROUP, EncodedClip, kind_of
from collectors.sim.devices import Stream

MTU = 1400
PAYLOAD_TYPE = 96
SESSIONS = 4
"""Sessions at once, as on a real camera. More are refused with 453."""


class RtspCamera(Stream):
    """Plays `clip`. `fault` is "", or how the stream fails: "silent", "missing", "no-data", "no-key-frame", "busy".

    `user` and `password` are asked for with digest authentication, unless `user` is "". `requests` counts what it was
    asked, by method, and `sessions` are those that have not been ended.
    """

    def __init__(self, host: str, port: int, clip: EncodedClip, user: str = "", password: str = "") -> None:
        super().__init__(host, port)
        self.clip = clip
        self.fault = ""
        self.requests: Counter[str] = Counter()
        self.sessions: set[str] = set()
        self._user, self._password = user, password
        self._nonce = secrets.token_hex(8)
        self._sequence = 0

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        playing: asyncio.Task[None] | None = None
        own: set[str] = set()
        try:
            while request := await _request(reader):
                method, url, headers = request
                self.requests[method] += 1
                if method == "DESCRIBE":
                    self.clip = await self.prepared()
                if self.fault == "silent":
                    continue
                status, more, body = self._answer(method, url, headers, own)
                writer.write(_response(status, headers.get("cseq", "0"), more, body))
                await writer.drain()
                if method == "PLAY" and status.startswith("200") and self.fault != "no-data":
                    playing = asyncio.create_task(self._play(writer))
                if method == "TEARDOWN":
                    break
        finally:
            self.sessions -= own
            if playing is not None:
                playing.cancel()
                await asyncio.gather(playing, return_exceptions=True)

    async def prepared(self) -> EncodedClip:
        """The clip that is described and played now."""
        return self.clip

    def _answer(
        self, method: str, url: str, headers: dict[str, str], own: set[str]
    ) -> tuple[str, dict[str, str], bytes]:
        """Status line, headers and body."""
        if method == "OPTIONS":
            return "200 OK", {"Public": "OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN"}, b""
        if not self._allows(method, url, headers.get("authorization", "")):
            challenge = f'Digest realm="camera", nonce="{self._nonce}", qop="auth"'
            return "401 Unauthorized", {"WWW-Authenticate": challenge}, b""
        if method == "DESCRIBE":
            if self.fault == "missing":
                return "404 Stream Not Found", {}, b""
            return "200 OK", {"Content-Type": "application/sdp", "Content-Base": f"{url}/"}, self._description()
        if method == "SETUP":
            if self.fault == "busy" or len(self.sessions) >= SESSIONS:
                return "453 Not Enough Bandwidth", {}, b""
            session = secrets.token_hex(4)
            own.add(session)
            self.sessions.add(session)
            transport = "RTP/AVP/TCP;unicast;interleaved=0-1"
            return "200 OK", {"Session": f"{session};timeout=60", "Transport": transport}, b""
        if method in ("PLAY", "TEARDOWN"):
            if headers.get("session", "") not in own:
                return "454 Session Not Found", {}, b""
            if method == "TEARDOWN":
                self.sessions.discard(headers["session"])
                own.discard(headers["session"])
            return "200 OK", {"Session": headers["session"]}, b""
        return "405 Method Not Allowed", {}, b""

    def _allows(self, method: str, url: str, authorization: str) -> bool:
        if not self._user:
            return True
        fields = dict(
            pair.strip().split("=", 1) for pair in authorization.removeprefix("Digest ").split(",") if "=" in pair
        )
        fields = {name: value.strip('"') for name, value in fields.items()}
        secret = _md5(f"{self._user}:camera:{self._password}")
        request = _md5(f"{method}:{fields.get('uri', url)}")
        counted = f"{fields.get('nc', '')}:{fields.get('cnonce', '')}:auth"
        return fields.get("response") == _md5(f"{secret}:{self._nonce}:{counted}:{request}")

    def _description(self) -> bytes:
        clip = self.clip
        sets = [base64.b64encode(unit).decode() for unit in clip.parameter_sets]
        if clip.codec == "H264":
            format_ = f"packetization-mode=1;sprop-parameter-sets={','.join(sets)}"
        else:
            format_ = ";".join(
                f"sprop-{name}={value}" for name, value in zip(("vps", "sps", "pps"), sets, strict=False)
            )
        lines = (
            "v=0",
            "o=- 0 0 IN IP4 127.0.0.1",
            "s=camera",
            "t=0 0",
            f"m=video 0 RTP/AVP {PAYLOAD_TYPE}",
            f"a=rtpmap:{PAYLOAD_TYPE} {clip.codec}/90000",
            f"a=fmtp:{PAYLOAD_TYPE} {format_}",
            "a=control:track1",
        )
        return "".join(f"{line}\r\n" for line in lines).encode()

    async def _play(self, writer: asyncio.StreamWriter) -> None:
        """Send the clip in real time, from the key frame of this moment on, for ever."""
        clip, loop = self.clip, asyncio.get_running_loop()
        number = clip.keys[int(time.time() * FPS / GROUP) % len(clip.keys)]
        began, sent = loop.time(), 0
        while True:
            units = clip.units[number % len(clip.units)]
            if self.fault == "no-key-frame":
                units = tuple(unit for unit in units if kind_of(clip.codec, unit) == 1)
            packets = self._packets(units, int(sent * 90_000 / FPS))
            writer.write(b"".join(b"$\x00" + len(packet).to_bytes(2, "big") + packet for packet in packets))
            await writer.drain()
            number, sent = number + 1, sent + 1
            await asyncio.sleep(max(0.0, began + sent / FPS - loop.time()))

    def _packets(self, units: tuple[bytes, ...], timestamp: int) -> Iterator[bytes]:
        payloads = [payload for unit in units for payload in fragments(self.clip.codec, unit)]
        for number, payload in enumerate(payloads):
            self._sequence = self._sequence + 1 & 0xFFFF
            marker = 0x80 if number == len(payloads) - 1 else 0
            yield (
                bytes((0x80, marker | PAYLOAD_TYPE))
                + self._sequence.to_bytes(2, "big")
                + (timestamp & 0xFFFFFFFF).to_bytes(4, "big")
                + b"\x00\x00\x00\x01"
                + payload
            )


def fragments(codec: str, unit: bytes) -> Iterator[bytes]:
    """The RTP payloads of a NAL unit: itself, or fragments of it (RFC 6184, 5.8; RFC 7798, 4.4.3)."""
    if len(unit) <= MTU:
        yield unit
        return
    header = 1 if codec == "H264" else 2
    body, kind = unit[header:], kind_of(codec, unit)
    for at in range(0, len(body), MTU):
        flags = (0x80 if at == 0 else 0) | (0x40 if at + MTU >= len(body) else 0)
        if codec == "H264":
            head = bytes((unit[0] & 0xE0 | 28, flags | kind))
        else:
            head = bytes((unit[0] & 0x81 | 49 << 1, unit[1], flags | kind))
        yield head + body[at : at + MTU]


async def _request(reader: asyncio.StreamReader) -> tuple[str, str, dict[str, str]] | None:
    line = (await reader.readline()).decode().split()
    if len(line) != 3:
        return None
    headers = {}
    while (field := (await reader.readline()).decode().strip()) != "":
        name, _, value = field.partition(":")
        headers[name.strip().lower()] = value.strip()
    return line[0], line[1], headers


def _response(status: str, sequence: str, headers: dict[str, str], body: bytes) -> bytes:
    lines = [f"RTSP/1.0 {status}", f"CSeq: {sequence}", *(f"{name}: {value}" for name, value in headers.items())]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "".join(f"{line}\r\n" for line in lines).encode() + b"\r\n" + body


def _md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()
