"""The page of tasks on a phone (`/m`): the only page of a person who acts for a unit."""

from __future__ import annotations

from dashboard.plain_page import plain_page
from dashboard.shell import SiteLike
from feeds.texts import catalogue


def phone_html(site: SiteLike, build: str) -> str:
    """The whole page; its module reads /api/v1/tasks."""
    title = f"{catalogue.text('tasks.mine', site.language)} · {site.name}"
    return plain_page(site, build, title=title, module="m", classes="phone", body='  <main id="phone"></main>')
