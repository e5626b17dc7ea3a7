"""In force: each moment is judged by the rulebook in force then, and the stage carries over a switch."""

from typing import Any

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from domain import events as e
from domain.facts import DAY, HOUR, NEVER
from domain.rules import Rules, compile_rules, first_rules, shipped
from projections import fold
from projections.inforce import Schedule, fold_in_force
from projections.state import State
from tests import examples
from tests.projections import byhand
from tests.projections.histories import histories
from tests.projections.rulebooks import documents, rulebooks
from tests.spec import a, numbered

CLOCKS = st.integers(0, 900).map(lambda days: examples.day(0) + days * DAY)
SWITCHES = st.sampled_from([-1, 0, 1, 30, 89.5, 365, 365.5]).map(examples.day)


def in_force(*entries: tuple[int, Rules]) -> Schedule:
    return Schedule([(-NEVER, entries[0][1]), *entries[1:]])


@for_all(histories(amended=True), rulebooks(), CLOCKS)
@settings(max_examples=50, deadline=None)
def test_over_one_rulebook_it_is_that_rulebook(history: list[e.Event], rules: Rules, as_of: int) -> None:
    alone = byhand.folded(history, as_of, rules)
    found = fold_in_force(history, in_force((0, rules), (examples.day(90), rules)), as_of)
    assert _rows(found, rules) == _rows(alone, rules)


@for_all(histories(amended=True), documents(), CLOCKS, SWITCHES)
@settings(max_examples=50, deadline=None)
def test_a_switch_to_the_same_rules_under_another_version_changes_nothing(
    history: list[e.Event], document: dict[str, Any], as_of: int, switch: int
) -> None:
    rules, same = compile_rules(document), compile_rules(document | {"version": "again"})
    alone = byhand.folded(history, as_of, rules)
    found = fold_in_force(history, in_force((0, rules), (switch, same)), as_of)
    if alone is None:
        assert not found.count
        return
    for state in (alone, found):
        fold.settle(state, rules, as_of)
    assert _rows(found, same) == _rows(alone, rules)


@for_all(histories(amended=True), rulebooks("one"), rulebooks("two"), CLOCKS, SWITCHES)
@settings(max_examples=60, deadline=None)
def test_before_the_switch_it_is_the_first_and_after_it_all_but_stages_is_the_second(
    history: list[e.Event], first: Rules, second: Rules, as_of: int, switch: int
) -> None:
    found = fold_in_force(history, in_force((0, first), (switch, second)), as_of)
    if as_of < switch:
        alone = byhand.folded(history, as_of, first)
        assert _rows(found, first) == _rows(alone, first)
        return
    alone = byhand.folded(history, as_of, second)
    if alone is None:
        assert not found.count
        return
    for state in (alone, found):
        fold.settle(state, second, as_of)
    assert (found.level, found.score, found.trust, found.tier) == (alone.level, alone.score, alone.trust, alone.tier)
    assert _rows(found, second)["reactive"] == _rows(alone, second)["reactive"]
    before = byhand.folded(history, switch - 1, first)
    if before is not None:
        fold.settle(before, first, switch - 1)
        assert [stage for stage in found.stages if stage.at < switch] == before.stages


def _rows(state: State | None, rules: Rules) -> dict[str, list[tuple[Any, ...]]]:
    """All that is rendered; without what the profile says of the stream as a whole."""
    if state is None or not state.count:
        return {}
    state.version = state.customer.corrected = state.customer.voided = 0
    return fold.render(state, rules)


# --- what a switch makes of a stage, written by hand ------------------------------------------------------------------


def _loyal_after(purchases: int, version: str) -> Rules:
    """The first rulebook, but commitment takes so many purchases, and nothing else."""
    document: dict[str, Any] = shipped() | {"version": version}
    for clause in document["lifecycle"]["clauses"]:
        if clause["name"] == "loyal-and-regular":
            clause["all"] = [{"measure": "count", "of": ["purchase"], "at_least": purchases, "within": "365 days"}]
    return compile_rules(document)


PURCHASES = [a(e.PurchaseMade, day, purchase=examples.uid(f"in force {day}")) for day in (10, 20, 30, 60)]


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        # Three purchases are enough from the switch on: at the switch, not at the third purchase.
        (9, 3, [(10, "expansion", "bought-and-kept"), (40, "commitment", "loyal-and-regular")]),
        # Four: at the fourth one.
        (9, 4, [(10, "expansion", "bought-and-kept"), (60, "commitment", "loyal-and-regular")]),
        # It takes more now: who is in commitment stays there, for its only way out is dissolution.
        (2, 9, [(10, "expansion", "bought-and-kept"), (20, "commitment", "loyal-and-regular")]),
    ],
)
def test_the_stage_carries_over_the_switch(first: int, second: int, expected: list[tuple[int, str, str]]) -> None:
    rules = [_loyal_after(first, "one"), _loyal_after(second, "two")]
    schedule = in_force((0, rules[0]), (examples.day(40), rules[1]))
    found = fold_in_force(numbered(PURCHASES), schedule, examples.day(70))
    fold.settle(found, rules[1])
    assert [(stage.at, stage.stage, stage.clause) for stage in found.stages] == [
        (examples.day(day), stage, clause) for day, stage, clause in expected
    ]


def test_back_again_the_stage_of_the_time_between_stays() -> None:
    rules = {version: _loyal_after(n, version) for version, n in (("one", 9), ("two", 3))}
    schedule = in_force((0, rules["one"]), (examples.day(40), rules["two"]), (examples.day(50), rules["one"]))
    found = fold_in_force(numbered(PURCHASES), schedule, examples.day(70))
    fold.settle(found, rules["one"])
    assert [stage.stage for stage in found.stages] == ["expansion", "commitment"]
    alone = fold.fold(numbered(PURCHASES), rules["one"])
    assert [stage.stage for stage in alone.stages] == ["expansion"]


def test_a_verdict_on_a_complaint_stays_and_deadlines_of_open_ones_are_dated_anew() -> None:
    strict: dict[str, Any] = shipped() | {"version": "strict"}
    strict["complaints"]["severities"]["high"]["resolve"] = "1 h"
    complaint = {"severity": "high", "at": examples.day(0)}
    history = numbered([
        a(e.ComplaintOpened, complaint=examples.uid("settled"), **complaint),
        a(e.ComplaintOpened, complaint=examples.uid("open"), **complaint),
        a(e.ComplaintResolved, complaint=examples.uid("settled"), at=examples.day(0) + 3 * HOUR),
    ])  # fmt: skip
    schedule = in_force((0, first_rules()), (examples.day(1), compile_rules(strict)))
    found = fold_in_force(history, schedule, examples.day(2))
    assert [verdict.late for verdict in found.verdicts[examples.uid("settled")]] == [False]
    assert found.deadlines[examples.uid("open")].resolve == examples.day(0) + HOUR
