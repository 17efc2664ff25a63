"""Damaged documents in the journal: engines start without them, and `watchfloor journal documents` mends them."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from api.auth.accounts import add_account, add_token
from feeds.bus import Bus
from feeds.journal import Journal
from tests.alerts.builders import asset
from tests.alerts.rig import Rig
from tests.watchfloor.test_cli import SITE
from watchfloor.cli import main
from watchfloor.repair import documents

DAMAGES = {
    "cut": b'{"id":"',
    "no text": b'{"id":"\xff\xfe"}',
    "emptied": b"",
    "no object": b"[]",
    "without its fields": b"{}",
    "of other types": b'{"id":7,"rule":[],"name":3}',
}


def damage(journal: Journal, kind: str, text: bytes, id: str = "") -> int:
    """Overwrite the text of documents directly in the database file. Returns their number."""
    with sqlite3.connect(journal.store.file) as file:
        where, values = ("kind = ? AND id = ?", (kind, id)) if id else ("kind = ?", (kind,))
        changed = file.execute(f"UPDATE doc SET body = CAST(? AS TEXT) WHERE {where}", (text, *values)).rowcount
    file.close()
    return changed


@pytest.mark.parametrize("text", DAMAGES.values(), ids=DAMAGES)
async def test_the_alert_engine_starts_with_all_readable_alerts_when_one_is_unreadable(
    bus: Bus, journal: Journal, text: bytes
) -> None:
    rig = Rig(bus, journal)
    await rig.start()
    await rig.assets(asset("r1"), asset("r2"))
    for id in ("r1", "r2"):
        await rig.health("down", id)
    await rig.step()
    await rig.step(60)
    first, second = sorted(rig.engine.core.alerts)
    assert damage(journal, "alert", text, first) == 1
    await rig.start()
    assert second in rig.engine.core.alerts
    assert first not in rig.engine.core.alerts
    assert journal.set_aside.counts() == {"alert": 1}
    assert "1 " in journal.set_aside.words("en")
    (wrong,) = await documents.findings(journal)
    assert (wrong.kind, wrong.id) == ("alert", first)


async def test_a_damaged_alert_is_rebuilt_from_its_entries_with_its_notified_receivers(
    bus: Bus, journal: Journal
) -> None:
    rig = Rig(bus, journal)
    await rig.start()
    await rig.assets(asset("r1"), asset("r2"))
    await rig.health("down", "r1")
    await rig.step()
    await rig.step(60)
    (before,) = rig.engine.core.alerts.values()
    body = (await journal.doc("alert", before.id)).body  # type: ignore[union-attr]
    damage(journal, "alert", DAMAGES["cut"])
    await documents.mend(journal, "alert", before.id, "zhang")
    assert await documents.findings(journal) == []
    await rig.start()
    assert rig.engine.core.alerts == {before.id: before}
    mended = (await journal.doc("alert", before.id)).body  # type: ignore[union-attr]
    assert (mended["told"], mended["firing"]) == (body["told"], body["firing"])
    (entry,) = await journal.entries(kind="audit", subject=before.id)
    assert (entry.name, entry.actor, entry.body["text"]) == ("document-mended", "zhang", DAMAGES["cut"].decode())


async def test_an_alert_that_disagrees_with_its_entries_is_reported(bus: Bus, journal: Journal) -> None:
    rig = Rig(bus, journal)
    await rig.start()
    await rig.assets(asset("r1"), asset("r2"))
    await rig.health("down", "r1")
    await rig.step()
    await rig.step(60)
    (id,) = rig.engine.core.alerts
    assert await documents.findings(journal) == []
    doc = await journal.doc("alert", id)
    assert doc is not None
    damage(journal, "alert", json.dumps(doc.body | {"severity": "info", "active": False}).encode())
    (wrong,) = await documents.findings(journal)
    assert wrong.reason == "disagrees with its entries: severity, active"


@pytest.mark.parametrize("kind", ["silence", "maintenance", "rule", "roster", "receivers", "escalations", "secret"])
@pytest.mark.parametrize("text", DAMAGES.values(), ids=DAMAGES)
async def test_the_alert_engine_starts_with_an_unreadable_document_of_any_kind(
    bus: Bus, journal: Journal, kind: str, text: bytes
) -> None:
    async with journal.begin() as tx:
        await tx.put(kind, "site", {})
    damage(journal, kind, text, "site")
    rig = Rig(bus, journal)
    await rig.start()
    await rig.assets(asset("r1"), asset("r2"))
    await rig.health("down", "r1")
    await rig.step()
    await rig.step(60)
    assert len(rig.engine.core.alerts) == 1


@pytest.mark.parametrize("text", DAMAGES.values(), ids=DAMAGES)
async def test_an_unreadable_account_hides_no_other_account_and_can_be_created_again(
    journal: Journal, text: bytes
) -> None:
    for name in ("zhang", "li"):
        await add_account(journal, name, "duty", "", "a long password", "cli")
    await add_token(journal, "hall", "wall", "", "cli")
    damage(journal, "account", text, "zhang")
    assert [doc.id for doc in await journal.docs("account")] == ["li"]
    assert await journal.doc("account", "zhang") is None
    assert journal.set_aside.counts() == {"account": 1}
    await add_account(journal, "zhang", "duty", "", "another password", "cli")
    assert len(await journal.docs("account")) == 2
    assert journal.set_aside.counts() == {}


def test_the_command_lists_and_drops_documents_and_records_the_person(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "watchfloor.toml"
    file.write_text(SITE, encoding="utf-8")
    config = ["-c", str(file)]
    assert main(["token", "add", "hall", "--scope", "wall", *config]) == 0
    assert main(["journal", "documents", *config]) == 0
    with sqlite3.connect(tmp_path / "data" / "journal.sqlite3") as journal:
        journal.execute("UPDATE doc SET body = '{' WHERE kind = 'token'")
        (id,) = journal.execute("SELECT id FROM doc WHERE kind = 'token'").fetchone()
    journal.close()
    capsys.readouterr()
    assert main(["journal", "documents", "--json", *config]) == 1
    assert [(document["kind"], document["id"]) for document in json.loads(capsys.readouterr().out)["documents"]] == [
        ("token", id)
    ]
    assert main(["journal", "verify", *config]) == 1
    assert f"token {id}" in capsys.readouterr().out
    assert main(["journal", "documents", "--drop", "token", id, *config]) == 1, "nobody is named"
    assert main(["journal", "documents", "--mend", "token", id, "--by", "zhang", *config]) == 1, "not in the log"
    assert main(["journal", "documents", "--drop", "token", id, "--by", "zhang", *config]) == 0
