"""The records that one leader may see, by kind: the input of the answers on `/leader`. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from feeds.kinds.audience import Record

Records = Mapping[str, Record]


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaderPicture:
    """The visible records by kind and id, and the moment in epoch seconds.

    `ages` are the seconds since each role last proved that it works, None for one that was never heard of. `role` is
    that of the asker; `region` is the asker's, "" for the whole site.
    """

    at: float
    role: str
    region: str
    alerts: Records
    warnings: Records
    incidents: Records
    obligations: Records
    sources: Records
    boards: Records
    ages: Mapping[str, float | None]

    def real_incidents(self) -> list[Record]:
        """The incidents that are no exercise, oldest first."""
        real = [incident for incident in self.incidents.values() if incident["mode"] == "real"]
        return sorted(real, key=lambda incident: (incident["received_at"], incident["id"]))

    def unmet(self, incident: str) -> list[Record]:
        """The reports that are still due about an incident, the nearest first. One due at once comes first."""
        due = [report for report in self.obligations.values() if report["incident"] == incident and report["unmet"]]
        return sorted(due, key=lambda report: (report["due_at"] or "", report["id"]))
