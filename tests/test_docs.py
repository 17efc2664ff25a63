"""What is undocumented fails: every command, setting, collector and decision stands in docs/."""

from __future__ import annotations

import argparse
import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from alerts.relay.server import RelaySettings
from alerts.rules.rule import compile_rule
from alerts.settings import HoldPolicy, RuleSettings
from api.settings import IngestSettings, LoadSettings, SiteInfo, WebSettings
from collectors import registry
from collectors.settings import SchemeSettings, SourceSettings
from feeds.documents.escalations import EscalationSettings, StepSettings
from feeds.documents.receivers import ReceiverSettings, SmsSettings
from watchfloor.cli_commands import parser
from watchfloor.settings import reference
from watchfloor.settings.site_settings import load
from watchfloor.settings.titles import TABLES, TITLES

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
RENAMED = {"hold": "for", "steps": "[[escalation.step]]"}
INTERNAL = {"version", "grades"}
"""Fields that no setting has: `grades` are the items of a `severity` that is a list."""


def commands(parser: argparse.ArgumentParser, path: str = "watchfloor") -> Iterator[str]:
    groups = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    if not groups:
        yield path
    for group in groups:
        for name, sub in group.choices.items():
            yield from commands(sub, f"{path} {name}")


def options(parser: argparse.ArgumentParser) -> Iterator[str]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for sub in action.choices.values():
                yield from options(sub)
        yield from (text for text in action.option_strings if text.startswith("--") and text != "--help")


@pytest.mark.parametrize("command", list(commands(parser())))
def test_every_command_is_documented(command: str) -> None:
    assert f"`{command}" in (DOCS / "commands.md").read_text()


@pytest.mark.parametrize("option", sorted(set(options(parser()))))
def test_every_option_is_documented(option: str) -> None:
    assert option in (DOCS / "commands.md").read_text() or option == "--config"


@pytest.mark.parametrize(
    "settings",
    [
        SiteInfo,
        WebSettings,
        IngestSettings,
        SchemeSettings,
        SourceSettings,
        RuleSettings,
        ReceiverSettings,
        HoldPolicy,
        LoadSettings,
        SmsSettings,
        EscalationSettings,
        StepSettings,
        RelaySettings,
    ],
)
def test_every_setting_is_documented(settings: type) -> None:
    text = (DOCS / "configuration.md").read_text()
    names = [RENAMED.get(field.name, field.name) for field in dataclasses.fields(settings)]
    assert not [name for name in names if name not in INTERNAL and f"`{name}`" not in text]


@pytest.mark.parametrize("scheme", sorted(registry.known_schemes()))
def test_every_probe_is_documented(scheme: str) -> None:
    assert f"`{scheme}:" in (DOCS / "configuration.md").read_text()


@pytest.mark.parametrize("kind", sorted(registry.known_source_kinds()))
def test_every_source_kind_is_documented(kind: str) -> None:
    assert f"`{kind}`" in (DOCS / "configuration.md").read_text()


def test_every_setting_has_a_title_and_an_example_and_every_title_its_setting() -> None:
    entries_by_path = {entry.path: entry for entry in reference.entries()}
    assert sorted(TITLES) == sorted(entries_by_path), (
        "settings and their titles differ: see watchfloor/settings/titles.py"
    )
    assert {entry.table for entry in entries_by_path.values()} == set(TABLES)
    assert not [path for path, entry in entries_by_path.items() if not all(entry.title.values())]
    bare = [path for path, entry in entries_by_path.items() if not entry.example]
    assert not bare, f"the sample in watchfloor/settings/reference.py does not say {bare}"


@pytest.mark.parametrize(("language", "name"), [("en", "settings.md"), ("zh-CN", "settings.zh-CN.md")])
def test_the_reference_of_settings_is_what_the_program_prints(language: str, name: str) -> None:
    same = (DOCS / name).read_text() == reference.markdown(language)
    assert same, f"write it again: python -m watchfloor settings --language {language} > docs/{name}"


def test_every_decision_is_listed_and_every_link_leads_somewhere() -> None:
    for page in [*DOCS.rglob("*.md"), ROOT / "README.md", ROOT / "README.zh-CN.md"]:
        for target in re.findall(r"\]\(([^)#:]+?)(?:#[^)]*)?\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"
    listed = (DOCS / "decisions" / "README.md").read_text()
    assert not [page.name for page in (DOCS / "decisions").glob("0*.md") if page.name not in listed]


def test_the_ten_worked_rules_compile_as_they_stand(tmp_path: Path) -> None:
    file, counts = tmp_path / "watchfloor.toml", []
    for block in re.findall(r"```toml\n(.*?)```", (DOCS / "rules.md").read_text(), re.S):
        file.write_text(f'[site]\nname = "x"\nregion = "532300"\n{block}')
        rules = load(file).rules
        for rule in rules:
            compile_rule(rule)
        counts.append(len(rules))
    assert 10 in counts


def test_every_test_that_the_table_of_field_faults_names_exists() -> None:
    named = re.findall(r"`(tests/[\w/.]+)`", (DOCS / "field.md").read_text(encoding="utf-8"))
    assert named
    assert [name for name in named if not (ROOT / name).exists()] == []
