"""Files that the settings refer to are removed or replaced by a FIFO or a folder, and every role is killed.

The site comes back on its copies, names the file, and neither clears nor removes an alert.
"""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable
from functools import partial
from pathlib import Path

import aiohttp
import pytest
import trustme

from feeds.roles import NAMES
from tests.e2e.site import HEAD, SETTINGS, Person, Site, hook
from tests.patience import PATIENCE, until
from tests.ports import free_port

MORE = """\
[credentials.core]
kind = "snmpv2c"
community = "file:community"
"""
TLS = 'tls_cert = "site.crt"\ntls_key = "site.key"\n'
WORDS = {
    "site.crt": "tls_cert",
    "site.key": "tls_",
    "community": "credentials.core.community",
    "desk": "receiver",
    "assets.csv": "assets.csv",
}
"""What the site says of each file."""


def remove(path: Path) -> None:
    path.unlink()


def make_fifo(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def make_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def put_back(path: Path, content: bytes) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)
    path.write_bytes(content)


def written(folder: Path, hook_port: int) -> Site:
    """A site over HTTPS whose inventory, certificate, key, community and receiver are files of their own."""
    site = Site(folder, free_port(), tls=True)
    certificate = trustme.CA().issue_cert("127.0.0.1")
    files = {
        "assets.csv": (HEAD + "gw1,网关,router,532300,,,,,,,,tcp://127.0.0.1:9\n").encode(),
        "site.crt": certificate.cert_chain_pems[0].bytes(),
        "site.key": certificate.private_key_pem.bytes(),
        "community": b"s3cret-community\n",
        "desk": f"json://127.0.0.1:{hook_port}/\n".encode(),
    }
    for name, content in files.items():
        (folder / name).write_bytes(content)
    settings = SETTINGS.format(port=site.port, hook=hook_port, more=MORE)
    settings = settings.replace(f"json://127.0.0.1:{hook_port}/", "file:desk").replace("[web]\n", f"[web]\n{TLS}")
    site.config.write_text(settings, encoding="utf-8")
    return site


@pytest.mark.timeout(20 * PATIENCE)
@pytest.mark.parametrize("harm", [remove, make_fifo, make_folder])
async def test_a_site_whose_files_are_gone_comes_back_on_its_copies_and_names_them(
    tmp_path: Path, harm: Callable[[Path], None]
) -> None:
    async with hook() as phone:
        site = written(tmp_path, phone.port)
        site.start()
        try:
            await site.ready()
            person = await site.person("duty1")
            await until(lambda: phone.heard("gw1"))
            for name, word in WORDS.items():
                file = tmp_path / name
                content = file.read_bytes()
                harm(file)
                await kill_all(site)
                await until(partial(names, person, word), within=2 * PATIENCE)
                assert await shows_the_alert(person)
                put_back(file, content)
                assert site.process is not None
                os.kill(site.process.pid, signal.SIGHUP)
                await until(partial(names_nothing, person))
                await site.ready()
            assert await shows_the_alert(person)
        finally:
            await site.stop()
    assert {body["reason"] for _, body in phone.calls} == {"first"}


async def kill_all(site: Site) -> None:
    """Kill every role, and wait until others run in their place."""
    before = {name: member["pid"] for name, member in site.members().items()}
    site.kill(*NAMES)
    await until(lambda: all(site.members()[name]["pid"] not in (0, before[name]) for name in NAMES))


async def errors(person: Person) -> list[str] | None:
    """What the roles report on the page of sources; None while the web role cannot tell."""
    try:
        async with person.http.get("/api/v1/sources") as answer:
            if answer.status != 200:
                return None
            items = (await answer.json())["items"]
    except aiohttp.ClientError:
        return None
    return [source["error"] for source in items if source["id"].startswith("role.") and source["error"]]


async def names(person: Person, word: str) -> bool:
    """True when every role says that it runs on copies, and why."""
    reported = await errors(person) or []
    return len([error for error in reported if word in error]) >= len(NAMES) - 1


async def names_nothing(person: Person) -> bool:
    return await errors(person) == []


async def shows_the_alert(person: Person) -> bool:
    async with person.live() as live:
        return bool(await live.until(lambda view: any(alert["active"] for alert in view["alert"].values())))
