"""What is known of customers, at any date: the page of one, its histories, lists, and who is calling."""

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import BaseModel

from api import answers, consents, timeline
from api.clouds import moment
from api.coordinates import Asked, Coordinates
from api.errors import BadCursor, BadRequest, SeveralCustomers, UnknownRulebook, refusals
from api.keys import Bearer, needs
from api.looking import View, look, parked
from api.references import customer_of
from api.wiring import House, HouseDep
from domain.door import micros
from domain.errors import UnknownCustomer
from domain.events import ConsentGranted, ConsentWithdrawn
from domain.ledger import Ledger
from domain.vocabulary import stored_name
from projections import fold, offers
from projections.asof import state_at
from projections.assigning.weighing import needed
from projections.outreach import CLASSES
from projections.products import Assortment
from projections.staff import Acting, asked

router = APIRouter(prefix="/v1/customers", tags=["customers"])

Reader = Annotated[Bearer, Depends(needs("read"))]
Ref = Annotated[
    str,
    Path(description="our id, scheme:value of an external id, or a telephone number or e-mail address", max_length=400),
]
REFUSED = refusals(UnknownCustomer, SeveralCustomers, UnknownRulebook)
PAGE = 200
PAGE_TABLES = ("profile", "standing", "stages", "managers")
TIMELINE = REFUSED | refusals(UnknownCustomer, SeveralCustomers, BadCursor)


class Answer(BaseModel):
    """What every answer about a customer says of itself."""

    customer: str
    as_of: str
    forecast: bool
    """`as_of` lies in the future: what will hold if nothing else happens."""
    known_at: int | None
    """The position up to which knowledge was to count; null: everything."""
    position: int
    """Up to where the ledger was taken into account."""
    rulebook: str
    folded: bool
    """Worked out for this question, and not taken from the rows that are kept."""
    parked: str | None
    """Why the customer's newest events could not be folded; the rest of the answer lacks them."""


class CustomerAnswer(Answer):
    """A customer's page."""

    name: str | None
    last_conversation: dict[str, Any] | None
    promises: list[dict[str, Any]]
    complaints: list[dict[str, Any]]
    unanswered: list[dict[str, Any]]
    handling: list[dict[str, Any]]
    standing: dict[str, Any]
    who: dict[str, Any]
    contact_points: list[dict[str, Any]]
    consents: list[dict[str, Any]]
    wishes: dict[str, Any]
    purchases: dict[str, Any]
    rhythm: dict[str, Any] | None
    """How regular contact is, and from when on silence says that it fades; null where there was too little of it to say."""


class ItemsAnswer(Answer):
    """A history or list of one customer."""

    items: list[dict[str, Any]]


class ConsentsAnswer(ItemsAnswer):
    """What they agreed to and refused."""

    history: list[dict[str, Any]]
    """Every grant and withdrawal, oldest first, with the interval over which it counts."""
    may: list[dict[str, Any]]
    """By purpose and channel: whether their word allows a contact, and by which event if not."""
    stopped: list[dict[str, Any]]
    """Contacts of ours against what they had said by then; `known` is false where we learnt of that afterwards."""


class ManagersAnswer(ItemsAnswer):
    """Owners and covers of one customer."""

    acting: dict[str, Any]
    """Who cares for them: `staff` (null: nobody), `by` (owner, cover, wish, nobody), and `passed`, whom it went past and why."""


class TimelineAnswer(BaseModel):
    """A page of a timeline, the latest first; read on from `next` until it is null."""

    customer: str
    as_of: str
    forecast: bool
    known_at: int | None
    position: int
    parked: str | None
    items: list[dict[str, Any]]
    next: str | None


def opening(house: House, bearer: Bearer) -> Ledger | None:
    """The ledger, for those who may open what is sealed in it."""
    return house.ledger if bearer.may("read-sealed") else None


def about(view: View) -> dict[str, Any]:
    """What an answer says of itself."""
    return {
        "customer": view.customer,
        "as_of": moment(view.at.as_of),
        "forecast": view.at.forecast,
        "known_at": view.at.known_at,
        "position": view.position,
        "rulebook": view.rulebook,
        "folded": view.folded,
        "parked": view.parked,
    }


def seen(house: House, ref: str, at: Coordinates, *tables: str) -> View:
    """The rows of one customer."""
    return look(house, customer_of(house, ref, at.as_of), at, tables)


def page(house: House, view: View, ledger: Ledger | None) -> dict[str, Any]:
    """A customer's page."""
    document = view.document
    parts = answers.opener(ledger, view.customer, answers.versions(document))
    return about(view) | answers.profile(document, standing(house, view), parts, view.at.as_of)


def standing(house: House, view: View) -> dict[str, Any]:
    """Stage, tier, trust and owner, and who acts for the owner now."""
    row = view.standing
    last = view.rows["stages"][-1] if view.rows["stages"] else None
    owner = next((r for r in reversed(view.rows["managers"]) if r["kind"] == "owner"), None)
    return {
        "stage": row["stage"],
        "stage_since": answers.shown(row["stage_since"]),
        "because": None if last is None else {"clause": last["clause"], "measured": last["reason"]},
        "fading": row["fading"],
        "tier": view.tiers[row["tier"]],
        "trust": row["trust"],
        "falling": row["falling"],
        "owner": row["owner"],
        "owner_since": answers.shown(owner["from_at"]) if owner else None,
        "acting": who_acts(house, view).staff,
        "open_complaints": row["open_complaints"],
    }


def who_acts(house: House, view: View) -> Acting:
    """Who cares for a customer at the coordinates: the owner or a cover, whom they accept."""
    cover = next((r for r in view.rows["managers"] if r["kind"] == "cover" and answers.holds(r, view.at.as_of)), None)
    document, row = view.document, view.standing
    qualifications = needed(view.rules, row["tier"], [need["code"] for need in document["needs"]])
    return house.people.catalogue(view.at.known_at).acting(
        row["owner"],
        micros(view.at.as_of),
        cover=cover["staff"] if cover else None,
        asked=asked(document["wishes"], qualifications),
    )


@router.get(
    "/{ref}", operation_id="getCustomer", summary="A customer's page", response_model=CustomerAnswer, responses=REFUSED
)
def get_customer(ref: Ref, house: HouseDep, bearer: Reader, at: Asked) -> Response:
    """The last conversation that reached them, open promises and open complaints on top; then all else that is known.

    Names, contact points and texts are there for keys with the scope `read-sealed`, and null for others.
    """
    view = seen(house, ref, at, *PAGE_TABLES)
    return answered(page(house, view, opening(house, bearer)))


@router.get(
    "/{ref}/timeline",
    operation_id="getTimeline",
    summary="Everything that happened",
    response_model=TimelineAnswer,
    responses=TIMELINE,
)
def get_timeline(
    ref: Ref,
    house: HouseDep,
    bearer: Reader,
    at: Asked,
    type: Annotated[list[str] | None, Query(description="event types; may be repeated")] = None,
    after: Annotated[str | None, Query(description="`next` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=PAGE)] = 50,
) -> Response:
    """One customer's events across all channels, the latest first; what was corrected or voided is shown as such."""
    customer = customer_of(house, ref, at.as_of)
    last = house.cursors.read("timeline", after) if after else None
    if last is not None and last[0] != customer:
        raise BadCursor("this cursor belongs to another customer's timeline", pointer="/query/after")
    head = house.ledger.head()  # before the history, which then holds all up to there
    history = house.ledger.stream(customer, at.known_at)
    found = timeline.entries(history, at.as_of, [known_type(t) for t in type or ()])
    if last is not None:
        found = [e for e in found if e.key < tuple(last[1])]
    shown, more = found[:limit], len(found) > limit
    marks = consents.marks(house, customer, history, at)
    parts = answers.opener(opening(house, bearer), customer, [e.event.version for e in shown])
    return answered(
        {
            "customer": customer,
            "as_of": moment(at.as_of),
            "forecast": at.forecast,
            "known_at": at.known_at,
            "position": head if at.known_at is None else min(at.known_at, head),
            "parked": parked(house, [customer]).get(customer),
            "items": [timeline.shown(e, parts(e.event.version)) | consents.judged(marks, e.event) for e in shown],
            "next": house.cursors.write("timeline", customer, shown[-1].key) if more else None,
        }
    )


@router.get(
    "/{ref}/stages",
    operation_id="getStages",
    summary="The stages of the relationship",
    response_model=ItemsAnswer,
    responses=REFUSED,
)
def get_stages(ref: Ref, house: HouseDep, _: Reader, at: Asked) -> Response:
    """Each stage with when it was entered and left, and the clause and measures that said so."""
    view = seen(house, ref, at, "stages")
    return answered(about(view) | {"items": [answers.interval(r) for r in view.rows["stages"]]})


@router.get(
    "/{ref}/managers",
    operation_id="getManagers",
    summary="Who was responsible",
    response_model=ManagersAnswer,
    responses=REFUSED,
)
def get_managers(ref: Ref, house: HouseDep, bearer: Reader, at: Asked) -> Response:
    """Who owned the relationship when, without gap or overlap, and who covered, with handover notes; and who acts then.

    `acting` goes past who is away, has left, or is not accepted by the customer, and says why.
    """
    view = seen(house, ref, at, "managers", "profile", "standing")
    rows = view.rows["managers"]
    parts = answers.opener(opening(house, bearer), view.customer, [r["version"] for r in rows])
    items = [answers.interval(r) | {"note": parts(r["version"]).get("note")} for r in rows]
    return answered(about(view) | {"items": items, "acting": answers.acting(who_acts(house, view))})


@router.get(
    "/{ref}/outreach",
    operation_id="getOutreach",
    summary="Next contacts",
    response_model=ItemsAnswer,
    responses=REFUSED,
)
def get_outreach(ref: Ref, house: HouseDep, bearer: Reader, at: Asked) -> Response:
    """The next contacts with this customer: when, why, about what and on which channel, or why not."""
    view = seen(house, ref, at, "outreach", "profile")
    products = house.people.catalogue(at.known_at).assortment(micros(at.as_of))
    return answered(about(view) | {"items": contacts(view, opening(house, bearer), products)})


@router.get(
    "/{ref}/consents",
    operation_id="getConsents",
    summary="What they agreed to",
    response_model=ConsentsAnswer,
    responses=REFUSED,
)
def get_consents(ref: Ref, house: HouseDep, bearer: Reader, at: Asked) -> Response:
    """What they said last for each purpose and channel, and all that they ever said, with dates, source and evidence.

    Beside it: what may be done now by their word, and contacts that they had refused, also where we learnt of that later.
    """
    view = seen(house, ref, at, "profile")
    history = house.ledger.stream(view.customer, view.position)
    said = [e for e in history if isinstance(e, ConsentGranted | ConsentWithdrawn)]
    parts = answers.opener(opening(house, bearer), view.customer, [e.version for e in said])
    sources = {e.id: e.source for e in said}
    items = [
        shown
        | {"from": answers.shown(c["at"]), "source": sources.get(c["id"]), "text": parts(c["version"]).get("text")}
        for c, shown in zip(view.document["consents"], answers.consents(view.document, at.as_of), strict=True)
    ]
    then = state_at(fold, history, consents.rules_of(house, at), micros(at.as_of))
    told = {} if then is None else consents.histories(history, then.rules, then.state.customer, at, parts)
    return answered(about(view) | {"items": items} | told)


def known_type(given: str) -> str:
    """The stored name of an event type. BadRequest where there is none."""
    name = stored_name(given)
    if name is None:
        raise BadRequest(f"{given!r} is no event type", pointer="/query/type")
    return name


def contacts(view: View, ledger: Ledger | None, products: Assortment) -> list[dict[str, Any]]:
    """The next contacts with a customer; where something may be sold, with which of the products."""
    rows, document = view.rows["outreach"], view.document
    parts = answers.opener(ledger, view.customer, [r["version"] for r in rows])
    known = {path: document["purchases"]["categories"] if "." in path else document[path] for path in offers.PARTS}
    found: list[dict[str, Any]] = []
    for r in rows:
        item: dict[str, Any] = answers.interval(r, "class", "tier") | {
            "class": CLASSES[r["class"]],
            "tier": view.tiers[r["tier"]],
            "why": answers.instants(r["why"] or {}),
        }
        fit = None
        if offers.wanted(r["purpose"], r["content"]):
            fit = [o._asdict() for o in offers.offers(known, products, micros(view.at.as_of), r["content"])]
        found.append(item | {"text": parts(r["version"]).get("text"), "offers": fit})
    return found


def answered(body: Any) -> Response:
    """A body as JSON."""
    return Response(msgspec.json.encode(body), media_type="application/json")
