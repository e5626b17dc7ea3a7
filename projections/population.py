"""Everybody at given coordinates: rows of a generation where they hold there, and folded on the spot where not.

The rows may be those that are shown, those of another followed rulebook, or those of a side generation. A generation
answers for a customer where its rows hold at the clock and nothing was recorded between what it knew and what is to be
known; all other customers are folded. Where those are more than a reader may be made to wait for, `NotBuilt` says so.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from heapq import merge
from typing import Any, LiteralString, NamedTuple
from uuid import UUID

import msgspec
from psycopg import Connection

from domain.facts import micros
from domain.rules import first_rules
from projections import catalogue, generations, inforce
from projections.asof import rows_at
from projections.folding import Fold
from projections.generations import Generation
from projections.histories import Broken, decode, tails
from projections.inforce import IN_FORCE
from projections.pages import Counted, Queue, Shelf, fits
from projections.shapes import Shown, holds, instant, plain

Cursor = tuple[Any, ...]
"""(generation or 0, as_of, known_at, rulebook, *rank of the last row); instants in it are µs."""

Folded = dict[bytes, dict[str, list[Shown]]]

PLACE = 4  # where the rank begins in a cursor
_TOO_FAR = 200_000  # events between two positions: of more nobody asks whose they are
_FEW = 100  # customers to fold: so few that no other rows are looked for
_ALL = 1_000_000
_READABLE = ("live", "ready", "previous", "side")
_POPULATIONS_KEPT = 4


class NotBuilt(Exception):
    """More customers would have to be folded than a reader may be made to wait for."""


class Page(NamedTuple):
    """Part of a queue; `next` leads on, and is None at the end."""

    rows: list[Shown]
    next: Cursor | None
    view: Generation


class Standpoint(NamedTuple):
    """The coordinates of an answer, worked out."""

    as_of: int
    known_at: int | None
    rulebook: str
    """A version, or "in-force"."""
    position: int
    """Up to where the ledger is taken into account."""
    view: Generation
    """The generation that is shown."""
    base: Generation | None
    """The generation whose rows answer where they hold; None: there is none at these coordinates."""


class Populations:
    """Finds populations, and remembers what was folded for the last ones."""

    def __init__(self, fold: Fold, rules: Callable[[str], Any], shelf: Shelf) -> None:
        self.fold, self.rules, self.shelf = fold, rules, shelf
        self.kept: dict[Standpoint, Folded] = {}

    def find(
        self,
        connection: Connection[Any],
        view: Generation,
        as_of: int,
        known_at: int | None,
        rulebook: str | None,
        most: int | None,
        among: Sequence[str] | None,
    ) -> "Population":
        """The population at these coordinates, over the rows that leave the fewest customers to be folded.

        `among`: nobody but these is asked about. NotBuilt where more than `most` would have to be folded.
        """
        at = standpoint(view, as_of, known_at, rulebook)
        best: tuple[set[bytes], Standpoint] | None = None
        for base in self._bases(connection, at):
            if base is None and best is not None:
                break  # nothing leaves more to be folded than having no rows at all
            stand = at._replace(base=base)
            missing = self._missing(connection, stand, most, among)
            if missing is not None and (best is None or len(missing) < len(best[0])):
                best = missing, stand
                if len(missing) <= _FEW:
                    break
        if best is None:
            self.judge(connection, at)  # which says so where there is no such rulebook
            raise NotBuilt("no rows are kept at these coordinates")
        return Population(self, connection, best[1], best[0], whole=among is None)

    def again(
        self,
        connection: Connection[Any],
        view: Generation,
        base: Generation | None,
        cursor: Cursor,
        among: Sequence[str] | None,
    ) -> "Population":
        """The population that a cursor points into; `base`: the generation that it names."""
        _, as_of, known_at, rulebook = cursor[:PLACE]
        stand = standpoint(view, as_of, known_at, rulebook)._replace(base=base)
        missing = self._missing(connection, stand, None, among) or set()
        return Population(self, connection, stand, missing, whole=among is None)

    def _bases(self, connection: Connection[Any], at: Standpoint) -> Iterator[Generation | None]:
        """Generations whose rows may hold at these coordinates: first the one that is shown, at last none."""
        fingerprint = self.fold.fingerprint()
        seen = 0
        if at.view.rulebook == at.rulebook and at.view.fingerprint == fingerprint:
            seen = at.view.id
            yield at.view
        promoted = self._promoted(connection, at, at.position) if at.rulebook == IN_FORCE else []
        only = promoted[0][1] if len(promoted) == 1 else None  # then in-force is that one rulebook

        def judged_alike(base: Generation) -> bool:
            if base.rulebook == IN_FORCE and at.rulebook == IN_FORCE:
                return self._promoted(connection, at, base.position) == promoted
            return base.rulebook in (at.rulebook, only)

        found = [
            base
            for base in generations.listed(connection)
            if base.id != seen
            and base.state in _READABLE
            and base.fingerprint == fingerprint
            and base.sample is None
            and (base.as_of is None or micros(base.as_of) == at.as_of)
            and judged_alike(base)
        ]
        yield from sorted(found, key=lambda b: (b.as_of is None, abs(b.position - at.position)))
        yield None

    def _promoted(self, connection: Connection[Any], at: Standpoint, known: int) -> list[tuple[int, str]]:
        return inforce.switches(catalogue.load(connection, known).promoted(at.as_of), first_rules().version)

    def _missing(
        self, connection: Connection[Any], at: Standpoint, most: int | None, among: Sequence[str] | None
    ) -> set[bytes] | None:
        """Customers for whom the rows do not answer; None where they are more than `most`."""
        if among is not None and at.base is None:
            return {UUID(customer).bytes for customer in among}
        base = at.base or at.view
        query = "SELECT uuid_send(customer) FROM rows.spans WHERE generation = %(of)s"
        if at.base is not None:
            query += " AND (from_at > %(now)s OR until_at <= %(now)s)"
        values: dict[str, Any] = {"of": base.id, "now": instant(at.as_of), "most": None if most is None else most + 1}
        if among is not None:
            query += " AND customer = ANY(%(among)s::uuid[])"
            values["among"] = list(among)
        missing = _ids(connection, query + " LIMIT %(most)s", values)
        low, high = sorted((base.position, at.position))
        if most is not None and (len(missing) > most or high - low > _TOO_FAR):
            return None
        if low < high:
            query = "SELECT DISTINCT uuid_send(customer) FROM ledger.events WHERE position > %(low)s AND position <= %(high)s"
            missing |= _ids(connection, query, {"low": low, "high": high})
            if among is not None:
                missing &= {UUID(customer).bytes for customer in among}
        return None if most is not None and len(missing) > most else missing

    def fold_some(self, connection: Connection[Any], at: Standpoint, customers: Iterable[bytes], judge: Any) -> Folded:
        """These customers' rows; those of whom nothing was known by then, or who cannot be folded, are left out."""
        found: Folded = {}
        for piece in tails(connection, dict.fromkeys(customers, 1), at.position):
            try:
                rows = rows_at(self.fold, decode(piece), judge, at.as_of)
            except Broken:
                continue  # parked: the reason is shown beside
            except Exception:  # noqa: BLE001, S112 - the same for a fold that raises; the engine has recorded it
                continue
            if rows is not None:
                name = str(UUID(bytes=piece.customer))
                found[piece.customer] = {
                    table: [self.shelf.shapes[table].rendered(name, row) for row in rendered]
                    for table, rendered in rows.tables.items()
                }
        return found

    def judge(self, connection: Connection[Any], at: Standpoint) -> Any:
        """By what is judged there: a rulebook, or a schedule of them."""
        return inforce.judge(connection, self.rules, at.rulebook, at.as_of, at.position)


class Population:
    """Everybody at a standpoint, for as long as its connection's transaction."""

    def __init__(
        self,
        populations: Populations,
        connection: Connection[Any],
        at: Standpoint,
        missing: set[bytes],
        *,
        whole: bool,
    ) -> None:
        """`missing`: those to fold; `whole`: these are all who are missing, and not only all who are asked about."""
        self.at = at
        self._all, self._connection, self._missing, self._whole = populations, connection, missing, whole

    @cached_property
    def rules(self) -> Any:
        """The rules that judge at the moment that is asked about."""
        return inforce.ruling(self._all.judge(self._connection, self.at))

    def page(
        self,
        queue: Queue,
        where: Mapping[str, Any] | None = None,
        limit: int | None = None,
        after: Cursor | None = None,
    ) -> Page:
        """The next rows of a queue. `where`: columns that must have a value, or one of several where it is a list."""
        wanted, at, shelf = dict(where or {}), self.at, self._all.shelf
        rank = shelf.shapes[queue.table].rank(queue.rank)
        place = after[PLACE:] if after else None
        upto = _ALL if limit is None else limit
        here: list[Shown] = []
        if at.base is not None:
            tiers = len(self.rules.tier_names) if queue.orders else 0
            here = shelf.rows(
                self._connection, at.base.id, queue, at.as_of, wanted, self._missing, upto + 1, place, tiers
            )
        there = sorted(self._standing(queue, wanted, place), key=rank)
        rows = list(merge(here, there, key=rank))[: upto + 1]
        more, rows = len(rows) > upto, rows[:upto]
        reasons = parked(self._connection, at, [r["customer"] for r in rows])
        for row in rows:
            row["parked"] = reasons.get(row["customer"])
        return Page(rows, self.cursor(queue, rows[-1]) if more else None, at.base or at.view)

    def counts(self, queue: Queue, where: Mapping[str, Any], most: int) -> dict[int, Counted]:
        """How many rows stand in a queue by the first number of their rank; of those of one rank up to `most` are counted."""
        at, shelf = self.at, self._all.shelf
        found: dict[int, Counted] = {}
        if at.base is not None:
            tiers = len(self.rules.tier_names)
            found = shelf.counts(self._connection, at.base.id, queue, at.as_of, where, self._missing, most, tiers)
        for row in self._standing(queue, where, None):
            before = found.get(row[queue.rank[0]], Counted(0, more=False))
            found[row[queue.rank[0]]] = before._replace(number=before.number + 1)
        return found

    def cursor(self, queue: Queue, row: Shown) -> Cursor:
        """Where a page that ends with this row goes on."""
        at = self.at
        rank = self._all.shelf.shapes[queue.table].rank(queue.rank)(row)
        return (at.base.id if at.base else 0, at.as_of, at.known_at, at.rulebook, *map(plain, rank))

    def described(self, customers: Iterable[str]) -> dict[str, list[int]]:
        """The versions whose sealed parts may hold the names of some customers, the last first."""
        keys = {c: UUID(c).bytes for c in customers}
        found = {c: self._folded[key]["profile"] for c, key in keys.items() if key in self._missing}
        versions = {c: rows[0]["document"]["who"]["described"] for c, rows in found.items() if rows}
        if self.at.base is not None:
            query = """SELECT customer::text, document->'who'->'described' FROM rows.profile
                        WHERE generation = %s AND customer = ANY(%s::uuid[])"""
            others = [c for c in keys if c not in found]
            versions |= dict(self._connection.execute(query, [self.at.base.id, others]).fetchall())
        return versions

    def parts(self, customers: Sequence[str], *paths: str) -> dict[str, dict[str, Any]]:
        """Parts of the profiles' documents of some customers, by path, such as `last_talk.staff`."""
        keys = {c: UUID(c).bytes for c in customers}
        found: dict[str, dict[str, Any]] = {}
        for customer, key in keys.items():
            if key in self._missing and (rows := self._folded[key]["profile"]):
                found[customer] = {path: _part(rows[0]["document"], path) for path in paths}
        if self.at.base is not None:
            others = [c for c, key in keys.items() if key not in self._missing]
            query = """SELECT customer::text, ARRAY(SELECT (document #> string_to_array(path, '.'))::text
                                                      FROM unnest(%s::text[]) WITH ORDINALITY AS p(path, n) ORDER BY n)
                         FROM rows.profile WHERE generation = %s AND customer = ANY(%s::uuid[])"""
            for customer, values in self._connection.execute(query, [list(paths), self.at.base.id, others]):
                found[customer] = {
                    path: None if value is None else msgspec.json.decode(value)
                    for path, value in zip(paths, values, strict=True)
                }
        return found

    def tally(self, owners: Sequence[str], *paths: str) -> dict[tuple[Any, ...], int]:
        """How many customers these own by (owner, stage, tier, and the JSON of parts of the profile's document).

        Without those whose relationship ended, and those who are only provisional.
        """
        found: Counter[tuple[Any, ...]] = Counter()
        for tables in self._folded.values():
            for row in tables["standing"]:
                document = tables["profile"][0]["document"]
                now = holds(self._all.shelf.tables["standing"], row, self.at.as_of) and row["owner"] in owners
                if now and not row["provisional"] and document["ended"] is None:
                    parts = [msgspec.json.encode(_part(document, path)).decode() for path in paths]
                    found[row["owner"], row["stage"], row["tier"], *parts] += 1
        if self.at.base is not None:
            values = {"paths": list(paths), "of": self.at.base.id, "owners": list(owners), "now": instant(self.at.as_of),
                      "missing": [key.hex() for key in self._missing]}  # fmt: skip
            for owner, stage, tier, parts, number in self._connection.execute(_TALLY, values):
                found[owner, stage, tier, *parts] += number
        return dict(found)

    def histories(self, table: str, customers: Sequence[str]) -> dict[str, list[Shown]]:
        """All rows of a table of histories that began by the moment, of some customers, in the table's order."""
        keys = {c: UUID(c).bytes for c in customers}
        shelf, found = self._all.shelf, dict[str, list[Shown]]()
        for customer, key in keys.items():
            if key in self._missing:
                rows = self._folded[key][table]
                found[customer] = [row for row in rows if holds(shelf.tables[table], row, self.at.as_of)]
        if self.at.base is not None:
            others = [c for c, key in keys.items() if key not in self._missing]
            for row in shelf.begun(self._connection, self.at.base.id, table, others, self.at.as_of):
                found.setdefault(row["customer"], []).append(row)
        return found

    def _standing(self, queue: Queue, wanted: Mapping[str, Any], place: Sequence[Any] | None) -> Iterable[Shown]:
        """Rows of those who were folded that stand in the queue after a place."""
        shelf, now = self._all.shelf, instant(self.at.as_of)
        table, shape = shelf.tables[queue.table], shelf.shapes[queue.table]
        rank, last = shape.rank(queue.rank), shape.key(queue.rank, place) if place else None
        for tables in self._folded.values():
            for row in tables[queue.table]:
                stands = holds(table, row, self.at.as_of) and fits(row, wanted) and queue.stands(row, now)
                if stands and (last is None or rank(row) > last):
                    yield row

    @cached_property
    def _folded(self) -> Folded:
        """Everybody for whom the rows do not answer."""
        if not self._missing:
            return {}
        kept, at = self._all.kept, self.at
        if self._whole and at in kept:
            return kept[at]
        found = self._all.fold_some(self._connection, at, self._missing, self._all.judge(self._connection, at))
        empty = {name: list[Shown]() for name in self._all.shelf.tables}
        folded = {c: found.get(c, empty) for c in self._missing}
        if self._whole:
            for oldest in list(kept)[: 1 - _POPULATIONS_KEPT]:
                kept.pop(oldest, None)
            kept[at] = folded
        return folded


def standpoint(view: Generation, as_of: int, known_at: int | None, rulebook: str | None) -> Standpoint:
    """The coordinates of an answer: of what is known no more than the rows that are shown hold."""
    position = view.position if known_at is None else min(known_at, view.position)
    return Standpoint(as_of, known_at, rulebook or view.rulebook, position, view, None)


def parked(connection: Connection[Any], at: Standpoint, customers: list[str]) -> dict[str, str]:
    """Why some of these customers' newest events could not be folded."""
    query = "SELECT customer, reason FROM rows.parked WHERE generation = ANY(%s) AND customer = ANY(%s::uuid[])"
    of = [at.view.id, at.base.id if at.base else at.view.id]
    return {str(customer): reason for customer, reason in connection.execute(query, [of, customers])}


_TALLY: LiteralString = """
SELECT s.owner, s.stage, s.tier,
       ARRAY(SELECT coalesce(p.document #> string_to_array(path, '.'), 'null')::text
               FROM unnest(%(paths)s::text[]) WITH ORDINALITY AS x(path, n) ORDER BY n) AS parts, count(*)
  FROM rows.standing s JOIN rows.profile p ON p.generation = s.generation AND p.customer = s.customer
 WHERE s.generation = %(of)s AND s.owner = ANY(%(owners)s) AND s.from_at <= %(now)s AND s.until_at > %(now)s
   AND NOT s.provisional AND p.document -> 'ended' = 'null' AND s.customer <> ALL(%(missing)s::uuid[])
 GROUP BY 1, 2, 3, 4"""


def _part(document: Any, path: str) -> Any:
    for name in path.split("."):
        document = document.get(name) if isinstance(document, dict) else None  # type: ignore[reportUnknownMemberType] # JSON
    return document  # type: ignore[reportUnknownVariableType] # JSON


def _ids(connection: Connection[Any], query: LiteralString, values: dict[str, Any]) -> set[bytes]:
    return {row[0] for row in connection.execute(query, values, binary=True)}
