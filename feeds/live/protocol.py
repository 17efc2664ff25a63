"""Messages of a live feed of views (docs/live-views.md): types for decoding, for TypeScript and for tests.

Frames are encoded from plain dictionaries; tests hold them to these types.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from feeds.kinds.kind import FULL

LARGEST_MESSAGE = 64 * 1024
"""Bytes of a message of a client at most."""
MOST_VIEWS = 32
"""Views of one client at most."""
MOST_IDS = 1000
"""Ids of one view at most."""

ResyncReason = Literal["slow", "rebuilt", "unknown or too old"]


class ViewRequest(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A view that a client asks for. `filter` has the names and values of the parameters of `GET /api/v1/{plural}`.

    Without `ids` the view has every record that the filter takes. `since`: the last `rev` that the client has of this
    view, to go on from there.
    """

    kind: str
    face: str = FULL
    filter: dict[str, str | bool] = {}
    ids: list[str] | None = None
    since: str = ""


class ViewsMessage(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A client's message: views to add or change, by the client's own names, and names of views to drop."""

    subscribe: dict[str, ViewRequest] = {}
    unsubscribe: list[str] = []


class ViewError(msgspec.Struct):
    """A fault of a request: the field (`filter.health`), a stable code, a sentence, and the allowed values."""

    field: str
    code: str
    message: str = ""
    allowed: list[str] = []


class ViewsFrame(msgspec.Struct, tag_field="type", tag="views"):
    """The answer to a message: the key of each of the client's views by the client's name, and the refused ones."""

    views: dict[str, str]
    errors: dict[str, list[ViewError]]


class ViewSnapshot(msgspec.Struct, tag_field="type", tag="snapshot"):
    """One part of the records of a view at `rev`: `rows` have the values of `fields`, in that order.

    Part 0 starts the view anew. While `more` is true, another part follows. The last part has `hidden`: how many
    records of the kind the client may not see.
    """

    view: str
    rev: str
    at: str
    part: int
    more: bool
    fields: list[str]
    rows: list[list[Any]]
    hidden: int | None


class ViewItem(msgspec.Struct):
    """One record that has changed. `gone`: it has left the view.

    `set` replaces fields. `merge` has maps of parts: null removes a part, an object replaces those fields of the part
    that it names. The item of a record that has come has all its fields in `set`.
    """

    id: str
    set: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET
    merge: dict[str, dict[str, dict[str, Any] | None]] | msgspec.UnsetType = msgspec.UNSET
    gone: bool | msgspec.UnsetType = msgspec.UNSET


class ViewChanges(msgspec.Struct, tag_field="type", tag="changes"):
    """The changes of a view up to `rev`."""

    view: str
    rev: str
    at: str
    items: list[ViewItem]


class ViewResync(msgspec.Struct, tag_field="type", tag="resync"):
    """The changes of a view do not continue from the client's revision: a snapshot of it follows."""

    view: str
    reason: ResyncReason


class HeartbeatFrame(msgspec.Struct, tag_field="type", tag="heartbeat"):
    """Sent every second while changes are being read: all views are at `rev`. `ages` are seconds by role."""

    rev: str
    at: str
    ages: dict[str, float | None]
    conditions: list[str]


LiveFrame = ViewsFrame | ViewSnapshot | ViewChanges | ViewResync | HeartbeatFrame
FRAMES: tuple[type[msgspec.Struct], ...] = (ViewsFrame, ViewSnapshot, ViewChanges, ViewResync, HeartbeatFrame)
MESSAGES: tuple[type[msgspec.Struct], ...] = (ViewsMessage, *FRAMES)
