"""Real Valkey processes in the forms that a site may run: a Sentinel set, a cluster; on loopback, with passwords.

A set is ready in one or two seconds, because nobody has to discover anybody: each one's file names all others.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
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
"""`make test-redis`: also what takes long."""
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
    """What tests do to a set, whatever its form. `url` is what stands in `[redis] url`."""

    nodes: list[Node]
    url: str = field(default="", repr=False)

    def stop(self) -> None:
        for node in self.nodes:
            node.kill()

    def masters(self, key: str) -> list[Node]:
        """The nodes that would take a write of the key."""
        raise NotImplementedError

    def settled(self, key: str, other_than: Sequence[Node] = ()) -> Node:
        """The master, once everybody who sends clients to it agrees on it."""
        return self.master(key, other_than)

    def master(self, key: str, other_than: Sequence[Node] = ()) -> Node:
        """The one node that takes writes of the key, waited for."""
        found: list[Node] = until(
            lambda: len(m := [one for one in self.masters(key) if one not in other_than]) == 1 and m, "a master"
        )
        return found[0]

    def replicas(self, key: str) -> list[Node]:
        """The living replicas of the key's master."""
        ports = {one["port"] for name, one in self.master(key).ask("INFO", "replication").items() if _is_replica(name)}
        return [node for node in self.nodes if node.port in ports]

    def whole(self, key: str, replicas: int) -> Node:
        """Wait until the key's master has that many replicas that follow it; returns the master."""

        def enough() -> Node | None:
            master = self.master(key)
            told = master.ask("INFO", "replication")
            online = [one for name, one in told.items() if _is_replica(name) and _follows(one)]
            return master if len(online) >= replicas else None

        found: Node = until(enough, f"{replicas} replicas")
        return found


def _is_replica(name: str) -> bool:
    return name.startswith("slave") and name[5:].isdigit()


def _follows(told: dict[str, Any]) -> bool:
    return bool(told["state"] == "online" and told["offset"])


class SentinelSet(Servers):
    """One master, two replicas, three sentinels; a master is taken for dead after one second."""

    def __init__(self, folder: Path) -> None:
        ports = [free_port() for _ in range(6)]
        stores = [Node(folder / f"store{n}", ports[n], PASSWORD) for n in range(3)]
        for n, node in enumerate(stores):
            follow = f"replicaof 127.0.0.1 {ports[0]}\n" if n else ""
            node.write(STORE.format(password=f'"{PASSWORD}"') + follow)
        ids = [secrets.token_hex(20) for _ in range(3)]
        sentinels = [Node(folder / f"sentinel{n}", ports[3 + n], SENTINEL_PASSWORD, ("--sentinel",)) for n in range(3)]
        for n, node in enumerate(sentinels):
            others = [(ids[m], ports[3 + m]) for m in range(3) if m != n]
            node.write(_sentinel_file(ids[n], ports[:3], others))
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
            until(lambda node=node: _usable(node), "a sentinel")

    def masters(self, key: str) -> list[Node]:
        del key  # one master has all keys
        return [node for node in self.stores if node.process is not None and node.role() == "master"]

    def settled(self, key: str, other_than: Sequence[Node] = ()) -> Node:
        master = self.master(key, other_than)
        for node in self.sentinels:
            until(lambda node=node: _named(node) == master.port, "the sentinels' agreement")
        return master


def _named(sentinel: Node) -> int:
    return int(sentinel.ask("SENTINEL GET-MASTER-ADDR-BY-NAME", SERVICE)[1])


def _usable(sentinel: Node) -> bool:
    """Whether it would vote and knows everybody: then a master may die."""
    told = dict(zip(*[iter(sentinel.ask("SENTINEL", "MASTER", SERVICE))] * 2, strict=True))
    return (
        told["flags"] == "master"
        and told["num-slaves"] == "2"
        and str(sentinel.ask("SENTINEL", "CKQUORUM", SERVICE)).startswith("OK 3")
    )


def _sentinel_file(own: str, stores: Sequence[int], others: Sequence[tuple[str, int]]) -> str:
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
        *(f"sentinel known-sentinel {SERVICE} 127.0.0.1 {port} {id}" for id, port in others),
    ]
    return "\n".join([*lines, ""])


class Cluster(Servers):
    """Three masters, each with one replica; a node is taken for dead after one second."""

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
            until(lambda node=node: node.ask("CLUSTER INFO")["cluster_state"] == "ok", "the cluster")
        for n in range(3):
            until(lambda n=n: _is_online(self.nodes[n]), "a replica")

    def masters(self, key: str) -> list[Node]:
        return [node for node in self.nodes if node.process is not None and _owns(node, key)]


def _is_online(master: Node) -> bool:
    told = master.ask("INFO", "replication")
    return any(_is_replica(name) and _follows(one) for name, one in told.items())


def _owns(node: Node, key: str) -> bool:
    """Whether the node takes writes of the key's slot: it is asked by a write that changes nothing."""
    if node.role() != "master":
        return False
    try:
        node.ask("DEL", f"{{{key}}}:nobody")
    except (redis.RedisError, OSError):
        return False
    return True


def _nodes_file(own: int, ids: Sequence[str], ports: Sequence[int]) -> str:
    """What a node remembers of a cluster that has been there for ever."""
    lines = []
    for n in range(6):
        flags = ("myself," if n == own else "") + ("master" if n < 3 else "slave")
        follows = "-" if n < 3 else ids[n - 3]
        slots = f" {n * SLOTS // 3}-{(n + 1) * SLOTS // 3 - 1}" if n < 3 else ""
        lines.append(f"{ids[n]} 127.0.0.1:{ports[n]}@{ports[6 + n]} {flags} {follows} 0 0 {n % 3 + 1} connected{slots}")
    return "\n".join([*lines, "vars currentEpoch 3 lastVoteEpoch 0", ""])


def _quoted(password: str) -> str:
    return "".join(one if one.isalnum() else f"%{ord(one):02X}" for one in password)


@contextlib.contextmanager
def running(kind: str, folder: Path) -> Iterator[Servers]:
    """A ready set of the kind "sentinel" or "cluster"."""
    one = SentinelSet(folder) if kind == "sentinel" else Cluster(folder)
    try:
        one.start()
        yield one
    finally:
        for node in one.nodes:
            if node.process is not None:
                node.send(signal.SIGCONT)
        one.stop()
