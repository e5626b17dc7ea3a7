"""Events as CloudEvents 1.0 on their way out: our ids, clear data, and the sealed part for those who may open it."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec

from domain.door import instant
from domain.events import Beside, Event
from domain.keystore import KeyStore
from domain.recorder import Recorded
from domain.sealing import associated, unseal, uuid_bytes
from domain.vocabulary import ENVELOPE, name_of

Cloud = dict[str, Any]


def clouds(recorded: Sequence[Recorded], keys: KeyStore | None) -> list[Cloud]:
    """CloudEvents, in order; with a key store the sealed parts are opened, as far as their keys still exist."""
    nothing: dict[str, Any] = {}
    parts = opened(recorded, keys) if keys is not None else [nothing] * len(recorded)
    return [cloud(r, p) for r, p in zip(recorded, parts, strict=True)]


def opened(recorded: Sequence[Recorded], keys: KeyStore) -> list[dict[str, Any]]:
    """The sealed part of each event; {} where there is none, or its key was destroyed."""
    keys.refresh()
    found = keys.keys(uuid_bytes(r.customer) for r in recorded if r.sealed is not None)
    parts: list[dict[str, Any]] = []
    for r in recorded:
        raw = uuid_bytes(r.customer)
        key = found.get(raw)
        if r.sealed is None or key is None:
            parts.append({})
        else:
            plain = unseal(key, r.sealed, associated(raw, uuid_bytes(r.event.id), name_of(r.event)))
            parts.append(msgspec.json.decode(plain))
    return parts


def cloud(r: Recorded, sealed: dict[str, Any]) -> Cloud:
    """One CloudEvent. `position`, `streamversion`, `recordedtime` and `actor` are extensions.

    So is `sourceid`, for those who may open it: what `source` itself called the event.
    `position` is a number and grows beyond what CloudEvents calls Integer after two billion events.
    """
    event = r.event
    parts = dict(sealed)
    sent_as = parts.pop("sent_as", None)
    made: Cloud = {
        "specversion": "1.0",
        "id": event.id,
        "source": event.source,
        "type": name_of(event),
        "time": written(event.at, event.offset),
        "subject": r.customer,
        "recordedtime": r.recorded_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "position": r.position,
        "streamversion": r.version,
        "datacontenttype": "application/json",
        "data": data(event) | parts,
    }
    if event.sequence:
        made["sequence"] = event.sequence
    if event.actor:
        made["actor"] = event.actor
    if sent_as is not None:
        made["sourceid"] = sent_as
    if isinstance(event, Beside):
        del made["subject"]
    return made


def data(event: Event) -> dict[str, Any]:
    """The clear fields of an event that are its own."""
    plain: dict[str, Any] = msgspec.to_builtins(event)
    return {name: value for name, value in plain.items() if name not in ENVELOPE}


def written(at: int, offset: int) -> str:
    """A stored instant (µs) in the offset (minutes east) with which it was given, as RFC 3339 wants it."""
    if offset == 0:
        return instant(at).isoformat().replace("+00:00", "Z")
    return instant(at).astimezone(timezone(timedelta(minutes=offset))).isoformat()


def moment(value: datetime | None) -> str | None:
    """A time in UTC for an answer."""
    return None if value is None else value.astimezone(UTC).isoformat().replace("+00:00", "Z")
