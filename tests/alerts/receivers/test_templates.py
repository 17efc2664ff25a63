"""What people read: both languages, own templates, and foreign text that stays text."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.notify.contacts import Contact
from alerts.notify.notifications import message_of
from alerts.receivers.templates import LONGEST_SUBJECT, MessageTemplates, clean, unknown_places
from alerts.rules.subjects import Subject
from feeds.documents.receivers import Templates
from feeds.live.mirror import alert_record
from tests.alerts.builders import T0, make_alert, source

ASSET = {"id": "r1", "name": "核心路由器", "kind": "router", "region": "532301"}
TITLE = {"zh-CN": "设备中断", "en": "Device is down"}


def body(reason: str = "first", **more: Any) -> dict[str, Any]:
    alert = alert_record(make_alert(title=TITLE, text="tcp.up = false", affected={"router": 2, "link": 3}))
    return {"reason": reason, "site": "楚雄州", "alert": alert, "asset": ASSET, **more}


def test_a_message_says_what_where_since_when_and_how_much() -> None:
    subject, text = MessageTemplates().words(body())
    assert subject == "【楚雄州】新告警：严重 设备中断"
    assert text == "核心路由器（楚雄市） tcp.up = false\n自 2027-01-15 16:00:00 起 影响 5 个资产"
    assert T0 == 1_800_000_000.0


def test_a_message_tells_the_readings_of_a_rule_in_words() -> None:
    message = body() | {"alert": alert_record(make_alert(title=TITLE, text="magnitude=5.1, state=active, id=q1"))}
    assert MessageTemplates().words(message)[1].startswith("核心路由器（楚雄市） 震级 5.1，现在 生效\n")
    assert "magnitude 5.1, now in force\n" in MessageTemplates(language="en").words(message)[1]


def test_a_message_about_another_occurrence_says_when_that_one_began_and_how_often_it_was() -> None:
    alert = alert_record(make_alert(title=TITLE, first_raised_at=T0, raised_at=T0 + 58_860, count=3))
    message = body() | {"alert": alert}
    assert MessageTemplates().words(message)[1].endswith("自 2027-01-16 08:21:00 起 累计 3 次")
    own = Templates(text={"zh-CN": "{since} | {first} | {count}"})
    assert MessageTemplates(templates=own).words(message)[1] == "2027-01-16 08:21:00 | 2027-01-15 16:00:00 | 累计 3 次"


def test_a_person_reads_his_own_language_and_the_rest_the_receivers() -> None:
    assert MessageTemplates(language="en").words(body("cleared"))[0] == "[楚雄州] Cleared: Critical Device is down"
    assert "新告警" in MessageTemplates(language="en").words(body(to={"language": "zh-CN"}))[0]


def test_own_templates_by_language() -> None:
    own = MessageTemplates(
        templates=Templates(text={"zh-CN": "{severity}|{asset_id}|{person}|{link}"}), link="http://w/"
    )
    assert own.words(body(to={"person": "li", "name": "李四", "language": "zh-CN"}))[1] == "严重|r1|李四|http://w/"
    assert unknown_places(Templates(text={"en": "{asset} {alert} {0}"})) == ["0", "alert"]


@pytest.mark.parametrize(
    "reason", ["first", "again", "worse", "flapping", "cleared", "removed", "escalation", "repeat", "promise"]
)
def test_every_reason_has_its_words_in_both_languages(reason: str) -> None:
    zh, en = (MessageTemplates(language=language).words(body(reason))[0] for language in ("zh-CN", "en"))
    assert zh != en
    assert "tell." not in zh + en


def test_what_an_alert_is_about_is_called_by_its_name_in_the_readers_language() -> None:
    county = Subject(kind="region", id="532301")
    role = Subject(kind="source", id="role.collect", record=source("role.collect", kind="role"))
    contact = Contact(receiver="desk")
    for about, chinese, english in ((county, "楚雄市", "Chuxiong City"), (role, "采集", "Collection")):
        alert = make_alert(title=TITLE, subject_kind=about.kind, asset=about.id)
        body = message_of("k", "first", alert, about, contact, T0, "楚雄州").body
        assert body["about"]["title"] == {"zh-CN": chinese, "en": english}
        for language, name in (("zh-CN", chinese), ("en", english)):
            assert MessageTemplates(language=language).words(body)[1].startswith(name)


def test_a_test_says_that_it_is_one() -> None:
    subject, _ = MessageTemplates().words({"reason": "test", "site": "楚雄州", "alert": None, "asset": None})
    assert subject == "【楚雄州】测试消息： 这是测试，无需处理"


def test_a_digest_has_a_line_for_each_as_far_as_there_is_room_and_says_how_many_more() -> None:
    digest = {"reason": "digest", "site": "楚雄州", "items": [body()] * 100}
    subject, text = MessageTemplates(longest=300).words(digest)
    assert subject == "【楚雄州】汇总 100 条"
    assert len(text) <= 300
    lines = text.split("\n")
    assert lines[-1] == f"……另有 {100 - len(lines) + 1} 条，请看值守台"


HOSTILE = '<at user_id="all"></at> @all `rm` {site} {alert.__class__} %s \r\n[CQ:at,qq=all]\u202e\x00\ud800'


def test_foreign_text_is_no_template_and_commands_no_chat_program() -> None:
    alert = make_alert(title={"zh-CN": HOSTILE}, text=HOSTILE)
    subject, text = MessageTemplates().words(
        {**body(), "alert": alert_record(alert), "asset": {**ASSET, "name": HOSTILE}}
    )
    for part in (subject, text):
        assert "{site}" in part
        assert not any(mark in part for mark in ("<", "@", "`", "\r", "\u202e", "\x00", "\ud800"))
    assert len(subject) <= LONGEST_SUBJECT


@given(st.text(max_size=5000))
def test_cleaned_text_is_one_bounded_line(value: str) -> None:
    cleaned = clean(value, longest=50)
    assert len(cleaned) <= 50
    assert "\n" not in cleaned
    assert not set(cleaned) & set("@<>`\x00\x1b\u2028")
    cleaned.encode()
