"""Why a customer has this tier: net spend in the window, purchases and recency against the marks of the level."""

from decimal import Decimal

from domain.criteria.measures import Measured, days
from domain.facts import NEVER, Series
from projections.explaining.answer import Answer, Next, nothing
from projections.explaining.standing import Then

_ZERO = Decimal(0)


def answer(then: Then) -> Answer:
    """Explain the tier; since when each level is lost, as far back as it counts, is part of its grounds."""
    state, rules, t = then.state, then.rules, then.as_of
    if not state.count:
        return nothing("tier")
    level, lost = state.level, state.tier.lost
    name = rules.tier_names[level]
    graced = level < len(lost) and lost[level] != NEVER
    since = state.tier.since
    fall = next((row for row in then.ahead("standing") if row["tier"] != level), None)
    return Answer(
        "tier",
        {"tier": name, "kept_until_at": lost[level] + rules.down_after if graced else None},
        since,
        "/tiers/otherwise"
        if level == len(rules.levels)
        else "/tiers/down_after"
        if graced
        else f"/tiers/levels/{level}",
        _values(then, min(level, len(rules.levels) - 1)),
        None if fall is None else Next(fall["from_at"], {"tier": rules.tier_names[fall["tier"]]}, "/tiers"),
        (tuple(at if at == NEVER or at + rules.down_after >= min(since, t) else 0 for at in lost),),
    )


def _values(then: Then, level: int) -> list[Measured]:
    """What the level asks for (of a customer without a tier: what the lowest one would ask for), as measured now."""
    rules, c, since = then.rules, then.state.customer, then.as_of - then.rules.tier_window
    rule = rules.book.tiers.levels[level]
    window = days(rules.tier_window)
    values: list[Measured] = []
    for currency, items in sorted(c.spend.items()):
        inside = [item for item in items if item[0] > since]
        if inside and currency in rules.tier_marks:
            net = sum((amount for _, _, amount in inside), _ZERO)
            over = currency in rule.over
            mark = rule.over[currency] if over else rule.at_least.get(currency)
            ids = list(dict.fromkeys(id_ for _, id_, _ in reversed(inside)))
            shown = "–" if mark is None else f"{mark:f}"
            values.append(
                Measured(f"net spend within {window}, {currency}", f"{net:f}", ">" if over else ">=", shown, ids)
            )
    bought = c.series[Series.PURCHASE]
    if rule.purchases:
        kept = [item for item in bought[-rule.purchases :] if item[0] > since]
        ids = [id_ for _, id_ in reversed(kept)]
        values.append(Measured(f"purchase within {window}", str(len(kept)), ">=", str(rule.purchases), ids))
    if rule.last_within:
        late = [item for item in bought[-1:] if item[0] > then.as_of - rule.last_within]
        ids = [id_ for _, id_ in late]
        values.append(Measured(f"purchase within {days(rule.last_within)}", str(len(late)), ">=", "1", ids))
    return values
