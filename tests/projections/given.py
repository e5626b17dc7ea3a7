"""Ledgers and engines for tests: events go in by plain SQL, rows come out as they are."""

import random
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from domain.events import CallMade, Event, TouchpointCorrected, TouchpointVoided, VisitMade
from domain.migrate import migrate
from domain.upcast import write
from projections import generations
from projections.engine import Engine, Pace
from tests.projections import standin

START = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000
MINUTE = 60_000_000
QUICK = Pace(poll=0.05, standby=0.05, backoff=0.02, backoff_limit=0.2)


def prepare(url: str) -> None:
    """The schemas of ledger and rows."""
    with psycopg.connect(url, autocommit=True) as connection:
        migrate(connection, "domain.migrations.ledger", "ledger")
        migrate(connection, "projections.migrations.rows", "rows")
        connection.execute("SET ROLE jejak_engine")
        generations.install(connection, standin.TABLES)


def new_id(chance: random.Random | None = None) -> str:
    return str(uuid.UUID(int=chance.getrandbits(128), version=4) if chance else uuid.uuid4())


def call(at: int, staff: str = "ani", **more: Any) -> CallMade:
    """`at`: minutes after the start of 2026."""
    given = {"id": new_id(), "direction": "inbound", "outcome": "reached", "purpose": "service", **more}
    return CallMade(at=START + at * MINUTE, source="urn:test", staff=staff, **given)


def visit(at: int, staff: str = "ani", **more: Any) -> VisitMade:
    given = {"id": new_id(), "direction": "outbound", "purpose": "service", **more}
    return VisitMade(at=START + at * MINUTE, source="urn:test", staff=staff, **given)


def void(at: int, target: Event) -> TouchpointVoided:
    return TouchpointVoided(id=new_id(), at=START + at * MINUTE, source="urn:test", target=target.id)


def corrected(at: int, target: Event, time: int | None = None, **data: Any) -> TouchpointCorrected:
    return TouchpointCorrected(
        id=new_id(), at=START + at * MINUTE, source="urn:test", target=target.id,
        target_type=str(type(target).__struct_config__.tag),
        time=None if time is None else datetime.fromtimestamp((START + time * MINUTE) / 1e6, tz=UTC),
        data={"direction": "inbound", "outcome": "reached", "purpose": "service", **data},
    )  # fmt: skip


def append(connection: psycopg.Connection[Any], items: Iterable[tuple[str, Event]], raw: bool = False) -> int:
    """Record (customer, event) pairs in one commit, in this order; the last position."""
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(7233173853026156139)")
        [head] = connection.execute("SELECT coalesce(max(last), 0) FROM ledger.commits").fetchone() or (0,)
        versions: dict[str, int] = {}
        rows: list[tuple[Any, ...]] = []
        for position, (customer, event) in enumerate(items, head + 1):
            if customer not in versions:
                found = connection.execute(
                    "SELECT coalesce(max(version), 0) FROM ledger.events WHERE customer = %s", [customer]
                ).fetchone()
                versions[customer] = found[0] if found else 0
            versions[customer] += 1
            clear = event if isinstance(event, str) else write(event).decode()
            when = START if isinstance(event, str) else event.at
            kind = "" if isinstance(event, str) else str(type(event).__struct_config__.tag)
            occurred = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=when)
            rows.append((customer, versions[customer], position, occurred, kind, clear))
        with (
            connection.cursor() as cursor,
            cursor.copy(
                "COPY ledger.events (customer, version, position, recorded_at, occurred_at, type, clear) FROM STDIN"
            ) as copy,
        ):
            for customer, version, position, occurred, kind, clear in rows:
                copy.write_row((customer, version, position, datetime.now(UTC), occurred, kind, clear))
        if rows:
            connection.execute("INSERT INTO ledger.commits VALUES (%s, %s, now())", [head + 1, head + len(rows)])
    return head + len(rows)


def engine(url: str, fold: Any = standin, pace: Pace = QUICK) -> Engine:
    return Engine(url, fold, lambda version: f"rules {version}", "v1", pace)


def rows(connection: psycopg.Connection[Any], generation: int, fold: Any = standin) -> dict[str, list[tuple[Any, ...]]]:
    """Every table's rows of one generation, without its number, in an order of their own."""
    found: dict[str, list[tuple[Any, ...]]] = {}
    for name, columns in [
        *((t.name, t.columns) for t in fold.TABLES),
        ("spans", [("version", ""), ("from_at", ""), ("until_at", "")]),
    ]:
        listed = ", ".join(["customer", *(c for c, _ in columns)])
        query = f'SELECT {listed} FROM rows.{name} AS r WHERE generation = {generation} ORDER BY r::text COLLATE "C"'
        found[name] = connection.execute(generations.ours(query)).fetchall()
    return found


def live(connection: psycopg.Connection[Any]) -> generations.Generation:
    shown = generations.live(connection)
    assert shown is not None
    return shown


def history(chance: random.Random, customers: int, events: int) -> list[tuple[str, Event]]:
    """A random history with ties, late events, corrections and voids."""
    streams = [new_id(chance) for _ in range(customers)]
    told: list[tuple[str, Event]] = []
    for number in range(events):
        customer = chance.choice(streams)
        at = number if chance.random() < 0.8 else chance.randrange(number + 1)
        at = at // 3 * 3  # ties
        past = [e for c, e in told if c == customer]
        kind = chance.random()
        if past and kind < 0.05:
            event: Event = void(at, chance.choice(past))
        elif past and kind < 0.1:
            event = corrected(at, chance.choice(past), chance.choice([None, chance.randrange(number + 1)]), staff="eka")
        else:
            event = chance.choice([call, visit])(at, staff=chance.choice(["ani", "budi"]), id=new_id(chance))
        told.append((customer, event))
    chance.shuffle(early := told[: events // 10])
    return early + told[events // 10 :]


def live_or_none(connection: psycopg.Connection[Any]) -> int:
    """The position of what is shown; 0 before anything is."""
    shown = generations.live(connection)
    return shown.position if shown else 0
