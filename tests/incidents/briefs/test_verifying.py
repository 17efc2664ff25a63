"""Verification of a brief against the journal: one changed byte is named by both, and so is a changed file."""

from __future__ import annotations

import hashlib
import io
import zipfile
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from feeds.briefs import docx_file
from feeds.briefs.layout import Issuer
from feeds.briefs.verifying import EXPORTED, BriefVerification, verify_file
from feeds.model.briefs import Brief, EntryReference
from tests.incidents.briefs.test_briefs import block, brief, reported, signed, written
from tests.incidents.commands import CommandDesk
from watchfloor.cli_brief import shown, verified

ISSUER = Issuer(site="楚雄州", organ="", zone=ZoneInfo("Asia/Shanghai"))


async def exported(desk: CommandDesk, issued: Brief) -> bytes:
    raw = docx_file.render(issued, ISSUER)
    async with desk.journal.begin() as tx:
        body = {"sha256": hashlib.sha256(raw).hexdigest(), "format": "docx"}
        await tx.append(kind="audit", name=EXPORTED, subject=issued.id, at=desk.now, actor="li", body=body)
    return raw


async def issued(desk: CommandDesk) -> str:
    """A brief signed after 15:12, when the report in writing became late: the chain went on after the last figure."""
    incident = await reported(desk)
    await desk.at("15:12")
    return await signed(desk, await written(desk, incident))


async def change(desk: CommandDesk, reference: EntryReference, old: str, new: str) -> None:
    """Change the body of one row of the journal, past the program."""
    async with desk.journal.store.writing(fenced=False) as connection:
        statement = "UPDATE entry SET body = replace(body, :old, :new) WHERE chain = :chain AND chain_seq = :number"
        place = {"chain": reference.chain, "number": reference.number, "old": old, "new": new}
        result = await connection.execute(text(statement), place)
        assert result.rowcount == 1


def faults(result: BriefVerification) -> list[tuple[str, str, int]]:
    return [(fault.code, fault.figure, fault.number) for fault in result.faults]


async def test_an_exported_brief_fits_the_journal(desk: CommandDesk) -> None:
    id = await issued(desk)
    result = await verify_file(desk.journal, await exported(desk, brief(desk, id)))
    assert faults(result) == []
    assert result.compared > 4
    assert faults(await verified(desk.journal, id)) == []
    assert "无误" in shown(result, as_json=False)


async def test_one_changed_byte_of_the_journal_is_named_by_both(desk: CommandDesk) -> None:
    id = await issued(desk)
    raw = await exported(desk, brief(desk, id))
    (figure,) = block(desk, id, "figures").figures
    (reference,) = figure.entries
    await change(desk, reference, '"value":10', '"value":11')
    (chain_fault,) = await desk.journal.verify()
    assert (chain_fault.chain, chain_fault.chain_seq) == (reference.chain, reference.number)
    for result in (await verify_file(desk.journal, raw), await verified(desk.journal, id)):
        assert faults(result) == [("entry_changed", "重伤", reference.number)]
        assert f"重伤：所引的台账行被改动过 [{reference.chain} #{reference.number}]" in shown(result, as_json=False)


async def test_a_row_that_was_hashed_anew_is_found_too(desk: CommandDesk) -> None:
    from feeds.journal import schema
    from feeds.journal.records import row_hash

    id = await issued(desk)
    (figure,) = block(desk, id, "figures").figures
    (reference,) = figure.entries
    await change(desk, reference, '"value":10', '"value":11')
    async with desk.journal.store.writing(fenced=False) as connection:
        this = (schema.entry.c.chain == reference.chain) & (schema.entry.c.chain_seq == reference.number)
        row = (await connection.execute(schema.entry.select().where(this))).one()
        await connection.execute(schema.entry.update().where(this).values(hash=row_hash(row._asdict())))
    assert faults(await verified(desk.journal, id)) == [("entry_changed", "重伤", reference.number)]


async def test_a_row_that_is_gone_is_named(desk: CommandDesk) -> None:
    id = await issued(desk)
    rows = {row.name: row for row in block(desk, id, "facts").rows}
    (reference,) = rows["grade"].entries
    async with desk.journal.store.writing(fenced=False) as connection:
        place = {"chain": reference.chain, "number": reference.number}
        await connection.execute(text("DELETE FROM entry WHERE chain = :chain AND chain_seq = :number"), place)
    codes = {(code, figure) for code, figure, _ in faults(await verified(desk.journal, id))}
    assert ("entry_missing", "事件等级") in codes


async def test_a_document_that_was_changed_past_the_signature_is_found(desk: CommandDesk) -> None:
    id = await issued(desk)
    async with desk.journal.begin() as tx:
        body = await tx.doc("brief", id)
        assert body is not None
        body["blocks"][1]["text"] = "没有泄漏。"
        await tx.put("brief", id, body)
    assert [code for code, _, _ in faults(await verified(desk.journal, id))] == ["content_differs"]


async def test_changed_words_of_a_file_are_named(desk: CommandDesk) -> None:
    id = await issued(desk)
    raw = await exported(desk, brief(desk, id))
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as source, zipfile.ZipFile(changed, "w") as target:
        for name in source.namelist():
            body = source.read(name)
            target.writestr(
                name, body.replace("重伤10人".encode(), "重伤1人".encode()) if "document.xml" in name else body
            )
    (fault,) = (await verify_file(desk.journal, changed.getvalue())).faults
    assert fault.code == "file_changed"
    assert fault.detail.startswith("重伤1人")


async def test_a_draft_is_no_brief_that_anybody_signed(desk: CommandDesk) -> None:
    id = await written(desk, await reported(desk))
    assert [code for code, _, _ in faults(await verified(desk.journal, id))] == ["not_signed"]


async def test_what_is_no_brief_is_said(desk: CommandDesk) -> None:
    from feeds.briefs.carried import NoBrief

    with pytest.raises(NoBrief):
        await verified(desk.journal, "532300:B20261127-9999")


def test_a_fault_stands_in_json() -> None:
    from feeds.briefs.verifying import BriefFault
    from tests.feeds.briefs.samples import a_brief

    result = BriefVerification(brief=a_brief(), compared=1, faults=(BriefFault(code="entry_missing", number=3),))
    assert '"code": "entry_missing"' in shown(result, as_json=True)
