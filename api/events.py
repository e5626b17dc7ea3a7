"""POST /v1/events: touchpoints come in as CloudEvents 1.0, one or many, and each gets its own answer.

    application/cloudevents+json          one event            201 recorded, 200 duplicate, or problem details
    application/cloudevents-batch+json    a JSON array         200 with one result for each, in order
    application/x-ndjson                  one event a line     200 with one result a line, in order
    application/json                      one or an array, as it comes
    any JSON, with ce-* headers           one event in binary mode: the body is its data

An answer is given once the event is durable. The same event again is answered as the first time, so that a lost answer is
mended by sending again.
"""

import io
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, cast
from urllib.parse import unquote

import msgspec
from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from api.bodies import LARGEST_BODY
from api.errors import BadRequest, Malformed, NoKey, NoRight, TooLarge, UnknownMedia, problem, refusals, respond
from api.keys import Bearer, Bearers
from domain.errors import Abandoned, DifferentContent, Refusal, UnknownCustomer
from domain.ledger import Ledger, Receipt

MOST = 10_000  # events in one request
AT_ONCE = 65_536  # bytes that are read without a detour
NDJSON = "application/x-ndjson"
JSON = "application/json"
ONE: dict[str, Any] = {"type": "object", "description": "A CloudEvent 1.0 whose `type` is one of the vocabulary"}
BODIES: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/cloudevents+json": {"schema": ONE},
            "application/cloudevents-batch+json": {"schema": {"type": "array", "items": ONE}},
            NDJSON: {"schema": {"type": "string", "description": "One CloudEvent a line"}},
            JSON: {"schema": {"oneOf": [ONE, {"type": "array", "items": ONE}]}},
        },
    },
    "parameters": [
        {
            "name": "atomic",
            "in": "query",
            "schema": {"type": "boolean", "default": False},
            "description": "All or none",
        },
        {
            "name": "dry_run",
            "in": "query",
            "schema": {"type": "boolean", "default": False},
            "description": "Say what would be; record nothing",
        },
    ],
    "security": [{"HTTPBearer": []}],
}

router = APIRouter(tags=["events"])
encode = msgspec.json.Encoder().encode


@router.post(
    "/v1/events",
    operation_id="appendEvents",
    summary="Record touchpoints",
    status_code=HTTPStatus.OK,
    responses={
        201: {"description": "Recorded"},
        **refusals(DifferentContent, UnknownCustomer, Abandoned, Malformed, TooLarge, UnknownMedia),
    },
    openapi_extra=BODIES,
    response_class=Response,
)
async def append_events(request: Request) -> Response:
    """Record one touchpoint or many; each is answered for itself, once it is durable."""
    bearer = await authorised(request)
    body = await read_body(request)
    atomic, dry_run = _flag(request, "atomic"), _flag(request, "dry_run")
    clouds = await decoded(request, body)
    ledger: Ledger = request.app.state.house.ledger
    actor = f"key:{bearer.id}"
    ruling = bearer.may("rules")
    if isinstance(clouds, Mapping):
        if (refused := _out_of_place(clouds, ruling=ruling)) is not None:
            return _single(refused)
        if dry_run:
            return _single((await run_in_threadpool(ledger.record, [clouds], actor=actor, dry_run=True))[0])
        if len(body) < AT_ONCE:
            admitted = ledger.admit(clouds, actor=actor)
        else:  # others must not wait while it is read
            admitted = await run_in_threadpool(ledger.admit, clouds, actor=actor)
        return _single(admitted if isinstance(admitted, Refusal) else await request.app.state.grouping.append(admitted))
    clouds = [_out_of_place(cloud, ruling=ruling) or cloud for cloud in clouds]
    async with request.app.state.in_bulk:
        outcomes = await run_in_threadpool(_record, ledger, clouds, actor, atomic, dry_run)
    return await run_in_threadpool(_many, outcomes, lines=_media(request) == NDJSON)


async def authorised(request: Request) -> Bearer:
    """The caller, who must have the scope `append`; asked without a detour, as this is the busiest route."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key:
        raise NoKey("send the header Authorization: Bearer <key>; `jejak key create` makes a key")
    bearers: Bearers = request.app.state.house.bearers
    bearer = bearers.remembered(key) or await run_in_threadpool(bearers.recognise, key)
    if not bearer.may("append"):
        raise NoRight(f"key {bearer.id} has {', '.join(bearer.scopes)}; this needs append")
    return bearer


async def read_body(request: Request) -> bytes:
    """The whole body; TooLarge beyond the limit, before more is taken in."""
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > LARGEST_BODY:
            raise TooLarge(f"the body is larger than {LARGEST_BODY} bytes; send it in parts")
        parts.append(part)
    return b"".join(parts)


async def decoded(request: Request, body: bytes) -> Mapping[str, Any] | Sequence[Any]:
    """One event or several, as the content type says."""
    media = _media(request)
    if "ce-specversion" in request.headers:
        return _binary(request, media, body)
    if media == NDJSON:
        return _within_limit(await run_in_threadpool(_lines, body))
    if media not in ("application/cloudevents+json", "application/cloudevents-batch+json", JSON):
        raise UnknownMedia(
            f"content type {media or '(none)'} is not read here; "
            f"application/cloudevents+json, its -batch form, {NDJSON} or JSON are"
        )
    value = _json(body) if len(body) < AT_ONCE else await run_in_threadpool(_json, body)
    wants_list = media.startswith("application/cloudevents-batch")
    if isinstance(value, list) and media != "application/cloudevents+json":
        return _within_limit(cast("list[Any]", value))
    if isinstance(value, dict) and not wants_list:
        return cast("dict[str, Any]", value)
    raise BadRequest(f"the body has to be {'an array of events' if wants_list else 'an event, a JSON object'}")


def _out_of_place(cloud: Any, *, ruling: bool) -> Refusal | None:
    """What would change the rules is for those who may; what puts rules in force has to show their rows as well."""
    kind = cast("Mapping[str, Any]", cloud).get("type") if isinstance(cloud, Mapping) else None
    if not isinstance(kind, str) or not kind.startswith(("rulebook.", "calendar.")):
        return None
    if kind.startswith(("rulebook.promoted", "rulebook.rolled-back")):
        return NoRight(
            f"{kind} is not taken from outside; POST /v1/rebuilds/{{id}}/promote or /v1/rebuilds/rollback records it"
        )
    if not ruling:
        return NoRight(f"{kind} needs the scope rules; POST /v1/rulebooks checks and publishes rules")
    return None


def _media(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _json(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as e:
        raise Malformed(f"the body is not JSON: {e}") from None


def _lines(body: bytes) -> list[Any]:
    """One value a line; a line that is not JSON stands for itself and is refused as an event."""
    values: list[Any] = []
    for line in io.BytesIO(body):
        if len(values) > MOST:  # refused as a whole: the rest is not looked at
            break
        if line.strip():
            try:
                values.append(msgspec.json.decode(line))
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as e:
                values.append(Malformed(f"the line is not JSON: {e}"))
    return values


def _binary(request: Request, media: str, body: bytes) -> dict[str, Any]:
    """Binary mode: attributes in ce-* headers, percent-encoded; the body is the data."""
    cloud: dict[str, Any] = {
        name[3:]: unquote(value) for name, value in request.headers.items() if name.startswith("ce-")
    }
    if media and media != JSON and not media.endswith("+json"):
        raise UnknownMedia(f"the data of an event has to be JSON, not {media}")
    return cloud | {"datacontenttype": media or JSON, "data": _json(body) if body else {}}


def _within_limit(values: list[Any]) -> list[Any]:
    if len(values) > MOST:
        raise TooLarge(f"these are more than the {MOST} events that one request may hold; send them in parts")
    return values


def _flag(request: Request, name: str) -> bool:
    given = request.query_params.get(name, "false").lower()
    if given not in ("true", "false"):
        raise BadRequest(f"{name} is {given!r}; true or false would be right", pointer=f"/query/{name}")
    return given == "true"


def _record(ledger: Ledger, values: Sequence[Any], actor: str, atomic: bool, dry_run: bool) -> list[Receipt | Refusal]:
    """Record what can be; what is no JSON object at all is refused in its place."""
    faulty = {i: v for i, v in enumerate(values) if not isinstance(v, dict)}
    sound: list[dict[str, Any]] = [v for v in values if isinstance(v, dict)]
    if atomic and faulty:
        left_out = Abandoned("not recorded, because another item of the same atomic batch was refused")
        return [_not_an_event(faulty[i]) if i in faulty else left_out for i in range(len(values))]
    outcomes = iter(ledger.record(sound, actor=actor, atomic=atomic, dry_run=dry_run))
    return [_not_an_event(faulty[i]) if i in faulty else next(outcomes) for i in range(len(values))]


def _not_an_event(value: Any) -> Refusal:
    return value if isinstance(value, Refusal) else BadRequest("an event has to be a JSON object")


def _single(outcome: Receipt | Refusal) -> Response:
    if isinstance(outcome, Refusal):
        return respond(outcome)
    return Response(
        encode(outcome), HTTPStatus.CREATED if outcome.status == "recorded" else HTTPStatus.OK, media_type=JSON
    )


def _many(outcomes: Sequence[Receipt | Refusal], *, lines: bool) -> Response:
    results = [{"status": "refused", "problem": problem(o)} if isinstance(o, Refusal) else o for o in outcomes]
    if lines:
        return Response(b"\n".join(map(encode, results)) + b"\n", media_type=NDJSON)
    counts = dict.fromkeys(("recorded", "duplicate", "accepted", "refused"), 0)
    for o in outcomes:
        counts["refused" if isinstance(o, Refusal) else o.status] += 1
    return Response(encode({"counts": counts, "results": results}), media_type=JSON)
