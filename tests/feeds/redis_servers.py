"""Real Valkey processes in replicated forms: a Sentinel set, a cluster; on loopback, with passwords.

A set is ready in one or two seconds without discovery, because the file of each node names all others.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import redis

from tests.feeds.redis_node import Node, until
from tests.ports import free_port

__all__ = ["EVERYTHING", "FORMS", "PASSWORD", "SENTINEL_PASSWORD", "SERVICE", "Node", "SentinelSet", "Servers"]

PASSWORD, SENTINEL_PASSWORD = "p@ss:word/1", "sentinel#2"
SERVICE = "watchfloor"
FORMS = ("sentinel", "cluster")
EVERYTHING = "WATCHFLOOR_TEST_REDIS" in os.environ
"""`make test-redis`: include slow tests."""
SLOTS = 16384
STORE = """\
appendonly yes
save ""
requirepass {password}
masterauth {password}
repl-diskless-sync-delay 0
repl-ping-replica-period 1
enable-debug-command local
"""


@dataclass(slots=True)
class Servers:
    """Test operations on a replicated set. `url` is the value of `[redis] url`."""

    nodes: list[Node]
    url: str = field(default="", repr=False)

    def stop(self) -> None:
        for node in self.nodes:
            node.kill()

    def masters(self, key: str) -> list[Node]:
        """The nodes that accept a write of the key."""
        raise NotImplementedError

    def settled(self, key: str, other_than: Sequence[Node] = ()) -> Node:
        """The master, once all that direct clients to it agree."""
        return self.master(key, other_than)

    def master(self, key: str, other_than: Sequence[Node] = ()) -> Node:
        """The single node that accepts writes of the key, waited for."""
        masters: list[Node] = until(
            lambda: len(m := [node for node in self.masters(key) if node not in other_than]) == 1 and m, "a master"
        )
        return masters[0]

    def replicas(self, key: str) -> list[Node]:
        """The live replicas of the key's master."""
        ports = {
            replica["port"]
            for name, replica in self.master(key).ask("INFO", "replication").items()
            if _is_replica(name)
        }
        return [node for node in self.nodes if node.port in ports]

    def whole(self, key: str, replicas: int) -> Node:
        """Wait until the key's master has that many replicas that follow it; returns the master."""

        def enough() -> Node | None:
            master = self.master(key)
            info = master.ask("INFO", "replication")
            online = [replica for name, replica in info.items() if _is_replica(name) and _follows(replica)]
            return master if len(online) >= replicas else None

        master_node: Node = until(enough, f"{replicas} replicas")
        return master_node


def _is_replica(name: str) -> bool:
    return name.startswith("slave") and name[5:].isdigit()


def _follows(replica: dict[str, Any]) -> bool:
    return bool(replica["state"] == "online" and replica["offset"])


class SentinelSet(Servers):
    """One master, two replicas, three sentinels; a master counts as down after one second."""

    def __init__(self, folder: Path) -> None:
        ports = [free_port() for _ in range(6)]
        stores = [Node(folder / f"store{n}", ports[n], PASSWORD) for n in range(3)]
        for n, node in enumerate(stores):
            follow = f"replicaof 127.0.0.1 {ports[0]}\n" if n else ""
            node.write(STORE.format(password=f'"{PASSWORD}"') + follow)
        ids = [secrets.token_hex(20) for _ in range(3)]
        sentinels = [Node(folder / f"sentinel{n}", ports[3 + n], SENTINEL_PASSWORD, ("--sentinel",)) for n in range(3)]
        for n, node in enumerate(sentinels):
            other_nodes = [(ids[m], ports[3 + m]) for m in range(3) if m != n]
            node.write(_sentinel_file(ids[n], ports[:3], other_nodes))
        Servers.__init__(self, [*stores, *sentinels])
        self.stores, self.sentinels = stores, sentinels
        hosts = ",".join(node.name for node in sentinels)
        self.url = (
            f"redis+sentinel://:{_quoted(PASSWORD)}@{hosts}/{SERVICE}?sentinel_password={_quoted(SENTINEL_PASSWORD)}"
        )

    def start(self) -> None:
        for node in self.nodes:
            node.start()
        self.whole("", 2)
        for node in self.sentinels:
            until(partial(_usable, node), "a sentinel")

    def masters(self, key: str) -> list[Node]:
        del key  # one master has all keys
        return [node for node in self.stores if node.process is not None and node.role() == "master"]

    def settled(self, key: str, other_than: Sequence[Node] = ()) -> Node:
        master = self.master(key, other_than)
        for node in self.sentinels:
            until(partial(_agrees, node, master), "the sentinels' agreement")
        return master


def _named(sentinel: Node) -> int:
    return int(sentinel.ask("SENTINEL GET-MASTER-ADDR-BY-NAME", SERVICE)[1])


def _agrees(sentinel: Node, master: Node) -> bool:
    return _named(sentinel) == master.port


def _cluster_is_whole(node: Node) -> bool:
    return bool(node.ask("CLUSTER INFO")["cluster_state"] == "ok")


def _usable(sentinel: Node) -> bool:
    """True when the sentinel would vote and knows all others: then a master may die."""
    master_info = dict(zip(*[iter(sentinel.ask("SENTINEL", "MASTER", SERVICE))] * 2, strict=True))
    return (
        master_info["flags"] == "master"
        and master_info["num-slaves"] == "2"
        and str(sentinel.ask("SENTINEL", "CKQUORUM", SERVICE)).startswith("OK 3")
    )


def _sentinel_file(own: str, stores: Sequence[int], sentinels: Sequence[tuple[str, int]]) -> str:
    lines = [
        f'requirepass "{SENTINEL_PASSWORD}"',
        f'sentinel sentinel-pass "{SENTINEL_PASSWORD}"',
        f"sentinel myid {own}",
        f"sentinel monitor {SERVICE} 127.0.0.1 {stores[0]} 2",
        f"sentinel down-after-milliseconds {SERVICE} 1000",
        f"sentinel failover-timeout {SERVICE} 3000",
        f"sentinel parallel-syncs {SERVICE} 2",
        f'sentinel auth-pass {SERVICE} "{PASSWORD}"',
        *(f"sentinel known-replica {SERVICE} 127.0.0.1 {port}" for port in stores[1:]),
        *(f"sentinel known-sentinel {SERVICE} 127.0.0.1 {port} {id}" for id, port in sentinels),
    ]
    return "\n".join([*lines, ""])


class Cluster(Servers):
    """Three masters, each with one replica; a node counts as down after one second."""

    def __init__(self, folder: Path) -> None:
        ports = [free_port() for _ in range(12)]
        nodes = [Node(folder / f"node{n}", ports[n], PASSWORD) for n in range(6)]
        ids = [secrets.token_hex(20) for _ in range(6)]
        for n, node in enumerate(nodes):
            node.write(
                STORE.format(password=f'"{PASSWORD}"')
                + f"cluster-enabled yes\ncluster-config-file nodes.conf\ncluster-port {ports[6 + n]}\n"
                "cluster-node-timeout 1000\ncluster-replica-validity-factor 0\n"
            )
            (node.folder / "nodes.conf").write_text(_nodes_file(n, ids, ports))
        Servers.__init__(self, nodes)
        hosts = ",".join(node.name for node in nodes[:3])
        self.url = f"redis+cluster://:{_quoted(PASSWORD)}@{hosts}"

    def start(self) -> None:
        for node in self.nodes:
            node.start()
        for node in self.nodes:
            until(partial(_cluster_is_whole, node), "the cluster")
        for n in range(3):
            until(partial(_is_online, self.nodes[n]), "a replica")

    def masters(self, key: str) -> list[Node]:
        return [node for node in self.nodes if node.process is not None and _owns(node, key)]


def _is_online(master: Node) -> bool:
    info = master.ask("INFO", "replication")
    return any(_is_replica(name) and _follows(replica) for name, replica in info.items())


def _owns(node: Node, key: str) -> bool:
    """True when the node accepts writes of the key's slot, tested with a write that changes nothing."""
    if node.role() != "master":
        return False
    try:
        node.ask("DEL", f"{{{key}}}:nobody")
    except (redis.RedisError, OSError):
        return False
    return True


def _nodes_file(own: int, ids: Sequence[str], ports: Sequence[int]) -> str:
    """A node's record of a long-established cluster."""
    lines = []
    for n in range(6):
        flags = ("myself," if n == own else "") + ("master" if n < 3 else "slave")
        follows = "-" if n < 3 else ids[n - 3]
        slots = f" {n * SLOTS // 3}-{(n + 1) * SLOTS // 3 - 1}" if n < 3 else ""
        lines.append(f"{ids[n]} 127.0.0.1:{ports[n]}@{ports[6 + n]} {flags} {follows} 0 0 {n % 3 + 1} connected{slots}")
    return "\n".join([*lines, "vars currentEpoch 3 lastVoteEpoch 0", ""])


def _quoted(password: str) -> str:
    return "".join(character if character.isalnum() else f"%{ord(character):02X}" for character in password)


@contextlib.contextmanager
def running(kind: str, folder: Path) -> Iterator[Servers]:
    """A ready set of the kind "sentinel" or "cluster"."""
    servers = SentinelSet(folder) if kind == "sentinel" else Cluster(folder)
    try:
        servers.start()
        yield servers
    finally:
        for node in servers.nodes:
            if node.process is not None:
                node.send(signal.SIGCONT)
        servers.stop()
