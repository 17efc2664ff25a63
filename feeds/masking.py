"""Masking of secrets in external text: credentials in URLs, values of names such as `password`."""

from __future__ import annotations

import re

MASK = "…"
_LOGIN = re.compile(r"(?<=://)[^/\s\"'@?#]*@")
_NAMES = "password|passwd|secret|token|community|auth_?key|priv_?key|api_?key"
_TELLING = re.compile(rf"((?:{_NAMES})[\"']?\s*[=:]\s*[\"']?)[^\s\"'&,;)}}\]]+", re.I)
_BEARER = re.compile(r"(\b(?:bearer\s+|basic\s+(?=\S*[\d=])))[\w.~+/=-]{8,}", re.I)


def masked(text: str) -> str:
    """The text without credentials in URLs and without values of names such as `password` and `token`."""
    if "://" in text:
        text = _LOGIN.sub(f"{MASK}@", text)
    return _BEARER.sub(rf"\g<1>{MASK}", _TELLING.sub(rf"\g<1>{MASK}", text))
