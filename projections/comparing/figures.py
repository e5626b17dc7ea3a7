"""What differs in numbers: customers, money and working hours by stage and by tier, deadlines that move, both queues.

Money is each customer's net spend over the old rulebook's tier window, as of their last event, by currency; nothing is
converted. Working hours are those by which an open complaint's resolution (or the answer that somebody waits for) falls
due earlier or later, by the new rulebook's calendar.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, LiteralString, NamedTuple

from psycopg import Connection

from domain.facts import micros
from domain.rules import Rules
from projections.comparing.pair import BOTH, HELD, TIERS, Compared, Pair, count
from projections.shapes import instant

FINAL = ("resolve", "answer")  # the steps after which nobody waits any more


@dataclass
class Shift:
    """Deadlines that move: how many fall due earlier and later, and by how many working hours together."""

    earlier: int = 0
    later: int = 0
    hours_earlier: float = 0.0
    hours_later: float = 0.0

    def add(self, hours: float) -> None:
        """Count one; negative: earlier."""
        if hours < 0:
            self.earlier, self.hours_earlier = self.earlier + 1, self.hours_earlier - hours
        else:
            self.later, self.hours_later = self.later + 1, self.hours_later + hours


@dataclass
class Cell:
    """Customers who are `old` under one rulebook and `new` under the other."""

    old: str
    new: str
    customers: int = 0
    net: dict[str, Decimal] = field(default_factory=dict[str, Decimal])
    deadlines: Shift = field(default_factory=Shift)


class Moves(NamedTuple):
    """One queue under both rulebooks: items that come in, go out, change place, and stay where they are."""

    come_in: int
    go_out: int
    moved: int
    stay: int


class Kept(NamedTuple):
    """Contacts that people planned or promised: those that keep their date, as they all should, and those that do not."""

    kept: int
    moved: int


class Figures(NamedTuple):
    """The whole of a comparison in numbers."""

    customers: Compared
    differ: int
    stages: list[Cell]
    tiers: list[Cell]
    deadlines: dict[str, Shift]  # by step
    complaints: Moves
    outreach: Moves
    planned: Kept


class Moved(NamedTuple):
    """A deadline of one step of one item under both rulebooks."""

    step: str
    old: datetime
    new: datetime
    hours: float  # working hours from old to new; negative: earlier


# --- queries ----------------------------------------------------------------------------------------------------------

_STANDING: LiteralString = f"""
  FROM ({BOTH}) b JOIN rows.standing o ON o.customer = b.customer JOIN rows.standing n ON n.customer = b.customer
 {{0}} WHERE {HELD["o"]} AND {HELD["n"]}"""

_CELL: LiteralString = f"o.stage, n.stage, {TIERS[0]}, {TIERS[1]}"

_CUSTOMERS: LiteralString = f"SELECT {_CELL}, count(*) {_STANDING} GROUP BY 1, 2, 3, 4".replace("{0}", "")

_MONEY: LiteralString = (
    f"SELECT {_CELL}, m.currency, sum(m.amount::numeric) {_STANDING} GROUP BY 1, 2, 3, 4, 5".replace(
        "{0}",
        """JOIN rows.profile p ON p.generation = %(old)s AND p.customer = b.customer
       CROSS JOIN LATERAL jsonb_each_text(p.document -> 'tier' -> 'net') AS m (currency, amount)""",
    )
)

_OPEN: LiteralString = f"""
SELECT {_CELL}, x.severity, x.why -> 'deadlines', y.why -> 'deadlines', x.due_kind, x.due_at, y.due_kind, y.due_at
{_STANDING} AND (x.why -> 'deadlines' IS DISTINCT FROM y.why -> 'deadlines' OR x.due_at IS DISTINCT FROM y.due_at)
""".replace(
    "{0}",
    """JOIN rows.reactive x ON x.generation = %(old)s AND x.customer = b.customer
        AND x.from_at <= %(now)s AND x.until_at > %(now)s
       JOIN rows.reactive y ON y.generation = %(new)s AND y.customer = b.customer AND y.item = x.item
        AND y.from_at <= %(now)s AND y.until_at > %(now)s""",
)


class Queued(NamedTuple):
    """A queue's table, what tells a row's place in it, and which rows stand in it at the clock."""

    table: LiteralString
    place: LiteralString  # of o and n, the tier left out
    only: LiteralString = "true"


COMPLAINTS = Queued(
    "reactive", "(o.lateness, o.severity, o.ranked_at) IS DISTINCT FROM (n.lateness, n.severity, n.ranked_at)"
)
OUTREACH = Queued("outreach", "(o.class, o.due_at) IS DISTINCT FROM (n.class, n.due_at)", "ready AND due_at <= %(now)s")


def beside(queue: Queued, both: LiteralString = BOTH) -> LiteralString:
    """The items of a queue under both rulebooks, those that stand in one of them only among them."""
    held: LiteralString = f"""
        (SELECT * FROM rows.{queue.table} WHERE generation = %({{0}})s AND from_at <= %(now)s AND until_at > %(now)s
            AND {queue.only} AND customer IN ({both}))"""
    return f"{held.replace('{0}', 'old')} o FULL JOIN {held.replace('{0}', 'new')} n USING (customer, item)"


def displaced(queue: Queued) -> LiteralString:
    """Whether an item that stands in both has another place."""
    return f"({queue.place} OR {TIERS[0]} IS DISTINCT FROM {TIERS[1]})"


def _moves(connection: Connection[Any], pair: Pair, queue: Queued) -> Moves:
    query: LiteralString = f"""
        SELECT count(*) FILTER (WHERE o.generation IS NULL), count(*) FILTER (WHERE n.generation IS NULL),
               count(*) FILTER (WHERE o.generation = %(old)s AND n.generation = %(new)s AND {displaced(queue)}),
               count(*) FILTER (WHERE o.generation = %(old)s AND n.generation = %(new)s AND NOT {displaced(queue)})
          FROM {beside(queue)}"""
    return Moves(*(connection.execute(query, pair.values()).fetchone() or (0,) * 4))


_KEPT: LiteralString = f"""
SELECT count(*) FILTER (WHERE o.due_at = n.due_at), count(*) FILTER (WHERE o.due_at <> n.due_at)
  FROM rows.outreach o JOIN rows.outreach n ON n.customer = o.customer AND n.item = o.item
 WHERE {HELD["o"]} AND {HELD["n"]} AND o.class <= 1 AND o.customer IN ({BOTH})"""  # promises and plans


def differing(both: LiteralString = BOTH) -> LiteralString:
    """The customers of `both` of whom anything differs that a comparison shows."""
    queued: list[LiteralString] = [
        f"SELECT customer FROM {beside(queue, both)} WHERE o.generation IS NULL OR n.generation IS NULL OR {displaced(queue)}"
        for queue in (COMPLAINTS, OUTREACH)
    ]
    return f"""
        SELECT o.customer FROM rows.standing o JOIN rows.standing n ON n.customer = o.customer
         WHERE {HELD["o"]} AND {HELD["n"]} AND o.customer IN ({both})
           AND (o.stage <> n.stage OR {TIERS[0]} <> {TIERS[1]})
        UNION SELECT o.customer FROM rows.reactive o JOIN rows.reactive n ON n.customer = o.customer AND n.item = o.item
         WHERE {HELD["o"]} AND {HELD["n"]} AND o.customer IN ({both})
           AND o.why -> 'deadlines' IS DISTINCT FROM n.why -> 'deadlines'
        UNION {queued[0]} UNION {queued[1]}"""


# --- counting ---------------------------------------------------------------------------------------------------------


def figures(connection: Connection[Any], pair: Pair) -> Figures:
    """Count everything. Needs a transaction that sees one state throughout (REPEATABLE READ)."""
    stages: dict[tuple[str, str], Cell] = {}
    tiers: dict[tuple[str, str], Cell] = {}

    def cells(row: Any) -> tuple[Cell, Cell]:
        stage, tier = (row[0], row[1]), (row[2], row[3])
        return stages.setdefault(stage, Cell(*stage)), tiers.setdefault(tier, Cell(*tier))

    for row in connection.execute(_CUSTOMERS, pair.values()):
        for cell in cells(row):
            cell.customers += row[4]
    for row in connection.execute(_MONEY, pair.values()):
        for cell in cells(row):
            cell.net[row[4]] = cell.net.get(row[4], Decimal(0)) + row[5]
    deadlines: dict[str, Shift] = defaultdict(Shift)
    for row, moved in _moved(connection, pair):
        deadlines[moved.step].add(moved.hours)
        if moved.step in FINAL:
            for cell in cells(row):
                cell.deadlines.add(moved.hours)
    counted: LiteralString = f"SELECT count(*) FROM ({differing()}) AS found"
    return Figures(
        count(connection, pair),
        (connection.execute(counted, pair.values()).fetchone() or (0,))[0],
        list(stages.values()),
        list(tiers.values()),
        dict(deadlines),
        _moves(connection, pair, COMPLAINTS),
        _moves(connection, pair, OUTREACH),
        Kept(*(connection.execute(_KEPT, pair.values()).fetchone() or (0, 0))),
    )


def _moved(connection: Connection[Any], pair: Pair) -> Iterator[tuple[Any, Moved]]:
    """The rows of items whose deadlines differ, a row for each step that moves."""
    with connection.cursor("moved") as cursor:
        cursor.itersize = 5_000
        cursor.execute(_OPEN, pair.values())
        for row in cursor:
            old, new = dues(row[5], row[7], row[8]), dues(row[6], row[9], row[10])
            for moved in shifted(pair.new.rules, row[4], old, new):
                yield row, moved


SEVERITIES = ("critical", "high", "normal", "low")  # as rows number them


def dues(deadlines: dict[str, int] | None, due_kind: str | None, due_at: datetime | None) -> dict[str, int]:
    """What is due when (µs), by step, of one item of the reactive queue."""
    if deadlines:
        return deadlines
    return {} if due_kind is None or due_at is None else {due_kind: micros(due_at)}


def shifted(rules: Rules, severity: int, old: dict[str, int], new: dict[str, int]) -> list[Moved]:
    """The steps of an item that fall due at another time."""
    calendar = rules.around if SEVERITIES[severity] in rules.around_the_clock else rules.calendar
    found: list[Moved] = []
    for step in old.keys() & new.keys():
        before, after = old[step], new[step]
        if before != after:
            minutes = calendar.working_between(min(before, after), max(before, after))
            hours = minutes / 60 if after > before else -minutes / 60
            found.append(Moved(step, instant(before), instant(after), hours))
    return sorted(found)
