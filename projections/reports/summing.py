"""Medians and quartiles."""

from collections.abc import Sequence


def middle(values: Sequence[float]) -> float | None:
    """The median; None of nothing."""
    return quantile(sorted(values), 0.5)


def quantile(ordered: Sequence[float], part: float) -> float | None:
    """The value below which a part of the ordered values lies, between two neighbours in proportion; None of nothing."""
    if not ordered:
        return None
    place = (len(ordered) - 1) * part
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)
