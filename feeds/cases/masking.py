"""What of personal values is shown to those without the right to see them."""

from __future__ import annotations

import re

MARK = "※"
_DIGITS = re.compile(r"\d[\d\s-]{9,}[\dXx]")
_COMPANY = re.compile(r"(公司|企业|厂|店|社|中心|集团|合作社|事务所|学校|医院|银行|局|委员会|协会)$")


def is_company(name: str) -> bool:
    """Whether a name is by its form that of an organisation; a 个体工商户 counts as a person."""
    return bool(_COMPANY.search(name)) and "个体" not in name and len(name) >= 6


def masked_name(name: str, *, public: bool = False) -> str:
    """A person: the first character and ※. A company: its name, or (`public`) the first two characters and ※※公司."""
    name = name.strip()
    if not name:
        return ""
    if is_company(name):
        return f"{name[:2]}{MARK}{MARK}公司" if public else name
    return name[0] + MARK


def blanked_digits(text: str) -> str:
    """A text without runs of eleven digits or more and without forms of identity numbers."""
    return _DIGITS.sub(lambda match: MARK * 4 if sum(c.isdigit() for c in match[0]) >= 11 else match[0], text)
