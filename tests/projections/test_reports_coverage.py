"""Every contact that was due on a day is done, held, missed or pending, and nothing else."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.events import (
    CallMade,
    ContactAttempted,
    Conversation,
    CoverArranged,
    CustomerIdentified,
    CustomerRegistered,
    Event,
    ManagerAssigned,
    OutreachCancelled,
    OutreachDone,
    OutreachPlanned,
    OutreachSnoozed,
    PreferenceStated,
    PromiseBroken,
    PromiseKept,
    PromiseMade,
    PromiseReleased,
    RelationshipEnded,
    StaffAbsent,
    StaffRegistered,
)
from domain.facts import DAY, NEVER
from domain.order import effective
from domain.rules import compile_rules, first_rules, shipped
from projections import asof, fold, outreach
from projections.inforce import IN_FORCE, Schedule
from projections.reports.coverage import STATES, Days, Item
from tests.examples import day, moment
from tests.projections.histories import histories
from tests.projections.reporting import asked, frame, report, seen
from tests.spec import a

NOON = 3  # hours after 09:00 in Jakarta


def days_of(told: list[Event], first: float, last: float, as_of: int | None = None) -> dict[int, list[Item]]:
    """What was due, by the first moment of the day."""
    over = frame(asked(as_of=as_of if as_of is not None else day(last), since=day(first)))
    customer = seen(1, told, over)
    return {start: items for start, _, items in Days(customer, over)} if customer.events else {}


def by_hand(told: list[Event], end: int, edge: int) -> set[str]:
    """What the fold of the history, cut at a moment, plans before the end of the day."""
    found = asof.rows_at(fold, told, first_rules(), edge)
    rows = [] if found is None else [r for r in found.tables["outreach"] if r[0] <= edge < r[1]]
    named = {0: "promise ", 1: "planned "}
    return {named.get(r[3], "") + r[2] for r in rows if r[5] < end and r[7] != "ended"}


@settings(max_examples=25, deadline=None)
@given(
    told=histories(most=25, amended=True), first=st.sampled_from([-2, 28, 88, 178, 364]), length=st.sampled_from([4, 8])
)
def test_due_is_what_the_fold_plans_each_day_and_what_was_settled_on_it(
    told: list[Event], first: int, length: int
) -> None:
    found = days_of(told, first, first + length)
    for start, items in found.items():
        keys = [item.item for item in items]
        assert len(keys) == len(set(keys))
        settled = {i.item for i in items if i.state == "done" or i.reason in SETTLING}
        end = start + DAY
        assert set(keys) - settled == by_hand(told, end, min(end - 1, day(first + length))) - settled
        for item in items:
            _made_that_day(item, [e for e in effective(told) if start <= e.at < end])


SETTLING = {"put-off", "snoozed", "cancelled", "released", "broken", "not-reached", "forgotten"}


def _made_that_day(item: Item, events: list[Event]) -> None:
    if item.state == "done" and item.item == "rhythm":
        said = (Conversation, OutreachDone, ContactAttempted)  # they were reached, or were said to be
        assert any(isinstance(e, said) and e.outcome == "reached" for e in events)
    elif item.state == "done" and item.kind == "promise":
        assert any(isinstance(e, PromiseKept) and item.item == f"promise {e.promise}" for e in events)
    elif item.state == "done":
        assert any(isinstance(e, OutreachDone | Conversation) for e in events)


@settings(max_examples=25, deadline=None)
@given(
    told=st.lists(histories(most=25), min_size=1, max_size=3),
    by=st.sampled_from([(), ("manager",), ("manager", "acting"), ("kind", "tier"), ("reason",)]),
    every=st.sampled_from([None, "day", "month"]),
)
def test_the_states_add_up_to_what_was_due(told: list[list[Event]], by: tuple[str, ...], every: str | None) -> None:
    question: dict[str, Any] = {"as_of": day(100), "since": day(85)}
    rows = report("coverage", told, **question, by=by, every=every)
    daily = report("coverage", told, **question, every="day")
    assert all(row["due"] == sum(row[state] for state in STATES) for row in rows)
    for name in ("due", "new", *STATES):
        assert sum(row[name] for row in rows) == sum(row[name] for row in daily)


@settings(max_examples=40, deadline=None)
@given(told=histories(most=25, amended=True), ahead=st.sampled_from([0, 0, 1, 3, 40, 200, 700]))
def test_everybody_is_due_at_a_date_held_with_a_reason_or_unreachable_with_one(told: list[Event], ahead: int) -> None:
    moments = sorted({event.at for event in effective(told)} | {day(ahead), day(ahead) + DAY // 3})
    for at in moments:
        found = asof.rows_at(fold, told, first_rules(), at)
        if found is None:
            continue
        columns = [name for name, _ in outreach.TABLE.columns]
        rows = [dict(zip(columns, row, strict=True)) for row in found.tables["outreach"] if row[0] <= at < row[1]]
        keys = [(row["class"], row["item"]) for row in rows]
        assert len(keys) == len(set(keys))
        assert len([row for row in rows if row["item"] == "rhythm"]) == 1
        for row in rows:
            assert row["ready"] == (not row["held"] and not row["unreachable"])
            assert row["held"] is None or row["held"]
            assert row["due_at"] > 0
            assert row["purpose"]
            assert not row["ready"] or row["channel"]


AWAY = [
    a(StaffRegistered, -100, staff="ani"),
    a(StaffRegistered, -100, staff="budi"),
    a(StaffAbsent, 4, staff="ani", until=moment(6, NOON), cover="budi"),
]


@pytest.mark.parametrize(
    ("then", "number", "acting"),
    [
        (None, 5, "budi"),  # ani is away, and nobody called
        (None, 7, "ani"),  # she is back
        (a(CoverArranged, 1, cover="citra", until=moment(30)), 5, "citra"),  # of this customer, whoever covers the book
        (a(PreferenceStated, 1, staff=("dewi",)), 5, "dewi"),  # who does not accept budi
        (a(PreferenceStated, 1, staff_traits={"language": "jv"}), 5, None),  # and there nobody is left
    ],
)
def test_a_contact_counts_for_who_cares_for_the_customer_on_the_day(
    then: Event | None, number: int, acting: str | None
) -> None:
    told = [a(CustomerRegistered), a(ManagerAssigned, 0, manager="ani"), PROMISE, *([then] if then else [])]
    question: dict[str, Any] = {"since": day(number), "as_of": day(number, 12), "by": ("manager", "acting", "kind")}
    rows = [r for r in report("coverage", [told], beside=AWAY, **question) if r["kind"] == "promise"]
    assert [(r["manager"], r["acting"]) for r in rows] == [("ani", acting)]


def test_a_contact_that_was_made_counts_for_who_made_it() -> None:
    told = [
        a(CustomerRegistered), a(ManagerAssigned, 0, manager="ani"),
        a(CallMade, 400, direction="outbound", outcome="reached", staff="budi"),
    ]  # fmt: skip
    rows = report("coverage", [told], since=day(399), as_of=day(401), by=("acting", "manager"), every="day")
    assert [(r["acting"], r["manager"], r["held"], r["done"]) for r in rows if r["due"]] == [
        ("ani", "ani", 1, 0), ("budi", "ani", 0, 1),
    ]  # fmt: skip


def one(told: list[Event], number: float) -> Item:
    """The promise or planned contact that was due on a day."""
    [item] = [i for i in days_of(told, number, number + 0.9)[_start(number)] if i.kind != "rhythm"]
    return item


def _start(number: float) -> int:
    return frame(asked()).days.start(frame(asked()).days.day(day(number)))


PROMISE = a(PromiseMade, 1, promise="p", due=moment(5, NOON))
PLAN = a(OutreachPlanned, 1, outreach="o", due=moment(5, NOON), purpose="relationship", channel="email")


@pytest.mark.parametrize(
    ("then", "number", "state", "reason"),
    [
        (a(PromiseKept, 5, promise="p"), 5, "done", ""),
        (a(PromiseKept, 7, promise="p"), 5, "missed", ""),
        (a(PromiseKept, 7, promise="p"), 7, "done", ""),
        (a(PromiseBroken, 5, promise="p"), 5, "missed", "broken"),
        (a(PromiseReleased, 5, promise="p"), 5, "held", "released"),
        (a(PromiseMade, 5, promise="p", due=moment(9)), 5, "held", "put-off"),
    ],
)
def test_a_promise_is_done_held_or_missed_on_its_day(then: Event, number: int, state: str, reason: str) -> None:
    item = one([a(CustomerRegistered), PROMISE, then], number)
    assert (item.state, item.reason) == (state, reason)


@pytest.mark.parametrize(
    ("then", "state", "reason"),
    [
        (a(OutreachDone, 5, outreach="o", outcome="reached"), "done", ""),
        (a(OutreachCancelled, 5, outreach="o"), "held", "cancelled"),
        (a(OutreachSnoozed, 5, outreach="o", until=moment(9)), "held", "put-off"),
        (a(CustomerRegistered, 5), "missed", ""),
    ],
)
def test_a_planned_contact_is_done_held_or_missed_on_its_day(then: Event, state: str, reason: str) -> None:
    reach = a(CallMade, 0, direction="outbound", outcome="reached")
    item = one([a(CustomerRegistered), a(CustomerIdentified, kind="email"), reach, PLAN, then], 5)
    assert (item.state, item.reason) == (state, reason)


def test_the_day_that_is_not_over_has_pending_contacts() -> None:
    told = [a(CustomerRegistered), PROMISE]
    assert [i.state for i in days_of(told, 5, 6, as_of=day(5))[_start(5)] if i.kind == "promise"] == ["pending"]
    assert [i.state for i in days_of(told, 5, 6)[_start(5)] if i.kind == "promise"] == ["missed"]


def test_a_contact_before_its_day_was_never_due_and_who_left_has_none() -> None:
    early = [a(CustomerRegistered), PROMISE, a(PromiseKept, 3, promise="p")]
    assert not [i for items in days_of(early, 0, 9).values() for i in items if i.kind == "promise"]
    for first in ("00000000-0000-4000-8000-000000000000", "ffffffff-ffff-4fff-bfff-ffffffffffff"):  # spreads the rhythm
        gone = [a(CustomerRegistered, id=first), PROMISE, a(RelationshipEnded, 3)]
        assert not [i for items in days_of(gone, 4, 9).values() for i in items]


def test_a_contact_by_rhythm_is_done_by_any_talk_that_reached_them() -> None:
    told = [a(CustomerRegistered), a(CallMade, 400, direction="inbound", outcome="reached")]
    items = days_of(told, 399, 401)
    assert [[i.state for i in found] for found in items.values()] == [["held"], ["done"], []]


def test_it_counts_for_who_owned_the_relationship_at_the_end_of_the_day() -> None:
    told = [a(CustomerRegistered), PROMISE, a(ManagerAssigned, 2, manager="ani"), a(ManagerAssigned, 6, manager="budi")]
    rows = report("coverage", [told], since=day(5), as_of=day(7), by=("manager",), every="day")
    assert [(r["manager"], r["missed"] + r["pending"]) for r in rows] == [("ani", 1), ("budi", 1), ("budi", 1)]


def test_past_the_horizon_and_past_a_switch_of_rulebooks_days_go_on() -> None:
    told = [a(CustomerRegistered), PROMISE]
    assert days_of(told, 2_000, 2_001)[_start(2_000)]
    document = shipped() | {"version": "v2"}
    schedule = Schedule([(-NEVER, first_rules()), (day(6, 1), compile_rules(document))])
    question: dict[str, Any] = {"since": day(4), "as_of": day(9), "every": "day", "by": ("kind",)}
    assert report("coverage", [told], schedule=schedule, rulebook=IN_FORCE, **question) == report(
        "coverage", [told], **question
    )
