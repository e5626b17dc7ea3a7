"""What the page of events says about itself: types by stored name, and which of their fields are sealed, references or checked."""

from datetime import UTC, datetime
from functools import cache
from types import MappingProxyType
from typing import Annotated, Any, get_args, get_origin, get_type_hints
from zoneinfo import available_timezones

from msgspec import Meta

from domain import events
from domain.currencies import CURRENCIES
from domain.events import Beside, Event

# Instants outside these bounds cannot be written in every time zone, and are slips of the pen.
EARLIEST, LATEST_INSTANT = datetime(1900, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)
ENVELOPE = frozenset(
    {"id", "at", "offset", "source", "actor", "sequence", "backfilled", "version", "sealed_refs", "sealed_data", "type"}
)


def _concrete() -> dict[str, type[Event]]:
    """The types in the order of the page, by stored name."""
    found: dict[str, type[Event]] = {}
    for thing in vars(events).values():
        if isinstance(thing, type) and issubclass(thing, Event) and thing.__struct_config__.tag != thing.__name__:
            found[str(thing.__struct_config__.tag)] = thing
    return found


TYPES = MappingProxyType(_concrete())
LATEST = MappingProxyType({name.rpartition(".v")[0]: name for name in TYPES})  # "call.made" -> "call.made.v1"


def stored_name(given: str) -> str | None:
    """The stored name of a type given with or without its version, or None."""
    return given if given in TYPES else LATEST.get(given)


def name_of(event: Event) -> str:
    """The stored name of an event's type."""
    return str(type(event).__struct_config__.tag)


def is_beside(kind: type[Event]) -> bool:
    """Does this type belong to the company and not to a customer?"""
    return issubclass(kind, Beside)


def metas(hint: Any) -> list[Meta]:
    """Every `Meta` anywhere in a type hint, outermost first."""
    found = [m for m in getattr(hint, "__metadata__", ()) if isinstance(m, Meta)]
    for inner in get_args(hint):
        if get_origin(hint) is not Annotated or inner is get_args(hint)[0]:
            found += metas(inner)
    return found


@cache
def hints(kind: type) -> dict[str, Any]:
    """The annotated type of each field."""
    return {
        n: h
        for n, h in get_type_hints(kind, include_extras=True).items()
        if n not in ENVELOPE and not n.startswith("_")
    }


def _flagged(kind: type[Event], flag: str) -> tuple[str, ...]:
    return tuple(n for n, h in hints(kind).items() if any((m.extra or {}).get(flag) for m in metas(h)))


@cache
def sealed_fields(kind: type[Event]) -> tuple[str, ...]:
    """Fields that are encrypted with the customer's key."""
    return _flagged(kind, "sealed")


@cache
def ref_fields(kind: type[Event]) -> tuple[str, ...]:
    """Fields that hold another system's reference when they arrive, and an id of ours once stored."""
    return tuple(n for n, h in hints(kind).items() if any((m.extra or {}).get("ref") for m in metas(h)))


def ref_kind(field: str) -> str:
    """What a reference field refers to; a linked cause is a complaint."""
    return "complaint" if field == "cause" else field


def faults(event: Event) -> list[tuple[str, str]]:
    """What the shape of a type cannot say: (JSON Pointer, sentence) for each value that is impossible all the same."""
    found: list[tuple[str, str]] = []
    for field in events_checked(type(event)):
        _check(getattr(event, field), f"/data/{field}", field, found)
    return found


@cache
def events_checked(kind: type[Event]) -> tuple[str, ...]:
    """Fields whose values have to be looked at: currencies, time zones, instants, and what holds them."""
    nested = ("amount", "redress", "price")
    looked_up = {n for flag in ("currency", "zone", "instant") for n in _flagged(kind, flag)}
    return tuple(n for n in hints(kind) if n in nested or n in looked_up)


def _check(value: Any, pointer: str, field: str, found: list[tuple[str, str]]) -> None:
    if value is None:
        return
    if isinstance(value, events.Money):
        _check(value.currency, f"{pointer}/currency", "currency", found)
    elif field == "currency" and value not in CURRENCIES:
        found.append((pointer, f"{value!r} is no ISO 4217 currency; for example IDR, USD or EUR would be"))
    elif isinstance(value, datetime):
        if not EARLIEST <= value < LATEST_INSTANT:
            found.append((pointer, f"{value.isoformat()} is out of range; a time from 1900 to 9998 would be right"))
    elif field == "timezone" and value not in _zones():
        found.append((pointer, f"{value!r} is no IANA time zone; for example Asia/Jakarta would be"))


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())
