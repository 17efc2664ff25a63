"""Names of accounts that look like one another: `li` and `Iі`, `zhang0` and `zhangO`.

The skeleton follows Unicode Technical Standard 39, 4, for the letters that such names use: compatibility forms and case
are folded, and Cyrillic and Greek letters, digits and combinations that look like Latin letters become these.
"""

from __future__ import annotations

import unicodedata

_CYRILLIC = ("авсеніјкморѕтухӏ", "abcehljkmopstyxl")
_GREEK = ("αβεηικνορτυχ", "abenlkvoptux")
_OTHER = ("01i|ı", "ollll")
_LIKE, _LATIN = ("".join(part) for part in zip(_CYRILLIC, _GREEK, _OTHER, strict=True))
_ALIKE = str.maketrans(_LIKE, _LATIN, "._-")
_PAIRS = (("rn", "m"), ("vv", "w"))


def skeleton(name: str) -> str:
    """The skeleton of a name. Names with equal skeletons look alike."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    plain = "".join(letter for letter in unicodedata.normalize("NFD", folded) if not unicodedata.combining(letter))
    plain = plain.translate(_ALIKE)
    for pair, letter in _PAIRS:
        plain = plain.replace(pair, letter)
    return plain
