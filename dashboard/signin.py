"""The sign-in page."""

from __future__ import annotations

from html import escape

from dashboard.plain_page import plain_page
from dashboard.shell import SiteLike, text_element
from feeds.texts import catalogue


def signin_html(site: SiteLike, build: str) -> str:
    """The whole page; its module posts to /api/v1/session and goes on to `next` within the site."""
    body = f"""  <form id="signin" method="post" action="/signin" novalidate>
    <h1>{escape(site.name)}{text_element("app.name", site)}</h1>
    <label>{text_element("signin.name", site)}
      <input name="name" autocomplete="username" required maxlength="64" autofocus></label>
    <label>{text_element("signin.password", site)}
      <input name="password" type="password" autocomplete="current-password" required maxlength="1024"></label>
    <label id="signin-code" hidden>{text_element("signin.code", site)}
      <input name="code" autocomplete="one-time-code" maxlength="32"></label>
    {text_element("signin.button", site, "button", ' type="submit" class="primary"')}
    <p id="signin-message" role="alert"></p>
    <button type="button" class="link" data-switch="language"></button>
  </form>"""
    title = f"{site.name} · {catalogue.text('app.name', site.language)}"
    return plain_page(site, build, title=title, module="signin", classes="signin", body=body)
