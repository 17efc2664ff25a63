"""A row of a mapped source as the item that its source gives. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from feeds.mapped.observations import observations
from feeds.mapped.receipts import receipt_report
from feeds.mapped.source import OBSERVATIONS, RECEIPTS, WARNINGS, RowProblem, RowReader
from feeds.mapped.warnings import MappedWarning, mapped_warning
from feeds.model import Observation
from feeds.receipts import ReceiptReport

MappedItem = ReceiptReport | MappedWarning | list[Observation]
ROUTES: Mapping[str, tuple[str, str]] = {
    RECEIPTS: ("emergency", "receipt"),
    WARNINGS: ("emergency", "mapped_warning"),
    OBSERVATIONS: ("network", "observation"),
}
"""The feed and the item kind on the bus, by what a source gives."""


def mapped_item(
    reader: RowReader, row: Mapping[str, Any], source: str, number: int, now: float, fresh_for: float
) -> MappedItem | RowProblem:
    """The item of a row, or why there is none.

    `number` is the row's position, `now` the time of receipt, `fresh_for` how many seconds an observation is valid.
    """
    if reader.source.gives == RECEIPTS:
        return receipt_report(reader, row, source, number, now)
    if reader.source.gives == OBSERVATIONS:
        return observations(reader, row, source, number, now, fresh_for)
    return mapped_warning(reader, row, source, number, now)
