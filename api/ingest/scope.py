"""What a sender with a region may speak of: assets of that region, and things that are in no inventory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from api.dependencies import Dependencies
from api.http.problems import Problem
from api.ingest.findings import finding
from api.principal import Principal
from feeds.external import Report
from feeds.findings import Finding, InMessage
from feeds.inventory.addresses import AddressBook
from feeds.live.pump import Audience
from feeds.model import Asset

FRESH = 5.0
"""Seconds that the addresses of the inventory are taken as they were."""


class Scope:
    """The inventory as this web process sees it. The engine that applies a report looks once more."""

    def __init__(self, deps: Dependencies) -> None:
        self._deps = deps
        self._read_at = float("-inf")
        self._book = AddressBook()
        self._regions: dict[str, str] = {}

    def within(self, principal: Principal, reports: Sequence[Report]) -> tuple[list[Report], list[Finding[InMessage]]]:
        """The reports that the sender may make; what is in no inventory lies in the sender's region, where its labels
        name no part of it.

        Raises Problem(busy) while the inventory is not known: then nobody can tell.
        """
        if not principal.region:
            return list(reports), []
        self._look()
        accepted, findings = [], []
        for index, report in enumerate(reports):
            region = self._regions.get(self.asset(report))
            if region is None:
                own = report.region if report.region and principal.reaches(report.region) else principal.region
                accepted.append(replace(report, region=own))
            elif principal.reaches(region):
                accepted.append(report)
            else:
                findings.append(finding("OUTSIDE_REGION", f"[{index}]", value=report.asset))
        return accepted, findings

    def asset(self, report: Report) -> str:
        """The asset that a report is about, "" when the inventory has none such."""
        if report.asset in self._regions:
            return report.asset
        return (self._book.find(report.asset) if report.by_address else "") or (
            self._book.find(report.address) if report.address else ""
        )

    def _look(self) -> None:
        pump, at = self._deps.pump, self._deps.clock()
        if not pump.filled:
            raise Problem("busy")
        if 0 <= at - self._read_at < FRESH:
            return
        records = pump.mirror.records("asset", Audience())
        self._regions = {id: str(record["region"]) for id, record in records.items()}
        self._book = AddressBook(
            Asset(id=id, name="", kind="", region="", probes=tuple(record["probes"])) for id, record in records.items()
        )
        self._read_at = at
