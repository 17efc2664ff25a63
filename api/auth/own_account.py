"""Changes of a person's own account: password, second factor, sessions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from api.auth import second_factor
from api.auth.accounts import PASSWORDS_KEPT, hashed_password
from api.auth.documents import is_open
from api.principal import Principal
from feeds.cases.sealing import Sealer
from feeds.journal import Journal

SHOWN = 16
"""Length of a session's id: the first digits of its digest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnAccountStore:
    """Reads and changes the account of a principal with a session."""

    journal: Journal
    principal: Principal

    async def account(self) -> dict[str, Any]:
        """The account's document; {} when it is gone."""
        doc = await self.journal.doc("account", self.principal.name)
        return doc.body if doc is not None else {}

    async def change_password(self, new: str, history: int, at: float) -> None:
        """Set a new password and end all other sessions.

        Raises BadPassword, also for the present password and the `history` ones before it.
        """
        account = await self.account()
        earlier = [account["hash"], *account.get("hashes", [])][: history + 1]
        hashed, stamp = await hashed_password(new, self.principal.name, earlier), second_factor.new_stamp()
        changes = {
            "hash": hashed,
            "hashes": earlier[:PASSWORDS_KEPT],
            "stamp": stamp,
            "changed": at,
            "must_change": False,
        }
        await self._change("password-changed", changes, at, stamp=stamp)

    async def begin_factor(self, sealer: Sealer, at: float) -> str:
        """Store a new secret, not in use until `confirm_factor`. Returns it in base32."""
        secret, sealed = second_factor.new_secret(sealer)
        async with self.journal.begin() as tx:
            await tx.put("factor-pending", self.principal.name, {"secret": sealed, "at": at})
        return secret

    async def confirm_factor(self, code: str, sealer: Sealer, at: float) -> list[str]:
        """Put the secret of `begin_factor` into use. Returns the recovery codes; [] for a wrong code."""
        doc = await self.journal.doc("factor-pending", self.principal.name)
        step = second_factor.matching_step(doc.body["secret"], code, at, sealer) if doc is not None else None
        if doc is None or step is None:
            return []
        codes, digests = second_factor.recovery_codes()
        factor = {"secret": doc.body["secret"], "step": step, "recovery": digests, "since": at}
        await self._change("second-factor-set", {"factor": factor}, at)
        return codes

    async def remove_factor(self, at: float) -> None:
        """Remove the second factor."""
        await self._change("second-factor-removed", {}, at, without=("factor",))

    async def confirm(self, at: float) -> None:
        """Record that the password was entered again in this session."""
        async with self.journal.begin() as tx:
            name = self.principal.name
            await tx.append(kind="audit", name="session-confirmed", subject=name, at=at, actor=name)
            await tx.update("session", self.principal.key, lambda session: session and session | {"confirmed": at})

    async def _change(
        self, entry: str, changes: Mapping[str, Any], at: float, *, stamp: str = "", without: tuple[str, ...] = ()
    ) -> None:
        name = self.principal.name

        def change(account: dict[str, Any] | None) -> dict[str, Any] | None:
            present = {key: value for key, value in (account or {}).items() if key not in without}
            return present | dict(changes) if account is not None else None

        async with self.journal.begin() as tx:
            await tx.update("account", name, change)
            if stamp:  # the session of the change goes on, all others end
                await tx.update("session", self.principal.key, lambda session: session and session | {"stamp": stamp})
            await tx.delete("factor-pending", name)
            await tx.append(kind="audit", name=entry, subject=name, at=at, actor=name)

    async def sessions(self, at: float) -> list[dict[str, Any]]:
        """The open sessions, newest first: id, created, used, address, current."""
        stamp = (await self.account()).get("stamp")
        uses = {doc.id: float(doc.body["at"]) for doc in await self.journal.docs("session-use")}
        rows = [
            {
                "id": doc.id[:SHOWN],
                "created": doc.body["created"],
                "used": uses.get(doc.id, doc.body["created"]),
                "address": str(doc.body.get("peer", "")),
                "current": doc.id == self.principal.key,
            }
            for doc in await self.journal.docs("session")
            if is_open(doc.body, self.principal.name, stamp, at)
        ]
        return sorted(rows, key=lambda row: -float(row["created"]))

    async def end_session(self, id: str, at: float) -> bool:
        """End one of the person's sessions; False when there is none of that id."""
        for doc in await self.journal.docs("session"):
            if doc.id[:SHOWN] == id and doc.body["account"] == self.principal.name:
                async with self.journal.begin() as tx:
                    name, body = self.principal.name, {"reason": "ended", "session": id}
                    await tx.append(kind="audit", name="session-ended", subject=name, at=at, actor=name, body=body)
                    await tx.delete("session", doc.id)
                    await tx.delete("session-use", doc.id)
                return True
        return False
