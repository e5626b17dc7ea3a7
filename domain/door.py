"""The door: a CloudEvent comes in, and is read strictly into an event of ours or refused with every fault named.

Reading is pure: which customer it concerns, whether it came before, and where it stands are for the ledger.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal, cast

import msgspec
from msgspec import Struct, structs

from domain import explain_faults
from domain.errors import FromTheFuture, InvalidEvent, InvalidIdentifier
from domain.events import (
    CustomerIdentified,
    CustomerIdentifierRemoved,
    Event,
    FeedbackGiven,
    Instant,
    PointKind,
    PurchaseMade,
    PurchaseReturned,
    TouchpointCorrected,
)
from domain.identity import SUBJECT, UUID, guess_kind, normal
from domain.sealing import Secrets, uuid_text
from domain.vocabulary import ENVELOPE, TYPES, events_checked, faults, is_beside, ref_fields, ref_kind, sealed_fields, stored_name

AHEAD = timedelta(days=1)


class CloudEvent(Struct, frozen=True, kw_only=True):
    """The attributes of CloudEvents 1.0 that Jejak reads; others are allowed and left alone."""

    specversion: Literal["1.0"]
    id: str
    source: str
    type: str
    time: Instant
    subject: str | None = None
    sequence: str = ""
    datacontenttype: str | None = None
    recordedtime: Instant | None = None
    data: dict[str, Any]


class Point(Struct, frozen=True):
    """A contact point or external id: its kind, its normal form, and as it was written."""

    kind: str
    text: str
    given: str
    shared: bool = False
    scheme: str | None = None


class Touchpoint(Struct, kw_only=True):
    """An event that was read, before it has a customer and a place."""

    event: Event
    id: bytes
    clear: bytes
    sealed: dict[str, Any]
    content: bytes
    occurred: int
    type: str
    customer: str | None = None  # named by its id
    point: Point | None = None  # named by an external id or a contact point
    recorded: int | None = None


class Door:
    """Reads CloudEvents. `region` is the ISO 3166 country in which national telephone numbers are understood."""

    def __init__(self, secrets: Secrets, region: str = "ID") -> None:
        self._secrets = secrets
        self._region = region

    def admit(self, raw: Mapping[str, Any], *, actor: str, now: datetime) -> Touchpoint:
        """Read one event; InvalidEvent, InvalidIdentifier or FromTheFuture where it cannot stand."""
        cloud = _attributes(raw)
        type_ = stored_name(cloud.type)
        if type_ is None:
            raise explain_faults.unknown_type(cloud.type)
        kind = TYPES[type_]
        if cloud.time > now + AHEAD:
            raise FromTheFuture(
                f"time {cloud.time.isoformat()} is more than a day ahead of the clock ({now.isoformat(timespec='seconds')})", pointer="/time"
            )
        id_ = self._secrets.event_id(cloud.source, cloud.id)
        data, refs = self._ours(kind, cloud)
        point = self._point(kind, cloud, data)
        event = self._event(kind, type_, cloud, data, id_, actor)
        sealed = {n: data[n] for n in sealed_fields(kind) if data.get(n) is not None}
        if kind is TouchpointCorrected and "sealed_data" in data:
            sealed["sealed_data"] = data["sealed_data"]
        for name in sealed:
            structs.force_setattr(event, name, None)
        if refs:
            sealed["sealed_refs"] = refs
        if point is not None and cloud.subject is None:
            sealed["contact_point"] = point.given
        return Touchpoint(
            event=event,
            id=id_,
            clear=msgspec.json.encode(event),
            sealed=sealed,
            content=self._secrets.content(msgspec.json.encode(raw, order="sorted")),
            occurred=event.at,
            type=type_,
            customer=cloud.subject if point is None and not is_beside(kind) else None,
            point=point,
            recorded=None if cloud.recordedtime is None else micros(cloud.recordedtime),
        )

    def _ours(self, kind: type[Event], cloud: CloudEvent) -> tuple[dict[str, Any], dict[str, str]]:
        """The data with references and targets turned into ids of ours, and the references as they were written."""
        data = dict(cloud.data)
        if reserved := ENVELOPE & data.keys():
            raise explain_faults.unknown_fields(kind, sorted(reserved))
        refs: dict[str, str] = {}
        for name in ref_fields(kind):
            if (value := data.get(name)) is not None:
                data[name], given = self._reference(name, value, cloud.source)
                if given:
                    refs[name] = given
        if "target" in data and isinstance(data["target"], dict):
            data["target"] = self._target(data["target"], cloud.source)
        if kind is TouchpointCorrected:
            self._correction(data, cloud)
        return data, refs

    def _reference(self, name: str, value: Any, source: str) -> tuple[Any, str | None]:
        """Our id of a reference, and how it was written; an id of ours stays what it is."""
        if isinstance(value, dict):
            source, value = value.get("source", source), value.get("id")
        if not isinstance(value, str) or not isinstance(source, str) or not 0 < len(value) <= 200:
            raise InvalidEvent(
                f'{name} has to be the reference that {source} gave it (1 to 200 characters), or {{"source": …, "id": …}}', pointer=f"/data/{name}"
            )
        if len(value) == 36 and value[14] == "8" and UUID.match(value):
            return value, None
        return self._secrets.ref(ref_kind(name), source, value), value

    def _target(self, target: Mapping[str, Any], source: str) -> str:
        source, id_ = target.get("source", source), target.get("id")
        if not isinstance(source, str) or not isinstance(id_, str) or not id_:
            raise InvalidEvent('target has to be an event id of ours, or {"source": …, "id": …}', pointer="/data/target")
        return uuid_text(self._secrets.event_id(source, id_))

    def _correction(self, data: dict[str, Any], cloud: CloudEvent) -> None:
        """Read what stands in the target's place as strictly as the target was; split it into clear and sealed."""
        type_ = stored_name(str(data.get("target_type")))
        if type_ is None or is_beside(TYPES[type_]) or type_.startswith("touchpoint."):
            raise InvalidEvent("target_type has to be the type of a customer's event, e.g. call.made", pointer="/data/target_type")
        kind, given = TYPES[type_], data.get("data")
        if not isinstance(given, dict):
            raise InvalidEvent("data has to hold the corrected data, whole, as it should have been sent", pointer="/data/data")
        inner = msgspec.structs.replace(cloud, data=cast("dict[str, Any]", given))
        ours, refs = self._ours(kind, inner)
        sealed = {n: ours.pop(n) for n in sealed_fields(kind) if ours.get(n) is not None}
        event = self._event(kind, type_, inner, ours | sealed, b"\0" * 16, "")
        if isinstance(event, PurchaseMade | PurchaseReturned):
            ours["total"] = event.total
        if refs:
            sealed["sealed_refs"] = refs
        data |= {"target_type": type_, "data": ours}
        if sealed:
            data["sealed_data"] = sealed

    def _event(self, kind: type[Event], type_: str, cloud: CloudEvent, data: dict[str, Any], id_: bytes, actor: str) -> Event:
        full = data | {
            "type": type_,
            "id": uuid_text(id_),
            "at": micros(cloud.time),
            "offset": 0 if cloud.time.tzinfo is UTC else _minutes_east(cloud.time),
            "sequence": cloud.sequence,
            "source": cloud.source,
            "actor": actor,
        }
        if cloud.recordedtime is not None:
            full["backfilled"] = True
        if kind is PurchaseMade or kind is PurchaseReturned:
            _total(full)
        try:
            event = msgspec.convert(full, kind)
        except msgspec.ValidationError as e:
            raise explain_faults.explain(kind, data, e) from None
        problems = faults(event) if events_checked(kind) else []
        problems += _beyond_shape(event)
        if problems:
            raise InvalidEvent("; ".join(f"{p}: {s}" for p, s in problems), problems=tuple(problems))
        return event

    def _point(self, kind: type[Event], cloud: CloudEvent, data: dict[str, Any]) -> Point | None:
        """Who is meant, where that is not said by an id of ours; takes `contact_point` out of the data."""
        given = data.pop("contact_point", None)
        if is_beside(kind):
            return None
        if cloud.subject is not None:
            if UUID.match(cloud.subject):
                return None
            match = SUBJECT.match(cloud.subject)
            if match is None:
                raise InvalidIdentifier("subject has to be a customer's id or scheme:value, e.g. crm:C-1001", pointer="/subject")
            return Point(f"external:{match['scheme']}", match["value"], match["value"], scheme=match["scheme"])
        if given is None:
            raise InvalidIdentifier("either subject or data.contact_point has to say which customer this is about", pointer="/subject")
        return self.contact_point(given)

    def contact_point(self, given: Any) -> Point:
        """A contact point as a caller names it: {"kind": …, "value": …}, or a bare telephone number or e-mail address."""
        if isinstance(given, Mapping):
            parts = cast("Mapping[str, Any]", given)
            kind, value = parts.get("kind") or guess_kind(str(parts.get("value"))), parts.get("value")
        else:
            kind, value = guess_kind(str(given)), given
        if not isinstance(value, str) or not 0 < len(value) <= 320 or kind not in POINT_KINDS:
            raise InvalidIdentifier(
                f'contact_point has to be {{"kind": one of {", ".join(POINT_KINDS)}, "value": text}}', pointer="/data/contact_point"
            )
        name, text = normal(cast("PointKind", kind), value, self._region)
        return Point(name, text, value)

    def identifier(self, event: CustomerIdentified | CustomerIdentifierRemoved, value: str) -> Point:
        """The contact point or external id that an identification is about."""
        kind, text = normal(event.kind, value, self._region, event.scheme)
        return Point(kind, text, value, getattr(event, "shared", False), event.scheme)


POINT_KINDS = ("phone", "email", "whatsapp", "telegram", "messenger", "postal")


def micros(moment: datetime) -> int:
    """A moment in µs since 1970-01-01T00:00Z."""
    return round(moment.timestamp() * 1_000_000)


def _minutes_east(moment: datetime) -> int:
    offset = moment.utcoffset()
    return 0 if offset is None else round(offset.total_seconds()) // 60


def instant(us: int) -> datetime:
    """µs since 1970-01-01T00:00Z as a moment in UTC."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=us)


def _attributes(raw: Mapping[str, Any]) -> CloudEvent:
    try:
        cloud = msgspec.convert(raw, CloudEvent)
    except msgspec.ValidationError as e:
        raise explain_faults.attributes(raw, e) from None
    if not cloud.id or not cloud.source or len(cloud.id) > 400 or len(cloud.source) > 400:
        raise InvalidEvent("id and source have to be texts of 1 to 400 characters", pointer="/id" if not cloud.id else "/source")
    if len(cloud.sequence) > 64:
        raise InvalidEvent("sequence has to be a text of up to 64 characters that sorts in your order, e.g. 000042", pointer="/sequence")
    return cloud


def _total(full: dict[str, Any]) -> None:
    """Fill in the total where it was left out; refuse one that is not the sum of its lines."""
    lines: Sequence[Any] = full.get("lines") or ()
    try:
        summed = sum((Decimal(line["amount"]) for line in lines), Decimal(0))
        given = full.get("total")
        if given is None:
            full["total"] = f"{summed:f}"
        elif lines and Decimal(given) != summed:
            raise InvalidEvent(f"total is {given}, but the lines sum up to {summed}", pointer="/data/total")
    except (TypeError, KeyError, ArithmeticError):
        return  # the shape is wrong, and is explained where shapes are checked


def _beyond_shape(event: Event) -> list[tuple[str, str]]:
    """Rules between fields."""
    match event:
        case CustomerIdentified() | CustomerIdentifierRemoved():
            if not event.value:
                return [("/data/value", "is missing; it has to be the contact point or external id itself")]
            if event.kind == "external" and event.scheme is None:
                return [("/data/scheme", "is missing; an external id needs the scheme that issued it, e.g. crm")]
        case FeedbackGiven(metric="csat", score=score) if not 1 <= score <= 5:
            return [("/data/score", f"{score} is no CSAT score; 1 to 5 would be")]
        case _:
            pass
    return []
