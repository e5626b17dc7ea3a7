"""Rhythm of contact: how regular it is, and with whom it is fading. Measured as `projections.rhythm` says, of who has not left."""

from typing import Any

from domain.facts import DAY
from projections.reports.groups import GROUPS, group, grouped
from projections.reports.report import Column, Made, Part, Report, add, inner, share
from projections.reports.seeing import Frame, Seen
from projections.reports.suggesting import suggestion
from projections.reports.summing import quantile
from projections.rhythm import rhythm

_CONTENT = "keep-in-touch"
_KINDS = ("regular", "irregular", "bursty")


def collect(part: Part, seen: Seen, frame: Frame) -> None:
    """Gaps, kinds and who fades, by group; for those a contact."""
    c, now = seen.facts, frame.asked.as_of
    if not seen.person or c.ended is not None:
        return
    sums = inner(inner(part, "groups"), group(seen, frame))
    add(sums, "customers")
    found = rhythm(c, frame.rules.rhythm_kept)
    if found is None:
        return
    fades = found.fading_at <= now
    sums.setdefault("days", []).append(found.typical / DAY)
    for name in ("rhythmic", found.kind):
        add(sums, name)
    add(sums, "fading", int(fades))
    add(sums, "slowing", int((found.slowing or 0) > 1))
    if fades and seen.state.stage not in frame.rules.cadence.no_selling_in:  # those the rules win back
        made = suggestion(
            "rhythm", seen, frame, reason=str(found.last), since=found.last, due=now, content=_CONTENT,
            purpose="relationship",
        )  # fmt: skip
        if made is not None:
            part.setdefault("suggestions", []).append(made)


def table(part: Part, frame: Frame) -> Made:
    """A row for each group."""
    rows: list[tuple[Any, ...]] = []
    for key, sums in sorted(part.get("groups", {}).items()):
        days = sorted(sums.get("days", ()))
        quartiles = (quantile(days, part_) for part_ in (0.25, 0.5, 0.75))
        rhythmic, fading = sums.get("rhythmic", 0), sums.get("fading", 0)
        kinds = (sums.get(kind, 0) for kind in _KINDS)
        rows.append(
            (
                *(value or None for value in key), sums["customers"], rhythmic, *quartiles, *kinds, sums.get("slowing", 0),
                fading, share(fading, rhythmic),
            )
        )  # fmt: skip
    columns = (
        *grouped(frame),
        Column("customers", "count", "who have not left"),
        Column("rhythmic", "count", "of them, with enough contacts to speak of a rhythm"),
        Column("lower_quartile_days", "days", "of their typical gaps"),
        Column("median_days", "days"),
        Column("upper_quartile_days", "days"),
        Column("regular", "count", "whose gaps are much alike"),
        Column("irregular", "count", "whose gaps are as by chance"),
        Column("bursty", "count", "whose contacts come in bursts"),
        Column("slowing", "count", "whose last three gaps are longer than those before"),
        Column("fading", "count", "who are silent for longer than their rhythm explains"),
        Column("fading_share", "share", "of those with a rhythm", "bar"),
    )
    return Made(columns, rows, sorted(part.get("suggestions", ()), key=lambda cloud: cloud["id"]))


REPORT = Report(
    "rhythm", "Rhythm of contact", "How regular contact is, and with whom it is fading.",
    collect, table, by=GROUPS, timed=False, suggests=True,
)  # fmt: skip
