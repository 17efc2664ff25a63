"""LLDP: the table of a device, and the difference that it proposes."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from pysnmp.proto.api import v2c

from collectors.network import lldp, lldp_table
from collectors.network.lldp import LldpLink, propose
from collectors.network.lldp_table import Neighbour
from collectors.network.snmp.session import Agents
from feeds.model import Asset
from tests.collectors.network.loopback import target_of
from tests.collectors.network.snmp_agent import serving
from tests.ports import free_port

R = lldp_table.REMOTE
TABLE: dict[str, object] = {
    f"{R}.4.100.24.1": v2c.Integer32(4),
    f"{R}.5.100.24.1": v2c.OctetString(bytes.fromhex("3891d5fb742c")),
    f"{R}.6.100.24.1": v2c.Integer32(5),
    f"{R}.7.100.24.1": v2c.OctetString(b"GigabitEthernet1/0/33"),
    f"{R}.9.100.24.1": v2c.OctetString(b"WRD-Huiju-2"),
    f"{R}.10.100.24.1": v2c.OctetString(b"H3C Comware"),
    f"{R}.12.100.24.1": v2c.OctetString(b"\x28"),
    f"{lldp_table.REMOTE_ADDRESS}.100.24.1.1.4.10.1.123.2": v2c.Integer32(2),
    f"{lldp_table.LOCAL_PORT_DESCRIPTION}.24": v2c.OctetString(b"GigabitEthernet0/0/24"),
}
HEARD = Neighbour(
    seen_by="access-1",
    port="GigabitEthernet0/0/24",
    chassis="38:91:d5:fb:74:2c",
    remote_port="GigabitEthernet1/0/33",
    name="WRD-Huiju-2",
    description="H3C Comware",
    address="10.1.123.2",
    kind="router",
)


def asset(id: str, *parents: str, probes: tuple[str, ...] = (), **labels: str) -> Asset:
    return Asset(id=id, name=id, kind="switch", region="532301", parents=parents, probes=probes, labels=labels)


def inventory(*assets: Asset) -> dict[str, Asset]:
    return {asset_seen.id: asset_seen for asset_seen in assets}


async def test_the_remote_table_of_a_device_is_read() -> None:
    async with serving(TABLE) as agent:
        target = replace(target_of(f"snmp://127.0.0.1:{agent.port}"), asset="access-1")
        assert await lldp.neighbours(target, Agents()) == [HEARD]


async def test_a_device_without_lldp_hears_nobody() -> None:
    async with serving({"1.3.6.1.2.1.1.3.0": v2c.TimeTicks(1)}) as agent:
        assert await lldp.neighbours(target_of(f"snmp://127.0.0.1:{agent.port}"), Agents()) == []


async def test_a_survey_goes_on_past_a_device_that_does_not_answer() -> None:
    dead = replace(target_of(f"snmp://127.0.0.1:{free_port()}"), asset="dead")
    async with serving(TABLE) as agent:
        alive = replace(target_of(f"snmp://127.0.0.1:{agent.port}"), asset="access-1")
        heard, wrong = await lldp.survey([dead, alive], Agents())
    assert heard == [HEARD]
    assert {asset: str(error) for asset, error in wrong.items()} == {"dead": "refused"}


def test_a_neighbour_nobody_knows_is_proposed_with_its_row() -> None:
    proposal = propose([HEARD], inventory(asset("access-1")))
    [new] = proposal.assets
    assert (new.id, new.name, new.kind, new.parents, new.region) == (
        "wrd-huiju-2",
        "WRD-Huiju-2",
        "router",
        ("access-1",),
        "532301",
    )
    assert new.probes == ("icmp://10.1.123.2", "snmp://10.1.123.2")
    assert not proposal.links


def test_a_neighbour_is_known_by_chassis_address_or_name() -> None:
    for assets_known in (
        asset("agg", mac="3891-d5fb-742c"),
        asset("agg", probes=("icmp://10.1.123.2",)),
        asset("agg", sysname="wrd-huiju-2"),
        asset("WRD-Huiju-2"),
    ):
        proposal = propose([HEARD], inventory(asset("access-1"), assets_known))
        assert not proposal.assets
        assert [(link.a, link.b) for link in proposal.links] in (
            [("access-1", assets_known.id)],
            [(assets_known.id, "access-1")],
        )
        assert len(proposal.parents) == 1


def test_what_the_inventory_already_says_is_no_difference() -> None:
    proposal = propose([HEARD], inventory(asset("access-1", "agg"), asset("agg", sysname="WRD-Huiju-2")))
    assert proposal.empty
    assert proposal.links == (
        LldpLink(a="access-1", a_port="GigabitEthernet0/0/24", b="agg", b_port="GigabitEthernet1/0/33"),
    )


def test_both_ends_of_a_cable_propose_one_link() -> None:
    back = Neighbour(
        seen_by="agg",
        port="GigabitEthernet1/0/33",
        chassis="aa:bb:cc:dd:ee:ff",
        remote_port="GigabitEthernet0/0/24",
        name="access-1",
    )
    proposal = propose([HEARD, back], inventory(asset("access-1"), asset("agg", sysname="WRD-Huiju-2")))
    assert len(proposal.links) == 1
    assert proposal.parents == (("access-1", "agg"),)


def test_a_parent_that_neither_end_hears_is_shown() -> None:
    assets_known = inventory(asset("access-1", "core"), asset("agg", "core", sysname="WRD-Huiju-2"), asset("core"))
    to_core = Neighbour(seen_by="agg", port="1", chassis="core", remote_port="2")
    assert propose([HEARD, to_core], assets_known).unheard == (("access-1", "core"),)


def test_one_stranger_heard_twice_is_one_asset_with_two_parents() -> None:
    second = replace(HEARD, seen_by="access-2", port="GigabitEthernet0/0/1")
    [new] = propose([HEARD, second], inventory(asset("access-1"), asset("access-2"))).assets
    assert new.parents == ("access-1", "access-2")


@given(
    st.permutations(
        [
            HEARD,
            replace(HEARD, seen_by="access-2"),
            Neighbour(seen_by="agg", port="1", chassis="access-1", remote_port="7"),
            Neighbour(seen_by="gone", port="1", chassis="x", remote_port="y"),
        ]
    )
)
def test_the_order_of_what_is_heard_changes_nothing(heard: list[Neighbour]) -> None:
    assets_known = inventory(asset("access-1"), asset("access-2"), asset("agg"))
    before = dict(assets_known)
    assert propose(heard, assets_known) == propose(list(reversed(heard)), assets_known)
    assert assets_known == before
