"""Shapes rows into answers: times as RFC 3339 in UTC, and sealed parts, for those who may open them, where they belong.

Documents of rows hold instants as microseconds since 1970, and point at sealed parts by the version of the event that
has them (see `projections.profile`). All that one answer shows of a customer is opened in one call.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from api.clouds import moment
from domain.door import instant
from domain.facts import NEVER
from domain.ledger import Ledger
from projections.consents import Said, covers
from projections.staff import Acting

Document = Mapping[str, Any]
Parts = Callable[[int | None], dict[str, Any]]

LAST_YEAR = 9999
INSTANTS = frozenset({"at", "until", "since", "due", "not_before", "rest_until"})
POINTERS = (
    "points",
    "points_removed",
    "promises",
    "complaints",
    "waits",
    "handling",
    "needs",
    "pinned",
    "planned",
)


def shown(value: Any) -> Any:
    """An instant of a document or a row (µs, or a time) as text; what never comes is null."""
    return moment(time_of(value))


def time_of(value: Any) -> datetime | None:
    """An instant of a document or a row as a time; None for what never comes."""
    if value is None or isinstance(value, datetime):
        return None if value is None or value.year >= LAST_YEAR else value
    return instant(value) if 0 < value < NEVER else None


def plain(fields: Document, *left_out: str) -> dict[str, Any]:
    """An item of a document: its instants as text, and without what is for us alone."""
    gone = {"id", "version", *left_out}
    made = {n: shown(v) if n in INSTANTS or n.endswith("_at") else v for n, v in fields.items() if n not in gone}
    return ({"event": fields["id"]} if fields.get("id") else {}) | made


# --- what is sealed ----------------------------------------------------------------------------------------------------


def opener(ledger: Ledger | None, customer: str, versions: Iterable[int | None]) -> Parts:
    """What the events of these versions have sealed, opened together; {} for all where there is no ledger to ask."""
    wanted = sorted({v for v in versions if v})
    opened = ledger.open(customer, wanted) if ledger is not None and wanted else {}
    return lambda version: opened.get(version or 0, {})


def versions(document: Document) -> list[int | None]:
    """The events whose sealed parts a profile shows."""
    found: list[int | None] = [i["version"] for name in POINTERS for i in document[name]]
    return [
        *found,
        *document["who"]["described"],
        *(one["version"] for one in (document["last_talk"], document["ended"]) if one),
    ]


def reference(parts: Mapping[str, Any], name: str) -> str | None:
    """How the sender called something, where that may be shown."""
    given: dict[str, str] = parts.get("sealed_refs") or {}
    return given.get(name)


def name_of(document: Document, parts: Parts) -> str | None:
    """What they are called: the latest name, where it may be shown."""
    return _first(document, parts, "name")


def _first(document: Document, parts: Parts, field: str) -> Any:
    return next((found for v in document["who"]["described"] if (found := parts(v).get(field)) is not None), None)


# --- the profile -------------------------------------------------------------------------------------------------------


def profile(document: Document, standing: Document, parts: Parts, now: datetime) -> dict[str, Any]:
    """A customer's page: what one needs before speaking to them on top."""
    return {
        "name": name_of(document, parts),
        "last_conversation": conversation(document["last_talk"], parts),
        "promises": [promise(p, parts, now) for p in document["promises"]],
        "complaints": [complaint(c, parts) for c in document["complaints"] if not _lapsed(c, now)],
        "unanswered": [plain(w) for w in document["waits"]],
        "handling": [marked(m, parts) for m in document["handling"] if _still(m, now)],
        "standing": standing,
        "who": _who(document, parts),
        "contact_points": contact_points(document, parts),
        "consents": consents(document, now),
        "wishes": _wishes(document["wishes"]),
        "needs": [marked(m, parts) for m in document["needs"]],
        "notes": [marked(m, parts) for m in document["pinned"]],
        "planned": [plain(p) | {"text": parts(p["version"]).get("text")} for p in document["planned"]],
        "purchases": _purchases(document["purchases"]),
        "rhythm": _rhythm(document["rhythm"], now),
        "orders": [plain(o) for o in document["orders"]],
        "holdings": [plain(h) for h in document["holdings"]],
        "prospects": [plain(p) for p in document["prospects"]],
        "trust": _trust(document["trust"], now),
        "tier": {"net": document["tier"]["net"]},
        "ended": None if document["ended"] is None else marked(document["ended"], parts),
        "unmatched": [plain(u) for u in document["unmatched"]],
        "odd": [plain(m) for m in document["odd"]],
        "history": {
            "first_at": shown(document["first_at"]),
            "last_at": shown(document["last_at"]),
            "events": document["events"],
            "corrected": document["corrected"],
            "voided": document["voided"],
            "version": document["version"],
        },
    }


def conversation(last: Document | None, parts: Parts) -> dict[str, Any] | None:
    """The last conversation that reached them."""
    return None if last is None else plain(last) | {"summary": parts(last["version"]).get("summary")}


def promise(p: Document, parts: Parts, now: datetime) -> dict[str, Any]:
    """An open promise, and whether it was missed by now."""
    sealed = parts(p["version"])
    return {
        "promise": p["ref"],
        "reference": reference(sealed, "promise"),
        **plain(p, "ref"),
        "missed": instant(p["due"]) <= now,
        "text": sealed.get("text"),
    }


def complaint(c: Document, parts: Parts) -> dict[str, Any]:
    """An open complaint."""
    sealed = parts(c["version"])
    return plain(c) | {"reference": reference(sealed, "complaint"), "description": sealed.get("description")}


def _lapsed(c: Document, now: datetime) -> bool:
    """Whether time has resolved it by now, as nobody answered."""
    return c["lapses_at"] is not None and instant(c["lapses_at"]) <= now


def marked(mark: Document, parts: Parts) -> dict[str, Any]:
    """Something noted, with its text."""
    sealed = parts(mark["version"])
    return plain(mark) | {"text": sealed.get("text") or sealed.get("detail")}


def consents(document: Document, now: datetime) -> list[dict[str, Any]]:
    """What they said last of being contacted for each purpose and channel, and whether that allows it now.

    A narrow consent that a wider withdrawal took back is in force no more.
    """
    items: list[Document] = document["consents"]  # in the order in which they were said
    said = [Said(c["purpose"], c["channel"], c["granted"]) for c in items]
    return [
        plain(c)
        | {"in_force": c["granted"] and _still(c, now) and not any(covers(later, said[i]) for later in said[i + 1 :])}
        for i, c in enumerate(items)
    ]


def contact_points(document: Document, parts: Parts) -> list[dict[str, Any]]:
    """How to reach them; without what they no longer have, as far as values may be opened to tell."""
    gone = {(p["kind"], p["scheme"], parts(p["version"]).get("value")): p["at"] for p in document["points_removed"]}
    found: list[dict[str, Any]] = []
    for p in document["points"]:
        value = parts(p["version"]).get("value")
        if value is None or gone.get((p["kind"], p["scheme"], value), -1) < p["at"]:
            found.append(plain(p) | {"value": value})
    return found


def _still(fields: Document, now: datetime) -> bool:
    return fields["until"] is None or fields["until"] >= NEVER or instant(fields["until"]) > now


def _who(document: Document, parts: Parts) -> dict[str, Any]:
    who = {n: v for n, v in document["who"].items() if n != "described"}
    return who | {n: _first(document, parts, n) for n in ("address", "year_of_birth")}


def _wishes(wishes: Document) -> dict[str, Any]:
    return {n: shown(v) if n == "rest_until" else v for n, v in wishes.items() if n != "stated"}


def _purchases(p: Document) -> dict[str, Any]:
    days = None if p["typical_interval"] is None else round(p["typical_interval"] / 86_400_000_000, 1)
    return {
        "count": p["count"],
        "returns": p["returns"],
        "net": p["net"],
        "last_at": shown(p["last_at"]),
        "typical_interval_days": days,
        "likely_next": shown(p["likely_next"]),
        "categories": {code: shown(at) for code, at in p["categories"].items()},
    }


def _rhythm(found: Document | None, now: datetime) -> dict[str, Any] | None:
    """How regular contact is; None where there was too little to say."""
    if found is None:
        return None
    days = {f"{name}_days": round(found[name] / 86_400_000_000, 1) for name in ("typical", "spread")}
    named = {name: found[name] for name in ("gaps", "kind", "burstiness", "slowing")}
    dates = {"last_at": shown(found["last"])} | {name: shown(found[name]) for name in ("expected_at", "fading_at")}
    return named | days | dates | {"fading": instant(found["fading_at"]) <= now}


def _trust(trust: Document, now: datetime) -> dict[str, Any]:
    past = [score for at, score in trust["ahead"] if instant(at) <= now]
    items = [*trust["items"], *(item for item in trust["to_come"] if instant(item["at"]) <= now)]
    return {"score": past[-1] if past else trust["score"], "because": [plain(i) for i in reversed(items)]}


# --- rows of histories -------------------------------------------------------------------------------------------------


def interval(row: Document, *left_out: str) -> dict[str, Any]:
    """A row that holds from a time until another."""
    gone = {"generation", "customer", "version", *left_out}
    return {n: shown(v) if n.endswith("_at") else v for n, v in row.items() if n not in gone}


def instants(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Fields with those that are instants (µs) as times."""
    return {n: shown(v) if n.endswith("_at") else v for n, v in fields.items()}


def holds(row: Document, now: datetime) -> bool:
    """Whether a row that holds over an interval holds now."""
    since, until = time_of(row["from_at"]), time_of(row["until_at"])
    return (since is None or since <= now) and (until is None or now < until)


_MOMENTS = (
    "acknowledged_at", "responded_at", "heard_at", "promised_due", "extended_until", "lapses_at", "closes_at",
    "reopens_until",
)  # fmt: skip


def acting(found: Acting) -> dict[str, Any]:
    """Who acts, and past whom that went and why."""
    return {
        "staff": found.staff,
        "by": found.by,
        "passed": [{"staff": p.staff, "reason": p.reason, "until": shown(p.until)} for p in found.passed],
    }


def case(row: Document, parts: Parts) -> dict[str, Any]:
    """A complaint with its whole history of rounds."""
    sealed = parts(row["version"])
    detail: dict[str, Any] = row["detail"] or {}
    deadlines: dict[str, int] = detail.get("deadlines") or {}
    resolutions: list[dict[str, Any]] = detail.get("resolutions") or []
    waits: list[dict[str, Any]] = detail.get("waits") or []
    reopened: list[int] = detail.get("reopened") or []
    made = interval(row, "detail") | {
        "reference": reference(sealed, "complaint"),
        "description": sealed.get("description"),
    }
    for name in _MOMENTS:
        made[name] = shown(detail.get(name))
    made["deadlines"] = {step: shown(at) for step, at in deadlines.items()}
    made["resolutions"] = [
        {n: shown(v) if n in ("at", "due_at") else v for n, v in r.items() if n != "version"}
        | {"summary": parts(r["version"]).get("summary")}
        for r in resolutions
    ]
    made["waits"] = [{"from": shown(w["from"]), "until": shown(w["until"]), "for": w["for"]} for w in waits]
    made["reopened"] = [shown(at) for at in reopened]
    made["reopened_late"] = [shown(at) for at in detail.get("reopened_late", ())]
    made["escalations"] = [plain(e, "event") | {"event": e["event"]} for e in detail.get("escalations", ())]
    for name in ("links", "redress", "level"):
        made[name] = detail.get(name)
    return made
