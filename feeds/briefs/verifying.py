"""Verification of a brief against the journal: its signature, each figure's entry, and the file as it was exported.

It needs the journal and nothing else: no running site and no network.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import msgspec

from feeds.briefs import layout, pdf_file
from feeds.briefs.carried import CarriedBrief, NoBrief
from feeds.briefs.content import content_hash
from feeds.journal import Journal, JournalEntry, proofs
from feeds.journal.proofs import ProvenEntry
from feeds.model.briefs import OUT_STATES, Brief, EntryReference

KIND, EXPORTED = "brief", "brief-exported"
"""Kind of the entries about briefs, and the name of the audit entry of an export."""
MOST_EXPORTS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class BriefFault:
    """What does not fit: a stable code, the figure or row that it is about, and the entry cited ("": none)."""

    code: str
    figure: str = ""
    chain: str = ""
    number: int = 0
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BriefVerification:
    """The result for one brief: how many entries were compared, and every fault."""

    brief: Brief
    compared: int
    faults: tuple[BriefFault, ...]


def opened(raw: bytes) -> CarriedBrief:
    """The brief that a DOCX or PDF carries. Raises NoBrief."""
    if raw.startswith(b"%PDF-"):
        return pdf_file.carried(raw)
    if raw.startswith(b"PK"):
        from feeds.briefs import docx_file  # python-docx is needed for exports alone

        return docx_file.carried(raw)
    raise NoBrief("neither DOCX nor PDF")


async def verify_file(journal: Journal, raw: bytes) -> BriefVerification:
    """Verify an exported file. Raises NoBrief."""
    carried = opened(raw)
    result = await verify(journal, carried.brief)
    faults = [*result.faults, *(await _export_faults(journal, carried, raw))]
    return replace(result, faults=tuple(faults))


async def verify(journal: Journal, brief: Brief) -> BriefVerification:
    """Verify a brief: its signature against the journal's, and every entry that its figures and rows cite."""
    cited = list(_cited(brief))
    places = {(reference.chain, reference.number) for _, _, reference in cited}
    entries = await proofs.numbered(journal, places)
    faults = [fault for name, value, reference in cited if (fault := _fault(name, value, reference, entries))]
    faults = [*(await _signature_faults(journal, brief)), *faults]
    return BriefVerification(brief=brief, compared=len(places), faults=tuple(faults))


def _cited(brief: Brief) -> Iterable[tuple[str, float | None, EntryReference]]:
    """Everything that cites an entry: its printed name, the value that the entry must state, and the reference."""
    for block in brief.blocks:
        for figure in block.figures:
            for reference in figure.entries:
                yield layout.figure_name(figure.name), figure.value if figure.report else None, reference
        for row in block.rows:
            for reference in row.entries:
                yield layout.row_name(row) or block.title, None, reference
    if brief.basis is not None:
        yield "basis", None, brief.basis


def _fault(
    name: str, value: float | None, reference: EntryReference, entries: Mapping[tuple[str, int], ProvenEntry]
) -> BriefFault | None:
    proven = entries.get((reference.chain, reference.number))
    code = ""
    if proven is None:
        code = "entry_missing"
    elif not proven.intact or proven.hash != reference.hash:
        code = "entry_changed"
    elif value is not None and proven.entry.body.get("value") != value:
        code = "figure_differs"
    return BriefFault(code=code, figure=name, chain=reference.chain, number=reference.number) if code else None


async def _signature_faults(journal: Journal, brief: Brief) -> list[BriefFault]:
    """A brief that is out must have the hash that the journal noted when it was signed."""
    if brief.state not in OUT_STATES and not brief.signatures:
        return [BriefFault(code="not_signed")]
    signed = [proven for proven in await proofs.about(journal, KIND, brief.id) if proven.entry.name == "signed"]
    if not signed:
        return [BriefFault(code="signature_missing")]
    (proven, *_) = signed
    faults = []
    if not proven.intact:
        faults.append(_of_entry("entry_changed", "signature", proven.entry))
    if proven.entry.body.get("hash") != content_hash(brief):
        faults.append(_of_entry("content_differs", "signature", proven.entry))
    return faults


def _of_entry(code: str, figure: str, entry: JournalEntry) -> BriefFault:
    return BriefFault(code=code, figure=figure, chain=entry.chain, number=entry.chain_seq)


async def _export_faults(journal: Journal, carried: CarriedBrief, raw: bytes) -> list[BriefFault]:
    """The file must be, byte for byte, one that the site exported; the first line that differs is named."""
    digest = hashlib.sha256(raw).hexdigest()
    exports = [
        proven.entry
        for proven in await proofs.about(journal, "audit", carried.brief.id, MOST_EXPORTS)
        if proven.entry.name == EXPORTED and proven.intact
    ]
    if any(entry.body.get("sha256") == digest for entry in exports):
        return []
    return [BriefFault(code="file_changed", detail=_first_difference(carried, raw))]


def _first_difference(carried: CarriedBrief, raw: bytes) -> str:
    """The first printed line that is not what the data of the file says; "" for none, or for a PDF."""
    if raw.startswith(b"%PDF-"):
        return ""
    from feeds.briefs import docx_file

    lines = docx_file.texts(raw)
    expected = docx_file.texts(docx_file.render(carried.brief, carried.issuer))
    for line, other in zip(lines, expected, strict=False):
        if line != other:
            return line
    return "" if len(lines) == len(expected) else (lines[len(expected) :] or ["…"])[0]


async def find(journal: Journal, id: str) -> Brief | None:
    """The brief of that id as the journal has it, None without one."""
    doc = await journal.doc(KIND, id)
    return msgspec.convert(doc.body, Brief) if doc is not None else None
