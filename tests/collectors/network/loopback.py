"""Servers on real loopback sockets, and one bounded poll, as the runner makes it."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from collectors import readings, uri
from collectors.contract import Measurement, Poller, Target
from collectors.errors import CollectorError
from collectors.probing import retries
from collectors.settings import Credential
from feeds.model import Value

AnyPoller = TypeVar("AnyPoller", bound=Poller)
Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def serve(talk: Talk, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """A TCP server on 127.0.0.1; gives its port. Every connection is closed when `talk` ends, and at the end."""
    talking: set[asyncio.Task[None]] = set()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        talking.add(task)
        try:
            await talk(reader, writer)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the other side, or the test, has had enough
        finally:
            talking.discard(task)
            writer.transport.abort()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in (conversations := list(talking)):
            task.cancel()
        await asyncio.gather(*conversations, return_exceptions=True)
        await server.wait_closed()
        await asyncio.sleep(0)


async def silence(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    """Takes everything, says nothing."""
    while await reader.read(65536):
        pass


def saying(data: bytes) -> Talk:
    """Says `data` at once and listens on."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        await silence(reader, writer)

    return talk


async def hanging_up(_: asyncio.StreamReader, __: asyncio.StreamWriter) -> None:
    """Accepts and closes."""


ANSWERED, SILENT = 20.0, 0.4
"""Seconds for a poll: that is answered, on however slow a machine; whose silence is the point."""


def target_of(text: str, credential: Credential | None = None, timeout: float = ANSWERED) -> Target:
    """The parsed URI, with the credential that its `cred=` means."""
    return uri.parse(text, asset="a", timeout=timeout, credential=credential)


async def ask(poller: Poller, target: Target) -> dict[str, Measurement]:
    """What a poll gives, by metric; validated and bounded as the runner does it. Raises CollectorError."""
    type(poller).validate(target)
    measurements = await retries.attempt(poller, target, target.timeout)
    for measurement in measurements:
        declared(type(poller).family, target, measurement)
    return {measurement.metric: measurement for measurement in measurements}


def declared(family: str, target: Target, measurement: Measurement) -> None:
    """Fail for a reading that `check` would call unknown, or whose value is of another type than it says."""
    own = {target.params.get("metric")}
    if family not in readings.TYPES or not measurement.metric.startswith(f"{family}.") or measurement.metric in own:
        return
    assert measurement.metric in readings.TYPES[family], f"name {measurement.metric} in collectors/readings.py"
    type, of_value = readings.TYPES[family][measurement.metric], readings.type_of(measurement.value)
    assert not type or of_value in ("", type), (measurement.metric, measurement.value)


@asynccontextmanager
async def closing(poller: AnyPoller) -> AsyncIterator[AnyPoller]:
    """The poller, closed at the end."""
    try:
        yield poller
    finally:
        await poller.close()


async def failure(poller: Poller, target: Target) -> CollectorError:
    """The error that a poll must end with."""
    try:
        measurements = await ask(poller, target)
    except CollectorError as error:
        return error
    raise AssertionError(f"it answered: {measurements}")


def values_of(readings: dict[str, Measurement]) -> dict[str, Value]:
    """Values alone, by metric."""
    return {metric: measurement.value for metric, measurement in readings.items()}
