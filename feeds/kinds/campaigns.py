"""Mass messages and exercises. Written by the command role."""

from __future__ import annotations

from feeds.kinds.audience import Record
from feeds.kinds.filters import Exact, Sort, Within, Words
from feeds.kinds.incidents import MODE
from feeds.kinds.kind import Derived, RecordKind
from feeds.model.campaigns import CAMPAIGN_OPEN, CAMPAIGN_STATES, CAMPAIGN_STATES_OF, Campaign
from feeds.model.exercises import EXERCISE_STATES, EXERCISE_STATES_OF, Exercise

_SHOWN = 4
"""Characters of an address that its record shows."""


def masked_address(address: str) -> str:
    """An address as records show it: "•••0001" of a number. Only the sender of messages reads the whole of it."""
    return f"•••{address[-_SHOWN:]}" if len(address) > _SHOWN else "•••" if address else ""


def _masked(campaign: Record) -> Record:
    return {
        "groups": [
            group | {"people": [person | {"address": masked_address(person["address"])} for person in group["people"]]}
            for group in campaign["groups"]
        ]
    }


def _orders(campaign: Campaign) -> list[str]:
    """The orders that are possible now."""
    orders = [order for order, states in CAMPAIGN_STATES_OF.items() if campaign.state in states]
    needless = {"send"} if campaign.needs_approval else {"approve"}
    return [order for order in orders if order not in needless]


def _exercise_orders(exercise: Exercise) -> list[str]:
    """The orders that are possible now."""
    return [order for order, states in EXERCISE_STATES_OF.items() if exercise.state in states]


CAMPAIGN = RecordKind(
    name="campaign",
    plural="campaigns",
    record=Campaign,
    writer="command",
    archive="campaign",
    derived=(
        Derived("open", bool, lambda campaign: campaign.state in CAMPAIGN_OPEN),
        Derived("recipients", int, lambda campaign: campaign.recipients),
        Derived("answered", int, lambda campaign: campaign.answered),
        Derived("needs_approval", bool, lambda campaign: campaign.needs_approval),
        Derived("writers", list[str], lambda campaign: list(campaign.writers)),
        Derived("orders", list[str], _orders),
    ),
    derivation=_masked,
    confidential=lambda campaign: True,
    entries=("campaign",),
    filters=(Words(name="state", words=CAMPAIGN_STATES), Exact(name="incident"), MODE, Within()),
    sort=Sort(("created_at", "id"), down=True, page=100),
    plain=False,
)
EXERCISE = RecordKind(
    name="exercise",
    plural="exercises",
    record=Exercise,
    writer="command",
    archive="exercise",
    derived=(Derived("orders", list[str], _exercise_orders),),
    redact=("participants", "created_by", "injects"),
    entries=("exercise",),
    filters=(Words(name="state", words=EXERCISE_STATES), Within()),
    sort=Sort(("created_at", "id"), down=True, page=100),
    plain=False,
)
CAMPAIGNS = (CAMPAIGN, EXERCISE)
