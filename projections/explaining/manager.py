"""Why somebody is responsible: the assignment, whom they took over from, and who covers."""

from domain.criteria.measures import Measured
from domain.facts import NEVER
from projections.explaining.answer import Answer, Next, written
from projections.explaining.standing import Then


def answer(then: Then) -> Answer:
    """Explain who owns the relationship and who cares for it in the owner's place."""
    c, t = then.state.customer, then.as_of
    owner = c.managers[-1] if c.managers else None
    cover = c.covers[-1] if c.covers and c.covers[-1].until > t else None
    before = c.managers[-2].manager if len(c.managers) > 1 else None
    values: list[Measured] = []
    if owner is not None:
        values.append(Measured("assignment", owner.manager or "nobody", "since", written(owner.at), [owner.id]))
    if cover is not None:
        values.append(Measured("cover", cover.cover, "until", written(cover.until), [cover.id]))
    return Answer(
        "manager",
        {
            "manager": owner.manager if owner else None,
            "reason": owner.reason if owner else None,
            "introduced_at": (owner.introduced or None) if owner else None,
            "before": before,
            "cover": cover.cover if cover else None,
            "cover_since_at": cover.at if cover else None,
        },
        owner.at if owner else None,
        "",
        values,
        Next(cover.until, {"cover": None}, "") if cover is not None and cover.until < NEVER else None,
        (c.covers[-1].id if c.covers else None,),
    )
