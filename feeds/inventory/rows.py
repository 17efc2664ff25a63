"""Conversion of text rows to assets. An invalid row is rejected by its number, and the others are used.

Monitoring matters more than topology: an asset with an unknown parent, or in a cycle of parents, is accepted without
that parent, and a finding reports it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from feeds.findings import Finding, InFile
from feeds.inventory.findings import InventoryRow, finding
from feeds.inventory.parents import drop_cycles, drop_unknown_parents
from feeds.inventory.redundancy import redundancy_remarks
from feeds.inventory.texts import nearest_scheme
from feeds.masking import masked
from feeds.model import Asset
from feeds.positions import seems_swapped
from feeds.regions import is_code

COLUMNS = (
    "id",
    "name",
    "kind",
    "region",
    "lat",
    "lon",
    "parents",
    "redundancy_group",
    "owner",
    "importance",
    "labels",
    "probes",
)
REQUIRED = ("id", "name", "kind", "region")
# Characters that a URL path or the inventory's own separators would misinterpret.
_BAD_ID = re.compile(r"[\s;/\\?#%\x00-\x1f\x7f]")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(.*)", re.DOTALL)
_BAD_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")

ProbeCheck = Callable[[str], dict[str, str] | None]
"""Returns the error in a probe's URI, by language, or None."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """All assets by id, in the order of the rows, and the findings on the rows."""

    assets: dict[str, Asset] = field(default_factory=dict)
    findings: tuple[Finding[InFile], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class InventoryDiff:
    """Ids of the assets that a new inventory adds, removes and changes."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()


class RowRefused(Exception):
    """A row cannot be used; carries the parts of its finding."""

    def __init__(self, code: str, column: str, value: str, **arguments: str | int) -> None:
        super().__init__(code)
        self.code, self.column, self.value, self.arguments = code, column, value, arguments
        self.message: dict[str, str] = {}

    def finding(self, row: InventoryRow, *, error: bool = True) -> Finding[InFile]:
        """The finding of the row."""
        refusal = finding(
            self.code,
            row.file,
            line=row.line,
            column=self.column,
            value=self.value,
            error=error,
            arguments=self.arguments,
        )
        return replace(refusal, message=self.message) if self.message else refusal


def build(
    rows: Iterable[InventoryRow], *, schemes: Collection[str], check_probe: ProbeCheck = lambda uri: None
) -> Inventory:
    """The inventory of all files' rows. Never raises for an invalid row.

    `schemes` are those with a collector; `check_probe` applies each protocol's rules to a URI.
    """
    assets: dict[str, Asset] = {}
    accepted: dict[str, InventoryRow] = {}
    refused: dict[str, InventoryRow] = {}
    findings: list[Finding[InFile]] = []
    files: list[str] = []
    for row in rows:
        if row.file not in files:
            files.append(row.file)
        values = {column: plain(column, row.values.get(column, "")) for column in COLUMNS}
        try:
            asset = _asset(values, accepted, schemes, check_probe)
        except RowRefused as no:
            findings.append(no.finding(row))
            refused.setdefault(values["id"], row)
            continue
        findings += _remarks(row, values)
        assets[asset.id] = asset
        accepted[asset.id] = row
    findings += drop_unknown_parents(assets, accepted, refused)
    findings += drop_cycles(assets, accepted)
    findings += redundancy_remarks(assets, accepted, [_ties(row) for row in refused.values()])
    findings.sort(key=lambda item: (files.index(item.where.file), item.where.line))
    return Inventory(assets=assets, findings=tuple(findings))


def _ties(row: InventoryRow) -> tuple[str, tuple[str, ...]]:
    """The redundancy group and the parents of a row, as written."""
    group, parents = (plain(column, row.values.get(column, "")) for column in ("redundancy_group", "parents"))
    return group, several(parents)


_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff"))
_BLANKS = dict.fromkeys(map(ord, "\u00a0\u2002\u2003\u2009\u202f\u3000"), " ")
_SIGNS = str.maketrans({"；": ";", "＝": "="})
_COMMA = {"parents": re.compile("[，、]"), "labels": re.compile("[，、](?=[^;=，、]*=)")}
"""Chinese commas that divide parents, and labels where another name=value follows."""
_SECOND_LABEL = re.compile(r"[,|\s]\s*[\w.-]+=")
"""A comma or blank in a label's value, with another name=value behind."""
_IN_PROBES = str.maketrans({"；": " ", "：": ":", "？": "?", "＝": "=", "＆": "&", "／": "/"})


def plain(column: str, text: str) -> str:
    """Normalise a cell that was typed with a Chinese input method or copied from a document.

    Invisible characters are removed, and special blanks become plain ones. Full-width signs become plain ones where the
    column has separators. Numbers, codes and ids are normalised to NFKC. Names keep their signs.
    """
    text = text.translate(_INVISIBLE).translate(_BLANKS).strip()
    if column == "probes":
        return text.translate(_IN_PROBES)
    if column in _COMMA:
        text = _COMMA[column].sub(";", text.translate(_SIGNS))
    if column in ("lat", "lon", "importance", "region", "id", "kind", "parents", "redundancy_group"):
        return unicodedata.normalize("NFKC", text)
    return text


def diff(old: Inventory, new: Inventory) -> InventoryDiff:
    """The assets to start, stop and restart when `new` replaces `old`."""
    return InventoryDiff(
        added=tuple(key for key in new.assets if key not in old.assets),
        removed=tuple(key for key in old.assets if key not in new.assets),
        changed=tuple(key for key, asset in new.assets.items() if key in old.assets and old.assets[key] != asset),
    )


def _asset(
    values: dict[str, str], accepted: Mapping[str, InventoryRow], schemes: Collection[str], check_probe: ProbeCheck
) -> Asset:
    check_identity(values, accepted)
    lat, lon = position_of(values["lat"], values["lon"])
    return Asset(
        id=values["id"],
        name=values["name"],
        kind=values["kind"],
        region=values["region"],
        lat=lat,
        lon=lon,
        parents=several(values["parents"]),
        redundancy_group=values["redundancy_group"],
        owner=values["owner"],
        importance=_importance(values["importance"]),
        labels=labels_of(values["labels"]),
        probes=tuple(dict.fromkeys(_probe(uri, schemes, check_probe) for uri in values["probes"].split())),
    )


def check_identity(values: Mapping[str, str], accepted: Mapping[str, InventoryRow]) -> None:
    """Raise RowRefused unless the row has an id of its own, a name, a kind and a region code."""
    for column in REQUIRED:
        if not values[column]:
            raise RowRefused("empty", column, "")
    if _BAD_ID.search(values["id"]) or len(values["id"]) > 128 or values["id"] in (".", ".."):
        raise RowRefused("id_form", "id", values["id"])
    if values["id"] in accepted:
        raise RowRefused("id_twice", "id", values["id"], first=accepted[values["id"]].place)
    if not is_code(values["region"]):
        raise RowRefused("region_form", "region", values["region"])


def several(text: str) -> tuple[str, ...]:
    """The values of a cell with semicolons between, each once."""
    return tuple(dict.fromkeys(part.strip() for part in text.split(";") if part.strip()))


def _importance(text: str) -> int:
    if text and not (text.isascii() and text.isdigit() and int(text) <= 100):
        raise RowRefused("importance_form", "importance", text)
    return int(text or 0)


def labels_of(text: str) -> dict[str, str]:
    """The labels of a cell "name=value;name=value". Raises RowRefused."""
    labels: dict[str, str] = {}
    for part in filter(None, (part.strip() for part in text.split(";"))):
        name, equals, value = part.partition("=")
        name = name.strip()
        if not equals or not name:
            raise RowRefused("label_form", "labels", part)
        if name in labels:
            raise RowRefused("label_twice", "labels", part, name=name)
        labels[name] = value.strip()
    return labels


def position_of(lat_text: str, lon_text: str) -> tuple[float | None, float | None]:
    """Latitude and longitude, (None, None) for none and for 0, 0. Raises RowRefused, also where the two are swapped."""
    if not lat_text and not lon_text:
        return None, None
    for column, text in (("lat", lat_text), ("lon", lon_text)):
        if not text:
            raise RowRefused("coordinate_half", column, "")
    lat, lon = _degrees("lat", lat_text), _degrees("lon", lon_text)
    if seems_swapped(lat, lon):
        raise RowRefused("coordinate_swapped", "lat", f"{lat_text}, {lon_text}", lat=lon_text, lon=lat_text)
    for column, text, number, bound in (("lat", lat_text, lat, 90), ("lon", lon_text, lon, 180)):
        # Written so that nan is out of range too.
        if not -bound <= number <= bound:
            raise RowRefused("coordinate_range", column, text, low=-bound, high=bound)
    return (None, None) if lat == lon == 0 else (lat, lon)


def _degrees(column: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise RowRefused("number_form", column, text) from None


def _probe(uri: str, schemes: Collection[str], check_probe: ProbeCheck) -> str:
    shown_uri = masked(uri)  # a password in the URI must not reach a screen
    match = _SCHEME.fullmatch(uri)
    if match is None:
        raise RowRefused("probe_no_scheme", "probes", shown_uri)
    scheme, remainder = match[1].lower(), match[2]
    if scheme not in schemes:
        near, scheme_list = nearest_scheme(scheme, schemes), " ".join(sorted(schemes))
        raise RowRefused("probe_scheme", "probes", shown_uri, scheme=scheme, near=near, schemes=scheme_list)
    try:
        parts = urlsplit(uri)
        port = parts.port
    except ValueError as error:
        raise RowRefused("probe_form", "probes", shown_uri, detail=str(error)) from None
    if (
        port == 0
        or (remainder.startswith("//") and not parts.hostname)
        or (not remainder.startswith("//") and parts.path)
    ):
        raise RowRefused("probe_form", "probes", shown_uri, detail="host:port")
    if broken := _BAD_PERCENT.search(uri):
        raise RowRefused("probe_form", "probes", shown_uri, detail=uri[broken.start() : broken.start() + 3])
    if message := check_probe(uri):
        no = RowRefused("probe_rules", "probes", shown_uri)
        no.message = message
        raise no
    return uri


def _remarks(row: InventoryRow, values: dict[str, str]) -> list[Finding[InFile]]:
    """Warnings on an accepted row."""
    findings = []
    if values["lat"] and float(values["lat"]) == float(values["lon"]) == 0:
        findings.append(finding("coordinate_zero", row.file, line=row.line, column="lat", value="0, 0", error=False))
    for name, value in labels_of(values["labels"]).items():
        if _SECOND_LABEL.search(value):
            findings.append(
                finding("label_comma", row.file, line=row.line, column="labels", value=f"{name}={value}", error=False)
            )
    uris = values["probes"].split()
    for uri in dict.fromkeys(uri for uri in uris if uris.count(uri) > 1):
        findings.append(
            finding("probe_twice", row.file, line=row.line, column="probes", value=masked(uri), error=False)
        )
    for uri in uris:
        if (shown_uri := masked(uri)) != uri:
            findings.append(
                finding("probe_secret", row.file, line=row.line, column="probes", value=shown_uri, error=False)
            )
    return findings
