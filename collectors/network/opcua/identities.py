"""The namespace and browse name of each watched OPC UA node, as they were when it was first watched.

Namespace indexes are only valid within a session (OPC 10000-3, 8.2.2): after a restart of the server the same id may
name another variable. A node whose meaning has changed is refused, so that no other variable's value passes for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from asyncua import ua
from asyncua.client.client import Client
from asyncua.ua.attribute_ids import AttributeIds
from asyncua.ua.uaerrors import UaStatusCodeError

from collectors.charset import printable
from collectors.errors import Misconfigured
from collectors.network.opcua.monitored_items import node_id

AT_ONCE = 100
"""Names in one request. Small controllers take few."""
_LONGEST = 100


@dataclass(frozen=True, slots=True)
class NodeIdentity:
    """The namespace URI of a node's index, and the node's browse name; "" where the server does not tell."""

    namespace: str
    name: str


class NodeIdentities:
    """The identities of a server's nodes, by the text of the node id, since this process first saw them."""

    def __init__(self) -> None:
        self._first: dict[str, NodeIdentity] = {}

    async def resolve(
        self, client: Client, texts: Sequence[str]
    ) -> tuple[dict[str, ua.NodeId], dict[str, Misconfigured]]:
        """The node ids of these texts, and why others cannot be watched: no such namespace, or another meaning."""
        nodes: dict[str, ua.NodeId] = {}
        refused: dict[str, Misconfigured] = {}
        for text in dict.fromkeys(texts):
            try:
                nodes[text] = await node_id(client, text)
            except Misconfigured as error:
                refused[text] = error
        for text, identity in (await _identities(client, nodes)).items():
            if (reason := _difference(text, self._first.setdefault(text, identity), identity)) is not None:
                refused[text] = reason
        return nodes, refused


async def _identities(client: Client, nodes: Mapping[str, ua.NodeId]) -> dict[str, NodeIdentity]:
    """The present identity of each node, by the text of its id; {} from a server that does not answer the question."""
    identities: dict[str, NodeIdentity] = {}
    try:
        namespaces = await client.get_namespace_array() if nodes else []
        for batch in _batches(list(nodes.items())):
            params = ua.ReadParameters()
            params.NodesToRead = [ua.ReadValueId(node, AttributeIds.BrowseName) for _, node in batch]
            for (text, node), answer in zip(batch, await client.uaclient.read(params), strict=True):
                index = int(node.NamespaceIndex)
                namespace = namespaces[index] if index < len(namespaces) else ""
                identities[text] = NodeIdentity(namespace, _name(answer))
    except UaStatusCodeError:
        return {}
    return identities


def _batches(nodes: list[tuple[str, ua.NodeId]]) -> Iterator[list[tuple[str, ua.NodeId]]]:
    return (nodes[start : start + AT_ONCE] for start in range(0, len(nodes), AT_ONCE))


def _name(answer: ua.DataValue) -> str:
    value = answer.Value.Value if answer.Value is not None else None
    return printable(str(value.Name or ""))[:_LONGEST] if isinstance(value, ua.QualifiedName) else ""


def _difference(text: str, first: NodeIdentity, now: NodeIdentity) -> Misconfigured | None:
    """Why a node is not what it was. What the server does not tell is no difference."""
    if first.namespace != now.namespace:
        identifier = text.partition(";")[2]
        mend = f"nsu={first.namespace};{identifier}"
        return Misconfigured(
            f"the namespace index of {text} was {first.namespace} and is {now.namespace or 'none'} since the server's "
            f"restart: its value would be another variable's; write node={mend} (percent-encoded)",
            f"服务器重启后 {text} 的命名空间序号由 {first.namespace} 变为 {now.namespace or '无'}，"
            f"所得会是另一个变量的值；请改写为 node={mend}（百分号编码）",
        )
    if first.name and now.name and first.name != now.name:
        return Misconfigured(
            f"{text} was the variable {first.name!r} and is {now.name!r} since the server's restart: mend node=, or "
            "restart the role collect to accept it",
            f"服务器重启后 {text} 由变量 {first.name!r} 变为 {now.name!r}：请改正 node=，确认无误则重启 collect 角色",
        )
    return None
