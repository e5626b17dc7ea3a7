"""Makes reports: one pass over the ledger by several processes, each customer's history read and folded once for all of them.

Parts of processes are added up here, and each report makes its table from the sum. What is read is the clear payload of
each event; when it was recorded comes along only where a report asks for it.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from psycopg import Connection, sql

from domain.events import Beside
from domain.rules import Rules
from projections import catalogue, histories, inforce, parallel
from projections.engine import connect
from projections.generations import ours
from projections.histories import Broken, Slice
from projections.reports.report import Asked, Made, Part, Report, merge
from projections.reports.seeing import Frame, Seen, judge_of

FEW = 100_000  # events; below, starting processes takes longer than the report
_TELL_AFTER = 2_000  # events
_RECORDED = ", array_agg((extract(epoch FROM recorded_at) * 1000000)::bigint ORDER BY version)"
_PARTITION = sql.SQL(
    """COPY (SELECT uuid_send(customer), min(version), count(*)::int, max(position),
                    '[' || string_agg(clear, ',' ORDER BY version) || ']' {}
               FROM ledger.{} WHERE position <= {} GROUP BY customer) TO STDOUT (FORMAT binary)"""
)


class Wanted(NamedTuple):
    """One report, and how it is asked for."""

    report: Report
    asked: Asked


class Finished(NamedTuple):
    """What a pass over the ledger gave."""

    made: list[Made]
    """One for each report wanted, in their order."""
    customers: int
    events: int
    unreadable: list[str]
    """Customers whose history cannot be folded, by id: they are in no table."""


class Job(NamedTuple):
    """What each process has to know; the same known position and rulebook for all reports of one pass."""

    wanted: tuple[Wanted, ...]
    rules: Callable[[str], Rules]
    first: str
    """The version in force before the first promotion."""

    def begin(self, reader: Connection[Any], tell: parallel.Tell) -> parallel.Task:
        """As a parallel job asks."""
        frames = self.frames(reader)
        parts: list[Part] = [{} for _ in self.wanted]
        recorded = any(w.report.recorded for w in self.wanted)

        def task(name: str) -> None:
            customers = events = told = 0
            unreadable: list[str] = []
            for customer, known, times in read(reader, name, frames[0].asked.known_at, recorded=recorded):
                events += len(known) if known else 0
                if known is None:
                    unreadable.append(str(UUID(bytes=customer)))
                elif not isinstance(known[0], Beside):
                    customers += _collect(self.wanted, frames, parts, customer, known, times, unreadable)
                if events - told >= _TELL_AFTER:
                    tell((None, 0, events - told, []))
                    told = events
            tell((parts.copy(), customers, events - told, unreadable))
            parts[:] = [{} for _ in self.wanted]

        return task

    def frames(self, reader: Connection[Any]) -> list[Frame]:
        """What is the same for all customers, for each report."""
        asked = self.wanted[0].asked
        known = catalogue.load(reader, asked.known_at)
        schedule = inforce.schedule(known.promoted(asked.as_of), self.rules, self.first)
        judge = judge_of(asked.rulebook, self.rules)
        return [Frame(w.asked, schedule, judge, known) for w in self.wanted]


def _collect(
    wanted: Sequence[Wanted], frames: Sequence[Frame], parts: list[Part], customer: bytes, known: list[Any],
    times: Sequence[int], unreadable: list[str],
) -> int:  # fmt: skip
    """Gather from one customer; 1 where there was somebody by then. One that cannot be folded is left out, and named."""
    seen = Seen(customer, known, frames[0], times)
    if not seen.events:
        return 0
    mine: list[Part] = []
    try:
        for one, frame in zip(wanted, frames, strict=True):
            part: Part = {}
            one.report.collect(part, seen, frame)
            mine.append(part)
    except Exception:  # noqa: BLE001 - the boundary: one customer's history must not stop the report
        unreadable.append(str(UUID(bytes=customer)))
        return 0
    for whole, part in zip(parts, mine, strict=True):
        merge(whole, part)
    return 1


def read(
    reader: Connection[Any], name: str, known_at: int, *, recorded: bool
) -> Iterator[tuple[bytes, list[Any] | None, Sequence[int]]]:
    """(customer, events as recorded, when each was recorded) of one partition; None for events that cannot be read."""
    query = _PARTITION.format(ours(_RECORDED if recorded else ""), sql.Identifier(name), sql.Literal(known_at))
    types = ["bytea", "int4", "int4", "int8", "text", *(["int8[]"] if recorded else [])]
    with reader.cursor() as cursor, cursor.copy(query) as copy:
        copy.set_types(types)
        for customer, first, events, position, clear, *times in copy.rows():
            try:
                known = histories.decode(Slice(customer, first, events, position, clear))
            except Broken:
                known = None
            yield customer, known, times[0] if times else ()


def run(
    dsn: str,
    wanted: Sequence[Wanted],
    rules: Callable[[str], Rules],
    first: str,
    *,
    processes: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> Finished:
    """Make all reports in one pass. They share `as_of`, `known_at` and rulebook. parallel.Failed where a process failed.

    `rules` compiles a version and can be pickled. `progress` takes the number of events read so far.
    """
    job = Job(tuple(wanted), rules, first)
    parts: list[Part] = [{} for _ in wanted]
    customers = events = 0
    unreadable: list[str] = []
    with parallel.snapshot(dsn) as at:
        if processes is None and at.position < FEW:
            processes = 0
        for told, more_customers, more_events, more_unreadable in parallel.run(at, job, processes=processes):
            customers, events = customers + more_customers, events + more_events
            unreadable += more_unreadable
            if told is not None:
                for whole, part in zip(parts, told, strict=True):
                    merge(whole, part)
            if progress:
                progress(events)
    with connect(dsn) as reader:
        frames = job.frames(reader)
    made = [w.report.table(part, frame) for w, part, frame in zip(wanted, parts, frames, strict=True)]
    return Finished(made, customers, events, unreadable)
