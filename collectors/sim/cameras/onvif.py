"""A camera that answers ONVIF over HTTP: clock, description, services, profiles. It checks every UsernameToken."""

from __future__ import annotations

import base64
import hashlib
import time
from datetime import UTC, datetime

from aiohttp import web
from lxml import etree

from collectors.sim.devices import HttpService

ACCEPTED = 60.0
"""Seconds by which the time of a signature may differ from the camera's own clock."""
_ENVELOPE = '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>{}</s:Body></s:Envelope>'
_DENIED = "<s:Fault><s:Code><s:Subcode><s:Value>ter:NotAuthorized</s:Value></s:Subcode></s:Code></s:Fault>"
_MEDIA = "http://www.onvif.org/ver10/media/wsdl"


class OnvifCamera(HttpService):
    """`ahead` is how far the camera's clock is off, in seconds. `user` and `password` sign in, "" for no account."""

    def __init__(self, host: str, port: int, user: str = "", password: str = "") -> None:
        self.ahead = 0.0
        self._user, self._password = user, password
        app = web.Application()
        app.router.add_post("/onvif/device_service", self._answer)
        super().__init__(host, port, app)

    async def _answer(self, request: web.Request) -> web.Response:
        envelope = etree.fromstring(await request.read())
        call = str(etree.QName(envelope[1][0]).localname)
        if call != "GetSystemDateAndTime" and self._user and not self._signed(envelope):
            return self._reply(_DENIED, 400)
        body = getattr(self, f"_{call}", None)
        return self._reply(body() if body is not None else "<s:Fault><s:Reason>not implemented</s:Reason></s:Fault>")

    def _reply(self, body: str, status: int = 200) -> web.Response:
        return web.Response(text=_ENVELOPE.format(body), status=status, content_type="application/soap+xml")

    def _signed(self, envelope: etree._Element) -> bool:
        fields = {str(etree.QName(leaf).localname): leaf.text or "" for leaf in envelope[0].iter() if len(leaf) == 0}
        nonce, created = base64.b64decode(fields.get("Nonce", "")), fields.get("Created", "")
        digest = hashlib.sha1(nonce + created.encode() + self._password.encode()).digest()
        if fields.get("Username") != self._user or fields.get("Password") != base64.b64encode(digest).decode():
            return False
        at = datetime.fromisoformat(created).timestamp()
        return abs(at - time.time() - self.ahead) <= ACCEPTED

    def _GetSystemDateAndTime(self) -> str:
        at = datetime.fromtimestamp(time.time() + self.ahead, UTC)
        return (
            "<GetSystemDateAndTimeResponse><SystemDateAndTime><UTCDateTime>"
            f"<Time><Hour>{at.hour}</Hour><Minute>{at.minute}</Minute><Second>{at.second}</Second></Time>"
            f"<Date><Year>{at.year}</Year><Month>{at.month}</Month><Day>{at.day}</Day></Date>"
            "</UTCDateTime></SystemDateAndTime></GetSystemDateAndTimeResponse>"
        )

    def _GetDeviceInformation(self) -> str:
        return (
            "<GetDeviceInformationResponse><Manufacturer>模拟</Manufacturer><Model>SIM-2</Model>"
            "<FirmwareVersion>1.0</FirmwareVersion></GetDeviceInformationResponse>"
        )

    def _GetServices(self) -> str:
        address = "http://169.254.1.1/onvif/device_service"  # as behind a NAT: the host must not be used
        return (
            f"<GetServicesResponse><Service><Namespace>{_MEDIA}</Namespace><XAddr>{address}</XAddr></Service>"
            "</GetServicesResponse>"
        )

    def _GetProfiles(self) -> str:
        return (
            '<GetProfilesResponse><Profiles token="main"><Encoding>H264</Encoding><Resolution><Width>640</Width>'
            "<Height>360</Height></Resolution></Profiles></GetProfilesResponse>"
        )

    def _GetStreamUri(self) -> str:
        return "<GetStreamUriResponse><MediaUri><Uri>rtsp://169.254.1.1/ch1</Uri></MediaUri></GetStreamUriResponse>"


class ClockFault:
    """A wrong time zone as a device: broken, the camera's clock is an hour ahead; mended, it is right."""

    def __init__(self, camera: OnvifCamera) -> None:
        self.address = f"{camera.address} clock"
        self._camera = camera

    async def start(self) -> None:
        """The clock is right."""
        self._camera.ahead = 0.0

    async def stop(self) -> None:
        """The clock is an hour ahead."""
        self._camera.ahead = 3600.0
