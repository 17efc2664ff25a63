"""Assets: what is watched, with its state. Written by the projector."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from feeds.cameras.status import CameraGroup
from feeds.kinds.filters import ANY, Exact, Search, Within, Words
from feeds.kinds.joined import JoinedKind
from feeds.kinds.places import point
from feeds.kinds.searchable import Searchable, page_at
from feeds.kinds.subject import RuleName, SubjectKind, SubjectState, texts
from feeds.model import Asset, Health, Kind

GROUP_ABOUT = "The group of a camera by what fails / 摄像机按故障分组"
VIDEO = frozenset(("camera", "nvr", "platform"))
"""Kinds of asset that belong to the feed of video."""


class CameraGroups(Words):
    """The group of a camera is one of these words. No other asset has a group."""

    def takes(self, value: Any, record: Mapping[str, Any]) -> bool:
        camera = record[self.on]
        return camera is not None and (value == ANY or camera["group"] in value.split(","))


def _value(subject: SubjectState, name: str) -> Any:
    state = subject.state
    if name == "health":
        return str(state.health) if state is not None else str(Health.UNKNOWN)
    if name == "stale":
        return state is None or state.stale_since is not None
    return getattr(subject.record, name)


def _feed(subject: SubjectState | None) -> str:
    return "video" if subject is not None and subject.record.kind in VIDEO else "network"


ASSET = JoinedKind(
    name=Kind.ASSET,
    plural="assets",
    record=Asset,
    writer="project",
    faces={
        "map": (
            "id",
            "name",
            "kind",
            "region",
            "lat",
            "lon",
            "parents",
            "importance",
            "health",
            "stale_since",
            "cut_by",
        ),
        "camera": (
            "id",
            "name",
            "region",
            "owner",
            "parents",
            "importance",
            "health",
            "since",
            "stale_since",
            "cut_by",
            "camera",
        ),
        "row": ("id", "name", "kind", "region", "owner", "health", "since", "stale_since", "seen_at", "cut_by"),
        # With "map", by id: what lists of the network need beside what the map draws.
        "tree": ("id", "since", "owner", "labels"),
    },
    redact=("facts.contact", "labels.contact", "labels.phone"),
    entries=("health", "inventory", "evidence", "facts"),
    filters=(
        Words(name="kind"),
        Within(),
        Words(name="health", words=tuple(Health), longest=500),
        Exact(name="owner"),
        CameraGroups(name="group", field="camera", words=tuple(CameraGroup), about=GROUP_ABOUT),
        Exact(name="cut_by", about="The id of the root alert that explains it / 根因告警编号"),
        Search(name="q", fields=("id", "name"), about="Part of the id or name / 编号或名称的一部分"),
    ),
    subject=SubjectKind(
        name=Kind.ASSET,
        names={
            "health": RuleName("string", frozenset(Health)),
            **texts("id", "name", "kind", "region", "owner"),
            "importance": RuleName("int"),
            "stale": RuleName("bool"),
            "labels": RuleName("map"),
            "m": RuleName("map"),
        },
        value=_value,
        feed=_feed,
        functions=frozenset(("age", "rate", "warned")),
        gone="subject_gone",
        removed=True,
    ),
    place=point,
    search=Searchable(
        ids=("id", "probes", "facts"),
        names=("name",),
        state="health",
        detail=("kind", "owner"),
        page=page_at("/assets/"),
    ),
)
