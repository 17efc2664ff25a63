"""Store the demo's duty roster over the API, unless a roster exists."""

from __future__ import annotations

import json
import logging

import aiohttp

from watchfloor.demo.site_files import shipped_text

log = logging.getLogger(__name__)

ROSTER = "roster.json"
TIMEOUT = aiohttp.ClientTimeout(total=10.0)


async def put_roster(base: str) -> bool:
    """Store the roster. Returns False when the site already has one.

    `base` is the site's address. Raises aiohttp.ClientError when it does not answer.
    """
    async with aiohttp.ClientSession(base, timeout=TIMEOUT, raise_for_status=True) as session:
        async with session.get("/api/v1/roster") as answer:
            if (await answer.json())["rev"]:
                return False
        # aiohttp does not store cookies of a bare IP address by default, so they are passed explicitly.
        async with session.post("/api/v1/demo/role", json={"role": "admin"}) as answer:
            token = (await answer.json())["csrf"]
            cookies = {name: cookie.value for name, cookie in answer.cookies.items()}
        headers = {"X-CSRF-Token": token}
        body = json.loads(shipped_text(ROSTER)) | {"rev": 0}
        async with session.put("/api/v1/roster", json=body, headers=headers, cookies=cookies):
            log.info("demo: the duty roster was stored")
        return True
