"""Every word that people read on the pages, in Chinese and English: one catalogue for Python and JavaScript.

`feeds/texts/<language>.json` maps keys such as "health.down" to texts with {named} places.
Both files have the same keys and the same places in each (tests/dashboard/test_texts.py).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

LANGUAGES = ("zh-CN", "en")
DEFAULT = LANGUAGES[0]
FOLDER = Path(__file__).parent
_PLACE = re.compile(r"\{(\w+)\}")


@cache
def catalogue(language: str = DEFAULT) -> Mapping[str, str]:
    """All texts of one language. Raises KeyError for a language that there is not."""
    if language not in LANGUAGES:
        raise KeyError(language)
    return MappingProxyType(json.loads((FOLDER / f"{language}.json").read_text(encoding="utf-8")))


def text(key: str, language: str = DEFAULT, **values: object) -> str:
    """The text of `key` with its places filled; Chinese for an unknown language; raises KeyError for an unknown key.

    Values are only put in, never read as templates: they may come from outside.
    """
    template = catalogue(language if language in LANGUAGES else DEFAULT)[key]
    return _PLACE.sub(lambda match: str(values.get(match[1], match[0])), template)


def places(template: str) -> frozenset[str]:
    """The names of a text's {places}."""
    return frozenset(_PLACE.findall(template))
