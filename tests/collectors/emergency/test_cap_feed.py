"""The CAP feed over real HTTP, and the indexes it reads."""

from __future__ import annotations

import gzip
import os
import zlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from collectors import registry
from collectors.contract import FetchResult
from collectors.emergency.cap import feed as cap_feed
from collectors.emergency.cap import paging
from collectors.emergency.cap.feed import CapFeed
from collectors.emergency.cap.index import ENTRIES, IndexEntry, read_index
from collectors.errors import AuthFailed, Misconfigured, NotReady, Reason, UnexpectedForm
from collectors.settings import Credential, SourceSettings
from feeds.cap.envelope import opened
from feeds.cap.message import CapDocument, parse
from tests.collectors.network.loopback import ANSWERED
from tests.feeds.cap.samples import alert, info
from tests.shared_samples import SAMPLES

INDEX = '<feed xmlns="http://www.w3.org/2005/Atom"><id>i</id><title>t</title><updated>x</updated>{}</feed>'
ENTRY = '<entry><id>{0}</id><updated>{1}</updated><link type="application/cap+xml" href="{2}"/></entry>'

FEED_OF_A = INDEX.format(ENTRY.format("a", "1", "/a.xml")).encode()
FEED = INDEX.format("".join(ENTRY.format(name, "1", f"/{name}.xml") for name in "abc")).encode()


class Centre:
    """A warning centre on loopback: `pages` by path; a path without a page answers 404."""

    def __init__(self) -> None:
        self.pages: dict[str, bytes | int] = {}
        self.paths: list[str] = []
        self.authorization: dict[str, str] = {}
        self.base = ""
        self.encoding = ""
        self.not_modified: list[str] = []

    def index(self, *listed: tuple[str, str, str]) -> None:
        """Lists (id, updated, href)."""
        self.pages["/index.atom"] = INDEX.format("".join(ENTRY.format(*entry) for entry in listed)).encode()

    async def answer(self, request: web.Request) -> web.Response:
        """A page with its ETag."""
        self.paths.append(request.path_qs)
        self.authorization[request.path] = request.headers.get("Authorization", "")
        page = self.pages.get(request.path_qs, 404)
        if isinstance(page, int):
            return web.Response(status=page)
        etag = f'"{hash(page)}"'
        if request.headers.get("If-None-Match") == etag:
            self.not_modified.append(request.path)
            return web.Response(status=304)
        packed = {"Content-Encoding": self.encoding} if self.encoding else {}
        return web.Response(body=page, headers={"ETag": etag, **packed})


@asynccontextmanager
async def served() -> AsyncIterator[Centre]:
    centre = Centre()
    app = web.Application()
    app.router.add_get("/{path:.*}", centre.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    centre.base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield centre
    finally:
        await runner.cleanup()


@asynccontextmanager
async def feed_of(
    centre: Centre, path: str = "/index.atom", *, timeout: float = ANSWERED, credential: Credential | None = None
) -> AsyncIterator[CapFeed]:
    settings = SourceSettings(
        id="cma", kind="emergency.cap", url=centre.base + path, timeout=timeout, mode="lenient", profile="cn-12379"
    )
    feed = CapFeed(settings, credential)
    try:
        yield feed
    finally:
        await feed.close()


def documents(fetched: FetchResult) -> list[CapDocument]:
    assert all(isinstance(document, CapDocument) for document in fetched.items)
    return [document for document in fetched.items if isinstance(document, CapDocument)]


# -- the CAP feed ---------------------------------------------------------------------


async def test_an_index_brings_every_document_once_oldest_first() -> None:
    async with served() as centre, feed_of(centre) as feed:
        second = alert(identifier="<identifier>B</identifier>")
        centre.index(("b", "2", "cap/b.xml"), ("a", "1", "/cap/a.xml"))
        centre.pages |= {"/cap/a.xml": alert(), "/cap/b.xml": second}
        first = documents(await feed.fetch(7.0))
        assert [document.url.removeprefix(centre.base) for document in first] == ["/cap/a.xml", "/cap/b.xml"]
        assert [document.raw for document in first] == [alert(), second]
        assert {(document.source, document.received_at, document.mode, document.profile) for document in first} == {
            ("cma", 7.0, "lenient", "cn-12379")
        }
        assert await feed.fetch(8.0) == FetchResult()
        assert centre.not_modified == ["/index.atom", "/cap/a.xml", "/cap/b.xml"]


async def test_a_document_that_was_replaced_under_the_same_link_and_time_is_noticed() -> None:
    async with served() as centre, feed_of(centre) as feed:
        centre.index(("a", "1", "/a.xml"))
        centre.pages["/a.xml"] = alert()
        await feed.fetch(0.0)
        centre.pages["/a.xml"] = altered = alert(infos=info(texts="<headline>changed</headline>"))
        (document,) = documents(await feed.fetch(0.0))
        assert document.raw == altered
        assert await feed.fetch(0.0) == FetchResult()


async def test_a_long_index_is_compared_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cap_feed, "RECHECKED", 2)
    async with served() as centre, feed_of(centre) as feed:
        names = [f"d{number}" for number in range(5)]
        centre.index(*((name, "1", f"/{name}.xml") for name in names))
        centre.pages |= {f"/{name}.xml": alert(identifier=f"<identifier>{name}</identifier>") for name in names}
        await feed.fetch(0.0)
        centre.paths.clear()
        for _ in range(3):
            await feed.fetch(0.0)
        assert {path for path in centre.paths if path != "/index.atom"} == {f"/{name}.xml" for name in names}
        assert centre.paths.count("/index.atom") == 3
        assert len(centre.paths) == 9


async def test_a_document_that_is_gone_when_it_is_compared_is_no_failure() -> None:
    async with served() as centre, feed_of(centre) as feed:
        centre.index(("a", "1", "/a.xml"))
        centre.pages["/a.xml"] = alert()
        await feed.fetch(0.0)
        del centre.pages["/a.xml"]
        assert await feed.fetch(0.0) == FetchResult()


async def test_an_envelope_brings_each_of_its_messages() -> None:
    async with served() as centre, feed_of(centre) as feed:
        inner = alert().decode().partition("?>")[2]
        centre.index(("a", "1", "/a.xml"))
        centre.pages["/a.xml"] = (
            '<EDXLDistribution xmlns="urn:oasis:names:tc:emergency:EDXL:DE:1.0">'
            f"<distributionStatus>Exercise</distributionStatus><x>{inner}</x><x>{inner}</x></EDXLDistribution>"
        ).encode()
        fetched = documents(await feed.fetch(0.0))
        assert [document.envelope for document in fetched] == ["Exercise", "Exercise"]
        assert parse(fetched[0].raw).identifier == "A1"


async def test_the_page_by_which_a_web_server_lists_a_folder_is_an_index() -> None:
    async with served() as centre, feed_of(centre, "/cap/") as feed:
        row = '<a href="{0}">{0}</a>  2026-11-28 10:0{1}  2.1K\n'
        rows = row.format("a.xml", 1) + row.format("readme.html", 1) + '<a href="?C=N;O=D">Name</a>'
        centre.pages["/cap/"] = f"<html><head><title>Index of /cap</title></head>{rows}</html>".encode()
        centre.pages["/cap/a.xml"] = alert()
        assert [document.raw for document in documents(await feed.fetch(0.0))] == [alert()]
        assert await feed.fetch(0.0) == FetchResult()
        centre.pages["/cap/"] = centre.pages["/cap/"].replace(b"10:01", b"10:02")  # type: ignore[union-attr]
        assert len(documents(await feed.fetch(0.0))) == 1


async def test_a_local_folder_brings_its_documents_once_oldest_first(tmp_path: Path) -> None:
    settings = SourceSettings(id="drop", kind="emergency.cap", url=tmp_path.as_uri())
    CapFeed.validate(settings)
    feed = CapFeed(settings, None)
    for number, name in enumerate(("b.xml", "a.cap")):
        (tmp_path / name).write_bytes(alert(identifier=f"<identifier>{name}</identifier>"))
        os.utime(tmp_path / name, (number, number))
    (tmp_path / "c.xml.part").write_bytes(b"<alert")
    assert [parse(document.raw).identifier for document in documents(await feed.fetch(0.0))] == ["b.xml", "a.cap"]
    assert await feed.fetch(0.0) == FetchResult()
    (tmp_path / "d.xml").write_bytes(b"<alert")
    assert "d.xml" in (await feed.fetch(0.0)).problem
    await feed.close()


async def test_what_changed_comes_again_and_what_is_new_comes() -> None:
    async with served() as centre, feed_of(centre) as feed:
        centre.index(("a", "1", "/a.xml"))
        centre.pages["/a.xml"] = alert()
        await feed.fetch(0.0)
        centre.index(("c", "3", "/c.xml"), ("a", "2", "/a.xml"))
        centre.pages["/c.xml"] = alert(identifier="<identifier>C</identifier>")
        assert len(documents(await feed.fetch(0.0))) == 2


async def test_after_forget_every_document_comes_again() -> None:
    async with served() as centre, feed_of(centre) as feed:
        centre.index(("a", "1", "/a.xml"))
        centre.pages["/a.xml"] = alert()
        await feed.fetch(0.0)
        feed.forget()
        assert len(documents(await feed.fetch(0.0))) == 1


async def test_a_document_that_cannot_be_fetched_is_tried_again_and_the_others_come() -> None:
    async with served() as centre, feed_of(centre) as feed:
        centre.index(("a", "1", "/a.xml"), ("b", "1", "/b.xml"))
        centre.pages |= {"/a.xml": alert(), "/b.xml": 500}
        fetched = await feed.fetch(0.0)
        assert len(fetched.items) == 1
        assert "1 of 2 documents not fetched" in fetched.problem
        assert "status 500" in fetched.problem
        centre.pages["/b.xml"] = alert()
        assert len(documents(again := await feed.fetch(0.0))) == 1
        assert again.problem == ""


async def test_a_single_document_comes_again_only_when_it_changed() -> None:
    async with served() as centre, feed_of(centre, "/one.xml") as feed:
        centre.pages["/one.xml"] = alert()
        assert [document.raw for document in documents(await feed.fetch(0.0))] == [alert()]
        assert await feed.fetch(0.0) == FetchResult()
        centre.pages["/one.xml"] = second = alert(identifier="<identifier>B</identifier>")
        assert [document.raw for document in documents(await feed.fetch(0.0))] == [second]


@pytest.mark.parametrize(
    ("body", "en", "zh"),
    [
        ("<!DOCTYPE html><html><head><title>统一登录</title>".encode(), "a web page (统一登录)", "网页（统一登录）"),
        ("<html><title>系统维护中</title></html>".encode("gb18030"), "a web page (系统维护中)", "网页（系统维护中）"),
        (b'{"code": 401}', "the answer is JSON", "实际应答是JSON"),
        (b"", "the answer is empty", "空的"),
        (FEED[: len(FEED) // 2], "breaks off", "中断"),
        (b"\x1f\x8b\x08\x00broken", "gzip body is damaged", "已损坏或不完整"),
        (gzip.compress(b"<html><title>Login</title>", mtime=0), "a web page (Login)", "网页（Login）"),
        (b"<rss version='2.0'/>", "XML of another kind (<rss>)", "其他类型"),
        (b"maintenance, back soon", "no XML", "非 XML"),
        (b'<?xml version="1.0"?><!DOCTYPE alert><alert/>', "a DTD", "DTD"),
    ],
)
async def test_an_answer_that_is_no_feed_fails_in_words_and_a_feed_again_is_read(body: bytes, en: str, zh: str) -> None:
    async with served() as centre, feed_of(centre) as feed:
        centre.index(("a", "1", "/a.xml"))
        centre.pages["/a.xml"] = alert()
        assert len((await feed.fetch(0.0)).items) == 1
        whole, centre.pages["/index.atom"] = centre.pages["/index.atom"], body
        for _ in range(2):
            with pytest.raises(UnexpectedForm) as caught:
                await feed.fetch(0.0)
            assert en in caught.value.en
            assert zh in caught.value.zh
        centre.pages["/index.atom"] = whole
        assert await feed.fetch(0.0) == FetchResult()


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [
        ("gzip", gzip.compress),
        ("x-gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("identity", bytes),
        ("deflate", lambda body: zlib.compress(body, wbits=-15)),
        ("", gzip.compress),
        ("gzip", bytes),
        ("gzip", lambda body: gzip.compress(body[:90]) + gzip.compress(body[90:])),
    ],
)
async def test_packed_feeds_and_documents_are_unpacked(encoding: str, pack: Callable[[bytes], bytes]) -> None:
    async with served() as centre, feed_of(centre) as feed:
        centre.index(("a", "1", "/a.xml"))
        centre.pages = {"/a.xml": pack(alert()), "/index.atom": pack(FEED_OF_A)}
        centre.encoding = encoding
        fetched = await feed.fetch(0.0)
        assert [document.raw for document in documents(fetched)] == [alert()]
        assert fetched.problem == ""


async def test_a_content_coding_that_nobody_knows_is_told_by_name() -> None:
    async with served() as centre, feed_of(centre) as feed:
        centre.index()
        centre.encoding = "br"
        with pytest.raises(UnexpectedForm, match="Content-Encoding 'br'"):
            await feed.fetch(0.0)


async def test_a_packed_answer_is_bounded_while_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "INDEX_LIMIT", 100_000)
    async with served() as centre, feed_of(centre) as feed:
        centre.pages["/index.atom"] = gzip.compress(b" " * 50_000_000)
        centre.encoding = "gzip"
        with pytest.raises(NotReady, match="larger than 100000 bytes when unpacked"):
            await feed.fetch(0.0)


async def test_a_listed_page_that_is_no_cap_document_is_a_problem_until_it_is_one() -> None:
    async with served() as centre, feed_of(centre) as feed:
        centre.index(("a", "1", "/a.xml"), ("b", "1", "/b.xml"))
        centre.pages |= {"/a.xml": alert(), "/b.xml": b"<html><title>Login</title>"}
        first = await feed.fetch(0.0)
        assert [document.raw for document in documents(first)] == [alert()]
        assert "1 of 2 documents not fetched" in first.problem
        assert "a web page (Login)" in first.problem
        assert (await feed.fetch(0.0)).problem == first.problem
        centre.pages["/b.xml"] = second = alert(identifier="<identifier>B</identifier>")
        assert [document.raw for document in documents(await feed.fetch(0.0))] == [second]


@pytest.mark.parametrize(("status", "error"), [(500, NotReady), (404, NotReady), (401, AuthFailed), (403, AuthFailed)])
async def test_an_index_that_fails_says_how(status: int, error: type[Exception]) -> None:
    async with served() as centre, feed_of(centre) as feed:
        centre.pages["/index.atom"] = status
        with pytest.raises(error):
            await feed.fetch(0.0)


async def test_a_centre_that_is_gone_refuses() -> None:
    async with served() as centre:
        pass
    async with feed_of(centre) as feed:
        with pytest.raises(NotReady) as caught:
            await feed.fetch(0.0)
    assert caught.value.reason is Reason.REFUSED


async def test_answers_are_bounded_before_they_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "INDEX_LIMIT", 1000)
    monkeypatch.setattr(cap_feed, "SIZE_LIMIT", 1000)
    async with served() as centre, feed_of(centre) as feed:
        centre.pages["/index.atom"] = b"x" * 1001
        with pytest.raises(NotReady, match="larger than 1000 bytes"):
            await feed.fetch(0.0)
        centre.index(("a", "1", "/a.xml"))
        centre.pages["/a.xml"] = b"x" * 1001
        assert "larger than 1000 bytes" in (await feed.fetch(0.0)).problem


async def test_a_credential_goes_to_the_source_and_nowhere_else() -> None:
    secret = Credential(name="c", kind="token", values={"token": "t"})
    async with served() as centre, served() as elsewhere, feed_of(centre, credential=secret) as feed:
        centre.index(("a", "1", "/a.xml"), ("b", "1", f"{elsewhere.base}/b.xml"))
        centre.pages["/a.xml"] = elsewhere.pages["/b.xml"] = alert()
        assert len((await feed.fetch(0.0)).items) == 2
    assert centre.authorization == {"/index.atom": "Bearer t", "/a.xml": "Bearer t"}
    assert elsewhere.authorization == {"/b.xml": ""}


@pytest.mark.parametrize(
    ("settings", "mend"),
    [
        (SourceSettings(id="s", kind="emergency.cap"), "url"),
        (SourceSettings(id="s", kind="emergency.cap", url="file:///etc/passwd"), "url"),
        (SourceSettings(id="s", kind="emergency.cap", url="http://h/", mode="soft"), "'strict', 'lenient'"),
        (SourceSettings(id="s", kind="emergency.cap", url="http://h/", profile="cn"), "'cn-12379'"),
    ],
)
def test_a_source_that_cannot_work_is_told_its_mend(settings: SourceSettings, mend: str) -> None:
    with pytest.raises(Misconfigured, match=mend):
        registry.check_source(settings)


# -- indexes --------------------------------------------------------------------------


def entries(body: bytes, base: str) -> list[IndexEntry]:
    index = read_index(body, base)
    assert index is not None
    return index.entries


def test_an_index_lists_links_inline_documents_and_rss_items() -> None:
    inline = f"<entry><id>i</id><updated>2</updated><content>{alert(prolog='').decode()}</content></entry>"
    body = INDEX.format(ENTRY.format("a", "1", "a.xml") + inline).encode()
    second, first = entries(body, "http://h/cap/index")
    assert (first.url, first.stamp) == ("http://h/cap/a.xml", "1")
    assert parse(second.raw).identifier == "A1"
    rss = b"<rss><channel><item><link>b.xml</link><pubDate>p</pubDate></item><item/></channel></rss>"
    assert [entry.url for entry in entries(rss, "http://h/")] == ["http://h/b.xml"]


def test_an_index_lists_ten_thousand_documents_at_most_and_none_twice() -> None:
    body = INDEX.format("".join(ENTRY.format(n, "1", f"/{n}.xml") for n in (0, *range(ENTRIES + 200)))).encode()
    listed = entries(body, "http://h/")
    assert len({entry.key for entry in listed}) == len(listed) == ENTRIES - 1


@pytest.mark.parametrize("how", ["element", "escaped", "cdata"])
def test_an_exercise_in_an_envelope_in_an_entry_stays_one(how: str) -> None:
    inner = alert(prolog="").decode()
    envelope = (
        '<EDXLDistribution xmlns="urn:oasis:names:tc:emergency:EDXL:DE:1.0"><distributionStatus>Exercise'
        f"</distributionStatus><x>{inner}</x></EDXLDistribution>"
    )
    escaped = envelope.replace("&", "&amp;").replace("<", "&lt;")
    content = {"element": envelope, "escaped": escaped, "cdata": f"<![CDATA[{envelope}]]>"}[how]
    body = INDEX.format(f"<entry><id>i</id><updated>2</updated><content>{content}</content></entry>").encode()
    (entry,) = entries(body, "http://h/")
    assert [message.status for message in opened(entry.raw) or []] == ["Exercise"]


def test_a_message_that_is_text_of_an_entry_is_a_document() -> None:
    text = alert(prolog='<?xml version="1.0" encoding="GBK"?>').decode()
    rss = f"<rss><channel><item><guid>1</guid><description><![CDATA[{text}]]></description></item></channel></rss>"
    (entry,) = entries(rss.encode(), "http://h/")
    assert parse(entry.raw).infos[0].event == "暴雨"


@pytest.mark.parametrize("href", ["file:///etc/passwd", "javascript:x", "", "ftp://h/x"])
def test_an_index_makes_us_open_nothing_but_the_web(href: str) -> None:
    assert entries(INDEX.format(ENTRY.format("a", "1", href)).encode(), "http://h/") == []


def test_an_index_with_a_dtd_is_refused() -> None:
    body = b'<!DOCTYPE feed [<!ENTITY a "b">]>' + INDEX.format("").encode()
    with pytest.raises(NotReady, match="DTD"):
        entries(body, "http://h/")


@pytest.mark.skipif(not (SAMPLES / "cap").is_dir(), reason="the shared samples are not on this machine")
@pytest.mark.parametrize(
    ("name", "links", "inline"),
    [
        ("amber.atom", 0, 1),
        ("canada_signed.atom", 0, 1),
        ("earthquake_index.atom", 1, 0),
        ("empty_weather_index.atom", 0, 0),
        ("no_entries.atom", 0, 0),
        ("no_link.atom", 0, 0),
        ("weather.atom", 0, 1),
        ("weather_index.atom", 2, 0),
        ("ny_index.rss", 2, 0),
        ("invalid.rss", 0, 0),
    ],
)
def test_real_indexes_are_understood(name: str, links: int, inline: int) -> None:
    listed = entries((SAMPLES / "cap" / "google" / name).read_bytes(), "http://h/")
    assert sum(bool(entry.url) for entry in listed) == links
    assert sum(bool(entry.raw) for entry in listed) == inline
