"""Names of accounts that look like one another: `li` and `Iі`, `zhang0` and `zhangO`.

The skeleton follows Unicode Technical Standard 39, 4, for the letters that such names use: compatibility forms and case
are folded, and Cyrillic and Greek letters, digits and combinations that look like Latin letters become these.
"""

from __future__ import annotations

import unicodedata

_ALIKE = str.maketrans(
    {
        "0": "o", "1": "l", "i": "l", "|": "l",
        "а": "a", "в": "b", "с": "c", "е": "e", "н": "h", "і": "l", "ј": "j", "к": "k", "м": "m", "о": "o",
        "р": "p", "ѕ": "s", "т": "t", "у": "y", "х": "x", "ӏ": "l",
        "α": "a", "β": "b", "ε": "e", "η": "n", "ι": "l", "κ": "k", "ν": "v", "ο": "o", "ρ": "p", "τ": "t",
        "υ": "u", "χ": "x", "ı": "l",
        ".": "", "-": "", "_": "",
    }
)  # fmt: skip
_PAIRS = (("rn", "m"), ("vv", "w"))


def skeleton(name: str) -> str:
    """A text that names which look alike have in common."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    plain = "".join(letter for letter in unicodedata.normalize("NFD", folded) if not unicodedata.combining(letter))
    plain = plain.translate(_ALIKE)
    for pair, letter in _PAIRS:
        plain = plain.replace(pair, letter)
    return plain
