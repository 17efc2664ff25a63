"""Briefs (专报, 值班快报, 日报): blocks that the site generates and blocks that people write, versions, and signatures.

Each figure that was generated names the journal entries that it comes from.
"""

from __future__ import annotations

from dataclasses import dataclass

from feeds.model.times import Time

BRIEF_KINDS = ("special", "bulletin", "daily")
"""专报, 值班快报, 日报."""
BRIEF_STEPS = ("first", "follow-up", "supplement", "final")
"""初报, 续报, 补报, 终报."""
BRIEF_STATES = ("draft", "checked", "signed", "sent", "superseded", "withdrawn")
EDITABLE_STATES = ("draft", "checked")
IN_HAND_STATES = ("draft", "checked", "signed")
"""States of a brief that is being written, or waits to be sent."""
OUT_STATES = ("signed", "sent", "superseded")
"""States of a brief that has its signature."""
URGENCIES = ("", "urgent", "flash")
"""None, 加急, 特急."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryReference:
    """One journal entry: its place in its chain and its hash. `seq` is the journal's own order."""

    seq: int
    chain: str
    number: int
    hash: str
    at: Time


@dataclass(frozen=True, slots=True, kw_only=True)
class BriefFigure:
    """A figure with the record and the entries that prove it.

    `name` is one of feeds.model.incidents.FIGURES, or a count of a daily brief. `report` is the number of the casualty
    report, 0 for a count. `before` is what the brief before this one said, None where it said nothing.
    """

    name: str
    value: float
    source: str = ""
    official: bool = False
    report: int = 0
    before: float | None = None
    record_kind: str
    record: str
    as_of: Time
    entries: tuple[EntryReference, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BriefRow:
    """A line of a generated block: its name (a key of the catalogue), its words, and the entries that prove them.

    `unknown`: nobody has said it yet, it is printed as 核实中. `sentence`: the words are a sentence, without a name.
    """

    name: str
    text: str
    entries: tuple[EntryReference, ...] = ()
    unknown: bool = False
    sentence: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BriefBlock:
    """One block. A generated one has rows and figures. One of people has `text`, which generating never changes."""

    key: str
    title: str
    generated: bool
    text: str = ""
    rows: tuple[BriefRow, ...] = ()
    figures: tuple[BriefFigure, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BriefFinding:
    """What a check says: a stable code, the block or field, and whether it forbids signing."""

    code: str
    field: str
    blocking: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BriefSignature:
    """A signature: who signed, how it was proven, and the hash of what was signed.

    `method` is "password", "password+code", "demo", or "phone": then `recorded_by` wrote down that `by` agreed. `by`
    and `recorded_by` are accounts; `name` and `recorder` are what the duty roster called their owners at that time.
    """

    by: str
    method: str
    at: Time
    hash: str
    recorded_by: str = ""
    name: str = ""
    recorder: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BriefSending:
    """That the brief was received: how, by whom or under what number, when, and which report due it met."""

    channel: str
    at: Time
    recipient: str
    number: str = ""
    note: str = ""
    by: str
    entered_at: Time
    obligation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BriefCorrection:
    """A figure that was corrected after the signature: what the brief says, and what is known now."""

    name: str
    value: float
    corrected: float
    at: Time


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """One brief. Writer: the command role. `id` is "{site}:B{yyyymmdd}-{nnnn}", of an exercise "{site}:BX…".

    `number` is given at the signature and stays with a brief that is withdrawn. `ordinal` counts the follow-up reports
    of an incident from 1. `version` counts the versions of the content. `basis` is the head of the chain when the
    blocks were generated. `edited_by` are all who wrote in it. `countersign_by`: when the signature after one by phone
    is due. `period_start` and `period_end` are those of a daily brief.
    """

    id: str
    mode: str = "real"
    kind: str
    step: str = ""
    ordinal: int = 0
    incident: str = ""
    region: str
    title: str
    number: str = ""
    state: str = "draft"
    version: int = 1
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    urgency: str = ""
    blocks: tuple[BriefBlock, ...] = ()
    basis: EntryReference | None = None
    findings: tuple[BriefFinding, ...] = ()
    edited_by: tuple[str, ...] = ()
    created_by: str
    created_at: Time
    changed_at: Time
    period_start: Time | None = None
    period_end: Time | None = None
    signatures: tuple[BriefSignature, ...] = ()
    countersign_by: Time | None = None
    countersign_late: bool = False
    sendings: tuple[BriefSending, ...] = ()
    corrections: tuple[BriefCorrection, ...] = ()
    reason: str = ""
    rev: int = 1

    @property
    def corrected(self) -> bool:
        """A figure of it was corrected after its signature (有更正)."""
        return bool(self.corrections)
