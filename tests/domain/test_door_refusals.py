"""The door says of what cannot stand what is wrong with it, and what would be right."""

from datetime import timedelta
from typing import Any

import pytest

from domain.door import micros
from domain.errors import FromTheFuture, InvalidEvent
from tests.domain.doors import admit, problems
from tests.ledgers import NOW, cloud


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
        ({"subject": "tel:+6281234567890"}, "/subject", "data.contact_point"),
        ({"subject": "mailto:siti@example.com"}, "/subject", "data.contact_point"),
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
        (
            "purchase.made",
            {"purchase": "1", "currency": "IDR", "total": "5", "lines": [{"product": "p", "amount": "4"}]},
            "/data/total",
            "is 5, but the lines sum up to 4",
        ),
        (
            "purchase.made",
            {"purchase": "1", "currency": "IDR", "lines": [{"product": "p", "amount": 4.5}]},
            "/data/lines/0/amount",
            "is 4.5; it has to be a decimal of zero or more in a string",
        ),
        (
            "purchase.made",
            {"purchase": "1", "currency": "IDR", "lines": [{"product": "p", "amount": "9" * 15}] * 2},
            "/data/lines",
            "sum up to",
        ),
        ("purchase.made", {"purchase": "1", "currency": "IDR", "total": "١٢"}, "/data/total", "a decimal"),
        ("purchase.made", {"purchase": "1", "currency": "IDR", "total": [1, 2]}, "/data/total", "a decimal"),
        (
            "complaint.resolved",
            {"complaint": "1", "redress": {"amount": "1", "currency": "ABC"}},
            "/data/redress/currency",
            "no ISO 4217 currency",
        ),
        ("complaint.resolved", {"complaint": "1", "redress": {"amount": "1"}}, "/data/redress/currency", "is missing"),
        ("customer.registered", {"timezone": "Asia/Djakarta"}, "/data/timezone", "is no IANA time zone"),
        ("customer.registered", {"birthday": "02-30"}, "/data/birthday", "a month and day"),
        ("customer.registered", {"year_of_birth": 1700}, "/data/year_of_birth", "from 1880 up to 2100"),
        ("customer.identified", {"kind": "phone"}, "/data/value", "is missing"),
        ("customer.identified", {"kind": "phone", "value": "call me"}, "/data/value", "cannot be read"),
        ("customer.identified", {"kind": "external", "value": "1"}, "/data/scheme", "is missing"),
        (
            "customer.identified",
            {"kind": "external", "value": "1", "scheme": "CRM"},
            "/data/scheme",
            "could not stand as a subject",
        ),
        ("customer.identified", {"kind": "postal", "value": " \t "}, "/data/value", "blank"),
        ("customer.identifier-removed", {"kind": "email", "value": "nobody"}, "/data/value", "cannot be read"),
        ("feedback.given", {"metric": "csat", "score": 0}, "/data/score", "0 is no CSAT score; 1 to 5 would be"),
        ("promise.made", {"promise": "1", "due": "9999-12-31T23:59:59-12:00"}, "/data/due", "from 1900 to 9998"),
        (
            "preference.stated",
            {"windows": [{"start": "9:00", "end": "24:00"}]},
            "/data/windows/0/start",
            "a time of day",
        ),
        (
            "preference.stated",
            {"windows": [{"start": "09:00", "end": "24:00", "days": ["monday"]}]},
            "/data/windows/0/days/0",
            "one of mon, tue",
        ),
        ("touchpoint.voided", {"target": "that one"}, "/data/target", "an event id of ours"),
        ("touchpoint.voided", {"target": {"id": "1", "day": 3}}, "/data/target", "an event id of ours"),
    ],
)
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


def test_a_flood_of_faults_is_answered_shortly() -> None:
    flood = {"direction": "inbound"} | {f"a{i}": 0 for i in range(20_000)} | {"x" * 5_000: 1}
    found = problems(cloud("1", data=flood))
    assert len(found) == 51
    lines = problems(cloud("1", "purchase.made", {"purchase": "1", "currency": "IDR", "lines": [0] * 5_000}))
    assert len(lines) == 51
    assert "more faults" in lines["/data/lines"]


def test_an_event_that_no_reader_could_take_is_refused() -> None:
    lines = [{"product": f"P{i}", "amount": "1.00"} for i in range(40_000)]
    refused = problems(cloud("1", "purchase.made", {"purchase": "1", "currency": "IDR", "lines": lines}))
    assert "at most 1048576" in refused[""]


def test_nothing_was_recorded_in_times_to_come() -> None:
    with pytest.raises(FromTheFuture) as refused:
        admit(cloud("1", recordedtime="2026-06-03T00:00:00Z"))
    assert refused.value.pointer == "/recordedtime"
