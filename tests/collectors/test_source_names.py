"""Which sources a site's settings and inventory name."""

from __future__ import annotations

from collectors.settings import SourceSettings
from collectors.source_names import named_sources
from feeds.model import REFERENCE, Asset


def test_sources_collectors_of_the_inventory_and_reference_targets_are_named() -> None:
    probes = ("tcp://127.0.0.1:1", "https://127.0.0.1:2/", "heartbeat:?every=30s")
    asset = Asset(id="a", name="a", kind="router", region="532301", probes=probes)
    sources = [SourceSettings(id="cma", kind="emergency.cap")]
    collectors = {"network.tcp", "network.http", "network.heartbeat"}
    assert named_sources(sources, ["tcp://127.0.0.1:3"], [asset]) == {"cma", REFERENCE, *collectors}
    assert named_sources([], [], [asset]) == collectors
    assert named_sources([], [], []) == set()
