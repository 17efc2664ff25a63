"""OPC UA: values with their own time and quality, one session for many nodes, security, alarms, each way to fail."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from asyncua.ua.status_codes import StatusCodes

from collectors import once, registry
from collectors.contract import Measurement, Target
from collectors.errors import AuthFailed, CollectorError, Misconfigured, NotReady, Reason
from collectors.network.opcua import security
from collectors.network.opcua import values as opcua_values
from collectors.network.opcua.probe import OpcUaPoller
from collectors.settings import Credential
from collectors.sim.opcua import OpcUaPlant
from collectors.subscriber import Condition, SubscriberCallbacks
from feeds.model import Quality, Severity
from tests.collectors.network.loopback import (
    ANSWERED,
    SILENT,
    ask,
    failure,
    hanging_up,
    saying,
    serve,
    silence,
    target_of,
)
from tests.collectors.network.opcua_servers import running_plant
from tests.patience import PATIENCE
from tests.ports import free_port

LEVEL = "node=ns%3D2%3Bs%3DLevel&metric=river.level&unit=m"
VALUES: dict[str, object] = {"Level": 1.5, "Flow": 7.25, "Pump": True, "Name": "泵站", "List": [1, 2]}
ALARMS = {"High": 900, "Low": 450}
Predicate = Callable[[], bool]


def plant(port: int = 0, **settings: Any) -> AbstractAsyncContextManager[OpcUaPlant]:
    return running_plant(VALUES, ALARMS, port, **settings)


class Desktop:
    """Takes what is told; `until` waits for something to come true."""

    def __init__(self, data: Path | None = None) -> None:
        self.pushed: list[Measurement] = []
        self.looks: list[str] = []
        self.conditions: dict[str, Condition] = {}
        self.poller = OpcUaPoller()
        self._came = asyncio.Event()
        self.poller.attach(
            SubscriberCallbacks(push=self._tell, request_poll=self._look, report_alarms=self._report, data_folder=data)
        )

    def _tell(self, target: Target, measurements: Sequence[Measurement]) -> None:
        self.pushed += measurements
        self._came.set()

    def _look(self, target: Target) -> None:
        self.looks.append(target.uri)
        self._came.set()

    def _report(self, target: Target, conditions: Sequence[Condition]) -> None:
        self.conditions = {each.name: each for each in conditions}
        self._came.set()

    async def until(self, condition: Predicate) -> None:
        async with asyncio.timeout(PATIENCE):
            while not condition():
                self._came.clear()
                await self._came.wait()


@asynccontextmanager
async def desktop(data: Path | None = None) -> AsyncIterator[Desktop]:
    desk = Desktop(data)
    try:
        yield desk
    finally:
        await desk.poller.close()


def at(server: OpcUaPlant, query: str, credential: Credential | None = None) -> Target:
    return target_of(f"opc.tcp://{server.address}?{query}", credential)


async def test_values_come_with_source_time_and_quality_as_they_change() -> None:
    async with plant() as server, desktop() as desk:
        began = time.time()
        moment = began - 3600
        await server.write("Level", 1.75, source=moment)
        measurement = (await ask(desk.poller, at(server, LEVEL)))["river.level"]
        assert (measurement.value, measurement.unit, measurement.quality) == (1.75, "m", Quality.GOOD)
        assert measurement.observed_at == pytest.approx(moment, abs=0.001)
        assert measurement.confirmed_at is not None
        assert began - 1 < measurement.confirmed_at < time.time() + 1
        later = moment + 1800
        await server.write("Level", 2.5, StatusCodes.UncertainSubNormal, later)
        await desk.until(lambda: bool(desk.pushed) and desk.pushed[-1].value == 2.5)
        measurement = desk.pushed[-1]
        assert (measurement.quality, measurement.text) == (Quality.UNCERTAIN, "UncertainSubNormal")
        assert measurement.observed_at == pytest.approx(later, abs=0.001)
        await server.write("Level", 9.9, StatusCodes.BadSensorFailure)
        await desk.until(lambda: desk.pushed[-1].quality is Quality.BAD)
        assert (desk.pushed[-1].value, desk.pushed[-1].text) == (None, "BadSensorFailure")
        assert (await ask(desk.poller, at(server, LEVEL)))["river.level"].quality is Quality.BAD


async def test_many_nodes_share_one_session() -> None:
    async with plant() as server, desktop() as desk:
        targets = [at(server, f"node=ns%3D2%3Bs%3D{name}&metric={name.lower()}") for name in ("Flow", "Pump", "Name")]
        targets.append(at(server, "node=nsu%3Durn%3Awatchfloor%3Asim%3Aplant%3Bs%3DLevel"))
        measurements = await asyncio.gather(*(ask(desk.poller, target) for target in targets))
        values = {name: measurement.value for each in measurements for name, measurement in each.items()}
        readings = {name: value for name, value in values.items() if not name.startswith("device.")}
        assert readings == {"flow": 7.25, "pump": True, "name": "泵站", "opcua.value": 1.5}
        assert (await ask(desk.poller, at(server, "")))["opcua.state"].value == "Running"
        (session,) = desk.poller._sessions.values()
        assert session.sessions == 1
        assert len({OpcUaPoller.poll_group(target) for target in targets}) == 1
        for target in [*targets, at(server, "")]:
            desk.poller.forget(target)
        assert not desk.poller._sessions


async def test_what_cannot_be_read_is_told_with_its_mend() -> None:
    async with plant() as server, desktop() as desk:
        cases = {
            "node=ns%3D2%3Bs%3DNope": "no node ns=2;s=Nope",
            "node=i%3D2253": "no value",
            "node=ns%3D2%3Bs%3DList": "an array",
            "node=nsu%3Durn%3Ax%3Bs%3DLevel": "no namespace urn:x",
        }
        for query, message in cases.items():
            error = await failure(desk.poller, at(server, query))
            assert isinstance(error, Misconfigured), query
            assert message in error.en
        assert (await ask(desk.poller, at(server, LEVEL)))["river.level"].value == 1.5


async def test_a_server_that_restarts_is_lost_at_once_and_found_again() -> None:
    port = free_port()
    async with desktop() as desk:
        async with plant(port) as server:
            target = at(server, LEVEL)
            await ask(desk.poller, target)
        await desk.until(lambda: bool(desk.looks))
        error = await failure(desk.poller, target)
        assert isinstance(error, NotReady)
        assert error.reason is Reason.REFUSED
        async with plant(port) as server:
            await server.write("Level", 3.0)
            assert (await ask(desk.poller, target))["river.level"].value == 3.0
            await server.write("Level", 4.0)
            await desk.until(lambda: bool(desk.pushed) and desk.pushed[-1].value == 4.0)


async def test_each_way_to_fail_has_its_word() -> None:
    problems = []
    async with desktop() as desk:
        problems.append(await failure(desk.poller, target_of(f"opc.tcp://127.0.0.1:{free_port()}")))
        for talk in (silence, hanging_up, saying(b"HTTP/1.1 400 Bad Request\r\n\r\n")):
            async with serve(talk) as port:
                seconds = SILENT if talk is silence else ANSWERED
                problems.append(await failure(desk.poller, target_of(f"opc.tcp://127.0.0.1:{port}", timeout=seconds)))
    reasons = [error.reason for error in problems if isinstance(error, NotReady)]
    assert reasons == [Reason.REFUSED, Reason.TIMEOUT, Reason.CLOSED, Reason.WRONG_ANSWER]


def login(**values: str) -> Credential:
    return Credential(name="plc", kind="opcua", values=values)


async def test_a_wrong_password_wants_a_person_and_is_not_shown() -> None:
    async with plant(users={"watch": "open sesame"}) as server, desktop() as desk:
        measurements = await ask(desk.poller, at(server, LEVEL, login(user="watch", password="open sesame")))
        assert measurements["river.level"].value == 1.5
        for credential in (login(user="watch", password="wrong word"), None):
            error = await failure(desk.poller, at(server, LEVEL, credential))
            assert isinstance(error, AuthFailed)
            assert "wrong word" not in error.en + error.zh


@pytest.mark.parametrize(
    ("policy", "mode"),
    [
        ("Basic256Sha256", "SignAndEncrypt"),
        ("Basic256Sha256", "Sign"),
        ("Aes128_Sha256_RsaOaep", "SignAndEncrypt"),
        ("Aes256_Sha256_RsaPss", "SignAndEncrypt"),
    ],
)
async def test_every_policy_with_a_certificate_of_our_own(policy: str, mode: str, tmp_path: Path) -> None:
    server_pem = written(tmp_path)
    async with plant(identity=server_pem, users={"watch": "open sesame"}) as server, desktop(tmp_path / "d") as desk:
        options = {"user": "watch", "password": "open sesame", "policy": policy, "mode": mode}
        strange = await failure(desk.poller, at(server, LEVEL, login(**options)))
        assert isinstance(strange, AuthFailed)
        shown = strange.en.partition("SHA-256 ")[2][:64]
        assert shown in strange.zh
        distrusted = await failure(desk.poller, at(server, LEVEL, login(**options, trust="ab" * 32)))
        assert isinstance(distrusted, AuthFailed)
        assert "not the one that is trusted" in distrusted.en
        measurements = await ask(
            desk.poller, at(server, LEVEL, login(**options, trust=f"{'cd' * 32}, {shown.upper()}"))
        )
        assert measurements["river.level"].value == 1.5
        await desk.poller.close()
        measurements = await ask(desk.poller, at(server, LEVEL, login(**options, trust="any")))
        assert measurements["river.level"].value == 1.5
    key = tmp_path / "d" / "opcua" / "key.pem"
    assert key.stat().st_mode & 0o777 == 0o600


def written(folder: Path) -> tuple[Path, Path]:
    """Certificate and key of a server."""
    pair = security.self_signed()
    files = folder / "server.pem", folder / "server-key.pem"
    files[0].write_bytes(pair.certificate)
    files[1].write_bytes(pair.key)
    return files


async def test_a_policy_that_is_not_offered_is_told_with_those_that_are() -> None:
    async with plant() as server, desktop() as desk:
        error = await failure(desk.poller, at(server, LEVEL, login(policy="Basic256Sha256", trust="any")))
    assert isinstance(error, Misconfigured)
    assert "it offers: None" in error.en


# -- alarms ----------------------------------------------------------------------------


async def test_alarms_come_with_their_states_and_take_an_acknowledgement() -> None:
    async with plant() as server, desktop() as desk:
        await server.alarm("High", True, "水位过高")
        target = at(server, "alarms=server")
        await ask(desk.poller, target)
        await desk.until(lambda: "Plant/High" in desk.conditions)
        high = desk.conditions["Plant/High"]
        assert (high.active, high.acked, high.severity, high.level) == (True, False, Severity.CRITICAL, 900)
        assert high.text == "水位过高"
        await server.alarm("Low", True, "压力偏低")
        await desk.until(lambda: "Plant/Low" in desk.conditions)
        assert desk.conditions["Plant/Low"].severity is Severity.MINOR
        measurements = {(each.metric, each.instance): each.value for each in await desk.poller.poll(target)}
        assert (measurements["opcua.alarms", ""], measurements["opcua.unacked", ""]) == (2, 2)
        assert measurements["opcua.alarm", "Plant/Low"] is True
        await desk.poller.acknowledge(target, "Plant/High", "李雷", "已派人")
        await desk.until(lambda: desk.conditions["Plant/High"].acked)
        assert server.alarms["High"].comments == ["李雷: 已派人"]
        await desk.poller.acknowledge(target, "Plant/High", "李雷", "again")
        assert len(server.alarms["High"].comments) == 1
        await server.alarm("High", False)
        await desk.until(lambda: "Plant/High" not in desk.conditions)
        await server.alarm("Low", False)
        await desk.until(lambda: not desk.conditions["Plant/Low"].active)
        over = [each for each in desk.pushed if each.instance == "Plant/High"][-1]
        assert (over.value, over.text) == (False, "已解除 | over")


async def test_an_acknowledgement_at_the_device_comes_with_who_and_what_also_when_it_is_the_last_word() -> None:
    async with plant() as server, desktop() as desk:
        target = at(server, "alarms=server")
        await server.alarm("Low", True, "压力偏低")
        await server.alarm("Low", False)
        await ask(desk.poller, target)
        await desk.until(lambda: "Plant/Low" in desk.conditions)
        assert (desk.conditions["Plant/Low"].active, desk.conditions["Plant/Low"].acked) == (False, False)
        await server.alarm("High", True)
        await server.acknowledge("High", "li.lei", "现场处理")
        await desk.until(lambda: "Plant/High" in desk.conditions and desk.conditions["Plant/High"].acked)
        high = desk.conditions["Plant/High"]
        assert (high.active, high.by, high.comment) == (True, "li.lei", "现场处理")
        await server.acknowledge("Low", "", "已复位")
        await desk.until(lambda: desk.conditions["Plant/Low"].acked)
        low = desk.conditions["Plant/Low"]
        assert (low.active, low.by, low.comment, low.takes_ack) == (False, "", "已复位", True)
        assert ("opcua.alarms", 1) in [(each.metric, each.value) for each in desk.pushed]


async def test_what_ended_while_we_were_away_is_over_after_the_refresh() -> None:
    port = free_port()
    async with desktop() as desk:
        async with plant(port) as server:
            target = at(server, "alarms=i%3D2253")
            await server.alarm("High", True)
            await ask(desk.poller, target)
            await desk.until(lambda: "Plant/High" in desk.conditions)
        await desk.until(lambda: bool(desk.looks))
        assert "Plant/High" in desk.conditions
        async with plant(port) as server:
            await server.alarm("Low", True)
            await ask(desk.poller, target)
            await desk.until(lambda: list(desk.conditions) == ["Plant/Low"])


async def test_an_alarm_that_is_gone_cannot_be_acknowledged() -> None:
    async with plant() as server, desktop() as desk:
        target = at(server, "alarms=server")
        await ask(desk.poller, target)
        with pytest.raises(NotReady, match="no longer has"):
            await desk.poller.acknowledge(target, "Plant/High", "x", "")


@pytest.mark.parametrize(
    ("level", "severity"),
    [
        (1, "info"),
        (200, "info"),
        (201, "warning"),
        (401, "minor"),
        (601, "major"),
        (800, "major"),
        (801, "critical"),
        (1000, "critical"),
    ],
)
def test_the_five_severities(level: int, severity: str) -> None:
    assert opcua_values.severity(level) == severity


@pytest.mark.parametrize(
    ("text", "mend"),
    [
        ("opc.tcp://?node=i%3D1", "10.0.0.8"),
        ("opc.tcp://h?node=Level", "percent-encoded"),
        ("opc.tcp://h?node=i%3D1&alarms=server", "two probes"),
        ("opc.tcp://h?alarms=all", "node id"),
        ("opc.tcp://h?node=i%3D1&metric=X", "river.level"),
        ("opc.tcp://h?nod=x", "unknown parameter"),
    ],
)
def test_what_is_wrongly_written_is_told_with_its_mend(text: str, mend: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        registry.target_of(text, credentials={})
    assert mend in caught.value.en
    assert any("\u4e00" <= letter <= "\u9fff" for letter in caught.value.zh)


@pytest.mark.parametrize(
    ("values", "mend"),
    [
        ({"policy": "Basic128"}, "Basic256Sha256"),
        ({"mode": "None"}, "SignAndEncrypt"),
        ({"key": "x"}, "both or neither"),
        ({"trust": "abc"}, "64 hex digits"),
    ],
)
def test_a_credential_that_cannot_work_is_told_with_its_mend(values: dict[str, str], mend: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        security.read(login(**values))
    assert mend in caught.value.en


async def test_once_shows_the_value() -> None:
    async with plant() as server:
        attempt = await once.collect_once(f"opc.tcp://{server.address}?{LEVEL}", ANSWERED)
        await server.alarm("High", True, "水位过高")
        alarms = await once.collect_once(f"opc.tcp://{server.address}?alarms=server", ANSWERED)
    assert once.fine(attempt)
    assert "1.5 m" in once.render(attempt)
    assert "水位过高" in once.render(alarms)


async def misconfiguration(desk: Desktop, address: Target) -> Misconfigured:
    """The misconfiguration that polls of a server end with, once its session is back."""
    async with asyncio.timeout(PATIENCE):
        while True:
            error = await failure(desk.poller, address)
            if isinstance(error, Misconfigured):
                return error
            await asyncio.sleep(0.05)


async def test_a_namespace_index_that_means_another_variable_after_a_restart_is_told_and_not_read() -> None:
    port = free_port()
    async with desktop() as desk:
        async with plant(port) as server:
            index, named = at(server, LEVEL), at(server, "node=nsu%3Durn%3Awatchfloor%3Asim%3Aplant%3Bs%3DLevel")
            assert (await ask(desk.poller, index))["river.level"].value == 1.5
            assert (await ask(desk.poller, named))["opcua.value"].value == 1.5
        async with plant(port, before=("urn:other",)):
            error = await misconfiguration(desk, index)
            assert "nsu=urn:watchfloor:sim:plant;s=Level" in error.en
            assert "nsu=urn:watchfloor:sim:plant;s=Level" in error.zh
            assert (await ask(desk.poller, named))["opcua.value"].value == 1.5
            assert not any(measurement.value == -1.0 for measurement in desk.pushed)
        async with plant(port):  # as it was
            async with asyncio.timeout(PATIENCE):
                while not isinstance(answer := await attempt(desk, index), dict):
                    await asyncio.sleep(0.05)
            assert answer["river.level"].value == 1.5


async def attempt(desk: Desktop, address: Target) -> dict[str, Measurement] | CollectorError:
    try:
        return await ask(desk.poller, address)
    except CollectorError as error:
        return error


async def test_a_node_id_that_is_another_variable_after_a_restart_is_told() -> None:
    port = free_port()
    async with desktop() as desk:
        async with plant(port, names={"Level": "River.Level"}) as server:
            address = at(server, LEVEL)
            assert (await ask(desk.poller, address))["river.level"].value == 1.5
        async with plant(port, names={"Level": "Oil.Pressure"}):
            error = await misconfiguration(desk, address)
    assert "River.Level" in error.en
    assert "Oil.Pressure" in error.zh
