"""Reports over HTTP: funnel, complaints, coverage, sales and the like, at any coordinates."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from api.coordinates import AsOf, KnownAt, RulebookVersion
from api.errors import NotFound, UnknownRulebook, refusals
from api.keys import Bearer, needs
from api.reporting.asking import Question, answer, found, listed
from api.reporting.files import MEDIA, write
from api.wiring import HouseDep

router = APIRouter(prefix="/v1/reports", tags=["reports"])

Reader = Annotated[Bearer, Depends(needs("read"))]
ANSWERED: dict[int | str, dict[str, Any]] = {
    200: {"description": "The report", "content": {media: {} for media in MEDIA.values()}}
}


class ReportList(BaseModel):
    """Every report there is."""

    items: list[dict[str, Any]]


@router.get(
    "", operation_id="listReports", summary="What reports there are", response_model=ReportList, responses=refusals()
)
def reports(_: Reader) -> ReportList:
    """Names, what each is about, and by what it can be cut."""
    return ReportList(items=listed())


@router.get(
    "/{name}",
    operation_id="getReport",
    summary="A report at any coordinates",
    response_class=Response,
    responses=ANSWERED | refusals(NotFound, UnknownRulebook),
)
async def report(
    request: Request,
    house: HouseDep,
    _: Reader,
    name: str,
    since: Annotated[str | None, Query(alias="from", description="a date, or a time")] = None,
    until: Annotated[str | None, Query(alias="to", description="a date, which is included, or a time")] = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    rulebook: RulebookVersion = None,
    by: Annotated[str | None, Query(description="what to cut by, comma-separated; `all`: nothing")] = None,
    every: Annotated[str | None, Query(description="day, week, month, quarter, year, or `all`")] = None,
    form: Annotated[Literal["json", "csv", "parquet"], Query(alias="format")] = "json",
) -> Response:
    """Read the ledger once and answer with a table. Customers are named by their ids, staff and products by codes."""
    question = Question(name, since, until, as_of, known_at, rulebook, by, every)
    found(name)
    async with request.app.state.reporting:  # one at a time: a report may read the whole ledger
        body = await run_in_threadpool(lambda: write(answer(house, question), form))
    headers = {} if form == "json" else {"Content-Disposition": f'attachment; filename="{name}.{form}"'}
    return Response(body, media_type=MEDIA[form], headers=headers)
