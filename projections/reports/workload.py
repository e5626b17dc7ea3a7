"""Workload: what each manager has on their hands at a moment: customers, contacts due, complaints, against their capacity."""

from typing import Any

from domain.facts import DAY
from projections.complaints import OVERDUE
from projections.reports.report import UNKNOWN, Column, Made, Part, Report, add, inner, share
from projections.reports.seeing import Frame, Seen

_SOON = 7 * DAY


def collect(part: Part, seen: Seen, frame: Frame) -> None:
    """Counts by owner. A relationship that ended is nobody's load any more, but for what is still open of it."""
    if not seen.person:
        return
    now = frame.asked.as_of
    sums = inner(part, seen.owner(now) or UNKNOWN)
    add(sums, "customers", int(seen.facts.ended is None))
    for row in seen.rows["outreach"]:
        if row["ready"]:
            add(sums, "due", int(row["due_at"] <= now))
            add(sums, "soon", int(now < row["due_at"] <= now + _SOON))
    for row in seen.rows["reactive"]:
        add(sums, "waiting")
        add(sums, "overdue", int(row["lateness"] == OVERDUE))
    add(sums, "promises", len(seen.facts.promises))


def table(part: Part, frame: Frame) -> Made:
    """A row for each member of staff who owns a relationship or could, the fullest first, and one for those without owner."""
    now = frame.asked.as_of
    staff = frame.catalogue.staff(now)
    rows: list[tuple[Any, ...]] = []
    for name in sorted({*part, *(code for code, person in staff.items() if person.active and person.capacity)}):
        sums, person = part.get(name, {}), staff.get(name)
        acting = frame.catalogue.cover(name, now) if name else None
        capacity = person.capacity if person else None
        customers = sums.get("customers", 0)
        rows.append(
            (
                name or None, person.team if person else None, customers, capacity,
                share(customers, capacity) if capacity else None,
                *(sums.get(what, 0) for what in ("due", "soon", "waiting", "overdue", "promises")),
                (acting or "nobody") if name and acting != name else None,
            )
        )  # fmt: skip
    rows.sort(key=lambda row: (-(row[4] or 0.0), -row[2], row[0] or ""))
    columns = (
        Column("manager", "text", "who owns the relationships; nothing: nobody does"),
        Column("team", "text"),
        Column("customers", "count", "whose relationship has not ended"),
        Column("capacity", "count", "customers that they can care for, as the staff list says"),
        Column("load", "share", "customers of capacity", "bar"),
        Column("due", "count", "contacts that are due and can be made"),
        Column("due_in_7_days", "count", "that will be"),
        Column("waiting", "count", "complaints and other things of theirs that wait for an answer"),
        Column("overdue", "count", "of them, overdue"),
        Column("promises", "count", "open"),
        Column("acting", "text", "who acts for them, where they are away"),
    )
    return Made(columns, rows)


REPORT = Report(
    "workload", "Workload", "What each manager has on their hands, against their capacity.", collect, table, timed=False
)
