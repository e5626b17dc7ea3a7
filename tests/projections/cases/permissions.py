"""What stops a contact but for what they said of consent: limits, selling, hours, rest, an end.

The rules (RULEBOOK, Contact limits): one contact of ours a day and 6 in 30 days, service excepted; to sell at most 1 in 7 days
and 2 in 30, and two for the relationship to each in 90 days; nothing is sold while a complaint is open, nor within 14 days after.
Quiet are 20:00 to 08:00 with them, Sundays, holidays, Friday 11:30 to 13:00; greetings by message may go out on holidays; windows
that they stated take the place of all of it. Times are Jakarta's. 5 January 2026 is a Monday; holidays are 16 January, and
21 and 22 March, a Saturday and a Sunday.

`stops`: (reason, until when), "" where no time ends it. `next`: when nothing stops it any more by time alone; "" never.
"""

from typing import NamedTuple


class Asked(NamedTuple):
    """What was told, what is asked, and what is against it."""

    name: str
    told: tuple[str, ...]
    when: str
    stops: tuple[tuple[str, str], ...] = ()
    next: str = ""
    purpose: str = "relationship"
    channel: str = "whatsapp"
    content: str | None = None
    staff: str | None = None


BASE = (
    "2025-11-03 09:00 customer.registered", "2025-11-03 09:00 customer.identified kind=whatsapp",
    "2025-11-03 09:00 customer.identified kind=phone",
)  # fmt: skip
_OURS = "message.exchanged channel=whatsapp direction=outbound"
_CARE, _OFFER = f"{_OURS} purpose=relationship", f"{_OURS} purpose=selling"
_AGREED = "2025-11-03 09:00 consent.granted purpose=selling"


def _at(what: str, *days: str) -> tuple[str, ...]:
    return tuple(f"2026-{day} 09:00 {what}" for day in days)


LIMITS = [
    Asked("nothing yet", (), "2026-01-06 10:00", (), "2026-01-06 10:00"),
    Asked("one a day", _at(_CARE, "01-06"), "2026-01-06 15:00", (("limit-day", "2026-01-07 09:00"),), "2026-01-07 09:00"),
    Asked("a second less than a day", _at(_CARE, "01-06"), "2026-01-07 08:59:59",
          (("limit-day", "2026-01-07 09:00"),), "2026-01-07 09:00"),
    Asked("a day to the second", _at(_CARE, "01-06"), "2026-01-07 09:00", (), "2026-01-07 09:00"),
    Asked("information counts", _at(f"{_OURS} purpose=information", "01-06"), "2026-01-06 15:00",
          (("limit-day", "2026-01-07 09:00"),), "2026-01-07 09:00"),
    Asked("service does not count", _at(f"{_OURS} purpose=service", "01-06"), "2026-01-06 15:00", (), "2026-01-06 15:00"),
    Asked("service is not limited", _at(_CARE, "01-06"), "2026-01-06 15:00", (), "2026-01-06 15:00", purpose="service"),
    Asked("what they began does not count", _at("call.made direction=inbound purpose=relationship", "01-06"),
          "2026-01-06 15:00", (), "2026-01-06 15:00"),
    Asked("what failed counts", _at("call.made direction=outbound purpose=relationship outcome=not-reached", "01-06"),
          "2026-01-06 15:00", (("limit-day", "2026-01-07 09:00"),), "2026-01-07 09:00"),
    # 6 January 09:00 and 30 days
    Asked("six in thirty days", _at(_CARE, "01-06", "01-08", "01-10", "01-12", "01-14", "01-17"), "2026-01-20 10:00",
          (("limit-month", "2026-02-05 09:00"),), "2026-02-05 09:00"),
    Asked("the seventh only once the first is gone", _at(_CARE, "01-06", "01-08", "01-10", "01-12", "01-14", "01-17"),
          "2026-02-05 09:00", (), "2026-02-05 09:00"),
    Asked("a limit that ends at night ends in the morning",
          tuple(f"2026-01-{day} 21:00 {_CARE}" for day in ("06", "08", "10", "12", "14", "17")), "2026-01-20 10:00",
          (("limit-month", "2026-02-05 21:00"),), "2026-02-06 08:00"),
    Asked("a receipt counts", _at("contact.attempted channel=phone purpose=relationship outcome=not-reached", "01-06"),
          "2026-01-06 15:00", (("limit-day", "2026-01-07 09:00"),), "2026-01-07 09:00"),
    Asked("a receipt of what was held does not",
          _at("contact.attempted channel=phone purpose=relationship outcome=held", "01-06"), "2026-01-06 15:00", (),
          "2026-01-06 15:00"),
    Asked("a receipt of service does not",
          _at("contact.attempted channel=phone purpose=service outcome=reached", "01-06"), "2026-01-06 15:00", (),
          "2026-01-06 15:00"),
]  # fmt: skip

_RECEIPT = "contact.attempted channel=whatsapp purpose=relationship outcome=reached"
_TWICE = "2025-11-03 09:00 preference.stated cadence=2/month"

WISHED = [
    # 1 February is a Sunday
    Asked("as often as they wish", ("2025-11-03 09:00 preference.stated cadence=1/month", *_at(_CARE, "01-06")),
          "2026-01-12 10:00", (("limit-wish", "2026-02-01 00:00"),), "2026-02-02 08:00"),
    Asked("not as often yet", (_TWICE, *_at(_CARE, "01-06")), "2026-01-12 10:00", (), "2026-01-12 10:00"),
    Asked("a month of the calendar", ("2025-11-03 09:00 preference.stated cadence=1/month", *_at(_CARE, "01-31")),
          "2026-02-02 10:00", (), "2026-02-02 10:00"),
    Asked("a quarter of the calendar", ("2025-11-03 09:00 preference.stated cadence=1/quarter", *_at(_CARE, "01-06")),
          "2026-02-10 10:00", (("limit-wish", "2026-04-01 00:00"),), "2026-04-01 08:00"),
    Asked("service answers all the same", ("2025-11-03 09:00 preference.stated cadence=1/quarter", *_at(_CARE, "01-06")),
          "2026-02-10 10:00", (), "2026-02-10 10:00", purpose="service"),
    Asked("of one channel", ("2025-11-03 09:00 preference.stated cadence=1/month/phone",
          *_at("call.made direction=outbound purpose=relationship", "01-06")), "2026-01-12 10:00",
          (("limit-wish", "2026-02-01 00:00"),), "2026-02-02 08:00", channel="phone"),
    Asked("of one channel, and not of another", ("2025-11-03 09:00 preference.stated cadence=1/month/phone",
          *_at("call.made direction=outbound purpose=relationship", "01-06")), "2026-01-12 10:00", (), "2026-01-12 10:00"),
    Asked("a receipt and what followed it are one contact",
          (_TWICE, f"2026-01-06 09:00 {_RECEIPT}", f"2026-01-06 09:10 {_CARE}"), "2026-01-08 10:00", (), "2026-01-08 10:00"),
    Asked("a conversation and its receipt are one contact",
          (_TWICE, f"2026-01-06 09:00 {_CARE}", f"2026-01-06 09:20 {_RECEIPT}"), "2026-01-08 10:00", (), "2026-01-08 10:00"),
    Asked("more than an hour apart they are two",
          (_TWICE, f"2026-01-06 09:00 {_CARE}", f"2026-01-06 10:01 {_RECEIPT}"), "2026-01-08 10:00",
          (("limit-wish", "2026-02-01 00:00"),), "2026-02-02 08:00"),
    Asked("one conversation has one receipt",
          (_TWICE, f"2026-01-06 09:00 {_CARE}", f"2026-01-06 09:20 {_RECEIPT}", f"2026-01-06 09:30 {_RECEIPT}"),
          "2026-01-08 10:00", (("limit-wish", "2026-02-01 00:00"),), "2026-02-02 08:00"),
]  # fmt: skip

SELLING = [
    Asked("two for the relationship first", (_AGREED, *_at(_CARE, "01-06", "01-08")), "2026-01-12 10:00", (),
          "2026-01-12 10:00", "selling"),
    Asked("one is too few", (_AGREED, *_at(_CARE, "01-06")), "2026-01-12 10:00", (("ratio", ""),), "", "selling"),
    # The offer of 6 January leaves the window of 90 days on 6 April; the two of February still lie in it.
    Asked("an offer leaves the window", (_AGREED, *_at(_OFFER, "01-06"), *_at(_CARE, "02-02", "02-04")), "2026-02-10 10:00",
          (("ratio", "2026-04-06 09:00"),), "2026-04-06 09:00", "selling"),
    # By 9 April, when the offer leaves, both contacts for the relationship have left before it.
    Asked("what it was weighed against leaves first", (_AGREED, *_at(_CARE, "01-06", "01-08"), *_at(_OFFER, "01-09")),
          "2026-01-20 10:00", (("ratio", ""),), "", "selling"),
    Asked("one offer in seven days", (_AGREED, *_at(_CARE, "01-06", "01-08", "01-10", "01-12"), *_at(_OFFER, "01-14")),
          "2026-01-15 10:00", (("limit-selling", "2026-01-21 09:00"),), "2026-01-21 09:00", "selling"),
    Asked("two offers in thirty days", (_AGREED,
          *(f"2025-12-{day} 09:00 {_CARE}" for day in ("01", "03", "05", "07", "09", "11")),
          *_at(_OFFER, "01-06", "01-14")), "2026-01-26 10:00",
          (("limit-selling", "2026-02-05 09:00"),), "2026-02-05 09:00", "selling"),
    Asked("a complaint is open", (_AGREED, *_at(_CARE, "01-06", "01-08"), "2026-01-10 09:00 complaint.opened"),
          "2026-01-12 10:00", (("complaint-open", ""),), "", "selling"),
    Asked("a complaint stops selling alone", ("2026-01-10 09:00 complaint.opened",), "2026-01-12 10:00", (),
          "2026-01-12 10:00"),
    Asked("fourteen days after it was resolved", (_AGREED, *_at(_CARE, "01-06", "01-08"),
          "2026-01-10 09:00 complaint.opened", "2026-01-13 12:00 complaint.resolved"), "2026-01-14 10:00",
          (("complaint-just-resolved", "2026-01-27 12:00"),), "2026-01-27 12:00", "selling"),
    Asked("once they have passed", (_AGREED, *_at(_CARE, "01-06", "01-08"),
          "2026-01-10 09:00 complaint.opened", "2026-01-13 12:00 complaint.resolved"), "2026-01-27 12:00", (),
          "2026-01-27 12:00", "selling"),
    Asked("reopened it is open", (_AGREED, *_at(_CARE, "01-06", "01-08"),
          "2026-01-10 09:00 complaint.opened", "2026-01-13 12:00 complaint.resolved", "2026-01-28 09:00 complaint.reopened"),
          "2026-01-29 10:00", (("complaint-open", ""),), "", "selling"),
]  # fmt: skip

HOURS = [
    Asked("the evening before it is quiet", (), "2026-01-06 19:59:59", (), "2026-01-06 19:59:59"),
    Asked("quiet from eight in the evening", (), "2026-01-06 20:00", (("quiet-hours", "2026-01-07 08:00"),),
          "2026-01-07 08:00"),
    Asked("until eight in the morning", (), "2026-01-07 08:00", (), "2026-01-07 08:00"),
    Asked("service waits for the morning too", (), "2026-01-06 22:00", (("quiet-hours", "2026-01-07 08:00"),),
          "2026-01-07 08:00", purpose="service"),
    Asked("a Sunday", (), "2026-01-11 10:00", (("quiet-hours", "2026-01-12 08:00"),), "2026-01-12 08:00"),
    Asked("Saturday night is quiet until Monday", (), "2026-01-10 21:00", (("quiet-hours", "2026-01-12 08:00"),),
          "2026-01-12 08:00"),
    Asked("Friday noon", (), "2026-01-09 12:00", (("quiet-hours", "2026-01-09 13:00"),), "2026-01-09 13:00"),
    Asked("a holiday", (), "2026-01-16 10:00", (("holiday", "2026-01-17 00:00"),), "2026-01-17 08:00"),
    Asked("the evening before a holiday", (), "2026-01-15 21:00", (("quiet-hours", "2026-01-16 08:00"),),
          "2026-01-17 08:00"),
    Asked("the evening of a holiday", (), "2026-01-16 21:00",
          (("quiet-hours", "2026-01-17 08:00"), ("holiday", "2026-01-17 00:00")), "2026-01-17 08:00"),
    Asked("holidays in a row", (), "2026-03-21 10:00", (("holiday", "2026-03-23 00:00"),), "2026-03-23 08:00"),
    Asked("a greeting by message on a holiday", (), "2026-03-21 10:00", (), "2026-03-21 10:00", content="greeting-eid"),
    Asked("no greeting by telephone", (), "2026-03-21 10:00", (("holiday", "2026-03-23 00:00"),), "2026-03-23 08:00",
          channel="phone", content="greeting-eid"),
    Asked("a greeting on a holiday is not for the night", (), "2026-03-21 21:00", (("quiet-hours", "2026-03-23 08:00"),),
          "2026-03-23 08:00", content="greeting-eid"),
    Asked("a greeting on a holiday that is a Sunday", (), "2026-03-22 10:00", (("quiet-hours", "2026-03-23 08:00"),),
          "2026-03-23 08:00", content="greeting-eid"),
    # 18:30 in Jakarta is 20:30 in Jayapura; 08:00 there is 06:00 in Jakarta
    Asked("quiet in their own zone", ("2025-11-04 09:00 customer.profile-changed timezone=Asia/Jayapura",),
          "2026-01-06 18:30", (("quiet-hours", "2026-01-07 06:00"),), "2026-01-07 06:00"),
    Asked("outside of their window", ("2025-11-04 09:00 preference.stated windows=wed/12:00-13:00",), "2026-01-06 10:00",
          (("outside-window", "2026-01-07 12:00"),), "2026-01-07 12:00"),
    Asked("the lunch break of a Wednesday", ("2025-11-04 09:00 preference.stated windows=wed/12:00-13:00",),
          "2026-01-07 12:59:59", (), "2026-01-07 12:59:59"),
    Asked("between two windows", ("2025-11-04 09:00 preference.stated windows=12:00-13:00;17:00-18:00",),
          "2026-01-07 14:00", (("outside-window", "2026-01-07 17:00"),), "2026-01-07 17:00"),
    Asked("a window over midnight is not quiet", ("2025-11-04 09:00 preference.stated windows=22:00-02:00",),
          "2026-01-07 01:30", (), "2026-01-07 01:30"),
    Asked("a window on Sundays", ("2025-11-04 09:00 preference.stated windows=sun/09:00-10:00",), "2026-01-11 09:30", (),
          "2026-01-11 09:30"),
    Asked("a window on a holiday", ("2025-11-04 09:00 preference.stated windows=fri/09:00-12:00",), "2026-01-16 11:45", (),
          "2026-01-16 11:45"),
    Asked("a window holds for service", ("2025-11-04 09:00 preference.stated windows=wed/12:00-13:00",),
          "2026-01-06 10:00", (("outside-window", "2026-01-07 12:00"),), "2026-01-07 12:00", purpose="service"),
    Asked("a window taken back", ("2025-11-04 09:00 preference.stated windows=wed/12:00-13:00",
          "2025-11-05 09:00 preference.stated windows="), "2026-01-06 10:00", (), "2026-01-06 10:00"),
]  # fmt: skip

OTHERWISE = [
    # 1 February is a Sunday
    Asked("they rest", ("2026-01-05 09:00 preference.stated rest_until=2026-02-01_00:00",), "2026-01-06 10:00",
          (("rest", "2026-02-01 00:00"),), "2026-02-02 08:00"),
    Asked("rest leaves service", ("2026-01-05 09:00 preference.stated rest_until=2026-02-01_00:00",), "2026-01-06 10:00",
          (), "2026-01-06 10:00", "service"),
    Asked("it was ended", ("2026-01-05 09:00 relationship.ended by=customer",), "2026-01-06 10:00", (("ended", ""),)),
    Asked("ended for service too", ("2026-01-05 09:00 relationship.ended by=company",), "2026-01-06 10:00",
          (("ended", ""),), "", "service"),
    Asked("but for what is still open", ("2026-01-04 09:00 complaint.opened", "2026-01-05 09:00 relationship.ended by=company"),
          "2026-01-06 10:00", (), "2026-01-06 10:00", "service"),
    Asked("and what was promised since", ("2026-01-05 09:00 relationship.ended by=customer",
          "2026-01-05 10:00 promise.made promise=p due=2026-01-09_09:00"), "2026-01-06 10:00", (), "2026-01-06 10:00", "service"),
    Asked("bought again, it goes on", ("2026-01-05 09:00 relationship.ended by=customer",
          "2026-01-05 10:00 purchase.made purchase=1 currency=GBP total=10"), "2026-01-06 10:00", (), "2026-01-06 10:00"),
    Asked("no contact point", (), "2026-01-06 10:00", (("no-contact-point", ""),), channel="email"),
    Asked("a channel that needs none", (), "2026-01-06 10:00", (), "2026-01-06 10:00", channel="web-chat"),
    Asked("staff whom they do not wish", ("2026-01-05 09:00 preference.stated staff=ani,eka",), "2026-01-06 10:00",
          (("unwished-staff", ""),), staff="budi"),
    Asked("staff whom they wish", ("2026-01-05 09:00 preference.stated staff=ani,eka",), "2026-01-06 10:00", (),
          "2026-01-06 10:00", staff="eka"),
    Asked("somebody else may answer", ("2026-01-05 09:00 preference.stated staff=ani,eka",), "2026-01-06 10:00", (),
          "2026-01-06 10:00", "service", staff="budi"),
    Asked("the most final reason first", (
          "2026-01-04 09:00 preference.stated refused=whatsapp windows=wed/12:00-13:00 rest_until=2026-02-01_00:00",
          *_at(_CARE, "01-06"), "2026-01-06 09:30 relationship.ended by=customer"), "2026-01-06 10:00",
          (("ended", ""), ("refused-channel", ""), ("no-consent", ""), ("rest", "2026-02-01 00:00"), ("ratio", ""),
           ("limit-day", "2026-01-07 09:00"), ("outside-window", "2026-01-07 12:00")), "", "selling"),
]  # fmt: skip

ALL = [*LIMITS, *WISHED, *SELLING, *HOURS, *OTHERWISE]
