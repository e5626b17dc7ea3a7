"""Placing a contact: on which channel, and at the first moment at which nothing stops it; or why there is none.

What may take place is said in `permission` alone. What time cures (a limit, a rest) moves the date, and the contact is held
until then; what only an event cures (a refusal, a consent that is missing, an open complaint) holds it. A date that has
come stays, also through the night: quiet hours move a date, and hide nothing that is due.
"""

from collections.abc import Sequence
from typing import NamedTuple

from domain.facts import NEVER, Customer, Series
from domain.openings import instant, local_day, zone_named
from domain.refusals import refused, said_last
from domain.rules import Rules
from projections.limits import sent
from projections.permission import Stop, held, turns
from projections.reach import POINTED, reachable
from projections.state import State

_MOST_TURNS = 100
_ELSEWHERE = frozenset({"limit-channel", "no-consent", "consent-ended", "refused-channel", "refused-purpose"})
"""Reasons that may hold for one channel and not for another."""
_RANK = frozenset({"unfit"})  # judged by the tier of the row, not of the state


_PRESENT = frozenset({"ratio"})  # what a state does not tell of moments before its own


class _Asked(NamedTuple):
    """A contact that is to be placed, as it stands from `start` on."""

    channel: str
    purpose: str
    content: str
    stage: str
    exact: bool
    start: int


class Placed(NamedTuple):
    """When, on which channel; `held` by what until when (NEVER: until something is said or done), resting on `events`."""

    due: int
    channel: str | None
    unreachable: str = ""
    held: str = ""
    until: int = 0
    events: tuple[str, ...] = ()


class Places:
    """The channels and moments for one customer's contacts, worked out once for all rows."""

    def __init__(self, state: State, rules: Rules) -> None:
        self._state, self._rules, self._c = state, rules, state.customer
        self._reach = reachable(self._c)
        self.zone = rules.zone_of(self._c.timezone)
        self._windows = rules.quiet.windows(self._c.wishes.windows, self.zone)
        self._orders: dict[tuple[str, bool, str | None], tuple[Sequence[str], str]] = {}
        self._free = self._free_of_limits()
        self._turns: dict[str, Sequence[int]] = {}

    def channels(self, purpose: str, *, digital: bool = False, only: str | None = None) -> tuple[Sequence[str], str]:
        """Those to try, the best first; or why there is none."""
        found = self._orders.get((purpose, digital, only))
        if found is None:
            found = channels_for(self._c, self._rules, purpose, self._reach, digital=digital, only=only)
            if purpose in self._rules.contact.consent_needed and found[0]:
                agreed = [channel for channel in found[0] if _agreed(self._c, channel, purpose)]
                found = (agreed or found[0][:1], "")
            self._orders[purpose, digital, only] = found
        return found

    def turns(self, purpose: str) -> Sequence[int]:
        """The moments, in order, at which time alone may turn whether such a contact may take place.

        Before its date, that is asked of its date. What limits leave only grows with time, but for selling.
        """
        found = self._turns.get(purpose)
        if found is None:
            found = self._turns[purpose] = self._turning(purpose)
        return found

    def _turning(self, purpose: str) -> Sequence[int]:
        c = self._c
        if purpose == "selling":
            agreed = any(consent.granted for consent in c.consents.values())
            return turns(c, self._rules) if agreed else ()
        if purpose in self._rules.contact.consent_needed:
            return sorted(consent.until for consent in c.consents.values())
        return ()

    def place(
        self,
        purpose: str,
        content: str,
        wanted: int,
        start: int,
        stage: str,
        *,
        digital: bool = False,
        only: str | None = None,
        exact: bool = False,
    ) -> Placed:
        """A contact that is wanted at a moment, as it stands from `start` on. `exact`: that moment was agreed upon."""
        order, unreachable = self.channels(purpose, digital=digital, only=only)
        if not order:
            return self._nowhere(purpose, content, self.inside(wanted, content, None), start, unreachable)
        first: Placed | None = None
        for channel in order:
            placed = self.on(channel, purpose, content, wanted, start, stage, exact=exact)
            if not placed.held or placed.held not in _ELSEWHERE:
                return placed
            first = first or placed
        return first or Placed(wanted, None, unreachable)

    def _nowhere(self, purpose: str, content: str, date: int, start: int, unreachable: str) -> Placed:
        """No channel is there; where they are no more to be contacted at all, that is said first."""
        against = held(self._state, self._rules, None, purpose, max(date, start), content=content)
        over = next((stop for stop in against if stop.reason in ("ended", "provisional")), None)
        if over is None:
            return Placed(date, None, unreachable)
        return Placed(date, None, unreachable, over.reason, NEVER, over.events)

    def on(
        self, channel: str, purpose: str, content: str, wanted: int, start: int, stage: str, *, exact: bool = False
    ) -> Placed:
        """The same on one channel."""
        date = wanted if exact else self.inside(wanted, content, channel)
        if self._calm(channel, purpose, date):
            return Placed(date, channel)
        asked = _Asked(channel, purpose, content, stage, exact, start)
        due, stop = self._first(wanted, asked)
        if stop is not None and stop.until is None and due < start:
            due, stop = date, None  # what stopped it is to be asked anew
        if stop is None or (stop.until is not None and stop.until <= start):
            if due >= start:
                return Placed(due, channel)
            late, stop = self._first(start, asked)  # may it still, now that it is due?
            if stop is None:
                return Placed(due, channel)
            due = late
        if stop.reason == "no-contact-point":
            return Placed(date, None, stop.reason)
        if stop.until is None:
            return Placed(date, channel, "", stop.reason, NEVER, stop.events)
        return Placed(due, channel, "", stop.reason, stop.until, stop.events)

    def _first(self, at: int, asked: "_Asked") -> tuple[int, Stop | None]:
        """The first moment from `at` on at which nothing stops it, and what moved it last; or what time does not cure.

        Of a date that has passed it is asked what the contacts since then leave of it, so that it stays as time goes by.
        """
        moved: Stop | None = None
        for _ in range(_MOST_TURNS):
            if (
                moved is not None or not asked.exact
            ):  # a moment that was agreed upon stays; where it is moved to was not
                at = self.inside(at, asked.content, asked.channel)
            if moved is not None and self._calm(asked.channel, asked.purpose, at):
                return at, moved
            found = held(
                self._state, self._rules, asked.channel, asked.purpose, at, content=asked.content, stage=asked.stage
            )
            passed = at < asked.start
            found = [stop for stop in found if stop.reason not in _RANK and not (passed and stop.reason in _PRESENT)]
            if not found:
                return at, moved
            final = next((stop for stop in found if stop.until is None), None)
            if final is not None:
                return at, final
            moved = max(found, key=lambda stop: stop.until or 0)
            at = max(at + 1, moved.until or 0)
        return at, moved

    def agreed(self, at: int) -> bool:
        """Whether a planned moment is an appointment: with a time of day. One at midnight stands for the day."""
        place = zone_named(self.zone)
        return instant(place, local_day(place, at), 0) != at

    def inside(self, at: int, content: str, channel: str | None) -> int:
        """The first moment from `at` on in their windows, or outside of quiet hours and holidays."""
        greets = self._rules.contact.greetings
        windows = self._windows
        if greets is not None and not windows.stated and content in greets.contents and channel in greets.channels:
            windows = self._rules.quiet.hours(self.zone)
        found = windows.next_moment(at)
        return at if found is None else found

    # --- nothing to ask -----------------------------------------------------------------------------------------------

    def _free_of_limits(self) -> int:
        """From when on no contact so far reaches a limit on all channels; those of selling are left out."""
        unasked = sent(self._c, Series.UNASKED)
        free = -NEVER
        for limit in self._rules.contact.outbound:
            if len(unasked) >= limit.at_most:
                free = max(free, unasked[-limit.at_most][0] + limit.within)
        return free

    def _calm(self, channel: str, purpose: str, at: int) -> bool:
        """Whether nothing can stop such a contact from `at` on: so for most contacts nothing has to be asked.

        The channel is none that they refused for this purpose.
        """
        c, contact = self._c, self._rules.contact
        return (
            at >= self._free
            and c.ended is None
            and not c.provisional
            and at >= c.wishes.rest_until
            and not c.wishes.cadence
            and purpose != "selling"
            and purpose not in contact.consent_needed
            and channel not in contact.channel_limits
            and (channel in self._reach or channel not in POINTED)
        )


def _agreed(c: Customer, channel: str, purpose: str) -> bool:
    said = said_last(c, channel, purpose)
    return said is not None and said.granted


def channels_for(
    c: Customer, rules: Rules, purpose: str, reach: set[str], *, digital: bool = False, only: str | None = None
) -> tuple[list[str], str]:
    """The channels to suggest, the best first, or why there is none. Never one that they refused.

    `digital`: only such channels, unless they prefer others. `only`: the one that they wished for.
    """
    if not reach:
        return [], "no-contact-point"
    contact = rules.contact
    order: Sequence[str] = (only,) if only else [*c.wishes.preferred, *c.wishes.allowed] or contact.least_intrusive
    if digital and not c.wishes.preferred and not only:
        order = [channel for channel in order if channel in contact.digital]
    open_ = [channel for channel in dict.fromkeys(order) if channel in reach]
    if not open_:
        return [], "no-fitting-channel"
    allowed = [channel for channel in open_ if refused(c, channel, purpose) is None]
    if not allowed:
        return [], "refused"
    tired = [channel for channel in allowed if c.failed.get(channel, 0) >= contact.failures_before_change]
    return [*(channel for channel in allowed if channel not in tired), *tired], ""
