"""POST /v1/customers/{ref}/permits and /attempts; /v1/permits: whether a permit is one, and the key that it is signed with."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Response, status
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from api.clouds import moment
from api.customers import REFUSED, Reader, Ref, answered
from api.errors import NotPermitted, PermitExpired, PermitInvalid, PermitMismatch, PermitUsed, refusals
from api.keys import Bearer, needs
from api.permitting.asking import ask, signer
from api.permitting.attempting import Attempt, attempt
from api.permitting.verifying import verify
from api.wiring import HouseDep
from domain.events import Channel, Outcome, Purpose
from projections.explaining.words import Language
from projections.permits import Wanted

router = APIRouter(tags=["permits"])

Appender = Annotated[Bearer, Depends(needs("append"))]
Code = Annotated[str, Field(min_length=1, max_length=120)]
InWords = Annotated[Language, Query(description="the language of `says`")]
ATTEMPTS = REFUSED | refusals(NotPermitted, PermitInvalid, PermitExpired, PermitMismatch, PermitUsed)


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class PermitWanted(_Body):
    """The contact that somebody is about to make."""

    channel: Channel
    purpose: Purpose
    content: Code | None = None
    """What it is about, or the benefit that it offers: greetings may be sent on holidays, an unfit benefit not at all."""
    staff: Code | None = None
    """By whom: some customers accept only certain staff."""
    outreach: Annotated[str, Field(max_length=200)] | None = None
    """Which due contact it is, by our id. A promise may be kept at its moment (half an hour off at most), whatever the hour."""


class PermitAnswer(BaseModel):
    """Whether it may take place, signed, and on what that rests."""

    permit: str
    """A JSON Web Signature (EdDSA) of all that matters of this answer; hand it back with the attempt."""
    id: str
    customer: str
    allowed: bool
    valid_from: str
    valid_until: str
    """The first moment at which it is no longer valid."""
    channel: str
    purpose: str
    content: str | None = None
    staff: str | None = None
    outreach: str | None = None
    stops: list[dict[str, Any]]
    """Each reason against it: `reason`, in words, until when, by which events, what was measured."""
    advice: list[dict[str, Any]]
    next_at: str | None
    """When it may take place, if nothing else happens; null: time alone will not bring it."""
    basis: dict[str, Any]
    """Consent, refusals, window, limits with their counts, complaints; with their events."""
    events: list[str]
    rulebook: str
    position: int
    version: int
    """Of the customer's stream: decided on everything up to it."""


class AttemptMade(_Body):
    """An attempt under a permit, or one that was held back."""

    outcome: Literal[Outcome, "held"]
    permit: Annotated[str, Field(max_length=20_000)] | None = None
    channel: Channel | None = None
    purpose: Purpose | None = None
    reason: Code | None = None
    staff: Code | None = None
    outreach: Annotated[str, Field(max_length=200)] | None = None
    time: AwareDatetime | None = None
    """When it began; absent: now. Given, the same again is a repetition and answers as the first time."""


class AttemptAnswer(BaseModel):
    """The receipt."""

    event: str
    customer: str
    status: str
    version: int | None
    position: int | None
    recorded_at: str | None


class PermitShown(_Body):
    """A permit that somebody carries, and for what."""

    permit: Annotated[str, Field(max_length=20_000)]
    channel: Channel | None = None
    purpose: Purpose | None = None


class VerifyAnswer(BaseModel):
    """Whether a permit allows a contact now."""

    valid: bool
    because: str | None
    """Why it is not valid: permit-invalid, not-permitted, permit-expired, permit-mismatch, permit-used, stopped."""
    detail: str | None
    claims: dict[str, Any] | None
    used_by: str | None
    """The event of the attempt that was recorded under it."""
    stops: list[dict[str, Any]]
    """What has come to stop it since it was given."""


class Keys(BaseModel):
    """A JSON Web Key Set (RFC 7517)."""

    keys: list[dict[str, str]]


@router.post(
    "/v1/customers/{ref}/permits",
    operation_id="askPermit",
    summary="May I, now?",
    response_model=PermitAnswer,
    responses=REFUSED,
)
def post_permit(ref: Ref, wanted: PermitWanted, house: HouseDep, _: Reader, language: InWords = "en") -> Response:
    """Whether this customer may be contacted now, on this channel, for this purpose: decided on everything recorded.

    The answer is signed and valid for minutes, and no longer than nothing else begins to stop the contact. Asking leaves no
    fact; the attempt does.
    """
    asked = Wanted(wanted.channel, wanted.purpose, wanted.content, wanted.staff, wanted.outreach)
    return answered(ask(house, ref, asked, language=language))


@router.post(
    "/v1/customers/{ref}/attempts",
    operation_id="recordAttempt",
    summary="An attempt, and its receipt",
    response_model=AttemptAnswer,
    status_code=status.HTTP_201_CREATED,
    responses={200: {"model": AttemptAnswer, "description": "Recorded before."}, **ATTEMPTS},
)
def post_attempt(ref: Ref, made: AttemptMade, house: HouseDep, bearer: Appender) -> Response:
    """Record an attempt under its permit, which is valid for one; or, with outcome `held`, that it was left be."""
    tried = Attempt(
        made.outcome, made.permit, made.channel, made.purpose, made.reason, made.staff, made.outreach, made.time
    )
    receipt = attempt(house, ref, tried, actor=bearer.name)
    body = {
        "event": receipt.id,
        "customer": receipt.customer,
        "status": receipt.status,
        "version": receipt.version,
        "position": receipt.position,
        "recorded_at": moment(receipt.recorded_at),
    }
    made_ = answered(body)
    made_.status_code = status.HTTP_200_OK if receipt.status == "duplicate" else status.HTTP_201_CREATED
    return made_


@router.post(
    "/v1/permits/verify",
    operation_id="verifyPermit",
    summary="Is this a permit?",
    response_model=VerifyAnswer,
    responses=refusals(),
)
def post_verification(carried: PermitShown, house: HouseDep, _: Reader) -> Response:
    """Whether a permit is ours, allows the contact, is valid now, fits, is unused, and would be given again.

    What was recorded since may stop the contact after all, such as a withdrawal, or a contact under another permit.
    """
    return answered(verify(house, carried.permit, carried.channel, carried.purpose))


@router.get(
    "/v1/permits/keys",
    operation_id="permitKeys",
    summary="The public key of permits",
    response_model=Keys,
    responses=refusals(),
)
def get_keys(house: HouseDep, _: Reader) -> Response:
    """With this key (JWK, Ed25519) whoever carries a permit can check it without asking again."""
    return answered({"keys": [signer(house).jwk]})
