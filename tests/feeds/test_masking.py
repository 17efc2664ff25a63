"""Credentials and secrets in external text are masked."""

from __future__ import annotations

import pytest

from feeds.masking import MASK, masked


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Authorization: Basic YWRtaW46czNjcjN0", f"Authorization: Basic {MASK}"),
        ("proxy said: basic dXNlcjpwYXNzd29yZA== refused", f"proxy said: basic {MASK} refused"),
        ("Bearer abcdefghijkl refused", f"Bearer {MASK} refused"),
        ("http://root:secret@10.0.0.1/x", f"http://{MASK}@10.0.0.1/x"),
        ('{"password": "secret", "port": 1}', f'{{"password": "{MASK}", "port": 1}}'),
        ("basic requirements are not met", "basic requirements are not met"),
    ],
)
def test_credentials_are_masked_and_plain_words_are_not(text: str, shown: str) -> None:
    assert masked(text) == shown
