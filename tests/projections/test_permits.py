"""Permits over random dealings: none is wrong for as long as it is valid, and each refusal rests on what it cites.

That permits are given nowhere but where a second reading of the rules finds nothing against them is held by `test_rightly`.
"""

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from domain.events import Event
from domain.facts import DAY, HOUR, MINUTE
from domain.rules import compile_rules, first_rules, shipped
from projections import fold
from projections.permission import next_moment
from projections.permits import Decision, Wanted, decide
from projections.state import State
from tests import examples
from tests.projections.byhand import filtered
from tests.projections.cases.permissions import BASE
from tests.projections.cases.telling import moment, told
from tests.projections.dealings import CHANNELS, PURPOSES, dealings
from tests.projections.rightly import against

RULES = first_rules()
HOLIDAYS = RULES.calendar.document.holidays
UNSEEN = {"no-selling-stage", "provisional", "no-contact-point"}  # by the second reading
EVERY = [Wanted(channel, purpose) for channel in CHANNELS for purpose in PURPOSES]
wanted = st.builds(Wanted, st.sampled_from(CHANNELS), st.sampled_from(PURPOSES))
offsets = st.one_of(
    st.integers(0, 3 * 24 * 60).map(lambda minutes: minutes * MINUTE),
    st.integers(0, 100 * 24).map(lambda hours: hours * HOUR + 7),
    st.sampled_from([DAY - MINUTE, 7 * DAY - 1, 30 * DAY - 5 * MINUTE, 90 * DAY - MINUTE]),
)


def folded(history: list[Event], at: int) -> State:
    state = fold.fold(history, RULES)
    fold.settle(state, RULES, at)
    return state


def decided(history: list[Event], asked: Wanted, at: int) -> Decision:
    return decide(folded(history, at), RULES, asked, at)


@settings(max_examples=60, deadline=None)
@for_all(dealings(), offsets, st.integers(0, 300), st.lists(st.floats(0, 1, exclude_max=True), min_size=3, max_size=3))
def test_a_permit_is_right_until_it_ends_and_ends_no_sooner_than_it_has_to(
    history: list[Event], offset: int, minutes: int, parts: list[float]
) -> None:
    last = max(event.at for event in history) + offset
    past = filtered(history, last)
    for asked in EVERY:
        found = next_moment(folded(history, last), RULES, asked.channel, asked.purpose, last)
        at = (last if found is None else found) + minutes * MINUTE
        decision = decided(history, asked, at)
        if not decision.allowed:
            continue
        assert at < decision.until <= at + 15 * MINUTE
        for part in parts:
            inside = at + int(part * (decision.until - at))
            assert against(past, asked.channel, asked.purpose, inside, HOLIDAYS) - {"ended"} == set()
        if decision.until < at + 15 * MINUTE:
            seen = {stop.reason for stop in decided(history, asked, decision.until).stops}
            assert seen
            assert seen <= UNSEEN or against(past, asked.channel, asked.purpose, decision.until, HOLIDAYS)


@settings(max_examples=60, deadline=None)
@for_all(dealings(), offsets, st.lists(st.floats(0, 1, exclude_max=True), min_size=3, max_size=3))
def test_the_next_moment_is_right_and_none_before_it_is(history: list[Event], offset: int, parts: list[float]) -> None:
    at = max(event.at for event in history) + offset
    past, state = filtered(history, at), folded(history, at)
    for asked in EVERY:
        found = next_moment(state, RULES, asked.channel, asked.purpose, at)
        if found is None:
            continue
        assert against(past, asked.channel, asked.purpose, found, HOLIDAYS) - {"ended"} == set()
        for part in parts if found > at else ():
            before = at + int(part * (found - at))
            assert against(past, asked.channel, asked.purpose, before, HOLIDAYS)


@settings(max_examples=100, deadline=None)
@for_all(dealings(), wanted, offsets)
def test_without_any_one_of_the_events_that_it_cites_a_refusal_is_another(
    history: list[Event], asked: Wanted, offset: int
) -> None:
    at = max(event.at for event in history) + offset
    for stop in decided(history, asked, at).stops:
        for cited in stop.events:
            rest = [event for event in history if event.id != cited]
            assert stop not in decided(rest, asked, at).stops, (stop, cited)


@settings(max_examples=100, deadline=None)
@for_all(dealings(), wanted, offsets)
def test_what_it_cites_happened_and_is_in_its_basis(history: list[Event], asked: Wanted, offset: int) -> None:
    at = max(event.at for event in history) + offset
    decision = decided(history, asked, at)
    ids = {event.id for event in history}
    cited = {event for stop in decision.stops for event in stop.events}
    counted = {event for limit in decision.basis["limits"] for event in limit["events"]}
    assert cited | counted <= ids
    for limit in decision.basis["limits"]:
        alike = [other for other in decision.basis["limits"] if other["limit"] == limit["limit"]]
        full = [stop for stop in decision.stops if stop.reason == limit["limit"]]
        assert len(full) == sum(other["count"] >= other["at_most"] for other in alike)


def test_a_permit_is_valid_for_as_long_as_the_rulebook_says() -> None:
    rules = compile_rules(shipped() | {"version": "v2", "contact": shipped()["contact"] | {"permit_for": "40 minutes"}})
    at = moment("2026-01-06 10:00")
    state = fold.fold(told(*BASE), rules)
    fold.settle(state, rules, at)
    assert decide(state, rules, Wanted("whatsapp", "relationship"), at).until == at + 40 * MINUTE


@pytest.mark.parametrize(
    ("told_", "asked", "when", "until"),
    [
        ("2025-11-04 09:00 note.added", "service", "2026-01-06 19:50:30", "2026-01-06 20:00"),
        ("2025-11-04 09:00 preference.stated windows=wed/12:00-13:00", "service", "2026-01-07 12:55", "2026-01-07 13:00"),
        ("2025-11-04 09:00 note.added", "service", "2026-01-09 11:29", "2026-01-09 11:30"),
        ("2025-11-04 09:00 consent.granted purpose=selling until=2026-01-06_10:03", "selling", "2026-01-06 10:00",
         "2026-01-06 10:03"),
        # one of two contacts for the relationship leaves the window of 90 days at 10:05
        ("2025-11-04 09:00 consent.granted purpose=selling", "selling", "2026-02-12 10:00", "2026-02-12 10:05"),
    ],
)  # fmt: skip
def test_a_permit_ends_with_what_allows_it(told_: str, asked: str, when: str, until: str) -> None:
    care = [
        f"2025-11-{day} 10:05 message.exchanged channel=whatsapp direction=outbound purpose=relationship"
        for day in ("14", "20")
    ]
    history = told(*BASE, told_, *care)
    decision = decided(history, Wanted("whatsapp", asked), moment(when))
    assert decision.stops == []
    assert decision.until == moment(until)


def test_a_promise_is_kept_at_the_moment_that_was_agreed_upon_whatever_the_hour() -> None:
    promised = "2026-01-05 10:00 promise.made promise=p kind=callback channel=phone due=2026-01-06_20:30"
    history = told(*BASE, promised)
    ref = examples.uid("promise p")

    def stops(when: str, **asked: str) -> list[str]:
        wanted = {"channel": "phone", "purpose": "service", "outreach": ref} | asked
        return [stop.reason for stop in decided(history, Wanted(**wanted), moment(when)).stops]

    assert stops("2026-01-06 20:00") == stops("2026-01-06 20:59:59") == []
    assert stops("2026-01-06 21:00") == ["quiet-hours"]
    assert stops("2026-01-06 20:30", channel="whatsapp") == ["quiet-hours"]
    assert stops("2026-01-06 20:30", purpose="information") == ["quiet-hours"]
    assert stops("2026-01-06 20:30", outreach=examples.uid("promise q")) == ["quiet-hours"]
    decision = decided(history, Wanted("phone", "service", outreach=ref), moment("2026-01-06 20:55"))
    assert decision.until == moment("2026-01-06 21:00")
    assert decision.basis["agreed"]["event"] == history[-1].id
    refusing = [*history, *told("2026-01-05 11:00 preference.stated refused=phone")]
    assert [
        s.reason for s in decided(refusing, Wanted("phone", "service", outreach=ref), moment("2026-01-06 20:30")).stops
    ] == ["refused-channel"]
