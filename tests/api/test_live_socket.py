"""The live socket over a real Valkey, a real pump and a real uvicorn on loopback."""

from __future__ import annotations

import asyncio
import gzip
import ipaddress
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
import websockets
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from websockets.asyncio.client import ClientConnection

from api import certificates, live_socket
from api.auth import accounts, identities
from api.server import UnsafeSettings, check, serve
from api.settings import WebSettings
from feeds.bus import Bus
from feeds.clock import now
from feeds.journal import Journal
from feeds.live.pump import Audience, Pump
from feeds.model import Asset, AssetState, Change, Health, Kind
from feeds.roles import WATCHED
from tests.api.conftest import B_TEXTS, PASSWORD, A, B, World, picture
from tests.patience import PATIENCE, until

Frame = dict[str, Any]


@pytest.fixture
async def running(bus: Bus, journal_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    """A served site with a moving picture; `settings.port` is the real one."""
    monkeypatch.setattr(live_socket, "RECHECK", 0.05)
    monkeypatch.setattr(identities, "POLL", 0.02)
    journal = Journal(journal_url, "web")
    await journal.open()
    pump = Pump(bus)
    world = World(journal, bus, pump)
    monkeypatch.setattr(world, "clock", now)
    await bus.commit("project", cursors={}, changes=changes(*picture().items()))
    port: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    jobs = [
        asyncio.ensure_future(pump.run()),
        asyncio.ensure_future(serve(world.app, replace(world.settings, port=0), port.set_result)),
    ]
    world.settings = replace(world.settings, port=await asyncio.wait_for(port, PATIENCE))
    await until(lambda: pump.filled)
    yield world
    await stop(*jobs)
    await journal.close()


async def stop(*jobs: asyncio.Future[None]) -> None:
    """Cancel until it holds: before Python 3.12 `asyncio.wait_for`, which redis-py uses, may swallow a cancellation."""
    pending = set(jobs)
    async with asyncio.timeout(PATIENCE):
        while pending:
            for job in pending:
                job.cancel()
            _, pending = await asyncio.wait(pending, timeout=1.0)


def changes(*groups: tuple[str, dict[str, Any]]) -> list[Change]:
    return [
        Change(kind=kind, id=key, after=record, at=now()) for kind, group in groups for key, record in group.items()
    ]


def health(key: str, region: str, value: Health) -> Change:
    state = AssetState(id=key, region=region, health=value, since=now())
    return Change(kind=Kind.STATE, id=key, after=state, at=now())


@asynccontextmanager
async def browser(world: World, role: str, region: str) -> AsyncIterator[httpx2.AsyncClient]:
    name = f"{role}-{region or 'all'}"
    await accounts.add_account(world.journal, name, role, region, PASSWORD, "test", replace=True)
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{world.settings.port}") as client:
        answer = await client.post("/api/v1/session", json={"name": name, "password": PASSWORD})
        client.headers["X-CSRF-Token"] = answer.json()["csrf"]
        yield client


def connect(world: World, client: httpx2.AsyncClient | None = None, query: str = "", **headers: str) -> Any:
    if client is not None:
        headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    uri = f"ws://127.0.0.1:{world.settings.port}/api/v1/live{query}"
    return websockets.connect(uri, additional_headers=headers, proxy=None)


async def frame(socket: ClientConnection, *types: str) -> Frame:
    """The next frame of one of these types."""
    async with asyncio.timeout(PATIENCE):
        while True:
            frame: Frame = json.loads(await socket.recv())
            if not types or frame["type"] in types:
                return frame


async def close_code(socket: ClientConnection) -> int:
    async with asyncio.timeout(PATIENCE):
        await socket.wait_closed()
    assert socket.close_code is not None
    return socket.close_code


async def test_a_snapshot_then_changes_then_a_heartbeat(running: World) -> None:
    async with browser(running, "duty", "") as client, connect(running, client) as socket:
        snapshot = await frame(socket)
        assert snapshot["type"] == "snapshot"
        assert set(snapshot["asset"]) == {"a-sw", "a-srv", "b-sw", "b-sw2"}
        assert snapshot["asset"] == (await client.get("/api/v1/snapshot")).json()["asset"]
        await running.bus.commit("project", cursors={}, changes=[health("a-srv", A, Health.DOWN)])
        change = await frame(socket, "changes")
        assert change["items"][0]["id"] == "a-srv"
        assert change["items"][0]["set"]["health"] == "down"
        assert set((await frame(socket, "heartbeat"))["ages"]) == set(WATCHED)
    async with browser(running, "duty", "") as client, connect(running, client, f"?since={snapshot['rev']}") as socket:
        assert (await frame(socket))["type"] == "changes"


async def test_two_counties_receive_different_feeds_and_no_byte_of_the_other(running: World) -> None:
    async with (
        browser(running, "duty", A) as of_a,
        browser(running, "duty", B) as of_b,
        connect(running, of_a) as feed_a,
        connect(running, of_b) as feed_b,
    ):
        moved = [health("b-sw2", B, Health.DOWN), health("a-srv", A, Health.DOWN)]
        for record in moved:
            await running.bus.commit("project", cursors={}, changes=[record])
        got_a: list[str | bytes] = []
        got_b: list[str | bytes] = []
        for feed, received in ((feed_a, got_a), (feed_b, got_b)):
            async with asyncio.timeout(PATIENCE):
                while not received or '"changes"' not in str(received[-1]):
                    received.append(await feed.recv())
        assert "a-srv" in str(got_a[-1])
        assert "b-sw2" in str(got_b[-1])
        for _ in range(3):
            got_a.append(await asyncio.wait_for(feed_a.recv(), PATIENCE))
        assert [text for text in B_TEXTS if text in "".join(map(str, got_a))] == []


@pytest.mark.parametrize("cookie", ["", "watchfloor-8050=stale"])
async def test_a_socket_of_nobody_is_closed_with_4401(running: World, cookie: str) -> None:
    async with connect(running, Cookie=cookie) as socket:
        assert await close_code(socket) == 4401


async def test_a_socket_from_another_sites_page_is_refused(running: World) -> None:
    async with browser(running, "duty", "") as client:
        async with connect(running, client, Origin="https://evil.example") as socket:
            assert await close_code(socket) == 4403
        own = f"http://127.0.0.1:{running.settings.port}"
        async with connect(running, client, Origin=own) as socket:
            assert (await frame(socket))["type"] == "snapshot"


async def test_a_token_that_only_sends_in_is_refused(running: World) -> None:
    raw = await running.token("ingest")
    async with connect(running, Authorization=f"Bearer {raw}") as socket:
        assert await close_code(socket) == 4403


async def test_signing_out_closes_the_sessions_sockets(running: World) -> None:
    async with browser(running, "duty", "") as client, connect(running, client) as socket:
        assert (await frame(socket))["type"] == "snapshot"
        await client.delete("/api/v1/session")
        assert await close_code(socket) == 4401
    await until(lambda: running.pump.clients == 0)


async def test_a_new_region_closes_the_sockets_that_showed_the_old_one(running: World) -> None:
    async with browser(running, "duty", B) as client, connect(running, client) as socket:
        await frame(socket)
        await accounts.add_account(running.journal, f"duty-{B}", "duty", A, PASSWORD, "root", replace=True)
        assert await close_code(socket) == 4401


async def test_a_wall_sees_no_persons_and_closes_when_its_token_is_removed(running: World) -> None:
    raw = await running.token("wall")
    async with connect(running, query=f"?token={raw}") as socket:
        snapshot = await frame(socket, "snapshot")
        assert snapshot["alert"]["b-alert"]["ack"]["by"] == ""
        await accounts.remove_token(running.journal, "wall-tool", "test")
        assert await close_code(socket) == 4401


async def test_a_client_that_does_not_read_delays_nobody_and_starts_again(running: World) -> None:
    async with browser(running, "duty", "") as client, connect(running, client) as quick:
        _, writer = await asyncio.open_connection("127.0.0.1", running.settings.port, limit=1024)
        cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
        lines = (
            "GET /api/v1/live HTTP/1.1",
            "Host: x",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Cookie: {cookie}",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            "Sec-WebSocket-Version: 13",
            "",
            "",
        )
        writer.write("\r\n".join(lines).encode())
        await until(lambda: running.pump.clients == 2)
        bulk = json.dumps({"type": "filler", "text": "x" * 400_000}).encode()
        await frame(quick, "snapshot")
        for _ in range(200):
            for subscription in list(running.pump._subscriptions):
                subscription.offer(bulk)
            while (await frame(quick, "filler", "resync", "snapshot"))["type"] != "filler":
                pass
        assert (
            sum(
                bool(subscription.behind) or len(subscription._queue) > 0
                for subscription in running.pump._subscriptions
            )
            == 1
        )
        writer.close()
    await until(lambda: running.pump.clients == 0)


async def test_it_stops_though_clients_are_connected(running: World) -> None:
    port: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    job = asyncio.ensure_future(serve(running.app, replace(running.settings, port=0), port.set_result))
    raw = await running.token("read")
    headers = {"Authorization": f"Bearer {raw}"}
    uri = f"ws://127.0.0.1:{await port}/api/v1/live"
    async with websockets.connect(uri, additional_headers=headers, proxy=None) as socket:
        await frame(socket, "snapshot")
        job.cancel()
        with pytest.raises(asyncio.CancelledError):
            await job
        assert await close_code(socket) == 1012


def self_signed(folder: Path) -> tuple[str, str]:
    """A certificate for 127.0.0.1 and its key, as files."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "watchfloor")])
    begin = datetime.now(UTC) - timedelta(hours=1)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, begin, begin + timedelta(days=1))
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    certificate = builder.add_extension(names, critical=False).sign(key, hashes.SHA256())
    cert_file, key_file = folder / "cert.pem", folder / "key.pem"
    cert_file.write_bytes(certificate.public_bytes(Encoding.PEM))
    key_file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return str(cert_file), str(key_file)


async def test_with_a_certificate_pages_and_sockets_are_encrypted(world: World, tmp_path: Path) -> None:
    cert, key = self_signed(tmp_path)
    world.settings = WebSettings(port=0, tls_cert=cert, tls_key=key)
    await accounts.add_account(world.journal, "wang", "duty", "", PASSWORD, "root")
    port: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    job = asyncio.ensure_future(serve(world.app, world.settings, port.set_result))
    trust = ssl.create_default_context(cafile=cert)
    async with httpx2.AsyncClient(base_url=f"https://127.0.0.1:{await port}", verify=trust) as client:
        answer = await client.post("/api/v1/session", json={"name": "wang", "password": PASSWORD})
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("__Host-watchfloor=")
        assert (await client.get("/api/v1/me")).json()["name"] == "wang"
    headers = {"Cookie": cookie.partition(";")[0]}
    uri = f"wss://127.0.0.1:{await port}/api/v1/live"
    async with websockets.connect(uri, ssl=trust, additional_headers=headers, proxy=None) as socket:
        assert (await frame(socket))["type"] == "snapshot"
    await stop(job)


async def test_a_renewed_certificate_serves_new_connections_and_a_broken_one_changes_nothing(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(certificates, "LOOK", 0.01)
    cert, key = self_signed(tmp_path)
    world.settings = WebSettings(port=0, tls_cert=cert, tls_key=key)
    port: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    job = asyncio.ensure_future(serve(world.app, world.settings, port.set_result))
    any_certificate = ssl.create_default_context()
    any_certificate.check_hostname, any_certificate.verify_mode = False, ssl.CERT_NONE

    async def shown() -> bytes:
        _, writer = await asyncio.open_connection("127.0.0.1", await port, ssl=any_certificate)
        peer = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        writer.close()
        return bytes(peer)

    def in_file() -> bytes:
        return x509.load_pem_x509_certificate(Path(cert).read_bytes()).public_bytes(Encoding.DER)

    first = in_file()
    assert await shown() == first
    _, writer = await asyncio.open_connection("127.0.0.1", await port, ssl=any_certificate)  # stays over the renewal
    self_signed(tmp_path)
    renewed = in_file()
    assert renewed != first
    await until(lambda: came(shown, renewed))
    assert not writer.is_closing()
    writer.close()

    for content in (b"garbage", b""):
        Path(key).write_bytes(content)
        await asyncio.sleep(0.05)
        assert await shown() == renewed
    Path(key).unlink()
    assert await shown() == renewed
    self_signed(tmp_path)
    await until(lambda: came(shown, in_file()))
    await stop(job)


async def came(shown: Callable[[], Awaitable[bytes]], certificate: bytes) -> bool:
    return await shown() == certificate


@pytest.mark.parametrize(
    "settings",
    [
        WebSettings(host="0.0.0.0"),
        WebSettings(host="192.0.2.7"),
        WebSettings(host="::", allow_plain_http=False),
        WebSettings(demo=True, host="0.0.0.0", allow_plain_http=True),
        WebSettings(tls_cert="c.pem"),
    ],
)
def test_settings_that_would_show_passwords_are_refused(settings: WebSettings) -> None:
    with pytest.raises(UnsafeSettings):
        check(settings)


@pytest.mark.parametrize(
    "settings",
    [
        WebSettings(),
        WebSettings(host="::1"),
        WebSettings(host="localhost", demo=True),
        WebSettings(host="0.0.0.0", allow_plain_http=True),
        WebSettings(host="0.0.0.0", tls_cert="c.pem", tls_key="k.pem"),
    ],
)
def test_settings_that_are_safe_are_taken(settings: WebSettings) -> None:
    check(settings)


# -- views ---------------------------------------------------------------------------


def unpacked(message: str | bytes) -> Frame:
    """The frame of a message of either kind."""
    read: Frame = json.loads(message if isinstance(message, str) else gzip.decompress(message))
    return read


async def view_frames(socket: ClientConnection, *types: str) -> list[Frame]:
    """The next frames of these types, one for each."""
    came: list[Frame] = []
    async with asyncio.timeout(PATIENCE):
        while len(came) < len(types):
            if (message := unpacked(await socket.recv()))["type"] == types[len(came)]:
                came.append(message)
    return came


async def test_a_page_receives_only_the_views_that_it_looks_at(running: World) -> None:
    async with browser(running, "duty", A) as client, connect(running, client, "?feed=views&encoding=gzip") as socket:
        points = {"kind": "asset", "face": "map"}
        await socket.send(json.dumps({"subscribe": {"points": points, "odd": {"kind": "asset", "face": "odd"}}}))
        answer, snapshot = await view_frames(socket, "views", "snapshot")
        assert answer["errors"]["odd"][0]["code"] == "enum"
        assert answer["errors"]["odd"][0]["message"]
        assert snapshot["view"] == answer["views"]["points"]
        regions = {row[snapshot["fields"].index("region")] for row in snapshot["rows"]}
        assert regions == {A}
        await running.bus.commit("project", cursors={}, changes=[health("a-srv", A, Health.DOWN)])
        (changed,) = await view_frames(socket, "changes")
        assert changed["items"] == [{"id": "a-srv", "set": {"health": "down"}}]
        (beat,) = await view_frames(socket, "heartbeat")
        assert beat["rev"] >= changed["rev"]


async def test_the_first_views_end_the_plain_feed(running: World) -> None:
    async with browser(running, "duty", "") as client, connect(running, client) as socket:
        assert (await frame(socket))["type"] == "snapshot"
        await socket.send("what other clients say is passed over")
        await socket.send(json.dumps({"subscribe": {"boards": {"kind": "board"}}}))
        answer, snapshot = await view_frames(socket, "views", "snapshot")
        assert snapshot["view"] == answer["views"]["boards"]
        assert running.pump.clients == 1


@pytest.mark.parametrize(
    ("message", "code"),
    [("no json", 1003), ('{"subscribe": 3}', 1003), (b"{}", 1003), ('"' + "x" * 70_000 + '"', 1009)],
)
async def test_what_is_no_message_of_views_ends_the_socket(running: World, message: str | bytes, code: int) -> None:
    async with browser(running, "duty", A) as client, connect(running, client, "?feed=views") as socket:
        await socket.send(message)
        assert await close_code(socket) == code


async def test_a_large_view_comes_compressed_and_in_parts(running: World) -> None:
    many = {f"n{n:05d}": Asset(id=f"n{n:05d}", name=f"节点{n}", kind="router", region=A) for n in range(2500)}
    await running.bus.commit("project", cursors={}, changes=changes(("asset", many)))
    await until(lambda: running.pump.mirror.record("asset", "n02499", Audience()))
    async with (
        browser(running, "duty", A) as client,
        connect(running, client, "?feed=views&encoding=zip,gzip") as socket,
    ):
        await socket.send(
            json.dumps({"subscribe": {"points": {"kind": "asset", "face": "map", "filter": {"q": "节点"}}}})
        )
        rows, messages, more = 0, [], True
        async with asyncio.timeout(PATIENCE):
            while more:
                message = await socket.recv()
                if (unpacked_message := unpacked(message))["type"] == "snapshot":
                    rows, more = rows + len(unpacked_message["rows"]), unpacked_message["more"]
                    messages.append(message)
        assert rows >= 2500
        assert len(messages) >= 3
        assert all(isinstance(message, bytes) for message in messages[:2])
