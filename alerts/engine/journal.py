"""Journal entries and published changes for the steps of the alert engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from alerts.lifecycle.open_alerts import AlertStep
from alerts.oncall.texts import InvalidDocument
from alerts.receivers.base import ReceiverError
from alerts.receivers.catalogue import SiteDefaults, compile_receivers
from alerts.suppression import silences
from alerts.suppression.silences import Note
from feeds.documents.receivers import ReceiverSettings
from feeds.engine.requests import AppendEntry, Asking, ListLoaded, PutDocument, Writing
from feeds.findings import Finding, InRequest
from feeds.model import Change, Kind, RootCause


def usable(receivers: Sequence[ReceiverSettings], site_defaults: SiteDefaults) -> None:
    """Raises InvalidDocument for the first receiver that cannot be used."""
    try:
        for target in compile_receivers(receivers, site_defaults).values():
            target.close()
    except ReceiverError as error:
        raise InvalidDocument(
            [Finding(code="receiver", where=InRequest(error.receiver), message=error.message)]
        ) from error


def entry_of(step: AlertStep) -> AppendEntry:
    """The journal entry of a step."""
    transition = step.transition
    return AppendEntry(
        kind="alert",
        name=transition.name,
        subject=step.alert.id,
        at=transition.at,
        actor=transition.actor,
        reason=transition.comment,
        command=transition.command,
        body={"seq": transition.seq, "before": transition.before, "after": transition.after, "text": transition.text},
    )


def write_suppression(note: Note) -> Writing[None]:
    """Write the step of a silence or maintenance window, and its document."""
    suppression = note.after
    body = silences.dump(suppression)
    seq = yield AppendEntry(
        kind=suppression.kind,
        name=note.name,
        subject=suppression.id,
        at=note.at,
        actor=note.actor,
        reason=note.comment,
        command=note.command,
        body=body,
    )
    yield PutDocument(kind=suppression.kind, id=suppression.id, body=body, open=note.open, seq=seq)


def open_suppressions() -> Asking[list[silences.Suppression]]:
    """The silences and maintenance windows that have not ended."""
    suppressions: list[silences.Suppression] = []
    for kind in (silences.SILENCE, silences.WINDOW):
        suppressions += yield ListLoaded(kind, lambda document: silences.load(document.body))
    return suppressions


def is_shown(step: AlertStep) -> bool:
    """False for a remark on a closed alert, which changes the record only."""
    return step.alert.open or step.transition.name != "comment"


def root_cause_changes(causes: Mapping[str, RootCause | None], now: float) -> list[Change]:
    """The changes to publish for new root causes of assets. They are computed from the alerts, not journaled."""
    return [Change(kind=Kind.ROOT_CAUSE, id=asset, after=cause, at=now) for asset, cause in causes.items()]


def change_of(step: AlertStep) -> Change:
    """The change to publish for a step."""
    return Change(kind=Kind.ALERT, id=step.alert.id, after=step.alert, at=step.transition.at, cause=step.cause)
