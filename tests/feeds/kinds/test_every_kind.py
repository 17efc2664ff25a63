"""What holds of every kind of record, those that are shipped and one that a test makes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds import roles
from feeds.journal import ENTRY_KINDS
from feeds.kinds import ALL, FULL, KINDS, Audience, RecordKind
from feeds.kinds.audience import ByRegion, Own
from feeds.live.mirror import Mirror, patched
from feeds.model import SourceState
from feeds.texts import catalogue
from tests import patience
from tests.feeds.kinds.strategies import COUNTIES, PEOPLE, changes

DOCS = Path(__file__).parents[3] / "docs"
ERRAND: RecordKind[SourceState] = RecordKind(
    name="errand",
    plural="errands",
    record=SourceState,
    writer="command",
    visible=Own("error"),
    faces={"row": ("id", "at")},
    live=lambda errand: errand.ok,
)
"""A kind that shows each person the own records only; none that is shipped does so yet."""
AUDIENCES = (
    Audience(),
    Audience(personal=False),
    *(Audience(region=county, person=person) for county, person in zip(COUNTIES, PEOPLE, strict=True)),
    Audience(region=COUNTIES[0], personal=False),
)
EACH = pytest.mark.parametrize("kind", [pytest.param(kind, id=kind.name) for kind in ALL])


@pytest.fixture(params=[*ALL, ERRAND], ids=lambda kind: kind.name)
def kind(request: pytest.FixtureRequest) -> Iterator[RecordKind[Any]]:
    """Each kind, known while it is tested."""
    if request.param in ALL:
        yield request.param
        return
    with KINDS.with_kind(request.param):
        yield request.param


def stream_of(kind: RecordKind[Any]) -> list[st.SearchStrategy[Any]]:
    """Changes of what a kind is stored as; a kind that is counted follows from the others."""
    stored = kind.stored or [each for other in ALL for each in other.stored]
    return [changes(each.name, each.record) for each in stored]


def faces(kind: RecordKind[Any]) -> list[str]:
    return [FULL, *kind.faces]


def apply_item(view: dict[str, Any], item: dict[str, Any] | msgspec.Raw | None) -> None:
    """What every client does with an item, as it comes over the wire."""
    if item is None:
        return
    read = json.loads(msgspec.json.encode(item))
    if read.get("gone"):
        view.pop(read["id"], None)
    else:
        view[read["id"]] = patched(view.get(read["id"], {}), read["set"])


def fresh(mirror: Mirror, kind: RecordKind[Any], audience: Audience, face: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(msgspec.json.encode(mirror.records(kind.name, audience, face)))
    return read


def test_snapshot_and_patches_are_a_fresh_snapshot_for_every_audience_and_face(kind: RecordKind[Any]) -> None:
    stream = st.lists(st.one_of(stream_of(kind)), min_size=1, max_size=10)

    @settings(max_examples=patience.examples(20), deadline=None)
    @given(stream, st.lists(st.booleans(), min_size=10, max_size=10), st.integers(0, 4))
    def check(happen: list[Any], flushes: list[bool], join: int) -> None:
        mirror = Mirror()
        mirror.apply(happen[:join])
        mirror.flush()
        looking = [(audience, face) for audience in AUDIENCES for face in faces(kind)]
        views = {who: fresh(mirror, kind, *who) for who in looking}
        for change, flush in zip(happen[join:], flushes, strict=False):
            mirror.apply([change])
            if flush:
                deliver(mirror, kind, views)
        deliver(mirror, kind, views)
        for who, view in views.items():
            assert view == fresh(mirror, kind, *who), who

    check()


@pytest.mark.parametrize("kind", [kind for kind in ALL if kind.apart is not None], ids=lambda kind: str(kind.name))
def test_the_plain_feed_goes_on_from_the_plain_snapshot_without_records_apart(kind: RecordKind[Any]) -> None:
    """Also where a record becomes an exercise, or one becomes real."""
    stream = st.lists(st.one_of(stream_of(kind)), min_size=1, max_size=10)

    @settings(max_examples=patience.examples(20), deadline=None)
    @given(stream)
    def check(happen: list[Any]) -> None:
        mirror, everybody = Mirror(), Audience()
        view = mirror.snapshot(everybody)[kind.name]
        for change in happen:
            mirror.apply([change])
            for delta in mirror.flush():
                if delta.kind is kind:
                    apply_item(view, delta.plain.encoded(everybody))
        assert view == json.loads(msgspec.json.encode(mirror.snapshot(everybody)[kind.name]))
        assert all(kind.is_plain(record) for record in view.values())

    check()


def deliver(mirror: Mirror, kind: RecordKind[Any], views: dict[tuple[Audience, str], dict[str, Any]]) -> None:
    deltas = [delta for delta in mirror.flush() if delta.kind is kind]
    for (audience, face), view in views.items():
        for delta in deltas:
            apply_item(view, delta.encoded(audience, face))


def test_an_audience_is_never_told_of_what_it_may_not_see(kind: RecordKind[Any]) -> None:
    """Every record that reaches an audience is one that the kind shows it, and no name of a person is in it."""
    stream = st.lists(st.one_of(stream_of(kind)), max_size=12)

    @settings(max_examples=patience.examples(20), deadline=None)
    @given(stream)
    def check(happen: list[Any]) -> None:
        mirror = Mirror()
        mirror.apply(happen)
        for audience in AUDIENCES:
            for record in mirror.records(kind.name, audience).values():
                assert kind.sees(audience, record)
                if not audience.personal and kind.redact:
                    assert not any(person in json.dumps(record.get("ack"), ensure_ascii=False) for person in PEOPLE)
                if isinstance(kind.visible, ByRegion) and audience.region:
                    assert record["region"] == audience.region

    check()


@pytest.mark.parametrize("each", [each for kind in ALL for each in kind.stored], ids=lambda each: each.name)
def test_a_stored_record_is_read_as_it_was_written(each: Any) -> None:
    from tests.feeds.kinds.strategies import records

    @settings(max_examples=patience.examples(20), deadline=None)
    @given(records(each.record))
    def check(record: Any) -> None:
        assert KINDS.stored[each.name].decode(msgspec.msgpack.encode(record)) == record

    check()


@EACH
def test_the_view_has_the_fields_that_its_schema_says(kind: RecordKind[Any]) -> None:
    @settings(max_examples=patience.examples(20), deadline=None)
    @given(st.lists(st.one_of(stream_of(kind)), max_size=8))
    def check(happen: list[Any]) -> None:
        mirror = Mirror()
        mirror.apply(happen)
        for record in mirror.records(kind.name, Audience()).values():
            msgspec.json.decode(msgspec.json.encode(record), type=kind.schema, strict=True)
            assert set(record) == set(kind.schema.__struct_fields__)

    check()


@EACH
def test_faces_filters_and_order_name_fields_that_there_are(kind: RecordKind[Any]) -> None:
    fields = set(kind.schema.__struct_fields__)
    named = {name for face in kind.faces.values() for name in face} | set(kind.sort.fields)
    filtered = {name for each in kind.filters for name in getattr(each, "fields", (each.on,))}
    assert named | filtered | {path.partition(".")[0] for path in kind.redact} <= fields
    assert all("id" in face for face in kind.faces.values())


@EACH
def test_a_kind_has_one_writer_and_its_journal_entries_can_be_asked_for(kind: RecordKind[Any]) -> None:
    assert kind.writer in roles.NAMES
    assert set(kind.entries) <= set(ENTRY_KINDS)


@pytest.mark.parametrize("name", dict.fromkeys((*KINDS.names, *KINDS.subjects)))
@pytest.mark.parametrize("language", catalogue.LANGUAGES)
def test_a_kind_has_its_words_in_both_languages(name: str, language: str) -> None:
    assert catalogue.text(f"record.{name}", language)
    assert catalogue.text(f"record.{name}.many", language)


@EACH
def test_a_kind_has_its_line_in_the_documents(kind: RecordKind[Any]) -> None:
    line = rf"\| `{kind.name}` \| `/api/v1/{kind.plural}` \| {kind.writer} \|"
    assert re.search(line, (DOCS / "add-a-kind.md").read_text())


@pytest.mark.parametrize("name", KINDS.subjects)
def test_a_subject_of_rules_has_its_names_in_the_documents(name: str) -> None:
    (line,) = re.findall(rf"^\| `{name}` \|.*$", (DOCS / "rules.md").read_text(), re.MULTILINE)
    assert [word for word in KINDS.subjects[name].names if not re.search(rf"`{word}[`\[]", line)] == []


def test_a_second_kind_of_one_name_is_refused() -> None:
    with pytest.raises(ValueError, match="already"), KINDS.with_kind(ALL[0]):
        pass
