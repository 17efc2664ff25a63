"""A bound on what a request may carry, checked before and while it is read."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import Message, Receive

from api.http.problems import Problem

MAX_BODY = 1_048_576


def check_length(headers: Headers, limit: int = MAX_BODY) -> None:
    """Raises Problem(too-large) when the announced length is over the limit, in bytes."""
    length = headers.get("content-length", "")
    if length.isdigit() and int(length) > limit:
        raise Problem("too-large")


def bounded(receive: Receive, limit: int = MAX_BODY) -> Receive:
    """The same stream of messages; reading past the limit raises HTTPException 413 in the reader."""
    received = 0

    async def receiving() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > limit:
            raise HTTPException(413)
        return message

    return receiving
