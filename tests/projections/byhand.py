"""A history filtered by hand: what the product does to answer at coordinates, written a second time as simply as it can be.

Nothing here uses `domain.order`, the reader, or the engine. Only the fold itself, event by event, and its way over a switch
of rulebooks are the product's own.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import msgspec

from domain.events import Event, TouchpointCorrected, TouchpointVoided
from domain.facts import micros
from domain.rules import Rules
from domain.vocabulary import TYPES
from projections import fold
from projections.inforce import Schedule, fold_in_force
from projections.state import State

History = list[Event]  # of one customer, in the order of recording
Judge = Rules | Schedule

RANKS = list(TYPES)
HISTORIES = {"stages", "managers"}  # these tell all that began by then
NEGLECTED_AFTER = timedelta(days=30) // timedelta(microseconds=1)


def filtered(history: Iterable[Event], as_of: int) -> list[Event]:
    """Corrections and voids applied, what is later than `as_of` dropped, the rest in the order of the total key."""
    given = list(history)
    amendments = [e for e in given if isinstance(e, TouchpointCorrected | TouchpointVoided)]
    by_id = {e.id: e for e in given}

    def stands(amendment: Event) -> bool:
        voids = [v for v in amendments if isinstance(v, TouchpointVoided) and v.target == amendment.id]
        return not any(stands(v) for v in voids)

    found: list[Event] = []
    for event in given:
        if isinstance(event, TouchpointCorrected | TouchpointVoided):
            target = by_id.get(event.target)
            waits = target is None or (isinstance(event, TouchpointCorrected) and target in amendments)
            if stands(event) and waits:
                found.append(event)  # it is shown, and changes nothing
            continue
        of_this = [a for a in amendments if a.target == event.id and stands(a)]
        if not of_this:
            found.append(event)
        elif isinstance(of_this[-1], TouchpointCorrected):
            found += replaced(event, of_this[-1])
    return sorted((e for e in found if e.at <= as_of), key=total_key)


def replaced(event: Event, correction: TouchpointCorrected) -> list[Event]:
    """The event with the correction's time and data; where it is for another type, both as they are."""
    if correction.target_type != kind(event):
        return [event, correction]
    stated: dict[str, Any] = {name: getattr(event, name) for name in ("id", "at", "offset", "source", "sequence")}
    if correction.time is not None:
        stated["at"] = micros(correction.time)
        stated["offset"] = (correction.time.utcoffset() or timedelta()) // timedelta(minutes=1)
    data = correction.data | stated | {"type": kind(event), "version": correction.version, "actor": correction.actor}
    return [msgspec.convert(data, type(event))]


def kind(event: Event) -> str:
    """The stored name of its type."""
    return str(type(event).__struct_config__.tag)


def total_key(event: Event) -> tuple[int, str, int, str]:
    """(occurred at, sequence, causal rank of the type, id)."""
    return (event.at, event.sequence, RANKS.index(kind(event)), event.id)


def folded(history: Iterable[Event], as_of: int, rules: Judge) -> State | None:
    """What is folded of it, one event after the other; None where nothing was known by then.

    What a switch of rulebooks does is for `projections.inforce` to say, and for its own tests.
    """
    if isinstance(rules, Schedule):
        state = fold_in_force(filtered(history, as_of), rules, as_of)
        return state if state.count else None
    state = fold.begin()
    for event in filtered(history, as_of):
        fold.advance(state, event, rules)
    return state if state.count else None


def columns(table: str) -> list[str]:
    """The columns of a table, without generation and customer."""
    return [name for name, _ in next(t for t in fold.TABLES if t.name == table).columns]


def answers(history: Iterable[Event], as_of: int, rules: Judge) -> dict[str, list[dict[str, Any]]]:
    """Of each table the rows that hold at `as_of`; of histories all that began by then; of others all."""
    state = folded(history, as_of, rules)
    if state is None:
        return {}
    rules = rules.at(as_of) if isinstance(rules, Schedule) else rules
    rows = fold.render(state, rules)
    if not any(row[0] <= as_of < row[1] for row in rows["standing"]):  # past the horizon: as they would be judged then
        fold.settle(state, rules, as_of)
        rows |= {name: found for name, found in fold.render(state, rules).items() if name != "profile"}
    return {name: [r for r in _dicts(name, found) if _holds(name, r, as_of)] for name, found in rows.items()}


def _dicts(table: str, rows: list[tuple[Any, ...]]) -> list[dict[str, Any]]:
    names = columns(table)
    return [dict(zip(names, row, strict=True)) for row in rows]


def _holds(table: str, row: dict[str, Any], as_of: int) -> bool:
    if "until_at" not in row:
        return True
    return row["from_at"] <= as_of and (table in HISTORIES or as_of < row["until_at"])


def queue(name: str, histories: dict[str, History], as_of: int, rules: Judge) -> list[dict[str, Any]]:
    """A whole queue in order, over all customers."""
    table = "reactive" if name == "complaints" else "outreach"
    rows = [
        {"customer": customer, **row}
        for customer, history in histories.items()
        for row in answers(history, as_of, rules).get(table, [])
    ]
    match name:
        case "complaints":
            by = ("lateness", "severity", "tier", "trust", "ranked_at", "item", "customer")
        case "outreach":
            rows = [r for r in rows if not r["held"] and not r["unreachable"] and r["due_at"] <= as_of]
            by = ("class", "tier", "due_at", "customer", "item")
        case _:
            rows = [r for r in rows if r["item"] == "rhythm" and _neglected(r, as_of)]
            by = ("tier", "due_at", "customer", "item")
    return sorted(rows, key=lambda row: tuple(row[column] for column in by))


def _neglected(row: dict[str, Any], as_of: int) -> bool:
    """Nobody owns them, though they are a customer; or they cannot be reached, or are overdue by so long, and nothing holds it."""
    if not row["owner"] and row["held"] not in ("ended", "provisional"):
        return True
    return not row["held"] and (bool(row["unreachable"]) or row["due_at"] + NEGLECTED_AFTER <= as_of)
