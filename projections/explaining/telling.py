"""An explanation as lines to be said: a key for the sentence, and what stands in it. No language is known here."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from domain.criteria.measures import Measured
from domain.facts import micros
from projections.explaining.answer import NOTHING, Answer, Explanation, Happened, Next


class Day(NamedTuple):
    """An instant (µs), said as a date."""

    at: int


class Moment(NamedTuple):
    """An instant (µs), said as date and time."""

    at: int


class Code(NamedTuple):
    """A code of ours or of a rulebook, said by its name where it has one."""

    code: str


class Measure(NamedTuple):
    """What was measured, a value or a threshold, as the rulebook's criteria write it."""

    text: str


class Seen(NamedTuple):
    """Events, by the names of their types and as dates."""

    events: tuple[Happened, ...]


class Line(NamedTuple):
    """A sentence; `level` 1 stands under the one before of level 0, 2 under that of level 1."""

    key: str
    values: dict[str, Any]
    level: int = 0
    of: Sequence[str] = ()
    """Ids of the events that were measured."""


def lines(said: Explanation) -> list[Line]:
    """Everything that is said of an explanation, in order."""
    answer = said.answer
    if answer.clause == NOTHING:
        return [Line(f"{answer.field}.nothing", {})]
    told: list[Line] = []
    for line in _TELL[answer.field](answer):
        told.append(line)
        told += _evidence(line, said.measured)
    told += [_way(way.clause, way.to, way.measured, way.met) for way in said.towards if not way.holds]
    told.append(Line("rests" if said.events else "rests.none", {"count": len(said.events)}))
    return told


def _evidence(line: Line, measured: Mapping[str, Happened]) -> Iterable[Line]:
    """Some of the events that were measured, the latest first, and how many more there are."""
    events = sorted((measured[id_] for id_ in dict.fromkeys(line.of) if id_ in measured), key=lambda e: -e.at)
    if events:
        shown, more = tuple(events[:_NAMED]), len(events[_NAMED:])
        values = {"events": Seen(shown), "more": more}
        yield Line("evidence.more" if more else "evidence", values, line.level + 1)


_NAMED = 3  # events of one value that are named


def _day(us: int | None) -> Day | None:
    return None if us is None else Day(us)


def _instant(written: str) -> int:
    return micros(datetime.fromisoformat(written))


def _measured(values: Iterable[Measured]) -> list[Line]:
    return [
        Line(
            "measured" if value.test in {">=", "<=", "<", ">", "="} else "measured.plain",
            {
                "measure": Measure(value.measure),
                "value": Measure(value.value),
                "test": Code(value.test),
                "threshold": Measure(value.threshold),
            },
            1,
            value.events,
        )
        for value in values
    ]


def _way(clause: str, to: str, measured: list[Measured], met: list[bool]) -> Line:
    missing = next((m for m, holds in zip(measured, met, strict=True) if not holds), None)
    if missing is None:  # all hold, and a way back would be open at once
        return Line("towards.undone", {"to": Code(to), "clause": clause})
    return Line(
        "towards",
        {
            "to": Code(to),
            "clause": clause,
            "measure": Measure(missing.measure),
            "value": Measure(missing.value),
            "test": Code(missing.test),
            "threshold": Measure(missing.threshold),
        },
    )


def _next(next_: Next | None, field: str, **values: Any) -> Line:
    if next_ is None:
        return Line("next.none", {})
    return Line(f"next.{field}", {"at": Day(next_.at), **values})


# --- by field ---------------------------------------------------------------------------------------------------------


def _stage(answer: Answer) -> Iterable[Line]:
    verdict = answer.verdict
    yield Line("stage", {"stage": Code(verdict["stage"]), "since": _day(answer.since), "clause": answer.clause})
    yield from _measured(answer.values)
    if verdict["before"]:
        yield Line("stage.before", {"before": Code(verdict["before"])})
    if verdict["fading"]:
        yield Line("stage.fading", {})
    elif verdict["fades_at"]:
        yield Line("stage.fades", {"at": Day(verdict["fades_at"])})
    next_ = answer.next
    yield _next(next_, "stage", **({"stage": Code(next_.to["stage"]), "clause": next_.clause} if next_ else {}))


def _tier(answer: Answer) -> Iterable[Line]:
    verdict = answer.verdict
    yield Line("tier", {"tier": Code(verdict["tier"]), "since": _day(answer.since)})
    yield from _measured(answer.values)
    if verdict["kept_until_at"]:
        yield Line("tier.kept", {"at": Day(verdict["kept_until_at"])})
    next_ = answer.next
    yield _next(next_, "tier", **({"tier": Code(next_.to["tier"])} if next_ else {}))


def _trust(answer: Answer) -> Iterable[Line]:
    verdict = answer.verdict
    yield Line("trust", {"score": verdict["score"], "band": Code(verdict["band"]), "start": verdict["start"]})
    if verdict["falling"]:
        yield Line("trust.falling", {})
    for value in answer.values:
        at = Day(_instant(value.threshold))
        yield Line("trust.item", {"what": Code(value.measure), "points": value.value, "at": at}, 1)
    next_ = answer.next
    yield _next(next_, "trust", **({"score": next_.to["score"], "band": Code(next_.to["band"])} if next_ else {}))


def _manager(answer: Answer) -> Iterable[Line]:
    verdict = answer.verdict
    if verdict["manager"] is None:
        yield Line("manager.nobody" if answer.since is None else "manager.none", {"since": _day(answer.since)})
    else:
        yield Line("manager", {"manager": verdict["manager"], "since": _day(answer.since)})
    if verdict["before"]:
        yield Line("manager.before", {"before": verdict["before"]})
    if verdict["reason"]:
        yield Line("manager.reason", {"reason": verdict["reason"]})
    if verdict["introduced_at"]:
        yield Line("manager.introduced", {"at": Day(verdict["introduced_at"])})
    next_ = answer.next
    if verdict["cover"] and next_:
        cover = {"cover": verdict["cover"], "since": Day(verdict["cover_since_at"]), "at": Day(next_.at)}
        yield Line("manager.cover", cover)
    else:
        yield Line("next.none", {})


def _rank(answer: Answer) -> Iterable[Line]:
    verdict = answer.verdict
    key = {name: Code(verdict[name]) for name in ("lateness", "severity", "tier", "by")}
    yield Line("rank", {**key, "at": Moment(verdict["ranked_at"])})
    yield Line(f"rank.{verdict['lateness']}", {"by": Code(verdict["by"]), "at": Moment(verdict["ranked_at"])}, 1)
    yield Line("rank.severity", {"severity": Code(verdict["severity"])}, 1, _ids(answer, "severity"))
    yield Line("rank.tier", {"tier": Code(verdict["tier"])}, 1)
    if any(value.measure == "trust" for value in answer.values):
        yield Line("rank.trust", {"trust": Code(verdict["trust"])}, 1)
    next_ = answer.next
    to = {name: Code(next_.to[name]) for name in ("lateness", "severity", "tier")} if next_ else {}
    yield _next(next_, "rank", **({**to, "at": Moment(next_.at)} if next_ else {}))


def _deadline(answer: Answer) -> Iterable[Line]:
    verdict = answer.verdict
    about = {"severity": Code(verdict["severity"]), "round": verdict["round"], "since": _day(answer.since)}
    opened = _ids(answer, "severity")
    if verdict["step"] is None:
        yield Line("deadline.none", {**about, "state": Code(verdict["state"])}, 0, opened)
    else:
        due = {"step": Code(verdict["step"]), "at": Moment(verdict["due_at"])}
        yield Line("deadline.late" if verdict["late"] else "deadline", {**about, **due}, 0, opened)
    always = verdict["calendar"] == "always"
    yield Line("deadline.always", {}) if always else Line("deadline.calendar", {"calendar": verdict["calendar"]})
    for step in verdict["steps"]:
        yield from _step(step, verdict["factor"], "deadline.step.always" if always else "deadline.step")
    for pause in verdict["pauses"]:
        until = pause["until_at"]
        at = {"since": Moment(pause["from_at"])}
        yield Line("deadline.pause", {**at, "at": Moment(until)}, 1) if until else Line("deadline.paused", at, 1)
    for name in ("promised", "extended"):
        if verdict[f"{name}_at"]:
            yield Line(f"deadline.{name}", {"at": Moment(verdict[f"{name}_at"])})
    in_force = verdict["in_force"]
    if in_force.get("resolve_at"):
        yield Line("deadline.in-force", {"at": Moment(in_force["resolve_at"]), "rulebook": in_force["rulebook"]})
    yield from _levels(verdict)
    for past in verdict["rounds"]:
        values = {"round": past["round"], "at": Moment(past["resolved_at"]), "due": _moment(past["due_at"])}
        if past.get("answered", True):
            yield Line("deadline.round.late" if past["late"] else "deadline.round", values)
        else:
            yield Line("deadline.round.silent", {name: values[name] for name in ("round", "at")})
    yield from _by_time(answer)
    next_ = answer.next
    if next_ is None:
        yield Line("next.none", {})
        return
    [(what, of)] = next_.to.items()
    values = {"missed": {"step": Code(of)}, "near": {"step": Code(of)}, "escalate": {"why": Code(of)}}
    yield Line(f"next.{what}", {"at": Moment(next_.at), **values.get(what, {})})


def _levels(verdict: dict[str, Any]) -> Iterable[Line]:
    """How far up it was taken, and is to be taken."""
    for raised in verdict["raised"]:
        yield Line("deadline.raised", {"level": raised["level"], "at": Moment(raised["raised_at"])})
    up = verdict["escalate"]
    if up:
        to = {"level": up["level"], "to": Code(up["to"]), "at": Moment(up["since_at"])}
        yield Line("deadline.escalate", {**to, "why": Code(up["reason"])})


def _by_time(answer: Answer) -> Iterable[Line]:
    """What time alone brings about, but for what comes next, which is said at the end."""
    verdict, next_ = answer.verdict, answer.next
    closed = verdict["state"] == "closed"
    keys = {"remind": "remind_at", "lapses": "lapses_at", "closed" if closed else "closes": "closes_at",
            "reopens": "reopens_until_at"}  # fmt: skip
    for key, name in keys.items():
        at = verdict[name]
        if at is not None and (next_ is None or at != next_.at):
            yield Line(f"deadline.{key}", {"at": Moment(at)})


def _ids(answer: Answer, measure: str) -> Sequence[str]:
    return next((value.events for value in answer.values if value.measure == measure), ())


def _moment(us: int | None) -> Moment | Code:
    return Code("never") if us is None else Moment(us)


def _step(step: dict[str, Any], factor: float | None, key: str) -> Iterable[Line]:
    of = {"step": Code(step["step"]), "minutes": step["minutes"], "factor": factor or 1.0}
    if step["done_at"] and not step["due_at"]:
        yield Line("deadline.step.done", {**of, "at": Moment(step["done_at"])}, 1)
    elif step["due_at"]:
        yield Line(key, {**of, "at": Moment(step["due_at"])}, 1)


def _outreach(answer: Answer) -> Iterable[Line]:
    verdict = answer.verdict
    about = verdict["content"] or verdict["purpose"]
    yield Line(
        f"outreach.{verdict['class']}",
        {"at": Moment(verdict["due_at"]), "about": Code(about), "purpose": Code(verdict["purpose"])},
    )
    if verdict["unreachable"]:
        yield Line("outreach.unreachable", {"why": Code(verdict["unreachable"])})
    elif verdict["channel"]:
        yield Line("outreach.channel", {"channel": Code(verdict["channel"])})
    if verdict["held"]:
        yield Line("outreach.held", {"why": Code(verdict["held"])}, 0, _ids(answer, "held"))
    who = verdict["staff"] or verdict["owner"]
    yield Line("outreach.who", {"who": who}) if who else Line("outreach.nobody", {})
    yield Line("outreach.because", {"stage": Code(verdict["stage"]), "tier": Code(verdict["tier"])})
    for value in answer.values:
        yield from _counted(value)
    next_ = answer.next
    if next_ is None:
        yield Line("next.none", {})
        return
    if "item" in next_.to:
        yield Line("next.outreach.over", {"at": Moment(next_.at)})
        return
    yield Line("next.outreach", {"at": Moment(next_.at)})
    for name, to in next_.to.items():
        said = Moment(to) if name.endswith("_at") else Code("–" if to is None else str(to))
        yield Line("outreach.turns", {"what": Code(name), "to": said}, 1)


def _counted(value: Measured) -> Iterable[Line]:
    match value.measure:
        case "rhythm":
            key = "outreach.rhythm.monthly" if value.threshold == "1" else "outreach.rhythm.of"
            yield Line(key, {"times": int(value.value), "months": int(value.threshold)}, 1, value.events)
        case "cadence":
            yield Line("outreach.wish", {}, 1, value.events)
        case "occasion":
            values = {"about": Code(value.value), "at": Moment(_instant(value.threshold))}
            yield Line("outreach.occasion.of", values, 1, value.events)
        case "held":
            return  # said above
        case "preferred channels":
            yield Line("outreach.preferred", {"channels": value.value}, 1, value.events)
        case "snoozed":
            yield Line("outreach.snoozed", {"at": Day(_instant(value.threshold))}, 1, value.events)
        case _:
            at = Day(_instant(value.value))
            yield Line("outreach.from", {"what": Code(value.measure), "at": at}, 1, value.events)


def _neglected(answer: Answer) -> Iterable[Line]:
    verdict = answer.verdict
    yield Line("neglected" if verdict["neglected"] else "neglected.not", {"due": Moment(verdict["due_at"])})
    for value, reason in zip(answer.values, verdict["reasons"], strict=True):
        why = {"since": Day(reason["since_at"]), "why": Code(value.value)}
        yield Line(f"neglected.{value.measure}", why, 1, value.events)
    if not verdict["neglected"] and verdict["held"]:
        yield Line("outreach.held", {"why": Code(verdict["held"])})
    next_ = answer.next
    yield Line("next.none", {}) if next_ is None else Line("next.neglected", {"at": Moment(next_.at)})


_TELL = {
    "stage": _stage, "tier": _tier, "trust": _trust, "manager": _manager, "rank": _rank, "deadline": _deadline,
    "outreach": _outreach, "neglected": _neglected,
}  # fmt: skip
