"""Answers to what other tools send in, and the answers of Alertmanager's interface (API v2)."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, Struct

from api.responses.common import ListPage, Texts, Time


class IngestFinding(Struct, kw_only=True):
    """A remark on what was sent in. The item it belongs to was taken."""

    code: str
    xpath: Annotated[str, Meta(description="Where: a JSON path, or an XPath for CAP")]
    line: Annotated[int, Meta(description="The line of the message; 0: unknown")]
    value: str
    message: Texts
    error: bool


class IngestResult(Struct, kw_only=True):
    """How many items were taken, and remarks."""

    taken: int
    findings: list[IngestFinding]


class WarningIngestResult(IngestResult, kw_only=True):
    """A CAP message that was taken."""

    id: Annotated[str, Meta(description="sender,identifier,sent (CAP 1.2)")]
    faulty: bool


class HeartbeatResult(Struct, kw_only=True):
    """A heartbeat that was taken."""

    asset: str
    at: Time
    fresh_until: Time


class VersionInfo(Struct, kw_only=True):
    """Alertmanager's versionInfo."""

    version: str
    branch: str
    revision: str
    buildUser: str
    buildDate: str
    goVersion: str


class ClusterStatus(Struct, kw_only=True):
    """Alertmanager's clusterStatus: always disabled."""

    status: str
    name: str
    peers: list[dict[str, Any]]


class OriginalConfig(Struct, kw_only=True):
    """Alertmanager's alertmanagerConfig: always empty."""

    original: str


class AlertmanagerStatus(Struct, kw_only=True):
    """Alertmanager's alertmanagerStatus."""

    cluster: ClusterStatus
    versionInfo: VersionInfo
    config: OriginalConfig
    uptime: Time


class AlertmanagerReceiver(Struct, kw_only=True):
    """Alertmanager's receiver."""

    name: str


class GettableAlertStatus(Struct, kw_only=True):
    """Alertmanager's alertStatus."""

    state: str
    silencedBy: list[str]
    inhibitedBy: list[str]
    mutedBy: list[str]


class GettableAlert(Struct, kw_only=True):
    """Alertmanager's gettableAlert."""

    labels: dict[str, str]
    annotations: dict[str, str]
    startsAt: Time
    endsAt: Time
    updatedAt: Time
    fingerprint: str
    generatorURL: str
    receivers: list[AlertmanagerReceiver]
    status: GettableAlertStatus


class AlertGroup(Struct, kw_only=True):
    """Alertmanager's alertGroup."""

    labels: dict[str, str]
    receiver: AlertmanagerReceiver
    alerts: list[GettableAlert]


class SilenceStatus(Struct, kw_only=True):
    """Alertmanager's silenceStatus: active, pending or expired."""

    state: str


class SilenceMatcher(Struct, kw_only=True):
    """Alertmanager's matcher."""

    name: str
    value: str
    isRegex: bool
    isEqual: bool


class GettableSilence(Struct, kw_only=True):
    """Alertmanager's gettableSilence."""

    id: str
    status: SilenceStatus
    updatedAt: Time
    comment: str
    createdBy: str
    startsAt: Time
    endsAt: Time
    matchers: list[SilenceMatcher]


class PostedSilence(Struct, kw_only=True):
    """The id of a silence that was made."""

    silenceID: str


class DeadLetterRecord(Struct, kw_only=True):
    """A message of the bus that could not be decoded."""

    id: str
    stream: str
    entry: str
    source: str
    reason: str
    raw: Annotated[str, Meta(description="Its bytes, base64")]


class DeadLetterList(ListPage, kw_only=True):
    """Undecodable messages, newest first."""

    items: list[DeadLetterRecord]
    counts: dict[str, int]
