"""given / when / then over events.

    given(a(ComplaintOpened, day=1)).when(a(ComplaintResolved, day=2)).then(rows("complaints")[0]["state"] ==
    "resolved")

`a` makes an event of the shared examples on a day of the story; `Spec` folds events and shows rows as dictionaries,
by column.
"""

from collections.abc import Sequence
from itertools import count
from typing import Any, Self

import msgspec

from domain.events import Event
from domain.facts import Customer
from domain.rules import Rules, first_rules
from projections import fold
from projections.state import State
from tests import examples

_names = count(1)
_COLUMNS = {table.name: [name for name, _ in table.columns] for table in fold.TABLES}


def a(kind: type[Event], day: float = 0, hour: float = 0, /, **fields: Any) -> Any:
    """An event of this type like the shared example, on a day of the story, with an id of its own."""
    fields.setdefault("id", examples.uid(f"{kind.__name__} {next(_names)}"))
    fields.setdefault("at", examples.day(day, hour))
    return examples.example(kind, **fields)


def numbered(events: Sequence[Event]) -> list[Event]:
    """The same events as a stream that recorded them in this order."""
    return [msgspec.structs.replace(event, version=version) for version, event in enumerate(events, 1)]


class Spec:
    """A history, and what is folded from it."""

    def __init__(self, events: Sequence[Event], rules: Rules | None = None) -> None:
        self.events = list(events)
        self.rules = rules or first_rules()

    def when(self, *events: Event) -> Self:
        """Further events happen."""
        return type(self)([*self.events, *events], self.rules)

    def under(self, rules: Rules) -> Self:
        """Judged by other rules."""
        return type(self)(self.events, rules)

    @property
    def state(self) -> State:
        """The folded state."""
        return fold.fold(numbered(self.events), self.rules)

    @property
    def customer(self) -> Customer:
        """The facts."""
        return self.state.customer

    def rows(self, table: str) -> list[dict[str, Any]]:
        """All rows of a table, with what is stored as JSON read."""
        return [as_dict(table, row) for row in fold.render(self.state, self.rules)[table]]

    def at(self, table: str, day: float, hour: float = 0) -> list[dict[str, Any]]:
        """The rows of an interval table that hold on a day of the story."""
        now = examples.day(day, hour)
        return [row for row in self.rows(table) if row["from_at"] <= now < row["until_at"]]

    def stages(self) -> list[tuple[str, str]]:
        """(stage, clause), oldest first."""
        return [(row["stage"], row["clause"]) for row in self.rows("stages")]

    def profile(self) -> dict[str, Any]:
        """The profile's document."""
        return self.rows("profile")[0]["document"]


def as_dict(table: str, row: tuple[Any, ...]) -> dict[str, Any]:
    """A rendered row by column."""
    fields = dict(zip(_COLUMNS[table], row, strict=True))
    for name in ("document", "reason", "why", "detail"):
        if isinstance(fields.get(name), str) and fields[name][:1] in "{[":
            fields[name] = msgspec.json.decode(fields[name])
    return fields


def given(*events: Event) -> Spec:
    """A history so far."""
    return Spec(events)
