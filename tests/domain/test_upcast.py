"""What was ever stored can be read for ever."""

from typing import Any

import msgspec
import pytest

from domain import upcast
from domain.events import CallMade, Event
from domain.vocabulary import TYPES, sealed_fields
from tests.domain.goldens import STORED


def test_every_type_has_a_golden_example() -> None:
    assert TYPES.keys() <= STORED.keys()


@pytest.mark.parametrize("golden", STORED.values(), ids=STORED.keys())
def test_a_stored_form_is_read_as_it_was_meant(golden: dict[str, Any]) -> None:
    event = upcast.read(msgspec.json.encode(golden["stored"]))
    assert msgspec.json.decode(msgspec.json.encode(msgspec.to_builtins(event))) == golden["read"]


CURRENT = {name: golden for name, golden in STORED.items() if golden["stored"]["type"] in TYPES}


@pytest.mark.parametrize("golden", CURRENT.values(), ids=CURRENT.keys())
def test_a_current_form_is_stored_as_ever(golden: dict[str, Any]) -> None:
    event = upcast.read(msgspec.json.encode(golden["stored"]))
    assert msgspec.json.decode(upcast.write(event)) == golden["stored"]
    assert not set(golden["stored"]) & {*sealed_fields(type(event)), "sealed_refs", "sealed_data", "version"}
    assert set(golden["sealed"]) >= {n for n in sealed_fields(type(event)) if n in golden["sealed"]}


def test_a_whole_history_is_read_in_one_call() -> None:
    lines = [golden["stored"] for golden in STORED.values()]
    assert upcast.read_many(msgspec.json.encode(lines)) == [upcast.read(msgspec.json.encode(line)) for line in lines]
    assert upcast.read_many(b"[]") == []


def test_upcasters_chain_from_version_to_version() -> None:
    def first(stored: dict[str, Any]) -> dict[str, Any]:
        return {**stored, "type": "call.made.v0b", "who": stored["by"].lower()}

    def second(stored: dict[str, Any]) -> dict[str, Any]:
        kept = {n: v for n, v in stored.items() if n not in {"by", "who"}}
        return {**kept, "type": "call.made.v1", "staff": stored["who"]}

    upcasters = {"call.made.v0": first, "call.made.v0b": second}
    current = STORED["call.made.v1"]["stored"]
    old = {n: v for n, v in current.items() if n != "staff"} | {"type": "call.made.v0", "by": current["staff"].upper()}
    expected = upcast.read(msgspec.json.encode(current))
    assert isinstance(expected, CallMade)
    assert upcast.read(msgspec.json.encode(old), upcasters) == expected
    mixed: list[Event] = upcast.read_many(msgspec.json.encode([current, old, current]), upcasters)
    assert mixed == [expected] * 3


def test_what_nobody_can_read_is_not_passed_over() -> None:
    with pytest.raises(msgspec.ValidationError):
        upcast.read(b'{"type":"call.faked.v1","id":"x","at":1,"source":"y"}')
