"""The page of a person's own account: plain HTML and one module, so that it works before anything else is allowed."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from dashboard.shell import SiteLike
from feeds.texts import catalogue


def account_html(site: SiteLike, build: str) -> str:
    """The whole page; its module reads and changes /api/v1/account."""

    def word(key: str) -> str:
        return escape(catalogue.text(key, site.language))

    base = f"/static/{build}"
    return f"""<!DOCTYPE html>
<html lang="{site.language}" data-language="{site.language}" data-base="{base}">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>{word("account.title")} · {escape(site.name)}</title>
  <link rel="icon" href="/favicon.ico" type="image/svg+xml">
  <link rel="stylesheet" href="{base}/built/styles.css">
  <script type="module" src="{base}/built/account.js"></script>
</head>
<body class="signin account">
  <main id="account">
    <h1>{word("account.title")}<span id="account-name"></span></h1>
    <p id="account-message" role="alert"></p>
    <section><h2>{word("account.password")}</h2>
      <form id="account-password">
        {_input("password", word("account.present"), "current-password", "password")}
        {_input("code", word("account.code"), "one-time-code")}
        {_input("new", word("account.new"), "new-password", "password")}
        {_input("again", word("account.again"), "new-password", "password")}
        <button class="primary">{word("account.change")}</button>
      </form></section>
    <section><h2>{word("account.confirm")}</h2>
      <form id="account-confirm">
        {_input("password", word("account.present"), "current-password", "password")}
        {_input("code", word("account.code"), "one-time-code")}
        <button>{word("account.confirm_button")}</button>
      </form></section>
    {_factor(word)}
    <section><h2>{word("account.sessions")}</h2><ul id="account-sessions"></ul></section>
    <p><a href="/">{word("account.back")}</a></p>
  </main>
</body>
</html>"""


def _factor(word: Callable[[str], str]) -> str:
    return f"""<section id="account-factor"><h2>{word("account.factor")}</h2>
      <p id="account-factor-state"></p>
      <form id="account-factor-form">
        {_input("password", word("account.present"), "current-password", "password")}
        {_input("code", word("account.code"), "one-time-code")}
        <button>{word("account.factor_button")}</button>
      </form>
      <form id="account-factor-confirm" hidden>
        <p>{word("account.factor_help")}</p>
        <code id="account-secret"></code>
        {_input("code", word("account.code"), "one-time-code")}
        <button class="primary">{word("account.factor_confirm")}</button>
      </form>
      <pre id="account-codes" hidden></pre></section>"""


def _input(name: str, label: str, purpose: str, kind: str = "text") -> str:
    field = f'<input name="{name}" type="{kind}" autocomplete="{purpose}" maxlength="1024">'
    return f"<label><span>{label}</span>{field}</label>"
