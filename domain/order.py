"""The order in which one customer's events are folded, and what corrections and voids make of a history.

Arrival does not decide: the key is (occurred at, sequence, causal rank of the type, id), so the same events fold to
the same state in any order of arrival. The one exception is several amendments of one event, of which the last
recorded counts.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Container, Iterable
from itertools import compress, islice
from operator import attrgetter, eq
from typing import Any, NamedTuple, cast

import msgspec

from domain.events import Event, TouchpointCorrected, TouchpointVoided
from domain.facts import micros
from domain.vocabulary import TYPES, sealed_fields

RANK: dict[type[Event], int] = {kind: rank for rank, kind in enumerate(TYPES.values())}

Key = tuple[int, str, int, str]
Amendment = TouchpointCorrected | TouchpointVoided

_AMENDING = frozenset({TouchpointCorrected, TouchpointVoided})
_version = attrgetter("version")
_at = attrgetter("at")


def key(event: Event) -> Key:
    """Where an event stands among all of its customer's events."""
    return (event.at, event.sequence, RANK[type(event)], event.id)


def arrange(events: Iterable[Event]) -> list[Event]:
    """Events in the order of folding. Most come in it already, and then no key is built: only ties need one."""
    found = sorted(events, key=_at)
    moments = list(map(_at, found))
    for moment in set(compress(moments, map(eq, moments, islice(moments, 1, None)))):
        first, end = bisect_left(moments, moment), bisect_right(moments, moment)
        found[first:end] = sorted(found[first:end], key=key)
    return found


class Amended(NamedTuple):
    """A history after its amendments: in the order of folding, with those left in that found no target."""

    events: list[Event]
    corrected: int
    voided: int


def effective(events: Iterable[Event]) -> list[Event]:
    """Apply voids and corrections to events of one stream (each with its `version`), in the order of folding."""
    return amend(events).events


def amend(events: Iterable[Event]) -> Amended:
    """Apply voids and corrections, and count those that took effect.

    A corrected event keeps id and sequence and takes time and data of the correction, and its version, from where
    sealed parts are opened. A void takes away its target; a voided amendment is as if it had never been made.
    """
    given = list(events)
    if _AMENDING.isdisjoint(map(type, given)):
        return Amended(arrange(given), 0, 0)
    amendments = cast("list[Amendment]", [event for event in given if type(event) in _AMENDING])
    amendments.sort(key=_version)
    found = _Amendments(given, amendments)
    kept = [event for event in given if event.id not in found.last and type(event) not in _AMENDING]
    amended = [event for event in map(found.apply, found.targets) if event is not None]
    return Amended(arrange(kept + amended + found.unmatched), found.corrected, found.voided)


class _Amendments:
    """What the amendments of one stream come to: which one counts for each target, and which find none."""

    def __init__(self, given: list[Event], amendments: list[Amendment]) -> None:
        wanted = {amendment.target for amendment in amendments}
        by_id = {event.id: event for event in given if event.id in wanted}
        standing = _Standing(amendments)
        self.last: dict[str, Amendment] = {}
        self.unmatched: list[Event] = []
        self.corrected = self.voided = 0
        for amendment in amendments:
            if not standing(amendment):
                continue
            target = by_id.get(amendment.target)
            if isinstance(target, TouchpointCorrected | TouchpointVoided) and target is not amendment:
                if isinstance(amendment, TouchpointVoided):
                    self.voided += 1
                else:
                    self.unmatched.append(amendment)  # what corrects is voided and made anew, not corrected
            elif target is None or target is amendment:
                self.unmatched.append(amendment)
            else:
                self.last[amendment.target] = amendment
        self.targets = [by_id[target] for target in self.last]

    def apply(self, event: Event) -> Event | None:
        """The event that an amendment has for its target, as it counts; None: it does not."""
        amendment = self.last[event.id]
        if isinstance(amendment, TouchpointVoided):
            self.voided += 1
            return None
        replaced = _corrected(event, amendment)
        if replaced is None:
            self.unmatched.append(amendment)
            return event
        self.corrected += 1
        return replaced


class _Standing:
    """Tells whether an amendment stands: no void that stands takes it away; in a ring the last recorded wins."""

    def __init__(self, amendments: list[Amendment]) -> None:
        self._voids: dict[str, list[TouchpointVoided]] = defaultdict(list)
        for amendment in reversed(amendments):
            if isinstance(amendment, TouchpointVoided) and amendment.target != amendment.id:
                self._voids[amendment.target].append(amendment)
        self._known: dict[str, bool] = {}
        for amendment in reversed(amendments):
            self(amendment)

    def __call__(self, amendment: Amendment) -> bool:
        pending = [amendment]
        while pending:  # not recursion: a chain of voids may be as long as a history
            current = pending[-1]
            if current.id in self._known:
                pending.pop()
                continue
            path = {waiting.id for waiting in pending}
            voids = self._voids.get(current.id, ())
            unknown = [void for void in voids if void.id not in self._known and void.id not in path]
            if unknown:
                pending.append(unknown[0])
                continue
            self._known[current.id] = not any(self._known.get(void.id, False) for void in voids)
            pending.pop()
        return self._known[amendment.id]


def _corrected(event: Event, correction: TouchpointCorrected) -> Event | None:
    """The event as the correction has it; None where the correction does not fit the event."""
    kind = type(event)
    if correction.target_type not in {
        str(kind.__struct_config__.tag),
        str(kind.__struct_config__.tag).rpartition(".v")[0],
    }:
        return None
    fields: dict[str, Any] = {
        **{name: value for name, value in correction.data.items() if name not in sealed_fields(kind)},
        "type": kind.__struct_config__.tag,
        "id": event.id,
        "source": event.source,
        "sequence": event.sequence,
        "backfilled": event.backfilled,
        "actor": correction.actor,
        "version": correction.version,
        "at": event.at if correction.time is None else micros(correction.time),
        "offset": event.offset if correction.time is None else _offset(correction),
    }
    try:
        return msgspec.convert(fields, kind)
    except msgspec.ValidationError:
        return None


def settled_among(event: Event, ids: Container[str], last: Key | None) -> bool:
    """Whether this is an amendment that is settled among the events of these ids, all to be folded after `last`.

    Not where it may take its target before `last`, nor where it would stand there itself: one that does not fit its
    target stays in the history, at its own moment.
    """
    if not isinstance(event, TouchpointCorrected | TouchpointVoided) or event.target not in ids:
        return False
    if last is None:
        return True
    moved = micros(event.time) if isinstance(event, TouchpointCorrected) and event.time else None
    return key(event) > last and (moved is None or moved > last[0])


def _offset(correction: TouchpointCorrected) -> int:
    given = correction.time.utcoffset() if correction.time else None
    return 0 if given is None else int(given.total_seconds() // 60)
