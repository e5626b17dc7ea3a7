"""Random valid rulebooks, as Hypothesis strategies: the first one with thresholds, windows, clauses and points otherwise."""

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from domain.rules import Rules, compile_rules, shipped

Document = dict[str, Any]
Change = Callable[[st.DrawFn, Document], None]

_SPANS = ["12 hours", "1 days", "29 days", "90 days", "180 days", "365 days", "500 days"]
_SERIES = ["inbound", "talk", "purchase", "act", "complaint", "browse", "one-way", "promise-kept", "return", "missed"]
_SEVERITIES = ["low", "normal", "high", "critical"]
_WORK = ["30 min", "1 h", "7 h", "1 d", "3 d", "12 d"]
_MARK = ["at_least", "at_most", "below"]

# What may be asked of a customer besides, in place of a criterion or with others.
_CRITERIA: list[Document] = [
    {"measure": "count", "of": ["talk", "inbound"], "at_least": 2, "within": "90 days"},
    {"measure": "count", "of": ["act"], "at_most": 1, "within": "29 days"},
    {"measure": "count", "of": ["complaint"], "at_most": 0, "within": "180 days"},
    {"measure": "count", "of": ["purchase", "talk"], "at_least": 1, "since": "entry"},
    {"measure": "silence", "of": ["act"], "at_least": "29 days", "intervals": 2, "at_most": "90 days"},
    {"measure": "months", "of": "act", "at_least": 2, "within": "365 days"},
    {"measure": "months", "of": "purchase", "at_least": 2, "within": "500 days"},
    {"measure": "categories", "at_least": 1, "within": "180 days"},
    {"measure": "holdings", "at_least": 1},
    {"measure": "ended"},
    {"measure": "trust", "at_least": 52},
    {"measure": "trust", "below": 49},
    {"measure": "tier", "at_least": "silver"},
    {"measure": "in-stage", "at_least": "29 days"},
    {"measure": "been-in", "stage": "exploration"},
    {"measure": "been-in", "stage": "dissolution", "ever": False},
    {"measure": "open-complaints", "at_most": 0, "severity": ["high", "critical"]},
    {"measure": "overdue-complaints", "at_least": 1, "times": 1},
    {"measure": "overdue-complaints", "at_most": 0, "severity": ["normal", "high"]},
    {"measure": "spend", "currency": "IDR", "at_least": "100000", "within": "90 days"},
    {"measure": "ratio", "of": ["relationship"], "to": ["selling"], "at_least": "1", "within": "90 days"},
]


@st.composite
def documents(draw: st.DrawFn, version: str = "drawn", most: int = 8) -> Document:
    """The document of a rulebook up to so many changes away from the one that comes with Jejak."""
    document = shipped() | {"version": version}
    for change in draw(st.lists(st.sampled_from(_CHANGES), max_size=most)):
        change(draw, document)
    return document


def rulebooks(version: str = "drawn", most: int = 8) -> st.SearchStrategy[Rules]:
    """The same, compiled."""
    return documents(version, most).map(compile_rules)


def _clause(draw: st.DrawFn, document: Document) -> Document:
    """One that has criteria: the one without leads into the first stage, and has to stay."""
    return draw(st.sampled_from([c for c in document["lifecycle"]["clauses"] if c["all"]]))


def _threshold(draw: st.DrawFn, document: Document) -> None:
    criterion = draw(st.sampled_from(_clause(draw, document)["all"]))
    for name in _MARK:
        if isinstance(criterion.get(name), int):
            at_most = 100 if criterion["measure"] == "trust" else 4
            criterion[name] = draw(st.integers(1 if name == "at_least" else 0, at_most))
        elif isinstance(criterion.get(name), str) and criterion["measure"] in {"silence", "in-stage"}:
            criterion[name] = draw(st.sampled_from(_SPANS))


def _window(draw: st.DrawFn, document: Document) -> None:
    criterion = draw(st.sampled_from(_clause(draw, document)["all"]))
    if "within" in criterion:
        criterion["within"] = draw(st.sampled_from(_SPANS))
    if criterion["measure"] == "count":
        criterion["of"] = draw(st.lists(st.sampled_from(_SERIES), min_size=1, max_size=3, unique=True))


def _criterion(draw: st.DrawFn, document: Document) -> None:
    clause = _clause(draw, document)
    other = dict(draw(st.sampled_from(_CRITERIA)))
    place = draw(st.integers(0, len(clause["all"])))
    clause["all"][place : place + draw(st.integers(0, 1))] = [other]


def _fewer_criteria(draw: st.DrawFn, document: Document) -> None:
    clause = _clause(draw, document)
    if len(clause["all"]) > 1:
        del clause["all"][draw(st.integers(0, len(clause["all"]) - 1))]


def _fewer_clauses(draw: st.DrawFn, document: Document) -> None:
    document["lifecycle"]["clauses"].remove(_clause(draw, document))


def _other_order(draw: st.DrawFn, document: Document) -> None:
    document["lifecycle"]["clauses"] = draw(st.permutations(document["lifecycle"]["clauses"]))


def _fading(draw: st.DrawFn, document: Document) -> None:
    stage = draw(st.sampled_from([None, *document["lifecycle"]["stages"]]))
    document["lifecycle"]["fading"] = stage and {"stage": stage, "after": draw(st.sampled_from(_SPANS))}


def _tiers(draw: st.DrawFn, document: Document) -> None:
    tiers = document["tiers"]
    tiers["window"], tiers["down_after"] = draw(st.sampled_from(_SPANS)), draw(st.sampled_from(_SPANS))
    level = draw(st.sampled_from(tiers["levels"]))
    level["at_least"] = {"IDR": draw(st.sampled_from([0, 1, 100_000, 12_000_000, 45_000_000]))}
    level["purchases"] = draw(st.integers(0, 3))
    level["last_within"] = draw(st.sampled_from([None, *_SPANS]))


def _points(draw: st.DrawFn, document: Document) -> None:
    trust = document["trust"]
    name = draw(st.sampled_from([n for n, v in trust.items() if isinstance(v, int)]))
    trust[name] = draw(st.integers(1, 30)) * (-1 if trust[name] < 0 else 1)
    trust[draw(st.sampled_from(["window", "talks_within", "falling_within"]))] = draw(st.sampled_from(_SPANS))


def _deadlines(draw: st.DrawFn, document: Document) -> None:
    complaints = document["complaints"]
    steps = complaints["severities"][draw(st.sampled_from(_SEVERITIES))]
    for name in ("acknowledge", "respond", "update", "resolve"):
        steps[name] = draw(st.sampled_from(_WORK))
    steps["around_the_clock"] = draw(st.booleans())
    complaints["near"] = draw(st.sampled_from([0.1, 0.5, 0.9]))
    complaints["factors"] = draw(st.sampled_from([{}, {"gold": 0.1}, {"basic": 0.5, "platinum": 0.9}]))
    complaints["answer_within"] = draw(st.sampled_from(_WORK))
    complaints["poor"] = {"review": draw(st.integers(0, 5)), "csat": draw(st.integers(0, 5)), "nps": 10}


def _cadence(draw: st.DrawFn, document: Document) -> None:
    cadence = document["cadence"]
    rhythm = {"times": draw(st.sampled_from([1, 2, 6])), "months": draw(st.sampled_from([1, 2, 3, 12]))}
    cadence["stages"][draw(st.sampled_from(document["lifecycle"]["stages"]))] = draw(
        st.sampled_from([{}, {"*": rhythm}, {"*": rhythm | {"digital": True, "at_first": 2}}])
    )
    cadence["rest"], cadence["care_after"] = draw(st.sampled_from(_SPANS)), draw(st.sampled_from(_SPANS))
    cadence["no_selling_in"] = draw(st.lists(st.sampled_from(document["lifecycle"]["stages"]), unique=True))


def _contact(draw: st.DrawFn, document: Document) -> None:
    contact = document["contact"]
    limits = [{"at_most": draw(st.integers(1, 3)), "within": draw(st.sampled_from(_SPANS))}]
    contact[draw(st.sampled_from(["outbound", "selling"]))] = draw(st.sampled_from([[], limits]))
    contact["ratio_within"] = draw(st.sampled_from(_SPANS))
    contact["relationship_to_selling"] = draw(st.integers(0, 3))
    contact["no_selling_after_complaint"] = draw(st.sampled_from(_SPANS))
    contact["quiet"] = draw(st.sampled_from([[], [{"days": ["mon", "tue"], "start": "00:00", "end": "24:00"}]]))
    contact["consent_needed"] = draw(st.sampled_from([[], ["relationship"], ["selling", "service"]]))


def _horizon(draw: st.DrawFn, document: Document) -> None:
    document["horizon"] = draw(st.sampled_from(["3 days", "40 days", "200 days", "4000 days"]))


_CHANGES: list[Change] = [
    _threshold, _threshold, _window, _window, _criterion, _criterion, _fewer_criteria, _fewer_clauses, _other_order,
    _fading, _tiers, _points, _deadlines, _cadence, _contact, _horizon,
]  # fmt: skip
