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
"""Recipients that one person may send to; more of them need a second person."""
APPROVAL_HOLDS = 900.0
"""Seconds for which an approval holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignPerson:
    """One recipient. `id` is the person's in the roster, or the number itself; `address` "" is one nobody can reach."""

    id: str
    name: str
    address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignGroup:
    """The recipients of one wave, in its order."""

    name: str
    people: tuple[CampaignPerson, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignWave:
    """A group that the text was given out to, and when. What became of each message is in the outbox."""

    group: str
    at: Time


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignAnswer:
    """What a recipient answered. `by` entered it, "" for one that came by itself; `at` is when it was entered."""

    person: str
    text: str
    at: Time
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """One mass message. Writer: the command role. `id` is "{site}:M{yyyymmdd}-{nnnn}", of an exercise "{site}:MX…".

    `digest` is the SHA-256 of text and recipients, `approved_digest` the one that was approved: another one voids the
    approval. `need` answers end it (0: everybody is sent to at once); where they have not come `wave_after` seconds
    after a wave, the next group follows. `channel` is the receiver that carries the messages. `edited_by` have changed
    text or recipients since the draft.
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
        """How many people it is for."""
        return sum(len(group.people) for group in self.groups)

    def name_of(self, person: str) -> str:
        """The name of a recipient by its id, the id of one that is none."""
        return next((each.name for group in self.groups for each in group.people if each.id == person), person)

    @property
    def writers(self) -> tuple[str, ...]:
        """Who wrote it. None of them may approve it."""
        return tuple(dict.fromkeys((self.author, *self.edited_by)))

    @property
    def needs_approval(self) -> bool:
        """True while it is for more people than one person may send to, and no approval of this form of it holds."""
        return self.recipients > ALONE and (self.state != "approved" or self.approved_digest != self.digest)

    @property
    def answered(self) -> int:
        """How many of them have answered."""
        return len({answer.person for answer in self.answers})
