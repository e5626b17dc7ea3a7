"""Criteria: each is asked again in time and never forgets, whatever history and moment; it cites what matters; dates by hand."""

import json
import re
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from domain import events as e
from domain.criteria.measures import Criterion, Measured
from domain.facts import DAY, HOUR, NEVER
from domain.rules import Rules, compile_rules, shipped
from projections import fold
from projections.explaining.words_id import INDONESIAN
from projections.state import State
from tests import examples
from tests.projections.histories import histories
from tests.spec import Spec, a, numbered

Document = dict[str, Any]
HALF_YEAR = {"from": "2026-02-01", "until": "2026-08-01"}
PERIODS: list[Any] = ["90 days", HALF_YEAR, "this year", "last year", "this quarter", "last month"]

OF_FACTS: list[Document] = [
    *({"measure": "count", "of": ["purchase", "inbound"], "at_least": 2, "within": p} for p in PERIODS),
    *({"measure": "count", "of": ["purchase"], "at_most": 1, "within": p} for p in PERIODS),
    {"measure": "recency", "of": ["purchase", "inbound"], "at_most": "30 days"},
    {"measure": "recency", "of": ["purchase"], "at_least": "30 days"},
    *({"measure": "months", "of": of, "at_least": 2, "within": p} for p in PERIODS for of in ("act", "purchase")),
    {"measure": "rhythm", "of": ["purchase"], "gap": "median", "at_most": "60 days", "last": 3},
    {"measure": "rhythm", "of": ["talk", "purchase"], "gap": "largest", "at_most": "90 days", "last": 3},
    *({"measure": "two-way", "at_least": 1, "within": p} for p in PERIODS),
    *({"measure": "ratio", "of": ["inbound"], "to": ["outbound", "purchase"], "at_least": "1.5", "within": p} for p in PERIODS),
    {"measure": "ratio", "of": ["return"], "to": ["purchase"], "at_most": "0.5", "within": "365 days"},
    {"measure": "known-for", "at_least": "90 days"},
    *({"measure": "categories", "at_least": 2, "within": p, "if_known": k} for p in PERIODS for k in (True, False)),
    *({"measure": "spend", "currency": "IDR", "at_least": "12000000", "within": p} for p in PERIODS),
    {"measure": "spend", "currency": "IDR", "at_most": "100000", "within": "90 days"},
    {"measure": "spend-ratio", "currency": "IDR", "at_least": 1, "within": "90 days", "before": "90 days"},
    {"measure": "spend-ratio", "currency": "IDR", "at_most": "0.5", "within": "this year", "before": "last year"},
    {"measure": "spend-ratio", "currency": "IDR", "at_least": 1, "within": "this quarter", "before": "last quarter"},
    {"measure": "spend-ratio", "currency": "IDR", "at_least": 1, "within": "this quarter", "before": HALF_YEAR},
    *({"measure": "ratings", "of": "review", "score_at_most": 2, "at_least": 2, "within": p} for p in PERIODS),
    {"measure": "ratings", "of": "csat", "score_at_least": 4, "at_most": 0},
    *({"measure": "average-rating", "of": "review", "at_least": "2.5", "within": p} for p in PERIODS),
    {"measure": "average-rating", "of": "review", "at_most": 2},
]  # fmt: skip
OF_STANDING: list[Document] = [
    {"measure": "open-complaints", "at_least": 2},
    {"measure": "open-complaints", "at_least": 1, "severity": ["high", "critical"]},
    {"measure": "late-resolutions", "at_least": 1, "within": "90 days"},
    {"measure": "late-resolutions", "at_most": 1},
    {"measure": "late-resolutions", "at_least": 1, "within": HALF_YEAR},
    {"not": {"measure": "silence", "of": ["talk"], "at_least": "30 days", "intervals": 2, "at_most": "90 days"}},
    {"any": [{"measure": "count", "of": ["purchase"], "at_least": 1, "within": "30 days"},
             {"all": [{"measure": "trust", "at_least": 45}, {"measure": "count", "of": ["talk"], "at_least": 2}]}]},
    {"not": {"any": [{"measure": "overdue-complaints", "at_least": 1, "times": 1}, {"measure": "ended"}]}},
    {"all": [{"measure": "tier", "at_least": "silver"}, {"not": {"measure": "holdings", "at_least": 2}}]},
]  # fmt: skip


def of(document: Document) -> Rules:
    """Two stages: one while the criterion holds, the other while it does not."""
    return _compiled(json.dumps(document))


@cache
def _compiled(written: str) -> Rules:
    document = json.loads(written)
    book = shipped() | {"version": "test", "customers": [], "occasions": []}  # which name stages of their own
    clauses = [
        {"name": "known", "from": ["start"], "to": "without", "all": []},
        {"name": "begins", "from": ["without"], "to": "with", "all": [document]},
        {"name": "ends", "from": ["with"], "to": "without", "all": [{"not": document}]},
    ]
    book["lifecycle"] = {"stages": ["without", "with"], "clauses": clauses}
    book["cadence"] = book["cadence"] | {"stages": {}, "no_selling_in": []}
    return compile_rules(book)


def criterion_of(rules: Rules) -> Criterion:
    return rules.lifecycle.out["without"][0].criteria[0]


def folded(history: list[e.Event], rules: Rules, until: int) -> State:
    state = fold.begin()
    for event in fold.amend(history).events:
        if event.at <= until:
            fold.advance(state, event, rules)
    fold.settle(state, rules, until)
    return state


@for_all(
    st.sampled_from([*OF_FACTS, *OF_STANDING]),
    histories(most=30),
    st.integers(0, 900),
    st.sampled_from([0, 1, 7 * HOUR]),
)
@settings(max_examples=250, deadline=None)
def test_the_stage_is_what_the_criterion_says_at_any_moment_and_nothing_needed_is_forgotten(
    document: Document, history: list[e.Event], days: int, more: int
) -> None:
    rules = of(document)
    t = examples.day(0) + days * DAY + more
    if min(event.at for event in history) > t:
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fold, "_TRIM_EVERY", 1)  # forget as much as may be forgotten
        state = folded(history, rules, t)
        patch.setattr(fold, "_TRIM_EVERY", 1_000_000)
        whole = folded(history, rules, t)
    expected, until = criterion_of(rules).holds(whole, t)
    assert state.stage == ("with" if expected else "without")
    assert until > t


@for_all(st.sampled_from(OF_FACTS), histories(most=25), st.integers(0, 700), st.data())
@settings(max_examples=250, deadline=None)
def test_an_answer_stands_until_it_is_said_to(
    document: Document, history: list[e.Event], days: int, data: st.DataObject
) -> None:
    rules = of(document)
    criterion = criterion_of(rules)
    t = examples.day(days)
    if min(event.at for event in history) > t:
        return
    state = folded(history, rules, t)
    answer, until = criterion.holds(state, t)
    last = min(until, t + 1000 * DAY) - 1
    for later in {t + 1, last, data.draw(st.integers(t, last))}:
        if t <= later < until:
            assert criterion.holds(state, later)[0] is answer


@st.composite
def plain(draw: st.DrawFn) -> list[e.Event]:
    """Happenings of which none changes what another one counts for."""
    found: list[e.Event] = []
    for number in range(draw(st.integers(1, 12))):
        at = {"at": examples.day(draw(st.integers(0, 400))), "id": examples.uid(f"plain {number}")}
        match draw(st.sampled_from(["call", "visit", "purchase", "review", "csat"])):
            case "call":
                event = a(e.CallMade, direction=draw(st.sampled_from(["inbound", "outbound"])), thread=None, **at)
            case "visit":
                event = a(e.VisitMade, **at)
            case "purchase":
                total = draw(st.sampled_from(["100", "12000000"]))
                lines = (e.Line(product="p", amount=total, category=draw(st.sampled_from("ab"))),)
                event = a(e.PurchaseMade, purchase=examples.uid(f"bought {number}"), total=total, lines=lines, **at)
            case "review":
                event = a(e.ReviewPosted, rating=draw(st.integers(1, 5)), **at)
            case _:
                event = a(e.FeedbackGiven, metric="csat", score=draw(st.integers(1, 5)), complaint=None, **at)
        found.append(event)
    return found


@for_all(st.sampled_from(OF_FACTS), plain(), st.integers(400, 800))
@settings(max_examples=200, deadline=None)
def test_exactly_what_matters_is_cited(document: Document, history: list[e.Event], days: int) -> None:
    rules = of(document)
    criterion = criterion_of(rules)
    t = examples.day(days)
    known = a(e.CustomerRegistered, -1)

    def seen(kept: list[e.Event]) -> tuple[bool, Measured]:
        state = folded(numbered([known, *kept]), rules, t)
        return criterion.holds(state, t)[0], criterion.show(state, t)

    before = seen(history)
    assert set(before[1].events) <= {known.id, *(event.id for event in history)}
    for event in history:
        after = seen([other for other in history if other is not event])
        assert (after != before) is (event.id in before[1].events)


# --- by hand ----------------------------------------------------------------------------------------------------------


def bought(day: float, total: str = "100", hour: float = 0) -> e.Event:
    return a(e.PurchaseMade, day, hour, purchase=examples.uid(f"p {day} {hour}"), total=total, lines=())


def spells(document: Document, *events: e.Event) -> list[tuple[str, float]]:
    """(stage, from which day of the story)."""
    rows = Spec(events, of(document)).rows("stages")
    return [(row["stage"], (row["from_at"] - examples.day(0)) / DAY) for row in rows]


def test_a_rhythm_needs_so_many_happenings_and_ends_with_too_long_a_gap() -> None:
    largest = {"measure": "rhythm", "of": ["purchase"], "gap": "largest", "at_most": "40 days", "last": 3}
    rows = spells(largest, bought(0), bought(30), bought(60), bought(130), bought(160), bought(190))
    assert [(stage, round(day, 6)) for stage, day in rows] == [
        ("without", 0), ("with", 60), ("without", 100), ("with", 190), ("without", 230),
    ]  # fmt: skip
    median = largest | {"gap": "median"}
    assert spells(median, bought(0), bought(30), bought(60), bought(130), bought(260)) == [
        ("without", 0), ("with", 60), ("without", 130),
    ]  # fmt: skip


def test_contact_is_two_way_once_both_sides_began() -> None:
    both = {"measure": "two-way", "at_least": 1, "within": "90 days"}
    ours, theirs = a(e.VisitMade, 10), a(e.CallMade, 30, outcome="missed")
    assert spells(both, ours) == [("without", 10)]
    assert spells(both, ours, theirs) == [("without", 10), ("with", 30), ("without", 100)]
    not_reached = a(e.CallMade, 20, direction="outbound", outcome="not-reached")
    assert spells(both, not_reached, theirs) == [("without", 20)]


def test_spend_of_one_period_against_the_one_before() -> None:
    half = {"measure": "spend-ratio", "currency": "IDR", "at_most": "0.5", "within": "90 days", "before": "90 days"}
    assert spells(half, bought(0, "1000"), bought(95, "400")) == [
        ("without", 0),
        ("with", 90),
        ("without", 180),
        ("with", 185),
        ("without", 275),
    ]
    twice = half | {"at_most": None, "at_least": 2}
    assert spells(twice, bought(0, "1000"), bought(95, "2000")) == [("without", 0), ("with", 95), ("without", 180)]


def test_a_fixed_period_keeps_what_lies_in_it_and_takes_nothing_else() -> None:
    fixed = {"measure": "count", "of": ["purchase"], "at_least": 2, "within": HALF_YEAR}
    first = (
        datetime(2026, 2, 1, tzinfo=UTC) - examples.EPOCH
    ).days + 1  # of February in Jakarta, not in UTC: 17:00 before
    inside, outside = bought(first - 0.375), bought(first - 0.38)
    assert spells(fixed, outside, inside, bought(220)) == [("without", first - 0.38)]
    assert spells(fixed, inside, bought(100), bought(220))[-1] == ("with", 100)


def test_a_fixed_period_may_begin_at_a_time_which_is_no_date_even_at_midnight() -> None:
    utc = {"from": "2026-02-01T00:00:00+00:00", "until": "2026-08-01"}
    fixed = {"measure": "count", "of": ["purchase"], "at_least": 1, "within": utc}
    begins = (datetime(2026, 2, 1, tzinfo=UTC) - examples.EPOCH).total_seconds() / 86_400
    assert spells(fixed, bought(begins - 0.01)) == [("without", begins - 0.01)]
    assert spells(fixed, bought(begins)) == [("with", begins)]


def test_a_year_of_the_calendar_ends_with_it_and_is_then_the_last_one() -> None:
    year = {"measure": "spend", "currency": "IDR", "at_least": 100, "within": "this year"}
    silvester = (datetime(2026, 12, 31, 17, tzinfo=UTC) - examples.EPOCH).total_seconds() / 86_400
    assert spells(year, bought(10)) == [("with", 10), ("without", silvester)]
    assert spells(year | {"within": "last year"}, bought(10)) == [
        ("without", 10), ("with", silvester), ("without", silvester + 365),
    ]  # fmt: skip


def test_ratings_count_by_their_score_and_average() -> None:
    reviews = [a(e.ReviewPosted, day, rating=rating) for day, rating in ((0, 1), (10, 5), (20, 2))]
    poor = {"measure": "ratings", "of": "review", "score_at_most": 2, "at_least": 2, "within": "90 days"}
    assert spells(poor, *reviews) == [("without", 0), ("with", 20), ("without", 90)]
    good = {"measure": "average-rating", "of": "review", "at_least": 3, "within": "90 days"}
    assert spells(good, *reviews) == [("without", 0), ("with", 10), ("without", 20), ("with", 90), ("without", 100)]


def test_late_resolutions_count_where_they_were_late() -> None:
    late = {"measure": "late-resolutions", "at_least": 1, "within": "90 days"}
    opened = a(e.ComplaintOpened, 0, severity="critical")
    assert spells(late, opened, a(e.ComplaintResolved, 0.5)) == [("without", 0)]
    resolved = a(e.ComplaintResolved, 3)
    assert spells(late, opened, resolved) == [("without", 0), ("with", 3), ("without", 93)]
    [_, row, _] = Spec([opened, resolved], of(late)).rows("stages")
    assert row["reason"][0]["events"] == [resolved.id]


def test_a_stage_may_be_asked_how_often_it_was_entered_and_when() -> None:
    book = shipped() | {"version": "test", "customers": [], "occasions": []}  # which name stages of their own
    book["lifecycle"]["clauses"].insert(0, {
        "name": "left-twice", "from": ["expansion"], "to": "commitment",
        "all": [{"measure": "been-in", "stage": "dissolution", "at_least": 2, "within": "365 days"}],
    })  # fmt: skip
    rules = compile_rules(book)
    once = [bought(0), a(e.RelationshipEnded, 10), a(e.VisitMade, 20), bought(21)]
    assert "left-twice" not in {clause for _, clause in Spec(once, rules).stages()}
    twice = [*once, a(e.RelationshipEnded, 30), a(e.VisitMade, 40), bought(41)]
    assert ("commitment", "left-twice") in Spec(twice, rules).stages()
    long_after = [*once, a(e.RelationshipEnded, 500), a(e.VisitMade, 510), bought(511)]
    assert "left-twice" not in {clause for _, clause in Spec(long_after, rules).stages()}


def test_a_group_shows_the_part_that_holds_and_all_where_none_does() -> None:
    either = {"any": [{"measure": "count", "of": ["review"], "at_least": 1}, {"measure": "ended"}]}
    rules = of(either)
    criterion = criterion_of(rules)
    ended = a(e.RelationshipEnded, 1)
    state = Spec([ended], rules).state
    assert criterion.show(state, state.now).measure == "ended by"
    state = Spec([a(e.CustomerRegistered, 0)], rules).state
    assert criterion.show(state, state.now).measure == "review or ended by"
    assert criterion.holds(state, state.now)[1] == NEVER


_ENGLISH = re.compile(
    r"\b(the|of|in|within|year|quarter|month|last|this|each|gap|between|or|and|from|until|late|there|none)\b"
)


@pytest.mark.parametrize("document", [*OF_FACTS, *OF_STANDING], ids=json.dumps)
def test_what_is_measured_can_be_said_in_indonesian(document: Document) -> None:
    rules = of(document)
    state = Spec([a(e.CustomerRegistered, 0)], rules).state
    shown = criterion_of(rules).show(state, state.now)
    assert _ENGLISH.findall(INDONESIAN.measure(f"{shown.measure}: {shown.value}")) == []


def test_what_lies_in_a_fixed_period_is_remembered_and_nothing_more() -> None:
    rules = of({"measure": "spend", "currency": "IDR", "at_least": 1_000_000, "within": HALF_YEAR})
    yearly = [bought(day) for day in range(0, 4000, 5)]
    state = Spec(yearly, rules).state
    kept = [at for at, _, _ in state.customer.spend["IDR"]]
    start, end = examples.day(26), examples.day(208)
    assert sum(start < at < end for at in kept) == 36
    assert len(kept) < 200
