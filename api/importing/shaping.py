"""From rows to CloudEvents: gather the rows of one thing, put them in order of time, apply the rules of the mapping.

A group is taken whole or not at all. An invoice of which one line cannot be read is no smaller purchase, and mending
that line later would meet a purchase that was already recorded.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import DecimalException
from typing import Any

from msgspec import Struct, field

from api.importing.mapping import Change, Condition, EventRule, Mapping, Words
from api.importing.templates import Cell, Fill, Row, Scene, compile_template, written

Test = Callable[[list[Cell]], bool]
Key = tuple[Cell, ...]


class Shaped(Struct):
    """One event and the rows that it was made of."""

    cloud: dict[str, Any]
    rows: list[Row]


class Bundle(Struct):
    """What came of rows that belong together: events, and rows refused with the reason; or nothing."""

    rows: list[Row]
    events: list[Shaped] = field(default_factory=list[Shaped])
    refused: list[tuple[Row, str]] = field(default_factory=list[tuple[Row, str]])


class Unshapeable(ValueError):
    """A rule wants what these rows do not have."""


class Gathering(Struct):
    """The rows of one group so far."""

    rows: list[Row] = field(default_factory=list[Row])
    refused: list[tuple[Row, str]] = field(default_factory=list[tuple[Row, str]])
    last: int = 0


class Shaper:
    """Turns the rows of one file into bundles, in the order in which groups become complete.

    Memory: the rows of the groups that are still open, which `gather.within` bounds. Should a row of a group turn up
    after its group was thought complete, the event made of it has the id of the one recorded and other content, so the
    ledger refuses it: loud, never wrong.
    """

    def __init__(self, mapping: Mapping, places: dict[str, int]) -> None:
        self._where = condition(mapping.where, places)
        self._time = places[mapping.time]
        self._rules = [Rule(mapping, rule, step, places) for step, rule in enumerate(mapping.events)]
        gather = mapping.gather
        self._by = [places[name] for name in gather.by] if gather else None
        self._names = gather.by if gather else ()
        self._within = gather.within if gather and gather.within != "file" else None
        self._open: OrderedDict[Key, Gathering] = OrderedDict()

    def take(self, row: Row, problems: list[str]) -> Iterator[Bundle | None]:
        """One row; gives bundles that it completes, and None where the mapping passes the row over."""
        if not problems and not self._where(row.values):
            yield None
            return
        reason = "; ".join(problems)
        if self._by is None:
            yield Bundle([row], refused=[(row, reason)]) if problems else self._shape([row])
            return
        key = tuple([row.values[index] for index in self._by])
        if None in key:
            yield Bundle(
                [row], refused=[(row, reason or f"nothing to group it by: {self._names[key.index(None)]} is absent")]
            )
            return
        self._gather(key, row, reason)
        yield from self._complete(row.number)

    def finish(self) -> Iterator[Bundle]:
        """The file has ended: every group is complete."""
        while self._open:
            yield self._close(self._open.popitem(last=False)[1])

    def _gather(self, key: Key, row: Row, reason: str) -> None:
        group = self._open.get(key)
        if group is None:
            group = self._open[key] = Gathering()
        elif self._within is not None:
            self._open.move_to_end(key)
        group.last = row.number
        row.place = len(group.rows) + 1
        group.rows.append(row)
        if reason:
            group.refused.append((row, reason))

    def _complete(self, now: int) -> Iterator[Bundle]:
        if self._within is None:
            return
        while self._open:
            key = next(iter(self._open))
            if now - self._open[key].last < self._within:
                return
            yield self._close(self._open.pop(key))

    def _close(self, group: Gathering) -> Bundle:
        return _whole(group.rows, group.refused) if group.refused else self._shape(group.rows)

    def _shape(self, rows: list[Row]) -> Bundle:
        timeless = [(row, "it has no time") for row in rows if row.values[self._time] is None]
        if timeless:
            return _whole(rows, timeless)
        if len(rows) > 1:
            rows = sorted(rows, key=self._moment)  # stable: rows of one moment stay in the file's order
        try:
            found = [made for rule in self._rules for made in rule.apply(rows)]
        except Unshapeable as problem:
            return _whole(rows, [(row, str(problem)) for row in rows])
        found.sort(key=lambda made: made[:2])
        return Bundle(rows, events=[shaped for _, _, shaped in found])

    def _moment(self, row: Row) -> datetime:
        moment = row.values[self._time]
        assert isinstance(moment, datetime)
        return moment


def _whole(rows: list[Row], refused: list[tuple[Row, str]]) -> Bundle:
    """Refuse all rows of a group for the sake of some."""
    own = {row.line for row, _ in refused}
    lines = ", ".join(str(line) for line in sorted(own)[:5])
    rest = [
        (row, f"not taken without the rest of its group: line {lines} is refused")
        for row in rows
        if row.line not in own
    ]
    return Bundle(rows, refused=sorted([*refused, *rest], key=lambda pair: pair[0].line))


class Rule:
    """One event rule, compiled for the places of the values."""

    def __init__(self, mapping: Mapping, rule: EventRule, step: int, places: dict[str, int]) -> None:
        self.step = step
        self._type = rule.type
        self._source = mapping.source
        self._per = rule.per
        self._when = condition(rule.when, places)
        self._changed = changed(rule.change, places) if rule.change else None
        self._time = places[rule.time or mapping.time]
        subject = rule.subject or mapping.subject
        self._id = compile_template(rule.id, places)
        self._subject = compile_template(subject, places) if subject is not None else None
        self._sequence = compile_template(rule.sequence or mapping.sequence, places)
        self._data: Fill = compile_template(rule.data, places)

    def apply(self, rows: list[Row]) -> Iterator[tuple[int, int, Shaped]]:
        """(index of the row, step, event) for each event that this rule finds in rows that stand in order of time."""
        if self._per == "group":
            taken = [(index, row) for index, row in enumerate(rows) if self._when(row.values)]
            if taken:
                yield taken[0][0], self.step, self._event(Scene(taken[0][1], [row for _, row in taken], self.step))
            return
        nth = 0
        before: Row | None = None
        for index, row in enumerate(rows):
            if self._happened(before, row):
                nth += 1
                yield index, self.step, self._event(Scene(row, [row], self.step, nth))
            before = row

    def _happened(self, before: Row | None, row: Row) -> bool:
        if self._changed is not None and not self._changed(before.values if before else None, row.values):
            return False
        return self._when(row.values)

    def _event(self, scene: Scene) -> Shaped:
        moment = scene.row.values[self._time]
        if not isinstance(moment, datetime):
            raise Unshapeable(f"{self._type}: it has no time")
        id_ = self._id(scene)
        if id_ is None:
            raise Unshapeable(f"{self._type}: a value that its id is made of is absent")
        try:
            data = self._data(scene)
        except DecimalException:
            raise Unshapeable(f"{self._type}: a sum has more digits than can be kept") from None
        cloud: dict[str, Any] = {
            "specversion": "1.0",
            "type": self._type,
            "source": self._source,
            "id": str(id_),
            "time": moment.isoformat(),
            "data": data or {},
        }
        subject = self._subject(scene) if self._subject else None
        if subject is not None:
            cloud["subject"] = str(subject)
        sequence = self._sequence(scene)
        if sequence is not None:
            cloud["sequence"] = str(sequence)
        return Shaped(cloud, scene.rows)


# --- conditions ------------------------------------------------------------------------------------------------------


def condition(wanted: dict[str, Condition], places: dict[str, int]) -> Test:
    """Test the values of a row: all conditions hold."""
    tests = [(places[name], one) for name, one in wanted.items()]
    if not tests:
        return lambda _: True
    if len(tests) == 1:  # by far the most common, and asked of every row
        index, only = tests[0]
        return lambda values: holds(only, written(values[index]))
    return lambda values: all(holds(one, written(values[index])) for index, one in tests)


def holds(wanted: Condition, text: str | None) -> bool:
    """Say whether the value is what the condition wants."""
    if wanted.known is not None and wanted.known != (text is not None):
        return False
    if wanted.is_not is not None and text in wanted.is_not:
        return False
    if text is None:
        return wanted.is_ is None and wanted.starts_with is None
    return (
        (wanted.is_ is None or text in wanted.is_)
        and (wanted.starts_with is None or text.startswith(wanted.starts_with))
        and (wanted.starts_not_with is None or not text.startswith(wanted.starts_not_with))
    )


def _among(text: str | None, wanted: Words | None, unwanted: Words | None) -> bool:
    return (wanted is None or text in wanted) and (unwanted is None or text not in unwanted)


def changed(change: Change, places: dict[str, int]) -> Callable[[list[Cell] | None, list[Cell]], bool]:
    """Test two rows that follow each other: the values before (None for the first row) and now."""
    indices = [places[name] for name in change.of]
    index = indices[0]

    def test(before: list[Cell] | None, now: list[Cell]) -> bool:
        if before is None and not change.first:
            return False
        if all((before[i] if before else None) == now[i] for i in indices):
            return False
        was = written(before[index]) if before else None
        return _among(was, change.before, change.before_not) and _among(
            written(now[index]), change.after, change.after_not
        )

    return test
