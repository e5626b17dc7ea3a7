"""Rulebooks over HTTP: which there are, what one says, is a draft sound, publish it."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Path, Response
from pydantic import BaseModel, ConfigDict, Field

from api.errors import BadRequest, UnknownRulebook, refusals
from api.keys import Bearer, needs
from api.rulebooks import percentiles, publishing
from api.wiring import HouseDep
from domain.errors import DifferentContent
from domain.rulebook.checks import InvalidRulebook
from domain.rulebook.model import Rulebook
from domain.worktime import InvalidCalendar
from projections.checking import Trial

router = APIRouter(tags=["rules"])

Reader = Annotated[Bearer, Depends(needs("read"))]
Ruler = Annotated[Bearer, Depends(needs("rules"))]
Document = Annotated[dict[str, Any], Body(description="The document, as `GET /v1/rulebooks/schema` describes it.")]


class Version(BaseModel):
    """A version of the rules, and what became of it."""

    model_config = ConfigDict(from_attributes=True)

    version: str
    title: str
    draft: bool
    """Published, and never in force. What is neither a draft nor in force was in force once."""
    in_force: bool
    shown: bool
    """The rows that are shown were made by it."""
    published_at: datetime | None
    """Null for the one that came with Jejak."""
    published_by: str | None
    reason: str
    promoted: list[datetime]
    """When it was put into force, or back into force."""
    promoted_by: str | None


class Versions(BaseModel):
    """In the order of publication."""

    items: list[Version]


class Whole(Version):
    """A version with its document."""

    document: dict[str, Any]


class Mistake(BaseModel):
    """One thing that is wrong with a document."""

    pointer: str
    """Where, as a JSON Pointer."""
    detail: str


class Tried(BaseModel):
    """A test customer of the document, as the rules judge it."""

    name: str
    passed: bool
    expected: dict[str, Any]
    found: dict[str, Any]


class Verdict(BaseModel):
    """Whether a document could be published."""

    sound: bool
    problems: list[Mistake]
    customers: list[Tried]
    """Empty where the document cannot be compiled."""


class Publication(BaseModel):
    """A document to publish, and why."""

    model_config = ConfigDict(extra="forbid")

    document: dict[str, Any]
    reason: Annotated[str, Field(min_length=1, max_length=publishing.LONGEST)]


class Receipt(BaseModel):
    """What became of it: `recorded`, or `duplicate` where it was published before with the same content."""

    model_config = ConfigDict(from_attributes=True)

    status: str
    version: str
    event: str | None
    position: int | None


@router.get("/v1/rulebooks", operation_id="listRulebooks", summary="All versions of the rules", responses=refusals())
def list_rulebooks(house: HouseDep, _: Reader) -> Versions:
    """Who published each, when and why, and when it was in force."""
    return Versions(items=[Version.model_validate(v) for v in publishing.versions(house)])


@router.get(
    "/v1/rulebooks/schema", operation_id="getRulebookSchema", summary="What a rulebook may say", responses=refusals()
)
def rulebook_schema(_: Reader) -> dict[str, Any]:
    """The JSON Schema (2020-12) of a rulebook's document."""
    return schema()


@router.get(
    "/v1/rulebooks/percentiles",
    operation_id="getSpendPercentiles",
    summary="Net spend by percentile of customers",
    responses=refusals(BadRequest),
)
def spend_percentiles(house: HouseDep, _: Reader, currency: str | None = None) -> dict[str, Any]:
    """What customers spent over the window of the tiers, read off the rows that are shown: to draft tiers by."""
    return percentiles.answer(house, currency)


@router.get(
    "/v1/rulebooks/{version}",
    operation_id="getRulebook",
    summary="One version of the rules",
    responses=refusals(UnknownRulebook),
)
def get_rulebook(version: Annotated[str, Path(max_length=120)], house: HouseDep, _: Reader) -> Whole:
    """Its document, and what became of it."""
    document = publishing.document_of(house, version)
    about = next(v for v in publishing.versions(house) if v.version == version)
    return Whole(**Version.model_validate(about).model_dump(), document=document)


@router.post(
    "/v1/rulebooks/check", operation_id="checkRulebook", summary="What is wrong with a draft?", responses=refusals()
)
def check_rulebook(document: Document, house: HouseDep, _: Reader) -> Verdict:
    """Every mistake by its place, its test customers tried. Nothing is recorded."""
    checked = publishing.check(house, document)
    problems = [Mistake(pointer=pointer, detail=said) for pointer, said in checked.problems]
    return Verdict(sound=not problems, problems=problems, customers=[_tried(trial) for trial in checked.trials])


def _tried(trial: Trial) -> Tried:
    return Tried(name=trial.name, passed=not trial.problems, expected=trial.expected, found=trial.found)


@router.post(
    "/v1/rulebooks",
    operation_id="publishRulebook",
    summary="Publish a version of the rules",
    status_code=201,
    responses=refusals(InvalidRulebook, DifferentContent)
    | {200: {"model": Receipt, "description": "Published before, with the same content."}},
)
def publish_rulebook(wish: Publication, house: HouseDep, bearer: Ruler, response: Response) -> Receipt:
    """Check it and record it as a draft; it judges nobody until it is promoted. A version never changes."""
    try:
        made = publishing.publish(house, wish.document, actor=bearer.name, reason=wish.reason)
    except InvalidRulebook as refused:
        raise InvalidRulebook(
            refused.detail, problems=tuple((f"/document{pointer}", said) for pointer, said in refused.problems)
        ) from None
    response.status_code = 200 if made.status == "duplicate" else 201
    return Receipt.model_validate(made)


@router.post(
    "/v1/calendars",
    operation_id="publishCalendar",
    summary="Publish a version of a working calendar",
    status_code=201,
    tags=["rules"],
    responses=refusals(InvalidCalendar, DifferentContent)
    | {200: {"model": Receipt, "description": "Published before, with the same content."}},
)
def publish_calendar(document: Document, house: HouseDep, bearer: Ruler, response: Response) -> Receipt:
    """Check it and record it; rulebooks can name it by its name and version from now on."""
    made = publishing.publish_calendar(house, document, actor=bearer.name)
    response.status_code = 200 if made.status == "duplicate" else 201
    return Receipt.model_validate(made)


def schema() -> dict[str, Any]:
    """The JSON Schema of a rulebook."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Rulebook",
    } | Rulebook.model_json_schema()
