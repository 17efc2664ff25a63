"""Text in octets of unknown charset: UTF-8 with or without a byte order mark, else GB 18030. Pure."""

from __future__ import annotations

_MARK = b"\xef\xbb\xbf"


def decoded(octets: bytes, errors: str = "replace") -> str:
    """The text. With `errors="strict"`, raises ValueError when the octets are text in neither charset."""
    octets = octets.removeprefix(_MARK)
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError:
        return octets.decode("gb18030", errors)


def repaired(text: str) -> str:
    """A text that a library decoded as UTF-8 with surrogate escapes, decoded as its octets deserve."""
    try:
        return decoded(text.encode("utf-8", "surrogateescape"))
    except UnicodeEncodeError:  # surrogates of another origin
        return text.encode("utf-8", "replace").decode("utf-8")
