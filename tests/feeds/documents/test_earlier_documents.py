"""Documents of people as earlier versions wrote them are read, and written again without a change."""

from __future__ import annotations

import json
from typing import Any

import pytest

from feeds.documents import handover
from feeds.documents.receivers import ReceiverDocuments
from feeds.documents.roster import Roster
from feeds.documents.version import CONTENTS, Content, dump_content, load, load_content

RECEIVER = {
    "severities": ["critical"],
    "regions": [],
    "feeds": [],
    "kinds": [],
    "id": "hook",
    "url": "jsons://h:8443/••••",
    "timeout": 5.0,
    "language": "",
    "rate": "",
    "reserve": -1,
    "to": "",
    "direct": True,
    "templates": {"subject": {}, "text": {}},
    "sms": None,
    "secret": "5f0c",
}
HANDOVER: dict[str, Any] = {
    "at": 1_790_000_000.0,
    "by": "li",
    "to": "wang",
    "remarks": "",
    "region": "532301",
    "accepted_at": None,
    "accepted_by": "",
    "accept_remarks": "",
    "shift": None,
    "counts": {"open": 1},
    "picture": {"at": "2026-09-21T13:33:20.000Z", "open": [{"id": "a"}], "of_an_earlier_version": 1},
}


def stored(body: dict[str, Any]) -> Any:
    """The body as it is read from the journal again."""
    return json.loads(json.dumps(body))


@pytest.mark.parametrize("also", [{}, {"kind": "webhook", "personal": False}])
def test_a_receiver_keeps_exactly_the_fields_it_was_written_with(also: dict[str, Any]) -> None:
    body = {"rev": 3, "at": 1.5, "by": "root", "comment": "", "doc": {"items": [RECEIVER | also]}}
    assert stored(load(body, ReceiverDocuments).dump()) == body


def test_a_receiver_of_the_settings_file_refers_to_no_credentials() -> None:
    items = [{name: value for name, value in RECEIVER.items() if name != "secret"}]
    assert stored(dump_content(load_content({"items": items}, ReceiverDocuments))) == {"items": items}


@pytest.mark.parametrize("content", CONTENTS.values())
def test_the_content_before_the_first_version_is_read_as_empty(content: type[Content]) -> None:
    body = {"rev": 2, "at": 1.0, "by": "root", "comment": "", "doc": {}}
    assert load(body, content).doc == load(None, content).doc == content()


def test_a_roster_with_a_field_that_is_not_known_is_read() -> None:
    body = {"persons": [{"id": "li", "name": "李", "fax": "1"}], "holidays": []}
    assert load_content(body, Roster).persons[0].name == "李"


def test_a_handover_keeps_its_picture_as_the_earlier_version_wrote_it() -> None:
    assert handover.dump(handover.load(HANDOVER)) == HANDOVER | {"digest": ""}
    summary = {"region": "532301", "to": "wang", "counts": {"open": 1}, "digest": ""}
    assert handover.dump(handover.load(HANDOVER).summary) == summary
