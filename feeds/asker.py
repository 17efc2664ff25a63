"""The asker of the request that is being handled: entries of the audit log name role, region, address and session."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

_asker: ContextVar[Mapping[str, str] | None] = ContextVar("asker", default=None)


def current_asker() -> Mapping[str, str]:
    """Role, region, address, session and kind of credential; empty outside a request."""
    return _asker.get() or {}


@contextmanager
def asked_by(asker: Mapping[str, str]) -> Iterator[None]:
    """Handle a request for that asker; what the block starts inherits it."""
    token = _asker.set(asker)
    try:
        yield
    finally:
        _asker.reset(token)
