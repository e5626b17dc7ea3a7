"""Complaints: of one customer with all their rounds and deadlines, and of everybody by what caused them."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from msgspec.structs import replace
from pydantic import BaseModel

from api import answers
from api.clouds import moment
from api.coordinates import Asked
from api.customers import REFUSED, ItemsAnswer, Reader, Ref, about, answered, opening, seen
from api.errors import BadCursor, CursorExpired, NotBuilt, UnknownRulebook, refusals
from api.keys import Bearer
from api.looking import Row, View, look
from api.opening import names, open_many
from api.queueing import continued, everybody
from api.wiring import House, HouseDep
from domain.identity import UUID
from domain.ledger import Ledger
from domain.vocabulary import ref_kind
from projections.inforce import IN_FORCE
from projections.pages import CASES, LINKED
from projections.reading import Cursor

router = APIRouter(prefix="/v1", tags=["complaints"])

_STEPS = ("acknowledge", "respond", "update", "resolve")


class LinkedAnswer(BaseModel):
    """Complaints of one cause, in the order in which they were linked to it; read on from `next` until it is null."""

    as_of: str
    forecast: bool
    known_at: int | None
    position: int
    rulebook: str
    cause: str
    """Our id of it."""
    first: dict[str, Any] | None
    """The complaint that is itself the cause, where it is one."""
    items: list[dict[str, Any]]
    next: str | None


@router.get(
    "/customers/{ref}/complaints",
    operation_id="getComplaints",
    summary="All complaints",
    response_model=ItemsAnswer,
    responses=REFUSED,
)
def get_complaints(ref: Ref, house: HouseDep, bearer: Reader, at: Asked) -> Response:
    """Each complaint with its rounds: waits, escalations, reopenings, every resolution with its verdict, redress, links.

    `due` has its deadlines three times: as somebody promised, by the rules in force at each moment, and by the rules asked for.
    """
    view = seen(house, ref, at, "complaints")
    return answered(about(view) | {"items": cases(house, view, opening(house, bearer))})


@router.get(
    "/complaints",
    operation_id="listComplaintsOfCause",
    summary="Complaints of one cause",
    response_model=LinkedAnswer,
    responses=refusals(BadCursor, CursorExpired, UnknownRulebook, NotBuilt),
)
def list_linked(
    house: HouseDep,
    bearer: Reader,
    at: Asked,
    cause: Annotated[
        str, Query(max_length=200, description="an outage, problem or complaint: our id, or the sender's")
    ],
    source: Annotated[str | None, Query(max_length=400, description="the source that calls the cause so")] = None,
    after: Annotated[str | None, Query(description="`next` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> Response:
    """Every complaint, of whatever customer, that was linked to an outage, a problem or another complaint."""
    id_ = cause_of(house, cause, source)
    cursor: Cursor | None = None
    if after is not None:
        given = house.cursors.read("linked", after)
        if given[0] != id_:
            raise BadCursor("this cursor belongs to the complaints of another cause", pointer="/query/after")
        cursor = tuple(given[1:])
        at = continued(at, cursor)
    with everybody(house, at, cursor) as population:
        page = population.page(LINKED, {"cause": id_}, limit, cursor)
        first = population.page(CASES, {"complaint": id_}, 1).rows
        rows = [*first, *page.rows]
        described = population.described({r["customer"] for r in rows})
        where = population.at
    shown = _listed(house, rows, described, bearer)
    return answered(
        {
            "as_of": moment(at.as_of),
            "forecast": at.forecast,
            "known_at": at.known_at,
            "position": where.position,
            "rulebook": where.rulebook,
            "cause": id_,
            "first": shown[0] if first else None,
            "items": shown[len(first) :],
            "next": None if page.next is None else house.cursors.write("linked", id_, *page.next),
        }
    )


def cause_of(house: House, cause: str, source: str | None) -> str:
    """Our id of a cause. It is told by who issued it: a text that is no id of ours needs its source."""
    if source is None and UUID.match(cause):
        return cause
    return house.ledger.keys.secrets.ref(ref_kind("cause"), source or "", cause)


def _listed(
    house: House, rows: Sequence[Row], described: Mapping[str, Sequence[int]], bearer: Bearer
) -> list[dict[str, Any]]:
    called: Mapping[str, str] = {}
    parts: Mapping[tuple[str, int], dict[str, Any]] = {}
    if bearer.may("read-sealed"):
        called = names(house, described)
        parts = open_many(house, [(r["customer"], r["version"]) for r in rows])
    return [
        {"customer": r["customer"], "name": called.get(r["customer"]), "parked": r["parked"]}
        | answers.interval(r, "cause", "detail", "parked")
        | {"reference": answers.reference(parts.get((r["customer"], r["version"]), {}), "complaint")}
        for r in rows
    ]


def cases(house: House, view: View, ledger: Ledger | None) -> list[dict[str, Any]]:
    """All complaints of a customer, the oldest first, each with its deadlines as promised, in force and restated."""
    rows = sorted(view.rows["complaints"], key=lambda r: (r["opened_at"], r["complaint"]))
    wanted = [v for r in rows for v in (r["version"], *(x["version"] for x in r["detail"].get("resolutions", ())))]
    parts = answers.opener(ledger, view.customer, wanted)
    then = _in_force(house, view) if any(_dues(r) for r in rows) else {}
    return [answers.case(r, parts) | {"due": _due(r, view.rulebook, then)} for r in rows]


def _in_force(house: House, view: View) -> dict[str, dict[str, Any]]:
    """Deadlines by complaint as the rules in force at each moment have them, of the same knowledge."""
    if view.rulebook == IN_FORCE:
        return {r["complaint"]: _dues(r) for r in view.rows["complaints"]}
    at = replace(view.at, known_at=view.position, rulebook=IN_FORCE)
    return {r["complaint"]: _dues(r) for r in look(house, view.customer, at, ("complaints",)).rows["complaints"]}


def _dues(row: Row) -> dict[str, Any]:
    """The deadlines of what is open."""
    return row["detail"].get("deadlines") or {}


def _due(row: Row, rulebook: str, in_force: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The same deadlines from three sides."""
    detail = row["detail"]
    told = [at for at in (detail.get("promised_due"), detail.get("extended_until")) if at]
    restated, then = _dues(row), in_force.get(row["complaint"], {})
    return {
        "promised": {
            "resolve": answers.shown(max(told, default=None)),
            "promises": [{**p, "due": answers.shown(p["due"])} for p in detail.get("promises", ())],
        },
        "in_force": {step: answers.shown(then.get(step)) for step in _STEPS},
        "restated": {"rulebook": rulebook} | {step: answers.shown(restated.get(step)) for step in _STEPS},
    }
