"""Whatever comes to the door is let in readable or refused; nothing else happens."""

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain import upcast
from domain.errors import InvalidIdentifier, Refusal
from domain.vocabulary import ENVELOPE, TYPES, hints
from tests.domain.doors import DOOR, admit
from tests.domain.goldens import CLOUDS

leaves = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(), max_size=12)
)
telling = st.sampled_from(
    [
        "",
        " ",
        "\n",
        "inbound",
        "phone",
        "1e999999999",
        "NaN",
        "-0",
        "call.made",
        "+62812",
        "a@b",
        "crm:1",
        "2026-03-01T09:00:00Z",
        "9" * 30,
        "\ud800",
        {"id": "x"},
        {"kind": "phone", "value": "0"},
    ]
)
anything = st.recursive(
    leaves | telling,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
names = sorted({n for kind in TYPES.values() for n in hints(kind)} | ENVELOPE | {"contact_point", "", "\ud800"})


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(sorted(CLOUDS)), st.data())
def test_whatever_stands_in_a_field_is_let_in_readable_or_refused(type_: str, data: st.DataObject) -> None:
    raw = CLOUDS[type_]
    fields = st.sampled_from(sorted(raw["data"])) | st.sampled_from(names)
    inner = data.draw(st.dictionaries(fields, anything, max_size=3), "data")
    outer = data.draw(
        st.dictionaries(st.sampled_from([*raw, "recordedtime", "extra"]), anything, max_size=1), "attributes"
    )
    raw = raw | {"data": raw["data"] | inner} | outer
    try:
        touchpoint = admit(raw)
    except Refusal as why:
        refusal = why
    else:
        assert upcast.read(touchpoint.clear) == touchpoint.event
        assert upcast.write(touchpoint.event) == touchpoint.clear
        msgspec.json.encode(touchpoint.sealed)
        return
    assert refusal.detail
    assert all(said for _, said in refusal.problems)


@settings(max_examples=150, deadline=None)
@given(anything)
def test_whatever_comes_in_place_of_an_event_is_refused(raw: Any) -> None:
    with pytest.raises(Refusal):
        admit(raw)


@settings(max_examples=150, deadline=None)
@given(telling | anything)
def test_whatever_stands_for_a_contact_point_is_normalised_or_refused(point: Any) -> None:
    try:
        found = DOOR.contact_point(point)
    except InvalidIdentifier:
        return
    assert found.text == DOOR.contact_point({"kind": found.kind, "value": found.text}).text, (
        "the normal form is its own normal form"
    )
