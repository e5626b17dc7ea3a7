"""What is named as the cause of a difference between two rulebooks is where their ways part, for any history and any two."""

from collections.abc import Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.events import Event
from domain.facts import DAY
from domain.order import effective
from domain.rules import Rules
from projections import comparing, fold
from projections.comparing import Change
from projections.state import State
from tests import examples
from tests.projections.histories import histories
from tests.projections.rulebooks import rulebooks

LATER = st.integers(0, 900).map(lambda days: examples.day(0) + days * DAY)


def stood(history: Sequence[Event], rules: Rules, now: int) -> State:
    """How the customer stood then."""
    state = fold.begin()
    for event in history:
        if event.at <= now:
            fold.advance(state, event, rules)
    fold.settle(state, rules, now)
    return state


def way(history: Sequence[Event], rules: Rules, now: int) -> list[tuple[int, str]]:
    return [(stage.at, stage.stage) for stage in stood(history, rules, now).stages]


@settings(max_examples=150, deadline=None)
@given(histories(most=25, amended=True), rulebooks("a"), rulebooks("b"), LATER)
def test_a_cause_stands_where_two_ways_part(told: list[Event], one: Rules, other: Rules, now: int) -> None:
    history = [event for event in effective(told) if event.at <= now]
    if not history:
        return
    stands = [stood(history, rules, now) for rules in (one, other)]
    names = [rules.tier_names[state.level] for state, rules in zip(stands, (one, other), strict=True)]
    changes: list[Change] = []
    if stands[0].stage != stands[1].stage:
        changes.append(Change("stage", None, {"stage": stands[0].stage}, {"stage": stands[1].stage}))
    if names[0] != names[1]:
        changes.append(Change("tier", None, {"tier": names[0]}, {"tier": names[1]}))
    causes = comparing.explain(changes, history, one, other, now)

    assert len(causes) == len(changes)
    for change, cause in zip(changes, causes, strict=True):
        assert cause is not None
        if change.what == "tier":
            assert cause["tier"] in names
            for name, side in zip(names, ("old", "new"), strict=True):
                assert has(cause[side], now) is (name == cause["tier"])
            continue
        at, taken = cause["at"], cause["taken_under"]
        left = "new" if taken == "old" else "old"
        assert way(history, one, at - 1) == way(history, other, at - 1)
        after = {side: way(history, rules, at) for side, rules in (("old", one), ("new", other))}
        assert after["old"] != after["new"]
        assert after[taken][-1] == (at, cause["to"])
        assert all(differs[left] in cause[left] for differs in cause["differs"])


def has(level: dict[str, Any], now: int) -> bool:
    """Whether they have this tier by what is said of it: it is met, or was until a while ago."""
    return level["met"] or (level["ceased_at"] or 0) + level["kept_for"] > now
