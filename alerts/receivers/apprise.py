"""A receiver behind any address that the Apprise library knows: chat robots, mail, gateways.

"{to}" in the address stands for a person's own (percent-encoded). Apprise is imported when the first such receiver is
made; its calls block, so each receiver has one thread of its own, and one that hangs holds up nobody else.
"""

from __future__ import annotations

import asyncio
import logging
import re
import threading
import warnings
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote

from alerts.receivers.base import ReceiverError, Rejected, RetryLater, address_of
from alerts.receivers.templates import MessageTemplates
from feeds.documents.receivers import ReceiverSettings

if TYPE_CHECKING:
    import aiohttp

TO = "{to}"
# Written into an address to see whether it can be used; services want different things.
_SAMPLES = ("13800000000", "duty@example.org", "zhangsan")
# What speaks to this machine's own desktop or log has nothing to do with telling people.
_REFUSED = frozenset(("dbus", "gnome", "glib", "kde", "qt", "macosx", "windows", "syslog"))
_SECRET = re.compile(r"[^\s/?&=:@{}]{6,}")


@dataclass(slots=True, kw_only=True)
class AppriseTarget:
    """One receiver. The url is a secret."""

    at_once: ClassVar[int] = 1
    id: str
    wording: MessageTemplates
    timeout: float
    to: str = ""
    url: str = field(repr=False)
    _pool: ThreadPoolExecutor | None = field(default=None, repr=False)

    async def send(self, session: aiohttp.ClientSession, key: str, body: Mapping[str, Any]) -> None:
        """Deliver one message; RetryLater when the service did not accept it, Rejected without an address."""
        address = address_of(body, self.to)
        if TO in self.url and not address:
            raise Rejected("no address")
        subject, text = self.wording.words(body)
        if self._pool is None:
            self._pool = ThreadPoolExecutor(1, thread_name_prefix=f"apprise-{self.id}")
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self.timeout):
                why = await loop.run_in_executor(self._pool, self._notify, filled(self.url, address), subject, text)
        except TimeoutError as error:
            raise RetryLater(f"no answer within {self.timeout:g} s") from error
        if why:
            raise RetryLater(why)

    def _notify(self, url: str, subject: str, text: str) -> str:
        """What went wrong, "" when the service took it. Runs in the receiver's thread."""
        service = instantiate(url)
        if service is None:
            return "the address cannot be used"
        with _LogCapture() as heard:
            done = service.notify(title=subject, body=text, body_format=library().NotifyFormat.TEXT)
        return "" if done else scrubbed(heard.last, url) or "the service did not take it"

    def close(self) -> None:
        """Let the thread end when its last message is through."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)


class _LogCapture(logging.Handler):
    """Capture the last warning that the library logs in this thread while it sends."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.last, self._thread = "", threading.get_ident()

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == self._thread:
            self.last = record.getMessage()

    def __enter__(self) -> _LogCapture:
        logging.getLogger("apprise").addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        logging.getLogger("apprise").removeHandler(self)


def scrubbed(message: str, url: str) -> str:
    """An error message without parts of the address that may be secret, at most 300 characters."""
    for part in sorted(_SECRET.findall(url.partition("://")[2]), key=len, reverse=True):
        message = message.replace(part, "…")
    return message[:300]


def filled(url: str, address: str) -> str:
    """The address with a person's own in its place."""
    return url.replace(TO, quote(address, safe=""))


@cache
def library() -> ModuleType:
    """Apprise, imported when it is needed: it is large, and most roles never need it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # it imports a module that Python 3.13 has taken out
        import apprise

        apprise.Apprise.instantiate("json://localhost")  # the first one loads every service
    return apprise


def instantiate(url: str) -> Any:
    """The library's object for an address, None when it knows none for it."""
    apprise = library()
    asset = apprise.AppriseAsset(secure_logging=True, storage_mode=apprise.PersistentStoreMode.MEMORY)
    return apprise.Apprise.instantiate(url, asset=asset)


def apprise_target(settings: ReceiverSettings, wording: MessageTemplates) -> AppriseTarget:
    """The receiver; ReceiverError when Apprise knows no such address."""
    scheme = settings.url.partition("://")[0].lower()
    urls = [filled(settings.url, sample) for sample in _SAMPLES] if TO in settings.url else [settings.url]
    quieted = logging.getLogger("apprise")
    before, quieted.disabled = quieted.disabled, True  # it would write the address that it does not understand
    try:
        supported = scheme not in _REFUSED and any(instantiate(url) is not None for url in urls)
    finally:
        quieted.disabled = before
    if not supported:
        raise ReceiverError(
            settings.id,
            f"Apprise 不认识这个 {scheme}:// 地址，请核对写法",
            f"Apprise does not know this {scheme}:// address",
        )
    return AppriseTarget(id=settings.id, url=settings.url, wording=wording, timeout=settings.timeout, to=settings.to)
