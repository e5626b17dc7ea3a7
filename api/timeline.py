"""One customer's timeline: a query over the ledger, with what was corrected and voided shown as such."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from msgspec import Struct

from api.clouds import data, written
from domain.door import micros
from domain.events import Event, TouchpointCorrected, TouchpointVoided
from domain.order import Key, effective, key
from domain.vocabulary import name_of

UNSHOWN = ("sealed_refs", "contact_point", "sent_as")  # sealed, but not of the event's own data

Status = Literal["standing", "corrected", "voided", "unmatched"]


class Entry(Struct, frozen=True):
    """An event as it is understood today, and what became of it."""

    event: Event
    status: Status
    amended_by: Sequence[Event] = ()

    @property
    def key(self) -> Key:
        """Where it stands."""
        return key(self.event)


def entries(history: Sequence[Event], as_of: datetime, types: Sequence[str] = ()) -> list[Entry]:
    """A history up to a moment, the latest first. Amendments that found their target stand beside it.

    `unmatched` is an amendment whose target was not recorded.
    """
    amendments: dict[str, list[Event]] = {}
    for event in history:
        if isinstance(event, TouchpointCorrected | TouchpointVoided):
            amendments.setdefault(event.target, []).append(event)
    standing = {e.id: e for e in effective(history)}
    until = micros(as_of)
    found: list[Entry] = []
    for event in history:
        now = standing.get(event.id)
        if isinstance(event, TouchpointCorrected | TouchpointVoided):
            if now is None:
                continue  # it is shown beside its target
            entry = Entry(now, "unmatched")
        elif now is None:
            entry = Entry(event, "voided", amendments.get(event.id, ()))
        else:
            entry = Entry(
                now, "standing" if now.version == event.version else "corrected", amendments.get(event.id, ())
            )
        if entry.event.at <= until and (not types or name_of(entry.event) in types):
            found.append(entry)
    return sorted(found, key=lambda e: e.key, reverse=True)


def shown(entry: Entry, sealed: Mapping[str, Any]) -> dict[str, Any]:
    """An entry for an answer."""
    event = entry.event
    return {
        "event": event.id,
        "type": name_of(event),
        "at": written(event.at, event.offset),
        "source": event.source,
        "source_id": sealed.get("sent_as"),
        "status": entry.status,
        "amended_by": [
            {"event": a.id, "type": name_of(a), "reason": getattr(a, "reason", None)} for a in entry.amended_by
        ],
        "version": event.version,
        "references": sealed.get("sealed_refs") or {},
        "data": data(event) | {n: v for n, v in sealed.items() if n not in UNSHOWN},
    }
