"""Changes between a catalog and the inventory, that a person reviews."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from collectors.video.gb28181.catalog import CatalogItem
from collectors.video.gb28181.proposals import ChangeKind, proposals
from collectors.video.gb28181.roster import DeviceRoster
from feeds.datum import to_gcj02
from feeds.model import Asset
from tests.collectors.video.gb28181.scene import DEVICE, A, B, C, Scene, inventory, item
from tests.collectors.video.gb28181.test_platform import listed

OTHER = "53230100001180000002"


def changes(*items: CatalogItem, complete: bool = True, **parts: Asset) -> list[tuple[str, str, str]]:
    """(kind, channel, after) of the changes between a catalog and an inventory of A and B."""
    assets = inventory(A, B) | {asset.id: asset for asset in parts.values()}
    ids = frozenset(each.id for each in items) if complete else None
    return [
        (change.kind, change.id, change.after) for change in proposals(DEVICE, items, ids, assets, DeviceRoster(assets))
    ]


def at(id: str, **fields: object) -> CatalogItem:
    return replace(CatalogItem(id=id, name=id), **fields)  # type: ignore[arg-type]


def test_a_catalog_that_agrees_proposes_nothing() -> None:
    assert changes(at(A), at(B), at("53230100001340000001")) == []


def test_only_a_complete_catalog_says_that_a_channel_is_gone() -> None:
    assert changes(at(A)) == [("gone", B, "")]
    assert changes(at(A), complete=False) == []
    assert changes() == [("gone", A, ""), ("gone", B, "")]


def test_what_has_another_name_region_position_or_recorder_is_proposed() -> None:
    placed = replace(inventory(A)[A], lat=25.04, lon=101.54)
    other = Asset(id="nvr2", name="另一台", kind="nvr", region="532301", probes=(f"gb28181://{OTHER}",))
    hung = replace(inventory(B)[B], parents=("nvr2", "switch"))
    assert changes(at(A, name="大门"), at(B)) == [("renamed", A, "大门")]
    assert changes(at(A, civil_code="53232800"), at(B)) == [("moved", A, "532328")]
    assert changes(at(A, civil_code="532300"), at(B)) == [], "the prefecture contains the county"
    assert changes(at(A, lat=25.05, lon=101.54), at(B), a=placed) == [("moved", A, "25.05000, 101.54000")]
    assert changes(at(A, lat=25.0401, lon=101.5401), at(B), a=placed) == []
    assert changes(at(A), at(B), other=other, b=hung) == [("reparented", B, f"{DEVICE};switch")]


def test_positions_in_gcj02_are_shifted_back_before_they_are_compared() -> None:
    placed = replace(inventory(A)[A], lat=25.04, lon=101.54)
    assets, (lat, lon) = {**inventory(A), A: placed}, to_gcj02(25.04, 101.54)
    shown = [at(A, lat=lat, lon=lon)]
    assert proposals(DEVICE, shown, None, assets, DeviceRoster(assets), gcj02=True) == []
    (change,) = proposals(DEVICE, shown, None, assets, DeviceRoster(assets))
    assert change.kind is ChangeKind.MOVED


def test_a_new_channel_comes_with_its_whole_row_and_without_signs_that_divide_labels() -> None:
    shown = [at(C, name="走廊", civil_code="532301", maker="海康;x=1", lat=25.1, lon=101.5)]
    (change,) = proposals(DEVICE, shown, None, inventory(A), DeviceRoster(inventory(A)))
    assert change.row == {
        "id": C,
        "name": "走廊",
        "kind": "camera",
        "region": "532301",
        "lat": "25.10000",
        "lon": "101.50000",
        "parents": DEVICE,
        "labels": "maker=海康 x 1",
        "probes": f"gb28181://{C}",
    }


@pytest.mark.parametrize(("event", "expected"), [("DEL", [("gone", B)]), ("ADD", [("new", C)])])
def test_news_of_a_subscription_are_proposals_too(event: str, expected: list[tuple[str, str]]) -> None:
    scene = Scene(A, B)
    scene.register()
    listed(scene, item(A, A), item(B, B))
    dialog = scene.answer(scene.subscribes()[0], more="Expires: 3600\r\n")
    assert scene.value(DEVICE, "gb28181.catalog_changes") == 0
    scene.notify(dialog, expected[0][1], event)
    assert [(each.kind, each.id) for each in scene.platform.catalogs.changes(DEVICE)] == expected
    assert scene.value(DEVICE, "gb28181.catalog_changes") == 1


def test_proposals_survive_our_restart_and_end_when_the_inventory_agrees(tmp_path: Path) -> None:
    before = Scene(A, folder=tmp_path)
    before.register()
    listed(before, item(A, A), item(B, B))
    after = Scene(A, folder=tmp_path)
    assert [change.id for change in after.platform.catalogs.changes(DEVICE)] == [B]
    after.platform.set_inventory(inventory(A, B))
    assert after.platform.catalogs.changes(DEVICE) == []


def test_a_platform_that_lists_nothing_proposes_and_removes_nothing() -> None:
    scene = Scene(A, B)
    scene.register()
    listed(scene, item(A, A), item(B, B))
    scene.platform.queries.want(DEVICE, "Catalog", scene.time)
    scene.pass_to(scene.time + 1.0)
    scene.catalog(scene.query_numbers("Catalog")[1], 0)
    assert [change.kind for change in scene.platform.catalogs.changes(DEVICE)] == ["gone", "gone"]
    assert scene.value(A, "gb28181.described") is True
