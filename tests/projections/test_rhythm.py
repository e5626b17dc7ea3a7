"""How regular contact is, worked out by hand."""

from math import sqrt

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.events import CallMade, CustomerIdentified, Event, MessageExchanged
from domain.facts import DAY, HOUR
from domain.rules import first_rules
from projections import fold
from projections.rhythm import Rhythm, burstiness, rhythm
from tests.examples import day
from tests.projections.reporting import made, report
from tests.spec import a

KEPT = 24
Expected = tuple[int, float, float, str, float | None, float, float]


def told(*days: float) -> list[Event]:
    return [a(CallMade, number, direction="inbound", outcome="reached") for number in days]


def of(events: list[Event]) -> Rhythm | None:
    return rhythm(fold.fold(events, first_rules()).customer, KEPT)


# Days of contact; expected: gaps, median, spread, kind, slowing, expected and fading on which day.
CASES = [
    # Ten days each time: no spread; twice the median is the sooner mark.
    ("a metronome", (0, 10, 20, 30, 40), (4, 10, 0.0, "regular", None, 50, 60)),
    # Gaps 8 10 12 14: median 11, deviations 3 1 1 3, their median 2: spread 2.9652; 11 + 3 × 2.9652 = 19.8956 < 22.
    ("about regular", (0, 8, 18, 30, 44), (4, 11, 2.9652, "regular", None, 55, 66)),
    # Gaps 2 20 4 30 6: median 6, deviations 4 14 2 24 0, median 4: spread 5.9304; 6 + 17.7912 = 23.7912 > 12.
    ("by chance", (0, 2, 22, 26, 56, 62), (5, 6, 5.9304, "irregular", None, 68, 62 + 23.7912)),
    # Gaps 1 1 1 1 1 1 90 1 1 1: median 1, all deviations but one 0.
    (
        "in a burst",
        (0, 1, 2, 3, 4, 5, 6, 96, 97, 98, 99), (10, 1, 0.0, "bursty", 1.0, 100, 101),
    ),
    # Gaps 7 7 7 21 21 21: median 14, deviations all 7: spread 10.3782; 14 + 31.1346; lately 21 against 7. Their deviation is half
    # of their mean: (√7/2 - √5) / ((√7 - 2)/2 + √5) = -0.357, a little below a third.
    ("rarer and rarer", (0, 7, 14, 21, 42, 63, 84), (6, 14, 10.3782, "regular", 3.0, 98, 84 + 45.1346)),
    # Twice on one day is one day of contact.
    ("several on a day", (0, 0.1, 10, 20, 20.1, 20.2, 30), (3, 10, 0.0, "regular", None, 40, 50)),
]  # fmt: skip


@pytest.mark.parametrize(("days", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_rhythms_are_those_worked_out_by_hand(days: tuple[float, ...], expected: Expected) -> None:
    found = of(told(*days))
    assert found is not None
    gaps, typical, spread, kind, slowing, due, fading = expected
    assert (found.gaps, found.typical / DAY, found.kind, found.slowing) == (gaps, typical, kind, slowing)
    assert found.spread / DAY == pytest.approx(spread)
    assert found.expected_at == day(due)
    assert found.fading_at / DAY == pytest.approx((day(0) + fading * DAY) / DAY, abs=1e-6)


@pytest.mark.parametrize(
    "events",
    [
        [],
        told(0, 10, 20),  # two gaps
        told(0, 0.1, 0.2, 0.3),  # one day
        [a(CallMade, n, direction="outbound", outcome="not-reached") for n in range(9)],
    ],
)
def test_of_too_few_contacts_nothing_is_said(events: list[Event]) -> None:
    assert of(events) is None


def test_whoever_began_counts_and_what_did_not_reach_them_does_not() -> None:
    mixed = [
        a(CallMade, 0, direction="inbound", outcome="reached"),
        a(MessageExchanged, 5, direction="outbound", outcome="reached"),
        a(CallMade, 7, direction="outbound", outcome="busy"),
        a(CallMade, 10, direction="outbound", outcome="reached"),
        a(CallMade, 15, direction="inbound", outcome="reached"),
    ]
    found = of(mixed)
    assert found is not None
    assert (found.gaps, found.typical) == (3, 5 * DAY)


def test_only_the_last_contacts_count_however_many_there_were() -> None:
    """What a fold forgets on the way makes no difference."""
    long = told(*range(0, 300, 3), *range(310, 550, 10))
    assert of(long) == of(told(*range(310, 550, 10)))


@given(st.lists(st.integers(1, 400), min_size=2, max_size=24))
def test_burstiness_is_between_a_metronome_and_all_at_once(gaps: list[int]) -> None:
    found = burstiness(gaps)
    assert -1 <= found <= 1.000001
    assert (found == -1) == (len(set(gaps)) == 1)
    assert found == pytest.approx(burstiness([gap * 7 for gap in gaps]))  # whatever the unit


def test_burstiness_of_one_long_gap_among_none_is_one() -> None:
    # r is √(n-1) at most, where all but one gap are zero; then numerator and denominator are alike.
    assert burstiness([0, 0, 0, 0, 50]) == pytest.approx(1)
    # Two gaps 1 and 3: mean 2, deviation 1, r = 1/2: (√3/2 - 1) / ((√3 - 2)/2 + 1) = (√3/2 - 1) / (√3/2).
    assert burstiness([1, 3]) == pytest.approx((sqrt(3) / 2 - 1) / (sqrt(3) / 2))


def test_the_report_counts_kinds_and_who_fades() -> None:
    # Fading from day 50, from day 65, and from day 101; of the fourth nothing is said.
    lives = [told(0, 10, 20, 30), told(0, 10, 20, 30, 45), told(0, 1, 2, 3, 4, 5, 6, 96, 97, 98, 99), told(0, 1)]
    [row] = report("rhythm", lives, as_of=day(99) + 12 * HOUR)
    named = ("customers", "rhythmic", "regular", "irregular", "bursty", "fading", "fading_share")
    assert [row[name] for name in named] == [4, 3, 2, 0, 1, 2, pytest.approx(2 / 3)]
    assert row["median_days"] == 10


def test_who_fades_is_to_be_contacted_for_the_relationship() -> None:
    known = a(CustomerIdentified, 0, kind="email")
    table = made("rhythm", [[known, *told(0, 10, 20, 30)], [known, *told(0, 10, 20, 30, 45)]], as_of=day(60))
    [cloud] = table.suggestions
    assert cloud["data"]["purpose"] == "relationship"
    assert cloud["data"]["content"] == "keep-in-touch"


def test_the_profile_holds_dates_and_not_whether_they_have_come() -> None:
    state = fold.fold(told(0, 10, 20, 30), first_rules())
    document = msgspec.json.decode(fold.render(state, first_rules())["profile"][0][0])
    assert document["rhythm"]["fading_at"] == day(50)
    assert "fading" not in document["rhythm"]
    assert (
        msgspec.json.decode(fold.render(fold.fold(told(0), first_rules()), first_rules())["profile"][0][0])["rhythm"]
        is None
    )
