"""When the next contact by rhythm is due, under the shipped rulebook.

More than one contact in a period is one in each slot of the calendar: a month (quarter, year) cut into equal numbers of whole days,
beginning with the first. One in a period is so long after the last contact: a month is 730 hours (30 days and 10 hours), two are
60 days and 20 hours, a quarter is 91 days and 6 hours. The date then moves out of quiet hours (20:00 to 08:00, Sundays, Friday
11:30 to 13:00, public holidays of Indonesia) or into the customer's windows, and to where limits allow it.

2026-01-05 is a Monday. Holidays that matter here: 2026-01-16, 05-01, 05-31, 06-01; 2027-01-01.
"""

from typing import NamedTuple

from tests import examples


class Due(NamedTuple):
    """After what is told of somebody who can be reached by telephone and prefers WhatsApp, the next contact is due then.

    `at`: as of this moment; without it, at the last event told. `item`: of this rhythm.
    """

    name: str
    told: tuple[str, ...]
    due: str
    at: str | None = None
    item: str = "rhythm"


def _talk(when: str) -> str:
    return f"{when} message.exchanged channel=whatsapp direction=outbound purpose=relationship"


def _wish(cadence: str, since: str = "2026-01-05") -> str:
    return f"{since} 09:00 preference.stated cadence={cadence}"


PLATINUM, GOLD, SILVER, BASIC = (f"2026-01-05 10:00 {tier}" for tier in ("platinum", "gold", "silver", "basic"))

TWICE = [
    Due("a month of 31 days: the 16th, a holiday here", (PLATINUM, _talk("2026-01-06 10:00")), "2026-01-17 08:00"),
    Due("the next month begins on a Sunday", (PLATINUM, _talk("2026-01-19 10:00")), "2026-02-02 08:00"),
    Due("a month of 28 days: the 15th, a Sunday", (PLATINUM, _talk("2026-02-03 10:00")), "2026-02-16 08:00"),
    Due("a month of 30 days: the 16th", (PLATINUM, _talk("2026-04-02 10:00")), "2026-04-16 08:00"),
    Due("29 days: the 15th", ("2028-01-03 10:00 platinum", _talk("2028-02-02 10:00")), "2028-02-15 08:00"),
    Due("29 days: then 1 March", ("2028-01-03 10:00 platinum", _talk("2028-02-21 10:00")), "2028-03-01 08:00"),
    Due("the last second of a slot", (PLATINUM, _talk("2026-02-14 23:59:59")), "2026-02-16 08:00"),
    Due("the first moment of a slot", (PLATINUM, _talk("2026-02-15 00:00")), "2026-03-02 08:00"),
    # A day after the last contact is the earliest: the limit of one a day holds for rhythms too.
    Due("the day before a slot", (PLATINUM, _talk("2026-04-15 10:00")), "2026-04-16 10:00"),
    Due("over New Year", ("2026-12-01 10:00 platinum", _talk("2026-12-21 10:00")), "2027-01-02 08:00"),
    Due("only Wednesdays at noon", (
        PLATINUM, "2026-01-05 11:00 preference.stated windows=wed/12:00-13:00", _talk("2026-04-02 10:00")),
        "2026-04-22 12:00"),
    Due("at night by their own wish", (
        PLATINUM, "2026-01-05 11:00 preference.stated windows=22:00-02:00", _talk("2026-04-02 10:00")),
        "2026-04-16 00:00"),
]  # fmt: skip

ZONES = [
    # 22:00 on 30 June there, so the slot of 1 July is next; a day after the contact is 22:00, so the morning after that
    Due("still June in New York", (
        "2026-06-01 10:00 platinum", "2026-06-01 10:00 customer.profile-changed timezone=America/New_York",
        _talk("2026-07-01 09:00+07:00")), "2026-07-02 08:00-04:00"),
    Due("already July in Jakarta", ("2026-06-01 10:00 platinum", _talk("2026-07-01 09:00")), "2026-07-16 08:00"),
    # 01:00 on the 16th there; 1 May is a Friday and a holiday
    Due("already the second half in Jayapura", (
        PLATINUM, "2026-01-05 10:00 customer.profile-changed timezone=Asia/Jayapura", _talk("2026-04-15 23:00+07:00")),
        "2026-05-02 08:00+09:00"),
    Due("still the first half in Jakarta", (PLATINUM, _talk("2026-04-15 23:00")), "2026-04-17 08:00"),
    Due("London's winter", (
        PLATINUM, "2026-01-05 10:00 customer.profile-changed timezone=Europe/London", _talk("2026-03-05 17:00")),
        "2026-03-16 08:00+00:00"),
    Due("London's summer", (
        PLATINUM, "2026-01-05 10:00 customer.profile-changed timezone=Europe/London", _talk("2026-03-20 17:00")),
        "2026-04-01 08:00+01:00"),
]  # fmt: skip

ONCE = [
    Due("gold: a month", (GOLD, _talk("2026-01-06 09:00")), "2026-02-05 19:00"),
    Due("gold: a month that ends as quiet hours begin", (GOLD, _talk("2026-01-06 10:00")), "2026-02-06 08:00"),
    Due("gold: from the end of January", (GOLD, _talk("2026-01-31 09:00")), "2026-03-02 19:00"),
    Due("gold: from there in a leap year", ("2028-01-03 10:00 gold", _talk("2028-01-31 09:00")), "2028-03-01 19:00"),
    Due("silver: two months, a Sunday", (SILVER, _talk("2026-01-06 09:00")), "2026-03-09 08:00"),
    Due("basic: a quarter", (BASIC, _talk("2026-01-06 09:00")), "2026-04-07 15:00"),
    Due("counted from what they told us", (
        GOLD, _talk("2026-01-06 09:00"), "2026-01-12 09:00 message.exchanged channel=whatsapp direction=inbound"),
        "2026-02-11 19:00"),
    Due("not from what did not reach them", (
        GOLD, _talk("2026-01-06 09:00"),
        "2026-01-20 09:00 call.made direction=outbound purpose=relationship outcome=not-reached"), "2026-02-05 19:00"),
    Due("nor from a broadcast", (GOLD, _talk("2026-01-06 09:00"), "2026-01-20 09:00 broadcast.sent channel=email"),
        "2026-02-05 19:00"),
    Due("nor from an automatic reply", (
        GOLD, _talk("2026-01-06 09:00"), "2026-01-20 09:00 auto-reply.sent channel=whatsapp"), "2026-02-05 19:00"),
    Due("put off", (GOLD, _talk("2026-01-06 09:00"), "2026-01-07 09:00 outreach.snoozed until=2026-03-10_10:00"),
        "2026-03-10 10:00"),
    Due("put off to before it is due", (
        GOLD, _talk("2026-01-06 09:00"), "2026-01-07 09:00 outreach.snoozed until=2026-01-20_10:00"),
        "2026-02-05 19:00"),
]  # fmt: skip

_ASKED = "2026-01-06 09:00 message.exchanged channel=whatsapp direction=inbound"

UNKNOWN = [
    Due("who asked and bought nothing: a month", (_ASKED,), "2026-02-05 19:00"),
    Due("after the first contact: a month, a Sunday", (_ASKED, _talk("2026-02-06 09:00")), "2026-03-09 08:00"),
    Due("after the second: a month", (_ASKED, _talk("2026-02-06 09:00"), _talk("2026-03-09 09:00")),
        "2026-04-08 19:00"),
    Due("after the third: a quarter", (
        _ASKED, _talk("2026-02-06 09:00"), _talk("2026-03-09 09:00"), _talk("2026-04-09 09:00")), "2026-07-09 15:00"),
]  # fmt: skip

WISHES = [
    Due("twice a month in the place of two months", (SILVER, _wish("2/month"), _talk("2026-04-02 10:00")),
        "2026-04-16 08:00"),
    Due("six a month, 30 days: every fifth", (SILVER, _wish("6/month"), _talk("2026-04-07 10:00")), "2026-04-11 08:00"),
    Due("six a month, the last slot", (SILVER, _wish("6/month"), _talk("2026-01-27 10:00")), "2026-02-02 08:00"),
    # 28 days: the 1st, 5th, 10th, 15th, 19th and 24th
    Due("six a month, 28 days", (SILVER, _wish("6/month"), _talk("2026-02-05 10:00")), "2026-02-10 08:00"),
    # 29 days: the 1st, 5th, 10th, 15th, 20th (a Sunday) and 25th
    Due("six a month, 29 days", ("2028-01-03 10:00 silver", _wish("6/month", "2028-01-03"), _talk("2028-02-15 10:00")),
        "2028-02-21 08:00"),
    Due("three a month, 31 days: the 11th", ("2026-06-02 10:00 silver", _wish("3/month"), _talk("2026-07-06 10:00")),
        "2026-07-11 08:00"),
    Due("three a month, 28 days: the 10th", (SILVER, _wish("3/month"), _talk("2026-02-02 10:00")), "2026-02-10 08:00"),
    Due("four a month, 28 days: the 8th, a Sunday", (SILVER, _wish("4/month"), _talk("2026-02-03 10:00")),
        "2026-02-09 08:00"),
    Due("four a month, 31 days: the 16th", (SILVER, _wish("4/month"), _talk("2026-03-10 10:00")), "2026-03-16 08:00"),
    Due("every day: the limit of six in thirty days", (
        SILVER, _wish("31/month"), *(_talk(f"2026-04-{day:02} 10:00") for day in range(6, 12))), "2026-05-06 10:00"),
    Due("once a month", (PLATINUM, _wish("1/month"), _talk("2026-04-02 09:00")), "2026-05-02 19:00"),
    # 31 May, a Sunday and a holiday, as is the Monday after it
    Due("once a month, over Vesak and Pancasila", (PLATINUM, _wish("1/month"), _talk("2026-05-01 09:00")),
        "2026-06-02 08:00"),
    # 31 July at 19:00 would be a second contact in July
    Due("once a month is no more than once in each", (SILVER, _wish("1/month"), _talk("2026-07-01 09:00")),
        "2026-08-01 08:00"),
    Due("once a quarter", (PLATINUM, _wish("1/quarter"), _talk("2026-04-02 09:00")), "2026-07-02 15:00"),
    # 1 April and 45 days
    Due("twice a quarter", (SILVER, _wish("2/quarter"), _talk("2026-04-10 10:00")), "2026-05-16 08:00"),
    # 1 January and 91 days
    Due("four a year", (SILVER, _wish("4/year"), _talk("2026-02-10 10:00")), "2026-04-02 08:00"),
    Due("once a year", (SILVER, _wish("1/year"), _talk("2026-02-10 09:00")), "2027-02-10 09:00"),
    Due("a wish taken back", (SILVER, _wish("6/month"), "2026-01-05 12:00 preference.stated cadence=",
                              _talk("2026-01-06 09:00")), "2026-03-09 08:00"),
    Due("of a channel of its own: the visit", (
        SILVER, _wish("2/month;1/quarter/visit"),
        "2026-03-10 10:00 visit.made direction=outbound purpose=relationship", _talk("2026-04-02 10:00")),
        "2026-06-09 16:00", item="rhythm visit"),
    Due("of a channel of its own: all others", (
        SILVER, _wish("2/month;1/quarter/visit"),
        "2026-03-10 10:00 visit.made direction=outbound purpose=relationship", _talk("2026-04-02 10:00")),
        "2026-04-16 08:00"),
]  # fmt: skip

_TRUSTED = tuple(
    line
    for month in range(1, 7)
    for line in (
        f"2026-0{month}-05 10:00 purchase.made purchase=b{month} currency=GBP total=100",
        f"2026-0{month}-05 11:00 promise.made promise=q{month} due=2026-0{month}-20_10:00 kind=callback",
        f"2026-0{month}-06 10:00 promise.kept promise=q{month}",
    )
)
# Silence of 180 days from 5 January 10:00 ends on 4 July at 10:00; care after 14 days is on Saturday the 18th.
_SILENT = ("2026-01-05 10:00 silver",)
_TRIED = "call.made direction=outbound purpose=relationship outcome=not-reached"

STAGES = [
    Due("commitment, silver: a quarter", (*_TRUSTED, _talk("2026-06-08 09:00")), "2026-09-07 15:00"),
    Due("dissolution: care after fourteen days", _SILENT, "2026-07-18 10:00", at="2026-07-05 10:00"),
    Due("dissolution: then a quarter", (*_SILENT, f"2026-07-20 10:00 {_TRIED}"), "2026-10-19 16:00"),
    # 180 days from 20 October are 18 April, a Sunday
    Due("dissolution: two unanswered, then a long rest", (
        *_SILENT, f"2026-07-20 10:00 {_TRIED}", f"2026-10-20 10:00 {_TRIED}"), "2027-04-19 08:00"),
]  # fmt: skip

PLAN = examples.uid("outreach plan")


def _plan(due: str, purpose: str = "relationship") -> str:
    return f"2026-02-02 10:00 outreach.planned outreach=plan due={due} purpose={purpose}"


_CARED = (_talk("2026-01-06 10:00"), _talk("2026-01-08 10:00"), "2026-01-08 11:00 consent.granted purpose=selling")
_SOLVED = ("2026-02-16 09:00 complaint.opened", "2026-02-18 22:00 complaint.resolved")

PLANS = [
    Due("planned for a time of day: it was agreed upon", (_plan("2026-02-20_21:00"),), "2026-02-20 21:00", item=PLAN),
    Due("planned for a day: in its first hour", (_plan("2026-02-20_00:00"),), "2026-02-20 08:00", item=PLAN),
    Due("planned for a Sunday", (_plan("2026-02-22_00:00"),), "2026-02-23 08:00", item=PLAN),
    Due("planned for Lunar New Year", (_plan("2026-02-17_00:00"),), "2026-02-18 08:00", item=PLAN),
    Due("planned to sell, with a complaint in between", (*_CARED, _plan("2026-03-10_10:00", "selling"), *_SOLVED),
        "2026-03-10 10:00", item=PLAN),
    # Spared until 4 March at 22:00: where it is moved to nobody agreed upon, so the night moves it further.
    Due("planned to sell while they are spared", (*_CARED, _plan("2026-02-20_10:00", "selling"), *_SOLVED),
        "2026-03-05 08:00", item=PLAN),
]  # fmt: skip

ALL = [*TWICE, *ZONES, *ONCE, *UNKNOWN, *WISHES, *STAGES, *PLANS]
