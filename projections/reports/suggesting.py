"""From a finding to a contact: CloudEvents `outreach.planned` that are ready to be posted.

A suggestion's id follows from its report, customer and reason, so that whoever posts it, and however often, plans it once. Its
time is the first moment of the day of `as_of`: made again on the same day it is the same event. Nobody is suggested who
left, rests, has a complaint open or cannot be reached; selling only to those who agreed to it, relationship to the others.
"""

from typing import Any

from domain.door import instant
from domain.events import OutreachPlanned
from projections.placing import channels_for
from projections.planning import consented, spared_until
from projections.reach import reachable
from projections.reports.seeing import Frame, Seen
from projections.settling import open_cases

SOURCE = "urn:jejak-reports"
_CONTENT_ALONE = "advice"


def suggestion(
    name: str, seen: Seen, frame: Frame, *, reason: str, since: int, due: int, content: str, purpose: str = "selling"
) -> dict[str, Any] | None:
    """A contact to plan for `due` (µs); None where there is to be none, or one was planned since `since`."""
    c, rules, now = seen.facts, frame.rules, frame.asked.as_of
    if c.ended is not None or c.provisional or now < c.wishes.rest_until or open_cases(seen.state, rules, now):
        return None
    if any(isinstance(e, OutreachPlanned) and e.source == SOURCE and e.at >= since for e in reversed(seen.events)):
        return None
    reach = reachable(c)
    channels, unreachable = channels_for(c, rules, purpose, reach)
    spared = now < spared_until(seen.state, rules, now)
    if purpose == "selling" and (spared or unreachable or not consented(c, rules, channels[0], purpose, now)):
        purpose, content = "relationship", _CONTENT_ALONE
        _, unreachable = channels_for(c, rules, purpose, reach)
    if unreachable:
        return None
    today = frame.days.start(frame.days.day(now))
    owner = seen.owner(now)
    key = f"{name}:{seen.id}:{reason}"
    data = {"outreach": key, "due": _iso(max(due, today)), "purpose": purpose, "content": content}
    return {
        "specversion": "1.0",
        "type": "outreach.planned",
        "source": SOURCE,
        "id": key,
        "time": _iso(today),
        "subject": seen.id,
        "data": data | ({"staff": owner} if owner else {}),
    }


def _iso(at: int) -> str:
    return instant(at).isoformat()
