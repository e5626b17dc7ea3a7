"""Working time: when a calendar is open, and when so many working minutes will have passed.

A `CalendarDocument` is what people write and what is stored: a version of it lists its holidays as dates and so never
changes. A `Calendar` is compiled from it and answers. Instants are microseconds since 1970-01-01T00:00Z.

What the times in a document mean:

- A shift is local wall time and belongs to the day on which it begins. `end` at or before `start` lies on the next day,
  so a holiday takes away the shifts that begin on it, and the night shift before it still ends on its morning.
- Breaks are the gaps between shifts. An exceptional day has the shifts listed for it and no others, holiday or not.
- What has passed is counted in real seconds: a night in which clocks are put back is an hour longer. A wall time means
  the first moment at which the clock shows it or has passed it; one that is skipped is the moment of the jump, and of
  one that comes twice the first counts. So shifts never change order or overlap through a change of clocks.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from itertools import pairwise
from typing import Annotated, Any, Literal, Self, cast
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator

from domain.errors import JejakError, Refusal
from domain.openings import MINUTE_US, WEEKDAYS, Openings, clock_minutes, spell, zone_named

_SPAN_BITS = 45  # a block of openings covers 2**45 µs, a little more than 407 days
_BLOCKS_KEPT = 128
_BLOCKS_AHEAD = 90  # a hundred years: no deadline is meant to be later

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Pause = tuple[int, int | None]  # [from, until) in µs; until None: it still lasts


class InvalidCalendar(Refusal):
    """A calendar's document is wrong; `problems` names each field."""

    code = "invalid-calendar"
    title = "The calendar is not valid"


class Unreachable(JejakError):
    """A calendar has not enough open time for what was asked."""


def _clock(text: str) -> str:
    clock_minutes(text)
    return text


def _zone(name: str) -> str:
    zone_named(name)
    return name


ClockText = Annotated[
    str, AfterValidator(_clock), Field(json_schema_extra={"pattern": r"^([01]\d|2[0-3]):[0-5]\d$|^24:00$"})
]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Shift(_Model):
    """A stretch of open time in local wall time; `end` at or before `start` lies on the next day."""

    start: ClockText
    end: ClockText

    @field_validator("end")
    @classmethod
    def _lasts(cls, end: str, info: ValidationInfo) -> str:
        start = info.data.get("start")
        if start == "24:00":
            raise ValueError("a shift that starts at 24:00 belongs to the next day; write it there, from 00:00")
        if start == end:
            raise ValueError(f"the shift starts and ends at {end}; a whole day is 00:00 to 24:00")
        return end

    @property
    def minutes(self) -> tuple[int, int]:
        """Start and end in minutes since midnight of the day on which it begins; the end may exceed 1440."""
        return spell(self.start, self.end)


def _apart(shifts: tuple[Shift, ...]) -> tuple[Shift, ...]:
    """Shifts in order of time; overlapping ones are most likely a slip of the pen."""
    ordered = sorted(shifts, key=lambda shift: shift.minutes)
    for one, other in pairwise(ordered):
        if one.minutes[1] > other.minutes[0]:
            raise ValueError(f"{one.start}-{one.end} and {other.start}-{other.end} overlap; end one before the other")
    return tuple(ordered)


Shifts = Annotated[tuple[Shift, ...], AfterValidator(_apart)]


class CalendarDocument(_Model):
    """One version of a working calendar, as written in TOML or JSON."""

    name: str = Field(min_length=1, max_length=120)
    version: str = Field(min_length=1, max_length=120)
    zone: Annotated[str, AfterValidator(_zone)]
    shifts: dict[Weekday, Shifts] = {}
    holidays: dict[date, str] = {}  # the date, and what the day is called; a plain list of dates is accepted
    exceptional: dict[date, Shifts] = {}  # the only shifts of that date; none: closed
    always: bool = Field(default=False, validate_default=True)  # open around the clock, every day

    @field_validator("shifts")
    @classmethod
    def _nights_end_in_time(cls, shifts: dict[Weekday, tuple[Shift, ...]]) -> dict[Weekday, tuple[Shift, ...]]:
        for i, day in enumerate(WEEKDAYS):
            late, early = shifts.get(day), shifts.get(WEEKDAYS[(i + 1) % 7])
            if late and early and late[-1].minutes[1] - 1440 > early[0].minutes[0]:
                raise ValueError(f"the last shift of {day} runs into the first of the next day ({early[0].start})")
        return shifts

    @field_validator("holidays", mode="before")
    @classmethod
    def _names_left_out(cls, holidays: object) -> object:
        if not isinstance(holidays, list | tuple | set | frozenset):
            return holidays
        days = list(cast("Iterable[object]", holidays))
        if not all(isinstance(day, Hashable) for day in days):
            raise ValueError('a holiday is a date, such as "2026-03-20", or a date with its name in a table')
        return dict.fromkeys(days, "")

    @field_validator("always")
    @classmethod
    def _always_or_shifts(cls, always: bool, info: ValidationInfo) -> bool:
        closed = [name for name in ("shifts", "holidays", "exceptional") if info.data.get(name)]
        if always and closed:
            raise ValueError(f"a calendar that is always open has no {closed[0]}; leave out one of the two")
        has_shifts = any(info.data.get("shifts", {"?": "?"}).values()) or any(info.data.get("exceptional", {}).values())
        if not always and not has_shifts:
            raise ValueError("the calendar is never open; give shifts, or always = true")
        return always


def draft(
    name: str, version: str, zone: str, shifts: Mapping[Weekday, Sequence[Shift]], *, country: str, years: Iterable[int]
) -> CalendarDocument:
    """Draft a document to look over before it is published, with a country's public holidays (ISO 3166, e.g. ID).

    The dates are copied, so what the library learns later changes no version. NotImplementedError: a country that it
    does not know.
    """
    from holidays import country_holidays  # slow to load, and needed only here

    public = country_holidays(country, years=sorted(years))
    return CalendarDocument(
        name=name,
        version=version,
        zone=zone,
        shifts={day: tuple(of_day) for day, of_day in shifts.items()},
        holidays=dict(sorted(public.items())),
    )


class Calendar:
    """A compiled calendar: the same document gives the same answers. Threads may share it, and it can be pickled."""

    def __init__(self, document: CalendarDocument) -> None:
        self.document = document
        self.zone: ZoneInfo = zone_named(document.zone)
        self.always = document.always
        special: dict[int, list[tuple[int, int]]] = {day.toordinal(): [] for day in document.holidays}
        special |= {day.toordinal(): [s.minutes for s in of_day] for day, of_day in document.exceptional.items()}
        week = [[shift.minutes for shift in document.shifts.get(day, ())] for day in WEEKDAYS]
        self._openings = Openings(self.zone, week, special, span_bits=_SPAN_BITS, kept=_BLOCKS_KEPT)

    @classmethod
    def from_document(cls, document: Mapping[str, Any] | CalendarDocument) -> Self:
        """Compile a document as read from TOML or JSON. InvalidCalendar: names every field that is wrong."""
        if isinstance(document, CalendarDocument):
            return cls(document)
        try:
            return cls(CalendarDocument.model_validate(document))
        except ValidationError as error:
            problems = tuple(_problem(fault) for fault in error.errors(include_url=False))
            detail = "; ".join(f"{at or '/'}: {what}" for at, what in problems)
            raise InvalidCalendar(detail, problems=problems) from None

    def __reduce__(self) -> tuple[type[Self], tuple[CalendarDocument]]:
        return type(self), (self.document,)

    def is_open(self, us: int) -> bool:
        """Tell whether working time passes at this instant; a shift's end is no longer part of it."""
        return self.always or self._openings.is_open(us)

    def next_open(self, us: int) -> int:
        """Find the first open instant at or after `us`. Unreachable: there is none within a hundred years."""
        found = us if self.always else self._openings.next_open(us, _BLOCKS_AHEAD)
        if found is None:
            raise Unreachable(f"calendar {self._label} is never open after {us} µs; add shifts to it")
        return found

    def add_working(self, start_us: int, minutes: float) -> int:
        """Find the first instant at which so many working minutes have passed since `start_us`; for zero, the start.

        Minutes that fill a shift to its end are over at that end, not at the start of the next shift. ValueError:
        negative minutes. Unreachable: the calendar has not so much open time within a hundred years.
        """
        return self._add(start_us, _microseconds(minutes))

    def working_between(self, a_us: int, b_us: int) -> float:
        """Count working minutes from `a_us` to `b_us`, fractions included; negative where `b_us` comes first."""
        return self.working_us_between(a_us, b_us) / MINUTE_US

    def working_us_between(self, a_us: int, b_us: int) -> int:
        """Count as `working_between`, in whole microseconds and therefore exactly."""
        if b_us < a_us:
            return -self.working_us_between(b_us, a_us)
        return b_us - a_us if self.always else self._openings.between(a_us, b_us)

    def deadline(self, start_us: int, minutes: float, paused: Iterable[Pause] = ()) -> int | None:
        """Find as `add_working` does, not counting time inside the pauses, which may overlap and come in any order.

        None: the time is not used up before a pause that still lasts. A deadline reached as a pause begins stands.
        """
        left, now = _microseconds(minutes), start_us
        for begin, end in sorted(paused, key=lambda pause: pause[0]):
            if end is not None and end <= max(begin, now):
                continue
            if begin > now:
                used = self.working_us_between(now, begin)
                if used >= left:
                    break
                left -= used
            if not left:
                break
            if end is None:
                return None
            now = end
        return self._add(now, left)

    def _add(self, start_us: int, amount: int) -> int:
        if self.always or not amount:
            return start_us + amount
        found = self._openings.after(start_us, amount, _BLOCKS_AHEAD)
        if found is None:
            wanted = f"{amount / MINUTE_US:g} working minutes"
            raise Unreachable(f"calendar {self._label} has no {wanted} in the hundred years after {start_us} µs")
        return found

    @property
    def _label(self) -> str:
        return f"{self.document.name} {self.document.version}"


@lru_cache(maxsize=4096)  # the same few durations are asked for again and again
def _microseconds(minutes: float) -> int:
    if not 0 <= minutes < float("inf"):
        raise ValueError(f"{minutes} minutes cannot be added; give zero or more")
    return round(minutes * MINUTE_US)


def _problem(fault: Mapping[str, Any]) -> tuple[str, str]:
    """Turn one of pydantic's faults into (JSON Pointer, sentence)."""
    path = [str(step).replace("~", "~0").replace("/", "~1") for step in fault["loc"] if step != "[key]"]
    sentence = str(fault["msg"]).removeprefix("Value error, ")
    if fault["type"] not in {"value_error", "missing"}:
        sentence += f", not {fault['input']!r:.80}"
    return "".join(f"/{step}" for step in path), sentence
