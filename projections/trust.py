"""Trust: 0 to 100 points, from what happened within a rolling window.

Points are counts and do not decay, so that each change has an exact date: the moment of what happened, and the moment
at which that leaves the window. A promise that is still open when it is due is missed at that moment, whatever comes
later.
"""

from bisect import bisect_right

from domain.facts import NEVER, Changed, News, Promise
from domain.rules import Rules
from projections.state import State, Trust, TrustItem


def heed(state: State, rules: Rules, news: News) -> None:
    """Answer one piece of news in points."""
    trust = rules.trust
    if news.what == "relationship-talk":
        _talked(state, rules, news)
        return
    match news.what:
        case "refusal-broken":
            add(state, rules, news, trust.refusal_broken)
        case "selling-in-complaint":
            if not state.lapsed or state.open():  # of those that time has resolved the facts know nothing
                add(state, rules, news, trust.selling_in_complaint)
        case "promise-kept":
            due, _, ref = news.ref.partition(" ")
            if not _forget(state, ref):
                late = news.at > int(due)
                add(state, rules, news, trust.promise_broken if late else trust.promise_kept)
        case "promise-broken":
            if not _forget(state, news.ref.partition(" ")[2]):
                add(state, rules, news, trust.promise_broken)
        case "promise-released":
            _forget(state, news.ref)
        case "promised":
            _forget(state, news.ref)
            promise = state.customer.promises.get(news.ref)
            if promise is not None and promise.due < state.trust.due:
                state.trust.due = promise.due
        case _:
            pass  # complaints answer the rest


def _talked(state: State, rules: Rules, news: News) -> None:
    """At most so many talks count within the time that ends with this one."""
    book, talks = rules.trust, state.trust.talks
    most = book.talks_counted
    if len(talks) < most or (most and talks[-most] <= news.at - book.talks_within):
        add(state, rules, news, book.relationship_talk)
        talks.append(news.at)
        del talks[:-most]


def _forget(state: State, ref: str) -> bool:
    """Is this promise known as missed? It is over, or has a new date."""
    if ref not in state.trust.missed:
        return False
    state.trust.missed.remove(ref)
    return True


def add(state: State, rules: Rules, news: News, points: int, what: str = "") -> None:
    """Count points from the moment of what happened."""
    _append(state, rules, TrustItem(news.at, points, what or news.what, news.event))


def _append(state: State, rules: Rules, item: TrustItem) -> None:
    trust, points = state.trust, item.points
    items = trust.items
    if items and items[-1].at > item.at:  # what waited for its match is older than what was counted since
        item = TrustItem(items[-1].at, points, item.what, item.event)
    items.append(item)
    trust.total += points
    trust.change += points
    if points < 0:
        trust.taken += points
        trust.lately += points
    # What is given puts off the fall below the mark, and `due` may be early.
    sinks = points < 0 and trust.taken < trust.low
    rises = trust.total - trust.taken >= trust.high
    if sinks or rises or trust.falling or trust.lately <= -rules.trust.falling_by:
        trust.due = item.at  # to be dated


def pass_time(state: State, rules: Rules, t: int) -> None:
    """Bring score and falling to `t`: points that left a window count no more."""
    trust, book = state.trust, rules.trust
    items = trust.items
    size = len(items)
    while trust.first < size and items[trust.first].at + book.window <= t:
        points = items[trust.first].points
        trust.total -= points
        trust.taken -= min(points, 0)
        trust.first += 1
    while trust.recent < size and items[trust.recent].at + book.falling_within <= t:
        points = items[trust.recent].points
        trust.change -= points
        trust.lately -= min(points, 0)
        trust.recent += 1
    trust.falling = trust.change <= -book.falling_by
    state.score = min(100, max(0, book.start + trust.total))


def judge(state: State, rules: Rules, t: int) -> int:
    """Date the score at `t`; says whether it passed a mark that some rule asks for."""
    trust = state.trust
    due = NEVER
    for promise in state.customer.promises.values():
        if promise.ref in trust.missed:
            continue
        if promise.due <= t:
            trust.missed.append(promise.ref)
            _append(state, rules, _missed(promise, rules))
        elif promise.due < due:
            due = promise.due
    pass_time(state, rules, t)
    marks = rules.trust_marks
    mark = bisect_right(marks, state.score)
    trust.low = marks[mark - 1] - rules.trust.start if mark and marks[mark - 1] > 0 else -_FAR
    trust.high = marks[mark] - rules.trust.start if mark < len(marks) else _FAR
    trust.due = min(due, _turn(trust, rules))
    if mark == trust.mark:
        return 0
    trust.mark = mark
    return Changed.TRUST


def _missed(promise: Promise, rules: Rules) -> TrustItem:
    return TrustItem(max(promise.due, promise.at), rules.trust.promise_broken, "promise-missed", promise.id)


_MOST_STEPS = 32


def _turn(trust: Trust, rules: Rules) -> int:
    """When points that leave a window make the score pass a mark, or falling begin or end; or early, when it is far."""
    book, low, high = rules.trust, trust.low, trust.high
    items, total, change = trust.items, trust.total, trust.change
    window, within, limit = book.window, book.falling_within, -book.falling_by
    first, recent, size = trust.first, trust.recent, len(trust.items)
    if low <= trust.taken and total - trust.taken < high:  # in whatever order they leave, as for most customers
        first = size
    if not trust.falling and trust.lately > limit:
        recent = size
    for _ in range(_MOST_STEPS):
        leaves = items[first].at + window if first < size else NEVER
        cools = items[recent].at + within if recent < size else NEVER
        if leaves <= cools:
            if leaves == NEVER:
                return NEVER
            total -= items[first].points
            first += 1
            if not low <= total < high:
                return leaves
        else:
            change -= items[recent].points
            recent += 1
            if (change <= limit) is not trust.falling:
                return cools
    return min(
        items[first].at + window if first < size else NEVER, items[recent].at + within if recent < size else NEVER
    )


_FAR = 1_000_000_000


def to_come(state: State, rules: Rules) -> list[TrustItem]:
    """What open promises will take at the moment they are due, if nothing else happens."""
    missed, promises = state.trust.missed, state.customer.promises.values()
    return sorted(
        (_missed(promise, rules) for promise in promises if promise.ref not in missed), key=lambda item: item.at
    )


def ahead(state: State, rules: Rules) -> list[tuple[int, int]]:
    """(moment, score) of each change to come: points leave the window, and promises are missed."""
    book, trust = rules.trust, state.trust
    missed = to_come(state, rules)
    changes = [(item.at + book.window, -item.points) for item in (*trust.items[trust.first :], *missed)]
    if missed:
        changes = sorted([*changes, *((item.at, item.points) for item in missed)])
    total = trust.total
    steps: list[tuple[int, int]] = []
    for at, points in changes:
        total += points
        steps.append((at, min(100, max(0, book.start + total))))
    return steps


def band(rules: Rules, score: int) -> str:
    """The name of the band that holds a score."""
    for points, name in rules.bands:
        if score >= points:
            return name
    return ""


def cut(state: State) -> None:
    """Forget what has left every window."""
    trust = state.trust
    gone = min(trust.first, trust.recent)
    if gone:
        del trust.items[:gone]
        trust.first -= gone
        trust.recent -= gone
