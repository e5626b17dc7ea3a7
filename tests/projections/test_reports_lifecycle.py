"""Funnel and transitions say what the fold says of each customer."""

from collections import Counter
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.events import CustomerRegistered, Event, PurchaseMade
from domain.order import effective
from domain.rules import first_rules
from projections import fold
from tests.examples import day
from tests.projections.histories import histories
from tests.projections.reporting import report
from tests.spec import a


def state(told: list[Event], until: int) -> Any:
    rules = first_rules()
    found = fold.begin()
    for event in effective(told):
        if event.at <= until:
            fold.advance(found, event, rules)
    if found.count:
        fold.settle(found, rules, until)
    return found


@settings(max_examples=40, deadline=None)
@given(
    told=st.lists(histories(amended=True), min_size=1, max_size=4), until=st.sampled_from([day(1), day(95), day(700)])
)
def test_the_funnel_holds_every_customer_once(told: list[list[Event]], until: int) -> None:
    states = [s for events in told if (s := state(events, until)).count]
    rows = report("funnel", told, as_of=until)
    assert {r["stage"]: r["customers"] for r in rows if r["customers"]} == Counter(s.stage for s in states)
    assert (
        sum(r["share"] for r in rows if r["share"]) == (1 if states else 0)
        or abs(sum(r["share"] for r in rows) - 1) < 1e-9
    )
    tiers = report("funnel", told, as_of=until, by=("tier",))
    assert sum(r["customers"] for r in tiers) == len(states)


@settings(max_examples=40, deadline=None)
@given(told=st.lists(histories(), min_size=1, max_size=3), until=st.sampled_from([day(95), day(1_500)]))
def test_transitions_are_the_stages_of_all_customers(told: list[list[Event]], until: int) -> None:
    states = [s for events in told if (s := state(events, until)).count]
    rows = report("transitions", told, as_of=until)
    expected = Counter((past.stage, past.clause) for s in states for past in s.stages)
    found: Counter[tuple[str, str]] = Counter()
    for row in rows:
        found[row["to"], row["clause"]] += row["times"]
    assert found == expected
    assert sum(r["times"] for r in report("transitions", told, as_of=until, every="month")) == expected.total()


def test_how_long_they_have_been_in_a_stage_is_counted_to_the_moment() -> None:
    told = [[a(CustomerRegistered, 0), a(PurchaseMade, 10, total="1", lines=())], [a(CustomerRegistered, 20)]]
    rows = {r["stage"]: r for r in report("funnel", told, as_of=day(30))}
    assert (rows["expansion"]["customers"], rows["expansion"]["median_days"], rows["expansion"]["share"]) == (
        1,
        20,
        0.5,
    )
    assert (rows["awareness"]["customers"], rows["awareness"]["ever"]) == (1, 2)
    steps = report("transitions", told, as_of=day(30), since=day(5))
    assert [(r["from"], r["to"], r["median_days"]) for r in steps if r["to"] == "expansion"] == [
        ("awareness", "expansion", 10)
    ]


def test_a_stand_in_for_an_unnamed_customer_is_nobody() -> None:
    rows = report("funnel", [[a(CustomerRegistered, 0, provisional=True)]], as_of=day(1))
    assert sum(r["customers"] for r in rows) == 0
