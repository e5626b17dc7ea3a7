"""By which channels a customer can be reached at all, and in whose time."""

from domain.facts import Customer
from domain.openings import zone_named
from domain.rules import Rules

_KINDS: dict[str, tuple[str, ...]] = {
    "phone": ("phone", "sms"), "email": ("email",), "whatsapp": ("whatsapp",), "telegram": ("telegram",),
    "messenger": ("messenger",), "postal": ("letter", "visit"), "external": (),
}  # fmt: skip

POINTED = frozenset(channel for channels in _KINDS.values() for channel in channels)
"""Channels that need a contact point of theirs; for others (an app, a conference) nothing has to be known."""


def reachable(c: Customer) -> set[str]:
    """Channels on which they can be reached: those of a contact point, and those on which they were."""
    channels = set(c.reached_by)
    gone = {point.kind for point in c.removed} if c.removed else set[str]()
    for point in c.points:
        # Which of several points is gone is sealed: a kind counts while more were given than taken.
        if point.kind not in gone or _left(c, point.kind):
            channels.update(_KINDS.get(point.kind, ()))
    channels.discard("")
    return channels


def _left(c: Customer, kind: str) -> bool:
    return sum(p.kind == kind for p in c.points) > sum(p.kind == kind for p in c.removed)


def zone_of(c: Customer, rules: Rules) -> str:
    """The customer's zone; the rulebook's where they have none, or one that this machine does not know."""
    if c.timezone is not None:
        try:
            zone_named(c.timezone)
        except ValueError:
            return rules.contact.zone
        return c.timezone
    return rules.contact.zone
