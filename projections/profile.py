"""Profile: what a person needs to see first of a customer, and what lists filter by.

`profile` is one document per customer: the last conversation that reached them, open promises and open complaints,
handling, consents, wishes, contact points, holdings, purchases. What is sealed is pointed at by the version of the
event that holds it. Instants in the document are microseconds since 1970. `standing` says over which interval the
customer stands how: stage, tier, trust, owner.
"""

from typing import Any, NamedTuple

import msgspec
from msgspec.structs import asdict

from domain.criteria.measures import median
from domain.facts import NEVER, Customer, Mark
from domain.rules import Rules
from domain.settling import lapses_at
from projections import trust
from projections.complaints import needs_human
from projections.planning import fulfilled
from projections.projection import INSTANT, INTERVAL, TEXT, Table
from projections.rhythm import rhythm
from projections.state import State

PROFILE = Table("profile", (("document", "jsonb"),), ("customer",))

STANDING = Table(
    "standing",
    (
        *INTERVAL,
        ("stage", TEXT),
        ("stage_since", INSTANT),
        ("fading", "boolean"),
        ("tier", "smallint"),  # 0 the highest
        ("trust", TEXT),  # the band
        ("falling", "boolean"),
        ("owner", TEXT),
        ("open_complaints", "smallint"),
        ("first_at", INSTANT),
        ("last_talk_at", INSTANT),
        ("last_purchase_at", INSTANT),
        ("provisional", "boolean"),
    ),
    ("customer", "owner, customer", "stage, customer", "tier, customer", "last_talk_at, customer"),
)


class Moment(NamedTuple):
    """How the customer stands from a moment on."""

    at: int
    stage: str
    since: int
    fading: bool
    tier: int
    band: str
    falling: bool
    open_complaints: int


def render_standing(state: State, moments: list[Moment], until: int) -> list[tuple[Any, ...]]:
    """A row for each stretch in which nothing that lists filter by changes, from the last event on."""
    c = state.customer
    owner = c.managers[-1].manager if c.managers else None
    talk = c.last.at if c.last else None
    bought = c.last_purchase[0] if c.last_purchase else None
    rows: list[tuple[Any, ...]] = []
    for moment in moments:
        shown = (moment.stage, moment.since, moment.fading, moment.tier, moment.band, moment.falling)
        if rows and rows[-1][2:8] == shown and rows[-1][9] == moment.open_complaints:
            continue
        if rows:
            rows[-1] = (rows[-1][0], moment.at, *rows[-1][2:])
        rows.append((moment.at, until, *shown, owner, moment.open_complaints, c.first_at, talk, bought, c.provisional))
    return rows


_encode = msgspec.json.Encoder(decimal_format="string").encode


def render(state: State, rules: Rules, moments: list[Moment]) -> list[tuple[Any, ...]]:
    """The document."""
    return [(_encode(_document(state, rules, moments)).decode(),)]


def _document(state: State, rules: Rules, moments: list[Moment]) -> dict[str, Any]:
    c = state.customer
    now = moments[0]
    return {
        "version": state.version,
        "events": state.count,
        "first_at": c.first_at,
        "last_at": state.now,
        "last_talk": None if c.last is None else asdict(c.last),
        "promises": [asdict(promise) for promise in sorted(c.promises.values(), key=lambda promise: promise.due)],
        "complaints": [
            {"complaint": case.ref, "version": case.version, "state": case.state, "severity": case.severity,
             "opened_at": case.at, "category": case.category, "handler": case.handler, "team": case.team,
             "round": case.round, "lapses_at": _ever(lapses_at(rules, case))}
            for case in state.open()
        ],
        "waits": [asdict(wait) for wait in c.waits if needs_human(rules, wait)],
        "handling": [_mark(mark) for mark in c.handling if mark.until > state.now],
        "who": {
            "kind": c.kind, "birthday": c.birthday, "timezone": c.timezone, "language": c.language,
            "country": c.country,
            "segment": c.segment, "traits": c.traits, "acquisition": c.acquisition, "provisional": c.provisional,
            "described": c.described,
        },
        "points": [asdict(point) for point in c.points],
        "points_removed": [asdict(point) for point in c.removed],
        "consents": [_until(asdict(consent)) for consent in c.consents.values()],
        "wishes": msgspec.to_builtins(asdict(c.wishes)),
        "needs": [_mark(mark) for mark in c.needs],
        "pinned": [_mark(mark) for mark in c.pinned],
        "holdings": [asdict(holding) for holding in c.holdings.values()],
        "prospects": [asdict(prospect) for prospect in c.prospects.values()],
        "orders": [asdict(order) for order in c.orders.values()],
        "planned": _planned(c, rules),
        "purchases": _purchases(c),
        "rhythm": found._asdict() if (found := rhythm(c, rules.rhythm_kept)) else None,
        "stage": {"stage": now.stage, "since": now.since, "fading": now.fading},
        "tier": {"tier": rules.tier_names[now.tier], "since": state.tier.since, "net": state.tier.net},
        "trust": {
            "score": state.score, "band": now.band, "falling": now.falling,
            "ahead": trust.ahead(state, rules),
            "to_come": [asdict(item) for item in trust.to_come(state, rules)],
            "items": [asdict(item) for item in state.trust.items[state.trust.first :][-20:]],
        },
        "ended": None if c.ended is None else _mark(c.ended),
        "unmatched": [
            {"event": event.id, "version": event.version, "at": event.at,
            "type": str(type(event).__struct_config__.tag)}
            for events in c.unmatched.values() for event in events
        ],
        "amendments": c.amendments,
        "odd": [_mark(mark) for mark in c.odd],
        "corrected": c.corrected,
        "voided": c.voided,
    }  # fmt: skip


def _planned(c: Customer, rules: Rules) -> list[dict[str, Any]]:
    """What a person planned and has not taken place."""
    if not c.planned:
        return []
    done = fulfilled(c, rules)
    found = [asdict(planned) for planned in c.planned.values() if planned.ref not in done]
    for planned in found:
        del planned["met"]
    return found


def _purchases(c: Customer) -> dict[str, Any]:
    typical = median(c.intervals) if c.intervals else None
    last = c.last_purchase
    return {
        "count": c.bought,
        "returns": c.returned,
        "net": c.lifetime,
        "last_at": last[0] if last else None,
        "last_event": last[1] if last else None,
        "typical_interval": typical,
        "likely_next": last[0] + typical if last and typical else None,
        "categories": {code: item[0] for code, item in c.categories.items()},
    }


def _ever(at: int) -> int | None:
    return at if at < NEVER else None


def _mark(mark: Mark) -> dict[str, Any]:
    return _until(asdict(mark))


def _until(fields: dict[str, Any]) -> dict[str, Any]:
    if fields["until"] >= NEVER:
        fields["until"] = None
    return fields
