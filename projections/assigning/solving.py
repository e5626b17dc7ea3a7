"""The transport problem in an assignment, solved by HiGHS (`highspy`, MIT): classes of like customers to staff.

Customers of whom nothing differs that matters here are one class, so ten thousand of them are some hundred or thousand rows.
Three linear programmes follow each other: place as many as can be, those worth most first; make loads even; and with these
loads let as many stay where they are, or go to whom they know, as can be. A solution at a corner is whole but for a few
classes, which `rounding` makes whole.

Even is a convex cost: the load of each member of staff runs through steps, each `step` times the one before, that cost
more the higher they are. Where wishes allow, all end in one step; where they do not, what can be moved goes down as far as
it can. One thread and fixed order: the same question has the same answer.
"""

from collections.abc import Iterable, Iterator, Sequence
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


Held = tuple[float, float]
"""Between what a load lies."""


def solve(kinds: Sequence[Kind], numbers: Sequence[int], places: Sequence[Place], step: float) -> list[list[float]]:
    """How many customers of each class go to each of its staff (in the order of `Kind.staff`); mostly whole numbers."""
    if not kinds or not places:
        return [[0.0] * len(kind.staff) for kind in kinds]
    groups = _together(kinds)
    left, held = _even(list(groups), [sum(numbers[i] for i in ones) for ones in groups.values()], places, step)
    out = _spread(groups.values(), left, kinds, numbers)
    return _known(kinds, [number - gone for number, gone in zip(numbers, out, strict=True)], places, groups, held)


Groups = dict[Kind, list[int]]
"""Classes without costs; the indexes of those that only what they know of staff tells apart."""


def _together(kinds: Sequence[Kind]) -> Groups:
    groups: Groups = {}
    for index, kind in enumerate(kinds):
        groups.setdefault(kind._replace(costs=()), []).append(index)
    return groups


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


# --- as many as can be, as even as can be -----------------------------------------------------------------------------


def _even(
    kinds: Sequence[Kind], numbers: Sequence[int], places: Sequence[Place], step: float
) -> tuple[list[int], list[Held]]:
    """How many of each class are left out at least, and between what the load of each place lies when loads are even."""
    program = _Program([*((float(n), float(n)) for n in numbers), *_limits(places, [(0.0, 0.0)] * len(places))])
    loads = len(kinds)
    for row, kind in enumerate(kinds):
        for staff in kind.staff:
            program.column(_going(row, kind.weight, loads + staff, len(places)), upto=numbers[row])
    outs = [program.column([(row, 1.0)], upto=number) for row, number in enumerate(numbers)]
    edges = _edges(kinds, numbers, places, step)
    steps = [
        [program.column([(loads + staff, -1.0)], upto=high - low) for low, high in pairwise(of)]
        for staff, of in enumerate(edges)
    ]
    found = program.run(zip(outs, (_UNPLACED + 0.1 * kind.worth for kind in kinds), strict=True))
    left = [round(found[column]) for column in outs]
    program.fix(zip(outs, left, strict=True))
    found = program.run((column, float(n)) for of in steps for n, column in enumerate(of, 1))
    return left, [_step([found[c] for c in columns], of) for columns, of in zip(steps, edges, strict=True)]


def _step(stretches: Sequence[float], edges: Sequence[float]) -> Held:
    """The step in which a load ended."""
    load = sum(stretches)
    index = max(n for n, edge in enumerate(edges[:-1]) if n == 0 or edge < load - _SLACK)
    return edges[index], edges[index + 1]


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


# --- to whom they know --------------------------------------------------------------------------------------------------


def _known(
    kinds: Sequence[Kind], numbers: Sequence[int], places: Sequence[Place], groups: Groups, held: Sequence[Held]
) -> list[list[float]]:
    """Everybody goes to somebody, at the least cost, with each load where it is held.

    Who goes to whom they do not know goes by way of their group, where those who are strangers to each other are alike: so
    there is a column for each class and each of the few whom it knows, and for each group and each of its staff.
    """
    pools = len(kinds)
    loads = pools + len(groups)
    slack = [(low - _SLACK, high + _SLACK) for low, high in held]
    # An interior point takes a third of the time that simplex does with as many ties; it ends in a corner as well.
    program = _Program(
        [*((float(n), float(n)) for n in numbers), *[(0.0, 0.0)] * len(groups), *_limits(places, slack)], "ipm"
    )
    straight: list[dict[int, int]] = []  # of each class: staff -> column
    pooled: list[int] = []
    costs: list[tuple[int, float]] = []
    pool_of = {index: pools + group for group, ones in enumerate(groups.values()) for index in ones}
    for row, kind in enumerate(kinds):
        most = max(kind.costs)
        known: dict[int, int] = {}
        for staff, cost in zip(kind.staff, kind.costs, strict=True):
            if cost < most:
                going = _going(row, kind.weight, loads + staff, len(places))
                known[staff] = program.column(going, upto=numbers[row])
                costs.append((known[staff], cost))
        straight.append(known)
        pooled.append(program.column([(row, 1.0), (pool_of[row], -1.0)], upto=numbers[row]))
        costs.append((pooled[-1], most))
    onward = [
        [
            program.column(_going(pools + group, kind.weight, loads + staff, len(places)), upto=_INFINITE)
            for staff in kind.staff
        ]
        for group, kind in enumerate(groups)
    ]
    found = program.run(costs)
    shares = [{staff: found[column] for staff, column in known.items()} for known in straight]
    for ones, columns, kind in zip(groups.values(), onward, groups, strict=True):
        _hand_out([(shares[i], found[pooled[i]]) for i in ones], list(kind.staff), [found[c] for c in columns])
    return [[of.get(staff, 0.0) for staff in kind.staff] for of, kind in zip(shares, kinds, strict=True)]


def _hand_out(to: Iterable[tuple[dict[int, float], float]], staff: Sequence[int], numbers: Sequence[float]) -> None:
    """Hand out what a group has for each of its staff to the classes in it, in order."""
    waiting: Iterator[tuple[int, float]] = iter(zip(staff, numbers, strict=True))
    code, left = next(waiting)
    for shares, wanted in to:
        rest = wanted
        while rest > _SLACK:
            while left <= _SLACK:
                code, left = next(waiting, (code, rest))
            taken = min(rest, left)
            shares[code] = shares.get(code, 0.0) + taken
            rest, left = rest - taken, left - taken


# --- a linear programme -------------------------------------------------------------------------------------------------

_INFINITE = float("inf")


def _going(row: int, weight: float, load: int, places: int) -> list[tuple[int, float]]:
    """One customer of a row who goes to somebody: their load, and their room."""
    return [(row, 1.0), (load, weight), (load + places, 1.0)]


def _limits(places: Sequence[Place], loads: Sequence[Held]) -> list[Held]:
    """Rows of all places: what is added to each load, and how many customers."""
    added = [(low - place.load, high - place.load) for place, (low, high) in zip(places, loads, strict=True)]
    return [*added, *((0.0, _INFINITE if place.room is None else float(place.room)) for place in places)]


class _Program:
    """Columns from 0 to their bound over rows between bounds, at the least cost."""

    def __init__(self, rows: Sequence[Held], way: str = "simplex") -> None:
        self._rows, self._way = rows, way
        self._starts, self._indexes, self._values = [0], list[int](), list[float]()
        self._upper: list[float] = []
        self._solver: Any = None

    def column(self, entries: Iterable[tuple[int, float]], upto: float) -> int:
        """Add a column; its number."""
        for row, value in entries:
            self._indexes.append(row)
            self._values.append(value)
        self._starts.append(len(self._indexes))
        self._upper.append(upto)
        return len(self._upper) - 1

    def fix(self, columns: Iterable[tuple[int, float]]) -> None:
        """Say what some columns are, once it is known."""
        for column, value in columns:
            self._solver.changeColBounds(column, value, value)

    def run(self, costs: Iterable[tuple[int, float]]) -> list[float]:
        """Every column at the least cost; what is not named costs nothing."""
        # Imported where it is used: numpy comes along, which nothing else needs.
        import numpy as np

        if self._solver is None:
            self._solver = self._made()
        of = np.zeros(len(self._upper))
        for column, cost in costs:
            of[column] = cost
        self._solver.changeColsCost(len(of), np.arange(len(of), dtype=np.int32), of)
        self._solver.run()
        status = self._solver.modelStatusToString(self._solver.getModelStatus())
        if status != "Optimal":
            raise RuntimeError(f"an assignment that always has an answer came back as {status}")
        return list(self._solver.getSolution().col_value)

    def _made(self) -> Any:
        import highspy
        import numpy as np

        program: Any = highspy.HighsLp()
        program.num_col_, program.num_row_ = len(self._upper), len(self._rows)
        program.col_cost_, program.col_lower_ = np.zeros(len(self._upper)), np.zeros(len(self._upper))
        program.col_upper_ = np.array(self._upper, float)
        program.row_lower_ = np.array([low for low, _ in self._rows], float)
        program.row_upper_ = np.array([high for _, high in self._rows], float)
        program.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        program.a_matrix_.start_ = np.array(self._starts)
        program.a_matrix_.index_ = np.array(self._indexes)
        program.a_matrix_.value_ = np.array(self._values, float)
        solver: Any = highspy.Highs()
        for option, value in (("output_flag", False), ("threads", 1), ("random_seed", 1), ("solver", self._way)):
            solver.setOptionValue(option, value)
        solver.passModel(program)
        return solver
