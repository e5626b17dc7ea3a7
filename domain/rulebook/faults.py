"""One fault of shape in a rulebook, as pydantic finds it, in words for who wrote it: where, what is wrong, what would be right."""

from collections.abc import Iterable, Mapping
from types import UnionType
from typing import Annotated, Any, Union, cast, get_args, get_origin

from pydantic import BaseModel

from domain.rulebook.criteria import GROUPS, MEASURES, UNKNOWN_MEASURE, kind_of
from domain.rulebook.model import Rulebook
from domain.rulebook.words import meant

_WORDS = {
    "int_type": "has to be a whole number, without quotes",
    "int_parsing": "has to be a whole number",
    "int_from_float": "has to be a whole number",
    "float_type": "has to be a number, without quotes",
    "float_parsing": "has to be a number",
    "decimal_parsing": 'has to be an amount, e.g. 500 or "499.90"',
    "decimal_type": 'has to be an amount, e.g. 500 or "499.90"',
    "string_type": "has to be a text, in quotes",
    "bool_type": "has to be true or false",
    "bool_parsing": "has to be true or false",
    "list_type": "has to be a list, in [ ]",
    "dict_type": "has to be a table of names and values",
    "model_type": "has to be a table of fields, in { } or under a heading",
    "model_attributes_type": "has to be a table of fields, in { } or under a heading",
    "datetime_type": "has to be a time with an offset, e.g. 2026-03-01T09:00:00+07:00",
    "datetime_parsing": "has to be a time with an offset, e.g. 2026-03-01T09:00:00+07:00",
    "datetime_from_date_parsing": "has to be a date or a time, e.g. 2026-03-01",
    "date_from_datetime_inexact": "has to be a date or a time with an offset",
    "date_from_datetime_parsing": "has to be a date, e.g. 2026-03-01",
}
_PATTERNS = {  # by the field that has one
    "start": 'has to be a time of day, e.g. "20:00"',
    "end": 'has to be a time of day, e.g. "08:00"',
    "currency": 'has to be a currency by its code, e.g. "IDR"',
    "trust": 'has to be points, or a comparison such as ">= 60"',
}
_LIMITS = {
    "greater_than_equal": ("ge", "{} or more"),
    "greater_than": ("gt", "more than {}"),
    "less_than_equal": ("le", "{} or less"),
    "less_than": ("lt", "less than {}"),
}


def sentence_of(fault: Mapping[str, Any], document: Mapping[str, Any]) -> tuple[str, str]:
    """(JSON Pointer, sentence) of one of pydantic's faults."""
    pointer, place = _place(fault, document)
    kind, given = str(fault["type"]), fault["input"]
    context: Mapping[str, Any] = fault.get("ctx", {})
    last = fault["loc"][-1] if fault["loc"] else ""
    if kind == "missing":
        return pointer, f"is missing{_beside(place)}"
    if kind == "extra_forbidden":
        return pointer, f"there is no field {last!r} here{meant(last, fields_at(pointer, document))}"
    if kind == UNKNOWN_MEASURE:
        return _criterion(pointer, given)
    if kind == "literal_error":
        return pointer, f"{_short(given)} is not known here; it has to be {context['expected']}"
    if kind == "value_error":
        return pointer, str(fault["msg"]).removeprefix("Value error, ")
    if kind == "string_pattern_mismatch" and last in _PATTERNS:
        return pointer, f"is {_short(given)}; it {_PATTERNS[last]}"
    if kind == "too_short":
        return pointer, "is empty; at least one is needed here"
    if kind in _LIMITS:
        name, words = _LIMITS[kind]
        return pointer, f"is {_short(given)}; it has to be {words.format(context[name])}"
    if kind in _WORDS:
        return pointer, f"is {_short(given)}; it {_WORDS[kind]}"
    return pointer, f"is {_short(given)}: {fault['msg']}"


def _short(given: Any) -> str:
    text = f'"{given}"' if isinstance(given, str) else str(given)
    return text if len(text) <= 80 else f"{text[:79]}…"


def _beside(place: Any) -> str:
    """What else stands in a table in which something is missing."""
    if not isinstance(place, Mapping):
        return ""
    named = [str(name) for name in cast("Mapping[str, Any]", place)][:6]
    return f" beside {', '.join(named)}" if named else ""


def _criterion(pointer: str, given: Any) -> tuple[str, str]:
    """A criterion of which the measure is not known, or is not said."""
    if not isinstance(given, Mapping):
        return pointer, f'is {_short(given)}; it has to be a criterion, e.g. {{ measure = "ended" }}'
    name = cast("Mapping[str, Any]", given).get("measure")
    if name is None:
        return (
            pointer,
            f"has no measure, and is none of the groups any, all, not; known are {', '.join(sorted(MEASURES))}",
        )
    return f"{pointer}/measure", f'there is no measure "{name}"{meant(name, MEASURES)}'


def _place(fault: Mapping[str, Any], document: Mapping[str, Any]) -> tuple[str, Any]:
    """Where it lies, as a JSON Pointer, and the table that holds it; steps that are not in the document are left out."""
    path, last = "", len(fault["loc"]) - 1
    place: Any = document
    for i, step in enumerate(fault["loc"]):
        found, inner = _step(place, step)
        if not found and (i != last or fault["type"] not in {"missing", "extra_forbidden"}):
            continue
        place = inner if found else place
        path += "/" + str(step).replace("~", "~0").replace("/", "~1")
    return path, place


def _step(place: Any, step: str | int) -> tuple[bool, Any]:
    """Whether a table or list has this field or entry, and which."""
    if isinstance(place, list):
        items = cast("list[Any]", place)
        return (True, items[step]) if isinstance(step, int) and step < len(items) else (False, None)
    if isinstance(place, Mapping):
        fields = cast("Mapping[Any, Any]", place)
        return step in fields, fields.get(step)
    return False, None


# --- which fields there are -------------------------------------------------------------------------------------------


def fields_at(pointer: str, document: Mapping[str, Any]) -> list[str]:
    """The names of the fields that the table may have which holds the field at `pointer`."""
    steps = [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:-1]]
    kinds: list[Any] = [Rulebook]
    place: Any = document
    for step in steps:
        _, place = _step(place, int(step) if isinstance(place, list) else step)
        kinds = [inner for kind in kinds for inner in _inner(kind, step)]
    if isinstance(place, Mapping) and (name := kind_of(place)) is not None:
        kinds = [k for k in kinds if k is MEASURES.get(name) or k is GROUPS.get(name.strip("()"))] or kinds
    return [name for kind in kinds if _is_model(kind) for name in _names(kind)]


def _inner(kind: Any, step: str) -> Iterable[Any]:
    """The types that a field, or an entry, of something of this type may have."""
    if _is_model(kind):
        fields = {(field.alias or name): field for name, field in kind.model_fields.items()}
        return _models(fields[step].annotation) if step in fields else ()
    return _models(get_args(kind)[-1]) if get_origin(kind) in (list, dict) else ()


def _models(hint: Any) -> Iterable[Any]:
    """The alternatives of a type."""
    if get_origin(hint) is Annotated:
        return _models(get_args(hint)[0])
    if get_origin(hint) in (Union, UnionType):
        return [found for option in get_args(hint) for found in _models(option)]
    return [hint]


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _names(kind: type[BaseModel]) -> Iterable[str]:
    return (field.alias or name for name, field in kind.model_fields.items())
