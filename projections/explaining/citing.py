"""The events that an answer rests on: of those that may bear on it, as few as give the same answer.

`needed` goes through events from the oldest to the newest and drops each whose removal leaves the answer as it is, given
what was dropped before; it does so by halves, so that it asks about as often as there are events needed, times the
logarithm of how many there are. Where more events can only ever add, this is the same whatever other event is not there.
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import NamedTuple

from domain.events import Event, TouchpointCorrected
from domain.facts import NEVER, micros
from domain.rules import Rules
from domain.vocabulary import name_of
from projections.asof import Judge
from projections.explaining import cases, manager, neglected, outreach, stage, tier, trust
from projections.explaining.answer import NOTHING, Answer, Explanation, Field, Happened
from projections.explaining.bearing import bearing
from projections.explaining.history import History
from projections.explaining.standing import Then, stand
from projections.inforce import Schedule

Test = Callable[[frozenset[int]], bool]


class Question(NamedTuple):
    """What is to be explained, at which moment (µs), judged by what."""

    field: Field
    judge: Judge
    as_of: int
    item: str | None = None
    """The complaint that deadline and rank are asked of; None: the most urgent one."""
    in_force: Schedule | None = None
    """Which rules were in force when: a deadline is dated by these as well."""

    @property
    def books(self) -> list[Rules]:
        """All rules that judge."""
        judges = [self.judge] if self.in_force is None or self.field != "deadline" else [self.judge, self.in_force]
        books: list[Rules] = []
        for judge in judges:
            books += [r for _, r in judge.until(self.as_of).entries] if isinstance(judge, Schedule) else [judge]
        return books

    def ask(self, events: Sequence[Event]) -> tuple[Answer, Then]:
        """The answer for a history that is amended and in the order of folding. UnknownComplaint: there is none."""
        then = stand(events, self.judge, self.as_of)
        if self.field == "deadline" and self.in_force is not None:
            return cases.deadline(then, self.item, stand(events, self.in_force, self.as_of)), then
        return _say(self.field, then, self.item), then


def explain(question: Question, events: Sequence[Event]) -> Explanation:
    """Explain a field of a customer with these events (one stream, as they were known).

    UnknownComplaint: there is none of that reference.
    """
    history = History(events, question.as_of)
    answer, then = question.ask(history.events)
    state = then.state
    return Explanation(
        answer,
        then.rules.version,
        state.customer.timezone or then.rules.contact.zone,
        _cited(question, answer, history, then),
        bool(history.events),
        stage.towards(then) if question.field == "stage" and state.count else [],
        _measured(answer, history),
    )


def _measured(answer: Answer, history: History) -> dict[str, Happened]:
    named = {id_ for value in answer.values for id_ in value.events}
    return {
        event.id: Happened(name_of(event).rpartition(".v")[0], event.at)
        for event in history.events
        if event.id in named
    }


def _say(field: Field, then: Then, item: str | None) -> Answer:
    match field:
        case "stage":
            return stage.answer(then)
        case "tier":
            return tier.answer(then)
        case "trust":
            return trust.answer(then)
        case "manager":
            return manager.answer(then)
        case "outreach":
            return outreach.answer(then)
        case "neglected":
            return neglected.answer(then)
        case "rank":
            return cases.rank(then, item)
        case "deadline":
            return cases.deadline(then, item)


def _cited(question: Question, answer: Answer, history: History, then: Then) -> list[str]:
    bears = bearing(answer, history, then.state, question.books, question.item)
    place = history.place
    fixed = frozenset(place[id_] for id_ in bears.fixed if id_ in place)
    open_ = sorted(place[id_] for id_ in bears.open)

    @cache
    def enough(kept: frozenset[int]) -> bool:
        try:
            return question.ask([history.events[index] for index in sorted(kept)])[0] == answer
        except cases.UnknownComplaint:
            return False

    if not enough(fixed.union(open_)):  # what bears on it was not all known: then all of it is cited
        return [event.id for event in history.given]
    kept = fixed | needed(enough, fixed, open_)
    cited = {history.events[index].id for index in kept} | bears.fixed | _before(history, _begun(answer, then))
    return [event.id for event in _in_order(history, cited)]


def _begun(answer: Answer, then: Then) -> int:
    """When they came to be known, where the answer rests on that; long ago where it does not, never where they are not."""
    state = then.state
    if answer.clause == NOTHING:
        return NEVER if answer.field in ("stage", "tier", "outreach", "neglected") else -NEVER
    field = answer.field
    untiered = state.level == len(then.rules.levels) and not any(state.tier.lost)
    if field in ("stage", "outreach", "neglected") or (field in ("tier", "rank") and untiered):
        return state.customer.first_at
    return -NEVER


def _before(history: History, begun: int) -> set[str]:
    """What is amended, or amends, and would otherwise be how the customer came to be known."""
    found: set[str] = set()
    for bundle in history.bundles:
        times = [
            *(e.at for e in bundle),
            *(micros(e.time) for e in bundle if isinstance(e, TouchpointCorrected) and e.time),
        ]
        if min(times) <= begun:
            found.update(event.id for event in bundle)
    return found


def _in_order(history: History, cited: set[str]) -> list[Event]:
    return sorted((event for event in history.given if event.id in cited), key=lambda event: (event.at, event.version))


def needed(enough: Test, fixed: frozenset[int], open_: Sequence[int]) -> frozenset[int]:
    """Of `open_`, oldest first, those that have to stand beside `fixed`. All of them together are enough."""
    if not open_ or enough(fixed):
        return frozenset()
    if len(open_) == 1:
        return frozenset(open_)
    half = len(open_) // 2
    old, new = open_[:half], open_[half:]
    kept = needed(enough, fixed | frozenset(new), old)
    return kept | needed(enough, fixed | kept, new)
