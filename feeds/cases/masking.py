"""Masking of applicants' names for people without the right to see personal values."""

from __future__ import annotations

import re

MARK = "※"
_COMPANY = re.compile(r"(公司|企业|厂|店|社|中心|集团|合作社|事务所|学校|医院|银行|局|委员会|协会)$")


def is_company(name: str) -> bool:
    """True when a name has the form of an organisation's. A 个体工商户 counts as a person."""
    return bool(_COMPANY.search(name)) and "个体" not in name and len(name) >= 6


def masked_name(name: str, *, public: bool = False) -> str:
    """A person: the first character and ※. A company: its name, or (`public`) the first two characters and ※※公司."""
    name = name.strip()
    if not name:
        return ""
    if is_company(name):
        return f"{name[:2]}{MARK}{MARK}公司" if public else name
    return name[0] + MARK
