"""Every line of the tables in docs/security.md names tests that exist, or says that something is not there."""

from __future__ import annotations

import pytest

from tests.tables import TESTS, missing_tests, named_tests, table

SECURITY = TESTS.parent / "docs" / "security.md"
ROWS = [row for heading in ("GB/T 22239-2019, level 3", "OWASP ASVS 5, level 2") for row in table(SECURITY, heading)]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0][:40])
def test_a_line_names_tests_that_exist_or_says_what_is_not_there(row: list[str]) -> None:
    control, how, *tests = row
    assert control
    assert how
    assert named_tests(tests[0]) if tests and tests[0] else "**not there**" in how.lower()
    assert missing_tests(tests[0] if tests else "") == []
