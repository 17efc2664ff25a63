"""Orders about one mass message: each a pure function from the message and the order to its next form."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from feeds.model import Command, Outcome
from feeds.model.campaigns import (
    ALONE,
    APPROVAL_HOLDS,
    Campaign,
    CampaignAnswer,
    CampaignGroup,
    CampaignPerson,
    CampaignWave,
)
from incidents.refusals import OrderRefused, required

MOST = 2000
"""Recipients of one mass message at most."""


def groups_of(groups_given: Sequence[Mapping[str, Any]]) -> tuple[CampaignGroup, ...]:
    """The groups of an order. Who is named twice is in the first of them only. Raises OrderRefused."""
    seen: set[str] = set()
    groups = []
    for group in groups_given:
        people = []
        for person in group.get("people") or ():
            key = str(person.get("address") or person["id"])
            if key not in seen:
                seen.add(key)
                people.append(
                    CampaignPerson(
                        id=str(person["id"]),
                        name=str(person.get("name") or person["id"]),
                        address=str(person.get("address") or ""),
                    )
                )
        if people:
            groups.append(CampaignGroup(name=str(group.get("name") or ""), people=tuple(people)))
    if not groups:
        raise OrderRefused("missing:groups")
    if len(seen) > MOST:
        raise OrderRefused("too_many_recipients:groups")
    return tuple(groups)


def digest_of(text: str, groups: Sequence[CampaignGroup]) -> str:
    """The SHA-256 of what each recipient will read and of who they are."""
    people = [[person.id, person.address] for group in groups for person in group.people]
    names = [[group.name, len(group.people)] for group in groups]
    return hashlib.sha256(json.dumps([text, names, people], ensure_ascii=False).encode()).hexdigest()


def edited(campaign: Campaign, command: Command) -> Campaign:
    """The message with what an order gives; what it leaves out stays. Raises OrderRefused."""
    args = command.args
    text = str(args.get("text") or campaign.text)
    groups = groups_of(args["groups"]) if args.get("groups") else campaign.groups
    return replace(
        campaign,
        text=text,
        groups=groups,
        need=int(args.get("need", campaign.need)),
        wave_after=float(args.get("wave_after", campaign.wave_after)),
        channel=str(args.get("channel") or campaign.channel),
        digest=digest_of(text, groups),
    )


def _edit(campaign: Campaign, command: Command, now: float) -> Campaign:
    return edited(campaign, command)


def _approve(campaign: Campaign, command: Command, now: float) -> Campaign:
    """Approve exactly this text to exactly these people: by another person than who drafted it."""
    if command.actor == campaign.author:
        raise OrderRefused("same_person", Outcome.FORBIDDEN)
    return replace(
        campaign, state="approved", approved_by=command.actor, approved_at=now, approved_digest=campaign.digest
    )


def _send(campaign: Campaign, command: Command, now: float) -> Campaign:
    """Give the first wave out; the approval has to be of this text and these people, and not older than 15 minutes."""
    approved = campaign.approved_at is not None
    if not approved and campaign.recipients > ALONE:
        raise OrderRefused("not_approved", Outcome.CONFLICT)
    if campaign.approved_at is not None and (
        campaign.approved_digest != campaign.digest or now > campaign.approved_at + APPROVAL_HOLDS
    ):
        raise OrderRefused("approval_void", Outcome.CONFLICT)
    return next_wave(replace(campaign, state="sending", sent_by=command.actor), now)


def next_wave(campaign: Campaign, at: float) -> Campaign:
    """The message with its next group given out at `at`; where no answers are needed, with all groups."""
    left = campaign.groups[len(campaign.waves) :]
    following = left[:1] if campaign.need else left
    waves = (*campaign.waves, *(CampaignWave(group=group.name, at=at) for group in following))
    done = len(waves) == len(campaign.groups) and not campaign.need
    return replace(campaign, waves=waves, state="ended" if done else "sending", ended_at=at if done else None)


def _answer(campaign: Campaign, command: Command, now: float) -> Campaign:
    """Enter what a recipient answered. Later answers are taken as well; the one that completes the need ends it."""
    required(command.args, "person")
    person = str(command.args["person"])
    recipients = {person.id for group in campaign.groups[: len(campaign.waves)] for person in group.people}
    if person not in recipients:
        raise OrderRefused("unknown_recipient:person")
    text = str(command.args.get("text") or "")
    after = replace(
        campaign, answers=(*campaign.answers, CampaignAnswer(person=person, text=text, at=now, by=command.actor))
    )
    if campaign.state == "sending" and campaign.need and after.answered >= campaign.need:
        return replace(after, state="reached", reached_at=now)
    return after


def _cancel(campaign: Campaign, command: Command, now: float) -> Campaign:
    if not command.reason:
        raise OrderRefused("missing:reason")
    return replace(campaign, state="cancelled", ended_at=now, reason=command.reason)


STATES: Mapping[str, tuple[str, ...]] = {
    "edit": ("draft", "approved"),
    "approve": ("draft", "approved"),
    "send": ("draft", "approved"),
    "answer": ("sending", "reached", "ended"),
    "cancel": ("draft", "approved", "sending"),
}
"""The states in which an order is possible."""
ORDERS: Mapping[str, Callable[[Campaign, Command, float], Campaign]] = {
    "edit": _edit,
    "approve": _approve,
    "send": _send,
    "answer": _answer,
    "cancel": _cancel,
}


def carried_out(campaign: Campaign, order: str, command: Command, now: float) -> Campaign:
    """The message after an order. Raises OrderRefused."""
    if campaign.state not in STATES[order]:
        raise OrderRefused("transition", Outcome.CONFLICT)
    return replace(ORDERS[order](campaign, command, now), rev=campaign.rev + 1)
