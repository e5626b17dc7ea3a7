"""The fault trials by name."""

import random
from collections.abc import Callable

from tests.faults import kills, one_number, tailing
from tests.faults.stage import Stage

Trial = Callable[[Stage, float, random.Random], str]

TRIALS: dict[str, Trial] = {
    "feed": tailing.feed,
    "number": one_number.number,
    "application": kills.application,
    "server": kills.server,
    "both": kills.both,
}
FULL = 20  # trials of each in full
SECONDS = 3.0  # of load
