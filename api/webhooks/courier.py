"""Delivers one subscription: reads ahead, sends several messages at once, and never two of one lane.

    reading ── pages ──> lanes that are well (events in memory) ──┐
                                                                  ├── sending ──> receiver
    lanes that wait (in the database: from which event on) ───────┘      │
                            ^                                            │
                            └────────── not accepted ────────────────────┘      flushing ── what was done ──> book

An event that is not accepted makes its lane wait, with all that comes after it; other lanes go on. Where the receiver as a
whole is away, one message at a time is tried until one is accepted. What was done is written a moment later: whoever takes
over sends again what was accepted in that moment, and never leaves anything out.
"""

import asyncio
import contextlib
import math
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime
from hashlib import blake2b
from typing import NamedTuple
from uuid import UUID

import msgspec

from api.webhooks.book import Attempt, Book, Changes, Waiting
from api.webhooks.lanes import Lanes
from api.webhooks.pace import Pace
from api.webhooks.sending import Answer, Sender
from api.webhooks.signing import signed
from api.webhooks.source import Message, Source
from api.webhooks.subscription import Subscription

SINGLE = "application/cloudevents+json; charset=utf-8"
BATCH = "application/cloudevents-batch+json; charset=utf-8"
LOOK_EVERY = 1.0  # seconds


class Secret(NamedTuple):
    """A key that messages are signed with until a time (seconds since 1970)."""

    key: bytes
    until: float


def seconds(moment: datetime | None) -> float | None:
    """A time of the database as seconds since 1970."""
    return None if moment is None else moment.timestamp()


class Courier:
    """One subscription's deliveries, for as long as this process has its lock."""

    def __init__(
        self,
        subscription: Subscription,
        secrets: Sequence[Secret],
        waiting: dict[UUID, Waiting],
        source: Source,
        sender: Sender,
        book: Book,
        pace: Pace,
        clock: Callable[[], float],
    ) -> None:
        self.subscription = subscription
        self._secrets = secrets
        self._source = source
        self._sender = sender
        self._book = book
        self._pace = pace
        self._clock = clock
        self._lanes = Lanes(subscription.position, waiting, pace)
        self._failures = subscription.failures
        self._failing_since = seconds(subscription.failing_since)
        self._rest_until = seconds(subscription.next_at) or 0.0
        self._attempts: list[Attempt] = []
        self._ended: tuple[str, str] | None = None
        self._stop = asyncio.Event()
        self._moved = asyncio.Event()
        self._dirty = False
        self._broken: BaseException | None = None
        self._rejected = 0  # attempts in a row that were refused for what they hold
        self._flights: set[asyncio.Task[None]] = set()

    def stop(self) -> None:
        """Send nothing more; `run` returns when what is on its way has arrived, and is written down."""
        self._stop.set()
        self._moved.set()

    async def run(self) -> None:
        """Deliver until stopped, or until the subscription comes to rest. Superseded, psycopg.Error: start anew."""
        reading, *others = [asyncio.create_task(work()) for work in (self._reading, self._sending, self._flushing)]
        try:
            await asyncio.wait([reading, *others], return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.stop()
            reading.cancel()
            done = await asyncio.gather(reading, *others, return_exceptions=True)
            await self._land()
        # What went wrong comes before what is to be kept: after a write that failed, part of what was done is not known.
        for error in (*done, self._broken):
            if isinstance(error, Exception):
                raise error
        await self._flush()

    async def _land(self) -> None:
        """Give those on their way some time; what is cut off is sent again."""
        if self._flights:
            await asyncio.wait(self._flights, timeout=self._pace.grace)
        for flight in self._flights:
            flight.cancel()
        await asyncio.gather(*self._flights, return_exceptions=True)

    # --- reading --------------------------------------------------------------------------------------------------------

    async def _reading(self) -> None:
        while not self._stop.is_set():
            if self._lanes.held >= self._pace.window:
                await asyncio.sleep(self._pace.flush)
            elif await self._source.beyond(self._lanes.reach, LOOK_EVERY):
                before = self._lanes.reach
                messages, reached = await self._source.page(before, self._pace.page)
                self._lanes.take(messages, reached)
                self._dirty = True
                self._moved.set()
                if reached == before:
                    await asyncio.sleep(self._pace.flush)

    # --- sending --------------------------------------------------------------------------------------------------------

    async def _sending(self) -> None:
        while not self._stop.is_set():
            self._moved.clear()
            self._launch()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._patience()):
                    await self._moved.wait()

    @property
    def _resting(self) -> bool:
        return self._failures >= self._pace.away_after or self._clock() < self._rest_until

    @property
    def _room(self) -> bool:
        """Whether one more may be on its way."""
        return len(self._flights) < (1 if self._resting else self._pace.flights)

    def _patience(self) -> float:
        """Seconds until something is to be done that nothing announces."""
        if not self._room:
            return LOOK_EVERY  # whatever lands wakes us
        now = self._clock()
        due = self._rest_until if now < self._rest_until else self._lanes.next_due()
        return min(max(due - now, 0.01), LOOK_EVERY)

    def _launch(self) -> None:
        """Send on their way as many as may be."""
        while not self._stop.is_set() and self._room:
            now = self._clock()
            if now < self._rest_until:
                return
            flight = self._next(now)
            if flight is None:
                return
            self._flights.add(flight)
            flight.add_done_callback(self._landed)

    def _next(self, now: float) -> asyncio.Task[None] | None:
        """What is to be sent now; None: nothing. While the receiver is away, rather something new than what failed before."""
        if not self._resting and (lane := self._lanes.due(now)) is not None:
            return asyncio.create_task(self._again(lane))
        if messages := self._lanes.fresh(1 if self._resting else self.subscription.batch):
            return asyncio.create_task(self._first(messages))
        if self._resting and (lane := self._lanes.due(math.inf)) is not None:
            return asyncio.create_task(self._again(lane))
        return None

    def _landed(self, flight: asyncio.Task[None]) -> None:
        self._flights.discard(flight)
        self._dirty = True
        self._moved.set()
        if not flight.cancelled() and (error := flight.exception()) is not None:
            self._broken = error
            self.stop()

    async def _first(self, messages: list[Message]) -> None:
        """The first attempt of messages of lanes that are well."""
        answer = await self._send(messages)
        now = self._clock()
        if answer.accepted:
            self._lanes.accepted(messages)
            self._note(messages, answer, 1, None)
        else:
            next_at = now + max(self._pace.delay(1), answer.retry_after)
            self._lanes.failed(messages, Waiting(0, 1, now, next_at))
            self._note(messages, answer, 1, next_at)
        self._judge(answer, now)

    async def _again(self, lane: UUID) -> None:
        """Another attempt for a lane that waits."""
        try:
            messages = await self._ahead(lane)
            if not messages:
                return
            answer = await self._send(messages)
            now = self._clock()
            if answer.accepted:
                attempt = self._lanes.waiting[lane].attempts + 1
                self._lanes.went_on(lane, len(messages), now)
                self._note(messages, answer, attempt, None)
            else:
                after = self._lanes.still_waits(lane, now, answer.retry_after)
                self._note(messages, answer, after.attempts, None if after.parked else after.next_at)
            self._judge(answer, now)
        finally:
            self._lanes.back(lane)

    async def _ahead(self, lane: UUID) -> list[Message]:
        """What the lane waits with; none: it waits no longer. After a failure one alone, so that it is found which it is."""
        waiting = self._lanes.waiting[lane]
        ahead = self._lanes.ahead.get(lane)
        while not ahead:
            until = self._lanes.reach
            ahead = deque(await self._source.lane(lane, waiting.position, until, self._pace.ahead))
            if not ahead and until == self._lanes.reach:
                self._lanes.well_again(lane)
                return []
        self._lanes.ahead[lane] = ahead
        return [ahead[i] for i in range(min(len(ahead), 1 if waiting.attempts else self.subscription.batch))]

    async def _send(self, messages: Sequence[Message]) -> Answer:
        now = self._clock()
        single = self.subscription.batch == 1
        body = msgspec.json.encode(messages[0].body if single else [m.body for m in messages])
        keys = [secret.key for secret in self._secrets if secret.until > now]
        headers = signed(keys, named(messages), int(now), body) | {"Content-Type": SINGLE if single else BATCH}
        return await self._sender.send(self.subscription.url, headers, body)

    def _judge(self, answer: Answer, now: float) -> None:
        """What an answer says of the receiver as a whole."""
        pace = self._pace
        if answer.retry_after:
            self._rest_until = max(self._rest_until, now + answer.retry_after)
        self._rejected = 0 if answer.accepted else self._rejected + 1
        if answer.gone:
            self._end("gone", "the receiver answered 410 Gone")
        elif answer.accepted or not (answer.away or self._rejected >= pace.rejected_after):
            self._is_there(now, answer)
        else:
            self._is_away(now, answer)

    def _is_there(self, now: float, answer: Answer) -> None:
        if self._failures >= self._pace.away_after:
            self._lanes.all_due(now)
        self._failures, self._failing_since = 0, None
        if answer.accepted:
            self._rest_until = 0.0

    def _is_away(self, now: float, answer: Answer) -> None:
        pace = self._pace
        self._failures += 1
        self._failing_since = self._failing_since or now
        if self._failures >= pace.away_after:
            delay = min(pace.delay(self._failures - pace.away_after + 1), pace.probe)
            self._rest_until = max(self._rest_until, now + delay)
        if now - self._failing_since > pace.park_after:
            self._end("parked", f"no message was accepted for {pace.park_after / 86_400:g} days: {answer.error}")

    def _end(self, state: str, reason: str) -> None:
        self._ended = self._ended or (state, reason)
        self.stop()

    # --- keeping --------------------------------------------------------------------------------------------------------

    def _note(self, messages: Sequence[Message], answer: Answer, attempt: int, next_at: float | None) -> None:
        lanes = {m.lane for m in messages}
        self._attempts.append(
            Attempt(
                at=self._clock() - answer.seconds,
                message=named(messages),
                events=len(messages),
                position=messages[0].position,
                lane=lanes.pop() if len(lanes) == 1 else None,
                attempt=attempt,
                outcome="accepted" if answer.accepted else "failed",
                status=answer.status,
                duration_ms=round(answer.seconds * 1000),
                error=answer.error,
                next_at=next_at,
            )
        )

    async def _flushing(self) -> None:
        while not self._stop.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._pace.flush):
                    await self._stop.wait()
            if self._dirty:
                await self._flush()

    async def _flush(self) -> None:
        self._dirty = False
        attempts, self._attempts = self._attempts, []
        changes = Changes(
            position=self._lanes.done,
            failures=self._failures,
            failing_since=self._failing_since,
            next_at=self._rest_until or None,
            lanes=self._lanes.changed(),
            attempts=attempts,
            ended=self._ended,
        )
        await self._book.write(self.subscription, changes)


def named(messages: Sequence[Message]) -> str:
    """The id of a message: its event's; of several a digest of theirs. The same whenever the same is sent again."""
    if len(messages) == 1:
        return messages[0].id
    return "batch-" + blake2b(" ".join(m.id for m in messages).encode(), digest_size=16).hexdigest()
