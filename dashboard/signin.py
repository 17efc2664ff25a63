"""The sign-in page: plain HTML and one module, without Dash, because nobody is anybody yet."""

from __future__ import annotations

from html import escape

from dashboard.shell import SiteLike
from feeds.texts import catalogue


def signin_html(site: SiteLike, build: str) -> str:
    """The whole page; its module posts to /api/v1/session and goes on to `next` within the site."""

    def word(key: str) -> str:
        return escape(catalogue.text(key, site.language))

    base = f"/static/{build}"
    return f"""<!DOCTYPE html>
<html lang="{site.language}" data-language="{site.language}" data-base="{base}">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>{escape(site.name)} · {word("app.name")}</title>
  <link rel="icon" href="/favicon.ico" type="image/svg+xml">
  <link rel="stylesheet" href="{base}/built/styles.css">
  <script type="module" src="{base}/built/signin.js"></script>
</head>
<body class="signin">
  <form id="signin" method="post" action="/signin" novalidate>
    <h1>{escape(site.name)}<span data-text="app.name">{word("app.name")}</span></h1>
    <label><span data-text="signin.name">{word("signin.name")}</span>
      <input name="name" autocomplete="username" required maxlength="64" autofocus></label>
    <label><span data-text="signin.password">{word("signin.password")}</span>
      <input name="password" type="password" autocomplete="current-password" required maxlength="1024"></label>
    <label id="signin-code" hidden><span data-text="signin.code">{word("signin.code")}</span>
      <input name="code" autocomplete="one-time-code" maxlength="32"></label>
    <button type="submit" class="primary" data-text="signin.button">{word("signin.button")}</button>
    <p id="signin-message" role="alert"></p>
    <button type="button" class="link" id="signin-language"></button>
  </form>
</body>
</html>"""
