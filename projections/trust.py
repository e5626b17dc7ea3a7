"""Trust: 0 to 100 points, from what happened within a rolling window.

Points are counts and do not decay, so that each change has an exact date: the moment of what happened, and the moment at which
that leaves the window. A promise that is still open when it is due is missed at that moment, whatever comes later.
"""

from bisect import bisect_right

from domain.facts import NEVER, Changed, News
from domain.rules import Rules
from projections.state import State, TrustItem


def heed(state: State, rules: Rules, news: News) -> None:
    """Answer one piece of news in points."""
    trust = rules.trust
    match news.what:
        case "relationship-talk":
            # At most so many count within the window that ends with this one.
            counted = [i for i in reversed(state.trust.items) if i.what == news.what and i.at > news.at - trust.talks_within]
            if len(counted) < trust.talks_counted:
                add(state, news, trust.relationship_talk)
        case "refusal-broken":
            add(state, news, trust.refusal_broken)
        case "selling-in-complaint":
            add(state, news, trust.selling_in_complaint)
        case "promise-kept":
            due, _, ref = news.ref.partition(" ")
            if not _forget(state, ref):
                late = news.at > int(due)
                add(state, news, trust.promise_broken if late else trust.promise_kept)
        case "promise-broken":
            if not _forget(state, news.ref.partition(" ")[2]):
                add(state, news, trust.promise_broken)
        case "promise-released" | "promised":
            _forget(state, news.ref)
        case _:
            pass  # complaints answer the rest


def _forget(state: State, ref: str) -> bool:
    """Is this promise known as missed? It is over, or has a new date."""
    if ref not in state.trust.missed:
        return False
    state.trust.missed.remove(ref)
    return True


def add(state: State, news: News, points: int, what: str = "") -> None:
    """Count points from the moment of what happened."""
    _append(state, TrustItem(news.at, points, what or news.what, news.event))


def _append(state: State, item: TrustItem) -> None:
    items = state.trust.items
    if items and items[-1].at > item.at:  # what waited for its match is older than what was counted since
        item = TrustItem(items[-1].at, item.points, item.what, item.event)
    items.append(item)
    state.trust.total += item.points
    state.trust.change += item.points


def judge(state: State, rules: Rules, t: int) -> int:
    """Date the score at `t`; says whether it passed a mark that some rule asks for."""
    trust, book = state.trust, rules.trust
    due = NEVER
    for promise in state.customer.promises.values():
        if promise.ref in trust.missed:
            continue
        if promise.due <= t:
            trust.missed.append(promise.ref)
            _append(state, TrustItem(max(promise.due, promise.at), book.promise_broken, "promise-missed", promise.id))
        else:
            due = min(due, promise.due)
    items = trust.items
    while trust.first < len(items) and items[trust.first].at + book.window <= t:
        trust.total -= items[trust.first].points
        trust.first += 1
    while trust.recent < len(items) and items[trust.recent].at + book.falling_within <= t:
        trust.change -= items[trust.recent].points
        trust.recent += 1
    if trust.first < len(items):
        due = min(due, items[trust.first].at + book.window)
    if trust.recent < len(items):
        due = min(due, items[trust.recent].at + book.falling_within)
    trust.due = due
    trust.falling = trust.change <= -book.falling_by
    state.score = min(100, max(0, book.start + trust.total))
    mark = bisect_right(rules.trust_marks, state.score)
    if mark == trust.mark:
        return 0
    trust.mark = mark
    return Changed.TRUST


def band(rules: Rules, score: int) -> str:
    """The name of the band that holds a score."""
    return next((name for points, name in rules.bands if score >= points), "")


def cut(state: State) -> None:
    """Forget what has left every window."""
    trust = state.trust
    gone = min(trust.first, trust.recent)
    if gone:
        del trust.items[:gone]
        trust.first -= gone
        trust.recent -= gone
