"""Templates: texts with `{value}` in them, and the data of an event built of them.

A text that is exactly one `{value}` gives the value itself (a whole number stays a number). A text that speaks of an
absent value is itself absent, and an absent field is left out. `{{` and `}}` are braces. A table with only `each`
becomes a list, one entry for each row of the group; a table with only `sum` becomes the exact sum of a value over the
group. All else is as written.

Beside the values there are: `row`, the row's number in the file, 9 digits; `place`, its number in its group, 6 digits;
`step`, the number of the rule, 2 digits; `nth`, how many events this rule gave for the group so far, this one
included.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Context, Decimal, Inexact, InvalidOperation
from string import Formatter
from typing import Any, cast

from msgspec import Struct

Cell = str | int | bool | Decimal | datetime | date | None
EXACT = Context(prec=60, traps=[Inexact, InvalidOperation])  # a sum that had to be rounded is an error, never a figure
BUILT_IN = ("row", "place", "step", "nth")


class Row(Struct):
    """One row of a file: where it stands, what it says, and its cells as they were, for the rejects."""

    line: int
    number: int
    values: list[Cell]
    cells: Sequence[str]
    place: int = 1


class Scene(Struct):
    """What a template is filled from: the row, the rows of its group that the rule took, and the rule's own counts."""

    row: Row
    rows: list[Row]
    step: int = 0
    nth: int = 1


Fill = Callable[[Scene], Any]
_BUILT_IN: dict[str, Callable[[Scene], str]] = {
    "row": lambda s: f"{s.row.number:09d}",
    "place": lambda s: f"{s.row.place:06d}",
    "step": lambda s: f"{s.step:02d}",
    "nth": lambda s: str(s.nth),
}


def plain(value: Cell) -> Any:
    """A value as JSON has it: decimals are text, and so are times."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value.isoformat() if isinstance(value, date) else value


def written(value: Cell) -> str | None:
    """A value inside a longer text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    shown = plain(value)
    return shown if shown is None else str(shown)


def names_in(part: Any) -> Iterator[str]:
    """The names that a template speaks of. A ValueError says what is wrong with it."""
    if isinstance(part, str):
        for _, name, spec, conversion in _pieces(part):
            if name is not None:
                if not name.isidentifier() or spec or conversion:
                    raise ValueError(f"{part!r}: only {{name}} can stand in braces; write {{{{ and }}}} for braces")
                yield name
    elif isinstance(part, dict):
        table = cast(dict[str, Any], part)
        if set(table) == {"sum"}:
            yield str(table["sum"])
        else:
            for inner in table.values():
                yield from names_in(inner)
    elif isinstance(part, list):
        for inner in cast(list[Any], part):
            yield from names_in(inner)
    elif isinstance(part, float):
        raise ValueError(f'{part}: write a decimal in quotes, e.g. "{part}", so that it stays exact')  # noqa: TRY004 - pydantic reads ValueError


def _pieces(text: str) -> list[tuple[str, str | None, str | None, str | None]]:
    try:
        return list(Formatter().parse(text))
    except ValueError as broken:
        raise ValueError(f"{text!r}: {broken}; write {{{{ and }}}} for braces") from broken


def compile_template(part: Any, places: Mapping[str, int]) -> Fill:
    """A function that fills the template; `places` says at which index of a row's values each name is."""
    if isinstance(part, str):
        return _text(part, places)
    if isinstance(part, dict):
        table = cast(dict[str, Any], part)
        if set(table) == {"sum"}:
            return _sum(places[table["sum"]])
        if set(table) == {"each"}:
            return _each(compile_template(table["each"], places))
        return _table({name: compile_template(inner, places) for name, inner in table.items()})
    if isinstance(part, list):
        inner = [compile_template(one, places) for one in cast(list[Any], part)]
        return lambda scene: [filled for fill in inner if (filled := fill(scene)) is not None]
    return lambda _: part


def _text(text: str, places: Mapping[str, int]) -> Fill:
    pieces = [(literal, name) for literal, name, _, _ in _pieces(text)]
    names = [name for _, name in pieces if name is not None]
    if not names:
        constant = "".join(literal for literal, _ in pieces)
        return lambda _: constant
    if pieces == [("", names[0])]:
        return _value(names[0], places)
    return _joined([(literal, None if name is None else _value(name, places)) for literal, name in pieces])


def _value(name: str, places: Mapping[str, int]) -> Fill:
    if name in places:
        index = places[name]
        return lambda scene: plain(scene.row.values[index])
    return _BUILT_IN[name]


def _joined(pieces: list[tuple[str, Fill | None]]) -> Fill:
    def fill(scene: Scene) -> str | None:
        parts: list[str] = []
        for literal, value in pieces:
            parts.append(literal)
            if value is not None:
                shown = written(value(scene))
                if shown is None:
                    return None
                parts.append(shown)
        return "".join(parts)

    return fill


def _table(fields: dict[str, Fill]) -> Fill:
    pairs = list(fields.items())

    def fill(scene: Scene) -> dict[str, Any] | None:
        found = {name: filled for name, fill in pairs if (filled := fill(scene)) is not None}
        return found if found or not pairs else None

    return fill


def _sum(index: int) -> Fill:
    def fill(scene: Scene) -> str:
        total = Decimal(0)
        for row in scene.rows:
            value = row.values[index]
            if isinstance(value, int | Decimal):
                total = EXACT.add(total, value)
        return f"{total:f}"

    return fill


def _each(entry: Fill) -> Fill:
    return lambda scene: [entry(Scene(row=row, rows=scene.rows, step=scene.step, nth=scene.nth)) for row in scene.rows]
