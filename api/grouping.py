"""Concurrent single appends share a commit: what arrives while one commit is on its way goes into the next.

Nobody waits for a timer, and one group is on its way at a time: a second one would only wait for the ledger's lock, and two
small commits cost more than one large. Each event has its own outcome.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from domain.door import Touchpoint
from domain.errors import Refusal
from domain.ledger import Ledger, Receipt

LARGEST = 500  # events in one commit

Waiting = tuple[Touchpoint, asyncio.Future[Receipt | Refusal]]


class Grouping:
    """Appends single events in groups; used from one event loop."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._waiting: deque[Waiting] = deque()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="append")
        self._running: asyncio.Task[None] | None = None

    async def append(self, touchpoint: Touchpoint) -> Receipt | Refusal:
        """Record one event; returns when it is durable, or refused. LedgerUnavailable where nothing is known."""
        future: asyncio.Future[Receipt | Refusal] = asyncio.get_running_loop().create_future()
        self._waiting.append((touchpoint, future))
        if self._running is None:
            self._running = asyncio.create_task(self._run())
        return await future

    async def _run(self) -> None:
        """Append group after group until nobody waits."""
        loop = asyncio.get_running_loop()
        try:
            while self._waiting:
                group = [self._waiting.popleft() for _ in range(min(len(self._waiting), LARGEST))]
                try:
                    outcomes = await loop.run_in_executor(self._thread, self._ledger.append, [t for t, _ in group])
                except Exception as error:  # noqa: BLE001 - nobody may wait for ever: each caller answers with it
                    _fail(group, error)
                except BaseException as error:
                    _fail([*group, *self._waiting], error)
                    self._waiting.clear()
                    raise
                else:
                    for (_, future), outcome in zip(group, outcomes, strict=True):
                        if not future.done():
                            future.set_result(outcome)
        finally:
            self._running = None

    async def close(self) -> None:
        """Finish what was accepted."""
        while self._running is not None:
            await asyncio.gather(self._running, return_exceptions=True)
        self._thread.shutdown()


def _fail(group: Sequence[Waiting], error: BaseException) -> None:
    for _, future in group:
        if not future.done():
            future.set_exception(error)
