"""The blocks of a daily brief about the whole floor: network, video, approvals, warnings, receipts. Pure.

Every figure names the entries that it counts. Of more than MOST entries of a kind only the newest are counted, and a
row says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any

from feeds.journal.proofs import ProvenEntry
from feeds.model import Asset
from feeds.model.briefs import BriefBlock, BriefFigure, BriefRow, EntryReference
from feeds.regions import covers
from feeds.texts.catalogue import text
from incidents.briefs.blocks import CHINESE
from incidents.briefs.evidence import reference

MOST = 2000
"""Entries of a kind that a daily brief counts at most."""
OUTAGES_SHOWN = 10
VIDEO_KINDS = ("camera", "nvr")
FLOOR_KINDS = ("health", "alert", "case", "card", "order", "warning", "receipt")
"""Kinds of journal entry that the floor is counted from."""
DOCUMENTED = ("alert", "card", "order", "warning", "receipt")
"""Those whose documents say where a record is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FloorPicture:
    """The entries of a period by kind, oldest first, the documents of their subjects by kind and id, and the assets.

    `region` "" is the whole site, with what has no region. Assets that have left the inventory are not counted.
    """

    entries: Mapping[str, Sequence[ProvenEntry]]
    documents: Mapping[str, Mapping[str, Mapping[str, Any]]]
    assets: Mapping[str, Asset]
    region: str
    end: float
    zone: tzinfo


@dataclass(slots=True, kw_only=True)
class AssetOutage:
    """An asset that was down: its entry, and the entry of its recovery, None while it lasts."""

    asset: Asset
    began: ProvenEntry
    ended: ProvenEntry | None = None

    def seconds(self, end: float) -> float:
        """The duration of the outage, seconds; of one that lasts, until `end`."""
        return (self.ended.entry.at if self.ended is not None else end) - self.began.entry.at


@dataclass(slots=True)
class _Block:
    key: str
    figures: dict[str, list[EntryReference]] = field(default_factory=dict)
    values: dict[str, float] = field(default_factory=dict)
    rows: list[BriefRow] = field(default_factory=list)

    def count(self, name: str, entries: Iterable[ProvenEntry]) -> None:
        """A figure that counts its entries."""
        self.figures[name] = [reference(proven) for proven in entries]

    def block(self, kind: str, end: float) -> BriefBlock:
        figures = tuple(
            BriefFigure(
                name=name,
                value=self.values.get(name, float(len(cited))),
                record_kind=kind,
                record="",
                as_of=end,
                entries=tuple(cited),
            )
            for name, cited in self.figures.items()
        )
        title = text(f"briefs.block.{self.key}", CHINESE)
        return BriefBlock(key=self.key, title=title, generated=True, rows=tuple(self.rows), figures=figures)


def floor(picture: FloorPicture) -> tuple[BriefBlock, ...]:
    """The blocks, in their order in the brief."""
    outages = list(_outages(picture))
    cameras = [outage for outage in outages if outage.asset.kind in VIDEO_KINDS]
    others = [outage for outage in outages if outage.asset.kind not in VIDEO_KINDS]
    blocks = (
        _about_assets("network", others, picture).block("asset", picture.end),
        _about_assets("video", cameras, picture).block("asset", picture.end),
        _approvals(picture).block("case", picture.end),
        _warnings(picture).block("warning", picture.end),
        _receipts(picture).block("receipt", picture.end),
    )
    full = [kind for kind in FLOOR_KINDS if len(picture.entries.get(kind, ())) >= MOST]
    if not full:
        return blocks
    note = BriefRow(name="truncated", text=text("briefs.truncated", CHINESE, n=MOST, kinds="、".join(full)))
    first = blocks[0]
    return (
        BriefBlock(key=first.key, title=first.title, generated=True, rows=(*first.rows, note), figures=first.figures),
        *blocks[1:],
    )


def _outages(picture: FloorPicture) -> Iterator[AssetOutage]:
    """Each time that an asset of the region went down."""
    running: dict[str, AssetOutage] = {}
    for proven in picture.entries.get("health", ()):
        asset = picture.assets.get(proven.entry.subject)
        if asset is None or not covers(picture.region, asset.region):
            continue
        if proven.entry.name == "down":
            running.setdefault(asset.id, AssetOutage(asset=asset, began=proven))
        elif (outage := running.pop(asset.id, None)) is not None:
            outage.ended = proven
            yield outage
    yield from running.values()


def _about_assets(key: str, outages: Sequence[AssetOutage], picture: FloorPicture) -> _Block:
    block = _Block(key)
    block.count(f"{key}_outages", (outage.began for outage in outages))
    lasting = [outage for outage in outages if outage.ended is None]
    block.count(f"{key}_lasting", (outage.began for outage in lasting))
    raised = [
        proven
        for proven in picture.entries.get("alert", ())
        if proven.entry.name == "raise" and _is_about(key, _alert(proven, picture), picture)
    ]
    block.count(f"{key}_alerts", raised)
    longest = sorted(outages, key=lambda outage: -outage.seconds(picture.end))[:OUTAGES_SHOWN]
    block.rows += [_outage_row(outage, picture) for outage in longest]
    return block


def _alert(proven: ProvenEntry, picture: FloorPicture) -> Mapping[str, Any]:
    return picture.documents.get("alert", {}).get(proven.entry.subject, {})


def _is_about(key: str, alert: Mapping[str, Any], picture: FloorPicture) -> bool:
    """Whether an alert is about an asset of the network, or about a camera."""
    asset = picture.assets.get(str(alert.get("asset", "")))
    if alert.get("subject_kind", "asset") != "asset" or asset is None or not covers(picture.region, asset.region):
        return False
    return (asset.kind in VIDEO_KINDS) == (key == "video")


def _outage_row(outage: AssetOutage, picture: FloorPicture) -> BriefRow:
    began = datetime.fromtimestamp(outage.began.entry.at, picture.zone)
    minutes = max(1, round(outage.seconds(picture.end) / 60))
    key = "briefs.outage.over" if outage.ended is not None else "briefs.outage.lasting"
    words = text(key, CHINESE, name=outage.asset.name, at=f"{began:%H:%M}", minutes=minutes)
    entries = [reference(outage.began), *([reference(outage.ended)] if outage.ended is not None else [])]
    return BriefRow(name="outage", text=words, sentence=True, entries=tuple(entries))


def _approvals(picture: FloorPicture) -> _Block:
    """Cases that turned yellow or red, cards, and supervision orders."""
    block = _Block("approvals")
    turned = [proven for proven in picture.entries.get("case", ()) if proven.entry.name == "lights"]
    for light in ("yellow", "red"):
        counting = [proven for proven in turned if (proven.entry.body.get("lights") or {}).get(light)]
        block.count(f"cases_{light}", counting)
        block.values[f"cases_{light}"] = float(sum(proven.entry.body["lights"][light] for proven in counting))
    cards = _named("card", ("propose", "raise"), picture)
    for colour in ("yellow", "red"):
        block.count(f"cards_{colour}", _first_of_each(_coloured(cards, colour, picture)))
    block.count("orders_issued", _named("order", ("approve",), picture))
    block.count("orders_answered", _named("order", ("feedback",), picture))
    block.count("orders_overdue", _named("order", ("overdue",), picture))
    return block


def _named(kind: str, names: Sequence[str], picture: FloorPicture) -> list[ProvenEntry]:
    """The entries of a kind that have one of the names and whose record is of the region."""
    documents = picture.documents.get(kind, {})
    return [
        proven
        for proven in picture.entries.get(kind, ())
        if proven.entry.name in names and covers(picture.region, _region(documents.get(proven.entry.subject, {})))
    ]


def _region(document: Mapping[str, Any]) -> str:
    return str(document.get("region", ""))


def _coloured(cards: Sequence[ProvenEntry], colour: str, picture: FloorPicture) -> list[ProvenEntry]:
    documents = picture.documents.get("card", {})
    return [proven for proven in cards if documents[proven.entry.subject].get("colour") == colour]


def _first_of_each(entries: Iterable[ProvenEntry]) -> list[ProvenEntry]:
    first: dict[str, ProvenEntry] = {}
    for proven in entries:
        first.setdefault(proven.entry.subject, proven)
    return list(first.values())


def _warnings(picture: FloorPicture) -> _Block:
    """Actual warnings that came, the grave ones apart, and those that ended."""
    block = _Block("warnings")
    documents = picture.documents.get("warning", {})
    actual = [proven for proven in picture.entries.get("warning", ()) if _is_actual(proven, documents, picture.region)]
    received = _first_of_each(proven for proven in actual if proven.entry.name == "received")
    block.count("warnings_received", received)
    grave = [proven for proven in received if documents[proven.entry.subject].get("colour") in ("red", "orange")]
    block.count("warnings_grave", grave)
    block.count(
        "warnings_ended", _first_of_each(proven for proven in actual if proven.entry.name in ("cancelled", "expired"))
    )
    for proven in grave:
        document = documents[proven.entry.subject]
        words = str(document.get("headline") or document.get("event") or proven.entry.subject)
        block.rows.append(BriefRow(name="warning", text=words, sentence=True, entries=(reference(proven),)))
    return block


def _is_actual(proven: ProvenEntry, documents: Mapping[str, Mapping[str, Any]], region: str) -> bool:
    document = documents.get(proven.entry.subject)
    if document is None or document.get("status") != "Actual":
        return False
    regions = document.get("regions") or ()
    return not regions or any(covers(region, code) or covers(code, region) for code in regions)


def _receipts(picture: FloorPicture) -> _Block:
    block = _Block("receipts")
    block.count("receipts_received", _named("receipt", ("received", "created"), picture))
    block.count("receipts_opened", _named("receipt", ("opened",), picture))
    block.count("receipts_unanswered", _named("receipt", ("unanswered",), picture))
    return block
