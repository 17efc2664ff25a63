"""Imported devices as rows of the inventory: ids, probes, what is guessed, and what stands there twice. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from collectors.settings import Credential
from feeds.findings import Finding, InFile
from feeds.inventory.addresses import AddressBook
from feeds.inventory.findings import InventoryRow
from feeds.inventory.rows import COLUMNS, RowRefused, build, position_of
from feeds.model import Asset
from feeds.regions import covers, is_code
from watchfloor.imports.device import ImportedDevice
from watchfloor.imports.guesses import DEFAULT_KIND, kind_of, owner_of, probes_of, region_of, speaks_snmp
from watchfloor.imports.texts import remark
from watchfloor.settings.inventory import probe_fault

NAMES_SHOWN = 5
_BAD_ID = re.compile(r"[\s;/\\?#%\x00-\x1f\x7f]+")
_FORMULA = re.compile(r"^[=+\-@\t\r]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportSite:
    """What an import must know of its site: region, inventory, credentials, and the names of its units.

    `snmp` is the name of the credential for devices that speak SNMP, "" for none.
    """

    region: str
    assets: Mapping[str, Asset] = field(default_factory=dict)
    credentials: Mapping[str, Credential] = field(default_factory=dict)
    units: Sequence[str] = ()
    snmp: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedRows:
    """Rows for the inventory (text by column), the ids that it has already, and all findings."""

    rows: tuple[Mapping[str, str], ...]
    present: tuple[str, ...]
    findings: tuple[Finding[InFile], ...]


@dataclass(slots=True)
class _Drafts:
    """Rows in the making: what each is about, by id, and where each address was named first."""

    rows: dict[str, dict[str, str]] = field(default_factory=dict)
    devices: dict[str, ImportedDevice] = field(default_factory=dict)
    first: dict[tuple[str, ...], InFile] = field(default_factory=dict)
    present: list[str] = field(default_factory=list)
    findings: list[Finding[InFile]] = field(default_factory=list)


def rows_of(devices: Iterable[ImportedDevice], site: ImportSite) -> ImportedRows:
    """The rows that the inventory would take, in the order of the list."""
    drafts = _Drafts()
    watched = AddressBook(site.assets.values())
    for device in devices:
        _add(device, site, watched, drafts)
    drafts.findings += _unknown(drafts, site)
    _name_parents(drafts, site)
    _leave_out_refused(drafts, site)
    drafts.findings.sort(key=lambda finding: (finding.where.file, finding.where.line))
    return ImportedRows(
        rows=tuple(drafts.rows.values()), present=tuple(drafts.present), findings=tuple(drafts.findings)
    )


def _add(device: ImportedDevice, site: ImportSite, watched: AddressBook, drafts: _Drafts) -> None:
    where = device.where
    name = device.name or next(iter((*device.addresses, *device.urls)), "")
    probes = probes_of(device, site.snmp)
    if not probes:
        drafts.findings.append(remark("no_address", where, name or "?", error=True))
        return
    if first := drafts.first.get(probes):
        drafts.findings.append(remark("duplicate", where, name, error=True, first=_place(first)))
        return
    drafts.first[probes] = where
    if owner := _watching(device, probes, site, watched):
        drafts.present.append(owner)
        if site.assets[owner].name != name:
            drafts.findings.append(remark("already_watched", where, name, first=owner))
        return
    if not device.name:
        drafts.findings.append(remark("no_name", where, name))
    id = _id(device, name, probes, site, drafts)
    lat, lon = _position(device)
    drafts.devices[id] = device
    drafts.rows[id] = dict.fromkeys(COLUMNS, "") | {
        "id": id,
        "name": _plain(name),
        "kind": kind_of(device),
        "region": _region(device, site, drafts),
        "lat": lat,
        "lon": lon,
        "owner": _plain(owner_of(device, site.units)),
        "importance": device.importance,
        "labels": ";".join(f"{key}={value}" for key, value in device.labels.items()),
        "probes": " ".join(probes),
    }


def _watching(device: ImportedDevice, probes: Sequence[str], site: ImportSite, watched: AddressBook) -> str:
    """The asset of the inventory that has this id and one of these probes, or that has one of these probes."""
    if device.id in site.assets and set(probes) & set(site.assets[device.id].probes):
        return device.id
    owners = {watched.find(probe) for probe in probes if "//" in probe} - {""}
    owned = [owner for owner in owners if set(probes) & set(site.assets[owner].probes)]
    return owned[0] if owned else ""


def _place(where: InFile) -> str:
    return f"{where.file}:{where.line}" if where.line else f"{where.file} {where.key}".strip()


def _id(device: ImportedDevice, name: str, probes: Sequence[str], site: ImportSite, drafts: _Drafts) -> str:
    """The device's own id, else its address, else its name; with a number behind it when that is taken."""
    preferred = next(filter(None, map(_clean, (device.id, *device.addresses, name))), "device")
    if preferred not in drafts.rows and preferred not in site.assets:
        return preferred
    port = next((match[1] for probe in probes if (match := re.search(r":(\d+)(?:[/?]|$)", probe))), "")
    candidates = [f"{preferred}-{port}"] if port else []
    candidates += [f"{preferred}-{number}" for number in range(2, len(drafts.rows) + len(site.assets) + 3)]
    id = next(candidate for candidate in candidates if candidate not in drafts.rows and candidate not in site.assets)
    first = _place(drafts.devices[preferred].where) if preferred in drafts.devices else preferred
    drafts.findings.append(remark("id_twice", device.where, preferred, first=first, id=id))
    return id


def _clean(text: str) -> str:
    return _plain(_BAD_ID.sub("-", unicodedata.normalize("NFKC", text)).strip("-.")).replace(" ", "-")[:100]


def _plain(text: str) -> str:
    """Without leading signs that a spreadsheet would take for a formula."""
    return _FORMULA.sub("", " ".join(text.split()))


def _position(device: ImportedDevice) -> tuple[str, str]:
    """The coordinates where they can be used, also swapped ones; else none."""
    for lat, lon in ((device.lat, device.lon), (device.lon, device.lat)):
        try:
            if position_of(lat, lon) != (None, None):
                return lat, lon
        except RowRefused:
            continue
    return "", ""


def _region(device: ImportedDevice, site: ImportSite, drafts: _Drafts) -> str:
    if is_code(device.region) and not covers(site.region, device.region):
        drafts.findings.append(remark("region_outside", device.where, device.region))
    return region_of(device, site.region)


def _unknown(drafts: _Drafts, site: ImportSite) -> Iterator[Finding[InFile]]:
    """One finding for all devices of which the same is not known; fills in what stands for it."""
    for column, code, stand_in in (
        ("region", "region_unknown", site.region),
        ("kind", "kind_unknown", DEFAULT_KIND),
        ("owner", "owner_unknown", ""),
    ):
        lacking = [id for id, row in drafts.rows.items() if not row[column]]
        for id in lacking:
            drafts.rows[id][column] = stand_in
        if lacking:
            yield _of_several(code, lacking, drafts, stand_in)
    unasked = [id for id, device in drafts.devices.items() if speaks_snmp(device) and not site.snmp]
    if unasked:
        yield _of_several("snmp_credential", unasked, drafts, "")


def _of_several(code: str, ids: Sequence[str], drafts: _Drafts, value: str) -> Finding[InFile]:
    names = "、".join(drafts.rows[id]["name"] for id in ids[:NAMES_SHOWN]) + ("…" if len(ids) > NAMES_SHOWN else "")
    where = replace(drafts.devices[ids[0]].where, line=0, key="")
    return remark(code, where, value, count=len(ids), names=names)


def _name_parents(drafts: _Drafts, site: ImportSite) -> None:
    """Put the ids of uplinks into the rows; they are named by id, name or address."""
    by_word: dict[str, str] = {asset.name: asset.id for asset in site.assets.values()}
    by_word |= {id: id for id in site.assets}
    for id, device in drafts.devices.items():
        for word in (*device.addresses, device.id, device.name, id):
            by_word.setdefault(word, id)
    for id, device in drafts.devices.items():
        parents = []
        for word in device.parents:
            parent = by_word.get(" ".join(word.split()), "")
            if parent and parent != id:
                parents.append(parent)
            else:
                drafts.findings.append(remark("parent_unknown", device.where, word))
        drafts.rows[id]["parents"] = ";".join(dict.fromkeys(parents))


def _leave_out_refused(drafts: _Drafts, site: ImportSite) -> None:
    """Drop the rows that the inventory would refuse, with its own words."""
    lines = dict(enumerate(drafts.rows, 1))
    rows = [InventoryRow(file="", line=line, values=drafts.rows[id]) for line, id in lines.items()]
    schemes = {uri.partition(":")[0] for row in rows for uri in row.values["probes"].split()}
    tried = build(rows, schemes=schemes, check_probe=lambda uri: probe_fault(uri, site.credentials))
    refused = {
        finding.where.line: finding for finding in tried.findings if lines[finding.where.line] not in tried.assets
    }
    for line, fault in refused.items():
        id = lines[line]
        drafts.rows.pop(id)
        device = drafts.devices.pop(id)
        drafts.findings.append(remark("refused", device.where, fault.value, error=True, detail=fault.message))
