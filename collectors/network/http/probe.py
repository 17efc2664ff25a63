"""`http(s)://…?expect=200&contains=…`: does the page answer as it should, and how fast?

OUR parameters (and those of http_checks: `json`, `json_expect`, `metric`, `unit`, `warn`, `redirects`, `proxy`) are
taken out of the query before it is sent; everything else goes to the server exactly as written.
"""

from __future__ import annotations

import ssl
import time
from contextvars import ContextVar
from functools import partial
from typing import Any, ClassVar
from urllib.parse import unquote

import aiohttp
from yarl import URL

from collectors.contract import Measurement, Poller, Target
from collectors.errors import AuthFailed, Misconfigured, NotReady, Reason, not_ready
from collectors.network.addresses import need_host
from collectors.network.http import bodies, checks
from collectors.network.http.lax_head import FIELD_LIMIT, HeadError, LaxResponseHandler
from collectors.network.tls import trust
from collectors.settings import Credential
from collectors.uri import duration
from feeds.clock import now

OURS = ("expect", "contains", "verify", "cred", *checks.OURS)
WARN = 30 * 86400.0
"""Seconds before its end from which a certificate is said to be ending."""
HEADER_KIND = "header"
"""Kind of a credential that is sent in a request header of its own, such as X-API-Key."""
REDIRECTS = frozenset((301, 302, 303, 307, 308))

_tls: ContextVar[ssl.SSLObject | None] = ContextVar("tls", default=None)


class _Connector(aiohttp.TCPConnector):
    """Stores the TLS object of each new connection. Its connections repair response heads (see lax_head).

    A response without a body releases its connection before the caller can ask for the TLS object.
    """

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self._factory: partial[Any] = partial(LaxResponseHandler, loop=self._loop)

    async def connect(self, *args: Any, **more: Any) -> Any:
        """Called by the session."""
        connection = await super().connect(*args, **more)
        transport = connection.transport
        _tls.set(transport.get_extra_info("ssl_object") if transport is not None else None)
        return connection


class HttpPoller(Poller):
    """GET. Gives `http.ms` (to the headers), `http.status`, and as asked for `http.contains`, `http.value`,
    `http.redirects`; over TLS `http.days_left`, `http.expires`, `http.expiring`."""

    schemes: ClassVar[tuple[str, ...]] = ("http", "https")
    family: ClassVar[str] = "http"

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None
        self._trust = trust.Trust()

    @classmethod
    def validate(cls, target: Target) -> None:
        """Raises Misconfigured without a host, or when one of our parameters cannot be read."""
        need_host(target, f"{target.scheme}://host/path")
        expected(target)
        checks.validate(target)
        trust.check(target)
        if target.params.get("verify", "yes") not in ("yes", "no"):
            raise Misconfigured(f"{target.uri!r}: verify is yes or no", f"{target.uri!r}：verify 只能是 yes 或 no")

    async def poll(self, target: Target) -> list[Measurement]:
        """Raises NotReady (no or a wrong answer) and AuthFailed (401, 407; 403 with a credential)."""
        began = time.perf_counter()  # a loop's own clock may tick in whole milliseconds
        cookies = aiohttp.CookieJar(unsafe=True)  # for hosts that are addresses too; it lives for one poll
        first = url = sent_url(target)
        redirects_left = checks.redirects(target)
        try:
            while True:
                own = checks.same_origin(str(first), str(url))
                async with self._open(target, url, own=own, cookies=cookies) as answer:
                    leads = checks.location(answer.headers) if answer.status in REDIRECTS else ""
                    cookies.update_cookies(answer.cookies, answer.url)
                    if not leads or not checks.redirects(target):
                        return await _read(target, answer, began, checks.redirects(target) - redirects_left)
                    if not redirects_left:
                        raise NotReady(Reason.WRONG_ANSWER, f"more than {checks.redirects(target)} redirects")
                    url, redirects_left = URL(checks.next_url(str(url), leads), encoded=True), redirects_left - 1
        except aiohttp.ClientHttpProxyError as error:
            raise _proxy_refused(target, error.status) from error
        except (aiohttp.ClientError, OSError) as error:
            raise as_not_ready(error) from error

    def _open(
        self, target: Target, url: URL, *, own: bool, cookies: aiohttp.CookieJar
    ) -> aiohttp.client._RequestContextManager:
        """`own`: the server that the URI names; nobody else is shown the credential."""
        if self._session is None:
            # A kept connection would hide a listener that no longer accepts: every probe connects anew.
            self._session = aiohttp.ClientSession(
                connector=_Connector(limit=0, force_close=True),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                timeout=aiohttp.ClientTimeout(total=None),
                max_line_size=FIELD_LIMIT,
                max_field_size=FIELD_LIMIT,
                max_headers=1000,
                headers={"User-Agent": "watchfloor"},
            )
        headers = {"Accept-Encoding": "identity", **(authorization(target.credential) if own else {})}
        if held := "; ".join(f"{name}={morsel.coded_value}" for name, morsel in cookies.filter_cookies(url).items()):
            headers["Cookie"] = held
        verify = target.params.get("verify") != "no"
        context = self._trust.context(target, verify=verify, own=own) if url.scheme == "https" else True
        return self._session.get(url, headers=headers, allow_redirects=False, ssl=context, proxy=checks.proxy(target))

    async def close(self) -> None:
        """Closes the one session."""
        if self._session is not None:
            await self._session.close()
            self._session = None


def sent_url(target: Target) -> URL:
    """The URL to request: the URI without the probe's parameters and without its fragment."""
    base = target.uri.partition("#")[0].partition("?")[0]
    forwarded = [pair for pair in target.query.split("&") if pair and unquote(pair.partition("=")[0]) not in OURS]
    return URL(f"{base}?{'&'.join(forwarded)}" if forwarded else base, encoded=True)


def expected(target: Target) -> list[tuple[int, int]]:
    """Accepted status codes as ranges; `expect` holds "200", "2xx", "200-299" or several, by commas.

    Without `expect`, 200 to 399. Raises Misconfigured.
    """
    ranges: list[tuple[int, int]] = []
    for status_range in target.params.get("expect", "2xx,3xx").split(","):
        low, _, high = status_range.strip().lower().partition("-")
        if not high:
            low, high = low.replace("xx", "00"), low.replace("xx", "99")
        if not (low.isdecimal() and high.isdecimal() and 100 <= int(low) <= int(high) <= 599):
            raise Misconfigured(
                f"{target.uri!r}: expect={status_range!r} is no status code; write expect=200, 2xx or 200-299",
                f"{target.uri!r}：expect={status_range!r} 不是状态码；请写 expect=200、2xx 或 200-299",
            )
        ranges.append((int(low), int(high)))
    return ranges


def authorization(credential: Credential | None) -> dict[str, str]:
    """The header that a credential makes; one of kind tls makes none. Raises Misconfigured."""
    if credential is None:
        return {}
    values = credential.values
    if credential.kind == "token":
        return {"Authorization": f"Bearer {values.get('token', '')}"}
    if credential.kind == trust.KIND:
        return {}
    if credential.kind == HEADER_KIND:
        return {values.get("header", ""): values.get("value", "")}
    if credential.kind == "password":
        return {"Authorization": aiohttp.encode_basic_auth(values.get("user", ""), values.get("password", ""))}
    raise Misconfigured(
        f"credential {credential.name!r} is of kind {credential.kind!r}; http wants password, token, header or tls",
        f"凭据 {credential.name!r} 的类型是 {credential.kind!r}；http 需要 password、token、header 或 tls",
    )


def _judge_status(target: Target, status: int, measurements: list[Measurement]) -> None:
    if any(low <= status <= high for low, high in expected(target)):
        return
    if status in (401, 407) or (status == 403 and target.credential is not None):
        raise AuthFailed(
            f"{target.address} answers {status}: check the credential that cred= names",
            f"{target.address} 应答 {status}：请检查 cred= 所指的凭据",
        )
    expectation = target.params.get("expect", "2xx,3xx")
    raise NotReady(Reason.WRONG_ANSWER, f"status {status}, expected {expectation}", measurements)


async def _read(target: Target, answer: aiohttp.ClientResponse, began: float, redirected: int) -> list[Measurement]:
    """The measurements of the last answer. Raises NotReady, AuthFailed."""
    measurements = [
        Measurement(metric="http.ms", value=round((time.perf_counter() - began) * 1000, 3), unit="ms"),
        Measurement(metric="http.status", value=answer.status),
    ]
    if "redirects" in target.params:
        measurements.append(Measurement(metric="http.redirects", value=redirected))
    if answer.url.scheme == "https":
        warn = duration(target.params["warn"]) if "warn" in target.params else WARN
        measurements += checks.certificate(_tls.get(), now(), warn)
    _judge_status(target, answer.status, measurements)
    expected_text = target.params.get("contains", "")
    if not expected_text and "json" not in target.params:
        return measurements
    body, whole = await bodies.read(answer)
    if expected_text:
        # Old government pages are GB18030 whatever their header says: the word is looked for in both.
        contained = expected_text.encode() in body or expected_text.encode("gb18030", "ignore") in body
        measurements.append(Measurement(metric="http.contains", value=contained))
        if not contained:
            raise NotReady(
                Reason.WRONG_ANSWER, f"the first {len(body)} bytes do not contain {expected_text!r}", measurements
            )
    return checks.judge_json(target, body, whole, measurements) if "json" in target.params else measurements


def _proxy_refused(target: Target, status: int) -> NotReady | AuthFailed:
    proxy = checks.proxy(target)
    if status == 407:
        return AuthFailed(
            f"the proxy {proxy} wants a password (407), which is not supported; let it trust this address",
            f"代理 {proxy} 要求口令（407），暂不支持；请让代理信任本机地址",
        )
    return NotReady(Reason.WRONG_ANSWER, f"the proxy {proxy} answers {status}")


def as_not_ready(error: Exception) -> NotReady:
    """The NotReady that an error of aiohttp means."""
    if isinstance(error, aiohttp.ClientProxyConnectionError):
        reason = not_ready(error.os_error).reason
        return NotReady(reason, f"the proxy {error.host}:{error.port}")
    if isinstance(error, HeadError):
        return NotReady(Reason.WRONG_ANSWER, str(error))
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return NotReady(Reason.UNRESOLVED)
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return NotReady(Reason.TLS, getattr(error.certificate_error, "verify_message", str(error.certificate_error)))
    if isinstance(error, aiohttp.ClientConnectorError):
        return not_ready(error.os_error)
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return NotReady(Reason.CLOSED)
    if isinstance(error, OSError):
        return not_ready(error)
    if isinstance(error, aiohttp.ClientResponseError):  # its words would show the whole URL
        return NotReady(Reason.WRONG_ANSWER, "what answers does not speak HTTP")
    if isinstance(error, aiohttp.ClientPayloadError):
        return NotReady(Reason.WRONG_ANSWER, "the body ends early, or its chunks or its coding are broken")
    return NotReady(Reason.WRONG_ANSWER, type(error).__name__)
