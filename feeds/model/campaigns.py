"""Mass messages (短信群发, 叫应): a text to named people in waves, until enough of them have answered."""

from __future__ import annotations

from dataclasses import dataclass

from feeds.model.times import Time

CAMPAIGN_STATES = ("draft", "approved", "sending", "reached", "ended", "cancelled")
"""拟稿, 已批, 发送中, 应答已够, 已发完, 已取消."""
CAMPAIGN_OPEN = ("draft", "approved", "sending", "reached")
CAMPAIGN_STATES_OF = {
    "edit": ("draft", "approved"),
    "approve": ("draft", "approved"),
    "send": ("draft", "approved"),
    "answer": ("sending", "reached", "ended"),
    "cancel": ("draft", "approved", "sending"),
}
"""The states in which each order is possible."""
ALONE = 20
"""The most recipients of a message that needs no approval by a second person."""
APPROVAL_HOLDS = 900.0
"""Seconds for which an approval holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignPerson:
    """One recipient. `id` is the id in the roster, the id of a resource, or a hash of a bare number.

    `address` is a number or an account of the channel, "" when none is known.
    """

    id: str
    name: str
    address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignGroup:
    """The recipients of one wave, in the order of sending."""

    name: str
    people: tuple[CampaignPerson, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignWave:
    """The name of a group and the time at which its messages were queued. The outbox has the state of each."""

    group: str
    at: Time


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignAnswer:
    """An answer of a recipient. `at` is the time of its entry, `by` the account that entered it, "" for none."""

    person: str
    text: str
    at: Time
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """One mass message. Writer: the command role. `id` is "{site}:M{yyyymmdd}-{nnnn}", of an exercise "{site}:MX…".

    `digest` is the SHA-256 of text and recipients, `approved_digest` the digest that was approved. An approval holds
    while both are equal. `need` is the number of answers that ends the message; 0 sends to all groups at once. With a
    `need`, the next group follows `wave_after` seconds after a wave. `channel` is the name of the receiver that
    carries the messages. `edited_by` are the accounts that changed text or recipients after the draft.
    """

    id: str
    mode: str = "real"
    region: str
    incident: str = ""
    text: str
    groups: tuple[CampaignGroup, ...]
    channel: str
    need: int = 0
    wave_after: float = 0.0
    state: str = "draft"
    digest: str
    author: str
    created_at: Time
    edited_by: tuple[str, ...] = ()
    approved_by: str = ""
    approved_at: Time | None = None
    approved_digest: str = ""
    sent_by: str = ""
    waves: tuple[CampaignWave, ...] = ()
    answers: tuple[CampaignAnswer, ...] = ()
    reached_at: Time | None = None
    ended_at: Time | None = None
    reason: str = ""
    rev: int = 1

    @property
    def recipients(self) -> int:
        """The number of people in all groups."""
        return sum(len(group.people) for group in self.groups)

    def name_of(self, person: str) -> str:
        """The name of a recipient by its id, or the id itself when no recipient has it."""
        return next((each.name for group in self.groups for each in group.people if each.id == person), person)

    @property
    def writers(self) -> tuple[str, ...]:
        """The author and everyone who edited it. None of them may approve it."""
        return tuple(dict.fromkeys((self.author, *self.edited_by)))

    @property
    def needs_approval(self) -> bool:
        """True when it has more than ALONE recipients and no approval of its present text and recipients."""
        return self.recipients > ALONE and (self.state != "approved" or self.approved_digest != self.digest)

    @property
    def answered(self) -> int:
        """The number of recipients with at least one answer."""
        return len({answer.person for answer in self.answers})
