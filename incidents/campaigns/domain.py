"""The domain of mass messages: each wave is queued in the transaction that notes it, so that nobody gets one twice.

It does no I/O (see feeds.engine.domain). The alert role's sender delivers what is queued, at least once and with one
key for each recipient, by which a gateway drops what it has already.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from feeds.clock import restamped
from feeds.engine.record_domain import CLOCK_SET, RecordDomain
from feeds.engine.requests import Asking, CancelMessages, FindDocument, QueueMessage, Writing
from feeds.incidents.phases import BY_DUTY
from feeds.incidents.settings import IncidentSettings
from feeds.journal import Doc
from feeds.journal.forms import register
from feeds.kinds import CAMPAIGN
from feeds.model import Change, Command, Outcome, Result
from feeds.model.campaigns import Campaign
from feeds.model.exercises import Exercise, stamped
from feeds.regions import covers
from incidents.campaigns.orders import ORDERS, approval_ends_at, carried_out, digest_of, groups_of, needed, next_wave
from incidents.handling.creation import number_prefix
from incidents.lookups import named_incident
from incidents.refusals import OrderRefused, required

KIND = "campaign"
CREATE = "campaign.create"
UNSENT = ("draft", "approved", "sending")
"""States in which something of a message may still be sent."""
PUNCTUAL = 60.0
"""Seconds within which a wave that follows late still counts from when it was due."""
SHOWN_AFTER = 86_400.0
"""Seconds for which a mass message stays on the screens after its end."""


def campaign_of(doc: Doc) -> Campaign:
    """A mass message from its document."""
    return msgspec.convert(doc.body, Campaign)


class CampaignDomain(RecordDomain[Campaign]):
    """Mass messages in memory. `exercise` finds the exercise of an incident, None where there is none."""

    name = "command"
    kind = KIND
    entry_kind = KIND
    record = Campaign
    actions = frozenset((CREATE, *(f"campaign.{order}" for order in ORDERS)))

    def __init__(self, exercise: Callable[[str], Exercise | None], site: str, settings: IncidentSettings) -> None:
        super().__init__()
        self._exercise, self._site, self._zone = exercise, site, settings.zone

    def _reset(self) -> None:
        super()._reset()
        self._messages: list[QueueMessage | CancelMessages] = []

    @property
    def campaigns(self) -> dict[str, Campaign]:
        """The mass messages in memory by number."""
        return self._held

    # -- orders ------------------------------------------------------------------

    def obey(self, command: Command, now: float) -> Asking[Result]:
        campaign = self.campaigns.get(command.subject)
        try:
            if command.role not in BY_DUTY:
                raise OrderRefused("role", Outcome.FORBIDDEN)
            if command.action == CREATE:
                return self._done((yield from self._created(command, now)), "drafted", command, now)
            if campaign is None:
                doc = yield FindDocument(KIND, command.subject)
                return Result(command=command.id, outcome=Outcome.CONFLICT if doc is not None else Outcome.NOT_FOUND)
            return self._ordered(campaign, command, now)
        except OrderRefused as refused:
            after = CAMPAIGN.view(campaign) if campaign is not None else None
            return Result(command=command.id, outcome=refused.outcome, detail=refused.code, after=after)

    def _created(self, command: Command, now: float) -> Asking[Campaign]:
        args = command.args
        required(args, "text", "channel")
        incident = yield from named_incident(str(args.get("incident") or ""))
        region = incident.region if incident is not None else command.actor_region or self._site
        if not covers(command.actor_region, region):
            raise OrderRefused("region", Outcome.FORBIDDEN)
        mode = incident.mode if incident is not None else "real"
        groups = groups_of(args.get("groups") or ())
        campaign = Campaign(
            id="",
            mode=mode,
            region=region,
            incident=incident.id if incident is not None else "",
            text=str(args["text"]),
            groups=groups,
            channel=str(args["channel"]),
            need=needed(int(args.get("need") or 0), groups),
            wave_after=float(args.get("wave_after") or 0.0),
            digest=digest_of(str(args["text"]), groups),
            author=command.actor,
            created_at=now,
        )
        self._check_participants(campaign)
        prefix = number_prefix(self._site, mode, now, self._zone).replace(":", ":M", 1)
        return replace(campaign, id=(yield from self._unused_id(f"{prefix}-", 4)))

    def _check_participants(self, campaign: Campaign) -> None:
        """An exercise never reaches an outsider: each recipient is on its list. Raises OrderRefused."""
        if campaign.mode == "real":
            return
        exercise = self._exercise(campaign.incident)
        if exercise is None or exercise.state == "stopped":
            raise OrderRefused("exercise_over", Outcome.CONFLICT)
        named = set(exercise.participants)
        if any(person.id not in named for group in campaign.groups for person in group.people):
            raise OrderRefused("not_participant:groups")

    def _ordered(self, campaign: Campaign, command: Command, now: float) -> Result:
        if not covers(command.actor_region, campaign.region):
            raise OrderRefused("region", Outcome.FORBIDDEN)
        if command.expected_rev is not None and command.expected_rev != campaign.rev:
            raise OrderRefused("", Outcome.CONFLICT)
        order = command.action.removeprefix("campaign.")
        after = carried_out(campaign, order, command, now)
        if order in ("edit", "approve", "send"):
            self._check_participants(after)
        self._queue(campaign, after)
        if order == "cancel" and campaign.waves:
            self._messages.append(CancelMessages(campaign.id, reason="cancelled"))
        return self._done(after, order, command, now)

    def exercise_stopped(self, exercise: str, now: float) -> None:
        """Take back what was not sent yet of the messages of an exercise that was stopped."""
        for campaign in list(self.campaigns.values()):
            if campaign.incident == exercise and campaign.state in UNSENT:
                after = replace(campaign, state="cancelled", ended_at=now, rev=campaign.rev + 1)
                self._messages.append(CancelMessages(campaign.id, reason="cancelled"))
                self._put(after)
                self._record("cancel", campaign.id, now, body=_counts(after))

    def _done(self, campaign: Campaign, name: str, command: Command, now: float) -> Result:
        self._put(campaign)
        body = {name: value for name, value in command.args.items() if name != "groups"}
        if "person" in body:
            body["who"] = campaign.name_of(str(body["person"]))
        self._record(
            name, campaign.id, now, command=command, body=body | {"digest": campaign.digest, **_counts(campaign)}
        )
        return Result(command=command.id, outcome=Outcome.DONE, after=CAMPAIGN.view(campaign))

    # -- time --------------------------------------------------------------------

    def clock_stepped(self, by: float, now: float) -> None:
        for campaign in list(self.campaigns.values()):
            if (moved := _after_clock_step(campaign, by, now)) != campaign:
                self._put(replace(moved, rev=campaign.rev + 1))
                self._record(CLOCK_SET, campaign.id, now, body=_counts(moved))
        self._reschedule()

    def moments(self, campaign: Campaign) -> Iterable[float | None]:
        return (approval_ends_at(campaign), _next_wave_at(campaign), _leaves_at(campaign))

    def time_passed(self, campaign: Campaign, now: float) -> None:
        if (due := approval_ends_at(campaign)) is not None and due <= now:
            self._put(replace(campaign, state="draft", rev=campaign.rev + 1))
            self._record("approval-void", campaign.id, now, body=_counts(campaign))
        elif (due := _next_wave_at(campaign)) is not None and due <= now:
            wholly = len(campaign.waves) == len(campaign.groups)
            # After a standstill only one group follows at once: those who read it now have their full time to answer.
            at = due if now - due < PUNCTUAL else now
            after = replace(campaign, state="ended", ended_at=at) if wholly else next_wave(campaign, at)
            after = replace(after, rev=campaign.rev + 1)
            self._queue(campaign, after)
            self._put(after)
            self._record("unreached" if wholly else "wave", after.id, now, body=_counts(after))
        elif (due := _leaves_at(campaign)) is not None and due <= now:
            self._remove(campaign.id)
            self._record("filed", campaign.id, now)

    # -- keeping -----------------------------------------------------------------

    def _queue(self, before: Campaign, after: Campaign) -> None:
        """Queue the messages of the waves that an order or time has added."""
        first, last = len(before.waves), len(after.waves)
        for number, (group, wave) in enumerate(zip(after.groups, after.waves, strict=False)):
            if first <= number < last:
                self._messages += [
                    _message(after, person.id, person.name, person.address, wave.at)
                    for person in group.people
                    if person.address
                ]

    def write(self, now: float) -> Writing[Sequence[Change]] | None:
        writing = super().write(now)
        messages, self._messages = self._messages, []
        return _both(writing, messages) if writing is not None else None


def _both(
    writing: Writing[Sequence[Change]], messages: Sequence[QueueMessage | CancelMessages]
) -> Writing[Sequence[Change]]:
    changes = yield from writing
    yield from (message for message in messages)  # a list takes no answers to what it yields
    return changes


def _message(campaign: Campaign, person: str, name: str, address: str, at: float) -> QueueMessage:
    """One recipient's message. Its key is the same however often it is queued or sent."""
    key = f"{campaign.id}:{person}"
    body: dict[str, Any] = {
        "version": 1,
        "key": key,
        "reason": KIND,
        "site": "",
        "alert": None,
        "asset": None,
        "subject": "",
        "text": stamped(campaign.text, campaign.mode),
        "to": {"person": person, "name": name, "language": "", "address": address},
        "by": campaign.sent_by,
    }
    return QueueMessage(key=key, receiver=campaign.channel, subject=campaign.id, at=at, body=body, person=person)


def _counts(campaign: Campaign) -> dict[str, Any]:
    """What the journal says of every step: how many people, waves and answers."""
    return {
        "incident": campaign.incident,
        "recipients": campaign.recipients,
        "waves": len(campaign.waves),
        "answered": campaign.answered,
        "need": campaign.need,
    }


def _after_clock_step(campaign: Campaign, by: float, now: float) -> Campaign:
    """The message after the wall clock was set by `by` seconds, to `now`; 0.0: between two runs, by an unknown amount.

    The next group and an approval keep the time that is left for them. What is past stays as people know it.
    """

    def moved(at: float | None) -> float | None:
        return at and at + min(by, now - at)

    def past(at: float | None) -> float | None:
        return at and restamped(at, by, now)

    approved_at = moved(campaign.approved_at) if campaign.state == "approved" else past(campaign.approved_at)
    waves = campaign.waves
    if waves and campaign.state == "sending":
        waves = (*waves[:-1], replace(waves[-1], at=waves[-1].at + min(by, now - waves[-1].at)))
    return replace(
        campaign,
        created_at=restamped(campaign.created_at, by, now),
        approved_at=approved_at,
        waves=tuple(replace(wave, at=restamped(wave.at, by, now)) for wave in waves),
        reached_at=past(campaign.reached_at),
        ended_at=past(campaign.ended_at),
    )


def _next_wave_at(campaign: Campaign) -> float | None:
    """When the next group follows, or after the last one when it ends without enough answers; None while it stands."""
    if campaign.state != "sending" or not campaign.waves:
        return None
    return campaign.waves[-1].at + campaign.wave_after


def _leaves_at(campaign: Campaign) -> float | None:
    ended = campaign.ended_at or campaign.reached_at
    return ended + SHOWN_AFTER if ended is not None and campaign.state != "sending" else None


register(KIND, campaign_of)
