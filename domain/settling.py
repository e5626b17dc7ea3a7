"""What time alone does to a complaint: reminds of it, resolves what is not answered, closes it, ends being reopened.

Questions to the facts of a case and to rules. What the customer owes us (an answer, an objection, a return) is counted in
days of the calendar, and no tier changes it.
"""

from copy import copy

from domain.cases import Case
from domain.facts import NEVER, Customer
from domain.rules import Rules

NO_ANSWER = "no-answer"
"""The outcome of what time resolved."""


def lapses_at(rules: Rules, case: Case) -> int:
    """When it counts as resolved as the customer does not answer; NEVER where we do not wait for them."""
    span = rules.complaints.no_answer_after
    wait = None if span is None else case.asked
    return NEVER if span is None or wait is None else wait.at + span


def closes_at(rules: Rules, resolved: int) -> int:
    """When what was resolved is closed, where nobody objects."""
    span = rules.complaints.close_after
    return NEVER if span is None or resolved >= NEVER else resolved + span


def reopens_until(rules: Rules, case: Case) -> int:
    """Until when what is over, or will be, can be reopened, counted from when it was resolved; NEVER: that has no end."""
    span = rules.complaints.reopen_within
    resolved = [one.at for one in case.resolutions if one.round == case.round]
    since = resolved[-1] if resolved else case.ended or lapses_at(rules, case)
    return NEVER if span is None or since >= NEVER else since + span


def may_reopen(rules: Rules, case: Case, at: int) -> bool:
    """Whether it is over at a moment, and not for too long. A fact later than that counts all the same; it is shown as late."""
    over = lapses_at(rules, case) if case.open else case.ended
    return over <= at <= reopens_until(rules, case)


def reminder(rules: Rules, case: Case) -> int:
    """When to remind the customer next, of whom we wait; NEVER: no more, or they are not waited for.

    A reminder is done by whatever they heard of us since it was due.
    """
    wait = case.asked
    if wait is None:
        return NEVER
    return next((wait.at + span for span in rules.complaints.remind_after if wait.at + span > case.heard), NEVER)


def settled(facts: Customer, rules: Rules, at: int) -> Customer:
    """The facts as they stand at a moment, with what time has done: the unanswered resolved, the long resolved closed."""
    found: dict[str, Case] = {}
    for ref, case in facts.cases.items():
        over = lapses_at(rules, case) if case.open else case.ended
        if over > at or (not case.open and (case.state != "resolved" or closes_at(rules, over) > at)):
            continue
        found[ref] = other = copy(case)
        other.ended = over
        other.state = "closed" if closes_at(rules, over) <= at else "resolved"
    if not found:
        return facts
    facts = copy(facts)
    facts.open_cases -= sum(facts.cases[ref].open for ref in found)
    facts.cases = facts.cases | found
    return facts
