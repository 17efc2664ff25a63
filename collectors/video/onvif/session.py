"""One ONVIF device: calls over HTTP, the way of signing that it accepts, its services at the address that was asked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from urllib.parse import urlsplit

import aiohttp
from lxml import etree

from collectors.documents import unpack
from collectors.errors import AuthFailed, NotReady, Reason, UnexpectedForm
from collectors.network.http.probe import as_not_ready
from collectors.video import http_digest
from collectors.video.onvif import soap
from collectors.video.onvif.soap import OnvifFault, OnvifFormatError

BODY_LIMIT = 1 << 20
"""Bytes of an answer, before and after decompression."""
PATHS = ("/onvif/device_service", "/onvif/services")
"""Path of the device service."""
MAX_SERVICES = 64
_WAYS = ("offset", "digest", "own")
"""Ways of signing in, in the order in which they are tried: UsernameToken with the device's clock, HTTP digest, and
UsernameToken with our own clock (devices that report local time as UTC)."""


class OnvifSession:
    """Calls to the device at `base` ("http://10.0.0.5:80"). `clock` gives epoch seconds."""

    def __init__(
        self, base: str, user: str, password: str, client: aiohttp.ClientSession, clock: Callable[[], float]
    ) -> None:
        self._base, self._user, self._password = base, user, password
        self._client, self._clock = client, clock
        self._path = PATHS[0]
        self._way = ""
        self.offset = 0.0
        """Seconds by which the device's clock is ahead of ours."""

    async def date_and_time(self) -> etree._Element:
        """GetSystemDateAndTime, without an account if the device allows it. Raises NotReady, AuthFailed."""
        request = soap.call("GetSystemDateAndTime")
        for path in dict.fromkeys((self._path, *PATHS)):
            try:
                element = await self._post(path, soap.envelope(request))
            except OnvifFault as fault:
                if fault.denied and self._user:
                    return await self.call(request)
                raise NotReady(Reason.WRONG_ANSWER, str(fault)) from fault
            except _NotThere as missing:
                last = missing
                continue
            self._path = path
            return element
        raise NotReady(Reason.WRONG_ANSWER, str(last))

    async def call(self, request: str, path: str = "", *, headers: str = "") -> etree._Element:
        """A signed call; `headers` is XML for the envelope's header.

        Raises OnvifFault (the device cannot do it), NotReady, AuthFailed.
        """
        ways = (self._way,) if self._way else _WAYS if self._user else ("none",)
        for way in ways:
            try:
                element = await self._signed(way, request, path or self._path, headers)
            except OnvifFault as fault:
                if not fault.denied:
                    raise
                continue
            except _NotThere as missing:
                raise OnvifFault(str(missing)) from missing
            self._way = way if self._user else ""
            return element
        self._way = ""
        raise AuthFailed(
            f"{self._base} refuses the account: check the credential, and that it may use ONVIF",
            f"{self._base} 拒绝该账号：请检查凭据，并确认该账号允许使用 ONVIF",
        )

    async def _signed(self, way: str, request: str, path: str, headers: str) -> etree._Element:
        if way == "digest":
            return await self._with_digest(request, path, headers)
        if way == "none":
            return await self._post(path, soap.envelope(request, headers=headers))
        at = self._clock() + (self.offset if way == "offset" else 0.0)
        return await self._post(path, soap.envelope(request, self._user, self._password, at, headers))

    async def _with_digest(self, request: str, path: str, headers: str) -> etree._Element:
        body, url = soap.envelope(request, headers=headers), f"{self._base}{path}"
        try:
            async with self._client.post(url, data=body, headers=_HEADERS) as response:
                challenges = response.headers.getall("WWW-Authenticate", [])
                if response.status != 401 or (challenge := http_digest.best(list(challenges))) is None:
                    raise OnvifFault("no digest is offered", denied=True)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise as_not_ready(error) from error
        signed = challenge.answer(self._user, self._password, "POST", path)
        return await self._post(path, body, {"Authorization": signed})

    async def _post(self, path: str, body: bytes, more: dict[str, str] | None = None) -> etree._Element:
        url = f"{self._base}{path}"
        try:
            async with self._client.post(
                url, data=body, headers={**_HEADERS, **(more or {})}, allow_redirects=False
            ) as response:
                packed = bytearray()
                async for chunk in response.content.iter_chunked(65_536):
                    packed += chunk
                    if len(packed) > BODY_LIMIT:
                        raise NotReady(Reason.WRONG_ANSWER, f"the answer is longer than {BODY_LIMIT} bytes")
                raw = unpack(bytes(packed), response.headers.get("Content-Encoding", ""), BODY_LIMIT, url)
                status = response.status
        except UnexpectedForm:
            raise
        except TimeoutError as error:
            raise NotReady(Reason.TIMEOUT) from error
        except (aiohttp.ClientError, OSError, ValueError, asyncio.IncompleteReadError) as error:
            raise as_not_ready(error) from error
        return _read(raw, status)

    def path_of(self, address: str, *, whole: bool = False) -> str:
        """The path of a service's address. Its host is ignored: behind a NAT it is often wrong. `whole`: with query."""
        try:
            parts = urlsplit(address.strip())
        except ValueError:
            return self._path
        path = f"{parts.path}?{parts.query}" if whole and parts.query else parts.path
        return path if path.startswith("/") and path.isprintable() and " " not in path else self._path

    async def services(self) -> dict[str, str]:
        """Paths of the device's services by namespace. Raises NotReady, AuthFailed."""
        try:
            element = await self.call(soap.call("GetServices", inner="<IncludeCapability>false</IncludeCapability>"))
        except OnvifFault:
            return await self._capabilities()
        services = {}
        for service in soap.every(element, "Service", MAX_SERVICES):
            services[soap.text(service, "Namespace")] = self.path_of(soap.text(service, "XAddr"))
        return services

    async def _capabilities(self) -> dict[str, str]:
        try:
            element = await self.call(soap.call("GetCapabilities", inner="<Category>All</Category>"))
        except OnvifFault:
            return {soap.MEDIA: self._path}
        media = soap.find(element, "Media")
        address = soap.text(media, "XAddr") if media is not None else ""
        return {soap.MEDIA: self.path_of(address)} if address else {}


class _NotThere(Exception):
    """The path is not served (404, 405, 501)."""


_HEADERS = {"Content-Type": "application/soap+xml; charset=utf-8", "Accept-Encoding": "identity"}


def _read(raw: bytes, status: int) -> etree._Element:
    """The answer in a response. A valid envelope counts whatever the status. Raises OnvifFault, NotReady, _NotThere."""
    try:
        return soap.answer(raw)
    except OnvifFormatError as error:
        if status == 401:
            raise OnvifFault("401", denied=True) from error
        if status in (404, 405, 501):
            raise _NotThere(f"status {status}") from error
        if status == 400:
            raise OnvifFault("status 400") from error
        raise NotReady(Reason.WRONG_ANSWER, f"status {status}: {error}") from error
