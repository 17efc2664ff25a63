"""Which journal entries are rows of the duty log, and their sentences."""

from __future__ import annotations

from dataclasses import replace

import pytest

from feeds.journal import JournalEntry
from feeds.logbook.rows import is_decision, name_of, sort_of
from feeds.logbook.sentences import sentences


def entry(kind: str, name: str, subject: str = "team-1") -> JournalEntry:
    """An entry of the journal of the command role."""
    return JournalEntry(
        seq=1,
        chain="command",
        chain_seq=1,
        at=0.0,
        kind=kind,
        name=name,
        subject=subject,
        actor="",
        reason="",
        command="",
        body={},
    )


def test_an_order_about_a_resource_is_a_row_and_the_listing_of_the_inventory_is_not() -> None:
    assert sort_of(entry("resource", "assign")) == "resource"
    assert [sort_of(entry("resource", name)) for name in ("listed", "unlisted", "unverified", "expired")] == [""] * 4


@pytest.mark.parametrize(
    ("kind", "name", "sentence"),
    [
        ("resource", "assign", "资源 team-1：调派"),
        ("task", "sign", "任务《team-1》：签收"),
        ("task", "unsigned", "任务《team-1》：逾时未签收"),
        ("plan", "publish", "预案《team-1》：发布"),
        ("proposal", "unanswered", "建议《team-1》：逾时未答复"),
    ],
)
def test_a_row_says_the_step_in_words(kind: str, name: str, sentence: str) -> None:
    assert sentences(entry(kind, name))["zh-CN"] == sentence


def test_a_row_calls_its_subject_by_its_name_where_there_is_one() -> None:
    plan, task = {"name": {"zh-CN": "危化品预案", "en": "Hazchem"}, "version": 3}, {"title": "设置警戒区"}
    assert sentences(entry("plan", "publish"), name_of("plan", plan))["en"] == "Plan “Hazchem @3”: Publish"
    assert sentences(entry("task", "sign"), name_of("task", task))["zh-CN"] == "任务《设置警戒区》：签收"
    assert (
        sentences(entry("resource", "assign"), name_of("resource", {"name": "危化分队"}))["zh-CN"]
        == "资源 危化分队：调派"
    )


def test_a_report_is_called_by_its_first_words() -> None:
    receipt = {"text": "液氨储罐阀门泄漏，" + "有刺鼻气味" * 20, "source": "119"}
    sentence = sentences(entry("receipt", "received", "119:7"), name_of("receipt", receipt))["zh-CN"]
    assert sentence.startswith("收到接报《液氨储罐阀门泄漏，有刺鼻气味")
    assert len(sentence) < 80


def test_the_holder_of_a_post_and_a_deputy_are_told_by_name() -> None:
    names = {"demo-leader": "孔副州长", "demo-duty": "林值班"}
    taken = replace(entry("incident", "post"), body={"post": "commander", "holder": "demo-leader"})
    assert "孔副州长" in sentences(taken, person=lambda account: names[account])["zh-CN"]
    own = replace(entry("incident", "post"), actor="demo-duty", body={"post": "commander", "acting_for": "demo-leader"})
    sentence = sentences(own, person=lambda account: names[account])["zh-CN"]
    assert "林值班" in sentence
    assert "孔副州长" in sentence


def test_a_promotion_and_a_level_are_told_by_the_names_in_their_entries() -> None:
    body = {"level": "III", "version": "hazchem@1", "title": {"zh-CN": "危化品预案"}, "acting_for": "wang"}
    sentence = sentences(replace(entry("proposal", "confirmed"), body=body))["zh-CN"]
    assert sentence == "预案建议《危化品预案》III 级：确认启动（代 wang）"
    promoted = replace(entry("proposal", "proposed"), subject="promote/river/a-1", body={"title": "龙川江水位险情"})
    assert sentences(promoted)["zh-CN"] == "立案建议《龙川江水位险情》：提出"


@pytest.mark.parametrize(
    ("kind", "name", "decides"),
    [
        ("incident", "grade", True),
        ("incident", "open", True),
        ("incident", "casualties", False),
        ("proposal", "confirmed", True),
        ("proposal", "proposed", False),
        ("task", "sign", False),
    ],
)
def test_what_somebody_decides_is_marked(kind: str, name: str, decides: bool) -> None:
    assert is_decision(entry(kind, name)) is decides
