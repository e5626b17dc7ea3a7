"""The baseline of projections: `eventsourcing`'s own ProjectionRunner, on the ledger itself, through its own contracts.

It reads the ledger's table by the recorder, makes events with the mapper, folds each onto its customer's state in memory, and
in one transaction upserts one row of that customer and the runner's own tracking. It does less than the engine does: it
renders no rows, and has one row where the engine keeps those of five projections.
"""

import threading
import time
from typing import Any
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.persistence import Mapper, Tracking
from eventsourcing.postgres import PostgresTrackingRecorder
from eventsourcing.projection import Projection, ProjectionRunner
from psycopg.conninfo import conninfo_to_dict
from psycopg.sql import SQL

from api.wiring import House
from domain.events import Beside
from domain.recorder import EventMapper, LedgerRecorder, Recorded
from projections import fold

SUBSTITUTE = "-"  # peer authentication needs no password, the library needs some text


class View(PostgresTrackingRecorder):
    """One row a customer, kept with the tracking."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sql_create_statements.append(
            SQL(
                """CREATE TABLE IF NOT EXISTS public.seen
                   (customer uuid PRIMARY KEY, events int NOT NULL, last_at bigint NOT NULL)"""
            ).format()
        )

    def keep(self, customer: str, last_at: int, tracking: Tracking) -> None:
        """Upsert the customer's row and move the tracking, in one transaction."""
        with self.datastore.transaction(commit=True) as cursor:
            cursor.execute(
                """INSERT INTO public.seen VALUES (%s, 1, %s) ON CONFLICT (customer)
                   DO UPDATE SET events = seen.events + 1, last_at = greatest(seen.last_at, excluded.last_at)""",
                [customer, last_at],
                prepare=True,
            )
            self._insert_tracking(cursor, tracking)


def measure(house: House, rules: Any, events: int) -> float:
    """Events a second that the runner gets through, over the first `events` of the ledger."""
    states: dict[str, Any] = {}
    done = threading.Event()
    until = min(events, house.ledger.head())

    class Customers(Projection[View]):
        # Not dispatched by the type of event, as there is only one: that would only slow the baseline down.
        def process_event(self, domain_event: Any, tracking: Tracking) -> None:  # type: ignore[override] - as said above
            recorded: Recorded = domain_event
            if not isinstance(recorded.event, Beside):
                state = states.get(recorded.customer)
                if state is None:
                    state = states[recorded.customer] = fold.begin()
                if not fold.needs_refold(state, recorded.event):
                    fold.advance(state, recorded.event, rules)
            self.view.keep(recorded.customer, recorded.event.at, tracking)
            if tracking.notification_id >= until:
                done.set()

    class OfTheLedger(Application[UUID]):
        name = "ledger"

        def construct_mapper(self) -> Mapper[UUID]:
            return EventMapper()

        def construct_recorder(self) -> LedgerRecorder:
            return LedgerRecorder(house.pool)

    started = time.perf_counter()
    with ProjectionRunner(
        application_class=OfTheLedger, projection_class=Customers, view_class=View, env=_environment(house)
    ):
        done.wait(600)
        took = time.perf_counter() - started
    if not done.is_set():
        raise RuntimeError("the runner did not get through in ten minutes")
    return until / took


def _environment(house: House) -> dict[str, str]:
    given = conninfo_to_dict(house.database_url)
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": str(given["dbname"]),
        "POSTGRES_HOST": str(given.get("host", "")),
        "POSTGRES_PORT": str(given.get("port", 5432)),
        "POSTGRES_USER": str(given.get("user", "")),
        "POSTGRES_PASSWORD": str(given.get("password") or SUBSTITUTE),
        "POSTGRES_SCHEMA": "public",
    }
