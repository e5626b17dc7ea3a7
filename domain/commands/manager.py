"""Commands on who cares for them: assign, unassign, introduce, cover, and benefits that we grant."""

from domain import events as e
from domain.commands.checks import ahead, changing, here, said, serving, wished
from domain.commands.command import Command, Situation, free
from domain.commands.refusals import BenefitUnfit, NotAssigned, NotTheOwner, OverCapacity, RelationshipEnded
from domain.facts import Assignment, Customer


def owner(s: Situation) -> Assignment | None:
    """The assignment that holds; None: nobody owns the relationship."""
    last = s.facts.managers[-1] if s.facts.managers else None
    return last if last is not None and last.manager is not None else None


def _going_on(_: object, s: Situation) -> None:
    if s.facts.ended is not None:
        raise RelationshipEnded(
            f"the relationship ended at {said(s.facts.ended.at)}; a new purchase or holding would begin it anew",
            members={"since": s.facts.ended.at, "events": [s.facts.ended.id]},
        )


def _assign(wish: e.ManagerAssigned, s: Situation) -> None:
    person = serving(wish.manager, s, "/manager")
    wished(wish.manager, s, "/manager")
    now = owner(s)
    changing(
        now is None or now.manager != wish.manager,
        f"{wish.manager} owns the relationship already",
        since=now.at if now else None,
        events=[now.id] if now else [],
    )
    if person is not None and person.capacity is not None and (book := s.staff.book(person.code)) >= person.capacity:
        raise OverCapacity(
            f"{person.code} has {book} customers, and {person.capacity} are the most; somebody with room would be right",
            pointer="/manager",
            members={"book": book, "capacity": person.capacity},
        )


def _is_owned(_: object, s: Situation) -> None:
    _owned(s)


def _owned(s: Situation) -> Assignment:
    now = owner(s)
    if now is None:
        raise NotAssigned("nobody owns the relationship; assign-manager would be right")
    return now


def _introduce(wish: e.ManagerIntroduced, s: Situation) -> None:
    now = _owned(s)
    if now.manager != wish.manager:
        raise NotTheOwner(
            f"{now.manager} owns the relationship since {said(now.at)}; who owns it is introduced",
            pointer="/manager",
            members={"by": now.manager, "since": now.at, "events": [now.id]},
        )
    changing(not now.introduced, f"{now.manager} was introduced at {said(now.introduced)}", since=now.introduced)


def _cover(wish: e.CoverArranged, s: Situation) -> None:
    now = _owned(s)
    ahead(wish.until, s, "/until")
    here(wish.cover, s, "/cover")
    wished(wish.cover, s, "/cover")
    changing(wish.cover != now.manager, f"{wish.cover} owns the relationship; who covers is somebody else")


def _benefit(wish: e.BenefitGranted, s: Situation) -> None:
    rules = s.rules
    if wish.benefit not in rules.benefits.fitting(s.tier, [wish.benefit]):
        tier = rules.tier_names[s.tier]
        fit = ", ".join(rules.benefits.fitting(s.tier, s.facts.wishes.benefits)) or "none"
        raise BenefitUnfit(
            f"{wish.benefit} does not fit a {tier} customer; fitting: {fit}", pointer="/benefit",
            members={"tier": tier, "fitting": fit},
        )  # fmt: skip


def _its_owner(c: Customer) -> str | None:
    return c.managers[-1].manager if c.managers else None


COMMANDS = (
    Command(
        "assign-manager", e.ManagerAssigned, "Give them a person who owns the relationship", _assign, ready=_going_on
    ),
    Command(
        "unassign-manager", e.ManagerUnassigned, "Nobody owns the relationship from here on", free, ready=_is_owned
    ),
    Command(
        "introduce-manager",
        e.ManagerIntroduced,
        "They were told who their person is",
        _introduce,
        default={"manager": _its_owner},
    ),
    Command("arrange-cover", e.CoverArranged, "Somebody else cares for them for a while", _cover, ready=_is_owned),
)
BENEFITS = (
    Command("grant-benefit", e.BenefitGranted, "Give them something for the relationship", _benefit, ready=_going_on),
)
