"""Explanations: exact over random histories, and over what the simulated company went through."""

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from domain import events as e
from domain.facts import DAY
from domain.rules import first_rules
from projections.explaining.answer import FIELDS, Explanation, Field
from projections.explaining.citing import Question, explain
from tests import examples
from tests.projections.histories import histories

RULES = first_rules()
MOMENTS = st.sampled_from([1, 45, 90, 181, 366, 420, 500, 501, 560, 700, 900])


def at(day: float) -> int:
    return examples.day(0) + int(day * DAY)


def without(history: list[e.Event], id_: str) -> list[e.Event]:
    return [event for event in history if event.id != id_]


def hold_exact(field: Field, history: list[e.Event], as_of: int, item: str | None = None) -> Explanation:
    """Show 2: remove each event in turn."""
    said = explain(Question(field, RULES, as_of, item), history)
    for event in history:
        less = explain(Question(field, RULES, as_of, item), without(history, event.id))
        if event.id in said.events:
            assert (less.answer, less.events) != (said.answer, said.events), event
        else:
            assert less.answer == said.answer, event
            assert less.events == said.events, event
    return said


@pytest.mark.parametrize("field", FIELDS)
@for_all(histories(most=30, amended=True), MOMENTS)
@settings(max_examples=60, deadline=None)
def test_what_is_not_cited_can_go_and_what_is_cited_cannot(field: Field, history: list[e.Event], day: float) -> None:
    hold_exact(field, history, at(day))


@pytest.mark.parametrize("field", FIELDS)
@for_all(histories(most=40, amended=True), MOMENTS)
@settings(max_examples=60, deadline=None)
def test_what_is_cited_alone_gives_the_same_answer(field: Field, history: list[e.Event], day: float) -> None:
    said = explain(Question(field, RULES, at(day)), history)
    cited = [event for event in history if event.id in said.events]
    alone = explain(Question(field, RULES, at(day)), cited)
    assert (alone.answer, alone.events) == (said.answer, said.events)
