"""Puts other rules into force, and takes them back: the pointer that readers follow, and the event that says so.

Both are one transaction, for rows and ledger share a database: there is no moment at which the rows of one rulebook are
shown while the ledger says another one is in force, and a crash leaves either both or neither. The lock that appending
takes is taken last and held for a commit, so writers wait for some milliseconds at most.
"""

import time
from collections.abc import Callable, Sequence
from typing import Any

from msgspec import Struct
from psycopg import Connection

from api.errors import CannotPromote, UnknownGeneration
from api.rows import make_engine
from api.wiring import House
from domain.door import Touchpoint, micros
from domain.errors import Refusal
from domain.events import Event, RulebookPromoted, RulebookPublished, RulebookRolledBack
from domain.ledger import Ledger
from domain.order import key
from domain.pools import One
from domain.rules import first_rules
from domain.sealing import uuid_text
from domain.upcast import write
from domain.vocabulary import name_of
from projections import fold, generations
from projections.engine import connect
from projections.generations import Generation

SOURCE = "urn:jejak:rules"
PATIENCE = 600.0  # seconds for a generation to catch up
ENGINE_EVERY = 1.0  # seconds between two tries to do the following here, where no engine runs
LOOK_EVERY = 0.005  # seconds; while events stream in, it is level with the shown one for moments only


class Change(Struct, frozen=True):
    """What is shown since a promotion or rollback."""

    generation: int
    rulebook: str
    before: int | None
    """The generation that was shown before; it is kept, and followed."""
    rulebook_before: str
    event: str | None
    """The event that says so; None where the rulebook in force is the same as before."""
    position: int | None
    """Of that event."""


def find(house: House, number: int) -> Generation:
    """A generation by its number. UnknownGeneration where there is none."""
    with house.pool.connection() as c:
        found = next((g for g in generations.listed(c) if g.id == number), None)
    if found is None:
        raise UnknownGeneration(f"there is no generation {number}; `jejak generations list` shows them")
    return found


def listed(house: House) -> list[Generation]:
    """All generations, oldest first."""
    with house.pool.connection() as c:
        return generations.listed(c)


def promote(
    house: House, number: int, *, actor: str, reason: str = "", patience: float = PATIENCE, also: str = ""
) -> Change:
    """Show a generation once it has caught up, and have its rulebook in force from that moment on.

    Again: changes nothing. `also`: another name under which the actor may have published. UnknownGeneration; CannotPromote
    where it cannot be shown as it is, where it does not catch up, or where somebody else has to do it.
    """
    wanted = find(house, number)
    if wanted.state not in generations.FOLLOWED or wanted.fingerprint != fold.fingerprint():
        raise CannotPromote(_why_not(wanted))
    _by_another(house, wanted.rulebook, {actor, also})

    def step(c: Connection[Any]) -> bool:
        return generations.promote(c, number)

    change = _once_level(house, step, actor, reason, RulebookPromoted, patience)
    if change is None:
        raise CannotPromote(
            f"generation {number} did not catch up within {patience:.0f} s; try again, or see whether an engine runs"
        )
    return change


def rollback(house: House, *, actor: str, reason: str = "", patience: float = PATIENCE) -> Change:
    """Show the generation before again, and have its rulebook in force. CannotPromote where none was kept."""
    try:
        change = _once_level(house, generations.rollback, actor, reason, RulebookRolledBack, patience)
    except generations.Unready as unready:
        raise CannotPromote(f"{unready}; a rollback leads back to what was shown before a promotion") from None
    if change is None:
        raise CannotPromote(f"the generation before did not catch up within {patience:.0f} s; try again")
    return change


def drop(house: House, number: int) -> None:
    """Remove a generation and its rows. CannotPromote where it is shown, or just being built."""
    find(house, number)
    with connect(house.database_url) as c:
        if number in generations.held(c):
            raise CannotPromote(f"generation {number} is being built at this moment; end that first")
        try:
            generations.drop(c, number, fold.TABLES)
        except generations.Unready as unready:
            raise CannotPromote(str(unready)) from None


def _why_not(wanted: Generation) -> str:
    match wanted.state:
        case "building":
            return f"generation {wanted.id} is not whole yet; wait for its build, or take that up with --resume"
        case "side":
            return (
                f"generation {wanted.id} is a sample, or stands at other coordinates, and is not followed; build one of "
                "everybody and of all that is known with `jejak rebuild --rulebook`, and promote that"
            )
        case _:
            return f"generation {wanted.id} was made by another form of the fold; build it anew"


# --- who may ----------------------------------------------------------------------------------------------------------


def _by_another(house: House, rulebook: str, names: set[str]) -> None:
    if not house.settings.promotion_by_two:
        return
    past = _past(house.ledger)
    publisher = next((e.actor for e in past if _publishes(e, rulebook)), None)
    if publisher is not None and publisher in names and _in_force(past) != rulebook:
        raise CannotPromote(
            f"{publisher} published rulebook {rulebook}; by JEJAK_PROMOTION_BY_TWO somebody else has to promote it"
        )


def _publishes(event: Event, rulebook: str) -> bool:
    return isinstance(event, RulebookPublished) and event.rulebook == rulebook


def _past(ledger: Ledger) -> list[Event]:
    """What ever happened to rulebooks, in order."""
    return sorted(ledger.stream(uuid_text(_stream(ledger))), key=key)


def _in_force(past: Sequence[Event]) -> str:
    """The rulebook that was promoted, or gone back to, last; the one that comes with Jejak before any was."""
    return next(
        (e.rulebook for e in reversed(past) if isinstance(e, RulebookPromoted | RulebookRolledBack)),
        first_rules().version,
    )


def _stream(ledger: Ledger) -> bytes:
    return ledger.router.stream_beside(RulebookPromoted(id="", at=0, source=SOURCE, rulebook=""))


# --- one step ---------------------------------------------------------------------------------------------------------

Said = type[RulebookPromoted] | type[RulebookRolledBack]


def _once_level(
    house: House, step: Callable[[Connection[Any]], bool], actor: str, reason: str, said: Said, patience: float
) -> Change | None:
    """Take the step as soon as the rows to show are no older than those that are shown; None where that takes too long."""
    engine = make_engine(house.database_url)
    began = followed = time.monotonic()
    with connect(house.database_url) as c:
        while (change := _take(house, c, step, actor, reason, said)) is None:
            now = time.monotonic()
            if now > began + patience:
                return None
            if now >= followed and engine.catch_up(wait=False) is None:
                followed = now + ENGINE_EVERY  # another engine does the following
            time.sleep(LOOK_EVERY)
    return change


def _take(
    house: House, c: Connection[Any], step: Callable[[Connection[Any]], bool], actor: str, reason: str, said: Said
) -> Change | None:
    with c.transaction():
        c.execute("SET LOCAL synchronous_commit = on")  # an event is recorded here, and not only rows
        generations.lock_pointer(c)
        before = generations.live(c)
        if not step(c):
            return None
        shown = generations.live(c)
        assert shown is not None
        ours = before.id if before else None
        c.execute("SET LOCAL ROLE jejak_api")
        ledger = Ledger(One(c), house.ledger.keys, clock=house.clock, region=house.settings.region)
        in_force, receipt = _record(house, ledger, shown.rulebook, actor, reason, said)
    return Change(
        shown.id,
        shown.rulebook,
        ours,
        before.rulebook if before else in_force,
        receipt and receipt[0],
        receipt and receipt[1],
    )


def _record(
    house: House, ledger: Ledger, rulebook: str, actor: str, reason: str, said: Said
) -> tuple[str, tuple[str, int | None] | None]:
    """Say in the ledger which rulebook is in force, where it was another one; which it was, and the event."""
    past = [e for e in _past(ledger) if isinstance(e, RulebookPromoted | RulebookRolledBack)]
    in_force = _in_force(past)
    if in_force == rulebook:
        return in_force, None
    number = len(past) + 1
    id_ = ledger.keys.secrets.event_id(SOURCE, f"{number}:{rulebook}")
    event = said(
        id=uuid_text(id_),
        # Never before the last change, whatever JEJAK_NOW is: the one that came last is in force.
        at=max([micros(house.now()), *(e.at for e in past[-1:])]),
        sequence=f"{number:09d}",
        source=SOURCE,
        actor=actor,
        rulebook=rulebook,
        reason=reason,
    )
    # The content is the act itself: saying the same thing twice is a repetition.
    touchpoint = Touchpoint(
        event=event, id=id_, clear=write(event), sealed={}, content=id_, occurred=event.at, type=name_of(event)
    )
    (outcome,) = ledger.append([touchpoint])
    if isinstance(outcome, Refusal):
        raise outcome
    return in_force, (outcome.id, outcome.position)
