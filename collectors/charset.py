"""Text of devices in an unknown charset: UTF-8 with or without a byte order mark, else GB 18030. Pure."""

from __future__ import annotations

_MARK = b"\xef\xbb\xbf"


def decoded(octets: bytes, errors: str = "replace") -> str:
    """Decode text. With `errors="strict"`, raises UnicodeDecodeError for octets that are text in neither charset."""
    octets = octets.removeprefix(_MARK)
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError:
        return octets.decode("gb18030", errors)


def redecoded(text: str) -> str:
    """Decode again a text that a library decoded as UTF-8 with surrogate escapes. Other surrogates become "?"."""
    try:
        return decoded(text.encode("utf-8", "surrogateescape"))
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode("utf-8")


def printable(text: str) -> str:
    """Remove the characters that cannot be shown, such as control characters and line ends."""
    return "".join(letter for letter in text if letter.isprintable())
