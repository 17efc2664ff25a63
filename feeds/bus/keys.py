"""Names of the keys in Redis. All keys of a site carry its hash tag, so they are in one cluster slot."""

from __future__ import annotations

from dataclasses import dataclass

FEEDS = ("network", "emergency", "approvals")
FOLLOWERS = ("history",)
"""Readers of feeds beside the owning engine, each with its own cursor."""


@dataclass(frozen=True, slots=True)
class Keys:
    """Key names of one site (shard), for example site "532300"."""

    site: str

    def feed(self, feed: str) -> str:
        """The stream that collectors write and one engine reads."""
        return f"ev:{{{self.site}}}:{feed}"

    def commands(self, engine: str) -> str:
        return f"cmd:{{{self.site}}}:{engine}"

    def signal(self, engine: str) -> str:
        """The stream of the newest signal that parcels wait for an engine in the intake."""
        return f"sg:{{{self.site}}}:{engine}"

    def is_signal(self, stream: str) -> bool:
        """True for the stream of an engine's signals."""
        return stream.startswith(self.signal(""))

    def state(self, kind: str) -> str:
        """The hash of all live records of a stored type (see `feeds.kinds`)."""
        return f"st:{{{self.site}}}:{kind}"

    def engine(self, engine: str) -> str:
        """The engine's private hash: cursors and state that must survive a restart."""
        return f"en:{{{self.site}}}:{engine}"

    def hot(self, hour: int, group: int) -> str:
        """Points of an open hour (counted since the epoch) of one group of series."""
        return f"hi:{{{self.site}}}:{hour}:{group}"

    def lease(self, role: str) -> str:
        """The lease of a role, held by one of its processes on several machines."""
        return f"le:{{{self.site}}}:{role}"

    def standbys(self, role: str) -> str:
        """The standby processes of a role, by the time they were last heard from."""
        return f"lw:{{{self.site}}}:{role}"

    def taken(self, role: str) -> str:
        """The process that took a role last. It never expires, so that its absence shows that Redis has forgotten."""
        return f"lt:{{{self.site}}}:{role}"

    def reload(self, key: str) -> str:
        """The answers of the processes to one request to reload the settings."""
        return f"rl:{{{self.site}}}:{key}"

    @property
    def changes(self) -> str:
        return f"ch:{{{self.site}}}"

    @property
    def results(self) -> str:
        return f"res:{{{self.site}}}"

    @property
    def beats(self) -> str:
        return f"bt:{{{self.site}}}"

    @property
    def dead(self) -> str:
        return f"dead:{{{self.site}}}"

    @property
    def dead_counts(self) -> str:
        return f"deadn:{{{self.site}}}"
