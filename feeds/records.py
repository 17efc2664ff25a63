"""`record`: a frozen dataclass for what every poll makes by the thousand; the type checker is who keeps it frozen.

A dataclass that is frozen at run time sets each field through `object.__setattr__`, which makes building one two to
three times as slow. mypy sees a plain `dataclass(frozen=True)`, so that a field that is assigned fails the check.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataclasses import dataclass as record
else:
    from dataclasses import dataclass

    def record(*, frozen: bool, slots: bool, kw_only: bool) -> object:
        """Equality and hash as of a frozen dataclass."""
        assert frozen
        return dataclass(slots=slots, kw_only=kw_only, unsafe_hash=True)


__all__ = ["record"]
