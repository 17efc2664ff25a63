"""Where each setting stands in its TOML file: the standard parser gives values without lines.

The scanner walks the grammar of TOML 1.0 without reading values, so it holds for nested
arrays, inline tables, quoted and dotted keys, and strings of several lines. It is only given
text that `tomllib` has accepted.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right

Place = tuple[str | int, ...]
"""A path of keys, and positions in arrays from 0: ("rule", 1, "for")."""

_SPACE = re.compile(r"[ \t]*")
_GAP = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_BARE_VALUE = re.compile(r"[^,\]}#\n]+")
# The longer delimiters first; a closing ''' may follow one or two quotes that belong to the value.
_STRING = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}|' + r"'''.*?'{3,5}|" + r'"(?:\\.|[^"\\\n])*"|' + r"'[^'\n]*'", re.DOTALL
)


class Lines:
    """The line of every key and array item, from 1."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._breaks = [match.start() for match in re.finditer("\n", text)]
        self._at = 0
        self._found: dict[Place, int] = {}
        self._arrays: dict[Place, int] = {}
        self._document()

    def of(self, place: Place) -> int:
        """The line of the place, else of what holds it; 1 when the file says nothing of it."""
        while place and place not in self._found:
            place = place[:-1]
        return self._found.get(place, 1)

    def _here(self, place: Place) -> None:
        self._found.setdefault(place, bisect_right(self._breaks, self._at - 1) + 1)

    def _document(self) -> None:
        prefix: Place = ()
        while self._skip(_GAP) < len(self._text):
            if self._text[self._at] == "[":
                prefix = self._header()
            else:
                self._pair(prefix)

    def _header(self) -> Place:
        """The place that `[table]` or `[[array of tables]]` opens."""
        array = self._text.startswith("[[", self._at)
        self._at += 2 if array else 1
        *outer, last = self._keys()
        place: Place = ()
        for key in outer:
            place = self._enter((*place, key))
        place = (*place, last)
        if array:
            self._here(place)
            self._arrays[place] = self._arrays.get(place, -1) + 1
        place = self._enter(place)
        self._here(place)
        self._skip(_SPACE)
        self._at += 2 if array else 1
        return place

    def _enter(self, place: Place) -> Place:
        """Below the name of an array of tables stands its newest table."""
        return (*place, self._arrays[place]) if place in self._arrays else place

    def _pair(self, prefix: Place) -> None:
        start = self._at
        keys = self._keys()
        end, self._at = self._at, start
        for count in range(1, len(keys) + 1):
            self._here((*prefix, *keys[:count]))
        self._at = end
        self._skip(_SPACE)
        self._at += 1  # the equals sign
        self._skip(_SPACE)
        self._value((*prefix, *keys))

    def _keys(self) -> list[str]:
        keys: list[str] = []
        while True:
            self._skip(_SPACE)
            quoted = _STRING.match(self._text, self._at)
            match = quoted or _BARE_KEY.match(self._text, self._at)
            assert match is not None, "tomllib has accepted this text"
            self._at = match.end()
            keys.append(str(tomllib.loads(f"key = {match[0]}")["key"]) if quoted else match[0])
            self._skip(_SPACE)
            if not self._text.startswith(".", self._at):
                return keys
            self._at += 1

    def _value(self, place: Place) -> None:
        if self._text[self._at] == "[":
            self._items(place, "]")
        elif self._text[self._at] == "{":
            self._items(place, "}")
        else:
            self._skip(_STRING if self._text[self._at] in "\"'" else _BARE_VALUE)

    def _items(self, place: Place, end: str) -> None:
        self._at += 1
        position = 0
        while self._text[self._skip(_GAP)] != end:
            if self._text[self._at] == ",":
                self._at += 1
            elif end == "}":
                self._pair(place)
            else:
                self._here((*place, position))
                self._value((*place, position))
                position += 1
        self._at += 1

    def _skip(self, pattern: re.Pattern[str]) -> int:
        match = pattern.match(self._text, self._at)
        if match is not None:
            self._at = match.end()
        return self._at
