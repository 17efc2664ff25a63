"""A duty roster, receivers and policies for tests: zhang and li on duty, wang leads, day and night."""

from __future__ import annotations

from typing import Any

from feeds.documents.escalations import EscalationSettings, StepSettings
from feeds.documents.receivers import ReceiverSettings, SmsSettings

PHONES = {"zhang": "13800000001", "li": "13800000002", "wang": "13800000003", "zhao": "13800000004"}
SMS = ReceiverSettings(
    id="sms",
    url="sms+http://127.0.0.1:1/send",
    direct=False,
    sms=SmsSettings(fields={"mobile": "{to}", "content": "{text}"}),
)
GROUP = ReceiverSettings(id="group", url="json://127.0.0.1:1/group", direct=False)
STEPS = (
    StepSettings(after=0.0, who=("duty",), channels=("sms",)),
    StepSettings(after=600.0, who=("leader",), channels=("sms",), repeat=900.0, times=2),
    StepSettings(after=3600.0, who=("receiver:group",)),
)
POLICY = EscalationSettings(id="all", steps=STEPS)


def roster(**more: Any) -> dict[str, Any]:
    """As it is put."""
    turn = {"officers": ["zhang", "li"], "leader": "wang"}
    return {
        "persons": [{"id": id, "name": id, "phone": phone} for id, phone in PHONES.items()],
        "shifts": [{"id": "day", "start": "08:00", "end": "20:00"}, {"id": "night", "start": "20:00", "end": "08:00"}],
        "patterns": [{"shift": shift, "first": "2020-01-01", "teams": [turn]} for shift in ("day", "night")],
        "assignments": [],
        "substitutes": [],
        "leave": [],
        **more,
    }
