"""MQTT against Mosquitto: both versions, users, TLS, retained messages, last wills, restarts."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
import trustme

from collectors.errors import AuthFailed, NotReady, Reason, Silent
from collectors.network.mqtt import probe
from collectors.network.mqtt.subscription import RETAINED
from collectors.settings import Credential
from feeds.model import Quality
from tests.collectors.network.loopback import ask, failure, target_of
from tests.collectors.network.test_mqtt import Desktop, answers, desktop
from tests.patience import PATIENCE, until
from tests.peers.conftest import own, program, running, unprivileged
from tests.ports import free_port

PASSWORD = "open sesame"
LOGIN = Credential(name="b", kind="password", values={"user": "watch", "password": PASSWORD})


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """The very first message of a topic is not waited for."""
    monkeypatch.setattr(probe, "PATIENT", 0.0)


@contextmanager
def mosquitto(folder: Path, port: int, *lines: str) -> Iterator[str]:
    """A broker on a port of loopback; gives host:port."""
    own(folder.parent)
    own(folder)
    command = [f"listener {port} 127.0.0.1", "persistence false", "log_dest stderr", *lines]
    (folder / "conf").write_text("\n".join([*command, ""]))
    with running([program("mosquitto"), "-c", str(folder / "conf")], port, folder / "log"):
        yield f"127.0.0.1:{port}"


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = own(tmp_path_factory.mktemp("mosquitto"))
    program("mosquitto")
    passwords, rights = folder / "passwords", folder / "acl"
    subprocess.run(
        [program("mosquitto_passwd"), "-c", "-b", str(passwords), "watch", PASSWORD],
        check=True,
        capture_output=True,
        **unprivileged(),
    )
    rights.write_text("user watch\ntopic readwrite site/#\n")
    with mosquitto(folder, free_port(), f"password_file {passwords}", f"acl_file {rights}") as where:
        yield where


def publish(where: str, topic: str, message: str, *words: str) -> None:
    host, port = where.split(":")
    line = [program("mosquitto_pub"), "-h", host, "-p", port, "-u", "watch", "-P", PASSWORD, "-t", topic, "-m", message]
    subprocess.run([*line, *words], check=True, capture_output=True, timeout=PATIENCE)


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("version", ["3.1.1", "5"])
async def test_a_message_comes_as_it_is_published(broker: str, version: str) -> None:
    async with desktop() as desk:
        target = target_of(f"mqtt://{broker}/site/{version}/river?field=level&version={version}", LOGIN)
        await ask(desk.poller, target)
        publish(broker, f"site/{version}/river", '{"level": 3.25}', "-q", "1")
        await until(lambda: desk.pushed)
        assert (desk.pushed[-1].value, desk.pushed[-1].quality) == (3.25, Quality.GOOD)


def has_told_last(desk: Desktop, value: object) -> bool:
    return bool(desk.pushed) and desk.pushed[-1].value == value


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("version", ["3.1.1", "5"])
async def test_qos_2_brings_every_message_once(broker: str, version: str) -> None:
    async with desktop() as desk:
        await ask(desk.poller, target_of(f"mqtt://{broker}/site/{version}/once?qos=2&version={version}", LOGIN))
        for number in range(3):
            desk.time += 1
            publish(broker, f"site/{version}/once", str(number), "-q", "2")
            await until(partial(has_told_last, desk, number))
        assert [measurement.value for measurement in desk.pushed] == [0, 1, 2]


@pytest.mark.usefixtures("hasty")
async def test_what_the_access_list_withholds_in_silence_is_named(broker: str) -> None:
    """mosquitto grants a filter that its list forbids, and delivers nothing."""
    async with desktop() as desk:
        target = target_of(f"mqtt://{broker}/other/+/level?every=30s", LOGIN)
        try:
            await ask(desk.poller, target)
        except AuthFailed:
            return  # another version of it says so at once
        publish(broker, "other/a/level", "1")
        desk.time += 32
        error = await failure(desk.poller, target)
        assert isinstance(error, Silent)
        assert "ACL" in error.en


async def test_a_retained_message_is_marked(broker: str) -> None:
    publish(broker, "site/old", "7", "-r")
    async with desktop() as desk:
        measurement = (await ask(desk.poller, target_of(f"mqtt://{broker}/site/old", LOGIN)))["mqtt.value"]
        assert (measurement.value, measurement.quality, measurement.text) == (7, Quality.UNCERTAIN, RETAINED)


@pytest.mark.parametrize("version", ["3.1.1", "5"])
async def test_users(broker: str, version: str) -> None:
    wrong = Credential(name="b", kind="password", values={"user": "watch", "password": "wrong word"})
    async with desktop() as desk:
        for credential in (wrong, None):
            error = await failure(desk.poller, target_of(f"mqtt://{broker}/site/a?version={version}", credential))
            assert isinstance(error, AuthFailed)
            assert "wrong word" not in error.en


@pytest.mark.usefixtures("hasty")
async def test_a_last_will_makes_the_device_offline(broker: str) -> None:
    host, port = broker.split(":")
    publish(broker, "site/x", "you are in", "-r")
    device = subprocess.Popen(
        [
            program("mosquitto_sub"),
            "-h",
            host,
            "-p",
            port,
            "-u",
            "watch",
            "-P",
            PASSWORD,
            "-t",
            "site/x",
            "--will-topic",
            "site/status",
            "--will-payload",
            "offline",
            "--will-retain",
        ],
        stdout=subprocess.PIPE,
    )
    try:
        assert device.stdout is not None
        assert await asyncio.to_thread(device.stdout.readline) == b"you are in\n"  # only then it has a will
        async with desktop() as desk:
            target = target_of(f"mqtt://{broker}/site/y?availability=site/status", LOGIN)
            await ask(desk.poller, target)
            device.kill()
            await until(lambda: desk.looks)
            error = await failure(desk.poller, target)
            assert isinstance(error, NotReady)
            assert error.reason is Reason.OFFLINE
    finally:
        device.kill()
        device.communicate()


@pytest.mark.usefixtures("hasty")
async def test_tls(tmp_path: Path) -> None:
    folder, authority = own(tmp_path / "tls"), trustme.CA()
    certificate = authority.issue_cert("127.0.0.1")
    (folder / "ca").write_bytes(authority.cert_pem.bytes())
    (folder / "cert").write_bytes(b"".join(certificate.bytes() for certificate in certificate.cert_chain_pems))
    (folder / "key").write_bytes(certificate.private_key_pem.bytes())
    (folder / "key").chmod(0o644)
    lines = ("allow_anonymous true", f"certfile {folder}/cert", f"keyfile {folder}/key")
    values = {"user": "x", "password": "y", "ca": authority.cert_pem.bytes().decode()}
    trusting = Credential(name="c", kind="password", values=values)
    with mosquitto(folder, free_port(), *lines) as where:
        async with desktop() as desk:
            error = await failure(desk.poller, target_of(f"mqtts://{where}/a"))
            assert isinstance(error, NotReady)
            assert error.reason is Reason.TLS
            await ask(desk.poller, target_of(f"mqtts://{where}/a", trusting))


@pytest.mark.usefixtures("hasty")
async def test_a_broker_that_restarts_is_found_again(tmp_path: Path) -> None:
    port = free_port()
    async with desktop() as desk:
        target = target_of(f"mqtt://127.0.0.1:{port}/a")
        with mosquitto(tmp_path / "m", port, "allow_anonymous true"):
            await ask(desk.poller, target)
        await until(lambda: desk.looks)
        assert isinstance(await failure(desk.poller, target), NotReady)
        with mosquitto(tmp_path / "m", port, "allow_anonymous true") as where:
            await until(lambda: answers(desk.poller, target))  # the pause of the connection is real
            publish(where, "a", "5")
            await until(lambda: desk.pushed and desk.pushed[-1].value == 5)
