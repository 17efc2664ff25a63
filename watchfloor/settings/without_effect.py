"""Remarks on valid settings without effect: they name what the site does not have, or what nothing reads."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from feeds.findings import Finding, InFile
from feeds.inventory.texts import nearest
from feeds.kinds import KINDS
from feeds.mapped.source import OBSERVATIONS, REQUIRED
from feeds.model import Asset
from watchfloor.settings.findings import key_path, make, shown
from watchfloor.settings.lines import KeyPath
from watchfloor.settings.site_settings import Draft, Settings

PART = "part"
"""The group of a syslog rule's expression that names the part of the device; others are not read."""
DEVICE_ID_DIGITS = 20
"""Digits of a device id (GB/T 28181-2022, annex E)."""
_GROUP = re.compile(r"\(\?P?<(\w+)>")
_ANYBODY = ("", "*")

Remark = tuple[str, KeyPath, str, dict[str, Any]]
"""Code, where, value, arguments of the texts."""


def all_remarks(draft: Draft, settings: Settings, assets: Mapping[str, Asset]) -> list[Finding[InFile]]:
    """All such remarks, in the order of the settings."""
    remarks = (*_kinds(settings, assets), *_parents(settings, assets), *_mapped(settings), *_groups(settings))
    return [
        make(
            code,
            file=settings.path.name,
            line=draft.lines.of(path),
            key=key_path(path),
            value=shown(value),
            error=False,
            **arguments,
        )
        for code, path, value, arguments in (*remarks, *_device_ids(settings))
    ]


def _kinds(settings: Settings, assets: Mapping[str, Asset]) -> Iterator[Remark]:
    """Kinds of receivers and policies that no asset is of, and that are no subject of rules: they choose nothing."""
    kinds = {*(asset.kind for asset in assets.values()), *KINDS.subjects}
    for section, entries in (("receiver", settings.receivers), ("escalation", settings.escalations)):
        for position, entry in enumerate(entries):
            for kind in entry.kinds if assets else ():
                if kind not in kinds:
                    yield "kind_unused", (section, position, "kinds"), kind, {"near": nearest(kind, kinds)}


def _parents(settings: Settings, assets: Mapping[str, Asset]) -> Iterator[Remark]:
    """Assets that sources hang on and that the inventory does not have."""
    for position, source in enumerate(settings.sources):
        for parent in source.parents:
            if parent not in assets:
                yield "source_parent", ("source", position, "parents"), parent, {}


def _mapped(settings: Settings) -> Iterator[Remark]:
    """Targets without which no row of a mapped source can be used."""
    for position, source in enumerate(settings.sources):
        if source.mapped is None or not source.mapped.map:
            continue
        needed = (*REQUIRED[source.mapped.gives], *(("metric",) if source.mapped.gives == OBSERVATIONS else ()))
        targets = {*source.mapped.map, *(("metric",) if source.mapped.metric else ())}
        for target in needed:
            if target not in targets:
                yield "map_required", ("source", position, "map"), target, {}


def _groups(settings: Settings) -> Iterator[Remark]:
    """Named groups of syslog rules that are not `part`."""
    for position, source in enumerate(settings.sources):
        if source.kind != "network.syslog":
            continue
        for place, rule in enumerate(source.rule):
            for key, expressions in (("raise", rule.raises), ("clear", rule.clears)):
                for group in dict.fromkeys(name for text in expressions for name in _GROUP.findall(text)):
                    if group != PART:
                        yield "group_unused", ("source", position, "rule", place, key), group, {}


def _device_ids(settings: Settings) -> Iterator[Remark]:
    """Credentials of a GB/T 28181 platform whose user is no device id: no device can register with them."""
    for position, source in enumerate(settings.sources):
        if source.kind != "video.gb28181":
            continue
        for name in source.cred.split():
            user = settings.credentials[name].values.get("user", "") if name in settings.credentials else ""
            if user not in _ANYBODY and not (len(user) == DEVICE_ID_DIGITS and user.isdecimal()):
                yield "device_id_form", ("source", position, "cred"), name, {"digits": len(user)}
