"""A history folded up to the moment of a question, by the one fold.

Nothing is forgotten here: a fold that runs for years trims what no rule can ask for any more every so many events, and an
explanation may not depend on how many there were.
"""

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any

from domain.events import Event
from domain.rules import Rules
from projections import fold, inforce
from projections.asof import Judge
from projections.inforce import Schedule
from projections.state import State

Row = dict[str, Any]

_COLUMNS = {table.name: [name for name, _ in table.columns] for table in fold.TABLES}


class Then:
    """How a customer stands at `as_of` (µs), and the rows from there on."""

    def __init__(self, state: State, rules: Rules, as_of: int) -> None:
        self.state, self.rules, self.as_of = state, rules, as_of

    @cached_property
    def _rendered(self) -> dict[str, list[tuple[Any, ...]]]:
        return fold.render(self.state, self.rules)

    def rows(self, table: str) -> list[Row]:
        """All rows of a table, by column, instants in µs."""
        return [dict(zip(_COLUMNS[table], row, strict=True)) for row in self._rendered[table]]

    def ahead(self, table: str) -> list[Row]:
        """Those that hold at `as_of` or later, in order of time."""
        return sorted((row for row in self.rows(table) if row["until_at"] > self.as_of), key=lambda row: row["from_at"])


def stand(events: Sequence[Event], judge: Judge, as_of: int) -> Then:
    """Fold events that are in the order of folding and amended, none after `as_of`."""
    if isinstance(judge, Schedule):
        state, rules = inforce.fold_past(events, judge.until(as_of)), judge.at(as_of)
    else:
        state, rules = _fold(events, judge), judge
    fold.settle(state, rules, as_of)
    return Then(state, rules, as_of)


def _fold(events: Iterable[Event], rules: Rules) -> State:
    state = fold.begin()
    advance = fold.advance
    for event in events:
        advance(state, event, rules)
        state.count = 1
    return state


def nth(names: Sequence[str], number: int) -> str:
    """The name that a row gives by its number."""
    return names[number]
