"""Refusals of orders about incidents and their obligations."""

from __future__ import annotations

from feeds.model import Outcome


class OrderRefused(Exception):
    """An order is not carried out. `code` says why in one stable word, `outcome` what the caller must do."""

    def __init__(self, code: str, outcome: Outcome = Outcome.INVALID) -> None:
        super().__init__(code)
        self.code, self.outcome = code, outcome


def required(args: dict[str, object], *names: str) -> None:
    """Refuse an order without one of these values. Raises OrderRefused `missing:NAME`."""
    for name in names:
        if not args.get(name):
            raise OrderRefused(f"missing:{name}")
