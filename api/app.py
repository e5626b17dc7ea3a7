"""The HTTP application: routes, errors and description put together around a house."""

import asyncio
import contextlib
import gc
import sys
from collections.abc import AsyncGenerator
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from fastapi import FastAPI

from api import (
    complaints,
    customers,
    days,
    directory,
    errors,
    events,
    explaining,
    feed,
    handover,
    identities,
    ops,
    queues,
    staffing,
)
from api.assigning import routes as assignments
from api.bodies import Bounded
from api.changing import routes as rebuilds
from api.commanding import routes as commanding
from api.counts import Counting
from api.grouping import Grouping
from api.permitting import routes as permits
from api.reporting import routes as reports
from api.rulebooks import routes as rulebooks
from api.webhooks import routes as webhooks
from api.wiring import House

IN_BULK = 2  # batches at work in one process: one is read and sealed while the other one's rows are written

DESCRIPTION = """\
A ledger of everything that happens between a company and each of its customers.

Post touchpoints as CloudEvents, follow the feed, ask what is known of a customer and who is to be contacted or
answered next, at any date. Send `Authorization: Bearer <key>`; `jejak key create` makes a key. Errors are problem
details (RFC 9457).
"""


def create_app(house: House) -> FastAPI:
    """The application in this house; whoever opened the house closes it."""
    app = FastAPI(
        title="Jejak",
        version=_version(),
        description=DESCRIPTION,
        lifespan=_lifespan,
        redirect_slashes=False,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        servers=[{"url": "/"}],
    )
    app.state.house = house
    for module in (
        events,
        feed,
        directory,
        customers,
        explaining,
        identities,
        permits,
        commanding,
        complaints,
        queues,
        days,
        handover,
        staffing,
        assignments,
        rebuilds,
        rulebooks,
        reports,
        webhooks,
        ops,
    ):
        app.include_router(module.router)
    errors.install(app)
    _describe(app)
    app.add_middleware(Bounded)
    app.add_middleware(Counting, counts=house.counts)
    return app


def _describe(app: FastAPI) -> None:
    """Put into the description what routes refer to: problem details, which no route gives by itself."""
    described = app.openapi

    def openapi() -> dict[str, Any]:
        document = described()
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        problem = errors.Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas |= problem.pop("$defs", {})
        schemas["Problem"] = problem
        return document

    app.openapi = openapi


@contextlib.asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncGenerator[None]:
    house: House = app.state.house
    # A batch makes many thousand objects that live as long as its request: looking through them for cycles again and
    # again took a fifth of the time of an ingest.
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 100)
    # The thread that appends wants its turn soon after the database has answered, not five milliseconds later (the default).
    sys.setswitchinterval(0.00002)
    app.state.grouping = Grouping(house.ledger)
    app.state.in_bulk = asyncio.Semaphore(IN_BULK)
    app.state.reporting = asyncio.Semaphore(1)
    following = asyncio.create_task(house.tail.run())
    try:
        yield
    finally:
        await house.tail.close()
        await app.state.grouping.close()
        following.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await following


def _version() -> str:
    try:
        return version("jejak")
    except PackageNotFoundError:  # run from a checkout that was not installed
        return "0"
