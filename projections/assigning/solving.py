"""The transport problem in an assignment, solved by HiGHS (`highspy`, MIT): classes of like customers to staff.

Customers of whom nothing differs that matters here are one class, so ten thousand of them are some hundred or thousand rows.
Three linear programmes follow each other: place as many as can be, those worth most first; make loads even; and with these
loads let as many stay where they are, or go to whom they know, as can be. A solution at a corner is whole but for a few
classes, which `rounding` makes whole.

Even is a convex cost: the load of each member of staff runs through steps, each `step` times the one before, that cost
more the higher they are. Where wishes allow, all end in one step; where they do not, what can be moved goes down as far as
it can. One thread and fixed order: the same question has the same answer.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

_UNPLACED = 1.0  # what it costs to leave somebody out; a little more by value
_SLACK = 1e-6  # minutes a month: far less than anything weighs
_LOWEST = 0.05  # of the even load: below this there are no steps


class Kind(NamedTuple):
    """A class of customers who are alike to every member of staff."""

    weight: float
    """Minutes a month of one of them."""
    worth: int
    """0 and up: who is worth more is placed first."""
    staff: tuple[int, ...]
    """Who may have them, as indexes."""
    costs: tuple[float, ...]
    """For each of these, what it costs them to go there: 0 they stay."""


class Place(NamedTuple):
    """A member of staff, and what they have beside those who are to be placed."""

    room: int | None
    """How many more customers; None: any number."""
    load: float
    """Minutes a month of those they keep."""
    share: float
    """How much of the work they can do, against the others' share."""


def solve(kinds: Sequence[Kind], numbers: Sequence[int], places: Sequence[Place], step: float) -> list[list[float]]:
    """How many customers of each class go to each of its staff (in the order of `Kind.staff`); mostly whole numbers."""
    if not kinds or not places:
        return [[0.0] * len(kind.staff) for kind in kinds]
    together = _together(kinds)
    left, held = _even(list(together), [sum(numbers[i] for i in ones) for ones in together.values()], places, step)
    out = _spread(together.values(), left, kinds, numbers)
    model = _Model(kinds, numbers, places)
    model.bound_loads(held)
    solver = model.solver()
    model.leave_out(solver, out)
    found = iter(_run(solver, model.costs(range(model.moves), [c for kind in kinds for c in kind.costs])))
    return [[next(found) for _ in kind.staff] for kind in kinds]


def _together(kinds: Sequence[Kind]) -> dict[Kind, list[int]]:
    """Classes without costs: by indexes, those that only what they know of staff tells apart."""
    together: dict[Kind, list[int]] = {}
    for index, kind in enumerate(kinds):
        together.setdefault(kind._replace(costs=()), []).append(index)
    return together


def _even(
    kinds: Sequence[Kind], numbers: Sequence[int], places: Sequence[Place], step: float
) -> tuple[list[int], list[tuple[float, float]]]:
    """How many of each class are left out at least, and between what the load of each place lies when loads are even."""
    edges = _edges(kinds, numbers, places, step)
    model = _Model(kinds, numbers, places, edges)
    solver = model.solver()
    found = _run(solver, model.costs(model.outs, [_UNPLACED + 0.1 * kind.worth for kind in kinds]))
    left = [round(found[column]) for column in model.outs]
    model.leave_out(solver, left)
    found = _run(solver, model.costs(model.steps, [float(n) for of in edges for n in range(1, len(of))]))
    return left, model.held(found)


def _spread(
    groups: Iterable[Sequence[int]], left: Sequence[int], kinds: Sequence[Kind], numbers: Sequence[int]
) -> list[int]:
    """Whom of a class to leave out: those first whom staying or a known face costs most."""
    out = [0] * len(kinds)
    for ones, number in zip(groups, left, strict=True):
        rest = number
        for index in sorted(ones, key=lambda i: (-min(kinds[i].costs), i)):
            out[index] = min(rest, numbers[index])
            rest -= out[index]
    return out


class _Model:
    """Columns: a number for each class and each of its staff; for each class, left out; for each place, steps of load.

    Rows: each class is placed or left out; each place's load is what stands in its steps (or between bounds, where there
    are none); each place's room.
    """

    def __init__(
        self,
        kinds: Sequence[Kind],
        numbers: Sequence[int],
        places: Sequence[Place],
        edges: Sequence[Sequence[float]] = (),
    ) -> None:
        self.kinds, self.places, self.edges = kinds, places, edges
        self.moves = sum(len(kind.staff) for kind in kinds)
        self.outs = range(self.moves, self.moves + len(kinds))
        self.starts, self.rows, self.values = [0], list[int](), list[float]()
        self.upper: list[float] = []
        self._columns(numbers)
        self.steps = range(self.outs.stop, len(self.upper))
        kept = [-place.load for place in places]
        self.low = [*map(float, numbers), *kept, *[0.0] * len(places)]
        rooms = [float("inf") if place.room is None else float(place.room) for place in places]
        self.high = [*map(float, numbers), *kept, *rooms]

    def _columns(self, numbers: Sequence[int]) -> None:
        loads, rooms = len(self.kinds), len(self.kinds) + len(self.places)
        for row, kind in enumerate(self.kinds):
            for staff in kind.staff:
                self._column((row, 1.0), (loads + staff, kind.weight), (rooms + staff, 1.0), upto=numbers[row])
        for row, number in enumerate(numbers):
            self._column((row, 1.0), upto=number)
        for staff, edges in enumerate(self.edges):
            for low, high in pairwise(edges):
                self._column((loads + staff, -1.0), upto=high - low)

    def _column(self, *entries: tuple[int, float], upto: float) -> None:
        for row, value in entries:
            self.rows.append(row)
            self.values.append(value)
        self.starts.append(len(self.rows))
        self.upper.append(upto)

    def bound_loads(self, held: Sequence[tuple[float, float]]) -> None:
        """Keep each place's load, with what they keep, between these."""
        for row, (place, (low, high)) in enumerate(zip(self.places, held, strict=True), len(self.kinds)):
            self.low[row], self.high[row] = low - place.load - _SLACK, high - place.load + _SLACK

    def solver(self) -> Any:
        """HiGHS with this model."""
        # Imported where it is used: numpy comes along, which nothing else needs.
        import highspy
        import numpy as np

        program: Any = highspy.HighsLp()
        program.num_col_, program.num_row_ = len(self.upper), len(self.low)
        program.col_cost_, program.col_lower_ = np.zeros(len(self.upper)), np.zeros(len(self.upper))
        program.col_upper_ = np.array(self.upper, float)
        program.row_lower_, program.row_upper_ = np.array(self.low, float), np.array(self.high, float)
        program.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        program.a_matrix_.start_ = np.array(self.starts)
        program.a_matrix_.index_ = np.array(self.rows)
        program.a_matrix_.value_ = np.array(self.values, float)
        solver: Any = highspy.Highs()
        for option, value in (("output_flag", False), ("threads", 1), ("random_seed", 1)):
            solver.setOptionValue(option, value)
        solver.passModel(program)
        return solver

    def leave_out(self, solver: Any, left: Sequence[int]) -> None:
        """Say how many of each class are left out."""
        for column, number in zip(self.outs, left, strict=True):
            solver.changeColBounds(column, number, number)

    def costs(self, columns: range, costs: Sequence[float]) -> list[float]:
        """What some columns cost; the others cost nothing."""
        return [*[0.0] * columns.start, *costs, *[0.0] * (len(self.upper) - columns.stop)]

    def held(self, found: Sequence[float]) -> list[tuple[float, float]]:
        """The step in which each place's load ended."""
        held: list[tuple[float, float]] = []
        column = self.steps.start
        for edges in self.edges:
            load = sum(found[column : column + len(edges) - 1])
            column += len(edges) - 1
            index = max(n for n, edge in enumerate(edges[:-1]) if n == 0 or edge < load - _SLACK)
            held.append((edges[index], edges[index + 1]))
        return held


def _run(solver: Any, costs: Sequence[float]) -> list[float]:
    import numpy as np

    solver.changeColsCost(len(costs), np.arange(len(costs), dtype=np.int32), np.array(costs, float))
    solver.run()
    status = solver.modelStatusToString(solver.getModelStatus())
    if status != "Optimal":
        raise RuntimeError(f"an assignment that always has an answer came back as {status}")
    return list(solver.getSolution().col_value)


def _edges(kinds: Sequence[Kind], numbers: Sequence[int], places: Sequence[Place], step: float) -> list[list[float]]:
    """Where the steps of each place's load begin: the even load stands in the middle of one."""
    to_come = sum(kind.weight * number for kind, number in zip(kinds, numbers, strict=True))
    even = (to_come + sum(place.load for place in places)) / sum(place.share for place in places)
    even = max(even, _SLACK)
    factors: list[float] = []
    factor = step**-0.5
    while factor > _LOWEST:
        factors.append(factor)
        factor /= step
    factors = [0.0, *reversed(factors)]
    factor = step**0.5
    most = (to_come + max(place.load for place in places)) / (even * min(place.share for place in places))
    while factors[-1] <= most:
        factors.append(factor)
        factor *= step
    return [[even * place.share * factor for factor in factors] for place in places]
