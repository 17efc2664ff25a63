"""A site on a full disk (a small tmpfs): no process ends, and it continues when there is room again."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.e2e.site import Person, Service, Site, hook, running
from tests.patience import until

SIZE_MB = 64


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """Mount a tmpfs on the folder. Skip the test where this user may not mount."""
    folder.mkdir()
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("mounting a tmpfs needs root")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE_MB}m", "tmpfs", str(folder)], capture_output=True, text=True
    )
    if mounted.returncode != 0:
        pytest.skip(f"no tmpfs can be mounted here: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(disk: Path) -> None:
    """Write until the disk is full."""
    with (disk / "filler").open("ab", buffering=0) as file:
        for size in (1 << 20, 4096, 1):
            with contextlib.suppress(OSError):
                while file.write(b"x" * size):
                    pass


async def readyz(site: Site) -> dict[str, Any]:
    async with aiohttp.ClientSession() as http, http.get(f"{site.url}/readyz") as answer:
        body: dict[str, Any] = await answer.json(content_type=None)
        return body | {"code": answer.status}


async def acknowledge(person: Person, alert: str) -> tuple[int, str]:
    """Return the HTTP status of one attempt, and its Retry-After header."""
    headers = {"X-CSRF-Token": person.csrf}
    async with person.http.post(f"/api/v1/alerts/{alert}/ack", json={"comment": "看过"}, headers=headers) as answer:
        return answer.status, answer.headers.get("Retry-After", "")


async def test_a_full_disk_ends_no_process_and_the_site_continues_when_there_is_room(tmp_path: Path) -> None:
    device = Service()
    await device.start()
    with small_disk(tmp_path / "data") as disk:
        async with (
            hook() as phone,
            running(
                tmp_path, f"gw1,网关,router,532300,,,,,,,,tcp://127.0.0.1:{device.port}\n", hook_port=phone.port
            ) as site,
        ):
            assert site.process is not None
            person = await site.person("duty1")
            await device.stop()
            async with person.live() as live:
                alert = await live.until(lambda view: next(iter(view["alert"].values()), None))
            assert (disk / "run" / "reserve").exists()

            fill(disk)
            await until(lambda: not (disk / "run" / "reserve").exists())  # the supervisor frees it
            fill(disk)
            status, retry = await until(lambda: refused(person, alert["id"]))
            assert (status, bool(retry)) == (503, True)
            body = await readyz(site)
            assert body["code"] == 503
            assert (body["checks"]["disk"], body["checks"]["journal"]) == ("full", False)
            async with person.live() as live:
                while (frame := await live.next())["type"] != "heartbeat" or not frame["conditions"]:
                    pass
                assert frame["conditions"][0] == "disk-full"  # before what it causes

            before = {name: member["pid"] for name, member in site.members().items()}
            killed = {name: before[name] for name in ("alert", "project", "command")}
            for pid in killed.values():
                os.kill(pid, 9)
            await until(lambda: successors(site, killed) == set(killed))
            assert site.process.poll() is None

            (disk / "filler").unlink()
            await site.ready()
            await until(lambda: taken(person, alert["id"]))
            await device.start()
            async with person.live() as live:
                await live.until(lambda view: view["asset"].get("gw1", {}).get("health") == "ok")
            assert site.process.poll() is None
    await device.stop()


async def refused(person: Person, alert: str) -> tuple[int, str] | None:
    answer = await acknowledge(person, alert)
    return answer if answer[0] >= 500 else None


async def taken(person: Person, alert: str) -> bool:
    return (await acknowledge(person, alert))[0] in (200, 409)


def successors(site: Site, killed: dict[str, int]) -> set[str]:
    """Return the killed roles that run again, from /proc: the status file cannot be written."""
    assert site.process is not None
    parents: dict[int, int] = {}
    names: dict[int, str] = {}
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdigit():
                name, _, rest = (entry / "stat").read_text().partition("(")[2].rpartition(")")
                parents[int(entry.name)], names[int(entry.name)] = int(rest.split()[1]), name
    again = set()
    for pid, name in names.items():
        above = pid
        while above in parents and above != site.process.pid:
            above = parents[above]
        if above == site.process.pid and pid not in killed.values():
            again.add(name.removeprefix("wf-"))
    return again & set(killed)


async def test_a_site_that_starts_on_a_full_disk_comes_up_when_there_is_room(tmp_path: Path) -> None:
    with small_disk(tmp_path / "data") as disk:
        async with running(tmp_path, "gw1,网关,router,532300,,,,,,,,tcp://127.0.0.1:9\n") as site:
            await site.stop()
            fill(disk)
            site.start()
            assert site.process is not None
            await asyncio.sleep(4.0)  # it must live through its first attempts, which no clock of ours can hurry
            assert site.process.poll() is None
            (disk / "filler").unlink()
            await site.ready()


INCIDENT = {"title": "化工厂起火", "event_class": "fire", "region": "532323", "place": "园区", "text": "两车间"}


def orders(incident: str) -> dict[str, tuple[str, str, dict[str, Any]]]:
    """Orders of emergency command, by kind of record: method, path and body."""
    task = {"title": "封路", "incident": incident, "role": "duty", "due_within": 3600, "issue": True}
    group = {"numbers": [{"name": "村主任", "number": "13600000001"}]}
    mark = {"incident": incident, "kind": "hazard", "geometry": {"type": "Point", "coordinates": [101.5, 25.0]}}
    return {
        "incidents": ("POST", "incidents", INCIDENT | {"title": "第二起"}),
        "edit": ("PATCH", f"incidents/{incident}", {"text": "三车间"}),
        "tasks": ("POST", "tasks", task),
        "campaigns": ("POST", "campaigns", {"text": "请到岗", "groups": [group], "incident": incident}),
        "marks": ("POST", "marks", mark),
        "log": ("POST", "log", {"text": "来电"}),
    }


async def order(person: Person, method: str, path: str, body: Any, key: str = "") -> tuple[int, str, str]:
    """One attempt: status, Retry-After, text."""
    headers = {"X-CSRF-Token": person.csrf} | ({"Idempotency-Key": key} if key else {})
    async with person.http.request(method, f"/api/v1/{path}", json=body, headers=headers) as answer:
        return answer.status, answer.headers.get("Retry-After", ""), await answer.text()


async def test_orders_of_emergency_command_on_a_full_disk_are_refused_whole_and_taken_afterwards(
    tmp_path: Path,
) -> None:
    with small_disk(tmp_path / "data") as disk:
        async with running(tmp_path, "gw1,网关,router,532300,,,,,,,,tcp://127.0.0.1:9\n") as site:
            person = await site.person("duty1")
            incident = (await person.post("incidents", INCIDENT, expect=201))["id"]
            attempts = orders(incident)

            fill(disk)
            await until(lambda: not (disk / "run" / "reserve").exists())
            fill(disk)
            # What was taken before the disk was full is in the journal, and in lists once Valkey takes changes again.
            taken = Counter({"incidents": 1})
            await until(lambda: all_refused(person, attempts, taken))
            assert await all_refused(person, attempts, taken)

            (disk / "filler").unlink()
            await site.ready()
            await until(lambda: shows(person, incident, taken))
            for name, (method, path, body) in attempts.items():
                await until(lambda: is_taken(person, (method, path, body), name))  # noqa: B023
                taken[name] += 1
            await until(lambda: shows(person, incident, taken))
            assert site.cli("journal", "verify").returncode == 0


async def is_taken(person: Person, attempt: tuple[str, str, dict[str, Any]], key: str) -> bool:
    """One more attempt with the key; True when it was taken. Only an order without an answer is tried again."""
    status, _, text = await order(person, *attempt, key=key)
    assert status in (200, 201, 503), text
    return status != 503


async def shows(person: Person, incident: str, taken: Counter[str]) -> bool:
    """True when the lists have as many records of each kind as orders were taken, and the incident has its text."""
    kinds = ("incidents", "tasks", "campaigns", "marks")
    counts = {kind: len((await person.get(kind))["items"]) for kind in kinds}
    text = (await person.get(f"incidents/{incident}"))["text"]
    expected_text = INCIDENT["text"] if not taken["edit"] else "三车间"
    return bool(counts == {kind: taken[kind] for kind in kinds} and text == expected_text)


async def all_refused(
    person: Person, attempts: dict[str, tuple[str, str, dict[str, Any]]], taken: Counter[str]
) -> bool:
    """True when every order is answered 503 with Retry-After. Those that are taken are counted in `taken`."""
    answers = {name: await order(person, *attempt) for name, attempt in attempts.items()}
    assert all(status < 500 or status == 503 for status, _, _ in answers.values()), answers
    taken.update(name for name, (status, _, _) in answers.items() if status in (200, 201))
    return all(status == 503 and retry for status, retry, _ in answers.values())
