"""Copies of the settings and the inventory that were applied last. A role starts on them while the files are broken.

    data/run/applied.json        format, time of applying, path of the settings file, name of the folder
    data/run/applied-DIGEST/     settings.toml, the inventory's files and the files that the settings refer to, byte for
                                 byte, mode 0600, in a folder of mode 0700; references.json maps each file to its copy

A certificate and a secret of `file:` are read from the file that the settings name, and from its copy only when that
file cannot be used any more. A secret of `env:` is not copied. A copy of another format, or with settings that this
program does not know, is ignored.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from feeds import state_file
from feeds.clock import now
from feeds.files import read_regular
from feeds.findings import line_of_text
from feeds.wire import iso
from watchfloor.settings.site_settings import Draft, Settings, SettingsError, read, read_text

log = logging.getLogger(__name__)

T = TypeVar("T")
FORMAT = 1
RECORD = "applied.json"
REMOVAL_HELD = "removal_held"
"""Code of the finding that holds settings which would remove much of the site (watchfloor.settings.removal_guard)."""
REFERENCES = "references.json"
DATA = "WATCHFLOOR_DATA"
"""Environment variable that names the data folder while the settings are unreadable. The supervisor sets it."""
_DATA_LINE = re.compile(r'^\s*data\s*=\s*(?:"([^"\\\n]+)"|\'([^\'\n]+)\')', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class StartSettings:
    """The settings that a role starts on.

    `fallback_reason` says by language why they are not those of the files; it is empty when they are.
    """

    settings: Settings
    fallback_reason: dict[str, str]


@dataclass(frozen=True, slots=True)
class AppliedSettings:
    """The settings that were applied last, with the copies of their inventory files. `at` is the time in ISO 8601.

    `gaps` says by language what the copy of an earlier version lacks; it is empty when it lacks nothing.
    """

    settings: Settings
    at: str
    gaps: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Capture:
    """The bytes behind settings that are about to be applied."""

    settings: Settings
    inventory: tuple[bytes, ...]

    @property
    def folder(self) -> str:
        """The name of the folder with their copy."""
        return f"applied-{self.digest}"

    @property
    def digest(self) -> str:
        parts = (str(self.settings.path).encode(), self.settings.text.encode(), *self.inventory)
        parts += tuple(
            part for path, content in sorted(self.settings.references.items()) for part in (str(path).encode(), content)
        )
        return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()[:24]


def is_applied(settings: Settings) -> bool:
    """True when exactly these settings, with the same bytes behind them, were applied last."""
    captured = capture(settings)
    record = _read_quietly(settings.data / "run" / RECORD, _parse_record)
    if captured is None or record is None or record["settings"] != str(settings.path):
        return False
    return record["folder"] == captured.folder and (settings.data / "run" / captured.folder).is_dir()


def capture(settings: Settings) -> Capture | None:
    """Read the bytes behind the settings, before they are applied. None when a file cannot be read."""
    try:
        return Capture(settings, tuple(read_regular(path) for path in settings.inventory))
    except OSError as error:
        log.debug("settings: not copied: %s", error)
        return None


def store(captured: Capture | None) -> None:
    """Store applied settings as those to fall back on. A write error leaves the earlier copy in place."""
    if captured is None:
        return
    run = captured.settings.data / "run"
    name = captured.folder
    try:
        run.mkdir(parents=True, exist_ok=True)
        record = state_file.read_json(run / RECORD, _parse_record)
        if record is not None and record["folder"] == name and (run / name).is_dir():
            return
        _write_folder(run / name, captured)
        body = {"format": FORMAT, "at": iso(now()), "settings": str(captured.settings.path), "folder": name}
        state_file.write_json(run / RECORD, body)
        for old in run.glob("applied-*"):
            if old.name != name and not old.name.startswith("applied-part"):
                shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        log.warning("settings: what was applied could not be kept: %s", error)


def _write_folder(folder: Path, captured: Capture) -> None:
    part = folder.with_name(f"applied-part-{os.getpid()}-{threading.get_ident()}")  # a process may run two roles
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(mode=0o700)
    state_file.write(part / "settings.toml", captured.settings.text.encode())
    for number, (path, content) in enumerate(zip(captured.settings.inventory, captured.inventory, strict=True)):
        state_file.write(part / f"{number}-{path.name}", content)
    if references := sorted(captured.settings.references):
        for number, path in enumerate(references):
            state_file.write(part / f"reference-{number}", captured.settings.references[path])
        names = {str(path): f"reference-{number}" for number, path in enumerate(references)}
        state_file.write_json(part / REFERENCES, names)
    try:
        part.rename(folder)
    except OSError:  # another role has just stored the same settings
        shutil.rmtree(part)


def _parse_record(document: Any) -> dict[str, str]:
    """The text fields of a record, empty for another format. Raises KeyError, TypeError or ValueError if damaged."""
    if state_file.mapping(document)["format"] != FORMAT:
        return {"folder": "", "settings": "", "at": ""}
    fields = {name: document[name] for name in ("folder", "settings", "at")}
    if not all(isinstance(value, str) for value in fields.values()) or "/" in fields["folder"]:
        raise ValueError("a field is no text, or names another folder")
    return fields


def fall_back(path: Path, error: SettingsError) -> StartSettings:
    """The settings that were applied last, and `error` as the reason. Raises `error` when there is no copy."""
    is_held = any(finding.code == REMOVAL_HELD for finding in error.findings)
    if (previous := last_applied(path.absolute(), read(path.absolute()), as_applied=is_held)) is None:
        raise error
    reason = fallback_reason(error, previous.at)
    whole_reason = {language: text + previous.gaps.get(language, "") for language, text in reason.items()}
    return StartSettings(previous.settings, whole_reason)


def last_applied(path: Path, draft: Draft, *, as_applied: bool = False) -> AppliedSettings | None:
    """The settings that were applied last from this file, or None when there is no usable copy.

    Files that they refer to are read where they are while they can be used; `as_applied`: from the copies.
    """
    for data in _data_folders(path, draft):
        run = data / "run"
        record = _read_quietly(run / RECORD, _parse_record)
        if record is None or record["settings"] != str(path):
            continue
        folder = run / record["folder"]
        try:
            stored = _usable(
                (folder / "settings.toml").read_text(encoding="utf-8"), path, folder, as_applied=as_applied
            )
        except (OSError, UnicodeDecodeError) as unreadable:
            log.warning("settings: what was applied last cannot be read: %s", unreadable)
            continue
        if stored.settings is None or any(finding.error for finding in stored.findings):
            log.warning("settings: what was applied last cannot be used: %s", SettingsError(stored.findings))
            continue
        files = tuple(folder / f"{number}-{old.name}" for number, old in enumerate(stored.settings.inventory))
        return AppliedSettings(replace(stored.settings, inventory=files), record["at"], _gaps(path.parent, stored))
    return None


def _usable(text: str, path: Path, folder: Path, *, as_applied: bool) -> Draft:
    """The stored settings with the files that they refer to, or with the copies of those that cannot be used."""
    substitutes = _substitutes(folder)
    if substitutes and as_applied:
        return read_text(text, path, substitutes)
    draft = read_text(text, path)
    if any(finding.error for finding in draft.findings):
        return read_text(text, path, substitutes)
    return draft


def _gaps(site: Path, stored: Draft) -> dict[str, str]:
    """What the copy does not have and how the start goes on without it, by language."""
    if not stored.unknown:
        return {}
    folders, unusable = (
        ", ".join(sorted(os.path.relpath(path, site) for path in paths)) for paths in (stored.unknown, stored.unusable)
    )
    texts = {
        "zh-CN": f"。该副本由旧版本保存，不含 {folders}，改用现有文件",
        "en": f". That copy is of an earlier version and lacks {folders}: the files that are there now are used",
    }
    if unusable:
        texts["zh-CN"] += f"；无法使用、已略去：{unusable}"
        texts["en"] += f"; left out, because they cannot be used: {unusable}"
    return texts


def _substitutes(folder: Path) -> dict[Path, Path]:
    names = _read_quietly(folder / REFERENCES, state_file.mapping) or {}
    return {Path(path): folder / name for path, name in names.items() if isinstance(name, str) and "/" not in name}


def _read_quietly(path: Path, parse: Callable[[Any], T]) -> T | None:
    """A state file as a reader sees it that changes nothing; None also when it may not be read."""
    try:
        return state_file.read_json(path, parse, keep_damaged=False)
    except PermissionError as error:
        log.debug("settings: %s", error)
        return None


def _data_folders(path: Path, draft: Draft) -> list[Path]:
    """Candidate data folders, the likeliest first."""
    folders = [Path(variable)] if (variable := os.environ.get(DATA)) else []
    if draft.settings is not None:
        folders.append(draft.settings.data)
    try:
        if line := _DATA_LINE.search(read_regular(path).decode("utf-8", errors="replace")):
            folders.append(path.parent / (line[1] or line[2]))
    except OSError as error:
        log.debug("settings: %s", error)
    return list(dict.fromkeys([*folders, path.parent / "data"]))


def fallback_reason(error: SettingsError, at: str | None = None) -> dict[str, str]:
    """A sentence by language: the first error of the files, and which settings run instead."""
    first = next((finding for finding in error.findings if finding.error), error.findings[0])
    zh = f"{at} 应用的设置" if at else "原来的设置"
    en = f"the settings applied at {at}" if at else "the earlier settings"
    if first.code == "removal_held":
        return {
            "zh-CN": f"变更已暂缓，仍在使用{zh}。{line_of_text(first, 'zh-CN')}",
            "en": f"the change is held; {en} are in use. {line_of_text(first, 'en')}",
        }
    return {
        "zh-CN": f"设置文件有误，仍在使用{zh}。{line_of_text(first, 'zh-CN')}",
        "en": f"the settings files are broken; {en} are in use. {line_of_text(first, 'en')}",
    }
