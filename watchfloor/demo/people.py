"""Puts the demo's duty roster in place over the real API, once: what a person has put since is kept."""

from __future__ import annotations

import json
import logging

import aiohttp

from watchfloor.demo.site_files import shipped_text

log = logging.getLogger(__name__)

ROSTER = "roster.json"
TIMEOUT = aiohttp.ClientTimeout(total=10.0)


async def put_roster(base: str) -> bool:
    """Whether a roster was put. `base` is the site's address; aiohttp.ClientError when it does not answer."""
    async with aiohttp.ClientSession(base, timeout=TIMEOUT, raise_for_status=True) as session:
        async with session.get("/api/v1/roster") as answer:
            if (await answer.json())["rev"]:
                return False
        # Cookies of a bare address are kept only when the session is told of it, so they are carried by hand.
        async with session.post("/api/v1/demo/role", json={"role": "admin"}) as answer:
            token = (await answer.json())["csrf"]
            cookies = {name: one.value for name, one in answer.cookies.items()}
        headers = {"X-CSRF-Token": token}
        body = json.loads(shipped_text(ROSTER)) | {"rev": 0}
        async with session.put("/api/v1/roster", json=body, headers=headers, cookies=cookies):
            log.info("demo: the duty roster stands")
        return True
