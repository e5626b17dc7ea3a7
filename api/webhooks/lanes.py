"""The lanes of one subscription: which are well, with what was read of them, and which wait, from which message on.

A lane is in one of four places: nowhere (nothing to send), ready, on its way, or waiting. Positions that are held here are
not done; `done` is behind the first of them.
"""

import heapq
import math
from collections import deque
from collections.abc import Iterable, Sequence
from uuid import UUID

from api.webhooks.book import Waiting
from api.webhooks.pace import Pace
from api.webhooks.source import Message


class Lanes:
    """Keeps order within lanes and nowhere else. `reach`: up to where the source was read."""

    def __init__(self, reach: int, waiting: dict[UUID, Waiting], pace: Pace) -> None:
        self.reach = reach
        self.waiting = waiting
        self.ahead: dict[UUID, deque[Message]] = {}
        """What was read of waiting lanes that get on."""
        self._pace = pace
        self._open: dict[int, None] = {}  # positions that are in memory, in order
        self._queues: dict[UUID, deque[Message]] = {}
        self._ready: deque[UUID] = deque()
        self._busy: set[UUID] = set()
        self._due: list[tuple[float, UUID]] = []  # a heap; an entry that is not as `waiting` says is passed over
        self._changed: set[UUID] = set()
        for lane in waiting:
            self._push(lane)

    @property
    def held(self) -> int:
        """How many messages are in memory."""
        return len(self._open)

    @property
    def done(self) -> int:
        """Up to where everything was accepted, or waits as `waiting` says."""
        return next(iter(self._open)) - 1 if self._open else self.reach

    def changed(self) -> dict[UUID, Waiting | None]:
        """What waits otherwise than when this was asked last; None: no longer."""
        changed, self._changed = self._changed, set()
        return {lane: self.waiting.get(lane) for lane in changed}

    # --- lanes that are well ----------------------------------------------------------------------------------------------

    def take(self, messages: Iterable[Message], reached: int) -> None:
        """What was read next. What belongs to a lane that waits is read again when its turn comes."""
        self.reach = reached
        for message in messages:
            if message.lane in self.waiting:
                continue
            self._open[message.position] = None
            if message.lane not in self._queues:
                self._queues[message.lane] = deque()
                self._ready.append(message.lane)
            self._queues[message.lane].append(message)

    def fresh(self, limit: int) -> list[Message]:
        """The next messages that may be sent together; their lanes are on their way then."""
        chosen: list[Message] = []
        while self._ready and len(chosen) < limit:
            queue = self._queues[self._ready.popleft()]
            chosen += [queue[i] for i in range(min(len(queue), limit - len(chosen)))]
        return chosen

    def accepted(self, messages: Sequence[Message]) -> None:
        """These arrived."""
        for message in messages:
            self._queues[message.lane].popleft()
            del self._open[message.position]
        for lane in dict.fromkeys(m.lane for m in messages):
            if self._queues[lane]:
                self._ready.append(lane)
            else:
                del self._queues[lane]

    def failed(self, messages: Sequence[Message], waiting: Waiting) -> None:
        """These did not: their lanes wait, each from its first of them on."""
        for message in messages:
            if message.lane in self.waiting:
                continue  # a later one of a lane that waits by now
            for held in self._queues.pop(message.lane):
                del self._open[held.position]
            self._wait(message.lane, waiting._replace(position=message.position))
            self._push(message.lane)

    # --- lanes that wait --------------------------------------------------------------------------------------------------

    def next_due(self) -> float:
        """When the next lane's turn comes (seconds since 1970); infinity: none waits."""
        self._tidy()
        return self._due[0][0] if self._due else math.inf

    def due(self, now: float) -> UUID | None:
        """A lane whose turn has come; it is on its way then, until it is `back`."""
        if self.next_due() > now or not self._due:
            return None
        _, lane = heapq.heappop(self._due)
        self._busy.add(lane)
        return lane

    def back(self, lane: UUID) -> None:
        """The lane is no longer on its way."""
        self._busy.discard(lane)
        if lane in self.waiting:
            self._push(lane)

    def went_on(self, lane: UUID, count: int, now: float) -> None:
        """So many of what was read ahead arrived."""
        ahead = self.ahead[lane]
        for _ in range(count):
            last = ahead.popleft()
            self._wait(lane, Waiting(last.position + 1, 0, now, now))

    def still_waits(self, lane: UUID, now: float, rest: float) -> Waiting:
        """Another attempt failed; `rest`: seconds for which the receiver wants to be left alone."""
        before = self.waiting[lane]
        self.ahead.pop(lane, None)
        attempts = before.attempts + 1
        since = before.since if before.attempts else now
        return self._wait(
            lane,
            Waiting(
                before.position,
                attempts,
                since,
                now + max(self._pace.delay(attempts), rest),
                parked=now - since > self._pace.park_after,
            ),
        )

    def well_again(self, lane: UUID) -> None:
        """Nothing of the lane is left up to `reach`."""
        del self.waiting[lane]
        self.ahead.pop(lane, None)
        self._changed.add(lane)

    def all_due(self, now: float) -> None:
        """The receiver is back: try at once whatever waits."""
        for lane, waiting in self.waiting.items():
            if not waiting.parked and waiting.next_at > now:
                self._wait(lane, waiting._replace(next_at=now))
                self._push(lane)

    def _wait(self, lane: UUID, waiting: Waiting) -> Waiting:
        self.waiting[lane] = waiting
        self._changed.add(lane)
        return waiting

    def _push(self, lane: UUID) -> None:
        if lane not in self._busy and not self.waiting[lane].parked:
            heapq.heappush(self._due, (self.waiting[lane].next_at, lane))

    def _tidy(self) -> None:
        while self._due:
            next_at, lane = self._due[0]
            waiting = self.waiting.get(lane)
            if waiting is not None and not waiting.parked and lane not in self._busy and waiting.next_at == next_at:
                return
            heapq.heappop(self._due)
