"""Random valid rulebooks, as Hypothesis strategies: the first one with thresholds, windows, clauses and points otherwise."""

from collections.abc import Callable
from datetime import date
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

_PERIODS: list[Any] = [
    *_SPANS, "this month", "last month", "this quarter", "last quarter", "this year", "last year",
    {"from": date(2026, 1, 6), "until": date(2026, 7, 1)}, {"from": date(2026, 3, 1), "until": date(2027, 1, 5)},
]  # fmt: skip

# What may be asked of a customer besides, in place of a criterion or with others; PERIOD stands for any period.
_PERIOD = object()
_CRITERIA: list[Document] = [
    {"measure": "count", "of": ["talk", "inbound"], "at_least": 2, "within": _PERIOD},
    {"measure": "count", "of": ["act"], "at_most": 1, "within": _PERIOD},
    {"measure": "count", "of": ["complaint"], "at_most": 0, "within": _PERIOD},
    {"measure": "count", "of": ["purchase", "talk"], "at_least": 1, "since": "entry"},
    {"measure": "recency", "of": ["act", "outbound"], "at_most": "29 days"},
    {"measure": "recency", "of": ["purchase"], "at_least": "90 days"},
    {"measure": "silence", "of": ["act"], "at_least": "29 days", "intervals": 2, "at_most": "90 days"},
    {"measure": "months", "of": "act", "at_least": 2, "within": _PERIOD},
    {"measure": "months", "of": "purchase", "at_least": 2, "within": _PERIOD},
    {"measure": "rhythm", "of": ["purchase"], "gap": "median", "at_most": "90 days", "last": 3},
    {"measure": "rhythm", "of": ["act", "talk"], "gap": "largest", "at_most": "180 days", "last": 2},
    {"measure": "two-way", "at_least": 1, "within": _PERIOD},
    {"measure": "ratio", "of": ["relationship"], "to": ["selling"], "at_least": "1", "within": _PERIOD},
    {"measure": "ratio", "of": ["inbound"], "to": ["act"], "at_most": "0.5", "within": _PERIOD},
    {"measure": "known-for", "at_least": "90 days"},
    {"measure": "categories", "at_least": 1, "within": _PERIOD},
    {"measure": "categories", "at_least": 2, "within": _PERIOD, "if_known": True},
    {"measure": "spend", "currency": "IDR", "at_least": "100000", "within": _PERIOD},
    {"measure": "spend", "currency": "EUR", "at_most": "12000000", "within": _PERIOD},
    {"measure": "spend-ratio", "currency": "IDR", "at_least": "1", "within": "90 days", "before": "180 days"},
    {"measure": "spend-ratio", "currency": "IDR", "at_most": "0.5", "within": "this year", "before": "last year"},
    {"measure": "holdings", "at_least": 1},
    {"measure": "ratings", "of": "review", "score_at_most": 2, "at_least": 1, "within": _PERIOD},
    {"measure": "ratings", "of": "csat", "score_at_least": 5, "at_most": 1},
    {"measure": "average-rating", "of": "review", "at_least": "3", "within": _PERIOD},
    {"measure": "ended"},
    {"measure": "trust", "at_least": 52},
    {"measure": "trust", "below": 49},
    {"measure": "tier", "at_least": "silver"},
    {"measure": "in-stage", "at_least": "29 days"},
    {"measure": "been-in", "stage": "exploration"},
    {"measure": "been-in", "stage": "dissolution", "ever": False},
    {"measure": "been-in", "stage": "expansion", "at_least": 2, "within": _PERIOD},
    {"measure": "open-complaints", "at_most": 0, "severity": ["high", "critical"]},
    {"measure": "open-complaints", "at_least": 2},
    {"measure": "overdue-complaints", "at_least": 1, "times": 1},
    {"measure": "overdue-complaints", "at_most": 0, "severity": ["normal", "high"]},
    {"measure": "late-resolutions", "at_least": 1, "within": _PERIOD},
    {"measure": "late-resolutions", "at_most": 0},
]


@st.composite
def documents(draw: st.DrawFn, version: str = "drawn", most: int = 8) -> Document:
    """The document of a rulebook up to so many changes away from the one that comes with Jejak."""
    document = shipped() | {"version": version, "customers": []}  # whose verdicts would be others
    for change in draw(st.lists(st.sampled_from(_CHANGES), max_size=most)):
        change(draw, document)
    return document


def rulebooks(version: str = "drawn", most: int = 8) -> st.SearchStrategy[Rules]:
    """The same, compiled."""
    return documents(version, most).map(compile_rules)


@st.composite
def restless(draw: st.DrawFn) -> Rules:
    """A lifecycle in which one criterion, of any kind, is enough for each way: stages change often, and by themselves."""
    document = draw(documents(most=2))
    stages = document["lifecycle"]["stages"]
    ways = st.tuples(st.sampled_from(stages), st.sampled_from(stages)).filter(lambda way: way[0] != way[1])
    document["lifecycle"]["clauses"] = [
        {"name": "known", "from": ["start"], "to": stages[0], "all": []},
        *(
            {"name": f"way {number}", "from": [source], "to": to, "all": [draw(_criteria(1))]}
            for number, (source, to) in enumerate([(stages[0], stages[1]), *draw(st.lists(ways, max_size=6))])
        ),
    ]
    return compile_rules(document)


def _clause(draw: st.DrawFn, document: Document) -> Document:
    """One that has criteria: the one without leads into the first stage, and has to stay."""
    return draw(st.sampled_from([c for c in document["lifecycle"]["clauses"] if c["all"]]))


def _asked(draw: st.DrawFn, document: Document) -> Document:
    """One criterion of some clause, also one inside of a group."""
    criterion = draw(st.sampled_from(_clause(draw, document)["all"]))
    while "measure" not in criterion:
        criterion = criterion["not"] if "not" in criterion else draw(st.sampled_from(next(iter(criterion.values()))))
    return criterion


def _threshold(draw: st.DrawFn, document: Document) -> None:
    criterion = _asked(draw, document)
    for name in _MARK:
        if isinstance(criterion.get(name), int):
            at_most = 100 if criterion["measure"] == "trust" else 4
            criterion[name] = draw(st.integers(1 if name == "at_least" else 0, at_most))
        elif isinstance(criterion.get(name), str) and criterion["measure"] in {"silence", "in-stage"}:
            criterion[name] = "730 days" if name == "at_most" else draw(st.sampled_from(_SPANS))


def _window(draw: st.DrawFn, document: Document) -> None:
    criterion = _asked(draw, document)
    if "within" in criterion and criterion["measure"] != "spend-ratio":
        criterion["within"] = draw(st.sampled_from(_PERIODS))
    if criterion["measure"] == "count":
        criterion["of"] = draw(st.lists(st.sampled_from(_SERIES), min_size=1, max_size=3, unique=True))


def _criterion(draw: st.DrawFn, document: Document) -> None:
    clause = _clause(draw, document)
    other = draw(_criteria(2))
    place = draw(st.integers(0, len(clause["all"])))
    clause["all"][place : place + draw(st.integers(0, 1))] = [other]


@st.composite
def _criteria(draw: st.DrawFn, deep: int) -> Document:
    """One criterion, or a group of them, in which there may be groups."""
    match draw(st.sampled_from(["one", "one", "one", "any", "all", "not"])) if deep else "one":
        case "one":
            one = draw(st.sampled_from(_CRITERIA))
            return {n: draw(st.sampled_from(_PERIODS)) if v is _PERIOD else v for n, v in one.items()}
        case "not":
            return {"not": draw(_criteria(deep - 1))}
        case group:
            return {group: draw(st.lists(_criteria(deep - 1), min_size=1, max_size=2))}


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
