"""Mass messages and exercises. Written by the command role."""

from __future__ import annotations

from feeds.kinds.filters import Exact, Sort, Within, Words
from feeds.kinds.incidents import MODE
from feeds.kinds.kind import Derived, RecordKind
from feeds.model.campaigns import CAMPAIGN_OPEN, CAMPAIGN_STATES, Campaign
from feeds.model.exercises import EXERCISE_STATES, Exercise

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
    ),
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
    redact=("participants", "created_by"),
    entries=("exercise",),
    filters=(Words(name="state", words=EXERCISE_STATES), Within()),
    sort=Sort(("created_at", "id"), down=True, page=100),
    plain=False,
)
CAMPAIGNS = (CAMPAIGN, EXERCISE)
