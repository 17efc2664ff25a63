"""Worked examples 19 and 20 over HTTP: the review of an incident, and a log in which one changed byte is named."""

from __future__ import annotations

from sqlalchemy import text

from feeds.briefs.verifying import verify_file
from tests.api.command.site import CommandSite, Desk, Record, iso
from tests.api.command.test_figures_and_merging import signed
from tests.api.command.test_plans_and_tasks import published
from tests.incidents.plans.test_proposals import TEXT

MINUTES = {
    "verified": 7,
    "graded": 8,
    "confirmed": 14,
    "first_signed": 17,
    "phone": 19,
    "first_feedback": 26,
    "written": 46,
    "ended": 328,
}
PHONE = {"channel": "phone", "recipient": "省值班室 陈", "number": "0871-1"}
NETWORK = {"channel": "network", "number": "回执 17"}


async def _owed(desk: Desk, incident: str, step: str, channel: str) -> Record:
    owed = await desk.items(f"/incidents/{incident}/obligations")
    alike = [due for due in owed if (due["step"], due["channel"], due["unmet"]) == (step, channel, True)]
    return min(alike, key=lambda due: str(due["due_at"]))


async def test_example_19_the_review_says_how_long_each_step_took(site: CommandSite) -> None:
    li, zhang, police = site.staff(), site.staff("zhang", "leader"), site.staff("gaj-1", "unit")
    await published(site, TEXT)
    await site.until("14:12")
    number = (await li.give("/incidents", event_class="hazchem", place="楚雄市", text="液氨泄漏"))["id"]
    await site.until("14:19")
    await li.give(f"/incidents/{number}/verify", called_back="119 指挥中心")
    await site.until("14:20")
    await li.give(f"/incidents/{number}/open")
    await li.give(f"/incidents/{number}/grade", grade="III", basis="重伤 10 人")
    await site.until("14:26")
    (proposal,) = await li.items("/proposals", incident=number)
    await zhang.give(f"/proposals/{proposal['id']}/confirm")
    tasks = {each["plan_key"]: each["id"] for each in await li.items(f"/incidents/{number}/tasks")}
    task = tasks.pop("hazchem:cordon")
    await site.until("14:29")
    await police.give(f"/tasks/{task}/sign")
    await site.until("14:31")
    await li.give(f"/obligations/{(await _owed(li, number, 'first', 'phone'))['id']}/proof", **PHONE)
    await site.until("14:38")
    await police.give(f"/tasks/{task}/feedback", text="已设置")
    await site.until("14:58")
    await li.give(f"/obligations/{(await _owed(li, number, 'first', 'written'))['id']}/proof", **NETWORK)
    await site.until("17:10")
    await li.give(f"/obligations/{(await _owed(li, number, 'follow-up', 'written'))['id']}/proof", **NETWORK)
    await police.give(f"/tasks/{task}/ask-done", text="完成")
    await li.give(f"/tasks/{task}/done")
    await site.until("19:40")
    await zhang.give(f"/incidents/{number}/end", carry_over=list(tasks.values()))
    review = await li.get(f"/incidents/{number}/review")
    assert {name: step["seconds"] / 60 for name, step in review["steps"].items()} == MINUTES
    assert (review["on_time"], review["late"]) == ({"first": 2}, {"follow-up": 1})


async def test_example_20_a_correction_points_to_the_entry_and_both_are_shown(site: CommandSite) -> None:
    li = site.staff()
    await site.until("14:35")
    old = (await li.give("/log", kind="phone", text="现场来电：重伤 9 人"))["id"]
    await site.until("14:50")
    new = await li.give(f"/log/{old}/correct", text="现场来电：重伤 10 人")
    assert (new["corrects"], new["at"]) == (old, iso("14:50"))
    rows = {row["subject"]: row for row in await li.items("/log", kind="phone")}
    assert {old, new["id"]} <= set(rows)


async def test_example_20_one_changed_byte_is_named_by_both_verifications(site: CommandSite) -> None:
    li = site.staff()
    number = await li.incident("14:12")
    await li.give(f"/incidents/{number}/casualties", what="grave", value=10, source="州卫健委", official=True)
    brief = await signed(site, number, "first")
    document = (await li.ask("GET", f"/briefs/{brief}.docx")).content
    assert (await verify_file(site.journal, document)).faults == ()
    (figure,) = next(b for b in (await li.get(f"/briefs/{brief}"))["blocks"] if b["key"] == "figures")["figures"]
    (entry,) = figure["entries"]
    async with site.engine_journal.store.writing(fenced=False) as connection:
        changed = "UPDATE entry SET body = replace(body, :old, :new) WHERE chain = :chain AND chain_seq = :number"
        place = {"chain": entry["chain"], "number": entry["number"], "old": '"value":10', "new": '"value":11'}
        await connection.execute(text(changed), place)
    (fault,) = await site.journal.verify()
    assert (fault.chain, fault.chain_seq) == (entry["chain"], entry["number"])
    faults = (await verify_file(site.journal, document)).faults
    assert {(cited.code, cited.number) for cited in faults} == {("entry_changed", entry["number"])}
