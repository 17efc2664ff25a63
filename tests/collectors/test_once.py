"""`watchfloor collect --once`: every scheme says in words of its own what is wrong, and what to do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from collectors import once, registry
from collectors.contract import Measurement, Target
from collectors.errors import Reason
from collectors.settings import Credential
from feeds.model import Observation, Quality
from tests.collectors.network.loopback import ANSWERED, SILENT, Talk, hanging_up, serve, silence
from tests.ports import free_port
from watchfloor import cli

SECRET = "hunter2hunter2"
CREDENTIALS = {
    credential.name: credential
    for credential in (
        Credential(name="pw", kind="password", values={"user": "u", "password": SECRET}),
        Credential(name="v2c", kind="snmpv2c", values={"community": SECRET}),
        Credential(
            name="v3",
            kind="snmpv3",
            values={"user": "u", "auth": "SHA", "auth_key": SECRET, "priv": "AES", "priv_key": SECRET},
        ),
    )
}
URIS = {
    "tcp": "tcp://{}",
    "http": "http://{}/",
    "https": "https://{}/",
    "tls": "tls://{}",
    "dns": "dns://{}/example.cn",
    "smtp": "smtp://{}?cred=pw",
    "sip": "sip://{}",
    "snmp": "snmp://{}?cred=v2c",
    "snmpv3": "snmp://{}?cred=v3",
    "sql+postgresql": "sql+postgresql://{}/d?cred=pw",
    "sql+mysql": "sql+mysql://{}/d?cred=pw",
    "modbus": "modbus://{}/1?hr=0:uint16&metric=a.b",
    "mqtt": "mqtt://{}/t?metric=a.b&cred=pw",
    "mqtts": "mqtts://{}/t?metric=a.b",
    "rtsp": "rtsp://{}/stream?cred=pw",
    "onvif": "onvif://{}?cred=pw",
    "opc.tcp": "opc.tcp://{}?node=ns%3D1%3Bs%3Dx&metric=a.b",
}
STREAMS = sorted(set(URIS) - {"tcp", "dns", "sip", "snmp", "snmpv3"})
RUBBISH = b"\xff\x00\x1b[31mrubbish\r\n"


def uri(name: str, port: int) -> str:
    return URIS[name].format(f"127.0.0.1:{port}")


def test_every_scheme_that_asks_stands_here() -> None:
    asking = {name for name in registry.known_schemes() if not registry.poller_class(name).passive}
    assert asking - {"icmp"} <= set(URIS)


async def ask(text: str, timeout: float = ANSWERED) -> tuple[Observation, str, str]:
    """The verdict, and what a person reads in both languages; bounded in size and secrets."""
    attempt = await once.collect_once(text, timeout, CREDENTIALS)
    zh, en = once.render(attempt), once.render(attempt, language="en")
    for rendered in (zh, en, once.render(attempt, as_json=True)):
        assert SECRET not in rendered
        assert len(rendered) < 20_000
    assert all(letter.isprintable() or letter == "\n" for letter in zh + en)
    return attempt.observations[0], zh, en


BROKERED = ("mqtt", "mqtts")
"""Schemes whose device lies behind a broker: a broker that cannot be reached leaves the device unknown."""


def says(verdict: Observation, reason: Reason) -> bool:
    """Whether the verdict is for that reason, or that its broker cannot be reached for that reason."""
    return verdict.text.startswith(reason) or f"| {reason}: the broker " in verdict.text


class Rubbish(asyncio.DatagramProtocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        for answer in (RUBBISH * 20, b"\x30\x84\xff\xff\xff\xff" + b"A" * 60_000):
            self._transport.sendto(answer, addr)  # type: ignore[attr-defined]


@asynccontextmanager
async def datagrams(answer: type[asyncio.DatagramProtocol]) -> AsyncIterator[int]:
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(answer, ("127.0.0.1", 0))
    try:
        yield transport.get_extra_info("sockname")[1]
    finally:
        transport.close()


async def flooding(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while True:
            writer.write(b"0" * 65536)
            await writer.drain()


async def babbling(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(RUBBISH * 20)
    await silence(reader, writer)


@pytest.mark.parametrize("name", sorted(URIS))
async def test_a_refusal_is_said_with_its_mend(name: str) -> None:
    verdict, zh, en = await ask(uri(name, free_port()))
    assert verdict.value is (None if name in BROKERED else False)
    assert says(verdict, Reason.REFUSED)
    assert "拒绝连接" in zh
    assert "启动服务" in zh
    assert "correct the port" in en


@pytest.mark.parametrize("name", STREAMS)
async def test_silence_is_a_timeout(name: str) -> None:
    async with serve(silence) as port:
        verdict, zh, _ = await ask(uri(name, port), SILENT)
    assert says(verdict, Reason.TIMEOUT)
    assert "--timeout" in zh


@pytest.mark.parametrize("name", ["dns", "sip", "snmp", "snmpv3"])
async def test_silence_over_udp_is_a_timeout(name: str) -> None:
    async with datagrams(asyncio.DatagramProtocol) as port:
        verdict, _, _ = await ask(uri(name, port), SILENT)
    assert says(verdict, Reason.TIMEOUT)


async def ending(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Ends the stream before a word was said, which asyncio tells of without an errno when it is amid a handshake."""
    writer.write_eof()


@pytest.mark.parametrize("talk", [hanging_up, ending])
@pytest.mark.parametrize("name", STREAMS)
async def test_hanging_up_is_no_silence(name: str, talk: Talk) -> None:
    async with serve(talk) as port:
        verdict, _, en = await ask(uri(name, port))
    assert says(verdict, Reason.CLOSED)
    assert "hung up" in en


@pytest.mark.parametrize("talk", [babbling, flooding])
@pytest.mark.parametrize("name", STREAMS)
async def test_what_speaks_another_protocol_is_a_wrong_answer_however_much_it_says(name: str, talk: object) -> None:
    async with serve(talk) as port:  # type: ignore[arg-type]
        verdict, _, en = await ask(uri(name, port))
    assert says(verdict, Reason.WRONG_ANSWER), verdict.text
    assert "check" in en.splitlines()[1]


@pytest.mark.parametrize("name", ["dns", "sip", "snmp", "snmpv3"])
async def test_rubbish_over_udp_is_a_wrong_answer(name: str) -> None:
    async with datagrams(Rubbish) as port:
        verdict, _, _ = await ask(uri(name, port))
    assert says(verdict, Reason.WRONG_ANSWER), verdict.text


@pytest.mark.parametrize("name", sorted(set(URIS) - {"snmpv3"}))
async def test_a_name_without_an_address_is_said(name: str) -> None:
    verdict, _, en = await ask(URIS[name].format("no-such-host.invalid:1"))
    assert says(verdict, Reason.UNRESOLVED)
    assert "check it and the DNS" in en


@pytest.mark.parametrize("name", ["sql+postgresql", "sql+mysql", "smtp", "tls"])
async def test_a_uri_that_cannot_be_asked_is_told_under_its_own_name(name: str) -> None:
    verdict, zh, en = await ask(URIS[name].format(""))
    assert verdict.metric == f"{registry.poller_class(name).family}.up"
    assert (verdict.value, verdict.quality) == (None, Quality.BAD)
    assert "设置有误" in zh
    assert "wrong settings" in en


ODD = [
    "http://{}:0/",
    "https://{}:0/",
    "smtp://{}:0",
    "tcp://{}:70000",
    "tcp://[::1:{}",
    "u:hunter2hunter2@{}",
    "nope://{}",
]


@pytest.mark.parametrize("text", ODD)
async def test_what_cannot_be_asked_is_a_wrong_setting_and_no_refusal(text: str) -> None:
    verdict, zh, _ = await ask(text.format("127.0.0.1"))
    assert (verdict.value, verdict.quality) == (None, Quality.BAD)
    assert "设置有误" in zh


@pytest.mark.parametrize("name", sorted(URIS))
async def test_a_secret_that_stands_in_the_address_is_not_said_again(name: str) -> None:
    """`ask` looks for it, in the JSON too."""
    text = uri(name, free_port())
    for wrong in (
        f"{text}{'&' if '?' in text else '?'}password={SECRET}",
        text.replace("://", f"://u:{SECRET}@"),
        text.replace("://127.0.0.1", f"://u:{SECRET}@[::1"),
        f"{text.partition('?')[0]}?nope=1&token={SECRET}",
    ):
        verdict, _, en = await ask(wrong)
        assert verdict.value is not True
        assert "wrong settings" in en or name.startswith(("http", "rtsp"))  # a query may be the far end's own


async def test_a_credential_without_settings_names_the_option() -> None:
    attempt = await once.collect_once("snmp://127.0.0.1?cred=core", 1.0)
    assert "-c watchfloor.toml" in once.render(attempt)


@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize("reason", Reason)
def test_every_reason_is_said_with_its_mend(reason: Reason, language: str) -> None:
    verdict = Observation(
        asset="", metric="tcp.up", value=False, observed_at=0.0, received_at=0.0, source="s", text=reason
    )
    _, correction = once.render(once.Attempt([verdict], reason), language=language).splitlines()
    assert correction.strip()


async def test_wrong_credentials_have_words_of_their_own() -> None:
    async def locked(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n")

    async with serve(locked) as port:
        verdict, zh, en = await ask(f"http://127.0.0.1:{port}/?cred=pw")
    assert verdict.value is None
    assert "认证失败" in zh
    assert "authentication failed" in en


async def test_a_fault_of_the_collector_itself_is_said_and_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(registry.poller_class("tcp")):  # type: ignore[misc]
        async def poll(self, target: Target) -> list[Measurement]:
            raise KeyError("oops")

    monkeypatch.setattr(registry, "poller_class", lambda scheme: Broken)
    _, _, en = await ask("tcp://127.0.0.1:1")
    assert "the collector itself failed (KeyError)" in en


def test_readings_are_named_with_their_instance_and_hostile_text_is_tame() -> None:
    def observation(metric: str, value: str, instance: str = "") -> Observation:
        return Observation(
            asset="", metric=metric, value=value, instance=instance, observed_at=0.0, received_at=0.0, source="s"
        )

    hostile = observation("snmp.name", "\x1b[2Jevil\n" + "y" * 5000)
    text = once.render(once.Attempt([observation("snmp.if_up", "x", "Gi0/1"), hostile]))
    first, second = text.splitlines()
    assert first.split() == ["snmp.if_up[Gi0/1]", "x"]
    assert "\x1b" not in text
    assert len(second) < 500


def test_the_command_takes_its_credentials_and_language_from_the_settings(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "watchfloor.toml"
    file.write_text(
        '[site]\nname = "x"\nregion = "532300"\nlanguage = "en"\n[credentials.pw]\nkind = "password"\n'
        f'user = "u"\npassword = "{SECRET}"\n'
    )
    address = f"http://127.0.0.1:{free_port()}/?cred=pw"
    assert cli.main(["collect", "--once", address, "-c", str(file)]) == 1
    assert "refused" in capsys.readouterr().out
    assert cli.main(["collect", "--once", address, "-c", str(file), "--language", "zh-CN"]) == 1
    assert "拒绝连接" in capsys.readouterr().out
    assert cli.main(["collect", "--once", address, "--timeout", "0"]) == 1
    assert "--timeout" in capsys.readouterr().err
