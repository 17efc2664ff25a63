"""`watchfloor init [DIR]`: asks a few questions, reads the lists of devices there are, and writes a new site."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from api.settings import is_loopback
from feeds import state_file
from feeds.findings import Finding, InFile, line_of_text
from maps.place_names import prefecture_named, regions_called, short_name
from maps.regions import table
from watchfloor.demo.ports import is_free
from watchfloor.imports.rows import ImportedRows, ImportSite, rows_of
from watchfloor.settings import check
from watchfloor.tools.import_devices import ReadLists, read_lists
from watchfloor.tools.init_texts import SENTENCES
from watchfloor.tools.site_skeleton import SETTINGS, SiteAnswers, files

LANGUAGES = ("zh-CN", "en")
HOME = "532300"
"""The region that is proposed when the lists name none."""
FIRST_PORT, PORTS = 8050, 50
Ask = Callable[[str], str]


class InitRefused(Exception):
    """No site was written; the text says why, in both languages."""

    def __init__(self, key: str, **arguments: object) -> None:
        super().__init__("\n".join(sentence(key, language, **arguments) for language in LANGUAGES))


def sentence(key: str, language: str, **arguments: object) -> str:
    """A sentence of this command."""
    return SENTENCES[key][LANGUAGES.index(language)].format(**arguments)


def run(args: argparse.Namespace) -> int:
    """Write the site and print what comes next. Returns 1 when a device was left out. Raises InitRefused."""
    folder: Path = args.dir
    ask = None if args.yes else _terminal()
    lists = read_lists(_device_paths(args, ask))
    answers = _answers(args, lists, ask)
    _refuse_to_overwrite(folder, args.force)
    rows = rows_of(lists.devices, ImportSite(region=answers.region))
    _write(folder, files(answers, rows.rows))
    findings = (*lists.findings, *rows.findings)
    for line in _report(folder, answers, rows, findings):
        sys.stdout.write(line + "\n")
    return 1 if any(finding.error for finding in findings) else 0


def _terminal() -> Ask:
    if not sys.stdin.isatty():
        raise InitRefused("no_terminal")
    return input


def _question(ask: Ask | None, key: str, language: str, default: str) -> str:
    """The answer of a person, or the default: without a terminal, and for an empty line."""
    if ask is None:
        return default
    return ask(f"{sentence(key, language)} [{default}] ").strip() or default


def _device_paths(args: argparse.Namespace, ask: Ask | None) -> list[Path]:
    paths: list[Path] = list(args.devices)
    language = args.language or "zh-CN"
    while not paths:
        text = _question(ask, "devices", language, sentence("none", language))
        if text == sentence("none", language):
            return []
        paths = [Path(text).expanduser()] if Path(text).expanduser().exists() else []
    for path in paths:
        if not path.exists():
            raise InitRefused("no_file", path=path)
    return paths


def _answers(args: argparse.Namespace, lists: ReadLists, ask: Ask | None) -> SiteAnswers:
    language = args.language or _question(ask, "language", "zh-CN", "zh-CN")
    if language not in LANGUAGES:
        raise InitRefused("bad_language", value=language)
    region = _region(args, lists, ask, language)
    name = args.name or _question(
        ask, "name", language, short_name(region) if language == "zh-CN" else _english(region)
    )
    port = args.port or _port(ask, args.host, language)
    if not is_loopback(args.host):
        raise InitRefused("host", host=args.host)
    return SiteAnswers(name=name, region=region, language=language, host=args.host, port=port)


def _english(region: str) -> str:
    return table().name(region, "en")


def _region(args: argparse.Namespace, lists: ReadLists, ask: Ask | None, language: str) -> str:
    """The code of the region that was named, or guessed from the devices. Asks again until there is one."""
    texts = [text for device in lists.devices for text in (device.region, device.owner, device.name, *device.hints)]
    default = prefecture_named(texts) or HOME
    text = args.region or _question(ask, "region", language, f"{default} {short_name(default)}")
    while True:
        codes = regions_called(text.split()[0] if text.strip() else default)
        if len(codes) == 1:
            return codes[0]
        problem = "no_region" if not codes else "several_regions"
        listed = "、".join(f"{code} {table().name(code[:4] + '00')}{table().name(code)}" for code in codes[:8])
        if ask is None or args.region:
            raise InitRefused(problem, value=text, listed=listed)
        sys.stdout.write(sentence(problem, language, value=text, listed=listed) + "\n")
        text = _question(ask, "region", language, f"{default} {short_name(default)}")


def _port(ask: Ask | None, host: str, language: str) -> int:
    free = next((port for port in range(FIRST_PORT, FIRST_PORT + PORTS) if is_free(host, port)), FIRST_PORT)
    while True:
        text = _question(ask, "port", language, str(free))
        if text.isascii() and text.isdigit() and 0 < int(text) < 65536:
            return int(text)


def _refuse_to_overwrite(folder: Path, force: bool) -> None:
    """Raises InitRefused for a folder with a site, unless told; then each file that is there is renamed before."""
    names = files(SiteAnswers(name="", region="", language="en", host="", port=0), ())
    present = [folder / name for name in names if (folder / name).exists()]
    if present and not force:
        raise InitRefused("exists", files="、".join(map(str, present)))
    for path in present:
        path.rename(state_file.aside_name(path, "before"))


def _write(folder: Path, texts: dict[str, str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        state_file.write_text(folder / name, text)


def _report(folder: Path, answers: SiteAnswers, rows: ImportedRows, findings: Sequence[Finding[InFile]]) -> list[str]:
    """What was not understood, what was written, what `check` says, and what comes next."""
    language, path = answers.language, folder / SETTINGS
    checked = check.check(path)
    lines = [line_of_text(finding, language) for finding in (*findings, *checked)]
    lines.append(sentence("written", language, path=path, assets=len(rows.rows)))
    lines.append(sentence("checked" if not checked else "check_again", language, path=path))
    base = f"http://{answers.host}:{answers.port}"
    lines.append(sentence("next", language, path=path, base=base))
    if not rows.rows:
        lines.append(sentence("empty", language, path=path))
    return lines
