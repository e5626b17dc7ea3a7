"""Tier: the value of a customer, from net spend within a rolling window.

A level holds while spend, number and recency of purchases satisfy it. A customer has the highest level that holds now or held within
the time that the rules give before a fall: up at once, down late.
"""

from decimal import Decimal
from typing import Final

from domain.facts import NEVER, Changed, Series
from domain.rules import Level, Rules
from projections.state import State

_ZERO: Final = Decimal(0)


def judge(state: State, rules: Rules, t: int) -> int:
    """Date the levels at `t`; says whether the tier changed."""
    tier = state.tier
    levels = rules.levels
    if not tier.lost:
        tier.lost = [0] * len(levels)
        state.level = len(levels)
    _sum_up(state, rules.tier_window, t)
    if state.customer.spend:
        _rejudge(state, rules, t)
    else:
        tier.due = NEVER
    return _settle(state, rules, t)


def _sum_up(state: State, window: int, t: int) -> None:
    """Take new items into the running sums, and out what has left the window."""
    tier = state.tier
    since = t - window
    for currency, items in state.customer.spend.items():
        net = tier.net.get(currency, _ZERO)
        upto = tier.upto.get(currency, 0)
        size = len(items)
        while upto < size:
            net += items[upto][2]
            upto += 1
        first = tier.first.get(currency, 0)
        while first < size and items[first][0] <= since:
            net -= items[first][2]
            first += 1
        tier.net[currency], tier.upto[currency], tier.first[currency] = net, upto, first


def _rejudge(state: State, rules: Rules, t: int) -> None:
    """Ask each level again; where one is lost or won, or its end has come, work out the next moment of change."""
    tier = state.tier
    stands = t < tier.due and not state.dirty & Changed.RETURNED
    changed = False
    for index, level in enumerate(rules.levels):
        holds = _enough(tier.net, level) and _regular(state, level, rules.tier_window, t)
        if holds is not (tier.lost[index] == NEVER):
            tier.lost[index] = NEVER if holds else t
            changed = True
    # More spend can only put an end off: the moment known before comes early, and is then worked out again.
    if changed or not stands or _fell(state, t):
        tier.due = _next(state, rules, t)


def _fell(state: State, t: int) -> bool:
    """Did money come back just now? Then an end may be nearer than was known."""
    return any(items and items[-1][0] == t and items[-1][2] < 0 for items in state.customer.spend.values())


def _enough(net: dict[str, Decimal], level: Level) -> bool:
    return any(_passes(level, currency, amount) for currency, amount in net.items())


def _passes(level: Level, currency: str, net: Decimal) -> bool:
    least = level.at_least.get(currency)
    if least is not None:
        return net >= least
    over = level.over.get(currency)
    return over is not None and net > over


def _regular(state: State, level: Level, window: int, t: int) -> bool:
    return _regular_until(state, level, window) > t


def _regular_until(state: State, level: Level, window: int) -> int:
    """Until when number and recency of purchases satisfy the level; 0: they do not."""
    until = NEVER
    if level.purchases:
        items = state.customer.series[Series.PURCHASE]
        if len(items) < level.purchases:
            return 0
        until = items[-level.purchases][0] + window
    if level.last_within:
        last = state.customer.series[Series.PURCHASE]
        until = min(until, last[-1][0] + level.last_within) if last else 0
    return until


def _next(state: State, rules: Rules, t: int) -> int:
    """The next moment at which some level may begin or cease to hold by itself."""
    due = NEVER
    open_ = [(level, lost == NEVER) for level, lost in zip(rules.levels, state.tier.lost, strict=True)]
    for level, holds in open_:
        if holds:
            due = min(due, _regular_until(state, level, rules.tier_window))
    for currency, items in state.customer.spend.items():
        asked = [(level, holds) for level, holds in open_ if currency in level.at_least or currency in level.over]
        net = state.tier.net[currency]
        for index in range(state.tier.first[currency], len(items)):
            at, _, amount = items[index]
            if at + rules.tier_window >= due:
                break
            net -= amount
            if any(_passes(level, currency, net) is not holds for level, holds in asked):
                due = at + rules.tier_window
                break
    return max(due, t + 1)


def _settle(state: State, rules: Rules, t: int) -> int:
    tier = state.tier
    level = len(rules.levels)
    for index, lost in enumerate(tier.lost):
        if lost == NEVER:
            level = index
            break
        if lost and lost + rules.down_after > t:
            tier.due = min(tier.due, lost + rules.down_after)
            level = index
            break
    if level == state.level:
        tier.since = tier.since or t
        return 0
    state.level, tier.since = level, t
    return Changed.TIER


def cut(state: State, t: int, longest: int) -> None:
    """Forget what has left every window."""
    tier = state.tier
    for currency, items in state.customer.spend.items():
        gone = 0
        most = tier.first.get(currency, 0)
        while gone < most and items[gone][0] <= t - longest:
            gone += 1
        if gone:
            del items[:gone]
            tier.first[currency] -= gone
            tier.upto[currency] -= gone
