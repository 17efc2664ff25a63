"""`watchfloor journal verify`: the proof of the journal, against its key, its recorded heads and a backup."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from feeds.bus import Bus
from feeds.evidence import FOLDER, EvidenceStore
from feeds.journal import ChainFault, Doc, Journal, heads, seals
from feeds.journal.forms import UnreadableDocument
from feeds.journal.heads import Gap, Head, Heads
from feeds.model import Kind
from feeds.wire import iso
from watchfloor.backup import files
from watchfloor.runtime import journal_watch
from watchfloor.runtime.stores import redis_url
from watchfloor.settings.site_settings import Settings
from watchfloor.tools import documents


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyReport:
    """The result. `first` is the time of the oldest audit entry; `sealed` is False while no key signs the journal.

    `evidence` are the files of tasks that are gone from the disk or altered, one line each.
    """

    entries: int
    sealed: bool
    first: float | None
    faults: Sequence[ChainFault]
    wrong: Sequence[UnreadableDocument]
    evidence: Sequence[str] = ()

    @property
    def is_whole(self) -> bool:
        """True when nothing is missing, changed or unreadable."""
        return not (self.faults or self.wrong or self.evidence)


async def run(settings: Settings, journal: Journal, against: Path | None) -> VerifyReport:
    """Verify the journal. Raises JournalError."""
    faults = [*await journal.verify(), *await _missing(settings, journal, against)]
    oldest = await journal.entries(kind="audit", limit=1)
    return VerifyReport(
        entries=await journal.count(),
        sealed=await journal.cursor(seals.NAME) is not None,
        first=oldest[0].at if oldest else None,
        faults=faults,
        wrong=await documents.findings(journal),
        evidence=await _lost_evidence(journal, EvidenceStore(settings.data / FOLDER)),
    )


async def _lost_evidence(journal: Journal, store: EvidenceStore) -> list[str]:
    """The files that tasks name and that the disk does not have as they were."""
    lost: list[str] = []
    async for page in journal.documents():
        for doc in page:
            if not isinstance(doc, Doc) or doc.kind != Kind.TASK:
                continue
            for evidence in doc.body["evidence"]:
                if damage := await asyncio.to_thread(store.damaged, evidence["sha256"]):
                    lost.append(f"task {doc.id}: evidence {evidence['name']} ({evidence['sha256']}) is {damage}")
    return lost


async def _missing(settings: Settings, journal: Journal, against: Path | None) -> list[ChainFault]:
    """Entries that a record outside the journal names and the journal has no more."""
    bus = Bus(redis_url(settings), settings.site.region, name="verify")
    try:
        recorded = await journal_watch.load(settings.data / "run" / journal_watch.FILE, bus, journal)
    finally:
        await bus.close()
    missing = [(gap, "recorded heads") for gap in await heads.missing(journal, recorded)] if recorded else []
    if against is not None:
        try:
            manifest = files.read_manifest(against)
        except files.BackupError as error:
            return [ChainFault(chain="", chain_seq=0, seq=0, what=str(error))]
        if not manifest.is_proven(journal.keyring):
            return [ChainFault(chain="", chain_seq=0, seq=0, what=f"{against} is not signed by the journal's key")]
        chains = {chain: Head(int(end["length"]), str(end["hash"])) for chain, end in manifest.chains.items()}
        missing += [
            (gap, f"backup of {manifest.made_at}") for gap in await heads.missing(journal, Heads(chains=chains))
        ]
    return [_fault(gap, source) for gap, source in missing]


def _fault(gap: Gap, source: str) -> ChainFault:
    problem = f"to #{gap.last} are missing or others: {source}" if gap.chain else f"{gap.last} documents: {source}"
    return ChainFault(chain=gap.chain, chain_seq=gap.first, seq=0, what=problem)


def shown(report: VerifyReport, *, as_json: bool) -> str:
    """The report as text for people, or as JSON."""
    if as_json:
        return json.dumps(_record(report), ensure_ascii=False)
    total = f"{report.entries} 条记录 entries, {len(report.faults)} 处问题 faults, "
    total += f"{len(report.wrong)} 份文档有问题 documents are wrong"
    if report.evidence:
        total += f", {len(report.evidence)} 份附件缺失或被改动 files of evidence are lost"
    lines = [*(fault.text for fault in report.faults), *documents.lines(report.wrong), *report.evidence, total]
    if not report.sealed:
        lines.append("台账尚未签名，下一次写入时签名 Not signed yet; the next entry signs it")
    if report.first is not None:
        lines.append(f"审计记录自 {iso(report.first)} 起，从不删除 Audit entries since then; none is ever deleted")
    return "\n".join(lines)


def _record(report: VerifyReport) -> dict[str, Any]:
    faults = [
        {"chain": fault.chain, "chain_seq": fault.chain_seq, "seq": fault.seq, "what": fault.what}
        for fault in report.faults
    ]
    return {
        "entries": report.entries,
        "sealed": report.sealed,
        "audit_since": iso(report.first),
        "faults": faults,
        "documents": documents.records(report.wrong),
        "evidence": list(report.evidence),
    }
