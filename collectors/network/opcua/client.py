"""Setup and end of asyncua clients: limits, security, sign-in and disconnection."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any

from asyncua import ua
from asyncua.client.client import Client
from asyncua.crypto import security_policies
from asyncua.crypto.uacrypto import CertProperties
from asyncua.ua.uaerrors import UaError

from collectors.errors import CollectorError, Misconfigured
from collectors.network.opcua.monitored_items import offer
from collectors.network.opcua.security import Security, believe, identity

LARGEST = 8 << 20
"""Bytes of one message that the server may send."""
CLOSING = 1.0
"""Seconds that a disconnection may take."""
FAILURES = (UaError, OSError, asyncio.TimeoutError, CollectorError)
_POLICY: dict[str, Any] = {
    "Basic256Sha256": security_policies.SecurityPolicyBasic256Sha256,
    "Aes128_Sha256_RsaOaep": security_policies.SecurityPolicyAes128Sha256RsaOaep,
    "Aes256_Sha256_RsaPss": security_policies.SecurityPolicyAes256Sha256RsaPss,
}
# asyncua logs whole packets of servers. The collectors report what matters of them.
logging.getLogger("asyncua").setLevel(logging.CRITICAL)


async def sign_in(
    client: Client, security: Security, data: Path | None, on_lost: Callable[[Exception], Coroutine[Any, Any, None]]
) -> None:
    """Connect a client with the session's security and user. `on_lost` is called when the connection is lost.

    Raises CollectorError, and the errors in FAILURES.
    """
    client.name = client.description = "Watchfloor collector"
    client.session_timeout = 60_000
    client.max_messagesize, client.max_chunkcount = LARGEST, LARGEST // 8192
    client.connection_lost_callback = on_lost
    if security.secure:
        await _secure(client, security, data)
    if security.user:
        client.set_user(security.user)
        client.set_password(security.password)
    await client.connect()


async def _secure(client: Client, security: Security, data: Path | None) -> None:
    own = await asyncio.to_thread(identity, security, data)
    policy, mode = _POLICY[security.policy], ua.MessageSecurityMode[security.mode]
    endpoints = await client.connect_and_get_server_endpoints()
    matching = [
        endpoint for endpoint in endpoints if endpoint.SecurityMode == mode and endpoint.SecurityPolicyUri == policy.URI
    ]
    if not matching:
        offered = sorted({offer(endpoint) for endpoint in endpoints})
        required, offered_text = f"{security.policy}/{security.mode}", ", ".join(offered)[:200]
        raise Misconfigured(
            f"the server does not offer {required}; it offers: {offered_text}",
            f"服务器不提供 {required}；它提供：{offered_text}",
        )
    certificate = matching[0].ServerCertificate
    believe(certificate, security)
    client.application_uri = own.application
    await client.set_security(
        policy,
        CertProperties(own.certificate, "pem"),
        CertProperties(own.key, "pem"),
        server_certificate=CertProperties(certificate, "der"),
        mode=mode,
    )


async def disconnect(client: Client | None) -> None:
    """End a client's session and close its socket. None is allowed."""
    if client is None:
        return
    with suppress(*FAILURES):
        async with asyncio.timeout(CLOSING):
            await client.disconnect()
    client.disconnect_socket()
