"""All open views and their clients."""

from __future__ import annotations

from feeds.kinds import Audience
from feeds.live.frame import Frame
from feeds.live.view import LiveView
from feeds.live.view_client import ViewClient
from feeds.live.view_feed import LivePicture, ViewFeed
from feeds.live.window import Window, place


class LiveViews:
    """Views by key. Clients with equal views share one."""

    def __init__(self, picture: LivePicture) -> None:
        self.picture = picture
        self._feeds: dict[str, ViewFeed] = {}
        self._clients: set[ViewClient] = set()

    def __len__(self) -> int:
        return len(self._clients)

    def subscribe(self, audience: Audience) -> ViewClient:
        """A new client, without views yet."""
        client = ViewClient(self, audience)
        self._clients.add(client)
        return client

    def leave(self, client: ViewClient) -> None:
        """Remove a client."""
        self._clients.discard(client)

    def feed_of(self, view: LiveView) -> ViewFeed:
        """The feed of a view. Clients with equal views share it."""
        return self._feeds.setdefault(view.key, ViewFeed(view, self))

    def goes_on(self, since: str, audience: Audience, kind: str = "") -> bool:
        """True when the windows hold all changes for this audience since a revision, of one kind ("": of all)."""
        picture = self.picture
        if not (picture.filled and picture.windows.go_on(since)):
            return False
        counted = picture.mirror.counted_since(audience, kind)
        return all(rev is not None and place(rev) <= place(since) for rev in counted)

    def tell(self, window: Window) -> None:
        """Queue the changes of its views for each client."""
        for client in list(self._clients):
            client.tell(window)

    def beat(self, heartbeat: bytes) -> None:
        """Queue a heartbeat for every client, and drop views without clients."""
        frame = Frame(heartbeat)
        for client in list(self._clients):
            client.heartbeat(frame)
        self._feeds = {key: feed for key, feed in self._feeds.items() if feed.tidy()}

    def rebuilt(self) -> None:
        """Let all clients start again: the live records were read anew."""
        self._feeds = {key: feed for key, feed in self._feeds.items() if feed.clients}
        for feed in self._feeds.values():
            feed.restart()
        for client in list(self._clients):
            client.rebuilt()
