"""Deadlines met and missed: as the fold dates them, split by what could be known."""

from collections.abc import Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.events import (
    ComplaintAcknowledged,
    ComplaintOpened,
    ComplaintReclassified,
    ComplaintResolved,
    ComplaintWithdrawn,
    Event,
    PromiseKept,
    PromiseMade,
)
from domain.facts import NEVER
from domain.order import effective
from domain.rules import compile_rules, first_rules, shipped
from projections import fold
from projections.inforce import Schedule
from projections.reports.attainment import Handling
from projections.reports.clocks import RESOLVE, clocks, was_known
from tests.examples import day, moment
from tests.projections.histories import histories
from tests.projections.reporting import asked, days, frame, report, seen
from tests.spec import a, numbered

BASES = ("promised", "in_force", "restated")


@settings(max_examples=40, deadline=None)
@given(told=histories(amended=True), until=st.sampled_from([day(31), day(100), day(400), day(1_000)]))
def test_clocks_for_resolving_are_the_verdicts_of_the_fold(told: list[Event], until: int) -> None:
    rules = first_rules()
    events = [event for event in effective(told) if event.at <= until]
    state = fold.begin()
    for event in events:
        fold.advance(state, event, rules)
    fold.settle(state, rules, until)
    found = [c for c in clocks(events, rules, until) if c.step == RESOLVE]
    verdicts = sorted((ref, v.round, v.due, v.resolved, v.late) for ref, past in state.verdicts.items() for v in past)
    assert sorted((c.complaint, c.round, c.due, c.ended, c.late) for c in found if c.settled) == verdicts
    running = {(ref, d.resolve) for ref, d in state.deadlines.items() if d.resolve < NEVER and d.over == NEVER}
    assert {(c.complaint, c.due) for c in found if c.ended == NEVER} == running


@settings(max_examples=40, deadline=None)
@given(told=st.lists(histories(), min_size=1, max_size=3), by=st.sampled_from([(), ("severity",), ("step", "tier")]))
def test_each_deadline_is_decided_once_whatever_the_periods(told: list[list[Event]], by: Sequence[str]) -> None:
    whole, monthly = report("complaints", told, by=by), report("complaints", told, by=by, every="month")
    for name in [f"{basis}{what}" for basis in BASES for what in ("", "_knew", "_could_not_know")]:
        assert sum(row[name] for row in whole) == sum(row[name] for row in monthly)
    missed = report("misses", told)
    for basis in BASES:
        if "step" in by:
            counted = sum(row[f"{basis}_knew"] + row[f"{basis}_could_not_know"] for row in whole)
            assert counted == sum(row["basis"] == basis for row in missed)


@settings(max_examples=40, deadline=None)
@given(told=st.lists(histories(), min_size=1, max_size=2), until=st.sampled_from([day(90), day(370)]))
def test_a_report_at_a_moment_is_that_of_the_history_cut_there(told: list[list[Event]], until: int) -> None:
    cut = [c for events in told if (c := [event for event in events if event.at <= until])]
    assert report("complaints", told, as_of=until) == report("complaints", cut, as_of=until)
    assert len(report("misses", told, as_of=until)) == len(report("misses", cut, as_of=until))


@settings(max_examples=40, deadline=None)
@given(told=histories(amended=True), late=st.data())
def test_a_miss_was_known_where_the_fold_of_what_was_recorded_shows_it(told: list[Event], late: st.DataObject) -> None:
    delay = st.sampled_from([0, 0, 1, 40, 400])
    recorded = sorted(max(event.at, day(0)) + days(late.draw(delay)) for event in told)
    over = frame(asked())
    one = seen(1, told, over, recorded)
    for judged in Handling(one, over).judged():
        if judged.clock.late:
            known = [e for e, r in zip(told, recorded, strict=True) if r <= judged.clock.due]
            past = [e for e in effective(known) if e.at <= judged.clock.due]
            assert judged.knew == was_known(past, first_rules(), judged.clock)


def opened(at: float, **fields: Any) -> Any:
    return a(ComplaintOpened, at, complaint="k", severity="high", category="quality", **fields)


def resolved(at: float, **fields: Any) -> Any:
    return a(ComplaintResolved, at, **{"complaint": "k", "root_cause": "supplier"} | fields)


def one(told: list[Event], recorded: Sequence[int] = (), **question: Any) -> dict[str, Any]:
    [row] = report("complaints", [numbered(told)], recorded=recorded, **question)
    return row


def test_a_miss_that_was_reported_too_late_could_not_be_known() -> None:
    told = [opened(0), resolved(20)]
    knew = one(told)
    could_not = one(told, recorded=[day(15), day(20)])
    assert (knew["restated"], knew["restated_attained"], knew["restated_knew"]) == (1, 0, 1)
    assert (could_not["restated"], could_not["restated_knew"], could_not["restated_could_not_know"]) == (1, 0, 1)


def test_a_deadline_that_was_shortened_too_late_could_not_be_known_either() -> None:
    told = [
        a(ComplaintOpened, 0, complaint="k", severity="low"),
        a(ComplaintReclassified, 0, 1, complaint="k", severity="critical"),
        resolved(3),
    ]
    assert one(told)["restated_knew"] == 1
    assert one(told, recorded=[day(0), day(9), day(9)])["restated_could_not_know"] == 1


def test_what_was_recorded_late_but_before_the_deadline_was_known() -> None:
    assert one([opened(0), resolved(20)], recorded=[day(1), day(20)])["restated_knew"] == 1


def test_a_promised_date_counts_beside_what_the_rules_ask() -> None:
    told = [opened(0), a(ComplaintAcknowledged, 0, 1, complaint="k", promised_due=moment(30)), resolved(20)]
    row = one(told, by=("severity", "category", "root_cause"))
    assert (row["promised"], row["promised_attained"]) == (1, 1)
    assert (row["restated"], row["restated_attained"]) == (1, 0)
    assert (row["severity"], row["category"], row["root_cause"]) == ("high", "quality", "supplier")


def test_a_promise_about_a_complaint_is_kept_or_not() -> None:
    made = a(PromiseMade, 1, promise="p", due=moment(2), complaint="k")
    steps = {
        r["step"]: r for r in report("complaints", [[opened(0), made, a(PromiseKept, 3, promise="p")]], by=("step",))
    }
    assert (steps["promise"]["promised"], steps["promise"]["promised_knew"]) == (1, 1)


def test_what_was_taken_back_in_time_was_never_missed() -> None:
    row = one([opened(0), a(ComplaintWithdrawn, 0, 1, complaint="k")])
    assert (row["opened"], row["resolved"], row["open"], row["restated"]) == (1, 0, 0, 0)


def test_an_open_complaint_is_missed_from_its_deadline_on() -> None:
    before, after = one([opened(0)], as_of=day(1)), one([opened(0)], as_of=day(9))
    assert (before["open"], before["restated"]) == (1, 0)
    assert (after["open"], after["restated"], after["restated_knew"]) == (1, 1, 1)


def test_in_force_and_restated_differ_where_the_rules_changed() -> None:
    document = shipped()
    document["version"] = "v2"
    document["complaints"]["severities"]["high"]["resolve"] = "30 d"
    lenient = compile_rules(document)
    schedule = Schedule([(-NEVER, first_rules()), (day(100), lenient)])
    told = [
        opened(0),
        resolved(10),
        a(ComplaintOpened, 101, complaint="l", severity="high"),
        resolved(111, complaint="l"),
    ]
    row = one(told, schedule=schedule, rulebook="v2", by=("severity",))
    assert (row["in_force"], row["in_force_attained"]) == (2, 0.5)
    assert (row["restated"], row["restated_attained"]) == (2, 1)
    row = one(told, schedule=schedule, rulebook="in-force", by=("severity",))
    assert (row["in_force_attained"], row["restated_attained"]) == (0.5, 0.5)
