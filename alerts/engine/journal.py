"""What the alert engine keeps: rows of the log, documents, messages; and what it publishes of a step."""

from __future__ import annotations

from collections.abc import Sequence

from alerts.lifecycle.open_alerts import Step
from alerts.notify.notifications import Notice
from alerts.notify.priority import is_urgent, person_of
from alerts.oncall.texts import BadPeople, Fault
from alerts.receivers.base import ReceiverError
from alerts.receivers.catalogue import House, compile_receivers
from alerts.settings import ReceiverSettings
from alerts.suppression import silences
from alerts.suppression.silences import Note
from feeds.journal import Journal, Tx
from feeds.model import Change, Kind


def usable(receivers: Sequence[ReceiverSettings], house: House) -> None:
    """BadPeople with what is wrong with the first receiver that cannot be used."""
    try:
        for target in compile_receivers(receivers, house).values():
            target.close()
    except ReceiverError as error:
        raise BadPeople([Fault(field=error.receiver, code="receiver", message=error.message)]) from error


async def enqueue(tx: Tx, some: Sequence[Notice]) -> bool:
    """Queue messages; True when there are any."""
    for one in some:
        await tx.enqueue(
            one.key,
            receiver=one.receiver,
            subject=one.subject,
            created=one.at,
            due=one.at,
            body=one.body,
            urgent=is_urgent(one.body),
            person=person_of(one.body),
        )
    return bool(some)


async def append(tx: Tx, step: Step) -> int:
    moved = step.transition
    body = {"seq": moved.seq, "before": moved.before, "after": moved.after, "text": moved.text}
    return await tx.append(
        kind="alert",
        name=moved.name,
        subject=step.alert.id,
        at=moved.at,
        actor=moved.actor,
        reason=moved.comment,
        command=moved.command,
        body=body,
    )


async def keep_note(tx: Tx, note: Note) -> None:
    """A silence's or window's step, and its present form."""
    one = note.after
    seq = await tx.append(
        kind=one.kind,
        name=note.name,
        subject=one.id,
        at=note.at,
        actor=note.actor,
        reason=note.comment,
        command=note.command,
        body=silences.dump(one),
    )
    await tx.put(one.kind, one.id, silences.dump(one), open=note.open, seq=seq)


async def kept_suppressions(journal: Journal) -> list[silences.Suppression]:
    """The silences and windows that have not ended."""
    kinds = (silences.SILENCE, silences.WINDOW)
    return [silences.load(doc.body) for kind in kinds for doc in await journal.docs(kind, open=True)]


def is_shown(step: Step) -> bool:
    """A remark on an alert that was closed already concerns the record only."""
    return step.alert.open or step.transition.name != "comment"


def change_of(step: Step) -> Change:
    return Change(kind=Kind.ALERT, id=step.alert.id, after=step.alert, at=step.transition.at, cause=step.cause)
