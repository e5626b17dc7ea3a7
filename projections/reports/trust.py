"""Trust: how many customers stand in which band, and whose trust falls."""

from typing import Any

from projections import trust
from projections.reports.groups import GROUPS, group, grouped
from projections.reports.report import Column, Made, Part, Report, add, inner, share
from projections.reports.seeing import Frame, Seen
from projections.reports.summing import middle


def collect(part: Part, seen: Seen, frame: Frame) -> None:
    """Scores, and whether they fall, by (group, band)."""
    if not seen.person:
        return
    state, rules = seen.state.ghost(), frame.rules  # others look at the state too
    trust.pass_time(state, rules, frame.asked.as_of)
    sums = inner(part, (*group(seen, frame), trust.band(rules, state.score)))
    sums.setdefault("scores", []).append(state.score)
    add(sums, "falling", int(state.trust.falling))


def table(part: Part, frame: Frame) -> Made:
    """A row for each band of the rulebook, the best first, within each group."""
    rows: list[tuple[Any, ...]] = []
    for key in sorted({key[:-1] for key in part}):
        found = [(name, part.get((*key, name), {})) for _, name in frame.rules.bands]
        whole = sum(len(sums.get("scores", ())) for _, sums in found)
        for name, sums in found:
            scores = sums.get("scores", [])
            row = (name, len(scores), share(len(scores), whole), middle(scores), sums.get("falling", 0))
            rows.append((*(value or None for value in key), *row))
    columns = (
        *grouped(frame),
        Column("band", "text", "as the rulebook names it"),
        Column("customers", "count"),
        Column("share", "share", "of the customers of the group", "bar"),
        Column("median_score", "number", "0 to 100"),
        Column("falling", "count", "of them, who lost many points lately"),
    )
    return Made(columns, rows)


REPORT = Report(
    "trust", "Trust", "How many customers stand in which band, and whose trust falls.", collect, table,
    by=GROUPS, timed=False,
)  # fmt: skip
