"""The words that a rulebook is written in: spans, periods, working time, names of series.

Spans are written "90 days", "4 hours", "30 minutes"; working time "4 h", "2 d" (days of the length that the rulebook
sets). A period is a span up to now, "this year", "last month" and the like, or { from = 2026-01-01, until = 2026-07-01 }.
Names of series are those of `domain.facts.Series` in lower case with hyphens: inbound, talk, purchase, …
"""

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from difflib import get_close_matches
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, PlainValidator, Tag

from domain.criteria.periods import CALENDAR, CalendarName
from domain.facts import DAY, HOUR, MINUTE, NEVER, Series

_VERSION = re.compile(r"^[A-Za-z0-9](?:[A-Za-z0-9 ._-]{0,118}[A-Za-z0-9])?$")
_RESERVED = {"in-force", "schema", "percentiles", "check"}  # which mean something else where a version is named
_UNITS = {"minute": MINUTE, "minutes": MINUTE, "hour": HOUR, "hours": HOUR, "day": DAY, "days": DAY}
_SPAN = re.compile(r"^(\d{1,6}(?:\.\d+)?) (minutes?|hours?|days?)$")
_NEARLY = re.compile(r"^(\d{1,5}) ?(days?|d|weeks?|w|months?|years?|y)?$")
_DAYS_OF = {"d": 1, "w": 7, "m": 30, "y": 365}
_WORK = re.compile(r"^(\d{1,6}(?:\.\d+)?) ?(min|h|d)$")


def span(given: Any) -> Any:
    """A span of time in µs."""
    match = _SPAN.match(given) if isinstance(given, str) else None
    if match is None:
        raise ValueError(f"{given!r} is no span of time; {_span_meant(given)}")
    found = int(Decimal(match[1]) * _UNITS[match[2]])
    if found > NEVER // 100:
        raise ValueError(f"{given!r} is longer than any rule needs; give less than 80 years")
    return found


def _span_meant(given: Any) -> str:
    """What may have been meant by what is no span."""
    match = _NEARLY.match(str(given).strip().lower())
    days = int(match[1]) * _DAYS_OF[match[2][:1]] if match and match[2] else 0
    return f'perhaps "{days} days" was meant' if days else 'write for example "90 days", "4 hours" or "30 minutes"'


def _work(given: Any) -> Any:
    match = _WORK.match(given) if isinstance(given, str) else None
    if match is None:
        raise ValueError(f'{given!r} is no working time; write for example "4 h", "2 d" or "30 min"')
    return (float(match[1]), match[2])


def _series(given: str) -> str:
    if given not in SERIES:
        raise ValueError(f"{given!r} is not counted{meant(given, SERIES)}")
    return given


def _version(given: str) -> str:
    if not _VERSION.match(given) or given in _RESERVED:
        raise ValueError(
            f"{given!r} names no version; letters, digits, blanks, dots and hyphens do, such as v2 or 2026-09.1"
        )
    return given


def _when(given: Any) -> Any:
    """A date, or a time: by how it is written, so that midnight is a time and no date."""
    if isinstance(given, date):
        return given
    try:
        return date.fromisoformat(given) if len(given) == len("2026-03-01") else datetime.fromisoformat(given)
    except (TypeError, ValueError):
        raise ValueError(f"{given!r} is no date and no time; write for example 2026-03-01") from None


def meant(given: Any, known: Mapping[str, Any] | list[str]) -> str:
    """What may have been meant, as the second half of a sentence; all that is known where nothing is near."""
    near = get_close_matches(str(given)[:80], list(known), n=1, cutoff=0.6)
    return f'; perhaps "{near[0]}" was meant' if near else f"; known are {', '.join(sorted(known))}"


SERIES = {kind.name.lower().replace("_", "-"): kind for kind in Series}

Span = Annotated[int, BeforeValidator(span, json_schema_input_type=str)]
Work = Annotated[tuple[float, Literal["min", "h", "d"]], BeforeValidator(_work, json_schema_input_type=str)]
SeriesName = Annotated[str, AfterValidator(_series), Field(json_schema_extra={"enum": list[Any](SERIES)})]
Count = Annotated[int, Field(ge=0, le=1000, strict=True)]
Times = Annotated[int, Field(ge=1, le=1000, strict=True)]
Points = Annotated[int, Field(ge=0, le=100, strict=True)]
Kinds = Annotated[list[SeriesName], Field(min_length=1)]
Code = Annotated[str, Field(min_length=1, max_length=120)]
When = Annotated[date | datetime, PlainValidator(_when, json_schema_input_type=str)]
Version = Annotated[str, AfterValidator(_version)]
Currency = Annotated[str, Field(pattern="^[A-Z]{3}$")]
Severity = Literal["low", "normal", "high", "critical"]


class Model(BaseModel):
    """Unknown fields are mistakes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Dates(Model):
    """A fixed period: from the first moment of a date (in the zone of `contact`) or a time on, until another."""

    start: When = Field(alias="from")
    until: When


def _kind_of_period(given: Any) -> str:
    if isinstance(given, Mapping | Dates):
        return "(dates)"
    # What is not in the calendar is meant as a span, and refused as one.
    return "(calendar)" if isinstance(given, str) and given in CALENDAR else "(span)"


PeriodName = Annotated[
    Annotated[Span, Tag("(span)")] | Annotated[CalendarName, Tag("(calendar)")] | Annotated[Dates, Tag("(dates)")],
    Discriminator(_kind_of_period),
]
