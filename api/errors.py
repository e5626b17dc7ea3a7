"""What the API answers when it refuses: problem details (RFC 9457), from one table.

    Refusal (domain.errors)
    └── Denied                 the request itself is at fault, whatever it is about
        ├── NoKey              no bearer key, or one that is not (or no longer) valid
        ├── NoRight            the key lacks the scope that this needs
        ├── BadCursor          a cursor that we did not give out, or that belongs to another list
        ├── CursorExpired      the rows that a cursor points into are gone
        ├── BadRequest         a parameter or body cannot be read
        │   ├── Malformed      the body is not JSON at all
        │   ├── TooLarge       the body, or the number of things in it, is over the limit
        │   └── UnknownMedia   the body is in a form that is not read here
        ├── SeveralCustomers   a contact point or external id that more than one customer holds
        ├── UnknownRulebook    a rulebook that was never published
        ├── NotBuilt           no rows are kept at these coordinates
        ├── UnknownGeneration  rows that were never built, or were dropped
        ├── CannotPromote      rows that cannot be shown, or dropped, as things are
        ├── CannotCompare      rows that cannot be compared as they are
        ├── NameTaken          a name that other rows have
        ├── NotPermitted       an attempt without a permit that allows it
        │   ├── PermitInvalid  what was sent is no permit of ours, or was altered
        │   ├── PermitExpired  the attempt began outside of the time of its permit
        │   ├── PermitMismatch the permit is for another customer, channel, purpose or person
        │   └── PermitUsed     an attempt was recorded under this permit already
        └── NotFound           there is nothing at this address
            ├── UnknownStaff     nobody of this code was ever registered (api.staffing)
            └── UnknownProposal  no such proposal of assignments (api.assigning.making)

Domain errors know nothing of HTTP. `STATUS` gives each its status; what is not in it has that of its nearest ancestor.
"""

import logging
from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, cast

import msgspec
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from psycopg import OperationalError
from psycopg_pool import PoolTimeout
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from domain import errors as domain
from domain.commands.refusals import Impossible, UnknownCommand
from domain.door import instant
from domain.facts import NEVER
from projections.explaining.cases import UnknownComplaint
from projections.generations import Unready

logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"


class Denied(domain.Refusal):
    """The request itself is at fault, whatever it is about."""

    code = "denied"
    title = "The request cannot be answered"


class NoKey(Denied):
    """No bearer key, or one that is not (or no longer) valid."""

    code = "no-key"
    title = "A valid key is needed"


class NoRight(Denied):
    """The key lacks the scope that this needs."""

    code = "no-right"
    title = "The key does not allow this"


class BadCursor(Denied):
    """A cursor that we did not give out, or that belongs to another list."""

    code = "bad-cursor"
    title = "The cursor is not valid here"


class CursorExpired(Denied):
    """The rows that a cursor points into are gone."""

    code = "cursor-expired"
    title = "The cursor has expired"


class BadRequest(Denied):
    """A parameter or the body cannot be read."""

    code = "bad-request"
    title = "The request cannot be read"


class SeveralCustomers(Denied):
    """A contact point or external id that more than one customer holds."""

    code = "several-customers"
    title = "Several customers may be meant"


class UnknownRulebook(Denied):
    """A rulebook that was never published."""

    code = "unknown-rulebook"
    title = "There is no such rulebook"


class UnknownGeneration(Denied):
    """Rows that were never built, or were dropped."""

    code = "unknown-generation"
    title = "There is no such generation"


class CannotPromote(Denied):
    """Rows that cannot be shown, or dropped, as things are."""

    code = "cannot-promote"
    title = "As things are this cannot be done"


class NotBuilt(Denied):
    """No rows are kept at these coordinates, and too many customers would have to be folded."""

    code = "not-built"
    title = "These rows have to be built first"


class CannotCompare(Denied):
    """Rows that cannot be compared as they are."""

    code = "cannot-compare"
    title = "These cannot be compared"


class NameTaken(Denied):
    """A name that other rows have."""

    code = "name-taken"
    title = "This name is taken"


class NotPermitted(Denied):
    """An attempt without a permit that allows it."""

    code = "not-permitted"
    title = "There is no permit for this"


class PermitInvalid(NotPermitted):
    """What was sent is no permit of ours, or was altered."""

    code = "permit-invalid"
    title = "This is no permit"


class PermitExpired(NotPermitted):
    """The attempt began outside of the time of its permit."""

    code = "permit-expired"
    title = "The permit is not valid at that time"


class PermitMismatch(NotPermitted):
    """The permit is for another customer, channel, purpose or person."""

    code = "permit-mismatch"
    title = "The permit is for something else"


class PermitUsed(NotPermitted):
    """An attempt was recorded under this permit already."""

    code = "permit-used"
    title = "The permit was used"


class Malformed(BadRequest):
    """The body is not JSON at all."""

    code = "malformed"
    title = "The body is not JSON"


class TooLarge(BadRequest):
    """The body, or the number of things in it, is over the limit."""

    code = "too-large"
    title = "The request is too large"


class UnknownMedia(BadRequest):
    """The body is in a form that is not read here."""

    code = "unknown-media"
    title = "The content type is not read here"


class NotFound(Denied):
    """There is nothing at this address."""

    code = "not-found"
    title = "There is nothing here"


STATUS: Mapping[type[BaseException], HTTPStatus] = MappingProxyType(
    {
        domain.Refusal: HTTPStatus.UNPROCESSABLE_ENTITY,
        domain.UnknownCustomer: HTTPStatus.NOT_FOUND,
        UnknownComplaint: HTTPStatus.NOT_FOUND,
        UnknownCommand: HTTPStatus.NOT_FOUND,
        domain.DifferentContent: HTTPStatus.CONFLICT,
        domain.StaleVersion: HTTPStatus.PRECONDITION_FAILED,
        domain.Contradiction: HTTPStatus.CONFLICT,
        domain.NotEmpty: HTTPStatus.CONFLICT,
        domain.Abandoned: HTTPStatus.FAILED_DEPENDENCY,
        domain.LedgerUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
        domain.JejakError: HTTPStatus.INTERNAL_SERVER_ERROR,
        NoKey: HTTPStatus.UNAUTHORIZED,
        NoRight: HTTPStatus.FORBIDDEN,
        BadCursor: HTTPStatus.BAD_REQUEST,
        CursorExpired: HTTPStatus.GONE,
        BadRequest: HTTPStatus.UNPROCESSABLE_ENTITY,
        Malformed: HTTPStatus.BAD_REQUEST,
        TooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        UnknownMedia: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        SeveralCustomers: HTTPStatus.CONFLICT,
        UnknownRulebook: HTTPStatus.NOT_FOUND,
        NotBuilt: HTTPStatus.CONFLICT,
        UnknownGeneration: HTTPStatus.NOT_FOUND,
        CannotPromote: HTTPStatus.CONFLICT,
        CannotCompare: HTTPStatus.CONFLICT,
        NameTaken: HTTPStatus.CONFLICT,
        NotPermitted: HTTPStatus.CONFLICT,
        PermitInvalid: HTTPStatus.UNPROCESSABLE_ENTITY,
        NotFound: HTTPStatus.NOT_FOUND,
        Unready: HTTPStatus.SERVICE_UNAVAILABLE,
        OperationalError: HTTPStatus.SERVICE_UNAVAILABLE,
        PoolTimeout: HTTPStatus.SERVICE_UNAVAILABLE,
    }
)


class Fault(BaseModel):
    """One thing that is wrong with the input."""

    pointer: str
    """JSON Pointer (RFC 6901) into what was sent."""
    detail: str


class Problem(BaseModel):
    """Problem details (RFC 9457)."""

    type: str
    """`urn:jejak:problem:` and the code."""
    title: str
    status: int
    detail: str
    code: str
    pointer: str | None = None
    errors: list[Fault] = []


def status_of(error: BaseException | type[BaseException]) -> HTTPStatus:
    """The HTTP status of an error: its own in the table, or that of its nearest ancestor."""
    kind = error if isinstance(error, type) else type(error)
    return next((STATUS[ancestor] for ancestor in kind.__mro__ if ancestor in STATUS), HTTPStatus.INTERNAL_SERVER_ERROR)


def problem(error: BaseException) -> dict[str, Any]:
    """The problem details of an error, for a whole answer or for one item of a batch."""
    status = status_of(error)
    if not isinstance(error, domain.Refusal):
        return _described(
            status, _outage(error) if status == HTTPStatus.SERVICE_UNAVAILABLE else "something went wrong on our side"
        )
    body = _described(status, error.detail, error.code, error.title)
    if error.pointer:
        body["pointer"] = error.pointer
    if error.pointer or len(error.problems) > 1:
        body["errors"] = [{"pointer": pointer, "detail": sentence} for pointer, sentence in error.problems]
    return body | _members(error) if isinstance(error, Impossible) else body


INSTANTS = ("since", "until", "due")


def _members(refused: Impossible) -> dict[str, Any]:
    """What stands against a command, for programs (RFC 9457, extension members)."""
    return {
        name: instant(value).isoformat() if name in INSTANTS and isinstance(value, int) and value < NEVER else value
        for name, value in refused.members.items()
    }


def respond(error: BaseException) -> Response:
    """An error as an answer."""
    body = problem(error)
    headers: dict[str, str] = {}
    if body["status"] == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'Bearer realm="jejak"'
    if body["status"] == HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = "1"
    return answer(body, headers)


def answer(body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Response:
    """Problem details as an answer."""
    return Response(msgspec.json.encode(body), body["status"], dict(headers or {}), MEDIA_TYPE)


def refusals(*kinds: type[BaseException]) -> dict[int | str, dict[str, Any]]:
    """What a route's description says of these errors; each route behind a key also answers 401, 403, 422 and 503."""
    always: tuple[type[BaseException], ...] = (NoKey, NoRight, BadRequest, domain.LedgerUnavailable)
    described: dict[int | str, dict[str, Any]] = {}
    for kind in (*always, *kinds):
        entry = described.setdefault(
            int(status_of(kind)),
            {"description": "", "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}},
        )
        sentence = (kind.__doc__ or "").splitlines()[0]
        entry["description"] = f"{entry['description']} {sentence}".strip()
    return described


def install(app: FastAPI) -> None:
    """Let every error of this application be answered with problem details."""
    for kind in (domain.JejakError, Unready, OperationalError, PoolTimeout):
        app.add_exception_handler(kind, _known)
    app.add_exception_handler(RequestValidationError, _unreadable)
    app.add_exception_handler(HTTPException, _of_the_framework)
    app.add_exception_handler(Exception, _unforeseen)


async def _known(_: Request, error: Exception) -> Response:
    if status_of(error) >= HTTPStatus.INTERNAL_SERVER_ERROR:
        logger.warning("%s: %s", type(error).__name__, error)
    return respond(error)


async def _unreadable(_: Request, error: Exception) -> Response:
    faults = cast("RequestValidationError", error).errors()
    problems = tuple(_fault(f) for f in faults)
    return respond(BadRequest("; ".join(f"{p or 'the body'}: {s}" for p, s in problems), problems=problems))


def _fault(fault: Mapping[str, Any]) -> tuple[str, str]:
    """(JSON Pointer, sentence) of a fault as pydantic found it."""
    if fault["type"] == "json_invalid":  # its place is a number of characters, not a field
        return "", f"is no JSON: {fault['ctx']['error']}"
    return _pointer(fault["loc"]), str(fault["msg"])


def _pointer(location: tuple[str | int, ...]) -> str:
    """Where pydantic found a fault, as a JSON Pointer: `/query/limit` for a parameter, `/data` for part of a body."""
    parts = location[1:] if location and location[0] == "body" else location
    return "".join(f"/{str(p).replace('~', '~0').replace('/', '~1')}" for p in parts)


async def _of_the_framework(_: Request, error: Exception) -> Response:
    refused = cast("HTTPException", error)
    status = HTTPStatus(refused.status_code)
    detail = (
        refused.detail if refused.detail != status.phrase else f"{status.phrase}: {status.description or 'see /docs'}"
    )
    return answer(_described(status, detail), refused.headers)


async def _unforeseen(request: Request, error: Exception) -> Response:
    # The path may name a person; the route does not.
    route = getattr(request.scope.get("route"), "path", "unknown route")
    logger.error("unforeseen error at %s %s", request.method, route, exc_info=error)
    return respond(error)


def _described(status: HTTPStatus, detail: str, code: str | None = None, title: str | None = None) -> dict[str, Any]:
    code = code or status.phrase.lower().replace(" ", "-")
    return {
        "type": f"urn:jejak:problem:{code}",
        "title": title or status.phrase,
        "status": int(status),
        "detail": detail,
        "code": code,
    }


def _outage(error: BaseException) -> str:
    said = str(error) if isinstance(error, domain.JejakError | Unready) else "the database could not be reached"
    return f"{said}; the same request may be sent again without harm"
