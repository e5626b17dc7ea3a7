"""A forecast is what a run under a moved clock answers then, if nothing else happens."""

from typing import Any

from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from domain import events as e
from domain.facts import DAY, HOUR, MINUTE
from domain.rules import Rules
from projections import fold, lifecycle
from tests import examples
from tests.projections import byhand
from tests.projections.dealings import dealings
from tests.projections.histories import histories
from tests.projections.rulebooks import restless, rulebooks

INTERVALS = ("standing", "reactive", "outreach", "complaints", "linked")
TICKS = st.lists(st.sampled_from([1, MINUTE, HOUR, 5 * DAY, 30 * DAY, 90 * DAY, 1200 * DAY]), min_size=1, max_size=8)


@for_all(histories(amended=True) | dealings(), rulebooks() | restless(), TICKS)
@settings(max_examples=80, deadline=None)
def test_what_is_forecast_is_what_a_clock_that_ticks_finds(
    history: list[e.Event], rules: Rules, ticks: list[int]
) -> None:
    now = examples.day(400)
    running = byhand.folded(history, now, rules)
    if running is None:
        return
    fold.settle(running, rules, now)
    forecasts = fold.render(running, rules)
    until = forecasts["standing"][-1][1]
    for tick in ticks:
        now += tick
        fold.settle(running, rules, now)
        found = fold.render(running, rules)
        if now >= until:  # past what was rendered ahead
            forecasts, until = found, found["standing"][-1][1]
        for table in INTERVALS:
            assert _at(forecasts[table], now) == _at(found[table], now), table
        assert _past(forecasts["stages"], now) == _past(found["stages"], now)


@for_all(histories(amended=True), rulebooks(), st.integers(0, 3000))
@settings(max_examples=80, deadline=None)
def test_whenever_it_was_judged_in_between_the_answer_is_the_same(
    history: list[e.Event], rules: Rules, days: int
) -> None:
    now = examples.day(days)
    at_once = byhand.folded(history, now, rules)
    if at_once is None:
        return
    fold.settle(at_once, rules, now)
    watched = fold.begin()
    for event in byhand.filtered(history, now):
        if watched.count and event.at > watched.now:
            fold.settle(watched, rules, (watched.now + event.at) // 2)
            fold.render(watched, rules)
        fold.advance(watched, event, rules)
    fold.settle(watched, rules, now)
    one, other = fold.render(at_once, rules), fold.render(watched, rules)
    assert one == other


@for_all(histories(amended=True), restless(), st.lists(st.integers(0, 400), min_size=1, max_size=8))
@settings(max_examples=100, deadline=None)
def test_to_ask_every_rule_again_at_any_moment_changes_nothing(
    history: list[e.Event], rules: Rules, days: list[int]
) -> None:
    """What a rule said of until when its answer stands, and of what can turn it, was right."""
    state = byhand.folded(history, examples.day(days[0]), rules)
    if state is None:
        return
    for day in [0, *days[1:]]:
        now = state.now + day * DAY
        fold.settle(state, rules, now)
        again = state.ghost()
        lifecycle.ask_anew(again, rules, now)
        again.tier.due = again.trust.due = now
        fold.settle(again, rules, now)
        for table in ("standing", "stages", "reactive"):
            assert fold.render(state, rules)[table] == fold.render(again, rules)[table], table


def _at(rows: list[tuple[Any, ...]], now: int) -> list[tuple[Any, ...]]:
    return sorted((row[2:] for row in rows if row[0] <= now < row[1]), key=repr)


def _past(rows: list[tuple[Any, ...]], now: int) -> list[tuple[Any, ...]]:
    """Stages so far, with what led into them; until when and what comes next is known as far as the horizon."""
    return [(row[0], *row[2:5]) for row in rows if row[0] <= now]
