"""What is wrong with a rulebook's document, field by field, in words for who wrote it.

Refusal
└── InvalidRulebook   problems: (JSON Pointer, sentence) for every fault found
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, cast
from zoneinfo import available_timezones

from pydantic import ValidationError

from domain.currencies import CURRENCIES
from domain.errors import Refusal
from domain.facts import NEVER
from domain.rulebook import criteria as crit
from domain.rulebook import model as doc
from domain.rulebook.faults import sentence_of
from domain.rulebook.words import Dates, meant

START = "start"

Problem = tuple[str, str]


class InvalidRulebook(Refusal):
    """A rulebook's document is wrong; `problems` names each field."""

    code = "invalid-rulebook"
    title = "The rulebook is not valid"


def refusal(problems: list[Problem]) -> InvalidRulebook:
    """One refusal that names every fault."""
    return InvalidRulebook("; ".join(f"{at or '/'}: {what}" for at, what in problems), problems=tuple(problems))


def named_faults(error: ValidationError, document: Mapping[str, Any]) -> list[Problem]:
    """Every fault of shape."""
    found = [sentence_of(cast("Mapping[str, Any]", fault), document) for fault in error.errors(include_url=False)]
    by_place: dict[str, str] = {}
    for pointer, sentence in found:
        by_place.setdefault(pointer, sentence)  # of what may be one thing or another, what was said of the first
    return list(by_place.items())


# --- what a schema cannot say -----------------------------------------------------------------------------------------


class _Known(NamedTuple):
    stages: list[str]
    tiers: list[str]
    clauses: list[str]
    bands: list[str]


def problems_of(book: doc.Rulebook) -> list[Problem]:
    """Every fault between fields."""
    lifecycle = book.lifecycle
    known = _Known(
        lifecycle.stages,
        [*(level.name for level in book.tiers.levels), book.tiers.otherwise],
        [clause.name for clause in lifecycle.clauses],
        list(book.trust.bands),
    )
    found = _lifecycle_problems(lifecycle, known)
    found += _twice("/tiers/levels", known.tiers, "tier")
    for i, level in enumerate(book.tiers.levels):
        for field, amounts in (("at_least", level.at_least), ("over", level.over)):
            found += [p for code in amounts for p in _currency(code, f"/tiers/levels/{i}/{field}/{code}")]
    found += _unknown([(f"/complaints/factors/{t}", t) for t in book.complaints.factors], known.tiers, "tier")
    missing = {"low", "normal", "high", "critical"} - set(book.complaints.severities)
    found += [("/complaints/severities", f"deadlines for severity {s!r} are missing") for s in sorted(missing)]
    found += _complaint_problems(book, known)
    found += _contact_problems(book, known)
    found += _occasion_problems(book.occasions, known)
    found += _customer_problems(book.customers, known)
    return found


def _lifecycle_problems(rules: doc.LifecycleRules, known: _Known) -> list[Problem]:
    found = _twice("/lifecycle/stages", rules.stages, "stage") + _twice("/lifecycle/clauses", known.clauses, "clause")
    if START in rules.stages:
        found.append(("/lifecycle/stages", f'"{START}" stands before the first stage and cannot be one'))
    if rules.fading:
        found += _unknown([("/lifecycle/fading/stage", rules.fading.stage)], known.stages, "stage")
    for i, clause in enumerate(rules.clauses):
        at = f"/lifecycle/clauses/{i}"
        found += _unknown(
            [(f"{at}/from/{j}", s) for j, s in enumerate(clause.sources)], [START, *known.stages], "stage"
        )
        found += _unknown([(f"{at}/to", clause.to)], known.stages, "stage")
        if clause.to in clause.sources:
            found.append((f"{at}/to", f"leads from {clause.to!r} to itself; name another stage"))
        for j, criterion in enumerate(clause.all):
            found += _criterion_problems(criterion, f"{at}/all/{j}", known)
    if not any(START in clause.sources and not clause.all for clause in rules.clauses):
        every = 'one clause from "start" has to have no criteria, so that every customer has a stage'
        found.append(("/lifecycle/clauses", every))
    return found


def _complaint_problems(book: doc.Rulebook, known: _Known) -> list[Problem]:
    rules = book.complaints
    found = [
        (f"/complaints/escalate/{i}", "give either at, a part of the time to resolve, or silence")
        for i, step in enumerate(rules.escalate)
        if (step.at is None) is (step.silence is None)
    ]
    reminders = rules.remind_after
    found += [
        (f"/complaints/remind_after/{i}", "comes before the one that stands before it; name them in order of time")
        for i, span in enumerate(reminders)
        if i and span <= reminders[i - 1]
    ]
    if rules.no_answer_after is not None and reminders and reminders[-1] >= rules.no_answer_after:
        found.append(("/complaints/no_answer_after", "ends before the last reminder; what is over needs none"))
    if rules.reopen_within is not None and rules.reopen_within < (rules.close_after or 0):
        found.append(("/complaints/reopen_within", "is shorter than close_after; until then they may object"))
    trust = book.priorities.trust_first
    return found + _unknown(
        [(f"/priorities/trust_first/{i}", b) for i, b in enumerate(trust)], known.bands, "band of trust"
    )


def _contact_problems(book: doc.Rulebook, known: _Known) -> list[Problem]:
    found = _unknown([(f"/cadence/stages/{s}", s) for s in book.cadence.stages], known.stages, "stage")
    for stage, rhythms in book.cadence.stages.items():
        found += _unknown([(f"/cadence/stages/{stage}/{t}", t) for t in rhythms if t != "*"], known.tiers, "tier")
    found += _unknown(
        [(f"/cadence/no_selling_in/{i}", s) for i, s in enumerate(book.cadence.no_selling_in)], known.stages, "stage"
    )
    if book.contact.zone not in available_timezones():
        found.append(("/contact/zone", f"{book.contact.zone!r} is no IANA time zone; Asia/Jakarta would be one"))
    for name, by_tier in (("fit", book.benefits.fit), ("unfit", book.benefits.unfit)):
        found += _unknown([(f"/benefits/{name}/{t}", t) for t in by_tier if t != "*"], known.tiers, "tier")
    for name, of_books in (("weights", book.books.weights), ("by_tier", book.books.by_tier)):
        found += _unknown([(f"/books/{name}/{t}", t) for t in of_books if t != "*"], known.tiers, "tier")
    first = book.priorities.fading_first or []
    return found + _unknown([(f"/priorities/fading_first/{i}", t) for i, t in enumerate(first)], known.tiers, "tier")


def _occasion_problems(occasions: list[doc.Occasion], known: _Known) -> list[Problem]:
    found = _twice("/occasions", [occasion.content for occasion in occasions], "occasion")
    for i, occasion in enumerate(occasions):
        at = f"/occasions/{i}"
        found += _unknown([(f"{at}/tiers/{j}", tier) for j, tier in enumerate(occasion.tiers)], known.tiers, "tier")
        found += _unknown([(f"{at}/stages/{j}", s) for j, s in enumerate(occasion.stages)], known.stages, "stage")
        if occasion.of == "day" and not occasion.days:
            found.append((f"{at}/days", "names no day; days = [2026-12-25] would name one"))
        if occasion.of != "day" and occasion.days:
            found.append((f"{at}/days", f'a {occasion.of} has its own date; leave days out, or write of = "day"'))
        if not occasion.lasts:
            found.append((f"{at}/lasts", 'is over as it begins; write for example "3 days"'))
        if occasion.content == "rhythm" or " " in occasion.content:
            found.append(
                (f"{at}/content", f"{occasion.content!r} cannot name a contact; one word would, or several-words")
            )
    return found


def _customer_problems(customers: list[doc.TestCustomer], known: _Known) -> list[Problem]:
    found = _twice("/customers", [customer.name for customer in customers], "test customer")
    for i, customer in enumerate(customers):
        at, expect = f"/customers/{i}", customer.expect
        for what, names in (("stage", known.stages), ("tier", known.tiers), ("clause", known.clauses),
                            ("band", known.bands), ("next_stage", known.stages)):  # fmt: skip
            if (given := getattr(expect, what)) is not None:
                found += _unknown([(f"{at}/expect/{what}", given)], names, what.removeprefix("next_"))
        if customer.as_of.tzinfo is None:
            found.append((f"{at}/as_of", "has no offset; 2026-09-01T09:00:00+07:00 would have one"))
        if not expect.model_fields_set:
            found.append((f"{at}/expect", 'expects nothing; write for example { stage = "expansion" }'))
        for j, event in enumerate(customer.events):
            if event.at.tzinfo is None:
                found.append((f"{at}/events/{j}/at", "has no offset; 2026-09-01T09:00:00+07:00 would have one"))
            if event.times > 1 and event.every is None:
                found.append((f"{at}/events/{j}/times", 'needs every, e.g. every = "30 days"'))
            if (event.every or 0) * event.times > NEVER // 100:
                found.append((f"{at}/events/{j}/every", "goes on for more than 80 years; a shorter story would do"))
    return found


def _currency(code: str, at: str) -> list[Problem]:
    return [] if code in CURRENCIES else [(at, f"{code!r} is no currency; a code such as IDR or GBP would be one")]


def _unknown(given: Iterable[Problem], known: Iterable[str], what: str) -> list[Problem]:
    names = list(known)
    return [(at, f"there is no {what} {name!r}{meant(name, names)}") for at, name in given if name not in names]


def _twice(at: str, names: Iterable[str], what: str) -> list[Problem]:
    counted = Counter(names)
    return [
        (at, f"{what} {name!r} stands here {n} times; give each a name of its own")
        for name, n in counted.items()
        if n > 1
    ]


# --- criteria ---------------------------------------------------------------------------------------------------------


def _criterion_problems(c: crit.CriterionOf, at: str, known: _Known) -> list[Problem]:
    match c:
        case crit.AnyOf():
            return [p for i, one in enumerate(c.any) for p in _criterion_problems(one, f"{at}/any/{i}", known)]
        case crit.AllOf():
            return [p for i, one in enumerate(c.all) for p in _criterion_problems(one, f"{at}/all/{i}", known)]
        case crit.NotOf():
            return _criterion_problems(c.negated, f"{at}/not", known)
        case crit.TierOf():
            return _unknown([(f"{at}/at_least", c.at_least)], known.tiers, "tier")
        case crit.BeenInOf():
            found = _unknown([(f"{at}/stage", c.stage)], known.stages, "stage")
            both = c.at_least is not None and c.at_most is not None
            return found + ([(at, "give either at_least or at_most, not both")] if both else []) + _dates(c, at)
        case _:
            return [*_bounds(c, at), *_dates(c, at), *_special(c, at)]


def _special(c: crit.CriterionOf, at: str) -> list[Problem]:
    match c:
        case crit.CountOf() if c.since and c.within:
            return [(at, "give either within or since, not both")]
        case crit.SpendOf() | crit.SpendRatioOf() if c.currency not in CURRENCIES:
            return _currency(c.currency, f"{at}/currency")
        case crit.SpendRatioOf() if isinstance(c.before, int) is not isinstance(c.within, int):
            return [
                (
                    f"{at}/before",
                    "within and before have to be two spans, or neither: a span ends where the other begins",
                )
            ]
        case crit.SilenceOf() if c.at_most is not None and c.at_most < c.at_least:
            return [(f"{at}/at_most", "is shorter than at_least; it caps what intervals make of it")]
        case _:
            return []


def _bounds(c: crit.CriterionOf, at: str) -> list[Problem]:
    """One of two thresholds has to be given, where there are two that exclude each other."""
    fields = type(c).model_fields
    upper = next((name for name in ("at_most", "below") if name in fields and fields[name].default is None), None)
    if upper is None or isinstance(c, crit.SilenceOf) or fields["at_least"].is_required():
        return []
    if (getattr(c, "at_least") is None) == (getattr(c, upper) is None):  # noqa: B009 - not every criterion has it
        return [(at, f"give either at_least or {upper}")]
    return []


def _dates(c: crit.CriterionOf, at: str) -> list[Problem]:
    found: list[Problem] = []
    for name in ("within", "before"):
        given = getattr(c, name, None)
        if isinstance(given, Dates) and str(given.start) >= str(given.until):
            found.append((f"{at}/{name}", f"ends ({given.until}) before it begins ({given.start})"))
    return found
