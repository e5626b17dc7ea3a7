"""Applies a proposal: what still holds is recorded in parts, each with its outcomes in one transaction.

Who is no longer whose they were, who accepts somebody else by now, who left, and whose book is full meanwhile is skipped
and noted with the reason. Whatever ends an application half-way, the next one goes on with the first part that is pending.
"""

import contextlib
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from typing import Any, NamedTuple

import psycopg
from psycopg import Connection

from api.assigning.making import find
from api.commanding.staffing import held
from api.wiring import API_ROLE, House
from domain.door import Touchpoint, micros
from domain.errors import Refusal
from domain.events import ManagerAssigned
from domain.ledger import Ledger
from domain.pools import One
from domain.recorder import Guard
from domain.sealing import uuid_bytes, uuid_text
from domain.upcast import write
from domain.vocabulary import name_of
from projections import owning
from projections.assigning import keeping
from projections.assigning.keeping import Kept, Line
from projections.staff import asked

SOURCE = "urn:jejak:assignments"
APPLIED = "applied"
_TRIES = 5  # of a part in which somebody else recorded something of the same customers
_BEARING = (*owning.MOVING, "preference.stated.v1", "need.noted.v1", "customer.identified.v1")


class Why(NamedTuple):
    """What is said of each assignment."""

    actor: str
    reason: str | None = None
    """A code; else that of each move."""
    note: str | None = None
    """For whoever takes over; it is sealed with each customer's key."""


Progress = Callable[[int], None]


def apply(house: House, number: int, why: Why, progress: Progress = lambda done: None) -> Kept:
    """Apply what of a proposal is pending; again: changes nothing. `progress` is told how many moves are decided.

    The books of all who are given customers are held until the end, so that they are counted once.
    """
    find(house, number)
    with house.pool.connection() as c:
        targets = keeping.targets(c, number)
    done, tries = 0, 0
    with held(house, targets) as books, _beside(house) as c:
        books.count()
        counted = Counter({code: books[code] for code in targets})
        while True:
            with c.transaction():
                kept = keeping.find(c, number, locked=True)
                part = keeping.next_part(c, number) if kept is not None else []
                if kept is None or not part:
                    break
                outcomes = _Part(house, c, kept, why, counted).decide(part, last=tries >= _TRIES)
                keeping.note(c, number, outcomes)
                keeping.advance(c, number, "applying", why.actor)
            tries = tries + 1 if len(outcomes) < len(part) else 0
            done += len(outcomes)
            progress(done)
        keeping.advance(c, number, APPLIED, why.actor)
    return find(house, number)


@contextlib.contextmanager
def _beside(house: House) -> Generator[Connection[Any]]:
    """A connection of the API's role beside the pool, which those who append need."""
    with psycopg.connect(house.database_url, autocommit=True) as connection:
        connection.execute("SET default_transaction_isolation = 'read committed'")
        connection.execute(f"SET ROLE {API_ROLE}")  # type: ignore[reportArgumentType] # a constant
        yield connection


class _Part:
    """One part: decided while the books are held, recorded, and noted, all in the connection's transaction."""

    def __init__(self, house: House, connection: Connection[Any], kept: Kept, why: Why, counted: Counter[str]) -> None:
        """`counted`: how many customers each book has; kept up to date with what is recorded."""
        self._house, self._connection, self._kept, self._why = house, connection, kept, why
        self._counted = counted
        self._now = micros(house.now())
        self._known = house.people.at_head()
        self._ledger = Ledger(One(connection), house.ledger.keys, clock=house.clock, region=house.settings.region)

    def decide(self, part: Sequence[Line], *, last: bool) -> list[tuple[int, str, str | None]]:
        """What becomes of each: applied, or why it is skipped. Left out, but for the `last` try: who changed meanwhile."""
        customers = [line.customer for line in part]
        versions = owning.versions(self._connection, customers)
        against = self._against(part)
        going = [line for line in part if line.number not in against]
        against |= dict.fromkeys((line.number for line in self._beyond(going)), "over-capacity")
        going = [line for line in going if line.number not in against]
        outcomes: list[tuple[int, str, str | None]] = [(number, reason, None) for number, reason in against.items()]
        guards = [Guard(i, uuid_bytes(line.customer), versions[line.customer]) for i, line in enumerate(going)]
        results = self._ledger.append([self._touchpoint(line) for line in going], guards=guards)
        for line, result in zip(going, results, strict=True):
            if not isinstance(result, Refusal):
                outcomes.append((line.number, APPLIED, result.id))
                self._counted[line.target or ""] += 1
                self._counted[line.source or ""] -= 1
            elif last or result.code != "stale-version":
                outcomes.append((line.number, result.code, None))
        return outcomes

    def _against(self, part: Sequence[Line]) -> dict[int, str]:
        """Why some of a part no longer hold, by number."""
        staff = self._known.staff(self._now)
        customers = [line.customer for line in part]
        changed = set(customers)
        if self._kept.present:
            changed = owning.moved(self._connection, customers, self._kept.position, _BEARING)
        heads = owning.at_head(self._connection, sorted(changed), self._now)
        found: dict[int, str] = {}
        for line in part:
            person = staff.get(line.target or "")
            reason = "left" if person is None or not person.active else None
            if reason is None and line.customer in changed:
                reason = self._turned(line, heads.get(line.customer))
            if reason is not None:
                found[line.number] = reason
        return found

    def _turned(self, line: Line, head: owning.Owned | None) -> str | None:
        """Why a move does not fit a customer of whom something was recorded since."""
        if head is None or not head.counts:
            return "ended"
        if head.owner != line.source:
            return "owner-changed"
        assert line.target is not None
        needs: list[str] = (line.detail or {}).get("qualifications", [])
        person = self._known.staff(self._now).get(line.target)
        refused = asked(head.facts.wishes, needs).refuses(line.target, person, self._now)
        return None if refused is None else "wish-changed"

    def _beyond(self, going: Sequence[Line]) -> list[Line]:
        """Moves for which there is no room once all of the part are done; the last ones of each book."""
        staff = self._known.staff(self._now)
        targets = {line.target: staff[line.target].capacity for line in going if line.target}
        counted = self._counted.copy()
        for line in going:
            counted[line.target or ""] += 1
            counted[line.source or ""] -= 1
        dropped: list[Line] = []
        again = True
        while again:  # who does not move leaves no room behind
            again = False
            for line in reversed(going):
                capacity = targets[line.target or ""]
                if line not in dropped and capacity is not None and counted[line.target or ""] > capacity:
                    dropped.append(line)
                    counted[line.target or ""] -= 1
                    counted[line.source or ""] += 1
                    again = True
        return dropped

    def _touchpoint(self, line: Line) -> Touchpoint:
        """The event of a move; under the same id whenever it is applied, so that it is recorded once."""
        assert line.target is not None
        made = micros(self._kept.made_at)
        id_ = self._house.ledger.keys.secrets.event_id(SOURCE, f"{self._kept.id}:{made}:{line.customer}")
        event = ManagerAssigned(
            id=uuid_text(id_),
            at=self._now,
            source=SOURCE,
            actor=self._why.actor,
            manager=line.target,
            reason=self._why.reason or line.reason,
        )
        return Touchpoint(
            event=event,
            id=id_,
            clear=write(event),
            sealed={"note": self._why.note} if self._why.note else {},
            content=id_,  # the same move again is a repetition
            occurred=event.at,
            type=name_of(event),
            customer=line.customer,
        )
