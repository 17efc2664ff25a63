"""The page of a person's own account. It is the only page of a person who must change the password first."""

from __future__ import annotations

from dashboard.plain_page import plain_page
from dashboard.shell import SiteLike, text_element
from feeds.texts import catalogue

_MESSAGE = '<p class="form-message" role="alert"></p>'
_USERNAME = '<input type="text" autocomplete="username" data-username hidden>'


def account_html(site: SiteLike, build: str) -> str:
    """The whole page; its module reads and changes /api/v1/account."""
    body = f"""  <main id="account">
    <h1>{text_element("account.title", site)} <small id="account-name"></small></h1>
    <p id="account-message" role="alert" hidden></p>
    <div id="account-forms" hidden>
    {_password(site)}
    {_factor(site)}
    {_confirm(site)}
    <section>{text_element("account.sessions", site, "h2")}<ul id="account-sessions"></ul>
      <p class="form-message" id="account-ended" role="alert"></p></section>
    </div>
    <footer>{text_element("account.back", site, "a", ' href="/"')}
      <button type="button" class="link" data-switch="language"></button></footer>
  </main>"""
    title = f"{catalogue.text('account.title', site.language)} · {site.name}"
    return plain_page(site, build, title=title, module="account", classes="signin account", body=body)


def _password(site: SiteLike) -> str:
    return f"""<section>{text_element("account.password", site, "h2")}
      <form id="account-password">{_USERNAME}
        {_present_password(site)}
        {_input(site, "new", "account.new", "new-password", "password")}
        {_input(site, "again", "account.again", "new-password", "password")}
        {text_element("account.change", site, "button", ' class="primary"')}{_MESSAGE}
      </form></section>"""


def _confirm(site: SiteLike) -> str:
    return f"""<section>{text_element("account.confirm", site, "h2")}
      <form id="account-confirm">{_USERNAME}
        {_present_password(site)}
        {text_element("account.confirm_button", site, "button", ' class="plain"')}{_MESSAGE}
      </form></section>"""


def _factor(site: SiteLike) -> str:
    return f"""<section id="account-factor">{text_element("account.factor", site, "h2")}
      <p id="account-factor-state"></p>
      <form id="account-factor-form">{_USERNAME}
        {_present_password(site)}
        {text_element("account.factor_button", site, "button", ' class="plain"')}{_MESSAGE}
      </form>
      <form id="account-factor-confirm" hidden>
        {text_element("account.factor_help", site, "p")}
        <img id="account-picture" width="220" height="220"
          alt="{catalogue.text("account.factor_picture", site.language)}">
        <code id="account-secret"></code>
        {text_element("account.factor_link", site, "a", ' id="account-secret-link"')}
        {_input(site, "code", "account.factor_code", "one-time-code")}
        {text_element("account.factor_confirm", site, "button", ' class="primary"')}{_MESSAGE}
      </form>
      <div id="account-codes" hidden>{text_element("account.codes", site, "p")}<pre></pre></div></section>"""


def _present_password(site: SiteLike) -> str:
    """The present password, and the code that accounts with a second factor need as well."""
    password = _input(site, "password", "account.present", "current-password", "password")
    return password + _input(site, "code", "account.code", "one-time-code", attributes=" data-code hidden")


def _input(site: SiteLike, name: str, key: str, purpose: str, kind: str = "text", *, attributes: str = "") -> str:
    field = f'<input name="{name}" type="{kind}" autocomplete="{purpose}" maxlength="1024">'
    return f"<label{attributes}>{text_element(key, site)}{field}</label>"
