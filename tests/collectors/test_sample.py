"""The collector that docs/add-a-collector.md prints, through the real runner."""

from __future__ import annotations

import asyncio
import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from collectors import once, registry
from collectors.contract import Poller, Target
from collectors.errors import Misconfigured
from collectors.service import Collect
from collectors.settings import SchemeSettings
from feeds.bus import Bus
from feeds.model import Asset
from tests.collectors.network.loopback import ANSWERED, serve
from tests.collectors.test_collect import first

DOCUMENT = Path(__file__).parents[2] / "docs" / "add-a-collector.md"


@pytest.fixture
def gopher(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The printed file, named in the registry as the document says."""
    text = DOCUMENT.read_text(encoding="utf-8")
    sample = text.partition("```python\n")[2].partition("```")[0]
    (tmp_path / "gopher.py").write_text(sample, encoding="utf-8")
    spec = importlib.util.spec_from_file_location("collectors.network.gopher", tmp_path / "gopher.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setitem(sys.modules, "collectors.network.gopher", module)
    monkeypatch.setattr(registry, "_POLLERS", {**registry._POLLERS, "gopher": ("network.gopher", "GopherPoller")})
    yield
    registry._load.cache_clear()


async def menu(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A Gopher server: one line of a root menu for an empty selector."""
    assert await reader.readline() == b"\r\n"
    writer.write(b"1Notices\t/notices\t127.0.0.1\t70\r\n.\r\n")
    await writer.drain()
    writer.close()


@pytest.mark.usefixtures("gopher")
async def test_the_printed_collector_reports_its_service_up_and_down_and_the_role_goes_on(
    bus: Bus, valkey_url: str
) -> None:
    reader = Bus(valkey_url, bus.site, name="reader")
    async with serve(menu) as port:
        uri = f"gopher://127.0.0.1:{port}"
        asset = Asset(id="x", name="X", kind="server", region="532300", probes=(uri,))
        settings = {"gopher": SchemeSettings(interval=0.2, timeout=ANSWERED)}
        role = asyncio.create_task(Collect(bus, "532300", settings, (), {"x": asset}, {}).run())
        up = await first(reader, lambda observation: observation.metric == "gopher.up")
        assert (up.value, up.probe, up.source) == (True, uri, "network.gopher")
        assert (await first(reader, lambda observation: observation.metric == "gopher.ms")).unit == "ms"
    down = await first(reader, lambda observation: observation.metric == "gopher.up" and observation.value is False)
    assert down.text == "refused"
    assert not role.done()
    role.cancel()
    await asyncio.gather(role, return_exceptions=True)
    await reader.close()


@pytest.mark.usefixtures("gopher")
async def test_the_printed_collector_answers_once_and_refuses_a_wrong_address() -> None:
    async with serve(menu) as port:
        answer = await once.collect_once(f"gopher://127.0.0.1:{port}")
    assert once.fine(answer)
    with pytest.raises(Misconfigured):
        registry.target_of("gopher://127.0.0.1")


async def test_a_collector_with_schemes_and_poll_alone_has_the_rest_by_default() -> None:
    class Bare(Poller):
        schemes = ("bare", "bares")

        async def poll(self, target: Target) -> list[object]:  # type: ignore[override]
            return []

    assert (Bare.family, Bare.passive) == ("bare", False)
    target = Target(asset="x", uri="bare:", scheme="bare")
    Bare.validate(target)
    assert await Bare().poll(target) == []
    await Bare().close()
    with pytest.raises(TypeError, match="abstract"):
        type("Unfinished", (Poller,), {"schemes": ("x",)})()
