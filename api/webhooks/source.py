"""What there is to send: messages in lanes, each with a place in one order. Today the feed; signals can be another.

A lane is what keeps its order (a customer); lanes know nothing of each other.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import Executor
from functools import partial
from typing import Any, NamedTuple, Protocol, cast
from uuid import UUID

from api.clouds import clouds
from api.tail import Tail
from domain.keystore import KeyStore
from domain.recorder import EventMapper, LedgerRecorder, StoredFact

STRIDE = 20_000  # positions looked at in one query: a filter that lets little through must not hide how far we are


class Message(NamedTuple):
    """One event to be sent."""

    position: int
    lane: UUID
    id: str
    type: str
    body: Mapping[str, Any]
    """A CloudEvent."""


class Source(Protocol):
    """Where messages come from. Positions grow, and none appears below one that was seen."""

    async def beyond(self, position: int, seconds: float) -> bool:
        """Wait until there may be more than `position`, for so many seconds at most. Whether there may."""
        ...

    async def page(self, after: int, limit: int) -> tuple[list[Message], int]:
        """The next messages behind a position, and up to where there are no others."""
        ...

    async def lane(self, lane: UUID, start: int, until: int, limit: int) -> list[Message]:
        """Messages of one lane from position `start` up to and with `until`, in order."""
        ...


class Feed:
    """The ledger's events, as CloudEvents; sealed parts opened where a key store is given."""

    def __init__(
        self,
        recorder: LedgerRecorder,
        tail: Tail,
        threads: Executor,
        *,
        keys: KeyStore | None,
        types: Sequence[str],
        customers: Collection[UUID],
    ) -> None:
        self._recorder = recorder
        self._tail = tail
        self._threads = threads
        self._keys = keys
        self._types = types
        self._customers = frozenset(customers)
        self._only = str(next(iter(customers))) if len(customers) == 1 else None
        self._mapper = EventMapper()

    async def beyond(self, position: int, seconds: float) -> bool:
        """Wait for more events."""
        return await self._tail.beyond(position, seconds)

    async def page(self, after: int, limit: int) -> tuple[list[Message], int]:
        """The next wanted events."""
        return await self._run(partial(self._page, after, limit))

    async def lane(self, lane: UUID, start: int, until: int, limit: int) -> list[Message]:
        """Wanted events of one customer."""
        return await self._run(partial(self._lane, lane, start, until, limit))

    async def _run(self, work: "partial[Any]") -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def _page(self, after: int, limit: int) -> tuple[list[Message], int]:
        # The head is read first: all that matches up to it is in the page then, unless the page is full.
        until = min(self._recorder.max_notification_id() or 0, after + STRIDE)
        facts = self._recorder.page(after, limit, self._types, self._only, until)
        reached = facts[-1].id if len(facts) == limit else max(after, until)
        return self._messages([f for f in facts if not self._customers or f.originator_id in self._customers]), reached

    def _lane(self, lane: UUID, start: int, until: int, limit: int) -> list[Message]:
        return self._messages(self._recorder.of_stream(lane, start, until, limit, self._types))

    def _messages(self, facts: Sequence[StoredFact]) -> list[Message]:
        made = clouds([self._mapper.to_domain_event(fact) for fact in facts], self._keys)
        return [
            Message(fact.id, cast("UUID", fact.originator_id), cloud["id"], cloud["type"], cloud)
            for fact, cloud in zip(facts, made, strict=True)
        ]
