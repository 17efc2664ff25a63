"""URIs, the registry, the schedule, and the one probe of `collect --once`."""

from __future__ import annotations

import errno
import json
import socket
import ssl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors import once, registry, uri
from collectors.contract import Feed, Poller
from collectors.errors import Misconfigured, Reason, not_ready
from collectors.listener import Listener
from collectors.network.heartbeat import every
from collectors.probing.ticks import GRID, Schedule, next_tick, phase
from collectors.settings import Credential, SourceSettings
from tests.collectors.network.loopback import ANSWERED, SILENT, serve, silence


def test_a_uri_is_taken_apart_and_decoded() -> None:
    target = uri.parse("opc.tcp://10.0.0.1:4840/a%20b?node=ns%3D1%3Bs%3DRiver.Level&unit=m&sum=1+1")
    assert (target.scheme, target.host, target.port, target.path) == ("opc.tcp", "10.0.0.1", 4840, "/a%20b")
    assert target.params == {"node": "ns=1;s=River.Level", "unit": "m", "sum": "1+1"}
    assert uri.parse("tcp://[::1]:22").address == "[::1]:22"
    assert uri.parse("TCP://10.0.0.1:22").scheme == "tcp"


@pytest.mark.parametrize(
    ("text", "mend"),
    [
        ("10.0.0.1:22", "tcp://10.0.0.1:22"),
        ("tcp://10.0.0.1", "tcp://10.0.0.1:22"),
        ("tcp://:22", "host"),
        ("tcp://10.0.0.1:99999", "65535"),
        ("tcp://10.0.0.1:22?x=1", "unknown parameter 'x'"),
        ("tcp://root:secret@10.0.0.1:22", "[credentials.NAME]"),
        ("http:///x", "http://host"),
        ("http://h/?expect=fine", "expect=200"),
        ("http://h/?verify=perhaps", "yes or no"),
        ("gopher://h:70", "known schemes: "),
        ("heartbeat:", "heartbeat:?every=5m"),
        ("heartbeat:?every=soon", "10s, 5m, 1h"),
        ("heartbeat:?every=0s", "10s, 5m, 1h"),
        ("heartbeat://h?every=5m", "heartbeat:?every=5m"),
        ("heartbeat:?every=90d", "31d"),
        ("http://h/?cred=core", "[credentials.core]"),
    ],
)
def test_what_is_wrongly_written_is_told_with_its_mend_in_both_languages(text: str, mend: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        registry.target_of(text, credentials={})
    assert mend in caught.value.say("en")
    assert any("\u4e00" <= letter <= "\u9fff" for letter in caught.value.say("zh-CN"))
    assert "secret" not in caught.value.en + caught.value.zh


def test_a_credential_is_resolved_by_name_and_never_shown() -> None:
    secret = Credential(name="core", kind="token", values={"token": "t0p"})
    target = registry.target_of("http://h/?cred=core", credentials={"core": secret})
    assert target.credential is secret
    assert "t0p" not in repr(target)


@pytest.mark.parametrize(("text", "seconds"), [("150ms", 0.15), ("10s", 10.0), ("1.5m", 90.0), ("2h", 7200.0)])
def test_durations(text: str, seconds: float) -> None:
    assert uri.duration(text) == pytest.approx(seconds)
    if seconds >= 1:
        assert every(uri.parse(f"heartbeat:?every={text}")) == pytest.approx(seconds)


@pytest.mark.parametrize("scheme", registry.known_schemes())
def test_every_scheme_has_a_class_that_keeps_the_contract(scheme: str) -> None:
    cls = registry.poller_class(scheme)
    assert scheme in cls.schemes
    assert cls.family
    assert isinstance(cls.passive, bool)
    assert {"validate", "poll", "close"} <= set(dir(cls)) & set(dir(Poller))
    assert registry.source_name(scheme).startswith(("network.", "video."))
    assert cls.family == registry.family_of(scheme)


@pytest.mark.parametrize("kind", registry.known_source_kinds())
def test_every_kind_of_source_has_a_class_that_keeps_the_contract(kind: str) -> None:
    cls = registry.listener_class(kind) if registry.listens(kind) else registry.feed_class(kind)
    whole = {name for name in dir(Listener if registry.listens(kind) else Feed) if not name.startswith("_")}
    assert kind in cls.kinds
    assert whole <= set(dir(cls)) | {"kinds", "stream", "item"}
    with pytest.raises(Misconfigured):
        registry.check_source(SourceSettings(id="s", kind=kind))


def test_an_unknown_kind_of_source_is_told_the_known_ones() -> None:
    with pytest.raises(Misconfigured, match=r"emergency\.cap"):
        registry.check_source(SourceSettings(id="s", kind="emergency.gopher"))


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ConnectionRefusedError(errno.ECONNREFUSED, "x"), Reason.REFUSED),
        (TimeoutError(), Reason.TIMEOUT),
        (OSError(errno.EHOSTUNREACH, "x"), Reason.UNREACHABLE),
        (OSError(errno.ENETUNREACH, "x"), Reason.UNREACHABLE),
        (socket.gaierror(socket.EAI_NONAME, "x"), Reason.UNRESOLVED),
        (ssl.SSLError(1, "x"), Reason.TLS),
        (ConnectionResetError(errno.ECONNRESET, "x"), Reason.CLOSED),
        (OSError(errno.EACCES, "x"), Reason.UNREACHABLE),
        (ConnectionResetError(), Reason.CLOSED),
    ],
)
def test_each_way_to_fail_has_a_word_of_its_own(error: OSError, reason: Reason) -> None:
    failed = not_ready(error)
    assert failed.reason is reason
    assert failed.en.startswith(reason)
    assert failed.zh.startswith(reason.words["zh-CN"])


# -- schedule -------------------------------------------------------------------------


@given(now=st.floats(0, 1e7), interval=st.floats(0.1, 3600), share=st.floats(0, 0.999))
def test_the_next_tick_lies_ahead_by_at_most_an_interval_and_never_drifts(
    now: float, interval: float, share: float
) -> None:
    offset = share * interval
    tick = next_tick(now, interval, offset)
    assert now < tick <= now + interval * (1 + 1e-5) + 1e-6
    turns = (tick - offset) / interval
    assert abs(turns - round(turns)) < 1e-3
    assert next_tick(tick, interval, offset) == pytest.approx(tick + interval, rel=1e-9, abs=1e-4)


def test_phases_are_the_same_for_the_same_name_and_spread_for_many() -> None:
    assert phase("a", 10) == phase("a", 10)
    tenths = [int(phase(f"asset {n}", 10)) for n in range(1000)]
    assert all(60 < tenths.count(tenth) < 140 for tenth in range(10))
    slots = [phase(f"asset {n}", 10) / GRID for n in range(1000)]
    assert slots == pytest.approx([round(slot) for slot in slots])
    assert len({phase(f"asset {n}", GRID) for n in range(100)}) == 100


def test_the_schedule_gives_what_is_due_in_order_and_forgets_what_was_dropped() -> None:
    schedule = Schedule()
    for job, due in (("c", 3.0), ("a", 1.0), ("b", 2.0), ("x", 1.5)):
        schedule.put(job, due)
    schedule.drop("x")
    schedule.put("a", 2.5)
    assert (schedule.next_due(), len(schedule)) == (2.0, 3)
    assert schedule.due(2.7) == [(2.0, "b"), (2.5, "a")]
    assert schedule.due(2.7) == []
    assert schedule.next_due() == 3.0
    schedule.drop("c")
    assert schedule.next_due() is None


def test_ten_thousand_jobs_need_no_task_each() -> None:
    schedule = Schedule()
    for n in range(10_000):
        schedule.put(n, phase(str(n), 10))
    due_jobs = 0
    for tenth in range(101):
        due_jobs += len(schedule.due(tenth / 10))
    assert due_jobs == 10_000


# -- once -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "word_zh", "word_en"),
    [
        ("gopher://h:70", "可用的协议", "known schemes"),
        ("heartbeat:?every=5m", "主动|POST", "POST /api/v1/ingest"),
        ("nonsense", "没有协议名", "no scheme"),
        ("tcp://127.0.0.1", "缺少主机或端口", "needs a host and a port"),
    ],
)
async def test_once_answers_clearly_what_cannot_be_asked(text: str, word_zh: str, word_en: str) -> None:
    attempt = await once.collect_once(text, 1.0)
    assert not once.fine(attempt)
    assert any(expected in once.render(attempt) for expected in word_zh.split("|"))
    assert word_en in once.render(attempt, language="en")


async def test_once_says_that_a_target_is_up_and_how_fast() -> None:
    async with serve(silence) as port:
        attempt = await once.collect_once(f"tcp://127.0.0.1:{port}", ANSWERED)
    assert once.fine(attempt)
    lines = once.render(attempt).splitlines()
    assert lines[0].split() == ["tcp.up", "正常"]
    assert lines[1].startswith("tcp.connect_ms")
    record = json.loads(once.render(attempt, as_json=True))[0]
    assert (record["metric"], record["value"], record["quality"]) == ("tcp.up", True, "good")
    assert record["observed_at"].endswith("Z")


async def test_once_says_why_a_target_is_down() -> None:
    async with serve(silence) as port:
        pass
    attempt = await once.collect_once(f"tcp://127.0.0.1:{port}", ANSWERED)
    assert "不通  拒绝连接" in once.render(attempt)
    assert "down  refused" in once.render(attempt, language="en")


async def test_once_gives_up_in_its_time() -> None:
    async with serve(silence) as port:
        attempt = await once.collect_once(f"http://127.0.0.1:{port}/", SILENT)
    assert attempt.observations[0].text.startswith("timeout")
