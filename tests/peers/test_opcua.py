"""OPC UA against node-opcua: subscriptions, qualities, policies, users, and an alarm that takes an acknowledgement."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from collectors.contract import Target
from collectors.errors import AuthFailed, Misconfigured, NotReady, Reason
from collectors.network.opcua.probe import OpcUaPoller
from collectors.network.opcua.session import SILENT
from collectors.settings import Credential
from feeds.model import Quality, Severity
from tests.collectors.network.loopback import ask, failure, target_of
from tests.collectors.network.test_opcua import desktop
from tests.patience import PATIENCE, until
from tests.peers.node_peers import NodePeer, node_peer
from tests.ports import free_port

NODE = "node=ns%3D1%3Bs%3DLevel"


@pytest.fixture(scope="module")
def peer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[NodePeer, str]]:
    folder, port = tmp_path_factory.mktemp("node-opcua"), free_port()
    with node_peer("opcua_server.js", str(port), str(folder), log=folder / "log") as node:
        yield node, f"opc.tcp://127.0.0.1:{port}/UA/Peer"


def login(**values: str) -> Credential:
    return Credential(name="peer", kind="opcua", values=values)


async def test_values_are_pushed_with_their_quality(peer: tuple[NodePeer, str]) -> None:
    node, url = peer
    async with desktop() as desk:
        where = target_of(f"{url}?{NODE}")
        node.say("level 2.5")
        await ask(desk.poller, where)
        await desk.until(lambda: bool(desk.pushed) and desk.pushed[-1].value == 2.5)
        assert desk.pushed[-1].observed_at == pytest.approx(time.time(), abs=PATIENCE)
        for status, quality in (("BadSensorFailure", Quality.BAD), ("UncertainLastUsableValue", Quality.UNCERTAIN)):
            node.say(f"status {status}")
            await desk.until(lambda status=status: desk.pushed[-1].text == status)  # type: ignore[misc]
            assert desk.pushed[-1].quality is quality


async def test_what_is_not_there_is_told(peer: tuple[NodePeer, str]) -> None:
    _, url = peer
    async with desktop() as desk:
        for node, message in (("ns%3D1%3Bs%3DNope", "no node"), ("i%3D2253", "no value")):
            error = await failure(desk.poller, target_of(f"{url}?node={node}"))
            assert isinstance(error, Misconfigured)
            assert message in error.en


@pytest.mark.parametrize(
    ("policy", "mode"),
    [
        ("Basic256Sha256", "SignAndEncrypt"),
        ("Basic256Sha256", "Sign"),
        ("Aes128_Sha256_RsaOaep", "SignAndEncrypt"),
        ("Aes256_Sha256_RsaPss", "SignAndEncrypt"),
    ],
)
async def test_every_policy_and_a_user(peer: tuple[NodePeer, str], policy: str, mode: str, tmp_path: Path) -> None:
    _, url = peer
    options = {"policy": policy, "mode": mode, "user": "watch", "password": "open sesame"}
    async with desktop(tmp_path) as desk:
        strange = await failure(desk.poller, target_of(f"{url}?{NODE}", login(**options)))
        assert isinstance(strange, AuthFailed)
        trust = strange.en.partition("SHA-256 ")[2][:64]
        measurements = await ask(desk.poller, target_of(f"{url}?{NODE}", login(**options, trust=trust)))
        assert "opcua.value" in measurements
        wrong = {**options, "password": "wrong word", "trust": trust}
        error = await failure(desk.poller, target_of(f"{url}?{NODE}", login(**wrong)))
        assert isinstance(error, AuthFailed)
        assert "wrong word" not in error.en


async def test_an_alarm_is_seen_acknowledged_and_over(peer: tuple[NodePeer, str]) -> None:
    node, url = peer
    node.say("tank 20")
    async with desktop() as desk:
        where = target_of(f"{url}?alarms=server")
        await ask(desk.poller, where)
        await desk.until(lambda: any(each.active for each in desk.conditions.values()))
        name = next(name for name, each in desk.conditions.items() if each.active)
        assert "LevelAlarm" in name
        assert not desk.conditions[name].acked
        assert desk.conditions[name].severity in set(Severity)
        await desk.poller.acknowledge(where, name, "李雷", "已派人")
        await desk.until(lambda: desk.conditions[name].acked)
        node.say("tank 1")
        await desk.until(lambda: name not in desk.conditions or not desk.conditions[name].active)


async def test_an_operator_at_the_server_acknowledges_what_is_active_and_what_has_returned(tmp_path: Path) -> None:
    """node-opcua lays an unacknowledged state aside as a branch when it ends, and does not say who acknowledged it."""
    port = free_port()
    url = f"opc.tcp://127.0.0.1:{port}/UA/Peer?alarms=server"
    where, panel = (
        target_of(url, timeout=20.0),
        target_of(url, login(user="watch", password="open sesame"), timeout=20.0),
    )
    with node_peer("opcua_server.js", str(port), str(tmp_path), log=tmp_path / "log") as node:
        node.say("tank 20")
        async with desktop() as desk, desktop() as second_desk:
            await ask(second_desk.poller, panel)
            await ask(desk.poller, where)
            await desk.until(lambda: any(each.active for each in desk.conditions.values()))
            name = next(name for name, each in desk.conditions.items() if each.active)
            for level, state in (("1", False), ("20", True)):
                node.say(f"tank {level}")
                for each in (desk, second_desk):
                    await each.until(lambda each=each, state=state: each.conditions[name].active is state)  # type: ignore[misc]
                assert not desk.conditions[name].acked
                await second_desk.poller.acknowledge(panel, name, "li.lei", "现场处理")
                await desk.until(lambda: desk.conditions[name].acked)
                assert desk.conditions[name].takes_ack
                assert desk.conditions[name].comment == "li.lei: 现场处理"


async def test_a_server_that_is_killed_is_found_again(tmp_path: Path) -> None:
    port = free_port()
    url = f"opc.tcp://127.0.0.1:{port}/UA/Peer?{NODE}"
    async with desktop() as desk:
        with node_peer("opcua_server.js", str(port), str(tmp_path), log=tmp_path / "log"):
            await ask(desk.poller, target_of(url))
        await desk.until(lambda: bool(desk.looks))
        assert isinstance(await failure(desk.poller, target_of(url)), NotReady)
        with node_peer("opcua_server.js", str(port), str(tmp_path), log=tmp_path / "log") as node:
            await ask(desk.poller, target_of(url))
            node.say("level 7.5")
            await desk.until(lambda: bool(desk.pushed) and desk.pushed[-1].value == 7.5)


async def test_a_server_that_hangs_is_a_timeout_and_found_again(tmp_path: Path) -> None:
    port = free_port()
    where = target_of(f"opc.tcp://127.0.0.1:{port}/UA/Peer?{NODE}")
    with node_peer("opcua_server.js", str(port), str(tmp_path), log=tmp_path / "log") as node:
        async with desktop() as desk:
            await ask(desk.poller, where)
            node.freeze(True)
            (session,) = desk.poller._sessions.values()
            session._notified_at -= SILENT
            error = await failure(desk.poller, replace(where, timeout=2.0))
            assert isinstance(error, NotReady)
            assert error.reason is Reason.TIMEOUT
            node.freeze(False)
            await until(lambda: answers(desk.poller, where))


async def answers(poller: OpcUaPoller, where: Target) -> bool:
    try:
        return bool(await ask(poller, where))
    except NotReady:
        return False
