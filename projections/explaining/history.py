"""A history as explanations look at it: what counts, in the order of folding, and which events amend which."""

from collections.abc import Sequence
from functools import cached_property

from domain.customer import EVOLVE
from domain.events import Event, TouchpointCorrected, TouchpointVoided
from domain.facts import Customer
from domain.order import effective

_AMENDING = TouchpointCorrected | TouchpointVoided


class History:
    """The events of one stream, as they were known, up to a moment (µs)."""

    def __init__(self, events: Sequence[Event], as_of: int) -> None:
        self.given = list(events)
        self.as_of = as_of
        self.events = [event for event in effective(self.given) if event.at <= as_of]
        self.place = {event.id: index for index, event in enumerate(self.events)}

    @cached_property
    def bundles(self) -> list[list[Event]]:
        """Events that are amended, each with all that amends it or an amendment of it, in the order of recording.

        Amendments of what is not there stand together without it: of several, one may take away another.
        """
        by_id = {event.id: event for event in self.given}
        bundles: dict[str, list[Event]] = {}
        for event in self.given:
            if isinstance(event, _AMENDING):
                root = _root(event, by_id)
                bundles.setdefault(root, [by_id[root]] if root in by_id else []).append(event)
        return [bundle for bundle in bundles.values() if len(bundle) > 1]


def _root(amendment: Event, by_id: dict[str, Event]) -> str:
    """The id of what an amendment comes to amend in the end; "" where that is a ring."""
    seen: set[str] = set()
    event: Event | None = amendment
    id_ = amendment.id
    while isinstance(event, _AMENDING):
        if id_ in seen:
            return ""
        seen.add(id_)
        id_ = event.target
        event = by_id.get(id_)
    return id_


def counts_as(event: Event) -> int:
    """In bits (`domain.facts.Changed`), what an event changes where it stands alone."""
    return EVOLVE[type(event)](Customer(), event)
