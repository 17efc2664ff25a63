"""Spreadsheets: cells of workbooks as text, and texts that begin like a formula stay texts."""

import io
import zipfile

import pytest

from feeds.spreadsheets import SheetRefused, plain_cell, read_sheets


@pytest.mark.parametrize("text", ["=1+1", "+8", "-2", "@SUM(A1)", "\tx", "\r=1", "＝1+1", "＋1", "－1", "＠SUM"])
def test_a_text_that_begins_like_a_formula_is_quoted(text: str) -> None:
    assert plain_cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "楚雄州", "a=b", "1-2", "'=1"])
def test_other_texts_are_as_they_are(text: str) -> None:
    assert plain_cell(text) == text


def xlsx(parts: dict[str, str]) -> bytes:
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return raw.getvalue()


MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
RELATIONS = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
BOOK = {
    "xl/workbook.xml": f'<workbook {MAIN} {RELATIONS}><sheets><sheet name="一" sheetId="1" r:id="rId1"/>'
    '<sheet name="隐藏" sheetId="2" state="hidden" r:id="rId2"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="rId1" Target="worksheets/sheet1.xml"/>'
    '<Relationship Id="rId2" Target="/xl/worksheets/sheet2.xml"/>'
    "</Relationships>",
    "xl/sharedStrings.xml": f"<sst {MAIN}><si><r><t>设</t></r><r><t>备</t></r><rPh><t>sb</t></rPh></si></sst>",
}


def sheet(rows: str, merged: str = "") -> bytes:
    text = f"<worksheet {MAIN}><sheetData>{rows}</sheetData>{merged}</worksheet>"
    return xlsx(BOOK | {"xl/worksheets/sheet1.xml": text, "xl/worksheets/sheet2.xml": text})


def test_cells_of_a_workbook_are_text_whatever_their_type() -> None:
    row = (
        '<row r="3"><c r="A3" t="s"><v>0</v></c><c r="B3"><v>8443</v></c><c r="C3"><v>1.5</v></c>'
        '<c r="D3" t="inlineStr"><is><t> 内 </t></is></c><c r="F3" t="b"><v>1</v></c><c r="G3" t="e"><v>#N/A</v></c>'
        '<c r="H3" t="str"><f>A1</f><v>公式</v></c></row>'
    )
    (read,) = read_sheets(sheet(row))
    assert read.name == "一"
    assert [(line.line, line.cells) for line in read.rows] == [
        (3, ("设备", "8443", "1.5", "内", "", "TRUE", "", "公式"))
    ]


def test_a_merged_range_has_its_value_in_each_row_that_has_cells() -> None:
    rows = "".join(f'<row r="{n}"><c r="B{n}"><v>{n}</v></c></row>' for n in (1, 2, 4))
    named = rows.replace('<row r="1">', '<row r="1"><c r="A1" t="s"><v>0</v></c>')
    (read,) = read_sheets(sheet(named, '<mergeCells><mergeCell ref="A1:A1048576"/></mergeCells>'))
    assert [line.cells for line in read.rows] == [("设备", "1"), ("设备", "2"), ("设备", "4")]


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"PK\x03\x04", "broken"),
        (xlsx({"xl/workbook.xml": "<a/>"}), "broken"),
        (xlsx(BOOK), "broken"),
        (xlsx(BOOK | {"xl/worksheets/sheet1.xml": '<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>'}), "broken"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old_excel"),
        (b"\x00\x01\x02", "encoding"),
        (b"a,b\n" * 20_002, "too_large"),
    ],
)
def test_what_is_no_spreadsheet_is_refused(raw: bytes, code: str) -> None:
    with pytest.raises(SheetRefused) as refused:
        read_sheets(raw)
    assert refused.value.code == code


def test_a_part_that_unpacks_beyond_its_bound_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("feeds.xlsx.MOST_PART", 2000)
    with pytest.raises(SheetRefused, match="larger"):
        read_sheets(sheet("<row r='1'/>" + " " * 3000))


@pytest.mark.parametrize("row", ['<row r="x"><c><v>1</v></c></row>', '<row r="1"><c t="s"><v>²</v></c></row>'])
def test_a_workbook_with_rubbish_for_numbers_is_refused_as_damaged(row: str) -> None:
    with pytest.raises(SheetRefused, match="broken"):
        read_sheets(sheet(row))
