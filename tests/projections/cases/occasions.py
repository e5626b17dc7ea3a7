"""When contacts on occasions and planned contacts are due under the shipped rulebook, worked out by hand.

Everybody here lives in Jakarta, can be reached by WhatsApp, e-mail and telephone, and prefers WhatsApp, unless told
otherwise; SILVER bought for 500 GBP on 5 January 2026, which makes them silver and puts them in expansion until 4 July.

2026-03-15 is a Sunday, 2026-03-19 (Nyepi), 03-21 (Eid) and 04-03 (Good Friday) are public holidays. Quiet hours are 20:00 to 08:00,
Sundays, and Friday 11:30 to 13:00.
"""

from typing import NamedTuple


class On(NamedTuple):
    """As of the last event told (or `at`), the row of this item is due then and held for that reason; due "": there is none."""

    name: str
    told: tuple[str, ...]
    item: str
    due: str
    held: str | None = None
    at: str | None = None


SILVER = "2026-01-05 10:00 silver"


def _born(day: str) -> str:
    return f"2026-01-05 11:00 customer.profile-changed birthday={day}"


def _talk(when: str, channel: str = "whatsapp", purpose: str = "relationship") -> str:
    return f"{when} message.exchanged channel={channel} direction=outbound purpose={purpose}"


_17 = "birthday 2026-03-17"

BIRTHDAYS = [
    On("in the morning of the day", (SILVER, _born("03-17")), _17, "2026-03-17 08:00", at="2026-03-01 00:00"),
    On("a Sunday: on Monday", (SILVER, _born("03-15")), "birthday 2026-03-15", "2026-03-16 08:00", at="2026-03-01 00:00"),
    On("a holiday: by WhatsApp all the same", (SILVER, _born("04-03")), "birthday 2026-04-03", "2026-04-03 08:00",
       at="2026-03-01 00:00"),
    On("a holiday: by e-mail a day later", (
        SILVER, _born("04-03"), "2026-01-06 09:00 preference.stated preferred=email"),
        "birthday 2026-04-03", "2026-04-04 08:00", at="2026-03-01 00:00"),
    On("29 February: the 28th, where there is none", (SILVER, _born("02-29")), "birthday 2026-02-28", "2026-02-28 08:00"),
    On("29 February: itself, where there is one", ("2028-01-05 10:00 silver", _born("02-29")),
       "birthday 2028-02-29", "2028-02-29 08:00"),
    On("in their zone", (SILVER, _born("03-17"), "2026-01-06 09:00 customer.profile-changed timezone=America/New_York"),
       _17, "2026-03-17 08:00-04:00", at="2026-03-01 00:00"),
    On("within their windows, up to three days later", (
        SILVER, _born("03-16"), "2026-01-06 09:00 preference.stated windows=wed/12:00-13:00"),
        "birthday 2026-03-16", "2026-03-18 12:00", at="2026-03-01 00:00"),
    On("no window within three days", (
        SILVER, _born("03-17"), "2026-01-06 09:00 preference.stated windows=mon/12:00-13:00"),
        _17, "2026-03-17 00:00", "outside-window", at="2026-03-01 00:00"),
    On("a day after the contact before", (SILVER, _born("03-17"), _talk("2026-03-16 10:00")), _17, "2026-03-17 10:00",
       "limit-day"),
    On("and then it may", (SILVER, _born("03-17"), _talk("2026-03-16 10:00")), _17, "2026-03-17 10:00",
       at="2026-03-17 10:00"),
    On("until they were contacted on it", (SILVER, _born("03-17"), _talk("2026-03-17 10:00")), _17, ""),
    On("a contact in vain is none", (
        SILVER, _born("03-17"),
        "2026-03-17 10:00 call.made direction=outbound purpose=relationship outcome=not-reached"),
        _17, "2026-03-18 10:00", "limit-day"),
    On("a call about something else is none", (
        SILVER, _born("03-17"), "2026-03-17 10:00 call.made direction=outbound purpose=service"), _17, "2026-03-17 08:00"),
    On("not while they rest", (
        SILVER, _born("03-17"), "2026-01-06 09:00 preference.stated rest_until=2026-05-01_00:00"),
        _17, "2026-03-17 08:00", "rest", at="2026-03-01 00:00"),
    On("three days later it is over", (SILVER, _born("03-17")), _17, "", at="2026-03-20 00:00"),
    On("a year later it is there again", (
        SILVER, _born("03-17"), "2026-06-01 10:00 self-service.used act=look-up",
        "2026-11-01 10:00 self-service.used act=look-up"), "birthday 2027-03-17", "2027-03-17 08:00",
        at="2027-03-01 00:00"),
    On("not to who never came nearer than to know us", (_born("03-17"),), _17, "", at="2026-03-01 00:00"),
    On("not to who left", (
        SILVER, _born("03-17"), "2026-02-01 10:00 relationship.ended by=customer"), _17, "", at="2026-03-01 00:00"),
    On("corrected: on the day that is right", (SILVER, _born("03-17"), _born("04-07")), "birthday 2026-04-07",
       "2026-04-07 08:00", at="2026-03-01 00:00"),
    On("called off", (SILVER, _born("03-17"), "2026-03-01 10:00 outreach.cancelled outreach=(birthday_2026-03-17)"),
       _17, ""),
    On("put off by a day", (
        SILVER, _born("03-17"),
        "2026-03-01 10:00 outreach.snoozed outreach=(birthday_2026-03-17) until=2026-03-18_09:00"),
        _17, "2026-03-18 09:00"),
]  # fmt: skip

_LOYAL = ("2026-06-01 10:00 self-service.used act=look-up", "2026-11-01 10:00 self-service.used act=look-up")
_LATER = "2026-12-01 00:00"

# 5 January 2027 is a holiday (Isra Mikraj), and this is no greeting.
ANNIVERSARIES = [
    On("a year after the first purchase", (SILVER, *_LOYAL), "purchase-anniversary 2027-01-05", "2027-01-06 08:00",
       at=_LATER),
    On("of the first one that was kept", (
        "2026-01-04 10:00 purchase.made purchase=x currency=GBP total=20", SILVER,
        "2026-01-06 10:00 purchase.returned purchase=x currency=GBP total=20", *_LOYAL),
        "purchase-anniversary 2027-01-05", "2027-01-06 08:00", at=_LATER),
    On("not of a basic customer", ("2026-01-05 10:00 basic", *_LOYAL), "purchase-anniversary 2027-01-05", "", at=_LATER),
]  # fmt: skip

_BOUGHT = tuple(
    f"2026-{day} 10:00 purchase.made purchase=b{day} currency=GBP total=100"
    for day in ("01-05", "02-04", "03-06", "04-05")
)
_AGREED = "2026-01-06 10:00 consent.granted purpose=selling"
_CARED = (_talk("2026-04-10 10:00"), _talk("2026-04-20 10:00"))
_MAY = "reorder 2026-05-05"

REORDERS = [
    On("thirty days after the last of four", (*_BOUGHT, _AGREED, *_CARED), _MAY, "2026-05-05 10:00"),
    On("held without consent", (*_BOUGHT, *_CARED), _MAY, "2026-05-05 10:00", "no-consent"),
    On("held where it would outweigh the relationship", (*_BOUGHT, _AGREED), _MAY, "2026-05-05 10:00", "ratio"),
    On("held while a complaint is open", (
        *_BOUGHT, _AGREED, *_CARED, "2026-05-01 10:00 complaint.opened severity=low"), _MAY, "2026-05-05 10:00",
        "complaint-open"),
    # resolved on 30 April: fourteen days later is Ascension Day, and then a Friday
    On("put off after a complaint", (
        *_BOUGHT, _AGREED, *_CARED, "2026-04-28 10:00 complaint.opened severity=low",
        "2026-04-30 10:00 complaint.resolved"), _MAY, "2026-05-15 08:00", "complaint-just-resolved"),
    On("three purchases tell too little", (*_BOUGHT[:3], _AGREED), "reorder 2026-04-05", ""),
    # intervals of 30, 30, 30 and 29 days
    On("anew from each purchase", (
        *_BOUGHT, _AGREED, *_CARED, "2026-05-04 10:00 purchase.made purchase=b5 currency=GBP total=100"),
        "reorder 2026-06-03", "2026-06-03 10:00"),
    On("an offer that reached them was it", (
        *_BOUGHT, _AGREED, *_CARED, _talk("2026-05-05 11:00", purpose="selling")), _MAY, ""),
    On("two weeks later it is over", (*_BOUGHT, _AGREED, *_CARED), _MAY, "", at="2026-05-19 10:00"),
]  # fmt: skip

_HELD = "2026-01-05 10:00 holding.opened holding=h product=plan matures={}"

MATURITIES = [
    # 31 May and 1 June are holidays
    On("thirty days before", (_HELD.format("2026-06-30"),), "maturity 2026-06-30", "2026-06-02 08:00",
       at="2026-05-01 00:00"),
    On("of the date that it has now", (
        _HELD.format("2026-06-30"), "2026-02-01 10:00 holding.changed holding=h matures=2026-04-30"),
        "maturity 2026-04-30", "2026-03-31 08:00"),
    On("not of one that is closed", (
        _HELD.format("2026-06-30"), "2026-02-01 10:00 holding.closed holding=h"), "maturity 2026-06-30", "",
        at="2026-05-01 00:00"),
]  # fmt: skip

_OPENED = "2026-02-02 10:00 complaint.opened severity=low"

AFTER_CARE = [
    On("three days after it was resolved", (_OPENED, "2026-02-03 10:00 complaint.resolved"), "after-care 2026-02-06",
       "2026-02-06 10:00"),
    On("outside of Friday noon", (_OPENED, "2026-02-03 12:00 complaint.resolved"), "after-care 2026-02-06",
       "2026-02-06 13:00"),
    On("unless they were asked already", (
        _OPENED, "2026-02-03 10:00 complaint.resolved", _talk("2026-02-04 10:00")), "after-care 2026-02-06", ""),
    On("not where it goes on", (
        _OPENED, "2026-02-03 10:00 complaint.resolved", "2026-02-04 10:00 complaint.reopened"), "after-care 2026-02-06",
        ""),
    On("not of what they took back", (_OPENED, "2026-02-03 10:00 complaint.withdrawn"), "after-care 2026-02-06", ""),
    On("once more after the second round", (
        _OPENED, "2026-02-03 10:00 complaint.resolved", "2026-02-04 10:00 complaint.reopened",
        "2026-02-10 10:00 complaint.resolved"), "after-care 2026-02-13", "2026-02-13 10:00"),
]  # fmt: skip

_PLAN = "2026-03-02 10:00 outreach.planned outreach=p due={} purpose=relationship channel=whatsapp"
_AT = _PLAN.format("2026-03-10_10:00")

PLANNED = [
    On("at its moment", (_AT,), "p", "2026-03-10 10:00"),
    On("an appointment, on a Sunday night too", (_PLAN.format("2026-03-15_21:30"),), "p", "2026-03-15 21:30"),
    On("a day: from its first allowed moment on", (_PLAN.format("2026-03-16_00:00"),), "p", "2026-03-16 08:00"),
    On("done by a contact two days before", (_AT, _talk("2026-03-08 12:00")), "p", ""),
    On("done by a contact two days after", (_AT, _talk("2026-03-12 12:00")), "p", ""),
    On("done by an attempt that reached them, and names it", (
        _AT, "2026-03-05 09:00 contact.attempted channel=whatsapp purpose=relationship outcome=reached outreach=p"), "p", ""),
    On("not by one in vain", (
        _AT, "2026-03-05 09:00 contact.attempted channel=whatsapp purpose=relationship outcome=not-reached outreach=p"),
        "p", "2026-03-10 10:00"),
    On("not by one four days before", (_AT, _talk("2026-03-06 09:00")), "p", "2026-03-10 10:00"),
    On("not by one that was before it was planned", (_talk("2026-03-01 09:00"), _PLAN.format("2026-03-03_10:00")), "p",
       "2026-03-03 10:00"),
    On("not on another channel", (_AT, _talk("2026-03-09 09:00", "sms")), "p", "2026-03-10 10:00"),
    On("not for another purpose", (_AT, _talk("2026-03-09 09:00", purpose="service")), "p", "2026-03-10 10:00"),
    On("not by theirs", (_AT, "2026-03-09 09:00 message.exchanged channel=whatsapp direction=inbound"), "p",
       "2026-03-10 10:00"),
    On("not where it was put off since", (
        _AT, _talk("2026-03-09 09:00"), "2026-03-09 10:00 outreach.snoozed outreach=p until=2026-03-11_10:00"), "p",
        "2026-03-11 10:00"),
    On("one contact is one plan: the later one stays", (
        _AT, _PLAN.replace("=p ", "=q ").format("2026-03-11_10:00"), _talk("2026-03-10 10:00")), "q", "2026-03-11 10:00"),
    On("one contact is one plan: the earlier one is done", (
        _AT, _PLAN.replace("=p ", "=q ").format("2026-03-11_10:00"), _talk("2026-03-10 10:00")), "p", ""),
    On("held on the day of another contact, and then it may", (
        _PLAN.format("2026-03-10_10:00"), _talk("2026-03-10 09:00", "sms", "information")), "p", "2026-03-11 09:00",
        "limit-day"),
    On("a benefit that does not fit is refused", (
        "2026-01-05 10:00 platinum", _AT + " content=discount"), "p", "2026-03-10 10:00", "unfit"),
    On("one that fits is not", ("2026-01-05 10:00 platinum", _AT + " content=personal-service"), "p", "2026-03-10 10:00"),
]  # fmt: skip

ALL = [*BIRTHDAYS, *ANNIVERSARIES, *REORDERS, *MATURITIES, *AFTER_CARE, *PLANNED]
