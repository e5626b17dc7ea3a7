"""Deadlines of open complaints: dated by severity and tier in working time, and kept as a verdict when a round ends.

The clock of a round stops only while we wait for the customer. A tier only shortens: one that rises while a complaint
is open brings its deadlines forward, one that falls leaves them. An extension adds the working time from the moment it
was told to the day it was told for, so that a wait after it does not eat it up.
"""

from collections.abc import Iterable

from msgspec.structs import replace

from domain.cases import Case
from domain.facts import MINUTE, NEVER, Changed, News
from domain.rules import Rules
from domain.settling import lapses_at
from domain.worktime import Calendar, Unreachable
from projections import trust
from projections.state import Deadlines, State, Verdict


def heed(state: State, rules: Rules, news: News) -> None:
    """Answer one piece of news of a complaint: date its deadlines, or its round's verdict."""
    case = state.customer.cases[news.ref]
    match news.what:
        case "resolved":
            late = _end_round(state, rules, case, news.at)
            points = rules.trust.resolved_late if late else rules.trust.resolved_in_time
            trust.add(state, rules, news, points, "resolved-late" if late else "resolved-in-time")
        case "reopened":
            trust.add(state, rules, news, rules.trust.reopened)
            _date(state, rules, case)
        case "ended":
            state.deadlines.pop(case.ref, None)
        case "answered":
            if case.open and not state.lapse(case):
                _answer(state, rules, case)
        case _:
            if case.open and not state.lapse(case):
                _date(state, rules, case)


def _end_round(state: State, rules: Rules, case: Case, at: int) -> bool:
    deadlines = state.deadlines.pop(case.ref, None)
    if deadlines is None:  # opened and resolved within one instant
        deadlines = _deadlines(rules, case, rules.factors[state.level])
    late = deadlines.resolve < at
    verdict = Verdict(deadlines.round, deadlines.resolve, at, late, deadlines.factor)
    state.verdicts.setdefault(case.ref, []).append(verdict)
    return late


def _date(state: State, rules: Rules, case: Case) -> None:
    factor = rules.factors[state.level]
    known = state.deadlines.get(case.ref)
    if known is not None and known.round == case.round:
        factor = min(factor, known.factor)  # a tier only shortens
    state.deadlines[case.ref] = _deadlines(rules, case, factor)
    if case.asked is not None:
        state.case_due = min(state.case_due, lapses_at(rules, case))


def lapse(state: State, rules: Rules, t: int) -> int:
    """Resolve what the customer has not answered by `t`; says whether there was any. It gives and takes no trust."""
    state.case_due = NEVER
    over: list[str] = []
    for ref, known in state.deadlines.items():
        at = lapses_at(rules, state.customer.cases[ref]) if known.over == NEVER else NEVER
        if at <= t:
            verdict = Verdict(known.round, known.resolve, t, known.resolve < t, known.factor)
            state.lapsed.setdefault(ref, []).append(verdict)
            over.append(ref)
        elif at < state.case_due:
            state.case_due = at
    if not over:
        return 0
    _let_go(state, over, t)
    return Changed.CASES


def _let_go(state: State, refs: Iterable[str], at: int) -> None:
    """Ask no more of these, but keep what was missed; as a new one, so that what was rendered ahead keeps its own."""
    gone = {ref: replace(state.deadlines[ref], over=at) for ref in refs if ref in state.deadlines}
    state.deadlines = state.deadlines | gone


def carry(before: State, state: State, rules: Rules, t: int) -> None:
    """Keep what time resolved under the rules before a switch at `t`; under the new ones nothing was resolved before it."""
    if not before.lapsed and not state.lapsed:
        return
    judged = [case for case in state.customer.cases.values() if state.lapse(case)]
    state.lapsed = {ref: past.copy() for ref, past in before.lapsed.items()}
    for case in judged:
        if not state.lapse(case):
            _date(state, rules, case)
            state.case_due = t
    for case in state.customer.cases.values():
        if (verdict := state.lapse(case)) is not None:
            _let_go(state, [case.ref], verdict.resolved)


def _answer(state: State, rules: Rules, case: Case) -> None:
    """We spoke with them: only what was to be said is said or due anew, so only that is dated."""
    known = state.deadlines.get(case.ref)
    if known is None or known.round != case.round or known.severity != case.severity:
        return _date(state, rules, case)
    calendar, minutes, paused = _terms(rules, case)
    acknowledge = NEVER if case.acknowledged else known.acknowledge
    respond = NEVER if case.responded else known.respond
    update = after(calendar, case.spoke, minutes[_UPDATE] * known.factor, paused) if case.spoke else NEVER
    up = [step for step in known.up if step[2] != "silence"] + _silent(rules, case, paused) if known.up else known.up
    state.deadlines[case.ref] = replace(known, acknowledge=acknowledge, respond=respond, update=update, up=sorted(up))
    return None


def shorten(state: State, rules: Rules) -> None:
    """A higher tier shortens what is open; a lower one leaves it as it is."""
    factor = rules.factors[state.level]
    if any(factor < known.factor for known in state.deadlines.values()):
        state.deadlines = {  # a new one: what was rendered ahead keeps the one of its moment
            ref: _deadlines(rules, state.customer.cases[ref], factor)
            if factor < known.factor and known.over == NEVER
            else known
            for ref, known in state.deadlines.items()
        }


_UPDATE = 2  # its place among the steps


def _terms(rules: Rules, case: Case) -> tuple[Calendar, tuple[float, ...], list[tuple[int, int | None]]]:
    """By which calendar the clock of this round runs, the minutes set for each step, and when the clock stands."""
    calendar = rules.around if case.severity in rules.around_the_clock else rules.calendar
    paused: list[tuple[int, int | None]] = [
        (pause.at, None if pause.until == NEVER else pause.until)
        for pause in case.pauses
        if pause.waiting_for == "customer" and pause.until > case.round_at
    ]
    return calendar, rules.minutes[case.severity], paused


def _deadlines(rules: Rules, case: Case, factor: float) -> Deadlines:
    calendar, steps, paused = _terms(rules, case)
    acknowledge, respond, update, resolve = [minutes * factor for minutes in steps]
    begun = case.round_at
    given = max(resolve, _extension(calendar, case, paused)) if case.extended_until else resolve
    due = after(calendar, begun, given, paused)
    if case.extended_until and due != NEVER:
        due = max(due, case.extended_until)
    near = after(calendar, begun, given * rules.complaints.near, paused)
    return Deadlines(
        case.id,
        case.severity,
        case.round,
        factor,
        NEVER if case.acknowledged else after(calendar, begun, acknowledge, paused),
        NEVER if case.responded else after(calendar, begun, respond, paused),
        after(calendar, case.spoke, update, paused) if case.spoke else NEVER,
        due,
        near,
        {
            # Beyond what was agreed: an extension puts off being late, and so being late by twice the time.
            times: due if not times or due == NEVER else after(calendar, due, resolve * times, paused)
            for times in rules.late_times[case.severity]
        },
        _up(rules, case, given, due, near, paused) if rules.escalate else [],
    )


_Paused = list[tuple[int, int | None]]


def _extension(calendar: Calendar, case: Case, paused: _Paused) -> float:
    """Working minutes from the beginning of the round to the day that they were told, the clock's pauses left out."""
    told = case.extended_at
    used = calendar.working_us_between(case.round_at, told)
    for start, end in paused:
        used -= calendar.working_us_between(min(start, told), told if end is None else min(end, told))
    return (used + max(0, calendar.working_us_between(told, case.extended_until))) / MINUTE


def _up(rules: Rules, case: Case, given: float, due: int, near: int, paused: _Paused) -> list[tuple[int, int, str]]:
    """When it is to be taken up, to which level and why; `given`: the working minutes to resolve it."""
    calendar = rules.around if case.severity in rules.around_the_clock else rules.calendar
    found = _silent(rules, case, paused)
    for step in rules.escalate:
        if step.part == 1:
            found.append((due, step.level, "missed"))
        elif step.part == rules.complaints.near:
            found.append((near, step.level, "near"))
        elif step.part:
            at = after(calendar, case.round_at, given * step.part, paused)
            found.append((at, step.level, "missed" if step.part > 1 else "near"))
    return sorted(step for step in found if step[0] < NEVER)


def _silent(rules: Rules, case: Case, paused: _Paused) -> list[tuple[int, int, str]]:
    """When they will have heard nothing of us for too long; while we wait for them, the silence is theirs."""
    since = max(case.heard, case.round_at)
    found: list[tuple[int, int, str]] = []
    for level, minutes in rules.silences:
        at = after(rules.calendar, since, minutes, paused)
        if at < NEVER:
            found.append((at, level, "silence"))
    return found


def after(calendar: Calendar, start: int, minutes: float, paused: list[tuple[int, int | None]]) -> int:
    """When so many working minutes will have passed; NEVER while the clock stands still."""
    try:
        found = calendar.deadline(start, minutes, paused) if paused else calendar.add_working(start, minutes)
    except Unreachable:
        return NEVER
    return NEVER if found is None else found


def cut(state: State) -> None:
    """Forget the verdicts of complaints that are not remembered."""
    if len(state.verdicts) > len(state.customer.cases):
        state.verdicts = {ref: past for ref, past in state.verdicts.items() if ref in state.customer.cases}
    if state.lapsed:
        state.lapsed = {ref: past for ref, past in state.lapsed.items() if ref in state.customer.cases}
