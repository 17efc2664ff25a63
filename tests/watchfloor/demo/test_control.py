"""`watchfloor demo break|mend|scenario` against a control port on a real socket."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import web

from watchfloor.demo import demo
from watchfloor.demo.control import DemoError, control
from watchfloor.demo.site_files import shipped_text

STATE = {"assets": ["C", "X532327"], "sources": ["cap-demo"], "scenarios": ["tour", "uplink"], "broken": []}


class Peer:
    """A control port: what it was asked, and a site's folder that names it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.requests: list[str] = []

    async def answer(self, request: web.Request) -> web.Response:
        verb, name = request.match_info["verb"], request.match_info["name"]
        names = STATE["scenarios"] if verb == "scenario" else [*STATE["assets"], *STATE["sources"]]
        if name not in names:
            raise web.HTTPNotFound
        if name == "uplink":
            return web.json_response({"error": "a scenario is running already"}, status=409)
        self.requests.append(f"{verb} {name}")
        return web.json_response(STATE)

    async def state(self, _: web.Request) -> web.Response:
        return web.json_response(STATE)


@pytest_asyncio.fixture
async def peer(tmp_path: Path) -> AsyncIterator[Peer]:
    control_port = Peer(tmp_path)
    app = web.Application()
    app.router.add_post("/{verb}/{name}", control_port.answer)
    app.router.add_get("/state", control_port.state)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    (tmp_path / "run").mkdir()
    address = {"control": f"http://127.0.0.1:{runner.addresses[0][1]}"}
    (tmp_path / "run" / "sim.json").write_text(json.dumps(address), encoding="utf-8")
    yield control_port
    await runner.cleanup()


async def test_what_is_asked_reaches_the_world(peer: Peer) -> None:
    for verb, name in (("break", "X532327"), ("mend", "cap-demo"), ("scenario", "tour")):
        await asyncio.to_thread(control, peer.folder, verb, name)
    assert peer.requests == ["break X532327", "mend cap-demo", "scenario tour"]


@pytest.mark.parametrize(
    ("verb", "name", "hint"),
    [("break", "X53232", "X532327"), ("break", "???", "cap-demo"), ("scenario", "tuor", "tour")],
)
async def test_an_unknown_name_is_answered_with_near_ones(peer: Peer, verb: str, name: str, hint: str) -> None:
    with pytest.raises(DemoError) as caught:
        await asyncio.to_thread(control, peer.folder, verb, name)
    assert all(name in text and hint in text for text in caught.value.message.values())


async def test_the_worlds_own_refusal_is_passed_on(peer: Peer) -> None:
    with pytest.raises(DemoError, match="running already"):
        await asyncio.to_thread(control, peer.folder, "scenario", "uplink")


async def test_a_second_demo_in_the_same_folder_is_refused(peer: Peer) -> None:
    with pytest.raises(DemoError, match="running already"):
        await asyncio.to_thread(demo.prepare, peer.folder)


@pytest.mark.parametrize("text", [None, "{", "{}", '{"control": "http://127.0.0.1:1"}'])
def test_without_a_running_demo_it_says_how_to_start_one(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "run").mkdir()
        (tmp_path / "run" / "sim.json").write_text(text, encoding="utf-8")
    with pytest.raises(DemoError, match="watchfloor demo"):
        control(tmp_path, "break", "C")


def test_the_command_says_what_it_did_or_why_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WATCHFLOOR_DEMO", str(tmp_path))
    assert demo.control("break", "C") == 1
    assert "watchfloor demo" in capsys.readouterr().err


async def test_the_command_is_fine_when_it_was_done(
    peer: Peer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WATCHFLOOR_DEMO", str(peer.folder))
    (peer.folder / demo.SCENARIOS).write_text(shipped_text(demo.SCENARIOS), encoding="utf-8")
    assert await asyncio.to_thread(demo.control, "scenario", "tour") == 0
    assert "依次" in capsys.readouterr().out
    assert await asyncio.to_thread(demo.control, "break", "C") == 0
    assert "Broken: C" in capsys.readouterr().out
