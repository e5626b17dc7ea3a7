"""How complaints stand at a moment, if nothing happens until then: what `domain.settling` says, as far as it was judged."""

from typing import NamedTuple

from domain.cases import Case
from domain.facts import NEVER, Item, Series
from domain.rules import Rules
from domain.settling import closes_at, lapses_at
from projections.state import State


class Stand(NamedTuple):
    """How a complaint stands at a moment: its state, and since when it is over (0: it is open)."""

    state: str
    ended: int


def lapse_of(state: State, rules: Rules, case: Case) -> int:
    """The same, as it was judged where it was."""
    verdict = state.lapse(case)
    return lapses_at(rules, case) if verdict is None else verdict.resolved


def stand(state: State, rules: Rules, case: Case, at: int) -> Stand:
    """How it stands at a moment, if nothing happens until then."""
    settled = case.ended
    if case.open:
        settled = lapse_of(state, rules, case)
        if settled > at:
            return Stand(case.state, 0)
    elif case.state != "resolved":
        return Stand(case.state, settled)
    return Stand("closed" if closes_at(rules, settled) <= at else "resolved", settled)


def turns(state: State, rules: Rules, case: Case) -> list[int]:
    """The moments at which that changes, or changed, by time alone."""
    settled = case.ended
    if case.open:
        settled = lapse_of(state, rules, case)
    elif case.state != "resolved":
        return []
    return [] if settled == NEVER else [settled, closes_at(rules, settled)]


def open_cases(state: State, rules: Rules, at: int) -> list[Case]:
    """Complaints that are open at a moment, if nothing happens until then."""
    if not state.customer.open_cases:
        return []
    return [case for case in state.customer.cases.values() if case.open and lapse_of(state, rules, case) > at]


def settled_last(state: State, rules: Rules, at: int) -> Item | None:
    """When a complaint of theirs was resolved last by a moment, by somebody or by time, and by which event; None: never."""
    c = state.customer
    found = c.series[Series.RESOLUTION][-1:]
    if c.open_cases or state.lapsed:
        for case in c.cases.values():
            moments = [verdict.resolved for verdict in state.lapsed.get(case.ref, ())]
            if case.open and (lapse := lapse_of(state, rules, case)) < NEVER:
                moments.append(lapse)
            found += [(moment, _waited(case, moment)) for moment in moments if moment <= at]
    return max(found, default=None)


def _waited(case: Case, at: int) -> str:
    """The event by which we began to wait for the customer, who did not answer by then."""
    return next((p.id for p in reversed(case.pauses) if p.waiting_for == "customer" and p.at < at), case.id)
