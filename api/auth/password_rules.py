"""Rules for passwords: length, strength, no name of the account, none of the last ones.

Strength is estimated by zxcvbn (Wheeler, USENIX Security 2016): common passwords, names, dates, keyboard rows and
repeats cost few guesses whatever characters they have.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

LENGTH = (8, 1024)
STRENGTH = 3
"""Least zxcvbn score, 0 to 4. 3: at least 10^8 guesses."""
ESTIMATED = 72
"""Characters that are estimated; the rest can only make a password stronger."""
SITE_WORDS = ("watchfloor", "zhishoutai", "值守台", "chuxiong", "楚雄", "admin", "root", "operator", "duty", "leader")


class PasswordFault(StrEnum):
    """Why a password is refused. The values are codes of findings (api.http.finding_texts)."""

    LENGTH = "password_length"
    NAME = "password_name"
    WEAK = "password_weak"
    USED = "password_used"


def password_fault(password: str, name: str, words: Iterable[str] = ()) -> PasswordFault | None:
    """What is wrong with a new password of an account; None when it is acceptable.

    `words` are further ones that an attacker would try first. Takes some milliseconds.
    """
    from zxcvbn import zxcvbn  # its word lists take 100 ms to load

    shortest, longest = LENGTH
    if not shortest <= len(password) <= longest:
        return PasswordFault.LENGTH
    folded, own = password.casefold(), name.casefold()
    if len(own) > 2 and (own in folded or own[::-1] in folded):
        return PasswordFault.NAME
    inputs = [own, *SITE_WORDS, *words]
    return PasswordFault.WEAK if zxcvbn(password[:ESTIMATED], user_inputs=inputs)["score"] < STRENGTH else None
