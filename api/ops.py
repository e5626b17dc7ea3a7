"""For those who run it: is the process alive, can it answer, and how far are the rows behind the ledger."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Depends, Response
from psycopg import OperationalError
from psycopg_pool import PoolTimeout
from pydantic import BaseModel

from api.errors import refusals
from api.keys import Bearer, needs
from api.webhooks import figures as webhook_figures
from api.wiring import House, HouseDep
from domain.errors import LedgerUnavailable
from projections import generations

router = APIRouter(tags=["operations"])

PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"


class Standing(NamedTuple):
    """How far the rows are, as against the ledger."""

    head: int
    """The last position of the ledger."""
    position: int
    """The last position that the rows hold; 0 where there are no rows yet."""
    generation: int | None
    rulebook: str | None
    parked: int
    """Customers whose events could not be folded."""
    waiting_since: datetime | None
    """When the first event was recorded that the rows lack."""

    @property
    def behind(self) -> int:
        """Events that the rows lack."""
        return max(0, self.head - self.position)


def standing(house: House) -> Standing:
    """Read where ledger and rows stand."""
    with house.pool.connection() as c:
        live = generations.live(c)
        head = c.execute("SELECT last FROM ledger.commits ORDER BY last DESC LIMIT 1").fetchone()
        position = live.position if live else 0
        waiting = c.execute(
            """SELECT recorded_at + (%(at)s - first) * interval '1 microsecond' FROM ledger.commits
                WHERE last >= %(at)s ORDER BY last LIMIT 1""",
            {"at": position + 1},
        ).fetchone()
        parked = c.execute(
            "SELECT count(*) FROM rows.parked WHERE generation = %s", [live.id if live else 0]
        ).fetchone()
    return Standing(
        head=head[0] if head else 0,
        position=position,
        generation=live.id if live else None,
        rulebook=live.rulebook if live else None,
        parked=parked[0] if parked else 0,
        waiting_since=waiting[0] if waiting else None,
    )


class Health(BaseModel):
    """The process answers."""

    status: str = "alive"


class Readiness(BaseModel):
    """What the process needs to answer, and how far the rows are behind."""

    ready: bool
    database: str
    head: int | None = None
    position: int | None = None
    behind: int | None = None
    """Events that the rows lack; while there are some, answers about customers say so."""
    behind_s: float | None = None
    """For how many seconds the first of them has been waiting."""
    parked: int | None = None


@router.get("/healthz", operation_id="getHealth", summary="Is the process alive?")
async def healthz() -> Health:
    """Asks nobody else; for whoever restarts processes."""
    return Health()


@router.get(
    "/readyz",
    operation_id="getReadiness",
    summary="Can requests be answered?",
    response_model=Readiness,
    responses={503: {"model": Readiness, "description": "The database cannot be reached."}},
)
def readyz(house: HouseDep, response: Response) -> Readiness:
    """Whether the databases can be reached, and how far the rows are behind. For whoever routes requests."""
    try:
        at = standing(house)
        with house.keys_pool.connection() as c:
            c.execute("SELECT FROM keys.revision")
    except (OperationalError, PoolTimeout, LedgerUnavailable) as error:
        response.status_code = 503
        return Readiness(ready=False, database=f"cannot be reached: {type(error).__name__}")
    return Readiness(
        ready=True,
        database="reached",
        head=at.head,
        position=at.position,
        behind=at.behind,
        behind_s=waited(house, at),
        parked=at.parked,
    )


def waited(house: House, at: Standing) -> float:
    """Seconds for which the first event that the rows lack has been waiting; 0 where they lack none."""
    return 0.0 if at.waiting_since is None else max(0.0, (house.clock() - at.waiting_since).total_seconds())


@router.get(
    "/metrics",
    operation_id="getMetrics",
    summary="Figures for Prometheus",
    response_class=Response,
    responses=refusals() | {200: {"content": {PROMETHEUS: {"schema": {"type": "string"}}}}},
)
def metrics(house: HouseDep, _: Annotated[Bearer, Depends(needs("read"))]) -> Response:
    """The ledger's and the rows' state, and what this process has answered."""
    at = standing(house)
    lines = [
        *_gauge("jejak_ledger_head", "The last position of the ledger.", at.head),
        *_gauge("jejak_rows_position", "The last position that the rows hold.", at.position),
        *_gauge("jejak_rows_behind_events", "Events that the rows lack.", at.behind),
        *_gauge("jejak_rows_behind_seconds", "How long the first of them has been waiting.", waited(house, at)),
        *_gauge("jejak_parked_customers", "Customers whose events cannot be folded.", at.parked),
        *_gauge("jejak_generation", "The generation of rows that is shown.", at.generation or 0),
        *webhook_figures.lines(house),
        *house.counts.lines(),
    ]
    return Response("\n".join(lines) + "\n", media_type=PROMETHEUS)


def _gauge(name: str, meaning: str, value: float) -> Iterable[str]:
    return (f"# HELP {name} {meaning}", f"# TYPE {name} gauge", f"{name} {value}")
