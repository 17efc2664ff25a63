"""The settings and the inventory that were applied last: what a role starts on while the files are broken.

    data/run/applied.json        format, when, of which settings file, which folder
    data/run/applied-DIGEST/     settings.toml, the inventory's files and the files that the settings refer to, byte for
                                 byte, mode 0600, in a folder of mode 0700; references.json says which copy is whose

A secret of `file:` and a certificate are read where the settings say, and from their copies only when those cannot be
used any more; a secret of `env:` is not kept. A copy that this program cannot read (of another format, with settings it
does not know) counts as none.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

from feeds.clock import now
from feeds.files import read_regular
from feeds.findings import line_of_text
from feeds.wire import iso
from watchfloor.settings.findings import make
from watchfloor.settings.site_settings import Draft, Settings, SettingsError, load, read, read_text

log = logging.getLogger(__name__)

FORMAT = 1
RECORD = "applied.json"
REFERENCES = "references.json"
DATA = "WATCHFLOOR_DATA"
"""The variable that names the data folder, for when the settings cannot say it (set by the supervisor, the units)."""
_DATA_LINE = re.compile(r'^\s*data\s*=\s*(?:"([^"\\\n]+)"|\'([^\'\n]+)\')', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Start:
    """What a role starts on. `trouble` (by language, empty for none) says that it is not what the files say now."""

    settings: Settings
    trouble: dict[str, str]


@dataclass(frozen=True, slots=True)
class Last:
    """The settings that were applied last, with the kept copies of their inventory files; `at` in ISO 8601."""

    settings: Settings
    at: str


@dataclass(frozen=True, slots=True)
class Capture:
    """The bytes behind settings that are about to be applied."""

    settings: Settings
    inventory: tuple[bytes, ...]

    @property
    def digest(self) -> str:
        parts = (str(self.settings.path).encode(), self.settings.text.encode(), *self.inventory)
        parts += tuple(
            part for path, content in sorted(self.settings.references.items()) for part in (str(path).encode(), content)
        )
        return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()[:24]


def capture(settings: Settings) -> Capture | None:
    """To be taken before they are applied; None when a file is not there."""
    try:
        return Capture(settings, tuple(read_regular(path) for path in settings.inventory))
    except OSError as error:
        log.debug("settings: not kept: %s", error)
        return None


def keep(one: Capture | None) -> None:
    """Settings that were applied become those to fall back on. A disk that is full keeps the ones before."""
    if one is None:
        return
    run = one.settings.data / "run"
    name = f"applied-{one.digest}"
    try:
        run.mkdir(parents=True, exist_ok=True)
        if _record(run).get("folder") == name and (run / name).is_dir():
            return
        _write_folder(run / name, one)
        body = {"format": FORMAT, "at": iso(now()), "settings": str(one.settings.path), "folder": name}
        _write(run / f"{RECORD}.{os.getpid()}", json.dumps(body).encode())
        (run / f"{RECORD}.{os.getpid()}").replace(run / RECORD)
        for old in run.glob("applied-*"):
            if old.name != name and not old.name.startswith("applied-part"):
                shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        log.warning("settings: what was applied could not be kept: %s", error)


def _write_folder(folder: Path, one: Capture) -> None:
    part = folder.with_name(f"applied-part-{os.getpid()}")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(mode=0o700)
    _write(part / "settings.toml", one.settings.text.encode())
    for number, (path, content) in enumerate(zip(one.settings.inventory, one.inventory, strict=True)):
        _write(part / f"{number}-{path.name}", content)
    if references := sorted(one.settings.references):
        for number, path in enumerate(references):
            _write(part / f"reference-{number}", one.settings.references[path])
        names = {str(path): f"reference-{number}" for number, path in enumerate(references)}
        _write(part / REFERENCES, json.dumps(names).encode())
    try:
        part.rename(folder)
    except OSError:  # another role has just kept the same
        shutil.rmtree(part)


def _write(path: Path, content: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _record(run: Path) -> dict[str, str]:
    try:
        body = json.loads((run / RECORD).read_bytes())
    except (OSError, ValueError):
        return {}
    return body if isinstance(body, dict) and body.get("format") == FORMAT else {}


def start(path: Path) -> Start:
    """What the file says, or what was applied last when the file is broken or would remove too much.

    Raises SettingsError when there is nothing to fall back on.
    """
    from watchfloor.settings import removal_guard

    try:
        settings = load(path)
        if gone := [file for file in settings.inventory if not file.is_file()]:
            raise SettingsError([make("path_missing", file=path.name, key="site.inventory", value=str(gone[0]))])
        removal_guard.require_accepted(settings)
        return Start(settings, {})
    except SettingsError as error:
        return instead(path, error)


def instead(path: Path, error: SettingsError) -> Start:
    """What was applied last, with the reason why; raises the error when nothing is kept."""
    if (found := last(path.absolute(), read(path.absolute()))) is None:
        raise error
    return Start(found.settings, trouble(error, found.at))


def last(path: Path, draft: Draft) -> Last | None:
    """The settings that were applied last from this file, None when none are kept that can be used."""
    for data in _data_folders(path, draft):
        run, record = data / "run", _record(data / "run")
        if record.get("settings") != str(path):
            continue
        folder = run / record["folder"]
        try:
            kept = _usable((folder / "settings.toml").read_text(encoding="utf-8"), path, folder)
        except (OSError, UnicodeDecodeError) as unreadable:
            log.warning("settings: what was applied last cannot be read: %s", unreadable)
            continue
        if kept.settings is None or any(finding.error for finding in kept.findings):
            log.warning("settings: what was applied last cannot be used: %s", SettingsError(kept.findings))
            continue
        files = tuple(folder / f"{number}-{old.name}" for number, old in enumerate(kept.settings.inventory))
        return Last(replace(kept.settings, inventory=files), record["at"])
    return None


def _usable(text: str, path: Path, folder: Path) -> Draft:
    """The kept settings with the files that they refer to; with the copies of those when they cannot be used."""
    draft = read_text(text, path)
    substitutes = _substitutes(folder)
    if substitutes and any(finding.error for finding in draft.findings):
        return read_text(text, path, substitutes)
    return draft


def _substitutes(folder: Path) -> dict[Path, Path]:
    try:
        names = json.loads((folder / REFERENCES).read_bytes())
    except (OSError, ValueError):
        return {}
    if not isinstance(names, dict):
        return {}
    return {Path(path): folder / name for path, name in names.items() if isinstance(name, str) and "/" not in name}


def _data_folders(path: Path, draft: Draft) -> list[Path]:
    """Where the data may be, the likeliest first."""
    found = [Path(told)] if (told := os.environ.get(DATA)) else []
    if draft.settings is not None:
        found.append(draft.settings.data)
    try:
        if line := _DATA_LINE.search(read_regular(path).decode("utf-8", errors="replace")):
            found.append(path.parent / (line[1] or line[2]))
    except OSError as error:
        log.debug("settings: %s", error)
    return list(dict.fromkeys([*found, path.parent / "data"]))


def trouble(error: SettingsError, at: str | None = None) -> dict[str, str]:
    """For people: what is wrong in the files, and what runs instead."""
    first = next((finding for finding in error.findings if finding.error), error.findings[0])
    zh = f"{at} 应用的设置" if at else "原来的设置"
    en = f"the settings applied at {at}" if at else "the settings of before"
    if first.code == "removal_held":
        return {
            "zh-CN": f"变更已暂缓，仍在使用{zh}。{line_of_text(first, 'zh-CN')}",
            "en": f"the change is held; {en} are in use. {line_of_text(first, 'en')}",
        }
    return {
        "zh-CN": f"设置文件有误，仍在使用{zh}。{line_of_text(first, 'zh-CN')}",
        "en": f"the settings files are broken; {en} are in use. {line_of_text(first, 'en')}",
    }
