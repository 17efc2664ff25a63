"""The journal: transactions are atomic, and tampering is detected."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from feeds.journal import Journal, JournalLost, Unstorable, connections, open_pages, sqlite_url
from tests.conftest import SHIPPED_SYNCHRONOUS


async def write(journal: Journal, *subjects: str) -> None:
    for subject in subjects:
        async with journal.begin() as tx:
            seq = await tx.append(
                kind="alert",
                name="raise",
                subject=subject,
                at=1.0,
                actor="网管乙",
                reason="已联系抢修",
                body={"电压": 1},
            )
            await tx.put("note", subject, {"n": 1}, seq=seq)


async def meddle(journal: Journal, sql: str) -> None:
    async with journal.store.writing() as connection:
        await connection.exec_driver_sql(sql)


async def test_entries_are_read_back_in_order(journal: Journal) -> None:
    await write(journal, "a", "b")
    entries = await journal.entries(kind="alert")
    assert [(e.subject, e.actor, e.reason, e.body) for e in entries] == [
        ("a", "网管乙", "已联系抢修", {"电压": 1}),
        ("b", "网管乙", "已联系抢修", {"电压": 1}),
    ]
    assert [e.subject for e in await journal.entries(newest_first=True, limit=1)] == ["b"]
    assert await journal.verify() == []


async def test_a_transaction_that_fails_leaves_nothing(journal: Journal) -> None:
    with pytest.raises(RuntimeError, match="half-way"):
        async with journal.begin() as tx:
            await tx.append(kind="alert", name="raise", subject="a", at=1.0)
            await tx.put("note", "a", {})
            raise RuntimeError("half-way")
    assert (await journal.entries(), await journal.docs("note")) == ([], [])
    await write(journal, "b")
    assert await journal.verify() == []


async def test_a_cancelled_statement_is_a_cancellation_and_leaves_no_thread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "BUSY_MS", 2000)
    before = set(threading.enumerate())
    journal, other = (Journal(sqlite_url(tmp_path), name) for name in ("ours", "other"))
    await journal.open()
    await other.open()
    async with other.begin():  # it has the lock, so that ours waits in its first statement
        waiting = asyncio.create_task(write(journal, "a"))
        await asyncio.sleep(0.1)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    await other.close()
    await journal.close()
    assert {
        thread.name for thread in set(threading.enumerate()) - before if not thread.name.startswith("asyncio_")
    } == set()


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        ("update entry set reason = 'nothing happened' where seq = 2", "changed"),
        ("update entry set at = 2.0 where seq = 2", "changed"),
        ("delete from entry where seq = 2", "missing"),
        ("update entry set prev = '' where seq = 2", "follow"),
    ],
)
async def test_tampering_is_detected(journal: Journal, sql: str, says: str) -> None:
    await write(journal, "a", "b", "c")
    await meddle(journal, sql)
    faults = await journal.verify()
    assert faults
    assert any(says in fault.what for fault in faults)


async def test_every_writing_process_has_a_chain_of_its_own(journal: Journal, journal_url: str) -> None:
    other = Journal(journal_url, "web")
    await other.open()
    await asyncio.gather(write(journal, *"abcdefgh"), write(other, *"ABCDEFGH"))
    assert sorted(e.chain_seq for e in await other.entries() if e.chain == "web") == list(range(1, 9))
    assert await journal.verify() == []
    await other.close()


async def test_two_processes_under_one_name_share_a_chain_and_rows_are_seen_in_their_order(
    journal: Journal, journal_url: str
) -> None:
    others = [Journal(journal_url, "test") for _ in range(3)]
    for other in others:
        await other.open()
    numbers: list[int] = []
    writing = asyncio.gather(*(write(writer, *"abcdefghijkl") for writer in (journal, *others)))
    while not writing.done():  # as a reader that remembers the last number does
        numbers += [entry.seq for entry in await journal.entries(after=numbers[-1] if numbers else 0, limit=1000)]
        await asyncio.sleep(0)
    await writing
    numbers += [entry.seq for entry in await journal.entries(after=numbers[-1], limit=1000)]
    assert numbers == [entry.seq for entry in await journal.entries(limit=1000)]
    assert len(numbers) == 48
    assert {entry.chain for entry in await journal.entries(limit=1000)} == {"test"}
    assert await journal.verify() == []
    for other in others:
        await other.close()


@pytest.mark.parametrize("text", ["a\0b", "半\ud83d个", "长" * 5000], ids=["nul", "half a pair", "long"])
async def test_any_external_text_is_stored_alike_by_every_store(journal: Journal, text: str) -> None:
    async with journal.begin() as tx:
        await tx.append(kind="alert", name="ack", subject=text[:300], at=1.0, actor=text, reason=text, body={"t": text})
        await tx.put("note", text[:300], {"t": text})
        await tx.enqueue("k", receiver="desk", subject=text[:300], created=1.0, due=1.0, body={"t": text})
    (entry,) = await journal.entries(subject=text[:300])
    expected = text.replace("\0", "\ufffd").replace("\ud83d", "\ufffd")
    assert (entry.reason, entry.actor) == (expected, expected)
    assert await journal.doc("note", text[:300]) is not None
    assert len(await journal.outbox_for(text[:300])) == 1
    assert await journal.verify() == []


async def test_unstorable_rows_are_not_retried(journal: Journal) -> None:
    with pytest.raises(Unstorable):
        async with journal.begin() as tx:
            await tx.append(kind="alert", name="raise", subject="a", at=None)  # type: ignore[arg-type]
    await write(journal, "b")
    assert [entry.subject for entry in await journal.entries()] == ["b"]


async def test_a_message_is_queued_once_and_cancelled_only_while_unsent(journal: Journal) -> None:
    for _ in range(2):
        async with journal.begin() as tx:
            for key in ("k1", "k2"):
                await tx.enqueue(key, receiver="desk", subject="a", created=1.0, due=1.0, body={"n": 1})
    assert [item.key for item in await journal.outbox_due(1.0)] == ["k1", "k2"]
    await journal.outbox_mark("k1", sent_at=2.0, attempts=1)
    async with journal.begin() as tx:
        assert len(await tx.cancel_outbox("a", reason="acknowledged")) == 1
    assert [(item.key, item.sent_at, item.error) for item in await journal.outbox_for("a")] == [
        ("k1", 2.0, ""),
        ("k2", None, "acknowledged"),
    ]
    assert await journal.outbox_due(9.0) == []


async def test_documents_are_replaced_and_paged_newest_first(journal: Journal) -> None:
    await write(journal, "a", "b", "c")
    async with journal.begin() as tx:
        await tx.put("note", "b", {"n": 2}, open=False, seq=2)
        await tx.delete("note", "c")
    assert [doc.id for doc in await journal.docs("note", open=True)] == ["a"]
    assert [(doc.id, doc.body) for doc in await journal.docs_page("note", limit=1)] == [("b", {"n": 2})]
    assert [doc.id for doc in await journal.docs_page("note", before=2)] == ["a"]


async def test_open_bodies_are_returned_as_json_oldest_first(journal: Journal) -> None:
    async with journal.begin() as tx:
        for seq, (id, open) in enumerate([("c", True), ("a", False), ("b", True)]):
            await tx.put("note", id, {"id": id, "标题": "连接慢"}, open=open, seq=seq)
        await tx.put("silence", "s", {"id": "s"}, seq=9)
    assert [body["id"] for body in await journal.decoded("note", msgspec.json.decode)] == ["c", "b"]


def all_of(array: bytes, ids: Sequence[str]) -> list[Any]:
    bodies: list[Any] = msgspec.json.decode(array)
    if [body["id"] for body in bodies] != ids:
        raise ValueError("others")
    return bodies


@pytest.mark.parametrize("page", [1, 2, 3, 100])
async def test_open_bodies_are_read_in_pages_that_keep_their_order(
    journal: Journal, page: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(open_pages, "PAGE", page)
    assert await journal.decoded("note", msgspec.json.decode, all_of) == []
    async with journal.begin() as tx:
        for number, id in enumerate("gfedcba"):
            await tx.put("note", id, {"id": id, "文": "甲,乙"}, open=id != "e", seq=number // 3)  # several in one entry
        await tx.put("silence", "s", {"id": "s"}, seq=9)
    one_by_one = await journal.decoded("note", msgspec.json.decode)
    assert await journal.decoded("note", msgspec.json.decode, all_of) == one_by_one
    assert [body["id"] for body in one_by_one] == ["f", "g", "b", "c", "d", "a"]


@pytest.mark.parametrize(
    ("damage", "left"),
    [
        ('\'{"id":"b"\'', "ac"),  # cut
        ("''", "ac"),
        ('\'{"id":"b"},{"id":"x"}\'', "ac"),  # two documents in place of one
        ("CAST(X'7BFF7D' AS TEXT)", "ac"),  # bytes that are no text
        ('\'{"id":"x"}\'', "axc"),  # whole, but of another one: as `decode` takes it
    ],
)
async def test_a_damaged_document_costs_its_page_nothing_but_itself(
    journal: Journal, damage: str, left: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(open_pages, "PAGE", 2)
    async with journal.begin() as tx:
        for number, id in enumerate("abc"):
            await tx.put("note", id, {"id": id}, seq=number)
    if journal.store.is_sqlite:
        await meddle(journal, f"UPDATE doc SET body = {damage} WHERE id = 'b'")  # a test's own text
        assert "".join(body["id"] for body in await journal.decoded("note", msgspec.json.decode, all_of)) == left
        assert [document.id for document in journal.set_aside] == (["b"] if left == "ac" else [])


async def test_an_unusable_journal_raises_an_error(tmp_path: Path) -> None:
    (tmp_path / "journal.sqlite3").write_text("this is no database" * 100)
    broken = Journal(sqlite_url(tmp_path), "web")
    with pytest.raises(JournalLost):
        await broken.open()
    await broken.close()


async def test_a_commit_is_on_the_disk_before_it_is_confirmed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "SYNCHRONOUS", SHIPPED_SYNCHRONOUS)
    journal = Journal(sqlite_url(tmp_path), "durable")
    await journal.open()
    async with journal.store.writing() as connection:
        full = (await connection.exec_driver_sql("PRAGMA synchronous")).scalar()
    await journal.close()
    assert full == 2
