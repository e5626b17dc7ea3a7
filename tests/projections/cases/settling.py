"""What time does to a complaint: taken up, reminded of, resolved without an answer, closed. By the shipped rulebook.

Working time as in `complaint_deadlines`, calendar "office". Taken up to level 1 at 75 % of the time to resolve and after two days
(16 working hours, whatever the tier) in which the customer heard nothing; to level 2 when it is missed. What the customer owes
us is counted in days of the calendar: reminded of after 3 and 7, resolved after 10; closed 5 after a resolution.
"""

from typing import NamedTuple

from tests.projections.cases.complaint_deadlines import GOLD, NORMAL, OPENED, PLATINUM

Level = tuple[int, str, str]  # to be taken up to, why, since when


class Up(NamedTuple):
    """At a moment it is to be taken up so far; None: it is not, or was already."""

    name: str
    told: tuple[str, ...]
    at: str
    level: Level | None


def _said(*moments: str) -> tuple[str, ...]:
    return tuple(f"{moment} complaint.responded" for moment in moments)


NEAR, MISSED = (1, "near", "2026-01-08 15:00"), (2, "missed", "2026-01-09 17:00")
SILENT = (1, "silence", "2026-01-06 17:00")
# Heard from on Monday, Wednesday and Thursday: 16 hours from Thursday 16:00 are over on Monday at 16:00.
OFTEN = _said("2026-01-05 09:00", "2026-01-07 08:00", "2026-01-08 14:00", "2026-01-08 16:00")

UP = [
    Up("two days of silence, nearly", (NORMAL,), "2026-01-06 16:59", None),
    Up("two days of silence", (NORMAL,), "2026-01-06 17:00", SILENT),
    Up("silence counts from the last they heard", (NORMAL, "2026-01-05 09:00 complaint.acknowledged"),
       "2026-01-07 08:59", None),
    Up("two days from the acknowledgement", (NORMAL, "2026-01-05 09:00 complaint.acknowledged"), "2026-01-07 09:00",
       (1, "silence", "2026-01-07 09:00")),
    Up("looking into it is silence", (NORMAL, "2026-01-05 16:00 complaint.investigated"), "2026-01-06 17:00", SILENT),
    Up("three quarters of its time, nearly", (NORMAL, *OFTEN[:3]), "2026-01-08 14:59", None),
    Up("three quarters of its time", (NORMAL, *OFTEN[:3]), "2026-01-08 15:00", NEAR),
    Up("all of its time", (NORMAL, *OFTEN), "2026-01-09 17:00", MISSED),
    Up("taken up to the team lead is enough while it is near", (
        NORMAL, *OFTEN[:3], "2026-01-08 15:30 complaint.escalated level=1"), "2026-01-09 16:59", None),
    Up("and not once it is missed", (NORMAL, *OFTEN[:3], "2026-01-08 15:30 complaint.escalated level=1"),
       "2026-01-09 17:00", MISSED),
    Up("taken up to the head is enough for ever", (NORMAL, *OFTEN, "2026-01-08 15:30 complaint.escalated level=2"),
       "2026-03-09 17:00", None),
    Up("gold and high: near on Tuesday at nine", (GOLD, OPENED + "high"), "2026-01-06 09:00",
       (1, "near", "2026-01-06 09:00")),
    Up("gold and high: missed on Tuesday at noon", (GOLD, OPENED + "high"), "2026-01-06 12:00",
       (2, "missed", "2026-01-06 12:00")),
    Up("no tier shortens silence", (PLATINUM, OPENED + "low"), "2026-01-06 16:59", None),
    Up("critical: near in the night", (OPENED + "critical",), "2026-01-06 02:00", (1, "near", "2026-01-06 02:00")),
    Up("while we wait for the customer the silence is theirs", (
        NORMAL, "2026-01-05 09:00 complaint.waiting waiting_for=customer"), "2026-01-08 15:00", None),
    Up("while we wait for a vendor it is ours", (
        NORMAL, "2026-01-05 09:00 complaint.waiting waiting_for=vendor"), "2026-01-06 17:00", SILENT),
    # Thursday 7 hours, Friday 8, then Monday's first
    Up("a new round is taken up anew", (
        NORMAL, "2026-01-05 10:00 complaint.escalated level=2", "2026-01-06 10:00 complaint.resolved",
        "2026-01-08 09:00 complaint.reopened"), "2026-01-12 09:00", (1, "silence", "2026-01-12 09:00")),
    Up("extended: missed on the new day", (
        NORMAL, *OFTEN, "2026-01-09 10:00 complaint.extended until=2026-01-20_12:00",
        "2026-01-19 10:00 complaint.responded"), "2026-01-20 12:00", (2, "missed", "2026-01-20 12:00")),
]  # fmt: skip


class Stands(NamedTuple):
    """How it stands at a moment: its state, since when it is over, and its outcome."""

    name: str
    told: tuple[str, ...]
    at: str
    state: str
    over: str | None = None
    outcome: str | None = None


WAITED = "2026-01-06 10:00 complaint.waiting waiting_for=customer"
RESOLVED = "2026-01-06 10:00 complaint.resolved outcome=upheld"

STANDS = [
    Stands("waited for a moment less than ten days", (NORMAL, WAITED), "2026-01-16 09:59:59", "waiting"),
    Stands("waited for ten days", (NORMAL, WAITED), "2026-01-16 10:00", "resolved", "2026-01-16 10:00", "no-answer"),
    Stands("and five days more", (NORMAL, WAITED), "2026-01-21 10:00", "closed", "2026-01-16 10:00", "no-answer"),
    Stands("waited for a vendor for ever", (NORMAL, "2026-01-06 10:00 complaint.waiting waiting_for=vendor"),
           "2026-06-06 10:00", "waiting"),
    Stands("waited for anew, counted anew", (
        NORMAL, WAITED, "2026-01-15 10:00 complaint.resumed",
        "2026-01-15 11:00 complaint.waiting waiting_for=customer"), "2026-01-25 10:59", "waiting"),
    Stands("resolved less than five days ago", (NORMAL, RESOLVED), "2026-01-11 09:59:59", "resolved",
           "2026-01-06 10:00", "upheld"),
    Stands("resolved five days ago", (NORMAL, RESOLVED), "2026-01-11 10:00", "closed", "2026-01-06 10:00", "upheld"),
    Stands("objected to in time", (NORMAL, RESOLVED, "2026-01-10 10:00 complaint.reopened"), "2026-01-12 10:00",
           "opened"),
    Stands("reopened after it had closed by itself", (NORMAL, RESOLVED, "2026-01-20 10:00 complaint.reopened"),
           "2026-01-20 10:00", "opened"),
    Stands("withdrawn is not closed", (NORMAL, "2026-01-06 10:00 complaint.withdrawn"), "2026-03-06 10:00",
           "withdrawn", "2026-01-06 10:00"),
    Stands("resolved twice: five days from the second", (
        NORMAL, RESOLVED, "2026-01-10 10:00 complaint.reopened", "2026-01-12 10:00 complaint.resolved outcome=rejected"),
        "2026-01-17 09:59", "resolved", "2026-01-12 10:00", "rejected"),
]  # fmt: skip


class Remind(NamedTuple):
    """When the customer is to be reminded at a moment; None: not (any more)."""

    name: str
    told: tuple[str, ...]
    at: str
    due: str | None


# Without a word from us by then, the acknowledgement would be due before any reminder.
REMIND = [
    Remind("after three days", (NORMAL, *_said("2026-01-05 09:00"), WAITED), "2026-01-06 11:00", "2026-01-09 10:00"),
    Remind("what was missed before is due until then", (NORMAL, WAITED), "2026-01-06 11:00", None),
    Remind("not done yet", (NORMAL, *_said("2026-01-05 09:00"), WAITED), "2026-01-12 11:00", "2026-01-09 10:00"),
    Remind("done: then after seven", (
        NORMAL, WAITED, "2026-01-09 11:00 message.exchanged channel=whatsapp direction=outbound complaint=the"),
        "2026-01-09 11:00", "2026-01-13 10:00"),
    Remind("written to before it was due, still after three", (
        NORMAL, WAITED, "2026-01-07 11:00 message.exchanged channel=whatsapp direction=outbound complaint=the"),
        "2026-01-07 11:00", "2026-01-09 10:00"),
    Remind("both done", (
        NORMAL, WAITED, "2026-01-09 11:00 message.exchanged channel=whatsapp direction=outbound complaint=the",
        "2026-01-13 11:00 message.exchanged channel=whatsapp direction=outbound complaint=the"),
        "2026-01-13 11:00", None),
    Remind("nobody is reminded of what a vendor owes", (
        NORMAL, "2026-01-06 10:00 complaint.waiting waiting_for=vendor", *_said("2026-01-06 10:00")),
        "2026-01-06 11:00", None),
]  # fmt: skip
