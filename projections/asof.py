"""One history at given coordinates, folded and rendered: for answers about one customer and for rows of all alike.

The history is as it was known at some position. What was corrected later was wrong at the moment already, so amendments
are applied first and the moment is cut off then.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from domain.events import Beside, Event
from domain.facts import NEVER
from domain.order import amend
from domain.rules import Rules
from projections import inforce
from projections.folding import Fold
from projections.inforce import Schedule
from projections.projection import Table
from projections.shapes import is_interval, row_holds
from projections.store import Rendered

Judge = Rules | Schedule
"""One rulebook, or at each moment the one in force then."""


class Then(NamedTuple):
    """A customer folded up to the last event before a moment."""

    state: Any
    rules: Any  # that judge at that moment


class Rows(NamedTuple):
    """What readers see of a customer at a moment, by table, and the version up to which events are in it."""

    tables: Rendered
    version: int


def state_at(fold: Fold, events: Sequence[Event], judge: Any, as_of: int | None) -> Then | None:
    """Fold the events of one stream, as they were known, up to `as_of` (µs; None: all of them).

    None where nothing had happened by then, or where the stream is no customer's.
    """
    if isinstance(events[0], Beside):
        return None
    history = amend(events)
    past = history.events if as_of is None else [event for event in history.events if event.at <= as_of]
    if not past:
        return None
    if isinstance(judge, Schedule):
        judge = judge if as_of is None else judge.until(as_of)
        state, rules = inforce.fold_past(past, judge), judge.at(NEVER)
    else:
        state, rules = fold.begin(), judge
        fold.run(state, past, rules)
    state.customer.corrected, state.customer.voided = history.corrected, history.voided
    state.version = max(event.version for event in (events if len(past) == len(history.events) else past))
    return Then(state, rules)


def rows_at(fold: Fold, events: Sequence[Event], judge: Any, as_of: int | None) -> Rows | None:
    """The rows of that customer: they hold at `as_of`, and on to the horizon."""
    then = state_at(fold, events, judge, as_of)
    if then is None:
        return None
    state, rules = then
    rendered = fold.render(state, rules)
    if as_of is not None and not _answers(fold.TABLES, rendered, as_of):
        # Past the horizon: go on to the clock. What has no interval speaks of the last event and stays.
        fold.settle(state, rules, as_of)
        later = fold.render(state, rules)
        rendered = {t.name: later[t.name] if is_interval(t) else rendered[t.name] for t in fold.TABLES}
    return Rows(rendered, state.version)


def _answers(tables: Sequence[Table], rendered: Rendered, as_of: int) -> bool:
    return any(row_holds(table, row, as_of) for table in tables for row in rendered.get(table.name, ()))
