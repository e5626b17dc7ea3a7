"""Says in a sentence what made a difference between two rulebooks."""

from collections.abc import Mapping, Sequence
from typing import Any

from api.answers import shown
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
    return f"{_place(change.what, change.old)} under {old}, {_place(change.what, change.new)} under {new}"


def _place(queue: str, row: Mapping[str, Any] | None) -> str:
    if row is None:
        return "not there"
    parts: list[str] = [f"tier {row['tier']}"]
    if row["due_at"] is not None:
        parts.append(f"due {_day(row['due_at'])}")
    if queue == "outreach":
        parts += _rhythm(row["why"] or {})
    return ", ".join(parts)


def _rhythm(why: Mapping[str, Any]) -> Sequence[str]:
    if why.get("kept"):
        return ["planned before: keeps its date"]
    return [f"{why['times']} in {why['months']} months as {why['stage']}"] if "times" in why else []


def _day(at: Any) -> str:
    text = shown(at)
    return "never" if text is None else text[:10]
