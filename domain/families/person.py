"""Person: who they are, how to reach them, what they need, how to treat them."""

from domain import events as e
from domain.facts import Customer, Point, Series, micros
from domain.families.common import Evolve, bits, mark, pin

_MOST_DESCRIBED = 20
_MOST_POINTS = 100


def _traits(c: Customer, event: e.CustomerRegistered | e.CustomerProfileChanged) -> None:
    if event.kind is not None:
        c.kind = event.kind
    if event.birthday is not None:
        c.birthday = event.birthday
    if event.timezone is not None:
        c.timezone = event.timezone
    if event.language is not None:
        c.language = event.language
    if event.country is not None:
        c.country = event.country
    if event.segment is not None:
        c.segment = event.segment
    if event.traits:
        c.traits.update(event.traits)
    # The name may be in the sealed part: whoever opens it takes, field by field, the first that has one.
    c.described.insert(0, event.version)
    if len(c.described) > _MOST_DESCRIBED:
        del c.described[-2]  # never the first: most often it alone holds the name


def registered(c: Customer, event: e.CustomerRegistered) -> int:
    """First known, or known anew under another registration: the first one counts."""
    if c.registered is None:
        c.registered = mark(event, event.acquisition)
        c.acquisition = event.acquisition
        c.provisional = event.provisional
    _traits(c, event)
    return 0


def profile_changed(c: Customer, event: e.CustomerProfileChanged) -> int:
    """Only what is given changed."""
    _traits(c, event)
    return 0


def identified(c: Customer, event: e.CustomerIdentified) -> int:
    """The value is sealed; its kind is enough to know which channels can reach them."""
    since = event.at if event.since is None else micros(event.since)
    c.points.append(Point(event.id, event.version, since, event.kind, event.scheme, event.shared))
    if len(c.points) > _MOST_POINTS:
        del c.points[0]
    return 0


def identifier_removed(c: Customer, event: e.CustomerIdentifierRemoved) -> int:
    """Which one is sealed: where several of a kind are held, whoever opens the values tells which is gone."""
    c.removed.append(Point(event.id, event.version, event.at, event.kind, event.scheme, False))
    if len(c.removed) > _MOST_POINTS:
        del c.removed[0]
    return 0


def need_noted(c: Customer, event: e.NeedNoted) -> int:
    """The need, with the product or category that might serve it."""
    pin(c.needs, mark(event, event.need))
    c.series[Series.NEED].append((event.at, event.id))
    return bits(Series.NEED)


def note_added(c: Customer, event: e.NoteAdded) -> int:
    """Only pinned notes stand on the profile; the others stand on the timeline."""
    if event.pinned:
        pin(c.pinned, mark(event, None))
    return 0


def handling_instructed(c: Customer, event: e.HandlingInstructed) -> int:
    """The same instruction given again replaces the earlier one."""
    c.handling = [known for known in c.handling if known.code != event.instruction]
    pin(c.handling, mark(event, event.instruction, event.until))
    return 0


EVOLVE: dict[type[e.Event], Evolve] = {
    e.CustomerRegistered: registered,
    e.CustomerProfileChanged: profile_changed,
    e.CustomerIdentified: identified,
    e.CustomerIdentifierRemoved: identifier_removed,
    e.NeedNoted: need_noted,
    e.NoteAdded: note_added,
    e.HandlingInstructed: handling_instructed,
}
