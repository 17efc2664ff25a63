"""A site's own SMS gateway over HTTP. `[receiver.sms]` describes its request.

Addresses: `sms+http://host:port/path` and `sms+https://…`. What the gateway answers is judged by its status and, when
`success` is given, by that regular expression: many answer 200 to everything.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlsplit

from alerts.receivers.base import AT_ONCE, ReceiverError, Rejected, RetryLater, address_of, judge_status
from alerts.receivers.templates import MessageTemplates
from feeds.documents.receivers import ReceiverSettings, SmsSettings

if TYPE_CHECKING:
    import aiohttp

ENCODINGS, METHODS = ("form", "json", "query"), ("POST", "GET", "PUT")
PLACES = frozenset(("to", "text", "key"))
MOST = 65_536
_PLACE = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class SmsTarget:
    """One gateway. `success` None: any 2xx is a success."""

    at_once: ClassVar[int] = AT_ONCE
    id: str
    url: str = field(repr=False)
    timeout: float
    wording: MessageTemplates
    how: SmsSettings
    to: str = ""
    success: re.Pattern[str] | None = None

    async def send(self, session: aiohttp.ClientSession, key: str, body: Mapping[str, Any]) -> None:
        """Hand one short message over."""
        import aiohttp  # not for whoever only reads settings: it is a tenth of a second, and 8 MB

        address = address_of(body, self.to)
        if not address:
            raise Rejected("no phone number")
        subject, text = self.wording.words(body)
        values = {"to": address, "text": " ".join(f"{subject}\n{text}".split())[: self.wording.longest], "key": key}
        try:
            async with session.request(**self._request(values)) as answer:
                response = (await answer.content.read(MOST)).decode("utf-8", "replace")
                judge_status(answer.status, answer.headers.get("Retry-After", ""))
        except TimeoutError as error:
            raise RetryLater(f"no answer within {self.timeout:g} s") from error
        except aiohttp.ClientError as error:
            raise RetryLater(type(error).__name__) from error  # its text may hold the address with an account in it
        if self.success is not None and not self.success.search(response):
            raise RetryLater(f"the gateway answered: {self._shown(response)}")

    def _request(self, values: Mapping[str, str]) -> dict[str, Any]:
        import aiohttp

        fields = {name: filled(text, values) for name, text in self.how.fields.items()}
        headers = {name: filled(text, values) for name, text in self.how.headers.items()}
        where = {"form": "data", "json": "json", "query": "params"}[self.how.encoding]
        return {
            "method": self.how.method,
            "url": self.url,
            "headers": headers,
            where: fields,
            "allow_redirects": False,
            "timeout": aiohttp.ClientTimeout(total=self.timeout),
        }

    def _shown(self, response: str) -> str:
        """The answer, shortened and without any constant that we sent (an account, a password)."""
        for text in self.how.fields.values():
            if len(text) > 3 and "{" not in text:
                response = response.replace(text, "…")
        return " ".join(response.split())[:200]

    def close(self) -> None:
        """Nothing is held."""


def filled(template: str, values: Mapping[str, str]) -> str:
    """A template with what is known in its places; nothing in the values is read as one."""
    return _PLACE.sub(lambda match: values.get(match[1], ""), template)


def sms_target(settings: ReceiverSettings, wording: MessageTemplates) -> SmsTarget:
    """The receiver; ReceiverError says what is missing or cannot be."""

    def wrong(zh: str, en: str) -> ReceiverError:
        return ReceiverError(settings.id, zh, en)

    how = settings.sms
    parts = urlsplit(settings.url)
    if how is None or not how.fields:
        raise wrong("短信网关需要 [receiver.sms] 及其 fields", "an SMS gateway needs [receiver.sms] with its fields")
    if not parts.hostname:
        raise wrong("url 应为 sms+http://主机:端口/路径", "the url must be sms+http://host:port/path")
    if how.encoding not in ENCODINGS or how.method not in METHODS:
        raise wrong(
            "encoding 为 form/json/query，method 为 POST/GET/PUT", "encoding: form, json, query; method: POST, GET, PUT"
        )
    used = {
        placeholder for text in (*how.fields.values(), *how.headers.values()) for placeholder in _PLACE.findall(text)
    }
    if used - PLACES or not {"to", "text"} <= used:
        raise wrong("fields 须含 {to} 与 {text}，另可用 {key}", "the fields need {to} and {text}; {key} is known too")
    try:
        success = re.compile(how.success) if how.success else None
    except re.error as error:
        raise wrong("success 不是正则表达式", "success is no regular expression") from error
    return SmsTarget(
        id=settings.id,
        url=settings.url.removeprefix("sms+"),
        timeout=settings.timeout,
        wording=wording,
        how=how,
        to=settings.to,
        success=success,
    )
