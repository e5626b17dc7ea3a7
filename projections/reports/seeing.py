"""What a report sees of one customer: effective events, state, rows, owners, and when each event was recorded."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import groupby
from operator import attrgetter
from typing import Any
from uuid import UUID

from domain.customer import EVOLVE
from domain.events import (
    Event,
    ManagerAssigned,
    ManagerIntroduced,
    ManagerUnassigned,
    TouchpointCorrected,
    TouchpointVoided,
)
from domain.facts import NEVER, Assignment, Customer, Series
from domain.order import effective
from domain.rules import Rules
from projections import asof, fold, inforce, shapes
from projections.asof import Judge
from projections.catalogue import Catalogue
from projections.inforce import IN_FORCE, Schedule
from projections.products import Product
from projections.reports.periods import Days
from projections.reports.report import Asked
from projections.state import State

_COLUMNS = {table.name: [name for name, _ in table.columns] for table in fold.TABLES}
_TABLES = {table.name: table for table in fold.TABLES}
_OWNERSHIP = frozenset({ManagerAssigned, ManagerUnassigned, ManagerIntroduced})


class Frame:
    """What is the same for all customers of one report."""

    def __init__(self, asked: Asked, schedule: Schedule, rules: Rules | None, catalogue: Catalogue) -> None:
        """`rules`: the rulebook asked for; None: at each moment the one in force."""
        self.asked = asked
        self.in_force = schedule.until(asked.as_of)
        self.judge: Judge = self.in_force if rules is None else rules
        self.rules = self.in_force.at(NEVER) if rules is None else rules
        self.catalogue = catalogue
        self.days = Days(self.rules.contact.zone)

    @property
    def one_rulebook(self) -> bool:
        """Whether no moment was ever judged by another rulebook than the one that is asked for."""
        entries = self.in_force.entries
        return self.judge is self.in_force or (len(entries) == 1 and entries[0][1].version == self.rules.version)

    @cached_property
    def products(self) -> Mapping[str, Product]:
        """Everything listed by `as_of`, by code."""
        return self.catalogue.products(self.asked.as_of)

    def category(self, product: str, stated: str | None) -> str | None:
        """A product's category: as a line states it, else as the product was listed."""
        if stated is not None:
            return stated
        listed = self.products.get(product)
        return None if listed is None else listed.category

    def within(self, at: int) -> bool:
        """Whether an instant lies in the period that is asked for."""
        return self.asked.since <= at < self.asked.until

    def period(self, at: int) -> str:
        """The name of the period that holds an instant; empty where the time is not cut up."""
        return self.days.label(at, self.asked.every)


class Seen:
    """One customer at the coordinates of the question. What is not asked for is not worked out."""

    def __init__(self, customer: bytes, known: list[Event], frame: Frame, recorded: Sequence[int] = ()) -> None:
        """`known`: all events that count by `known_at`, in the order of recording; `recorded`: when each was, in µs."""
        self.id = str(UUID(bytes=customer))
        self.frame = frame
        self.known = known
        self.recorded = recorded
        until = frame.asked.as_of
        self.events = [event for event in effective(known) if event.at <= until]

    @cached_property
    def state(self) -> State:
        """How the customer stands at `as_of`, under the rulebook asked for."""
        until, judge = self.frame.asked.as_of, self.frame.judge
        if isinstance(judge, Schedule):
            state = inforce.fold_past(self.events, judge.until(until))
        else:
            state = fold.begin()
            fold.run(state, self.events, judge)
        fold.settle(state, self.frame.rules, until)
        return state

    @cached_property
    def rows(self) -> dict[str, list[dict[str, Any]]]:
        """Rows that hold at `as_of`, by table and column; instants in µs, histories whole."""
        until = self.frame.asked.as_of
        found = asof.rows_at(fold, self.known, self.frame.judge, until)
        assert found is not None, "a customer without events is not seen"
        rows: dict[str, list[dict[str, Any]]] = {}
        for name, rendered in found.tables.items():
            table = _TABLES[name]
            histories = not shapes.is_interval(table) or name in shapes.HISTORIES
            kept = [row for row in rendered if histories or shapes.row_holds(table, row, until)]
            rows[name] = [dict(zip(_COLUMNS[name], row, strict=True)) for row in kept]
        return rows

    @property
    def facts(self) -> Customer:
        """What is known of them at `as_of`."""
        return self.state.customer

    @property
    def person(self) -> bool:
        """Whether this is somebody, and not the stand-in for a customer who is yet to be named."""
        return not self.facts.provisional

    @cached_property
    def owners(self) -> list[Assignment]:
        """Who owned the relationship from when on; all of it, by the facts alone."""
        kept = [event for event in self.events if type(event) in _OWNERSHIP]
        customer = Customer()
        for event in kept:
            EVOLVE[type(event)](customer, event)
        return customer.managers

    def owner(self, at: int) -> str | None:
        """Who owned the relationship then."""
        owners = self.owners
        place = bisect_right(owners, at, key=lambda owner: owner.at)
        return owners[place - 1].manager if place else None

    @property
    def tier(self) -> str:
        """The name of their tier at `as_of`."""
        return self.frame.rules.tier_names[self.state.level]

    def known_by(self, moment: int) -> list[Event] | None:
        """The events that were recorded by a moment; None where what came later says nothing of the time before."""
        late = [e for e, r in zip(self.known, self.recorded, strict=True) if r > moment]
        if not any(e.at <= moment or isinstance(e, TouchpointCorrected | TouchpointVoided) for e in late):
            return None
        return [e for e, r in zip(self.known, self.recorded, strict=True) if r <= moment]

    def count(self, series: Series) -> int:
        """How many happenings of a kind there were by `as_of`."""
        return len(self.facts.series[series]) + self.facts.dropped[series]


class Walk:
    """Folds a history instant by instant, so that a report can look at what was judged in between."""

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self._past: list[Event] = []
        self._switches = [] if isinstance(judge, Rules) else [start for start, _ in judge.entries[1:]]
        self.rules = judge if isinstance(judge, Rules) else judge.entries[0][1]
        self.state = fold.begin()

    @property
    def next_switch(self) -> int:
        """When another rulebook comes into force; NEVER where none does."""
        return self._switches[0] if self._switches else NEVER

    def settle(self, at: int) -> None:
        """Go on to a moment, past every switch of rulebooks on the way."""
        while self._switches and self._switches[0] <= at:
            self._switch()
        if self.state.count:
            fold.settle(self.state, self.rules, at)

    def run(self, events: Sequence[Event]) -> None:
        """Fold events that come after all folded so far, without a look in between."""
        if not events:
            return
        if self._switches and self._switches[0] <= events[-1].at:
            for _, group in groupby(events, key=attrgetter("at")):
                self.take(list(group))
        else:
            self._past += events
            fold.run(self.state, events, self.rules)

    def take(self, events: Sequence[Event]) -> None:
        """Fold all events of one instant, which comes after all folded so far."""
        at = events[0].at
        self.settle(at - 1)
        self._past += events
        if self._switches and self._switches[0] == at:
            self._switch()  # a promotion counts for the events of its own instant
        else:
            fold.run(self.state, events, self.rules)
        fold.settle(self.state, self.rules, at)

    def _switch(self) -> None:
        start = self._switches.pop(0)
        assert isinstance(self._judge, Schedule), "one rulebook has no switches"
        until = self._judge.until(start)
        self.rules = until.at(NEVER)
        self.state = inforce.fold_past(self._past, until) if self._past else fold.begin()


def judge_of(rulebook: str, rules: Any) -> Rules | None:
    """The rulebook asked for, compiled by `rules`; None for `in-force`."""
    return None if rulebook == IN_FORCE else rules(rulebook)
