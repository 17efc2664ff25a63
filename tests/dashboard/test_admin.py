"""The administration page against a scripted server: who may enter, accounts, tokens."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from feeds.kinds import KINDS
from feeds.texts.catalogue import catalogue
from tests.dashboard.conftest import Site

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


async def enter(site: Site, view: str, role: str = "admin") -> Page:
    rights = ["see", "act", "administer", "accounts", "audit"] if role == "admin" else ["see", "audit"]
    site.script.me |= {"name": "root", "role": role, "rights": rights}
    return await site.open(f"/admin?view={view}")


async def test_others_find_a_closed_door_and_no_way_to_it(site: Site) -> None:
    page = await site.open("/admin")
    await expect(page.locator(".forbidden")).to_contain_text("没有权限")
    await expect(page.locator('#nav a[href="/admin"]')).to_be_hidden()


async def test_the_security_administrator_finds_accounts_and_tokens_only(site: Site) -> None:
    site.script.me |= {"name": "sec", "role": "security", "rights": ["see", "accounts"]}
    page = await site.open("/admin?view=accounts")
    await expect(page.locator('#nav a[href="/admin"]')).to_be_visible()
    await expect(page.locator(".view-tab")).to_have_text(["账号", "令牌"])
    await expect(page.locator("[data-add]")).to_be_visible()


async def test_an_account_is_added_changed_and_put_out_of_use_after_a_question(site: Site) -> None:
    page = await enter(site, "accounts")
    await expect(page.locator(".page-head")).to_contain_text("另有 2 条不在您的辖区")
    await page.locator("[data-add]").click()
    await page.locator("dialog [name=name]").fill("值班员")
    await page.locator("dialog [name=password]").fill("long enough")
    await page.locator("dialog [name=region]").select_option("532329")
    await page.locator("dialog [data-send]").click()
    await expect(page.locator("dialog .form-message.is-error")).to_have_text("这个用户名已有人用。")
    await page.locator("dialog [name=name]").fill("<i>li")
    await page.locator("dialog [data-send]").click()
    row = page.locator("tr", has_text="<i>li")
    await expect(row).to_contain_text("武定县")
    await row.locator("[data-act=disable]").click()
    await page.locator("[data-confirm]").click()
    await expect(row).to_contain_text("已停用")
    own = page.locator('tr[data-id="root"]')
    await expect(own.locator("[data-act]")).to_have_text(["重置口令"])
    await own.locator("[data-act=password]").click()
    await page.locator("dialog [name=password]").fill("first secret")
    await page.locator("dialog [name=again]").fill("second secret")
    await page.locator("dialog [data-send]").click()
    await expect(page.locator("dialog .form-message")).to_have_text("两次输入不一样")
    assert [act["act"] for act in site.script.acts] == ["account", "account", "change"]
    # The browser itself reports the refusal that was scripted.
    assert [fault for fault in site.faults if "409" not in fault] == []


async def test_a_token_is_shown_once_and_revoked(site: Site) -> None:
    page = await enter(site, "tokens")
    await page.locator("[data-add]").click()
    await page.locator("dialog [name=name]").fill("大屏一号")
    await page.locator("dialog [name=scope]").select_option("wall")
    await page.locator("dialog [data-send]").click()
    await expect(page.locator("[data-token]")).to_have_value("wf_shown-once")
    await page.locator("[data-done]").click()
    await expect(page.locator("[data-token]")).to_have_count(0)
    await expect(page.locator("[data-tokens]")).to_contain_text("大屏一号")
    await page.locator("[data-act=revoke]").click()
    await page.locator("[data-confirm]").click()
    await expect(page.locator(".rows-empty")).to_have_text("还没有令牌")
    assert site.faults == []


async def test_an_auditor_reads_and_has_no_buttons(site: Site) -> None:
    page = await enter(site, "accounts", "auditor")
    await expect(page.locator("[data-accounts]")).to_contain_text("root")
    await expect(page.locator(".page-head")).to_contain_text("您的角色只能查看")
    await expect(page.locator("[data-act], [data-add]")).to_have_count(0)


async def test_the_roster_is_a_calendar_whose_faults_stand_in_their_cell(site: Site) -> None:
    page = await enter(site, "roster")
    today = page.locator(".calendar-day.is-today")
    await expect(today.locator('[data-shift="day"]')).to_contain_text("张三 李四")
    await expect(today.locator('[data-shift="day"]')).to_contain_text("带班 王五")
    night = today.locator('[data-shift="night"]')
    await expect(night.locator(".fault")).to_have_text("没有带班领导")
    await night.click()
    await page.locator("dialog [name=leader]").select_option("zhao")
    await page.locator("dialog [data-send]").click()
    await expect(night).to_contain_text("带班 赵六")
    [act] = site.script.acts
    assert (act["act"], act["rev"]) == ("put roster", 3)
    assert act["assignments"][-1]["leader"] == "zhao"
    assert len(act["persons"]) == 6
    await page.locator("[data-span=weeks]").click()
    await expect(page.locator(".calendar-day")).to_have_count(14)
    await page.locator("[data-history]").click()
    await expect(page.locator(".changes")).to_contain_text("persons/zhang")
    assert site.faults == []


async def test_a_substitute_is_arranged_by_duty_officers_on_the_handover_page(site: Site) -> None:
    page = await site.open("/alerts?view=handover")
    await page.locator("[data-roster-substitute]").click()
    await page.locator("dialog [name=person]").select_option("li")
    await page.locator("dialog [name=substitute]").select_option("zhao")
    await page.locator("dialog [name=reason]").fill("培训")
    await page.locator("dialog [data-send]").click()
    await expect(page.locator("dialog")).to_have_count(0)
    [act] = site.script.acts
    assert (act["act"], act["person"], act["substitute"]) == ("substitute", "li", "zhao")


async def test_a_receiver_is_tested_and_says_what_became_of_it_in_words(site: Site) -> None:
    page = await enter(site, "receivers")
    await expect(page.locator('tr[data-id="desk"] [data-act]')).to_have_text(["测试"])
    await page.locator('tr[data-id="wecom"] [data-act=test]').click()
    await page.locator("dialog [data-send]").click()
    await expect(page.locator("[data-outcome]")).to_have_text("被拒绝 · 对方答复 401:<b>口令</b>不对")
    await page.keyboard.press("Escape")
    await page.locator('tr[data-id="wecom"] [data-act=edit]').click()
    await page.locator("dialog [name=rate]").fill("10/min")
    await page.locator("dialog [data-send]").click()
    await expect(page.locator('tr[data-id="wecom"]')).to_contain_text("10/min")
    put = site.script.acts[-1]
    assert [item["id"] for item in put["items"]] == ["wecom"], "what the file says is not sent back"
    assert put["items"][0]["url"] == "wecombot://••••"
    assert "readonly" not in put["items"][0]
    assert site.faults == []


async def test_an_escalation_is_a_line_of_time(site: Site) -> None:
    page = await enter(site, "escalations")
    policy = page.locator('.policy[data-id="critical"]')
    await expect(policy.locator(".moment b")).to_have_text(["0", "5 分", "15 分"])
    await expect(policy.locator(".moment").nth(2)).to_contain_text("带班领导、赵六")
    await policy.locator("[data-act=edit]").click()
    await page.locator('[data-field="after"]').first.fill("10")
    await page.locator("dialog [data-send]").click()
    await expect(policy.locator(".moment b").nth(1)).to_have_text("10 分")
    assert site.script.acts[-1]["items"][0]["steps"][0]["after"] == 600
    await expect(page.locator('.policy[data-id="rest"] [data-act]')).to_have_count(0)
    assert site.faults == []


async def test_a_rule_is_tried_while_it_is_written_and_a_storm_is_asked_back(site: Site) -> None:
    page = await enter(site, "rules")
    await expect(page.locator('tr[data-id="node-down"] [data-act]')).to_have_text(["改动历史", "照此新建"])
    await page.locator('tr[data-id="slow"] [data-act=edit]').click()
    names = {f"record.{name}.many" for name in KINDS.subjects}
    texts = catalogue("zh-CN")
    options = await page.locator("dialog [name=over] option").all_text_contents()
    assert sorted(options) == sorted(texts[name] for name in names)
    await page.locator("dialog [name=when]").fill("helth == 'down'")
    await expect(page.locator("[data-trial]")).to_contain_text("没有 helth 这个名字")
    await page.locator("dialog [name=when]").fill("health == 'down'")
    await expect(page.locator("[data-trial]")).to_contain_text("看了 300 个，成立 240")
    await page.locator("dialog [data-send]").click()
    await expect(page.locator("dialog .form-message")).to_contain_text("会一次升起 240 条")
    await page.locator("dialog [data-send]", has_text="升起 240").click()
    await expect(page.locator("dialog")).to_have_count(0)
    first, second = site.script.acts
    assert "accept" not in first
    assert (second["accept"], second["rev"]) == (240, 7)
    await page.locator('tr[data-id="slow"] [data-act=history]').click()
    await expect(page.locator(".changes")).to_contain_text("when: false")
    await page.locator("[data-act=undo]").click()
    await expect(page.locator("dialog .form-message")).to_have_text("已退回")
    assert site.script.acts[-1]["seq"] == 812
    assert [fault for fault in site.faults if "422" not in fault] == []


async def test_a_saved_rule_keeps_what_the_form_does_not_show(site: Site) -> None:
    grades = [{"when": "m['tcp.connect_ms'] > 9", "severity": "critical"}]
    site.script.rules[1] |= {"grades": grades, "text": "查光缆"}
    page = await enter(site, "rules")
    await expect(page.locator('tr[data-id="slow"]')).to_contain_text("严重")
    await page.locator('tr[data-id="slow"] [data-act=edit]').click()
    await expect(page.locator("[data-trial]")).to_contain_text("看了 300 个")
    await page.locator("dialog [data-send]").click()
    await page.locator("dialog [data-send]", has_text="升起 240").click()
    await expect(page.locator("dialog")).to_have_count(0)
    assert [(act["grades"], act["text"]) for act in site.script.acts] == [(grades, "查光缆")] * 2


async def test_the_severities_by_condition_are_edited_tried_and_saved_in_their_order(site: Site) -> None:
    site.script.rules[1] |= {"grades": [{"when": "m['tcp.connect_ms'] > 9", "severity": "critical"}]}
    page = await enter(site, "rules")
    await page.locator('tr[data-id="slow"] [data-act=edit]').click()
    await page.locator("[data-grade-add]").click()
    added = page.locator('[data-grade="1"]')
    await expect(added.locator("[data-field=severity]")).to_have_value("major")
    await added.locator("[data-field=severity]").select_option("warning")
    await added.locator("[data-field=when]").fill(" m['tcp.connect_ms'] > 3 ")
    await expect(page.locator("[data-trial]")).to_contain_text("看了 300 个")
    await page.locator("dialog [data-send]").click()
    await page.locator("dialog [data-send]", has_text="升起 240").click()
    await expect(page.locator("dialog")).to_have_count(0)
    critical = {"when": "m['tcp.connect_ms'] > 9", "severity": "critical"}
    warning = {"when": "m['tcp.connect_ms'] > 3", "severity": "warning"}
    assert site.script.acts[-1]["grades"] == [critical, warning]
    await page.locator('tr[data-id="slow"] [data-act=edit]').click()
    await page.locator('[data-grade="0"] [data-act=drop-grade]').click()
    await expect(page.locator("[data-grade]")).to_have_count(0)
    await page.locator("dialog [data-send]").click()
    await page.locator("dialog [data-send]", has_text="升起 240").click()
    await expect(page.locator("dialog")).to_have_count(0)
    assert site.script.acts[-1]["grades"] == []


async def test_an_administrator_of_a_county_changes_that_countys_rules_and_reads_the_others(site: Site) -> None:
    ours = site.script.rules[-1] | {"id": "ours", "source": "api", "region": "532329", "title": {"zh-CN": "武定水位"}}
    site.script.rules.append(ours)
    site.script.me |= {"region": "532329"}
    page = await enter(site, "rules")
    row = page.locator('tr[data-id="ours"]')
    await expect(row).to_contain_text("武定县")
    await expect(row.locator("[data-act]")).to_have_text(["改动历史", "修改", "删除"])
    others = page.locator('[data-rules] tbody tr:not([data-id="ours"])')
    await expect(others.locator("[data-act=edit]")).to_have_count(0)
    await expect(others.first.locator("[data-act=copy]")).to_be_visible()
    await page.locator("[data-add]").click()
    region = page.locator("dialog [name=region]")
    await expect(region.locator("option")).to_have_text(["武定县"])
    await expect(region).to_have_value("532329")
    await page.locator("dialog [name=id]").fill("wuding")
    await page.locator("dialog [name=when]").fill("health == 'down'")
    await expect(page.locator("[data-trial]")).to_contain_text("看了 300 个")
    await page.locator("dialog [data-send]").click()
    await page.locator("dialog [data-send]", has_text="升起 240").click()
    await expect(page.locator("dialog")).to_have_count(0)
    assert [act["region"] for act in site.script.acts] == ["532329", "532329"]
    assert [fault for fault in site.faults if "422" not in fault] == []


async def test_a_removal_that_is_held_is_shown_and_accepted_by_its_digest(site: Site) -> None:
    texts = {"zh-CN": "资产清单 50 → 0 项，将移除 50 项：x00", "en": "inventory 50 → 0, 50 removed: x00"}
    site.script.held = {"accept": "ab12", "applied_at": "2027-01-15T08:00:00.000Z", "lists": [{"message": texts}]}
    waiting = {"processes": [], "missing": [], "left_out": [], "left_out_total": 0, "restart": []}
    site.script.reloaded = {"applied": False, "held": site.script.held, **waiting}
    page = await enter(site, "settings")
    await expect(page.locator("[data-held]")).to_contain_text("资产清单 50 → 0 项")
    await page.locator("[data-reload]").click()
    await expect(page.locator(".form-message.is-error")).to_contain_text("变更会移除过多内容，已暂缓，未应用")
    process = {"role": "web", "host": "wf1", "pid": 71, "state": "applied", "trouble": ""}
    site.script.reloaded = {"applied": True, **waiting, "processes": [process], "held": None}
    await page.locator("[data-accept]").click()
    await expect(page.locator(".form-message.is-done")).to_contain_text("1 个进程都已应用")
    assert [act["accept"] for act in site.script.acts if act["act"] == "reload"] == ["", "ab12"]


async def test_settings_show_what_is_wrong_and_a_refused_reload_says_why(site: Site) -> None:
    page = await enter(site, "settings")
    await expect(page.locator("[data-findings]")).to_contain_text("watchfloor.toml:12")
    await expect(page.locator("[data-findings]")).to_contain_text("改为 health")
    await page.locator("[data-reload]").click()
    await expect(page.locator(".form-message.is-error")).to_contain_text("rule[1].when")
    process = {"role": "web", "host": "wf1", "pid": 71, "state": "applied", "trouble": ""}
    site.script.reloaded = {
        "applied": True,
        "processes": [process, process | {"role": "alert"}],
        "missing": [],
        "left_out": [],
        "left_out_total": 2,
        "restart": ["web"],
    }
    await page.locator("[data-reload]").click()
    done = page.locator(".form-message.is-done")
    await expect(done).to_contain_text("2 个进程都已应用")
    await expect(done).to_contain_text("2 处错误")
    await expect(done).to_contain_text("[web] 有改动")
    refused = process | {"role": "collect", "host": "wf<2>", "state": "refused", "trouble": "清单读不到"}
    site.script.reloaded |= {"applied": False, "processes": [process, refused], "missing": ["alert"]}
    await page.locator("[data-reload]").click()
    partly = page.locator(".form-message.is-error")
    await expect(partly).to_contain_text("没有全部应用：1 个进程已应用")
    await expect(partly).to_contain_text("采集（wf<2>，进程 71）未采用：清单读不到")
    await expect(partly).to_contain_text("没有应答：告警")
    assert [fault for fault in site.faults if "422" not in fault] == []


async def test_an_undo_that_takes_much_away_is_shown_and_asked_back(site: Site) -> None:
    page = await enter(site, "roster")
    await page.locator("[data-history]").click()
    await page.locator("[data-act=undo]").click()
    await expect(page.locator("dialog", has=page.locator("[data-confirm]"))).to_contain_text("值班人员 4 → 0 项")
    await page.locator("[data-confirm]").click()
    await expect(page.locator("dialog .form-message")).to_have_text("已退回")
    first, second = site.script.acts
    assert ("accept" in first, second["accept"]) == (False, "d1")


async def test_unreadable_documents_are_rebuilt_downloaded_or_dropped(site: Site) -> None:
    page = await enter(site, "documents")
    rule, token = page.locator('tr[data-id="rule api:hot"]'), page.locator('tr[data-id="token t1"]')
    await expect(rule).to_contain_text("<b>JSONDecodeError")
    await expect(rule.locator("[data-act]")).to_have_text(["原始内容", "重建", "弃置"])
    query = "kind=rule&id=api%3Ahot"
    await expect(rule.locator("[data-act=download]")).to_have_attribute("href", f"/api/v1/documents/content?{query}")
    await expect(token.locator("[data-act]")).to_have_text(["弃置"])
    await rule.locator("[data-act=mend]").click()
    await expect(page.locator(".form-message")).to_contain_text("已根据日志重建 rule api:hot")
    await token.locator("[data-act=drop]").click()
    await page.locator("[data-confirm]").click()
    await expect(page.locator(".rows-empty")).to_have_text("台账中的文档都能读取")
    assert [(act["act"], act["id"]) for act in site.script.acts] == [("mend", "api:hot"), ("drop", "t1")]
    assert site.faults == []
