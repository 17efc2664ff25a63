"""`emergency.usgs` and `emergency.quakeml`: earthquakes from a file, a feed or an FDSN event service.

An FDSN event query (`…/fdsnws/event/1/query`) is completed: the format, the last days, and what was updated since the
last answer. A report is published once for each time at which the agency updated it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import ClassVar
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from collectors.contract import Feed, FetchResult
from collectors.documents import DocumentClient, unexpected
from collectors.emergency.quakes import quakeml, usgs
from collectors.emergency.quakes.usgs import NoQuakes
from collectors.errors import Misconfigured
from collectors.seen_versions import SeenVersions
from collectors.settings import Credential, SourceSettings
from feeds.quakes import QuakeReport

LIMIT = 16 << 20
"""Bytes of one answer."""
DAYS = 2
"""Days of an FDSN query that names no start."""
OVERLAP = 600.0
"""Seconds by which a query for updates overlaps the last one."""
FDSN = "/fdsnws/event/1/query"
SCENARIO = "/fdsnws/scenario/"
REMEMBERED = 20_000
"""Reports whose time of update is remembered."""


class QuakeFeed(Feed):
    """One agency's feed. Subclasses read its format."""

    stream: ClassVar[str] = "emergency"
    item: ClassVar[str] = "quake"
    format: ClassVar[str]
    """The value of `format` in an FDSN query."""
    expected_document: ClassVar[tuple[str, str]]
    """The expected document, in English and Chinese."""
    has_updates: ClassVar[bool]
    """True when the agency's event service takes `updatedafter` and `includedeleted`."""

    def __init__(self, settings: SourceSettings, credential: Credential | None) -> None:
        self._settings = settings
        self._client = DocumentClient(settings.url, settings.timeout, credential)
        self._validators: dict[str, str] = {}
        self._seen: SeenVersions[tuple[str, str], tuple[float, bool]] = SeenVersions(REMEMBERED)
        self._asked_at: float | None = None

    @classmethod
    def validate(cls, settings: SourceSettings) -> None:
        """Raises Misconfigured without an http(s) address."""
        parts = urlsplit(settings.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            en, zh = cls.expected_document
            raise Misconfigured(
                f'source {settings.id!r} needs url = "http://…" ({en})',
                f'来源 {settings.id!r} 需要 url = "http://…"（{zh}）',
            )

    def _read(self, body: bytes, now: float) -> list[QuakeReport]:
        """The reports of an answer. Raises NoQuakes."""
        raise NotImplementedError

    async def fetch(self, now: float) -> FetchResult:
        """Fetch the reports that are new or updated, oldest event first. Raises NotReady, AuthFailed."""
        url = self._url(now)
        answer = await self._client.get(url, LIMIT, self._validators if url == self._settings.url else None)
        self._asked_at = now
        if answer is None or answer.no_content:
            return FetchResult()
        try:
            reports = self._read(answer.body, now)
        except NoQuakes as error:
            raise unexpected(answer.body, *self.expected_document) from error
        self._validators = answer.validators
        return FetchResult(items=tuple(self._new(sorted(reports, key=lambda report: report.occurred_at))))

    def _url(self, now: float) -> str:
        """The address of this round: an FDSN query is completed, others are taken as they are."""
        parts = urlsplit(self._settings.url)
        if not parts.path.endswith(FDSN):
            return self._settings.url
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        query.setdefault("format", self.format)
        query.setdefault("starttime", _utc(now - DAYS * 86400))
        if self.has_updates:
            query.setdefault("includedeleted", "true")
            if self._asked_at is not None:
                query.setdefault("updatedafter", _utc(self._asked_at - OVERLAP))
        return urlunsplit(parts._replace(query=urlencode(query)))

    def _new(self, reports: Sequence[QuakeReport]) -> list[QuakeReport]:
        """The reports that were not published at this time of update."""
        new = []
        for report in reports:
            key, version = (report.agency, report.event_ids[0]), (report.updated_at, report.withdrawn)
            # A report of a published event is given whatever its magnitude: it may have been revised downwards.
            small = report.magnitude is not None and report.magnitude < self._settings.magnitude
            if small and not report.withdrawn and key not in self._seen:
                continue
            if self._seen.is_new(key, version):
                new.append(report)
        return new

    def forget(self) -> None:
        """Fetch and publish every report again."""
        self._validators, self._asked_at = {}, None
        self._seen.clear()

    async def close(self) -> None:
        """Close the session."""
        await self._client.close()


class UsgsFeed(QuakeFeed):
    """USGS GeoJSON. A query of its scenario service gives exercises."""

    kinds: ClassVar[tuple[str, ...]] = ("emergency.usgs",)
    format = "geojson"
    expected_document = ("USGS GeoJSON", "USGS GeoJSON")
    has_updates = True

    def _read(self, body: bytes, now: float) -> list[QuakeReport]:
        scenario = SCENARIO in urlsplit(self._settings.url).path
        return usgs.reports(body, self._settings.id, now, scenario=scenario)


class QuakeMlFeed(QuakeFeed):
    """QuakeML."""

    kinds: ClassVar[tuple[str, ...]] = ("emergency.quakeml",)
    format = "xml"
    expected_document = ("QuakeML", "QuakeML")
    has_updates = False

    def _read(self, body: bytes, now: float) -> list[QuakeReport]:
        return quakeml.reports(body, self._settings.id, now)


def _utc(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
