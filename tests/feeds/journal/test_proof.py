"""A journal proves itself: whatever somebody does to the database without the key, `verify` names it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from feeds.journal import Journal, StoreRefused, heads, keys, records, seals
from feeds.journal.seals import Seal
from feeds.journal.sqlalchemy_core import AsyncConnection

KEY = "journal.key"
CHAINS = ("alert", "web")
Sql = Callable[[AsyncConnection], Any]


@asynccontextmanager
async def opened(url: str, key: Path | None, chain: str = "web") -> Any:
    journal = Journal(url, chain, key)
    await journal.open()
    yield journal
    await journal.close()


async def fill(url: str, key: Path | None, entries: int = 6) -> None:
    """Entries with a document each, by two writers in turn, and an anchor of each."""
    async with opened(url, key, "alert") as alert, opened(url, key) as web:
        for number in range(entries):
            for journal in (alert, web):
                async with journal.begin() as tx:
                    id = f"{journal.chain}{number}"
                    seq = await tx.append(kind="audit", name="note", subject=id, at=1.0 + number, body={"n": number})
                    await tx.put("note", id, {"n": number}, seq=seq)
        for journal in (alert, web):
            await heads.anchor(journal)


async def faults(url: str, key: Path | None) -> list[str]:
    async with opened(url, key) as journal:
        return [f"{fault.chain} #{fault.chain_seq} {fault.what}" for fault in await journal.verify()]


async def run(url: str, *statements: str) -> None:
    """Statements of somebody who can write to the database and has no key."""
    async with opened(url, None) as journal, journal.store.writing() as connection:
        for statement in statements:
            await connection.exec_driver_sql(statement)


async def rehash(url: str, sign: Callable[[str], str] = lambda hash: "") -> None:
    """Change an entry of the chain web, and hash the rest of the chain anew."""
    async with opened(url, None) as journal, journal.store.writing() as connection:
        await connection.execute(text("UPDATE entry SET actor = 'nobody' WHERE chain = 'web' AND chain_seq = 2"))
        prev = records.GENESIS
        rows = (await connection.execute(text("SELECT * FROM entry WHERE chain = 'web' ORDER BY chain_seq"))).all()
        for row in rows:
            fields = row._asdict() | {"prev": prev}
            prev = records.row_hash(fields)
            values = {"seq": row.seq, "prev": fields["prev"], "hash": prev, "mac": sign(row.mac)}
            change = "UPDATE entry SET prev = :prev, hash = :hash, mac = :mac WHERE seq = :seq"
            await connection.execute(text(change), values)


@pytest.fixture
def key(tmp_path: Path) -> Path:
    return tmp_path / "keys" / KEY


TAMPERED = {
    "cut tail": (["DELETE FROM entry WHERE chain = 'web' AND chain_seq > 4"], "web #5 is missing"),
    "missing chain": (["DELETE FROM entry WHERE chain = 'alert'"], "all 7 rows of the chain are missing"),
    "emptied log": (["DELETE FROM entry"], "rows of the chain are missing"),
    "emptied documents": (["DELETE FROM doc"], "0 documents, 12 in the seal"),
    "changed document": (
        ["UPDATE doc SET body = '{}' WHERE id = 'web3'"],
        "document note web3 was changed past the log",
    ),
    "closed document": (["UPDATE doc SET open = (1 = 0) WHERE id = 'web3'"], "note web3 was changed past the log"),
    "removed document": (["DELETE FROM doc WHERE id = 'web3'"], "11 documents, 12 in the seal"),
    "added document": (
        ["INSERT INTO doc (kind, id, open, seq, body, mac) VALUES ('account', 'eve', (1 = 1), 0, '{}', '')"],
        "document account eve is not signed",
    ),
    "changed entry": (
        ["UPDATE entry SET actor = 'nobody' WHERE chain = 'web' AND chain_seq = 2"],
        "web #2 was changed",
    ),
    "missing entry": (["DELETE FROM entry WHERE chain = 'web' AND chain_seq = 2"], "rows are missing"),
    "removed seal": (["DELETE FROM cursor WHERE name = 'seal'"], "the seal is missing"),
    "changed seal": (
        ["UPDATE cursor SET value = replace(value, '\"documents\":12', '\"documents\":11') WHERE name = 'seal'"],
        "the seal is not signed by the journal's key",
    ),
    "unsigned entries": (
        ["UPDATE entry SET mac = '' WHERE chain_seq > 3"],
        "is not signed, although rows before it are",
    ),
}


@pytest.mark.parametrize("way", TAMPERED)
async def test_verify_names_what_was_done_to_the_database(journal_url: str, key: Path, way: str) -> None:
    await fill(journal_url, key)
    assert await faults(journal_url, key) == []
    statements, expected = TAMPERED[way]
    await run(journal_url, *statements)
    assert expected in "\n".join(await faults(journal_url, key))


async def test_a_chain_that_is_hashed_anew_is_noticed(journal_url: str, key: Path) -> None:
    await fill(journal_url, key)
    await rehash(journal_url)
    assert "web #7 is not the last row as it was sealed" in await faults(journal_url, key)
    by_the_anchor = ["web #6 is missing or another one: the chain alert has its hash"]
    assert await faults(journal_url, None) == by_the_anchor, "without the key nothing else tells"


async def test_signatures_of_other_rows_do_not_fit_a_chain_that_is_hashed_anew(journal_url: str, key: Path) -> None:
    await fill(journal_url, key)
    await rehash(journal_url, sign=lambda mac: mac)
    assert "web #2 is not signed by the journal's key" in await faults(journal_url, key)


async def test_an_earlier_state_of_a_document_is_noticed(journal_url: str, key: Path) -> None:
    await fill(journal_url, key)
    async with opened(journal_url, key) as journal:
        async with journal.store.reading() as connection:
            row = (await connection.execute(text("SELECT body, mac, seq FROM doc WHERE id = 'web3'"))).one()
        async with journal.begin() as tx:
            await tx.put("note", "web3", {"n": 99})
    await run(journal_url, f"UPDATE doc SET body = '{row.body}', mac = '{row.mac}', seq = {row.seq} WHERE id = 'web3'")
    assert await faults(journal_url, key) == [" #0 documents were exchanged for earlier ones"]


async def test_a_seal_that_is_put_back_does_not_hide_a_cut_tail_from_the_anchors(journal_url: str, key: Path) -> None:
    async with opened(journal_url, key, "alert") as alert, opened(journal_url, key) as web:
        await note(web, "first")
        before = await web.cursor(seals.NAME)
        await note(web, "second")
        await heads.anchor(alert)
    await run(journal_url, "DELETE FROM entry WHERE subject = 'second'")
    assert before is not None
    async with opened(journal_url, None) as journal, journal.store.writing() as connection:
        old = text("UPDATE cursor SET value = :value WHERE name = 'seal'")
        await connection.execute(old, {"value": records.canonical(before)})
    assert "web #2 is missing or another one: the chain alert has its hash" in await faults(journal_url, key)


async def note(journal: Journal, subject: str) -> None:
    async with journal.begin() as tx:
        await tx.append(kind="audit", name="note", subject=subject, at=1.0)


async def test_a_writer_goes_on_after_a_cut_tail_and_the_seal_keeps_saying_so(journal_url: str, key: Path) -> None:
    await fill(journal_url, key)
    await run(journal_url, "DELETE FROM entry WHERE chain = 'web' AND chain_seq > 4")
    async with opened(journal_url, key) as journal:
        await note(journal, "later")
        await note(journal, "and later")
    assert " #0 the chain web ended at 4, not as sealed" in await faults(journal_url, key)


async def test_a_journal_of_the_version_before_is_signed_by_its_first_entry(journal_url: str, key: Path) -> None:
    await fill(journal_url, None)
    async with opened(journal_url, key) as journal:
        assert await journal.cursor(seals.NAME) is None
        await note(journal, "first")
        assert [entry.name for entry in await journal.entries(kind="anchor")] == ["heads", "heads", "sealed"]
    assert await faults(journal_url, key) == []
    await run(journal_url, "UPDATE doc SET body = '{}' WHERE id = 'web3'")
    assert await faults(journal_url, key) == [" #0 document note web3 was changed past the log"]


async def test_a_signed_journal_is_not_written_without_its_key(journal_url: str, key: Path) -> None:
    await fill(journal_url, key)
    async with opened(journal_url, None) as journal:
        with pytest.raises(StoreRefused, match="no key here"):
            await note(journal, "later")


def empty(key: Path) -> None:
    key.write_bytes(b"")


def garbage(key: Path) -> None:
    key.write_bytes(b"no key \xff")


def a_folder(key: Path) -> None:
    key.unlink()
    key.mkdir()


def a_fifo(key: Path) -> None:
    key.unlink()
    os.mkfifo(key)


@pytest.mark.parametrize("damage", [empty, garbage, a_folder, a_fifo])
async def test_a_damaged_key_is_set_aside_and_the_journal_goes_on_with_a_new_one(
    journal_url: str, key: Path, damage: Callable[[Path], None]
) -> None:
    await fill(journal_url, key)
    former = key.read_text()
    damage(key)
    keyrings = await asyncio.gather(*(asyncio.to_thread(keys.load_keys, key) for _ in range(4)))
    assert len({ring.id for ring in keyrings}) == 1, "all roles start at once, and take the same key"
    assert len(list(key.parent.glob(f"{key.name}.damaged-*"))) == 1
    assert key.name in keys.words(key, "en")
    async with opened(journal_url, key) as journal:
        await note(journal, "later")
        assert {fault.foreign for fault in await journal.verify() if fault.chain} == {True}
    key.write_text(f"{key.read_text()}\n{former}\n")
    async with opened(journal_url, key) as journal:
        assert {fault.chain for fault in await journal.verify()} == {""}, "only the seal names what happened"


async def test_a_key_that_is_not_here_is_named_and_a_later_line_of_the_file_proves_again(
    journal_url: str, key: Path, tmp_path: Path
) -> None:
    await fill(journal_url, key)
    other = tmp_path / "other.key"
    async with opened(journal_url, other) as journal:
        foreign = await journal.verify()
    assert {fault.foreign for fault in foreign} == {True}
    assert {fault.chain for fault in foreign} == {"", *CHAINS}
    other.write_text(f"{other.read_text()}\n{key.read_text()}\n")
    assert await faults(journal_url, other) == []
    async with opened(journal_url, other) as journal:
        await note(journal, "with the new key")
        assert await journal.verify() == []


async def test_recorded_heads_of_a_signed_journal_count_with_a_signature_only(key: Path, journal_url: str) -> None:
    await fill(journal_url, key)
    async with opened(journal_url, key) as journal:
        current = await heads.read(journal)
        document = current.record(journal.keyring)
        assert heads.parse(document, journal.keyring, unsigned=False).chains == current.chains
        forged = document | {"epoch": 99}
        for record in (forged, current.record()):
            with pytest.raises(ValueError, match="not signed"):
                heads.parse(record, journal.keyring, unsigned=False)
        assert heads.parse(current.record(), journal.keyring).chains == current.chains


async def test_deleting_and_changing_documents_keeps_the_seal(journal_url: str, key: Path) -> None:
    await fill(journal_url, key)
    async with opened(journal_url, key) as journal:
        async with journal.begin() as tx:
            await tx.delete("note", "web1")
            await tx.delete("note", "nothing")
            await tx.put("note", "web2", {"n": 5}, open=False)
            await tx.put("note", "web2", {"n": 6}, open=False)
            await tx.update("note", "new", lambda body: {"n": 1})
        assert await journal.verify() == []
        value = await journal.cursor(seals.NAME)
    assert value is not None
    assert value["documents"] == 12


def test_the_text_of_a_seal_names_all_that_it_states() -> None:
    seal = Seal(chains={"web": (1, "a")}, documents=2, digest=3)
    changed = (
        Seal(chains={"web": (1, "b")}, documents=2, digest=3),
        Seal(chains={"web": (1, "a")}, documents=3, digest=3),
        Seal(chains={"web": (1, "a")}, documents=2, digest=4),
        Seal(chains={"web": (1, "a")}, documents=2, digest=3, broken="x"),
    )
    assert len({seal.text(), *(other.text() for other in changed)}) == 5
