"""The feed: every event in the order of its recording, by page, by waiting for it, or as a stream. It never expires."""

from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Depends, Header, Query, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict

from api.clouds import Cloud, clouds
from api.errors import BadCursor, BadRequest, refusals
from api.keys import Bearer, needs
from api.wiring import HouseDep
from domain.sealing import uuid_bytes, uuid_text
from domain.vocabulary import LATEST, TYPES, stored_name

router = APIRouter(prefix="/v1/events", tags=["events"])

PAGE = 1_000  # events in a page at most
OF_A_STREAM = 200  # events fetched at once for a stream
HEARTBEAT = 15.0  # seconds between signs of life in a quiet stream
LONGEST_WAIT = 60.0  # seconds


class FeedEvent(BaseModel):
    """A CloudEvent (1.0) with the extensions of the ledger."""

    model_config = ConfigDict(extra="allow")

    specversion: Literal["1.0"]
    id: str
    """Our id of the event."""
    source: str
    type: str
    time: str
    """When it happened, with the offset that was given."""
    subject: str | None = None
    """Our id of the customer; absent from events that are not about one."""
    recordedtime: str
    position: int
    streamversion: int
    data: dict[str, Any]


class FeedPage(BaseModel):
    """A page of the feed."""

    events: list[FeedEvent]
    next: str
    """The cursor behind the last event looked at; valid for ever."""
    head: int
    """How far the ledger reached when this was read."""


class Choice:
    """Which events a reader wants, and where it stands."""

    def __init__(
        self,
        house: HouseDep,
        bearer: Annotated[Bearer, Depends(needs("read"))],
        after: Annotated[
            str | None,
            Query(description="`next` of the page before; left out: from the beginning; `latest`: from now on"),
        ] = None,
        type: Annotated[
            list[str] | None, Query(description="event types, with or without .v1; may be repeated")
        ] = None,
        customer: Annotated[str | None, Query(description="only events of this customer (our id)")] = None,
    ) -> None:
        self.house = house
        self.types = [event_type(t) for t in type or ()]
        self.customer = None if customer is None else customer_id(customer)
        self.opening = house.ledger.keys if bearer.may("read-sealed") else None
        self.after = after

    def position(self, after: str | None) -> int:
        """The position that a cursor stands for."""
        if after is None or after == "":
            return 0
        if after == "latest":
            return self.house.ledger.head()
        place = self.house.cursors.read("feed", after)
        if len(place) != 1 or not isinstance(place[0], int):
            raise BadCursor("this cursor holds no place in the feed")
        return place[0]

    def page(self, after: int, limit: int) -> tuple[list[Cloud], int, int]:
        """Events behind a position, the position to go on from, and the head."""
        # The head is read first: all that matches up to it is in the page then, unless the page is full.
        head = self.house.ledger.head()
        found = self.house.ledger.feed(after, limit, self.types, self.customer)
        last = found[-1].position if found else after
        return clouds(found, self.opening), last if len(found) == limit else max(last, head), max(last, head)

    def cursor(self, position: int) -> str:
        """The cursor of a position."""
        return self.house.cursors.write("feed", position)


@router.get(
    "",
    operation_id="listEvents",
    summary="Read the feed",
    responses=refusals(BadCursor),
    response_model=FeedPage,
)
async def list_events(
    choice: Annotated[Choice, Depends()],
    limit: Annotated[int, Query(ge=1, le=PAGE)] = 100,
    wait: Annotated[
        float, Query(ge=0, le=LONGEST_WAIT, description="seconds to wait for events where there are none yet")
    ] = 0,
) -> Response:
    """Events in the order of their recording. Read on from `next`, also from an empty page: nothing is ever left out.

    The sealed part is in `data` for keys with the scope `read-sealed`.
    """
    position = await run_in_threadpool(choice.position, choice.after)
    events, reached, head = await run_in_threadpool(choice.page, position, limit)
    tail = choice.house.tail
    deadline = choice.house.monotonic() + wait
    while not events and (left := deadline - choice.house.monotonic()) > 0 and await tail.beyond(reached, left):
        events, reached, head = await run_in_threadpool(choice.page, reached, limit)
    return Response(
        msgspec.json.encode({"events": events, "next": choice.cursor(reached), "head": head}),
        media_type="application/json",
    )


@router.get(
    "/stream",
    operation_id="streamEvents",
    summary="Follow the feed as server-sent events",
    responses=refusals(BadCursor) | {200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}},
    response_class=StreamingResponse,
)
async def stream_events(
    choice: Annotated[Choice, Depends()],
    last_event_id: Annotated[str | None, Header(description="the id of the last event that was received")] = None,
) -> StreamingResponse:
    """Each message's `data` is a CloudEvent; its `id` is a cursor, where the stream goes on after a lost connection."""
    position = await run_in_threadpool(choice.position, last_event_id or choice.after)
    return StreamingResponse(
        _messages(choice, position),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _messages(choice: Choice, position: int) -> AsyncIterator[bytes]:
    # Only what the reader has taken is followed by more: a slow reader costs one page of memory.
    tail = choice.house.tail
    yield b"retry: 1000\n\n"
    while not tail.closing:
        events, reached, _ = await run_in_threadpool(choice.page, position, OF_A_STREAM)
        for event in events:
            yield b"id: %b\ndata: %b\n\n" % (choice.cursor(event["position"]).encode(), msgspec.json.encode(event))
        if reached > position and not events:
            yield b"id: %b\n: nothing of this kind up to here\n\n" % choice.cursor(reached).encode()
        position = reached
        if not events and not await tail.beyond(position, HEARTBEAT):
            yield b": still here\n\n"


def event_type(given: str, pointer: str = "/query/type") -> str:
    """The stored name of an event type; BadRequest where there is none such."""
    name = stored_name(given)
    if name is None:
        close = sorted(n for n in LATEST if n.split(".")[0] == given.split(".")[0]) or sorted(
            {t.split(".")[0] + ".…" for t in TYPES}
        )
        raise BadRequest(f"{given!r} is no event type; there are {', '.join(close)}", pointer=pointer)
    return name


def customer_id(given: str, pointer: str = "/query/customer") -> str:
    """Our id of a customer as we write it; BadRequest where it is none."""
    try:
        return uuid_text(uuid_bytes(given))
    except ValueError:
        raise BadRequest(f"customer has to be our id of one (a UUID), not {given!r}", pointer=pointer) from None
