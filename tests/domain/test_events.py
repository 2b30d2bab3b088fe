"""The closed union of what goes into a log."""

from __future__ import annotations

import dataclasses
import typing
from typing import Any

import pytest

from sandbox.domain import events
from sandbox.domain.events import VERSION, Event, TimeAdvanced, body

KINDS = typing.get_args(Event)
each_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.type)


def test_every_event_class_of_the_module_is_part_of_the_union_and_has_a_type_of_its_own() -> None:
    defined = {one for one in vars(events).values() if dataclasses.is_dataclass(one)}
    assert set(KINDS) == defined
    assert len({kind.type for kind in KINDS}) == len(KINDS)


@each_kind
def test_a_body_has_the_schema_version_the_type_and_every_field(kind: type[Event]) -> None:
    names = [field.name for field in dataclasses.fields(kind)]
    written = body(filled(kind))
    assert written == {"v": VERSION, "type": kind.type, **{name: f"<{name}>" for name in names}}
    assert not {"v", "type"} & set(names)


@each_kind
def test_an_event_cannot_be_changed_and_says_what_it_is(kind: type[Event]) -> None:
    event = filled(kind)
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(event, dataclasses.fields(kind)[0].name, "another")
    assert kind.__doc__


@each_kind
def test_no_field_holds_a_float(kind: type[Event]) -> None:
    hints = typing.get_type_hints(kind)
    assert not [name for name, hint in hints.items() if "float" in str(hint)]


def test_amounts_that_could_outgrow_a_json_number_are_text() -> None:
    hints = typing.get_type_hints(events.TransactionRecorded)
    assert hints["value"] is str and hints["data"] is str


def test_a_body_keeps_integers_as_they_are() -> None:
    assert body(TimeAdvanced(3, 60, 1_800_000_060)) == {
        "v": 1, "type": "time_advanced", "step": 3, "seconds": 60, "timestamp": 1_800_000_060,
    }  # fmt: skip


def filled(kind: Any) -> Event:
    """An event whose every field holds its own name."""
    event: Event = kind(**{field.name: f"<{field.name}>" for field in dataclasses.fields(kind)})
    return event
