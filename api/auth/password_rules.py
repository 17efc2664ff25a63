"""Rules for passwords: length, strength, without the name of the account, and none of the last ones.

Strength is estimated by zxcvbn (Wheeler, USENIX Security 2016): common passwords, names, dates, keyboard rows and
repeats cost few guesses whatever characters they have.
"""

from __future__ import annotations

from enum import StrEnum

LENGTH = (8, 1024)
STRENGTH = 3
"""Least zxcvbn score, 0 to 4. 3: at least 10^8 guesses."""
ESTIMATED = 72
"""Length of the part whose strength is estimated. The rest can only make a password stronger."""
SITE_WORDS = ("watchfloor", "zhishoutai", "值守台", "chuxiong", "楚雄", "admin", "root", "operator", "duty", "leader")


class PasswordFault(StrEnum):
    """Why a password is refused. The values are codes of findings (api.http.finding_texts)."""

    LENGTH = "password_length"
    NAME = "password_name"
    WEAK = "password_weak"
    USED = "password_used"


def password_fault(password: str, name: str) -> PasswordFault | None:
    """The rule that a new password of the account `name` breaks; None for an acceptable one.

    Takes some milliseconds. Earlier passwords are compared by `api.auth.accounts.hashed_password`.
    """
    from zxcvbn import zxcvbn  # its word lists take 100 ms to load

    shortest, longest = LENGTH
    if not shortest <= len(password) <= longest:
        return PasswordFault.LENGTH
    folded, own = password.casefold(), name.casefold()
    if len(own) > 2 and (own in folded or own[::-1] in folded):
        return PasswordFault.NAME
    inputs = [own, *SITE_WORDS]
    return PasswordFault.WEAK if zxcvbn(password[:ESTIMATED], user_inputs=inputs)["score"] < STRENGTH else None
