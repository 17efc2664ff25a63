"""What the demo's people have done before anybody comes: the duty roster is stored, the plan is published."""

from __future__ import annotations

import json
import logging

from watchfloor.demo.desk import desks
from watchfloor.demo.site_files import shipped_text

log = logging.getLogger(__name__)

ROSTER = "roster.json"
PLAN = "hazchem"
PLAN_WITHIN = 15.0


async def put_roster(base: str) -> bool:
    """Store the roster. Returns False when the site already has one.

    `base` is the site's address. Raises DemoError when it does not answer or refuses.
    """
    async with desks(base) as demo:
        admin = await demo.take("admin")
        if (await admin.get("/roster"))["rev"]:
            return False
        await admin.put("/roster", json.loads(shipped_text(ROSTER)) | {"rev": 0})
        log.info("demo: the duty roster was stored")
        return True


async def publish_plan(base: str) -> bool:
    """Publish the plan of the site's files by two persons. Returns False when a version is published already.

    Somebody on duty rehearses it and asks for the publication, a leader publishes it. Raises DemoError as above.
    """
    async with desks(base) as demo:
        duty, leader = await demo.take("duty"), await demo.take("leader")
        if any(plan["plan"] == PLAN and plan["state"] == "published" for plan in (await duty.get("/plans"))["items"]):
            return False
        draft = await duty.wait_for(
            "/plans", lambda plan: bool(plan["plan"] == PLAN), PLAN_WITHIN, ("预案草稿", "the draft of the plan")
        )
        if draft["state"] == "draft":
            await duty.give(f"/plans/{draft['id']}/rehearse")
            await duty.give(f"/plans/{draft['id']}/review")
        await leader.give(f"/plans/{draft['id']}/publish")
        log.info("demo: plan %s was published", draft["id"])
        return True
