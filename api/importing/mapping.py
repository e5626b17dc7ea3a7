"""A mapping: which events the rows of a file are, as a document with no code in it.

README.md beside this shows how to write one.

Three steps, each a part of the document: `values` reads columns into typed values; `gather` (optional) collects the
rows of one thing; `events` says which events come of them. Templates and conditions speak of values only, never of
columns, so everything that can be wrong with a mapping but its columns is found before a row is read.
"""

import tomllib
from collections.abc import Iterator
from collections.abc import Mapping as Lookup
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, ValidationError, field_validator, model_validator

from api.importing.errors import MappingError
from api.importing.templates import BUILT_IN, names_in
from domain.vocabulary import TYPES, hints, is_beside, stored_name

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Words = tuple[str, ...]


class Model(BaseModel):
    """Every part of the document: unknown fields are mistakes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Column(Model):
    """A value read from one column.

    A cell that is one of `empty` is absent: no value, or where `required` gives the reason, a refusal.
    """

    column: str
    read: Literal["text", "whole", "decimal", "time", "date", "flag"] = "text"
    required: str | None = None  # the reason that a row without it is refused with
    empty: Words | None = None  # instead of the mapping's own
    strip_prefix: str = ""
    map: dict[str, str] | None = None
    otherwise: str | None = None  # for what `map` does not name; left out, such a row is refused
    decimal_mark: Literal[".", ","] = "."
    decimals: Annotated[int, Field(ge=0, le=6)] = 0  # written with at least so many places
    format: str = "iso"  # of a time or date: "iso" or a pattern such as "%d-%m-%Y %H:%M"
    zone: str | None = None  # of a time that does not say its own
    repeated_hour: Literal["earlier", "later", "refuse"] = "earlier"  # a time that the clocks showed twice
    skipped_hour: Literal["refuse", "shift"] = "refuse"  # a time that the clocks skipped

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, zone: str | None) -> str | None:
        if zone is not None:
            try:
                ZoneInfo(zone)
            except (ZoneInfoNotFoundError, ValueError) as unknown:
                raise ValueError(f"{zone!r} is no IANA time zone; for example Asia/Jakarta would be") from unknown
        return zone

    @model_validator(mode="after")
    def _sensible(self) -> "Column":
        if self.read == "time" and self.zone is None and self.format != "iso" and "%z" not in self.format:
            raise ValueError("a time needs its `zone`, unless the format reads an offset (%z)")
        if self.read not in ("time", "date") and {"format", "zone"} & self.model_fields_set:
            raise ValueError('`format` and `zone` belong to read = "time" or "date"')
        if self.otherwise is not None and self.map is None:
            raise ValueError("`otherwise` belongs to a `map`")
        return self


class Multiply(Model):
    """The exact product of other values."""

    multiply: Annotated[tuple[Name, ...], Field(min_length=2)]
    decimals: Annotated[int, Field(ge=0, le=6)] = 0


class Negate(Model):
    """Another value with its sign turned."""

    negate: Name


def _kind_of_value(given: Any) -> str:
    return next((kind for kind in ("multiply", "negate") if isinstance(given, dict) and kind in given), "column")


Value = Annotated[
    Annotated[Column, Tag("column")] | Annotated[Multiply, Tag("multiply")] | Annotated[Negate, Tag("negate")],
    Discriminator(_kind_of_value),
]


class Condition(Model):
    """What a value must be, as text; all that is given must hold. Of an absent one only `known` and `is_not` can."""

    is_: Words | None = Field(None, validation_alias="is")
    is_not: Words | None = None
    starts_with: str | None = None
    starts_not_with: str | None = None
    known: bool | None = None

    @field_validator("is_", "is_not", mode="before")
    @classmethod
    def _one_or_many(cls, given: Any) -> Any:
        return (given,) if isinstance(given, str) else given


class Gather(Model):
    """Collect the rows that agree in `by`; complete when none came for `within` rows, or at the end of the file."""

    by: Annotated[tuple[Name, ...], Field(min_length=1)]
    within: Annotated[int, Field(ge=1)] | Literal["file"] = "file"


class Change(Model):
    """From one row to the next one of the same thing, in order of time, one of the values in `of` became another."""

    of: Annotated[tuple[Name, ...], Field(min_length=1)]
    before: Words | None = None  # only from one of these; from, to: only where `of` is one value
    before_not: Words | None = None
    after: Words | None = None
    after_not: Words | None = None
    first: bool = False  # the first row counts as a change from nothing

    @field_validator("of", mode="before")
    @classmethod
    def _one_or_many(cls, given: Any) -> Any:
        return (given,) if isinstance(given, str) else given

    @model_validator(mode="after")
    def _one_value(self) -> "Change":
        if len(self.of) > 1 and {"before", "before_not", "after", "after_not"} & self.model_fields_set:
            raise ValueError("`before` and `after` speak of one value; `of` names several")
        return self


class EventRule(Model):
    """One kind of event: of each row, of each gathered group, or of each change between its rows."""

    type: str
    per: Literal["row", "group", "change"] = "row"
    change: Change | None = None
    when: dict[Name, Condition] = Field(default_factory=dict[str, Condition])
    id: str
    subject: str | None = None  # instead of the mapping's own
    time: Name | None = None
    sequence: str | None = None
    data: dict[str, Any] = Field(default_factory=dict[str, Any])

    @field_validator("type")
    @classmethod
    def _known_type(cls, given: str) -> str:
        name = stored_name(given)
        if name is None:
            raise ValueError(f"there is no event type {given!r}; for example purchase.made would be one")
        return name

    @model_validator(mode="after")
    def _change_where_per_change(self) -> "EventRule":
        if (self.per == "change") != (self.change is not None):
            raise ValueError('`change` belongs to per = "change", which needs it')
        unknown = sorted(set(self.data) - set(hints(TYPES[self.type])) - {"contact_point"})
        if unknown:
            raise ValueError(f"{self.type} has no field {unknown[0]!r}; it has {', '.join(hints(TYPES[self.type]))}")
        return self


class Csv(Model):
    """How the text is written."""

    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","
    encoding: str = "utf-8"

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, given: str) -> str:
        try:
            "".encode(given)
        except LookupError as unknown:
            raise ValueError(f"{given!r} is no encoding; for example utf-8 or cp1252 would be") from unknown
        return given


class Mapping(Model):
    """The whole document."""

    about: str = ""
    source: Annotated[str, Field(min_length=1, max_length=200)]
    subject: str | None = None
    time: Name
    sequence: str = "{row}.{step}"
    empty: Words = ("",)
    csv: Csv = Csv()
    values: dict[Name, Value]
    where: dict[Name, Condition] = Field(
        default_factory=dict[str, Condition]
    )  # other rows are passed over, not refused
    gather: Gather | None = None
    events: Annotated[tuple[EventRule, ...], Field(min_length=1)]

    @field_validator("values", mode="before")
    @classmethod
    def _plain_columns(cls, given: Any) -> Any:
        """`name = "Column"` is short for a text column."""
        if not isinstance(given, dict):
            return given
        table = cast(dict[str, Any], given)
        return {name: {"column": value} if isinstance(value, str) else value for name, value in table.items()}

    @model_validator(mode="after")
    def _names_are_values(self) -> "Mapping":
        known = dict.fromkeys(self.values)
        _products_come_later(self.values)
        for where, name in _names_used(self):
            if name not in known and name not in BUILT_IN:
                raise ValueError(f"{where} speaks of {name!r}, which is no value; there are {', '.join(known)}")
        for number, rule in enumerate(self.events):
            _fits(self, rule, f"events.{number}")
        return self

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that a file must have."""
        return tuple(dict.fromkeys(v.column for v in self.values.values() if isinstance(v, Column)))


def _products_come_later(values: Lookup[str, Value]) -> None:
    seen: set[str] = set()
    for name, value in values.items():
        needs = () if isinstance(value, Column) else value.multiply if isinstance(value, Multiply) else (value.negate,)
        for needed in needs:
            if needed not in seen:
                raise ValueError(f"values.{name} needs {needed!r}, which must be a value given before it")
            part = values[needed]
            if isinstance(part, Column) and part.read not in ("whole", "decimal"):
                raise ValueError(f'values.{name} needs {needed!r} as a number: read = "whole" or "decimal"')
        seen.add(name)


def _fits(mapping: Mapping, rule: EventRule, where: str) -> None:
    """What an event rule needs of the rest of the document."""
    if rule.per != "row" and mapping.gather is None:
        raise ValueError(f'{where}: per = "{rule.per}" needs a [gather]')
    time = mapping.values.get(rule.time or mapping.time)
    if not (isinstance(time, Column) and time.read == "time"):
        raise ValueError(f'{where}: {rule.time or mapping.time!r} is no value with read = "time"')
    if (
        (rule.subject or mapping.subject) is None
        and "contact_point" not in rule.data
        and not is_beside(TYPES[rule.type])
    ):
        raise ValueError(f"{where}: nothing says whose it is; give a subject or data.contact_point")


def _names_used(mapping: Mapping) -> Iterator[tuple[str, str]]:
    """Every name that the document speaks of, and where."""
    yield "time", mapping.time
    yield from (("where", name) for name in mapping.where)
    yield from (("gather.by", name) for name in (mapping.gather.by if mapping.gather else ()))
    for field, text in (("subject", mapping.subject), ("sequence", mapping.sequence)):
        yield from ((field, name) for name in names_in(text))
    for number, rule in enumerate(mapping.events):
        at = f"events.{number}"
        yield from ((f"{at}.when", name) for name in rule.when)
        yield from ((f"{at}.change.of", name) for name in (rule.change.of if rule.change else ()))
        for field, part in (
            ("id", rule.id),
            ("subject", rule.subject),
            ("sequence", rule.sequence),
            ("data", rule.data),
        ):
            yield from ((f"{at}.{field}", name) for name in names_in(part))


# --- finding and reading one -----------------------------------------------------------------------------------------


def shipped() -> list[str]:
    """The names of the mappings that come with Jejak."""
    folder = resources.files("api.importing.mappings")
    return sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml"))


def load(name: str) -> Mapping:
    """A mapping that ships with Jejak, by name, or one in a file, by path."""
    path = Path(name)
    if name in shipped():
        text = (resources.files("api.importing.mappings") / f"{name}.toml").read_text("utf-8")
    elif path.is_file():
        text = path.read_text("utf-8")
    else:
        raise MappingError(
            name, [("", f"there is no such file, and no mapping of that name; there are {', '.join(shipped())}")]
        )
    return parse(text, where=name)


def parse(text: str, *, where: str = "the mapping") -> Mapping:
    """Read a document; a MappingError names every field that is wrong."""
    try:
        return Mapping.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as broken:
        raise MappingError(where, [("", f"this is not TOML: {broken}")]) from broken
    except ValidationError as invalid:
        found = [(_field(e["loc"]), e["msg"].removeprefix("Value error, ")) for e in invalid.errors()]
        raise MappingError(where, found) from invalid


def _field(location: tuple[int | str, ...]) -> str:
    """Where in the document: without the tags by which pydantic tells values apart."""
    parts = [str(part) for n, part in enumerate(location) if not (n == 2 and location[0] == "values")]
    return ".".join(part for part in parts if part != "[key]")
