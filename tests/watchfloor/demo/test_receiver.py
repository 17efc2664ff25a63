"""The demo's receiver over a real socket."""

from pathlib import Path
from typing import Any

import aiohttp
import pytest

from watchfloor.demo.receiver import DemoReceiver, line, serving

BODY = {
    "reason": "first",
    "alert": {"rule": "link-down", "severity": "critical", "asset": "C", "title": {"zh-CN": "节点不通", "en": "Down"}},
    "asset": {"id": "C", "name": "州核心"},
}


async def test_messages_are_told_listed_and_kept(tmp_path: Path) -> None:
    lines: list[str] = []
    receiver = DemoReceiver(tmp_path / "run" / "messages.jsonl", lines.append, clock=lambda: 1.0)
    async with serving(receiver, "127.0.0.1", 0) as port, aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:
        for key in ("a", "a", "b"):
            async with session.post("/", json=BODY, headers={"Idempotency-Key": key}) as answer:
                assert answer.status == 202
        async with session.get("/") as answer:
            items: list[dict[str, Any]] = (await answer.json())["items"]
    assert [item["key"] for item in items] == ["b", "a"]
    assert lines == [line(BODY)] * 2
    assert len((tmp_path / "run" / "messages.jsonl").read_text(encoding="utf-8").splitlines()) == 2


async def test_what_is_no_json_is_refused(tmp_path: Path) -> None:
    lines: list[str] = []
    async with (
        serving(DemoReceiver(tmp_path / "messages.jsonl", lines.append), "127.0.0.1", 0) as port,
        aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session,
        session.post("/", data=b"{") as answer,
    ):
        assert answer.status == 400
    assert lines == []


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (BODY, ["first", "critical", "州核心", "节点不通", "Down"]),
        ({"mobile": "138", "content": "州核心\n节点不通"}, ["138", "州核心 节点不通"]),
        ([1], ["[1]"]),
        ({"alert": {}}, []),
    ],
)
def test_a_message_is_said_in_one_line(body: object, expected: list[str]) -> None:
    assert all(text in line(body) for text in expected)
    assert "\n" not in line(body)
