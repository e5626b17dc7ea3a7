"""Workload and performance: credited to who owned the relationship at the time."""

from collections import Counter
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.events import (
    CallMade,
    ComplaintOpened,
    ComplaintResolved,
    Conversation,
    CustomerRegistered,
    Event,
    ManagerAssigned,
    ManagerUnassigned,
    PromiseKept,
    PromiseMade,
    PurchaseMade,
    PurchaseReturned,
    StaffAbsent,
    StaffRegistered,
)
from domain.order import effective
from domain.rules import first_rules
from projections import fold
from projections.reports.points import points
from tests.examples import day, moment
from tests.projections.histories import histories
from tests.projections.reporting import asked, frame, report, seen
from tests.spec import a, numbered

BESIDE = [
    a(StaffRegistered, 0, staff="ani", team="north", capacity=4),
    a(StaffRegistered, 0, staff="budi", team="south", capacity=2),
    a(StaffAbsent, 20, staff="ani", until=moment(40), cover="budi"),
]


def performance(told: list[list[Event]], **question: Any) -> dict[str | None, dict[str, Any]]:
    return {row["manager"]: row for row in report("performance", told, beside=BESIDE, **question)}


def test_everything_is_credited_to_the_owner_at_the_time() -> None:
    told = [
        a(CustomerRegistered, 0),
        a(CallMade, 1, direction="outbound", outcome="missed"),
        a(ManagerAssigned, 2, manager="ani"),
        a(CallMade, 3, direction="outbound", outcome="reached", staff="budi"),
        a(PurchaseMade, 4, purchase="p", currency="IDR", total="100", lines=()),
        a(ManagerAssigned, 5, manager="budi"),
        a(PurchaseReturned, 6, purchase="p", currency="IDR", total="30", lines=()),
        a(ManagerUnassigned, 7),
        a(CallMade, 8, direction="inbound", outcome="reached"),
    ]
    rows = performance([told])
    found = {m: (r["conversations"], r["reached"], r["purchases"], r["net_IDR"], r["team"]) for m, r in rows.items()}
    assert found == {
        None: (2, 1, 0, 0, None),
        "ani": (1, 1, 1, 100, "north"),
        "budi": (0, 0, 0, -30, "south"),
    }


def test_promises_and_complaints_count_for_the_owner_when_they_were_decided() -> None:
    told = [
        a(ManagerAssigned, 0, manager="ani"),
        a(PromiseMade, 1, promise="p", due=moment(5)),
        a(PromiseMade, 1, promise="q", due=moment(9)),
        a(ComplaintOpened, 1, complaint="k", severity="low"),
        a(PromiseKept, 4, promise="p"),
        a(ManagerAssigned, 6, manager="budi"),
        a(ComplaintResolved, 7, complaint="k"),
    ]
    rows = performance([told], as_of=day(30))
    assert (rows["ani"]["promises_kept"], rows["ani"]["promises_broken"], rows["ani"]["resolved"]) == (1, 0, 0)
    assert (rows["budi"]["promises_kept"], rows["budi"]["promises_broken"]) == (0, 1)
    assert (rows["budi"]["resolved"], rows["budi"]["in_time"]) == (1, 1)


@settings(max_examples=30, deadline=None)
@given(told=st.lists(histories(amended=True), min_size=1, max_size=3), every=st.sampled_from([None, "month", "year"]))
def test_performance_adds_up_to_all_that_happened(told: list[list[Event]], every: str | None) -> None:
    rows = report("performance", told, every=every)
    talks = [e for events in told for e in effective(events) if isinstance(e, Conversation)]
    assert sum(r["conversations"] for r in rows) == len(talks)
    assert sum(r["reached"] for r in rows) == sum(e.outcome == "reached" for e in talks)
    sales = report("sales", told, every=every)
    for currency in {r["currency"] for r in sales}:
        net = sum((r["net"] for r in sales if r["currency"] == currency), Decimal(0))
        assert sum((r[f"net_{currency}"] for r in rows), Decimal(0)) == net


@settings(max_examples=30, deadline=None)
@given(told=histories(amended=True), until=st.sampled_from([day(100), day(370), day(2_000)]))
def test_points_are_those_that_the_fold_counts(told: list[Event], until: int) -> None:
    rules = first_rules()
    events = [e for e in effective(told) if e.at <= until]
    state = fold.begin()
    for event in events:
        fold.advance(state, event, rules)
    fold.settle(state, rules, until)
    one = seen(1, told, frame(asked(as_of=until)))
    found = points(one, rules, until)
    kept = state.trust.items
    assert found[len(found) - len(kept) :] == kept
    if len(events) < 64:  # before anything is forgotten
        assert found == kept


def test_what_cost_trust_is_remembered_beyond_the_window() -> None:
    told = [a(PromiseMade, 0, promise="p", due=moment(1)), *(a(CallMade, 800 + n / 99) for n in range(99))]
    rows = {r["what"]: (r["times"], r["points"]) for r in report("trust-points", [numbered(told)], as_of=day(900))}
    assert rows["promise-missed"] == (1, -8)
    assert not report("trust-points", [told], since=day(10), until=day(700), as_of=day(900))


def test_workload_is_what_each_has_on_their_hands() -> None:
    owned = [[a(CustomerRegistered, 0), a(ManagerAssigned, 1, manager="ani")] for _ in range(3)]
    loud = [
        a(ManagerAssigned, 1, manager="ani"),
        a(ComplaintOpened, 2, complaint="k", severity="high"),
        a(PromiseMade, 2, promise="p", due=moment(25)),
    ]
    rows = report("workload", [*owned, loud, [a(CustomerRegistered, 0)]], as_of=day(30), beside=BESIDE)
    found = {r["manager"]: r for r in rows}
    assert rows[0]["manager"] == "ani"
    assert (found["ani"]["customers"], found["ani"]["capacity"], found["ani"]["load"]) == (4, 4, 1)
    assert (found["ani"]["waiting"], found["ani"]["overdue"], found["ani"]["promises"]) == (1, 1, 1)
    assert found["ani"]["acting"] == "budi"
    assert (found["budi"]["customers"], found["budi"]["load"], found["budi"]["acting"]) == (0, 0, None)
    assert found[None]["customers"] == 1


@settings(max_examples=30, deadline=None)
@given(told=st.lists(histories(), min_size=1, max_size=4), until=st.sampled_from([day(100), day(600)]))
def test_trust_holds_every_customer_in_one_band(told: list[list[Event]], until: int) -> None:
    rules = first_rules()
    customers = sum(any(e.at <= until for e in events) for events in told)
    rows = report("trust", told, as_of=until)
    bands: Counter[str] = Counter()
    for row in rows:
        bands[row["band"]] += row["customers"]
    assert bands.total() == customers
    assert set(bands) <= {name for _, name in rules.bands}
