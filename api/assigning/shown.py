"""Proposals as answers, for HTTP and the command line alike."""

from collections.abc import Mapping
from typing import Any

from api.clouds import moment
from projections.assigning.keeping import Kept, Line


def proposal(kept: Kept, progress: Mapping[str, int]) -> dict[str, Any]:
    """A proposal with how far applying is: moves that are pending, applied, or skipped for which reason."""
    return {
        "id": kept.id,
        "state": kept.state,
        "made_at": moment(kept.made_at),
        "made_by": kept.made_by,
        "as_of": moment(kept.as_of),
        "position": kept.position,
        "rulebook": kept.rulebook,
        "wanted": kept.wanted,
        **kept.summary,
        "progress": dict(progress),
        "applied_at": moment(kept.applied_at),
        "applied_by": kept.applied_by,
    }


def line(of: Line) -> dict[str, Any]:
    """A customer of a proposal: who moves where and why, and what became of it; or why there is nobody."""
    made: dict[str, Any] = {"customer": of.customer, "from": of.source}
    if of.target is None:
        return made | {"reason": of.reason, "against": of.detail or {}}
    return made | {
        "to": of.target,
        "minutes": None if of.weight is None else round(of.weight, 1),
        "reason": of.reason,
        "outcome": of.outcome,
        "event": of.event,
    }
