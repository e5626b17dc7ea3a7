"""Reading the cells of a row into typed values, as a mapping says. What cannot be read refuses the row."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta, timezone, tzinfo
from decimal import Decimal, DecimalException
from functools import lru_cache
from zoneinfo import ZoneInfo

from api.importing.errors import MappingError
from api.importing.mapping import Column, Mapping, Multiply, Negate, Value
from api.importing.templates import EXACT, Cell

Reader = Callable[[Sequence[str], list[Cell]], Cell]
REMEMBERED = 50_000  # distinct texts of a column whose values are kept, so that a repeated one costs a look-up
LONGEST = 25  # digits before the decimal point, or zeros after it, that a number may have
FLAGS = {
    "true": True,
    "yes": True,
    "1": True,
    "t": True,
    "y": True,
    "false": False,
    "no": False,
    "0": False,
    "f": False,
    "n": False,
}


class Unreadable(ValueError):
    """A cell that cannot be what the mapping says it is, or is wanted and absent."""


class RowReader:
    """Reads rows of one file."""

    def __init__(self, mapping: Mapping, header: Sequence[str]) -> None:
        missing = [name for name in mapping.columns if name not in header]
        if missing:
            has = ", ".join(header)
            raise MappingError(
                "the mapping does not fit the file",
                [(name, f"there is no such column; there are {has}") for name in missing],
            )
        self.places = {name: index for index, name in enumerate(mapping.values)}
        self._readers = [_reader(mapping, value, header, self.places) for value in mapping.values.values()]

    def read(self, cells: Sequence[str]) -> tuple[list[Cell], list[str]]:
        """The values in the order of the mapping, and what is wrong with the row (empty: nothing)."""
        values: list[Cell] = []
        problems: list[str] = []
        for reader in self._readers:
            try:
                values.append(reader(cells, values))
            except Unreadable as problem:
                values.append(None)
                problems.append(str(problem))
        return values, problems


def _reader(mapping: Mapping, value: Value, header: Sequence[str], places: dict[str, int]) -> Reader:
    if isinstance(value, Multiply):
        return _multiply([places[name] for name in value.multiply], value.decimals)
    if isinstance(value, Negate):
        return _negate(places[value.negate])
    index = header.index(value.column)
    convert = lru_cache(REMEMBERED)(_converter(value, mapping.empty if value.empty is None else value.empty))
    return lambda cells, _: convert(cells[index])


def _multiply(indices: list[int], decimals: int) -> Reader:
    def product(_: Sequence[str], values: list[Cell]) -> Cell:
        found = Decimal(1)
        for index in indices:
            factor = values[index]
            if not isinstance(factor, int | Decimal):
                return None
            found = _exactly(found, factor)
        return _with_places(found, decimals)

    return product


def _exactly(one: Decimal, other: int | Decimal) -> Decimal:
    try:
        return EXACT.multiply(one, other)
    except DecimalException:
        raise Unreadable(f"{one} times {other} has more digits than can be kept") from None


def _negate(index: int) -> Reader:
    def negated(_: Sequence[str], values: list[Cell]) -> Cell:
        value = values[index]
        return -value if isinstance(value, int | Decimal) and value else value  # no negative zero

    return negated


# --- one column ------------------------------------------------------------------------------------------------------


def _converter(column: Column, empty: tuple[str, ...]) -> Callable[[str], Cell]:
    parse = _PARSERS[column.read](column)

    def convert(cell: str) -> Cell:
        text = cell.strip()
        if text in empty:
            if column.required is not None:
                raise Unreadable(
                    f"{column.column} is empty: {column.required}"
                    if not text
                    else f"{column.column} is {text!r}: {column.required}"
                )
            return None
        text = text.removeprefix(column.strip_prefix)
        if column.map is not None:
            text = _mapped(column, text)
        return parse(text)

    return convert


def _mapped(column: Column, text: str) -> str:
    found = (column.map or {}).get(text, column.otherwise)
    if found is None:
        raise Unreadable(f"{column.column}: {text!r} is none of {', '.join(column.map or ())}")
    return found


def _text(_: Column) -> Callable[[str], Cell]:
    return str


def _flag(column: Column) -> Callable[[str], Cell]:
    def parse(text: str) -> bool:
        found = FLAGS.get(text.lower())
        if found is None:
            raise Unreadable(f"{column.column}: {text!r} is neither true nor false")
        return found

    return parse


def _number(column: Column, text: str) -> Decimal:
    """Exact, without thousands where the mark is a point: 1,234 could mean two things."""
    plain = text if column.decimal_mark == "." else text.replace(".", "").replace(",", ".")
    try:
        number = EXACT.create_decimal(plain)
    except DecimalException:
        number = Decimal("NaN")
    if not number.is_finite() or not -LONGEST <= number.adjusted() <= LONGEST:
        raise Unreadable(f"{column.column}: {text!r} is no number")
    return number


def _decimal(column: Column) -> Callable[[str], Cell]:
    return lambda text: _with_places(_number(column, text), column.decimals)


def _with_places(number: Decimal, places: int) -> Decimal:
    exponent = number.as_tuple().exponent
    return (
        EXACT.quantize(number, Decimal(1).scaleb(-places))
        if isinstance(exponent, int) and exponent > -places
        else number
    )


def _whole(column: Column) -> Callable[[str], Cell]:
    """17850 and 17850.0 are the same number: programs that know no whole numbers write the second."""

    def parse(text: str) -> int:
        number = _number(column, text)
        if number != number.to_integral_value():
            raise Unreadable(f"{column.column}: {text!r} is no whole number")
        return int(number)

    return parse


def _date(column: Column) -> Callable[[str], Cell]:
    return lambda text: _moment(column, text).date()


def _moment(column: Column, text: str) -> datetime:
    try:
        return datetime.fromisoformat(text) if column.format == "iso" else datetime.strptime(text, column.format)  # noqa: DTZ007 - the zone comes next
    except ValueError:
        wanted = "an ISO 8601 time" if column.format == "iso" else f"a time written as {column.format}"
        raise Unreadable(f"{column.column}: {text!r} is not {wanted}") from None


def _time(column: Column) -> Callable[[str], Cell]:
    zone = None if column.zone is None else ZoneInfo(column.zone)

    def parse(text: str) -> datetime:
        moment = _moment(column, text)
        if moment.tzinfo is None:
            if zone is None:
                raise Unreadable(f"{column.column}: {text!r} has no offset from UTC, and the mapping names no zone")
            moment = localised(column, moment, zone)
        # A fixed offset: times of one zone object compare by the hands of the clock, not by the instant.
        return moment.replace(tzinfo=timezone(moment.utcoffset() or timedelta()))

    return parse


def localised(column: Column, wall: datetime, zone: tzinfo) -> datetime:
    """A time by the clocks of a zone; the column says what to do in the hour when they change."""
    first, second = wall.replace(tzinfo=zone, fold=0), wall.replace(tzinfo=zone, fold=1)
    before, after = first.utcoffset() or timedelta(), second.utcoffset() or timedelta()
    if before == after:
        return first
    if before < after and column.skipped_hour == "refuse":
        raise Unreadable(f"{column.column}: the clocks of {column.zone} never showed {wall:%Y-%m-%d %H:%M}")
    if before > after and column.repeated_hour == "refuse":
        raise Unreadable(f"{column.column}: the clocks of {column.zone} showed {wall:%Y-%m-%d %H:%M} twice")
    return second if before > after and column.repeated_hour == "later" else first


_PARSERS: dict[str, Callable[[Column], Callable[[str], Cell]]] = {
    "text": _text,
    "whole": _whole,
    "decimal": _decimal,
    "time": _time,
    "date": _date,
    "flag": _flag,
}
