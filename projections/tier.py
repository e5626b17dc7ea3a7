"""Tier: the value of a customer, from net spend within a rolling window.

A level holds while spend, number and recency of purchases satisfy it. A customer has the highest level that holds now
or held within the time that the rules give before a fall: up at once, down late.
"""

from decimal import Decimal
from typing import Final

from domain.criteria.measures import OF_SPEND
from domain.customer import Memory
from domain.facts import NEVER, Changed, Series
from domain.rules import Level, Rules
from projections.state import State

_ZERO: Final = Decimal(0)
_ENDLESS: Final = Decimal("1e30")
_GIVEN_BACK: Final = 1 << Series.RETURN | Changed.RETURNED


def judge(state: State, rules: Rules, t: int) -> int:
    """Date the levels at `t`; says whether the tier changed."""
    tier = state.tier
    levels = rules.levels
    if not tier.lost:
        tier.lost = [0] * len(levels)
        state.level = len(levels)
    steady = t < tier.due and not state.dirty & _GIVEN_BACK
    if steady and not _may_gain(state):
        return 0
    sum_up(state, rules, t)
    if steady and not _gains(state):
        return 0
    if state.customer.spend:
        _rejudge(state, rules, t)
    else:
        tier.due = NEVER
    return _settle(state, rules, t)


def _may_gain(state: State) -> bool:
    """Whether what was bought could lift any level, as far as can be told without summing up; it cannot end one."""
    enough = state.tier.enough
    for currency, spent in state.customer.lifetime.items():  # noqa: SIM110 - at every purchase; a generator costs as much
        if currency not in enough or spent >= enough[currency]:
            return True
    return False


def _gains(state: State) -> bool:
    """Whether it could indeed, now or when what was given back leaves the window.

    What was bought in the window grows by no more than all that was ever spent does.
    """
    tier, lifetime = state.tier, state.customer.lifetime
    for currency, net in tier.net.items():
        need = tier.need.get(currency)
        most = net + tier.back[currency]
        if need is None or most >= need:
            return True
        tier.enough[currency] = need - most + lifetime[currency]
    return False


def sum_up(state: State, rules: Rules, t: int) -> None:
    """Take new items into the running sums, and out what has left the window at `t`."""
    tier = state.tier
    since = t - rules.tier_window
    for currency, items in state.customer.spend.items():
        net, back = tier.net.get(currency, _ZERO), tier.back.get(currency, _ZERO)
        upto = tier.upto.get(currency, 0)
        size = len(items)
        while upto < size:
            amount = items[upto][2]
            net += amount
            upto += 1
            if amount < 0:
                back -= amount
        first = tier.first.get(currency, 0)
        while first < size and items[first][0] <= since:
            amount = items[first][2]
            net -= amount
            first += 1
            if amount < 0:
                back += amount
        tier.net[currency], tier.back[currency] = net, back
        tier.upto[currency], tier.first[currency] = upto, first


def _rejudge(state: State, rules: Rules, t: int) -> None:
    """Ask each level again, and work out the next moment of change."""
    tier = state.tier
    enough = [False] * len(rules.levels)
    tier.need, tier.enough = {}, {}
    for currency, net in tier.net.items():
        need = _ENDLESS
        for index, least in rules.tier_marks.get(currency, ()):
            if net >= least:
                enough[index] = True
            elif least < need:
                need = least
        tier.need[currency] = need
    due = NEVER
    for index, level in enumerate(rules.levels):
        until = _regular_until(state, level, rules.tier_window) if enough[index] else 0
        holds = until > t
        if holds:
            due = min(due, until)
        elif enough[index]:
            tier.need = {}  # it lacks purchases, and the next one may be enough
        if holds is not (tier.lost[index] == NEVER):
            tier.lost[index] = NEVER if holds else t
    tier.due = max(_next(state, rules, due), t + 1)


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


def _next(state: State, rules: Rules, due: int) -> int:
    """The next moment, at most `due`, at which what leaves the window makes net spend pass a mark of some level."""
    tier, window = state.tier, rules.tier_window
    for currency, items in state.customer.spend.items():
        net = tier.net[currency]
        low, high = -_ENDLESS, _ENDLESS
        for _, least in rules.tier_marks.get(currency, ()):
            if net >= least:
                low = max(low, least)
            else:
                high = min(high, least)
        for index in range(tier.first[currency], len(items)):
            at, _, amount = items[index]
            if at + window >= due:
                break
            net -= amount
            if net < low or net >= high:
                due = at + window
                break
    return due


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


def cut(state: State, t: int, memory: Memory) -> None:
    """Forget what has left every window."""
    tier = state.tier
    for currency, items in state.customer.spend.items():
        gone = 0
        most = tier.first.get(currency, 0)
        while gone < most and items[gone][0] <= t - memory.longest:
            gone += 1
        if gone:
            kept = [item for item in items[:gone] if memory.holds(OF_SPEND, item[0])] if memory.fixed else []
            items[:gone] = kept
            tier.first[currency] -= gone - len(kept)
            tier.upto[currency] -= gone - len(kept)
