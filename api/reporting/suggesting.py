"""What a report suggests becomes outreach: its events are recorded once, whoever asks and however often."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from api.wiring import House
from domain.errors import DifferentContent, Refusal

BATCH = 1_000


class Planned(Struct, frozen=True):
    """What became of suggestions."""

    recorded: int
    before: int
    """Suggested before for the same reason, and planned then."""
    refused: Mapping[str, int]
    """How many for which reason."""


def plan(house: House, suggestions: Sequence[Mapping[str, Any]], actor: str) -> Planned:
    """Record suggested contacts. A suggestion's id follows from its reason, so that the same one is planned once."""
    recorded = before = 0
    refused: Counter[str] = Counter()
    for start in range(0, len(suggestions), BATCH):
        for outcome in house.ledger.record(suggestions[start : start + BATCH], actor=actor):
            if isinstance(outcome, DifferentContent):  # on another day, when another moment was right
                before += 1
            elif isinstance(outcome, Refusal):
                refused[outcome.detail] += 1
            else:
                recorded += outcome.status == "recorded"
                before += outcome.status == "duplicate"
    return Planned(recorded, before, refused)
