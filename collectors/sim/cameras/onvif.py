"""A camera that answers ONVIF over HTTP: clock, description, services, profiles. It checks every UsernameToken."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import secrets
import time
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime

from aiohttp import web
from lxml import etree

from collectors.sim.devices import HttpService

PULL, MAX_PULL_POINTS = 5.0, 2
"""Seconds for which the camera lets a pull wait, and pull points at once."""
ACCEPTED = 60.0
"""Seconds by which the time of a signature may differ from the camera's own clock."""
_ENVELOPE = '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>{}</s:Body></s:Envelope>'
_DENIED = "<s:Fault><s:Code><s:Subcode><s:Value>ter:NotAuthorized</s:Value></s:Subcode></s:Code></s:Fault>"
_EVENTS = "http://www.onvif.org/ver10/events/wsdl"
_MEDIA = "http://www.onvif.org/ver10/media/wsdl"


class OnvifCamera(HttpService):
    """`ahead` is how far the camera's clock is off, in seconds. `user` and `password` sign in, "" for no account."""

    def __init__(self, host: str, port: int, user: str = "", password: str = "") -> None:
        self.ahead = 0.0
        self.pull_points: dict[str, asyncio.Queue[str]] = {}
        self.calls: Counter[str] = Counter()
        self.forgets = False
        """True: the camera knows its pull points no more, as after a restart."""
        self._user, self._password = user, password
        app = web.Application()
        app.router.add_post("/onvif/device_service", self._answer)
        app.router.add_post("/onvif/events", self._answer_events)
        super().__init__(host, port, app)

    async def _answer(self, request: web.Request) -> web.Response:
        envelope = etree.fromstring(await request.read())
        call = str(etree.QName(envelope[1][0]).localname)
        if call != "GetSystemDateAndTime" and self._user and not self._signed(envelope):
            return self._reply(_DENIED, 400)
        body = getattr(self, f"_{call}", None)
        return self._reply(body() if body is not None else "<s:Fault><s:Reason>not implemented</s:Reason></s:Fault>")

    async def _answer_events(self, request: web.Request) -> web.Response:
        """A pull point with one reference parameter, that every request must send back. It has room for two."""
        envelope = etree.fromstring(await request.read())
        call = str(etree.QName(envelope[1][0]).localname)
        self.calls[call] += 1
        if self._user and not self._signed(envelope):
            return self._reply(_DENIED, 400)
        if call == "CreatePullPointSubscription":
            if len(self.pull_points) >= MAX_PULL_POINTS:
                return self._reply("<s:Fault><s:Reason>MaxPullPoints</s:Reason></s:Fault>", 500)
            self.forgets = False
            key = secrets.token_hex(4)
            self.pull_points[key] = asyncio.Queue()
            return self._reply(
                '<CreatePullPointSubscriptionResponse xmlns:a="http://www.w3.org/2005/08/addressing">'
                "<SubscriptionReference><a:Address>http://169.254.1.1/onvif/events?idx=1</a:Address>"
                f'<a:ReferenceParameters><SubscriptionId xmlns="urn:sim">{key}</SubscriptionId></a:ReferenceParameters>'
                "</SubscriptionReference></CreatePullPointSubscriptionResponse>"
            )
        key = next((leaf.text or "" for leaf in envelope[0].iter("{urn:sim}SubscriptionId")), "")
        events = self.pull_points.get(key)
        if events is None or self.forgets or request.query.get("idx") != "1":
            self.pull_points.pop(key, None)
            return self._reply("<s:Fault><s:Reason>ResourceUnknownFault</s:Reason></s:Fault>", 400)
        if call == "Unsubscribe":
            del self.pull_points[key]
            events.put_nowait("")  # a pull that waits ends
        messages = await self._waited(events) if call == "PullMessages" else ""
        return self._reply(f"<{call}Response>{messages}</{call}Response>")

    async def _waited(self, events: asyncio.Queue[str]) -> str:
        messages = ""
        with suppress(TimeoutError):
            messages = await asyncio.wait_for(events.get(), PULL)
        while not events.empty():
            messages += events.get_nowait()
        return messages

    def event(self, topic: str, *, state: bool, name: str = "State", part: str = "0") -> None:
        """Tell every pull point of an event."""
        message = (
            "<NotificationMessage xmlns:tns1='http://www.onvif.org/ver10/topics'>"
            f"<Topic Dialect='http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet'>{topic}</Topic><Message>"
            f"<tt:Message xmlns:tt='http://www.onvif.org/ver10/schema' PropertyOperation='Changed'>"
            f"<tt:Source><tt:SimpleItem Name='Source' Value='{part}'/></tt:Source>"
            f"<tt:Data><tt:SimpleItem Name='{name}' Value='{str(state).lower()}'/></tt:Data></tt:Message></Message>"
            "</NotificationMessage>"
        )
        for events in self.pull_points.values():
            events.put_nowait(message)

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
            f"<Service><Namespace>{_EVENTS}</Namespace><XAddr>http://169.254.1.1/onvif/events</XAddr></Service>"
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


class TamperFault:
    """Somebody tampers with the camera: broken, the camera tells every pull point; mended, it says that it is over."""

    TOPIC = "tns1:RuleEngine/TamperDetector/Tamper"

    def __init__(self, camera: OnvifCamera) -> None:
        self.address = f"{camera.address} tamper"
        self._camera = camera

    async def start(self) -> None:
        """It is over."""
        self._camera.event(self.TOPIC, state=False, name="IsTamper")

    async def stop(self) -> None:
        """It begins."""
        self._camera.event(self.TOPIC, state=True, name="IsTamper")
