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
    CAMPAIGN_STATES_OF,
    Campaign,
    CampaignAnswer,
    CampaignGroup,
    CampaignPerson,
    CampaignWave,
)
from incidents.refusals import OrderRefused, required

MOST = 2000
"""Recipients of one mass message at most."""
MOST_ANSWERS = 20
"""Answers of one recipient at most."""


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


def needed(need: int, groups: Sequence[CampaignGroup]) -> int:
    """The answers that are needed. Raises OrderRefused when there are fewer recipients: it could never be reached."""
    if need > sum(len(group.people) for group in groups):
        raise OrderRefused("need_above_recipients:need")
    return need


def digest_of(text: str, groups: Sequence[CampaignGroup]) -> str:
    """The SHA-256 of what each recipient will read and of who they are."""
    people = [[person.id, person.address] for group in groups for person in group.people]
    names = [[group.name, len(group.people)] for group in groups]
    return hashlib.sha256(json.dumps([text, names, people], ensure_ascii=False).encode()).hexdigest()


def _edit(campaign: Campaign, command: Command, now: float) -> Campaign:
    """The message with what an order gives; what it leaves out stays. Raises OrderRefused."""
    args = command.args
    text = str(args.get("text") or campaign.text)
    groups = groups_of(args["groups"]) if args.get("groups") else campaign.groups
    digest = digest_of(text, groups)
    changed = digest != campaign.digest
    return replace(
        campaign,
        state="draft" if changed else campaign.state,
        edited_by=tuple(dict.fromkeys((*campaign.edited_by, command.actor))) if changed else campaign.edited_by,
        text=text,
        groups=groups,
        need=needed(int(args.get("need", campaign.need)), groups),
        wave_after=float(args.get("wave_after", campaign.wave_after)),
        channel=str(args.get("channel") or campaign.channel),
        digest=digest,
    )


def _approve(campaign: Campaign, command: Command, now: float) -> Campaign:
    """Approve exactly this text to exactly these people: by a person who wrote nothing of it."""
    if command.actor in campaign.writers:
        raise OrderRefused("same_person", Outcome.FORBIDDEN)
    return replace(
        campaign, state="approved", approved_by=command.actor, approved_at=now, approved_digest=campaign.digest
    )


def _send(campaign: Campaign, command: Command, now: float) -> Campaign:
    """Give the first wave out; the approval has to be of this text and these people, and not older than 15 minutes."""
    if campaign.recipients > ALONE and campaign.approved_at is None:
        raise OrderRefused("not_approved", Outcome.CONFLICT)
    ends_at = approval_ends_at(campaign)
    if campaign.needs_approval or (campaign.recipients > ALONE and ends_at is not None and now > ends_at):
        raise OrderRefused("approval_void", Outcome.CONFLICT)
    return next_wave(replace(campaign, state="sending", sent_by=command.actor), now)


def approval_ends_at(campaign: Campaign) -> float | None:
    """When the approval of a message that waits to be sent is void; None without one."""
    if campaign.state != "approved" or campaign.approved_at is None:
        return None
    return campaign.approved_at + APPROVAL_HOLDS


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
    if sum(answer.person == person for answer in campaign.answers) >= MOST_ANSWERS:
        raise OrderRefused("too_many_answers:person")
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


ORDERS: Mapping[str, Callable[[Campaign, Command, float], Campaign]] = {
    "edit": _edit,
    "approve": _approve,
    "send": _send,
    "answer": _answer,
    "cancel": _cancel,
}


def carried_out(campaign: Campaign, order: str, command: Command, now: float) -> Campaign:
    """The message after an order. Raises OrderRefused."""
    if campaign.state not in CAMPAIGN_STATES_OF[order]:
        raise OrderRefused("transition", Outcome.CONFLICT)
    return replace(ORDERS[order](campaign, command, now), rev=campaign.rev + 1)
