"""Which rows a device's tables have, found by walking their label and filter columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from collectors.charset import decoded
from collectors.network.snmp.profile import Metric, Table
from collectors.network.snmp.session import Agent, Raw

INTERFACES = "interfaces"
"""The id of the table that `ports` speaks of."""
LONGEST = 96
"""Characters of a name or a note that are kept."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One object (with what its percentage needs) that becomes one reading. `speed` in bit/s, 0 when unknown."""

    metric: Metric
    oids: tuple[str, ...]
    instance: str = ""
    note: str = ""
    speed: float = 0.0
    index: str = ""

    def other(self) -> Cell | None:
        """The alternative column for a device that does not have this one."""
        metric = self.metric.otherwise
        return None if metric is None else cell_of(metric, self.index, self.instance, self.note, self.speed)


def cell_of(metric: Metric, index: str = "", instance: str = "", note: str = "", speed: float = 0.0) -> Cell:
    """The cell of a scalar (`index` ""), or of one row."""
    oids = tuple(f"{oid}.{index}" for oid in metric.oids) if index else metric.oids
    return Cell(metric, oids, instance, note, speed, index)


async def rows(agent: Agent, table: Table, ports: str = "") -> list[Cell]:
    """The table's cells, at most `table.rows` rows of them. Raises CollectorError.

    `ports`, patterns with commas between them ("XGE*,Gi0/1"), chooses among interfaces; "" takes all.
    """
    labels: dict[str, Raw] = {}
    for oid in table.label:
        for index, value in (await agent.walk(oid, table.rows)).items():
            if not text(labels.get(index)):  # a row without this name goes by the next one
                labels[index] = value
    if not labels:
        return []
    rows = await _apply_keep(agent, table, _chosen(labels, ports) if table.id == INTERFACES else list(labels))
    notes = await agent.walk(table.note, table.rows) if table.note and rows else {}
    speeds = await _speeds(agent, table) if rows else {}
    cells = []
    for index, name in _named(table, rows, labels).items():
        note = text(notes.get(index))
        cells += [cell_of(column, index, name, note, speeds.get(index, 0.0)) for column in table.columns]
    return cells


def _chosen(labels: Mapping[str, Raw], ports: str) -> list[str]:
    patterns = ports.split(",") if ports else ["*"]
    return [index for index, name in labels.items() if any(fnmatchcase(text(name), pattern) for pattern in patterns)]


async def _apply_keep(agent: Agent, table: Table, indexes: list[str]) -> list[str]:
    for keep in table.keep:
        column = await agent.walk(keep.oid, table.rows * 4)
        indexes = [
            index
            for index in indexes
            if index not in column
            or (column[index] in keep.values if keep.values else column[index] not in keep.without)
        ]
    return indexes


async def _speeds(agent: Agent, table: Table) -> dict[str, float]:
    """By index, in bit/s; the first column that knows holds."""
    speeds: dict[str, float] = {}
    for column in table.speed:
        for index, value in (await agent.walk(column.oid, table.rows * 4)).items():
            if isinstance(value, int) and value > 0 and value not in column.unknown:
                speeds.setdefault(index, value * column.scale)
    return speeds


def _named(table: Table, indexes: list[str], labels: Mapping[str, Raw]) -> dict[str, str]:
    """Each row's name; two of one name carry their index, so that no reading hides another."""
    if table.index:
        return {index: index for index in indexes}
    plain = {index: text(labels[index]) or index for index in indexes}
    taken = list(plain.values())
    return {index: name if taken.count(name) == 1 else f"{name}#{index}" for index, name in plain.items()}


def text(value: Raw, longest: int = LONGEST) -> str:
    """A device's text for display: UTF-8, else GB 18030 (Chinese makers), without control characters."""
    shown = decoded(value) if isinstance(value, bytes) else "" if value is None else str(value)
    # Brackets would end the instance's place in a reading's key.
    clean = (
        "".join(character if character.isprintable() else " " for character in shown)
        .replace("[", "(")
        .replace("]", ")")
    )
    return " ".join(clean.split())[:longest]
