"""Chance that falls the same way on every machine and Python.

Only `random()` of the Mersenne Twister is used, the one method whose numbers Python promises to keep.
"""

from collections.abc import Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")


class Dice:
    """One customer's luck; streams of one seed are independent of each other and of how many there are."""

    __slots__ = ("_random",)

    def __init__(self, seed: int, stream: int) -> None:
        self._random = Random((abs(seed) << 40) | stream).random  # noqa: S311 -- repeatable is what it has to be

    def below(self, n: int) -> int:
        """A number from 0 to n-1."""
        return int(self._random() * n)

    def between(self, low: int, high: int) -> int:
        """A number from `low` to `high`, both included."""
        return low + int(self._random() * (high - low + 1))

    def chance(self, percent: int) -> bool:
        """Whether it happens, so many times in a hundred."""
        return self._random() * 100 < percent

    def pick(self, items: Sequence[T]) -> T:
        """One of the items."""
        return items[int(self._random() * len(items))]
