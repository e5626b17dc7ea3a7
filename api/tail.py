"""Knows, in one place per process, how far the ledger reaches, and wakes those who wait for more.

The database's NOTIFY is taken as a hint: it may be lost, so the head is also looked up every second.
"""

import asyncio
import contextlib
import logging
import time
from typing import Any

import psycopg
from psycopg import AsyncConnection

logger = logging.getLogger(__name__)

LOOK_EVERY = 1.0  # seconds
HEAD = "SELECT last FROM ledger.commits ORDER BY last DESC LIMIT 1"

TOGETHER = 0.03  # seconds in which further commits are waited for: looking at each of a thousand a second is no use


class Tail:
    """The head of the ledger; `run` follows it until `close`."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._moved = asyncio.Condition()
        self.head = 0
        self.closing = False

    async def run(self) -> None:
        """Follow the head, through lost connections too; to be run as a task."""
        self.closing = False
        while not self.closing:
            try:
                async with await AsyncConnection.connect(self._url, autocommit=True) as connection:
                    await connection.execute("LISTEN jejak")
                    await self._follow(connection)
            except psycopg.Error as error:
                logger.warning("following the ledger: %s; trying again", type(error).__name__)
                await asyncio.sleep(LOOK_EVERY / 2)

    async def _follow(self, connection: AsyncConnection[Any]) -> None:
        while not self.closing:
            row = await (await connection.execute(HEAD)).fetchone()
            await self._reached(row[0] if row else 0)
            async for _ in connection.notifies(timeout=LOOK_EVERY, stop_after=1):
                await asyncio.sleep(TOGETHER)

    async def _reached(self, head: int) -> None:
        if head != self.head:
            async with self._moved:
                self.head = head
                self._moved.notify_all()

    async def beyond(self, position: int, seconds: float) -> bool:
        """Wait until there is more than `position`, for so many seconds at most. Whether there is."""
        deadline = time.monotonic() + seconds
        with contextlib.suppress(TimeoutError):
            async with (
                asyncio.timeout_at(asyncio.get_running_loop().time() + max(0.0, deadline - time.monotonic())),
                self._moved,
            ):
                await self._moved.wait_for(lambda: self.head > position or self.closing)
        return self.head > position

    async def close(self) -> None:
        """Let everyone who waits go, so that the process can end."""
        self.closing = True
        async with self._moved:
            self._moved.notify_all()
