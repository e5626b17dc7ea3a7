"""Folds what came in since the last time, for many customers at once, at a cost that does not grow with their histories.

A customer's folded state is kept in memory, and behind that in the database, where it may lag: the ledger says what it
lacks. Three ways lead on from there. Events that come after the last one in the fold's order are folded onto the state.
Where one comes before it (late), the newest kept state that it does not come before is taken instead. Where nothing
helps, the whole history is folded again.

Kept states. Every `STRIDE` events a state is written to one of `SLOTS` slots: as on a ruler, slot 0 gets most of the
marks, slot 1 every fourth and so on, so that the states that remain stand further and further back. A history folded in
one go leaves the same marks. A state at a mark holds the first so many events in the fold's order, and some that are late
may have higher versions than some that follow: `start` and `version` say which are in it (see `Saved`).
"""

from collections.abc import Iterable, Iterator, Sequence
from operator import length_hint
from typing import Any, Protocol

import msgspec
from psycopg import Connection, sql

from domain.events import Beside, Event, TouchpointCorrected, TouchpointVoided
from domain.order import amend, arrange, key, settled_among
from projections.generations import partition
from projections.histories import Broken, Slice, Tally, decode, tails
from projections.projection import Table
from projections.store import SLOTS, STRIDE, Gathered, Parked, Rendered, Row, Saved, Writer, marks, slot

_AMENDMENTS = frozenset({TouchpointCorrected, TouchpointVoided})
_EVICTED = SLOTS  # the slot of states that left memory between two marks
_WORTH_KEEPING = 16  # events; what is nearer to a kept state is folded again sooner than written and read


class Fold(Protocol):
    """The pure fold (`projections.fold`): a module, or a stand-in for it in a test.

    The first of its tables that has intervals has rows of every customer.
    """

    @property
    def TABLES(self) -> tuple[Table, ...]:  # noqa: N802 - a constant of a module
        """What it renders."""
        ...

    def fingerprint(self) -> str:
        """Changes with the code and the shape of the fold."""
        ...

    def begin(self) -> Any:
        """A state of nothing; encodable, with `last`, `version` and `customer.corrected` and `.voided`."""
        ...

    def run(self, state: Any, events: Iterable[Event], rules: Any, /) -> None:
        """Fold events, in their order, that come after `state.last`, in place; `version` is for the caller to set."""
        ...

    def settle(self, state: Any, rules: Any, at: int | None = None, /) -> None:
        """Judge what time alone changed up to `at`."""
        ...

    def needs_refold(self, state: Any, event: Event, /) -> bool:
        """Whether this event cannot simply be folded next."""
        ...

    def render(self, state: Any, rules: Any, /) -> Rendered:
        """Rows by table, without generation and customer."""
        ...


class Entry:
    """A customer's folded state in memory."""

    __slots__ = ("digests", "kept", "state", "version")

    def __init__(self, state: Any, version: int, kept: int, digests: dict[str, int] | None) -> None:
        self.state = state
        self.version = version  # of the last event known to it
        self.kept = kept  # the version from which the database can go on
        self.digests = digests  # of the rows that are written; None: unknown


class _Base:
    """A state to go on from, and which events it lacks."""

    __slots__ = ("start", "state", "version")

    def __init__(self, state: Any, start: int, version: int) -> None:
        self.state, self.start, self.version = state, start, version

    def lacks(self, events: list[Event]) -> list[Event]:
        """Those of the events from `start` on that are not in the state."""
        if self.version < self.start or self.state.last is None:
            return events
        return [e for e in events if e.version > self.version or key(e) > self.state.last]


class Folder:
    """Keeps the states of one generation and gathers in `writer` what changes in its rows."""

    def __init__(self, fold: Fold, rules: Any, writer: Writer, capacity: int = 20_000, worth: int = STRIDE) -> None:
        """`capacity`: states in memory. `worth`: histories shorter than this are folded again sooner than kept."""
        self.fold, self.rules, self.writer = fold, rules, writer
        self.tally = Tally()
        self.parked: set[bytes] = set()
        self._capacity = capacity
        self._worth = worth
        standing, columns = next(
            (t.name, c) for t in fold.TABLES if "until_at" in (c := [name for name, _ in t.columns])
        )
        self._standing, self._from, self._until = standing, columns.index("from_at"), columns.index("until_at")
        self._entries: dict[bytes, Entry] = {}
        self._encode = msgspec.msgpack.Encoder().encode
        begun: Any = fold.begin()
        self._decode = msgspec.msgpack.Decoder(begun.__class__).decode
        self._touched: dict[bytes, tuple[Entry, int]] = {}

    def forget(self, parked: Iterable[bytes]) -> None:
        """Start afresh from what the database holds: what was in memory may not have been written."""
        self._entries.clear()
        self._touched.clear()
        self.writer.hand_over()
        self.parked = set(parked)

    # --- what a batch brings ------------------------------------------------------------------------------------------

    def take(self, connection: Connection[Any], pieces: Iterable[Slice], until: int) -> None:
        """Fold a batch that ends at position `until`. Reads from the ledger only what it must; `gather` follows."""
        absent: list[Slice] = []
        late: dict[bytes, list[Event]] = {}
        for piece in pieces:
            try:
                self._take_one(piece, absent, late)
            except Broken as found:
                self.park(piece.customer, piece.position, found)
        if absent:
            self._resume(connection, {p.customer: [] for p in absent}, until, deep=False, late=late)
        if late:
            self.tally.refolded += len(late)
            self._resume(connection, late, until, deep=True, late={})

    @property
    def touched(self) -> int:
        """Customers folded since the last `gather`."""
        return len(self._touched)

    def gather(self, part: int = 1_000) -> Iterator[Gathered]:
        """What changed in the rows of all customers folded since the last time, so many customers at once."""
        touched, self._touched = self._touched, {}
        for number, (customer, (entry, position)) in enumerate(touched.items(), 1):
            if self._entries.get(customer) is entry:  # or they were parked on the way
                self._render(customer, entry, position)
            if not number % part:
                yield self.writer.hand_over()
        self._evict()
        yield self.writer.hand_over()

    def refold(self, connection: Connection[Any], customers: Iterable[bytes], until: int) -> None:
        """Fold whole histories anew, as known at position `until`: parked customers get another try."""
        self._rounds(connection, {c: iter(()) for c in customers}, {}, until, {})

    def whole(self, piece: Slice) -> None:
        """Fold one whole history that nothing is known of yet, and render it at once: a rebuild."""
        customer = piece.customer
        try:
            self._begin(piece, decode(piece))
        except Broken as found:
            self.park(customer, piece.position, found)
        entry = self._entries.pop(customer, None)
        if entry and (rendered := self._rendered(customer, entry, piece.position)) is not None:
            self.writer.place(customer, rendered)
        self._touched.clear()

    def _take_one(self, piece: Slice, absent: list[Slice], late: dict[bytes, list[Event]]) -> None:
        self.tally.read += piece.events
        customer = piece.customer
        events = decode(piece)
        if isinstance(events[0], Beside):
            self.writer.gathered.beside.append(customer)
        elif customer in self.parked:
            # What is parked stays so, at no further cost, until something came in that can mend it.
            if not _AMENDMENTS.isdisjoint(map(type, events)):
                late[customer] = events
        elif piece.first == 1:
            self._begin(piece, events)
        else:
            entry = self._entries.pop(customer, None)
            if entry is None or entry.version != piece.first - 1:
                absent.append(piece)
            elif self._blocked(entry.state, events):
                late[customer] = events
                self._touched[customer] = (entry, piece.position)  # its digests still hold
            else:
                self._onto(customer, entry, events, piece.first + piece.events - 1, piece.position)

    def _begin(self, piece: Slice, events: list[Event]) -> None:
        if isinstance(events[0], Beside):
            self.writer.gathered.beside.append(piece.customer)
            return
        digests: dict[str, int] | None = {} if piece.customer not in self.parked else None
        self._onto(piece.customer, Entry(self.fold.begin(), 0, 0, digests), events, piece.events, piece.position)

    # --- going on from kept states ------------------------------------------------------------------------------------

    def _resume(
        self,
        connection: Connection[Any],
        wanted: dict[bytes, list[Event]],
        until: int,
        *,
        deep: bool,
        late: dict[bytes, list[Event]],
    ) -> None:
        found = self._kept(connection, wanted, deep=deep)
        self._rounds(connection, {c: iter(found.get(c, ())) for c in wanted}, wanted, until, None if deep else late)

    def _rounds(
        self,
        connection: Connection[Any],
        pending: dict[bytes, Iterator[_Base]],
        new: dict[bytes, list[Event]],
        until: int,
        late: dict[bytes, list[Event]] | None,
    ) -> None:
        """Try each customer's kept states, newest first, and at last none; all customers share the queries.

        With `late` a customer whose newest state does not do is put there instead.
        """
        while pending:
            bases = {c: self._next(bases_of, new.get(c, ())) for c, bases_of in pending.items()}
            for piece in tails(connection, {c: b.start for c, b in bases.items()}, until):
                customer = piece.customer
                self.tally.read += piece.events
                try:
                    events = decode(piece)
                    if self._continue(piece, bases[customer], events):
                        del pending[customer]
                    elif late is not None:
                        late[customer] = events
                        del pending[customer]
                except Broken as broken:
                    self.park(customer, piece.position, broken)
                    del pending[customer]

    def _next(self, bases: Iterator[_Base], new: Sequence[Event]) -> _Base:
        for base in bases:
            if not self._blocked(base.state, new):
                return base
        return _Base(self.fold.begin(), 1, 0)

    def _continue(self, piece: Slice, base: _Base, events: list[Event]) -> bool:
        """Fold a tail onto its base; False where the base does not carry it."""
        if isinstance(events[0], Beside):
            self.writer.gathered.beside.append(piece.customer)
            return True
        lacking = base.lacks(events)
        # A kept state may start at 1 as well: where what was recorded first is not in it, for it happened late.
        if base.version and self._blocked(base.state, lacking):
            return False
        last = piece.first + piece.events - 1
        before = self._touched.get(piece.customer)
        entry = Entry(base.state, last - len(lacking), base.start - 1, before[0].digests if before else None)
        self._onto(piece.customer, entry, lacking, last, piece.position)
        return True

    def _kept(self, connection: Connection[Any], customers: Iterable[bytes], *, deep: bool) -> dict[bytes, list[_Base]]:
        """States in the database, the one that lacks least first; only that one unless `deep`."""
        query = sql.SQL(
            "SELECT {} uuid_send(customer), start, version, state FROM {} "
            "WHERE customer = ANY(%s::uuid[]) AND fingerprint = %s ORDER BY customer, start DESC"
        ).format(
            sql.SQL("" if deep else "DISTINCT ON (customer)"),
            sql.Identifier("rows", partition("states", self.writer.generation)),
        )
        found: dict[bytes, list[_Base]] = {}
        with connection.cursor(binary=True) as cursor:
            for customer, start, version, state in cursor.execute(
                query, [[c.hex() for c in customers], self.fold.fingerprint()]
            ):
                found.setdefault(customer, []).append(_Base(self._decode(state), start, version))
        return found

    def _blocked(self, state: Any, events: Sequence[Event]) -> bool:
        """Can these events not be folded onto this state? A correction can where its target is among them."""
        needs = self.fold.needs_refold
        if not any(needs(state, e) for e in events):
            return False
        ids = {e.id for e in events}
        return any(needs(state, e) and not settled_among(e, ids, state.last) for e in events)

    # --- folding and rendering ----------------------------------------------------------------------------------------

    def _onto(self, customer: bytes, entry: Entry, events: list[Event], version: int, position: int) -> None:
        """Fold events onto a state they all come after; `version` is that of the last one known."""
        before = entry.version
        state = entry.state
        mends = not _AMENDMENTS.isdisjoint(map(type, events))
        ordered = events
        if mends:
            ordered = self._amend(state, events)
        elif len(events) > 1:
            ordered = arrange(events)
        if before // STRIDE == version // STRIDE or version < self._worth:
            self._advance(state, ordered)
        elif mends:
            self._advance(state, ordered)
            self._keep(customer, entry, slot(version // STRIDE), version + 1, version)
        else:
            done = 0
            for block in marks(before // STRIDE, version // STRIDE):
                upto = block * STRIDE - before
                self._advance(state, ordered[done:upto])
                done = upto
                start = min((e.version for e in ordered[done:]), default=version + 1)
                self._keep(customer, entry, slot(block), start, version)
            self._advance(state, ordered[done:])
        entry.version = state.version = version
        self._entries[customer] = entry
        self._touched[customer] = (entry, position)

    def _amend(self, state: Any, events: list[Event]) -> list[Event]:
        """Apply amendments whose targets are among these events, or nowhere, and count them as the fold does."""
        try:
            history = amend(events)
        except Exception as error:  # the boundary, as in _advance
            raise _broken(None, error) from error
        state.customer.corrected += history.corrected
        state.customer.voided += history.voided
        return history.events

    def _advance(self, state: Any, events: Sequence[Event]) -> None:
        self.tally.folded += len(events)
        rest = iter(events)
        try:
            self.fold.run(state, rest, self.rules)
        except Exception as error:  # the boundary: one customer's fold must not stop the others
            taken = len(events) - length_hint(rest)
            raise _broken(events[taken - 1] if taken else None, error) from error

    def _keep(self, customer: bytes, entry: Entry, slot: int, start: int, version: int) -> None:
        self.writer.gathered.states.append(Saved(customer, slot, start, version, self._encode(entry.state)))
        entry.kept = start - 1

    def _rendered(self, customer: bytes, entry: Entry, position: int) -> Rendered | None:
        try:
            rendered = self.fold.render(entry.state, self.rules)
        except Exception as error:  # noqa: BLE001 - the same boundary
            self.park(customer, position, _broken(None, error))
            return None
        rendered["spans"] = self._span(entry.version, rendered)
        return rendered

    def _render(self, customer: bytes, entry: Entry, position: int) -> None:
        if (rendered := self._rendered(customer, entry, position)) is None:
            return
        entry.digests = self.writer.put(customer, rendered, entry.digests)
        if customer in self.parked:
            self.parked.discard(customer)
            self.writer.gathered.healed.append(customer)

    def place(self, customer: bytes, version: int, rendered: Rendered) -> None:
        """Write rows of a customer of whom there are none yet, rendered elsewhere from events up to `version`."""
        rendered["spans"] = self._span(version, rendered)
        self.writer.place(customer, rendered)

    def _span(self, version: int, rendered: Rendered) -> list[Row]:
        """Between which instants the rows answer, by those of the table that has rows of every customer."""
        rows = rendered.get(self._standing, ())
        if not rows:
            return []
        return [(version, min(r[self._from] for r in rows), max(r[self._until] for r in rows))]

    def _evict(self) -> None:
        surplus = len(self._entries) - self._capacity
        if surplus <= 0:
            return
        for customer in list(self._entries)[:surplus]:
            entry = self._entries.pop(customer)
            if entry.version - entry.kept >= _WORTH_KEEPING:
                self._keep(customer, entry, _EVICTED, entry.version + 1, entry.version)

    def park(self, customer: bytes, position: int, broken: Broken) -> None:
        """Fold this customer no further until something mends it or somebody asks; nobody else is held up."""
        self._entries.pop(customer, None)
        self._touched.pop(customer, None)
        self.parked.add(customer)
        self.writer.gathered.parked.append(Parked(customer, position, broken.event, broken.kind, broken.reason))


def _broken(event: Event | None, error: Exception) -> Broken:
    kind = str(type(event).__struct_config__.tag) if event else None
    return Broken(event.id if event else None, kind, f"{type(error).__name__}: {error}")
