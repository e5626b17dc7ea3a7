"""Events beside customers: staff, products, rulebooks and calendars, at any date and as known at any time.

They are few, and the same for every generation. So their rows are a copy of the events in the order of recording, and what
they say is read off in memory: `load` gathers them, a `Catalogue` answers.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, LiteralString
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from psycopg import Connection

from domain.events import (
    Beside,
    CalendarPublished,
    Event,
    ProductListed,
    ProductRetired,
    RulebookPromoted,
    RulebookPublished,
    RulebookRolledBack,
    StaffAbsent,
    StaffChanged,
    StaffRegistered,
)
from domain.facts import micros
from domain.order import effective, key
from domain.rules import first_rules
from domain.upcast import read
from domain.vocabulary import TYPES
from domain.windows import Windows
from domain.worktime import Calendar, InvalidCalendar
from projections.products import Assortment, Product, gathered
from projections.staff import ANYBODY, Acting, Asked, Passed, Sealed, Staff

_MOMENTS_KEPT = 16
_windows = lru_cache(maxsize=256)(Windows)
_KINDS = [kind for kind in TYPES.values() if issubclass(kind, Beside)]


@dataclass(frozen=True)
class Absence:
    """Somebody is away in [from_at, until_at), in µs; `cover` cares for their book."""

    staff: str
    from_at: int
    until_at: int
    cover: str | None


class Catalogue:
    """What the events beside customers say. Every `as_of` is in µs since 1970."""

    def __init__(self, position: int, events: Iterable[tuple[str, Event]]) -> None:
        """`events`: (stream, event) of any kind, amendments already applied."""
        self.position = position
        self._events = sorted(events, key=lambda pair: key(pair[1]))
        self._staff: dict[int, dict[str, Staff]] = {}
        self._assortments: dict[int, Assortment] = {}
        self._compiled: dict[tuple[str, str], Calendar | None] = {}

    def staff(self, as_of: int) -> Mapping[str, Staff]:
        """Everybody known by then, by code. What is given out is shared: nobody changes it."""
        turn = bisect_right(self._turns, as_of)  # between two of these nothing about them changes
        kept = self._staff.get(turn)
        if kept is None:
            for oldest in list(self._staff)[: 1 - _MOMENTS_KEPT]:
                self._staff.pop(oldest, None)
            kept = self._staff[turn] = self._staff_at(as_of)
        return kept

    @cached_property
    def _turns(self) -> list[int]:
        kinds = (StaffRegistered, StaffChanged, RulebookPromoted, RulebookRolledBack)
        return [event.at for _, event in self._events if isinstance(event, kinds)]

    def _staff_at(self, as_of: int) -> dict[str, Staff]:
        found: dict[str, Staff] = {}
        for stream, event in self._until(as_of):
            if isinstance(event, StaffRegistered | StaffChanged):
                person = found.setdefault(event.staff, Staff(event.staff))
                person.change(event)
                person.details.append(Sealed(stream, event.version))
        company = self._zone(as_of)
        for person in found.values():
            person.zone = person.timezone or company
        return found

    def _zone(self, as_of: int) -> str:
        """The time zone in which the rulebook in force reads dates."""
        document = self.rulebooks().get(self.in_force(as_of) or "", {})
        try:
            return ZoneInfo(document["contact"]["zone"]).key
        except (KeyError, TypeError, ValueError, OSError):  # none is in force, or what was reported is no rulebook
            return first_rules().contact.zone

    def cover(self, staff: str, as_of: int) -> str | None:
        """Who acts for this person then: the cover's cover where that one is away too; None where nobody does.

        The person themself when they are here. What a customer arranged or wishes comes on top: see `acting`.
        """
        return self.acting(staff, as_of).staff

    def acting(self, owner: str | None, as_of: int, *, cover: str | None = None, asked: Asked = ANYBODY) -> Acting:
        """Who cares for a customer then, whom it went past, and why.

        First whom `cover.arranged` names for this customer, then the owner, each with the chain of those who cover while
        they are away. Whom the customer does not accept is passed over, be it the owner, and no permit is given to them;
        where nobody is left, whom they named in their wish acts.
        """
        passed: dict[str, Passed] = {}
        for start in (cover, owner):
            found = self._along(start, owner, as_of, asked, passed)
            if found is not None:
                return Acting(found, "owner" if found == owner else "cover", tuple(passed.values()))
        for named in asked.staff:
            if named not in passed and self._along(named, owner, as_of, asked, passed, only=True) is not None:
                return Acting(named, "wish", tuple(passed.values()))
        return Acting(None, "nobody", tuple(passed.values()))

    def _along(
        self,
        start: str | None,
        owner: str | None,
        as_of: int,
        asked: Asked,
        passed: dict[str, Passed],
        *,
        only: bool = False,
    ) -> str | None:
        """The first one along a chain of covers who is here and fits; notes whom it passed."""
        everybody, current = self.staff(as_of), start
        while current is not None and current not in passed:
            person, absence = everybody.get(current), self.absence(current, as_of)
            if absence is not None:
                passed[current] = Passed(current, "away", absence.until_at)
                current = None if only else absence.cover
                continue
            against = asked.refuses(current, person, as_of)
            if person is not None and not person.active:
                against = "left"
            if against is None:
                return current
            passed[current] = Passed(current, against)
            return None
        return None

    def absence(self, staff: str, as_of: int) -> Absence | None:
        """While somebody is away: the absence reported for the latest time, where several hold."""
        holding = [a for a in self._absences.get(staff, ()) if a.from_at <= as_of < a.until_at]
        return holding[-1] if holding else None

    def at_work(self, staff: str, as_of: int) -> bool:
        """Whether somebody works at this moment: not gone, not away, and in their hours where those are known."""
        person = self.staff(as_of).get(staff)
        if person is None or not person.active or self.absence(staff, as_of) is not None:
            return False
        if person.hours:
            return _windows(person.hours, person.zone).contains(as_of)
        calendar = self._calendar(person.calendar, as_of) if person.calendar else None
        return calendar is None or calendar.is_open(as_of)

    def working(self, staff: str, since: int, until: int, otherwise: Calendar, *, absent: bool = False) -> int:
        """The µs in [since, until) that somebody works, by the hours known at `since`, else as `otherwise` says.

        Away they do not work; `absent`: leave out of account that they are. Who left does not work at all.
        """
        person = self.staff(since).get(staff)
        if person is not None and not person.active:
            return 0
        calendar = self._calendar(person.calendar, since) if person and person.calendar else None
        if person is not None and person.hours:
            between = _windows(person.hours, person.zone).between
        else:
            between = (calendar or otherwise).working_us_between
        if absent:
            return between(since, until)
        found, at = 0, since
        for away in sorted(self._absences.get(staff, ()), key=lambda a: a.from_at):
            if at < min(away.from_at, until):
                found += between(at, min(away.from_at, until))
            at = max(at, away.until_at)
        return found + (between(at, until) if at < until else 0)

    def _calendar(self, code: str, as_of: int) -> Calendar | None:
        """The version of a calendar that was published last by then."""
        found = [e for _, e in self._until(as_of) if isinstance(e, CalendarPublished) and e.calendar == code]
        if not found:
            return None
        version = found[-1].calendar_version
        if (code, version) not in self._compiled:
            try:
                compiled = Calendar.from_document(self.calendars()[code, version])
            except InvalidCalendar:  # reported as a fact by somebody else: hours are not known then
                compiled = None
            self._compiled[code, version] = compiled
        return self._compiled[code, version]

    def products(self, as_of: int) -> Mapping[str, Product]:
        """Everything listed by then, retired or not, by code."""
        return self.assortment(as_of).by_code

    def assortment(self, as_of: int) -> Assortment:
        """The same, and what there is in each category. It changes seldom, and is kept as long as it does not."""
        upto = bisect_right(self._listings, as_of, key=lambda event: event.at)
        if upto not in self._assortments:
            for oldest in list(self._assortments)[: 1 - _MOMENTS_KEPT]:
                self._assortments.pop(oldest, None)
            self._assortments[upto] = Assortment(gathered(self._listings[:upto]))
        return self._assortments[upto]

    @cached_property
    def _listings(self) -> list[Event]:
        return [event for _, event in self._events if isinstance(event, ProductListed | ProductRetired)]

    def rulebooks(self) -> dict[str, dict[str, Any]]:
        """Every published rulebook's document, by version; a version never changes, so the first one stands."""
        found: dict[str, dict[str, Any]] = {}
        for _, event in self._events:
            if isinstance(event, RulebookPublished):
                found.setdefault(event.rulebook, event.document)
        return found

    def in_force(self, as_of: int) -> str | None:
        """The version of the rulebook in force then; None before the first promotion."""
        promoted = self.promoted(as_of)
        return promoted[-1][1] if promoted else None

    def promoted(self, as_of: int) -> list[tuple[int, str]]:
        """(moment, version) of each promotion, or return to the one before, up to `as_of`."""
        return [
            (event.at, event.rulebook)
            for _, event in self._until(as_of)
            if isinstance(event, RulebookPromoted | RulebookRolledBack)
        ]

    def calendars(self) -> dict[tuple[str, str], dict[str, Any]]:
        """Every published calendar's document, by (calendar, version); the first one stands."""
        found: dict[tuple[str, str], dict[str, Any]] = {}
        for _, event in self._events:
            if isinstance(event, CalendarPublished):
                found.setdefault((event.calendar, event.calendar_version), event.document)
        return found

    @cached_property
    def _absences(self) -> dict[str, list[Absence]]:
        found: dict[str, list[Absence]] = defaultdict(list)
        for _, event in self._events:
            if isinstance(event, StaffAbsent):
                found[event.staff].append(Absence(event.staff, event.at, micros(event.until), event.cover))
        return found

    def _until(self, as_of: int) -> Iterable[tuple[str, Event]]:
        return (pair for pair in self._events if pair[1].at <= as_of)


def record(connection: Connection[Any], streams: Sequence[bytes], until: int) -> None:
    """Copy what these streams hold up to position `until`; what is there already stays."""
    if streams:
        connection.execute(
            """INSERT INTO rows.catalogue (position, stream, version, clear)
               SELECT position, customer, version, clear FROM ledger.events
                WHERE customer = ANY(%s::uuid[]) AND position <= %s
                  AND version > coalesce((SELECT max(version) FROM rows.catalogue WHERE stream = customer), 0)
               ON CONFLICT DO NOTHING""",
            [[s.hex() for s in streams], until],
        )


def catch_up(connection: Connection[Any], until: int) -> None:
    """Copy what was recorded up to position `until` and no engine has copied yet."""
    copied = _copied(connection)
    found = connection.execute(
        """SELECT DISTINCT uuid_send(customer) FROM ledger.events
            WHERE position > %s AND position <= %s
              AND (type = ANY(%s) OR customer IN (SELECT stream FROM rows.catalogue))""",
        [copied, until, _ALL_KINDS],
        binary=True,
    )
    record(connection, [stream for (stream,) in found], until)


def _copied(connection: Connection[Any]) -> int:
    row = connection.execute(
        "SELECT max(position) FROM rows.generations WHERE state IN ('ready', 'live', 'previous')"
    ).fetchone()
    return row[0] or 0 if row else 0


def load(connection: Connection[Any], known_at: int | None = None) -> Catalogue:
    """The catalogue as known at a position; None: with everything recorded."""
    rows: list[tuple[int, UUID, int, str]] = connection.execute(
        """SELECT position, stream, version, clear FROM rows.catalogue
            WHERE position <= coalesce(%s::bigint, position) ORDER BY position""",
        [known_at],
    ).fetchall()
    return _gathered(rows)


def published(connection: Connection[Any]) -> Catalogue:
    """Rulebooks and calendars ever published, and which of them were put in force, also what no engine has copied yet."""
    return _with_newer(connection, _copied(connection), _OF_RULES)


def at_head(connection: Connection[Any]) -> Catalogue | None:
    """Everything, with what no engine has copied yet; None where nothing is newer than the copies."""
    copied = _copied(connection)
    newer = connection.execute(
        f"SELECT FROM ledger.events WHERE position > %(copied)s AND {_NEWER} LIMIT 1",
        {"copied": copied, "types": _ALL_KINDS},
    ).fetchone()
    return None if newer is None else _with_newer(connection, copied, _ALL_KINDS)


# Amendments of what the catalogue holds stand in its streams.
_NEWER: LiteralString = "(type = ANY(%(types)s) OR customer IN (SELECT stream FROM rows.catalogue))"

_COPIED_AND_SINCE: LiteralString = """SELECT position, stream, version, clear FROM rows.catalogue
     UNION
    SELECT position, customer, version, clear FROM ledger.events
     WHERE position > %(copied)s AND """


def _with_newer(connection: Connection[Any], copied: int, types: list[str]) -> Catalogue:
    rows: list[tuple[int, UUID, int, str]] = connection.execute(
        _COPIED_AND_SINCE + _NEWER + " ORDER BY position",
        {"copied": copied, "types": types},
    ).fetchall()
    return _gathered(rows)


_ALL_KINDS = [str(kind.__struct_config__.tag) for kind in _KINDS]
_OF_RULES = ["rulebook.published.v1", "rulebook.promoted.v1", "rulebook.rolled-back.v1", "calendar.published.v1"]


def _gathered(rows: Sequence[tuple[int, UUID, int, str]]) -> Catalogue:
    streams: dict[str, list[Event]] = defaultdict(list)
    for _, stream, version, clear in rows:
        event = read(clear)
        msgspec.structs.force_setattr(event, "version", version)
        streams[str(stream)].append(event)
    position = rows[-1][0] if rows else 0
    return Catalogue(position, [(s, e) for s, events in streams.items() for e in effective(events)])


def newest(connection: Connection[Any]) -> int:
    """The last position that the catalogue holds: whoever keeps a `Catalogue` asks whether it is still the newest."""
    row = connection.execute("SELECT max(position) FROM rows.catalogue").fetchone()
    return row[0] or 0 if row else 0
