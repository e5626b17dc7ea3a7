"""What a report is: a small file that says what it gathers from each customer and what table that makes.

    REPORT = Report("funnel", title, about, collect, table, …)

`collect(part, seen, frame)` adds what one customer contributes to `part`, a dictionary that starts empty and can be pickled;
parts of several processes are put together by `merge`, whose rules are those of addition: numbers are added, lists joined,
sets united, dictionaries merged by key. `table(part, frame)` makes the rows. So a report knows nothing of processes,
databases or formats, and its sums add up in whatever order customers come.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, cast

if TYPE_CHECKING:
    from projections.reports.seeing import Frame, Seen

Kind = Literal["text", "count", "number", "money", "share", "days", "day", "instant", "event"]
"""What the values of a column are.

text      str; never a person's name: staff and products by their codes, customers by their ids
count     int
number    float or Decimal, e.g. a lift or a quantity
money     Decimal, in the currency that another column of the row names
share     float from 0 to 1; None where it is a share of nothing
days      float
day       a calendar day, as `date`
instant   µs since 1970
event     a CloudEvent that is ready to be posted, as a dictionary; None where nothing is suggested
"""

Look = Literal["", "bar", "heat", "file"]
Part = dict[Any, Any]
Every = Literal["day", "week", "month", "quarter", "year"]


class Column(NamedTuple):
    """One column of a report."""

    name: str
    kind: Kind
    about: str = ""
    look: Look = ""
    """How a terminal shows it beside its number; `file`: not at all, only files have it."""


class Made(NamedTuple):
    """A finished table."""

    columns: tuple[Column, ...]
    rows: list[tuple[Any, ...]]
    suggestions: list[dict[str, Any]] = []  # noqa: RUF012 - a default of a tuple's field, which nobody changes
    """CloudEvents `outreach.planned` that would follow from the report, whether or not rows show them."""


class Asked(NamedTuple):
    """The question: three coordinates, a period, and how to cut it. Instants are µs since 1970."""

    as_of: int
    known_at: int
    """The last position that counts."""
    rulebook: str
    """A version, or `in-force`."""
    since: int
    until: int
    """The period [since, until); never beyond `as_of`."""
    by: tuple[str, ...] = ()
    every: Every | None = None


@dataclass(frozen=True)
class Report:
    """A report, as its own file declares it."""

    name: str
    title: str
    about: str
    collect: Callable[[Part, "Seen", "Frame"], None]
    table: Callable[[Part, "Frame"], Made]
    by: tuple[str, ...] = ()
    """What it can be cut by; several at once are crossed. `all` and the like are not needed: nothing given is one row."""
    default: tuple[str, ...] = ()
    """What it is cut by where the question does not say."""
    every: Every | None = None
    """The length of its periods where the question does not say; None: one for the whole time."""
    several: bool = True
    """Whether `by` may name several."""
    timed: bool = True
    """Whether it is about a period; if not, about the moment `as_of` alone."""
    periods: bool = True
    """Whether that can be cut into months and the like."""
    days: int | None = None
    """How many days back it looks where the question does not say; None: all there is."""
    recorded: bool = False
    """Whether it asks when an event was recorded."""
    suggests: bool = False
    """Whether what it finds can become outreach."""


def merge(into: Part, other: Mapping[Any, Any]) -> None:
    """Add one part to another, in place; `other` is not used any more afterwards."""
    for key, value in other.items():
        known = into.get(key)
        if known is None:
            into[key] = value
        elif isinstance(known, dict):
            merge(cast("Part", known), value)
        elif isinstance(known, list):
            cast("list[Any]", known).extend(value)
        elif isinstance(known, set):
            cast("set[Any]", known).update(value)
        else:
            into[key] = known + value


def add(part: Part, key: Any, amount: Any = 1) -> None:
    """Add to a number of a part."""
    known = part.get(key)
    part[key] = amount if known is None else known + amount


def inner(part: Part, key: Any) -> Part:
    """The dictionary under a key of a part; an empty one at first."""
    found: Part | None = part.get(key)
    if found is None:
        found = part[key] = {}
    return found


def share(of: float, whole: float) -> float | None:
    """A share; None of nothing."""
    return of / whole if whole else None


UNKNOWN = ""
"""What stands for a value that nobody gave, so that keys can be sorted; shown as nothing."""
