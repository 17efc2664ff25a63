"""A signed brief with every sort of block, and its issuer."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from feeds.briefs.layout import Issuer
from feeds.model.briefs import Brief, BriefBlock, BriefFigure, BriefRow, BriefSignature, EntryReference

AT = 1_795_760_000.0
ENTRY = EntryReference(seq=5, chain="command", number=17, hash="ab" * 32, at=AT)
ISSUER = Issuer(site="楚雄州", organ="楚雄州人民政府总值班室", zone=ZoneInfo("Asia/Shanghai"))
HOSTILE = "#evil $x$ *粗* \\u{41} =1+1 <b>&amp; {n} 𠮷先生 😀 \u202e反\x07\n第二段"


def a_figure(name: str, value: float, **fields: Any) -> BriefFigure:
    values: dict[str, Any] = {"source": "州卫健委", "official": True, "report": 3, "record_kind": "incident"}
    return BriefFigure(name=name, value=value, record="i", as_of=AT, entries=(ENTRY,), **values | fields)


def a_brief(**fields: Any) -> Brief:
    facts = (
        BriefRow(name="received", text="2026年11月27日14时12分", entries=(ENTRY,)),
        BriefRow(name="occurred", text="核实中", unknown=True),
    )
    figures = (a_figure("grave", 9.0, before=10.0), a_figure("loss_yuan", 10_000_000.0))
    values: dict[str, Any] = {
        "id": "532300:B20261127-0001",
        "kind": "special",
        "step": "follow-up",
        "ordinal": 2,
        "incident": "i",
        "region": "532300",
        "title": "关于楚雄市危险化学品事故的续报（第2次）",
        "number": "楚值专〔2026〕17号",
        "state": "signed",
        "to": ("省政府总值班室",),
        "cc": ("州应急管理局", "州卫生健康委"),
        "urgency": "flash",
        "created_by": "li",
        "created_at": AT,
        "changed_at": AT,
        "basis": ENTRY,
        "blocks": (
            BriefBlock(key="facts", title="基本事实", generated=True, rows=facts),
            BriefBlock(key="situation", title="基本情况", generated=False, text=HOSTILE),
            BriefBlock(key="trend", title="发展趋势", generated=False),
            BriefBlock(key="figures", title="伤亡与损失", generated=True, figures=figures),
        ),
        "signatures": (BriefSignature(by="张三", method="password", at=AT, hash="cd" * 32),),
    }
    return Brief(**values | fields)
