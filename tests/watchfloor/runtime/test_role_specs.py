"""Every role is described in one place, and everything that needs a role finds it there."""

from __future__ import annotations

import inspect
import re
from importlib import import_module
from pathlib import Path

import pytest

from feeds import roles
from feeds.texts.catalogue import catalogue
from watchfloor.runtime.role_specs import ROLES, RoleSpec

ROOT = Path(__file__).parents[3]
PACKAGES = ("feeds", "collectors", "alerts", "incidents", "api", "dashboard", "watchfloor")


def test_the_specs_are_the_names_in_the_order_of_the_start() -> None:
    assert tuple(spec.name for spec in ROLES) == roles.NAMES
    assert set(roles.WATCHED) == set(roles.NAMES) - {roles.WEB}


@pytest.mark.parametrize("spec", ROLES, ids=lambda spec: spec.name)
def test_a_role_can_be_imported_built_and_named(spec: RoleSpec) -> None:
    for module in spec.preload:
        import_module(module)
    assert list(inspect.signature(spec.build()).parameters) == ["settings", "bus", "journal", "status"]
    assert spec.leased or not spec.fenced, "a fence is a turn's number, and a turn is a lease's"
    for language in ("zh-CN", "en"):
        assert {f"role.{spec.name}", f"source.role.{spec.name}"} <= catalogue(language).keys()


def test_no_other_module_lists_the_roles() -> None:
    """A list of at least three quoted role names within one bracket."""
    name = "|".join(f'"{role}"' for role in roles.NAMES)
    listed = re.compile(rf"[(\[{{]\s*(?:(?:{name})[^()\[\]{{}}]*?){{3,}}[)\]}}]")
    files = [file for package in PACKAGES for file in (ROOT / package).rglob("*.py")]
    assert listed.search('ROLES = ("collect", "project", "alert")')
    lists_of_roles = [file.relative_to(ROOT) for file in files if listed.search(file.read_text(encoding="utf-8"))]
    assert lists_of_roles == []
