"""The key of personal values is damaged, or another one: 503 `key-lost`, and nothing is taken that none could read."""

from __future__ import annotations

from pathlib import Path

import pytest

from feeds.cases.sealing import KeyFile, Sealer
from tests.api import conftest
from tests.api.auth.test_identity import code_of, enrolled, sign_in
from tests.api.conftest import World, problem
from tests.api.test_ingest import CASE, send


@pytest.fixture(params=["damaged", "another one"])
def lost(request: pytest.FixtureRequest, tmp_path: Path) -> Sealer:
    path = tmp_path / "personal.key"
    path.write_bytes(b"" if request.param == "damaged" else b"ab" * 32)
    return KeyFile(path)


async def test_a_code_cannot_be_checked_and_a_recovery_code_signs_in(
    world: World, lost: Sealer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with world.signed_in("duty") as client:
        secret, recovery = await enrolled(client, world)
    monkeypatch.setattr(conftest, "SEALER", lost)
    world.apps.clear()
    world.at += 300
    async with world.client() as client:
        problem(await sign_in(client, "duty-all", code=code_of(secret, world.at)), 503, "key-lost")
        problem(await sign_in(client, "duty-all"), 401, "second-factor")
        assert (await sign_in(client, "duty-all", code=recovery[0])).status_code == 200


async def test_no_case_is_taken_in_without_the_key(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "personal.key").write_bytes(b"")
    monkeypatch.setattr(conftest, "SEALER", KeyFile(tmp_path / "personal.key"))
    answer = await send(world, "cases", {"cases": [CASE]})
    problem(answer, 503, "key-lost")
    assert int(answer.headers["Retry-After"]) > 0
