"""Views: for every view and audience, snapshot plus changes is what a fresh snapshot would be."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.kinds import KINDS, Audience
from feeds.live import view_feed
from feeds.live.delta import applied
from feeds.live.frame import Frame
from feeds.live.mirror import Mirror
from feeds.live.protocol import LiveFrame, ViewRequest, ViewsMessage
from feeds.live.view import ViewRefused, read_view
from feeds.live.view_client import VIEW_QUEUE, ViewClient
from feeds.live.views import LiveViews
from feeds.live.window import Windows
from feeds.model import Alert, Asset, AssetState, Change, EmergencyWarning, Health, Kind, Reading, Severity
from tests.feeds.kinds.strategies import changes

COUNTIES = ("532323", "532324")
AUDIENCES = (Audience(), Audience(personal=False), Audience("532323"), Audience("532324", person="网管甲"))
Records = dict[str, dict[str, Any]]
FILTERS: dict[str, list[dict[str, str | bool]]] = {
    "asset": [{}, {"health": "down,unknown"}, {"region": "532323"}, {"q": "节点", "health": "ok"}],
    "alert": [{}, {"active": True}, {"severity": "critical", "suppressed": False}, {"acked": "false"}],
    "source": [{}],
    "warning": [{}, {"state": "active", "status": "*"}],
    "board": [{}, {"by": "region"}, {"worst": "down"}],
}
VIEWS = [
    ViewRequest(kind=kind.name, face=face, filter=criteria, ids=ids)
    for kind in KINDS
    for face in ("full", *kind.faces)
    for criteria in FILTERS.get(kind.name, [{}])
    for ids in (None, ["a", "b", "region:532323"])
]


class Picture:
    """The part of a pump that views need, moved by hand."""

    def __init__(self) -> None:
        self.mirror, self.windows, self.filled = Mirror(), Windows(), True
        self.clock: Callable[[], float] = lambda: 0.0
        self.views = LiveViews(self)
        self._at = 1
        self.mirror.reset("e.1-0", KINDS.empty_state())
        self.windows.restart("e.1-0")

    def flush(self) -> None:
        window = self.windows.add(self.mirror.rev, self.mirror.flush())
        if window is not None:
            self.views.tell(window)

    async def prepare(self, audience: Audience) -> None:
        for _ in self.mirror.catching_up(audience, 1):
            pass

    def happen(self, *happened: Change) -> None:
        for change in happened:
            self._at += 1
            self.mirror.apply([msgspec.structs.replace(change, rev=f"e.{self._at}-0")])


def frames(client: ViewClient) -> list[dict[str, Any]]:
    """Every frame that waits for a client; each is one of the protocol."""
    waiting: list[Frame] = []
    while (frame := client._queued()) is not None:
        waiting.append(frame)
    while client._loading:
        if (frame := client._part()) is not None:
            waiting.append(frame)
    while (frame := client._queued()) is not None:
        waiting.append(frame)
    for frame in waiting:
        msgspec.json.decode(frame.raw, type=LiveFrame, strict=True)
    return [json.loads(frame.raw) for frame in waiting]


def take(views: dict[str, Records], frame: dict[str, Any]) -> None:
    """What every client does with a frame (docs/live-views.md)."""
    if frame["type"] == "snapshot":
        records = views.setdefault(frame["view"], {})
        if frame["part"] == 0:
            records.clear()
        for row in frame["rows"]:
            record = dict(zip(frame["fields"], row, strict=True))
            records[record["id"]] = record
    elif frame["type"] == "changes":
        records = views[frame["view"]]
        for item in frame["items"]:
            if item.get("gone"):
                del records[item["id"]]
            else:
                records[item["id"]] = applied(records.get(item["id"], {}), item)


def fresh(picture: Picture, audience: Audience, request: ViewRequest) -> Records:
    """The records of a view, from the mirror's own snapshot."""
    kind, view = KINDS[request.kind], read_view(request, audience)
    shown = picture.mirror.records(request.kind, audience)
    return {
        key: json.loads(msgspec.json.encode(kind.faced(record, request.face)))
        for key, record in shown.items()
        if (request.ids is None or key in request.ids) and view.matches(record)
    }


HAPPENED = st.lists(st.one_of([changes(name, stored.record) for name, stored in KINDS.stored.items()]), max_size=12)


@settings(max_examples=15, deadline=None)
@given(HAPPENED, st.integers(0, 6), st.lists(st.sampled_from(("flush", "read", "")), min_size=12, max_size=12))
def test_a_snapshot_of_a_view_and_its_changes_are_a_fresh_snapshot(
    happened: list[Change], join: int, steps: list[str]
) -> None:
    picture = Picture()
    picture.happen(*happened[:join])
    message = ViewsMessage(subscribe={str(number): request for number, request in enumerate(VIEWS[:32])})
    rest = [
        ViewsMessage(subscribe={str(n): each for n, each in enumerate(VIEWS[at : at + 32])})
        for at in range(32, len(VIEWS), 32)
    ]
    clients = []
    for audience in AUDIENCES:
        for subscription in (message, *rest):
            client = picture.views.subscribe(audience)
            assert client.take(subscription) == {}
            seen: dict[str, Records] = {}
            for frame in frames(client):
                take(seen, frame)
            clients.append((audience, subscription, client, seen))
    for change, step in zip(happened[join:], steps, strict=False):
        picture.happen(change)
        if step == "flush":
            picture.flush()
        if step == "read":
            for _, _, client, seen in clients:
                for frame in frames(client):
                    take(seen, frame)
    picture.flush()
    for audience, subscription, client, seen in clients:
        for frame in frames(client):
            take(seen, frame)
        for request in subscription.subscribe.values():
            assert seen[read_view(request, audience).key] == fresh(picture, audience, request), request


@settings(max_examples=25, deadline=None)
@given(HAPPENED, st.integers(0, 6), st.integers(0, 11))
def test_who_comes_back_goes_on_from_the_last_revision(happened: list[Change], join: int, back: int) -> None:
    picture = Picture()
    picture.happen(*happened[:join])
    requests = VIEWS[::7]
    seen: dict[str, Records] = {}
    client = picture.views.subscribe(AUDIENCES[2])
    client.take(ViewsMessage(subscribe={str(number): request for number, request in enumerate(requests)}))
    for frame in frames(client):
        take(seen, frame)
    since = picture.windows.sent_rev
    client.close()
    for number, change in enumerate(happened[join:]):
        picture.happen(change)
        if number == back:
            picture.flush()
    again = picture.views.subscribe(AUDIENCES[2])
    again.take(
        ViewsMessage(
            subscribe={str(n): msgspec.structs.replace(request, since=since) for n, request in enumerate(requests)}
        )
    )
    came = frames(again)
    assert {frame["type"] for frame in came} <= {"changes"}
    for frame in came:
        take(seen, frame)
    for request in requests:
        assert seen[read_view(request, AUDIENCES[2]).key] == fresh(picture, AUDIENCES[2], request)


def test_who_comes_back_gets_a_change_that_waited_for_the_next_window_once() -> None:
    picture = Picture()
    request = ViewRequest(kind="asset", since=picture.windows.sent_rev)
    here = Asset(id="a", name="", kind="router", region="532323")
    picture.happen(Change(kind=Kind.ASSET, id="a", after=here, at=1.0))
    picture.flush()
    picture.happen(Change(kind=Kind.ASSET, id="a", after=None, at=1.0))
    client = picture.views.subscribe(Audience())
    client.take(ViewsMessage(subscribe={"assets": request}))
    assert [frame["rev"] for frame in frames(client)] == ["e.2-0", "e.3-0"]


# -- examples ----------------------------------------------------------------------


def asset(key: str, region: str = "532323", **more: Any) -> Change:
    return Change(
        kind=Kind.ASSET, id=key, after=Asset(id=key, name=f"{key}节点", kind="router", region=region, **more), at=1.0
    )


def state(key: str, health: Health = Health.OK, region: str = "532323", at: float = 1.0, **values: float) -> Change:
    readings = {
        name: Reading(value=value, observed_at=at, received_at=1.0, source="s", fresh_until=9.0)
        for name, value in values.items()
    }
    after = AssetState(id=key, region=region, health=health, readings=readings)
    return Change(kind=Kind.STATE, id=key, after=after, at=1.0)


def looking(picture: Picture, audience: Audience | None = None, **requests: ViewRequest) -> ViewClient:
    client = picture.views.subscribe(audience or Audience())
    assert client.take(ViewsMessage(subscribe=requests)) == {}
    return client


def test_a_reading_is_patched_field_by_field() -> None:
    picture = Picture()
    picture.happen(asset("a"), state("a", rtt=1.0, loss=0.0))
    client = looking(picture, detail=ViewRequest(kind="asset", ids=["a"]))
    frames(client)
    picture.happen(state("a", at=2.0, rtt=4.5))
    picture.flush()
    (frame,) = frames(client)
    merged = {"rtt": {"value": 4.5, "observed_at": "1970-01-01T00:00:02.000Z"}, "loss": None}
    assert frame["items"] == [{"id": "a", "merge": {"readings": merged}}]


def test_what_a_face_does_not_show_moves_nothing() -> None:
    picture = Picture()
    picture.happen(asset("a"), state("a", rtt=1.0))
    client = looking(picture, points=ViewRequest(kind="asset", face="map"))
    frames(client)
    picture.happen(state("a", rtt=4.5))
    picture.flush()
    assert frames(client) == []


def test_a_record_enters_and_leaves_the_filter() -> None:
    picture = Picture()
    picture.happen(asset("a"), state("a"))
    client = looking(picture, down=ViewRequest(kind="asset", face="map", filter={"health": "down"}))
    (snapshot,) = frames(client)
    assert snapshot["rows"] == []
    picture.happen(state("a", Health.DOWN))
    picture.flush()
    (came,) = frames(client)
    assert set(came["items"][0]["set"]) == set(KINDS["asset"].faces["map"])
    picture.happen(state("a"))
    picture.flush()
    (left,) = frames(client)
    assert left["items"] == [{"id": "a", "gone": True}]


def test_clients_with_the_same_view_share_its_bytes() -> None:
    picture = Picture()
    picture.happen(asset("a"), state("a"))
    request = ViewRequest(kind="asset", face="map")
    clients = [looking(picture, one=request), looking(picture, two=request)]
    parts = [client._part() for client in clients]
    assert parts[0] is parts[1]
    picture.happen(state("a", Health.DOWN))
    picture.flush()
    waiting = [client._queued() for client in clients]
    assert waiting[0] is not None
    assert waiting[0] is waiting[1]


def test_another_audience_has_another_view() -> None:
    request = ViewRequest(kind="asset", face="map")
    keys = {read_view(request, audience).key for audience in AUDIENCES}
    assert len(keys) == len(AUDIENCES)


def test_the_last_part_says_how_many_records_are_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(view_feed, "SCANNED", 2)
    picture = Picture()
    picture.happen(*(asset(key, region) for key, region in zip("abcde", COUNTIES * 3, strict=False)))
    client = looking(picture, Audience("532323"), points=ViewRequest(kind="asset", face="map"))
    parts = frames(client)
    assert [(part["part"], part["more"], part["hidden"]) for part in parts] == [
        (0, True, None),
        (1, True, None),
        (2, False, 2),
    ]
    assert [row[0] for part in parts for row in part["rows"]] == ["a", "c", "e"]


def test_changes_between_two_parts_come_after_the_last_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(view_feed, "SCANNED", 1)
    picture = Picture()
    picture.happen(asset("a"), asset("b"), state("b"))
    client = looking(picture, points=ViewRequest(kind="asset", face="map"))
    first = client._part()
    assert first is not None
    picture.happen(state("b", Health.DOWN))
    picture.flush()
    assert client._queued() is None
    second, changed = frames(client)
    assert second["rows"][0][KINDS["asset"].faces["map"].index("health")] == "ok"
    assert changed["items"] == [{"id": "b", "set": {"health": "down"}}]


def test_only_the_view_that_falls_behind_starts_again() -> None:
    picture = Picture()
    picture.happen(asset("a"), state("a"), asset("b", COUNTIES[1]), state("b", region=COUNTIES[1]))
    client = looking(
        picture, one=ViewRequest(kind="asset", ids=["a"]), other=ViewRequest(kind="asset", face="map", ids=["b"])
    )
    frames(client)
    for number in range(VIEW_QUEUE + 1):
        picture.happen(state("a", Health.DOWN if number % 2 else Health.DEGRADED))
        picture.flush()
    picture.happen(state("b", Health.DOWN, COUNTIES[1]))
    picture.flush()
    came = frames(client)
    assert [frame["type"] for frame in came] == ["changes", "resync", "snapshot"]
    assert came[0]["items"] == [{"id": "b", "set": {"health": "down"}}]
    assert came[1]["reason"] == "slow"


def test_after_a_loss_every_view_starts_again() -> None:
    picture = Picture()
    picture.happen(asset("a"), state("a"))
    client = looking(picture, points=ViewRequest(kind="asset", face="map"))
    frames(client)
    picture.mirror.reset("f.1-0", KINDS.empty_state())
    picture.windows.restart("f.1-0")
    picture.views.rebuilt()
    resync, snapshot = frames(client)
    assert (resync["reason"], snapshot["rows"], snapshot["rev"]) == ("rebuilt", [], "f.1-0")


def test_a_heartbeat_waits_behind_the_changes_before_it() -> None:
    picture = Picture()
    picture.happen(asset("a"), state("a"))
    client = looking(picture, points=ViewRequest(kind="asset", face="map"))
    frames(client)
    picture.happen(state("a", Health.DOWN))
    picture.flush()
    beat = b'{"type":"heartbeat","rev":"e.9-0","at":"","ages":{},"conditions":[]}'
    picture.views.beat(beat)
    picture.views.beat(beat)
    assert [frame["type"] for frame in frames(client)] == ["changes", "heartbeat"]


def test_a_dropped_view_is_told_no_more() -> None:
    picture = Picture()
    picture.happen(asset("a"), state("a"))
    client = looking(picture, points=ViewRequest(kind="asset", face="map"))
    frames(client)
    picture.happen(state("a", Health.DOWN))
    picture.flush()
    client.take(ViewsMessage(unsubscribe=["points"]))
    assert frames(client) == []


@pytest.mark.parametrize(
    ("request_", "field", "code"),
    [
        (ViewRequest(kind="rubbish"), "kind", "enum"),
        (ViewRequest(kind="asset", face="rubbish"), "face", "enum"),
        (ViewRequest(kind="asset", filter={"helth": "down"}), "filter.helth", "unknown_parameter"),
        (ViewRequest(kind="asset", filter={"health": "dwn"}), "filter.health", "enum"),
        (ViewRequest(kind="asset", filter={"region": "楚雄"}), "filter.region", "region"),
        (ViewRequest(kind="alert", filter={"active": "yes"}), "filter.active", "bool_parsing"),
        (ViewRequest(kind="alert", filter={"from": "yesterday"}), "filter.from", "moment"),
        (ViewRequest(kind="asset", filter={"q": True}), "filter.q", "string_type"),
        (ViewRequest(kind="asset", ids=["a"] * 1001), "ids", "too_long"),
    ],
)
def test_a_request_that_makes_no_view_is_refused_with_its_field(request_: ViewRequest, field: str, code: str) -> None:
    with pytest.raises(ViewRefused) as refused:
        read_view(request_, Audience())
    assert [(error.field, error.code) for error in refused.value.errors] == [(field, code)]


def test_no_filter_tells_what_is_blanked() -> None:
    for kind in KINDS:
        blanked = {path.partition(".")[0] for path in kind.redact}
        assert not blanked & {query_filter.on for query_filter in kind.filters}


async def test_a_large_frame_is_compressed_once_for_all() -> None:
    frame = Frame(b'{"rows":[' + b"[1,2,3]," * 9000 + b"0]}")
    first, second = await frame.encoded("gzip"), await frame.encoded("gzip")
    assert first is second
    assert isinstance(first, bytes)
    assert gzip.decompress(first) == frame.raw
    assert await frame.encoded("") == frame.text
    assert await Frame(b"{}").encoded("gzip") == "{}"


def test_alerts_and_warnings_enter_views_too() -> None:
    picture = Picture()
    alert = Alert(
        id="x",
        fingerprint="x",
        rule="r",
        asset="a",
        region="532323",
        severity=Severity.MAJOR,
        active=True,
        raised_at=1.0,
    )
    warning = EmergencyWarning(
        id="w", source="cma", status="Actual", msg_type="Alert", sender="s", identifier="w", sent=1.0, received_at=1.0
    )
    client = looking(picture, alerts=ViewRequest(kind="alert", face="row"), warnings=ViewRequest(kind="warning"))
    frames(client)
    picture.happen(
        Change(kind=Kind.ALERT, id="x", after=alert, at=1.0), Change(kind=Kind.WARNING, id="w", after=warning, at=1.0)
    )
    picture.flush()
    assert sorted(item["id"] for frame in frames(client) for item in frame["items"]) == ["w", "x"]
