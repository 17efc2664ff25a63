"""The web server in this process: uvicorn, with sockets uncompressed and a quick, clean stop."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
import ssl
from collections.abc import Callable, Iterator
from functools import partial

import uvicorn
from starlette.types import ASGIApp
from uvicorn.config import create_ssl_context

from api.certificates import Certificates
from api.connections import BoundedHttpProtocol, ConnectionLimits
from api.settings import WebSettings, is_loopback

GRACE = 1
PING = 10.0


class UnsafeSettings(ValueError):
    """These settings would serve people's passwords or a demo where they must not be; the text says what to do."""


def check(settings: WebSettings) -> None:
    """Raises Refused: a demo off loopback; plain HTTP off loopback without the switch; half a TLS pair."""
    if settings.demo and not is_loopback(settings.host):
        raise UnsafeSettings(f"a demo signs everybody in, so it serves loopback only, not {settings.host}")
    if bool(settings.tls_cert) != bool(settings.tls_key):
        raise UnsafeSettings("tls_cert and tls_key go together; set both or neither")
    if not settings.tls and not settings.allow_plain_http and not is_loopback(settings.host):
        raise UnsafeSettings(
            f"plain HTTP on {settings.host} would show passwords to the network; set tls_cert and tls_key, "
            "or allow_plain_http = true behind a proxy that does TLS"
        )


class _Server(uvicorn.Server):
    """Signals belong to the role, which cancels us; uvicorn must not take them. Tells its port once it listens."""

    announce: Callable[[int], None] | None = None

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._stop = asyncio.Event()

    def stop(self) -> None:
        """Ask for a clean end."""
        self.should_exit = True
        self._stop.set()

    async def main_loop(self) -> None:
        """uvicorn's own looks ten times a second whether to stop, which an idle site pays for."""
        seconds = 0
        while not await self.on_tick(10 * seconds):
            seconds += 1
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(1.0):
                    await self._stop.wait()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.announce is not None and sockets:
            self.announce(sockets[0].getsockname()[1])

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _limits(settings: WebSettings) -> ConnectionLimits:
    """The usual limits. Proxies stand for many people, so that they have none by address."""
    proxies = [ipaddress.ip_network(proxy, strict=False) for proxy in settings.trusted_proxies]

    def exempt(address: str) -> bool:
        return is_loopback(address) or any(ipaddress.ip_address(address) in proxy for proxy in proxies)

    return ConnectionLimits(exempt=exempt)


def configure(app: ASGIApp, settings: WebSettings, limits: ConnectionLimits | None = None) -> uvicorn.Config:
    """How uvicorn runs. Its own log is kept to warnings: at INFO it writes socket addresses with their query."""
    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http=partial(BoundedHttpProtocol, limits=limits or _limits(settings)),  # type: ignore[arg-type]
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        ws_max_size=1_048_576,
        ws_ping_interval=PING,
        ws_ping_timeout=PING,
        lifespan="on",
        log_config=None,
        log_level="warning",
        access_log=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=list(settings.trusted_proxies),
        server_header=False,
        timeout_graceful_shutdown=GRACE,
        ssl_certfile=settings.tls_cert or None,
        ssl_keyfile=settings.tls_key or None,
    )


async def serve(app: ASGIApp, settings: WebSettings, started: Callable[[int], None] | None = None) -> None:
    """Serve until cancelled, then stop within two seconds. `started` is told the port once it listens.

    Raises Refused for settings that must not be served, OSError when the address is taken.
    """
    check(settings)
    listener = _listen(settings)
    config = configure(app, settings)
    server = _Server(config)
    server.announce = started
    renewing = _renewing(config, settings)
    running = asyncio.ensure_future(server.serve([listener]))
    try:
        await asyncio.shield(running)
    except asyncio.CancelledError:
        server.stop()
        await running
        raise
    finally:
        if renewing is not None:
            renewing.cancel()
            await asyncio.wait([renewing])
        listener.close()


def _renewing(config: uvicorn.Config, settings: WebSettings) -> asyncio.Task[None] | None:
    """The task that watches the certificate's files; None for plain HTTP."""
    if not settings.tls:
        return None
    config.load()
    assert config.ssl is not None

    def context() -> ssl.SSLContext:
        return create_ssl_context(
            settings.tls_cert,
            settings.tls_key,
            None,
            config.ssl_version,
            config.ssl_cert_reqs,
            config.ssl_ca_certs,
            config.ssl_ciphers,
        )

    certificates = Certificates(settings.tls_cert, settings.tls_key, context)
    certificates.attach(config.ssl)
    return asyncio.create_task(certificates.run(), name="certificates")


def _listen(settings: WebSettings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.create_server((settings.host, settings.port), family=family, backlog=2048)
    listener.setblocking(False)
    return listener
