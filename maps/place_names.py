"""Regions that a text names, such as 楚雄市 in 楚雄市公安局核心交换机."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache

from feeds.regions import covers, is_code
from maps.regions import canonical, table

_PEOPLES = (
    "蒙古|回|藏|维吾尔|苗|彝|壮|布依|朝鲜|满|侗|瑶|白|土家|哈尼|哈萨克|傣|黎|傈僳|佤|畲|高山|拉祜|水|东乡|纳西|景颇|柯尔克孜|土|"
    "达斡尔|仫佬|羌|布朗|撒拉|毛南|仡佬|锡伯|阿昌|普米|塔吉克|怒|乌孜别克|俄罗斯|鄂温克|德昂|保安|裕固|京|塔塔尔|独龙|鄂伦春|"
    "赫哲|门巴|珞巴|基诺|各"
)
_ETHNIC = re.compile(rf"(?:(?:{_PEOPLES})族)+(?:自治)?(?=[州县旗乡])")
_LEVELS = "州市县区旗盟"


def region_named(text: str, within: str) -> str:
    """The code of the finest region inside `within` that the text names, "" when it names none or several alike.

    Full names come first, then names without their peoples (楚雄州), then counties without their level (双柏). A
    county's bare name is not read where the prefecture bears it as well (楚雄). A text that begins with the level of
    `within` means that region (州财政局). A text that is a code is that code.
    """
    text = text.strip()
    if is_code(text):
        return canonical(text) if covers(within, text) else ""
    index = _index(canonical(within))
    codes = {code for name, code in index if name in text}
    if not codes:
        own = short_name(canonical(within))
        return canonical(within) if own and len(text) > 2 and text[0] == own[-1] else ""
    # 楚雄州双柏县妥甸镇 names three regions, each inside the one before it.
    deepest = [code for code in codes if not any(other != code and covers(code, other) for other in codes)]
    if len(deepest) == 1:
        return deepest[0]
    longest = max(len(name) for name, code in index if code in deepest and name in text)
    winners = {code for name, code in index if code in deepest and name in text and len(name) == longest}
    return winners.pop() if len(winners) == 1 else ""


@lru_cache(maxsize=8)
def _index(within: str) -> tuple[tuple[str, str], ...]:
    """Names and codes at or below a region. A name of two regions is left out."""
    named: dict[str, set[str]] = {}
    for code in _below(within):
        for name in _names(code, within):
            named.setdefault(name, set()).add(code)
    return tuple((name, next(iter(codes))) for name, codes in named.items() if len(codes) == 1)


def _below(code: str) -> Iterator[str]:
    yield code
    for child in table().children(code):
        yield from _below(child)


def _names(code: str, within: str) -> Iterator[str]:
    name = table().name(code)
    if len(name) < 2 or name in ("市辖区", "县"):
        return
    yield name
    plain = _ETHNIC.sub("", name)
    if plain != name and len(plain) > 2:
        yield plain
    bare = plain.rstrip(_LEVELS)
    is_county = len(code) == 6 and code != within
    if is_county and len(bare) > 1 and not table().name(within).startswith(bare):
        yield bare


def short_name(code: str) -> str:
    """The name of a region as people say it: 楚雄州 for 楚雄彝族自治州."""
    return _ETHNIC.sub("", table().name(code))


def regions_called(text: str) -> tuple[str, ...]:
    """The codes of the prefectures and counties that are called so, with or without their level and peoples.

    Prefectures come alone where both exist. A code gives itself.
    """
    text = text.strip()
    if is_code(text):
        return (canonical(text),) if table().name(text) else ()
    codes = _called().get(text, ())
    prefectures = tuple(code for code in codes if code.endswith("00"))
    return prefectures or codes


@lru_cache(maxsize=1)
def _called() -> dict[str, tuple[str, ...]]:
    called: dict[str, list[str]] = {}
    for province in table().children(""):
        for code in (province, *(region for region in _below(province) if len(region) == 6)):
            name, short = table().name(code), short_name(code)
            for form in {name, short, short.rstrip(_LEVELS)} - {"", "市辖区"}:
                if code not in called.setdefault(form, []):
                    called[form].append(code)
    return {name: tuple(codes) for name, codes in called.items()}


def prefecture_named(texts: Iterable[str]) -> str:
    """The prefecture whose counties, or which itself, most of the texts name; "" when none is named."""
    votes: Counter[str] = Counter()
    named = [(name, codes[0]) for name, codes in _called().items() if len(codes) == 1 and name[-1] in _LEVELS]
    for text in texts:
        prefectures = {f"{code[:4]}00" for name, code in named if len(name) > 2 and name in text and code[2:4] != "00"}
        votes.update(prefectures)
    return votes.most_common(1)[0][0] if votes else ""
