"""Texts of the pages, in Chinese and English: one catalogue for Python and JavaScript.

`feeds/texts/<area>/<language>.json` maps keys such as "health.down" to texts with {named} placeholders.
The areas are merged. A key's first word belongs to one area, both languages have the same keys, and a text
has the same placeholders in both. `catalogue` checks the keys, tests/dashboard/test_texts.py the placeholders.
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
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


class BadCatalogue(ValueError):
    """The files of texts contradict each other."""


def files(folder: Path = FOLDER) -> list[Path]:
    """All files of texts, by area and language."""
    return sorted(folder.glob("*/*.json"))


@cache
def catalogue(language: str = DEFAULT) -> Mapping[str, str]:
    """All texts of one language. Raises KeyError for an unknown language and BadCatalogue for bad files."""
    if language not in LANGUAGES:
        raise KeyError(language)
    return _shipped()[language]


@cache
def _shipped() -> dict[str, Mapping[str, str]]:
    return load(FOLDER)


def load(folder: Path) -> dict[str, Mapping[str, str]]:
    """The merged texts of all areas by language.

    Raises BadCatalogue for a key that is repeated in a file, for a first word of keys in two areas,
    and for an area whose languages differ in their keys.
    """
    merged: dict[str, dict[str, str]] = {language: {} for language in LANGUAGES}
    area_of: dict[str, str] = {}
    for area in sorted({path.parent for path in files(folder)}):
        texts = {language: _read(area / f"{language}.json") for language in LANGUAGES}
        first, second = (set(texts[language]) for language in LANGUAGES)
        if first != second:
            raise BadCatalogue(f"{area.name}: keys of one language only: {', '.join(sorted(first ^ second))}")
        for word in {key.partition(".")[0] for key in first}:
            if area_of.setdefault(word, area.name) != area.name:
                raise BadCatalogue(f'keys "{word}.…" are in two areas: {area_of[word]}, {area.name}')
        for language in LANGUAGES:
            merged[language].update(texts[language])
    return {language: MappingProxyType(texts) for language, texts in merged.items()}


def _read(path: Path) -> dict[str, str]:
    try:
        pairs: list[tuple[str, str]] = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=list)
    except FileNotFoundError as error:
        raise BadCatalogue(f"{path.parent.name}: {path.name} is missing") from error
    texts = dict(pairs)
    if len(texts) != len(pairs):
        repeated = {key for key, _ in pairs if [other for other, _ in pairs].count(key) > 1}
        raise BadCatalogue(f"{path.parent.name}/{path.name}: keys that are repeated: {', '.join(sorted(repeated))}")
    return texts


def text(key: str, language: str = DEFAULT, **values: object) -> str:
    """The text of `key` with its placeholders filled. Raises KeyError for an unknown key.

    An unknown language gives Chinese.
    Values are only put in, never read as templates: they may come from outside.
    """
    template = catalogue(language if language in LANGUAGES else DEFAULT)[key]
    return _PLACEHOLDER.sub(lambda match: str(values.get(match[1], match[0])), template)


def placeholders(template: str) -> frozenset[str]:
    """The names of a text's {placeholders}."""
    return frozenset(_PLACEHOLDER.findall(template))
