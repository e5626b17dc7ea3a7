"""What a customer said about being contacted: which of their consents counts, and what they refused.

Of several statements that fit a contact, what they said last counts, however narrow or wide it was. A consent that was
withdrawn for all purposes leaves service, which they asked for; a wish about channels holds for every purpose.
"""

from domain.facts import Consent, Customer


def said_last(c: Customer, channel: str | None, purpose: str) -> Consent | None:
    """The consent or withdrawal that governs a contact on this channel (None: one that is yet to be chosen)."""
    last = None
    for consent in c.consents.values():
        fits = consent.channel in (None, channel) and (
            consent.purpose == purpose or (consent.purpose is None and (consent.granted or purpose != "service"))
        )
        if fits and (last is None or consent.at >= last.at):
            last = consent
    return last


def refused(c: Customer, channel: str | None, purpose: str) -> str | None:
    """The event by which they refused to be contacted on this channel for this purpose, or None."""
    if channel in c.wishes.refused:
        return c.wishes.stated.get("refused", "")
    if not c.withdrawn:
        return None
    last = said_last(c, channel, purpose)
    return last.id if last is not None and not last.granted else None
