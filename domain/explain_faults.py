"""Turns a refusal of shape into sentences for the sender: which field, which value, and what would be right.

The fast path reads a whole event at once and stops at the first fault; only when it refuses does this slower one look at
every field, so that a sender can mend all faults in one go.
"""

import difflib
import types
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Annotated, Any, Literal, Union, cast, get_args, get_origin

import msgspec
from msgspec import NODEFAULT, Struct, structs

from domain.errors import InvalidEvent
from domain.events import Event
from domain.vocabulary import LATEST, check_of, hints, metas, shorten

ATTRIBUTES = {
    "specversion": 'has to be "1.0"',
    "id": "has to be a text of 1 to 400 characters that names this event within its source",
    "source": "has to be a text of 1 to 400 characters that names the sending system, e.g. urn:pbx:jakarta",
    "type": "has to be a type of the vocabulary, e.g. call.made",
    "time": "has to be an RFC 3339 time with an offset, e.g. 2026-03-01T09:00:00+07:00",
    "subject": "has to be a customer's id or scheme:value, e.g. crm:C-1001",
    "sequence": "has to be a text that sorts in your order, e.g. 000042",
    "recordedtime": "has to be an RFC 3339 time with an offset",
    "data": "has to be a JSON object with the fields of the type",
}
MOST = 50  # faults that are named: one event could have a hundred thousand
REQUIRED = ("specversion", "id", "source", "type", "time", "data")


def unknown_type(given: str) -> InvalidEvent:
    """No such type; the nearest ones are named."""
    near = difflib.get_close_matches(given.removesuffix(".v1")[:80], LATEST, n=3, cutoff=0.5)
    hint = (
        f"; perhaps {' or '.join(near)}"
        if near
        else f"; the {len(LATEST)} known ones begin with {', '.join(sorted(LATEST)[:4])}, …"
    )
    return InvalidEvent(f"type {shorten(given)} is not in the vocabulary{hint}", pointer="/type")


def attributes(
    raw: Mapping[str, Any], attribute_hints: Mapping[str, Any], error: msgspec.ValidationError
) -> InvalidEvent:
    """What is wrong with the CloudEvents attributes."""
    problems: list[tuple[str, str]] = []
    for name, said in ATTRIBUTES.items():
        value = raw.get(name)
        if value is None:
            problems += [(f"/{name}", f"is missing; it {said}")] * (name in REQUIRED)
        elif value_faults(attribute_hints[name], value, ""):
            problems.append((f"/{name}", f"is {shorten(value)}; it {said}"))
    return refusal(problems or [("", str(error))])


def explain(kind: type[Event], data: Mapping[str, Any], error: msgspec.ValidationError | None = None) -> InvalidEvent:
    """Every fault in the data of an event."""
    problems = object_faults(kind, data, "/data")
    return refusal(problems or [(_place(error), str(error))] if error else problems)


def object_faults(kind: type[Struct], data: Mapping[str, Any], at: str) -> list[tuple[str, str]]:
    """Faults of one object against its type, field by field."""
    expected = hints(kind)
    known = {f.name: f for f in structs.fields(kind) if f.name in expected}
    unknown = [n for n in data if n not in known]
    problems = [(f"{at}/{_short(n)}", _no_such(kind, n)) for n in unknown[:MOST]]
    for name, info in known.items():
        if name in data:
            problems += value_faults(expected[name], data[name], f"{at}/{name}")
        elif info.default is NODEFAULT and info.default_factory is NODEFAULT:
            problems.append((f"{at}/{name}", f"is missing; it has to be {expectation(expected[name])}"))
    return problems


def value_faults(hint: Any, value: Any, at: str) -> list[tuple[str, str]]:
    """Faults of one value, looking into lists and objects."""
    try:
        converted = msgspec.convert(value, hint)
    except msgspec.ValidationError:
        for option in _options(hint):
            if isinstance(value, Mapping) and isinstance(option, type) and issubclass(option, Struct):
                return object_faults(option, cast("Mapping[str, Any]", value), at)
            if isinstance(value, list | tuple) and get_origin(option) is tuple:
                inner, items = get_args(option)[0], cast("Sequence[Any]", value)
                each = (p for i, v in enumerate(items) for p in value_faults(inner, v, f"{at}/{i}"))
                found = list(islice(each, MOST))
                return found or [(at, f"has to be {expectation(hint)}")]
        return [(at, f"is {shorten(value)}; it has to be {expectation(hint)}")]
    found: list[tuple[str, str]] = []
    check = check_of(hint)
    if check is not None and converted is not None:
        check(converted, at, found)
    return found


def expectation(hint: Any) -> str:
    """What would be right, in words."""
    said = next((str((m.extra or {})["expects"]) for m in metas(hint) if (m.extra or {}).get("expects")), None)
    if said:
        return said if get_origin(_options(hint)[0]) is not tuple else f"a list, each {said}"
    return " or ".join(_words(option) for option in _options(hint))


def _words(option: Any) -> str:
    if get_origin(option) is Literal:
        return "one of " + ", ".join(str(a) for a in get_args(option))
    if get_origin(option) is tuple:
        return f"a list, each {expectation(get_args(option)[0])}"
    if get_origin(option) is dict or option is dict:
        return "an object"
    if get_origin(option) is Annotated:
        meta = metas(option)[0]
        bounds = [f"from {meta.ge}"] * (meta.ge is not None) + [f"up to {meta.le}"] * (meta.le is not None)
        length = f"of at most {meta.max_length} characters" if meta.max_length else ""
        return " ".join([_words(get_args(option)[0]), *bounds, length]).strip()
    if isinstance(option, type) and issubclass(option, Struct):
        return "an object with " + ", ".join(f.name for f in structs.fields(option))
    words: dict[Any, str] = {str: "a text", int: "a whole number", bool: "true or false"}
    return words.get(option, "a date, e.g. 2026-03-01")


def _options(hint: Any) -> list[Any]:
    """The alternatives of a type, None left out."""
    if get_origin(hint) in (Union, types.UnionType):
        return [o for a in get_args(hint) if a is not type(None) for o in _options(a)]
    return [hint]


def _no_such(kind: type[Struct], name: str) -> str:
    known = list(hints(kind))
    near = difflib.get_close_matches(name[:80], known, n=1)
    return "is unknown here" + (
        f"; perhaps {near[0]} was meant" if near else f"; known are {', '.join(known) or 'no fields'}"
    )


def _short(name: str) -> str:
    return name if len(name) <= 80 else name[:79] + "…"


def _place(error: msgspec.ValidationError) -> str:
    """The JSON Pointer of a msgspec error (`… - at `$.a[0].b``)."""
    _, _, path = str(error).partition("`$")
    return path.rstrip("`").replace("[", "/").replace("]", "").replace(".", "/") if path else ""


def refusal(problems: list[tuple[str, str]]) -> InvalidEvent:
    """One refusal that names every fault."""
    named = problems[:MOST]
    if len(problems) >= MOST:
        named.append((problems[-1][0].rpartition("/")[0], f"may have more faults than these first {MOST}"))
    return InvalidEvent("; ".join(f"{p} {s}".strip() for p, s in named), problems=tuple(named))
