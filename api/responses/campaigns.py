"""Types of answers about mass messages."""

from __future__ import annotations

import msgspec

from api.responses.common import Time


class CampaignRecipient(msgspec.Struct):
    """One recipient. `state`: waiting, unreachable, queued, handed, failed, answered. `handed`: the gateway took it.

    `takes_answer`: the message was given out to this recipient, and an answer to it can be entered; none is yet.
    """

    id: str
    name: str
    group: str
    state: str
    wave_at: Time | None
    handed_at: Time | None
    answered_at: Time | None
    answer: str
    takes_answer: bool
    error: str


class CampaignRecipients(msgspec.Struct):
    """Every recipient of a mass message, wave by wave."""

    items: list[CampaignRecipient]


class CampaignPreview(msgspec.Struct):
    """What each recipient reads, in how many short messages, and who they are. `alone`: no second person is needed."""

    text: str
    parts: int
    messages: int
    recipients: int
    unreachable: int
    alone: bool
    items: list[CampaignRecipient]
