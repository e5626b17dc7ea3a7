"""What the page of events says about itself: types by stored name, and which of their fields are sealed, references or checked."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from types import MappingProxyType
from typing import Annotated, Any, get_args, get_origin, get_type_hints
from zoneinfo import available_timezones

from msgspec import Meta, Struct

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
    """Whether this type belongs to the company and not to a customer."""
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


Fault = tuple[str, str]  # (JSON Pointer, sentence)
Check = Callable[[Any, str, list[Fault]], None]


def faults(event: Event) -> list[Fault]:
    """What the shape of a type cannot say: each value that is impossible all the same."""
    found: list[Fault] = []
    for field, check in checks(type(event)):
        value = getattr(event, field)
        if value is not None:
            check(value, f"/data/{field}", found)
    return found


@cache
def checks(kind: type) -> tuple[tuple[str, Check], ...]:
    """The fields of a type whose values have to be looked at, and how."""
    return tuple((n, check) for n, h in hints(kind).items() if (check := check_of(h)) is not None)


def check_of(hint: Any) -> Check | None:
    """How the values of a type are looked at, into lists and objects; None where its shape says all."""
    own = [m for m in getattr(hint, "__metadata__", ()) if isinstance(m, Meta)]
    if own:
        return _leaf(own[0].extra or {})
    if isinstance(hint, type) and issubclass(hint, Struct):
        return _of_object(hint) if checks(hint) else None
    inner = [check for a in get_args(hint) if (check := check_of(a)) is not None]
    if not inner:
        return None
    if get_origin(hint) is tuple:
        return _of_items(inner[0])
    if get_origin(hint) is dict:
        return _of_entries(*(check_of(a) for a in get_args(hint)))
    return inner[0]


def _leaf(extra: dict[str, Any]) -> Check | None:
    pattern, expects = extra.get("pattern"), extra.get("expects")
    if extra.get("currency"):
        return _currency
    if extra.get("zone"):
        return _zone
    if extra.get("instant"):
        return _instant
    if pattern is None:
        return None
    matches = pattern.fullmatch

    def check(value: Any, pointer: str, found: list[Fault]) -> None:
        if isinstance(value, str) and matches(value) is None:
            found.append((pointer, f"is {shorten(value)}; it has to be {expects}"))

    return check


def _of_object(kind: type) -> Check:
    def check(value: Any, pointer: str, found: list[Fault]) -> None:
        if isinstance(value, kind):
            for field, inner in checks(kind):
                part = getattr(value, field)
                if part is not None:
                    inner(part, f"{pointer}/{field}", found)

    return check


def _of_items(inner: Check) -> Check:
    def check(value: Any, pointer: str, found: list[Fault]) -> None:
        for i, item in enumerate(value):
            inner(item, f"{pointer}/{i}", found)

    return check


def _of_entries(of_key: Check | None, of_value: Check | None) -> Check:
    def check(value: Any, pointer: str, found: list[Fault]) -> None:
        for name, item in value.items():
            for inner, part in ((of_key, name), (of_value, item)):
                if inner is not None:
                    inner(part, f"{pointer}/{name}", found)

    return check


def _currency(value: Any, pointer: str, found: list[Fault]) -> None:
    if value not in CURRENCIES:
        found.append((pointer, f"{shorten(value)} is no ISO 4217 currency; for example IDR, USD or EUR would be"))


def _zone(value: Any, pointer: str, found: list[Fault]) -> None:
    if value not in _zones():
        found.append((pointer, f"{shorten(value)} is no IANA time zone; for example Asia/Jakarta would be"))


def _instant(value: Any, pointer: str, found: list[Fault]) -> None:
    if not EARLIEST <= value < LATEST_INSTANT:
        found.append((pointer, f"{value.isoformat()} is out of range; a time from 1900 to 9998 would be right"))


def shorten(value: Any) -> str:
    """A value as it is shown in a message, never whole where it is long."""
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…'"


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())
