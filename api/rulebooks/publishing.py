"""Rulebooks and calendars as they are published: checked, recorded by one person with a reason, and never changed again."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

import msgspec
from msgspec import Struct

from api.errors import BadRequest, UnknownRulebook
from api.wiring import House
from domain.door import Touchpoint, instant, micros
from domain.errors import DifferentContent, Refusal
from domain.events import CalendarPublished, Event, RulebookPromoted, RulebookPublished, RulebookRolledBack
from domain.order import key
from domain.rulebook.checks import InvalidRulebook
from domain.rules import first_rules, shipped
from domain.sealing import uuid_text
from domain.upcast import write
from domain.vocabulary import name_of
from domain.worktime import Calendar
from projections import catalogue, checking, generations
from projections.catalogue import Catalogue
from projections.checking import Checked

SOURCE = "urn:jejak:rulebooks"
LONGEST = 500  # characters of a reason


class Published(Struct, frozen=True):
    """What became of a rulebook or calendar that somebody published."""

    status: Literal["recorded", "duplicate"]
    version: str
    event: str | None
    """None for what came with Jejak."""
    position: int | None


class Version(Struct, frozen=True):
    """A version of the rules, and what became of it."""

    version: str
    title: str
    in_force: bool
    shown: bool
    """The rows that are shown were made by it."""
    published_at: datetime | None
    """None for the one that came with Jejak."""
    published_by: str | None
    reason: str
    promoted: list[datetime]
    """When it was put into force, or back into force."""
    promoted_by: str | None
    """Who did so last."""

    @property
    def draft(self) -> bool:
        """Published, and never in force. What came with Jejak was in force from the beginning."""
        return not self.promoted and not self.in_force and self.published_at is not None


def published(house: House) -> Catalogue:
    """All rulebooks and calendars that were ever published."""
    with house.pool.connection() as c:
        return catalogue.published(c)


def document_of(house: House, version: str) -> dict[str, Any]:
    """A rulebook's document. UnknownRulebook where there is no such version."""
    if version == first_rules().version:
        return _plain(shipped())
    documents = published(house).rulebooks()
    if version not in documents:
        versions = ", ".join(sorted({first_rules().version, *documents}))
        raise UnknownRulebook(f"there is no rulebook {version!r}; there are {versions}", pointer="/path/version")
    return documents[version]


def versions(house: House) -> list[Version]:
    """All versions, in the order of their publication."""
    past = _past(house)
    changes = [event for event in past if isinstance(event, RulebookPromoted | RulebookRolledBack)]
    in_force = changes[-1].rulebook if changes else first_rules().version
    with house.pool.connection() as c:
        live = generations.live(c)
    shown = live.rulebook if live else first_rules().version
    first: dict[str, tuple[RulebookPublished | None, Mapping[str, Any]]] = {first_rules().version: (None, shipped())}
    for event in past:
        if isinstance(event, RulebookPublished):
            first.setdefault(event.rulebook, (event, event.document))
    found: list[Version] = []
    for version, (event, document) in first.items():
        own = [change for change in changes if change.rulebook == version]
        found.append(
            Version(
                version,
                str(document.get("title", "")),
                version == in_force,
                version == shown,
                instant(event.at) if event else None,
                event.actor if event else None,
                event.reason if event else "",
                [instant(change.at) for change in own],
                own[-1].actor if own else None,
            )
        )
    return found


def check(house: House, document: Mapping[str, Any]) -> Checked:
    """Everything that is wrong with a document, its test customers tried, with the calendars that were published."""
    return checking.check(document, published(house).calendars())


def publish(house: House, document: Mapping[str, Any], *, actor: str, reason: str) -> Published:
    """Record a version of the rules, as a draft until somebody promotes it.

    The same content again is a duplicate. BadRequest without a reason; InvalidRulebook where the check finds anything;
    DifferentContent where the version exists with other content.
    """
    reason = _reason(reason)
    given = _plain(document)
    version = given.get("version")
    if isinstance(version, str) and (known := _known(house, version)) is not None:
        return _same(known, given, version, "rulebook")
    checked = check(house, given)
    if checked.problems or checked.rules is None:
        said = "; ".join(f"{pointer or '/'}: {sentence}" for pointer, sentence in checked.problems)
        raise InvalidRulebook(said, problems=tuple(checked.problems))
    made = checked.rules.version
    id_ = house.ledger.keys.secrets.event_id(SOURCE, made)
    event = RulebookPublished(
        id=uuid_text(id_), at=_now(house), source=SOURCE, actor=actor, rulebook=made, document=given, reason=reason
    )
    return _record(house, event, id_, given, made)


def publish_calendar(house: House, document: Mapping[str, Any], *, actor: str) -> Published:
    """Record a version of a working calendar, which rulebooks can name from now on.

    The same content again is a duplicate. InvalidCalendar; DifferentContent where the version exists with other content.
    """
    given = _plain(document)
    calendar = Calendar.from_document(given).document
    code, version = calendar.name, calendar.version
    known = published(house).calendars().get((code, version))
    if known is not None:
        return _same((None, known), given, f"{code} {version}", "calendar")
    id_ = house.ledger.keys.secrets.event_id(SOURCE, f"calendar:{len(code)}:{code}{version}")
    event = CalendarPublished(
        id=uuid_text(id_),
        at=_now(house),
        source=SOURCE,
        actor=actor,
        calendar=code,
        calendar_version=version,
        document=given,
    )
    return _record(house, event, id_, given, f"{code} {version}")


Known = tuple[RulebookPublished | None, Mapping[str, Any]]


def _known(house: House, version: str) -> Known | None:
    if version == first_rules().version:
        return None, _plain(shipped())
    found = (e for e in _past(house) if isinstance(e, RulebookPublished) and e.rulebook == version)
    event = next(found, None)
    return None if event is None else (event, event.document)


def _same(known: Known, given: Mapping[str, Any], version: str, what: str) -> Published:
    event, document = known
    if document != given:
        raise DifferentContent(
            f"{what} {version} was published before with other content, and a version never changes; give it another "
            "version",
            pointer="/version",
        )
    return Published("duplicate", version, event.id if event else None, None)


def _record(house: House, event: Event, id_: bytes, document: Mapping[str, Any], version: str) -> Published:
    touchpoint = Touchpoint(
        event=event,
        id=id_,
        clear=write(event),
        sealed={},
        # Who published it, when and why may differ: what was published is what has to be the same.
        content=house.ledger.keys.secrets.content(msgspec.json.encode(document, order="sorted")),
        occurred=event.at,
        type=name_of(event),
    )
    (outcome,) = house.ledger.append([touchpoint])
    if isinstance(outcome, Refusal):
        raise outcome
    return Published("recorded" if outcome.status == "recorded" else "duplicate", version, outcome.id, outcome.position)


def _past(house: House) -> list[Event]:
    """What ever happened to rulebooks, in order."""
    beside = RulebookPromoted(id="", at=0, source=SOURCE, rulebook="")
    return sorted(house.ledger.stream(uuid_text(house.ledger.router.stream_beside(beside))), key=key)


def _now(house: House) -> int:
    return micros(house.now())


def _reason(given: str) -> str:
    reason = " ".join(given.split())
    if not 0 < len(reason) <= LONGEST:
        raise BadRequest(
            f"a reason of 1 to {LONGEST} characters has to say why these rules are published", pointer="/reason"
        )
    return reason


def _plain(document: Mapping[str, Any]) -> dict[str, Any]:
    """A document as it is kept: dates and times as texts."""
    return msgspec.json.decode(msgspec.json.encode(document))
