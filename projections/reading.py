"""Answers for readers: rows where they hold at the clock, folded from the ledger where they do not.

A customer's rows hold from their last event to the horizon. Before that, past it, or as known at an earlier position, the
customer is folded here, by the same fold, and the same rows come out. A request takes the pointer once (`view`) and hands
it on, so all that it reads is of one generation; a cursor carries generation, clock, and the rank of the last row.

Instants that come in are µs since 1970; rows go out as dictionaries by column, with `datetime` in UTC, ids as text, and
JSON decoded.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from heapq import merge
from typing import Any, LiteralString, NamedTuple
from uuid import UUID

from psycopg import Connection, sql

from domain.events import Beside
from domain.order import amend
from projections import complaints, generations, outreach
from projections.folding import Fold
from projections.generations import Generation, Unready, ours
from projections.histories import Broken, decode, tails
from projections.paging import Cursor as Place
from projections.paging import Wanted
from projections.projection import Table
from projections.shapes import Shape, Shown, held, holds, instant, is_interval, plain, row_holds
from projections.store import Rendered

Cursor = tuple[Any, ...]  # (generation, as_of in µs, rank of the last row); instants in it are µs

_POPULATIONS_KEPT = 4


class Queue(NamedTuple):
    """A table whose rows are read in the order of their rank."""

    table: str
    rank: tuple[str, ...]
    only: str = "true"  # what else has to hold, in SQL; `now` is the clock
    stands: Callable[[Shown, datetime], bool] = lambda _row, _now: True  # the same, of a row at hand
    pager: Callable[[Connection[Any], int, datetime, Wanted], list[Shown]] | None = None  # reads pages along an index
    ids: int = 1  # how many columns at the end of the rank break ties


def _due(row: Shown, now: datetime) -> bool:
    return bool(row["ready"] and row["due_at"] <= now)


COMPLAINTS = Queue("reactive", ("lateness", "severity", "tier", "ranked_at", "item"), pager=complaints.page, ids=1)
OUTREACH = Queue(
    "outreach",
    ("class", "tier", "due_at", "customer", "item"),
    "ready AND due_at <= %(now)s",
    _due,
    pager=outreach.page,
    ids=2,
)


class Page(NamedTuple):
    """Part of a queue; `next` leads on, and is None at the end."""

    rows: list[Shown]
    next: Cursor | None
    view: Generation


class Customer(NamedTuple):
    """What the rows of one customer say at the clock."""

    tables: dict[str, list[Shown]]
    folded: bool  # on read, not taken from rows
    parked: str | None  # why this customer cannot be folded; what is shown is from before
    view: Generation


class Reader:
    """Reads rows through any connection of the API's role."""

    def __init__(self, fold: Fold, rules: Callable[[str], Any]) -> None:
        self._fold, self._rules = fold, rules
        self._tables: dict[str, Table] = {t.name: t for t in fold.TABLES}
        self._shapes = {name: Shape(table) for name, table in self._tables.items()}
        self._populations: dict[tuple[Any, ...], dict[bytes, dict[str, list[Shown]]]] = {}

    def view(self, connection: Connection[Any], generation: int | None = None) -> Generation:
        """The generation that is shown, or the one that a cursor names. Unready where there is none (any more)."""
        if generation is None:
            found = generations.live(connection)
        else:
            found = next(
                (g for g in generations.listed(connection) if g.id == generation and g.state != "building"), None
            )
        if found is None:
            raise Unready(
                "no rows yet: the engine has not started" if generation is None else f"generation {generation} is gone"
            )
        return found

    # --- one customer -------------------------------------------------------------------------------------------------

    def customer(
        self,
        connection: Connection[Any],
        customer: str,
        as_of: int,
        known_at: int | None = None,
        *,
        tables: Sequence[str] | None = None,
    ) -> Customer | None:
        """What holds for one customer at `as_of`, as known at position `known_at`; None where nothing was known by then.

        Of a table of intervals: the rows that hold then; of histories (stages, managers): all that began by then.
        """
        view = self.view(connection)
        parked = self._parked(connection, view, [customer]).get(customer)
        wanted = list(tables or self._tables)
        folded = not self._covers(connection, view, customer, as_of, known_at)
        if folded:
            found = self._fold_some(connection, view, [UUID(customer).bytes], as_of, known_at).get(UUID(customer).bytes)
            if found is None:
                return Customer({}, folded, parked, view) if parked else None
            rows = {name: [r for r in found[name] if holds(self._tables[name], r, as_of)] for name in wanted}
        else:
            rows = {name: self._select(connection, view, name, customer, as_of) for name in wanted}
        return Customer(rows, folded, parked, view)

    def profile(
        self, connection: Connection[Any], customer: str, as_of: int, known_at: int | None = None
    ) -> Customer | None:
        """The document of the profile and how the customer stands."""
        return self.customer(connection, customer, as_of, known_at, tables=("profile", "standing"))

    def stages(
        self, connection: Connection[Any], customer: str, as_of: int, known_at: int | None = None
    ) -> Customer | None:
        """The stages up to `as_of`, oldest first."""
        return self.customer(connection, customer, as_of, known_at, tables=("stages",))

    def managers(
        self, connection: Connection[Any], customer: str, as_of: int, known_at: int | None = None
    ) -> Customer | None:
        """Owners and covers up to `as_of`, oldest first."""
        return self.customer(connection, customer, as_of, known_at, tables=("managers",))

    def _covers(
        self, connection: Connection[Any], view: Generation, customer: str, as_of: int, known_at: int | None
    ) -> bool:
        """Do the rows answer? Not where something was learnt after `known_at`, nor outside of the span."""
        if view.fingerprint != self._fold.fingerprint():
            return False
        row = connection.execute(
            "SELECT version, from_at <= %s AND until_at > %s FROM rows.spans WHERE generation = %s AND customer = %s",
            [instant(as_of), instant(as_of), view.id, customer],
        ).fetchone()
        if row is None or not row[1]:
            return False
        if known_at is None or known_at >= view.position:
            return True
        last = connection.execute(
            "SELECT position FROM ledger.events WHERE customer = %s AND version = %s", [customer, row[0]]
        ).fetchone()
        return last is not None and last[0] <= known_at

    def _select(
        self, connection: Connection[Any], view: Generation, name: str, customer: str, as_of: int
    ) -> list[Shown]:
        shape = self._shapes[name]
        query = sql.SQL(
            "SELECT {} FROM {} WHERE generation = %(generation)s AND customer = %(customer)s {} ORDER BY {}"
        ).format(shape.columns, sql.Identifier("rows", name), ours(held(self._tables[name])), shape.order)
        values = {"generation": view.id, "customer": customer, "now": instant(as_of)}
        return [shape.selected(row) for row in connection.execute(query, values)]

    # --- queues -------------------------------------------------------------------------------------------------------

    def queue(
        self,
        connection: Connection[Any],
        queue: Queue,
        as_of: int,
        known_at: int | None = None,
        *,
        where: Mapping[str, Any] | None = None,
        limit: int = 50,
        after: Cursor | None = None,
    ) -> Page:
        """The next rows of a queue. `where`: columns that must have a value, or one of several where it is a list."""
        view = self.view(connection, after[0] if after else None)
        if after:
            as_of = after[1]
        wanted = dict(where or {})
        folded = self._population(connection, view, as_of, known_at)
        here = self._page(connection, view, queue, as_of, wanted, folded.keys(), limit + 1, after)
        shape = self._shapes[queue.table]
        last = shape.key(queue.rank, after[2:]) if after else None
        there = sorted(
            (
                row
                for tables in folded.values()
                for row in tables[queue.table]
                if holds(self._tables[queue.table], row, as_of)
                and _fits(row, wanted)
                and queue.stands(row, instant(as_of))
            ),
            key=shape.rank(queue.rank),
        )
        rank = shape.rank(queue.rank)
        rows = list(merge(here, [r for r in there if last is None or rank(r) > last], key=rank))[: limit + 1]
        more, rows = len(rows) > limit, rows[:limit]
        reasons = self._parked(connection, view, [r["customer"] for r in rows])
        for row in rows:
            row["parked"] = reasons.get(row["customer"])
        following = (view.id, as_of, *map(plain, rank(rows[-1]))) if more else None
        return Page(rows, following, view)

    def queue_complaints(
        self, connection: Connection[Any], as_of: int, known_at: int | None = None, **how: Any
    ) -> Page:
        """Open complaints and what else waits for a human, the most urgent first; `how` as for `queue`."""
        return self.queue(connection, COMPLAINTS, as_of, known_at, **how)

    def queue_outreach(self, connection: Connection[Any], as_of: int, known_at: int | None = None, **how: Any) -> Page:
        """Contacts that are due and may be made, the most valuable first; `how` as for `queue`."""
        return self.queue(connection, OUTREACH, as_of, known_at, **how)

    def _page(
        self,
        connection: Connection[Any],
        view: Generation,
        queue: Queue,
        as_of: int,
        wanted: Mapping[str, Any],
        without: Iterable[bytes],
        limit: int,
        after: Cursor | None,
    ) -> list[Shown]:
        """Up to `limit` rows after the cursor, those of customers in `without` left out."""
        if queue.pager is None or not wanted.keys() <= _PAGED_BY:
            return self._select_page(connection, view, queue, as_of, wanted, without, limit, after)
        left_out = {str(UUID(bytes=c)) for c in without}
        shape, numbers = self._shapes[queue.table], len(queue.rank) - 1 - queue.ids
        asked = Wanted(
            range(len(self._rules(view.rulebook).tier_names)),
            owners=_several(wanted.get("owner")),
            customers=_several(wanted.get("customer")),
            equal={n: v for n, v in wanted.items() if n not in ("owner", "customer")},
            limit=limit,
        )
        rank = shape.key(queue.rank, after[2:]) if after else None
        rows: list[Shown] = []
        while True:
            if rank is not None:
                asked = asked._replace(after=Place(rank[:numbers], rank[numbers], rank[numbers + 1 :]))
            found = [shape.named(row) for row in queue.pager(connection, view.id, instant(as_of), asked)]
            rows += [row for row in found if row["customer"] not in left_out]
            if len(found) < limit or len(rows) >= limit:
                return rows[:limit]
            rank = shape.rank(queue.rank)(found[-1])

    def _select_page(
        self,
        connection: Connection[Any],
        view: Generation,
        queue: Queue,
        as_of: int,
        wanted: Mapping[str, Any],
        without: Iterable[bytes],
        limit: int,
        after: Cursor | None,
    ) -> list[Shown]:
        """The same for queues, and by columns, for which there is no index."""
        shape = self._shapes[queue.table]
        rank = sql.SQL(", ").join(map(sql.Identifier, queue.rank))
        values: dict[str, Any] = {"generation": view.id, "now": instant(as_of), "limit": limit}
        conditions: list[sql.Composable] = [
            sql.SQL("generation = %(generation)s AND from_at <= %(now)s AND until_at > %(now)s"),
            ours(queue.only),
        ]
        for number, (column, value) in enumerate(wanted.items()):
            values[f"w{number}"] = value
            several = isinstance(value, list)
            conditions.append(
                sql.SQL("{} = ANY({})" if several else "{} = {}").format(
                    sql.Identifier(column), sql.Placeholder(f"w{number}")
                )
            )
        excluded = [c.hex() for c in without]
        if excluded:
            values["without"] = excluded
            conditions.append(sql.SQL("customer <> ALL(%(without)s::uuid[])"))
        if after:
            places = [sql.Placeholder(f"r{i}") for i in range(len(queue.rank))]
            values |= {f"r{i}": v for i, v in enumerate(shape.key(queue.rank, after[2:]))}
            casts = [
                sql.SQL("{}::{}").format(p, ours(shape.type_of(c))) for p, c in zip(places, queue.rank, strict=True)
            ]
            conditions.append(sql.SQL("({}) > ({})").format(rank, sql.SQL(", ").join(casts)))
        query = sql.SQL("SELECT {} FROM {} WHERE {} ORDER BY {} LIMIT %(limit)s").format(
            shape.columns, sql.Identifier("rows", queue.table), sql.SQL(" AND ").join(conditions), rank
        )
        return [shape.selected(row) for row in connection.execute(query, values)]

    # --- folding on read ----------------------------------------------------------------------------------------------

    def _population(
        self, connection: Connection[Any], view: Generation, as_of: int, known_at: int | None
    ) -> dict[bytes, dict[str, list[Shown]]]:
        """Everybody whose rows do not answer, folded."""
        outside: LiteralString = "SELECT uuid_send(customer) FROM rows.spans WHERE generation = %(of)s"
        if view.fingerprint == self._fold.fingerprint():
            outside += " AND (from_at > %(now)s OR until_at <= %(now)s)"
        values = {"of": view.id, "now": instant(as_of)}
        missing = {row[0] for row in connection.execute(outside, values, binary=True)}
        if known_at is not None and known_at < view.position:
            missing |= {
                row[0]
                for row in connection.execute(
                    "SELECT DISTINCT uuid_send(customer) FROM ledger.events WHERE position > %s AND position <= %s",
                    [known_at, view.position],
                    binary=True,
                )
            }
        if not missing:
            return {}
        name = (view.id, view.position, as_of, known_at)
        if name not in self._populations:
            while len(self._populations) >= _POPULATIONS_KEPT:
                self._populations.pop(next(iter(self._populations)))
            found = self._fold_some(connection, view, missing, as_of, known_at)
            self._populations[name] = {c: found.get(c) or {n: [] for n in self._tables} for c in missing}
        return self._populations[name]

    def _fold_some(
        self,
        connection: Connection[Any],
        view: Generation,
        customers: Iterable[bytes],
        as_of: int,
        known_at: int | None,
    ) -> dict[bytes, dict[str, list[Shown]]]:
        """These customers' rows at `as_of`; those of whom nothing was known by then, or who cannot be folded, are left out."""
        until = view.position if known_at is None else min(known_at, view.position)
        rules = self._rules(view.rulebook)
        found: dict[bytes, dict[str, list[Shown]]] = {}
        for piece in tails(connection, dict.fromkeys(customers, 1), until):
            try:
                rendered = self._at(decode(piece), rules, as_of)
            except Broken:
                continue  # parked: the reason is shown beside
            except Exception:  # noqa: BLE001, S112 - the same for a fold that raises; the engine has recorded it
                continue
            if rendered:
                name = str(UUID(bytes=piece.customer))
                found[piece.customer] = {
                    table: [self._shapes[table].rendered(name, row) for row in rows] for table, rows in rendered.items()
                }
        return found

    def _at(self, events: list[Any], rules: Any, as_of: int) -> Rendered | None:
        if isinstance(events[0], Beside):
            return None
        history = amend(events)
        past = [e for e in history.events if e.at <= as_of]
        if not past:
            return None
        state = self._fold.begin()
        for event in past:
            self._fold.advance(state, event, rules)
        state.customer.corrected, state.customer.voided = history.corrected, history.voided
        seen = events if len(past) == len(history.events) else past
        state.version = max(e.version for e in seen)
        rendered = self._fold.render(state, rules)
        if not any(row_holds(self._tables[t], r, as_of) for t, rows in rendered.items() for r in rows):
            # Past the horizon: go on to the clock. What has no interval speaks of the last event and stays.
            self._fold.settle(state, rules, as_of)
            later = self._fold.render(state, rules)
            rendered = {t: later[t] if is_interval(self._tables[t]) else rows for t, rows in rendered.items()}
        return rendered

    def _parked(self, connection: Connection[Any], view: Generation, customers: list[str]) -> dict[str, str]:
        query = "SELECT customer, reason FROM rows.parked WHERE generation = %s AND customer = ANY(%s::uuid[])"
        return {str(customer): reason for customer, reason in connection.execute(query, [view.id, customers])}


_PAGED_BY = frozenset({"owner", "customer", "team", "handler", "channel", "purpose"})


def _several(value: Any) -> list[Any] | None:
    return value if isinstance(value, list) or value is None else [value]  # type: ignore[reportUnknownVariableType] # any list


def _fits(row: Shown, wanted: Mapping[str, Any]) -> bool:
    return all(row[c] in v if isinstance(v, list) else row[c] == v for c, v in wanted.items())
