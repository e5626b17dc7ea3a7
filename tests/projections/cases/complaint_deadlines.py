"""Deadlines of complaints under the shipped rulebook, by the working calendar that a row names.

Office hours in Jakarta are 08:00 to 12:00 and 13:00 to 17:00, on Fridays 07:30 to 11:30 and 13:00 to 17:00. 2026-01-05 is a Monday.
`due` says when each deadline falls; None: there is none (said already, or the clock stands still).
"""

from collections.abc import Mapping
from typing import NamedTuple


class Deadline(NamedTuple):
    """What is told, and which deadlines follow."""

    name: str
    told: tuple[str, ...]
    due: Mapping[str, str | None]
    calendar: str = "office"


OPENED = "2026-01-05 08:00 complaint.opened severity="
GOLD, PLATINUM, SILVER = "2025-12-01 10:00 gold", "2025-12-01 10:00 platinum", "2025-12-01 10:00 silver"

# Opened on Monday at eight: an hour of work is one of the clock until noon, a day ends at five.
MATRIX = [
    Deadline("critical, silver: around the clock", (SILVER, OPENED + "critical"), {
        "acknowledge": "2026-01-05 09:00", "respond": "2026-01-05 10:00", "update": None, "near": "2026-01-06 02:00",
        "resolve": "2026-01-06 08:00"}),
    Deadline("critical, gold: 18 h", (GOLD, OPENED + "critical"), {
        "acknowledge": "2026-01-05 08:45", "respond": "2026-01-05 09:30", "near": "2026-01-05 21:30",
        "resolve": "2026-01-06 02:00"}),
    Deadline("critical, platinum: 12 h", (PLATINUM, OPENED + "critical"), {
        "acknowledge": "2026-01-05 08:30", "respond": "2026-01-05 09:00", "near": "2026-01-05 17:00",
        "resolve": "2026-01-05 20:00"}),
    Deadline("high, silver: 2 days", (SILVER, OPENED + "high"), {
        "acknowledge": "2026-01-05 10:00", "respond": "2026-01-05 12:00", "near": "2026-01-06 12:00",
        "resolve": "2026-01-06 17:00"}),
    Deadline("high, gold: a day and a half", (GOLD, OPENED + "high"), {
        "acknowledge": "2026-01-05 09:30", "respond": "2026-01-05 11:00", "near": "2026-01-06 09:00",
        "resolve": "2026-01-06 12:00"}),
    Deadline("high, platinum: a day", (PLATINUM, OPENED + "high"), {
        "acknowledge": "2026-01-05 09:00", "respond": "2026-01-05 10:00", "near": "2026-01-05 15:00",
        "resolve": "2026-01-05 17:00"}),
    Deadline("normal, nothing bought: 5 days", (OPENED + "normal",), {
        "acknowledge": "2026-01-05 12:00", "respond": "2026-01-05 17:00", "near": "2026-01-08 15:00",
        "resolve": "2026-01-09 17:00"}),
    Deadline("normal, gold: 3.75 days", (GOLD, OPENED + "normal"), {
        "acknowledge": "2026-01-05 11:00", "respond": "2026-01-05 15:00", "near": "2026-01-07 15:30",
        "resolve": "2026-01-08 15:00"}),
    Deadline("normal, platinum: 2.5 days", (PLATINUM, OPENED + "normal"), {
        "acknowledge": "2026-01-05 10:00", "respond": "2026-01-05 12:00", "near": "2026-01-06 16:00",
        "resolve": "2026-01-07 12:00"}),
    Deadline("low, basic: 10 days", ("2025-12-01 10:00 basic", OPENED + "low"), {
        "acknowledge": "2026-01-05 17:00", "respond": "2026-01-06 17:00", "near": "2026-01-14 12:00",
        "resolve": "2026-01-16 17:00"}),
    Deadline("low, gold: 7.5 days", (GOLD, OPENED + "low"), {
        "acknowledge": "2026-01-05 15:00", "respond": "2026-01-06 12:00", "near": "2026-01-12 14:00",
        "resolve": "2026-01-14 12:00"}),
    Deadline("low, platinum: 5 days", (PLATINUM, OPENED + "low"), {
        "acknowledge": "2026-01-05 12:00", "respond": "2026-01-05 17:00", "near": "2026-01-08 15:00",
        "resolve": "2026-01-09 17:00"}),
]  # fmt: skip

OPENINGS = [
    Deadline("on a Saturday", ("2026-01-10 10:00 complaint.opened",), {
        "acknowledge": "2026-01-12 12:00", "respond": "2026-01-12 17:00", "resolve": "2026-01-16 17:00"}),
    Deadline("at Friday's prayer", ("2026-01-09 11:45 complaint.opened severity=high",), {
        "acknowledge": "2026-01-09 15:00", "respond": "2026-01-09 17:00", "resolve": "2026-01-13 12:00"}),
    Deadline("in the break", ("2026-01-05 12:30 complaint.opened severity=high",), {
        "acknowledge": "2026-01-05 15:00", "respond": "2026-01-05 17:00", "resolve": "2026-01-07 12:00"}),
    Deadline("as the week ends", ("2026-01-09 17:00 complaint.opened severity=high",), {
        "acknowledge": "2026-01-12 10:00", "respond": "2026-01-12 12:00", "resolve": "2026-01-13 17:00"}),
    Deadline("critical on a Sunday night", ("2026-01-11 03:00 complaint.opened severity=critical",), {
        "acknowledge": "2026-01-11 04:00", "respond": "2026-01-11 05:00", "near": "2026-01-11 21:00",
        "resolve": "2026-01-12 03:00"}),
    # Monday 9 hours, then eleven a day
    Deadline("three shifts a day", (OPENED + "normal",), {
        "acknowledge": "2026-01-05 13:00", "respond": "2026-01-05 19:00", "near": "2026-01-07 19:00",
        "resolve": "2026-01-08 18:00"}, "three shifts"),
    # three quarters of 2, 4 and 16 hours; five of the night's hours are left, then Monday's night
    Deadline("a night shift, gold", (GOLD, "2026-01-09 23:00 complaint.opened severity=high"), {
        "acknowledge": "2026-01-10 00:30", "respond": "2026-01-10 02:00", "resolve": "2026-01-13 03:00"}, "nights"),
    # one hour before Christmas, 7½ on the 29th; a day of a deadline is eight hours all the same
    Deadline("over Christmas in Britain", ("2026-12-24 16:30 complaint.opened severity=high",), {
        "acknowledge": "2026-12-29 10:00", "respond": "2026-12-29 12:00", "near": "2026-12-30 12:30",
        "resolve": "2026-12-30 17:30"}, "Britain"),
    # 16 January is Isra' and Mi'raj: the tenth day is the Monday after
    Deadline("ten days in Indonesia, one of them a holiday", (OPENED + "low",), {
        "near": "2026-01-14 12:00", "resolve": "2026-01-19 17:00"}, "Indonesia"),
    Deadline("over Golden Week in Japan", ("2026-05-01 17:00 complaint.opened severity=high",), {
        "acknowledge": "2026-05-07 10:00", "respond": "2026-05-07 12:00", "resolve": "2026-05-08 17:00"}, "Japan"),
    # a night of 7 hours, one of 8, and the first hour of the third
    Deadline("London's nights, clocks forward", ("2026-03-28 22:00 complaint.opened severity=high",), {
        "acknowledge": "2026-03-29 00:00", "respond": "2026-03-29 03:00", "resolve": "2026-03-30 23:00"},
        "every night, London"),
    # a night of 9 hours, then 7
    Deadline("London's nights, clocks back", ("2026-10-24 22:00 complaint.opened severity=high",), {
        "acknowledge": "2026-10-25 00:00", "respond": "2026-10-25 01:00+00:00", "resolve": "2026-10-26 05:00"},
        "every night, London"),
    # Sunday 4½ and 4 hours, Monday 4 and 3½
    Deadline("Lord Howe, clocks back by half an hour", ("2026-04-05 00:00 complaint.opened severity=high",), {
        "acknowledge": "2026-04-05 01:30+10:30", "respond": "2026-04-05 03:30", "resolve": "2026-04-06 11:30"},
        "early, Lord Howe"),
    Deadline("New York around the clock, clocks forward", ("2026-03-07 20:00 complaint.opened severity=critical",), {
        "acknowledge": "2026-03-07 21:00", "respond": "2026-03-07 22:00", "near": "2026-03-08 15:00",
        "resolve": "2026-03-08 21:00"}, "around midnight, New York"),
    Deadline("New York around the clock, clocks back", ("2026-10-31 20:00 complaint.opened severity=critical",), {
        "acknowledge": "2026-10-31 21:00", "near": "2026-11-01 13:00", "resolve": "2026-11-01 19:00"},
        "around midnight, New York"),
]  # fmt: skip

NORMAL = OPENED + "normal"
UNPAUSED = {"acknowledge": "2026-01-05 12:00", "respond": "2026-01-05 17:00", "near": "2026-01-08 15:00",
            "resolve": "2026-01-09 17:00"}  # fmt: skip


def _waiting(start: str, whom: str, end: str = "") -> tuple[str, ...]:
    began = f"{start} complaint.waiting waiting_for={whom}"
    return (began, f"{end} complaint.resumed") if end else (began,)


PAUSES = [
    Deadline("two hours for the customer", (NORMAL, *_waiting("2026-01-05 09:00", "customer", "2026-01-05 11:00")), {
        "acknowledge": "2026-01-05 15:00", "respond": "2026-01-06 10:00", "near": "2026-01-08 17:00",
        "resolve": "2026-01-12 10:00"}),
    *(
        Deadline(f"two hours for {whom} stop nothing",
                 (NORMAL, *_waiting("2026-01-05 09:00", whom, "2026-01-05 11:00")), UNPAUSED)
        for whom in ("vendor", "evidence", "problem", "other")
    ),
    Deadline("a night for the customer costs nothing",
             (NORMAL, *_waiting("2026-01-05 17:00", "customer", "2026-01-06 08:00")), UNPAUSED),
    Deadline("a weekend for the customer costs its edges",
             (NORMAL, *_waiting("2026-01-09 16:00", "customer", "2026-01-12 09:00")), {"resolve": "2026-01-12 10:00"}),
    Deadline("what was over before still is", (NORMAL, *_waiting("2026-01-05 14:00", "customer")), {
        "acknowledge": "2026-01-05 12:00", "respond": None, "near": None, "resolve": None}),
    Deadline("still waiting for a vendor", (NORMAL, *_waiting("2026-01-05 09:00", "vendor")), UNPAUSED),
    Deadline("for a vendor, then the customer", (
        NORMAL, *_waiting("2026-01-05 09:00", "vendor"), *_waiting("2026-01-05 10:00", "customer", "2026-01-05 11:00")),
        {"acknowledge": "2026-01-05 14:00", "resolve": "2026-01-12 09:00"}),
    Deadline("for the customer, then a vendor", (
        NORMAL, *_waiting("2026-01-05 09:00", "customer"), *_waiting("2026-01-05 10:00", "vendor", "2026-01-05 11:00")),
        {"acknowledge": "2026-01-05 14:00", "resolve": "2026-01-12 09:00"}),
    Deadline("twice for the customer", (
        NORMAL, *_waiting("2026-01-05 09:00", "customer", "2026-01-05 10:00"),
        *_waiting("2026-01-06 09:00", "customer", "2026-01-06 10:00")),
        {"acknowledge": "2026-01-05 14:00", "resolve": "2026-01-12 10:00"}),
    # 12 hours by eight in the evening; what is left runs on from two in the night
    Deadline("around the clock a night costs its hours", (
        OPENED + "critical", *_waiting("2026-01-05 20:00", "customer", "2026-01-06 02:00")),
        {"near": "2026-01-06 08:00", "resolve": "2026-01-06 14:00"}),
    Deadline("the end is told before the beginning", (
        NORMAL, "2026-01-05 11:00 complaint.resumed", "2026-01-05 09:00 complaint.waiting waiting_for=customer"),
        {"acknowledge": "2026-01-05 15:00", "resolve": "2026-01-12 10:00"}),
    Deadline("all of it is told before the opening", (
        *_waiting("2026-01-05 09:00", "customer", "2026-01-05 11:00"), NORMAL),
        {"acknowledge": "2026-01-05 15:00", "resolve": "2026-01-12 10:00"}),
    # three quarters of 4 and of 40 hours, and two hours' pause
    Deadline("gold, two hours for the customer", (
        GOLD, NORMAL, *_waiting("2026-01-05 09:00", "customer", "2026-01-05 11:00")),
        {"acknowledge": "2026-01-05 14:00", "resolve": "2026-01-08 17:00"}),
]  # fmt: skip

ROUNDS = [
    Deadline("reopened, a new round", (
        NORMAL, "2026-01-06 10:00 complaint.resolved", "2026-01-08 09:00 complaint.reopened"), {
        "acknowledge": "2026-01-08 14:00", "respond": "2026-01-09 08:30", "near": "2026-01-13 16:00",
        "resolve": "2026-01-15 09:00"}),
    Deadline("the first round's pause is the first round's", (
        NORMAL, *_waiting("2026-01-05 09:00", "customer", "2026-01-05 11:00"), "2026-01-06 10:00 complaint.resolved",
        "2026-01-08 09:00 complaint.reopened"), {"acknowledge": "2026-01-08 14:00", "resolve": "2026-01-15 09:00"}),
    Deadline("a pause that the resolution ended", (
        NORMAL, *_waiting("2026-01-05 09:00", "customer"), "2026-01-06 10:00 complaint.resolved",
        "2026-01-08 09:00 complaint.reopened"), {"acknowledge": "2026-01-08 14:00", "resolve": "2026-01-15 09:00"}),
    Deadline("the first round's extension is the first round's", (
        NORMAL, "2026-01-05 10:00 complaint.extended until=2026-02-02_12:00", "2026-01-06 10:00 complaint.resolved",
        "2026-01-08 09:00 complaint.reopened"), {"resolve": "2026-01-15 09:00"}),
    Deadline("what was said in the first round has to be said again", (
        NORMAL, "2026-01-05 09:00 complaint.responded", "2026-01-06 10:00 complaint.resolved",
        "2026-01-08 09:00 complaint.reopened"), {
        "acknowledge": "2026-01-08 14:00", "respond": "2026-01-09 08:30", "update": None}),
    Deadline("reopened after it was closed", (
        NORMAL, "2026-01-06 10:00 complaint.resolved", "2026-01-07 10:00 complaint.closed",
        "2026-01-08 09:00 complaint.reopened"), {"resolve": "2026-01-15 09:00"}),
    Deadline("reopened on a Saturday", (
        NORMAL, "2026-01-06 10:00 complaint.resolved", "2026-01-10 09:00 complaint.reopened"),
        {"acknowledge": "2026-01-12 12:00", "resolve": "2026-01-16 17:00"}),
    Deadline("gold by the second round", (
        NORMAL, "2026-01-06 10:00 complaint.resolved", "2026-01-07 10:00 gold", "2026-01-12 08:00 complaint.reopened"),
        {"acknowledge": "2026-01-12 11:00", "resolve": "2026-01-15 15:00"}),
]  # fmt: skip

CHANGES = [
    Deadline("extended with notice", (NORMAL, "2026-01-07 10:00 complaint.extended until=2026-01-20_12:00"),
             {"acknowledge": "2026-01-05 12:00", "respond": "2026-01-05 17:00", "resolve": "2026-01-20 12:00"}),
    Deadline("extended without telling them", (
        NORMAL, "2026-01-07 10:00 complaint.extended until=2026-01-20_12:00 notified=false"), UNPAUSED),
    Deadline("an extension to an earlier day does not shorten", (
        NORMAL, "2026-01-07 10:00 complaint.extended until=2026-01-08_12:00"), UNPAUSED),
    Deadline("a second extension is one too many", (
        NORMAL, "2026-01-07 10:00 complaint.extended until=2026-01-20_12:00",
        "2026-01-08 10:00 complaint.extended until=2026-02-20_12:00"), {"resolve": "2026-01-20 12:00"}),
    Deadline("from low to critical, from the beginning and around the clock", (
        OPENED + "low", "2026-01-06 09:00 complaint.reclassified severity=critical"),
        {"acknowledge": "2026-01-05 09:00", "resolve": "2026-01-06 08:00"}),
    Deadline("from critical to low", (
        OPENED + "critical", "2026-01-05 08:30 complaint.reclassified severity=low"),
        {"acknowledge": "2026-01-05 17:00", "resolve": "2026-01-16 17:00"}),
    Deadline("another category is no other severity", (
        NORMAL, "2026-01-06 09:00 complaint.reclassified category=delivery"), UNPAUSED),
    Deadline("gold from Tuesday on", (NORMAL, "2026-01-06 10:00 gold"), {"resolve": "2026-01-08 15:00"}),
    Deadline("platinum from Tuesday on", (NORMAL, "2026-01-06 10:00 platinum"), {"resolve": "2026-01-07 12:00"}),
    # The purchase leaves the year on 6 January; gold is lost 90 days later, on 6 April. 3 April is a Friday: 7½ hours, then
    # 40 by Friday the 10th and 8 on Monday, which leave 4½ of the 60 for Tuesday.
    Deadline("gold no longer from the second day on", (
        "2025-01-06 10:00 gold", "2026-04-03 08:00 complaint.opened severity=low", "2026-04-08 08:00 note.added"),
        {"resolve": "2026-04-14 13:30"}),
    Deadline("gold lost before", (
        "2025-01-06 10:00 gold", "2026-04-13 08:00 complaint.opened severity=low"), {"resolve": "2026-04-24 17:00"}),
]  # fmt: skip

UPDATES = [
    Deadline("acknowledged only", (NORMAL, "2026-01-05 09:00 complaint.acknowledged"),
             {"acknowledge": None, "respond": "2026-01-05 17:00", "update": None}),
    Deadline("responded: the next response", (OPENED + "high", "2026-01-05 09:00 complaint.responded"),
             {"acknowledge": None, "respond": None, "update": "2026-01-06 09:00", "resolve": "2026-01-06 17:00"}),
    Deadline("a call about it is a response", (
        OPENED + "high", "2026-01-05 09:00 call.made direction=outbound complaint=the"),
        {"acknowledge": None, "respond": None, "update": "2026-01-06 09:00"}),
    Deadline("a call that did not reach them is none", (
        OPENED + "high", "2026-01-05 09:00 call.made direction=outbound outcome=not-reached complaint=the"),
        {"acknowledge": "2026-01-05 10:00", "respond": "2026-01-05 12:00", "update": None}),
    Deadline("responded twice: from the last", (
        NORMAL, "2026-01-05 09:00 complaint.responded", "2026-01-06 09:00 complaint.responded"),
        {"update": "2026-01-08 09:00"}),
    Deadline("gold: twelve hours to the next", (GOLD, NORMAL, "2026-01-05 09:00 complaint.responded"),
             {"update": "2026-01-06 14:00"}),
    Deadline("platinum and critical: two hours to the next", (
        PLATINUM, OPENED + "critical", "2026-01-05 09:00 complaint.responded"), {"update": "2026-01-05 11:00"}),
    Deadline("low: three days to the next", (OPENED + "low", "2026-01-05 17:00 complaint.responded"),
             {"update": "2026-01-08 17:00"}),
    Deadline("a pause puts off the next response", (
        OPENED + "high", "2026-01-05 09:00 complaint.responded",
        *_waiting("2026-01-05 10:00", "customer", "2026-01-05 12:00")), {"update": "2026-01-06 11:00"}),
]  # fmt: skip

ALL = [*MATRIX, *OPENINGS, *PAUSES, *ROUNDS, *CHANGES, *UPDATES]


class Rounds(NamedTuple):
    """How each round ended: its number, when it was due, and whether it was late."""

    name: str
    told: tuple[str, ...]
    verdicts: list[tuple[int, str | None, bool]]


VERDICTS = [
    Rounds("to the moment", (NORMAL, "2026-01-09 17:00 complaint.resolved"), [(1, "2026-01-09 17:00", False)]),
    Rounds("on the weekend after", (NORMAL, "2026-01-10 09:00 complaint.resolved"), [(1, "2026-01-09 17:00", True)]),
    Rounds("a second one in time", (
        NORMAL, "2026-01-10 09:00 complaint.resolved", "2026-01-12 08:00 complaint.reopened",
        "2026-01-13 08:00 complaint.resolved"), [(1, "2026-01-09 17:00", True), (2, "2026-01-16 17:00", False)]),
    Rounds("three rounds", (
        OPENED + "critical", "2026-01-06 08:00 complaint.resolved", "2026-01-07 08:00 complaint.reopened",
        "2026-01-08 08:01 complaint.resolved", "2026-01-09 08:00 complaint.reopened",
        "2026-01-09 09:00 complaint.resolved"),
        [(1, "2026-01-06 08:00", False), (2, "2026-01-08 08:00", True), (3, "2026-01-10 08:00", False)]),
    Rounds("while it waited for the customer", (
        NORMAL, "2026-01-05 09:00 complaint.waiting waiting_for=customer", "2026-01-12 09:00 complaint.resolved"),
        [(1, None, False)]),
    Rounds("in time for its extension", (
        NORMAL, "2026-01-07 10:00 complaint.extended until=2026-01-20_12:00", "2026-01-20 12:00 complaint.resolved"),
        [(1, "2026-01-20 12:00", False)]),
    Rounds("gold came after it", (NORMAL, "2026-01-09 16:00 complaint.resolved", "2026-01-09 16:30 gold"),
           [(1, "2026-01-09 17:00", False)]),
]  # fmt: skip


class Answer(NamedTuple):
    """What waits for a human, and until when one has to answer: four working hours, whatever the tier."""

    name: str
    told: tuple[str, ...]
    kind: str
    due: str


ANSWERS = [
    Answer("an enquiry late on Monday", ("2026-01-05 16:00 message.exchanged channel=whatsapp direction=inbound",),
           "enquiry", "2026-01-06 11:00"),
    Answer("a missed call on Saturday", ("2026-01-10 10:00 call.made direction=inbound outcome=missed",),
           "missed-call", "2026-01-12 12:00"),
    Answer("an automatic reply before Friday's prayer", (
        "2026-01-09 11:00 auto-reply.sent channel=whatsapp needs_human=true",), "auto-reply", "2026-01-09 16:30"),
    Answer("a poor rating in the break", ("2026-01-05 12:15 review.posted rating=2",), "review", "2026-01-05 17:00"),
]  # fmt: skip
