"""What a change of rules would change, as an answer: figures, and customer after customer with the clause that did it."""

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from typing import Any, cast
from uuid import UUID

from msgspec import Struct
from psycopg import Connection

from api import answers
from api.changing import because
from api.changing.promoting import find
from api.clouds import moment
from api.errors import CannotCompare
from api.queues import CLASSES, LATENESS, SEVERITIES
from api.wiring import House
from domain.events import Event
from domain.facts import DAY, micros
from domain.order import amend
from projections import comparing, generations, inforce
from projections.comparing import Change, Difference, Figures, Pair, Side
from projections.comparing.figures import Cell, Moves, Shift
from projections.comparing.pair import Compared
from projections.generations import Generation
from projections.histories import decode, tails

MOST = 500  # customers of one answer over HTTP


class Asked(Struct, frozen=True):
    """What is compared with what, and how much of it is wanted."""

    new: int
    """The generation to compare."""
    old: int | None = None
    """With this one; None: with the one that is shown."""
    as_of: datetime | None = None
    """At this clock; None: at that of the generations where they have one, else now."""
    customers: Sequence[str] | None = None
    after: str | None = None
    limit: int = 50
    figures: bool = True
    """Whether to count everything as well."""


def answer(house: House, asked: Asked) -> dict[str, Any]:
    """The comparison, as of one state of the rows. UnknownGeneration, CannotCompare."""
    with _looking(house) as c:
        pair = _pair(house, c, asked)
        made: dict[str, Any] = {
            "old": about(pair.old.generation),
            "new": about(pair.new.generation),
            "as_of": moment(pair.now),
            "scope": _scope(pair),
            "figures": _figures(pair, comparing.figures(c, pair)) if asked.figures else None,
        }
        found = comparing.differences(c, pair, after=asked.after, customers=asked.customers)
        page = list(islice(found, asked.limit))
        more = bool(page) and len(page) == asked.limit and next(found, None) is not None
        histories = _histories(c, pair, [d.customer for d in page])
        items = [_item(pair, d, histories.get(d.customer, [])) for d in page]
    return made | {"items": items, "next": page[-1].customer if more else None}


@contextmanager
def _looking(house: House) -> Generator[Connection[Any]]:
    """One state of all rows and of the ledger, though both go on meanwhile."""
    with house.pool.connection() as c, c.transaction():
        c.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        c.execute("SET LOCAL timezone = 'UTC'")
        yield c


def about(of: Generation) -> dict[str, Any]:
    """A generation and its coordinates."""
    return {
        "id": of.id,
        "name": of.name,
        "rulebook": of.rulebook,
        "state": of.state,
        "as_of": moment(of.as_of),
        "known_at": of.known_at,
        "sample": of.sample,
        "position": of.position,
        "created_at": moment(of.created_at),
    }


def _pair(house: House, c: Connection[Any], asked: Asked) -> Pair:
    new = find(house, asked.new)
    old = generations.live(c) if asked.old is None else find(house, asked.old)
    if old is None:
        raise CannotCompare("no rows are shown yet; name the generation to compare with")
    if old.id == new.id:
        raise CannotCompare(f"generation {new.id} is the one that is shown; name another one to compare with")
    for one in (old, new):
        if one.state == "building":
            raise CannotCompare(f"generation {one.id} is not whole yet; wait for its build, or take that up again")
    now = asked.as_of or new.as_of or old.as_of or house.now()
    return Pair(_side(house, c, old), _side(house, c, new), now)


def _side(house: House, c: Connection[Any], of: Generation) -> Side:
    as_of = None if of.as_of is None else micros(of.as_of)
    return Side(of, inforce.ruling(inforce.judge(c, house.rulebooks, of.rulebook, as_of, of.position)))


def _scope(pair: Pair) -> str:
    every = pair.new.generation.sample or pair.old.generation.sample
    if every is None:
        return "all customers"
    return f"a sample: one customer in {every}; all figures are of these alone, and nothing is scaled up"


# --- figures ----------------------------------------------------------------------------------------------------------


def _figures(pair: Pair, f: Figures) -> dict[str, Any]:
    compared: Compared = f.customers
    rules = pair.old.rules, pair.new.rules
    return {
        "order": {
            "stages": list(dict.fromkeys(stage for r in rules for stage in r.lifecycle.stages)),
            "tiers": list(dict.fromkeys(tier for r in rules for tier in r.tier_names)),
        },
        "customers": compared._asdict() | {"differ": f.differ},
        "stages": [_cell(c) for c in _ordered(f.stages)],
        "tiers": [_cell(c) for c in _ordered(f.tiers)],
        "deadlines": [{"step": step} | _shift(shift) for step, shift in sorted(f.deadlines.items())],
        "complaints": _moves(f.complaints),
        "outreach": _moves(f.outreach),
        "planned": f.planned._asdict(),
    }


def _ordered(cells: Sequence[Cell]) -> list[Cell]:
    return sorted(cells, key=lambda c: (c.old == c.new, -c.customers, c.old, c.new))


def _cell(c: Cell) -> dict[str, Any]:
    return {
        "from": c.old,
        "to": c.new,
        "customers": c.customers,
        "net": {currency: str(amount) for currency, amount in sorted(c.net.items())},
        "deadlines": _shift(c.deadlines),
    }


def _shift(s: Shift) -> dict[str, Any]:
    return {
        "earlier": s.earlier,
        "hours_earlier": round(s.hours_earlier, 2),
        "later": s.later,
        "hours_later": round(s.hours_later, 2),
    }


def _moves(m: Moves) -> dict[str, int]:
    return {"in": m.come_in, "out": m.go_out, "moved": m.moved, "stay": m.stay}


# --- one customer -----------------------------------------------------------------------------------------------------


def _histories(c: Connection[Any], pair: Pair, customers: Sequence[str]) -> dict[str, list[Event]]:
    """What counts of each customer's events, as both generations know them."""
    sides = [side.generation for side in (pair.old, pair.new)]
    cuts = [micros(pair.now), *(micros(g.as_of) for g in sides if g.as_of is not None)]
    pieces = tails(c, {UUID(one).bytes: 1 for one in customers}, min(g.position for g in sides))
    found: dict[str, list[Event]] = {}
    for piece in pieces:
        events = amend(decode(piece)).events
        found[str(UUID(bytes=piece.customer))] = [event for event in events if event.at <= min(cuts)]
    return found


def _item(pair: Pair, difference: Difference, history: Sequence[Event]) -> dict[str, Any]:
    sides = pair.old, pair.new
    causes: Sequence[Mapping[str, Any] | None] = [None] * len(difference.changes)
    # Under the rulebooks in force at each moment no single clause can be asked.
    if history and all(side.generation.rulebook != inforce.IN_FORCE for side in sides):
        causes = comparing.explain(difference.changes, history, pair.old.rules, pair.new.rules, micros(pair.now))
    return {
        "customer": difference.customer,
        "changes": [_change(pair, change, cause) for change, cause in zip(difference.changes, causes, strict=True)],
        "kept": [_shown(kept) for kept in difference.kept],
    }


def _change(pair: Pair, change: Change, cause: Mapping[str, Any] | None) -> dict[str, Any]:
    made: dict[str, Any] = {
        "what": change.what,
        "item": change.item,
        "old": _shown(change.old),
        "new": _shown(change.new),
    }
    if change.hours is not None:
        made["hours"] = round(change.hours, 2)
    made["because"] = None if cause is None else _shown(cause)
    made["in_words"] = because.sentence(change, cause, pair.old.rules.version, pair.new.rules.version)
    return made


_SPANS = ("last_within", "kept_for")
_NAMES = {"lateness": LATENESS, "severity": SEVERITIES, "class": CLASSES}


def _shown(fields: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """With numbers as their names, instants as text, and spans in days."""
    return None if fields is None else {_named(name): _plain(name, value) for name, value in fields.items()}


def _named(name: str) -> str:
    return f"{name}_days" if name in _SPANS else name


def _plain(name: str, value: Any) -> Any:
    if isinstance(value, bool):
        return value
    if isinstance(value, int) and name in _NAMES:
        return _NAMES[name][value]
    if isinstance(value, datetime) or (isinstance(value, int) and (name == "at" or name.endswith("_at"))):
        return answers.shown(value)
    if isinstance(value, dict):
        inner = cast("dict[str, Any]", value)
        return {step: answers.shown(at) for step, at in inner.items()} if name == "deadlines" else _shown(inner)
    return value / DAY if name in _SPANS and value is not None else value
