"""The Idempotency-Key of a request: an order that is sent again with its key is carried out once.

A sender that got no answer, or "unanswered", does not know whether its order was carried out. It sends the order again
with the same key (draft-ietf-httpapi-idempotency-key-header). The key belongs to the account: nobody repeats the order
of somebody else.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

HEADER = "Idempotency-Key"
_key: ContextVar[str] = ContextVar("idempotency_key", default="")


@contextmanager
def keyed_by(key: str) -> Iterator[None]:
    """Handle a request with that key, "" for none; what the block starts inherits it."""
    token = _key.set(key)
    try:
        yield
    finally:
        _key.reset(token)


def order_id(account: str, *terms: str) -> str:
    """The id of an order or of what it makes: the same for the same account, key and `terms`, new without a key.

    32 hexadecimal digits.
    """
    key = _key.get()
    if not key:
        return uuid.uuid4().hex
    return hashlib.sha256("\0".join((account, key, *terms)).encode()).hexdigest()[:32]
