"""The door lets in what can stand, and says of everything else what is wrong with it and what would be right."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain import upcast
from domain.door import Door, Touchpoint, micros
from domain.errors import FromTheFuture, InvalidEvent, InvalidIdentifier, Refusal
from domain.events import PurchaseMade, TouchpointCorrected
from domain.sealing import Secrets
from domain.vocabulary import ENVELOPE, TYPES, hints, sealed_fields
from tests.domain.goldens import CLOUDS
from tests.ledgers import NOW, cloud

DOOR = Door(Secrets(b"a" * 32, b"b" * 32, b"c" * 32))


def admit(raw: Any) -> Touchpoint:
    return DOOR.admit(raw, actor="tester", now=NOW)


def problems(raw: Any) -> dict[str, str]:
    with pytest.raises(Refusal) as caught:
        admit(raw)
    assert caught.value.pointer == caught.value.problems[0][0]
    return dict(caught.value.problems)


# --- what is let in --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("raw", CLOUDS.values(), ids=CLOUDS.keys())
def test_every_type_is_let_in_with_every_field_and_is_read_again_as_it_was_written(raw: dict[str, Any]) -> None:
    touchpoint = admit(raw)
    kind = TYPES[touchpoint.type]
    assert touchpoint.type == f"{raw['type'].removesuffix('.v1')}.v1"
    assert upcast.read(touchpoint.clear) == touchpoint.event
    assert upcast.write(touchpoint.event) == touchpoint.clear
    given_fields = set(raw["data"]) - {"contact_point"}
    assert given_fields == set(hints(kind)), "an example has to show every field"
    assert {n for n in given_fields if n in touchpoint.sealed} == set(sealed_fields(kind))
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
    return getattr(admit(raw).event, "complaint")  # noqa: B009 - not on every event


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
    assert isinstance(opened, TYPES["complaint.opened.v1"])
    assert len({opened.complaint, opened.order}) == 2  # type: ignore[attr-defined]


def test_a_linked_cause_is_a_complaint() -> None:
    linked = admit(cloud("1", "complaint.linked", {"complaint": "X1", "cause": "X2"})).event
    assert getattr(linked, "cause") == complaint(cloud("2", "complaint.closed", {"complaint": "X2"}))  # noqa: B009 - as above


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


# --- what is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "pointer", "said"),
    [
        ({"type": "call.mde"}, "/type", "perhaps call.made"),
        ({"type": "zzz"}, "/type", "78 known ones"),
        ({"type": "call.made.v2"}, "/type", "not in the vocabulary"),
        ({"specversion": "0.3"}, "/specversion", "'0.3'; it has to be \"1.0\""),
        ({"time": "2026-03-01"}, "/time", "an RFC 3339 time with an offset"),
        ({"time": "2026-03-01T09:00:00"}, "/time", "an RFC 3339 time with an offset"),
        ({"time": 5}, "/time", "is 5; it has to be an RFC 3339 time"),
        ({"time": "0001-01-01T00:00:00+14:00"}, "/time", "before 1900"),
        ({"time": "2026-06-02T12:00:01Z"}, "/time", "more than a day ahead"),
        ({"id": ""}, "/id", "1 to 400 characters"),
        ({"id": "x" * 401}, "/id", "1 to 400 characters"),
        ({"source": "a\x00b"}, "/source", "1 to 400 characters"),
        ({"source": None}, "/source", "is missing"),
        ({"sequence": 7}, "/sequence", "is 7; it has to be a text that sorts in your order"),
        ({"subject": "nobody"}, "/subject", "scheme:value"),
        ({"subject": "CRM:1"}, "/subject", "scheme:value"),
        ({"subject": "crm: "}, "/subject", "scheme:value"),
        ({"subject": None}, "/subject", "subject or data.contact_point"),
        ({"data": 5}, "/data", "is 5; it has to be a JSON object"),
        ({"data": None}, "/data", "is missing"),
        ({"data": {}}, "/data/direction", "is missing; it has to be one of inbound, outbound"),
        (
            {"data": {"direction": "sideways"}},
            "/data/direction",
            "is 'sideways'; it has to be one of inbound, outbound",
        ),
        ({"data": {"direction": None}}, "/data/direction", "is None; it has to be one of"),
        ({"data": {"direction": "inbound", "stafff": "ani"}}, "/data/stafff", "perhaps staff was meant"),
        ({"data": {"direction": "inbound", "at": 5}}, "/data/at", "is unknown here"),
        ({"data": {"direction": "inbound", "sealed_refs": {}}}, "/data/sealed_refs", "is unknown here"),
        (
            {"data": {"direction": "inbound", "duration_s": -1}},
            "/data/duration_s",
            "is -1; it has to be a whole number from 0 up to 604800",
        ),
        (
            {"data": {"direction": "inbound", "duration_s": 1.5}},
            "/data/duration_s",
            "is 1.5; it has to be a whole number",
        ),
        (
            {"data": {"direction": "inbound", "staff": "ani\n"}},
            "/data/staff",
            "is 'ani\\n'; it has to be a code of 1 to 120 characters",
        ),
        ({"data": {"direction": "inbound", "staff": "a\x00b"}}, "/data/staff", "a code of 1 to 120 characters"),
        (
            {"data": {"direction": "inbound", "contact_point": "0812 3456 789"}},
            "/data/contact_point",
            "no place beside subject",
        ),
    ],
)
def test_a_refusal_names_field_and_value_and_what_would_be_right(
    change: dict[str, Any], pointer: str, said: str
) -> None:
    assert said in problems(cloud("1") | change)[pointer]


@pytest.mark.parametrize(
    ("type_", "data", "pointer", "said"),
    [
        ("purchase.made", {"purchase": "1", "currency": "XYZ"}, "/data/currency", "'XYZ' is no ISO 4217 currency"),
        ("purchase.made", {"purchase": "1", "currency": "IDR", "total": "5", "lines": [{"product": "p", "amount": "4"}]}, "/data/total", "is 5, but the lines sum up to 4"),
        ("purchase.made", {"purchase": "1", "currency": "IDR", "lines": [{"product": "p", "amount": 4.5}]}, "/data/lines/0/amount", "is 4.5; it has to be a decimal of zero or more in a string"),
        ("purchase.made", {"purchase": "1", "currency": "IDR", "lines": [{"product": "p", "amount": "9" * 15}] * 2}, "/data/lines", "sum up to"),
        ("purchase.made", {"purchase": "1", "currency": "IDR", "total": "١٢"}, "/data/total", "a decimal"),
        ("purchase.made", {"purchase": "1", "currency": "IDR", "total": [1, 2]}, "/data/total", "a decimal"),
        ("complaint.resolved", {"complaint": "1", "redress": {"amount": "1", "currency": "ABC"}}, "/data/redress/currency", "no ISO 4217 currency"),
        ("complaint.resolved", {"complaint": "1", "redress": {"amount": "1"}}, "/data/redress/currency", "is missing"),
        ("customer.registered", {"timezone": "Asia/Djakarta"}, "/data/timezone", "is no IANA time zone"),
        ("customer.registered", {"birthday": "02-30"}, "/data/birthday", "a month and day"),
        ("customer.registered", {"year_of_birth": 1700}, "/data/year_of_birth", "from 1880 up to 2100"),
        ("customer.identified", {"kind": "phone"}, "/data/value", "is missing"),
        ("customer.identified", {"kind": "phone", "value": "call me"}, "/data/value", "cannot be read"),
        ("customer.identified", {"kind": "external", "value": "1"}, "/data/scheme", "is missing"),
        ("customer.identified", {"kind": "external", "value": "1", "scheme": "CRM"}, "/data/scheme", "could not stand as a subject"),
        ("customer.identified", {"kind": "postal", "value": " \t "}, "/data/value", "blank"),
        ("customer.identifier-removed", {"kind": "email", "value": "nobody"}, "/data/value", "cannot be read"),
        ("feedback.given", {"metric": "csat", "score": 0}, "/data/score", "0 is no CSAT score; 1 to 5 would be"),
        ("promise.made", {"promise": "1", "due": "9999-12-31T23:59:59-12:00"}, "/data/due", "from 1900 to 9998"),
        ("preference.stated", {"windows": [{"start": "9:00", "end": "24:00"}]}, "/data/windows/0/start", "a time of day"),
        ("preference.stated", {"windows": [{"start": "09:00", "end": "24:00", "days": ["monday"]}]}, "/data/windows/0/days/0", "one of mon, tue"),
        ("touchpoint.voided", {"target": "that one"}, "/data/target", "an event id of ours"),
        ("touchpoint.voided", {"target": {"id": "1", "day": 3}}, "/data/target", "an event id of ours"),
    ],
)  # fmt: skip
def test_impossible_values_are_refused(type_: str, data: dict[str, Any], pointer: str, said: str) -> None:
    assert said in problems(cloud("1", type_, data))[pointer]


def test_all_faults_are_named_at_once() -> None:
    data = {"direction": "up", "stafff": "x", "duration_s": "long", "thread": ""}
    assert problems(cloud("1", data=data)).keys() == {
        "/data/direction",
        "/data/stafff",
        "/data/duration_s",
        "/data/thread",
    }
    assert problems({"specversion": 1, "source": "", "type": "call.made", "data": []}).keys() == {
        "/specversion",
        "/id",
        "/source",
        "/time",
        "/data",
    }
    lines = [{"product": "p", "amount": "x"}, {"amount": "1", "colour": "red"}]
    faults = problems(cloud("1", "purchase.made", {"purchase": "1", "currency": "idr", "lines": lines}))
    assert faults.keys() == {"/data/currency", "/data/lines/0/amount", "/data/lines/1/colour", "/data/lines/1/product"}


@pytest.mark.parametrize("raw", [None, 5, "text", [], [cloud("1")], True])
def test_what_is_no_object_is_no_event(raw: Any) -> None:
    with pytest.raises(InvalidEvent, match="is no CloudEvent"):
        admit(raw)


def test_a_day_ahead_is_still_let_in() -> None:
    assert admit(cloud("1", time=(NOW + timedelta(days=1)).isoformat())).occurred == micros(NOW) + 86_400_000_000
    with pytest.raises(FromTheFuture):
        admit(cloud("1", time=(NOW + timedelta(days=1, microseconds=1)).isoformat()))


def test_sealed_text_is_not_repeated_whole_in_a_refusal() -> None:
    said = problems(cloud("1", data={"direction": "inbound", "summary": ["my secret " * 9]}))["/data/summary"]
    assert len(said) < 140


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


@pytest.mark.parametrize("given_point", ["0812", "nobody@", "@", "", 5, [], {"kind": "phone"}, {"kind": "fax", "value": "1"}, {"kind": "external", "value": "1"}, {"kind": "email", "value": "a@b.example", "x": 1}, {"kind": "telegram", "value": "  "}, {"kind": ["phone"], "value": "0812"}])  # fmt: skip
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


# --- whatever comes --------------------------------------------------------------------------------------------------

leaves = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(), max_size=12)
)
telling = st.sampled_from(["", " ", "\n", "inbound", "phone", "1e999999999", "NaN", "-0", "call.made", "+62812", "a@b", "crm:1", "2026-03-01T09:00:00Z", "9" * 30, "\ud800", {"id": "x"}, {"kind": "phone", "value": "0"}])  # fmt: skip
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
    except Refusal as refusal:
        assert refusal.detail
        assert all(said for _, said in refusal.problems)
    else:
        assert upcast.read(touchpoint.clear) == touchpoint.event
        assert upcast.write(touchpoint.event) == touchpoint.clear
        msgspec.json.encode(touchpoint.sealed)


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
