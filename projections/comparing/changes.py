"""What differs of each customer, old value beside new value, in the order of their ids."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, LiteralString, NamedTuple

from psycopg import Connection
from psycopg.rows import dict_row

from domain.rules import STEPS
from projections.comparing.figures import COMPLAINTS, OUTREACH, SEVERITIES, differing, dues, shifted
from projections.comparing.pair import BOTH, HELD, Pair, Side
from projections.outreach import PLANNED, PROMISE

_CHUNK = 2_000  # customers looked at together

Row = dict[str, Any]


class Change(NamedTuple):
    """One thing that differs. `what`: stage, tier, deadline, complaints or outreach (a place in that queue)."""

    what: str
    item: str | None
    old: Row | None
    """None: not in this queue."""
    new: Row | None
    hours: float | None = None
    """Of a deadline, working hours from old to new; negative: earlier."""


class Difference(NamedTuple):
    """A customer of whom something differs."""

    customer: str
    changes: list[Change]
    kept: list[Row]
    """Contacts that somebody planned or promised before: they keep their date under either rulebook."""


_SOME: LiteralString = "SELECT unnest(%(some)s::uuid[])"

_NEXT: LiteralString = (
    f"SELECT customer::text FROM ({BOTH}) b WHERE customer > %(after)s ORDER BY customer LIMIT %(chunk)s"
)

_DIFFER: LiteralString = f"SELECT customer::text FROM ({differing(_SOME)}) AS found ORDER BY customer"

LOWEST = "00000000-0000-0000-0000-000000000000"


def differences(
    connection: Connection[Any], pair: Pair, *, after: str | None = None, customers: Sequence[str] | None = None
) -> Iterator[Difference]:
    """Those of whom anything differs, behind the customer `after`, or only among `customers`; read as they are asked for."""
    while True:
        some = list(customers) if customers is not None else _chunk(connection, pair, after or LOWEST)
        if not some:
            return
        found = [row[0] for row in connection.execute(_DIFFER, pair.values(some=some))]
        yield from _described(connection, pair, found)
        if customers is not None:
            return
        after = some[-1]


def _chunk(connection: Connection[Any], pair: Pair, after: str) -> list[str]:
    return [row[0] for row in connection.execute(_NEXT, pair.values(after=after, chunk=_CHUNK))]


# --- rows -------------------------------------------------------------------------------------------------------------

_TABLES: tuple[LiteralString, ...] = ("standing", "stages", "reactive", "outreach")

Rows = dict[str, dict[str, list[Row]]]  # customer -> table -> rows


def _rows(connection: Connection[Any], pair: Pair, which: LiteralString, customers: Sequence[str]) -> Rows:
    found: Rows = defaultdict(lambda: defaultdict(list))
    with connection.cursor(row_factory=dict_row) as cursor:
        for table in _TABLES:
            query: LiteralString = f"""SELECT {which}.* FROM rows.{table} {which}
                WHERE {HELD[which]} AND {which}.customer = ANY(%(some)s::uuid[])"""
            for row in cursor.execute(query, pair.values(some=customers)):
                found[str(row["customer"])][table].append(row)
    return found


def _described(connection: Connection[Any], pair: Pair, customers: Sequence[str]) -> Iterator[Difference]:
    if not customers:
        return
    old, new = (_rows(connection, pair, which, customers) for which in ("o", "n"))
    for customer in customers:
        before, after = old[customer], new[customer]
        changes = [
            *_standing(pair, before, after),
            *_deadlines(pair, before["reactive"], after["reactive"]),
            *_queue(pair, "complaints", before["reactive"], after["reactive"], _PLACES[COMPLAINTS.table]),
            *_queue(pair, "outreach", _due(pair, before), _due(pair, after), _PLACES[OUTREACH.table]),
        ]
        yield Difference(customer, changes, _kept(before["outreach"], after["outreach"]))


# --- how they stand ---------------------------------------------------------------------------------------------------


def _standing(pair: Pair, before: dict[str, list[Row]], after: dict[str, list[Row]]) -> Iterator[Change]:
    (old,), (new,) = before["standing"], after["standing"]
    if old["stage"] != new["stage"]:
        yield Change("stage", None, _stage(before), _stage(after))
    tiers = _tier(pair.old, old), _tier(pair.new, new)
    if tiers[0] != tiers[1]:
        yield Change("tier", None, {"tier": tiers[0]}, {"tier": tiers[1]})


def _tier(side: Side, row: Row) -> str:
    level: int = row["tier"]
    return side.rules.tier_names[level]


def _stage(rows: dict[str, list[Row]]) -> Row:
    (held,) = rows["stages"]
    return {"stage": held["stage"], "since": held["from_at"], "clause": held["clause"], "reason": held["reason"]}


# --- deadlines and queues ---------------------------------------------------------------------------------------------


def _deadlines(pair: Pair, before: Sequence[Row], after: Sequence[Row]) -> Iterator[Change]:
    known = {row["item"]: row for row in before}
    for row in after:
        old = known.get(row["item"])
        if old is None:
            continue
        due = [dues(_why(r).get("deadlines"), r["due_kind"], r["due_at"]) for r in (old, row)]
        for moved in shifted(pair.new.rules, row["severity"], *due):
            yield Change(
                "deadline",
                str(row["item"]),
                _deadline(pair.old, old, moved.step) | {"at": moved.old},
                _deadline(pair.new, row, moved.step) | {"at": moved.new},
                moved.hours,
            )


def _why(row: Row) -> Row:
    found: Row | None = row["why"]
    return found or {}


def _deadline(side: Side, row: Row, step: str) -> Row:
    """What the rules ask for this step: working hours by severity, and the tier's factor."""
    number: int = row["severity"]
    rules, severity = side.rules, SEVERITIES[number]
    shown: Row = {"step": step, "severity": severity, "tier": _tier(side, row)}
    if step == "answer":
        return shown | {"hours": rules.answer_minutes / 60}
    minutes = rules.minutes[severity][STEPS.index(step)] if step in STEPS else None
    return shown | {"hours": None if minutes is None else minutes / 60, "factor": _why(row).get("factor")}


def _due(pair: Pair, rows: dict[str, list[Row]]) -> list[Row]:
    """What is due, with the entry into the stage, from which care is counted."""
    (held,) = rows["stages"]
    entered = {"entered_at": held["from_at"], "entered_by": held["clause"]}
    return [row | entered for row in rows["outreach"] if row["ready"] and row["due_at"] <= pair.now]


_PLACES: dict[str, tuple[str, ...]] = {
    "reactive": ("lateness", "severity", "ranked_at"),
    "outreach": ("class", "due_at"),
}
_SHOWN = (
    "kind", "due_kind", "due_at", "purpose", "content", "channel", "state", "owner", "entered_at", "entered_by", "why",
)  # fmt: skip


def _queue(
    pair: Pair, name: str, before: Sequence[Row], after: Sequence[Row], places: tuple[str, ...]
) -> Iterator[Change]:
    old = {str(row["item"]): row for row in before}
    new = {str(row["item"]): row for row in after}
    for item in sorted(old.keys() | new.keys()):
        shown = _placed(pair.old, old.get(item), places), _placed(pair.new, new.get(item), places)
        if shown[0] is None or shown[1] is None or any(shown[0][p] != shown[1][p] for p in (*places, "tier")):
            yield Change(name, item, *shown)


def _placed(side: Side, row: Row | None, places: tuple[str, ...]) -> Row | None:
    if row is None:
        return None
    return {n: row[n] for n in (*places, *_SHOWN) if n in row} | {"tier": _tier(side, row)}


def _kept(before: Sequence[Row], after: Sequence[Row]) -> list[Row]:
    """Promised and planned contacts in both, with the date that they have under both."""
    dates = {row["item"]: row["due_at"] for row in before if row["class"] in _BY_PEOPLE}
    return [
        {"item": row["item"], "class": _BY_PEOPLE[row["class"]], "due_at": row["due_at"]}
        for row in after
        if row["class"] in _BY_PEOPLE and dates.get(row["item"]) == row["due_at"]
    ]


_BY_PEOPLE = {PROMISE: "promise", PLANNED: "planned"}
