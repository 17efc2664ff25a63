"""Briefs on paper: one layout for both forms, words that are never markup, the same bytes each time, and in time."""

from __future__ import annotations

import io
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from docx.shared import Mm, Pt

from feeds.briefs import docx_file, fonts, pdf_file
from feeds.briefs.carried import NoBrief
from feeds.briefs.layout import paragraphs
from feeds.model.briefs import BriefSignature
from tests.feeds.briefs.samples import AT, ISSUER, a_brief

typst = pytest.importorskip("typst")


@pytest.fixture
def chinese() -> None:
    """Skips where the machine has no font with Chinese."""
    try:
        fonts.choose({})
    except fonts.NoFont:
        pytest.skip("no font with Chinese on this machine")


def lines() -> list[str]:
    return [paragraph.text for paragraph in paragraphs(a_brief(), ISSUER)]


def test_everything_that_is_printed_is_in_the_order_of_the_standard() -> None:
    styles = [paragraph.style for paragraph in paragraphs(a_brief(), ISSUER)]
    assert styles[:6] == ["urgency", "organ", "number", "title", "to", "heading"]
    assert styles.index("signed") < styles.index("imprint") < styles.index("annex") < styles.index("source")
    text = lines()
    assert text[:5] == [
        "特急",
        "楚雄州人民政府总值班室",
        "楚值专〔2026〕17号",
        "关于楚雄市危险化学品事故的续报（第2次）",
        "省政府总值班室：",
    ]
    assert "一、基本事实" in text
    assert "三、伤亡与损失" in text
    assert "发展趋势" not in "".join(text)


def test_a_figure_has_its_note_and_its_note_names_the_entry() -> None:
    text = "\n".join(lines())
    assert "重伤9人（上次10，变化 10→9）〔2〕，州卫健委，截至2026年11月27日14时13分。" in text
    assert "直接经济损失10000000元〔3〕" in text
    assert "发生时间：核实中\n" in text
    assert f"2. 重伤：9，台账 command 第17条，2026年11月27日14时13分，哈希 {'ab' * 8}" in text
    assert f"依据台账 command 至第17条，哈希 {'ab' * 32}。" in text


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"mode": "exercise"}, "【演练】"),
        ({"signatures": (), "state": "draft", "number": ""}, "草稿，未签发"),
        ({"state": "withdrawn"}, "已撤回，不再有效"),
        ({"signatures": (BriefSignature(by="a", method="demo", at=AT, hash=""),)}, "（演示签发，未验证身份）"),
        (
            {"signatures": (BriefSignature(by="a", method="phone", at=AT, hash="", recorded_by="li"),)},
            "（电话同意，li记录）",
        ),
    ],
)
def test_what_a_brief_is_stands_on_it(fields: dict[str, Any], words: str) -> None:
    assert words in [paragraph.text for paragraph in paragraphs(a_brief(**fields), ISSUER)]
    assert words not in lines()


def test_who_signed_and_who_recorded_it_are_printed_by_name() -> None:
    signature = BriefSignature(
        by="wang", name="王副州长", method="phone", at=AT, hash="", recorded_by="li", recorder="李值班"
    )
    printed = list(paragraphs(a_brief(signatures=(signature,)), ISSUER))
    assert "签发人：王副州长" in [paragraph.right for paragraph in printed]
    assert "（电话同意，李值班记录）" in [paragraph.text for paragraph in printed]


def test_control_and_direction_characters_are_printed_as_what_they_are() -> None:
    text = lines()
    assert "#evil $x$ *粗* \\u{41} =1+1 <b>&amp; {n} 𠮷先生 😀 \ufffd反\ufffd" in text
    assert "第二段" in text


def test_docx_has_the_page_of_the_standard_and_the_words_of_the_layout() -> None:
    raw = docx_file.render(a_brief(), ISSUER)
    assert docx_file.render(a_brief(), ISSUER) == raw
    document = Document(io.BytesIO(raw))
    (section,) = document.sections
    margins = (section.top_margin, section.left_margin, section.page_width, section.page_height)
    assert [round(margin / Mm(1)) for margin in margins if margin] == [37, 28, 210, 297]
    expected = [
        f"{paragraph.text}\t{paragraph.right}" if paragraph.right else paragraph.text
        for paragraph in paragraphs(a_brief(), ISSUER)
    ]
    assert docx_file.texts(raw) == expected
    assert docx_file.carried(raw).brief == a_brief()
    title = next(paragraph for paragraph in document.paragraphs if paragraph.text.startswith("关于"))
    assert (title.runs[0].font.size, title.runs[0].font.name) == (Pt(22), "方正小标宋简体")
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        names = archive.namelist()
        assert len(names) == len(set(names))


@pytest.mark.usefixtures("chinese")
def test_pdf_carries_the_brief_and_is_the_same_each_time() -> None:
    raw, choice = pdf_file.render(a_brief(), ISSUER, {})
    again, _ = pdf_file.render(a_brief(), ISSUER, {})
    assert raw == again
    assert pdf_file.carried(raw).brief == a_brief()
    assert pdf_file.carried(raw).issuer == ISSUER
    assert set(choice.substituted) <= set(choice.families)


@pytest.mark.usefixtures("chinese")
def test_pdf_and_docx_have_the_same_words(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[dict[str, Any]] = []
    compile = typst.compile

    def watched(source: bytes, **options: Any) -> bytes:
        seen.append(options)
        result: bytes = compile(source, **options)
        return result

    monkeypatch.setattr(typst, "compile", watched)
    pdf_file.render(a_brief(), ISSUER, {})
    (options,) = seen
    import json

    page = json.loads(options["sys_inputs"]["brief"])
    printed = [f"{part['text']}\t{part['right']}" if part["right"] else part["text"] for part in page["paragraphs"]]
    assert printed == docx_file.texts(docx_file.render(a_brief(), ISSUER))


@pytest.mark.usefixtures("chinese")
def test_words_are_no_markup_for_typst() -> None:
    text = '#panic() $x$ @ref <label> #import "x" \\ `raw` ]'
    raw, _ = pdf_file.render(a_brief(title=text, to=(text,), number=text), ISSUER, {})
    assert pdf_file.carried(raw).brief.title == text


@pytest.mark.usefixtures("chinese")
def test_both_are_made_within_their_budget() -> None:
    pdf_file.render(a_brief(), ISSUER, {})
    begun = time.process_time()
    docx_file.render(a_brief(), ISSUER)
    pdf_file.render(a_brief(), ISSUER, {})
    assert time.process_time() - begun < 2.0


@pytest.mark.usefixtures("chinese")
def test_a_font_file_of_the_site_is_used_and_what_stands_in_is_said() -> None:
    files = sorted(Path("/usr/share/fonts").rglob("*.tt[fc]"))
    own = next((path for path in files if fonts.family_of(path)), None)
    if own is None:
        pytest.skip("no font file on this machine")
    choice = fonts.choose({"fangsong": own})
    assert choice.families["fangsong"] == fonts.family_of(own)
    assert "fangsong" not in choice.substituted
    assert "fangsong" in fonts.choose({"fangsong": Path("missing.ttf")}).substituted or "fangsong" not in (
        fonts.choose({}).substituted
    )


@pytest.mark.parametrize("raw", [b"", b"%PDF-1.7\n%%EOF", b"PK\x03\x04", b"hello"])
def test_a_file_without_a_brief_is_refused(raw: bytes) -> None:
    for read in (docx_file.carried, pdf_file.carried):
        with pytest.raises(NoBrief):
            read(raw)


def test_an_archive_that_unpacks_to_too_much_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(docx_file, "LARGEST", 1000)
    with pytest.raises(NoBrief, match="too large"):
        docx_file.carried(docx_file.render(a_brief(), ISSUER))
