"""The simulated world answers as real devices do: the real collectors look at it and cannot know."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta, timezone
from pathlib import Path

import aiohttp
import pytest

from collectors import once
from collectors.emergency.cap.feed import CapFeed
from collectors.listener import ListenerContext
from collectors.network.snmp import ber
from collectors.network.syslog.listener import SyslogListener
from collectors.network.syslog.parser import parse as parse_line
from collectors.network.traps.listener import TrapListener
from collectors.settings import Credential, SourceSettings
from collectors.sim import notifiers
from collectors.sim.scenarios import seconds
from collectors.sim.warnings import BULLETINS
from collectors.sim.world import Unknown, World, read
from feeds.cap.message import CapDocument, parse
from feeds.cap.warning import to_warning
from feeds.model import Asset, EmergencyWarning
from tests.collectors.network.loopback import ANSWERED
from tests.patience import PATIENCE, until
from tests.ports import free_port

COLUMNS = "id,name,kind,region,lat,lon,parents,redundancy_group,owner,importance,labels,probes"


@asynccontextmanager
async def world(folder: Path, scenarios: str = "", speed: float = 1.0) -> AsyncIterator[tuple[World, list[str], str]]:
    """Core, county below it, a page below the county, and a warning centre; gives their URIs and the index's."""
    core, county, page, centre = (free_port() for _ in range(4))
    uris = [f"tcp://127.0.0.1:{core}", f"tcp://127.0.0.1:{county}", f"http://127.0.0.1:{page}/"]
    rows = [
        f"core,c,router,532300,,,,,,,,{uris[0]}",
        f"county,x,router,532301,,,core,,,,,{uris[1]}",
        f"page,p,service,532301,,,county,,,,,{uris[2]}",
    ]
    (folder / "assets.csv").write_text("\n".join((COLUMNS, *rows)), encoding="utf-8")
    index = f"http://127.0.0.1:{centre}/atom.xml"
    (folder / "watchfloor.toml").write_text(f'[[source]]\nid = "cma"\nurl = "{index}"\n', encoding="utf-8")
    (folder / "scenarios.toml").write_text(scenarios, encoding="utf-8")
    world_read = read(folder, speed=speed, start=time.time())
    await world_read.start()
    try:
        yield world_read, uris, index
    finally:
        await world_read.stop()


async def up(uri: str) -> bool:
    return once.fine(await once.collect_once(uri, ANSWERED))


async def test_devices_answer_break_and_mend(tmp_path: Path) -> None:
    async with world(tmp_path) as (world_read, uris, _):
        assert [await up(uri) for uri in uris] == [True, True, True]
        await world_read.break_("page")
        attempt = await once.collect_once(uris[2], ANSWERED)
        assert (attempt.observations[0].value, attempt.observations[0].text) == (False, "refused")
        assert [await up(uri) for uri in uris[:2]] == [True, True]
        await world_read.mend("page")
        assert await up(uris[2])
        with pytest.raises(Unknown):
            await world_read.break_("nobody")


async def test_a_break_cuts_off_who_is_connected(tmp_path: Path) -> None:
    async with world(tmp_path) as (world_read, uris, _):
        port = int(uris[0].rpartition(":")[2])
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0)
        await world_read.break_("core")
        with pytest.raises(ConnectionError):
            if await asyncio.wait_for(reader.read(), PATIENCE) == b"":
                raise ConnectionResetError
        writer.close()


async def test_a_cut_uplink_silences_everything_behind_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    step = '[[cut.step]]\nat = "{}"\n{} = ["county"]\n'
    cut = step.format("0s", "break") + step.format("40s", "mend")
    async with world(tmp_path, cut, speed=400) as (world_read, uris, _):
        mend, before = world_read.mend, list[set[str]]()

        async def noted(name: str) -> None:
            before.append(set(world_read.broken))
            await mend(name)

        monkeypatch.setattr(world_read, "mend", noted)
        world_read.play("cut")
        await until(lambda: before and not world_read.broken)
        assert before == [{"county", "page"}]
        assert [await up(uri) for uri in uris] == [True, True, True]


async def test_the_warning_centre_serves_valid_chinese_cap_with_present_times(tmp_path: Path) -> None:
    async with world(tmp_path) as (world_read, _, index):
        feed = CapFeed(SourceSettings(id="cma", kind="emergency.cap", url=index), None)
        fetched = await feed.fetch(time.time())
        await world_read.break_("cma")
        await feed.close()
    warnings: list[EmergencyWarning] = []
    for document in fetched.items:
        assert isinstance(document, CapDocument)
        message = parse(document.raw)
        assert not message.faulty
        warnings.append(to_warning(message, "cma", time.time()))
    assert len(warnings) == sum(bulletin.sent <= 0 for bulletin in BULLETINS)
    assert {warning.state for warning in warnings if warning.msg_type == "Alert" and warning.status == "Actual"} == {
        "active"
    }
    assert {warning.language for warning in warnings} == {"zh-CN"}
    assert {"Exercise", "Actual"} <= {warning.status for warning in warnings}
    ids = {warning.id for warning in warnings}
    chains = [warning for warning in warnings if warning.msg_type in ("Update", "Cancel")]
    assert {warning.msg_type for warning in chains} == {"Update", "Cancel"}
    assert all(set(warning.references) <= ids for warning in chains)
    assert {warning.colour for warning in warnings} >= {"red", "orange", "yellow", "blue"}


def test_only_the_demos_own_network_is_served(tmp_path: Path) -> None:
    row = "a,a,server,532300,,,,,,,,tcp://127.0.0.1:9 tcp://127.77.0.1:9 icmp://127.77.0.1"
    (tmp_path / "assets.csv").write_text(f"{COLUMNS}\n{row}", encoding="utf-8")
    (tmp_path / "watchfloor.toml").write_text("", encoding="utf-8")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "demo.json").write_text(json.dumps({"network": 77}))
    world_read = read(tmp_path, speed=1, start=0.0)
    assert [device.address for device in world_read._of("a")] == ["127.77.0.1:9"]


async def test_a_scenario_makes_calls_to_the_system_that_it_names(tmp_path: Path) -> None:
    port = free_port()
    (tmp_path / "assets.csv").write_text(COLUMNS, encoding="utf-8")
    source = f'[[source]]\nid = "119"\nkind = "emergency.http"\nurl = "http://127.0.0.1:{port}/alarms"\n'
    (tmp_path / "watchfloor.toml").write_text(source, encoding="utf-8")
    call = '{ source = "119", text = "储罐泄漏", event_class = "危化品泄漏", lat = 25.1, lon = 102.0 }'
    scenario = f'[leak]\ntitle = {{}}\nstep = [{{ at = "0s", call = [{call}] }}]\n'
    (tmp_path / "scenarios.toml").write_text(scenario, encoding="utf-8")
    world_read = read(tmp_path, speed=1, start=time.time())
    await world_read.start()
    try:
        world_read.play("leak")
        async with aiohttp.ClientSession() as session:

            async def called() -> bool:
                async with session.get(f"http://127.0.0.1:{port}/alarms") as answer:
                    return any(row["jqnr"] == "储罐泄漏" for row in (await answer.json())["data"])

            await until(called)
    finally:
        await world_read.stop()


def test_times_of_a_scenario() -> None:
    assert [seconds(text) for text in ("150ms", "40s", "2m", "1h")] == [0.15, 40.0, 120.0, 3600.0]


async def test_devices_speak_by_themselves_and_the_real_listeners_understand_them(tmp_path: Path) -> None:
    core, county, desk = (free_port() for _ in range(3))
    rows = [
        f"core,c,router,532300,,,,,,,,tcp://127.0.0.21:{core}",
        f"county,x,switch,532301,,,core,,,,,tcp://127.0.0.22:{county}",
        f"desk,d,server,532301,,,county,,,,,tcp://127.0.0.23:{desk}",
    ]
    (tmp_path / "assets.csv").write_text("\n".join((COLUMNS, *rows)), encoding="utf-8")
    credentials = {"t": Credential(name="t", kind="snmpv2c", values={"community": notifiers.COMMUNITY})}
    inventory = {id: Asset(id=id, name=id, kind="router", region="532300") for id in ("core", "county", "desk")}
    inventory["core"] = replace(inventory["core"], probes=(f"tcp://127.0.0.21:{core}",))
    around = ListenerContext(inventory=inventory, credentials=credentials)
    log = SyslogListener(SourceSettings(id="log", kind=notifiers.SYSLOG, url="udp://127.0.0.1:0"), around)
    traps = TrapListener(SourceSettings(id="traps", kind=notifiers.TRAPS, url="udp://127.0.0.1:0", cred="t"), around)
    await log.open()
    await traps.open()
    (tmp_path / "watchfloor.toml").write_text(
        "".join(
            f'[[source]]\nid = "{id}"\nkind = "{kind}"\nurl = "udp://127.0.0.1:{port}"\n'
            for id, kind, port in (("log", notifiers.SYSLOG, log.port), ("traps", notifiers.TRAPS, traps.port))
        )
    )
    world_read = read(tmp_path, speed=1, start=time.time())
    await world_read.start()
    try:
        async with asyncio.timeout(PATIENCE):
            for act, name in (
                (world_read.break_, "desk"),
                (world_read.break_, "county"),
                (world_read.mend, "county"),
                (world_read.mend, "desk"),
            ):
                await act(name)
                asset, rule, listener = (
                    ("county", "syslog:link", log) if name == "desk" else ("core", "trap:link", traps)
                )
                heard = await listener.messages.queue.get()
                [signal] = heard.signals
                assert (heard.asset, signal.rule, signal.key) == (asset, rule, "GigabitEthernet1/0/1")
                assert signal.active is (act == world_read.break_)
        assert {"log", "traps"} <= set(world_read.state["sources"])
    finally:
        await world_read.stop()
        await log.close()
        await traps.close()


def test_what_is_said_of_no_weight_is_well_formed() -> None:
    device = notifiers.Talker(
        notifiers.SYSLOG, "udp://127.0.0.1:1514", {"G": "127.0.0.1"}, clock=lambda: 1_790_000_000.0
    )
    line = parse_line(device._chat("G"), 1_790_000_000.0, timezone(timedelta(hours=8)))
    assert (line.host, line.severity, line.at) == ("G", "notice", 1_790_000_000.0)
    router = notifiers.Talker(notifiers.TRAPS, "udp://127.0.0.1:1162", {"C": "127.0.0.1"}, clock=lambda: 5.0)
    assert ber.notification(router._chat("C")).oid == notifiers.NEIGHBOURS_CHANGED
    for number in (0, 1, 127, 128, 255, 256, 2**31 - 1):
        message = ber.notification(router._trap("1.3.6.1.4.1.2011.2.128", {"1.3.6.1.2.1.2.2.1.1.300": number}))
        assert message.pairs[-1] == ("1.3.6.1.2.1.2.2.1.1.300", number)
        assert message.oid == "1.3.6.1.4.1.2011.2.128"
