"""Races of what a customer agreed to and took back, by purpose and channel.

The rule: of the statements that fit a contact, the one that was said last counts, however wide or narrow; at one instant a
withdrawal comes after a grant unless their sender numbered them otherwise. Only selling needs consent. A withdrawal for all
purposes leaves service. A wish about channels holds for every purpose. What counts is when it was said, not when we learnt it.

`asked` holds (channel, purpose, moment, why not); "" as the reason: nothing they said is against it.
"""

from typing import NamedTuple

Asked = tuple[str | None, str, str, str]


class Said(NamedTuple):
    """What was told, and what may be done; `known`: of so many lines of it."""

    name: str
    told: tuple[str, ...]
    asked: tuple[Asked, ...]
    known: int | None = None


MAY, REFUSED, NONE, ENDED, CHANNEL = "", "refused-purpose", "no-consent", "consent-ended", "refused-channel"
LATER = "2026-02-10 10:00"

ALONE = [
    Said("nothing was said", ("2026-01-05 09:00 customer.registered",), (
        ("whatsapp", "selling", LATER, NONE), ("whatsapp", "relationship", LATER, MAY),
        ("whatsapp", "information", LATER, MAY), ("phone", "service", LATER, MAY))),
    Said("selling on one channel", ("2026-01-06 09:00 consent.granted purpose=selling channel=whatsapp",), (
        ("whatsapp", "selling", LATER, MAY), ("email", "selling", LATER, NONE))),
    Said("selling on all channels", ("2026-01-06 09:00 consent.granted purpose=selling",), (
        ("whatsapp", "selling", LATER, MAY), ("phone", "selling", LATER, MAY))),
    Said("all purposes on one channel", ("2026-01-06 09:00 consent.granted channel=email",), (
        ("email", "selling", LATER, MAY), ("sms", "selling", LATER, NONE))),
    Said("all purposes on all channels", ("2026-01-06 09:00 consent.granted",), (
        ("letter", "selling", LATER, MAY), ("sms", "selling", LATER, MAY))),
    Said("consent to another purpose is none to sell", ("2026-01-06 09:00 consent.granted purpose=information",), (
        ("email", "selling", LATER, NONE), ("email", "information", LATER, MAY))),
    Said("one purpose on one channel taken back", (
        "2026-01-06 09:00 consent.withdrawn purpose=relationship channel=phone",), (
        ("phone", "relationship", LATER, REFUSED), ("email", "relationship", LATER, MAY),
        ("phone", "information", LATER, MAY), ("phone", "service", LATER, MAY))),
    Said("all of it taken back leaves service", ("2026-01-06 09:00 consent.withdrawn",), (
        ("email", "relationship", LATER, REFUSED), ("email", "information", LATER, REFUSED),
        ("email", "selling", LATER, REFUSED), ("email", "service", LATER, MAY))),
    Said("all purposes on one channel taken back leave service there", (
        "2026-01-06 09:00 consent.withdrawn channel=phone",), (
        ("phone", "information", LATER, REFUSED), ("phone", "service", LATER, MAY),
        ("email", "information", LATER, MAY))),
    Said("service taken back by name", ("2026-01-06 09:00 consent.withdrawn purpose=service channel=phone",), (
        ("phone", "service", LATER, REFUSED), ("email", "service", LATER, MAY))),
    Said("a refused channel is refused for everything", ("2026-01-06 09:00 preference.stated refused=phone",), (
        ("phone", "service", LATER, CHANNEL), ("phone", "relationship", LATER, CHANNEL),
        ("email", "service", LATER, MAY))),
    Said("a refused channel taken back", (
        "2026-01-06 09:00 preference.stated refused=phone", "2026-01-07 09:00 preference.stated refused="),
        (("phone", "relationship", LATER, MAY),)),
    Said("consent does not take a refused channel back", (
        "2026-01-06 09:00 preference.stated refused=phone",
        "2026-01-07 09:00 consent.granted purpose=selling channel=phone"), (("phone", "selling", LATER, CHANNEL),)),
]  # fmt: skip

_GRANT, _TAKE = "consent.granted purpose=selling", "consent.withdrawn purpose=selling"

ORDER = [
    Said("granted, then taken back", (f"2026-01-06 09:00 {_GRANT}", f"2026-01-07 09:00 {_TAKE}"), (
        ("email", "selling", "2026-01-07 08:59", MAY), ("email", "selling", "2026-01-07 09:00", REFUSED),
        ("email", "selling", LATER, REFUSED))),
    Said("taken back, then granted", (f"2026-01-06 09:00 {_TAKE}", f"2026-01-07 09:00 {_GRANT}"), (
        ("email", "selling", "2026-01-07 08:59", REFUSED), ("email", "selling", "2026-01-07 09:00", MAY))),
    Said("granted, taken back, granted anew", (
        f"2026-01-06 09:00 {_GRANT}", f"2026-01-07 09:00 {_TAKE}", f"2026-01-08 09:00 {_GRANT}"), (
        ("email", "selling", "2026-01-07 12:00", REFUSED), ("email", "selling", LATER, MAY))),
    Said("told in the other order", (f"2026-01-07 09:00 {_TAKE}", f"2026-01-06 09:00 {_GRANT}"), (
        ("email", "selling", LATER, REFUSED),)),
    Said("a second apart", (f"2026-01-06 09:00:00 {_TAKE}", f"2026-01-06 09:00:01 {_GRANT}"), (
        ("email", "selling", LATER, MAY),)),
    Said("at one instant a withdrawal counts", (f"2026-01-06 09:00 {_GRANT}", f"2026-01-06 09:00 {_TAKE}"), (
        ("email", "selling", LATER, REFUSED),)),
    Said("at one instant, told in the other order", (f"2026-01-06 09:00 {_TAKE}", f"2026-01-06 09:00 {_GRANT}"), (
        ("email", "selling", LATER, REFUSED),)),
    Said("at one instant, numbered by the sender", (
        f"2026-01-06 09:00 {_GRANT} sequence=2", f"2026-01-06 09:00 {_TAKE} sequence=1"), (
        ("email", "selling", LATER, MAY),)),
]  # fmt: skip

WIDTH = [
    Said("a wide withdrawal after a narrow grant", (
        f"2026-01-06 09:00 {_GRANT} channel=whatsapp", "2026-01-07 09:00 consent.withdrawn"), (
        ("whatsapp", "selling", LATER, REFUSED), ("whatsapp", "relationship", LATER, REFUSED))),
    Said("a narrow grant after a wide withdrawal", (
        "2026-01-06 09:00 consent.withdrawn", f"2026-01-07 09:00 {_GRANT} channel=whatsapp"), (
        ("whatsapp", "selling", LATER, MAY), ("email", "selling", LATER, REFUSED),
        ("whatsapp", "relationship", LATER, REFUSED))),
    Said("a wide grant after a narrow withdrawal", (
        f"2026-01-06 09:00 {_TAKE} channel=phone", f"2026-01-07 09:00 {_GRANT}"), (
        ("phone", "selling", LATER, MAY), ("email", "selling", LATER, MAY))),
    Said("a narrow withdrawal after a wide grant", (
        f"2026-01-06 09:00 {_GRANT}", f"2026-01-07 09:00 {_TAKE} channel=phone"), (
        ("phone", "selling", LATER, REFUSED), ("email", "selling", LATER, MAY))),
    Said("by purpose after by channel", (
        "2026-01-06 09:00 consent.granted channel=email", f"2026-01-07 09:00 {_TAKE}"), (
        ("email", "selling", LATER, REFUSED), ("email", "information", LATER, MAY))),
    Said("by channel after by purpose", (
        f"2026-01-06 09:00 {_GRANT}", "2026-01-07 09:00 consent.withdrawn channel=email"), (
        ("email", "selling", LATER, REFUSED), ("sms", "selling", LATER, MAY),
        ("email", "information", LATER, REFUSED))),
    Said("at one instant: wide withdrawal, narrow grant", (
        f"2026-01-06 09:00 {_TAKE}", f"2026-01-06 09:00 {_GRANT} channel=whatsapp"), (
        ("whatsapp", "selling", LATER, REFUSED), ("email", "selling", LATER, REFUSED))),
    Said("at one instant: wide grant, narrow withdrawal", (
        f"2026-01-06 09:00 {_GRANT}", f"2026-01-06 09:00 {_TAKE} channel=phone"), (
        ("phone", "selling", LATER, REFUSED), ("email", "selling", LATER, MAY))),
    Said("the same after it had been taken back once before", (
        f"2026-01-05 09:00 {_TAKE}", f"2026-01-06 09:00 {_GRANT} channel=whatsapp", f"2026-01-06 09:00 {_TAKE}"), (
        ("whatsapp", "selling", LATER, REFUSED), ("email", "selling", LATER, REFUSED))),
    Said("numbered: narrow withdrawal first, wide grant after a grant before", (
        f"2026-01-05 09:00 {_GRANT}", f"2026-01-06 09:00 {_TAKE} channel=phone sequence=1",
        f"2026-01-06 09:00 {_GRANT} sequence=2"), (("phone", "selling", LATER, MAY),)),
]  # fmt: skip

UNTIL = [
    Said("until a day", (f"2026-01-06 09:00 {_GRANT} until=2026-02-01_00:00",), (
        ("email", "selling", "2026-01-31 23:59:59", MAY), ("email", "selling", "2026-02-01 00:00", ENDED))),
    Said("ended, and granted anew", (
        f"2026-01-06 09:00 {_GRANT} until=2026-02-01_00:00", f"2026-02-05 09:00 {_GRANT}"), (
        ("email", "selling", "2026-02-04 09:00", ENDED), ("email", "selling", LATER, MAY))),
    Said("granted anew before it ended", (
        f"2026-01-06 09:00 {_GRANT} until=2026-02-01_00:00", f"2026-01-20 09:00 {_GRANT} until=2026-03-01_00:00"), (
        ("email", "selling", LATER, MAY), ("email", "selling", "2026-03-01 00:00", ENDED))),
    Said("taken back before it ended", (
        f"2026-01-06 09:00 {_GRANT} until=2026-02-01_00:00", f"2026-01-20 09:00 {_TAKE}"), (
        ("email", "selling", "2026-01-19 09:00", MAY), ("email", "selling", LATER, REFUSED))),
    Said("an end matters only where consent is needed", (
        "2026-01-06 09:00 consent.granted purpose=relationship until=2026-02-01_00:00",), (
        ("email", "relationship", LATER, MAY),)),
    Said("a narrow grant that ended was said last", (
        f"2026-01-06 09:00 {_GRANT}", f"2026-01-07 09:00 {_GRANT} channel=email until=2026-02-01_00:00"), (
        ("email", "selling", LATER, ENDED), ("sms", "selling", LATER, MAY))),
]  # fmt: skip

KNOWN = [
    Said("a withdrawal that we do not know of yet", (
        f"2026-01-06 09:00 {_GRANT}", "2026-01-08 09:00 note.added", f"2026-01-07 09:00 {_TAKE}"), (
        ("email", "selling", "2026-01-08 10:00", MAY),), 2),
    Said("once we know of it, it counts from its own moment", (
        f"2026-01-06 09:00 {_GRANT}", "2026-01-08 09:00 note.added", f"2026-01-07 09:00 {_TAKE}"), (
        ("email", "selling", "2026-01-07 08:59", MAY), ("email", "selling", "2026-01-07 09:00", REFUSED)), 3),
    Said("a late one that is older than the grant", (
        f"2026-01-06 09:00 {_GRANT}", f"2026-01-05 09:00 {_TAKE}"), (("email", "selling", LATER, MAY),)),
    Said("a late grant that is older than the withdrawal", (
        f"2026-01-06 09:00 {_TAKE}", f"2026-01-05 09:00 {_GRANT}"), (("email", "selling", LATER, REFUSED),)),
    Said("a late wide grant between two narrow ones", (
        f"2026-01-05 09:00 {_GRANT} channel=email", f"2026-01-07 09:00 {_TAKE} channel=email",
        f"2026-01-06 09:00 {_GRANT}"), (("email", "selling", LATER, REFUSED), ("sms", "selling", LATER, MAY))),
    Said("a withdrawal that was voided", (
        f"2026-01-06 09:00 {_GRANT}", f"2026-01-07 09:00 {_TAKE}", "2026-01-09 09:00 touchpoint.voided target=#2"), (
        ("email", "selling", LATER, MAY), ("email", "selling", "2026-01-08 09:00", MAY))),
    Said("before it was known to be void", (
        f"2026-01-06 09:00 {_GRANT}", f"2026-01-07 09:00 {_TAKE}", "2026-01-09 09:00 touchpoint.voided target=#2"), (
        ("email", "selling", "2026-01-08 09:00", REFUSED),), 2),
]  # fmt: skip

ALL = [*ALONE, *ORDER, *WIDTH, *UNTIL, *KNOWN]


class Broken(NamedTuple):
    """How much trust was lost by what we did: 20 points for each contact that they had refused."""

    name: str
    told: tuple[str, ...]
    lost: int


_REFUSAL = "consent.withdrawn purpose=relationship channel=phone"
_CALL = "call.made direction=outbound purpose=relationship outcome=not-reached"

BROKEN = [
    Broken("called after the refusal", (f"2026-01-06 09:00 {_REFUSAL}", f"2026-01-07 09:00 {_CALL}"), 20),
    Broken("called before it", (f"2026-01-07 09:00 {_REFUSAL}", f"2026-01-06 09:00 {_CALL}"), 0),
    Broken("called at its instant: what they said governs it", (
        f"2026-01-06 09:00 {_CALL}", f"2026-01-06 09:00 {_REFUSAL}"), 20),
    Broken("the refusal was told late", (f"2026-01-07 09:00 {_CALL}", f"2026-01-06 09:00 {_REFUSAL}"), 20),
    Broken("two calls, a grant between them", (
        f"2026-01-06 09:00 {_REFUSAL}", f"2026-01-07 09:00 {_CALL}",
        "2026-01-08 09:00 consent.granted purpose=relationship", f"2026-01-09 09:00 {_CALL}"), 20),
    Broken("called in service", (
        "2026-01-06 09:00 consent.withdrawn",
        "2026-01-07 09:00 call.made direction=outbound purpose=service outcome=not-reached"), 0),
    Broken("they called us", (
        f"2026-01-06 09:00 {_REFUSAL}", "2026-01-07 09:00 call.made direction=inbound purpose=service"), 0),
]  # fmt: skip
