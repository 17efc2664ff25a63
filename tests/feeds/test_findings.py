"""The common finding: its record, its sentences and its line of text."""

from __future__ import annotations

from feeds.findings import Finding, InFile, InMessage, filled, line_of_text


def test_the_record_is_flat_and_has_the_named_fields_only() -> None:
    finding = Finding(code="INVALID_DATE", where=InMessage("/alert/sent", 4), value="now", error=False)
    assert finding.record("value", "error") == {
        "code": "INVALID_DATE",
        "xpath": "/alert/sent",
        "line": 4,
        "value": "now",
        "error": False,
    }


def test_sentences_take_a_value_by_language_and_never_read_a_value_as_a_template() -> None:
    values = {"what": {"zh-CN": "端口", "en": "port"}, "value": "{what}"}
    assert filled(("{what}：{value}", "{what}: {value}"), values) == {"zh-CN": "端口：{what}", "en": "port: {what}"}


def test_a_line_of_text_names_the_place_the_value_and_the_mend() -> None:
    sentences = {"zh-CN": "过短", "en": "too short"}, {"zh-CN": "写长", "en": "make it longer"}
    finding = Finding(
        code="short", where=InFile("site.toml", 7, "site.name"), value='"a"', message=sentences[0], mend=sentences[1]
    )
    assert line_of_text(finding, "en") == 'site.toml:7: site.name = "a": too short. To mend: make it longer'
    assert line_of_text(finding, "zh-CN") == 'site.toml:7: site.name = "a": 过短。改法：写长'
    whole = Finding(code="empty", where=InFile("site.toml"), message={"en": "empty"})
    assert line_of_text(whole, "zh-CN") == "site.toml: empty"
