"""May they be contacted? Limits, rests, complaints, and greetings on holidays, by the shipped rulebook.

Asked of somebody in Jakarta who can be reached by telephone and WhatsApp and agreed to be sold to. 2026-01-05 is a Monday;
17 August, a Monday, and 1 May, a Friday, are holidays. `reasons` are all there are.
"""

from typing import NamedTuple


class May(NamedTuple):
    """What is told, what is asked for (channel, purpose, content), when, and everything that is against it."""

    name: str
    told: tuple[str, ...]
    asked: tuple[str, str, str | None]
    at: str
    reasons: frozenset[str] = frozenset()


def _sent(when: str, purpose: str = "relationship", channel: str = "whatsapp") -> str:
    return f"{when} message.exchanged channel={channel} direction=outbound purpose={purpose}"


TALK, NEWS, SALE, HELP = (
    ("whatsapp", purpose, None) for purpose in ("relationship", "information", "selling", "service")
)
BIRTHDAY, BIRTHDAY_CALL = ("whatsapp", "relationship", "birthday"), ("phone", "relationship", "birthday")
# Four contacts for the relationship, within ninety days of the questions that need them, and not within thirty.
CARED = tuple(_sent(f"2026-01-{day} 10:00") for day in ("06", "08", "12", "14"))


def _why(*reasons: str) -> frozenset[str]:
    return frozenset(reasons)


GREETINGS = [
    May("a birthday on a holiday by message", (), BIRTHDAY, "2026-08-17 10:00"),
    May("a birthday on a holiday by telephone", (), BIRTHDAY_CALL, "2026-08-17 10:00", _why("holiday")),
    May("a greeting on a holiday that is a Friday, at prayer", (), ("whatsapp", "relationship", "greeting-eid"),
        "2026-05-01 12:00", _why("quiet-hours")),
    May("a greeting in the night of a holiday", (), BIRTHDAY, "2026-08-17 21:00", _why("quiet-hours")),
    May("a greeting on a Sunday", (), BIRTHDAY, "2026-08-16 10:00", _why("quiet-hours")),
    May("advice on a holiday", (), ("whatsapp", "relationship", "advice"), "2026-08-17 10:00", _why("holiday")),
    May("service on a holiday", (), HELP, "2026-08-17 10:00", _why("holiday")),
    May("the night of a holiday, for two reasons", (), TALK, "2026-08-17 21:00", _why("holiday", "quiet-hours")),
    May("a holiday that their window overrides", ("2026-01-05 09:00 preference.stated windows=09:00-11:00",), TALK,
        "2026-08-17 10:00"),
    May("a greeting outside of their window on a holiday", (
        "2026-01-05 09:00 preference.stated windows=09:00-11:00",), BIRTHDAY, "2026-08-17 12:00",
        _why("outside-window")),
    May("a holiday of ours where they live", ("2026-01-05 09:00 customer.profile-changed timezone=Asia/Jayapura",), TALK,
        "2026-08-17 22:30", _why("quiet-hours")),  # half past midnight on the 18th there
]  # fmt: skip

LIMITS = [
    May("a second one on the day", (_sent("2026-01-06 10:00"),), NEWS, "2026-01-06 15:00", _why("limit-day")),
    May("a day is 24 hours", (_sent("2026-01-06 10:00"),), NEWS, "2026-01-07 09:59:59", _why("limit-day")),
    May("a day later", (_sent("2026-01-06 10:00"),), NEWS, "2026-01-07 10:00"),
    May("service does not ask for limits", (_sent("2026-01-06 10:00"),), HELP, "2026-01-06 15:00"),
    May("service does not count", (_sent("2026-01-06 10:00", "service"),), NEWS, "2026-01-06 15:00"),
    May("what did not reach them counts", (
        "2026-01-06 10:00 call.made direction=outbound purpose=information outcome=not-reached",), NEWS,
        "2026-01-06 15:00", _why("limit-day")),
    May("what they began does not count", (
        "2026-01-06 10:00 message.exchanged channel=whatsapp direction=inbound purpose=relationship",), NEWS,
        "2026-01-06 15:00"),
    May("a seventh in thirty days", tuple(_sent(f"2026-02-{day:02} 10:00") for day in range(2, 8)), TALK,
        "2026-03-04 09:59:59", _why("limit-month")),
    May("thirty days after the first", tuple(_sent(f"2026-02-{day:02} 10:00") for day in range(2, 8)), TALK,
        "2026-03-04 10:00"),
    May("a sixth in thirty days", tuple(_sent(f"2026-02-{day:02} 10:00") for day in range(2, 7)), TALK,
        "2026-02-10 10:00"),
]  # fmt: skip

SELLING = [
    May("sold to a week ago, nearly", (*CARED, _sent("2026-02-16 10:00", "selling")), SALE, "2026-02-23 09:59:59",
        _why("limit-selling")),
    May("sold to a week ago", (*CARED, _sent("2026-02-16 10:00", "selling")), SALE, "2026-02-23 10:00"),
    May("two to one: two to the first", CARED[:2], SALE, "2026-02-16 10:00"),
    May("two to one: one is too few", CARED[:1], SALE, "2026-02-16 10:00", _why("ratio")),
    May("two to one: the second needs four", (*CARED[:3], _sent("2026-02-16 10:00", "selling")), SALE,
        "2026-02-25 10:00", _why("ratio")),
    # 6 January 10:00 and ninety days are 6 April 10:00: one of the two is no longer counted
    May("two to one: within ninety days", CARED[:2], SALE, "2026-04-06 10:00", _why("ratio")),
    May("two to one: the last second of them", CARED[:2], SALE, "2026-04-06 09:59:59"),
    May("two in thirty days", (
        *CARED, _sent("2026-01-19 10:00"), _sent("2026-01-20 10:00"), _sent("2026-02-03 10:00", "selling"),
        _sent("2026-02-12 10:00", "selling")), SALE, "2026-03-05 09:59:59", _why("limit-selling")),
    May("thirty days after the first of two", (
        *CARED, _sent("2026-01-19 10:00"), _sent("2026-01-20 10:00"), _sent("2026-02-03 10:00", "selling"),
        _sent("2026-02-12 10:00", "selling")), SALE, "2026-03-05 10:00"),
    May("a complaint is open", (*CARED, "2026-02-16 09:00 complaint.opened"), SALE, "2026-02-16 10:00",
        _why("complaint-open")),
    May("an open complaint stops nothing else", (*CARED, "2026-02-16 09:00 complaint.opened"), TALK,
        "2026-02-16 10:00"),
    May("fourteen days after it was resolved, nearly", (
        *CARED, "2026-02-16 09:00 complaint.opened", "2026-02-18 10:00 complaint.resolved"), SALE,
        "2026-03-04 09:59:59", _why("complaint-just-resolved")),
    May("fourteen days after it was resolved", (
        *CARED, "2026-02-16 09:00 complaint.opened", "2026-02-18 10:00 complaint.resolved"), SALE, "2026-03-04 10:00"),
    May("withdrawn spares nobody", (
        *CARED, "2026-02-16 09:00 complaint.opened", "2026-02-18 10:00 complaint.withdrawn"), SALE, "2026-02-19 10:00"),
    # Waited for from the 5th, so resolved on the 15th at ten; fourteen more days are 1 March at ten.
    May("fourteen days after time resolved it", (
        *CARED, "2026-02-04 09:00 complaint.opened", "2026-02-05 10:00 complaint.waiting waiting_for=customer"), SALE,
        "2026-02-28 10:00", _why("complaint-just-resolved")),
    May("more than fourteen days after time resolved it", (
        *CARED, "2026-02-04 09:00 complaint.opened", "2026-02-05 10:00 complaint.waiting waiting_for=customer"), SALE,
        "2026-03-02 10:00"),
]  # fmt: skip

RESTS = [
    May("rest was asked for", ("2026-01-06 09:00 preference.stated rest_until=2026-02-03_10:00",), TALK,
        "2026-02-03 09:59:59", _why("rest")),
    May("the rest is over", ("2026-01-06 09:00 preference.stated rest_until=2026-02-03_10:00",), TALK,
        "2026-02-03 10:00"),
    May("service does not disturb a rest", ("2026-01-06 09:00 preference.stated rest_until=2026-02-03_10:00",), HELP,
        "2026-02-02 10:00"),
    May("they ended it", ("2026-01-06 09:00 relationship.ended by=customer",), TALK, "2026-02-03 10:00",
        _why("ended")),
    May("they ended it, and bought again", (
        "2026-01-06 09:00 relationship.ended by=customer", "2026-01-20 10:00 silver"), NEWS, "2026-02-03 10:00"),
]  # fmt: skip

ALL = [*GREETINGS, *LIMITS, *SELLING, *RESTS]
