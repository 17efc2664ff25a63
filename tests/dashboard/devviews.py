"""Views of the live feed of the scripted server: every frame is held to the types of the product's protocol."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, Any

import msgspec
from starlette.websockets import WebSocket, WebSocketDisconnect

from feeds.kinds import FULL, Audience
from feeds.live.protocol import LiveFrame, ViewRequest, ViewsMessage
from feeds.live.view import LiveView, read_view
from feeds.wire import iso
from tests.dashboard.boards import boards

if TYPE_CHECKING:
    from tests.dashboard.devserver import Script

Item = dict[str, Any]


def _faced(view: LiveView, item: Item) -> Item:
    """An item of changes as a view with a face tells it."""
    parts = {part: item[part] for part in ("set", "merge") if part in item}
    return item | {
        part: {name: value for name, value in fields.items() if view.face == FULL or name in view.fields}
        for part, fields in parts.items()
    }


class ScriptedViews:
    """What each page has subscribed to. Of a record only the fields of the view's face are sent."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self._boards: dict[str, dict[str, Any]] = {}
        self._views: dict[str, LiveView] = {}

    async def subscribe(self, socket: WebSocket, text: str) -> None:
        """Take a message of a page: answer with the keys, then with a snapshot or with what goes on from `since`."""
        message = msgspec.json.decode(text, type=ViewsMessage)
        views = self._script.sockets[socket]
        views.update({name: self._key(request) for name, request in message.subscribe.items()})
        for name in message.unsubscribe:
            views.pop(name, None)
        await self._send(socket, {"type": "views", "views": views, "errors": {}})
        for name, request in message.subscribe.items():
            self._script.requests.append(f"{request.kind} since={request.since}")
            if request.since.startswith("e."):
                await self._send(socket, self._frame("changes", views[name], items=[]))
                continue
            if request.since:
                await self._send(socket, {"type": "resync", "view": views[name], "reason": "unknown or too old"})
            await self._send(socket, self._snapshot(views[name]))

    def _key(self, request: ViewRequest) -> str:
        """The name of a view: its kind and face, and what it is narrowed by."""
        view = read_view(request, Audience())
        narrowed = "" if not request.filter and request.ids is None else f" {view.key}"
        key = f"{request.kind}/{request.face}{narrowed}"
        self._views[key] = view
        return key

    def _has(self, view: LiveView, id: str) -> bool:
        record = self._records(view.kind.name).get(id)
        return (view.ids is None or id in view.ids) and (record is None or view.matches(record))

    def _records(self, kind: str) -> dict[str, dict[str, Any]]:
        return self._boards if kind == "board" else self._script.state.get(kind, {})

    async def changes(self, kind: str, items: list[Item]) -> None:
        """Send changes of records of a kind to every page that looks at it."""
        for socket, views in list(self._script.sockets.items()):
            for key in {key for key in views.values() if key.startswith(f"{kind}/")}:
                view = self._views[key]
                shown_items = [_faced(view, item) for item in items if self._has(view, item["id"])]
                await self._send(socket, self._frame("changes", key, items=shown_items))

    async def boards_changed(self) -> None:
        """Count the boards anew and send what has changed on them."""
        before, self._boards = self._boards, boards(self._script.state)
        items: list[Item] = [
            {"id": key, "set": board} for key, board in self._boards.items() if board != before.get(key)
        ]
        items += [{"id": key, "gone": True} for key in before if key not in self._boards]
        if items:
            await self.changes("board", items)

    async def resync(self) -> None:
        """Tell every page that its views are no longer valid, and send them anew."""
        for socket, views in list(self._script.sockets.items()):
            for key in set(views.values()):
                await self._send(socket, {"type": "resync", "view": key, "reason": "slow"})
                await self._send(socket, self._snapshot(key))

    def _snapshot(self, key: str) -> dict[str, Any]:
        view = self._views[key]
        kind = view.kind.name
        if kind == "board":
            self._boards = boards(self._script.state)
        records = {id: record for id, record in self._records(kind).items() if self._has(view, id)}
        seen = {field for record in self._records(kind).values() for field in record} | {"id"}
        fields = sorted(name for name in seen if view.face == FULL or name in view.fields)
        rows = [[record.get(field) for field in fields] for record in records.values()]
        hidden = self._script.hidden.get(kind, 0)
        return self._frame("snapshot", key, part=0, more=False, fields=fields, rows=rows, hidden=hidden)

    def _frame(self, kind: str, key: str, **more: Any) -> dict[str, Any]:
        return {"type": kind, "view": key, "rev": self._script.rev_text, "at": iso(time.time()), **more}

    async def _send(self, socket: WebSocket, frame: dict[str, Any]) -> None:
        msgspec.convert(frame, LiveFrame)
        with contextlib.suppress(RuntimeError, WebSocketDisconnect):
            await socket.send_text(msgspec.json.encode(frame).decode())
