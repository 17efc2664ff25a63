"""Reads the hash-checked lock files, and selects the pins for one Python on one machine."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from packaging.markers import Marker, default_environment
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"
PYTHONS = ("3.11", "3.12", "3.13")
MACHINES = ("x86_64", "aarch64")
TARGETS = tuple((python, machine) for machine in MACHINES for python in PYTHONS)
_PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;\\]+)\s*(?:;\s*(?P<marker>[^\\]+?))?\s*\\?$")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """One pinned package. `marker` is empty when every environment takes it; `hashes` are SHA-256 in hexadecimal."""

    name: str
    version: str
    marker: str
    hashes: tuple[str, ...]

    def needed_on(self, python: str, machine: str) -> bool:
        """True when CPython `python` ("3.12") on Linux and `machine` ("aarch64") needs this pin."""
        if not self.marker:
            return True
        environment: dict[str, str] = {
            **cast(dict[str, str], default_environment()),
            "python_version": python,
            "platform_machine": machine,
            "sys_platform": "linux",
            "platform_system": "Linux",
            "os_name": "posix",
            "implementation_name": "cpython",
            "platform_python_implementation": "CPython",
        }
        # The first patch release and the last: Debian 12 has 3.11.2, which needs what 3.11.3 does not.
        patches = (f"{python}.0", f"{python}.99")
        return any(Marker(self.marker).evaluate(environment | {"python_full_version": full}) for full in patches)

    def line(self) -> str:
        """The pin as a requirement without its marker, for a file that is made for one environment."""
        hashes = "".join(f" \\\n    --hash=sha256:{digest}" for digest in self.hashes)
        return f"{self.name}=={self.version}{hashes}\n"


class BadLock(ValueError):
    """A lock holds a line that is neither a pin nor a hash."""


def read(path: Path = LOCK) -> list[Pin]:
    """Every pin of a lock, in its order. Raises BadLock."""
    pins: list[Pin] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        if match := _HASH.match(text):
            last = pins.pop()
            hashes = (*last.hashes, match[1])
            pins.append(Pin(name=last.name, version=last.version, marker=last.marker, hashes=hashes))
        elif pin := _PIN.match(text):
            name = canonicalize_name(pin["name"])
            pins.append(Pin(name=name, version=pin["version"], marker=pin["marker"] or "", hashes=()))
        else:
            raise BadLock(f"{path.name}:{number}: {text}")
    return pins


def for_target(pins: Iterable[Pin], python: str, machine: str) -> list[Pin]:
    """The pins of one Python on one machine."""
    return [pin for pin in pins if pin.needed_on(python, machine)]
