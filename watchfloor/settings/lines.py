"""Line numbers of the settings in a TOML file. The standard parser gives values without lines.

The scanner walks the grammar of TOML 1.0 without reading values, so it holds for nested
arrays, inline tables, quoted and dotted keys, and strings of several lines. It is only given
text that `tomllib` has accepted.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right

KeyPath = tuple[str | int, ...]
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
        self._lines: dict[KeyPath, int] = {}
        self._arrays: dict[KeyPath, int] = {}
        self._document()

    def of(self, path: KeyPath) -> int:
        """The line of the key path, else that of the nearest table around it, else 1."""
        while path and path not in self._lines:
            path = path[:-1]
        return self._lines.get(path, 1)

    def _here(self, path: KeyPath) -> None:
        self._lines.setdefault(path, bisect_right(self._breaks, self._at - 1) + 1)

    def _document(self) -> None:
        prefix: KeyPath = ()
        while self._skip(_GAP) < len(self._text):
            if self._text[self._at] == "[":
                prefix = self._header()
            else:
                self._pair(prefix)

    def _header(self) -> KeyPath:
        """Read `[table]` or `[[array of tables]]` and return its key path."""
        array = self._text.startswith("[[", self._at)
        self._at += 2 if array else 1
        *outer, last = self._keys()
        path: KeyPath = ()
        for key in outer:
            path = self._enter((*path, key))
        path = (*path, last)
        if array:
            self._here(path)
            self._arrays[path] = self._arrays.get(path, -1) + 1
        path = self._enter(path)
        self._here(path)
        self._skip(_SPACE)
        self._at += 2 if array else 1
        return path

    def _enter(self, path: KeyPath) -> KeyPath:
        """The key path, extended by the position of the newest table when it names an array of tables."""
        return (*path, self._arrays[path]) if path in self._arrays else path

    def _pair(self, prefix: KeyPath) -> None:
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

    def _value(self, path: KeyPath) -> None:
        if self._text[self._at] == "[":
            self._items(path, "]")
        elif self._text[self._at] == "{":
            self._items(path, "}")
        else:
            self._skip(_STRING if self._text[self._at] in "\"'" else _BARE_VALUE)

    def _items(self, path: KeyPath, end: str) -> None:
        self._at += 1
        position = 0
        while self._text[self._skip(_GAP)] != end:
            if self._text[self._at] == ",":
                self._at += 1
            elif end == "}":
                self._pair(path)
            else:
                self._here((*path, position))
                self._value((*path, position))
                position += 1
        self._at += 1

    def _skip(self, pattern: re.Pattern[str]) -> int:
        match = pattern.match(self._text, self._at)
        if match is not None:
            self._at = match.end()
        return self._at
