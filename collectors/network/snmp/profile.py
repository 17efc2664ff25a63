"""SNMP profiles: what is asked of which device, as data (collectors/network/snmp/profiles/*.toml).

A profile has scalars and tables. A table names its rows by its `label` columns, keeps those
that all of its `keep` say, and gives one reading a row and column. `extends` takes over what
other profiles ask (a table of the same id replaces theirs), `detect` adds the profile whose
`sys_object_id` is the longest prefix of the device's own (RFC 3418). A site adds its own files (`use_site`).
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from collectors.network.snmp.profile_keys import lacking, listed, need_keys
from feeds.model.device_facts import FACT_NAMES

KINDS = ("gauge", "counter32", "counter64", "words", "number", "text")


class BadProfile(ValueError):
    """A profile file says what nobody can ask; the text names the file and the key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One reading. `oid` is a scalar with its ".0", or a column without index.

    `kind`: gauge (a number, times `scale`), counter32/64 (times `scale`, a second), words (named integers),
    number (a number written in a text), text. `of` and `rest` make a percentage: of that object, or of the sum
    with it. `share` also gives the percentage of the interface's speed. `unknown` are values that mean none.
    """

    metric: str
    oid: str
    kind: str = "gauge"
    unit: str = ""
    scale: float = 1.0
    words: Mapping[int, str] | None = None
    unknown: tuple[int, ...] = ()
    of: str = ""
    rest: str = ""
    share: str = ""
    otherwise: Metric | None = None

    @property
    def oids(self) -> tuple[str, ...]:
        """Everything that must be asked for it."""
        return tuple(filter(None, (self.oid, self.of, self.rest)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """Only rows in which the column `oid` has one of `values`, or none of `without`; rows without that object stay."""

    oid: str
    values: tuple[int | str, ...] = ()
    without: tuple[int | str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """A column that gives a row's speed, in bit/s after `scale`."""

    oid: str
    scale: float = 1.0
    unknown: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows that are found now and then, and columns that are read every time. `index`: rows go by their index."""

    id: str
    label: tuple[str, ...]
    columns: tuple[Metric, ...]
    keep: tuple[Keep, ...] = ()
    speed: tuple[Speed, ...] = ()
    note: str = ""
    index: bool = False
    rows: int = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Everything that is asked of a device. `title` is by language.

    `facts` are OIDs of what the device says of itself, by name (feeds.model.device_facts.FACT_NAMES).
    """

    name: str
    title: Mapping[str, str]
    scalars: tuple[Metric, ...] = ()
    tables: tuple[Table, ...] = ()
    sys_object_id: tuple[str, ...] = ()
    detect: bool = False
    fallback: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)

    def joined(self, other: Profile) -> Profile:
        """Both together; where they speak of the same table or metric, `other` holds."""
        metrics, tables = {item.metric for item in other.scalars}, {item.id for item in other.tables}
        return replace(
            self,
            scalars=(*(metric for metric in self.scalars if metric.metric not in metrics), *other.scalars),
            tables=(*(table for table in self.tables if table.id not in tables), *other.tables),
            facts={**self.facts, **other.facts},
        )


_site: dict[str, str] = {}
"""The texts of the site's own profiles, by name."""


def use_site(folder: Path) -> list[BadProfile]:
    """Use the profiles of a folder beside the shipped ones; what is wrong with those that cannot be used.

    A folder that does not exist holds none. A profile may extend shipped ones and others of the folder.
    """
    _site.clear()
    faults: dict[str, BadProfile] = {}
    for path in sorted(folder.glob("*.toml")) if folder.is_dir() else ():
        try:
            if path.stem in _shipped():
                raise BadProfile(f"profiles/{path.name}: the name of a shipped profile is taken")
            _site[path.stem] = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            faults[path.stem] = BadProfile(f"profiles/{path.name}: {error}")
        except BadProfile as error:
            faults[path.stem] = error
    _forget()
    for name in list(_site):
        try:
            load(name)
        except (BadProfile, RecursionError) as error:
            faults[name] = error if isinstance(error, BadProfile) else BadProfile(f"profiles/{name}.toml: a circle")
    for name in faults:
        _site.pop(name, None)
    _forget()
    return [faults[name] for name in sorted(faults)]


def _forget() -> None:
    for cached in (names, load, _makers, for_device):
        cached.cache_clear()


@cache
def _shipped() -> tuple[str, ...]:
    folder = files("collectors.network.snmp") / "profiles"
    return tuple(sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml")))


@cache
def names() -> tuple[str, ...]:
    """Every profile there is, shipped and of the site, sorted."""
    return tuple(sorted({*_shipped(), *_site}))


def objects() -> tuple[Metric, ...]:
    """Every reading that a profile asks for, shipped ones and the site's; a reading of several profiles comes again."""
    return tuple(metric for name in names() for metric in _objects(load(name)))


def _objects(profile: Profile) -> tuple[Metric, ...]:
    return (*profile.scalars, *(column for table in profile.tables for column in table.columns))


@cache
def load(name: str) -> Profile:
    """The profile, with what it extends. Raises BadProfile, KeyError when there is none of that name."""
    if name not in names():
        raise KeyError(name)
    if name in _site:
        return parse(name, _site[name])
    text = (files("collectors.network.snmp") / "profiles" / f"{name}.toml").read_text(encoding="utf-8")
    return parse(name, text)


@cache
def _makers() -> tuple[tuple[str, str], ...]:
    """(sysObjectID prefix, profile), longest first."""
    pairs = [(prefix, name) for name in names() for prefix in load(name).sys_object_id]
    return tuple(sorted(pairs, key=lambda pair: -pair[0].count(".")))


@cache
def for_device(name: str, sys_object_id: str) -> Profile:
    """The profile for a device with this `sys_object_id` ("" when the device gives none)."""
    profile = load(name)
    if not profile.detect:
        return profile
    dotted = f"{sys_object_id}."
    maker = next(
        (maker_profile for prefix, maker_profile in _makers() if dotted.startswith(f"{prefix}.")), profile.fallback
    )
    return profile.joined(load(maker)) if maker else profile


def parse(name: str, text: str) -> Profile:
    """The profile that a file's text describes. Raises BadProfile."""
    try:
        raw = tomllib.loads(text)
        own = Profile(
            name=name,
            title=raw.pop("title", None) or lacking("the file", "title"),
            detect=raw.pop("detect", False),
            fallback=raw.pop("fallback", ""),
            sys_object_id=tuple(raw.pop("sys_object_id", ())),
            scalars=tuple(metric_of(row) for row in raw.pop("scalar", ())),
            tables=tuple(_table(row) for row in raw.pop("table", ())),
            facts=_facts(raw.pop("facts", {})),
        )
        above = [_parent(parent_name) for parent_name in listed(raw.pop("extends", []), "extends")]
    except (KeyError, TypeError, ValueError) as error:
        raise BadProfile(f"profiles/{name}.toml: {error}") from error
    if raw:
        raise BadProfile(f"profiles/{name}.toml: unknown keys {sorted(raw)}")
    whole = own
    if above:
        whole = above[0]
        for extension in (*above[1:], own):
            whole = whole.joined(extension)
    return replace(own, scalars=whole.scalars, tables=whole.tables, facts=whole.facts)


def metric_of(raw: Mapping[str, Any]) -> Metric:
    """One reading from its table in a file. Raises KeyError, TypeError or ValueError for what nobody can ask."""
    raw = dict(raw)
    need_keys(raw, Metric, "metric", "metric", "oid")
    value_words = raw.pop("words", None)
    fallback_word = raw.pop("otherwise", None)
    metric = Metric(
        oid=str(raw.pop("oid")).lstrip("."),
        unknown=tuple(raw.pop("unknown", ())),
        words={int(k): v for k, v in value_words.items()} if value_words else None,
        **raw,
    )
    if metric.kind not in KINDS:
        raise ValueError(f"{metric.metric}: kind {metric.kind!r} is not one of {KINDS}")
    if metric.metric.endswith(".up") or "." not in metric.metric:
        raise ValueError(f"{metric.metric}: a reading is family.name, and .up is for the verdict")
    _need_oids(metric.metric, metric.oids)
    # An alternative differs in where it stands, not in what it means.
    return replace(metric, otherwise=replace(metric, **fallback_word)) if fallback_word else metric


def _parent(name: str) -> Profile:
    if name not in names():
        raise ValueError(f"extends: there is no profile {name!r}; known: {', '.join(names())}")
    return load(name)


def _facts(raw: Mapping[str, Any]) -> Mapping[str, str]:
    """OIDs by name of fact. Raises ValueError for a name or an OID that is none."""
    for name, oid in raw.items():
        if name not in FACT_NAMES:
            raise ValueError(f"facts: {name!r} is not one of {FACT_NAMES}")
        _need_oids(f"facts.{name}", (oid,))
    return dict(raw)


def _need_oids(where: str, oids: tuple[str, ...]) -> None:
    if not all(isinstance(oid, str) and all(part.isdecimal() for part in oid.split(".")) for oid in oids):
        raise ValueError(f"{where}: {oids} are no OIDs of numbers (snmpwalk -On prints them)")


def _table(raw: dict[str, Any]) -> Table:
    raw = dict(raw)
    need_keys(raw, Table, "id", "id", "label", "column")
    return Table(
        label=tuple(raw.pop("label")),
        columns=tuple(metric_of(row) for row in raw.pop("column")),
        keep=tuple(
            Keep(oid=row["oid"], values=tuple(row.get("values", ())), without=tuple(row.get("without", ())))
            for row in raw.pop("keep", ())
        ),
        speed=tuple(Speed(**{**row, "unknown": tuple(row.get("unknown", ()))}) for row in raw.pop("speed", ())),
        **raw,
    )
