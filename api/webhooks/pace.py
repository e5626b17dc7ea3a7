"""How deliveries behave in time."""

import random
from typing import NamedTuple

# Seconds before the second attempt, the third, and so on: the schedule of Standard Webhooks, three days and three hours in all.
DELAYS = (5.0, 300.0, 1_800.0, 7_200.0, 18_000.0, 36_000.0, 50_400.0, 72_000.0, 86_400.0)


class Pace(NamedTuple):
    """All times in seconds."""

    delays: tuple[float, ...] = DELAYS  # the last one again and again
    jitter: float = 0.2  # each delay is longer or shorter by up to this part of it
    probe: float = 300.0  # at the latest so often a receiver that is away is tried again
    away_after: int = 5  # failures in a row after which one message at a time is tried, and no more
    rejected_after: int = (
        100  # refusals of messages in a row after which it is the receiver that is taken to be at fault
    )
    park_after: float = 4 * 86_400.0  # of failing
    flights: int = 8  # messages on their way to one receiver at once
    window: int = 1_000  # events in memory for one receiver
    page: int = 200  # events read at once
    ahead: int = 50  # events of one lane that are read at once where it waited
    flush: float = 0.25  # at the latest so long after it what became of an attempt is kept
    look: float = 1.0  # between two looks at what is subscribed
    grace: float = 10.0  # for messages on their way when we are asked to end
    timeout: float = 20.0  # of one attempt
    kept: int = 2_000  # attempts in the log of one subscription

    def delay(self, attempts: int) -> float:
        """How long to wait after so many failed attempts (1: the first)."""
        base = self.delays[min(max(attempts, 1), len(self.delays)) - 1]
        return base * (1 + self.jitter * random.uniform(-1, 1))  # noqa: S311 - spreads load, guards nothing
