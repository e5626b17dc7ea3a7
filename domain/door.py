"""The door: a CloudEvent comes in, and is read strictly into an event of ours or refused with every fault named.

Reading is pure: which customer it concerns, whether it came before, and where it stands are for the ledger.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal
from functools import lru_cache
from typing import Annotated, Any, Literal, cast, get_type_hints

import msgspec
from msgspec import Meta, Struct, structs

from domain import explain_faults
from domain.errors import FromTheFuture, InvalidEvent, InvalidIdentifier
from domain.events import (
    CustomerIdentified,
    CustomerIdentifierRemoved,
    Event,
    FeedbackGiven,
    Instant,
    OutreachPlanned,
    PointKind,
    PurchaseMade,
    PurchaseReturned,
    TouchpointCorrected,
)
from domain.identity import SUBJECT, UUID, guess_kind, normal, suggested
from domain.sealing import Secrets, uuid_text
from domain.vocabulary import (
    EARLIEST,
    ENVELOPE,
    TYPES,
    faults,
    is_beside,
    ref_fields,
    ref_kind,
    sealed_fields,
    shorten,
    stored_name,
)

RULED = frozenset[type[Event]](
    (CustomerIdentified, CustomerIdentifierRemoved, PurchaseMade, PurchaseReturned, FeedbackGiven)
)
AHEAD = timedelta(days=1)
LARGEST = 1_048_576  # bytes of one event


class CloudEvent(Struct, gc=False, frozen=True, kw_only=True):
    """The attributes of CloudEvents 1.0 that Jejak reads; others are allowed and left alone."""

    specversion: Literal["1.0"]
    id: Annotated[str, Meta(min_length=1, max_length=400)]
    source: Annotated[str, Meta(pattern=r"^[^\x00-\x1f\x7f]{1,400}\Z")]
    type: str
    time: Instant
    subject: str | None = None
    sequence: Annotated[str, Meta(pattern=r"^[^\x00-\x1f\x7f]{0,64}\Z")] = ""
    datacontenttype: str | None = None
    recordedtime: Instant | None = None
    data: dict[str, Any]


class Point(Struct, gc=False, frozen=True):
    """A contact point or external id: its kind, its normal form, and as it was written."""

    kind: str
    text: str
    given: str
    shared: bool = False
    scheme: str | None = None


class Touchpoint(Struct, gc=False, kw_only=True):
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
        canonical = _canonical(raw)
        if len(canonical) > LARGEST:
            raise InvalidEvent(
                f"the event is {len(canonical)} bytes of JSON; at most {LARGEST} would be right, "
                "as every reader has to take it whole"
            )
        cloud = _attributes(raw)
        type_ = stored_name(cloud.type)
        if type_ is None:
            raise explain_faults.unknown_type(cloud.type)
        kind = TYPES[type_]
        _not_ahead(cloud.time, now, "/time")
        if cloud.recordedtime is not None:
            _not_ahead(cloud.recordedtime, now, "/recordedtime")
        id_ = self._secrets.event_id(cloud.source, cloud.id)
        data, refs = self._ours(kind, cloud)
        reached = data.get("contact_point")
        point = self._point(kind, cloud, data)
        event = self._event(kind, type_, cloud, data, id_, actor)
        if isinstance(event, TouchpointCorrected) and event.time is not None:
            _not_ahead(event.time, now, "/data/time")
        sealed = {n: data[n] for n in sealed_fields(kind) if data.get(n) is not None}
        if kind is TouchpointCorrected and "sealed_data" in data:
            sealed["sealed_data"] = data["sealed_data"]
        for name in sealed:
            structs.force_setattr(event, name, None)
        if refs:
            sealed["sealed_refs"] = refs
        sealed["sent_as"] = cloud.id  # it may be personal; the clear side has a digest of it
        if point is not None and cloud.subject is None:
            sealed["contact_point"] = point.given
        elif reached is not None and "contact_point" not in data:
            sealed["contact_point"] = reached
        return Touchpoint(
            event=event,
            id=id_,
            clear=msgspec.json.encode(event),
            sealed=sealed,
            content=self._secrets.content(canonical),
            occurred=event.at,
            type=type_,
            customer=cloud.subject if point is None and not is_beside(kind) else None,
            point=point,
            recorded=None if cloud.recordedtime is None else micros(cloud.recordedtime),
        )

    def _ours(self, kind: type[Event], cloud: CloudEvent) -> tuple[dict[str, Any], dict[str, str]]:
        """The data with references and targets turned into ids of ours, and the references as they were written."""
        data = dict(cloud.data)
        refs: dict[str, str] = {}
        for name in ref_fields(kind):
            value = data.get(name)
            if value is None or (name == "outreach" and kind is not OutreachPlanned and suggested(value, cloud.source)):
                continue
            data[name], given = self._reference(name, value, cloud.source)
            refs |= given
        for name in ("target", "prompted_by"):
            if name in data:
                data[name] = self._target(data[name], cloud.source)
        if not ENVELOPE.isdisjoint(data):
            raise explain_faults.explain(kind, {n: v for n, v in data.items() if n != "contact_point"})
        if kind is TouchpointCorrected:
            self._correction(data, cloud)
        return data, refs

    def _reference(self, name: str, value: Any, source: str) -> tuple[Any, dict[str, str]]:
        """Our id of a reference, and how it was written (with `.source`, where that is another system).

        An id of ours stays what it is, and so does what cannot be read.
        """
        given = value
        scope: Any = source
        if isinstance(value, dict) and value.keys() <= {"source", "id"}:
            named = cast("dict[str, Any]", value)
            scope, value = named.get("source", source), named.get("id")
        if not isinstance(value, str) or not isinstance(scope, str) or not 0 < len(value) <= 200:
            return given, {}
        if len(value) == 36 and value[14] == "8" and UUID.match(value):
            return value, {}
        written = {name: value} if scope == source else {name: value, f"{name}.source": scope}
        return self._secrets.ref(ref_kind(name), scope, value), written

    def _target(self, given: Any, source: str) -> Any:
        """Our id of the event that a sender means; what cannot be read stays what it is, and is refused with the rest."""
        if not isinstance(given, dict):
            return given
        target = cast("dict[str, Any]", given)
        scope, id_ = target.get("source", source), target.get("id")
        if not isinstance(scope, str) or not isinstance(id_, str) or not id_ or not target.keys() <= {"source", "id"}:
            return target
        return uuid_text(self._secrets.event_id(scope, id_))

    def _correction(self, data: dict[str, Any], cloud: CloudEvent) -> None:
        """Read what stands in the target's place as strictly as the target was; split it into clear and sealed."""
        type_ = stored_name(str(data.get("target_type")))
        if type_ is None or is_beside(TYPES[type_]) or type_.startswith("touchpoint."):
            raise InvalidEvent(
                "target_type has to be the type of a customer's event, e.g. call.made", pointer="/data/target_type"
            )
        kind, given = TYPES[type_], data.get("data")
        if not isinstance(given, dict):
            raise InvalidEvent(
                "data has to hold the corrected data, whole, as it should have been sent", pointer="/data/data"
            )
        inner = msgspec.structs.replace(cloud, data=cast("dict[str, Any]", given))
        try:
            ours, refs = self._ours(kind, inner)
            event = self._event(kind, type_, inner, ours, b"\0" * 16, "")
        except InvalidEvent as e:
            raise explain_faults.refusal([(f"/data{pointer}", said) for pointer, said in e.problems]) from None
        sealed = {n: ours.pop(n) for n in sealed_fields(kind) if ours.get(n) is not None}
        if isinstance(event, PurchaseMade | PurchaseReturned):
            ours["total"] = event.total
        if refs:
            sealed["sealed_refs"] = refs
        data |= {"target_type": type_, "data": ours}
        if sealed:
            data["sealed_data"] = sealed

    def _event(
        self, kind: type[Event], type_: str, cloud: CloudEvent, data: dict[str, Any], id_: bytes, actor: str
    ) -> Event:
        full = data | {
            "type": type_,
            "id": uuid_text(id_),
            "at": micros(cloud.time),
            "offset": _minutes_east(cloud.time.tzinfo),
            "sequence": cloud.sequence,
            "source": cloud.source,
            "actor": actor,
        }
        if cloud.recordedtime is not None:
            full["backfilled"] = True
        try:
            event = msgspec.convert(full, kind)
        except msgspec.ValidationError as e:
            raise explain_faults.explain(kind, data, e) from None
        problems = faults(event)
        if kind in RULED:
            problems += self._beyond_shape(event)
        if problems:
            raise explain_faults.refusal(problems)
        return event

    def _beyond_shape(self, event: Event) -> list[tuple[str, str]]:
        """Rules between fields."""
        match event:
            case CustomerIdentified() | CustomerIdentifierRemoved():
                return self._identity(event)
            case PurchaseMade() | PurchaseReturned():
                return _total(event)
            case FeedbackGiven(metric="csat", score=score) if not 1 <= score <= 5:
                return [("/data/score", f"{score} is no CSAT score; 1 to 5 would be")]
            case _:
                return []

    def _identity(self, event: CustomerIdentified | CustomerIdentifierRemoved) -> list[tuple[str, str]]:
        """Whether what identifies them can be found again by those who call with it."""
        if not event.value:
            return [("/data/value", "is missing; it has to be the contact point or external id itself")]
        if event.kind == "external" and event.scheme is None:
            return [("/data/scheme", "is missing; an external id needs the scheme that issued it, e.g. crm")]
        try:
            self.identifier(event, event.value)
        except InvalidIdentifier as e:
            return list(e.problems)
        return []

    def _point(self, kind: type[Event], cloud: CloudEvent, data: dict[str, Any]) -> Point | None:
        """Who is meant, where that is not said by an id of ours; takes `contact_point` out of the data."""
        if is_beside(kind):
            return None
        given = data.pop("contact_point", None)
        history = cloud.recordedtime is not None and isinstance(given, str) and len(given) <= 320
        # In history whose customer is decided, it only tells on which number or address they were reached.
        if given is not None and cloud.subject is not None and not history:
            raise InvalidIdentifier(
                "has no place beside subject, which says already which customer this is about",
                pointer="/data/contact_point",
            )
        if cloud.subject is not None:
            return _subject(cloud.subject)
        if given is None:
            raise InvalidIdentifier(
                "either subject or data.contact_point has to say which customer this is about", pointer="/subject"
            )
        return self.contact_point(given)

    def contact_point(self, given: Any) -> Point:
        """A contact point as a caller names it: {"kind": …, "value": …}, or a bare telephone number or e-mail address."""
        parts = cast("Mapping[str, Any]", given) if isinstance(given, Mapping) else {"value": given}
        value = parts.get("value")
        kind = parts.get("kind") or guess_kind(str(value))
        if (
            not isinstance(value, str)
            or not 0 < len(value) <= 320
            or kind not in POINT_KINDS
            or not parts.keys() <= {"kind", "value"}
        ):
            raise InvalidIdentifier(
                f'contact_point has to be {{"kind": one of {", ".join(POINT_KINDS)}, "value": a text of 1 to 320 characters}}',
                pointer="/data/contact_point",
            )
        try:
            name, text = normal(cast("PointKind", kind), value, self._region)
        except InvalidIdentifier as e:
            raise InvalidIdentifier(e.detail, pointer="/data/contact_point/value") from None
        return Point(name, text, value)

    def identifier(self, event: CustomerIdentified | CustomerIdentifierRemoved, value: str) -> Point:
        """The contact point or external id that an identification is about."""
        kind, text = normal(event.kind, value, self._region, event.scheme)
        return Point(kind, text, value, getattr(event, "shared", False), event.scheme)


PERSONAL = ("tel", "mailto", "sms")  # schemes (RFC 3966, 6068, 5724) of what is no external id
POINT_KINDS = ("phone", "email", "whatsapp", "telegram", "messenger", "postal")


@lru_cache(maxsize=65_536)
def _subject(subject: str) -> Point | None:
    """The external id that a subject is; None where it is an id of ours."""
    if UUID.match(subject):
        return None
    match = SUBJECT.match(subject)
    if match is None:
        raise InvalidIdentifier(
            "subject has to be a customer's id or scheme:value, e.g. crm:C-1001", pointer="/subject"
        )
    if match["scheme"] in PERSONAL:
        raise InvalidIdentifier(
            "subject names a telephone number or an e-mail address; data.contact_point would be the place for it",
            pointer="/subject",
        )
    return Point(f"external:{match['scheme']}", match["value"], match["value"], scheme=match["scheme"])


def micros(moment: datetime) -> int:
    """A moment in µs since 1970-01-01T00:00Z."""
    return round(moment.timestamp() * 1_000_000)


@lru_cache(maxsize=1_024)
def _minutes_east(zone: tzinfo | None) -> int:
    """A fixed offset in minutes."""
    offset = None if zone is None else zone.utcoffset(None)
    return 0 if offset is None else round(offset.total_seconds()) // 60


def instant(us: int) -> datetime:
    """µs since 1970-01-01T00:00Z as a moment in UTC."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=us)


_ATTRIBUTE_HINTS = get_type_hints(CloudEvent, include_extras=True)
_TOO_EARLY = f"is before {EARLIEST.year}; the time at which it happened would be right"


def _attributes(raw: Any) -> CloudEvent:
    if not isinstance(raw, Mapping):
        raise InvalidEvent(f"{shorten(raw)} is no CloudEvent; a JSON object with its attributes would be one")
    try:
        cloud = msgspec.convert(raw, CloudEvent)
    except msgspec.ValidationError as e:
        raise explain_faults.attributes(cast("Mapping[str, Any]", raw), _ATTRIBUTE_HINTS, e) from None
    for name, time in (("time", cloud.time), ("recordedtime", cloud.recordedtime)):
        if time is not None and time < EARLIEST:
            raise InvalidEvent(f"{name} {time.isoformat()} {_TOO_EARLY}", pointer=f"/{name}")
    return cloud


def _canonical(raw: Mapping[str, Any]) -> bytes:
    """The bytes by which a repetition is told from a contradiction."""
    try:
        return msgspec.json.encode(raw, order="sorted")
    except (OverflowError, UnicodeEncodeError, RecursionError, TypeError) as e:
        raise InvalidEvent(
            f"cannot be kept as JSON ({e}); Unicode texts and numbers of up to 64 bits could be"
        ) from None


def _not_ahead(time: datetime, now: datetime, pointer: str) -> None:
    if time > now + AHEAD:
        raise FromTheFuture(
            f"time {time.isoformat()} is more than a day ahead of the clock ({now.isoformat(timespec='seconds')})",
            pointer=pointer,
        )


def _total(event: PurchaseMade | PurchaseReturned) -> list[tuple[str, str]]:
    """Fill in the total where it was left out; a fault where it is not the sum of its lines."""
    summed = sum((Decimal(line.amount) for line in event.lines), Decimal(0))
    if event.total is None:
        if summed >= 10**15:
            return [("/data/lines", f"sum up to {summed}; less than {10**15} would be right")]
        structs.force_setattr(event, "total", f"{summed:f}")
    elif event.lines and Decimal(event.total) != summed:
        return [("/data/total", f"is {event.total}, but the lines sum up to {summed}")]
    return []
