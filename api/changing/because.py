"""Says in a sentence what made a difference between two rulebooks."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from api.answers import shown
from api.queues import CLASSES, SEVERITIES
from projections.comparing import Change

Cause = Mapping[str, Any]


def sentence(change: Change, cause: Cause | None, old: str, new: str) -> str:
    """One change of a customer; `old` and `new` are the versions of the two rulebooks."""
    match change.what:
        case "stage" if cause is not None:
            return _stage(cause, {"old": old, "new": new})
        case "tier" if cause is not None:
            return _tier(cause, old, new)
        case "deadline" if cause is not None:
            return _deadline(change, cause, old, new)
        case "complaints" | "outreach":
            return _queue(change, old, new)
        case _:
            return "what the rulebook in force at each moment made of it"


# --- stage ------------------------------------------------------------------------------------------------------------


def _stage(cause: Cause, versions: Mapping[str, str]) -> str:
    taken: str = cause["taken_under"]
    left = "new" if taken == "old" else "old"
    way = f"{_day(cause['at'])}: {cause['clause']} ({cause['from']} → {cause['to']})"
    if cause[left] is None:
        return f"{way} is a clause of {versions[taken]} only"
    if not cause["differs"]:
        return f"{way} is taken under {versions[taken]}; under {versions[left]} another way is"
    differences = "; ".join(_criterion(d, taken, left, versions) for d in cause["differs"])
    return f"{way} holds under {versions[taken]} only: {differences}"


def _criterion(differs: Cause, taken: str, left: str, versions: Mapping[str, str]) -> str:
    there, here = differs[taken], differs[left]
    asked = f"{versions[left]} asks {here['test']} {here['threshold']}"
    if there is None:
        return f"{here['measure']} is {here['value']}, and only {asked}"
    both = f"{versions[taken]} asks {there['test']} {there['threshold']}, {asked}"
    if there["value"] == here["value"]:
        return f"{here['measure']} is {here['value']}; {both}"
    return (
        f"{here['measure']} is {there['value']} under {versions[taken]}, {here['value']} under {versions[left]}; {both}"
    )


# --- tier -------------------------------------------------------------------------------------------------------------


def _tier(cause: Cause, old: str, new: str) -> str:
    found = [(version, cause[side]) for version, side in ((old, "old"), (new, "new"))]
    known = [(version, level) for version, level in found if level is not None]
    if len(known) < len(found):
        return f"{cause['tier']} is a tier of {known[0][0] if known else new} only"
    measured: Mapping[str, Any] = known[0][1]
    parts = [f"{cause['tier']}: net {_money(measured['net']) or 0} over the window"]
    parts += [f"{version} asks {_money(level['at_least'])}{_besides(level)}" for version, level in known]
    return "; ".join(parts)


def _besides(level: Cause) -> str:
    text = ""
    if level["purchases_at_least"]:
        text += f" and {level['purchases_at_least']} purchases ({level['purchases']} made)"
    if not level["met"] and level["ceased_at"] is not None:
        text += f", met until {_day(level['ceased_at'])}"
    return text


def _money(amounts: Mapping[str, str]) -> str:
    return ", ".join(f"{currency} {amount}" for currency, amount in sorted(amounts.items()))


# --- deadlines and queues ---------------------------------------------------------------------------------------------


def _deadline(change: Change, cause: Cause, old: str, new: str) -> str:
    asked = [f"{_hours(cause[side])} under {version}" for version, side in ((old, "old"), (new, "new"))]
    hours = change.hours or 0.0
    step = change.new["step"] if change.new else ""
    return f"{step}, {cause['new']['severity']}: {', '.join(asked)}; {abs(hours):g} working hours {_sooner(hours)}"


def _sooner(hours: float) -> str:
    return "earlier" if hours < 0 else "later"


def _hours(asked: Cause) -> str:
    factor = asked.get("factor")
    by = f" × {factor:g} ({asked['tier']})" if factor not in (None, 1, 1.0) else ""
    return f"{asked['hours']:g} h{by}" if asked["hours"] is not None else "no time set"


def _queue(change: Change, old: str, new: str) -> str:
    if change.old is None:
        return f"comes in under {new}: {_place(change.what, change.new)}"
    if change.new is None:
        return f"goes out under {new}; under {old} it was {_place(change.what, change.old)}"
    return _apart(change.old, change.new, old, new)


def _apart(was: Mapping[str, Any], becomes: Mapping[str, Any], old: str, new: str) -> str:
    """Of a place in a queue under both: by how much its date moves, and only what else differs."""
    why: Mapping[str, Any] = becomes["why"] or {}
    moved = "planned before: keeps its date" if why.get("kept") else _moved(was["due_at"], becomes["due_at"])
    parts = [moved] if moved else []
    for before, after in zip(_facts(was), _facts(becomes), strict=True):
        if before and after and before != after:
            name = "" if before[0] == after[0] else f"{after[0]} "  # said once where it is the same
            parts.append(f"{before[0]} {before[1]} under {old}, {name}{after[1]} under {new}")
    return "; ".join(parts) if len(parts) > bool(moved) else "; ".join([*parts, "nothing else differs"])


def _facts(row: Mapping[str, Any]) -> Sequence[tuple[str, str] | None]:
    """What a place follows from, each as a name and its value; None: it does not follow from that."""
    why: Mapping[str, Any] = row["why"] or {}
    severity: int | None = row.get("severity")
    class_: int | None = row.get("class")
    return (
        None if severity is None else ("severity", SEVERITIES[severity]),
        None if class_ is None else ("class", CLASSES[class_]),
        ("tier", row["tier"]),
        _stage_of(row, why),
        ("contacts", f"{why['times']} in {_months(why['months'])}") if "times" in why else None,
    )


def _stage_of(row: Mapping[str, Any], why: Mapping[str, Any]) -> tuple[str, str] | None:
    """The stage that sets the rhythm; since when and by which clause, where care is counted from its entry."""
    if "stage" not in why:
        return None
    if not why.get("care") or "entered_at" not in row:
        return "stage", why["stage"]
    return why["stage"], f"since {_day(row['entered_at'])} ({row['entered_by']})"


def _moved(was: datetime | None, becomes: datetime | None) -> str:
    if was is None or becomes is None or was == becomes:
        return ""
    hours = (becomes - was).total_seconds() / 3600
    size, unit = (abs(hours) / 24, "day") if abs(hours) >= 24 else (abs(hours), "hour")
    shown = f"{size:.0f}" if size >= 1 else "less than 1"
    return f"{shown} {unit}{'' if shown in ('1', 'less than 1') else 's'} {_sooner(hours)}"


def _months(count: int) -> str:
    return "a month" if count == 1 else f"{count} months"


def _place(queue: str, row: Mapping[str, Any] | None) -> str:
    if row is None:
        return "not there"
    parts: list[str] = [f"tier {row['tier']}"]
    if row["due_at"] is not None:
        parts.append(f"due {_day(row['due_at'])}")
    if queue == "outreach":
        parts += _rhythm(row, row["why"] or {})
    return ", ".join(parts)


def _rhythm(row: Mapping[str, Any], why: Mapping[str, Any]) -> Sequence[str]:
    if why.get("kept"):
        return ["planned before: keeps its date"]
    if why.get("care") and (stage := _stage_of(row, why)):
        return [" ".join(stage)]
    return [f"{why['times']} in {_months(why['months'])} as {why['stage']}"] if "times" in why else []


def _day(at: Any) -> str:
    text = shown(at)
    return "never" if text is None else text[:10]
