"""Answers for those who run or audit the site: accounts, tokens, the audit log, settings."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, Struct
from msgspec import field as named

from api.responses.common import ListPage, Texts, Time


class AccountView(Struct, kw_only=True):
    """An account, never its password's hash."""

    name: str
    role: str
    region: str
    disabled: bool


class ListedAccount(AccountView, kw_only=True):
    """An account in a list."""

    sessions: Annotated[int, Meta(description="Open sessions")]
    used_at: Time | None


class AccountList(ListPage, kw_only=True):
    """Accounts of the asker's region."""

    items: list[ListedAccount]
    hidden: int


class RemovedAccount(Struct, kw_only=True):
    """The account that was removed."""

    removed: str


class TokenView(Struct, kw_only=True):
    """A token of a program; `id` is the beginning of its hash."""

    id: str
    name: str
    scope: str
    region: str
    created: Time | None
    by: str


class NewToken(TokenView, kw_only=True):
    """A token that was made. Its text is in no other answer."""

    token: str


class TokenList(ListPage, kw_only=True):
    """Tokens of the asker's region."""

    items: list[TokenView]
    hidden: int


class RevokedToken(Struct, kw_only=True):
    """The token that was revoked."""

    revoked: str


class UnreadableDocumentView(Struct, kw_only=True):
    """A document of the journal that cannot be read, or that disagrees with its entries."""

    kind: str
    id: str
    seq: int
    reason: str
    mendable: Annotated[bool, Meta(description="It can be rebuilt from its entries")]
    secret: Annotated[bool, Meta(description="Its bytes are not given out")]


class UnreadableList(ListPage, kw_only=True):
    """Documents that are set aside."""

    items: list[UnreadableDocumentView]


class RepairedDocument(Struct, kw_only=True):
    """What became of a document: mended or dropped."""

    kind: str
    id: str
    done: str


class AuditEntry(Struct, kw_only=True):
    """An entry of the journal; `chain` seals it."""

    seq: int
    chain: str
    at: Time
    kind: str
    name: str
    subject: str
    actor: str
    reason: str
    command: str
    body: dict[str, Any]


class AuditLog(ListPage, kw_only=True):
    """Entries, newest first."""

    items: list[AuditEntry]
    hidden: int


class SettingsFinding(Struct, kw_only=True):
    """Something that is wrong in a settings or inventory file."""

    code: str
    file: str
    line: int
    key: str
    value: str
    message: Texts
    mend: Texts
    error: bool


class HeldList(Struct, kw_only=True):
    """A list of which a change would remove too much."""

    list_: str = named(name="list")
    before: int
    after: int
    removed_total: int
    removed: list[str]
    message: Texts


class HeldRemoval(Struct, kw_only=True):
    """A change that is held until it is asked for again with `accept`."""

    accept: str
    applied_at: Any
    lists: list[HeldList]


class SettingsSection(Struct, kw_only=True):
    """The values of one section that apply."""

    section: str
    values: dict[str, Any]


class SettingsAnswer(Struct, kw_only=True):
    """The settings that apply, and the findings of a reload of the files."""

    file: str
    applied_at: Time
    applied: list[SettingsSection]
    held: HeldRemoval | None
    restart: list[str]
    findings: list[SettingsFinding]
    errors: int


class ReloadResult(Struct, kw_only=True):
    """The outcome of a reload in every process of the site."""

    applied: bool
    left_out: list[dict[str, Any]]
    left_out_total: int
    processes: list[dict[str, Any]]
    missing: list[str]
    restart: list[str]
    held: HeldRemoval | None
