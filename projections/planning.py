"""What the next contact by rhythm is about, and what of that which a person planned has taken place."""

from domain.facts import Customer
from domain.rules import Rules
from projections.cadence import Step
from projections.permission import unwilling
from projections.settling import open_cases, settled_last
from projections.state import State

SELLING = ("selling", "offer")  # of which product is worked out when it is read


def matter(state: State, rules: Rules, step: Step, at: int) -> tuple[str, str]:
    """Purpose and content of a contact by rhythm at a moment; SELLING where it may be, if nothing stops it."""
    c = state.customer
    if step.stage in rules.cadence.no_selling_in:
        return "relationship", "win-back"
    if c.managers and c.managers[-1].manager is not None and not c.managers[-1].introduced:
        return "relationship", "introduce-manager"
    if open_cases(state, rules, at):
        return "relationship", "advice"
    if at < spared_until(state, rules, at):
        return "relationship", "after-care"
    return SELLING if c.wishes.preferred else ("relationship", "ask-preference")


def spared_until(state: State, rules: Rules, at: int) -> int:
    """Until when nothing is sold after the complaints that were resolved by a moment; 0: there was none."""
    resolved = settled_last(state, rules, at)
    return resolved[0] + rules.contact.no_selling_after_complaint if resolved else 0


def consented(c: Customer, rules: Rules, channel: str | None, purpose: str, at: int) -> bool:
    """Whether neither a refusal nor a missing consent stops a contact."""
    return not unwilling(c, rules, channel, purpose, at)


def fulfilled(c: Customer, rules: Rules) -> dict[str, str]:
    """Planned contacts that took place although nobody said so: reference -> the event of the contact.

    It is a contact that reached them on that channel, if one was planned, for the same purpose, so near to the date as the
    rulebook says; one contact fulfils one plan, the one that is due first.
    """
    within = rules.cadence.fulfils_within
    found: dict[str, str] = {}
    if within is None:
        return found
    for planned in sorted(c.planned.values(), key=lambda planned: (max(planned.due, planned.not_before), planned.ref)):
        due = max(planned.due, planned.not_before)
        for at, event in planned.met:
            if abs(at - due) <= within and event not in found.values():
                found[planned.ref] = event
                break
    return found
