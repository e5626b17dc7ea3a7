"""Consents as intervals, and the contacts that they stopped or would have."""

import pytest
from hypothesis import given as for_all
from hypothesis import settings

from domain.events import Event
from domain.facts import NEVER
from domain.order import amend
from domain.refusals import said_last
from domain.rules import first_rules
from projections import consents, fold
from tests.projections.byhand import filtered
from tests.projections.cases.telling import moment, told
from tests.projections.dealings import CHANNELS, PURPOSES, dealings
from tests.projections.rightly import against

RULES = first_rules()
_GRANT, _TAKE = "consent.granted purpose=selling", "consent.withdrawn purpose=selling"
OURS = "message.exchanged channel=whatsapp direction=outbound purpose=selling"

# name, what was told, (until when it counts: "" for ever, by which of them it ended: 0 by itself) of each statement
INTERVALS = [
    ("it counts for ever", (f"2026-01-06 09:00 {_GRANT}",), [("", 0)]),
    ("until its day", (f"2026-01-06 09:00 {_GRANT} until=2026-02-01_00:00",), [("2026-02-01 00:00", 0)]),
    ("until it was taken back", (f"2026-01-06 09:00 {_GRANT}", f"2026-01-08 09:00 {_TAKE}"),
     [("2026-01-08 09:00", 2), ("", 0)]),
    ("until its day, though taken back later",
     (f"2026-01-06 09:00 {_GRANT} until=2026-02-01_00:00", f"2026-02-08 09:00 {_TAKE}"), [("2026-02-01 00:00", 0), ("", 0)]),
    ("taken back before its day",
     (f"2026-01-06 09:00 {_GRANT} until=2026-02-01_00:00", f"2026-01-08 09:00 {_TAKE}"), [("2026-01-08 09:00", 2), ("", 0)]),
    ("taken back at its day",
     (f"2026-01-06 09:00 {_GRANT} until=2026-02-01_00:00", f"2026-02-01 00:00 {_TAKE}"), [("2026-02-01 00:00", 2), ("", 0)]),
    ("taken back at the same instant", (f"2026-01-06 09:00 {_TAKE}", f"2026-01-06 09:00 {_GRANT}"),
     [("2026-01-06 09:00", 2), ("", 0)]),
    ("told late, in its place", (f"2026-01-06 09:00 {_GRANT}", "2026-01-10 09:00 note.added", f"2026-01-08 09:00 {_TAKE}"),
     [("2026-01-08 09:00", 2), ("", 0)]),
    ("a wider one takes its place", (f"2026-01-06 09:00 {_GRANT} channel=email", f"2026-01-08 09:00 {_TAKE}"),
     [("2026-01-08 09:00", 2), ("", 0)]),
    ("a narrower one takes a part only", (f"2026-01-06 09:00 {_GRANT}", f"2026-01-08 09:00 {_TAKE} channel=email"),
     [("", 0), ("", 0)]),
    ("another purpose is another matter",
     (f"2026-01-06 09:00 {_GRANT}", "2026-01-08 09:00 consent.withdrawn purpose=information"), [("", 0), ("", 0)]),
    ("of another channel too", (f"2026-01-06 09:00 {_GRANT} channel=sms", f"2026-01-08 09:00 {_TAKE} channel=email"),
     [("", 0), ("", 0)]),
    ("everything taken back leaves service",
     ("2026-01-06 09:00 consent.granted purpose=service", "2026-01-08 09:00 consent.withdrawn"), [("", 0), ("", 0)]),
    ("granted for everything, service too",
     ("2026-01-06 09:00 consent.withdrawn purpose=service", "2026-01-08 09:00 consent.granted"),
     [("2026-01-08 09:00", 2), ("", 0)]),
    ("granted anew", (f"2026-01-06 09:00 {_GRANT} until=2026-02-01_00:00", f"2026-01-20 09:00 {_GRANT}"),
     [("2026-01-20 09:00", 2), ("", 0)]),
    ("it ended before it began", (f"2026-01-06 09:00 {_GRANT} until=2026-01-01_00:00",), [("2026-01-06 09:00", 0)]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "lines", "wanted"), INTERVALS, ids=[name for name, _, _ in INTERVALS])
def test_a_statement_counts_until_its_day_or_until_another_takes_its_place(
    name: str, lines: tuple[str, ...], wanted: list[tuple[str, int]]
) -> None:
    standing = amend(told(*lines)).events
    found = consents.statements(standing, NEVER)
    ids = [said.event.id for said in found]
    shown = [(said.until, ids.index(said.ended_by) + 1 if said.ended_by else 0) for said in found]
    assert shown == [(moment(until) if until else NEVER, ended) for until, ended in wanted], name


# name, what was told, what stops the last of them: (reason, which was told, known by then) or nothing
STOPPED = [
    ("agreed", (f"2026-01-06 09:00 {_GRANT}", f"2026-01-08 09:00 {OURS}"), None),
    ("nothing was said", ("2026-01-06 09:00 note.added", f"2026-01-08 09:00 {OURS}"), None),
    ("taken back before", (f"2026-01-06 09:00 {_TAKE}", f"2026-01-08 09:00 {OURS}"), ("refused-purpose", 1)),
    ("taken back afterwards", (f"2026-01-09 09:00 {_TAKE}", f"2026-01-08 09:00 {OURS}"), None),
    ("taken back at that instant", (f"2026-01-08 09:00 {_TAKE}", f"2026-01-08 09:00 {OURS}"), ("refused-purpose", 1)),
    ("ended by then", (f"2026-01-06 09:00 {_GRANT} until=2026-01-08_09:00", f"2026-01-08 09:00 {OURS}"),
     ("consent-ended", 1)),
    ("a channel refused", ("2026-01-06 09:00 preference.stated refused=whatsapp", f"2026-01-08 09:00 {OURS}"),
     ("refused-channel", 1)),
    ("a channel refused no longer", ("2026-01-06 09:00 preference.stated refused=whatsapp",
     "2026-01-07 09:00 preference.stated refused=", f"2026-01-08 09:00 {OURS}"), None),
    ("a broadcast too", ("2026-01-06 09:00 consent.withdrawn",
     "2026-01-08 09:00 broadcast.sent channel=email purpose=information"), ("refused-purpose", 1)),
    ("an invitation too", ("2026-01-06 09:00 consent.withdrawn",
     "2026-01-08 09:00 event.invited event=fair"), ("refused-purpose", 1)),
    ("an attempt too", ("2026-01-06 09:00 consent.withdrawn",
     "2026-01-08 09:00 contact.attempted channel=phone purpose=selling outcome=busy"), ("refused-purpose", 1)),
    ("what was held is no contact", ("2026-01-06 09:00 consent.withdrawn",
     "2026-01-08 09:00 contact.attempted channel=phone purpose=selling outcome=held"), None),
    ("what they began is none of ours", ("2026-01-06 09:00 consent.withdrawn",
     "2026-01-08 09:00 call.made direction=inbound purpose=selling"), None),
    ("service is left", ("2026-01-06 09:00 consent.withdrawn",
     "2026-01-08 09:00 call.made direction=outbound purpose=service"), None),
    ("a withdrawal that was voided", (f"2026-01-06 09:00 {_TAKE}",
     "2026-01-07 09:00 touchpoint.voided target=#1", f"2026-01-08 09:00 {OURS}"), None),
]  # fmt: skip


@pytest.mark.parametrize(("name", "lines", "wanted"), STOPPED, ids=[name for name, _, _ in STOPPED])
def test_a_contact_is_shown_with_what_they_had_said_against_it(
    name: str, lines: tuple[str, ...], wanted: tuple[str, int] | None
) -> None:
    history = told(*lines)
    found = consents.stopped(amend(history).events, RULES, NEVER)
    shown = {event: [(stop.reason, stop.events) for stop in stops] for event, stops in found.items()}
    expected = {} if wanted is None else {history[-1].id: [(wanted[0], (history[wanted[1] - 1].id,))]}
    assert shown == expected, name


def test_a_withdrawal_learnt_later_stops_what_happened_meanwhile_once_it_is_known() -> None:
    history = told(f"2026-01-06 09:00 {_GRANT}", f"2026-01-08 09:00 {OURS}", f"2026-01-07 09:00 {_TAKE}")
    assert consents.stopped(amend(history[:2]).events, RULES, NEVER) == {}  # as known then
    found = consents.stopped(amend(history).events, RULES, NEVER)
    assert [stop.events for stop in found[history[1].id]] == [(history[2].id,)]


@settings(max_examples=100, deadline=None)
@for_all(dealings())
def test_statements_that_count_agree_with_what_the_fold_goes_by(history: list[Event]) -> None:
    at = max(event.at for event in history)
    standing, facts = amend(history).events, fold.fold(history, RULES).customer
    said = [one for one in consents.statements(standing, at) if not one.ended_by]
    counting = {one.event.id for one in said}
    assert {one.event.id for one in said if one.counts(at)} <= {consent.id for consent in facts.consents.values()}
    for channel in CHANNELS:
        for purpose in set(PURPOSES) - {
            "service"
        }:  # which needs no consent, and of which a withdrawal of all says nothing
            last = said_last(facts, channel, purpose)
            assert last is None or last.id in counting


@settings(max_examples=100, deadline=None)
@for_all(dealings())
def test_what_is_shown_as_stopped_is_what_a_second_reading_finds(history: list[Event]) -> None:
    standing = amend(history).events
    found = consents.stopped(standing, RULES, NEVER)
    said = {"refused-channel", "refused-purpose", "consent-ended"}
    for index, event in enumerate(standing):
        if isinstance(event, consents.Contact) and consents.is_contact(event):
            past = filtered(standing[:index], event.at)
            wanted = against(past, event.channel, event.purpose, event.at) & said
            assert {stop.reason for stop in found.get(event.id, [])} == wanted
