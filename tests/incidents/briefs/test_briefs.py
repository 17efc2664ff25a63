"""Briefs through the engine, with a moved clock: figures, words of people, signing, numbers, sending, corrections."""

from __future__ import annotations

from typing import Any

import pytest

from feeds.briefs.content import content_hash
from feeds.documents.alert import Bookkeeping, dump
from feeds.journal import proofs
from feeds.model import Alert, Severity
from feeds.model.briefs import Brief, BriefBlock
from incidents.warnings.journal import body_of
from incidents.warnings.lifecycle import HeldWarning
from tests.incidents.builders import message
from tests.incidents.commands import CommandDesk, moment


def brief(desk: CommandDesk, id: str) -> Brief:
    return desk.engine.briefs.briefs[id]


def block(desk: CommandDesk, id: str, key: str) -> BriefBlock:
    return next(block for block in brief(desk, id).blocks if block.key == key)


async def reported(desk: CommandDesk) -> str:
    """An incident of 14:12 with two gravely injured by 14:31 and ten by 15:10, grade III."""
    id = await desk.opened("14:12")
    await desk.at("14:20")
    await desk.done("incident.grade", id, grade="III", basis="预计重伤 10 人以上")
    await desk.at("14:31")
    await desk.done("incident.casualties", id, what="grave", value=2, source="120")
    await desk.at("15:10")
    await desk.done("incident.casualties", id, what="grave", value=10, source="州卫健委", official=True)
    return id


async def written(desk: CommandDesk, incident: str, step: str = "first", **fields: Any) -> str:
    """A checked special report."""
    id = await desk.done("brief.create", kind="special", step=step, incident=incident, to=["省政府总值班室"], **fields)
    await desk.done("brief.edit", id, blocks=[{"key": "situation", "text": "储罐阀门泄漏。"}])
    await desk.done("brief.check", id)
    assert brief(desk, id).state == "checked"
    return id


async def signed(desk: CommandDesk, id: str, **fields: Any) -> str:
    return await desk.done("brief.sign", id, role="leader", actor="zhang", method="password", **fields)


async def test_every_generated_figure_names_the_entry_that_it_comes_from(desk: CommandDesk) -> None:
    incident = await reported(desk)
    id = await desk.done("brief.create", kind="special", step="first", incident=incident)
    (figure,) = block(desk, id, "figures").figures
    assert (figure.name, figure.value, figure.source, figure.official) == ("grave", 10.0, "州卫健委", True)
    (reference,) = figure.entries
    place = (reference.chain, reference.number)
    proven = (await proofs.numbered(desk.journal, [place]))[place]
    assert (proven.hash, proven.intact) == (reference.hash, True)
    assert (proven.entry.name, proven.entry.body["value"]) == ("casualties", 10)
    rows = {row.name: row for row in block(desk, id, "facts").rows}
    assert rows["received"].text == "2026年11月27日14时12分"
    assert rows["occurred"].unknown
    assert rows["occurred"].text == "核实中"
    assert [row.name for row in block(desk, id, "figures").rows] == ["dead", "missing", "light"]
    for name in ("received", "place", "nature", "grade"):
        assert rows[name].entries, name
    assert [row.name for row in block(desk, id, "course").rows] == ["created", "open", "grade"]


async def test_a_follow_up_says_what_changed_and_a_correction_marks_the_brief_before(desk: CommandDesk) -> None:
    incident = await reported(desk)
    await desk.at("15:20")
    first = await signed(desk, await written(desk, incident, "follow-up"))
    assert brief(desk, first).ordinal == 1
    await desk.at("16:00")
    await desk.done(
        "incident.casualties",
        incident,
        what="grave",
        value=9,
        source="州卫健委",
        official=True,
        corrects=2,
        valid_at=moment("15:10"),
    )
    (correction,) = brief(desk, first).corrections
    assert (correction.name, correction.value, correction.corrected) == ("grave", 10.0, 9.0)
    assert "corrected" in await desk.names("brief")
    assert desk.incident(incident).grade == "III"
    second = await written(desk, incident, "follow-up")
    (figure,) = block(desk, second, "figures").figures
    assert (figure.before, figure.value) == (10.0, 9.0)
    assert brief(desk, second).ordinal == 2
    assert block(desk, second, "situation").text == "储罐阀门泄漏。"
    assert (await desk.journal.doc("brief", first)) is not None


async def test_generating_anew_leaves_the_words_of_people(desk: CommandDesk) -> None:
    incident = await reported(desk)
    id = await written(desk, incident)
    await desk.at("15:30")
    await desk.done("incident.casualties", incident, what="dead", value=1, source="州卫健委", official=True)
    assert await desk.refused("brief.sign", id, role="leader", actor="zhang", method="password") == (
        "conflict",
        "not_checked",
    )
    await desk.done("brief.generate", id)
    assert [figure.name for figure in block(desk, id, "figures").figures] == ["dead", "grave"]
    assert block(desk, id, "situation").text == "储罐阀门泄漏。"
    assert (brief(desk, id).state, brief(desk, id).version) == ("draft", 3)


async def test_a_check_says_what_is_missing_and_what_forbids_signing(desk: CommandDesk) -> None:
    incident = await desk.opened("14:12", place="", place_unknown=True)
    id = await desk.done("brief.create", kind="special", step="first", incident=incident)
    await desk.done("brief.check", id)
    findings = {(finding.code, finding.field): finding.blocking for finding in brief(desk, id).findings}
    assert findings[("missing", "to")]
    assert findings[("missing", "situation")]
    assert findings[("unknown", "occurred")] is False
    assert findings[("unknown", "place")] is False
    assert findings[("missing", "requests")] is False
    assert brief(desk, id).state == "draft"
    assert await desk.refused("brief.sign", id, role="leader", actor="zhang", method="password") == (
        "conflict",
        "not_checked",
    )


async def test_a_leader_who_wrote_nothing_signs_and_the_number_is_taken_then(desk: CommandDesk) -> None:
    incident = await reported(desk)
    id = await written(desk, incident)
    assert await desk.refused("brief.sign", id, actor="li", method="password") == ("forbidden", "role")
    await desk.done("brief.edit", id, role="leader", actor="zhang", blocks=[{"key": "trend", "text": "稳定"}])
    await desk.done("brief.check", id)
    assert await desk.refused("brief.sign", id, role="leader", actor="zhang", method="password") == (
        "forbidden",
        "same_person",
    )
    assert brief(desk, id).number == ""
    await desk.done("brief.sign", id, role="leader", actor="yang", method="password+code", actor_name="杨带班")
    (signature,) = brief(desk, id).signatures
    assert (signature.by, signature.method) == ("yang", "password+code")
    assert brief(desk, id).number == "值专〔2026〕1号"
    assert signature.hash == content_hash(brief(desk, id))
    assert signature.name == "杨带班"
    assert await desk.refused("brief.edit", id, title="x") == ("conflict", "signed")
    assert await desk.refused("brief.generate", id) == ("conflict", "signed")


async def test_a_number_is_never_given_twice_and_a_withdrawn_one_stays_withdrawn(desk: CommandDesk) -> None:
    incident = await reported(desk)
    first = await signed(desk, await written(desk, incident))
    assert await desk.refused("brief.withdraw", first, reason="误报") == ("forbidden", "role")
    await desk.done("brief.withdraw", first, role="leader", actor="zhang", reason="误报")
    await desk.start()
    second = await signed(desk, await written(desk, incident))
    assert (brief(desk, first).number, brief(desk, first).state) == ("值专〔2026〕1号", "withdrawn")
    assert brief(desk, second).number == "值专〔2026〕2号"
    daily = await desk.done("brief.create", kind="daily", to=["省政府总值班室"])
    await desk.done("brief.edit", daily, blocks=[{"key": "overview", "text": "在岗 3 人。"}])
    await desk.done("brief.check", daily)
    assert brief(desk, await signed(desk, daily)).number == "值日〔2026〕1号"


async def test_an_exercise_has_numbers_of_its_own_that_say_so(desk: CommandDesk) -> None:
    incident = await desk.opened("14:12", mode="exercise")
    id = await signed(desk, await written(desk, incident))
    assert id.startswith("532300:BX")
    assert brief(desk, id).number == "【演练】值专〔2026〕1号"
    real = await signed(desk, await written(desk, await desk.opened("14:20")))
    assert brief(desk, real).number == "值专〔2026〕1号"


async def test_sending_meets_the_report_that_was_due(desk: CommandDesk) -> None:
    incident = await reported(desk)
    id = await written(desk, incident)
    (due,) = desk.due(incident, "first", "written")
    proof: dict[str, Any] = {"channel": "network", "number": "回执 17", "obligation": due.id}
    assert await desk.refused("brief.send", id, **proof) == ("conflict", "not_signed")
    await signed(desk, id)
    await desk.at("15:12")
    assert await desk.refused("brief.send", id, channel="network", number="") == ("invalid", "missing:number")
    await desk.done("brief.send", id, **proof)
    (met,) = desk.due(incident, "first", "written")
    assert (met.state, met.met_at, met.proof and met.proof.number) == ("met", moment("15:12"), "回执 17")
    (sending,) = brief(desk, id).sendings
    assert (brief(desk, id).state, sending.obligation) == ("sent", due.id)
    assert await desk.refused("brief.send", id, **proof) == ("conflict", "not_due")
    follow_up = await signed(desk, await written(desk, incident, "follow-up"))
    await desk.done("brief.send", follow_up, channel="fax", number="19")
    assert brief(desk, id).state == "superseded"


async def test_a_signature_by_phone_must_be_followed_by_one_by_hand(desk: CommandDesk) -> None:
    incident = await reported(desk)
    id = await written(desk, incident)
    await desk.at("23:00")
    await desk.done("brief.sign", id, actor="wang", method="phone", signer="zhang")
    (signature,) = brief(desk, id).signatures
    assert (signature.by, signature.recorded_by, signature.method) == ("zhang", "wang", "phone")
    assert brief(desk, id).countersign_by == moment("11-28 11:00")
    await desk.at("11-28 11:00")
    assert brief(desk, id).countersign_late
    await desk.done("brief.countersign", id, role="leader", actor="zhang", method="password")
    assert [signature.method for signature in brief(desk, id).signatures] == ["phone", "password"]
    assert brief(desk, id).signatures[0].hash == brief(desk, id).signatures[1].hash == content_hash(brief(desk, id))
    assert brief(desk, id).countersign_late
    assert await desk.refused("brief.countersign", id, role="leader", actor="zhang", method="password") == (
        "conflict",
        "not_due",
    )


async def test_a_daily_brief_counts_with_the_entries_counted(desk: CommandDesk) -> None:
    incident = await reported(desk)
    await desk.opened("15:00", mode="exercise")
    false = await desk.opened("15:15")
    await desk.done("incident.false", false, role="leader", reason="误报")
    await desk.at("15:12")
    await desk.at("16:00")
    id = await desk.done("brief.create", kind="daily", period_start=moment("00:00"), period_end=moment("16:00"))
    counts = {figure.name: figure for figure in block(desk, id, "counts").figures}
    assert {name: figure.value for name, figure in counts.items()} == {
        "received": 1,
        "open": 1,
        "ended": 0,
        "reports_met": 0,
        "reports_late": 2,
    }
    assert all(len(figure.entries) == figure.value for figure in counts.values())
    (row,) = block(desk, id, "incidents").rows
    assert row.text.startswith(incident)
    assert "重伤10" in row.text
    assert brief(desk, id).title == "2026年11月27日值班日报"


async def test_a_daily_brief_covers_the_whole_floor(desk: CommandDesk) -> None:
    at = moment("10:01")
    alert = Alert(
        id="a1",
        fingerprint="f",
        rule="down",
        asset="in1",
        region="532301",
        severity=Severity.MAJOR,
        active=False,
        raised_at=at,
    )
    async with desk.journal.begin() as tx:
        for id, health, time in (
            ("in1", "down", "10:00"),
            ("in1", "ok", "10:29"),
            ("in2", "down", "11:00"),
            ("gone", "down", "11:30"),
        ):
            await tx.append(kind="health", name=health, subject=id, at=moment(time), body={"health": health})
        seq = await tx.append(kind="alert", name="raise", subject="a1", at=moment("10:01"))
        await tx.put("alert", "a1", dump(alert, Bookkeeping()), seq=seq)
        await tx.append(kind="case", name="lights", subject="", at=moment("08:30"), body={"lights": {"red": 3}})
        seq = await tx.append(kind="card", name="raise", subject="c1", at=moment("08:31"))
        await tx.put("card", "c1", {"colour": "red", "region": "532301"}, seq=seq)
        warning = message("w1", colour="orange", headline="暴雨橙色预警", regions=("532301",))
        seq = await tx.append(kind="warning", name="received", subject=warning.id, at=moment("09:00"))
        await tx.put("warning", warning.id, body_of(HeldWarning(warning=warning)), seq=seq)
    await desk.receipt("r1", "14:30")
    await desk.at("15:00")
    id = await desk.done("brief.create", kind="daily", period_start=moment("00:00"), period_end=moment("15:00"))
    assert [each.key for each in brief(desk, id).blocks] == [
        *("counts", "overview", "incidents"),
        *("network", "video", "approvals", "warnings", "receipts", "attention"),
    ]
    figures = {figure.name: figure for each in brief(desk, id).blocks for figure in each.figures}
    counted = {name: figure.value for name, figure in figures.items() if figure.value}
    assert counted == {
        **{"network_outages": 1, "network_alerts": 1, "video_outages": 1, "video_lasting": 1},
        **{"cases_red": 3, "cards_red": 1, "warnings_received": 1, "warnings_grave": 1, "receipts_received": 1},
    }
    assert all(figures[name].entries for name in counted)
    assert [row.text for row in block(desk, id, "network").rows] == ["in1 10:00 中断，历时 29 分钟，已恢复。"]
    assert [row.text for row in block(desk, id, "video").rows] == ["in2 11:00 中断，至今 240 分钟，尚未恢复。"]
    assert [row.text for row in block(desk, id, "warnings").rows] == ["暴雨橙色预警"]


async def test_a_daily_brief_of_today_reaches_to_now_when_it_is_made_anew(desk: CommandDesk) -> None:
    id = await desk.done("brief.create", kind="daily", period_start=moment("00:00"), period_end=moment("14:00"))
    await desk.opened("15:00")
    await desk.at("16:00")
    await desk.done("brief.generate", id)
    assert brief(desk, id).period_end == moment("16:00")
    (received,) = [figure for figure in block(desk, id, "counts").figures if figure.name == "received"]
    assert received.value == 1


@pytest.mark.parametrize(
    ("args", "refusal"),
    [
        ({"kind": "letter"}, ("invalid", "unknown_kind")),
        ({"kind": "special", "step": "first"}, ("invalid", "missing:incident")),
        ({"kind": "special", "step": "first", "incident": "none"}, ("invalid", "no_incident")),
        ({"kind": "daily", "role": "operator"}, ("forbidden", "role")),
    ],
)
async def test_what_cannot_be_drafted_is_refused(
    desk: CommandDesk, args: dict[str, Any], refusal: tuple[str, str]
) -> None:
    assert await desk.refused("brief.create", **args) == refusal


async def test_words_of_people_go_into_blocks_of_people_only(desk: CommandDesk) -> None:
    id = await desk.done("brief.create", kind="special", step="first", incident=await reported(desk))
    texts = [{"key": "figures", "text": "死亡 0 人"}]
    assert await desk.refused("brief.edit", id, blocks=texts) == ("invalid", "generated")
    assert await desk.refused("brief.edit", id, blocks=[{"key": "x", "text": ""}]) == ("invalid", "no_block")
    rev = brief(desk, id).rev
    await desk.done("brief.edit", id, rev=rev, title="关于泄漏的初报")
    assert (await desk.refused("brief.edit", id, rev=rev, title="x"))[0] == "conflict"


async def test_briefs_outlive_the_process(desk: CommandDesk) -> None:
    id = await signed(desk, await written(desk, await reported(desk)))
    before = brief(desk, id)
    await desk.start()
    assert brief(desk, id) == before
    assert await desk.shown("brief") == {id: before}
