"""Changes of single rows of a CSV inventory: the others keep every byte."""

from __future__ import annotations

import pytest

from feeds.inventory.row_changes import RowChange, changed, ids_of

TEXT = (
    "\ufeffid,name,kind,region,parents,labels\r\n"
    "# 大厅\r\n"
    'nvr,"录像机, 大厅",nvr,532301,,\r\n'
    "\r\n"
    'a,"门\r\n口",camera,532301,nvr,x=1\r\n'
    "b,走廊,camera,532301,nvr"
)


def test_a_change_sets_its_columns_and_leaves_every_other_byte() -> None:
    text, changed_ids = changed(TEXT, [RowChange(id="b", row={"name": "东走廊", "labels": "y=2"})])
    assert changed_ids == ["b"]
    assert text == TEXT.replace("b,走廊,camera,532301,nvr", "b,东走廊,camera,532301,nvr,y=2\r\n")


def test_a_row_of_several_lines_goes_whole() -> None:
    text, changed_ids = changed(TEXT, [RowChange(id="a", row={}, gone=True)])
    assert (changed_ids, ids_of(text)) == (["a"], {"# 大厅", "nvr", "b"})
    assert text == TEXT.replace('a,"门\r\n口",camera,532301,nvr,x=1\r\n', "")


def test_a_new_row_is_added_below_with_the_file_s_own_columns_and_line_ends() -> None:
    row = {"id": "c", "name": '"东"门', "kind": "camera", "region": "532301", "lat": "", "parents": "nvr"}
    text, changed_ids = changed(TEXT, [RowChange(id="c", row=row, new=True)])
    assert changed_ids == ["c"]
    assert text == TEXT + '\r\nc,"""东""门",camera,532301,nvr,\r\n'


@pytest.mark.parametrize(
    "change",
    [
        RowChange(id="gone", row={"name": "x"}),
        RowChange(id="gone", row={}, gone=True),
        RowChange(id="a", row={"id": "a", "name": "x"}, new=True),
        RowChange(id="a", row={"lat": "25.1"}),
    ],
    ids=["no such row", "already gone", "already there", "no such column"],
)
def test_what_cannot_be_done_changes_nothing(change: RowChange) -> None:
    assert changed(TEXT, [change]) == (TEXT, [])


def test_two_changes_of_one_row_are_both_made() -> None:
    changes = [RowChange(id="b", row={"name": "东走廊"}), RowChange(id="b", row={"region": "532302"})]
    text, changed_ids = changed(TEXT, changes)
    assert changed_ids == ["b", "b"]
    assert "b,东走廊,camera,532302,nvr," in text


def test_a_file_without_a_header_is_left_alone() -> None:
    assert changed("", [RowChange(id="c", row={"id": "c"}, new=True)]) == ("", [])
