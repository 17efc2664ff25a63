"""Tasks over REST: orders are commands, files of evidence, and what people of a unit reach."""

from __future__ import annotations

import hashlib
import io
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest

from feeds.evidence import EvidenceStore, path_of
from feeds.incidents.units import ResponsibleUnit, UnitRegister
from feeds.kinds import TASK
from feeds.model import Change, Command, Kind, Outcome, Result
from feeds.model.incidents import Incident
from feeds.model.tasks import Task, TaskEvidence
from tests.api.conftest import NOW, A, World, problem
from tests.feeds.test_exif import picture

INCIDENT = "532300:20261127-0001"
ID, OTHER = f"{INCIDENT}/1", f"{INCIDENT}/2"
JPEG = b"\xff\xd8\xff\xe0" + bytes(range(200)) * 50
UNITS = UnitRegister(
    (
        ResponsibleUnit(id="gaj", name={"zh-CN": "州公安局"}, people=("unit-all", "duty-all")),
        ResponsibleUnit(id="sthj", name={"zh-CN": "州生态环境局"}, people=("sthj-1",)),
    )
)


def a_task(**fields: Any) -> Task:
    values: dict[str, Any] = {"id": ID, "title": "设置警戒区", "region": A, "unit": "gaj", "created_by": "li"}
    values |= {"created_at": NOW, "state_at": NOW, "state": "signed", "incident": INCIDENT}
    return Task(**values | fields)


def show(world: World, *tasks: Task) -> None:
    """Let the site have these tasks and their incident."""
    incident = Incident(
        id=INCIDENT, title="液氨泄漏", region=A, received_at=NOW, created_at=NOW, created_by="li", phase_at=NOW
    )
    changes = [Change(kind=Kind.INCIDENT, id=INCIDENT, after=incident, at=NOW)]
    changes += [Change(kind=Kind.TASK, id=task.id, after=task, at=NOW) for task in tasks]
    world.pump.mirror.apply(changes)


@pytest.fixture
def tasks_world(world: World, tmp_path: Path) -> World:
    world.units, world.evidence = UNITS, EvidenceStore(tmp_path / "evidence")
    return world


def done(command: Command) -> Result:
    return Result(command=command.id, outcome=Outcome.DONE, after=TASK.view(a_task()))


async def test_an_order_about_a_task_is_a_command_with_times_in_seconds(tasks_world: World) -> None:
    show(tasks_world, a_task())
    tasks_world.desk.answer = done
    async with tasks_world.signed_in("duty") as client:
        answer = await client.post(
            f"/api/v1/tasks/{ID}/extend", json={"until": "2026-11-27T16:00:00+08:00", "reason": "道路中断", "rev": 1}
        )
        assert answer.status_code == 200, answer.text
        assert (await client.post(f"/api/v1/tasks/{ID}/sign", json={"sheet": f"{ID}/蓝1"})).status_code == 200
    extend, sheet = tasks_world.desk.seen
    assert (extend.action, extend.subject, extend.expected_rev) == ("task.extend", ID, 1)
    assert isinstance(extend.args["until"], float)
    assert (sheet.action, sheet.args) == ("task.sign-sheet", {"sheet": f"{ID}/蓝1"})


async def test_a_task_is_created_by_the_issuing_side_only(tasks_world: World) -> None:
    tasks_world.desk.answer = done
    body = {"title": "设置警戒区", "unit": "gaj", "incident": INCIDENT, "due_within": 900, "issue": True}
    for role, status in (("duty", 201), ("leader", 201), ("unit", 403), ("admin", 403), ("operator", 403)):
        async with tasks_world.signed_in(role) as client:
            assert (await client.post("/api/v1/tasks", json=body)).status_code == status


async def test_a_unit_sees_its_own_tasks_with_a_summary_of_the_incident(tasks_world: World) -> None:
    show(tasks_world, a_task(), a_task(id=OTHER, unit="sthj"))
    async with tasks_world.signed_in("unit") as client:
        listed = (await client.get("/api/v1/tasks")).json()
        assert [task["id"] for task in listed["items"]] == [ID]
        assert listed["hidden"] == 0
        task = (await client.get(f"/api/v1/tasks/{ID}")).json()
        assert task["incident_summary"]["title"] == "液氨泄漏"
        assert (await client.get(f"/api/v1/tasks/{OTHER}")).status_code == 404
        assert (await client.get("/api/v1/me")).json()["units"] == ["gaj"]


async def test_a_unit_gives_no_order_about_the_task_of_another(tasks_world: World) -> None:
    show(tasks_world, a_task(id=OTHER, unit="sthj"))
    tasks_world.desk.answer = done
    async with tasks_world.signed_in("unit") as client:
        assert (await client.post(f"/api/v1/tasks/{OTHER}/sign", json={})).status_code == 404
        assert (await client.put(f"/api/v1/tasks/{OTHER}/evidence?name=a.jpg", content=JPEG)).status_code == 404
    assert not tasks_world.desk.seen


async def test_an_account_that_no_unit_names_sees_nothing(tasks_world: World) -> None:
    tasks_world.units = UnitRegister()
    show(tasks_world, a_task())
    async with tasks_world.signed_in("unit") as client:
        assert (await client.get("/api/v1/tasks")).json()["items"] == []


ALLOWED = ("/api/v1/tasks", "/api/v1/me", "/api/v1/site", "/api/v1/account", "/healthz", "/readyz")
"""What a unit may read: its tasks, who it is, what the site is called."""


async def _paths(world: World) -> dict[str, dict[str, Any]]:
    """Every path of the API with its methods."""
    async with world.signed_in("duty") as client:
        document = (await client.get("/api/openapi.json")).json()
    paths: dict[str, dict[str, Any]] = document["paths"]
    return paths


async def test_a_unit_reaches_no_other_route(tasks_world: World) -> None:
    show(tasks_world, a_task())
    paths = [_filled(path) for path, methods in (await _paths(tasks_world)).items() if "get" in methods]
    assert len(paths) > 60
    pages = [
        "/network",
        "/incidents",
        "/alerts",
        "/wall",
        "/admin",
        "/tasks",
        "/reports",
        "/metrics",
        "/api/openapi.json",
    ]
    async with tasks_world.signed_in("unit") as client:
        reached = {path for path in [*paths, *pages] if (await client.get(path)).status_code not in (401, 403)}
    assert {path for path in reached if not path.startswith(ALLOWED)} == set()


async def test_a_unit_writes_nothing_but_to_its_tasks(tasks_world: World) -> None:
    paths = await _paths(tasks_world)
    async with tasks_world.signed_in("unit") as client:
        for path, methods in paths.items():
            if path.startswith(("/api/v1/tasks", "/api/v1/account", "/api/v1/session", "/api/v1/demo")):
                continue
            for method in set(methods) & {"post", "put", "patch", "delete"}:
                answer = await client.request(method.upper(), _filled(path), json={})
                assert answer.status_code in (401, 403), (method, path, answer.status_code)


def _filled(path: str) -> str:
    """The path of a route with something in each parameter."""
    return "/".join("x" if part.startswith("{") else part for part in path.split("/"))


async def test_the_live_feed_shows_a_unit_nothing(tasks_world: World) -> None:
    """A socket of a unit is refused by the guard; its audience would have its tasks alone."""
    show(tasks_world, a_task(), a_task(id=OTHER, unit="sthj"))
    async with tasks_world.signed_in("unit") as client:
        assert (await client.get("/api/v1/snapshot")).status_code == 403


# -- evidence ------------------------------------------------------------------------


def _with_evidence(command: Command) -> Result:
    args = command.args
    evidence = TaskEvidence(
        sha256=args["sha256"], name=args["name"], media=args["media"], size=args["size"], by="x", at=NOW
    )
    return Result(command=command.id, outcome=Outcome.DONE, after=TASK.view(a_task(evidence=(evidence,))))


async def _put(client: httpx2.AsyncClient, name: str, content: bytes) -> httpx2.Response:
    return await client.put(f"/api/v1/tasks/{ID}/evidence", params={"name": name}, content=content)


async def test_a_photo_says_where_and_when_it_was_taken_as_a_claim_of_the_file(tasks_world: World) -> None:
    show(tasks_world, a_task())
    tasks_world.desk.answer = _with_evidence
    async with tasks_world.signed_in("unit") as client:
        assert (await _put(client, "现场.jpg", picture())).status_code == 200
    args = tasks_world.desk.seen[0].args
    assert (args["lat"], args["lon"], args["taken_at"]) == (25.045, 101.545833, "2026-11-27T14:47:02+08:00")


@pytest.mark.parametrize(("lat", "lon"), [((0, 0, 0), (0, 0, 0)), ((85, 0, 0), (25, 0, 0))], ids=["no fix", "swapped"])
async def test_a_photo_with_an_impossible_claim_is_evidence_all_the_same(
    tasks_world: World, lat: tuple[int, ...], lon: tuple[int, ...]
) -> None:
    show(tasks_world, a_task())
    tasks_world.desk.answer = _with_evidence
    async with tasks_world.signed_in("unit") as client:
        assert (await _put(client, "现场.jpg", picture(lat=lat, lon=lon))).status_code == 200


async def test_a_file_whose_name_bears_a_mark_of_classified_material_is_not_kept(tasks_world: World) -> None:
    show(tasks_world, a_task())
    async with tasks_world.signed_in("unit") as client:
        answer = problem(await _put(client, "【机密】方案.jpg", JPEG), 422, "invalid")
    assert [(error["field"], error["code"]) for error in answer["errors"]] == [("query.name", "classified")]
    store = tasks_world.evidence
    assert store is not None
    assert list(store.hashes()) == []


async def test_a_photo_is_kept_by_its_hash_and_comes_back_as_an_attachment(tasks_world: World) -> None:
    show(tasks_world, a_task())
    tasks_world.desk.answer = _with_evidence
    digest = hashlib.sha256(JPEG).hexdigest()
    async with tasks_world.signed_in("unit") as client:
        assert (await _put(client, "现场.jpg", JPEG)).status_code == 200
        (command,) = tasks_world.desk.seen
        assert command.args == {"sha256": digest, "name": "现场.jpg", "media": "image/jpeg", "size": len(JPEG)}
        evidence = TaskEvidence(**command.args, by="unit-all", at=NOW)
        show(tasks_world, replace(a_task(), evidence=(evidence,)))
        answer = await client.get(f"/api/v1/tasks/{ID}/evidence/{digest}")
        assert (await client.get(f"/api/v1/tasks/{ID}/evidence/{'0' * 64}")).status_code == 404
    assert answer.content == JPEG
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert answer.headers["x-content-type-options"] == "nosniff"
    store = tasks_world.evidence
    assert store is not None
    assert list(store.hashes()) == [digest]


@pytest.mark.parametrize("damage", ["missing", "altered", "no file"])
async def test_a_file_that_is_no_longer_what_the_journal_names_is_not_given_out(
    tasks_world: World, damage: str
) -> None:
    digest, store = hashlib.sha256(JPEG).hexdigest(), tasks_world.evidence
    assert store is not None
    evidence = TaskEvidence(sha256=digest, name="现场.jpg", media="image/jpeg", size=len(JPEG), by="unit-all", at=NOW)
    show(tasks_world, replace(a_task(), evidence=(evidence,)))
    path = path_of(store.folder, digest)
    path.parent.mkdir(parents=True)
    if damage == "altered":
        path.write_bytes(JPEG + b"x")
    elif damage == "no file":
        path.mkdir()
    async with tasks_world.signed_in("unit") as client:
        lost = problem(await client.get(f"/api/v1/tasks/{ID}/evidence/{digest}"), 410, "evidence-lost")
    assert (lost["name"], lost["sha256"]) == ("现场.jpg", digest)
    assert lost["damage"] == ("altered" if damage == "altered" else "missing")


async def test_a_file_that_the_disk_does_not_take_is_refused_to_come_again(tasks_world: World) -> None:
    store = tasks_world.evidence
    assert store is not None
    store.folder.write_bytes(b"no folder can be made here")
    show(tasks_world, a_task())
    async with tasks_world.signed_in("unit") as client:
        answer = await _put(client, "a.jpg", JPEG)
    problem(answer, 503, "busy")
    assert int(answer.headers["Retry-After"]) > 0
    assert tasks_world.desk.seen == []


def _package(*names: str, content: bytes = b"x") -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as package:
        for name in names:
            package.writestr(name, content)
    return packed.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.exe", b"MZ", "evidence_type"),
        ("a.jpg", b"MZ\x90\x00", "evidence_mismatch"),
        ("a.png", JPEG, "evidence_mismatch"),
        ("a.pdf", b"%PDF", "evidence_mismatch"),
        ("a.docx", _package("readme.txt"), "evidence_mismatch"),
        ("a.xlsx", _package("[Content_Types].xml", "word/document.xml"), "evidence_mismatch"),
        ("a.docx", b"PK\x03\x04broken", "evidence_mismatch"),
        ("a.txt", b"\x00\x01", "evidence_mismatch"),
        ("a.jpg", b"", "evidence_empty"),
        ("../a.jpg", JPEG, "evidence_name"),
    ],
)
async def test_a_file_that_is_not_what_it_says_is_refused_and_removed(
    tasks_world: World, name: str, content: bytes, code: str
) -> None:
    show(tasks_world, a_task())
    async with tasks_world.signed_in("unit") as client:
        answer = await _put(client, name, content)
    assert problem(answer, 422, "invalid")["errors"][0]["code"] == code
    assert not tasks_world.desk.seen
    store = tasks_world.evidence
    assert store is not None
    assert [path for path in store.folder.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(
    ("name", "content", "media"),
    [
        ("a.JPEG", JPEG, "image/jpeg"),
        ("a.docx", _package("[Content_Types].xml", "word/document.xml"), "application/vnd.openxmlformats"),
        ("a.txt", "氨 3.1 mg/m³".encode(), "text/plain"),
        ("a.csv", "点位,读数".encode("gb18030"), "text/csv"),
        ("a.heic", b"\x00\x00\x00\x18ftypheic\x00\x00", "image/heic"),
        ("a.mp4", b"\x00\x00\x00\x18ftypisom\x00\x00", "video/mp4"),
    ],
)
async def test_what_may_be_evidence(tasks_world: World, name: str, content: bytes, media: str) -> None:
    show(tasks_world, a_task())
    tasks_world.desk.answer = _with_evidence
    async with tasks_world.signed_in("unit") as client:
        assert (await _put(client, name, content)).status_code == 200
    assert tasks_world.desk.seen[0].args["media"].startswith(media)


async def test_a_package_that_would_be_huge_is_refused_unopened(tasks_world: World) -> None:
    bomb = _package("[Content_Types].xml", *(f"word/{n}.xml" for n in range(60)), content=b"0" * 9_000_000)
    assert len(bomb) < 1_000_000
    show(tasks_world, a_task())
    async with tasks_world.signed_in("unit") as client:
        answer = await _put(client, "a.docx", bomb)
    assert problem(answer, 422, "invalid")["errors"][0]["code"] == "evidence_packed"


async def test_a_file_above_the_limit_is_refused_by_its_length(tasks_world: World) -> None:
    show(tasks_world, a_task())
    async with tasks_world.signed_in("unit") as client:
        answer = await client.put(
            f"/api/v1/tasks/{ID}/evidence?name=a.jpg", content=b"", headers={"Content-Length": "60000000"}
        )
    assert answer.status_code == 413


async def test_a_photo_above_a_megabyte_is_taken(tasks_world: World) -> None:
    show(tasks_world, a_task())
    tasks_world.desk.answer = _with_evidence
    async with tasks_world.signed_in("unit") as client:
        assert (await _put(client, "a.jpg", JPEG + bytes(3_000_000))).status_code == 200


async def test_a_task_that_has_ended_takes_no_evidence(tasks_world: World) -> None:
    show(tasks_world, a_task(state="done"))
    async with tasks_world.signed_in("unit") as client:
        assert (await _put(client, "a.jpg", JPEG)).status_code == 409
