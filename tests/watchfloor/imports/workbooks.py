"""Workbooks as people keep them, written by a library of its own."""

from __future__ import annotations

import io
from collections.abc import Sequence

import xlsxwriter

COUNTIES = ("楚雄市", "禄丰市", "双柏县", "牟定县", "南华县", "姚安县", "大姚县", "永仁县", "元谋县", "武定县")
DEVICES = ("核心路由器", "接入交换机", "防火墙", "业务服务器", "门户网站")


def workbook(rows: Sequence[Sequence[object]], merged: Sequence[tuple[int, int, int, int, str]] = ()) -> bytes:
    """A workbook with one sheet of rows; `merged` are ranges (top, left, bottom, right, from 0) with their text."""
    raw = io.BytesIO()
    book = xlsxwriter.Workbook(raw, {"in_memory": True})
    sheet = book.add_worksheet("设备")
    for line, cells in enumerate(rows):
        for column, value in enumerate(cells):
            if value != "":
                sheet.write(line, column, value)
    for top, left, bottom, right, text in merged:
        sheet.merge_range(top, left, bottom, right, text)
    book.close()
    return raw.getvalue()


def inventory_of_fifty(network: str, port: int) -> bytes:
    """Fifty devices of ten counties: a title, counties merged over five rows, full-width points, and a sum."""
    rows: list[list[object]] = [
        [""] * 7,
        ["填表单位：州电子政务网络管理中心"],
        ["序号", "所属县（市）", "设备 名称*", "ＩＰ地址", "端口号", "备注", "安装位置"],
    ]
    merged = [(0, 0, 0, 6, "楚雄州电子政务外网设备台账")]
    for county_number, county in enumerate(COUNTIES, 1):
        merged.append((len(rows), 1, len(rows) + len(DEVICES) - 1, 1, county))
        for number, device in enumerate(DEVICES, 1):
            address = f"{network}.{county_number}.{number}"
            shown = address.replace(".", "．") if number == 2 else address
            rows.append([len(rows) - 2, "", f"政府办公室{device}", shown, port, "在用", "三楼机房"])
    rows.append(["合计", "", "50台"])
    return workbook(rows, merged)
