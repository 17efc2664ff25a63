"""Read a TOML file as text and as a document. An error of either is a finding with its line."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from feeds.files import read_regular
from feeds.findings import Finding, InFile
from watchfloor.settings.findings import SettingsError, make

_AT_LINE = re.compile(r" \(at line (\d+), column \d+\)$")
_SECRET_HEADER = re.compile(r"^\s*\[+\s*(credentials|receiver|redis|journal|relay|channel)\b")
_HEADER = re.compile(r"^\s*\[")


def text_of(path: Path) -> str:
    """The file's text. Raises SettingsError with one finding when it cannot be read."""
    try:
        return read_regular(path).decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        finding = make("file_encoding", file=path.name, line=line)
    except FileNotFoundError:
        finding = make("file_missing", file=path.name, value=str(path))
    except OSError as error:
        finding = make("file_unreadable", file=path.name, value=str(path), detail=error.strerror or str(error))
    raise SettingsError([finding])


def document_of(text: str, path: Path) -> dict[str, Any]:
    """The document of a file's text. Raises SettingsError with one finding when it is not TOML."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError([_syntax(path, text, str(error))]) from error


def _syntax(path: Path, text: str, message: str) -> Finding[InFile]:
    match = _AT_LINE.search(message)
    lines = text.split("\n")
    # "at end of document": something was opened and never closed.
    number = int(match[1]) if match else len(text.rstrip("\n").split("\n"))
    value = lines[number - 1].strip()
    header = next((line for line in reversed(lines[:number]) if _HEADER.match(line)), "")
    if _SECRET_HEADER.match(header) and "=" in value:
        value = value.partition("=")[0] + "= …"
    return make("toml", file=path.name, line=number, value=value[:80], detail=_AT_LINE.sub("", message))
