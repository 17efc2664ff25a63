"""`ssl` and `sslrootcert` in the journal's URL."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
import trustme

from feeds.journal import Journal, StoreRefused
from feeds.journal.tls import taken_out

URL = "postgresql+asyncpg://watchfloor:hush-hush@db.example:5432/watchfloor"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    file = tmp_path / "root.crt"
    trustme.CA().cert_pem.write_to_path(str(file))
    return file


@pytest.mark.parametrize(("mode", "named"), [("verify-full", True), ("verify-ca", False)])
def test_the_certificate_authority_is_the_one_in_the_url(root: Path, mode: str, named: bool) -> None:
    url, connect_args = taken_out(f"{URL}?ssl={mode}&sslrootcert={root}")
    context = connect_args["ssl"]
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, named)
    assert len(context.get_ca_certs()) == 1
    assert url.render_as_string(hide_password=False) == URL


def test_without_a_file_the_systems_authorities_count() -> None:
    context = taken_out(f"{URL}?ssl=verify-full")[1]["ssl"]
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)


@pytest.mark.parametrize("query", ["", "?ssl=require", "?ssl=disable"])
def test_everything_else_is_left_to_the_driver(query: str) -> None:
    url, connect_args = taken_out(URL + query)
    assert (url.render_as_string(hide_password=False), connect_args) == (URL + query, {})


@pytest.mark.parametrize(
    "query",
    ["ssl=verify-full&sslrootcert=/nowhere/a.crt", "sslrootcert=/nowhere/a.crt", "ssl=verify-ca&sslrootcert={text}"],
)
async def test_an_unusable_file_raises_and_nothing_is_sent(tmp_path: Path, query: str) -> None:
    text = tmp_path / "text"
    text.write_text("no certificate")
    journal = Journal(f"{URL}?{query.format(text=text)}", "test")
    with pytest.raises(StoreRefused, match="sslrootcert") as raised:
        await journal.open()
    assert "hush-hush" not in str(raised.value)
    await journal.close()
