"""Why a customer stands as they do: one field at any coordinates, as JSON and in words. How: `projections.explaining`."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, cast

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel

from api import answers
from api.clouds import moment
from api.coordinates import Asked, Coordinates
from api.customers import REFUSED, Reader, Ref, answered
from api.errors import refusals
from api.references import customer_of
from api.wiring import House, HouseDep
from domain.criteria.measures import Measured
from domain.door import instant, micros
from domain.errors import UnknownCustomer
from domain.events import Event
from domain.identity import UUID
from projections import inforce
from projections.explaining.answer import Explanation, Field, Next
from projections.explaining.cases import UnknownComplaint
from projections.explaining.citing import Question, explain
from projections.explaining.words import Language, words
from projections.generations import consistent
from projections.inforce import IN_FORCE
from projections.population import parked, standpoint

router = APIRouter(prefix="/v1/customers", tags=["customers"])

Complaint = Annotated[
    str | None,
    Query(description="of deadline and rank: which complaint, or what else waits; default the most urgent one"),
]
InWords = Annotated[Language, Query(description="the language of `words`")]
_INSTANTS = ("_at",)
_SIGNS = ("", "– ", "· ")  # of a sentence, by level


class ExplainAnswer(BaseModel):
    """Why one field is as it is.

    `events` are what the answer rests on: without any one that is not among them, all of this is the same.
    """

    customer: str
    as_of: str
    forecast: bool
    known_at: int | None
    position: int
    rulebook: str
    field: str
    verdict: dict[str, Any]
    since: str | None
    clause: str
    """A clause of the rulebook, or where in it the rule stands."""
    values: list[dict[str, Any]]
    next: dict[str, Any] | None
    """What changes by itself, and when, if nothing else happens."""
    events: list[dict[str, Any]]
    towards: list[dict[str, Any]]
    """Of a stage: the ways out of it, as they measure now."""
    words: list[str]


@router.get(
    "/{ref}/explain/{field}",
    operation_id="explainField",
    summary="Why it is so",
    response_model=ExplainAnswer,
    responses=REFUSED | refusals(UnknownCustomer, UnknownComplaint),
)
def get_explanation(
    ref: Ref,
    field: Field,
    house: HouseDep,
    _: Reader,
    at: Asked,
    complaint: Complaint = None,
    language: InWords = "en",
) -> Response:
    """The rule's clause, what was measured against what, the events cited, since when, and what changes by itself."""
    return answered(explained(house, customer_of(house, ref, at.as_of), at, field, complaint, language))


def explained(
    house: House, customer: str, at: Coordinates, field: Field, complaint: str | None, language: Language
) -> dict[str, Any]:
    """An explanation as routes and commands answer it. UnknownCustomer, UnknownComplaint: there is nothing to explain."""
    as_of = micros(at.as_of)
    with house.pool.connection() as c, consistent(c):
        point = standpoint(house.reader.view(c), as_of, at.known_at, at.rulebook)
        judge = inforce.judge(c, house.rulebooks, point.rulebook, as_of, point.position)
        in_force = inforce.judge(c, house.rulebooks, IN_FORCE, as_of, point.position) if field == "deadline" else None
        reason = parked(c, point, [customer]).get(customer)
    if reason is not None:
        raise UnknownCustomer(f"this customer cannot be folded: {reason}", pointer="/path/ref")
    history = house.ledger.stream(customer, point.position)
    item = None if complaint is None else _meant(house, customer, history, complaint.strip())
    said = explain(Question(field, judge, as_of, item, in_force), history)
    if not said.known:
        raise UnknownCustomer("nothing was known of this customer then", pointer="/path/ref")
    return {
        "customer": customer,
        "as_of": moment(at.as_of),
        "forecast": at.forecast,
        "known_at": at.known_at,
        "position": point.position,
        "rulebook": said.rulebook,
    } | shown(said, {event.id: event for event in history}, language)


def _meant(house: House, customer: str, history: Sequence[Event], text: str) -> str:
    """What is asked about: by an id of ours, or a complaint as its own system wrote it, as commands and queues name it."""
    if UUID.match(text.lower()):
        return text.lower()
    first: dict[str, int] = {}
    for event in history:
        if (ref := getattr(event, "complaint", None)) is not None:
            first.setdefault(ref, event.version)
    opened = house.ledger.open(customer, list(first.values()))
    found = [ref for ref, v in first.items() if opened.get(v, {}).get("sealed_refs", {}).get("complaint") == text]
    return found[0] if len(found) == 1 else text


def shown(said: Explanation, events: Mapping[str, Event], language: Language) -> dict[str, Any]:
    """An explanation as JSON."""
    answer = said.answer
    return {
        "field": answer.field,
        "verdict": _plain(answer.verdict),
        "since": answers.shown(answer.since),
        "clause": answer.clause,
        "values": [_measured(value) for value in answer.values],
        "next": _next(answer.next),
        "events": [_event(events[id_]) for id_ in said.events],
        "towards": [
            {
                "clause": way.clause,
                "to": way.to,
                "holds": way.holds,
                "values": [_measured(m) | {"met": met} for m, met in zip(way.measured, way.met, strict=True)],
            }
            for way in said.towards
        ],
        "words": [f"{_SIGNS[level]}{sentence}" for level, sentence in words(said, language)],
    }


def _plain(value: Any) -> Any:
    """A verdict, with its instants as text."""
    if isinstance(value, Mapping):
        fields = cast("Mapping[str, Any]", value)
        return {name: answers.shown(v) if name.endswith(_INSTANTS) else _plain(v) for name, v in fields.items()}
    if isinstance(value, list):
        return [_plain(one) for one in cast("list[Any]", value)]
    return value


def _measured(value: Measured) -> dict[str, Any]:
    return {
        "measure": value.measure,
        "value": value.value,
        "test": value.test,
        "threshold": value.threshold,
        "events": value.events,
    }


def _next(next_: Next | None) -> dict[str, Any] | None:
    if next_ is None:
        return None
    return {"at": answers.shown(next_.at), "to": _plain(next_.to), "clause": next_.clause}


def _event(event: Event) -> dict[str, Any]:
    kind = str(type(event).__struct_config__.tag).rpartition(".v")[0]
    return {"id": event.id, "type": kind, "at": moment(instant(event.at))}
