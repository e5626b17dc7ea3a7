import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import api.importing
from api.importing import MappingError, load, parse, shipped
from tests.api.importing import SALES, Memory, import_text, rejects

TICKETS = """
source = "urn:desk"
subject = "desk:{who}"
time = "at"
sequence = "{place}.{step}"

[values]
ticket = "ticket"
who = "who"
state = "state"
handler = { column = "handler", empty = ["", "?"] }
at = { column = "at", read = "time", zone = "UTC" }

[gather]
by = ["ticket"]

[[events]]
type = "complaint.opened"
per = "group"
id = "{ticket}/opened"
data = { complaint = "{ticket}", handler = "{handler}" }

[[events]]
type = "complaint.assigned"
per = "change"
change = { of = "handler" }
id = "{ticket}/assigned/{nth}"
data = { complaint = "{ticket}", handler = "{handler}" }

[[events]]
type = "complaint.resolved"
per = "change"
change = { of = "state", after = ["done"], first = true }
id = "{ticket}/resolved/{nth}"
data = { complaint = "{ticket}" }

[[events]]
type = "complaint.reopened"
per = "change"
change = { of = "state", before = ["done"] }
id = "{ticket}/reopened/{nth}"
data = { complaint = "{ticket}" }
"""

CALLS = """
source = "urn:pbx"
time = "at"

[values]
number = "number"
call = "call"
seconds = { column = "seconds", read = "whole" }
answered = { column = "answered", read = "flag" }
outcome = { column = "answered", map = { yes = "reached", no = "not-reached" } }
cost = { column = "cost", read = "decimal", decimal_mark = "," }
at = { column = "at", read = "time", format = "%d.%m.%Y %H:%M", zone = "Europe/London" }

[[events]]
type = "call.made"
id = "{call}"
data.direction = "inbound"
data.outcome = "{outcome}"
data.duration_s = "{seconds}"
data.summary = "{{cost}} {cost}"
data.contact_point = { kind = "phone", value = "{number}" }
"""


def tickets(tmp_path: Path, *rows: str) -> list[tuple[str, str, str]]:
    memory = Memory()
    import_text(memory, tmp_path, TICKETS, "\n".join(("ticket,who,state,handler,at", *rows)))
    return [(cloud["id"], cloud["time"][11:16], cloud["sequence"]) for cloud in memory.clouds]


def calls(tmp_path: Path, mapping: str, *rows: str) -> list[Mapping[str, Any]]:
    memory = Memory()
    import_text(memory, tmp_path, mapping, "\n".join(("call,number,seconds,answered,cost,at", *rows)))
    return memory.clouds


# --- changes ---------------------------------------------------------------------------------------------------------


def test_changes_become_events_in_order_of_time_and_of_the_rules(tmp_path: Path) -> None:
    found = tickets(
        tmp_path,
        "T1,7,new,?,2026-03-01T09:00",
        "T1,7,done,ani,2026-03-01T11:00",
        "T1,7,new,ani,2026-03-01T12:00",
        "T1,7,new,ani,2026-03-01T10:00",
        "T1,7,done,,2026-03-01T12:00",
    )

    assert found == [
        ("T1/opened", "09:00", "000001.00"),
        ("T1/assigned/1", "10:00", "000004.01"),
        ("T1/resolved/1", "11:00", "000002.02"),
        ("T1/reopened/1", "12:00", "000003.03"),
        ("T1/assigned/2", "12:00", "000005.01"),
        ("T1/resolved/2", "12:00", "000005.02"),
    ]


def test_a_thing_first_seen_in_its_last_state_is_opened_and_resolved(tmp_path: Path) -> None:
    found = tickets(tmp_path, "T1,7,done,ani,2026-03-01T09:00")

    assert [id_ for id_, _, _ in found] == ["T1/opened", "T1/resolved/1"]


def test_things_whose_rows_are_mixed_do_not_touch_each_other(tmp_path: Path) -> None:
    found = tickets(
        tmp_path,
        "T1,7,new,ani,2026-03-01T09:00",
        "T2,8,done,ani,2026-03-01T09:00",
        "T1,7,new,ani,2026-03-01T10:00",
        "T2,8,new,ani,2026-03-01T10:00",
    )

    assert {id_ for id_, _, _ in found} == {"T1/opened", "T2/opened", "T2/resolved/1", "T2/reopened/1"}


# --- values ----------------------------------------------------------------------------------------------------------


def test_values_keep_their_kind_and_absent_ones_leave_their_field_out(tmp_path: Path) -> None:
    [full, bare] = calls(
        tmp_path,
        CALLS,
        'a,+44 20 7946 0000,61.0,yes,"1.234,50",01.07.2026 09:00',
        "b,+44 20 7946 0001,,no,,01.01.2026 09:00",
    )

    assert full["data"] == {
        "direction": "inbound", "outcome": "reached", "duration_s": 61, "summary": "{cost} 1234.50",
        "contact_point": {"kind": "phone", "value": "+44 20 7946 0000"},
    }  # fmt: skip
    assert set(bare["data"]) == {"direction", "outcome", "contact_point"}
    assert "subject" not in full
    assert (full["time"], bare["time"]) == ("2026-07-01T09:00:00+01:00", "2026-01-01T09:00:00+00:00")
    assert (full["sequence"], bare["sequence"]) == ("000000001.00", "000000002.00")


@pytest.mark.parametrize(
    ("option", "offset"), [("", "+01:00"), ('repeated_hour = "later"', "+00:00"), ('repeated_hour = "refuse"', None)]
)
def test_a_time_that_the_clocks_showed_twice_is_what_the_mapping_says(
    tmp_path: Path, option: str, offset: str | None
) -> None:
    mapping = CALLS.replace('"Europe/London"', f'"Europe/London", {option}') if option else CALLS

    found = calls(tmp_path, mapping, "a,+44 20 7946 0000,1,yes,1,25.10.2026 01:30")

    assert [cloud["time"] for cloud in found] == ([f"2026-10-25T01:30:00{offset}"] if offset else [])
    assert len(rejects(tmp_path)) == (0 if offset else 1)


def test_a_time_that_the_clocks_skipped_is_refused_unless_it_may_be_shifted(tmp_path: Path) -> None:
    row = "a,+44 20 7946 0000,1,yes,1,29.03.2026 01:30"
    assert calls(tmp_path, CALLS, row) == []
    assert rejects(tmp_path)[0]["reject_reason"] == "at: the clocks of Europe/London never showed 2026-03-29 01:30"

    [shifted] = calls(tmp_path, CALLS.replace('"Europe/London"', '"Europe/London", skipped_hour = "shift"'), row)

    assert shifted["time"] == "2026-03-29T01:30:00+00:00"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("a,1,1.5,yes,1,01.07.2026 09:00", "seconds: '1.5' is no whole number"),
        (
            "a,1,1,maybe,1,01.07.2026 09:00",
            "answered: 'maybe' is neither true nor false; answered: 'maybe' is none of yes, no",
        ),
        ("a,1,1,yes,NaN,01.07.2026 09:00", "cost: 'NaN' is no number"),
        ("a,1,1,yes,1e900000,01.07.2026 09:00", "cost: '1e900000' is no number"),
        ("a,1,1,yes,1,2026-07-01", "at: '2026-07-01' is not a time written as %d.%m.%Y %H:%M"),
        ("a,1,1,yes,1,", "it has no time"),
        (",1,1,yes,1,01.07.2026 09:00", "call.made.v1: a value that its id is made of is absent"),
    ],
)
def test_what_cannot_be_read_is_refused_with_column_value_and_reason(tmp_path: Path, row: str, reason: str) -> None:
    assert calls(tmp_path, CALLS, row) == []
    assert [found["reject_reason"] for found in rejects(tmp_path)] == [reason]


# --- mistakes in a mapping -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("right", "wrong", "field", "said"),
    [
        ('source = "urn:shop"', "", "source", "Field required"),
        ('"purchase.made"', '"purchase.maid"', "events.0.type", "there is no event type 'purchase.maid'"),
        ("data.total", "data.totl", "events.0", "purchase.made.v1 has no field 'totl'"),
        ("{receipt}", "{slip}", "", "events.0.id speaks of 'slip', which is no value"),
        ('"Asia/Jakarta"', '"Asia/Bandung"', "values.at.zone", "no IANA time zone"),
        (', zone = "Asia/Jakarta"', "", "values.at", "a time needs its `zone`"),
        ('read = "whole"', 'read = "hole"', "values.pieces.read", "'whole'"),
        ('time = "at"', 'time = "price"', "", "is no value with read"),
        ('subject = "shop:{customer}"', "", "", "nothing says whose it is"),
        ("[gather]", "[gathered]", "gathered", "Extra inputs"),
        ('per = "group"', 'per = "change"', "events.0", "`change` belongs to"),
        ('["pieces", "price"]', '["pieces", "product"]', "", "values.amount needs 'product' as a number"),
        ('"IDR"', "1.5", "", "write a decimal in quotes"),
        ("[values]", "[values", "", "this is not TOML"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_mapping_names_the_field_and_what_would_be_right(
    right: str, wrong: str, field: str, said: str
) -> None:
    assert right in SALES

    with pytest.raises(MappingError, match=re.escape(said)) as mistake:
        parse(SALES.replace(right, wrong))

    assert field in [place for place, _ in mistake.value.problems]


def test_a_file_without_the_columns_of_the_mapping_says_which_it_has(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match="Receipt: there is no such column; there are Customer, Till"):
        import_text(Memory(), tmp_path, SALES, "Customer,Till\n7,1\n")


def test_an_unknown_mapping_says_which_there_are() -> None:
    with pytest.raises(MappingError, match="incident-log, online-retail"):
        load("online-retial")


def test_the_mappings_that_ship_are_valid() -> None:
    assert shipped() == ["incident-log", "online-retail"]
    assert all(load(name).about for name in shipped())


def test_the_example_of_the_readme_is_valid() -> None:
    readme = (Path(api.importing.__file__).parent / "README.md").read_text()
    [example] = re.findall(r"```toml\n(.*?)```", readme, re.DOTALL)

    assert parse(example).events[0].type == "purchase.made.v1"
