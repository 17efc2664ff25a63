"""What counts as an exception that nothing caught."""

from __future__ import annotations

import asyncio

import pytest

from feeds.engine import unhandled


class Transport(asyncio.Transport):
    """A connection, closed or open."""

    def __init__(self, *, closing: bool) -> None:
        self._closing = closing

    def is_closing(self) -> bool:
        return self._closing


@pytest.mark.parametrize(("closing", "counted"), [(True, 0), (False, 1)])
async def test_a_record_of_tls_after_the_connection_was_given_up_is_no_fault(closing: bool, counted: int) -> None:
    loop = asyncio.get_running_loop()
    unhandled.watch_loop(loop)
    before = unhandled.count()
    error = RuntimeError("unable to perform operation; the handler is closed")
    loop.call_exception_handler(
        {"message": unhandled.FATAL_TLS, "exception": error, "transport": Transport(closing=closing)}
    )
    assert unhandled.count() - before == counted
