"""Where proposals are kept: two tables beside the rows, written and read by the API. The latest hundred stay."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, LiteralString, NamedTuple

import msgspec
from psycopg import Connection
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from projections.assigning.proposing import Move, Unplaced

_KEPT = 100
_ENCODE = msgspec.json.Encoder().encode


class Kept(NamedTuple):
    """A proposal, without its moves."""

    id: int
    state: str
    made_at: datetime
    made_by: str
    as_of: datetime
    present: bool
    position: int
    rulebook: str
    wanted: dict[str, Any]
    summary: dict[str, Any]
    applied_at: datetime | None
    applied_by: str | None


class Line(NamedTuple):
    """A customer who moves, or (`target` None) for whom there is nobody."""

    number: int
    part: int
    customer: str
    source: str | None
    target: str | None
    weight: float | None
    reason: str
    detail: dict[str, Any] | None
    outcome: str | None
    event: str | None


class Making(NamedTuple):
    """What is kept of a proposal beside its moves."""

    by: str
    as_of: datetime
    present: bool
    position: int
    rulebook: str
    wanted: Mapping[str, Any]
    summary: Mapping[str, Any]


def keep(
    connection: Connection[Any], making: Making, parts: Sequence[Sequence[Move]], unplaced: Sequence[Unplaced]
) -> int:
    """Keep a proposal; its number."""
    with connection.transaction():
        row = connection.execute(
            """INSERT INTO rows.proposals (made_by, as_of, present, position, rulebook, wanted, summary)
               VALUES (%s, %s, %s, %s, %s, %s, %s) RETURNING id""",
            [*making[:5], Jsonb(making.wanted, _ENCODE), Jsonb(making.summary, _ENCODE)],
        ).fetchone()
        assert row is not None
        with connection.cursor().copy(
            "COPY rows.proposed (proposal, number, part, customer, source, target, weight, reason, detail) FROM STDIN"
        ) as copy:
            moves = [(part, move) for part, of in enumerate(parts) for move in of]
            for number, (part, move) in enumerate(moves):
                detail = _ENCODE({"qualifications": move.qualifications}).decode() if move.qualifications else None
                copy.write_row((row[0], number, part, *move[:5], detail))
            for number, of in enumerate(unplaced, len(moves)):
                detail = _ENCODE(dict(of.detail)).decode()
                copy.write_row((row[0], number, len(parts), of.customer, of.owner, None, None, of.reason, detail))
        connection.execute("DELETE FROM rows.proposals WHERE id <= %s", [row[0] - _KEPT])
    return row[0]


def listed(connection: Connection[Any]) -> list[Kept]:
    """All that are kept, the latest first."""
    with connection.cursor(row_factory=class_row(Kept)) as cursor:
        return cursor.execute("SELECT * FROM rows.proposals ORDER BY id DESC").fetchall()


def find(connection: Connection[Any], number: int, *, locked: bool = False) -> Kept | None:
    """One of them; `locked`: nobody else applies it until the transaction ends."""
    query: LiteralString = "SELECT * FROM rows.proposals WHERE id = %s"
    with connection.cursor(row_factory=class_row(Kept)) as cursor:
        return cursor.execute(query + " FOR UPDATE" if locked else query, [number]).fetchone()


def drop(connection: Connection[Any], number: int) -> None:
    """Throw one away."""
    connection.execute("DELETE FROM rows.proposals WHERE id = %s", [number])


_WHICH: Mapping[str, LiteralString] = {
    "moves": "target IS NOT NULL",
    "unplaced": "target IS NULL",
    "skipped": "outcome <> 'applied'",
}


_LINES: LiteralString = """SELECT number, part, customer::text, source, target, weight, reason, detail, outcome, event::text
                            FROM rows.proposed WHERE proposal = %s"""


def lines(connection: Connection[Any], proposal: int, which: str, after: int, limit: int) -> list[Line]:
    """Some lines of a proposal, behind a number: moves, unplaced, or skipped."""
    query: LiteralString = f"{_LINES} AND {_WHICH[which]} AND number > %s ORDER BY number LIMIT %s"
    with connection.cursor(row_factory=class_row(Line)) as cursor:
        return cursor.execute(query, [proposal, after, limit]).fetchall()


_NEXT: LiteralString = """ AND target IS NOT NULL AND outcome IS NULL AND part =
    (SELECT min(part) FROM rows.proposed WHERE proposal = %s AND target IS NOT NULL AND outcome IS NULL) ORDER BY number"""


def next_part(connection: Connection[Any], proposal: int) -> list[Line]:
    """What of the first part that is not done yet is pending."""
    with connection.cursor(row_factory=class_row(Line)) as cursor:
        return cursor.execute(_LINES + _NEXT, [proposal, proposal]).fetchall()


def targets(connection: Connection[Any], proposal: int) -> list[str]:
    """Who is given somebody by what is pending."""
    rows = connection.execute(
        """SELECT DISTINCT target FROM rows.proposed
            WHERE proposal = %s AND target IS NOT NULL AND outcome IS NULL ORDER BY 1""",
        [proposal],
    )
    return [target for (target,) in rows]


def counts(connection: Connection[Any], proposal: int) -> dict[str, int]:
    """How many of the moves are pending, applied, or skipped for which reason."""
    rows = connection.execute(
        """SELECT coalesce(outcome, 'pending'), count(*) FROM rows.proposed
            WHERE proposal = %s AND target IS NOT NULL GROUP BY 1 ORDER BY 1""",
        [proposal],
    )
    return dict(rows.fetchall())


def note(connection: Connection[Any], proposal: int, outcomes: Sequence[tuple[int, str, str | None]]) -> None:
    """Write down what became of moves: (number, outcome, event)."""
    connection.execute(
        """UPDATE rows.proposed p SET outcome = o.outcome, event = o.event
             FROM unnest(%s::int[], %s::text[], %s::uuid[]) AS o(number, outcome, event)
            WHERE p.proposal = %s AND p.number = o.number""",
        [[n for n, _, _ in outcomes], [o for _, o, _ in outcomes], [e for _, _, e in outcomes], proposal],
    )


def advance(connection: Connection[Any], proposal: int, state: str, by: str) -> None:
    """Say how far applying is."""
    connection.execute(
        "UPDATE rows.proposals SET state = %s, applied_by = %s, applied_at = clock_timestamp() WHERE id = %s",
        [state, by, proposal],
    )
