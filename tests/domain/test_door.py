"""The door lets in what can stand, reads references as ids of ours, and knows who is meant."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import upcast
from domain.errors import InvalidIdentifier
from domain.events import ComplaintClosed, ComplaintLinked, ComplaintOpened, PurchaseMade, TouchpointCorrected
from domain.vocabulary import TYPES, hints, sealed_fields
from tests.domain.doors import admit, problems
from tests.domain.goldens import CLOUDS
from tests.ledgers import NOW, cloud

# --- what is let in --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("raw", CLOUDS.values(), ids=CLOUDS.keys())
def test_every_type_is_let_in_with_every_field_and_is_read_again_as_it_was_written(raw: dict[str, Any]) -> None:
    touchpoint = admit(raw)
    kind = TYPES[touchpoint.type]
    assert touchpoint.type == f"{raw['type'].removesuffix('.v1')}.v1"
    assert upcast.read(touchpoint.clear) == touchpoint.event
    assert upcast.write(touchpoint.event) == touchpoint.clear
    given_fields = set(raw["data"]) - {"contact_point"}
    assert given_fields <= set(hints(kind))
    if raw is [c for c in CLOUDS.values() if c["type"] == raw["type"]][-1]:
        assert given_fields == set(hints(kind)), "the last example has to show every field"
    assert {n for n in given_fields if n in touchpoint.sealed} == given_fields & set(sealed_fields(kind))
    assert all(getattr(touchpoint.event, n) is None for n in sealed_fields(kind))


def test_a_type_may_be_named_with_or_without_its_version() -> None:
    assert admit(cloud("1", "call.made")).type == admit(cloud("1", "call.made.v1")).type == "call.made.v1"


def test_time_keeps_its_offset_beside_the_instant() -> None:
    event = admit(cloud("1", time="2026-03-01T09:00:00.123456+07:00")).event
    assert (event.at, event.offset) == (1_772_330_400_123_456, 420)
    assert admit(cloud("1", time="2026-03-01T02:00:00Z")).event.offset == 0
    assert admit(cloud("1", time="2026-02-28T20:30:00-05:30")).event.offset == -330


@given(
    st.datetimes(min_value=NOW.replace(tzinfo=None, year=1901), max_value=NOW.replace(tzinfo=None)),
    st.integers(-14 * 60, 14 * 60),
)
def test_no_microsecond_is_lost(local: Any, minutes: int) -> None:
    sign, size = ("-" if minutes < 0 else "+"), abs(minutes)
    event = admit(
        cloud("1", time=f"{local.isoformat(timespec='microseconds')}{sign}{size // 60:02}:{size % 60:02}")
    ).event
    shown = NOW.replace(tzinfo=None).fromisoformat("1970-01-01") + timedelta(
        microseconds=event.at, minutes=event.offset
    )
    assert (shown, event.offset) == (local, minutes)


def test_other_attributes_are_left_alone_and_count_as_content() -> None:
    plain, extended = admit(cloud("1")), admit(cloud("1", traceparent="00-1"))
    assert plain.event == extended.event
    assert plain.content != extended.content


def test_the_order_of_fields_does_not_count_as_content() -> None:
    raw = cloud("1")
    assert admit(dict(reversed(raw.items()))).content == admit(raw).content


# --- references ------------------------------------------------------------------------------------------------------


def complaint(raw: dict[str, Any]) -> str:
    event = admit(raw).event
    assert isinstance(event, ComplaintClosed)
    return event.complaint


def test_references_are_scoped_by_the_system_that_issued_them() -> None:
    def referring(ref: Any, source: str) -> str:
        return complaint(cloud("1", "complaint.closed", {"complaint": ref}, source=source))

    assert referring("X1", "urn:a") == referring("X1", "urn:a")
    assert referring("X1", "urn:a") != referring("X1", "urn:b")
    assert referring("X1", "urn:a") != referring("X2", "urn:a")
    assert referring({"source": "urn:a", "id": "X1"}, "urn:b") == referring("X1", "urn:a")
    assert referring({"id": "X1"}, "urn:a") == referring("X1", "urn:a")


def test_a_reference_of_one_kind_is_none_of_another() -> None:
    opened = admit(cloud("1", "complaint.opened", {"complaint": "X1", "order": "X1"})).event
    assert isinstance(opened, ComplaintOpened)
    assert len({opened.complaint, opened.order}) == 2


def test_a_linked_cause_is_a_complaint() -> None:
    linked = admit(cloud("1", "complaint.linked", {"complaint": "X1", "cause": "X2"})).event
    assert isinstance(linked, ComplaintLinked)
    assert linked.cause == complaint(cloud("2", "complaint.closed", {"complaint": "X2"}))


def test_an_id_of_ours_stands_for_itself() -> None:
    ours = complaint(cloud("1", "complaint.closed", {"complaint": "X1"}))
    assert complaint(cloud("2", "complaint.closed", {"complaint": ours}, source="urn:another")) == ours


@pytest.mark.parametrize(
    "ref", ["", "x" * 201, 5, {"id": ""}, {"source": 3, "id": "X1"}, {"id": "X1", "kind": "y"}, ["X1"], True]
)
def test_what_is_no_reference_is_refused(ref: Any) -> None:
    assert (
        "a reference of 1 to 200 characters"
        in problems(cloud("1", "complaint.closed", {"complaint": ref}))["/data/complaint"]
    )


# --- who is meant ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given_point", "kind", "text"),
    [
        ("0812 3456 7890", "phone", "+6281234567890"),
        ("+62 (812) 3456-7890", "phone", "+6281234567890"),
        ({"kind": "phone", "value": "+44 20 7946 0958"}, "phone", "+442079460958"),
        ({"kind": "whatsapp", "value": "0812-3456-7890"}, "phone", "+6281234567890"),
        ("Ani@Example.COM", "email", "ani@example.com"),
        ({"kind": "telegram", "value": " AniS "}, "telegram", "anis"),
        ({"kind": "postal", "value": "Jl.  Merdeka 1,\nJakarta"}, "postal", "jl. merdeka 1, jakarta"),
    ],
)
def test_contact_points_have_one_normal_form(given_point: Any, kind: str, text: str) -> None:
    touchpoint = admit(cloud("1", data={"direction": "inbound", "contact_point": given_point}, subject=None))
    assert touchpoint.point is not None
    assert (touchpoint.point.kind, touchpoint.point.text) == (kind, text)
    assert touchpoint.sealed["contact_point"] == touchpoint.point.given


@pytest.mark.parametrize(
    "given_point",
    [
        "0812",
        "nobody@",
        "@",
        "",
        5,
        [],
        {"kind": "phone"},
        {"kind": "fax", "value": "1"},
        {"kind": "external", "value": "1"},
        {"kind": "email", "value": "a@b.example", "x": 1},
        {"kind": "telegram", "value": "  "},
        {"kind": ["phone"], "value": "0812"},
    ],
)
def test_what_is_no_contact_point_is_refused(given_point: Any) -> None:
    with pytest.raises(InvalidIdentifier) as caught:
        admit(cloud("1", data={"direction": "inbound", "contact_point": given_point}, subject=None))
    assert caught.value.pointer.startswith("/data/contact_point")


def test_events_beside_customers_need_no_subject_and_take_no_contact_point() -> None:
    assert admit(cloud("1", "staff.registered", {"staff": "ani", "name": "Ani"}, subject=None)).point is None
    assert "/data/contact_point" in problems(
        cloud("1", "staff.registered", {"staff": "ani", "contact_point": "0812"}, subject=None)
    )


# --- corrections -----------------------------------------------------------------------------------------------------


def correction(target_type: str, data: Any, **more: Any) -> dict[str, Any]:
    return cloud("9", "touchpoint.corrected", {"target": {"id": "1"}, "target_type": target_type, "data": data, **more})


def test_a_correction_is_read_as_strictly_as_its_target_and_split_like_it() -> None:
    touchpoint = admit(
        correction("call.made", {"direction": "outbound", "summary": "we called", "complaint": "X1"}, reason="typo")
    )
    event = touchpoint.event
    assert isinstance(event, TouchpointCorrected)
    assert event.target == admit(cloud("1")).event.id
    assert event.target_type == "call.made.v1"
    assert event.data == {
        "direction": "outbound",
        "complaint": complaint(cloud("2", "complaint.closed", {"complaint": "X1"})),
    }
    assert touchpoint.sealed["sealed_data"] == {"summary": "we called", "sealed_refs": {"complaint": "X1"}}
    assert b"we called" not in touchpoint.clear
    assert upcast.read(touchpoint.clear) == event


def test_a_corrected_purchase_has_its_total() -> None:
    lines = [{"product": "p", "amount": "2.50"}, {"product": "q", "amount": "1"}]
    event = admit(correction("purchase.made", {"purchase": "1", "currency": "IDR", "lines": lines})).event
    assert isinstance(event, TouchpointCorrected)
    sent = admit(cloud("1", "purchase.made", {"purchase": "1", "currency": "IDR", "lines": lines})).event
    assert isinstance(sent, PurchaseMade)
    assert event.data["total"] == sent.total == "3.50"


@pytest.mark.parametrize(
    ("raw", "pointer"),
    [
        (correction("call.made", {"direction": "up", "stafff": "x"}), "/data/data/direction"),
        (correction("call.made", {"direction": "up", "stafff": "x"}), "/data/data/stafff"),
        (correction("call.made", 5), "/data/data"),
        (correction("staff.absent", {}), "/data/target_type"),
        (correction("touchpoint.voided", {}), "/data/target_type"),
        (correction("no.such", {}), "/data/target_type"),
        (correction("call.made", {"direction": "inbound"}, sealed_data={"x": 1}), "/data/sealed_data"),
        (correction("call.made", {"direction": "inbound"}, time="2026-06-03T00:00:00Z"), "/data/time"),
        (correction("customer.identified", {"kind": "phone", "value": "x"}), "/data/data/value"),
        (correction("purchase.made", {"purchase": "1", "currency": "XYZ"}), "/data/data/currency"),
    ],
)
def test_a_correction_that_could_not_stand_in_its_targets_place_is_refused(raw: dict[str, Any], pointer: str) -> None:
    assert pointer in problems(raw)
