"""On which channel the next contact by rhythm is suggested, by the shipped rulebook.

Preferred channels come first, then allowed ones; a refused one never. Three failed attempts lead to another channel. Where no
preference is known, it is the least intrusive one by which they can be reached, never a call, and they are asked for one. The
customer bought once (silver) and has the contact points that a row tells of.
"""

from typing import NamedTuple


class Suggested(NamedTuple):
    """The channel (None: there is none, with the reason), and what it is about where the row says so."""

    name: str
    told: tuple[str, ...]
    channel: str | None
    unreachable: str | None = None
    content: str | None = None


def _has(*kinds: str) -> tuple[str, ...]:
    return tuple(f"2026-01-05 09:00 customer.identified kind={kind}" for kind in kinds)


def _failed(channel: str, *days: int) -> tuple[str, ...]:
    kind = "email.exchanged" if channel == "email" else f"message.exchanged channel={channel}"
    what = f"{kind} direction=outbound purpose=relationship outcome=not-reached"
    return tuple(f"2026-01-{day:02} 10:00 {what}" for day in days)


BOTH = _has("whatsapp", "email", "phone")
PREFERS = "2026-01-05 10:00 preference.stated preferred=whatsapp allowed=email"

ALL = [
    Suggested("nothing is known of them", (), None, "no-contact-point"),
    Suggested("no preference, several ways", BOTH, "email", content="ask-preference"),
    Suggested("no preference, a telephone only: never a call", _has("phone"), "sms", content="ask-preference"),
    Suggested("no preference: WhatsApp before SMS and letters", _has("postal", "phone", "whatsapp"), "whatsapp"),
    Suggested("no preference, an address only", _has("postal"), "letter", content="ask-preference"),
    Suggested("who prefers calls is called", (*BOTH, "2026-01-05 10:00 preference.stated preferred=phone"), "phone"),
    Suggested("preferred before allowed", (*BOTH, PREFERS), "whatsapp"),
    Suggested("of several preferred the first", (*BOTH, "2026-01-05 10:00 preference.stated preferred=email,whatsapp"),
              "email"),
    Suggested("preferred, but there is no such point", (*_has("email"), PREFERS), "email"),
    Suggested("preferred, and refused since", (*BOTH, PREFERS, "2026-01-06 10:00 preference.stated refused=whatsapp"),
              "email"),
    Suggested("preferred, and taken back for this purpose", (
        *BOTH, PREFERS, "2026-01-06 10:00 consent.withdrawn purpose=relationship channel=whatsapp"), "email"),
    Suggested("preferred, and taken back for another purpose", (
        *BOTH, PREFERS, "2026-01-06 10:00 consent.withdrawn purpose=selling channel=whatsapp"), "whatsapp"),
    Suggested("tried twice in vain", (*BOTH, PREFERS, *_failed("whatsapp", 6, 8)), "whatsapp"),
    Suggested("tried three times in vain", (*BOTH, PREFERS, *_failed("whatsapp", 6, 8, 12)), "email"),
    Suggested("tried three times in vain, then reached", (
        *BOTH, PREFERS, *_failed("whatsapp", 6, 8, 12),
        "2026-01-14 10:00 message.exchanged channel=whatsapp direction=outbound purpose=relationship"), "whatsapp"),
    Suggested("tried three times in vain, then they wrote there", (
        *BOTH, PREFERS, *_failed("whatsapp", 6, 8, 12),
        "2026-01-14 10:00 message.exchanged channel=whatsapp direction=inbound"), "whatsapp"),
    Suggested("two in vain there and one elsewhere", (*BOTH, PREFERS, *_failed("whatsapp", 6, 8), *_failed("email", 12)),
              "whatsapp"),
    Suggested("no preference, and e-mail in vain", (*BOTH, *_failed("email", 6, 8, 12)), "whatsapp"),
    Suggested("a point that is gone", (
        *_has("email", "phone"), "2026-01-06 10:00 customer.identifier-removed kind=email"), "sms"),
    Suggested("everything refused", (
        *_has("phone"), "2026-01-06 10:00 preference.stated refused=phone,sms"), None, "refused"),
    Suggested("everything taken back", (*BOTH, "2026-01-06 10:00 consent.withdrawn"), None, "refused"),
]  # fmt: skip
