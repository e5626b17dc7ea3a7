"""Complaints: how many there were, and how far deadlines were met: as promised, in force and restated.

A clock counts in the period in which it was decided: where it was met, when it was; where it was missed, when its time was
over, whether or not the answer came later. So it counts once, and another answer later does not move it. Without `by=step`
only the clock for resolving counts, and of what was promised all dates. Clocks of the rules are described in `clocks`,
the three lights and the two kinds of misses in `attainment`.
"""

from typing import Any

from domain.cases import Case
from projections.reports.attainment import BASES, Handling, resolving
from projections.reports.clocks import RESOLVE, Clock
from projections.reports.report import UNKNOWN, Column, Made, Part, Report, add, inner, share
from projections.reports.seeing import Frame, Seen

BY = ("severity", "category", "tier", "root_cause", "handler", "team", "manager", "step", "country", "segment")


def collect(part: Part, seen: Seen, frame: Frame) -> None:
    """Counts by (period, what it is cut by)."""
    by = frame.asked.by
    handling = Handling(seen, frame)
    for one in handling.judged():
        if "step" in by or resolving(one.clock):
            key = _key(by, one.clock.decided, one.clock, seen, frame)
            kind = "met" if one.knew is None else "knew" if one.knew else "could_not_know"
            add(inner(part, key), f"{one.basis}_{kind}")
    if "step" not in by:
        _counted(part, handling, seen, frame)


def _counted(part: Part, handling: Handling, seen: Seen, frame: Frame) -> None:
    """Complaints opened and rounds resolved in the period, and those opened in it that are still open."""
    by = frame.asked.by
    open_ = {case.ref: case for case in seen.state.open()}
    for ref, event in handling.opened.items():
        if frame.within(event.at):
            sums = inner(part, _key(by, event.at, open_.get(ref) or handling.last(ref), seen, frame))
            add(sums, "opened")
            add(sums, "open", int(ref in open_))
    for clock in handling.restated:
        if clock.step == RESOLVE and clock.settled and frame.within(clock.ended):
            add(inner(part, _key(by, clock.ended, clock, seen, frame)), "resolved")
    for case in seen.facts.cases.values():
        lapse = seen.state.lapse(case)
        if lapse is not None and frame.within(lapse.resolved):  # by time, without an answer
            add(inner(part, _key(by, lapse.resolved, case, seen, frame)), "resolved")


def _key(by: tuple[str, ...], at: int, of: Clock | Case | None, seen: Seen, frame: Frame) -> tuple[str, ...]:
    return (frame.period(at), *(_value(name, at, of, seen, frame) for name in by))


def _value(name: str, at: int, of: Clock | Case | None, seen: Seen, frame: Frame) -> str:
    """What a clock says, or the complaint as it is known at `as_of`."""
    match name:
        case "tier":
            return frame.rules.tier_names[of.tier] if isinstance(of, Clock) else seen.tier
        case "manager":
            return seen.owner(at) or UNKNOWN
        case "country" | "segment":
            return getattr(seen.facts, name) or UNKNOWN
        case "root_cause" if isinstance(of, Case):
            return next((r.root_cause for r in reversed(of.resolutions) if r.root_cause), UNKNOWN)
        case _:
            return getattr(of, name, None) or UNKNOWN


def table(part: Part, frame: Frame) -> Made:
    """A row for each period and value."""
    by = frame.asked.by
    counted = "step" not in by
    rows: list[tuple[Any, ...]] = []
    for key, sums in sorted(part.items()):
        row: list[Any] = [value or None for value in key]
        if counted:
            row += [sums.get(name, 0) for name in ("opened", "resolved", "open")]
        counts = {
            basis: [sums.get(f"{basis}_{kind}", 0) for kind in ("met", "knew", "could_not_know")] for basis in BASES
        }
        row += [share(met, met + knew + could_not) for met, knew, could_not in counts.values()]
        for met, knew, could_not in reversed(counts.values()):
            row += [met + knew + could_not, knew, could_not]
        rows.append(tuple(row))
    columns = [Column("period", "text"), *(Column(name, "text") for name in by)]
    if counted:
        columns += [
            Column("opened", "count", "in the period"),
            Column("resolved", "count", "rounds of complaints settled in the period"),
            Column("open", "count", "opened in the period and open at `as_of`"),
        ]
    columns += [
        Column(f"{b}_attained", "share", f"deadlines met, {_LIGHTS[b]}", "bar" if b == "restated" else "")
        for b in BASES
    ]
    for basis in reversed(BASES):
        look = "" if basis == "restated" else "file"
        columns += [
            Column(basis, "count", f"deadlines decided, {_LIGHTS[basis]}", look),
            Column(f"{basis}_knew", "count", "missed although what was recorded in time said so", look),
            Column(f"{basis}_could_not_know", "count", "missed, for it was reported too late", look),
        ]
    return Made(tuple(columns), rows)


_LIGHTS = {
    "promised": "as promised",
    "in_force": "by the rulebook in force at each moment",
    "restated": "by the rulebook of the question",
}

REPORT = Report(
    "complaints", "Complaint handling", "Deadlines met as promised, in force and restated; misses by what could be known.",
    collect, table, by=BY, default=("severity",), recorded=True,
)  # fmt: skip
