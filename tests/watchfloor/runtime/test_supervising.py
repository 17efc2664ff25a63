"""`watchfloor run` before its supervisor: signals while the settings are read."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from watchfloor.runtime import logs, supervising
from watchfloor.runtime.supervising import StartEnded, _plan


@pytest.fixture(autouse=True)
def kept_signals() -> Iterator[None]:
    """Give the test's process its signal handlers back."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in handlers.items():
        signal.signal(number, handler)


class EndedReader:
    """The process that has read the settings and ended; the signal comes before that was noticed."""

    returncode = 0

    def __init__(self, number: int) -> None:
        self._number = number

    async def communicate(self) -> tuple[bytes, None]:
        os.kill(os.getpid(), self._number)
        for _ in range(5):  # the loop takes the signal from its pipe
            await asyncio.sleep(0)
        return b"{}", None

    def terminate(self) -> None:
        raise ProcessLookupError

    kill = terminate


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
async def test_a_stop_that_comes_when_the_settings_were_just_read_is_not_missed(
    monkeypatch: pytest.MonkeyPatch, number: int, code: int
) -> None:
    async def start(*_arguments: Any, **_options: Any) -> EndedReader:
        return EndedReader(number)

    monkeypatch.setattr(asyncio, "create_subprocess_exec", start)
    with pytest.raises(StartEnded) as ended:
        await _plan(Path("watchfloor.toml"))
    assert ended.value.code == code


def test_a_reload_that_is_asked_for_during_the_start_does_not_end_it(monkeypatch: pytest.MonkeyPatch) -> None:
    handlers = []

    async def supervise(_config: Path) -> None:
        handlers.append(signal.getsignal(signal.SIGHUP))

    monkeypatch.setattr(supervising, "_supervise", supervise)
    monkeypatch.setattr(logs, "setup", lambda _name: None)
    assert supervising.run(Path("watchfloor.toml")) == 0
    assert handlers == [signal.SIG_IGN]
