"""The simulated world answers as real devices do: the real collectors look at it and cannot know."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from collectors import once
from collectors.emergency.cap import CapFeed
from collectors.settings import SourceSettings
from collectors.sim.warnings import BULLETINS
from collectors.sim.world import Unknown, World, read, seconds
from feeds.cap import CapDocument, parse, to_warning
from feeds.model import EmergencyWarning

COLUMNS = "id,name,kind,region,lat,lon,parents,redundancy_group,owner,importance,labels,probes"


def free_ports(count: int) -> list[int]:
    taken = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in taken]
    for one in taken:
        one.close()
    return ports


@asynccontextmanager
async def world(folder: Path, scenarios: str = "", speed: float = 1.0) -> AsyncIterator[tuple[World, list[str], str]]:
    """Core, county below it, a page below the county, and a warning centre; gives their URIs and the index's."""
    core, county, page, centre = free_ports(4)
    uris = [f"tcp://127.0.0.1:{core}", f"tcp://127.0.0.1:{county}", f"http://127.0.0.1:{page}/"]
    rows = [f"core,c,router,532300,,,,,,,,{uris[0]}", f"county,x,router,532301,,,core,,,,,{uris[1]}",
            f"page,p,service,532301,,,county,,,,,{uris[2]}"]  # fmt: skip
    (folder / "assets.csv").write_text("\n".join((COLUMNS, *rows)), encoding="utf-8")
    index = f"http://127.0.0.1:{centre}/atom.xml"
    (folder / "watchfloor.toml").write_text(f'[[source]]\nid = "cma"\nurl = "{index}"\n', encoding="utf-8")
    (folder / "scenarios.toml").write_text(scenarios, encoding="utf-8")
    one = read(folder, speed=speed, start=time.time())
    await one.start()
    try:
        yield one, uris, index
    finally:
        await one.stop()


async def up(uri: str) -> bool:
    return once.fine(await once.collect_once(uri, 1.0))


async def test_devices_answer_break_and_mend(tmp_path: Path) -> None:
    async with world(tmp_path) as (one, uris, _):
        assert [await up(uri) for uri in uris] == [True, True, True]
        await one.break_("page")
        seen = await once.collect_once(uris[2], 1.0)
        assert (seen[0].value, seen[0].text) == (False, "refused")
        assert [await up(uri) for uri in uris[:2]] == [True, True]
        await one.mend("page")
        assert await up(uris[2])
        with pytest.raises(Unknown):
            await one.break_("nobody")


async def test_a_break_cuts_off_who_is_connected(tmp_path: Path) -> None:
    async with world(tmp_path) as (one, uris, _):
        port = int(uris[0].rpartition(":")[2])
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0)
        await one.break_("core")
        with pytest.raises(ConnectionError):
            if await asyncio.wait_for(reader.read(), 2) == b"":
                raise ConnectionResetError
        writer.close()


async def test_a_cut_uplink_silences_everything_behind_it(tmp_path: Path) -> None:
    step = '[[cut.step]]\nat = "{}"\n{} = ["county"]\nbelow = true\n'
    cut = step.format("0s", "break") + step.format("40s", "mend")
    async with world(tmp_path, cut, speed=400) as (one, uris, _):
        assert one.below("core") == ["core", "county", "page"]
        one.play("cut")
        async with asyncio.timeout(2):
            while one.broken != {"county", "page"}:
                await asyncio.sleep(0.001)
            while one.broken:
                await asyncio.sleep(0.001)
        assert [await up(uri) for uri in uris] == [True, True, True]


async def test_the_warning_centre_serves_valid_chinese_cap_with_present_times(tmp_path: Path) -> None:
    async with world(tmp_path) as (one, _, index):
        feed = CapFeed(SourceSettings(id="cma", kind="emergency.cap", url=index), None)
        fetched = await feed.fetch(time.time())
        await one.break_("cma")
        await feed.close()
    warnings: list[EmergencyWarning] = []
    for document in fetched.items:
        assert isinstance(document, CapDocument)
        message = parse(document.raw)
        assert not message.faulty
        warnings.append(to_warning(message, "cma", time.time()))
    assert len(warnings) == len(BULLETINS)
    assert {one.state for one in warnings if one.msg_type == "Alert" and one.status == "Actual"} == {"active"}
    assert {one.language for one in warnings} == {"zh-CN"}
    assert {"Exercise", "Actual"} <= {one.status for one in warnings}
    ids = {one.id for one in warnings}
    chains = [one for one in warnings if one.msg_type in ("Update", "Cancel")]
    assert {one.msg_type for one in chains} == {"Update", "Cancel"}
    assert all(set(one.references) <= ids for one in chains)
    assert {one.colour for one in warnings} >= {"red", "orange", "yellow", "blue"}


def test_only_the_demos_own_network_is_served(tmp_path: Path) -> None:
    row = "a,a,server,532300,,,,,,,,tcp://127.0.0.1:9 tcp://127.77.0.1:9 icmp://127.77.0.1"
    (tmp_path / "assets.csv").write_text(f"{COLUMNS}\n{row}", encoding="utf-8")
    (tmp_path / "watchfloor.toml").write_text("", encoding="utf-8")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "demo.json").write_text(json.dumps({"network": 77}))
    one = read(tmp_path, speed=1, start=0.0)
    assert [device.address for device in one._of("a")] == ["127.77.0.1:9"]


def test_times_of_a_scenario() -> None:
    assert [seconds(text) for text in ("150ms", "40s", "2m", "1h")] == [0.15, 40.0, 120.0, 3600.0]
